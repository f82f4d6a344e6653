/**
 * Exponentials and logarithms over `Float32Array` views.
 *
 * @module
 */

import { unary } from "./elementwise.ts";

/**
 * e^a, within 1 ulp; results below the normal range are not flushed.
 *
 * Algorithm: Cody and Waite, "Software Manual for the Elementary Functions", 1980: argument reduction by
 * multiples of ln 2, then a polynomial (`zig/kernels/math_exp.zig`).
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
 * import { exp } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(exp(Float32Array.of(0, -Infinity, Infinity)), Float32Array.of(1, 0, Infinity));
 * ```
 */
export function exp(a: Float32Array, out?: Float32Array): Float32Array {
  return unary("exp", a, out, 0, 0);
}

/**
 * 2^a, within 1 ulp.
 *
 * Algorithm: Cody and Waite, "Software Manual for the Elementary Functions", 1980: argument reduction by
 * multiples of ln 2, then a polynomial (`zig/kernels/math_exp.zig`).
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
 * import { exp2 } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(exp2(Float32Array.of(0, 3, -1)), Float32Array.of(1, 8, 0.5));
 * ```
 */
export function exp2(a: Float32Array, out?: Float32Array): Float32Array {
  return unary("exp2", a, out, 0, 0);
}

/**
 * e^a - 1 without cancellation near 0, within 1 ulp.
 *
 * Algorithm: Cody and Waite, "Software Manual for the Elementary Functions", 1980: argument reduction by
 * multiples of ln 2, then a polynomial (`zig/kernels/math_exp.zig`).
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
 * import { expm1 } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(expm1(Float32Array.of(0, 1e-10, -Infinity)), Float32Array.of(0, 1e-10, -1));
 * ```
 */
export function expm1(a: Float32Array, out?: Float32Array): Float32Array {
  return unary("expm1", a, out, 0, 0);
}

/**
 * Natural logarithm, within 1 ulp. -Infinity at ±0, NaN below 0.
 *
 * Algorithm: Cody and Waite, "Software Manual for the Elementary Functions", 1980: exponent and mantissa
 * apart, then a polynomial (`zig/kernels/math_log.zig`).
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
 * import { log } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(log(Float32Array.of(1, 0, Infinity)), Float32Array.of(0, -Infinity, Infinity));
 * ```
 */
export function log(a: Float32Array, out?: Float32Array): Float32Array {
  return unary("log", a, out, 0, 0);
}

/**
 * Logarithm to base 2, within 1 ulp.
 *
 * Algorithm: Cody and Waite, "Software Manual for the Elementary Functions", 1980: exponent and mantissa
 * apart, then a polynomial (`zig/kernels/math_log.zig`).
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
 * import { log2 } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(log2(Float32Array.of(1, 8, 0.5)), Float32Array.of(0, 3, -1));
 * ```
 */
export function log2(a: Float32Array, out?: Float32Array): Float32Array {
  return unary("log2", a, out, 0, 0);
}

/**
 * Logarithm to base 10, within 1 ulp.
 *
 * Algorithm: Cody and Waite, "Software Manual for the Elementary Functions", 1980: exponent and mantissa
 * apart, then a polynomial (`zig/kernels/math_log.zig`).
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
 * import { log10 } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(log10(Float32Array.of(1, 1000, 10)), Float32Array.of(0, 3, 1));
 * ```
 */
export function log10(a: Float32Array, out?: Float32Array): Float32Array {
  return unary("log10", a, out, 0, 0);
}

/**
 * log(1 + a) without cancellation near 0, within 1 ulp. -Infinity at -1.
 *
 * Algorithm: Cody and Waite, "Software Manual for the Elementary Functions", 1980: exponent and mantissa
 * apart, then a polynomial (`zig/kernels/math_log.zig`).
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
 * import { log1p } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(log1p(Float32Array.of(0, 1e-10, -1)), Float32Array.of(0, 1e-10, -Infinity));
 * ```
 */
export function log1p(a: Float32Array, out?: Float32Array): Float32Array {
  return unary("log1p", a, out, 0, 0);
}
