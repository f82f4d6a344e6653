/**
 * Copies: to row-major order, to another dtype, into a view.
 *
 * @module
 */

import { copyStrided } from "../ops/strided.ts";
import { copyTyped } from "../ops/typed.ts";
import type { DType, TensorData } from "./dtype.ts";
import { isSame } from "./shape.ts";
import { checkAlive, elementsOf, isFloat32, mayOverlap, newView, type View } from "./view.ts";

const setAll = Uint8Array.prototype.set as (this: TensorData, from: TensorData) => void;

/** Writes the elements of `from` to those of `to`, which has the same shape and other memory. */
export function copyInto(from: View, to: View, operation: string): void {
  if (from.size === 0) return;
  checkAlive(from, operation);
  checkAlive(to, operation);
  if (isFloat32(from) && isFloat32(to)) return copyStrided(from, to);
  if (from.dtype === to.dtype && from.isContiguous && to.isContiguous) {
    setAll.call(elementsOf(to, operation), elementsOf(from, operation));
  } else {
    copyTyped(from, to, operation);
  }
}

/** A row-major copy, of another dtype if need be. */
export function copyOf(view: View, operation: string, dtype: DType = view.dtype): View {
  const result = newView(dtype, view.shape, operation);
  copyInto(view, result, operation);
  return result;
}

/** The view itself if it is row-major, else a copy. */
export function contiguous(view: View, operation: string): View {
  return view.isContiguous ? view : copyOf(view, operation);
}

/** The view itself if it is of that dtype, else a row-major copy. */
export function cast(view: View, dtype: DType, operation: string): View {
  return view.dtype === dtype ? view : copyOf(view, operation, dtype);
}

/** What dtypes without native arithmetic are computed in: floats in float64, all others in int32. */
export interface Flat {
  float64: Float64Array;
  int32: Int32Array;
}

export type FlatArray = Flat[keyof Flat];

/** The elements side by side in a dtype, in row-major order: themselves, or copied. */
export function flat<D extends keyof Flat>(view: View, dtype: D, operation: string): Flat[D] {
  return elementsOf(contiguous(cast(view, dtype, operation), operation), operation) as Flat[D];
}

/**
 * An operand whose elements may be read while those of `out` are written: itself where it is the
 * same view or lies elsewhere, else a copy.
 */
export function apartFrom(out: View, operand: View, operation: string): View {
  if (!mayOverlap(out, operand)) return operand;
  const isSameView = operand.storage === out.storage && operand.dtype === out.dtype &&
    operand.offset === out.offset && isSame(operand.shape, out.shape) &&
    isSame(operand.strides, out.strides);
  return isSameView ? operand : copyOf(operand, operation);
}
