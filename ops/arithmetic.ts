/**
 * Arithmetic over `Float32Array` views and numbers.
 *
 * @module
 */

import { binary, type Operand, ternary } from "./elementwise.ts";

export type { Operand } from "./elementwise.ts";

/**
 * a + b; correctly rounded.
 *
 * @param a a view, or a number that meets every element of `b`
 * @param b as many elements as `a`, or a number
 * @param out as many elements as the inputs; may be one of them
 * @returns `out`, or a new array
 * @throws {DTypeError} an argument is of another type, or both inputs are numbers
 * @throws {ShapeError} lengths differ
 * @throws {OverlapError} `out` overlaps an input without being it
 *
 * @example
 * ```ts
 * import { add } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(add(Float32Array.of(1, 2), 10), Float32Array.of(11, 12));
 * ```
 */
export function add(a: Operand, b: Operand, out?: Float32Array): Float32Array {
  return binary("add", a, b, out);
}

/**
 * a - b; correctly rounded.
 *
 * @param a a view, or a number that meets every element of `b`
 * @param b as many elements as `a`, or a number
 * @param out as many elements as the inputs; may be one of them
 * @returns `out`, or a new array
 * @throws {DTypeError} an argument is of another type, or both inputs are numbers
 * @throws {ShapeError} lengths differ
 * @throws {OverlapError} `out` overlaps an input without being it
 *
 * @example
 * ```ts
 * import { sub } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(sub(Float32Array.of(1, 2), Float32Array.of(3, 5)), Float32Array.of(-2, -3));
 * ```
 */
export function sub(a: Operand, b: Operand, out?: Float32Array): Float32Array {
  return binary("sub", a, b, out);
}

/**
 * a · b; correctly rounded.
 *
 * @param a a view, or a number that meets every element of `b`
 * @param b as many elements as `a`, or a number
 * @param out as many elements as the inputs; may be one of them
 * @returns `out`, or a new array
 * @throws {DTypeError} an argument is of another type, or both inputs are numbers
 * @throws {ShapeError} lengths differ
 * @throws {OverlapError} `out` overlaps an input without being it
 *
 * @example
 * ```ts
 * import { mul } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(mul(Float32Array.of(1, 2), Float32Array.of(3, 5)), Float32Array.of(3, 10));
 * ```
 */
export function mul(a: Operand, b: Operand, out?: Float32Array): Float32Array {
  return binary("mul", a, b, out);
}

/**
 * a / b; correctly rounded, by IEEE 754 at 0 and at infinities.
 *
 * @param a a view, or a number that meets every element of `b`
 * @param b as many elements as `a`, or a number
 * @param out as many elements as the inputs; may be one of them
 * @returns `out`, or a new array
 * @throws {DTypeError} an argument is of another type, or both inputs are numbers
 * @throws {ShapeError} lengths differ
 * @throws {OverlapError} `out` overlaps an input without being it
 *
 * @example
 * ```ts
 * import { div } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(div(1, Float32Array.of(4, 0)), Float32Array.of(0.25, Infinity));
 * ```
 */
export function div(a: Operand, b: Operand, out?: Float32Array): Float32Array {
  return binary("div", a, b, out);
}

/**
 * a to the power of b, within 2 ulp, squares correctly rounded; the special cases are those of C99
 * Annex F (as NumPy): pow(x, 0) and pow(1, y) are 1, a negative base with a fractional exponent is
 * NaN.
 *
 * @param a a view, or a number that meets every element of `b`
 * @param b as many elements as `a`, or a number
 * @param out as many elements as the inputs; may be one of them
 * @returns `out`, or a new array
 * @throws {DTypeError} an argument is of another type, or both inputs are numbers
 * @throws {ShapeError} lengths differ
 * @throws {OverlapError} `out` overlaps an input without being it
 *
 * @example
 * ```ts
 * import { pow } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(pow(Float32Array.of(2, -2), 3), Float32Array.of(8, -8));
 * ```
 */
export function pow(a: Operand, b: Operand, out?: Float32Array): Float32Array {
  return binary("pow", a, b, out);
}

/**
 * The larger of a and b; NaN if either is NaN, +0 above -0.
 *
 * @param a a view, or a number that meets every element of `b`
 * @param b as many elements as `a`, or a number
 * @param out as many elements as the inputs; may be one of them
 * @returns `out`, or a new array
 * @throws {DTypeError} an argument is of another type, or both inputs are numbers
 * @throws {ShapeError} lengths differ
 * @throws {OverlapError} `out` overlaps an input without being it
 *
 * @example
 * ```ts
 * import { maximum } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(maximum(Float32Array.of(1, 5), 3), Float32Array.of(3, 5));
 * ```
 */
export function maximum(a: Operand, b: Operand, out?: Float32Array): Float32Array {
  return binary("maximum", a, b, out);
}

/**
 * The smaller of a and b; NaN if either is NaN, -0 below +0.
 *
 * @param a a view, or a number that meets every element of `b`
 * @param b as many elements as `a`, or a number
 * @param out as many elements as the inputs; may be one of them
 * @returns `out`, or a new array
 * @throws {DTypeError} an argument is of another type, or both inputs are numbers
 * @throws {ShapeError} lengths differ
 * @throws {OverlapError} `out` overlaps an input without being it
 *
 * @example
 * ```ts
 * import { minimum } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(minimum(Float32Array.of(1, 5), 3), Float32Array.of(1, 3));
 * ```
 */
export function minimum(a: Operand, b: Operand, out?: Float32Array): Float32Array {
  return binary("minimum", a, b, out);
}

/**
 * a · b + c with one rounding.
 *
 * @param a a view, or a number that meets every element
 * @param b as many elements as the other views, or a number
 * @param c as many elements as the other views, or a number
 * @param out as many elements as the inputs; may be one of them
 * @returns `out`, or a new array
 * @throws {DTypeError} an argument is of another type, or all inputs are numbers
 * @throws {ShapeError} lengths differ
 * @throws {OverlapError} `out` overlaps an input without being it
 *
 * @example
 * ```ts
 * import { fma } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(fma(Float32Array.of(2, 3), 10, Float32Array.of(1, 2)), Float32Array.of(21, 32));
 * ```
 */
export function fma(a: Operand, b: Operand, c: Operand, out?: Float32Array): Float32Array {
  return ternary("fma", a, b, c, out);
}
