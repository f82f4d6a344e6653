/**
 * Reductions of views to a number or along axes.
 *
 * @module
 */

import { DTypeError, ShapeError } from "../ffi/errors.ts";
import type { ArgReductionOp, ReductionOp } from "../ffi/symbols.gen.ts";
import { checkBoolean, checkNumber, checkOptions } from "../ops/check.ts";
import { argmax, argmin } from "../ops/reduce.ts";
import { argReduceStrided, reduceStrided, rowsStrided } from "../ops/strided.ts";
import { sumTyped, truthTyped } from "../ops/typed.ts";
import { cast, contiguous, copyInto, copyOf, flat } from "./copy.ts";
import { Category, type DType, dtypes, floatType, type TensorData } from "./dtype.ts";
import {
  argReductions,
  type LineReduction,
  lineReductions,
  logSoftmax,
  softmax,
  wrappingProd,
} from "./line.ts";
import { checkAxes, checkAxis, show, sizeOf, type Sizes } from "./shape.ts";
import { forEachRow } from "./walk.ts";
import {
  checkAlive,
  elementsOf,
  float32sOf,
  isFloat32,
  newView,
  reviewed,
  type View,
  viewOfArray,
} from "./view.ts";
import { permute } from "./views.ts";

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
}

function plan(view: View, axis: number | Sizes, keepdims: boolean, operation: string): Plan {
  checkAlive(view, operation);
  if (typeof axis === "number") {
    // What most calls are, without a detour.
    const only = checkAxis(axis, view.shape, operation);
    const shape = keepdims ? view.shape.with(only, 1) : view.shape.toSpliced(only, 1);
    return { axes: [only], shape };
  }
  const axes = checkAxes(axis, view.shape, operation);
  const shape = keepdims
    ? view.shape.map((size, at) => axes.includes(at) ? 1 : size)
    : view.shape.filter((_, at) => !axes.includes(at));
  return { axes, shape };
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
  const { axes, shape } = plan(
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
  } else if (operation === "sum" && out.dtype === "int32") {
    return viewOfArray(sumOfIntegers(view, axes), "int32", shape);
  } else if (operation === "mean" && haveSmallSums(view)) {
    const length = view.size / out.size;
    sumOfIntegers(view, axes).forEach((total, i) => out.data[i] = total / length);
  } else {
    const f = operation === "prod" && out.dtype === "int32"
      ? wrappingProd
      : lineReductions[operation];
    reduceLines(f, view, axes, out, correction);
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
  if ((operation === "sum" || operation === "mean") && haveSmallSums(view)) {
    const [total] = sumOfIntegers(view, axes);
    return operation === "sum" ? total : total / view.size;
  }
  const line = flat(view, "float64", operation);
  return lineReductions[operation](line, 0, line.length, 1, correction);
}

/**
 * Elements of the lines that are copied at a time, if a line has not more: half of what most
 * second-level caches hold.
 */
const linesLength = 2 ** 15;
/**
 * Likewise for the few lines that are copied at least where they lie between each other: fewer do not
 * use the lines of the cache that they are in.
 */
const betweenLength = 2 ** 22;
const betweenCount = 8;

/** Lines in float64, one after the other or between each other: as they lie in memory. */
interface Lines {
  readonly data: Float64Array;
  readonly count: number;
  /** Elements of each. */
  readonly length: number;
  /** From one to the next, and from an element to the next. */
  readonly stride: number;
  readonly step: number;
}

/** The lines along all axes but the first ones. */
function linesOf(view: View, kept: number, isBetween: boolean): Lines {
  const all = allAxes(view);
  const [outer, inner] = [all.slice(0, kept), all.slice(kept)];
  const [count, length] = [outer, inner].map((axes) =>
    sizeOf(axes.map((axis) => view.shape[axis]))
  );
  const lines = isBetween ? permute(view, [...inner, ...outer]) : view;
  const data = flat(lines, "float64", "reduction");
  const [stride, step] = isBetween ? [1, count] : [length, 1];
  return { data, count, length, stride, step };
}

/**
 * Calls with the lines of a view in the order of the kept axes, some at a time: a line has the elements
 * that one result reduces, in row-major order.
 */
function forEachLines(view: View, axes: Sizes, visit: (lines: Lines) => void): void {
  const kept = allAxes(view).filter((axis) => !axes.includes(axis));
  const lines = permute(view, [...kept, ...axes]);
  const { strides } = lines;
  const isBetween = kept.length > 0 && axes.length > 0 &&
    Math.abs(strides[kept.length - 1]) < Math.abs(strides[strides.length - 1]);
  // Kept axes from `whole` on are copied as a whole, those before it one index after the other, but for
  // the last of them: some of it at a time.
  let whole = kept.length;
  let size = sizeOf(lines.shape.slice(whole));
  while (whole > 0 && size * lines.shape[whole - 1] <= linesLength) size *= lines.shape[--whole];
  if (whole === 0) return visit(linesOf(lines, kept.length, isBetween));
  const split = whole - 1;
  const few = isBetween ? Math.min(betweenCount, Math.floor(betweenLength / size)) : 1;
  const most = Math.max(1, few, Math.floor(linesLength / size));
  const outer = { strides: strides.slice(0, split), offset: lines.offset };
  forEachRow(lines.shape.slice(0, split), [outer], ([start], count, [step]) => {
    for (let n = 0; n < count; n++) {
      for (let first = 0; first < lines.shape[split]; first += most) {
        const some = Math.min(most, lines.shape[split] - first);
        const offset = start + n * step + first * strides[split];
        const shape = [some, ...lines.shape.slice(whole)];
        const part = reviewed(lines, shape, strides.slice(split), offset);
        visit(linesOf(part, kept.length - split, isBetween));
      }
    }
  });
}

/** out = f of every line. */
function reduceLines(
  f: LineReduction,
  view: View,
  axes: Sizes,
  out: View,
  correction = 0,
): void {
  const results = out.data;
  let next = 0;
  forEachLines(view, axes, ({ data, count, length, stride, step }) => {
    for (let i = 0; i < count; i++) {
      results[next++] = f(data, i * stride, length, step, correction);
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
  if (axis === undefined && !keepdims && isFloat32(view) && view.isContiguous && view.size > 0) {
    // What most calls are, without a detour.
    return (operation === "argmax" ? argmax : argmin)(float32sOf(view, operation));
  }
  if (axis !== undefined && typeof axis !== "number") {
    throw new DTypeError(`${operation}: axis is an object, expected one axis or none`);
  }
  const { axes, shape } = plan(
    view,
    axis === undefined ? allAxes(view) : axis,
    keepdims,
    operation,
  );
  const isNumber = axis === undefined && !keepdims;
  const out = newView("int32", isNumber ? [] : shape, operation);
  if (isNumber || out.size > 0) checkNotEmpty(view, axes, operation);
  if (out.size === 0) return out;
  argReduceInto(operation, view, axis === undefined ? undefined : axes[0], axes, out);
  return isNumber ? out.data[0] : out;
}

function argReduceInto(
  operation: ArgReductionName,
  view: View,
  axis: number | undefined,
  axes: Sizes,
  out: View,
): void {
  if (isFloat32(view) && (axis !== undefined || view.isContiguous)) {
    // The flat index is that along the only axis of the elements.
    const flat = axis === undefined ? reviewed(view, [view.size], [1]) : view;
    if (isFloat32(flat)) argReduceStrided(operation, flat, axis ?? 0, out.data as Int32Array);
    return;
  }
  reduceLines(argReductions[operation], view, axes, out);
}

/** Whether all (any) elements are other than 0, which NaN is. */
export function truth(
  operation: "all" | "any",
  view: View,
  axis: number | Sizes | undefined,
  options: ReduceOptions = {},
): View | boolean {
  const { keepdims } = readOptions(options, operation);
  const { axes, shape } = plan(
    view,
    axis === undefined ? allAxes(view) : axis,
    keepdims,
    operation,
  );
  const holds = contiguous(cast(view, "bool", operation), operation);
  const result = axisByAxis(holds, axes, operation, (a, outer, size, inner) => {
    const out = newView("bool", [outer * inner], operation);
    truthTyped(operation, a as Uint8Array, size, inner, out.data as Uint8Array);
    return out.data;
  });
  return axis === undefined && !keepdims ? result[0] === 1 : viewOfArray(result, "bool", shape);
}

/** Whether no sum of elements leaves int32: of bytes, and not too many. */
function haveSmallSums(view: View): boolean {
  return dtypes[view.dtype].bytes === 1 && view.size < 2 ** 23;
}

/** Modulo 2^32, in which the order of the axes is of no matter. */
function sumOfIntegers(view: View, axes: Sizes): TensorData {
  let { dtype } = view;
  return axisByAxis(contiguous(view, "sum"), axes, "sum", (data, outer, size, inner) => {
    const out = newView("int32", [outer * inner], "sum");
    sumTyped({ data, dtype }, size, inner, out.data as Int32Array);
    dtype = "int32";
    return out.data;
  });
}

/**
 * The elements that are left when axes of a row-major view are reduced, those that are neighbours as
 * one, the last ones first. `reduceAxis` reduces the middle of [outer, size, inner].
 */
function axisByAxis(
  view: View,
  axes: Sizes,
  operation: string,
  reduceAxis: (data: TensorData, outer: number, size: number, inner: number) => TensorData,
): TensorData {
  let left = view.shape;
  let data = elementsOf(view, operation);
  let end = axes.length;
  do {
    let first = Math.max(end - 1, 0);
    while (first > 0 && axes[first - 1] === axes[first] - 1) first--;
    // Of no axes: the elements one by one.
    const [from, to] = end === 0 ? [left.length, left.length] : [axes[first], axes[end - 1] + 1];
    const [outer, size, inner] = [left.slice(0, from), left.slice(from, to), left.slice(to)];
    data = reduceAxis(data, sizeOf(outer), sizeOf(size), sizeOf(inner));
    left = [...outer, ...inner];
    end = first;
  } while (end > 0);
  return data;
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
  const order = [...allAxes(from).toSpliced(at, 1), at];
  // A copy, which becomes the result.
  const lines = copyOf(permute(from, order), operation);
  const data = elementsOf(lines, operation) as Float64Array;
  const length = from.shape[at];
  for (let start = 0; start < data.length; start += length) f(data, start, length);
  copyInto(lines, permute(out, order), operation);
  return out;
}
