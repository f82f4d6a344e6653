/**
 * NumPy's brackets: what `a[1:3, ..., None, ::-1]` selects.
 *
 * @module
 */

import { DTypeError, ShapeError } from "../ffi/errors.ts";
import { describe } from "../ops/check.ts";
import { checkIndex, integer, show, type Sizes } from "./shape.ts";

/** One entry of the brackets: `"1:3"`, `"::-1"`, `"2"` or `2`, `"..."`, `"None"`. */
export type SliceEntry = string | number;

/** Which elements of an axis are taken. */
export interface Range {
  readonly start: number;
  readonly count: number;
  readonly step: number;
}

const integerPattern = "\\s*([+-]?\\d+)?\\s*";
const rangePattern = new RegExp(`^${integerPattern}:${integerPattern}(?::${integerPattern})?$`);
const indexPattern = new RegExp("^\\s*[+-]?\\d+\\s*$");

/** What a range such as `"1:3"` takes of an axis: as Python's `slice.indices`. */
export function parseRange(entry: string, size: number): Range | undefined {
  const match = rangePattern.exec(entry);
  if (match === null) return undefined;
  const [start, stop, step = 1] = match.slice(1).map((text) =>
    text === undefined ? undefined : Number(text)
  );
  if (step === 0) return undefined;
  const [least, most] = step > 0 ? [0, size] : [-1, size - 1];
  const clamp = (value: number) =>
    Math.min(Math.max(value < 0 ? value + size : value, least), most);
  const first = start === undefined ? (step > 0 ? least : most) : clamp(start);
  const end = stop === undefined ? (step > 0 ? most : least) : clamp(stop);
  const count = Math.max(0, Math.ceil((end - first) / step));
  // A step beyond the axis is never taken; a huge one would not be an offset.
  return { start: count > 0 ? first : 0, count, step: count > 1 ? step : 1 };
}

/** The view that brackets give. */
export interface Sliced {
  readonly shape: number[];
  readonly strides: number[];
  readonly offset: number;
}

const isEllipsis = (entry: SliceEntry) => typeof entry === "string" && entry.trim() === "...";
const isNewAxis = (entry: SliceEntry) =>
  typeof entry === "string" && /^(None|newaxis)$/.test(entry.trim());

/** Where the elements lie that brackets take of a strided array. */
export function applySlices(
  entries: readonly SliceEntry[],
  shape: Sizes,
  strides: Sizes,
  offset: number,
): Sliced {
  const result = { shape: [] as number[], strides: [] as number[], offset };
  const covered = checkEntries(entries, shape);
  let axis = 0;
  const keep = () => {
    result.shape.push(shape[axis]);
    result.strides.push(strides[axis++]);
  };
  for (const entry of entries) {
    if (isNewAxis(entry)) {
      result.shape.push(1);
      result.strides.push(0);
    } else if (isEllipsis(entry)) {
      for (let left = shape.length - covered; left > 0; left--) keep();
    } else if (typeof entry === "number" || indexPattern.test(entry)) {
      const index = checkIndex(Number(entry), shape[axis], "slice", `index of axis ${axis}`, shape);
      result.offset += index * strides[axis++];
    } else {
      const range = parseRange(entry, shape[axis]);
      if (range === undefined) throw malformed(entry);
      result.shape.push(range.count);
      result.strides.push(range.step * strides[axis]);
      result.offset += range.start * strides[axis++];
    }
  }
  while (axis < shape.length) keep();
  return result;
}

/** Checks types and numbers of entries; returns how many axes they take up. */
function checkEntries(entries: readonly SliceEntry[], shape: Sizes): number {
  for (const entry of entries) {
    if (typeof entry === "number") integer(entry, "slice", "index");
    else if (typeof entry !== "string") {
      throw new DTypeError(
        `slice: an entry is ${describe(entry)}, expected a string such as "1:3" or an integer`,
      );
    }
  }
  const ellipses = entries.filter(isEllipsis).length;
  const covered = entries.length - entries.filter(isNewAxis).length - ellipses;
  if (ellipses > 1) throw new ShapeError('slice: "..." comes twice, expected it once');
  if (covered > shape.length) {
    throw new ShapeError(
      `slice: ${covered} entries for the ${shape.length} axes of shape ${show(shape)}`,
    );
  }
  return covered;
}

function malformed(entry: string): ShapeError {
  return new ShapeError(
    `slice: ${JSON.stringify(entry)} is no slice, ` +
      'expected "start:stop:step" with a step other than 0, an index, "..." or "None"',
  );
}
