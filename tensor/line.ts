/**
 * What reductions do with one line of numbers in float64, for the dtypes that have no native code. A
 * line is data[from + i·step] for i < n.
 *
 * @module
 */

import type { ArgReductionOp, ReductionOp } from "../ffi/symbols.gen.ts";

/** A number of a line; `correction` is for variance and standard deviation. */
export type LineReduction = (
  data: Float64Array,
  from: number,
  n: number,
  step: number,
  correction: number,
) => number;

/** Elements that are added up one after the other, by four sums. */
const blockLength = 128;

function sumOfBlock(data: Float64Array, from: number, n: number, step: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let i = from;
  const end = from + n * step;
  for (; i + 3 * step < end; i += 4 * step) {
    a += data[i];
    b += data[i + step];
    c += data[i + 2 * step];
    d += data[i + 3 * step];
  }
  for (; i < end; i += step) a += data[i];
  return (a + b) + (c + d);
}

/** Pairwise summation (Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed., 4.2). */
function sum(data: Float64Array, from: number, n: number, step: number): number {
  if (n <= blockLength) return sumOfBlock(data, from, n, step);
  const half = n >>> 1;
  return sum(data, from, half, step) + sum(data, from + half * step, n - half, step);
}

function mean(data: Float64Array, from: number, n: number, step: number): number {
  return sum(data, from, n, step) / n;
}

function prod(data: Float64Array, from: number, n: number, step: number): number {
  let product = 1;
  for (let i = 0; i < n; i++) product *= data[from + i * step];
  return product;
}

/** The product of integers modulo 2^32. */
export function wrappingProd(data: Float64Array, from: number, n: number, step: number): number {
  let product = 1;
  for (let i = 0; i < n; i++) product = Math.imul(product, data[from + i * step]);
  return product;
}

/** Σ ((x - shift) / scale)², pairwise. */
function sumOfSquares(
  data: Float64Array,
  from: number,
  n: number,
  step: number,
  shift: number,
  scale: number,
): number {
  if (n > blockLength) {
    const half = n >>> 1;
    return sumOfSquares(data, from, half, step, shift, scale) +
      sumOfSquares(data, from + half * step, n - half, step, shift, scale);
  }
  let total = 0;
  for (let i = 0; i < n; i++) {
    const x = (data[from + i * step] - shift) / scale;
    total += x * x;
  }
  return total;
}

/** Two passes: the deviations from the mean lose nothing to a large one. */
function variance(
  data: Float64Array,
  from: number,
  n: number,
  step: number,
  correction: number,
): number {
  const squares = sumOfSquares(data, from, n, step, mean(data, from, n, step), 1);
  return squares / Math.max(n - correction, 0);
}

/** Scaled by the largest, so that no square overflows or vanishes. */
function norm(data: Float64Array, from: number, n: number, step: number): number {
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, Math.abs(data[from + i * step]));
  if (largest === 0 || !Number.isFinite(largest)) return largest;
  return largest * Math.sqrt(sumOfSquares(data, from, n, step, 0, largest));
}

function max(data: Float64Array, from: number, n: number, step: number): number {
  let result = data[from];
  for (let i = 1; i < n; i++) result = Math.max(result, data[from + i * step]);
  return result;
}

function min(data: Float64Array, from: number, n: number, step: number): number {
  let result = data[from];
  for (let i = 1; i < n; i++) result = Math.min(result, data[from + i * step]);
  return result;
}

export const lineReductions: Readonly<Record<keyof typeof ReductionOp, LineReduction>> = {
  sum,
  mean,
  max,
  min,
  prod,
  norm,
  variance,
  std: (data, from, n, step, correction) => Math.sqrt(variance(data, from, n, step, correction)),
};

/** The place of the first NaN if there is one, else of the first of the largest. */
function argmax(data: Float64Array, from: number, n: number, step: number): number {
  let best = 0;
  let most = data[from];
  for (let i = 0; i < n; i++) {
    const x = data[from + i * step];
    if (x > most) [best, most] = [i, x];
    else if (Number.isNaN(x)) return i;
  }
  return best;
}

/** The place of the first NaN if there is one, else of the first of the smallest. */
function argmin(data: Float64Array, from: number, n: number, step: number): number {
  let best = 0;
  let least = data[from];
  for (let i = 0; i < n; i++) {
    const x = data[from + i * step];
    if (x < least) [best, least] = [i, x];
    else if (Number.isNaN(x)) return i;
  }
  return best;
}

export const argReductions: Readonly<Record<keyof typeof ArgReductionOp, LineReduction>> = {
  argmax,
  argmin,
};

/** In place, of n numbers side by side: exp(x - max) / Σ exp(x - max). */
export function softmax(data: Float64Array, from: number, n: number): void {
  const most = max(data, from, n, 1);
  for (let i = from; i < from + n; i++) data[i] = Math.exp(data[i] - most);
  const total = sum(data, from, n, 1);
  for (let i = from; i < from + n; i++) data[i] /= total;
}

/** In place, of n numbers side by side: x - max - log Σ exp(x - max). */
export function logSoftmax(data: Float64Array, from: number, n: number): void {
  const most = max(data, from, n, 1);
  const terms = new Float64Array(n);
  for (let i = 0; i < n; i++) terms[i] = Math.exp(data[from + i] - most);
  const total = Math.log(sum(terms, 0, n, 1));
  for (let i = from; i < from + n; i++) data[i] = data[i] - most - total;
}
