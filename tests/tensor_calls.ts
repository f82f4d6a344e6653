/**
 * Every method of Tensor: a right call, and calls that it must refuse. A method that is missing here
 * is a compile error, and one that the class has all the same fails a test.
 *
 * The tensor is float32 of shape [2, 3, 4] with positive elements.
 */

import {
  DTypeError,
  eye,
  manualSeed,
  ones,
  rand,
  ShapeError,
  type Tensor,
  tensor,
  zeros,
} from "../mod.ts";
import {
  axes,
  axis,
  badOptions,
  index,
  mentions,
  notIntegers,
  notNumbers,
  notTensors,
  operand,
  operandInPlace,
  out,
  permutation,
  refuse,
  shape,
  whole,
  type Wrong,
} from "./tensor_wrong.ts";

export interface MethodSpec {
  /** A right call. */
  readonly call: (a: Tensor) => unknown;
  readonly wrong: readonly Wrong[];
  /** Whether a right call reads elements, and so needs the memory to be there. */
  readonly reads: boolean;
}

function reduction(
  name: "sum" | "mean" | "max" | "min" | "prod" | "norm" | "all" | "any",
): MethodSpec {
  type Reduce = (axis?: unknown, options?: unknown) => unknown;
  return {
    reads: true,
    call: (a) => (a[name] as Reduce).call(a, 0),
    wrong: [
      ...axes((a, value) => (a[name] as Reduce).call(a, value)),
      ...refuse(DTypeError, (a, value) => (a[name] as Reduce).call(a, 0, value), badOptions),
      ...refuse(
        DTypeError,
        (a, keepdims) => (a[name] as Reduce).call(a, 0, { keepdims }),
        [1, "true", null, {}],
      ),
    ],
  };
}

function variance(name: "var" | "std"): MethodSpec {
  return {
    reads: true,
    call: (a) => a[name](-1, { correction: 1, keepdims: true }),
    wrong: [
      ...axes((a, value) => a[name](value)),
      ...refuse(DTypeError, (a, value) => a[name](0, value), badOptions),
      ...refuse(
        DTypeError,
        (a, correction) => a[name](0, { correction }),
        notNumbers,
      ),
    ],
  };
}

function argReduction(name: "argmax" | "argmin"): MethodSpec {
  return {
    reads: true,
    call: (a) => a[name](1),
    wrong: [
      ...axis((a, value) => a[name](value), true),
      ...refuse(DTypeError, (a, value) => a[name](0, value), badOptions),
      ...refuse(ShapeError, () => zeros([2, 0])[name](1), [undefined], mentions(2, 0)),
    ],
  };
}

type Names<Shape> = {
  [Name in keyof Tensor]: Tensor[Name] extends Shape ? Name : never;
}[keyof Tensor];

type ArithmeticName = "add" | "sub" | "mul" | "div" | "pow" | "maximum" | "minimum";
type ComparisonName = "eq" | "ne" | "lt" | "le" | "gt" | "ge";

function comparison(name: ComparisonName): MethodSpec {
  return {
    reads: true,
    call: (a) => a[name](ones([3, 1])),
    wrong: operand((a, b) => a[name](b)),
  };
}

function arithmetic(name: ArithmeticName): MethodSpec {
  return {
    reads: true,
    call: (a) => a[name](ones([3, 1])),
    wrong: [...operand((a, b) => a[name](b)), ...out((a, value) => a[name](1, value))],
  };
}

function inPlace(name: "add_" | "sub_" | "mul_" | "div_"): MethodSpec {
  return {
    reads: true,
    call: (a) => a[name](ones([3, 1])),
    wrong: operandInPlace((a, b) => a[name](b)),
  };
}

/** Functions of an element. */
function unary(name: Names<(out?: Tensor) => Tensor>): MethodSpec {
  type Unary = (out?: Tensor) => Tensor;
  return {
    reads: true,
    call: (a) => (a[name] as Unary).call(a),
    wrong: out((a, value) => (a[name] as Unary).call(a, value)),
  };
}

/** What takes no argument and so refuses none. */
function plain(call: (a: Tensor) => unknown, reads: boolean): MethodSpec {
  return { call, reads, wrong: [] };
}

const sequence = (values: readonly number[]) => tensor(Int32Array.from(values));
const fractions = () => tensor([0.5, 1]);

export type MethodName = {
  [Name in keyof Tensor]: Name extends string
    ? Tensor[Name] extends (...args: never[]) => unknown ? Name : never
    : never;
}[keyof Tensor];

export const methods: Record<MethodName, MethodSpec> = {
  item: {
    reads: true,
    call: (a) => a.slice(0, 0, 0).item(),
    wrong: refuse(ShapeError, (a) => a.item(), [undefined], whole),
  },
  toArray: plain((a) => a.toArray(), true),
  toString: plain((a) => a.toString(), true),
  isContiguous: plain((a) => a.isContiguous(), false),
  contiguous: plain((a) => a.T.contiguous(), true),
  clone: plain((a) => a.clone(), true),
  to: {
    reads: true,
    call: (a) => a.to("int32"),
    wrong: refuse(
      DTypeError,
      (a, dtype) => a.to(dtype),
      ["float16", "int64", "", "toString", "__proto__", 5, null, undefined, {}, ["int32"]],
    ),
  },

  add: arithmetic("add"),
  sub: arithmetic("sub"),
  mul: arithmetic("mul"),
  div: arithmetic("div"),
  pow: arithmetic("pow"),
  maximum: arithmetic("maximum"),
  minimum: arithmetic("minimum"),
  eq: comparison("eq"),
  ne: comparison("ne"),
  lt: comparison("lt"),
  le: comparison("le"),
  gt: comparison("gt"),
  ge: comparison("ge"),
  add_: inPlace("add_"),
  sub_: inPlace("sub_"),
  mul_: inPlace("mul_"),
  div_: inPlace("div_"),
  matmul: {
    reads: true,
    call: (a) => a.matmul(ones([4, 5])),
    wrong: [
      ...[[3, 4], [5], [3, 4, 2], [7, 4, 2], [0, 2]].flatMap((sizes) =>
        refuse(ShapeError, (a, b) => a.matmul(b), [zeros(sizes)], whole, mentions(...sizes))
      ),
      ...refuse(ShapeError, (a, b) => a.matmul(b), [tensor(2)], whole),
      ...refuse(DTypeError, (a, b) => a.matmul(b), [...notTensors, 2]),
      ...out((a, value) => a.matmul(eye(4), value)),
    ],
  },

  neg: unary("neg"),
  abs: unary("abs"),
  sqrt: unary("sqrt"),
  rsqrt: unary("rsqrt"),
  reciprocal: unary("reciprocal"),
  square: unary("square"),
  exp: unary("exp"),
  exp2: unary("exp2"),
  expm1: unary("expm1"),
  log: unary("log"),
  log2: unary("log2"),
  log10: unary("log10"),
  log1p: unary("log1p"),
  sin: unary("sin"),
  cos: unary("cos"),
  tan: unary("tan"),
  tanh: unary("tanh"),
  sigmoid: unary("sigmoid"),
  relu: unary("relu"),
  gelu: unary("gelu"),
  silu: unary("silu"),
  softplus: unary("softplus"),
  erf: unary("erf"),
  floor: unary("floor"),
  ceil: unary("ceil"),
  round: unary("round"),
  sign: unary("sign"),
  leakyRelu: {
    reads: true,
    call: (a) => a.leakyRelu(0.1),
    wrong: [
      ...refuse(DTypeError, (a, slope) => a.leakyRelu(slope), notNumbers),
      ...out((a, value) => a.leakyRelu(0.1, value)),
    ],
  },
  clamp: {
    reads: true,
    call: (a) => a.clamp(0, 1),
    wrong: [
      ...refuse(DTypeError, (a, low) => a.clamp(low, 1), [...notNumbers, undefined]),
      ...refuse(DTypeError, (a, high) => a.clamp(0, high), [...notNumbers, undefined]),
      ...out((a, value) => a.clamp(0, 1, value)),
    ],
  },
  softmax: { reads: true, call: (a) => a.softmax(1), wrong: axis((a, value) => a.softmax(value)) },
  logSoftmax: {
    reads: true,
    call: (a) => a.logSoftmax(-1),
    wrong: axis((a, value) => a.logSoftmax(value)),
  },

  sum: reduction("sum"),
  mean: reduction("mean"),
  max: reduction("max"),
  min: reduction("min"),
  prod: reduction("prod"),
  norm: reduction("norm"),
  all: reduction("all"),
  any: reduction("any"),
  var: variance("var"),
  std: variance("std"),
  argmax: argReduction("argmax"),
  argmin: argReduction("argmin"),

  reshape: {
    reads: false,
    call: (a) => a.reshape([4, -1]),
    wrong: [
      ...shape((a, value) => a.reshape(value), [[5, 5], [24, 0], [], [2, 3, 5], [-1, 7]]),
      ...refuse(ShapeError, (a, value) => a.reshape(value), [[-1, -1], [-2, 12], [-1, 0]]),
    ],
  },
  flatten: {
    reads: false,
    call: (a) => a.flatten(0, 1),
    wrong: [
      ...axis((a, start) => a.flatten(start), true),
      ...axis((a, end) => a.flatten(0, end), true),
      ...refuse(ShapeError, (a) => a.flatten(2, 1), [undefined], whole),
    ],
  },
  transpose: {
    reads: false,
    call: (a) => a.transpose([1, 0, 2]),
    wrong: [
      ...permutation((a, value) => a.transpose(value)),
      ...refuse(DTypeError, (a, value) => a.transpose(value), [1, "0", null, {}, [0, 1, "2"]]),
    ],
  },
  permute: {
    reads: false,
    call: (a) => a.permute([2, 0, 1]),
    wrong: [
      ...permutation((a, value) => a.permute(value)),
      ...refuse(DTypeError, (a, value) => a.permute(value), [1, "0", null, {}, undefined, [
        0,
        1,
        "2",
      ]]),
    ],
  },
  squeeze: { reads: false, call: (a) => a.squeeze(), wrong: axes((a, value) => a.squeeze(value)) },
  unsqueeze: {
    reads: false,
    call: (a) => a.unsqueeze(3),
    wrong: [
      ...refuse(ShapeError, (a, value) => a.unsqueeze(value), [4, -5], whole),
      ...refuse(ShapeError, (a, value) => a.unsqueeze(value), notIntegers),
      ...refuse(DTypeError, (a, value) => a.unsqueeze(value), [...notNumbers, undefined]),
    ],
  },
  expand: {
    reads: false,
    call: (a) => a.expand([5, 2, 3, 4]),
    wrong: shape((a, value) => a.expand(value), [[2, 3, 5], [3, 4], [], [2, 3, 4, 1], [
      -1,
      2,
      3,
      4,
    ]]),
  },
  slice: {
    reads: false,
    call: (a) => a.slice("::-1", "1:", 2),
    wrong: [
      ...refuse(ShapeError, (a, entry) => a.slice(":", entry), ["3", "-4", 3, -4, 1e9], whole),
      ...refuse(ShapeError, (a, entry) => a.slice(":", entry), [
        ...[
          "",
          "a",
          "1:2:0",
          "::0",
          ":::",
          "1.5",
          "1,2",
          "0x1",
          "1:2:3:4",
          "--1",
          "1 2",
          "... ...",
        ],
        ...notIntegers,
      ]),
      ...refuse(ShapeError, (a) => a.slice(":", ":", ":", ":"), [undefined], whole),
      ...refuse(ShapeError, (a) => a.slice("...", "..."), [undefined]),
      ...refuse(DTypeError, (a, entry) => a.slice(entry), [null, {}, [1], true, undefined, 1n]),
    ],
  },
  select: {
    reads: false,
    call: (a) => a.select(1, -1),
    wrong: [
      ...axis((a, value) => a.select(value, 0)),
      ...index((a, value) => a.select(1, value)),
    ],
  },
  narrow: {
    reads: false,
    call: (a) => a.narrow(1, 1, 2),
    wrong: [
      ...axis((a, value) => a.narrow(value, 0, 1)),
      ...refuse(ShapeError, (a, start) => a.narrow(1, start, 1), [3, -4, 1e9], whole),
      ...refuse(ShapeError, (a, start) => a.narrow(1, start, 1), notIntegers),
      ...refuse(ShapeError, (a, length) => a.narrow(1, 1, length), [3, 1e9], whole),
      ...refuse(ShapeError, (a, length) => a.narrow(1, 1, length), [-1, ...notIntegers]),
      ...refuse(DTypeError, (a, start) => a.narrow(1, start, 1), [...notNumbers, undefined]),
      ...refuse(DTypeError, (a, length) => a.narrow(1, 0, length), [...notNumbers, undefined]),
    ],
  },
  split: {
    reads: false,
    call: (a) => a.split([1, 2], 1),
    wrong: [
      ...axis((a, value) => a.split(1, value), true),
      ...refuse(ShapeError, (a, sizes) => a.split(sizes, 1), [[1, 1], [2, 2], []], whole),
      ...refuse(ShapeError, (a, sizes) => a.split(sizes, 1), [
        0,
        -1,
        [4, -1],
        [1.5, 1.5],
        ...notIntegers,
      ]),
      ...refuse(DTypeError, (a, sizes) => a.split(sizes, 1), ["1", null, {}, undefined, ["3"], 1n]),
    ],
  },
  chunk: {
    reads: false,
    call: (a) => a.chunk(2, 2),
    wrong: [
      ...axis((a, value) => a.chunk(2, value), true),
      ...refuse(ShapeError, (a, count) => a.chunk(count), [0, -1, ...notIntegers]),
      ...refuse(DTypeError, (a, count) => a.chunk(count), [...notNumbers, undefined]),
    ],
  },
  at: {
    reads: true,
    call: (a) => a.at(1, -1, 3),
    wrong: [
      ...index((a, value) => a.at(0, value, 0)),
      ...refuse(ShapeError, (a) => a.at(), [undefined], whole),
      ...refuse(ShapeError, (a) => a.at(0, 0), [undefined], whole),
      ...refuse(ShapeError, (a) => a.at(0, 0, 0, 0), [undefined], whole),
    ],
  },
  set: {
    reads: true,
    call: (a) => a.set(5, 1, -1, 3),
    wrong: [
      ...index((a, value) => a.set(1, 0, value, 0)),
      ...refuse(ShapeError, (a) => a.set(1, 0, 0), [undefined], whole),
      ...refuse(DTypeError, (a, value) => a.set(value, 0, 0, 0), ["1", null, {}, undefined, 1n]),
    ],
  },
  gather: {
    reads: true,
    call: (a) => a.gather(1, zeros([2, 5, 4], { dtype: "int32" })),
    wrong: [
      ...axis((a, value) => a.gather(value, zeros([1, 1, 1], { dtype: "int32" }))),
      ...[[3, 3, 4], [2, 3, 5], [2, 3], [24]].flatMap((sizes) =>
        refuse(
          ShapeError,
          (a, value) => a.gather(1, value),
          [zeros(sizes, { dtype: "int32" })],
          whole,
          mentions(...sizes),
        )
      ),
      ...refuse(ShapeError, (a, value) => a.gather(1, value), [
        ...[3, -4].map((bad) => tensor(Int32Array.of(0, bad)).reshape([1, 2, 1])),
      ], whole),
      ...refuse(DTypeError, (a, value) => a.gather(1, value), [ones([1, 1, 1]), null, "0", {}]),
    ],
  },
  indexSelect: {
    reads: true,
    call: (a) => a.indexSelect(1, [2, 0, 0]),
    wrong: [
      ...axis((a, value) => a.indexSelect(value, [0])),
      ...refuse(
        ShapeError,
        (a, value) => a.indexSelect(1, value),
        [[3], [0, -4], sequence([0, 3])],
        whole,
      ),
      ...refuse(ShapeError, (a, value) => a.indexSelect(1, value), [[0.5], [NaN], [Infinity]]),
      ...refuse(
        ShapeError,
        (a, value) => a.indexSelect(1, value),
        [sequence([0, 1]).reshape([1, 2])],
        whole,
        mentions(1, 2),
      ),
      ...refuse(DTypeError, (a, value) => a.indexSelect(1, value), [
        fractions(),
        null,
        "0",
        {},
        undefined,
      ]),
      ...refuse(DTypeError, (a, value) => a.indexSelect(1, value), [["0"], [null], [1n]]),
    ],
  },
};

/** A tensor as every call here expects it; not the same numbers twice. */
export function sample(): Tensor {
  manualSeed(5);
  return rand([2, 3, 4]).add(0.5);
}
