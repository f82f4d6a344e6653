/**
 * Reductions of a `Float32Array` view to one number.
 *
 * Results are float32 values. The order of the additions depends on the length alone, so a result
 * is the same bits on every instruction-set level, thread count and runtime. Sums are float32
 * within chunks of 2048 elements in 128 lanes and float64 beyond: at least as accurate as NumPy's
 * pairwise summation (Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed., 4.2).
 * Long views are reduced in parts of 65536 elements, whose results are combined in order.
 *
 * @module
 */

import { ShapeError } from "../ffi/errors.ts";
import { check, native } from "../ffi/native.ts";
import { ArgReductionOp, ReductionOp } from "../ffi/symbols.gen.ts";
import { checkNumber, lengthOf } from "./check.ts";

/** Where native code puts the result; read before anything else can run. */
const value = new Float32Array(1);
const index = new Uint32Array(1);

function reduce(operation: keyof typeof ReductionOp, a: Float32Array, parameter = 0): number {
  const length = lengthOf(a, operation, "a");
  check(native.reduce(ReductionOp[operation], a, length, parameter, value), operation);
  return value[0];
}

function argReduce(operation: keyof typeof ArgReductionOp, a: Float32Array): number {
  const length = lengthOf(a, operation, "a");
  check(native.arg_reduce(ArgReductionOp[operation], a, length, index), operation);
  return index[0];
}

/**
 * Sum of all elements; 0 of none.
 *
 * @param a any number of elements
 * @throws {DTypeError} an argument is of another type
 * @throws {ShapeError} the memory of a view is gone
 *
 * @example
 * ```ts
 * import { sum } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.equal(sum(Float32Array.of(1, 2, 3.5)), 6.5);
 * ```
 */
export function sum(a: Float32Array): number {
  return reduce("sum", a);
}

/**
 * Arithmetic mean; NaN of nothing.
 *
 * @param a any number of elements
 * @throws {DTypeError} an argument is of another type
 * @throws {ShapeError} the memory of a view is gone
 *
 * @example
 * ```ts
 * import { mean } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.equal(mean(Float32Array.of(1, 2, 6)), 3);
 * ```
 */
export function mean(a: Float32Array): number {
  return reduce("mean", a);
}

/**
 * Largest element; NaN if there is one. 0 is larger than -0.
 *
 * @param a at least one element
 * @throws {DTypeError} an argument is of another type
 * @throws {ShapeError} `a` is empty
 *
 * @example
 * ```ts
 * import { max } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.equal(max(Float32Array.of(1, 7, 3)), 7);
 * ```
 */
export function max(a: Float32Array): number {
  return reduce("max", a);
}

/**
 * Smallest element; NaN if there is one. -0 is smaller than 0.
 *
 * @param a at least one element
 * @throws {DTypeError} an argument is of another type
 * @throws {ShapeError} `a` is empty
 *
 * @example
 * ```ts
 * import { min } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.equal(min(Float32Array.of(1, -7, 3)), -7);
 * ```
 */
export function min(a: Float32Array): number {
  return reduce("min", a);
}

/**
 * Product of all elements, in float64 until the end; 1 of none.
 *
 * @param a any number of elements
 * @throws {DTypeError} an argument is of another type
 * @throws {ShapeError} the memory of a view is gone
 *
 * @example
 * ```ts
 * import { prod } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.equal(prod(Float32Array.of(2, 3, 4)), 24);
 * ```
 */
export function prod(a: Float32Array): number {
  return reduce("prod", a);
}

/**
 * Index of the largest element: the first NaN if there is one, else the first of equals.
 *
 * @param a at least one element
 * @throws {DTypeError} an argument is of another type
 * @throws {ShapeError} `a` is empty
 *
 * @example
 * ```ts
 * import { argmax } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.equal(argmax(Float32Array.of(1, 7, 7)), 1);
 * ```
 */
export function argmax(a: Float32Array): number {
  return argReduce("argmax", a);
}

/**
 * Index of the smallest element: the first NaN if there is one, else the first of equals.
 *
 * @param a at least one element
 * @throws {DTypeError} an argument is of another type
 * @throws {ShapeError} `a` is empty
 *
 * @example
 * ```ts
 * import { argmin } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.equal(argmin(Float32Array.of(1, -7, 3)), 1);
 * ```
 */
export function argmin(a: Float32Array): number {
  return argReduce("argmin", a);
}

/**
 * Euclidean norm √(Σ a²). The squares are float64, so nothing overflows on the way.
 *
 * @param a any number of elements
 * @throws {DTypeError} an argument is of another type
 * @throws {ShapeError} the memory of a view is gone
 *
 * @example
 * ```ts
 * import { norm } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.equal(norm(Float32Array.of(3, 4)), 5);
 * ```
 */
export function norm(a: Float32Array): number {
  return reduce("norm", a);
}

/**
 * Variance: mean squared deviation from the mean; NaN of nothing.
 *
 * One pass in float64 with sums shifted by the first element, so a large mean costs no accuracy
 * (Chan, Golub and LeVeque, "Algorithms for Computing the Sample Variance", The American
 * Statistician 37(3), 1983).
 *
 * @param a any number of elements
 * @param correction subtracted from the number of elements in the divisor: 0 as NumPy, 1 for the
 *   unbiased estimate of a sample; a divisor that is not above 0 gives NaN or Infinity
 * @throws {DTypeError} an argument is of another type
 * @throws {ShapeError} the memory of a view is gone
 *
 * @example
 * ```ts
 * import { variance } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.equal(variance(Float32Array.of(1, 3)), 1);
 * assert.equal(variance(Float32Array.of(1, 3), 1), 2);
 * ```
 */
export function variance(a: Float32Array, correction = 0): number {
  checkNumber(correction, "variance", "correction");
  return reduce("variance", a, correction);
}

/**
 * Standard deviation: the square root of {@linkcode variance}.
 *
 * @param a any number of elements
 * @param correction subtracted from the number of elements in the divisor: 0 as NumPy, 1 for the
 *   unbiased estimate of a sample; a divisor that is not above 0 gives NaN or Infinity
 * @throws {DTypeError} an argument is of another type
 * @throws {ShapeError} the memory of a view is gone
 *
 * @example
 * ```ts
 * import { std } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.equal(std(Float32Array.of(1, 3)), 1);
 * ```
 */
export function std(a: Float32Array, correction = 0): number {
  checkNumber(correction, "std", "correction");
  return reduce("std", a, correction);
}

/**
 * Σ a·b, as accurate as {@linkcode sum}; 0 of nothing.
 *
 * @param a any number of elements
 * @param b as many elements as `a`
 * @throws {DTypeError} an argument is of another type
 * @throws {ShapeError} lengths differ
 *
 * @example
 * ```ts
 * import { dot } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.equal(dot(Float32Array.of(1, 2), Float32Array.of(3, 5)), 13);
 * ```
 */
export function dot(a: Float32Array, b: Float32Array): number {
  const length = lengthOf(a, "dot", "a");
  const lengthB = lengthOf(b, "dot", "b");
  if (lengthB !== length) {
    throw new ShapeError(`dot: b has ${lengthB} elements, expected as many as a = ${length}`);
  }
  check(native.dot(a, b, length, value), "dot");
  return value[0];
}
