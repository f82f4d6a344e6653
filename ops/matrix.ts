/**
 * Matrix product and transposition over row-major `Float32Array` views.
 *
 * @module
 */

import { ShapeError } from "../ffi/errors.ts";
import { check, native } from "../ffi/native.ts";
import { Status } from "../ffi/symbols.gen.ts";
import {
  allocateResult,
  checkBoolean,
  checkLeading,
  checkLength,
  checkNumber,
  checkOptions,
  checkSize,
  lengthOf,
  outOrNew,
} from "./check.ts";

/** Options of {@linkcode matmul}. */
export interface MatmulOptions {
  /** `a` holds Aᵀ, k×m. */
  transposeA?: boolean;
  /** `b` holds Bᵀ, n×k. */
  transposeB?: boolean;
  /** Factor of the product, 1 by default. */
  alpha?: number;
  /** Factor of what `out` holds, 0 by default; any other needs `out`. */
  beta?: number;
}

/**
 * Matrix product C[m×n] = alpha · A[m×k] · B[k×n] + beta · C.
 *
 * k = 0 gives zeros (or beta · C). With beta = 0 what `out` holds is not read. Every element adds
 * its products in ascending k with FMA in blocks of 512, which makes the result the same bits on
 * AVX2, AVX-512 and NEON.
 *
 * Algorithm: Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM TOMS
 * 34(3), 2008.
 *
 * @param a m·k elements, row-major m×k (k×m with `transposeA`)
 * @param b k·n elements, row-major k×n (n×k with `transposeB`)
 * @param m rows of A and C
 * @param n columns of B and C
 * @param k columns of A and rows of B
 * @param out m·n elements that overlap neither `a` nor `b`
 * @param options transposition and factors
 * @returns `out`, or a new array of m·n elements
 * @throws {DTypeError} an argument is of another type
 * @throws {ShapeError} a size is not a non-negative integer, a view has not as many elements as
 *   the sizes say, or beta is given without `out`
 * @throws {OverlapError} `out` overlaps an input
 * @throws {OutOfMemoryError} there is no memory for the result or for packing
 *
 * @example
 * ```ts
 * import { matmul } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * const a = Float32Array.of(1, 2, 3, 4, 5, 6); // 2×3
 * const b = Float32Array.of(1, 0, 0, 1, 1, 1); // 3×2
 * assert.deepEqual(matmul(a, b, 2, 2, 3), Float32Array.of(4, 5, 10, 11));
 * ```
 */
export function matmul(
  a: Float32Array,
  b: Float32Array,
  m: number,
  n: number,
  k: number,
  out?: Float32Array,
  options?: MatmulOptions,
): Float32Array {
  if (options !== undefined) return multiply(a, b, m, n, k, out, options);
  // The call that small products make: fewer arguments cross, and nothing is taken apart.
  checkSizes(m, n, k);
  checkMatrix(a, m, k, "a", "m·k");
  checkMatrix(b, k, n, "b", "k·n");
  const result = out === undefined ? allocateResult(m * n, "matmul") : out;
  if (out !== undefined) checkMatrix(out, m, n, "out", "m·n");
  const status = native.matmul(m, n, k, a, b, result);
  if (status !== Status.ok) check(status, "matmul");
  return result;
}

function multiply(
  a: Float32Array,
  b: Float32Array,
  m: number,
  n: number,
  k: number,
  out: Float32Array | undefined,
  options: MatmulOptions,
): Float32Array {
  checkOptions(options, "matmul", "options");
  const { transposeA = false, transposeB = false, alpha = 1, beta = 0 } = options;
  checkFactors("matmul", transposeA, transposeB, alpha, beta);
  checkSizes(m, n, k);
  checkMatrix(a, m, k, "a", "m·k");
  checkMatrix(b, k, n, "b", "k·n");
  if (out !== undefined) checkMatrix(out, m, n, "out", "m·n");
  else if (beta !== 0) {
    throw new ShapeError(`matmul: beta is ${beta} without out, expected the matrix that it scales`);
  }
  const result = out === undefined ? allocateResult(m * n, "matmul") : out;
  const flags = (transposeA ? 1 : 0) | (transposeB ? 2 : 0);
  const lda = transposeA ? m : k;
  const ldb = transposeB ? k : n;
  check(native.gemm(m, n, k, a, lda, b, ldb, result, n, flags, alpha, beta), "matmul");
  return result;
}

function checkSizes(m: number, n: number, k: number): void {
  checkSize(m, "matmul", "m");
  checkSize(n, "matmul", "n");
  checkSize(k, "matmul", "k");
}

function checkMatrix(
  view: Float32Array,
  rows: number,
  cols: number,
  name: string,
  formula: string,
): void {
  const length = lengthOf(view, "matmul", name);
  // The message is made only where it is needed: this runs on every call.
  if (length !== rows * cols) {
    checkLength(view, rows * cols, "matmul", name, `${formula} = ${rows}·${cols}`);
  }
}

function checkFactors(
  operation: string,
  transposeA: boolean,
  transposeB: boolean,
  alpha: number,
  beta: number,
): void {
  checkBoolean(transposeA, operation, "transposeA");
  checkBoolean(transposeB, operation, "transposeB");
  checkNumber(alpha, operation, "alpha");
  checkNumber(beta, operation, "beta");
}

/** Arguments of {@linkcode gemm}. */
export interface GemmArguments extends MatmulOptions {
  /** Rows of op(A) and C. */
  m: number;
  /** Columns of op(B) and C. */
  n: number;
  /** Columns of op(A) and rows of op(B). */
  k: number;
  /** A, m×k (k×m with `transposeA`), its rows `lda` elements apart. */
  a: Float32Array;
  /** Leading dimension of A: at least its columns, which is the default. */
  lda?: number;
  /** B, k×n (n×k with `transposeB`), its rows `ldb` elements apart. */
  b: Float32Array;
  /** Leading dimension of B: at least its columns, which is the default. */
  ldb?: number;
  /** C, m×n, its rows `ldc` elements apart. What lies between the rows stays untouched. */
  c: Float32Array;
  /** Leading dimension of C: at least n, which is the default. */
  ldc?: number;
}

/**
 * C = alpha · op(A) · op(B) + beta · C with leading dimensions, as BLAS `sgemm` for row-major
 * matrices. With beta = 0, C is written without being read.
 *
 * @param args sizes, matrices, leading dimensions, transposition and factors
 * @returns `c`
 * @throws {DTypeError} an argument is of another type
 * @throws {ShapeError} a size is not a non-negative integer, a leading dimension is smaller than a
 *   row, or a view ends before its matrix does
 * @throws {OverlapError} `c` overlaps an input
 * @throws {OutOfMemoryError} there is no memory for packing
 *
 * @example The upper left 2×2 block of a 2×3 matrix, times 2, added to C.
 * ```ts
 * import { gemm } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * const a = Float32Array.of(1, 2, 99, 3, 4, 99);
 * const b = Float32Array.of(1, 0, 0, 1);
 * const c = Float32Array.of(10, 10, 10, 10);
 * gemm({ m: 2, n: 2, k: 2, a, lda: 3, b, c, alpha: 2, beta: 1 });
 * assert.deepEqual(c, Float32Array.of(12, 14, 16, 18));
 * ```
 */
export function gemm(args: GemmArguments): Float32Array {
  checkOptions(args, "gemm", "the argument");
  // Everything is read once, before the checks: a getter can't change what was checked.
  const { m, n, k, a, b, c, lda, ldb, ldc } = args ?? {};
  const { transposeA = false, transposeB = false, alpha = 1, beta = 0 } = args ?? {};
  checkSize(m, "gemm", "m");
  checkSize(n, "gemm", "n");
  checkSize(k, "gemm", "k");
  checkFactors("gemm", transposeA, transposeB, alpha, beta);
  const strideA = checkLeading(a, transposeA ? k : m, transposeA ? m : k, lda, "gemm", "a");
  const strideB = checkLeading(b, transposeB ? n : k, transposeB ? k : n, ldb, "gemm", "b");
  const strideC = checkLeading(c, m, n, ldc, "gemm", "c");
  const flags = (transposeA ? 1 : 0) | (transposeB ? 2 : 0);
  const status = native.gemm(
    m,
    n,
    k,
    a,
    strideA,
    b,
    strideB,
    c,
    strideC,
    flags,
    alpha,
    beta,
  );
  check(status, "gemm");
  return c;
}

/**
 * Transpose: out[cols×rows] = aᵀ. A square matrix may be its own `out`.
 *
 * Algorithm: cache blocks of tiles that are transposed in registers (Eklundh, "A fast computer
 * method for matrix transposing", IEEE Trans. Computers C-21, 1972).
 *
 * @param a rows·cols elements, row-major
 * @param rows rows of `a`
 * @param cols columns of `a`
 * @param out rows·cols elements that do not overlap `a`, or `a` itself where rows = cols
 * @returns `out`, or a new array
 * @throws {DTypeError} an argument is of another type
 * @throws {ShapeError} a size is not a non-negative integer, or a view has not rows·cols elements
 * @throws {OverlapError} `out` overlaps `a`
 *
 * @example
 * ```ts
 * import { transpose } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * const a = Float32Array.of(1, 2, 3, 4, 5, 6); // 2×3
 * assert.deepEqual(transpose(a, 2, 3), Float32Array.of(1, 4, 2, 5, 3, 6));
 * ```
 */
export function transpose(
  a: Float32Array,
  rows: number,
  cols: number,
  out?: Float32Array,
): Float32Array {
  checkSize(rows, "transpose", "rows");
  checkSize(cols, "transpose", "cols");
  checkLength(a, rows * cols, "transpose", "a", "rows·cols");
  const result = outOrNew(out, rows * cols, "transpose", "rows·cols");
  check(native.transpose(a, result, rows, cols), "transpose");
  return result;
}
