/**
 * What reductions do with one line of numbers in float64, for the dtypes that have no native code. A
 * line is `data[from]` up to but without `data[to]`.
 *
 * @module
 */

import type { ArgReductionOp, ReductionOp } from "../ffi/symbols.gen.ts";

/** A number of a line; `correction` is for variance and standard deviation. */
export type LineReduction = (
  data: Float64Array,
  from: number,
  to: number,
  correction: number,
) => number;

/** Elements that are added up one after the other, by four sums. */
const blockLength = 128;

function sumOfBlock(data: Float64Array, from: number, to: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let i = from;
  for (; i + 4 <= to; i += 4) {
    a += data[i];
    b += data[i + 1];
    c += data[i + 2];
    d += data[i + 3];
  }
  for (; i < to; i++) a += data[i];
  return (a + b) + (c + d);
}

/** Pairwise summation (Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed., 4.2). */
function sum(data: Float64Array, from: number, to: number): number {
  if (to - from <= blockLength) return sumOfBlock(data, from, to);
  const middle = (from + to) >>> 1;
  return sum(data, from, middle) + sum(data, middle, to);
}

function mean(data: Float64Array, from: number, to: number): number {
  return sum(data, from, to) / (to - from);
}

function prod(data: Float64Array, from: number, to: number): number {
  let product = 1;
  for (let i = from; i < to; i++) product *= data[i];
  return product;
}

/** The product of integers modulo 2^32. */
export function wrappingProd(data: Float64Array, from: number, to: number): number {
  let product = 1;
  for (let i = from; i < to; i++) product = Math.imul(product, data[i]);
  return product;
}

/** Σ ((x - shift) / scale)², pairwise. */
function sumOfSquares(
  data: Float64Array,
  from: number,
  to: number,
  shift: number,
  scale: number,
): number {
  if (to - from > blockLength) {
    const middle = (from + to) >>> 1;
    return sumOfSquares(data, from, middle, shift, scale) +
      sumOfSquares(data, middle, to, shift, scale);
  }
  let a = 0;
  let b = 0;
  for (let i = from; i < to; i += 2) {
    const x = (data[i] - shift) / scale;
    a += x * x;
    if (i + 1 === to) break;
    const y = (data[i + 1] - shift) / scale;
    b += y * y;
  }
  return a + b;
}

/** Two passes: the deviations from the mean lose nothing to a large one. */
function variance(data: Float64Array, from: number, to: number, correction: number): number {
  const squares = sumOfSquares(data, from, to, mean(data, from, to), 1);
  return squares / Math.max(to - from - correction, 0);
}

/** Scaled by the largest, so that no square overflows or vanishes. */
function norm(data: Float64Array, from: number, to: number): number {
  let largest = 0;
  for (let i = from; i < to; i++) largest = Math.max(largest, Math.abs(data[i]));
  if (largest === 0 || !Number.isFinite(largest)) return largest;
  return largest * Math.sqrt(sumOfSquares(data, from, to, 0, largest));
}

function max(data: Float64Array, from: number, to: number): number {
  let result = data[from];
  for (let i = from + 1; i < to; i++) result = Math.max(result, data[i]);
  return result;
}

function min(data: Float64Array, from: number, to: number): number {
  let result = data[from];
  for (let i = from + 1; i < to; i++) result = Math.min(result, data[i]);
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
  std: (data, from, to, correction) => Math.sqrt(variance(data, from, to, correction)),
};

/** The place in a line of the first NaN if there is one, else of the first of the best. */
function argmax(data: Float64Array, from: number, to: number): number {
  let best = from;
  for (let i = from; i < to; i++) {
    if (Number.isNaN(data[i])) return i - from;
    if (data[i] > data[best]) best = i;
  }
  return best - from;
}

function argmin(data: Float64Array, from: number, to: number): number {
  let best = from;
  for (let i = from; i < to; i++) {
    if (Number.isNaN(data[i])) return i - from;
    if (data[i] < data[best]) best = i;
  }
  return best - from;
}

export const argReductions: Readonly<Record<keyof typeof ArgReductionOp, LineReduction>> = {
  argmax,
  argmin,
};

/** In place: exp(x - max) / Σ exp(x - max). */
export function softmax(data: Float64Array, from: number, to: number): void {
  const most = max(data, from, to);
  for (let i = from; i < to; i++) data[i] = Math.exp(data[i] - most);
  const total = sum(data, from, to);
  for (let i = from; i < to; i++) data[i] /= total;
}

/** In place: x - max - log Σ exp(x - max). */
export function logSoftmax(data: Float64Array, from: number, to: number): void {
  const most = max(data, from, to);
  const terms = new Float64Array(to - from);
  for (let i = from; i < to; i++) terms[i - from] = Math.exp(data[i] - most);
  const total = Math.log(sum(terms, 0, terms.length));
  for (let i = from; i < to; i++) data[i] = data[i] - most - total;
}
