/**
 * Arithmetic of shapes, strides and axes. Nothing here knows of elements.
 *
 * Strides are in elements. All arrays of a caller are copied before they are checked, so that
 * nothing can change them afterwards.
 *
 * @module
 */

import { DTypeError, ShapeError } from "../ffi/errors.ts";
import { describe } from "../ops/check.ts";
import { sizeOf } from "../ops/layout.ts";

export { sizeOf };

/** Sizes of the axes, or what else there is one of per axis. */
export type Sizes = readonly number[];

/** Sizes and offsets cross to native code as 32-bit integers. */
const sizeMax = 2 ** 31 - 1;
const ndimMax = 32;

/** A shape as it is written. */
export function show(shape: Sizes): string {
  return `[${shape.join(", ")}]`;
}

/** Whether two shapes (or strides) are the same. */
export function isSame(a: Sizes, b: Sizes): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let axis = 0; axis < a.length; axis++) {
    if (a[axis] !== b[axis]) return false;
  }
  return true;
}

/** The strides of a row-major array. */
export function rowMajor(shape: Sizes): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= Math.max(shape[axis], 1);
  }
  return strides;
}

/** Whether the elements lie one after the other in row-major order. */
export function isRowMajor(shape: Sizes, strides: Sizes): boolean {
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== stride) return shape.includes(0);
    stride *= shape[axis];
  }
  return true;
}

/**
 * A copy of an array of integers; throws unless it is one.
 *
 * @throws {DTypeError} it is no array, or an element no number
 * @throws {ShapeError} an element is no integer from `least` on
 */
export function integers(
  values: Sizes,
  operation: string,
  name: string,
  least = -Infinity,
): number[] {
  if (!Array.isArray(values)) {
    throw new DTypeError(`${operation}: ${name} is ${describe(values)}, expected an array`);
  }
  const count = values.length;
  if (count > ndimMax && name !== "indices" && name !== "sizes") {
    throw new ShapeError(`${operation}: ${name} has ${count} axes, expected at most ${ndimMax}`);
  }
  const result = new Array<number>(count);
  for (let i = 0; i < count; i++) {
    const value = values[i];
    // The name is made only where it is needed.
    const isRight = Number.isInteger(value) && value >= least && Math.abs(value) <= sizeMax;
    result[i] = isRight ? value + 0 : integer(value, operation, `${name}[${i}]`, least);
  }
  return result;
}

/** The value; throws unless it is an integer from `least` on. */
export function integer(
  value: number,
  operation: string,
  name: string,
  least = -Infinity,
): number {
  if (typeof value !== "number") {
    throw new DTypeError(`${operation}: ${name} is ${describe(value)}, expected an integer`);
  }
  if (!Number.isInteger(value) || value < least || Math.abs(value) > sizeMax) {
    const kind = least === 0 ? "a non-negative integer" : "an integer";
    throw new ShapeError(`${operation}: ${name} is ${value}, expected ${kind} below 2^31`);
  }
  return value + 0; // no negative zero
}

/** A checked copy of a shape. */
export function checkShape(shape: Sizes, operation: string): number[] {
  const sizes = integers(shape, operation, "shape", 0);
  // A product beyond 2^53 is only more beyond the limit.
  if (sizeOf(sizes) > sizeMax) {
    throw new ShapeError(
      `${operation}: shape ${show(sizes)} has ${sizeOf(sizes)} elements, at most 2^31 - 1 fit`,
    );
  }
  return sizes;
}

/** An axis from 0 on; negative ones count from the end. `ndim` of 0 has none. */
export function checkAxis(axis: number, shape: Sizes, operation: string, extra = 0): number {
  const ndim = shape.length + extra;
  const value = integer(axis, operation, "axis");
  if (value < -ndim || value >= ndim) {
    const range = ndim === 0 ? "no axis" : `an axis from ${-ndim} to ${ndim - 1}`;
    throw new ShapeError(
      `${operation}: axis ${value} is out of range for shape ${show(shape)}, expected ${range}`,
    );
  }
  return value < 0 ? value + ndim : value;
}

/** One axis or several: sorted, from 0 on; throws where one comes twice. */
export function checkAxes(axis: number | Sizes, shape: Sizes, operation: string): number[] {
  const given = typeof axis === "number" ? [axis] : integers(axis, operation, "axis");
  const axes = given.map((value) => checkAxis(value, shape, operation));
  checkUnique(axes, shape, operation);
  return axes.sort((a, b) => a - b);
}

function checkUnique(axes: Sizes, shape: Sizes, operation: string): void {
  const twice = axes.find((value, i) => axes.indexOf(value) !== i);
  if (twice !== undefined) {
    throw new ShapeError(
      `${operation}: axis ${twice} comes twice in ${show(axes)}, expected each axis of shape ` +
        `${show(shape)} at most once`,
    );
  }
}

/** The order of all axes that `axes` gives; throws unless each comes once. */
export function checkPermutation(axes: Sizes, shape: Sizes, operation: string): number[] {
  const given = integers(axes, operation, "axes");
  if (given.length !== shape.length) {
    throw new ShapeError(
      `${operation}: axes ${show(given)} has ${given.length} entries, ` +
        `expected the ${shape.length} axes of shape ${show(shape)}`,
    );
  }
  const order = given.map((value) => checkAxis(value, shape, operation));
  checkUnique(order, shape, operation);
  return order;
}

/** An index from 0 on; negative ones count from the end. */
export function checkIndex(
  index: number,
  size: number,
  operation: string,
  name: string,
  shape: Sizes,
): number {
  const value = integer(index, operation, name);
  if (value < -size || value >= size) {
    throw new ShapeError(
      `${operation}: ${name} is ${value}, out of range for an axis of ${size} elements ` +
        `of shape ${show(shape)}`,
    );
  }
  return value < 0 ? value + size : value;
}

/** The shape that two shapes have together, by NumPy's rules. */
export function broadcastShapes(a: Sizes, b: Sizes, operation: string): Sizes {
  if (isSame(a, b)) return a;
  const ndim = Math.max(a.length, b.length);
  const shape = new Array<number>(ndim);
  for (let axis = 1; axis <= ndim; axis++) {
    const sizeA = axis <= a.length ? a[a.length - axis] : 1;
    const sizeB = axis <= b.length ? b[b.length - axis] : 1;
    if (sizeA !== sizeB && sizeA !== 1 && sizeB !== 1) {
      throw new ShapeError(
        `${operation}: shapes ${show(a)} and ${show(b)} do not broadcast, expected sizes ` +
          `that are equal or 1 on every axis from the last: ${sizeA} and ${sizeB} are neither`,
      );
    }
    shape[ndim - axis] = sizeA === 1 ? sizeB : sizeA;
  }
  return checkTotal(shape, operation);
}

/** Broadcasting can make sizes that neither operand has. */
function checkTotal(shape: Sizes, operation: string): Sizes {
  if (sizeOf(shape) > sizeMax) {
    throw new ShapeError(`${operation}: the result of shape ${show(shape)} has too many elements`);
  }
  return shape;
}

/** Strides under which an array has a shape that it broadcasts to: 0 where it repeats. */
export function broadcastStrides(shape: Sizes, strides: Sizes, to: Sizes): Sizes {
  if (isSame(shape, to)) return strides;
  const result = new Array<number>(to.length).fill(0);
  const added = to.length - shape.length;
  for (let axis = 0; axis < shape.length; axis++) {
    if (shape[axis] !== 1) result[added + axis] = strides[axis];
  }
  return result;
}

/** A shape for so many elements, in which one size may be -1: what remains. */
export function inferShape(shape: Sizes, from: Sizes, operation: string): number[] {
  const sizes = integers(shape, operation, "shape", -1);
  const size = sizeOf(from);
  const free = sizes.indexOf(-1);
  const mismatch = () =>
    new ShapeError(
      `${operation}: shape ${show(from)} with ${size} elements does not fit shape ${show(sizes)}`,
    );
  if (free < 0) {
    if (sizeOf(sizes) !== size) throw mismatch();
    return sizes;
  }
  if (sizes.includes(-1, free + 1)) {
    throw new ShapeError(`${operation}: shape ${show(sizes)} holds -1 twice, expected it once`);
  }
  const known = sizeOf(sizes) * -1;
  if (known === 0 || size % known !== 0) throw mismatch();
  sizes[free] = size / known;
  return sizes;
}

/**
 * Strides under which the elements of a strided array have another shape, in the same order; none
 * where there are no such strides and the elements must be copied.
 *
 * Axes that lie in memory as one are split and joined freely, as NumPy does in
 * `_attempt_nocopy_reshape`.
 */
export function reshapeStrides(
  shape: Sizes,
  strides: Sizes,
  to: Sizes,
): number[] | undefined {
  if (sizeOf(shape) === 0) return rowMajor(to);
  const kept = shape.map((_, axis) => axis).filter((axis) => shape[axis] !== 1);
  const result = new Array<number>(to.length);
  let next = to.length - 1;
  for (let last = kept.length - 1; last >= 0;) {
    // A run of axes that lie in memory as one.
    let stride = strides[kept[last]];
    let count = shape[kept[last]];
    while (last > 0 && strides[kept[last - 1]] === stride * count) count *= shape[kept[--last]];
    last--;
    // Axes of the new shape that take it up entirely.
    let taken = 1;
    while (taken < count) {
      if (next < 0 || to[next] === 0 || count % (taken * to[next]) !== 0) return undefined;
      result[next] = stride;
      stride *= to[next];
      taken *= to[next--];
    }
  }
  for (; next >= 0; next--) result[next] = 1; // of size 1, all that remains
  return result;
}
