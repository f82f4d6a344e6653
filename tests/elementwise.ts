/** Every element-wise operation in one shape, so that one test serves all arities. */

import * as zt from "../mod.ts";
import { operations } from "../ffi/symbols.gen.ts";
import type { BinaryOp, TernaryOp, UnaryOp } from "../ffi/symbols.gen.ts";
import { binaryOracles, ternaryOracles, unaryOracles } from "./oracle.ts";
import { fromBits } from "./random.ts";

type View = Float32Array;
type Operand = View | number;

/** An operation with its parameters bound. */
export interface Elementwise {
  /** How it reads in a message: `clamp(-1, 1)`. */
  readonly label: string;
  readonly name: string;
  readonly arity: number;
  readonly ulp: number;
  call(inputs: readonly Operand[], out?: View): View;
  exact(a: number, b: number, c: number): number;
}

/** Public functions by the names of the table; one that is missing is a compile error. */
export const unaryFunctions: Record<
  keyof typeof UnaryOp,
  (a: View, out: View | undefined, first: number, second: number) => View
> = {
  neg: zt.neg,
  abs: zt.abs,
  sqrt: zt.sqrt,
  rsqrt: zt.rsqrt,
  reciprocal: zt.reciprocal,
  square: zt.square,
  exp: zt.exp,
  exp2: zt.exp2,
  expm1: zt.expm1,
  log: zt.log,
  log2: zt.log2,
  log10: zt.log10,
  log1p: zt.log1p,
  sin: zt.sin,
  cos: zt.cos,
  tan: zt.tan,
  tanh: zt.tanh,
  sigmoid: zt.sigmoid,
  relu: zt.relu,
  gelu: zt.gelu,
  silu: zt.silu,
  softplus: zt.softplus,
  erf: zt.erf,
  floor: zt.floor,
  ceil: zt.ceil,
  round: zt.round,
  sign: zt.sign,
  leakyRelu: (a, out, slope) => zt.leakyRelu(a, slope, out),
  clamp: (a, out, low, high) => zt.clamp(a, low, high, out),
};

export const binaryFunctions: Record<
  keyof typeof BinaryOp,
  (a: Operand, b: Operand, out?: View) => View
> = {
  add: zt.add,
  sub: zt.sub,
  mul: zt.mul,
  div: zt.div,
  pow: zt.pow,
  maximum: zt.maximum,
  minimum: zt.minimum,
};

export const ternaryFunctions: Record<
  keyof typeof TernaryOp,
  (a: Operand, b: Operand, c: Operand, out?: View) => View
> = { fma: zt.fma };

/** Parameters to try, by how many there are. */
const parameterSets: Record<number, readonly (readonly [number, number])[]> = {
  0: [[0, 0]],
  1: [[0.01, 0], [0, 0], [-2, 0], [1e30, 0], [fromBits(1), 0], [NaN, 0], [-Infinity, 0]],
  2: [[-1, 1], [2, -2], [-0, 0], [0, -0], [-Infinity, Infinity], [NaN, 1], [1, NaN], [0.1, 1e30]],
};

function unaryCases(name: keyof typeof UnaryOp): Elementwise[] {
  const { ulp, parameters } = operations.unary[name];
  return parameterSets[parameters].map(([first, second]) => {
    const [a, b] = [Math.fround(first), Math.fround(second)];
    return {
      name,
      label: parameters === 0 ? name : `${name}(${[first, second].slice(0, parameters)})`,
      arity: 1,
      ulp,
      call: ([x], out) => unaryFunctions[name](x as View, out, first, second),
      exact: (x) => unaryOracles[name](x, a, b),
    };
  });
}

function names<T extends object>(table: T): (keyof T)[] {
  return Object.keys(table) as (keyof T)[];
}

/** All of them. */
export const elementwise: readonly Elementwise[] = [
  ...names(operations.unary).flatMap(unaryCases),
  ...names(operations.binary).map((name): Elementwise => ({
    name,
    label: name,
    arity: 2,
    ulp: operations.binary[name].ulp,
    call: ([a, b], out) => binaryFunctions[name](a, b, out),
    exact: binaryOracles[name],
  })),
  ...names(operations.ternary).map((name): Elementwise => ({
    name,
    label: name,
    arity: 3,
    ulp: operations.ternary[name].ulp,
    call: ([a, b, c], out) => ternaryFunctions[name](a, b, c, out),
    exact: ternaryOracles[name],
  })),
];
