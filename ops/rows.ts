/**
 * Operations over each row of a row-major matrix.
 *
 * @module
 */

import { check, native } from "../ffi/native.ts";
import { RowWiseOp } from "../ffi/symbols.gen.ts";
import { checkLength, checkNumber, checkOptions, checkSize, outOrNew } from "./check.ts";

function rowWise(
  operation: keyof typeof RowWiseOp,
  a: Float32Array,
  rows: number,
  cols: number,
  out: Float32Array | undefined,
): Float32Array {
  checkSize(rows, operation, "rows");
  checkSize(cols, operation, "cols");
  checkLength(a, rows * cols, operation, "a", "rows·cols");
  const result = outOrNew(out, rows * cols, operation, "rows·cols");
  check(native.row_wise(RowWiseOp[operation], a, result, rows, cols), operation);
  return result;
}

/**
 * Softmax of each row: exp(x - max) / Σ exp(x - max). A row that holds NaN or +Infinity, or
 * nothing but -Infinity, gives NaN, as PyTorch.
 *
 * @param a rows·cols elements, row-major
 * @param rows number of rows
 * @param cols elements of a row
 * @param out rows·cols elements; may be `a` itself
 * @returns `out`, or a new array
 * @throws {DTypeError} an argument is of another type
 * @throws {ShapeError} a size is not a non-negative integer, or a view has not rows·cols elements
 * @throws {OverlapError} `out` overlaps `a` without being it
 *
 * @example
 * ```ts
 * import { softmax } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(softmax(Float32Array.of(1, 1, 0, -Infinity), 2, 2), Float32Array.of(0.5, 0.5, 1, 0));
 * ```
 */
export function softmax(
  a: Float32Array,
  rows: number,
  cols: number,
  out?: Float32Array,
): Float32Array {
  return rowWise("softmax", a, rows, cols, out);
}

/**
 * Logarithm of {@linkcode softmax}, without going through it: x - max - log Σ exp(x - max).
 *
 * @param a rows·cols elements, row-major
 * @param rows number of rows
 * @param cols elements of a row
 * @param out rows·cols elements; may be `a` itself
 * @returns `out`, or a new array
 * @throws {DTypeError} an argument is of another type
 * @throws {ShapeError} a size is not a non-negative integer, or a view has not rows·cols elements
 * @throws {OverlapError} `out` overlaps `a` without being it
 *
 * @example
 * ```ts
 * import { logSoftmax } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(logSoftmax(Float32Array.of(0, -Infinity), 1, 2), Float32Array.of(0, -Infinity));
 * ```
 */
export function logSoftmax(
  a: Float32Array,
  rows: number,
  cols: number,
  out?: Float32Array,
): Float32Array {
  return rowWise("logSoftmax", a, rows, cols, out);
}

/** Options of {@linkcode layerNorm}. */
export interface LayerNormOptions {
  /** Factors of the normalised elements, one per column; 1 by default. */
  weight?: Float32Array;
  /** Terms added after that, one per column; 0 by default. */
  bias?: Float32Array;
  /** Added to the variance, 1e-5 by default. */
  epsilon?: number;
}

const noOptions: LayerNormOptions = {};
const operandNames = ["a", "weight", "bias"] as const;

/**
 * Layer normalisation of each row: (x - mean) / √(variance + epsilon) · weight + bias, with the
 * variance of the whole row (correction 0). Mean and variance are float64.
 *
 * Source: Ba, Kiros and Hinton, "Layer Normalization", 2016, section 3.
 *
 * @param a rows·cols elements, row-major
 * @param rows number of rows
 * @param cols elements of a row
 * @param options weight and bias (cols elements each) and epsilon
 * @param out rows·cols elements; may be `a` itself
 * @returns `out`, or a new array
 * @throws {DTypeError} an argument is of another type
 * @throws {ShapeError} a size is not a non-negative integer, or a view has another length
 * @throws {OverlapError} `out` overlaps an input without being `a`
 *
 * @example
 * ```ts
 * import { layerNorm } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * const rows = layerNorm(Float32Array.of(1, 3, 10, 30), 2, 2, { epsilon: 0 });
 * assert.deepEqual(rows, Float32Array.of(-1, 1, -1, 1));
 * ```
 */
export function layerNorm(
  a: Float32Array,
  rows: number,
  cols: number,
  options: LayerNormOptions = noOptions,
  out?: Float32Array,
): Float32Array {
  checkOptions(options, "layerNorm", "options");
  const { weight, bias, epsilon = 1e-5 } = options;
  checkNumber(epsilon, "layerNorm", "epsilon");
  checkSize(rows, "layerNorm", "rows");
  checkSize(cols, "layerNorm", "cols");
  checkLength(a, rows * cols, "layerNorm", "a", "rows·cols");
  if (weight !== undefined) checkLength(weight, cols, "layerNorm", "weight", "cols");
  if (bias !== undefined) checkLength(bias, cols, "layerNorm", "bias", "cols");
  const result = outOrNew(out, rows * cols, "layerNorm", "rows·cols");
  const status = native.layer_norm(a, weight ?? null, bias ?? null, result, rows, cols, epsilon);
  check(status, "layerNorm", operandNames);
  return result;
}
