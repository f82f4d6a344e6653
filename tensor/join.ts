/**
 * Functions of several tensors.
 *
 * @module
 */

import { DTypeError, ShapeError } from "../ffi/errors.ts";
import { checkBoolean, checkNumber, checkOptions, describe } from "../ops/check.ts";
import { cast, copyInto } from "./copy.ts";
import { type DType, promote, resultType } from "./dtype.ts";
import { where as chooseFrom } from "./elementwise.ts";
import { broadcastShapes, checkAxis, checkShape, isSame, show } from "./shape.ts";
import { operandOf, type Tensor, tensorOf, viewOf } from "./tensor.ts";
import { forEachRow } from "./walk.ts";
import { broadcastTo, checkAlive, newView, type View } from "./view.ts";
import { narrow, unsqueeze } from "./views.ts";

function viewsOf(tensors: readonly Tensor[], operation: string): View[] {
  if (!Array.isArray(tensors)) {
    throw new DTypeError(`${operation}: tensors is ${describe(tensors)}, expected an array`);
  }
  const views = Array.from(tensors, (value, i) => viewOf(value, operation, `tensors[${i}]`));
  if (views.length === 0) {
    throw new ShapeError(`${operation}: tensors is empty, expected at least one`);
  }
  return views;
}

function commonType(views: readonly View[]): DType {
  return views.map(({ dtype }) => dtype).reduce(promote);
}

/** One after the other along an axis that all of them have. */
function joined(views: readonly View[], axis: number, operation: string): Tensor {
  const [first] = views;
  let total = 0;
  for (const { shape } of views) {
    const fits = shape.length === first.shape.length &&
      shape.every((size, at) => at === axis || size === first.shape[at]);
    if (!fits) {
      throw new ShapeError(
        `${operation}: shapes ${show(first.shape)} and ${show(shape)} do not fit together, ` +
          `expected equal sizes${operation === "concat" ? ` but on axis ${axis}` : ""}`,
      );
    }
    total += shape[axis];
  }
  const dtype = commonType(views);
  const shape = checkShape(first.shape.with(axis, total), operation);
  const out = newView(dtype, shape, operation);
  let start = 0;
  for (const view of views) {
    const count = view.shape[axis];
    copyInto(cast(view, dtype, operation), narrow(out, axis, start, count), operation);
    start += count;
  }
  return tensorOf(out);
}

/**
 * Tensors one after the other along an axis.
 *
 * @param tensors at least one; equal sizes but on that axis
 * @param axis 0 by default; negative ones count from the end
 * @returns a new tensor of the dtype that holds all
 * @throws {DTypeError} an argument is of another type
 * @throws {ShapeError} there is none, the shapes do not fit, or there is no such axis
 * @throws {OutOfMemoryError} there is no memory for the result
 *
 * @example
 * ```ts
 * import { concat, tensor } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * const rows = concat([tensor([[1, 2]]), tensor([[3, 4], [5, 6]])]);
 * assert.deepEqual(rows.toArray(), [[1, 2], [3, 4], [5, 6]]);
 * ```
 */
export function concat(tensors: readonly Tensor[], axis = 0): Tensor {
  const views = viewsOf(tensors, "concat");
  return joined(views, checkAxis(axis, views[0].shape, "concat"), "concat");
}

/**
 * Tensors of one shape along a new axis.
 *
 * @param tensors at least one
 * @param axis where the new one goes, 0 by default; negative ones count from the end
 * @returns a new tensor of the dtype that holds all
 * @throws {DTypeError} an argument is of another type
 * @throws {ShapeError} there is none, the shapes differ, or the axis is out of range
 * @throws {OutOfMemoryError} there is no memory for the result
 *
 * @example
 * ```ts
 * import { stack, tensor } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(stack([tensor([1, 2]), tensor([3, 4])], 1).toArray(), [[1, 3], [2, 4]]);
 * ```
 */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  const views = viewsOf(tensors, "stack");
  const at = checkAxis(axis, views[0].shape, "stack", 1);
  const [first] = views;
  const other = views.find(({ shape }) => !isSame(shape, first.shape));
  if (other !== undefined) {
    throw new ShapeError(
      `stack: shapes ${show(first.shape)} and ${show(other.shape)} differ, expected equal ones`,
    );
  }
  return joined(views.map((view) => unsqueeze(view, at)), at, "stack");
}

/**
 * The elements of `a` where a condition holds, those of `b` elsewhere; all broadcast together.
 *
 * @param condition a tensor of bool, as comparisons give it
 * @param a a tensor or a number
 * @param b a tensor or a number
 * @returns a new tensor of the dtype that `a` and `b` promote to
 * @throws {DTypeError} an argument is of another type, or the condition not bool
 * @throws {ShapeError} the shapes do not broadcast
 * @throws {OutOfMemoryError} there is no memory for the result
 *
 * @example
 * ```ts
 * import { tensor, where } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * const a = tensor([1, -2, 3]);
 * assert.deepEqual(where(a.gt(0), a, 0).toArray(), [1, 0, 3]);
 * ```
 */
export function where(condition: Tensor, a: Tensor | number, b: Tensor | number): Tensor {
  const mask = viewOf(condition, "where", "condition");
  return tensorOf(chooseFrom(mask, operandOf(a, "where", "a"), operandOf(b, "where", "b")));
}

/** Tolerances of {@linkcode allclose}. */
export interface AllcloseOptions {
  /** Of the size of `b`, 1e-5 by default. */
  rtol?: number;
  /** Of any size, 1e-8 by default. */
  atol?: number;
  /** Whether NaN equals NaN; false by default. */
  equalNan?: boolean;
}

/**
 * Whether |a - b| ≤ atol + rtol·|b| for all elements, which broadcast. Equal infinities are close.
 *
 * @param a a tensor
 * @param b a tensor or a number
 * @param options the tolerances
 * @throws {DTypeError} an argument is of another type
 * @throws {ShapeError} the shapes do not broadcast
 *
 * @example
 * ```ts
 * import { allclose, tensor } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * assert(allclose(tensor([1, 2]), tensor([1, 2.00001])));
 * ```
 */
export function allclose(
  a: Tensor,
  b: Tensor | number,
  options: AllcloseOptions = {},
): boolean {
  checkOptions(options, "allclose", "options");
  const { rtol = 1e-5, atol = 1e-8, equalNan = false } = options;
  checkNumber(rtol, "allclose", "rtol");
  checkNumber(atol, "allclose", "atol");
  checkBoolean(equalNan, "allclose", "equalNan");
  const view = viewOf(a, "allclose", "a");
  const given = operandOf(b, "allclose", "b");
  const isClose = (x: number, y: number) =>
    x === y || Math.abs(x - y) <= atol + rtol * Math.abs(y) && Number.isFinite(y) ||
    (equalNan && Number.isNaN(x) && Number.isNaN(y));
  if (typeof given === "number") return everyPair(view, view, (x) => isClose(x, given));
  const shape = broadcastShapes(view.shape, given.shape, "allclose");
  const dtype = resultType(
    { dtype: view.dtype, ndim: view.shape.length },
    { dtype: given.dtype, ndim: given.shape.length },
  );
  const left = broadcastTo(cast(view, dtype, "allclose"), shape);
  return everyPair(left, broadcastTo(cast(given, dtype, "allclose"), shape), isClose);
}

function everyPair(a: View, b: View, holds: (x: number, y: number) => boolean): boolean {
  for (const view of [a, b]) checkAlive(view, "allclose");
  let result = true;
  forEachRow(a.shape, [a, b], ([i, j], count, [stepA, stepB]) => {
    for (let n = 0; n < count && result; n++) {
      result = holds(a.data[i + n * stepA], b.data[j + n * stepB]);
    }
  });
  return result;
}
