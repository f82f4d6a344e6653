/**
 * Other shapes of the same elements. Nothing is copied, but by `reshape` where it must.
 *
 * @module
 */

import { ShapeError } from "../ffi/errors.ts";
import { contiguous } from "./copy.ts";
import {
  checkAxes,
  checkAxis,
  checkIndex,
  checkPermutation,
  inferShape,
  integer,
  integers,
  isSame,
  reshapeStrides,
  rowMajor,
  show,
  sizeOf,
  type Sizes,
} from "./shape.ts";
import { applySlices, type SliceEntry } from "./slice.ts";
import { reviewed, type View } from "./view.ts";

export function reshape(view: View, shape: Sizes, operation = "reshape"): View {
  const to = inferShape(shape, view.shape, operation);
  if (isSame(to, view.shape)) return view;
  if (view.isContiguous) return reviewed(view, to, rowMajor(to));
  const strides = reshapeStrides(view.shape, view.strides, to);
  if (strides !== undefined) return reviewed(view, to, strides);
  return reviewed(contiguous(view, operation), to, rowMajor(to));
}

export function flatten(view: View, start: number, end: number): View {
  const { shape } = view;
  if (shape.length === 0) {
    checkAxis(start, [1], "flatten");
    checkAxis(end, [1], "flatten");
    return reshape(view, [1], "flatten");
  }
  const first = checkAxis(start, shape, "flatten");
  const last = checkAxis(end, shape, "flatten");
  if (first > last) {
    throw new ShapeError(
      `flatten: start ${start} comes after end ${end} in shape ${show(shape)}`,
    );
  }
  const joined = sizeOf(shape.slice(first, last + 1));
  return reshape(view, [...shape.slice(0, first), joined, ...shape.slice(last + 1)], "flatten");
}

export function permute(view: View, axes: Sizes, operation = "permute"): View {
  const order = checkPermutation(axes, view.shape, operation);
  return reviewed(
    view,
    order.map((axis) => view.shape[axis]),
    order.map((axis) => view.strides[axis]),
  );
}

export function transpose(view: View, axes: Sizes | undefined): View {
  if (axes !== undefined) return permute(view, axes, "transpose");
  return reviewed(view, view.shape.toReversed(), view.strides.toReversed());
}

export function squeeze(view: View, axis: number | Sizes | undefined): View {
  const { shape, strides } = view;
  const axes = axis === undefined ? undefined : checkAxes(axis, shape, "squeeze");
  const isKept = (_: number, at: number) =>
    shape[at] !== 1 || (axes !== undefined && !axes.includes(at));
  return reviewed(view, shape.filter(isKept), strides.filter(isKept));
}

export function unsqueeze(view: View, axis: number): View {
  const at = checkAxis(axis, view.shape, "unsqueeze", 1);
  return reviewed(view, view.shape.toSpliced(at, 0, 1), view.strides.toSpliced(at, 0, 0));
}

export function expand(view: View, shape: Sizes): View {
  const to = integers(shape, "expand", "shape", -1);
  const added = to.length - view.shape.length;
  const impossible = () =>
    new ShapeError(
      `expand: shape ${show(view.shape)} does not expand to ${show(to)}, ` +
        "expected sizes that are kept (or -1) or go from 1 to any",
    );
  if (added < 0) throw impossible();
  const strides = to.map((size, at) => {
    const from = at < added ? undefined : view.shape[at - added];
    if (from === undefined && size >= 0) return 0;
    if (from !== undefined && (size === -1 || size === from)) return view.strides[at - added];
    if (from === 1) return 0;
    throw impossible();
  });
  const sizes = to.map((size, at) => size === -1 ? view.shape[at - added] : size);
  if (sizeOf(sizes) > 2 ** 31 - 1) throw impossible();
  return reviewed(view, sizes, strides);
}

export function slice(view: View, entries: readonly SliceEntry[]): View {
  const { shape, strides, offset } = applySlices(
    entries,
    view.shape,
    view.strides,
    view.offset,
  );
  return reviewed(view, shape, strides, offset);
}

export function select(view: View, axis: number, index: number): View {
  const { shape, strides, offset } = view;
  const at = checkAxis(axis, shape, "select");
  const from = checkIndex(index, shape[at], "select", "index", shape);
  return reviewed(
    view,
    shape.toSpliced(at, 1),
    strides.toSpliced(at, 1),
    offset + from * strides[at],
  );
}

export function narrow(view: View, axis: number, start: number, length: number): View {
  const { shape } = view;
  const at = checkAxis(axis, shape, "narrow");
  const size = shape[at];
  const given = integer(start, "narrow", "start");
  const first = given < 0 ? given + size : given;
  const count = integer(length, "narrow", "length", 0);
  if (first < 0 || first + count > size) {
    throw new ShapeError(
      `narrow: ${count} elements from ${given} on exceed axis ${at} of shape ${show(shape)}`,
    );
  }
  return part(view, at, first, count);
}

/** Elements of an axis that are known to be there. */
function part(view: View, axis: number, first: number, count: number): View {
  const shape = view.shape.with(axis, count);
  const offset = count === 0 ? view.offset : view.offset + first * view.strides[axis];
  return reviewed(view, shape, view.strides, offset);
}

export function split(view: View, sizes: number | Sizes, axis: number): View[] {
  const at = checkAxis(axis, view.shape, "split");
  const size = view.shape[at];
  if (typeof sizes === "number") {
    return parts(view, at, integer(sizes, "split", "sizes", 0), "split");
  }
  const counts = integers(sizes, "split", "sizes", 0);
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total !== size) {
    throw new ShapeError(
      `split: sizes ${show(counts)} add up to ${total}, expected the ${size} elements of axis ` +
        `${at} of shape ${show(view.shape)}`,
    );
  }
  let first = 0;
  return counts.map((count) => part(view, at, (first += count) - count, count));
}

export function chunk(view: View, count: number, axis: number): View[] {
  const at = checkAxis(axis, view.shape, "chunk");
  const number = integer(count, "chunk", "count");
  if (number < 1) throw new ShapeError(`chunk: count is ${number}, expected at least 1`);
  const size = view.shape[at];
  if (size === 0) return Array.from({ length: number }, () => view);
  return parts(view, at, Math.ceil(size / number), "chunk");
}

/** Parts of equal size; the last may be smaller. */
function parts(view: View, axis: number, count: number, operation: string): View[] {
  const size = view.shape[axis];
  if (count === 0 && size > 0) {
    throw new ShapeError(
      `${operation}: sizes is 0, expected at least 1 for the ${size} elements of axis ${axis}`,
    );
  }
  const number = size === 0 ? 1 : Math.ceil(size / count);
  return Array.from(
    { length: number },
    (_, i) => part(view, axis, i * count, Math.min(count, size - i * count)),
  );
}
