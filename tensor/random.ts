/**
 * Tensors of random numbers: the next values of the stream that `manualSeed` starts, the same on
 * every platform and for every number of threads.
 *
 * Source: Philox 4×32-10 of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as
 * 1, 2, 3", SC 2011.
 *
 * @module
 */

import { ShapeError } from "../ffi/errors.ts";
import { randnAligned } from "../ops/memory.ts";
import { randomBits, uniform } from "../ops/strided.ts";
import { checkShape, integer, sizeOf } from "./shape.ts";
import { type Tensor, tensorOf } from "./tensor.ts";
import { newView, viewOfArray } from "./view.ts";

/**
 * Uniformly distributed float32 numbers from 0 up to but without 1, multiples of 2^-24.
 *
 * @param shape the sizes of the axes; `[]` for a scalar
 * @throws {DTypeError} an argument is of another type
 * @throws {ShapeError} a size is not a non-negative integer
 * @throws {OutOfMemoryError} there is no memory for it
 *
 * @example
 * ```ts
 * import { allclose, manualSeed, rand } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * manualSeed(1);
 * const first = rand([2, 3]);
 * manualSeed(1);
 * assert(allclose(rand([2, 3]), first));
 * ```
 */
export function rand(shape: readonly number[]): Tensor {
  const sizes = checkShape(shape, "rand");
  const view = newView("float32", sizes, "rand");
  uniform(view.data as Float32Array);
  return tensorOf(view);
}

/**
 * Float32 numbers of the standard normal distribution.
 *
 * @param shape the sizes of the axes; `[]` for a scalar
 * @throws {DTypeError} an argument is of another type
 * @throws {ShapeError} a size is not a non-negative integer
 * @throws {OutOfMemoryError} there is no memory for it
 *
 * @example
 * ```ts
 * import { manualSeed, randn } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * manualSeed(1);
 * assert(Math.abs(randn([100, 100]).mean()) < 0.05);
 * ```
 */
export function randn(shape: readonly number[]): Tensor {
  const sizes = checkShape(shape, "randn");
  return tensorOf(viewOfArray(randnAligned(sizeOf(sizes)), "float32", sizes));
}

/**
 * Uniformly distributed int32 numbers from `low` up to but without `high`.
 *
 * @param low the least
 * @param high the first that is too large
 * @param shape the sizes of the axes; `[]` for a scalar
 * @throws {DTypeError} an argument is of another type
 * @throws {ShapeError} a bound is not an integer of int32, there is nothing between them, or a
 *   size is not a non-negative integer
 * @throws {OutOfMemoryError} there is no memory for it
 *
 * @example
 * ```ts
 * import { manualSeed, randint } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * manualSeed(1);
 * const dice = randint(1, 7, [100]);
 * assert.deepEqual([dice.min(), dice.max()], [1, 6]);
 * ```
 */
export function randint(low: number, high: number, shape: readonly number[]): Tensor {
  const least = integer(low, "randint", "low");
  const range = integer(high, "randint", "high") - least;
  if (range < 1) {
    throw new ShapeError(`randint: low is ${least}, high ${high}, expected a higher high`);
  }
  const sizes = checkShape(shape, "randint");
  const out = newView("int32", sizes, "randint");
  // 53 bits for each: no number comes noticeably more often than another (by 2^-21 at most).
  const bits = new Uint32Array(2 * out.size);
  randomBits(bits);
  const values = out.data as Int32Array;
  for (let i = 0; i < values.length; i++) {
    const unit = ((bits[2 * i] >>> 5) * 2 ** 26 + (bits[2 * i + 1] >>> 6)) * 2 ** -53;
    values[i] = least + Math.floor(unit * range);
  }
  return tensorOf(out);
}
