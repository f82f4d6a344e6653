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

import { runtime } from "../ffi/runtime.ts";
import { alignedPart, largePages, noMemory, unfilledFloat32s } from "../ops/check.ts";
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

/** Arrays made since the collector of V8 was last driven on, in bytes. */
let bytesSinceDrive = 0;
const driveInterval = 8 * 2 ** 20;
const isV8 = runtime.name === "deno";
/** Keeps the compiler from seeing that they are not used. */
const garbage: unknown[] = [];

/**
 * V8 starts to mark when arrays have grown by some 64 MB, and no other collection runs until that
 * is done; but marking advances as ordinary objects are made, of which a loop over large arrays
 * makes few. Unless some are made in proportion, the memory of dropped arrays goes up by 400 MB
 * before it is found; with them by about 100. This is 3.2 MB of objects, 0.4 ms, for every 8 MB: it
 * pays for itself, as pages that come back soon are still in the caches and need no fault.
 */
function driveCollector(): void {
  bytesSinceDrive = 0;
  if (!isAllocatorTaught) teachAllocator();
  for (let i = 0; i < 4000; i++) garbage[0] = new Array(100);
  garbage.length = 0;
}

let isAllocatorTaught = false;

/**
 * The C library of Linux takes arrays from the system, page by page, and gives them back, unless it
 * has seen a larger one being freed (`M_MMAP_THRESHOLD` in mallopt(3)): those it keeps at hand. So
 * it is shown one of the largest size that it learns from, no page of which is ever touched.
 * Results of 1 MB in a loop take 84 instead of 122 µs, of 4 MB 446 instead of 645.
 */
function teachAllocator(): void {
  isAllocatorTaught = true;
  if (runtime.os === "linux") garbage[0] = new ArrayBuffer(2 ** 25 - 2 ** 16);
}

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
  if (isV8) {
    bytesSinceDrive += length * dtypes[dtype].bytes;
    if (bytesSinceDrive > driveInterval) driveCollector();
  }
  try {
    if (isV8 && dtype === "float32" && length <= slabbedMax && length > 0) return fromSlab(length);
    if (isV8 && dtype === "float32" && length >= alignedMin) return aligned(length);
    const data = purpose === Purpose.result && dtype === "float32"
      ? unfilledFloat32s(length)
      : new dtypes[dtype].array(length);
    return new Storage(largePages(data), "own");
  } catch (error) {
    throw noMemory(length, dtype, operation, error);
  }
}

/** Bytes of a line of the cache: stores across two of them take longer. */
const lineBytes = 64;

/** Smaller arrays gain less than finding their address takes. */
const alignedMin = 16384;

/** An array that begins with a line of the cache, which is so in Bun and not in V8. */
function aligned(length: number): Storage {
  const spacious = largePages(new Float32Array(length + lineBytes / 4));
  return new Storage(alignedPart(spacious, length, lineBytes), "own");
}

/** Larger arrays have buffers of their own. */
const slabbedMax = 2048;

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
function fromSlab(length: number): Storage {
  const sizeClass = Math.max(0, 28 - Math.clz32(length - 1));
  const bytes = 64 << sizeClass;
  const slab = slabs[sizeClass];
  if (slab.next === slab.buffer.byteLength) {
    slab.buffer = new ArrayBuffer(slabParts * bytes);
    slab.next = 0;
  }
  const data = new Float32Array(slab.buffer, slab.next, length);
  slab.next += bytes;
  return new Storage(data, "slab");
}
