/** Random calls of all functions with good and bad arguments: right results or the right error. */

import assert from "node:assert/strict";
import { describe } from "node:test";
import process from "node:process";
import * as zt from "../mod.ts";
import { type BadValue, badValues } from "./bad_values.ts";
import { type Call, type FunctionName, functionNames, functions, replaced } from "./functions.ts";
import { type Random, seeded } from "./random.ts";
import { bitsOf } from "./ulp.ts";

const count = Number(process.env.ZIGTORCH_TEST_FUZZ ?? 200_000);

/** Two wrong lengths may agree with each other; of two bad values one must be of a wrong type. */
function mayJoin(first: BadValue | undefined, second: BadValue): boolean {
  return first === undefined || first.error === zt.DTypeError || second.error === zt.DTypeError;
}

/** The call with one or two arguments spoilt, and the errors of which one must come. */
function spoil(random: Random, name: FunctionName, call: Call) {
  const { parameters } = functions[name];
  const spoilt: BadValue[] = [];
  const indices = new Set<number>();
  let args: readonly unknown[] = call.args;
  for (let left = 1 + random.below(2); left > 0; left--) {
    const i = random.below(parameters.length);
    const { kind, lengths = "exact", index } = parameters[i];
    const bad = random.pick(badValues(kind, call.lengths[i], lengths));
    // What was spoilt before stays.
    if (indices.has(index) || !mayJoin(spoilt[0], bad)) continue;
    args = replaced(args, parameters[i], bad.value);
    spoilt.push(bad);
    indices.add(index);
  }
  const label = spoilt.map((bad, i) => `${bad.label} as ${[...indices][i]}`).join(", ");
  return { args, expected: spoilt.map((bad) => bad.error), label };
}

function callGood(random: Random, name: FunctionName): void {
  const { call: run, make } = functions[name];
  const call = make(random, random.below(2) === 0);
  call.check(run(...call.args as never[]));
}

function callBad(random: Random, name: FunctionName): void {
  const { call: run, make } = functions[name];
  const call = make(random, true);
  const { args, expected, label } = spoil(random, name, call);
  const before = call.out?.slice();
  try {
    run(...args as never[]);
  } catch (error) {
    const isExpected = expected.some((type) => error instanceof type);
    if (!isExpected || !(error instanceof zt.ZigTorchError)) {
      throw new Error(`${label}: ${error}`, { cause: error });
    }
    assert(error.message.startsWith(`${name}: `), error.message);
    if (before) assert.deepEqual(bitsOf(call.out!), bitsOf(before), `${label}: wrote to out`);
    return;
  }
  assert.fail(`${label}: was accepted`);
}

describe("fuzz", () => {
  seeded(`${count} calls`, (random) => {
    const spoilable = functionNames.filter((name) => functions[name].parameters.length > 0);
    for (let i = 0; i < count; i++) {
      const isGood = random.below(5) < 3;
      const name = random.pick(isGood ? functionNames : spoilable);
      try {
        if (isGood) callGood(random, name);
        else callBad(random, name);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        throw new Error(`call ${i}, ${name}: ${message}`, { cause: error });
      }
    }
  });
});
