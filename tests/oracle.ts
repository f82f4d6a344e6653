/**
 * Float64 references for every operation: slow and obvious, and nothing shared with the kernels.
 *
 * A row of the table without a reference here is a compile error.
 */

import type { BinaryOp, TernaryOp, UnaryOp } from "../ffi/symbols.gen.ts";

/** 2/√π · e^(-x²) · Σ 2ⁿ·x^(2n+1) / (1·3·…·(2n+1)): no cancellation (A&S 7.1.6). */
function erfSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let k = 1; Math.abs(term) > 1e-18 * Math.abs(sum); k += 2) {
    term *= 2 * x * x / (k + 2);
    sum += term;
  }
  return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
}

/** Laplace's continued fraction, from the inside out (A&S 7.1.14), for x ≥ 2. */
function erfcFraction(x: number): number {
  let tail = x;
  for (let k = Math.ceil(12 + 300 / (x * x)); k > 0; k--) tail = x + k / 2 / tail;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / tail;
}

/** erfc of x ≥ 0, with full relative accuracy in the tail. */
function erfc(x: number): number {
  return x < 2 ? 1 - erfSeries(x) : erfcFraction(x);
}

function erf(x: number): number {
  if (Math.abs(x) < 2) return erfSeries(x);
  return Math.sign(x) * (1 - erfcFraction(Math.abs(x)));
}

function sigmoid(x: number): number {
  // The form with exp(-x) loses nothing above 0, the other nothing below.
  return x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
}

function gelu(x: number): number {
  if (x < -39) return -0; // below half the smallest subnormal; -∞ · 0 would be NaN
  const tail = erfc(Math.abs(x) / Math.SQRT2) / 2;
  return x < 0 ? x * tail : x * (1 - tail);
}

function roundHalfToEven(x: number): number {
  const below = Math.floor(x);
  if (x === below || Number.isNaN(x)) return x;
  const up = x - below > 0.5 || (x - below === 0.5 && below % 2 !== 0);
  const size = Math.abs(up ? below + 1 : below);
  return x < 0 ? -size : size;
}

/** C99 Annex F has 1 where JavaScript has NaN. */
function pow(x: number, y: number): number {
  if (x === 1 || (x === -1 && Math.abs(y) === Infinity)) return 1;
  return Math.pow(x, y);
}

const doubles = new Float64Array(1);
const words = new BigUint64Array(doubles.buffer);

/**
 * a·b + c, rounded once: the product of two float32 values is exact in float64, the sum is rounded
 * to odd, so that rounding it again to float32 is as if there had been one rounding (Boldo and
 * Melquiond, "Emulation of a FMA and correctly rounded sums", 2008).
 */
function fma(a: number, b: number, c: number): number {
  const product = a * b;
  const sum = product + c;
  if (!Number.isFinite(sum)) return sum;
  const back = sum - product;
  const error = (product - (sum - back)) + (c - back); // Knuth's TwoSum
  if (error === 0) return sum;
  doubles[0] = sum;
  if ((words[0] & 1n) === 0n) words[0] += (error > 0) === (sum > 0) ? 1n : -1n;
  return doubles[0];
}

/** Parameters follow the input, rounded to float32. */
export const unaryOracles: Record<
  keyof typeof UnaryOp,
  (x: number, first: number, second: number) => number
> = {
  neg: (x) => -x,
  abs: Math.abs,
  sqrt: Math.sqrt,
  rsqrt: (x) => 1 / Math.sqrt(x),
  reciprocal: (x) => 1 / x,
  square: (x) => x * x,
  exp: Math.exp,
  exp2: (x) => Math.pow(2, x),
  expm1: Math.expm1,
  log: Math.log,
  log2: Math.log2,
  log10: Math.log10,
  log1p: Math.log1p,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  tanh: Math.tanh,
  sigmoid,
  relu: (x) => x <= 0 ? 0 : x,
  gelu,
  // exp(-700) is far below the smallest float32 and not yet 0.
  silu: (x) => x < -700 ? -0 : x * sigmoid(x),
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  erf,
  floor: Math.floor,
  ceil: Math.ceil,
  round: roundHalfToEven,
  sign: Math.sign,
  leakyRelu: (x, slope) => x > 0 ? x : slope * x,
  clamp: (x, low, high) => Math.min(Math.max(x, low), high),
};

/** Math.max and Math.min hand NaN on and order the zeros, as IEEE 754-2019 `maximum`. */
export const binaryOracles: Record<keyof typeof BinaryOp, (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  pow,
  maximum: Math.max,
  minimum: Math.min,
};

export const ternaryOracles: Record<
  keyof typeof TernaryOp,
  (a: number, b: number, c: number) => number
> = { fma };
