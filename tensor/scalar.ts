/**
 * Functions of elements side by side in float64 or int32: what element-wise operations compute for
 * the dtypes that have no native arithmetic. Engines are quick at loops over arrays of one kind; the
 * commonest operations have loops of their own, since an engine inlines only what a loop always calls.
 *
 * Transcendental functions are the engine's own, so their last bit may differ between V8 and
 * JavaScriptCore; those of float32 are native and don't.
 *
 * @module
 */

import type { BinaryOp, CompareOp, UnaryOp } from "../ffi/symbols.gen.ts";
import type { FlatArray } from "./copy.ts";

export type BinaryName = keyof typeof BinaryOp;
export type UnaryName = keyof typeof UnaryOp;
export type CompareName = keyof typeof CompareOp;

/** out[i] = f(x[i]) for i < n. */
export type LineUnary = (x: Float64Array, out: Float64Array, n: number) => void;

/** out[i] = f(x[i], y[i]) for i < n. */
export type LineBinary<L extends FlatArray> = (x: L, y: L, out: L, n: number) => void;

/** The function of lines that calls one of numbers for each pair. */
function eachPair<L extends FlatArray>(f: (x: number, y: number) => number): LineBinary<L> {
  return (x, y, out, n) => {
    for (let i = 0; i < n; i++) out[i] = f(x[i], y[i]);
  };
}

/** C99 Annex F has 1 where JavaScript has NaN. */
function pow(x: number, y: number): number {
  if (x === 1 || (x === -1 && Math.abs(y) === Infinity)) return 1;
  return Math.pow(x, y);
}

/** x to a power by squaring, modulo 2^32; 0 for negative powers but those of 1 and -1. */
function integerPow(x: number, y: number): number {
  if (y < 0) return x === 1 ? 1 : x === -1 ? (y % 2 === 0 ? 1 : -1) : 0;
  let result = 1;
  let square = x;
  for (let left = y; left > 0; left >>= 1) {
    if (left & 1) result = Math.imul(result, square);
    square = Math.imul(square, square);
  }
  return result;
}

export const floatBinary: Readonly<Record<BinaryName, LineBinary<Float64Array>>> = {
  add(x, y, out, n) {
    for (let i = 0; i < n; i++) out[i] = x[i] + y[i];
  },
  sub(x, y, out, n) {
    for (let i = 0; i < n; i++) out[i] = x[i] - y[i];
  },
  mul(x, y, out, n) {
    for (let i = 0; i < n; i++) out[i] = x[i] * y[i];
  },
  div(x, y, out, n) {
    for (let i = 0; i < n; i++) out[i] = x[i] / y[i];
  },
  maximum(x, y, out, n) {
    for (let i = 0; i < n; i++) out[i] = Math.max(x[i], y[i]);
  },
  minimum(x, y, out, n) {
    for (let i = 0; i < n; i++) out[i] = Math.min(x[i], y[i]);
  },
  pow: eachPair(pow),
};

type IntegerBinary = Readonly<Partial<Record<BinaryName, LineBinary<Int32Array>>>>;

/**
 * Modulo 2^32, of which 2^8 is a part. Loops of their own again: shared with float64 they would see
 * arrays of two kinds, and take three times as long.
 */
const ofIntegers: IntegerBinary = {
  add(x, y, out, n) {
    for (let i = 0; i < n; i++) out[i] = x[i] + y[i];
  },
  sub(x, y, out, n) {
    for (let i = 0; i < n; i++) out[i] = x[i] - y[i];
  },
  mul(x, y, out, n) {
    for (let i = 0; i < n; i++) out[i] = Math.imul(x[i], y[i]);
  },
  maximum(x, y, out, n) {
    for (let i = 0; i < n; i++) out[i] = Math.max(x[i], y[i]);
  },
  minimum(x, y, out, n) {
    for (let i = 0; i < n; i++) out[i] = Math.min(x[i], y[i]);
  },
  pow: eachPair(integerPow),
};

const or = eachPair<Int32Array>((x, y) => x | y);
const and = eachPair<Int32Array>((x, y) => x & y);

/** As PyTorch: a sum is `or`, a product `and`; there is no difference and no power. */
const ofBools: IntegerBinary = { add: or, mul: and, maximum: or, minimum: and };

/** By category of the dtype: bool and integer. */
export const integerBinary: readonly IntegerBinary[] = [ofBools, ofIntegers];

/** out[i] = 1 where the relation of x[i] and y[i] holds, else 0, for i < n. */
type LineCompare = (x: Float64Array, y: Float64Array, out: Uint8Array, n: number) => void;

export const compareFunctions: Readonly<Record<CompareName, LineCompare>> = {
  eq(x, y, out, n) {
    for (let i = 0; i < n; i++) out[i] = x[i] === y[i] ? 1 : 0;
  },
  ne(x, y, out, n) {
    for (let i = 0; i < n; i++) out[i] = x[i] !== y[i] ? 1 : 0;
  },
  lt(x, y, out, n) {
    for (let i = 0; i < n; i++) out[i] = x[i] < y[i] ? 1 : 0;
  },
  le(x, y, out, n) {
    for (let i = 0; i < n; i++) out[i] = x[i] <= y[i] ? 1 : 0;
  },
  gt(x, y, out, n) {
    for (let i = 0; i < n; i++) out[i] = x[i] > y[i] ? 1 : 0;
  },
  ge(x, y, out, n) {
    for (let i = 0; i < n; i++) out[i] = x[i] >= y[i] ? 1 : 0;
  },
};

/** erf of |x| < 2 (Abramowitz and Stegun, "Handbook of Mathematical Functions", 7.1.6). */
function erfSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let k = 3; Math.abs(term) > 1e-18 * Math.abs(sum); k += 2) {
    term *= 2 * x * x / k;
    sum += term;
  }
  return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
}

/** erfc of x ≥ 0: the continued fraction A&S 7.1.14 from the inside out where it converges. */
function erfc(x: number): number {
  if (x < 2) return 1 - erfSeries(x);
  let tail = x;
  for (let k = Math.ceil(12 + 300 / (x * x)); k > 0; k--) tail = x + k / 2 / tail;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / tail;
}

function erf(x: number): number {
  if (Math.abs(x) < 2 || Number.isNaN(x)) return erfSeries(x);
  return Math.sign(x) * (1 - erfc(Math.abs(x)));
}

function sigmoid(x: number): number {
  // The form with exp(-x) loses nothing above 0, the other nothing below.
  return x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
}

function gelu(x: number): number {
  if (x < -40) return -0; // -∞ · 0 would be NaN
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

/** What takes no longer than loads and stores, where an engine inlines it. */
const lineFunctions = {
  neg(x, out, n) {
    for (let i = 0; i < n; i++) out[i] = -x[i];
  },
  abs(x, out, n) {
    for (let i = 0; i < n; i++) out[i] = Math.abs(x[i]);
  },
  sqrt(x, out, n) {
    for (let i = 0; i < n; i++) out[i] = Math.sqrt(x[i]);
  },
  rsqrt(x, out, n) {
    for (let i = 0; i < n; i++) out[i] = 1 / Math.sqrt(x[i]);
  },
  reciprocal(x, out, n) {
    for (let i = 0; i < n; i++) out[i] = 1 / x[i];
  },
  square(x, out, n) {
    for (let i = 0; i < n; i++) out[i] = x[i] * x[i];
  },
  relu(x, out, n) {
    for (let i = 0; i < n; i++) out[i] = Math.max(x[i], 0);
  },
  floor(x, out, n) {
    for (let i = 0; i < n; i++) out[i] = Math.floor(x[i]);
  },
  ceil(x, out, n) {
    for (let i = 0; i < n; i++) out[i] = Math.ceil(x[i]);
  },
  sign(x, out, n) {
    for (let i = 0; i < n; i++) out[i] = Math.sign(x[i]);
  },
} as const satisfies Partial<Record<UnaryName, LineUnary>>;

type LineName = keyof typeof lineFunctions;

/** The others; parameters follow the input. */
const numberFunctions: Readonly<
  Record<Exclude<UnaryName, LineName>, (x: number, first: number, second: number) => number>
> = {
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
  gelu,
  silu: (x) => x < -745 ? -0 : x * sigmoid(x),
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  erf,
  round: roundHalfToEven,
  leakyRelu: (x, slope) => x > 0 ? x : slope * x,
  clamp: (x, low, high) => Math.min(Math.max(x, low), high),
};

/** The squares of integers modulo 2^32. */
export const integerSquare: LineUnary = (x, out, n) => {
  for (let i = 0; i < n; i++) out[i] = Math.imul(x[i], x[i]);
};

/** The function of a line, with the parameters of operations that have some. */
export function unaryFunction(operation: UnaryName, first: number, second: number): LineUnary {
  if (operation in lineFunctions) return lineFunctions[operation as LineName];
  const f = numberFunctions[operation as Exclude<UnaryName, LineName>];
  return (x, out, n) => {
    for (let i = 0; i < n; i++) out[i] = f(x[i], first, second);
  };
}
