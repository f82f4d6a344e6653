/**
 * Checks of arguments. Nothing reaches native code that has not passed here.
 *
 * @module
 */

import { DTypeError, OutOfMemoryError, ShapeError } from "../ffi/errors.ts";
import { native, newBuffer, newZeros, recycledMin } from "../ffi/native.ts";
import { runtime } from "../ffi/runtime.ts";

// Taken before user code can replace them.
const isView = ArrayBuffer.isView;
const prototypeOf = Object.getPrototypeOf;
const hasOwn = Object.hasOwn;
const float32Prototype = Float32Array.prototype;
const validate = float32Prototype.at;
/** "Float32Array" for those alone, whatever their prototype; undefined for what is no view. */
const engineTagOf: () => string | undefined = getterOf(Symbol.toStringTag);
const engineLengthOf: () => number = getterOf("length");

/** Lengths cross to native code as u32. */
const lengthMax = 0xffffffff;
const isJavaScriptCore = runtime.name === "bun";

/** A getter that all typed arrays inherit. */
function getterOf<T>(name: PropertyKey): () => T {
  const typedArray = Object.getPrototypeOf(Float32Array.prototype);
  return Object.getOwnPropertyDescriptor(typedArray, name)!.get!;
}

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
 * The length of a view with the usual prototype and without an own property that shadows what is
 * read here; -1 for anything else. Elements are read last: they are the one thing about which
 * nobody can lie, and only so many of them are there if they have four bytes.
 */
function plainLengthOf(view: Float32Array): number {
  if (!isView(view) || prototypeOf(view) !== float32Prototype || hasOwn(view, "byteLength")) {
    return -1;
  }
  try {
    const length = view.byteLength >>> 2;
    return view[length - 1] !== undefined && view[length] === undefined ? length : -1;
  } catch {
    return -1; // a DataView in disguise
  }
}

/**
 * The length of a `Float32Array` at the time of the call.
 *
 * Prototypes and own properties can lie, and a getter among them could even detach an argument
 * that was checked before. So the engine is asked for the kind of array and its length. That is
 * free in V8, but in JavaScriptCore it costs more than the whole call; there a view is taken at
 * its word if it can't lie about its memory.
 *
 * @throws {DTypeError} it is none
 * @throws {ShapeError} its memory is gone
 */
export function lengthOf(view: Float32Array, operation: string, name: string): number {
  if (isJavaScriptCore) {
    const length = plainLengthOf(view);
    if (length > 0) return length;
  }
  return engineLength(view, operation, name);
}

/** The long way of {@linkcode lengthOf}: apart, so that engines inline the short one. */
function engineLength(view: Float32Array, operation: string, name: string): number {
  if (engineTagOf.call(view) !== "Float32Array") {
    throw new DTypeError(`${operation}: ${name} is ${describe(view)}, expected a Float32Array`);
  }
  const length = engineLengthOf.call(view);
  if (length === 0) {
    checkAlive(view, operation, name);
  } else if (length > lengthMax) {
    throw new ShapeError(`${operation}: ${name} has ${length} elements, at most 2^32 - 1 fit`);
  }
  return length;
}

/** As {@linkcode lengthOf}, of any kind of typed array; where its memory is gone it is 0. */
export function lengthOfKind(
  view: ArrayBufferView,
  kind: `${"Float32" | "Float64" | "Int32" | "Int8" | "Uint8" | "Uint32"}Array`,
  operation: string,
  name: string,
): number {
  if (engineTagOf.call(view) !== kind) {
    const article = kind.startsWith("I") ? "an" : "a";
    throw new DTypeError(`${operation}: ${name} is ${describe(view)}, expected ${article} ${kind}`);
  }
  return engineLengthOf.call(view);
}

/** Throws unless a view has the expected number of elements; `formula` explains the number. */
export function checkLength(
  view: Float32Array,
  expected: number,
  operation: string,
  name: string,
  formula: string,
): void {
  checkCount(lengthOf(view, operation, name), expected, operation, name, formula);
}

/** Throws unless there are as many elements as expected; `formula`, if any, explains the number. */
export function checkCount(
  count: number,
  expected: number,
  operation: string,
  name: string,
  formula = "",
): void {
  if (count === expected) return;
  const explained = formula === "" ? expected : `${formula} = ${expected}`;
  throw new ShapeError(`${operation}: ${name} has ${count} elements, expected ${explained}`);
}

/**
 * Checks a matrix with a leading dimension, which is `cols` where none is given, and returns that.
 */
export function checkLeading(
  view: Float32Array,
  rows: number,
  cols: number,
  leading: number | undefined,
  operation: string,
  name: string,
): number {
  const stride = leading === undefined ? cols : leading;
  checkSize(stride, operation, `ld${name}`);
  if (stride < cols) {
    throw new ShapeError(
      `${operation}: ld${name} is ${stride}, expected at least the ${cols} columns of ${name}`,
    );
  }
  const length = lengthOf(view, operation, name);
  const needed = rows === 0 || cols === 0 ? 0 : (rows - 1) * stride + cols;
  if (length < needed) {
    throw new ShapeError(
      `${operation}: ${name} has ${length} elements, expected at least ` +
        `(${rows} - 1)·ld${name} + ${cols} = ${needed}`,
    );
  }
  return stride;
}

/** Throws unless a value is a non-negative integer below 2^32. */
export function checkSize(value: number, operation: string, name: string): void {
  if (typeof value !== "number" || (value >>> 0) !== value) throw badSize(value, operation, name);
}

function badSize(value: number, operation: string, name: string): DTypeError | ShapeError {
  return typeof value !== "number"
    ? new DTypeError(
      `${operation}: ${name} is ${describe(value)}, expected a non-negative integer`,
    )
    : new ShapeError(
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

function allocateBy(
  makeBuffer: (bytes: number) => ArrayBuffer,
  length: number,
  operation: string,
): Float32Array<ArrayBuffer> {
  try {
    const bytes = 4 * length;
    return bytes < recycledMin ? new Float32Array(length) : new Float32Array(makeBuffer(bytes));
  } catch (error) {
    throw noMemory(length, "float32", operation, error);
  }
}

/**
 * A new array for a result, which may hold anything: every value is written before anybody else
 * sees it.
 *
 * @throws {OutOfMemoryError} there is no memory for it
 */
export function allocateResult(length: number, operation: string): Float32Array<ArrayBuffer> {
  return allocateBy(newBuffer, length, operation);
}

/**
 * A new array of zeros.
 *
 * @throws {OutOfMemoryError} there is no memory for it
 */
export function allocateZeros(length: number, operation: string): Float32Array<ArrayBuffer> {
  return allocateBy(newZeros, length, operation);
}

/** What is thrown where an array could not be made; `kind` is that of its values. */
export function noMemory(
  length: number,
  kind: string,
  operation: string,
  cause: unknown,
): OutOfMemoryError {
  return new OutOfMemoryError(`${operation}: no memory for ${length} ${kind} values`, { cause });
}

/** The elements of an array with room for them that begin at an address of some alignment in bytes. */
export function alignedPart(
  spacious: Float32Array<ArrayBuffer>,
  length: number,
  alignment: number,
): Float32Array<ArrayBuffer> {
  const past = native.address_modulo(spacious, alignment);
  const first = past === 0 ? 0 : (alignment - past) / 4;
  return spacious.subarray(first, first + length);
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
  if (out === undefined) return allocateResult(length, operation);
  checkLength(out, length, operation, "out", formula);
  return out;
}
