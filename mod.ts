/**
 * zigtorch: tensor operations at native speed for Deno and Bun, over `Float32Array` views and
 * without copies.
 *
 * @example
 * ```ts
 * import { add, matmul, sum } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * const a = Float32Array.of(1, 2, 3, 4); // 2×2, row-major
 * const product = matmul(a, a, 2, 2, 2);
 * assert.deepEqual(product, Float32Array.of(7, 10, 15, 22));
 * assert.equal(sum(add(product, 1)), 58);
 * ```
 *
 * @module
 */

export * from "./ffi/errors.ts";
export * from "./ops/activation.ts";
export * from "./ops/arithmetic.ts";
export * from "./ops/elementary.ts";
export * from "./ops/exponential.ts";
export * from "./ops/info.ts";
export * from "./ops/matrix.ts";
export * from "./ops/memory.ts";
export * from "./ops/reduce.ts";
export * from "./ops/rows.ts";
export * from "./ops/threads.ts";
export * from "./ops/trigonometric.ts";
export type { DType, TensorData } from "./tensor/dtype.ts";
export * from "./tensor/create.ts";
export * from "./tensor/join.ts";
export type { Nested } from "./tensor/nested.ts";
export * from "./tensor/random.ts";
export type { ReduceOptions, VarianceOptions } from "./tensor/reduce.ts";
export type { SliceEntry } from "./tensor/slice.ts";
export { type Axes, Tensor } from "./tensor/tensor.ts";
