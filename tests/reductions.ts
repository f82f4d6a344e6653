/**
 * Float64 references for the reductions, and how far a float32 result may be from them.
 *
 * A row of the table without a reference here is a compile error.
 */

import * as zt from "../mod.ts";
import type { ArgReductionOp, ReductionOp } from "../ffi/symbols.gen.ts";
import { ulpOf } from "./ulp.ts";

/** What a result must be: within `bound` of `exact`. */
export interface Expected {
  readonly exact: number;
  readonly bound: number;
}

/** Compensated, so that the oracle's own error does not grow with the length (Neumaier, 1974). */
export function sumWide(terms: Iterable<number>): number {
  let sum = 0;
  let lost = 0;
  for (const x of terms) {
    const next = sum + x;
    lost += Math.abs(sum) >= Math.abs(x) ? (sum - next) + x : (x - next) + sum;
    sum = next;
  }
  // Where infinities met, what was lost is NaN.
  return Number.isFinite(sum) ? sum + lost : sum;
}

/**
 * Pairwise summation of n terms whose magnitudes add up to `magnitude`, as NumPy's: 16 terms in
 * a row and a logarithm of roundings (Higham, "Accuracy and Stability", 2nd ed., 4.2), and that of
 * the result.
 */
export function sumBound(n: number, magnitude: number, exact: number): number {
  return (Math.log2(Math.max(n, 1)) + 16) * 2 ** -24 * magnitude + ulpOf(exact) / 2;
}

function expectedSum(a: Float32Array): Expected {
  const exact = sumWide(a);
  return { exact, bound: sumBound(a.length, sumWide(a.map(Math.abs)), exact) };
}

/** One rounding to float32 of a float64 result of n terms. */
function rounded(exact: number, n: number): Expected {
  return { exact, bound: ulpOf(exact) * 0.5 + Math.abs(exact) * (n + 8) * 2 ** -52 };
}

function expectedVariance(a: Float32Array, correction: number): Expected {
  const mean = sumWide(a) / a.length;
  const squares = sumWide(Float64Array.from(a, (x) => (x - mean) ** 2));
  const exact = squares / Math.max(a.length - correction, 0);
  const { bound } = rounded(exact, a.length);
  // The shift by the first element costs its squared distance from the mean, times 2^-52.
  return { exact, bound: bound + 4 * (a[0] - mean) ** 2 * (a.length + 8) * 2 ** -52 };
}

function exactly(exact: number): Expected {
  return { exact, bound: 0 };
}

/** `Math.max(...a)` without its limit on the number of arguments; NaN stays. */
function extreme(a: Float32Array, choose: (x: number, y: number) => number): number {
  let best = a[0];
  for (const x of a) best = choose(best, x);
  return best;
}

type Reference = (a: Float32Array, parameter: number) => Expected;

export const reductionReferences: Record<keyof typeof ReductionOp, Reference> = {
  sum: expectedSum,
  mean: (a) => {
    const { exact, bound } = expectedSum(a);
    const mean = exact / a.length;
    return { exact: mean, bound: bound / Math.max(a.length, 1) + ulpOf(mean) / 2 };
  },
  max: (a) => exactly(extreme(a, Math.max)),
  min: (a) => exactly(extreme(a, Math.min)),
  prod: (a) => {
    let exact = 1;
    for (const x of a) exact *= x;
    return rounded(exact, a.length);
  },
  norm: (a) => rounded(Math.sqrt(sumWide(Float64Array.from(a, (x) => x * x))), a.length),
  variance: expectedVariance,
  std: (a, correction) => {
    const { exact, bound } = expectedVariance(a, correction);
    const root = Math.sqrt(exact);
    return { exact: root, bound: root === 0 ? Math.sqrt(bound) : bound / root + ulpOf(root) / 2 };
  },
};

export const reductionFunctions: Record<
  keyof typeof ReductionOp,
  (a: Float32Array, parameter: number) => number
> = {
  sum: zt.sum,
  mean: zt.mean,
  max: zt.max,
  min: zt.min,
  prod: zt.prod,
  norm: zt.norm,
  variance: zt.variance,
  std: zt.std,
};

/** The first NaN, else the first of the best. */
function firstBest(a: Float32Array, isBetter: (x: number, best: number) => boolean): number {
  let index = 0;
  for (let i = 0; i < a.length; i++) {
    if (Number.isNaN(a[i])) return i;
    if (isBetter(a[i], a[index])) index = i;
  }
  return index;
}

export const argReductionReferences: Record<
  keyof typeof ArgReductionOp,
  (a: Float32Array) => number
> = {
  argmax: (a) => firstBest(a, (x, best) => x > best),
  argmin: (a) => firstBest(a, (x, best) => x < best),
};

export const argReductionFunctions: Record<
  keyof typeof ArgReductionOp,
  (a: Float32Array) => number
> = { argmax: zt.argmax, argmin: zt.argmin };

/** Whether a result is what it must be; NaN and infinities exactly. */
export function isExpected(got: number, { exact, bound }: Expected): boolean {
  if (Number.isNaN(got) || Number.isNaN(exact)) return Number.isNaN(got) && Number.isNaN(exact);
  const nearest = Math.fround(exact);
  // A reduction may overflow where the exact result is within the bound of the border.
  if (Math.abs(got) === Infinity || Math.abs(nearest) === Infinity) {
    return got === nearest || Math.abs(Math.abs(exact) - 2 ** 128) <= bound + ulpOf(exact);
  }
  return Math.abs(got - exact) <= bound;
}

/** Σ a·b of lengths that agree, with the bound of a sum. */
export function expectedDot(a: Float32Array, b: Float32Array): Expected {
  const products = Float64Array.from(a, (x, i) => x * b[i]);
  const exact = sumWide(products);
  return { exact, bound: sumBound(a.length, sumWide(products.map(Math.abs)), exact) };
}
