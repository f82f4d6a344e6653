/**
 * Operations over strided float32 views: what `Tensor` asks for. Not exported by `mod.ts`.
 *
 * Callers are files of this repository: shapes and strides are taken at their word, but memory is
 * not. Every view is checked to be alive, and native code checks that each element of it lies
 * within its memory. Sizes, strides and numbers of elements are below 2^31, axes at most 32.
 *
 * A layout crosses as one list of integers: the number of axes, the size of every axis, and for
 * every operand (the output first) the offset of its first element, the length of its memory, and
 * its stride along every axis.
 *
 * A call gives the same bits as the same operation on contiguous copies.
 *
 * @module
 */

import { ShapeError } from "../ffi/errors.ts";
import { check, native } from "../ffi/native.ts";
import {
  ArgReductionOp,
  axesMax,
  BinaryOp,
  CompareOp,
  ReductionOp,
  RowWiseOp,
  UnaryOp,
} from "../ffi/symbols.gen.ts";
import { checkCount, checkLeading, lengthOf, lengthOfKind } from "./check.ts";
import {
  layout,
  lengthMax,
  type Placed,
  sizeOf,
  writeContiguous,
  writeShape,
  writeView,
} from "./layout.ts";
import { fillNext } from "./stream.ts";

/** Elements of an N-D view. */
export interface Strided extends Placed {
  /** The memory, of which the view may use any part. */
  readonly data: Float32Array;
  /** Size of every axis. */
  readonly shape: readonly number[];
}

/** Writes a view, whose memory is checked. */
function writeOperand(at: number, view: Strided, operation: string, name: string): number {
  return writeView(at, view, lengthOf(view.data, operation, name));
}

/** out = f(a, b), element by element; a and b are broadcast to the shape of `out`. */
export function binaryStrided(
  operation: keyof typeof BinaryOp,
  a: Strided,
  b: Strided,
  out: Strided,
): void {
  let at = writeShape(out.shape, operation);
  at = writeOperand(at, out, operation, "out");
  at = writeOperand(at, a, operation, "a");
  writeOperand(at, b, operation, "b");
  check(native.strided_binary(BinaryOp[operation], a.data, b.data, out.data, layout), operation);
}

/** out = f(a), element by element; `first` and `second` are the parameters of some operations. */
export function unaryStrided(
  operation: keyof typeof UnaryOp,
  a: Strided,
  out: Strided,
  first = 0,
  second = 0,
): void {
  const at = writeOperand(writeShape(out.shape, operation), out, operation, "out");
  writeOperand(at, a, operation, "a");
  const status = native.strided_unary(
    UnaryOp[operation],
    a.data,
    out.data,
    layout,
    first,
    second,
  );
  check(status, operation);
}

/** out = a, element by element. */
export function copyStrided(a: Strided, out: Strided): void {
  const at = writeOperand(writeShape(out.shape, "copy"), out, "copy", "out");
  writeOperand(at, a, "copy", "a");
  check(native.strided_copy(a.data, out.data, layout), "copy");
}

/** out = 1 where the relation of a and b holds, else 0; `out` is contiguous, of a's shape. */
export function compareStrided(
  operation: keyof typeof CompareOp,
  a: Strided,
  b: Strided,
  out: Uint8Array,
): void {
  let at = writeShape(a.shape, operation);
  const length = lengthOfKind(out, "Uint8Array", operation, "out");
  checkCount(length, sizeOf(a.shape), operation, "out");
  at = writeContiguous(at, a.shape, length);
  at = writeOperand(at, a, operation, "a");
  writeOperand(at, b, operation, "b");
  check(native.strided_compare(CompareOp[operation], a.data, b.data, out, layout), operation);
}

/**
 * Reduces some axes of `a`, which are sorted and without repetition, to one number for every index
 * of the others, in their order. An element of `out` is what `ops/reduce.ts` makes of its line.
 *
 * @throws {ShapeError} max or min of no elements
 */
export function reduceStrided(
  operation: keyof typeof ReductionOp,
  a: Strided,
  axes: readonly number[],
  out: Float32Array,
  parameter = 0,
): void {
  const at = writeShape(a.shape, operation);
  writeOperand(at, a, operation, "a");
  let mask = 0;
  let lines = 1;
  for (const axis of axes) mask |= 1 << axis;
  for (let axis = 0; axis < a.shape.length; axis++) {
    if ((mask & (1 << axis)) === 0) lines *= a.shape[axis];
  }
  checkCount(lengthOf(out, operation, "out"), lines, operation, "out");
  if (lines === 0) return;
  const status = native.strided_reduce(
    ReductionOp[operation],
    a.data,
    out,
    lines,
    layout,
    mask >>> 0,
    parameter,
  );
  check(status, operation);
}

/**
 * The index along an axis that the reduction finds, for every index of the other axes.
 *
 * @throws {ShapeError} the axis has no elements
 */
export function argReduceStrided(
  operation: keyof typeof ArgReductionOp,
  a: Strided,
  axis: number,
  out: Int32Array,
): void {
  const at = writeShape(a.shape, operation);
  writeOperand(at, a, operation, "a");
  const lines = sizeOf(a.shape.filter((_, i) => i !== axis));
  checkCount(lengthOfKind(out, "Int32Array", operation, "out"), lines, operation, "out");
  if (lines === 0) return;
  const status = native.strided_arg_reduce(
    ArgReductionOp[operation],
    a.data,
    out,
    lines,
    layout,
    axis,
  );
  check(status, operation);
}

/** Writes a matrix of a product: the strides of the batch, and those along m, n and k. */
function writeMatrix(
  at: number,
  view: Strided,
  operation: string,
  name: string,
  alongM: number,
  alongN: number,
  alongK: number,
): number {
  const { strides } = view;
  const batch = strides.length - 2;
  layout[at] = view.offset;
  layout[at + 1] = Math.min(lengthOf(view.data, operation, name), lengthMax);
  for (let axis = 0; axis < batch; axis++) layout[at + 2 + axis] = strides[axis];
  layout[at + 2 + batch] = alongM;
  layout[at + 3 + batch] = alongN;
  layout[at + 4 + batch] = alongK;
  return at + 5 + batch;
}

/**
 * Products of matrices, […, m, k] × […, k, n] into a contiguous […, m, n]. Both have as many axes,
 * at least two, and the same batch.
 *
 * @throws {OutOfMemoryError} there is no memory for packing
 */
export function matmulStrided(a: Strided, b: Strided, out: Float32Array): void {
  const axes = a.shape.length;
  if (axes + 1 > axesMax) throw new ShapeError(`matmul: ${axes} axes, expected below ${axesMax}`);
  const batch = axes - 2;
  const [m, k, n] = [a.shape[batch], a.shape[batch + 1], b.shape[batch + 1]];
  const length = lengthOf(out, "matmul", "out");
  layout[0] = axes + 1;
  let size = m * n;
  for (let axis = 0; axis < batch; axis++) {
    layout[1 + axis] = a.shape[axis];
    size *= a.shape[axis];
  }
  checkCount(length, size, "matmul", "out");
  if (size === 0) return;
  if (k === 0) {
    out.fill(0);
    return;
  }
  layout[1 + batch] = m;
  layout[2 + batch] = n;
  layout[3 + batch] = k;
  let at = 4 + batch;
  // The output does not know k.
  layout[at] = 0;
  layout[at + 1] = Math.min(length, lengthMax);
  layout[at + 4 + batch] = 0;
  layout[at + 3 + batch] = 1;
  layout[at + 2 + batch] = n;
  let stride = m * n;
  for (let axis = batch - 1; axis >= 0; axis--) {
    layout[at + 2 + axis] = stride;
    stride *= a.shape[axis];
  }
  at += 5 + batch;
  at = writeMatrix(at, a, "matmul", "a", a.strides[batch], 0, a.strides[batch + 1]);
  writeMatrix(at, b, "matmul", "b", 0, b.strides[batch + 1], b.strides[batch]);
  check(native.strided_matmul(a.data, b.data, out, layout), "matmul");
}

/** A matrix whose rows, or columns, are lines of memory. */
export interface Lines {
  /** From the first element on. */
  readonly data: Float32Array;
  readonly areColumns: boolean;
  /** From a line to the next, at least as long as a line. */
  readonly leading: number;
}

function checkLines(lines: Lines, rows: number, cols: number, name: string): number {
  const [count, length] = lines.areColumns ? [cols, rows] : [rows, cols];
  return checkLeading(lines.data, count, length, lines.leading, "matmul", name);
}

/**
 * The product of two such matrices, [m, k] × [k, n] into a contiguous [m, n].
 *
 * @throws {OutOfMemoryError} there is no memory for packing
 */
export function matmulLines(
  a: Lines,
  b: Lines,
  m: number,
  n: number,
  k: number,
  out: Float32Array,
): void {
  checkCount(lengthOf(out, "matmul", "out"), m * n, "matmul", "out");
  if (m * n === 0) return;
  const lda = checkLines(a, m, k, "a");
  const ldb = checkLines(b, k, n, "b");
  const flags = (a.areColumns ? 1 : 0) | (b.areColumns ? 2 : 0);
  check(native.gemm(m, n, k, a.data, lda, b.data, ldb, out, n, flags, 1, 0), "matmul");
}

/** An operation over every line along an axis; `out` has the shape of `a` and may be it. */
export function rowsStrided(
  operation: keyof typeof RowWiseOp,
  a: Strided,
  axis: number,
  out: Strided,
): void {
  const at = writeOperand(writeShape(out.shape, operation), out, operation, "out");
  writeOperand(at, a, operation, "a");
  check(native.strided_rows(RowWiseOp[operation], a.data, out.data, layout, axis), operation);
}

/** Fills `out` with the next values of the stream of random numbers: [0, 1), multiples of 2^-24. */
export function uniform(out: Float32Array): void {
  check(fillNext(native.random_uniform, out, lengthOf(out, "uniform", "out")), "uniform");
}

/** Fills `out` with the next words of the stream of random numbers. */
export function randomBits(out: Uint32Array): void {
  const length = lengthOfKind(out, "Uint32Array", "randomBits", "out");
  check(fillNext(native.random_bits, out, length), "randomBits");
}
