/** Random strided views, and what operations over them must give. */

import type { Strided } from "../ops/strided.ts";
import type { Random } from "./random.ts";

/** Calls with the offset of every element, in logical order. */
export function forEachElement(
  { offset, shape, strides }: Omit<Strided, "data">,
  body: (offset: number) => void,
): void {
  const visit = (axis: number, at: number): void => {
    if (axis === shape.length) return body(at);
    for (let i = 0; i < shape[axis]; i++) visit(axis + 1, at + i * strides[axis]);
  };
  visit(0, offset);
}

/** The elements of a view, in logical order. */
export function elementsOf(view: Strided): Float32Array<ArrayBuffer> {
  const result = new Float32Array(sizeOf(view.shape));
  let i = 0;
  forEachElement(view, (offset) => result[i++] = view.data[offset]);
  return result;
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, n) => size * n, 1);
}

/** A view of new memory of exactly that shape, row-major. */
export function contiguous(data: Float32Array, shape: readonly number[]): Strided {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  return { data, offset: 0, shape, strides };
}

/** A view with its axes in another order. */
export function permuted(view: Strided, order: readonly number[]): Strided {
  return {
    ...view,
    shape: order.map((axis) => view.shape[axis]),
    strides: order.map((axis) => view.strides[axis]),
  };
}

/** The lines of a view along some axes, in the order of the others. */
export function linesOf(view: Strided, axes: readonly number[]): Float32Array[] {
  const kept = view.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const part = (list: readonly number[], of: readonly number[]) => of.map((axis) => list[axis]);
  const outer = { ...view, shape: part(view.shape, kept), strides: part(view.strides, kept) };
  const lines: Float32Array[] = [];
  forEachElement(outer, (offset) => {
    const line = { shape: part(view.shape, axes), strides: part(view.strides, axes) };
    lines.push(elementsOf({ data: view.data, offset, ...line }));
  });
  return lines;
}

/** A shape of up to five axes, sometimes with sizes of 0 and 1. */
export function randomShape(random: Random, elementsMax = 6000): number[] {
  const axes = random.below(6);
  const shape: number[] = [];
  let left = elementsMax;
  for (let axis = 0; axis < axes; axis++) {
    const small = random.pick([0, 1, 1, 2, 3, 5, 8, 17]);
    const size = random.below(6) > 0 || left < 40 ? small : 1 + random.below(Math.min(left, 300));
    shape.push(Math.min(size, left));
    left = Math.floor(left / Math.max(1, size));
  }
  return shape;
}

/**
 * A view of some shape in any order of memory, with gaps, backwards, and, where elements may be
 * repeated, with strides of 0.
 */
export function randomView(
  random: Random,
  shape: readonly number[],
  next: () => number,
  mayRepeat = true,
): Strided {
  const order = shape.map((_, axis) => axis);
  if (random.below(2) === 0) order.sort(() => random.below(3) - 1);
  const strides = shape.map(() => 0);
  let [reach, first] = [1, 0];
  for (const axis of order.reverse()) {
    if (mayRepeat && random.below(6) === 0) continue;
    const step = reach * random.pick([1, 1, 1, 1, 2, 3]) + random.pick([0, 0, 0, 0, 3]);
    strides[axis] = random.below(5) === 0 ? -step : step;
    if (strides[axis] < 0) first += step * Math.max(shape[axis] - 1, 0);
    reach += step * Math.max(shape[axis] - 1, 0);
  }
  const offset = first + random.below(20);
  return { data: random.fill(offset + reach + random.below(20), next), offset, shape, strides };
}
