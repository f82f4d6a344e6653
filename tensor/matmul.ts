/**
 * Matrix products of views, as `numpy.matmul`.
 *
 * @module
 */

import { ShapeError } from "../ffi/errors.ts";
import { matmul as matmulFloat32 } from "../ops/matrix.ts";
import { dot } from "../ops/reduce.ts";
import { type Lines, matmulLines, matmulStrided } from "../ops/strided.ts";
import { cast, copyInto, flat, type FlatArray } from "./copy.ts";
import { Category, type DType, dtypes, promote } from "./dtype.ts";
import { checkOut } from "./elementwise.ts";
import { broadcastShapes, rowMajor, show, type Sizes } from "./shape.ts";
import {
  broadcastTo,
  checkAlive,
  elementsOf,
  float32sOf,
  type Float32View,
  isFloat32,
  mayOverlap,
  newView,
  reviewed,
  type View,
} from "./view.ts";

/** a · b over the last two axes; those before them broadcast. */
export function matmul(a: View, b: View, out?: View): View {
  if (out === undefined) return product(a, b, undefined);
  const isDirect = out.isContiguous && out.dtype === "float32" &&
    a.dtype === "float32" && b.dtype === "float32" && !mayOverlap(out, a) && !mayOverlap(out, b);
  if (isDirect) return product(a, b, out);
  const result = product(a, b, undefined);
  checkOut(out, result.shape, result.dtype, "matmul");
  copyInto(result, out, "matmul");
  return out;
}

/** `out`, if there is one, is row-major, of the result's dtype, and apart from both. */
function product(a: View, b: View, out: View | undefined): View {
  if (isFloat32Matrix(a) && isFloat32Matrix(b) && a.shape[1] === b.shape[0]) {
    // What most calls are, without a detour.
    const result = resultOf(out, "float32", [a.shape[0], b.shape[1]]);
    multiplyMatrices(a, b, result as Float32View);
    return result;
  }
  if (isFloat32Vector(a) && isFloat32Vector(b) && a.size === b.size) {
    // A row times a column would be one chain of additions.
    const result = resultOf(out, "float32", []);
    result.data[result.offset] = dot(float32sOf(a, "matmul"), float32sOf(b, "matmul"));
    return result;
  }
  const [left, right] = [asMatrices(a, b, 0), asMatrices(b, a, 1)];
  const inner = left.shape.at(-1)!;
  if (inner !== right.shape.at(-2)!) {
    throw new ShapeError(
      `matmul: shapes ${show(a.shape)} and ${show(b.shape)} do not fit: the rows of a have ` +
        `${inner} elements, the columns of b ${right.shape.at(-2)}`,
    );
  }
  const batch = broadcastBatch(left, right, a, b);
  const shape = [...batch, left.shape.at(-2)!, right.shape.at(-1)!];
  const dtype = promote(a.dtype, b.dtype);
  const kept = shape.filter((_, axis) =>
    !(a.shape.length === 1 && axis === batch.length) &&
    !(b.shape.length === 1 && axis === batch.length + 1)
  );
  const result = resultOf(out, dtype, kept);
  if (result.size > 0) {
    multiply(
      broadcastTo(cast(left, dtype, "matmul"), [...batch, ...left.shape.slice(-2)]),
      broadcastTo(cast(right, dtype, "matmul"), [...batch, ...right.shape.slice(-2)]),
      reviewed(result, shape, rowMajor(shape)),
    );
  }
  return result;
}

function resultOf(out: View | undefined, dtype: DType, shape: Sizes): View {
  if (out === undefined) return newView(dtype, shape, "matmul");
  checkOut(out, shape, dtype, "matmul");
  return out;
}

/** A vector as a matrix: one row on the left, one column on the right. */
function asMatrices(view: View, other: View, side: 0 | 1): View {
  const { shape, strides } = view;
  if (shape.length === 0) {
    const [a, b] = side === 0 ? [view, other] : [other, view];
    throw new ShapeError(
      `matmul: shapes ${show(a.shape)} and ${show(b.shape)} do not fit: ` +
        "expected at least one axis of both",
    );
  }
  if (shape.length > 1) return view;
  return side === 0
    ? reviewed(view, [1, shape[0]], [0, strides[0]])
    : reviewed(view, [shape[0], 1], [strides[0], 0]);
}

function broadcastBatch(left: View, right: View, a: View, b: View): Sizes {
  if (left.shape.length === 2 && right.shape.length === 2) return [];
  try {
    return broadcastShapes(left.shape.slice(0, -2), right.shape.slice(0, -2), "matmul");
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw new ShapeError(
      `matmul: shapes ${show(a.shape)} and ${show(b.shape)} do not fit: ` +
        "the axes before the last two do not broadcast",
    );
  }
}

function multiply(a: View, b: View, out: View): void {
  checkAlive(a, "matmul");
  checkAlive(b, "matmul");
  if (isFloat32(a) && isFloat32(b) && isFloat32(out)) {
    return matmulStrided(a, b, float32sOf(out, "matmul"));
  }
  multiplyLoops(a, b, out);
}

function isFloat32Matrix(view: View): view is Float32View {
  return view.shape.length === 2 && isFloat32(view);
}

function isFloat32Vector(view: View): view is Float32View {
  return view.shape.length === 1 && view.isContiguous && isFloat32(view);
}

/** The rows, or the columns, of a matrix where they are lines of memory. */
function linesOf(view: Float32View): Lines | undefined {
  const { shape: [rows, cols], strides: [alongRows, alongCols], offset, data } = view;
  const areColumns = alongCols !== 1 || alongRows < cols;
  if (areColumns && (alongRows !== 1 || alongCols < rows)) return undefined;
  return {
    data: offset === 0 ? data : data.subarray(offset),
    areColumns,
    leading: areColumns ? alongCols : alongRows,
  };
}

function multiplyMatrices(a: Float32View, b: Float32View, out: Float32View): void {
  const [m, k] = a.shape;
  const n = b.shape[1];
  if (a.isContiguous && b.isContiguous) {
    const [left, right] = [float32sOf(a, "matmul"), float32sOf(b, "matmul")];
    matmulFloat32(left, right, m, n, k, float32sOf(out, "matmul"));
    return;
  }
  const [left, right] = [linesOf(a), linesOf(b)];
  if (left === undefined || right === undefined) return multiply(a, b, out);
  checkAlive(a, "matmul");
  checkAlive(b, "matmul");
  matmulLines(left, right, m, n, k, float32sOf(out, "matmul"));
}

/** to[at + j] += x · b[from + j] for j < n. */
type AddRow<L extends FlatArray> = (
  to: L,
  at: number,
  x: number,
  b: L,
  from: number,
  n: number,
) => void;

const addFloats: AddRow<Float64Array> = (to, at, x, b, from, n) => {
  for (let j = 0; j < n; j++) to[at + j] += x * b[from + j];
};

/** Modulo 2^32. */
const addIntegers: AddRow<Int32Array> = (to, at, x, b, from, n) => {
  for (let j = 0; j < n; j++) to[at + j] += Math.imul(x, b[from + j]);
};

/** `or` of `and`s, which is NumPy's. */
const addBools: AddRow<Int32Array> = (to, at, x, b, from, n) => {
  for (let j = 0; j < n; j++) to[at + j] |= x & b[from + j];
};

/** Other dtypes than float32: floats in float64, all others in int32. `out` is row-major. */
function multiplyLoops(a: View, b: View, out: View): void {
  const { category } = dtypes[out.dtype];
  const dtype = category === Category.float ? "float64" : "int32";
  const [left, right] = [a, b].map((view) => flat(view, dtype, "matmul"));
  const result = out.dtype === dtype ? out : newView(dtype, out.shape, "matmul");
  const sums = elementsOf(result, "matmul").fill(0);
  const k = a.shape.at(-1)!;
  if (dtype === "float64") {
    const [x, y, to] = [left, right, sums] as Float64Array[];
    addProducts(addFloats, x, y, to, out.shape, k);
  } else {
    const [x, y, to] = [left, right, sums] as Int32Array[];
    const add = category === Category.bool ? addBools : addIntegers;
    addProducts(add, x, y, to, out.shape, k);
  }
  if (result !== out) copyInto(result, out, "matmul");
}

/** The innermost loop goes along rows of b and of the sums. */
function addProducts<L extends FlatArray>(
  addRow: AddRow<L>,
  a: L,
  b: L,
  sums: L,
  shape: Sizes,
  k: number,
): void {
  const [m, n] = shape.slice(-2);
  for (let row = 0; row < sums.length / n; row++) {
    const matrix = Math.floor(row / m) * k * n;
    for (let p = 0; p < k; p++) addRow(sums, row * n, a[row * k + p], b, matrix + p * n, n);
  }
}
