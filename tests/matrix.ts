/** References and inputs for the matrix tests. */

/** Around the widths of registers, tiles and blocks. */
export const dimensions: readonly number[] = [
  ...[0, 1, 2, 3, 4, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 127, 129, 255, 257],
];

export const flags: readonly boolean[] = [false, true];

/** rows×cols from the upper left of a matrix whose rows are `leading` apart, without gaps. */
export function corner(
  a: Float32Array,
  leading: number,
  rows: number,
  cols: number,
): Float32Array<ArrayBuffer> {
  const result = new Float32Array(rows * cols);
  for (let i = 0; i < rows; i++) {
    result.set(a.subarray(i * leading, i * leading + cols), i * cols);
  }
  return result;
}

/** Element by element. */
export function transposed(a: Float32Array, rows: number, cols: number): Float32Array<ArrayBuffer> {
  const result = new Float32Array(rows * cols);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) result[j * rows + i] = a[i * cols + j];
  }
  return result;
}

/**
 * c[m×n] += columns `from` to `to` of A times the same rows of B, in float64. A's rows are `k`
 * apart.
 */
export function accumulate(
  c: Float64Array,
  a: Float32Array,
  b: Float32Array,
  n: number,
  k: number,
  from: number,
  to: number,
): void {
  for (let i = 0; i * n < c.length; i++) {
    for (let p = from; p < to; p++) {
      const x = a[i * k + p];
      for (let j = 0; j < n; j++) c[i * n + j] += x * b[p * n + j];
    }
  }
}

/** A[m×k]·B[k×n] in float64. */
export function product(
  a: Float32Array,
  b: Float32Array,
  m: number,
  n: number,
  k: number,
): Float64Array {
  const c = new Float64Array(m * n);
  if (c.length > 0) accumulate(c, a, b, n, k, 0, k);
  return c;
}
