/** softmax, logSoftmax and layerNorm against float64, at every level. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { layerNorm, logSoftmax, softmax } from "../mod.ts";
import { operations } from "../ffi/symbols.gen.ts";
import { forEachLevel } from "./levels.ts";
import { type Random, seeded } from "./random.ts";
import {
  type Expected,
  layerNormReference,
  type NormOptions,
  rowWiseFunctions,
  rowWiseReferences,
} from "./rows.ts";
import { assertGuards, assertSameBits, guarded } from "./ulp.ts";

type Shape = readonly [rows: number, cols: number];

const shapes: readonly Shape[] = [
  ...Array.from({ length: 131 }, (_, cols): Shape => [3, cols]),
  ...[1000, 2047, 2048, 2049, 4095, 4097].map((cols): Shape => [2, cols]),
  [1, 100_003],
  [0, 5],
  [700, 1],
  [257, 17],
  // Short rows are computed as columns.
  ...Array.from({ length: 17 }, (_, cols): Shape => [280 + cols, cols]),
];

/** Calls at every level, apart and in place: right, guarded, and the same bits. */
function checkRows(
  a: Float32Array,
  expected: Expected,
  call: (a: Float32Array, out: Float32Array) => Float32Array,
  what: string,
): void {
  let first: Float32Array | undefined;
  forEachLevel((level) => {
    const out = guarded(a.length, a.length % 16);
    assert(call(a, out) === out);
    assertGuards(out, `${what} at ${level}`);
    out.forEach((x, i) => {
      const { exact, bound } = expected;
      const isRight = Number.isNaN(x) || Number.isNaN(exact[i]) || Math.abs(exact[i]) === Infinity
        ? Object.is(x, exact[i])
        : Math.abs(x - exact[i]) <= bound[i];
      if (!isRight) {
        assert.fail(`${what} at ${level}: [${i}] is ${x}, expected ${exact[i]} ± ${bound[i]}`);
      }
    });
    if (first) assertSameBits(out, first, `${what} at ${level} and a lower level`);
    first = out;
    const same = guarded(a.length, 3);
    same.set(a);
    assert(call(same, same) === same);
    assertSameBits(same, out, `${what} in place at ${level}`);
    assertGuards(same, `${what} in place at ${level}`);
  });
}

const fills: Record<string, (random: Random) => number> = {
  "around 0": (random) => random.centred() * 4,
  "of many sizes": (random) => random.plainFloat(),
  "far from 0": (random) => 1e4 + random.centred(),
  "with -Infinity among them": (random) => random.below(5) ? random.centred() : -Infinity,
};

const names = Object.keys(operations.rowWise) as (keyof typeof operations.rowWise)[];

describe("row-wise operations at every level", () => {
  for (const name of names) {
    for (const [kind, fill] of Object.entries(fills)) {
      seeded(`${name} of values ${kind}`, (random) => {
        for (const [rows, cols] of shapes) {
          const a = random.fill(rows * cols, () => fill(random));
          const call = rowWiseFunctions[name];
          const what = `${name} ${rows}×${cols}`;
          const expected = rowWiseReferences[name](a, rows, cols);
          checkRows(a, expected, (from, out) => call(from, rows, cols, out), what);
        }
      });
    }
  }

  for (const withWeight of [false, true]) {
    for (const withBias of [false, true]) {
      seeded(`layerNorm, weight ${withWeight}, bias ${withBias}`, (random) => {
        for (const [rows, cols] of shapes) {
          const fill = random.pick(Object.values(fills).slice(0, 3));
          const a = random.fill(rows * cols, () => fill(random));
          const options: NormOptions = {};
          if (withWeight) options.weight = random.fill(cols, () => random.centred() * 3);
          if (withBias) options.bias = random.fill(cols, () => random.centred() * 3);
          if (random.below(2)) options.epsilon = random.pick([1e-5, 1e-3, 1]);
          const expected = layerNormReference(options)(a, rows, cols);
          const call = (from: Float32Array, out: Float32Array) =>
            layerNorm(from, rows, cols, options, out);
          checkRows(a, expected, call, `layerNorm ${rows}×${cols}, ${options.epsilon}`);
        }
      });
    }
  }
});

describe("row-wise operations: particular values at every level", () => {
  it("a row with NaN or Infinity, or of -Infinity alone, is NaN; other rows are not", () => {
    for (const cols of [1, 2, 16, 17, 100]) {
      for (const special of [NaN, Infinity]) {
        forEachLevel(() => {
          const a = new Float32Array(3 * cols).fill(1);
          a[cols + Math.floor(cols / 2)] = special;
          for (const operation of [softmax, logSoftmax]) {
            const got = operation(a, 3, cols);
            assert(got.subarray(cols, 2 * cols).every(Number.isNaN));
            assert(!got.subarray(0, cols).some(Number.isNaN));
            assert(!got.subarray(2 * cols).some(Number.isNaN));
          }
          const norm = layerNorm(a, 3, cols);
          assert(norm.subarray(cols, 2 * cols).every(Number.isNaN));
          assert.deepEqual(norm.subarray(0, cols), new Float32Array(cols));
        });
      }
      forEachLevel(() => {
        const a = new Float32Array(cols).fill(-Infinity);
        assert(softmax(a, 1, cols).every(Number.isNaN));
        assert(logSoftmax(a, 1, cols).every(Number.isNaN));
      });
    }
  });

  it("large values do not overflow", () => {
    forEachLevel(() => {
      assert.deepEqual(softmax(Float32Array.of(3e38, 3e38), 1, 2), Float32Array.of(0.5, 0.5));
      assert.deepEqual(softmax(Float32Array.of(3e38, -3e38), 1, 2), Float32Array.of(1, 0));
      const log = logSoftmax(Float32Array.of(1e30, 1e30), 1, 2);
      assert.deepEqual(log, new Float32Array(2).fill(-Math.LN2));
    });
  });

  it("a constant row is normalised to 0, whatever the constant", () => {
    for (const value of [0, 1, 0.1, -1e8, 1e30]) {
      forEachLevel(() => {
        const got = layerNorm(new Float32Array(300).fill(value), 3, 100);
        assert(got.every((x) => x === 0), `${value} becomes ${got[0]}`);
      });
    }
  });
});
