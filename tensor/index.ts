/**
 * Single elements, and elements that other tensors choose.
 *
 * @module
 */

import { DTypeError, ShapeError } from "../ffi/errors.ts";
import { describe } from "../ops/check.ts";
import { contiguous } from "./copy.ts";
import { checkWritable } from "./elementwise.ts";
import { Category, dtypes } from "./dtype.ts";
import { checkAxis, checkIndex, checkShape, show, sizeOf, type Sizes } from "./shape.ts";
import { forEachElement, forEachRow } from "./walk.ts";
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

/** The elements of an index as integers from 0 on, in row-major order. */
function readIndices(index: View, size: number, operation: string, shape: Sizes): number[] {
  if (dtypes[index.dtype].category !== Category.integer) {
    throw new DTypeError(
      `${operation}: indices are of dtype ${index.dtype}, expected int32, int8 or uint8`,
    );
  }
  checkAlive(index, operation);
  const result: number[] = [];
  forEachElement(index, (i) => {
    if (i < -size || i >= size) checkIndex(i, size, operation, "an index", shape);
    result.push(i < 0 ? i + size : i);
  });
  return result;
}

/** out[i][j] = view[index[i][j]][j] (for axis 0), as `torch.gather`. */
export function gather(view: View, axis: number, index: View): View {
  const { shape, strides } = view;
  const on = checkAxis(axis, shape, "gather");
  const fits = index.shape.length === shape.length &&
    index.shape.every((size, other) => other === on || size <= shape[other]);
  if (!fits) {
    throw new ShapeError(
      `gather: the index of shape ${show(index.shape)} does not fit shape ${show(shape)}, ` +
        `expected no larger sizes but on axis ${on}`,
    );
  }
  const chosen = readIndices(index, shape[on], "gather", shape);
  checkAlive(view, "gather");
  const out = newView(view.dtype, index.shape, "gather");
  const [from, to] = [view.data, out.data];
  // Along the gathered axis the index alone says where the element lies.
  const others = { strides: strides.with(on, 0), offset: view.offset };
  let next = 0;
  forEachRow(index.shape, [others], ([start], count, [step]) => {
    for (let n = 0; n < count; n++, next++) {
      to[next] = from[start + n * step + chosen[next] * strides[on]];
    }
  });
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
  const size = shape[on];
  const chosen = readIndices(index, size, "indexSelect", shape);
  checkAlive(view, "indexSelect");
  const out = newView(
    view.dtype,
    checkShape(shape.with(on, chosen.length), "indexSelect"),
    "indexSelect",
  );
  if (out.size === 0) return out;
  const [from, to] = [elementsOf(contiguous(view, "indexSelect"), "indexSelect"), out.data];
  const outer = sizeOf(shape.slice(0, on));
  const inner = sizeOf(shape.slice(on + 1));
  let next = 0;
  for (let block = 0; block < outer; block++) {
    for (let i = 0; i < chosen.length; i++) {
      const start = (block * size + chosen[i]) * inner;
      for (let j = 0; j < inner; j++) to[next++] = from[start + j];
    }
  }
  return out;
}
