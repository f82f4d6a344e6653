/** Element-wise operations against float64, at every level, and the levels against each other. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pow } from "../mod.ts";
import { type Elementwise, elementwise } from "./elementwise.ts";
import { forEachLevel } from "./levels.ts";
import { fewSpecials, type Random, seeded, specials } from "./random.ts";
import { assertSameBits, isWithin, show, ulpError } from "./ulp.ts";

/** Random inputs of each kind: any bits, and sizes that programs meet. */
const randomCount = 150_000;
/** The level without FMA emulates it, slowly. */
const countAtV2 = 40_000;

/** All tuples of special values: the whole list for one or two inputs, few values for three. */
function specialTuples(arity: number): number[][] {
  if (arity === 1) return specials.map((x) => [x]);
  const values = arity === 2 ? specials : fewSpecials;
  let tuples: number[][] = [[]];
  for (let i = 0; i < arity; i++) tuples = tuples.flatMap((t) => values.map((x) => [...t, x]));
  return tuples;
}

/** One view per input; the special values come first. */
function inputsOf(arity: number, random: Random): Float32Array[] {
  const tuples = specialTuples(arity);
  return Array.from({ length: arity }, (_, operand) => {
    const view = new Float32Array(tuples.length + 2 * randomCount);
    tuples.forEach((tuple, i) => view[i] = tuple[operand]);
    for (let i = tuples.length; i < view.length; i++) {
      view[i] = i % 2 === 0 ? random.anyFloat() : random.plainFloat();
    }
    return view;
  });
}

/** Sums of near opposites, where the rounding of fma's product would show. */
function addCancellation(inputs: Float32Array[]): void {
  const [a, b, c] = inputs;
  for (let i = 3; i < a.length; i += 4) c[i] = -a[i] * b[i];
}

function exactOf(operation: Elementwise, inputs: Float32Array[]): Float64Array {
  const [a, b = a, c = a] = inputs;
  return Float64Array.from(a, (x, i) => operation.exact(x, b[i], c[i]));
}

function checkResults(
  operation: Elementwise,
  level: string,
  inputs: Float32Array[],
  got: Float32Array,
  exact: Float64Array,
): void {
  for (let i = 0; i < got.length; i++) {
    if (isWithin(got[i], exact[i], operation.ulp)) continue;
    const given = inputs.map((view) => show(view[i])).join(", ");
    assert.fail(
      `${operation.label} of ${given} at ${level} is ${show(got[i])}, expected ${show(exact[i])} ` +
        `within ${operation.ulp} ulp, not ${ulpError(got[i], exact[i])}`,
    );
  }
}

describe("element-wise operations: accuracy at every level", () => {
  for (const operation of elementwise) {
    seeded(`${operation.label} is within ${operation.ulp} ulp`, (random) => {
      const inputs = inputsOf(operation.arity, random);
      if (operation.arity === 3) addCancellation(inputs);
      const exact = exactOf(operation, inputs);
      let reference: Float32Array | undefined;
      forEachLevel((level) => {
        const tuples = inputs[0].length - 2 * randomCount;
        const length = level === "v2" ? tuples + countAtV2 : inputs[0].length;
        const part = inputs.map((view) => view.subarray(0, length));
        const got = operation.call(part);
        checkResults(operation, level, inputs, got, exact);
        const shared = got.subarray(0, reference?.length ?? 0);
        if (reference !== undefined) {
          assertSameBits(shared, reference, `${operation.label} at ${level} and a lower level`);
        }
        reference = got;
      });
    });
  }

  it("powers that are float32 are exact", () => {
    const bases = Float32Array.from({ length: 5000 }, (_, i) => (i < 4000 ? i - 300 : i * i) / 4);
    for (const power of [-2, -1, -0.5, 0.25, 0.5, 1, 1.5, 2, 3, 5, 8]) {
      const exact = Array.from(bases, (base) => Math.pow(base, power));
      forEachLevel((level) => {
        pow(bases, power).forEach((got, i) => {
          if (Math.fround(exact[i]) !== exact[i]) return;
          assert.equal(got, exact[i], `${bases[i]} to the power of ${power} at ${level}`);
        });
      });
    }
  });

  seeded("squares are rounded correctly, alone and among other powers", (random) => {
    const bases = random.fill(20_000, () => random.anyFloat());
    // The square of a float32 is exact in float64.
    const squares = bases.map((base) => base * base);
    const mixed = random.fill(bases.length, () => random.pick([2, 2, 0.5, 3, random.anyFloat()]));
    forEachLevel((level) => {
      assertSameBits(pow(bases, 2), squares, `power 2 at ${level}`);
      pow(bases, mixed).forEach((got, i) => {
        if (mixed[i] !== 2) return;
        assert(Object.is(got, squares[i]), `${show(bases[i])} to the power of 2 at ${level}`);
      });
    });
  });
});
