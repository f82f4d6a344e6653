/** Accuracy, factors and special values of matmul, and the same bits from levels with FMA. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { matmul, type MatmulOptions } from "../mod.ts";
import { availableLevels } from "../ffi/native.ts";
import { fmaLevels, forEachLevel } from "./levels.ts";
import { flags, product, transposed } from "./matrix.ts";
import { fromBits, type Random, seeded } from "./random.ts";
import { assertGuards, assertSameBits, guarded } from "./ulp.ts";

type Size = readonly [m: number, n: number, k: number];

const sizes: readonly Size[] = [
  [1, 1000, 1],
  [1000, 1, 1000],
  [17, 31, 63],
  [4096, 64, 1],
  [300, 200, 600],
  [5, 9, 256],
  [14, 33, 255],
  [14, 32, 513],
  [1, 1, 3000],
  [3, 700, 257],
  [129, 65, 511],
  // One column beside tiles of 5 to 8 rows, in one block of k and in two.
  [17, 33, 18],
  [33, 49, 33],
  [40, 33, 513],
];

/** One problem with its float64 results. */
interface Problem {
  readonly size: Size;
  readonly a: Float32Array;
  readonly b: Float32Array;
  readonly c: Float32Array;
  readonly exact: Float64Array;
  /** Σ |a||b|, to which rounding errors are proportional. */
  readonly magnitude: Float64Array;
}

function problemOf(size: Size, random: Random): Problem {
  const [m, n, k] = size;
  const a = random.fill(m * k, () => random.centred());
  const b = random.fill(k * n, () => random.centred());
  const c = random.fill(m * n, () => random.centred() * 8);
  return {
    size,
    a,
    b,
    c,
    exact: product(a, b, m, n, k),
    magnitude: product(a.map(Math.abs), b.map(Math.abs), m, n, k),
  };
}

/**
 * |error| ≤ (k + 2)·2^-24·Σ|a||b|·|alpha| for the sum and its factor (Higham, "Accuracy and
 * Stability", 2nd ed., 3.5), and two roundings of what beta adds.
 */
function checkProduct(problem: Problem, got: Float32Array, alpha: number, beta: number): void {
  const k = problem.size[2];
  for (let i = 0; i < got.length; i++) {
    const scaled = beta === 0 ? 0 : beta * problem.c[i];
    const expected = alpha * problem.exact[i] + scaled;
    const bound = 2 ** -24 * ((k + 2) * problem.magnitude[i] * Math.abs(alpha) +
      2 * (Math.abs(scaled) + Math.abs(expected)));
    // Written so that NaN fails.
    if (Math.abs(got[i] - expected) <= bound) continue;
    assert.fail(`[${i}] is ${got[i]}, expected ${expected} ± ${bound}`);
  }
}

/** NaN in `out` where beta = 0 says that it is not read. */
function startOf(problem: Problem, beta: number): Float32Array<ArrayBuffer> {
  const out = guarded(problem.c.length, 5);
  if (beta !== 0) out.set(problem.c);
  return out;
}

function multiply(problem: Problem, options: MatmulOptions): Float32Array {
  const [m, n, k] = problem.size;
  const a = options.transposeA ? transposed(problem.a, m, k) : problem.a;
  const b = options.transposeB ? transposed(problem.b, k, n) : problem.b;
  const out = startOf(problem, options.beta ?? 0);
  matmul(a, b, m, n, k, out, options);
  assertGuards(out, JSON.stringify(options));
  return out;
}

const factors = [[1, 0], [1, 1], [0.3, -0.5], [-2, 1], [0, 0], [0, 1], [1, 0.1]].map((pair) =>
  pair.map(Math.fround)
);

describe("matmul: random values at every level", () => {
  for (const size of sizes) {
    seeded(size.join("×"), (random) => {
      const problem = problemOf(size, random);
      const results = new Map<string, Float32Array>();
      forEachLevel((level) => {
        for (const transposeA of flags) {
          for (const transposeB of flags) {
            for (const [alpha, beta] of factors) {
              const got = multiply(problem, { transposeA, transposeB, alpha, beta });
              checkProduct(problem, got, alpha, beta);
              // Neither the level nor the layout of the operands shows in the bits.
              const key = `${fmaLevels.includes(level)}, alpha ${alpha}, beta ${beta}`;
              const first = results.get(key);
              if (first) {
                assertSameBits(got, first, `${key}, ${transposeA}, ${transposeB}, ${level}`);
              } else results.set(key, got);
            }
          }
        }
      });
    });
  }

  seeded("small and odd sizes give the same bits at levels with FMA", (random) => {
    for (let round = 0; round < 300; round++) {
      const [m, n, k] = [1 + random.below(40), 1 + random.below(70), 1 + random.below(600)];
      const a = random.fill(m * k, () => random.plainFloat());
      const b = random.fill(k * n, () => random.plainFloat());
      let first: Float32Array | undefined;
      const levels = availableLevels().filter((level) => fmaLevels.includes(level));
      forEachLevel((level) => {
        const got = matmul(a, b, m, n, k);
        if (first) assertSameBits(got, first, `${m}×${n}×${k} at ${level}`);
        first ??= got;
      }, levels);
    }
  });

  seeded("the bits of an element depend on its row and column alone", (random) => {
    // Rows taken out of a large product, which is packed, are computed in a small one, which is not.
    const [m, n, k] = [60, 150, 700];
    const a = random.fill(m * k, () => random.centred());
    const b = random.fill(k * n, () => random.centred());
    forEachLevel((level) => {
      const whole = matmul(a, b, m, n, k);
      for (const i of [0, 1, 13, 14, 37, 59]) {
        const row = matmul(a.subarray(i * k, (i + 1) * k), b, 1, n, k);
        assertSameBits(row, whole.subarray(i * n, (i + 1) * n), `row ${i} at ${level}`);
      }
    });
  });
});

/** Values that a product must carry through, in float64 without overflow on the way. */
function checkLikeFloat64(m: number, n: number, k: number, a: Float32Array, b: Float32Array): void {
  const exact = product(a, b, m, n, k);
  forEachLevel((level) => {
    const got = matmul(a, b, m, n, k);
    got.forEach((x, i) => {
      const expected = Math.fround(exact[i]);
      // A sum starts from +0: the sign of a zero is not compared.
      if (x === expected || (Number.isNaN(x) && Number.isNaN(expected))) return;
      assert.fail(`${m}×${n}×${k} at ${level}: [${i}] is ${x}, expected ${expected}`);
    });
  });
}

describe("matmul: special values at every level", () => {
  const shapes: readonly Size[] = [[1, 1, 1], [3, 5, 7], [16, 32, 20], [33, 65, 300]];

  it("identity and zeros", () => {
    for (const size of [1, 7, 16, 33, 100]) {
      const eye = new Float32Array(size * size).map((_, i) => i % (size + 1) === 0 ? 1 : 0);
      const values = eye.map((_, i) => Math.fround(Math.sin(i) * 10 ** ((i % 60) - 30)));
      checkLikeFloat64(size, size, size, eye, values);
      checkLikeFloat64(size, size, size, values, eye);
      checkLikeFloat64(size, size, size, values, new Float32Array(size * size));
    }
  });

  seeded("one NaN, ±Infinity or pair of them reaches its row and column alone", (random) => {
    for (const [m, n, k] of shapes) {
      for (const special of [NaN, Infinity, -Infinity]) {
        const a = random.fill(m * k, () => random.integer(-3, 3));
        const b = random.fill(k * n, () => random.integer(-3, 3));
        a[random.below(a.length)] = special;
        checkLikeFloat64(m, n, k, a, b);
        b[random.below(b.length)] = Infinity;
        checkLikeFloat64(m, n, k, a, b);
      }
    }
  });

  it("1e20 overflows to Infinity, 1e-20 reaches the subnormals", () => {
    for (const [m, n, k] of shapes) {
      const fill = (length: number, value: number) => new Float32Array(length).fill(value);
      checkLikeFloat64(m, n, k, fill(m * k, 1e20), fill(k * n, 1e20));
      checkLikeFloat64(m, n, k, fill(m * k, -1e20), fill(k * n, 1e20));
      // A power of two, whose sums are exact even as subnormals.
      checkLikeFloat64(m, n, k, fill(m * k, 2 ** -66), fill(k * n, 2 ** -68));
      checkLikeFloat64(m, n, k, fill(m * k, fromBits(1)), fill(k * n, 3));
      checkLikeFloat64(m, n, k, fill(m * k, 1e20), fill(k * n, 0));
      checkLikeFloat64(m, n, k, fill(m * k, -0), fill(k * n, 5));
    }
    forEachLevel(() => {
      const small = Math.fround(1e-20);
      const got = matmul(fill1(small), fill1(small), 1, 1, 1)[0];
      assert.equal(got, Math.fround(small * small));
      assert(got > 0, "a subnormal is not flushed");
    });
  });

  it("k = 0 gives zeros, or beta · out", () => {
    const none = new Float32Array(0);
    forEachLevel(() => {
      assert.deepEqual(matmul(none, none, 2, 3, 0), new Float32Array(6));
      const out = Float32Array.of(1, 2, -3, 4);
      matmul(none, none, 2, 2, 0, out, { beta: -0.5 });
      assert.deepEqual(out, Float32Array.of(-0.5, -1, 1.5, -2));
      matmul(none, none, 2, 2, 0, out.fill(NaN));
      assert.deepEqual(out, new Float32Array(4));
      assert.equal(matmul(none, new Float32Array(12), 0, 3, 4).length, 0);
      assert.equal(matmul(new Float32Array(12), none, 3, 0, 4).length, 0);
    });
  });

  it("beta scales what out holds, NaN and Infinity too", () => {
    forEachLevel(() => {
      const out = Float32Array.of(NaN, Infinity, -Infinity, 1e38);
      matmul(fill1(1, 2), fill1(1, 2), 2, 2, 1, out, { beta: 10 });
      assert.deepEqual(out, Float32Array.of(NaN, Infinity, -Infinity, Infinity));
    });
  });
});

function fill1(value: number, length = 1): Float32Array {
  return new Float32Array(length).fill(value);
}
