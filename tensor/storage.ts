/**
 * Memory for results.
 *
 * An array that nothing refers to any more is found by the garbage collector alone: nothing else
 * knows when the last view of its buffer is gone, which may live on in another Worker.
 *
 * @module
 */

import { newBuffer, newZeros, recycledMin } from "../ffi/native.ts";
import { runtime } from "../ffi/runtime.ts";
import { noMemory } from "../ops/check.ts";
import { type DType, dtypes, type TensorData } from "./dtype.ts";

/** Where the memory of a storage comes from. */
type Origin = "own" | "slab" | "foreign";

/** The memory that a tensor and its views share. */
export class Storage {
  #data: TensorData;
  #origin: Origin;

  /** Memory that somebody else knows is "foreign"; a part of a slab has neighbours. */
  constructor(data: TensorData, origin: Origin) {
    this.#data = data;
    this.#origin = origin;
  }

  get data(): TensorData {
    return this.#data;
  }

  /**
   * The array for somebody who may do with its buffer as he likes, transfer it to a Worker say.
   * What has neighbours in its buffer moves to one of its own, with all views.
   */
  expose(): TensorData {
    if (this.#origin === "slab") {
      this.#data = this.#data.slice();
      this.#origin = "own";
    }
    return this.#data;
  }

  /** Whether both may lie in the same memory. Results have theirs for themselves. */
  mayOverlap(other: Storage): boolean {
    if (this === other) return true;
    if (this.#origin !== "foreign" && other.#origin !== "foreign") return false;
    return this.#data.buffer === other.#data.buffer;
  }
}

const isV8 = runtime.name === "deno";

/** What the memory for a tensor is for. */
export const Purpose = {
  /** Zeros. */
  values: 0,
  /** It may hold anything: every value is written before anybody else sees it. */
  result: 1,
} as const;
export type Purpose = typeof Purpose[keyof typeof Purpose];

/**
 * A new array.
 *
 * @throws {OutOfMemoryError} there is no memory for it
 */
export function allocate(
  dtype: DType,
  length: number,
  purpose: Purpose,
  operation: string,
): Storage {
  const { array, bytes } = dtypes[dtype];
  try {
    if (length * bytes < recycledMin) {
      const isSlabbed = isV8 && dtype === "float32" && length > 0;
      return isSlabbed ? fromSlab(length, purpose) : new Storage(new array(length), "own");
    }
    const makeBuffer = purpose === Purpose.values ? newZeros : newBuffer;
    return new Storage(new array(makeBuffer(length * bytes)), "own");
  } catch (error) {
    throw noMemory(length, dtype, operation, error);
  }
}

/** Arrays of a slab: as many as one that is still in use keeps from being freed. */
const slabParts = 8;

/** What is left of the last slab of a size class. */
interface Slab {
  buffer: ArrayBuffer;
  next: number;
}

/** By the logarithm of the number of elements, from 16 on. */
const slabs: Slab[] = Array.from({ length: 8 }, () => ({ buffer: new ArrayBuffer(0), next: 0 }));

/**
 * A part of a buffer that serves a few arrays of about one size, in turn and each once. In V8 a
 * buffer costs 0.4 to 1.7 µs, as much as the work on it, and a view of one 0.03 µs.
 */
function fromSlab(length: number, purpose: Purpose): Storage {
  const sizeClass = Math.max(0, 28 - Math.clz32(length - 1));
  const bytes = 64 << sizeClass;
  const slab = slabs[sizeClass];
  if (slab.next === slab.buffer.byteLength) {
    slab.buffer = newBuffer(slabParts * bytes);
    slab.next = 0;
  }
  const data = new Float32Array(slab.buffer, slab.next, length);
  slab.next += bytes;
  return new Storage(purpose === Purpose.values ? data.fill(0) : data, "slab");
}
