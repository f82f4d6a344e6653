/**
 * The loop over the elements of strided arrays in row-major order, for what has no native code.
 *
 * Functions of elements get lines of them, of float64 or of int32: engines are quick at loops over
 * arrays of one kind, and slow at loops over arrays of any kind.
 *
 * @module
 */

import type { Sizes } from "./shape.ts";
import type { TensorData } from "./dtype.ts";
import type { View } from "./view.ts";

/** Where an array that is walked begins, and its stride on every axis. */
export interface Walked {
  readonly strides: Sizes;
  readonly offset: number;
}

/** Elements side by side. */
export type Line = Float64Array | Int32Array;

/** out[i] = f(x[i]) for i < n. */
export type LineUnary = (x: Float64Array, out: Float64Array, n: number) => void;

/** out[i] = f(x[i], y[i]) for i < n. */
export type LineBinary<L extends Line> = (x: L, y: L, out: L, n: number) => void;

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

/** Up to here an engine's copy takes longer to begin than a loop takes. */
const shortLength = 32;

/** line[at + n] = the element at `start + n·step`, n < count. */
export function readLine(
  data: TensorData,
  start: number,
  step: number,
  count: number,
  line: Line,
  at: number,
): void {
  if (step === 1 && count > shortLength) {
    line.set(data.subarray(start, start + count), at);
  } else if (step === 0) {
    line.fill(data[start], at, at + count);
  } else {
    for (let n = 0; n < count; n++) line[at + n] = data[start + n * step];
  }
}

/** The elements at `start + n·step` become the first `count` of a line, rounded or wrapped around. */
function writeLine(
  line: Line,
  data: TensorData,
  start: number,
  step: number,
  count: number,
): void {
  if (step === 1 && count > shortLength) {
    data.set(count === line.length ? line : line.subarray(0, count), start);
  } else {
    for (let n = 0; n < count; n++) data[start + n * step] = line[n];
  }
}

/** Lines of one kind. */
class Lines<L extends Line> {
  /** Elements that are copied to a line: three lines of them stay in the first-level cache. */
  static readonly length = 1024;
  readonly #kind: new (length: number) => L;
  readonly a: L;
  readonly b: L;
  readonly out: L;

  constructor(kind: new (length: number) => L) {
    this.#kind = kind;
    [this.a, this.b, this.out] = [1, 2, 3].map(() => new kind(Lines.length)) as [L, L, L];
  }

  /** Whether the elements of a row are a line already. */
  #isLine(data: TensorData, step: number, count: number): boolean {
    return step === 1 && count > shortLength && data instanceof this.#kind;
  }

  /** How many elements of a row are done at a time: all, where nothing has to be copied. */
  lengthFor(arrays: readonly TensorData[], steps: Sizes, count: number): number {
    const areLines = arrays.every((data, i) => this.#isLine(data, steps[i], count));
    return areLines ? count : Lines.length;
  }

  /** The elements at `start + n·step` as a line: themselves, or copied to one that is there. */
  read(data: TensorData, start: number, step: number, count: number, line: L): L {
    if (this.#isLine(data, step, count)) return data.subarray(start, start + count) as L;
    readLine(data, start, step, count, line, 0);
    return line;
  }

  /** Where the results of a line go: to their place, or to one that is copied there. */
  outFor(data: TensorData, start: number, step: number, count: number): L {
    return this.#isLine(data, step, count) ? data.subarray(start, start + count) as L : this.out;
  }
}

export const floatLines: Lines<Float64Array> = new Lines(Float64Array);
export const integerLines: Lines<Int32Array> = new Lines(Int32Array);

/** out = f(a), element by element. */
export function mapUnary(f: LineUnary, a: View, out: View): void {
  const [from, to, lines] = [a.data, out.data, floatLines];
  forEachRow(out.shape, [a, out], ([i, o], count, steps) => {
    const [stepA, step] = steps;
    const length = lines.lengthFor([from, to], steps, count);
    for (let done = 0; done < count; done += length) {
      const n = Math.min(length, count - done);
      const start = o + done * step;
      const line = lines.outFor(to, start, step, n);
      f(lines.read(from, i + done * stepA, stepA, n, lines.a), line, n);
      if (line === lines.out) writeLine(line, to, start, step, n);
    }
  });
}

/** out = f(a, b), element by element, by lines of a kind; all of one shape. */
export function mapBinary<L extends Line>(
  lines: Lines<L>,
  f: LineBinary<L>,
  a: View,
  b: View,
  out: View,
): void {
  const [left, right, to] = [a.data, b.data, out.data];
  forEachRow(out.shape, [a, b, out], ([i, j, o], count, steps) => {
    const [stepA, stepB, step] = steps;
    const length = lines.lengthFor([left, right, to], steps, count);
    for (let done = 0; done < count; done += length) {
      const n = Math.min(length, count - done);
      const start = o + done * step;
      const line = lines.outFor(to, start, step, n);
      const x = lines.read(left, i + done * stepA, stepA, n, lines.a);
      f(x, lines.read(right, j + done * stepB, stepB, n, lines.b), line, n);
      if (line === lines.out) writeLine(line, to, start, step, n);
    }
  });
}

/** The elements in row-major order to a line. */
export function readElements(a: View, line: Float64Array): void {
  const data: TensorData = a.data;
  let done = 0;
  forEachRow(a.shape, [a], ([start], count, [step]) => {
    readLine(data, start, step, count, line, done);
    done += count;
  });
}

/** The elements in row-major order, one after the other. */
export function forEachElement(a: View, visit: (x: number) => void): void {
  const data: TensorData = a.data;
  forEachRow(a.shape, [a], ([i], count, [step]) => {
    for (let n = 0; n < count; n++) visit(data[i + n * step]);
  });
}
