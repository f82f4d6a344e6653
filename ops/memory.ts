/**
 * Arrays at aligned addresses, and random numbers to fill them.
 *
 * @module
 */

import { DTypeError, ShapeError } from "../ffi/errors.ts";
import { check, native } from "../ffi/native.ts";
import {
  alignedPart,
  allocateResult,
  allocateZeros,
  checkNumber,
  checkSize,
  describe,
  lengthOf,
} from "./check.ts";
import { fillNext, startStream } from "./stream.ts";

/** A length, or the sizes of a shape whose product it is; `[]` is a scalar's shape. */
export type LengthOrShape = number | readonly number[];

/** The number of elements of a shape. */
function sizeOf(shape: LengthOrShape, operation: string): number {
  if (typeof shape === "number") {
    checkSize(shape, operation, "length");
    return shape;
  }
  if (!Array.isArray(shape)) {
    throw new DTypeError(
      `${operation}: shape is ${describe(shape)}, expected a length or an array of sizes`,
    );
  }
  let size = 1;
  for (let axis = 0; axis < shape.length; axis++) {
    checkSize(shape[axis], operation, `shape[${axis}]`);
    size *= shape[axis];
  }
  if (size > 0xffffffff) {
    throw new ShapeError(`${operation}: shape has ${size} elements, at most 2^32 - 1 fit`);
  }
  return size;
}

function checkAlignment(alignment: number, operation: string): void {
  checkNumber(alignment, operation, "alignment");
  const isPowerOfTwo = Number.isInteger(alignment) && Number.isInteger(Math.log2(alignment));
  if (!isPowerOfTwo || alignment < 4 || alignment > 1 << 20) {
    throw new ShapeError(
      `${operation}: alignment is ${alignment}, expected a power of two from 4 to 2^20`,
    );
  }
}

function aligned(
  operation: string,
  shape: LengthOrShape,
  alignment: number,
  allocate = allocateResult,
): Float32Array<ArrayBuffer> {
  const length = sizeOf(shape, operation);
  checkAlignment(alignment, operation);
  // Asking for its buffer gives an array memory that doesn't move: small ones have none before.
  const spacious = new Float32Array(allocate(length + alignment / 4, operation).buffer);
  return alignedPart(spacious, length, alignment);
}

/**
 * A `Float32Array` whose first element lies at an aligned address. Its values are not specified.
 *
 * Operations take views of any alignment; aligned ones save a little where vectors are loaded.
 *
 * @param shape a length, or an array of sizes whose product it is
 * @param alignment in bytes: a power of two from 4 to 2^20, 64 by default
 * @throws {DTypeError} an argument is of another type
 * @throws {ShapeError} a size is not a non-negative integer, or the alignment no power of two
 * @throws {OutOfMemoryError} there is no memory for it
 *
 * @example
 * ```ts
 * import { emptyAligned, isAligned } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * const out = emptyAligned([3, 5]);
 * assert.equal(out.length, 15);
 * assert(isAligned(out));
 * ```
 */
export function emptyAligned(shape: LengthOrShape, alignment = 64): Float32Array<ArrayBuffer> {
  return aligned("emptyAligned", shape, alignment);
}

/**
 * A `Float32Array` of zeros whose first element lies at an aligned address.
 *
 * @param shape a length, or an array of sizes whose product it is
 * @param alignment in bytes: a power of two from 4 to 2^20, 64 by default
 * @throws {DTypeError} an argument is of another type
 * @throws {ShapeError} a size is not a non-negative integer, or the alignment no power of two
 * @throws {OutOfMemoryError} there is no memory for it
 *
 * @example
 * ```ts
 * import { sum, zerosAligned } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.equal(sum(zerosAligned(100, 4096)), 0);
 * ```
 */
export function zerosAligned(shape: LengthOrShape, alignment = 64): Float32Array<ArrayBuffer> {
  return aligned("zerosAligned", shape, alignment, allocateZeros);
}

/**
 * A `Float32Array` of standard normal values whose first element lies at an aligned address.
 *
 * The values are the next ones of the stream that {@linkcode manualSeed} starts, the same on every
 * platform: Philox 4×32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1,
 * 2, 3", SC 2011), made normal as in Box and Muller, 1958.
 *
 * @param shape a length, or an array of sizes whose product it is
 * @param alignment in bytes: a power of two from 4 to 2^20, 64 by default
 * @throws {DTypeError} an argument is of another type
 * @throws {ShapeError} a size is not a non-negative integer, or the alignment no power of two
 * @throws {OutOfMemoryError} there is no memory for it
 *
 * @example
 * ```ts
 * import { manualSeed, randnAligned } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * manualSeed(7);
 * const first = randnAligned([2, 3]);
 * manualSeed(7);
 * assert.deepEqual(randnAligned(6), first);
 * ```
 */
export function randnAligned(shape: LengthOrShape, alignment = 64): Float32Array<ArrayBuffer> {
  const result = aligned("randnAligned", shape, alignment);
  check(fillNext(native.random_normal, result, result.length), "randnAligned");
  return result;
}

/**
 * Starts the stream of random numbers of this thread anew. Without it every run has its own.
 *
 * @param seed an integer from 0 to 2^53 - 1
 * @throws {DTypeError} it is not a number
 * @throws {ShapeError} it is not such an integer
 *
 * @example
 * ```ts
 * import { manualSeed, randnAligned } from "@zigtorch/zigtorch";
 *
 * manualSeed(42);
 * console.log(randnAligned(3));
 * ```
 */
export function manualSeed(seed: number): void {
  checkNumber(seed, "manualSeed", "seed");
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new ShapeError(`manualSeed: seed is ${seed}, expected an integer from 0 to 2^53 - 1`);
  }
  startStream(seed);
}

/**
 * Whether the first element of a view lies at an aligned address.
 *
 * @param view any `Float32Array`
 * @param alignment in bytes: a power of two from 4 to 2^20, 64 by default
 * @throws {DTypeError} an argument is of another type
 * @throws {ShapeError} the alignment is no such power of two
 *
 * @example
 * ```ts
 * import { emptyAligned, isAligned } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.equal(isAligned(emptyAligned(8).subarray(1)), false);
 * ```
 */
export function isAligned(view: Float32Array, alignment = 64): boolean {
  lengthOf(view, "isAligned", "view");
  checkAlignment(alignment, "isAligned");
  return native.address_modulo(view, alignment) === 0;
}
