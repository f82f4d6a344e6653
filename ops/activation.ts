/**
 * Activations of neural networks, and the functions they are made of.
 *
 * @module
 */

import { checkNumber } from "./check.ts";
import { unary } from "./elementwise.ts";

/**
 * Hyperbolic tangent, within 1 ulp.
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
 * import { tanh } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(tanh(Float32Array.of(0, -Infinity, 1e-10)), Float32Array.of(0, -1, 1e-10));
 * ```
 */
export function tanh(a: Float32Array, out?: Float32Array): Float32Array {
  return unary("tanh", a, out, 0, 0);
}

/**
 * 1 / (1 + e^-a), within 1 ulp.
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
 * import { sigmoid } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(sigmoid(Float32Array.of(0, -Infinity, 100)), Float32Array.of(0.5, 0, 1));
 * ```
 */
export function sigmoid(a: Float32Array, out?: Float32Array): Float32Array {
  return unary("sigmoid", a, out, 0, 0);
}

/**
 * The error function, within 2 ulp.
 *
 * Algorithm: piecewise polynomials (`zig/kernels/math_erf.zig`).
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
 * import { erf } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(erf(Float32Array.of(0, -0, 10)), Float32Array.of(0, -0, 1));
 * ```
 */
export function erf(a: Float32Array, out?: Float32Array): Float32Array {
  return unary("erf", a, out, 0, 0);
}

/**
 * max(a, 0); NaN stays NaN.
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
 * import { relu } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(relu(Float32Array.of(1, -2, 0)), Float32Array.of(1, 0, 0));
 * ```
 */
export function relu(a: Float32Array, out?: Float32Array): Float32Array {
  return unary("relu", a, out, 0, 0);
}

/**
 * a where it is above 0, slope·a elsewhere; NaN stays NaN.
 *
 * @param a any number of elements
 * @param slope of the negative side
 * @param out as many elements as `a`; may be `a` itself
 * @returns `out`, or a new array
 * @throws {DTypeError} an argument is of another type
 * @throws {ShapeError} `out` has another length than `a`
 * @throws {OverlapError} `out` overlaps `a` without being it
 *
 * @example
 * ```ts
 * import { leakyRelu } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(leakyRelu(Float32Array.of(2, -2), 0.25), Float32Array.of(2, -0.5));
 * ```
 */
export function leakyRelu(a: Float32Array, slope = 0.01, out?: Float32Array): Float32Array {
  checkNumber(slope, "leakyRelu", "slope");
  return unary("leakyRelu", a, out, slope, 0);
}

/**
 * a·Φ(a) with the normal distribution Φ, not an approximation of it; within 2 ulp, relative
 * error in the negative tail included. As `torch.nn.functional.gelu`; Hendrycks and Gimpel,
 * "Gaussian Error Linear Units", 2016.
 *
 * Algorithm: piecewise polynomials (`zig/kernels/math_erf.zig`).
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
 * import { gelu } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(gelu(Float32Array.of(0, -Infinity, 100)), Float32Array.of(0, -0, 100));
 * ```
 */
export function gelu(a: Float32Array, out?: Float32Array): Float32Array {
  return unary("gelu", a, out, 0, 0);
}

/**
 * a·sigmoid(a), within 1 ulp.
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
 * import { silu } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(silu(Float32Array.of(0, -Infinity, 100)), Float32Array.of(0, -0, 100));
 * ```
 */
export function silu(a: Float32Array, out?: Float32Array): Float32Array {
  return unary("silu", a, out, 0, 0);
}

/**
 * log(1 + e^a), within 1 ulp and without overflow.
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
 * import { softplus } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(softplus(Float32Array.of(-Infinity, 100, Infinity)), Float32Array.of(0, 100, Infinity));
 * ```
 */
export function softplus(a: Float32Array, out?: Float32Array): Float32Array {
  return unary("softplus", a, out, 0, 0);
}
