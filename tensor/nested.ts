/**
 * Nested arrays to tensors and back.
 *
 * @module
 */

import { DTypeError, ShapeError } from "../ffi/errors.ts";
import { describe } from "../ops/check.ts";
import { type DType, dtypeOfArray, dtypes, type TensorData } from "./dtype.ts";
import { show, type Sizes } from "./shape.ts";
import { allocate } from "./storage.ts";
import { checkAlive, type View, viewOfArray } from "./view.ts";

/** Numbers or booleans in arrays of arrays, all of a level of one length. */
export type Nested = number | boolean | readonly Nested[];

const depthMax = 32;

/** What is read from nested arrays, element after element. */
interface Reading {
  readonly values: number[];
  readonly shape: number[];
  hasNumber: boolean;
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || dtypeOfArray(value) !== undefined;
}

/** `path` is how the value was reached, for messages. */
function read(value: unknown, depth: number, reading: Reading, operation: string, path: string) {
  const { shape, values } = reading;
  if (!isList(value)) {
    if (typeof value !== "number" && typeof value !== "boolean") {
      throw new DTypeError(
        `${operation}: ${path} is ${describe(value)}, expected a number, a boolean or an array`,
      );
    }
    if (depth < shape.length) throw ragged(operation, path, shape, depth, "a number");
    if (typeof value === "number") reading.hasNumber = true;
    values.push(Number(value));
    return;
  }
  const { length } = value;
  if (depth === shape.length) {
    // Every level takes its length from the first array of it, before any element is read.
    if (values.length > 0) throw ragged(operation, path, shape, depth, "an array");
    if (depth >= depthMax) {
      throw new ShapeError(`${operation}: ${path} is nested deeper than ${depthMax} axes`);
    }
    shape.push(length);
  } else if (length !== shape[depth]) {
    throw ragged(operation, path, shape, depth, `${length} entries`);
  }
  for (let i = 0; i < length; i++) read(value[i], depth + 1, reading, operation, `${path}[${i}]`);
}

function ragged(
  operation: string,
  path: string,
  shape: Sizes,
  depth: number,
  given: string,
): ShapeError {
  const expected = depth < shape.length ? `an array of ${shape[depth]} entries` : "a number";
  return new ShapeError(
    `${operation}: the data is ragged: ${path} is ${given}, ` +
      `expected ${expected} as in the shape ${show(shape)} of what came before`,
  );
}

/** A view of nested arrays; without a dtype float32, or bool where there are only booleans. */
export function viewOfNested(data: unknown, dtype: DType | undefined, operation: string): View {
  const reading: Reading = { values: [], shape: [], hasNumber: false };
  read(data, 0, reading, operation, "data");
  const { values, shape, hasNumber } = reading;
  if (shape.includes(0) && shape.indexOf(0) < shape.length - 1) {
    throw new ShapeError(`${operation}: the data is ragged: arrays in an array without entries`);
  }
  const type = dtype ?? (hasNumber || values.length === 0 ? "float32" : "bool");
  const array = allocate(type, values.length, operation);
  for (let i = 0; i < values.length; i++) {
    array[i] = type === "bool" && values[i] !== 0 ? 1 : values[i];
  }
  return viewOfArray(array, type, shape);
}

/** A view of an array as it is, row-major. */
export function viewOfTyped(data: TensorData): View {
  // An engine's array whatever its prototype is: its length is asked of the engine too.
  const dtype = dtypeOfArray(data)!;
  const plain = Object.getPrototypeOf(data) === dtypes[dtype].array.prototype
    ? data
    : plainOf(data, dtype);
  return viewOfArray(plain, dtype, [plain.length]);
}

/** The same memory as an array of the usual class: of a Node `Buffer`, say. */
function plainOf(data: TensorData, dtype: DType): TensorData {
  const array = dtypes[dtype].array as unknown as new (
    buffer: ArrayBufferLike,
    offset: number,
    length: number,
  ) => TensorData;
  return new array(data.buffer, data.byteOffset, data.length);
}

/** Nested arrays of a view's elements. */
export function toNested(view: View): Nested {
  checkAlive(view, "toArray");
  const { data, shape, strides } = view;
  const isBool = view.dtype === "bool";
  const visit = (axis: number, offset: number): Nested => {
    if (axis === shape.length) return isBool ? data[offset] !== 0 : data[offset];
    return Array.from(
      { length: shape[axis] },
      (_, i) => visit(axis + 1, offset + i * strides[axis]),
    );
  };
  return visit(0, view.offset);
}
