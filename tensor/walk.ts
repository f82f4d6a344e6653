/**
 * The loop over the elements of strided arrays in row-major order, for what has no native code.
 *
 * @module
 */

import type { Sizes } from "./shape.ts";
import type { TensorData } from "./dtype.ts";
import type { View } from "./view.ts";

/** Where an array that is walked begins, and its stride on every axis. */
export interface Walked {
  readonly strides: Sizes;
  readonly offset: number;
}

/**
 * Calls `row` for every run along the last axis, with where it begins in each array, its length,
 * and each array's step.
 */
export function forEachRow(
  shape: Sizes,
  arrays: readonly Walked[],
  row: (starts: Sizes, count: number, steps: Sizes) => void,
): void {
  if (shape.includes(0)) return;
  const last = shape.length - 1;
  const count = last < 0 ? 1 : shape[last];
  const steps = arrays.map(({ strides }) => last < 0 ? 0 : strides[last]);
  const starts = arrays.map(({ offset }) => offset);
  const index = new Array<number>(shape.length).fill(0);
  const advance = (axis: number, by: number) => {
    for (let i = 0; i < arrays.length; i++) starts[i] += by * arrays[i].strides[axis];
  };
  for (;;) {
    row(starts, count, steps);
    let axis = last - 1;
    for (; axis >= 0; axis--) {
      advance(axis, 1);
      if (++index[axis] < shape[axis]) break;
      advance(axis, -shape[axis]);
      index[axis] = 0;
    }
    if (axis < 0) return;
  }
}

/** out = f(a), element by element. */
export function mapUnary(f: (x: number) => number, a: View, out: View): void {
  const [from, to] = [a.data, out.data];
  forEachRow(out.shape, [a, out], ([i, o], count, [stepA, step]) => {
    for (let n = 0; n < count; n++) to[o + n * step] = f(from[i + n * stepA]);
  });
}

/** out = f(a, b), element by element; all of one shape. */
export function mapBinary(
  f: (x: number, y: number) => number,
  a: View,
  b: View,
  out: View,
): void {
  const [left, right, to] = [a.data, b.data, out.data];
  forEachRow(out.shape, [a, b, out], ([i, j, o], count, [stepA, stepB, step]) => {
    for (let n = 0; n < count; n++) {
      to[o + n * step] = f(left[i + n * stepA], right[j + n * stepB]);
    }
  });
}

/** The elements in row-major order, one after the other. */
export function forEachElement(a: View, visit: (x: number) => void): void {
  const data: TensorData = a.data;
  forEachRow(a.shape, [a], ([i], count, [step]) => {
    for (let n = 0; n < count; n++) visit(data[i + n * step]);
  });
}
