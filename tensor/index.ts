/**
 * Single elements, and elements that other tensors choose.
 *
 * @module
 */

import { DTypeError, ShapeError } from "../ffi/errors.ts";
import { describe } from "../ops/check.ts";
import { gatherTyped, takeTyped } from "../ops/typed.ts";
import { contiguous, flat } from "./copy.ts";
import { checkWritable } from "./elementwise.ts";
import { Category, dtypes } from "./dtype.ts";
import { checkAxis, checkIndex, checkShape, show, type Sizes } from "./shape.ts";
import { checkAlive, elementsOf, newView, type View } from "./view.ts";

/** The offset of the element that has one index per axis. */
function offsetOf(view: View, indices: Sizes, operation: string): number {
  const { shape, strides } = view;
  if (indices.length !== shape.length) {
    throw new ShapeError(
      `${operation}: ${indices.length} indices for the ${shape.length} axes ` +
        `of shape ${show(shape)}`,
    );
  }
  let offset = view.offset;
  for (let axis = 0; axis < shape.length; axis++) {
    const name = `index of axis ${axis}`;
    offset += strides[axis] * checkIndex(indices[axis], shape[axis], operation, name, shape);
  }
  checkAlive(view, operation);
  return offset;
}

/** A number as its dtype shows it. */
export function valueOf(view: View, stored: number): number | boolean {
  return view.dtype === "bool" ? stored !== 0 : stored;
}

export function at(view: View, indices: Sizes): number | boolean {
  return valueOf(view, view.data[offsetOf(view, indices, "at")]);
}

export function set(view: View, value: number | boolean, indices: Sizes): void {
  if (typeof value !== "number" && typeof value !== "boolean") {
    throw new DTypeError(`set: value is ${describe(value)}, expected a number or a boolean`);
  }
  const offset = offsetOf(view, indices, "set");
  checkWritable(view, "set");
  view.data[offset] = view.dtype === "bool" ? Number(Boolean(value)) : Number(value);
}

/** The elements of an index side by side. */
function readIndices(index: View, operation: string): Int32Array {
  if (dtypes[index.dtype].category !== Category.integer) {
    throw new DTypeError(
      `${operation}: indices are of dtype ${index.dtype}, expected int32, int8 or uint8`,
    );
  }
  checkAlive(index, operation);
  return flat(index, "int32", operation);
}

/** Throws for the first index that is not within an axis. */
function rejectIndices(indices: Int32Array, on: number, shape: Sizes, operation: string): never {
  const size = shape[on];
  const wrong = indices.find((i) => i < -size || i >= size)!;
  checkIndex(wrong, size, operation, "an index", shape);
  throw new ShapeError(`${operation}: the indices changed while they were read`);
}

/** out[i][j] = view[index[i][j]][j] (for axis 0), as `torch.gather`. */
export function gather(view: View, axis: number, index: View): View {
  const { shape } = view;
  const on = checkAxis(axis, shape, "gather");
  const fits = index.shape.length === shape.length &&
    index.shape.every((size, other) => other === on || size <= shape[other]);
  if (!fits) {
    throw new ShapeError(
      `gather: the index of shape ${show(index.shape)} does not fit shape ${show(shape)}, ` +
        `expected no larger sizes but on axis ${on}`,
    );
  }
  const chosen = readIndices(index, "gather");
  checkAlive(view, "gather");
  const out = newView(view.dtype, index.shape, "gather");
  if (out.size === 0) return out;
  if (shape[on] === 0 || !gatherTyped(view, on, chosen, out, "gather")) {
    rejectIndices(chosen, on, shape, "gather");
  }
  return out;
}

/** Entries of an axis, in the order of the indices; as `torch.index_select`. */
export function indexSelect(view: View, axis: number, index: View): View {
  const { shape } = view;
  const on = checkAxis(axis, shape, "indexSelect");
  if (index.shape.length !== 1) {
    throw new ShapeError(
      `indexSelect: the indices have shape ${show(index.shape)}, ` +
        `expected one axis to choose from axis ${on} of shape ${show(shape)}`,
    );
  }
  const chosen = readIndices(index, "indexSelect");
  checkAlive(view, "indexSelect");
  const sizes = checkShape(shape.with(on, chosen.length), "indexSelect");
  const out = newView(view.dtype, sizes, "indexSelect");
  const from = {
    data: elementsOf(contiguous(view, "indexSelect"), "indexSelect"),
    dtype: view.dtype,
  };
  if (!takeTyped(from, shape, on, chosen, out, "indexSelect")) {
    rejectIndices(chosen, on, shape, "indexSelect");
  }
  return out;
}
