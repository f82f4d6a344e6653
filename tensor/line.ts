/**
 * What reductions do with one line of numbers in float64, for the dtypes that have no native code.
 *
 * @module
 */

import type { ArgReductionOp, ReductionOp } from "../ffi/symbols.gen.ts";

/** A number of a line; `correction` is for variance and standard deviation. */
export type LineReduction = (line: Float64Array, correction: number) => number;

/** Elements that are added up one after the other, by four sums. */
const blockLength = 128;

function sumOfBlock(line: Float64Array, from: number, to: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let i = from;
  for (; i + 4 <= to; i += 4) {
    a += line[i];
    b += line[i + 1];
    c += line[i + 2];
    d += line[i + 3];
  }
  for (; i < to; i++) a += line[i];
  return (a + b) + (c + d);
}

/** Pairwise summation (Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed., 4.2). */
function sumOfPart(line: Float64Array, from: number, to: number): number {
  if (to - from <= blockLength) return sumOfBlock(line, from, to);
  const middle = (from + to) >>> 1;
  return sumOfPart(line, from, middle) + sumOfPart(line, middle, to);
}

function sum(line: Float64Array): number {
  return sumOfPart(line, 0, line.length);
}

function mean(line: Float64Array): number {
  return sum(line) / line.length;
}

function prod(line: Float64Array): number {
  let product = 1;
  for (let i = 0; i < line.length; i++) product *= line[i];
  return product;
}

/** The product of integers modulo 2^32. */
export function wrappingProd(line: Float64Array): number {
  return line.reduce(Math.imul, 1);
}

/** Two passes: the deviations from the mean lose nothing to a large one. */
function variance(line: Float64Array, correction: number): number {
  const middle = mean(line);
  const squares = line.map((x) => (x - middle) * (x - middle));
  return sum(squares) / Math.max(line.length - correction, 0);
}

/** Scaled by the largest, so that no square overflows or vanishes. */
function norm(line: Float64Array): number {
  const largest = line.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  if (largest === 0 || !Number.isFinite(largest)) return largest;
  return largest * Math.sqrt(sum(line.map((x) => (x / largest) * (x / largest))));
}

function max(line: Float64Array): number {
  let result = line[0];
  for (let i = 1; i < line.length; i++) result = Math.max(result, line[i]);
  return result;
}

function min(line: Float64Array): number {
  let result = line[0];
  for (let i = 1; i < line.length; i++) result = Math.min(result, line[i]);
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
  std: (line, correction) => Math.sqrt(variance(line, correction)),
};

/** The index of the first NaN if there is one, else of the first of the best. */
function argExtreme(isBetter: (x: number, best: number) => boolean) {
  return (line: Float64Array): number => {
    let best = 0;
    for (let i = 0; i < line.length; i++) {
      if (Number.isNaN(line[i])) return i;
      if (isBetter(line[i], line[best])) best = i;
    }
    return best;
  };
}

export const argReductions: Readonly<
  Record<keyof typeof ArgReductionOp, (line: Float64Array) => number>
> = {
  argmax: argExtreme((x, best) => x > best),
  argmin: argExtreme((x, best) => x < best),
};

/** In place: exp(x - max) / Σ exp(x - max). */
export function softmax(line: Float64Array): void {
  const most = max(line);
  for (let i = 0; i < line.length; i++) line[i] = Math.exp(line[i] - most);
  const total = sum(line);
  for (let i = 0; i < line.length; i++) line[i] /= total;
}

/** In place: x - max - log Σ exp(x - max). */
export function logSoftmax(line: Float64Array): void {
  const most = max(line);
  const total = Math.log(sum(line.map((x) => Math.exp(x - most))));
  for (let i = 0; i < line.length; i++) line[i] = line[i] - most - total;
}
