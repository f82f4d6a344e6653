/** Element-wise operations at every length and offset, in place, and with numbers as inputs. */

import assert from "node:assert/strict";
import { describe } from "node:test";
import { type Elementwise, elementwise } from "./elementwise.ts";
import { forEachLevel } from "./levels.ts";
import { type Random, seeded, specials } from "./random.ts";
import { assertGuards, bitsOf, guarded, isWithin, show } from "./ulp.ts";

const longest = 130;
const offsets = 16;

/** Which inputs are numbers, and which input (if any) is `out` too. */
interface Layout {
  readonly scalars: number;
  readonly inPlace: number;
}

function layoutsOf(arity: number): Layout[] {
  const layouts: Layout[] = [];
  for (let scalars = 0; scalars < (1 << arity) - 1; scalars++) {
    layouts.push({ scalars, inPlace: -1 });
    for (let input = 0; input < arity; input++) {
      if ((scalars & (1 << input)) === 0) layouts.push({ scalars, inPlace: input });
    }
  }
  return layouts;
}

/** A case: inputs of the longest length, and what each element must become. */
interface Expected {
  readonly inputs: readonly Float32Array[];
  readonly results: Float32Array;
}

/** The result of the whole, which is checked against the oracle before it serves as one. */
function expectedOf(operation: Elementwise, scalars: number, random: Random): Expected {
  const inputs = Array.from({ length: operation.arity }, (_, operand) => {
    const constant = random.plainFloat();
    return random.fill(longest, () => {
      if (scalars & (1 << operand)) return constant;
      return random.below(4) === 0 ? random.pick(specials) : random.plainFloat();
    });
  });
  const results = operation.call(inputs);
  const [a, b = a, c = a] = inputs;
  results.forEach((got, i) => {
    const exact = operation.exact(a[i], b[i], c[i]);
    assert(
      isWithin(got, exact, operation.ulp),
      `${operation.label}: ${show(got)}, expected ${show(exact)}`,
    );
  });
  return { inputs, results };
}

/** One call, with `out` between guard values; throws unless the elements are as expected. */
function checkCall(
  operation: Elementwise,
  layout: Layout,
  expected: Expected,
  length: number,
  offset: number,
): void {
  const out = guarded(length, offset, 16);
  const operands = expected.inputs.map((input, operand) => {
    if (layout.scalars & (1 << operand)) return input[0];
    const values = input.subarray(0, length);
    // Another offset than that of `out`, and another for each input.
    const view = operand === layout.inPlace
      ? out
      : new Float32Array(length + offsets).subarray((offset * 5 + operand * 3 + length) % offsets)
        .subarray(0, length);
    view.set(values);
    return view;
  });
  const returned = operation.call(operands, out);
  const what = () =>
    `${operation.label}, length ${length}, offset ${offset}, ${JSON.stringify(layout)}`;
  if (returned !== out) assert.fail(`${what()}: did not return out`);
  const bits = bitsOf(out);
  const expectedBits = bitsOf(expected.results);
  for (let i = 0; i < length; i++) {
    if (bits[i] === expectedBits[i]) continue;
    if (Number.isNaN(out[i]) && Number.isNaN(expected.results[i])) continue;
    assert.fail(`${what()}: [${i}] is ${show(out[i])}, expected ${show(expected.results[i])}`);
  }
  assertGuards(out, what());
}

/** Inputs are not written to, unless they are `out`. */
function checkInputsKept(operation: Elementwise, expected: Expected): void {
  const copies = expected.inputs.map((input) => input.slice());
  operation.call(expected.inputs);
  copies.forEach((copy, i) => assert.deepEqual(bitsOf(expected.inputs[i]), bitsOf(copy)));
}

describe("element-wise operations: every length and offset at every level", () => {
  for (const operation of elementwise) {
    seeded(operation.label, (random) => {
      forEachLevel(() => {
        for (const layout of layoutsOf(operation.arity)) {
          const expected = expectedOf(operation, layout.scalars, random);
          checkInputsKept(operation, expected);
          for (let length = 0; length <= longest; length++) {
            for (let offset = 0; offset < offsets; offset++) {
              checkCall(operation, layout, expected, length, offset);
            }
          }
        }
      });
    });
  }

  for (const operation of elementwise.filter(({ arity }) => arity === 1)) {
    seeded(`${operation.label}: a value alone and among others`, (random) => {
      // Whole blocks of usual values, and values that are not among them.
      const input = random.fill(2048, () => random.plainFloat());
      input.set(random.fill(1024, () => 8 * random.centred()));
      for (const i of [1100, 1400, 1401, 2047]) input[i] = random.pick(specials);
      forEachLevel((level) => {
        const results = operation.call([input]);
        input.forEach((value, i) => {
          const [alone] = operation.call([Float32Array.of(value)]);
          if (Object.is(alone, results[i])) return;
          assert.fail(`${operation.label}(${show(value)}) at ${level} is another one at ${i}`);
        });
      });
    });
  }

  for (const operation of elementwise.filter(({ arity }) => arity > 1)) {
    seeded(`${operation.label}: the same view as several inputs and out`, (random) => {
      const view = random.fill(100, () => random.plainFloat());
      const copies = Array.from({ length: operation.arity }, () => view.slice());
      const expected = operation.call(copies);
      operation.call(copies.map(() => view), view);
      assert.deepEqual(bitsOf(view), bitsOf(expected));
    });
  }
});
