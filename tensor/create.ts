/**
 * Tensors from data, and of regular contents.
 *
 * @module
 */

import { DTypeError, ShapeError } from "../ffi/errors.ts";
import { checkNumber, checkOptions, describe } from "../ops/check.ts";
import { copyInto, copyOf } from "./copy.ts";
import { checkDType, type DType, dtypeOfArray, type TensorData } from "./dtype.ts";
import { type Nested, viewOfNested, viewOfTyped } from "./nested.ts";
import { checkShape, integer } from "./shape.ts";
import { type Tensor, tensorOf, viewIn } from "./tensor.ts";
import { newView, newZeros, reviewed, type View } from "./view.ts";

/** Options of functions that make tensors. */
export interface TensorOptions {
  /** The type of the elements. */
  dtype?: DType;
}

/** What {@linkcode tensor} takes. */
export type TensorLike = Nested | TensorData | Tensor;

function dtypeOption(options: TensorOptions | undefined, operation: string): DType | undefined {
  if (options === undefined) return undefined;
  checkOptions(options, operation, "options");
  const { dtype } = options;
  if (dtype !== undefined) checkDType(dtype, operation);
  return dtype;
}

/**
 * A tensor of data.
 *
 * Nested arrays become float32, those of booleans alone `bool`. A typed array is not copied: the
 * tensor has one axis, its dtype and its memory (of `Float32Array`, `Float64Array`, `Int32Array`,
 * `Int8Array` or `Uint8Array`), unless another dtype is asked for. A tensor is copied.
 *
 * @param data a number, nested arrays of numbers or booleans, a typed array, or a tensor
 * @param options the dtype, if not that of the data
 * @throws {DTypeError} the data holds something else, or the dtype is none
 * @throws {ShapeError} arrays of one level differ in length
 *
 * @example
 * ```ts
 * import { tensor } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(tensor([[1, 2, 3], [4, 5, 6]]).shape, [2, 3]);
 * assert.equal(tensor([1, 2], { dtype: "int32" }).dtype, "int32");
 *
 * const memory = Float32Array.of(1, 2, 3, 4);
 * tensor(memory).reshape([2, 2]).set(9, 1, 1);
 * assert.equal(memory[3], 9);
 * ```
 */
export function tensor(data: TensorLike, options?: TensorOptions): Tensor {
  const dtype = dtypeOption(options, "tensor");
  const given = viewIn(data);
  if (given !== undefined) return tensorOf(copyOf(given, "tensor", dtype));
  if (dtypeOfArray(data) === undefined) {
    if (ArrayBuffer.isView(data)) {
      throw new DTypeError(
        `tensor: data is ${describe(data)}, expected a Float32Array, Float64Array, Int32Array, ` +
          "Int8Array or Uint8Array",
      );
    }
    return tensorOf(viewOfNested(data, dtype, "tensor"));
  }
  const view = viewOfTyped(data as TensorData, "tensor");
  const isSame = dtype === undefined || dtype === view.dtype;
  return tensorOf(isSame ? view : copyOf(view, "tensor", dtype));
}

function filled(
  shape: readonly number[],
  value: number,
  options: TensorOptions | undefined,
  operation: string,
): Tensor {
  const dtype = dtypeOption(options, operation) ?? "float32";
  const view = newZeros(dtype, checkShape(shape, operation), operation);
  if (value !== 0) view.data.fill(dtype === "bool" ? 1 : value);
  return tensorOf(view);
}

/**
 * A tensor of zeros.
 *
 * @param shape the sizes of the axes; `[]` for a scalar
 * @param options the dtype, float32 by default
 * @throws {DTypeError} an argument is of another type
 * @throws {ShapeError} a size is not a non-negative integer
 * @throws {OutOfMemoryError} there is no memory for it
 *
 * @example
 * ```ts
 * import { zeros } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(zeros([2, 2]).toArray(), [[0, 0], [0, 0]]);
 * ```
 */
export function zeros(shape: readonly number[], options?: TensorOptions): Tensor {
  return filled(shape, 0, options, "zeros");
}

/**
 * A tensor of ones.
 *
 * @param shape the sizes of the axes; `[]` for a scalar
 * @param options the dtype, float32 by default
 * @throws {DTypeError} an argument is of another type
 * @throws {ShapeError} a size is not a non-negative integer
 * @throws {OutOfMemoryError} there is no memory for it
 *
 * @example
 * ```ts
 * import { ones } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(ones([3], { dtype: "int32" }).data, Int32Array.of(1, 1, 1));
 * ```
 */
export function ones(shape: readonly number[], options?: TensorOptions): Tensor {
  return filled(shape, 1, options, "ones");
}

/**
 * A tensor whose values don't matter. They are zeros, since memory is shared with nothing else.
 *
 * @param shape the sizes of the axes; `[]` for a scalar
 * @param options the dtype, float32 by default
 * @throws {DTypeError} an argument is of another type
 * @throws {ShapeError} a size is not a non-negative integer
 * @throws {OutOfMemoryError} there is no memory for it
 *
 * @example
 * ```ts
 * import { empty } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.equal(empty([4, 0]).size, 0);
 * ```
 */
export function empty(shape: readonly number[], options?: TensorOptions): Tensor {
  return filled(shape, 0, options, "empty");
}

/**
 * A tensor of one value.
 *
 * @param shape the sizes of the axes; `[]` for a scalar
 * @param value of all elements
 * @param options the dtype: float32 by default, `bool` for a boolean
 * @throws {DTypeError} an argument is of another type
 * @throws {ShapeError} a size is not a non-negative integer
 * @throws {OutOfMemoryError} there is no memory for it
 *
 * @example
 * ```ts
 * import { full } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(full([2], 7).toArray(), [7, 7]);
 * ```
 */
export function full(
  shape: readonly number[],
  value: number | boolean,
  options?: TensorOptions,
): Tensor {
  if (typeof value !== "boolean") {
    return filled(shape, checked(value, "full", "value"), options, "full");
  }
  const dtype = dtypeOption(options, "full") ?? "bool";
  return filled(shape, Number(value), { dtype }, "full");
}

function checked(value: number, operation: string, name: string): number {
  checkNumber(value, operation, name);
  return value;
}

/**
 * The identity matrix.
 *
 * @param n rows and columns
 * @param options the dtype, float32 by default
 * @throws {DTypeError} an argument is of another type
 * @throws {ShapeError} n is not a non-negative integer
 * @throws {OutOfMemoryError} there is no memory for it
 *
 * @example
 * ```ts
 * import { eye } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(eye(2).toArray(), [[1, 0], [0, 1]]);
 * ```
 */
export function eye(n: number, options?: TensorOptions): Tensor {
  const dtype = dtypeOption(options, "eye") ?? "float32";
  const size = integer(n, "eye", "n", 0);
  const view = newZeros(dtype, checkShape([size, size], "eye"), "eye");
  for (let i = 0; i < size; i++) view.data[i * (size + 1)] = 1;
  return tensorOf(view);
}

/**
 * Numbers at equal distances: start, start + step, … up to but without stop.
 *
 * @param start the first, 0 where it is the only number: `arange(stop)`
 * @param stop the first that is too far
 * @param step from one to the next, 1 by default; may be negative
 * @param options the dtype, float32 by default; may take the place of `stop` or `step`
 * @throws {DTypeError} an argument is of another type
 * @throws {ShapeError} the step is 0, or a number not finite
 * @throws {OutOfMemoryError} there is no memory for it
 *
 * @example
 * ```ts
 * import { arange } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(arange(3).toArray(), [0, 1, 2]);
 * assert.deepEqual(arange(5, 0, -2, { dtype: "int32" }).toArray(), [5, 3, 1]);
 * ```
 */
export function arange(
  start: number,
  stop?: number | TensorOptions,
  step?: number | TensorOptions,
  options?: TensorOptions,
): Tensor {
  const given = [stop, step, options].find((value) => typeof value === "object" && value !== null);
  const dtype = dtypeOption((given ?? options) as TensorOptions, "arange") ?? "float32";
  const numbers = [start, stop, step].filter((value) => value !== undefined && value !== given);
  numbers.forEach((value, i) => checkNumber(value as number, "arange", argumentNames[i]));
  checkNumber(start, "arange", "start");
  const isStopOnly = numbers.length === 1;
  const from = isStopOnly ? 0 : start;
  const to = isStopOnly ? start : numbers[1] as number;
  const by = numbers.length > 2 ? numbers[2] as number : 1;
  if (by === 0 || ![from, to, by].every(Number.isFinite)) {
    throw new ShapeError(
      `arange: start ${from}, stop ${to}, step ${by}, expected finite numbers and a step not 0`,
    );
  }
  const [count] = checkShape([Math.max(0, Math.ceil((to - from) / by))], "arange");
  return tensorOf(ramp(count, dtype, "arange", from, by));
}

const argumentNames = ["start", "stop", "step"];

/** Numbers that are computed at a time, in float64: they stay in the cache. */
const rampLength = 4096;

/** first + i·step for i < count; the last one is given if it must be exact. */
function ramp(
  count: number,
  dtype: DType,
  operation: string,
  first: number,
  step: number,
  last = first + (count - 1) * step,
): View {
  const view = newView(dtype, [count], operation);
  const part = newView("float64", [Math.min(count, rampLength)], operation);
  const values = part.data as Float64Array;
  for (let start = 0; start < count; start += rampLength) {
    const n = Math.min(rampLength, count - start);
    for (let i = 0; i < n; i++) values[i] = first + (start + i) * step;
    if (start + n === count) values[n - 1] = last;
    copyInto(reviewed(part, [n], [1]), reviewed(view, [n], [1], start), operation);
  }
  return view;
}

/**
 * So many numbers at equal distances from start to stop, both included.
 *
 * @param start the first
 * @param stop the last
 * @param count how many
 * @param options the dtype, float32 by default
 * @throws {DTypeError} an argument is of another type
 * @throws {ShapeError} the count is not a non-negative integer
 * @throws {OutOfMemoryError} there is no memory for it
 *
 * @example
 * ```ts
 * import { linspace } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(linspace(0, 1, 5).toArray(), [0, 0.25, 0.5, 0.75, 1]);
 * ```
 */
export function linspace(
  start: number,
  stop: number,
  count: number,
  options?: TensorOptions,
): Tensor {
  const dtype = dtypeOption(options, "linspace") ?? "float32";
  const first = checked(start, "linspace", "start");
  const last = checked(stop, "linspace", "stop");
  const [size] = checkShape([integer(count, "linspace", "count", 0)], "linspace");
  const step = (last - first) / Math.max(size - 1, 1);
  return tensorOf(ramp(size, dtype, "linspace", first, step, size > 1 ? last : first));
}
