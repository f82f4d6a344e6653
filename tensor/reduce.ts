/**
 * Reductions of views to a number or along axes.
 *
 * @module
 */

import { DTypeError, ShapeError } from "../ffi/errors.ts";
import type { ArgReductionOp, ReductionOp } from "../ffi/symbols.gen.ts";
import { checkBoolean, checkNumber, checkOptions } from "../ops/check.ts";
import { argReduceStrided, reduceStrided, rowsStrided } from "../ops/strided.ts";
import { cast } from "./copy.ts";
import { Category, type DType, dtypes, floatType } from "./dtype.ts";
import {
  argReductions,
  type LineReduction,
  lineReductions,
  logSoftmax,
  softmax,
  wrappingProd,
} from "./line.ts";
import { checkAxes, checkAxis, show, type Sizes } from "./shape.ts";
import { forEachRow, readElements, readLine } from "./walk.ts";
import { checkAlive, isFloat32, newView, reviewed, type View } from "./view.ts";

export type ReductionName = keyof typeof ReductionOp;
export type ArgReductionName = keyof typeof ArgReductionOp;

/** Options of reductions along axes. */
export interface ReduceOptions {
  /** Keep the reduced axes, with size 1. */
  keepdims?: boolean;
}

/** Options of variance and standard deviation. */
export interface VarianceOptions extends ReduceOptions {
  /** Subtracted from the number of elements in the divisor: 0 by default, as NumPy. */
  correction?: number;
}

/** Which axes go, and what is left. */
interface Plan {
  readonly axes: number[];
  readonly shape: Sizes;
  readonly kept: Sizes;
}

function plan(view: View, axis: number | Sizes, keepdims: boolean, operation: string): Plan {
  checkAlive(view, operation);
  if (typeof axis === "number") {
    // What most calls are, without a detour.
    const only = checkAxis(axis, view.shape, operation);
    const kept = view.shape.toSpliced(only, 1);
    return { axes: [only], shape: keepdims ? view.shape.with(only, 1) : kept, kept };
  }
  const axes = checkAxes(axis, view.shape, operation);
  const kept = view.shape.filter((_, at) => !axes.includes(at));
  const shape = keepdims ? view.shape.map((size, at) => axes.includes(at) ? 1 : size) : kept;
  return { axes, shape, kept };
}

const allAxes = (view: View): number[] => view.shape.map((_, axis) => axis);

function readOptions(options: VarianceOptions, operation: string): Required<VarianceOptions> {
  checkOptions(options, operation, "options");
  const { keepdims = false, correction = 0 } = options;
  checkBoolean(keepdims, operation, "keepdims");
  checkNumber(correction, operation, "correction");
  return { keepdims, correction };
}

/** Dtypes of results along axes: sums of small integers are int32, means are floats. */
function reductionType(operation: ReductionName, dtype: DType): DType {
  if (operation === "max" || operation === "min") return dtype;
  if (operation === "sum" || operation === "prod") {
    return dtypes[dtype].category === Category.float ? dtype : "int32";
  }
  return floatType(dtype);
}

function checkNotEmpty(view: View, axes: Sizes, operation: string): void {
  const empty = axes.find((axis) => view.shape[axis] === 0);
  if (empty !== undefined) {
    throw new ShapeError(
      `${operation}: axis ${empty} of shape ${show(view.shape)} is empty, ` +
        "expected at least one element",
    );
  }
}

/** As methods are named. */
const publicNames: Readonly<Partial<Record<ReductionName, string>>> = { variance: "var" };

const scalarOut = new Float32Array(1);

/** One number of all elements; without axes a view, if `keepdims`. */
export function reduce(
  operation: ReductionName,
  view: View,
  axis: number | Sizes | undefined,
  options: VarianceOptions = {},
): View | number {
  const name = publicNames[operation] ?? operation;
  const { keepdims, correction } = readOptions(options, name);
  const isExtreme = operation === "max" || operation === "min";
  if (axis === undefined && !keepdims) {
    const axes = allAxes(view);
    if (isExtreme) checkNotEmpty(view, axes, name);
    return reduceToNumber(operation, view, axes, correction);
  }
  const { axes, shape, kept } = plan(
    view,
    axis === undefined ? allAxes(view) : axis,
    keepdims,
    name,
  );
  const out = newView(reductionType(operation, view.dtype), shape, name);
  if (out.size === 0) return out;
  if (isExtreme) checkNotEmpty(view, axes, name);
  if (isFloat32(view)) {
    reduceStrided(operation, view, axes, out.data as Float32Array, correction);
  } else {
    const f = operation === "prod" && out.dtype === "int32"
      ? wrappingProd
      : lineReductions[operation];
    let next = 0;
    forEachLine(view, axes, kept, (line) => out.data[next++] = f(line, correction));
  }
  return out;
}

function reduceToNumber(
  operation: ReductionName,
  view: View,
  axes: number[],
  correction: number,
): number {
  checkAlive(view, operation);
  if (isFloat32(view)) {
    reduceStrided(operation, view, axes, scalarOut, correction);
    return scalarOut[0];
  }
  let result = 0;
  const f: LineReduction = lineReductions[operation];
  forEachLine(view, axes, [], (line) => result = f(line, correction));
  return result;
}

/**
 * Calls with each line, in the order of the kept axes: the elements that one result reduces, in
 * row-major order. The array is the same every time.
 */
function forEachLine(
  view: View,
  axes: Sizes,
  kept: Sizes,
  visit: (line: Float64Array) => void,
): void {
  const { data, shape, strides } = view;
  const inner = reviewed(
    view,
    axes.map((axis) => shape[axis]),
    axes.map((axis) => strides[axis]),
  );
  const outer = strides.filter((_, axis) => !axes.includes(axis));
  const line = newView("float64", [inner.size], "reduction").data as Float64Array;
  const isOneRun = axes.length === 1;
  forEachRow(kept, [{ strides: outer, offset: view.offset }], ([start], count, [step]) => {
    for (let n = 0; n < count; n++) {
      const first = start + n * step;
      if (isOneRun) readLine(data, first, inner.strides[0], line.length, line, 0);
      else readElements(reviewed(inner, inner.shape, inner.strides, first), line);
      visit(line);
    }
  });
}

/** The index of an extreme: of all elements in row-major order, or along an axis. */
export function argReduce(
  operation: ArgReductionName,
  view: View,
  axis: number | undefined,
  options: ReduceOptions = {},
): View | number {
  const { keepdims } = readOptions(options, operation);
  if (axis !== undefined && typeof axis !== "number") {
    throw new DTypeError(`${operation}: axis is an object, expected one axis or none`);
  }
  const { axes, shape, kept } = plan(
    view,
    axis === undefined ? allAxes(view) : axis,
    keepdims,
    operation,
  );
  const isNumber = axis === undefined && !keepdims;
  const out = newView("int32", isNumber ? [] : shape, operation);
  if (isNumber || out.size > 0) checkNotEmpty(view, axes, operation);
  if (out.size === 0) return out;
  argReduceInto(operation, view, axis === undefined ? undefined : axes[0], axes, kept, out);
  return isNumber ? out.data[0] : out;
}

function argReduceInto(
  operation: ArgReductionName,
  view: View,
  axis: number | undefined,
  axes: Sizes,
  kept: Sizes,
  out: View,
): void {
  if (isFloat32(view) && (axis !== undefined || view.isContiguous)) {
    // The flat index is that along the only axis of the elements.
    const flat = axis === undefined ? reviewed(view, [view.size], [1]) : view;
    if (isFloat32(flat)) argReduceStrided(operation, flat, axis ?? 0, out.data as Int32Array);
    return;
  }
  let next = 0;
  forEachLine(view, axes, kept, (line) => {
    out.data[next++] = argReductions[operation](line);
  });
}

/** Whether all (any) elements are other than 0, which NaN is. */
export function truth(
  operation: "all" | "any",
  view: View,
  axis: number | Sizes | undefined,
  options: ReduceOptions = {},
): View | boolean {
  const { keepdims } = readOptions(options, operation);
  const isAll = operation === "all";
  const f = (line: Float64Array) => isAll ? line.every((x) => x !== 0) : line.some((x) => x !== 0);
  const { axes, shape, kept } = plan(
    view,
    axis === undefined ? allAxes(view) : axis,
    keepdims,
    operation,
  );
  const out = newView("bool", axis === undefined && !keepdims ? [] : shape, operation);
  let next = 0;
  forEachLine(view, axes, kept, (line) => out.data[next++] = f(line) ? 1 : 0);
  return axis === undefined && !keepdims ? out.data[0] === 1 : out;
}

/** softmax or its logarithm along an axis. */
export function alongAxis(
  operation: "softmax" | "logSoftmax",
  view: View,
  axis: number,
): View {
  const at = checkAxis(axis, view.shape, operation);
  checkAlive(view, operation);
  const from = cast(view, floatType(view.dtype), operation);
  const out = newView(from.dtype, from.shape, operation);
  if (out.size === 0) return out;
  if (isFloat32(from) && isFloat32(out)) {
    rowsStrided(operation, from, at, out);
    return out;
  }
  const f = operation === "softmax" ? softmax : logSoftmax;
  const kept = from.shape.toSpliced(at, 1);
  const strides = out.strides.toSpliced(at, 1);
  const starts: number[] = [];
  forEachRow(kept, [{ strides, offset: 0 }], ([start], count, [step]) => {
    for (let n = 0; n < count; n++) starts.push(start + n * step);
  });
  let next = 0;
  forEachLine(from, [at], kept, (line) => {
    f(line);
    const start = starts[next++];
    for (let i = 0; i < line.length; i++) out.data[start + i * out.strides[at]] = line[i];
  });
  return out;
}
