/**
 * Views of a tensor beside an obvious model of them: the list of the base's elements that the view
 * shows, in logical order. Nothing here knows of strides.
 */

import assert from "node:assert/strict";
import { type DType, type Tensor, tensor } from "../mod.ts";
import type { Random } from "./random.ts";
import { show } from "./ulp.ts";

/** Which elements of the base a view shows. */
export interface Model {
  readonly shape: readonly number[];
  /** Flat indices into the base, in logical order. */
  readonly at: readonly number[];
}

/** A view, its model, and how it was made. */
export interface Pair {
  readonly view: Tensor;
  readonly model: Model;
  readonly steps: readonly string[];
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** All indices of a shape, in logical order. */
export function indicesOf(shape: readonly number[]): number[][] {
  let indices: number[][] = [[]];
  for (const size of shape) {
    indices = indices.flatMap((index) => Array.from({ length: size }, (_, i) => [...index, i]));
  }
  return indices;
}

const arrays = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const;

export const dtypes = Object.keys(arrays) as DType[];

/** What JavaScript stores in an array of the dtype; whether it is not 0 for bool. */
export function stored(x: number, dtype: DType): number {
  return dtype === "bool" ? Number(x !== 0) : arrays[dtype].of(x)[0];
}

function flatIndex(shape: readonly number[], index: readonly number[]): number {
  return index.reduce((flat, i, axis) => flat * shape[axis] + i, 0);
}

/** A model whose element at an index is that of another model at `from(index)`. */
function pickModel(
  { shape: source, at }: Model,
  shape: readonly number[],
  from: (index: readonly number[]) => readonly number[],
): Model {
  return { shape, at: indicesOf(shape).map((index) => at[flatIndex(source, from(index))]) };
}

export function wholeModel(shape: readonly number[]): Model {
  return { shape, at: Array.from({ length: sizeOf(shape) }, (_, i) => i) };
}

/** All elements in logical order, by way of nested arrays. */
export function elementsOf(view: Tensor): number[] {
  const flatten = (nested: unknown): number[] =>
    Array.isArray(nested) ? nested.flatMap(flatten) : [Number(nested)];
  return flatten(view.toArray());
}

export function assertElements(got: Tensor, expected: readonly number[], what: string): void {
  const elements = elementsOf(got);
  assert.equal(elements.length, expected.length, `${what}: number of elements`);
  const wrong = elements.findIndex((x, i) => !Object.is(x, expected[i]));
  if (wrong >= 0) {
    assert.fail(`${what}: [${wrong}] is ${show(elements[wrong])}, not ${show(expected[wrong])}`);
  }
}

/** Up to `axes` axes of 1 to 6 elements, now and then an axis of none. */
export function randomShape(random: Random, axes = 4): number[] {
  return Array.from({ length: random.below(axes + 1) }, () => {
    if (random.below(30) === 0) return 0;
    return random.below(4) === 0 ? 1 : 1 + random.below(6);
  });
}

export function randomTensor(random: Random, shape: readonly number[]): Tensor {
  return tensor(random.fill(sizeOf(shape), () => random.plainFloat())).reshape([...shape]);
}

type Step = (random: Random, pair: Pair) => Pair | undefined;

function step(
  { view, model, steps }: Pair,
  text: string,
  make: (view: Tensor) => Tensor,
  shape: readonly number[],
  from: (index: readonly number[]) => readonly number[],
): Pair {
  return { view: make(view), model: pickModel(model, shape, from), steps: [...steps, text] };
}

function permute(random: Random, pair: Pair): Pair {
  const { shape } = pair.model;
  const axes = shape.map((_, axis) => axis);
  for (let i = axes.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [axes[i], axes[j]] = [axes[j], axes[i]];
  }
  const named = axes.map((axis) => random.below(3) ? axis : axis - axes.length);
  const sizes = axes.map((axis) => shape[axis]);
  return step(pair, `permute([${named}])`, (view) => view.permute(named), sizes, (index) => {
    const source = new Array<number>(shape.length);
    axes.forEach((axis, i) => source[axis] = index[i]);
    return source;
  });
}

/** One axis from start to stop by a step of either sign; bounds are those of Python's `slice`. */
function slice(random: Random, pair: Pair): Pair | undefined {
  const { shape } = pair.model;
  if (shape.length === 0) return undefined;
  const axis = random.below(shape.length);
  const size = shape[axis];
  const by = random.pick([1, 1, 2, 3, -1, -1, -2]);
  const bound = () => random.below(3) ? random.integer(-size - 1, size + 1) : undefined;
  const [start, stop] = [bound(), bound()];
  const picked = sliceIndices(size, start, stop, by);
  const text = `${start ?? ""}:${stop ?? ""}:${by}`;
  const texts = shape.map((_, i) => i === axis ? text : ":");
  const sizes = shape.map((old, i) => i === axis ? picked.length : old);
  return step(
    pair,
    `slice(${texts})`,
    (view) => view.slice(...texts),
    sizes,
    (index) => index.map((i, a) => a === axis ? picked[i] : i),
  );
}

function sliceIndices(
  size: number,
  start: number | undefined,
  stop: number | undefined,
  by: number,
): number[] {
  const lowest = by > 0 ? 0 : -1;
  const highest = by > 0 ? size : size - 1;
  const place = (bound: number) =>
    Math.min(Math.max(bound < 0 ? bound + size : bound, lowest), highest);
  const first = start === undefined ? (by > 0 ? 0 : size - 1) : place(start);
  const end = stop === undefined ? (by > 0 ? size : -1) : place(stop);
  const picked = [];
  for (let i = first; by > 0 ? i < end : i > end; i += by) picked.push(i);
  return picked;
}

function select(random: Random, pair: Pair): Pair | undefined {
  const { shape } = pair.model;
  if (shape.length === 0) return undefined;
  const axis = random.below(shape.length);
  if (shape[axis] === 0) return undefined;
  const chosen = random.below(shape[axis]);
  const sizes = shape.filter((_, i) => i !== axis);
  return step(
    pair,
    `select(${axis}, ${chosen})`,
    (view) => view.select(axis, random.below(2) ? chosen : chosen - shape[axis]),
    sizes,
    (index) => index.toSpliced(axis, 0, chosen),
  );
}

function narrow(random: Random, pair: Pair): Pair | undefined {
  const { shape } = pair.model;
  if (shape.length === 0) return undefined;
  const axis = random.below(shape.length);
  const start = random.below(shape[axis] + 1);
  const length = random.below(shape[axis] - start + 1);
  const sizes = shape.with(axis, length);
  return step(
    pair,
    `narrow(${axis}, ${start}, ${length})`,
    (view) => view.narrow(axis, start, length),
    sizes,
    (index) => index.with(axis, index[axis] + start),
  );
}

function unsqueeze(random: Random, pair: Pair): Pair {
  const { shape } = pair.model;
  const axis = random.below(shape.length + 1);
  const sizes = shape.toSpliced(axis, 0, 1);
  const make = (view: Tensor) => view.unsqueeze(axis);
  return step(pair, `unsqueeze(${axis})`, make, sizes, (index) => index.toSpliced(axis, 1));
}

function squeeze(_: Random, pair: Pair): Pair {
  const { shape } = pair.model;
  const kept = shape.flatMap((size, axis) => size === 1 ? [] : [axis]);
  const sizes = kept.map((axis) => shape[axis]);
  return step(pair, "squeeze()", (view) => view.squeeze(), sizes, (index) => {
    const source = new Array<number>(shape.length).fill(0);
    kept.forEach((axis, i) => source[axis] = index[i]);
    return source;
  });
}

function expand(random: Random, pair: Pair): Pair | undefined {
  const { shape } = pair.model;
  if (sizeOf(shape) > 500) return undefined;
  const sizes = shape.map((size) => size === 1 ? 1 + random.below(4) : size);
  const added = random.below(4) ? [] : [1 + random.below(3)];
  const all = [...added, ...sizes];
  return step(
    pair,
    `expand([${all}])`,
    (view) => view.expand(all),
    all,
    (index) => index.slice(added.length).map((i, axis) => shape[axis] === 1 ? 0 : i),
  );
}

/** Steps after which no element is shown twice, so that one may write. */
const writable: readonly Step[] = [permute, slice, slice, select, narrow, unsqueeze, squeeze];

/** A random view of a tensor that starts at its base. */
export function randomView(random: Random, base: Tensor, repeats: boolean): Pair {
  const model = wholeModel(base.shape);
  let pair: Pair = { view: base, model, steps: [`a of [${base.shape}]`] };
  const steps = repeats ? [...writable, expand] : writable;
  for (let left = random.below(6); left > 0; left--) {
    if (pair.model.shape.length > 5) break;
    pair = random.pick(steps)(random, pair) ?? pair;
  }
  return pair;
}
