/**
 * The loop over the elements of strided arrays in row-major order, for what has no native code.
 *
 * @module
 */

import type { Sizes } from "./shape.ts";

/** Where an array that is walked begins, and its stride on every axis. */
export interface Walked {
  readonly strides: Sizes;
  readonly offset: number;
}

/** Axes that are one run in all arrays become one. */
function merged(shape: Sizes, arrays: readonly Walked[]): { shape: number[]; strides: number[][] } {
  const sizes: number[] = [];
  const strides: number[][] = arrays.map(() => []);
  for (let axis = 0; axis < shape.length; axis++) {
    if (shape[axis] === 1) continue;
    const last = sizes.length - 1;
    const isOneRun = last >= 0 &&
      arrays.every((array, i) => strides[i][last] === array.strides[axis] * shape[axis]);
    if (isOneRun) sizes[last] *= shape[axis];
    else sizes.push(shape[axis]);
    const at = sizes.length - 1;
    arrays.forEach((array, i) => strides[i][at] = array.strides[axis]);
  }
  return { shape: sizes, strides };
}

/**
 * Calls `row` for every run along the last axis, with where it begins in each array, its length,
 * and each array's step. Axes that can be walked as one are.
 */
export function forEachRow(
  shape: Sizes,
  arrays: readonly Walked[],
  row: (starts: Sizes, count: number, steps: Sizes) => void,
): void {
  if (shape.includes(0)) return;
  const { shape: sizes, strides } = merged(shape, arrays);
  const last = sizes.length - 1;
  const count = last < 0 ? 1 : sizes[last];
  const steps = strides.map((of) => last < 0 ? 0 : of[last]);
  const starts = arrays.map(({ offset }) => offset);
  const index = new Array<number>(sizes.length).fill(0);
  const advance = (axis: number, by: number) => {
    for (let i = 0; i < starts.length; i++) starts[i] += by * strides[i][axis];
  };
  for (;;) {
    row(starts, count, steps);
    let axis = last - 1;
    for (; axis >= 0; axis--) {
      advance(axis, 1);
      if (++index[axis] < sizes[axis]) break;
      advance(axis, -sizes[axis]);
      index[axis] = 0;
    }
    if (axis < 0) return;
  }
}
