/**
 * How the shape and the strides of views cross to native code.
 *
 * A layout is one list of integers: the number of axes, the size of every axis, and for every operand
 * (the output first) the offset of its first element, the length of its memory, and its stride along
 * every axis. Sizes, strides and numbers of elements are below 2^31, axes at most 32.
 *
 * @module
 */

import { ShapeError } from "../ffi/errors.ts";
import { axesMax, layoutInts } from "../ffi/symbols.gen.ts";

/** Where an element (i0, i1, …) lies: at offset + Σ i_d·strides[d]. */
export interface Placed {
  /** Of the first element. */
  readonly offset: number;
  /** In elements; 0 repeats, a negative stride walks backwards. */
  readonly strides: readonly number[];
}

/** What native code reads during a call; no two calls use it at a time. */
export const layout: Int32Array<ArrayBuffer> = new Int32Array(layoutInts);

/** Lengths from 2^31 on: what lies beyond is out of reach. */
export const lengthMax = 2 ** 31 - 1;

/** Writes the number of axes and their sizes; returns the index behind them. */
export function writeShape(shape: readonly number[], operation: string): number {
  const axes = shape.length;
  if (axes > axesMax) {
    throw new ShapeError(`${operation}: ${axes} axes, expected at most ${axesMax}`);
  }
  layout[0] = axes;
  for (let axis = 0; axis < axes; axis++) layout[1 + axis] = shape[axis];
  return 1 + axes;
}

/** Writes the offset and the strides of a view whose memory has a length. */
export function writeView(at: number, view: Placed, length: number): number {
  const { offset, strides } = view;
  layout[at] = offset;
  layout[at + 1] = Math.min(length, lengthMax);
  for (let axis = 0; axis < strides.length; axis++) layout[at + 2 + axis] = strides[axis];
  return at + 2 + strides.length;
}

/** Writes a contiguous view of all of a shape. */
export function writeContiguous(at: number, shape: readonly number[], length: number): number {
  layout[at] = 0;
  layout[at + 1] = Math.min(length, lengthMax);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    layout[at + 2 + axis] = stride;
    stride *= shape[axis];
  }
  return at + 2 + shape.length;
}

/** The product of some sizes. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (let axis = 0; axis < shape.length; axis++) size *= shape[axis];
  return size;
}
