/** What no kernel does: arithmetic of shapes and strides, slices, dtypes. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ShapeError } from "../mod.ts";
import { Category, type DType, dtypes, promote, resultType } from "../tensor/dtype.ts";
import {
  broadcastShapes,
  broadcastStrides,
  isRowMajor,
  reshapeStrides,
  rowMajor,
  sizeOf,
  type Sizes,
} from "../tensor/shape.ts";
import { parseRange } from "../tensor/slice.ts";
import { forEachRow } from "../tensor/walk.ts";
import { type Random, seeded } from "./random.ts";

/** All indices of a shape in row-major order. */
function indicesOf(shape: Sizes): number[][] {
  return shape.reduce<number[][]>(
    (all, size) => all.flatMap((index) => Array.from({ length: size }, (_, i) => [...index, i])),
    [[]],
  );
}

function offsetsOf(shape: Sizes, strides: Sizes): number[] {
  return indicesOf(shape).map((index) =>
    index.reduce((offset, i, axis) => offset + i * strides[axis], 0)
  );
}

function anyShape(random: Random, least: number): number[] {
  return Array.from({ length: random.below(5) }, () => random.integer(least, 4));
}

/** Strides as views have them: transposed, sliced, reversed, expanded. */
function anyStrides(random: Random, shape: Sizes): number[] {
  const order = shape.map((_, axis) => axis);
  if (random.below(2)) order.sort(() => random.unit() - 0.5);
  const strides = new Array<number>(shape.length);
  let stride = random.pick([1, 1, 2]);
  for (const axis of order.toReversed()) {
    strides[axis] = random.below(8) === 0 ? 0 : random.below(8) === 0 ? -stride : stride;
    stride *= shape[axis] + (random.below(4) === 0 ? 1 : 0);
  }
  return strides;
}

/** Another shape of as many elements. */
function regrouped(random: Random, size: number): number[] {
  const result: number[] = [];
  let left = size;
  while (left > 1) {
    const factors = Array.from({ length: left }, (_, i) => i + 1).filter((f) => left % f === 0);
    const factor = random.pick(factors);
    result.push(factor);
    left /= factor;
    if (result.length > 6) break;
  }
  if (left > 1) result.push(left);
  return result;
}

describe("shapes: strides", () => {
  seeded("row-major strides give 0, 1, 2, …, and are recognised", (random) => {
    for (let i = 0; i < 200; i++) {
      const shape = anyShape(random, 0);
      const strides = rowMajor(shape);
      assert.deepEqual(
        offsetsOf(shape, strides),
        Array.from({ length: sizeOf(shape) }, (_, n) => n),
      );
      assert(isRowMajor(shape, strides));
      const others = anyStrides(random, shape);
      const expected = offsetsOf(shape, others).every((offset, n) => offset === n);
      assert.equal(isRowMajor(shape, others), expected, `${shape} by ${others}`);
    }
  });

  seeded("a reshape copies nothing exactly where some strides give the same order", (random) => {
    const seen = { with: 0, without: 0 };
    for (let i = 0; i < 2000; i++) {
      const shape = anyShape(random, 1);
      const strides = anyStrides(random, shape);
      const to = regrouped(random, sizeOf(shape));
      const offsets = offsetsOf(shape, strides);
      // If any strides do, they are those that the first steps along each axis have.
      const steps = rowMajor(to);
      const only = to.map((size, axis) => size > 1 ? offsets[steps[axis]] - offsets[0] : 0);
      const exists = offsetsOf(to, only).every((offset, n) => offset === offsets[n]);
      const found = reshapeStrides(shape, strides, to);
      if (exists) {
        seen.with++;
        assert(found, `${shape} by ${strides} to ${to}`);
        assert.deepEqual(offsetsOf(to, found), offsets);
      } else {
        seen.without++;
        assert.equal(found, undefined, `${shape} by ${strides} to ${to} as ${found}`);
      }
    }
    assert(seen.with > 300 && seen.without > 100, JSON.stringify(seen));
  });

  seeded("rows are walked in row-major order", (random) => {
    for (let i = 0; i < 200; i++) {
      const shape = anyShape(random, 0);
      const arrays = [1, 2, 3].map((offset) => ({ strides: anyStrides(random, shape), offset }));
      const seen: number[][] = arrays.map(() => []);
      forEachRow(shape, arrays, (starts, count, steps) => {
        for (let n = 0; n < count; n++) {
          seen.forEach((list, k) => list.push(starts[k] + n * steps[k]));
        }
      });
      arrays.forEach(({ strides, offset }, k) => {
        assert.deepEqual(seen[k], offsetsOf(shape, strides).map((at) => at + offset));
      });
    }
  });
});

describe("shapes: broadcasting", () => {
  it("sizes from the last axis on", () => {
    assert.deepEqual(broadcastShapes([2, 1, 3], [4, 1], "add"), [2, 4, 3]);
    assert.deepEqual(broadcastShapes([], [0, 1], "add"), [0, 1]);
    assert.deepEqual(broadcastShapes([1], [0], "add"), [0]);
    assert.deepEqual(broadcastStrides([2, 1], [5, 7], [3, 2, 4]), [0, 5, 0]);
  });

  it("both shapes are in the message", () => {
    const message = /^add: shapes \[2, 3\] and \[2\] /;
    assert.throws(() => broadcastShapes([2, 3], [2], "add"), (error) => {
      return error instanceof ShapeError && message.test(error.message);
    });
    assert.throws(() => broadcastShapes([0], [2], "add"), ShapeError);
  });

  it("no result of more elements than can be addressed", () => {
    assert.throws(() => broadcastShapes([65536, 1], [1, 65536], "add"), ShapeError);
  });
});

describe("slices", () => {
  it("take what Python's do, for every start, stop and step", () => {
    const bounds = [undefined, ...Array.from({ length: 13 }, (_, i) => i - 6), 99, -99];
    for (const size of [0, 1, 2, 5]) {
      for (const start of bounds) {
        for (const stop of bounds) {
          for (const step of [undefined, 1, 2, 3, 7, -1, -2, -7]) {
            const entry = `${start ?? ""}:${stop ?? ""}${step === undefined ? "" : ":" + step}`;
            const { start: first, count, step: by } = parseRange(entry, size)!;
            const got = Array.from({ length: count }, (_, i) => first + i * by);
            assert.deepEqual(got, taken(size, start, stop, step ?? 1), `[${entry}] of ${size}`);
          }
        }
      }
    }
  });

  it("nothing else is a slice", () => {
    for (
      const entry of ["", "1", "a:b", "1:2:0", "1:2:3:4", "1.5:", "1:2:", ": :", "0x1:", "1e1:"]
    ) {
      const range = parseRange(entry, 5);
      if (entry === "1:2:" || entry === ": :") assert(range, entry);
      else assert.equal(range, undefined, entry);
    }
  });
});

/** The indices from `start` on that come before `stop`, every |step|-th of them. */
function taken(size: number, start?: number, stop?: number, step = 1): number[] {
  const resolve = (bound: number) => bound < 0 ? bound + size : bound;
  const all = Array.from({ length: size }, (_, i) => i);
  const inside = all.filter((i) =>
    step > 0
      ? (start === undefined || i >= resolve(start)) && (stop === undefined || i < resolve(stop))
      : (start === undefined || i <= resolve(start)) && (stop === undefined || i > resolve(stop))
  );
  const ordered = step > 0 ? inside : inside.toReversed();
  return ordered.filter((_, n) => n % Math.abs(step) === 0);
}

describe("dtypes", () => {
  const names = Object.keys(dtypes) as DType[];

  it("promotion is a lattice: commutative, associative, and each with itself", () => {
    for (const a of names) {
      assert.equal(promote(a, a), a);
      for (const b of names) {
        assert.equal(promote(a, b), promote(b, a));
        for (const c of names) {
          assert.equal(promote(promote(a, b), c), promote(a, promote(b, c)), `${a} ${b} ${c}`);
        }
      }
    }
  });

  it("the result is of the higher category", () => {
    for (const a of names) {
      for (const b of names) {
        const expected = Math.max(dtypes[a].category, dtypes[b].category);
        assert.equal(dtypes[promote(a, b)].category, expected);
      }
    }
    assert.equal(dtypes[promote("int8", "bool")].category, Category.integer);
  });

  it("without axes, a tensor raises the category but not the size", () => {
    const of = (dtype: DType, ndim: number) => ({ dtype, ndim });
    assert.equal(resultType(of("float32", 1), of("float64", 0)), "float32");
    assert.equal(resultType(of("float64", 0), of("int32", 2)), "float64");
    assert.equal(resultType(of("uint8", 1), of("int32", 0)), "uint8");
    assert.equal(resultType(of("bool", 1), of("uint8", 0)), "uint8");
    assert.equal(resultType(of("float32", 0), of("float64", 0)), "float64");
  });
});
