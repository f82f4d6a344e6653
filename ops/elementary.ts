/**
 * Roots, rounding and signs over `Float32Array` views.
 *
 * @module
 */

import { checkNumber } from "./check.ts";
import { unary } from "./elementwise.ts";

/**
 * -a, element by element. The sign bit is flipped, that of NaN and of zeros too.
 *
 * @param a any number of elements
 * @param out as many elements as `a`; may be `a` itself
 * @returns `out`, or a new array
 * @throws {DTypeError} an argument is not a `Float32Array`
 * @throws {ShapeError} `out` has another length than `a`
 * @throws {OverlapError} `out` overlaps `a` without being it
 *
 * @example
 * ```ts
 * import { neg } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(neg(Float32Array.of(1, -2, 0)), Float32Array.of(-1, 2, -0));
 * ```
 */
export function neg(a: Float32Array, out?: Float32Array): Float32Array {
  return unary("neg", a, out, 0, 0);
}

/**
 * |a|, element by element.
 *
 * @param a any number of elements
 * @param out as many elements as `a`; may be `a` itself
 * @returns `out`, or a new array
 * @throws {DTypeError} an argument is not a `Float32Array`
 * @throws {ShapeError} `out` has another length than `a`
 * @throws {OverlapError} `out` overlaps `a` without being it
 *
 * @example
 * ```ts
 * import { abs } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(abs(Float32Array.of(1, -2, -0)), Float32Array.of(1, 2, 0));
 * ```
 */
export function abs(a: Float32Array, out?: Float32Array): Float32Array {
  return unary("abs", a, out, 0, 0);
}

/**
 * -1, 0 or 1: the sign of a; zeros keep theirs and NaN stays NaN.
 *
 * @param a any number of elements
 * @param out as many elements as `a`; may be `a` itself
 * @returns `out`, or a new array
 * @throws {DTypeError} an argument is not a `Float32Array`
 * @throws {ShapeError} `out` has another length than `a`
 * @throws {OverlapError} `out` overlaps `a` without being it
 *
 * @example
 * ```ts
 * import { sign } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(sign(Float32Array.of(3, -2, 0)), Float32Array.of(1, -1, 0));
 * ```
 */
export function sign(a: Float32Array, out?: Float32Array): Float32Array {
  return unary("sign", a, out, 0, 0);
}

/**
 * a²; correctly rounded.
 *
 * @param a any number of elements
 * @param out as many elements as `a`; may be `a` itself
 * @returns `out`, or a new array
 * @throws {DTypeError} an argument is not a `Float32Array`
 * @throws {ShapeError} `out` has another length than `a`
 * @throws {OverlapError} `out` overlaps `a` without being it
 *
 * @example
 * ```ts
 * import { square } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(square(Float32Array.of(3, -0.5, 0)), Float32Array.of(9, 0.25, 0));
 * ```
 */
export function square(a: Float32Array, out?: Float32Array): Float32Array {
  return unary("square", a, out, 0, 0);
}

/**
 * Square root; correctly rounded. NaN below 0, -0 for -0.
 *
 * @param a any number of elements
 * @param out as many elements as `a`; may be `a` itself
 * @returns `out`, or a new array
 * @throws {DTypeError} an argument is not a `Float32Array`
 * @throws {ShapeError} `out` has another length than `a`
 * @throws {OverlapError} `out` overlaps `a` without being it
 *
 * @example
 * ```ts
 * import { sqrt } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(sqrt(Float32Array.of(4, 2.25, 0)), Float32Array.of(2, 1.5, 0));
 * ```
 */
export function sqrt(a: Float32Array, out?: Float32Array): Float32Array {
  return unary("sqrt", a, out, 0, 0);
}

/**
 * 1/√a, within 1 ulp. Infinite at ±0, NaN below 0.
 *
 * @param a any number of elements
 * @param out as many elements as `a`; may be `a` itself
 * @returns `out`, or a new array
 * @throws {DTypeError} an argument is not a `Float32Array`
 * @throws {ShapeError} `out` has another length than `a`
 * @throws {OverlapError} `out` overlaps `a` without being it
 *
 * @example
 * ```ts
 * import { rsqrt } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(rsqrt(Float32Array.of(4, 0.25, 1)), Float32Array.of(0.5, 2, 1));
 * ```
 */
export function rsqrt(a: Float32Array, out?: Float32Array): Float32Array {
  return unary("rsqrt", a, out, 0, 0);
}

/**
 * 1/a; correctly rounded. Infinite at ±0.
 *
 * @param a any number of elements
 * @param out as many elements as `a`; may be `a` itself
 * @returns `out`, or a new array
 * @throws {DTypeError} an argument is not a `Float32Array`
 * @throws {ShapeError} `out` has another length than `a`
 * @throws {OverlapError} `out` overlaps `a` without being it
 *
 * @example
 * ```ts
 * import { reciprocal } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(reciprocal(Float32Array.of(4, -0.5, 1)), Float32Array.of(0.25, -2, 1));
 * ```
 */
export function reciprocal(a: Float32Array, out?: Float32Array): Float32Array {
  return unary("reciprocal", a, out, 0, 0);
}

/**
 * The largest integer not above a.
 *
 * @param a any number of elements
 * @param out as many elements as `a`; may be `a` itself
 * @returns `out`, or a new array
 * @throws {DTypeError} an argument is not a `Float32Array`
 * @throws {ShapeError} `out` has another length than `a`
 * @throws {OverlapError} `out` overlaps `a` without being it
 *
 * @example
 * ```ts
 * import { floor } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(floor(Float32Array.of(1.5, -1.5, -0)), Float32Array.of(1, -2, -0));
 * ```
 */
export function floor(a: Float32Array, out?: Float32Array): Float32Array {
  return unary("floor", a, out, 0, 0);
}

/**
 * The smallest integer not below a.
 *
 * @param a any number of elements
 * @param out as many elements as `a`; may be `a` itself
 * @returns `out`, or a new array
 * @throws {DTypeError} an argument is not a `Float32Array`
 * @throws {ShapeError} `out` has another length than `a`
 * @throws {OverlapError} `out` overlaps `a` without being it
 *
 * @example
 * ```ts
 * import { ceil } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(ceil(Float32Array.of(1.5, -1.5, -0)), Float32Array.of(2, -1, -0));
 * ```
 */
export function ceil(a: Float32Array, out?: Float32Array): Float32Array {
  return unary("ceil", a, out, 0, 0);
}

/**
 * The nearest integer, of two equally near the even one (as NumPy and PyTorch, unlike
 * `Math.round`).
 *
 * @param a any number of elements
 * @param out as many elements as `a`; may be `a` itself
 * @returns `out`, or a new array
 * @throws {DTypeError} an argument is not a `Float32Array`
 * @throws {ShapeError} `out` has another length than `a`
 * @throws {OverlapError} `out` overlaps `a` without being it
 *
 * @example
 * ```ts
 * import { round } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(round(Float32Array.of(0.5, 1.5, -2.5)), Float32Array.of(0, 2, -2));
 * ```
 */
export function round(a: Float32Array, out?: Float32Array): Float32Array {
  return unary("round", a, out, 0, 0);
}

/**
 * min(max(a, low), high), as NumPy's `clip`: NaN stays NaN, and `high` wins where it is below
 * `low`.
 *
 * @param a any number of elements
 * @param low the least result
 * @param high the largest result
 * @param out as many elements as `a`; may be `a` itself
 * @returns `out`, or a new array
 * @throws {DTypeError} an argument is of another type
 * @throws {ShapeError} `out` has another length than `a`
 * @throws {OverlapError} `out` overlaps `a` without being it
 *
 * @example
 * ```ts
 * import { clamp } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(clamp(Float32Array.of(-2, 0.5, 7), 0, 1), Float32Array.of(0, 0.5, 1));
 * ```
 */
export function clamp(
  a: Float32Array,
  low: number,
  high: number,
  out?: Float32Array,
): Float32Array {
  checkNumber(low, "clamp", "low");
  checkNumber(high, "clamp", "high");
  return unary("clamp", a, out, low, high);
}
