/**
 * Nested arrays to tensors and back.
 *
 * @module
 */

import { DTypeError, ShapeError } from "../ffi/errors.ts";
import { describe } from "../ops/check.ts";
import { type DType, dtypeOfArray, dtypes, type TensorData } from "./dtype.ts";
import { checkShape, show } from "./shape.ts";
import { Storage } from "./storage.ts";
import { checkAlive, newView, type View, viewOfStorage } from "./view.ts";

/** Numbers or booleans in arrays of arrays, all of a level of one length. */
export type Nested = number | boolean | readonly Nested[];

const depthMax = 32;

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || dtypeOfArray(value) !== undefined;
}

/** Reads nested arrays element after element. */
class Reader {
  readonly values: number[] = [];
  readonly shape: number[] = [];
  hasNumber = false;
  /** The indices at which the reader stands, for messages. */
  readonly #path: number[] = [];

  constructor(readonly operation: string) {}

  read(value: unknown, depth: number): void {
    if (typeof value === "number" || typeof value === "boolean") {
      if (depth < this.shape.length) throw this.#ragged("a number");
      if (typeof value === "number") this.hasNumber = true;
      this.values.push(Number(value));
    } else if (isList(value)) {
      this.#readList(value, depth);
    } else {
      throw new DTypeError(
        `${this.operation}: ${this.#where()} is ${describe(value)}, ` +
          "expected a number, a boolean or an array",
      );
    }
  }

  #readList(list: ArrayLike<unknown>, depth: number): void {
    const { shape } = this;
    const { length } = list;
    if (depth === shape.length) {
      // Every level takes its length from the first array of it, before any element is read.
      if (this.values.length > 0) throw this.#ragged("an array");
      if (depth >= depthMax) {
        throw new ShapeError(
          `${this.operation}: ${this.#where()} is nested deeper than ${depthMax} axes`,
        );
      }
      shape.push(length);
    } else if (length !== shape[depth]) {
      throw this.#ragged(`an array of ${length}`);
    }
    for (let i = 0; i < length; i++) {
      this.#path.push(i);
      this.read(list[i], depth + 1);
      this.#path.pop();
    }
  }

  #where(): string {
    return `data${this.#path.map((i) => `[${i}]`).join("")}`;
  }

  #ragged(given: string): ShapeError {
    const depth = this.#path.length;
    const expected = depth < this.shape.length ? `an array of ${this.shape[depth]}` : "a number";
    return new ShapeError(
      `${this.operation}: the data is ragged: ${this.#where()} is ${given}, expected ${expected} ` +
        `as in the shape ${show(this.shape)} of what came before`,
    );
  }
}

/** A view of nested arrays; without a dtype float32, or bool where there are only booleans. */
export function viewOfNested(data: unknown, dtype: DType | undefined, operation: string): View {
  const reader = new Reader(operation);
  reader.read(data, 0);
  const { values, shape, hasNumber } = reader;
  if (shape.includes(0) && shape.indexOf(0) < shape.length - 1) {
    throw new ShapeError(`${operation}: the data is ragged: arrays in an array without entries`);
  }
  const type = dtype ?? (hasNumber || values.length === 0 ? "float32" : "bool");
  const view = newView(type, shape, operation);
  for (let i = 0; i < values.length; i++) {
    view.data[i] = type === "bool" && values[i] !== 0 ? 1 : values[i];
  }
  return view;
}

/** A view of an array as it is, row-major. */
export function viewOfTyped(data: TensorData, operation: string): View {
  // An engine's array whatever its prototype is: its length is asked of the engine too.
  const dtype = dtypeOfArray(data)!;
  const plain = Object.getPrototypeOf(data) === dtypes[dtype].array.prototype
    ? data
    : plainOf(data, dtype);
  const shape = checkShape([plain.length], operation);
  return viewOfStorage(new Storage(plain, "foreign"), dtype, shape);
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
