/**
 * Float64 references for the row-wise operations, and the largest error of their elements.
 *
 * A row of the table without a reference here is a compile error.
 */

import * as zt from "../mod.ts";
import type { RowWiseOp } from "../ffi/symbols.gen.ts";

/** Half a unit in the last place, relative. */
const epsilon = 2 ** -24;

export interface Expected {
  readonly exact: Float64Array;
  readonly bound: Float64Array;
}

type Reference = (a: Float32Array, rows: number, cols: number) => Expected;

/**
 * For softmax: x - max is rounded, which exp turns into a relative error, and exp is within 1 ulp:
 * |x - max| + 2 half ulp. The sum inherits their weighted mean.
 */
interface Row {
  readonly shifted: Float64Array;
  readonly sum: number;
  readonly sumError: number;
}

function rowOf(a: Float32Array): Row {
  let max = -Infinity;
  for (const x of a) max = Math.max(max, x);
  const shifted = Float64Array.from(a, (x) => x - max);
  let sum = 0;
  let weighted = 0;
  for (const d of shifted) {
    const e = Math.exp(d);
    sum += e;
    if (e > 0) weighted += e * (Math.abs(d) + 2);
  }
  return { shifted, sum, sumError: epsilon * (weighted / sum + 1) };
}

/** Terms below the normal range are rounded to multiples of 2^-149, and again when divided. */
const underflow = 2 * 2 ** -149;

function softmaxRow(a: Float32Array, exact: Float64Array, bound: Float64Array): void {
  const { shifted, sum, sumError } = rowOf(a);
  shifted.forEach((d, j) => {
    exact[j] = Math.exp(d) / sum;
    const size = d === -Infinity ? 0 : Math.abs(d);
    bound[j] = exact[j] * (epsilon * (size + 3) + sumError) * 1.001 + underflow;
  });
}

function logSoftmaxRow(a: Float32Array, exact: Float64Array, bound: Float64Array): void {
  const { shifted, sum, sumError } = rowOf(a);
  const log = Math.log(sum);
  shifted.forEach((d, j) => {
    exact[j] = d - log;
    if (d === -Infinity) return;
    // x - max, the logarithm (1 ulp of it) and their difference are rounded.
    bound[j] = (epsilon * (Math.abs(d) + 2 * Math.abs(log) + Math.abs(exact[j])) + sumError) *
      1.001;
  });
}

function byRow(
  row: (a: Float32Array, exact: Float64Array, bound: Float64Array) => void,
): Reference {
  return (a, rows, cols) => {
    const exact = new Float64Array(rows * cols);
    const bound = new Float64Array(rows * cols);
    for (let start = 0; start < rows * cols; start += cols) {
      const end = start + cols;
      row(a.subarray(start, end), exact.subarray(start, end), bound.subarray(start, end));
    }
    return { exact, bound };
  };
}

export const rowWiseReferences: Record<keyof typeof RowWiseOp, Reference> = {
  softmax: byRow(softmaxRow),
  logSoftmax: byRow(logSoftmaxRow),
};

export const rowWiseFunctions: Record<
  keyof typeof RowWiseOp,
  (a: Float32Array, rows: number, cols: number, out?: Float32Array) => Float32Array
> = { softmax: zt.softmax, logSoftmax: zt.logSoftmax };

export interface NormOptions {
  weight?: Float32Array;
  bias?: Float32Array;
  epsilon?: number;
}

/** Layer normalisation: two passes in float64. */
export function layerNormReference(options: NormOptions): Reference {
  const { weight, bias, epsilon: added = 1e-5 } = options;
  return byRow((a, exact, bound) => {
    let mean = 0;
    for (const x of a) mean += x / a.length;
    let variance = 0;
    for (const x of a) variance += (x - mean) ** 2 / a.length;
    const scale = 1 / Math.sqrt(variance + Math.fround(added));
    a.forEach((x, j) => {
      const factor = weight?.[j] ?? 1;
      const scaled = (x - mean) * scale * factor;
      exact[j] = scaled + (bias?.[j] ?? 0);
      // Five roundings of the product; the mean is float64's, kept to 48 bits; that of the sum.
      const meanError = Math.abs(scale * factor) * (Math.abs(mean) * 2 ** -46 + 2 ** -149);
      bound[j] = epsilon * (6 * Math.abs(scaled) + Math.abs(exact[j])) + meanError + 2 ** -149;
    });
  });
}
