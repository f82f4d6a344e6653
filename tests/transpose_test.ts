/** transpose for all pairs of the listed sizes, at every level. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { info, setNumThreads, transpose } from "../mod.ts";
import { forEachLevel } from "./levels.ts";
import { dimensions, transposed } from "./matrix.ts";
import { seeded } from "./random.ts";
import { assertGuards, assertSameBits, bitsOf, guarded } from "./ulp.ts";

describe("transpose at every level", () => {
  seeded("all pairs of sizes, every kind of value, guards", (random) => {
    const all = random.fill(257 * 257, () => random.anyFloat());
    for (const rows of dimensions) {
      for (const cols of dimensions) {
        const a = all.subarray(0, rows * cols);
        const expected = transposed(a, rows, cols);
        forEachLevel((level) => {
          const out = guarded(rows * cols, (rows + cols) % 16);
          assert(transpose(a, rows, cols, out) === out);
          assertSameBits(out, expected, `${rows}×${cols} at ${level}`);
          assertGuards(out, `${rows}×${cols} at ${level}`);
        });
      }
    }
  });

  seeded("a square matrix in place, guards", (random) => {
    for (let size = 0; size <= 140; size++) {
      const a = random.fill(size * size, () => random.anyFloat());
      const expected = transposed(a, size, size);
      forEachLevel((level) => {
        const out = guarded(size * size, size % 16);
        out.set(a);
        assert(transpose(out, size, size, out) === out);
        assertSameBits(out, expected, `${size}×${size} in place at ${level}`);
        assertGuards(out, `${size}×${size} in place at ${level}`);
      });
    }
  });

  it("large square matrices in place, on any number of threads", () => {
    const before = info().threads;
    for (const size of [400, 1041, 1100]) {
      const a = new Float32Array(size * size).map((_, i) => i);
      const expected = bitsOf(transposed(a, size, size));
      for (const threads of [1, 2, 3, 8]) {
        setNumThreads(threads);
        forEachLevel((level) => {
          const out = a.slice();
          transpose(out, size, size, out);
          assert.deepEqual(bitsOf(out), expected, `${size} at ${level}, ${threads} threads`);
        });
      }
    }
    setNumThreads(before);
  });

  it("a vector, long and thin matrices", () => {
    for (const [rows, cols] of [[1, 5000], [5000, 1], [3, 3001], [3001, 3], [1025, 66]]) {
      const a = new Float32Array(rows * cols).map((_, i) => i);
      forEachLevel(() => {
        assert.deepEqual(bitsOf(transpose(a, rows, cols)), bitsOf(transposed(a, rows, cols)));
      });
    }
  });
});
