/**
 * Single elements, and elements that other tensors choose.
 *
 * @module
 */

import { DTypeError, ShapeError } from "../ffi/errors.ts";
import { describe } from "../ops/check.ts";
import { checkWritable } from "./elementwise.ts";
import { Category, dtypes } from "./dtype.ts";
import { checkAxis, checkIndex, show, type Sizes } from "./shape.ts";
import { forEachRow } from "./walk.ts";
import { checkAlive, newView, reviewed, type View } from "./view.ts";

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

function checkIndices(index: View, operation: string): void {
  if (dtypes[index.dtype].category !== Category.integer) {
    throw new DTypeError(
      `${operation}: indices are of dtype ${index.dtype}, expected int32, int8 or uint8`,
    );
  }
}

/** out[i][j] = view[index[i][j]][j] (for axis 0), as `torch.gather`. */
export function gather(view: View, axis: number, index: View): View {
  const { shape, strides } = view;
  const on = checkAxis(axis, shape, "gather");
  checkIndices(index, "gather");
  const fits = index.shape.length === shape.length &&
    index.shape.every((size, other) => other === on || size <= shape[other]);
  if (!fits) {
    throw new ShapeError(
      `gather: the index of shape ${show(index.shape)} does not fit shape ${show(shape)}, ` +
        `expected no larger sizes but on axis ${on}`,
    );
  }
  for (const operand of [view, index]) checkAlive(operand, "gather");
  // Along the gathered axis the index alone says where the element lies.
  const others = reviewed(view, index.shape, strides.with(on, 0));
  const offsets: number[] = [];
  forEachRow(index.shape, [others, index], ([start, from], count, [step, stepIndex]) => {
    for (let n = 0; n < count; n++) {
      const chosen = index.data[from + n * stepIndex];
      const along = checkIndex(chosen, shape[on], "gather", "an index", shape);
      offsets.push(start + n * step + along * strides[on]);
    }
  });
  const out = newView(view.dtype, index.shape, "gather");
  for (let i = 0; i < offsets.length; i++) out.data[i] = view.data[offsets[i]];
  return out;
}

/** Entries of an axis, in the order of the indices; as `torch.index_select`. */
export function indexSelect(view: View, axis: number, index: View): View {
  const on = checkAxis(axis, view.shape, "indexSelect");
  checkIndices(index, "indexSelect");
  if (index.shape.length !== 1) {
    throw new ShapeError(
      `indexSelect: the indices have shape ${show(index.shape)}, ` +
        `expected one axis to choose from axis ${on} of shape ${show(view.shape)}`,
    );
  }
  for (const operand of [view, index]) checkAlive(operand, "indexSelect");
  const { shape, strides } = view;
  const chosen = new Int32Array(index.size);
  for (let n = 0; n < chosen.length; n++) {
    const i = index.data[index.offset + n * index.strides[0]];
    chosen[n] = checkIndex(i, shape[on], "indexSelect", "an index", shape);
  }
  const out = newView(view.dtype, shape.with(on, chosen.length), "indexSelect");
  const [from, to] = [view.data, out.data];
  const [along, alongOut] = [strides[on], out.strides[on]];
  // Rows of the tensor and of the result without the axis; in each, all the entries.
  const lines = [view, out].map(({ strides, offset }) => ({
    strides: strides.toSpliced(on, 1),
    offset,
  }));
  forEachRow(shape.toSpliced(on, 1), lines, ([start, startOut], count, [step, stepOut]) => {
    for (let i = 0; i < chosen.length; i++) {
      const first = start + chosen[i] * along;
      const firstOut = startOut + i * alongOut;
      for (let n = 0; n < count; n++) to[firstOut + n * stepOut] = from[first + n * step];
    }
  });
  return out;
}
