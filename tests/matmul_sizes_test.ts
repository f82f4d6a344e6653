/** matmul and gemm for all combinations of the listed sizes, exactly, at every level. */

import assert from "node:assert/strict";
import { describe } from "node:test";
import { gemm, matmul } from "../mod.ts";
import { forEachLevel } from "./levels.ts";
import { accumulate, corner, dimensions, flags, transposed } from "./matrix.ts";
import { type Random, seeded } from "./random.ts";
import { assertGuards, guarded } from "./ulp.ts";

const largest = dimensions[dimensions.length - 1];

/**
 * Small integers: every partial sum is below 257 · 25 and exact in float32, in any order, so that
 * results must be exact. All products are corners of the same one, summed as far as k.
 */
interface Exact {
  readonly a: Float32Array<ArrayBuffer>;
  readonly b: Float32Array<ArrayBuffer>;
  /** By k: the product of the first k columns of A and rows of B. */
  readonly products: ReadonlyMap<number, Float64Array>;
}

function exactProducts(random: Random): Exact {
  const integer = () => random.integer(-5, 5);
  const a = random.fill(largest * largest, integer);
  const b = random.fill(largest * largest, integer);
  const products = new Map<number, Float64Array>();
  const sum = new Float64Array(largest * largest);
  let from = 0;
  for (const k of dimensions) {
    accumulate(sum, a, b, largest, largest, from, k);
    products.set(k, sum.slice());
    from = k;
  }
  return { a, b, products };
}

/** Throws unless the m×n matrix with rows `leading` apart is the corner of the product. */
function checkCorner(
  got: Float32Array,
  leading: number,
  m: number,
  n: number,
  product: Float64Array,
  what: () => string,
): void {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      const expected = product[i * largest + j];
      if (got[i * leading + j] === expected) continue;
      assert.fail(`${what()}: [${i}, ${j}] is ${got[i * leading + j]}, expected ${expected}`);
    }
  }
}

type Corners = ReadonlyMap<string, Float32Array>;

/** All corners of a matrix, as it is or transposed. */
function cornersOf(a: Float32Array, isTransposed: boolean): Corners {
  const result = new Map<string, Float32Array>();
  for (const rows of dimensions) {
    for (const cols of dimensions) {
      const part = corner(a, largest, rows, cols);
      result.set(`${rows},${cols}`, isTransposed ? transposed(part, rows, cols) : part);
    }
  }
  return result;
}

function forEachSize(body: (m: number, n: number, k: number) => void): void {
  for (const k of dimensions) {
    for (const m of dimensions) {
      for (const n of dimensions) body(m, n, k);
    }
  }
}

describe("matmul: all combinations of sizes", () => {
  for (const transposeA of flags) {
    for (const transposeB of flags) {
      seeded(`transposeA ${transposeA}, transposeB ${transposeB}`, (random) => {
        const exact = exactProducts(random);
        const cornersA = cornersOf(exact.a, transposeA);
        const cornersB = cornersOf(exact.b, transposeB);
        // One buffer, to whose end every result reaches: what lies behind is guarded too.
        const room = guarded(largest * largest);
        forEachLevel((level) =>
          forEachSize((m, n, k) => {
            const out = room.subarray(largest * largest - m * n);
            const a = cornersA.get(`${m},${k}`)!;
            const b = cornersB.get(`${k},${n}`)!;
            const returned = matmul(a, b, m, n, k, out, { transposeA, transposeB });
            assert(returned === out);
            checkCorner(out, n, m, n, exact.products.get(k)!, () => `${m}×${n}×${k} at ${level}`);
          })
        );
        assertGuards(room, "matmul");
      });
    }
  }

  seeded("writes nothing around out", (random) => {
    const { a, b } = exactProducts(random);
    const some = dimensions.filter((size) => size <= 65);
    forEachLevel(() => {
      for (const m of some) {
        for (const n of some) {
          const out = guarded(m * n, (m + 3 * n) % 16);
          matmul(a.subarray(0, m * 7), b.subarray(0, n * 7), m, n, 7, out);
          assertGuards(out, `${m}×${n}×7`);
        }
      }
    });
  });
});

/** A matrix with rows `leading` apart, guard values between them. */
function spread(a: Float32Array, rows: number, cols: number, leading: number): Float32Array {
  const room = guarded(Math.max(rows * leading, cols), 3);
  for (let i = 0; i < rows; i++) {
    room.set(a.subarray(i * cols, i * cols + cols), i * leading);
  }
  return room;
}

describe("gemm: leading dimensions", () => {
  const some = [0, 1, 2, 4, 7, 15, 17, 33, 64, 100, 129, 257];
  for (const transposeA of flags) {
    for (const transposeB of flags) {
      seeded(`transposeA ${transposeA}, transposeB ${transposeB}`, (random) => {
        const { a, b, products } = exactProducts(random);
        const storedA = transposeA ? transposed(a, largest, largest) : a;
        const storedB = transposeB ? transposed(b, largest, largest) : b;
        const lda = largest + 5;
        const ldb = largest + 18;
        const wideA = spread(storedA, largest, largest, lda);
        const wideB = spread(storedB, largest, largest, ldb);
        forEachLevel((level) => {
          for (const m of some) {
            for (const n of some) {
              for (const k of some) {
                checkGemm({ a: wideA, lda, b: wideB, ldb, transposeA, transposeB }, [m, n, k], {
                  product: products.get(k)!,
                  level,
                });
              }
            }
          }
        });
      });
    }
  }
});

interface Operands {
  a: Float32Array;
  lda: number;
  b: Float32Array;
  ldb: number;
  transposeA: boolean;
  transposeB: boolean;
}

/** A product into rows that have gaps; throws when a gap was written to. */
function checkGemm(
  operands: Operands,
  [m, n, k]: [number, number, number],
  { product, level }: { product: Float64Array; level: string },
): void {
  const ldc = n + 1 + (m % 5);
  const needed = m * n === 0 ? 0 : (m - 1) * ldc + n;
  const c = guarded(needed, (m + n) % 16);
  gemm({ ...operands, m, n, k, c, ldc });
  const what = () => `${m}×${n}×${k} at ${level}`;
  checkCorner(c, ldc, m, n, product, what);
  const gaps = new Uint32Array(c.buffer, c.byteOffset, c.length);
  for (let i = 0; i < (n === 0 ? 0 : m - 1); i++) {
    for (let j = n; j < ldc; j++) {
      if (gaps[i * ldc + j] !== 0x7fc0dead) assert.fail(`${what()}: wrote between the rows`);
    }
  }
  assertGuards(c, what());
}

describe("gemm: a vector and lines of any distance", () => {
  // Lines 4 KB apart meet in the same sets of a cache, and are read in another order.
  for (const leading of [1029, 1024, 2048]) {
    for (const transposeB of flags) {
      seeded(`${leading} apart, ${transposeB ? "x·Bᵀ" : "A·x"}`, (random) => {
        const matrix = random.fill(35 * leading, () => random.integer(-5, 5));
        const vector = random.fill(leading, () => random.integer(-5, 5));
        const sum = new Float64Array(35);
        const check = (lines: number, k: number, level: string) => {
          const out = guarded(lines, 1);
          const [m, n] = transposeB ? [1, lines] : [lines, 1];
          const [a, b] = transposeB ? [vector, matrix] : [matrix, vector];
          const lda = transposeB ? k : leading;
          const ldb = transposeB ? leading : 1;
          gemm({ m, n, k, a, lda, b, ldb, c: out, transposeB });
          assertGuards(out, `${m}×${n}×${k}`);
          const at = out.findIndex((value, i) => value !== sum[i]);
          assert(at < 0, `${m}×${n}×${k} at ${level}: [${at}] is ${out[at]}, expected ${sum[at]}`);
        };
        for (const k of [1, 7, 8, 255, 256, 257, 511, 512, 513, 640, 1000, 1024]) {
          accumulate(sum.fill(0), corner(matrix, leading, 35, k), vector, 1, k, 0, k);
          forEachLevel((level) => [1, 7, 8, 9, 16, 17, 24, 35].forEach((n) => check(n, k, level)));
        }
      });
    }
  }
});
