/**
 * What a tensor is made of: an array, and where in it which element lies.
 *
 * @module
 */

import { ShapeError } from "../ffi/errors.ts";
import { allocate, Purpose, Storage } from "./storage.ts";
import type { DType, TensorData } from "./dtype.ts";
import { broadcastStrides, isRowMajor, rowMajor, show, sizeOf, type Sizes } from "./shape.ts";

/**
 * Element (i0, i1, …) is data[offset + Σ i·stride]. Shape and strides are never changed, so that
 * views share them.
 */
export class View {
  constructor(
    readonly storage: Storage,
    readonly dtype: DType,
    readonly shape: Sizes,
    readonly strides: Sizes,
    readonly offset: number,
    readonly size: number,
    readonly isContiguous: boolean,
  ) {}

  get data(): TensorData {
    return this.storage.data;
  }
}

/** A view of float32 elements, as `ops/strided.ts` takes it. */
export type Float32View = View & { readonly data: Float32Array };

export function isFloat32(view: View): view is Float32View {
  return view.dtype === "float32";
}

/** All of a storage, row-major. The size of the shape is its length. */
export function viewOfStorage(storage: Storage, dtype: DType, shape: Sizes): View {
  return new View(storage, dtype, shape, rowMajor(shape), 0, storage.data.length, true);
}

/** All of an array that nobody else knows, row-major. */
export function viewOfArray(data: TensorData, dtype: DType, shape: Sizes): View {
  return viewOfStorage(new Storage(data, "own"), dtype, shape);
}

/** Other elements of the same array. They must lie within it. */
export function reviewed(view: View, shape: Sizes, strides: Sizes, offset = view.offset): View {
  const { storage, dtype } = view;
  return new View(
    storage,
    dtype,
    shape,
    strides,
    offset,
    sizeOf(shape),
    isRowMajor(shape, strides),
  );
}

/** The view under a shape that it broadcasts to. */
export function broadcastTo(view: View, shape: Sizes): View {
  const strides = broadcastStrides(view.shape, view.strides, shape);
  return strides === view.strides ? view : reviewed(view, shape, strides);
}

/** New zeros. */
export function newZeros(dtype: DType, shape: Sizes, operation: string): View {
  return viewOfStorage(allocate(dtype, sizeOf(shape), Purpose.values, operation), dtype, shape);
}

/** A new view for a result, every value of which is to be written. */
export function newView(dtype: DType, shape: Sizes, operation: string): View {
  return viewOfStorage(allocate(dtype, sizeOf(shape), Purpose.result, operation), dtype, shape);
}

/** The same of the shape of a row-major view. */
export function newFloat32Like(view: View, operation: string): Float32View {
  const { shape, strides, size } = view;
  const storage = allocate("float32", size, Purpose.result, operation);
  return new View(storage, "float32", shape, strides, 0, size, true) as Float32View;
}

/** The elements of a row-major view, without a copy; throws where their memory is gone. */
export function elementsOf(view: View, operation: string): TensorData {
  const { data, offset, size } = view;
  if (offset === 0 && size === data.length) return data;
  checkAlive(view, operation);
  return data.subarray(offset, offset + size);
}

export function float32sOf(view: Float32View, operation: string): Float32Array {
  return elementsOf(view, operation) as Float32Array;
}

/** The offsets of the first and behind the last element in memory. */
export function extentOf(view: View): [number, number] {
  const { shape, strides, offset, size } = view;
  if (size === 0) return [offset, offset];
  let [low, high] = [offset, offset];
  for (let axis = 0; axis < shape.length; axis++) {
    const span = (shape[axis] - 1) * strides[axis];
    if (span < 0) low += span;
    else high += span;
  }
  return [low, high + 1];
}

/**
 * Throws where the memory of a view is gone: JavaScript would read `undefined` there. (What native
 * code reaches is checked again on the way to it.)
 */
export function checkAlive(view: View, operation: string): void {
  if (view.size > 0 && view.data.length < extentOf(view)[1]) {
    throw new ShapeError(
      `${operation}: the buffer of the tensor of shape ${show(view.shape)} is detached or has ` +
        "shrunk below it, expected live memory",
    );
  }
}

/** Whether elements of two views may lie in the same memory. */
export function mayOverlap(a: View, b: View): boolean {
  if (!a.storage.mayOverlap(b.storage)) return false;
  const [lowA, highA] = bytesOf(a);
  const [lowB, highB] = bytesOf(b);
  return lowA < highB && lowB < highA;
}

function bytesOf(view: View): [number, number] {
  const { BYTES_PER_ELEMENT: bytes, byteOffset } = view.data;
  const [low, high] = extentOf(view);
  return [byteOffset + low * bytes, byteOffset + high * bytes];
}
