/**
 * Memory for results.
 *
 * It is the engine's: an array that nothing refers to any more is found by the garbage collector,
 * and its allocator hands the same pages out again. Nothing else knows when the last view of an
 * array is gone: within a synchronous loop neither weak references nor finalization callbacks are
 * processed, and a buffer may live on in another Worker.
 *
 * @module
 */

import { OutOfMemoryError } from "../ffi/errors.ts";
import { runtime } from "../ffi/runtime.ts";
import { type DType, dtypes, type TensorData } from "./dtype.ts";

/** Arrays made since the collector of V8 was last driven on, in bytes. */
let bytesSinceDrive = 0;
const driveInterval = 16 * 2 ** 20;
const isV8 = runtime.name === "deno";
let garbage: unknown;

/**
 * V8 starts to mark when arrays have grown by some 64 MB, and no other collection runs until that
 * is done; but marking advances as ordinary objects are made, of which a loop over large arrays
 * makes few. Unless some are made in proportion, the memory of dropped arrays goes up by 400 MB
 * before it is found; with them by 100 to 200. This is 1.6 MB of objects, 0.2 ms, for every 16 MB.
 */
function driveCollector(): void {
  bytesSinceDrive = 0;
  for (let i = 0; i < 2000; i++) garbage = new Array(100);
  garbage = undefined;
}

/**
 * An array of zeros.
 *
 * @throws {OutOfMemoryError} there is no memory for it
 */
export function allocate(dtype: DType, length: number, operation: string): TensorData {
  if (isV8) {
    bytesSinceDrive += length * dtypes[dtype].bytes;
    if (bytesSinceDrive > driveInterval) driveCollector();
  }
  try {
    return new dtypes[dtype].array(length);
  } catch (error) {
    throw new OutOfMemoryError(`${operation}: no memory for ${length} ${dtype} values`, {
      cause: error,
    });
  }
}

/** {@linkcode allocate} for the dtype that is made most. */
export function allocateFloat32(length: number, operation: string): Float32Array {
  return allocate("float32", length, operation) as Float32Array;
}
