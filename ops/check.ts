/**
 * Checks of arguments. Nothing reaches native code that has not passed here.
 *
 * @module
 */

import { DTypeError, OutOfMemoryError, ShapeError } from "../ffi/errors.ts";

// Taken before user code can replace them.
const isView = ArrayBuffer.isView;
const validate = Float32Array.prototype.at;

/** How a value reads in a message. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "object") return `a ${typeof value}`;
  try {
    const name = Object.getPrototypeOf(value)?.constructor?.name;
    return typeof name === "string" && name !== "" ? `a value of type ${name}` : "an object";
  } catch {
    // Proxies may throw whatever they like.
    return "an object";
  }
}

/** Throws for a view whose buffer is detached or has shrunk below it; both read as length 0. */
function checkAlive(view: Float32Array, operation: string, name: string): void {
  try {
    validate.call(view, 0);
  } catch {
    throw new ShapeError(
      `${operation}: the buffer of ${name} is detached or has shrunk below it, ` +
        "expected a view of live memory",
    );
  }
}

/**
 * The length of a `Float32Array` at the time of the call.
 *
 * `instanceof` alone trusts the prototype and `length` alone an own property; the view test, the
 * last element and the bytes are what native code will meet.
 *
 * @throws {DTypeError} it is none
 * @throws {ShapeError} its memory is gone
 */
export function lengthOf(view: Float32Array, operation: string, name: string): number {
  if (!isView(view) || !(view instanceof Float32Array)) {
    throw new DTypeError(`${operation}: ${name} is ${describe(view)}, expected a Float32Array`);
  }
  const length = view.length;
  if (length === 0) {
    checkAlive(view, operation, name);
  } else if (view[length - 1] === undefined || view.byteLength !== length * 4) {
    throw new DTypeError(`${operation}: ${name} is a disguised object, expected a Float32Array`);
  } else if (length > 0xffffffff) {
    throw new ShapeError(`${operation}: ${name} has ${length} elements, at most 2^32 - 1 fit`);
  }
  return length;
}

/** Throws unless a view has the expected number of elements; `formula` explains the number. */
export function checkLength(
  view: Float32Array,
  expected: number,
  operation: string,
  name: string,
  formula: string,
): void {
  const length = lengthOf(view, operation, name);
  if (length !== expected) {
    throw new ShapeError(
      `${operation}: ${name} has ${length} elements, expected ${formula} = ${expected}`,
    );
  }
}

/** Throws unless a value is a non-negative integer below 2^32. */
export function checkSize(value: number, operation: string, name: string): void {
  if (typeof value === "number" && (value >>> 0) === value) return;
  if (typeof value !== "number") {
    throw new DTypeError(
      `${operation}: ${name} is ${describe(value)}, expected a non-negative integer`,
    );
  }
  throw new ShapeError(
    `${operation}: ${name} is ${value}, expected a non-negative integer below 2^32`,
  );
}

/** Throws unless a value is a number. */
export function checkNumber(value: number, operation: string, name: string): void {
  if (typeof value !== "number") {
    throw new DTypeError(`${operation}: ${name} is ${describe(value)}, expected a number`);
  }
}

/** Throws unless a value is a boolean. */
export function checkBoolean(value: boolean, operation: string, name: string): void {
  if (typeof value !== "boolean") {
    throw new DTypeError(`${operation}: ${name} is ${describe(value)}, expected a boolean`);
  }
}

/** Throws unless a value is an object (or undefined, which stands for no options). */
export function checkOptions(value: unknown, operation: string, name: string): void {
  if (value !== undefined && (typeof value !== "object" || value === null)) {
    throw new DTypeError(`${operation}: ${name} is ${describe(value)}, expected an object`);
  }
}

/**
 * A new array for a result.
 *
 * @throws {OutOfMemoryError} there is no memory for it
 */
export function allocate(length: number, operation: string): Float32Array<ArrayBuffer> {
  try {
    return new Float32Array(length);
  } catch (error) {
    throw new OutOfMemoryError(`${operation}: no memory for ${length} float32 values`, {
      cause: error,
    });
  }
}

/**
 * `out` when it is given and has `length` elements, else a new array.
 *
 * `formula` explains the length, for the message.
 */
export function outOrNew(
  out: Float32Array | undefined,
  length: number,
  operation: string,
  formula: string,
): Float32Array {
  if (out === undefined) return allocate(length, operation);
  checkLength(out, length, operation, "out", formula);
  return out;
}
