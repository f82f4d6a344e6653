/**
 * The class `Tensor`: N-dimensional arrays with views, broadcasting and the arithmetic of NumPy.
 *
 * @module
 */

import { DTypeError, ShapeError } from "../ffi/errors.ts";
import { checkNumber, describe } from "../ops/check.ts";
import { contiguous, copyOf } from "./copy.ts";
import { checkDType, type DType, type TensorData } from "./dtype.ts";
import { binary, binaryInto, compare, type Operand, unary } from "./elementwise.ts";
import { at, gather, indexSelect, set, valueOf } from "./index.ts";
import { matmul } from "./matmul.ts";
import { print } from "./print.ts";
import {
  alongAxis,
  argReduce,
  reduce,
  type ReduceOptions,
  truth,
  type VarianceOptions,
} from "./reduce.ts";
import type { BinaryName, CompareName, UnaryName } from "./scalar.ts";
import { integer, integers, show } from "./shape.ts";
import type { SliceEntry } from "./slice.ts";
import { checkAlive, elementsOf, View, viewOfArray } from "./view.ts";
import * as views from "./views.ts";
import { type Nested, toNested, viewOfNested } from "./nested.ts";

/** One axis or several; negative ones count from the end. */
export type Axes = number | readonly number[];

/** The view of a tensor; undefined for anything else. Only for this library's own files. */
export let viewIn: (value: unknown) => View | undefined;

/** A tensor of a view. Only for this library's own files. */
export let tensorOf: (view: View) => Tensor;

/** The view of an argument; throws unless it is a tensor. */
export function viewOf(value: Tensor, operation: string, name: string): View {
  const view = viewIn(value);
  if (view === undefined) {
    throw new DTypeError(`${operation}: ${name} is ${describe(value)}, expected a Tensor`);
  }
  return view;
}

/** An argument that is a tensor or a number. */
export function operandOf(value: Tensor | number, operation: string, name: string): Operand {
  if (typeof value === "number") return value;
  const view = viewIn(value);
  if (view === undefined) {
    throw new DTypeError(
      `${operation}: ${name} is ${describe(value)}, expected a Tensor or a number`,
    );
  }
  return view;
}

/** Indices as a view: of a tensor, or of nested arrays. */
function indicesOf(indices: Tensor | Nested, operation: string): View {
  const view = viewIn(indices);
  if (view !== undefined) return view;
  const values = viewOfNested(indices, "float64", operation);
  values.data.forEach((value) => integer(value, operation, "an index"));
  return copyOf(values, operation, "int32");
}

/** Indices of one axis: as {@linkcode indicesOf}, or of an array that is not nested. */
function indexListOf(indices: Tensor | readonly number[], operation: string): View {
  if (!Array.isArray(indices)) return indicesOf(indices, operation);
  const values = integers(indices, operation, "indices");
  return viewOfArray(Int32Array.from(values), "int32", [values.length]);
}

/** Reductions give views along axes and numbers without. */
function wrap<T>(result: View | T): Tensor | T {
  return result instanceof View ? tensorOf(result) : result;
}

/**
 * An N-dimensional array of numbers of one {@linkcode DType}. Make one with {@linkcode tensor},
 * {@linkcode zeros}, {@linkcode arange}, ….
 *
 * - Methods return new tensors; those whose names end in `_` write into the tensor and return it.
 *   Arithmetic, functions of an element and `matmul` take an `out` tensor of the result's shape,
 *   write into that and return it: for large results in a loop, where new memory would cost more
 *   than the work. It may overlap the operands.
 * - Operands broadcast as in NumPy and promote as in PyTorch; where a tensor is expected a number
 *   does too.
 * - Views (`reshape`, `T`, `slice`, …) share memory with their tensor: a write to one is seen by
 *   the other. There is nothing to dispose.
 * - Work on float32 is native, with the same bits on every machine and number of threads. Other
 *   dtypes are computed in JavaScript: integers wrap around.
 * - Wrong arguments throw: {@linkcode ShapeError} for shapes, axes and indices,
 *   {@linkcode DTypeError} for values of another type or dtype, {@linkcode OutOfMemoryError} where
 *   there is no memory for a result. Nothing is written then.
 *
 * @example
 * ```ts
 * import { tensor } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * const a = tensor([[1, 2, 3], [4, 5, 6]]);
 * const centred = a.sub(a.mean(0)); // [2, 3] - [3]
 * assert.deepEqual(centred.toArray(), [[-1.5, -1.5, -1.5], [1.5, 1.5, 1.5]]);
 * assert.deepEqual(a.matmul(a.T).toArray(), [[14, 32], [32, 77]]);
 *
 * a.slice(":", "::-1").select(0, 0).mul_(10); // a view of the first row, from its end
 * assert.equal(String(a), "tensor([[10., 20., 30.],\n        [ 4.,  5.,  6.]])");
 * ```
 */
export class Tensor {
  readonly #view: View;

  static {
    viewIn = (value) =>
      typeof value === "object" && value !== null && #view in value ? value.#view : undefined;
    tensorOf = (view) => new Tensor(view);
  }

  /** Only for this library: use {@linkcode tensor} and its like. */
  private constructor(view: View) {
    if (!(view instanceof View)) {
      throw new DTypeError("Tensor: the class makes no tensors, expected a call of tensor(data)");
    }
    this.#view = view;
  }

  /** The sizes of the axes; a new array every time. */
  get shape(): number[] {
    return [...this.#view.shape];
  }

  /** How many elements lie between neighbours along each axis; a new array every time. */
  get strides(): number[] {
    return [...this.#view.strides];
  }

  /** The number of axes. */
  get ndim(): number {
    return this.#view.shape.length;
  }

  /** The number of elements. */
  get size(): number {
    return this.#view.size;
  }

  /** The type of the elements. */
  get dtype(): DType {
    return this.#view.dtype;
  }

  /**
   * The elements in row-major order: the tensor's own memory, not a copy; for `bool` zeros and ones.
   *
   * @throws {ShapeError} they do not lie in that order: {@linkcode Tensor.contiguous} copies them
   */
  get data(): TensorData {
    const view = this.#view;
    if (!view.isContiguous) {
      throw new ShapeError(
        `data: the tensor of shape ${show(view.shape)} has strides ${show(view.strides)}, ` +
          "expected a contiguous one (contiguous() makes one)",
      );
    }
    view.storage.expose();
    return elementsOf(view, "data");
  }

  /**
   * The only element: a number, of a bool tensor a boolean, as `item<boolean>()` tells TypeScript.
   *
   * @throws {ShapeError} there are more or none
   */
  item<Value extends number | boolean = number>(): Value {
    const view = this.#view;
    if (view.size !== 1) {
      throw new ShapeError(
        `item: the tensor of shape ${show(view.shape)} has ${view.size} elements, expected one`,
      );
    }
    checkAlive(view, "item");
    return valueOf(view, view.data[view.offset]) as Value;
  }

  /** Nested arrays of numbers, for `bool` of booleans; without axes the element itself. */
  toArray(): Nested {
    return toNested(this.#view);
  }

  /** Whether the elements lie in row-major order without gaps. */
  isContiguous(): boolean {
    return this.#view.isContiguous;
  }

  /** The tensor itself where it is contiguous, else a copy that is. */
  contiguous(): Tensor {
    return this.#view.isContiguous ? this : tensorOf(contiguous(this.#view, "contiguous"));
  }

  /** A contiguous copy. */
  clone(): Tensor {
    return tensorOf(copyOf(this.#view, "clone"));
  }

  /**
   * The same numbers as another dtype, the tensor itself where it is that already. Floats lose their
   * fraction and wrap around where they become integers; for `bool` all but 0 is true.
   */
  to(dtype: DType): Tensor {
    checkDType(dtype, "to");
    return dtype === this.#view.dtype ? this : tensorOf(copyOf(this.#view, "to", dtype));
  }

  /** As NumPy prints: long ones abbreviated, with the dtype where it is not float32. */
  toString(): string {
    return print(this.#view);
  }

  /** What Deno's `console.log` shows. */
  [Symbol.for("Deno.customInspect")](): string {
    return print(this.#view);
  }

  /** What `console.log` shows in Bun and Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return print(this.#view);
  }

  #binary(operation: BinaryName, b: Tensor | number, out: Tensor | undefined): Tensor {
    const operand = operandOf(b, operation, "b");
    if (out === undefined) return tensorOf(binary(operation, this.#view, operand));
    binaryInto(operation, operation, this.#view, operand, viewOf(out, operation, "out"));
    return out;
  }

  #inPlace(operation: BinaryName, b: Tensor | number): this {
    const name = `${operation}_`;
    binaryInto(operation, name, this.#view, operandOf(b, name, "b"), this.#view);
    return this;
  }

  #compare(operation: CompareName, b: Tensor | number): Tensor {
    return tensorOf(compare(operation, this.#view, operandOf(b, operation, "b")));
  }

  #unary(operation: UnaryName, out: Tensor | undefined, first?: number, second?: number): Tensor {
    if (out === undefined) return tensorOf(unary(operation, this.#view, out, first, second));
    unary(operation, this.#view, viewOf(out, operation, "out"), first, second);
    return out;
  }

  /** a + b; of bools `or`. */
  add(b: Tensor | number, out?: Tensor): Tensor {
    return this.#binary("add", b, out);
  }

  /** a - b; refused for two bools. */
  sub(b: Tensor | number, out?: Tensor): Tensor {
    return this.#binary("sub", b, out);
  }

  /** a · b; of bools `and`. */
  mul(b: Tensor | number, out?: Tensor): Tensor {
    return this.#binary("mul", b, out);
  }

  /** a / b; of integers float32. */
  div(b: Tensor | number, out?: Tensor): Tensor {
    return this.#binary("div", b, out);
  }

  /** a to the power b. */
  pow(b: Tensor | number, out?: Tensor): Tensor {
    return this.#binary("pow", b, out);
  }

  /** The greater of two; NaN if either is. */
  maximum(b: Tensor | number, out?: Tensor): Tensor {
    return this.#binary("maximum", b, out);
  }

  /** The lesser of two; NaN if either is. */
  minimum(b: Tensor | number, out?: Tensor): Tensor {
    return this.#binary("minimum", b, out);
  }

  /**
   * Matrix product over the last two axes, as `numpy.matmul`: those before broadcast, and a vector
   * is a row on the left and a column on the right. Transposed and sliced operands are not copied.
   *
   * @throws {ShapeError} the inner sizes differ, the axes before do not broadcast, or one has none
   */
  matmul(b: Tensor, out?: Tensor): Tensor {
    const right = viewOf(b, "matmul", "b");
    if (out === undefined) return tensorOf(matmul(this.#view, right));
    matmul(this.#view, right, viewOf(out, "matmul", "out"));
    return out;
  }

  /** a += b. @throws {ShapeError} b does not broadcast to the tensor's shape */
  add_(b: Tensor | number): this {
    return this.#inPlace("add", b);
  }

  /** a -= b. */
  sub_(b: Tensor | number): this {
    return this.#inPlace("sub", b);
  }

  /** a *= b. */
  mul_(b: Tensor | number): this {
    return this.#inPlace("mul", b);
  }

  /** a /= b. @throws {DTypeError} the tensor is of integers, which hold no quotient */
  div_(b: Tensor | number): this {
    return this.#inPlace("div", b);
  }

  /** Whether a = b, as bool. */
  eq(b: Tensor | number): Tensor {
    return this.#compare("eq", b);
  }

  /** Whether a ≠ b, as bool. */
  ne(b: Tensor | number): Tensor {
    return this.#compare("ne", b);
  }

  /** Whether a < b, as bool. */
  lt(b: Tensor | number): Tensor {
    return this.#compare("lt", b);
  }

  /** Whether a ≤ b, as bool. */
  le(b: Tensor | number): Tensor {
    return this.#compare("le", b);
  }

  /** Whether a > b, as bool. */
  gt(b: Tensor | number): Tensor {
    return this.#compare("gt", b);
  }

  /** Whether a ≥ b, as bool. */
  ge(b: Tensor | number): Tensor {
    return this.#compare("ge", b);
  }

  /** -a; refused for bool. */
  neg(out?: Tensor): Tensor {
    return this.#unary("neg", out);
  }

  /** |a|. */
  abs(out?: Tensor): Tensor {
    return this.#unary("abs", out);
  }

  /** √a. */
  sqrt(out?: Tensor): Tensor {
    return this.#unary("sqrt", out);
  }

  /** 1 / √a. */
  rsqrt(out?: Tensor): Tensor {
    return this.#unary("rsqrt", out);
  }

  /** 1 / a. */
  reciprocal(out?: Tensor): Tensor {
    return this.#unary("reciprocal", out);
  }

  /** a². */
  square(out?: Tensor): Tensor {
    return this.#unary("square", out);
  }

  /** eᵃ. */
  exp(out?: Tensor): Tensor {
    return this.#unary("exp", out);
  }

  /** 2ᵃ. */
  exp2(out?: Tensor): Tensor {
    return this.#unary("exp2", out);
  }

  /** eᵃ - 1, exact near 0. */
  expm1(out?: Tensor): Tensor {
    return this.#unary("expm1", out);
  }

  /** Natural logarithm. */
  log(out?: Tensor): Tensor {
    return this.#unary("log", out);
  }

  /** Logarithm to base 2. */
  log2(out?: Tensor): Tensor {
    return this.#unary("log2", out);
  }

  /** Logarithm to base 10. */
  log10(out?: Tensor): Tensor {
    return this.#unary("log10", out);
  }

  /** log(1 + a), exact near 0. */
  log1p(out?: Tensor): Tensor {
    return this.#unary("log1p", out);
  }

  /** Sine. */
  sin(out?: Tensor): Tensor {
    return this.#unary("sin", out);
  }

  /** Cosine. */
  cos(out?: Tensor): Tensor {
    return this.#unary("cos", out);
  }

  /** Tangent. */
  tan(out?: Tensor): Tensor {
    return this.#unary("tan", out);
  }

  /** Hyperbolic tangent. */
  tanh(out?: Tensor): Tensor {
    return this.#unary("tanh", out);
  }

  /** 1 / (1 + e⁻ᵃ). */
  sigmoid(out?: Tensor): Tensor {
    return this.#unary("sigmoid", out);
  }

  /** max(a, 0). */
  relu(out?: Tensor): Tensor {
    return this.#unary("relu", out);
  }

  /** a·Φ(a) with the normal distribution Φ. */
  gelu(out?: Tensor): Tensor {
    return this.#unary("gelu", out);
  }

  /** a·sigmoid(a). */
  silu(out?: Tensor): Tensor {
    return this.#unary("silu", out);
  }

  /** log(1 + eᵃ). */
  softplus(out?: Tensor): Tensor {
    return this.#unary("softplus", out);
  }

  /** The error function. */
  erf(out?: Tensor): Tensor {
    return this.#unary("erf", out);
  }

  /** The integer below. */
  floor(out?: Tensor): Tensor {
    return this.#unary("floor", out);
  }

  /** The integer above. */
  ceil(out?: Tensor): Tensor {
    return this.#unary("ceil", out);
  }

  /** The nearest integer, half to even. */
  round(out?: Tensor): Tensor {
    return this.#unary("round", out);
  }

  /** -1, 0 or 1. */
  sign(out?: Tensor): Tensor {
    return this.#unary("sign", out);
  }

  /** a where it is above 0, slope·a elsewhere. */
  leakyRelu(slope = 0.01, out?: Tensor): Tensor {
    checkNumber(slope, "leakyRelu", "slope");
    return this.#unary("leakyRelu", out, slope);
  }

  /** The nearest value from `low` to `high`. */
  clamp(low: number, high: number, out?: Tensor): Tensor {
    checkNumber(low, "clamp", "low");
    checkNumber(high, "clamp", "high");
    return this.#unary("clamp", out, low, high);
  }

  /** exp(x - max) / Σ exp(x - max) along an axis. */
  softmax(axis: number): Tensor {
    return tensorOf(alongAxis("softmax", this.#view, axis));
  }

  /** x - max - log Σ exp(x - max) along an axis. */
  logSoftmax(axis: number): Tensor {
    return tensorOf(alongAxis("logSoftmax", this.#view, axis));
  }

  /** Sum; of integers int32, 0 of nothing. */
  sum(axis?: undefined, options?: ReduceOptions & { keepdims?: false }): number;
  /** The same along axes. */
  sum(axis: Axes | undefined, options?: ReduceOptions): Tensor;
  sum(axis?: Axes, options?: ReduceOptions): Tensor | number {
    return wrap(reduce("sum", this.#view, axis, options));
  }

  /** Arithmetic mean; of integers float32, NaN of nothing. */
  mean(axis?: undefined, options?: ReduceOptions & { keepdims?: false }): number;
  /** The same along axes. */
  mean(axis: Axes | undefined, options?: ReduceOptions): Tensor;
  mean(axis?: Axes, options?: ReduceOptions): Tensor | number {
    return wrap(reduce("mean", this.#view, axis, options));
  }

  /** Largest; NaN if there is one. @throws {ShapeError} of nothing */
  max(axis?: undefined, options?: ReduceOptions & { keepdims?: false }): number;
  /** The same along axes. */
  max(axis: Axes | undefined, options?: ReduceOptions): Tensor;
  max(axis?: Axes, options?: ReduceOptions): Tensor | number {
    return wrap(reduce("max", this.#view, axis, options));
  }

  /** Smallest; NaN if there is one. @throws {ShapeError} of nothing */
  min(axis?: undefined, options?: ReduceOptions & { keepdims?: false }): number;
  /** The same along axes. */
  min(axis: Axes | undefined, options?: ReduceOptions): Tensor;
  min(axis?: Axes, options?: ReduceOptions): Tensor | number {
    return wrap(reduce("min", this.#view, axis, options));
  }

  /** Product; of integers int32, 1 of nothing. */
  prod(axis?: undefined, options?: ReduceOptions & { keepdims?: false }): number;
  /** The same along axes. */
  prod(axis: Axes | undefined, options?: ReduceOptions): Tensor;
  prod(axis?: Axes, options?: ReduceOptions): Tensor | number {
    return wrap(reduce("prod", this.#view, axis, options));
  }

  /** Euclidean norm √(Σ a²). */
  norm(axis?: undefined, options?: ReduceOptions & { keepdims?: false }): number;
  /** The same along axes. */
  norm(axis: Axes | undefined, options?: ReduceOptions): Tensor;
  norm(axis?: Axes, options?: ReduceOptions): Tensor | number {
    return wrap(reduce("norm", this.#view, axis, options));
  }

  /** Variance: mean squared deviation from the mean. */
  var(axis?: undefined, options?: VarianceOptions & { keepdims?: false }): number;
  /** The same along axes. */
  var(axis: Axes | undefined, options?: VarianceOptions): Tensor;
  var(axis?: Axes, options?: VarianceOptions): Tensor | number {
    return wrap(reduce("variance", this.#view, axis, options));
  }

  /** Standard deviation: the square root of the variance. */
  std(axis?: undefined, options?: VarianceOptions & { keepdims?: false }): number;
  /** The same along axes. */
  std(axis: Axes | undefined, options?: VarianceOptions): Tensor;
  std(axis?: Axes, options?: VarianceOptions): Tensor | number {
    return wrap(reduce("std", this.#view, axis, options));
  }

  /** Index of the largest: the first NaN, else the first of equals. The flat index without an axis. */
  argmax(axis?: undefined, options?: ReduceOptions & { keepdims?: false }): number;
  /** The same along an axis, as int32. */
  argmax(axis: number | undefined, options?: ReduceOptions): Tensor;
  argmax(axis?: number, options?: ReduceOptions): Tensor | number {
    return wrap(argReduce("argmax", this.#view, axis, options));
  }

  /** Index of the smallest: the first NaN, else the first of equals. The flat index without an axis. */
  argmin(axis?: undefined, options?: ReduceOptions & { keepdims?: false }): number;
  /** The same along an axis, as int32. */
  argmin(axis: number | undefined, options?: ReduceOptions): Tensor;
  argmin(axis?: number, options?: ReduceOptions): Tensor | number {
    return wrap(argReduce("argmin", this.#view, axis, options));
  }

  /** Whether all elements are other than 0; true of nothing. */
  all(axis?: undefined, options?: ReduceOptions & { keepdims?: false }): boolean;
  /** The same along axes, as bool. */
  all(axis: Axes | undefined, options?: ReduceOptions): Tensor;
  all(axis?: Axes, options?: ReduceOptions): Tensor | boolean {
    return wrap(truth("all", this.#view, axis, options));
  }

  /** Whether any element is other than 0; false of nothing. */
  any(axis?: undefined, options?: ReduceOptions & { keepdims?: false }): boolean;
  /** The same along axes, as bool. */
  any(axis: Axes | undefined, options?: ReduceOptions): Tensor;
  any(axis?: Axes, options?: ReduceOptions): Tensor | boolean {
    return wrap(truth("any", this.#view, axis, options));
  }

  /**
   * The same elements under another shape of as many; one size may be -1: what remains. A view
   * wherever strides allow it, else a copy.
   *
   * @throws {ShapeError} the shape has another number of elements
   */
  reshape(shape: readonly number[]): Tensor {
    return tensorOf(views.reshape(this.#view, shape));
  }

  /** The axes from `start` to `end` as one; by default all. A view wherever strides allow it. */
  flatten(start = 0, end = -1): Tensor {
    return tensorOf(views.flatten(this.#view, start, end));
  }

  /** All axes in reverse, or in the order that is given. A view. */
  transpose(axes?: readonly number[]): Tensor {
    return tensorOf(views.transpose(this.#view, axes));
  }

  /** All axes in reverse. A view. */
  get T(): Tensor {
    return tensorOf(views.transpose(this.#view, undefined));
  }

  /** The axes in another order. A view. @throws {ShapeError} not each axis comes once */
  permute(axes: readonly number[]): Tensor {
    return tensorOf(views.permute(this.#view, axes));
  }

  /** Without axes of size 1: all, or those that are named and have it. A view. */
  squeeze(axis?: Axes): Tensor {
    return tensorOf(views.squeeze(this.#view, axis));
  }

  /** With a new axis of size 1 at a position from -ndim - 1 to ndim. A view. */
  unsqueeze(axis: number): Tensor {
    return tensorOf(views.unsqueeze(this.#view, axis));
  }

  /**
   * Repeated along axes of size 1 and new leading ones, without copying; -1 keeps a size. The
   * elements share memory, so the result can't be written to.
   */
  expand(shape: readonly number[]): Tensor {
    return tensorOf(views.expand(this.#view, shape));
  }

  /**
   * What NumPy's brackets select, one entry per axis: `slice("1:3", ":", "::-1")`. A number or
   * `"2"` drops its axis, `"..."` stands for the axes in between, `"None"` adds one. A view.
   *
   * @throws {ShapeError} an entry is malformed, an index out of range, or there are too many
   */
  slice(...entries: SliceEntry[]): Tensor {
    return tensorOf(views.slice(this.#view, entries));
  }

  /** The elements at one index of an axis, without that axis. A view. */
  select(axis: number, index: number): Tensor {
    return tensorOf(views.select(this.#view, axis, index));
  }

  /** `length` entries of an axis from `start` on. A view. */
  narrow(axis: number, start: number, length: number): Tensor {
    return tensorOf(views.narrow(this.#view, axis, start, length));
  }

  /** Parts of so many entries of an axis (the last may have fewer), or of the sizes given. Views. */
  split(sizes: number | readonly number[], axis = 0): Tensor[] {
    return views.split(this.#view, sizes, axis).map(tensorOf);
  }

  /** At most so many parts of equal size along an axis; the last may be smaller. Views. */
  chunk(count: number, axis = 0): Tensor[] {
    return views.chunk(this.#view, count, axis).map(tensorOf);
  }

  /**
   * The element with one index per axis; negative ones count from the end. A number, of a bool
   * tensor a boolean, as `at<boolean>(…)` tells TypeScript.
   *
   * @throws {ShapeError} an index is out of range, or there is not one per axis
   */
  at<Value extends number | boolean = number>(...indices: number[]): Value {
    return at(this.#view, indices) as Value;
  }

  /** Writes the element with one index per axis. */
  set(value: number | boolean, ...indices: number[]): this {
    set(this.#view, value, indices);
    return this;
  }

  /**
   * As `torch.gather`: of the index's shape, out[i][j] = a[index[i][j]][j] for axis 0.
   *
   * @param index integers, as many axes as the tensor, nowhere larger but on `axis`
   * @throws {ShapeError} the shapes do not fit, or an index is out of range
   */
  gather(axis: number, index: Tensor | Nested): Tensor {
    return tensorOf(gather(this.#view, axis, indicesOf(index, "gather")));
  }

  /** The entries of an axis with these indices, in their order; as `torch.index_select`. */
  indexSelect(axis: number, indices: Tensor | readonly number[]): Tensor {
    return tensorOf(indexSelect(this.#view, axis, indexListOf(indices, "indexSelect")));
  }
}
