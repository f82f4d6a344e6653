/**
 * Element-wise operations on views: broadcasting, dtypes, and which code does the work.
 *
 * @module
 */

import { DTypeError, OverlapError, ShapeError } from "../ffi/errors.ts";
import { binary as binaryFloat32, unary as unaryFloat32 } from "../ops/elementwise.ts";
import { binaryStrided, compareStrided, type Strided, unaryStrided } from "../ops/strided.ts";
import { apartFrom, cast, copyInto, type Flat, flat } from "./copy.ts";
import {
  Category,
  type DType,
  dtypes,
  resultType,
  resultTypeWithNumber,
  type TensorData,
} from "./dtype.ts";
import {
  type BinaryName,
  compareFunctions,
  type CompareName,
  floatBinary,
  integerBinary,
  integerSquare,
  unaryFunction,
  type UnaryName,
} from "./scalar.ts";
import { broadcastShapes, isSame, show, type Sizes } from "./shape.ts";
import { forEachRow } from "./walk.ts";
import {
  broadcastTo,
  checkAlive,
  elementsOf,
  float32sOf,
  type Float32View,
  isFloat32,
  newFloat32Like,
  newView,
  type View,
  viewOfArray,
} from "./view.ts";

/** An operand: a tensor's view, or a number that every element meets. */
export type Operand = View | number;

/** The dtype that an operation computes in, which is that of its result. */
function computeType(operation: BinaryName, a: View, b: Operand): DType {
  if (a.dtype === "float32" && (typeof b === "number" || b.dtype === "float32")) return "float32";
  const dtype = typeof b === "number"
    ? resultTypeWithNumber(a.dtype, b)
    : resultType(participant(a), participant(b));
  if (operation === "div" && dtypes[dtype].category !== Category.float) return "float32";
  if (dtype === "bool" && integerBinary[Category.bool][operation] === undefined) {
    throw new DTypeError(`${operation}: both operands are bool, expected numbers for one of them`);
  }
  if (operation === "pow" && typeof b === "number" && b < 0 && dtype !== "float32") {
    checkPower(dtype, b);
  }
  return dtype;
}

function checkPower(dtype: DType, power: number): void {
  if (dtypes[dtype].category === Category.float) return;
  throw new DTypeError(
    `pow: the power is ${power} of a tensor of ${dtype}, expected a non-negative one or floats`,
  );
}

function participant(view: View): { dtype: DType; ndim: number } {
  return { dtype: view.dtype, ndim: view.shape.length };
}

/** A number as a view without axes, which wraps around or is rounded as the dtype has it. */
function viewOfNumber(value: number, dtype: DType): View {
  const data = new dtypes[dtype].array(1);
  data[0] = value;
  return viewOfArray(data, dtype, []);
}

function operandOf(operand: Operand, dtype: DType, operation: string): View {
  return typeof operand === "number"
    ? viewOfNumber(operand, dtype)
    : cast(operand, dtype, operation);
}

/** f(a, b), broadcast. */
export function binary(operation: BinaryName, a: View, b: Operand): View {
  if (isPlain(a) && isPlainOperand(a, b)) {
    // What most calls are, without a detour.
    const out = newFloat32Like(a, operation);
    binaryPlain(operation, a, b, out);
    return out;
  }
  const shape = typeof b === "number" ? a.shape : broadcastShapes(a.shape, b.shape, operation);
  const dtype = computeType(operation, a, b);
  const out = newView(dtype, shape, operation);
  apply(operation, cast(a, dtype, operation), operandOf(b, dtype, operation), out);
  return out;
}

/** Whether the elements of an operand meet those of a float32 view in the order of memory. */
function isPlainOperand(a: View, b: Operand): b is Float32View | number {
  return typeof b === "number" || (isPlain(b) && isSame(a.shape, b.shape));
}

function binaryPlain(
  operation: BinaryName,
  a: Float32View,
  b: Float32View | number,
  out: Float32View,
): void {
  const right = typeof b === "number" ? b : float32sOf(b, operation);
  binaryFloat32(operation, float32sOf(a, operation), right, float32sOf(out, operation));
}

/** out = f(a, b) for operands of out's dtype that broadcast to its shape. */
function apply(operation: BinaryName, a: View, b: View, out: View): void {
  if (out.size === 0) return;
  const left = broadcastTo(a, out.shape);
  const right = broadcastTo(b, out.shape);
  checkAlive(left, operation);
  checkAlive(right, operation);
  checkAlive(out, operation);
  if (isFloat32(left) && isFloat32(right) && isFloat32(out)) {
    return binaryStrided(operation, left, right, out);
  }
  const { category } = dtypes[out.dtype];
  if (category === Category.float) {
    const f = floatBinary[operation];
    computeIn(
      "float64",
      out,
      operation,
      (to) => mapPairs(f, left, right, "float64", to, operation),
    );
  } else {
    const f = integerBinary[category][operation]!;
    computeIn("int32", out, operation, (to) => mapPairs(f, left, right, "int32", to, operation));
  }
}

/** Has the elements of `out` computed side by side in a dtype, in place if they lie so. */
function computeIn<D extends keyof Flat>(
  dtype: D,
  out: View,
  operation: string,
  compute: (to: Flat[D]) => void,
): void {
  const isInPlace = out.dtype === dtype && out.isContiguous;
  const to = isInPlace ? out : newView(dtype, out.shape, operation);
  compute(elementsOf(to, operation) as Flat[D]);
  if (to !== out) copyInto(to, out, operation);
}

/** Elements of an operand that is one number which are made for all calls: they stay in the cache. */
const repeatedCount = 4096;

/** f of two operands that are broadcast to one shape, in a dtype. */
function mapPairs<D extends keyof Flat, O extends TensorData>(
  f: (x: Flat[D], y: Flat[D], out: O, n: number) => void,
  a: View,
  b: View,
  dtype: D,
  out: O,
  operation: string,
): void {
  const [x, y] = [a, b].map((view) => repeatedOrFlat(view, dtype, operation));
  const n = out.length;
  const most = Math.min(x.length, y.length);
  if (most === n) return f(x, y, out, n);
  const partOf = <T extends TensorData>(all: T, from: number, count: number) =>
    (all.length < n ? all : all.subarray(from, from + count)) as T;
  for (let from = 0; from < n; from += most) {
    const count = Math.min(most, n - from);
    f(partOf(x, from, count), partOf(y, from, count), partOf(out, from, count), count);
  }
}

/** The elements of a view side by side; if they are one number, only so many. */
function repeatedOrFlat<D extends keyof Flat>(view: View, dtype: D, operation: string): Flat[D] {
  const isRepeated = view.size > repeatedCount && view.strides.every((stride) => stride === 0);
  if (!isRepeated) return flat(view, dtype, operation);
  const block = newView(dtype, [repeatedCount], operation).data as Flat[D];
  return block.fill(view.data[view.offset]) as Flat[D];
}

/** out = f(a, b) in memory that is there; `name` is the method's. */
export function binaryInto(
  operation: BinaryName,
  name: string,
  a: View,
  b: Operand,
  out: View,
): void {
  checkAlive(a, name);
  if (typeof b !== "number") checkAlive(b, name);
  const shape = typeof b === "number" ? a.shape : broadcastShapes(a.shape, b.shape, name);
  const dtype = computeType(operation, a, b);
  checkOut(out, shape, dtype, name);
  const left = apartFrom(out, a, name);
  const right = typeof b === "number" ? b : apartFrom(out, b, name);
  if (isPlain(out) && isPlain(left) && isSame(left.shape, shape) && isPlainOperand(out, right)) {
    binaryPlain(operation, left, right, out);
  } else if (dtype === out.dtype) {
    apply(operation, cast(left, dtype, name), operandOf(right, dtype, name), out);
  } else {
    copyInto(binary(operation, left, right), out, name);
  }
}

/** Throws unless a result can be written to a view. */
export function checkOut(out: View, shape: Sizes, dtype: DType, operation: string): void {
  checkAlive(out, operation);
  if (!isSame(shape, out.shape)) {
    throw new ShapeError(
      `${operation}: the result has shape ${show(shape)}, ` +
        `expected that of the tensor it is written to, ${show(out.shape)}`,
    );
  }
  if (dtypes[dtype].category > dtypes[out.dtype].category) {
    throw new DTypeError(
      `${operation}: the result is ${dtype}, expected one that a tensor of ${out.dtype} can hold`,
    );
  }
  checkWritable(out, operation);
}

function isPlain(view: View): view is Float32View {
  return view.isContiguous && isFloat32(view);
}

/** Throws where several elements of a tensor are one in memory, as `expand` makes them. */
export function checkWritable(view: View, operation: string): void {
  if (view.shape.some((size, axis) => size > 1 && view.strides[axis] === 0)) {
    throw new OverlapError(
      `${operation}: elements of the tensor of shape ${show(view.shape)} share memory, ` +
        "expected one that is not expanded (clone() makes one)",
    );
  }
}

/** The elements of a row-major view as one axis. */
function sideBySide({ data, offset, size }: Float32View): Strided {
  return { data, offset, shape: [size], strides: [1] };
}

const numberMemory = new Float32Array(1);

/** A number as one axis; there is one at a time. */
function repeated(value: number, size: number): Strided {
  numberMemory[0] = value;
  return { data: numberMemory, offset: 0, shape: [size], strides: [0] };
}

/** Whether f(a, b) is so, as a bool view; broadcast. */
export function compare(operation: CompareName, a: View, b: Operand): View {
  if (a.size > 0 && isPlain(a) && isPlainOperand(a, b)) {
    // What most calls are, without a detour.
    const out = newView("bool", a.shape, operation);
    const right = typeof b === "number" ? repeated(b, a.size) : sideBySide(b);
    compareStrided(operation, sideBySide(a), right, out.data as Uint8Array);
    return out;
  }
  const shape = typeof b === "number" ? a.shape : broadcastShapes(a.shape, b.shape, operation);
  const out = newView("bool", shape, operation);
  if (out.size === 0) return out;
  // A number is compared as it is: it does not wrap around to meet an integer.
  const dtype = typeof b === "number"
    ? (resultTypeWithNumber(a.dtype, b) === "float32" ? "float32" : "float64")
    : resultType(participant(a), participant(b));
  const left = broadcastTo(cast(a, dtype, operation), shape);
  const right = broadcastTo(operandOf(b, dtype, operation), shape);
  for (const view of [left, right]) checkAlive(view, operation);
  if (isFloat32(left) && isFloat32(right)) {
    compareStrided(operation, left, right, out.data as Uint8Array);
    return out;
  }
  const holds = out.data as Uint8Array;
  mapPairs(compareFunctions[operation], left, right, "float64", holds, operation);
  return out;
}

/** Functions whose values are integers where their arguments are. */
const integerValued: ReadonlySet<UnaryName> = new Set<UnaryName>([
  ...["neg", "abs", "square", "relu", "floor", "ceil", "round", "sign", "clamp"] as const,
]);

function unaryType(operation: UnaryName, dtype: DType, first: number, second: number): DType {
  const { category } = dtypes[dtype];
  if (category === Category.float) return dtype;
  if (!integerValued.has(operation)) return "float32";
  if (operation === "clamp") {
    return resultTypeWithNumber(resultTypeWithNumber(dtype, first), second);
  }
  if (category === Category.integer) return dtype;
  if (operation === "neg") throw new DTypeError("neg: the tensor is bool, expected numbers");
  return operation === "square" ? "int32" : "bool";
}

/** f(a); `first` and `second` are the parameters of operations that have some. */
export function unary(
  operation: UnaryName,
  a: View,
  out: View | undefined,
  first = 0,
  second = 0,
): View {
  checkAlive(a, operation);
  const dtype = unaryType(operation, a.dtype, first, second);
  if (out !== undefined) checkOut(out, a.shape, dtype, operation);
  const from = cast(out === undefined ? a : apartFrom(out, a, operation), dtype, operation);
  const isDirect = out !== undefined && out.dtype === dtype;
  const to = isDirect
    ? out
    : isPlain(from)
    ? newFloat32Like(from, operation)
    : newView(dtype, from.shape, operation);
  mapInto(operation, from, to, first, second);
  if (out === undefined || isDirect) return to;
  copyInto(to, out, operation);
  return out;
}

/** to = f(from), of one dtype and shape. */
function mapInto(
  operation: UnaryName,
  from: View,
  to: View,
  first: number,
  second: number,
): void {
  if (isPlain(from) && isPlain(to)) {
    const [input, output] = [float32sOf(from, operation), float32sOf(to, operation)];
    unaryFloat32(operation, input, output, first, second);
  } else if (isFloat32(from) && isFloat32(to)) {
    if (to.size > 0) unaryStrided(operation, from, to, first, second);
  } else {
    const isInteger = dtypes[to.dtype].category === Category.integer;
    const isSquare = operation === "square" && isInteger;
    const f = isSquare ? integerSquare : unaryFunction(operation, first, second);
    const line = flat(from, "float64", operation);
    computeIn("float64", to, operation, (results) => f(line, results, results.length));
  }
}

/** `a` where the condition holds, else `b`; all broadcast together. */
export function where(condition: View, a: Operand, b: Operand): View {
  if (condition.dtype !== "bool") {
    throw new DTypeError(`where: condition is of dtype ${condition.dtype}, expected bool`);
  }
  const dtype = whereType(a, b);
  const [left, right] = [operandOf(a, dtype, "where"), operandOf(b, dtype, "where")];
  const both = broadcastShapes(left.shape, right.shape, "where");
  const shape = broadcastShapes(condition.shape, both, "where");
  const out = newView(dtype, shape, "where");
  for (const view of [condition, left, right]) checkAlive(view, "where");
  // The second choice is written first, and the first over it.
  copyInto(broadcastTo(right, shape), out, "where");
  const [mask, from] = [broadcastTo(condition, shape), broadcastTo(left, shape)];
  choose(mask, from, out);
  return out;
}

function whereType(a: Operand, b: Operand): DType {
  if (typeof a !== "number") {
    return typeof b === "number"
      ? resultTypeWithNumber(a.dtype, b)
      : resultType(participant(a), participant(b));
  }
  if (typeof b !== "number") return resultTypeWithNumber(b.dtype, a);
  return Number.isInteger(a) && Number.isInteger(b) ? "int32" : "float32";
}

/** out = from where the mask is not 0. */
function choose(mask: View, from: View, out: View): void {
  const [isChosen, values, to] = [mask.data, from.data, out.data];
  forEachRow(out.shape, [mask, from, out], ([m, i, o], count, [stepMask, stepFrom, step]) => {
    const areSideBySide = stepMask === 1 && stepFrom === 1 && step === 1;
    if (areSideBySide && dtypes[out.dtype].bytes === 4 && isChosen instanceof Uint8Array) {
      return chooseWords(isChosen, m, wordsOf(values, i, count), wordsOf(to, o, count));
    }
    for (let n = 0; n < count; n++) {
      if (isChosen[m + n * stepMask] !== 0) to[o + n * step] = values[i + n * stepFrom];
    }
  });
}

/** The bits of elements of four bytes each. */
function wordsOf(data: TensorData, start: number, count: number): Int32Array {
  return new Int32Array(data.buffer, data.byteOffset + 4 * start, count);
}

/** Without a branch: processors guess every other one of random choices wrong. */
function chooseWords(mask: Uint8Array, start: number, from: Int32Array, to: Int32Array): void {
  for (let n = 0; n < to.length; n++) {
    const all = -((mask[start + n] + 255) >> 8);
    to[n] ^= (to[n] ^ from[n]) & all;
  }
}
