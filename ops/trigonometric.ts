/**
 * Trigonometric functions over `Float32Array` views.
 *
 * @module
 */

import { unary } from "./elementwise.ts";

/**
 * Sine of radians, within 1 ulp for every finite input; NaN at ±Infinity.
 *
 * Algorithm: Cody and Waite, 1980, for small arguments; Payne and Hanek, "Radian reduction for trigonometric
 * functions", SIGNUM Newsletter 18, 1983, for large ones (`zig/kernels/math_trig.zig`).
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
 * import { sin } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(sin(Float32Array.of(0, -0, 1e-10)), Float32Array.of(0, -0, 1e-10));
 * ```
 */
export function sin(a: Float32Array, out?: Float32Array): Float32Array {
  return unary("sin", a, out, 0, 0);
}

/**
 * Cosine of radians, within 1 ulp for every finite input; NaN at ±Infinity.
 *
 * Algorithm: Cody and Waite, 1980, for small arguments; Payne and Hanek, "Radian reduction for trigonometric
 * functions", SIGNUM Newsletter 18, 1983, for large ones (`zig/kernels/math_trig.zig`).
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
 * import { cos } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(cos(Float32Array.of(0, -0, 1e-10)), Float32Array.of(1, 1, 1));
 * ```
 */
export function cos(a: Float32Array, out?: Float32Array): Float32Array {
  return unary("cos", a, out, 0, 0);
}

/**
 * Tangent of radians, within 2 ulp for every finite input; NaN at ±Infinity.
 *
 * Algorithm: Cody and Waite, 1980, for small arguments; Payne and Hanek, "Radian reduction for trigonometric
 * functions", SIGNUM Newsletter 18, 1983, for large ones (`zig/kernels/math_trig.zig`).
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
 * import { tan } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(tan(Float32Array.of(0, -0, 1e-10)), Float32Array.of(0, -0, 1e-10));
 * ```
 */
export function tan(a: Float32Array, out?: Float32Array): Float32Array {
  return unary("tan", a, out, 0, 0);
}
