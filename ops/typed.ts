/**
 * Operations over views of elements of any type: what `Tensor` asks for. Not exported by `mod.ts`.
 *
 * As in `strided.ts`, callers are files of this repository: shapes and strides are taken at their
 * word, but memory is not.
 *
 * @module
 */

import { ShapeError } from "../ffi/errors.ts";
import { check, native } from "../ffi/native.ts";
import { axesMax, ElementType, Status } from "../ffi/symbols.gen.ts";
import { checkCount, lengthOfKind } from "./check.ts";
import { layout, type Placed, sizeOf, writeShape, writeView } from "./layout.ts";

type Kind = Parameters<typeof lengthOfKind>[1];

/** What holds elements of a type, and how many bytes each takes. */
const elements: Readonly<Record<keyof typeof ElementType, { kind: Kind; bytes: number }>> = {
  float32: { kind: "Float32Array", bytes: 4 },
  float64: { kind: "Float64Array", bytes: 8 },
  int32: { kind: "Int32Array", bytes: 4 },
  int8: { kind: "Int8Array", bytes: 1 },
  uint8: { kind: "Uint8Array", bytes: 1 },
  bool: { kind: "Uint8Array", bytes: 1 },
};

/** Elements of one type. */
export interface Elements {
  readonly data: ArrayBufferView;
  readonly dtype: keyof typeof ElementType;
}

/** Those of an N-D view, which may use any part of the memory. */
export interface Typed extends Elements, Placed {
  /** Size of every axis. */
  readonly shape: readonly number[];
}

function lengthOf(view: Elements, operation: string, name: string): number {
  return lengthOfKind(view.data, elements[view.dtype].kind, operation, name);
}

/**
 * out = a, element by element: rounded to float32, towards 0 and modulo 2^32 or 2^8 to integers (as
 * JavaScript stores them), to bool whether it is not 0. `out` has the shape of `a` and other memory.
 */
export function copyTyped(a: Typed, out: Typed, operation: string): void {
  let at = writeShape(out.shape, operation);
  at = writeView(at, out, lengthOf(out, operation, "out"));
  writeView(at, a, lengthOf(a, operation, "a"));
  const [from, to] = [ElementType[a.dtype], ElementType[out.dtype]];
  check(native.typed_copy(from, a.data, to, out.data, layout), operation);
}

/** Whether a call found all indices within their axis; throws for what else is wrong. */
function areWithin(status: number, operation: string): boolean {
  if (status === Status.out_of_bounds) return false;
  check(status, operation);
  return true;
}

/**
 * out[o, i, …] = a[o, index[i], …] along an axis of a shape; all are contiguous.
 *
 * @returns whether all indices, which may count from the end, are within the axis; else nothing is
 * written
 */
export function takeTyped(
  a: Elements,
  shape: readonly number[],
  axis: number,
  index: Int32Array,
  out: Elements,
  operation: string,
): boolean {
  const count = lengthOfKind(index, "Int32Array", operation, "index");
  const [outer, inner] = [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis + 1))];
  const size = shape[axis];
  checkCount(lengthOf(a, operation, "a"), outer * size * inner, operation, "a");
  checkCount(lengthOf(out, operation, "out"), outer * count * inner, operation, "out");
  const { bytes } = elements[a.dtype];
  return areWithin(
    native.typed_take(a.data, index, out.data, outer, size, inner, bytes, count),
    operation,
  );
}

/**
 * out[…] = a[…] with the index at […] in the place of that of one axis; `index` and `out` are
 * contiguous, of a shape whose other axes are no longer than those of `a`.
 *
 * @returns as {@linkcode takeTyped}
 */
export function gatherTyped(
  a: Typed,
  axis: number,
  index: Int32Array,
  out: Typed,
  operation: string,
): boolean {
  const { shape } = out;
  const count = sizeOf(shape);
  checkCount(lengthOfKind(index, "Int32Array", operation, "index"), count, operation, "index");
  checkCount(lengthOf(out, operation, "out"), count, operation, "out");
  if (shape.length >= axesMax) {
    throw new ShapeError(`${operation}: ${shape.length} axes, expected below ${axesMax}`);
  }
  // The index alone says where an element lies along the axis, which comes last.
  const strides = [...a.strides.map((stride, i) => i === axis ? 0 : stride), a.strides[axis]];
  const at = writeShape([...shape, a.shape[axis]], operation);
  writeView(at, { offset: a.offset, strides }, lengthOf(a, operation, "a"));
  const { bytes } = elements[a.dtype];
  return areWithin(native.typed_gather(a.data, index, out.data, bytes, layout), operation);
}

/**
 * out[o, i] = 1 if all, or any, of a[o, :, i] are not 0, else 0; `a` is [outer, size, inner], and both
 * are all of their memory.
 */
export function truthTyped(
  operation: "all" | "any",
  a: Uint8Array,
  size: number,
  inner: number,
  out: Uint8Array,
): void {
  const results = lengthOfKind(out, "Uint8Array", operation, "out");
  if (results === 0) return;
  checkCount(lengthOfKind(a, "Uint8Array", operation, "a"), results * size, operation, "a");
  const isAny = operation === "any" ? 1 : 0;
  check(native.typed_truth(isAny, a, out, results / inner, size, inner), operation);
}

/**
 * out[o, i] = the sum of a[o, :, i] modulo 2^32, of integers; `a` is [outer, size, inner], and both are
 * all of their memory.
 */
export function sumTyped(a: Elements, size: number, inner: number, out: Int32Array): void {
  const results = lengthOfKind(out, "Int32Array", "sum", "out");
  if (results === 0) return;
  checkCount(lengthOf(a, "sum", "a"), results * size, "sum", "a");
  check(native.typed_sum(ElementType[a.dtype], a.data, out, results / inner, size, inner), "sum");
}
