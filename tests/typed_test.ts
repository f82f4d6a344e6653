/** Elements of all dtypes: conversions, choices by index, truth and reductions, in every layout. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type DType, ShapeError, type Tensor, tensor } from "../mod.ts";
import { type Random, seeded } from "./random.ts";
import {
  assertElements,
  dtypes,
  elementsOf,
  indicesOf,
  randomShape,
  randomView,
  sizeOf,
  stored,
} from "./tensor_model.ts";

const specials = [
  ...[0, -0, 0.4, -0.9, 1.5, 127.9, 128, -128.7, -129, 255.5, 256, -257, 65535.5, 2147483520],
  ...[2 ** 31 - 1, 2 ** 31, -(2 ** 31), -(2 ** 31) - 1.5, 4e9, -5e9, 2 ** 32 + 7, 1e15, -1e15],
  ...[2 ** 53 + 2, -(2 ** 60) - 2 ** 9, 2 ** 83, 2 ** 83 + 2 ** 31, 2 ** 84, 1e300, -1e300],
  ...[5e-324, 1e-40, Infinity, -Infinity, NaN],
];

/** Small integers, of which a fifth are zeros. */
function randomOf(random: Random, dtype: DType, shape: readonly number[]): Tensor {
  const small = () => random.below(5) === 0 ? 0 : random.below(90) - (dtype === "uint8" ? 0 : 40);
  const values = random.fill(sizeOf(shape), small).map((x) => stored(x, dtype));
  return tensor(values, { dtype }).reshape([...shape]);
}

/** A view of random elements, and the elements that it shows. */
function randomViewOf(random: Random, dtype: DType): { view: Tensor; values: number[] } {
  const base = randomOf(random, dtype, randomShape(random));
  const { view, model } = randomView(random, base, true);
  const all = elementsOf(base);
  return { view, values: model.at.map((i) => all[i]) };
}

/** The elements along some axes, for every index of the others, in order. */
function linesOf(shape: readonly number[], values: readonly number[], axes: readonly number[]) {
  const kept = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const lines = Array.from({ length: sizeOf(kept.map((axis) => shape[axis])) }, (): number[] => []);
  indicesOf(shape).forEach((index, flat) => {
    lines[kept.reduce((at, axis) => at * shape[axis] + index[axis], 0)].push(values[flat]);
  });
  return lines;
}

const operations: Readonly<Record<string, (a: Tensor, axis: number) => Tensor>> = {
  sum: (a, axis) => a.sum(axis),
  mean: (a, axis) => a.mean(axis),
  var: (a, axis) => a.var(axis),
  norm: (a, axis) => a.norm(axis),
  max: (a, axis) => a.max(axis),
  prod: (a, axis) => a.prod(axis),
  argmin: (a, axis) => a.argmin(axis),
};

const sum = (line: readonly number[]) => line.reduce((total, x) => total + x, 0);

describe("elements of all dtypes", () => {
  for (const from of dtypes) {
    it(`${from} becomes what JavaScript stores, special values too`, () => {
      const values = specials.map((x) => stored(x, from));
      for (const to of dtypes) {
        for (let n = 0; n <= values.length; n++) {
          const given = tensor(values.slice(0, n), { dtype: from });
          const expected = values.slice(0, n).map((x) => stored(x, to));
          assertElements(given.to(to), expected, `${n} elements to ${to}`);
          const backwards = given.slice("::-1").to(to);
          assertElements(backwards, expected.toReversed(), `${n} elements backwards to ${to}`);
        }
      }
    });
  }

  seeded("views of any strides become other dtypes", (random) => {
    for (let round = 0; round < 400; round++) {
      const [from, to] = [random.pick(dtypes), random.pick(dtypes)];
      const { view, values } = randomViewOf(random, from);
      const expected = values.map((x) => stored(x, to));
      assertElements(view.to(to), expected, `${from} to ${to}, shape [${view.shape}]`);
      assertElements(view.clone(), values, `clone of ${from}, shape [${view.shape}]`);
    }
  });

  seeded("matrices that are turned become other dtypes", (random) => {
    for (const from of dtypes) {
      for (const to of dtypes) {
        const [rows, cols] = [1 + random.below(90), 500 + random.below(200)];
        const a = randomOf(random, from, [rows, cols]);
        const x = elementsOf(a);
        const turned = Array.from(
          { length: rows * cols },
          (_, i) => stored(x[(i % rows) * cols + Math.floor(i / rows)], to),
        );
        assertElements(a.T.to(to), turned, `${from} to ${to}, ${rows}×${cols}`);
      }
    }
  });

  seeded("gather and indexSelect choose by any integers", (random) => {
    for (let round = 0; round < 400; round++) {
      const dtype = random.pick(dtypes);
      const { view, values } = randomViewOf(random, dtype);
      const { shape } = view;
      if (view.size === 0 || shape.length === 0) continue;
      const axis = random.below(shape.length);
      const indexType = random.pick(["int32", "int8"] as const);
      const any = () => random.below(2 * shape[axis]) - shape[axis];
      const what = `${dtype}, shape [${shape}], axis ${axis}`;

      const chosen = Array.from({ length: random.below(9) }, any);
      const rows = linesOf(shape, values, shape.map((_, i) => i).slice(axis));
      const inner = sizeOf(shape.slice(axis + 1));
      const taken = rows.flatMap((row) =>
        chosen.flatMap((i) =>
          row.slice(i < 0 ? (i + shape[axis]) * inner : i * inner).slice(0, inner)
        )
      );
      const index = tensor(chosen, { dtype: indexType });
      assertElements(view.indexSelect(axis, index), taken, `indexSelect of ${what}`);

      const sizes = shape.map((size, i) => i === axis ? random.below(7) : 1 + random.below(size));
      const places = tensor(random.fill(sizeOf(sizes), any), { dtype: indexType }).reshape(sizes);
      const gathered = view.gather(axis, places);
      for (const at of indicesOf(sizes)) {
        const source = [...at];
        source[axis] = places.at(...at) as number;
        assert.equal(gathered.at(...at), view.at(...source), `gather of ${what} at [${at}]`);
      }
    }
  });

  seeded("an index that is out of range is named", (random) => {
    for (const dtype of dtypes) {
      const a = randomOf(random, dtype, [4, 3]);
      for (const wrong of [3, -4, 2 ** 31 - 1, -(2 ** 31) + 1]) {
        const index = tensor([0, wrong, 1], { dtype: "int32" });
        const message = new RegExp(`an index is ${wrong}, out of range for an axis of 3 elements`);
        const expected = (error: unknown) =>
          error instanceof ShapeError && message.test(String(error));
        assert.throws(() => a.indexSelect(1, index), expected);
        assert.throws(() => a.gather(1, index.reshape([1, 3])), expected);
        assert.throws(() => a.slice(":0").indexSelect(1, index), expected);
      }
    }
  });

  seeded("all and any along any axes", (random) => {
    for (let round = 0; round < 400; round++) {
      const dtype = random.pick(dtypes);
      const { view, values } = randomViewOf(random, dtype);
      const { shape } = view;
      const axes = shape.map((_, axis) => axis).filter(() => random.below(2) === 0);
      const lines = linesOf(shape, values, axes);
      const what = `${dtype}, shape [${shape}], axes [${axes}]`;
      const [all, any] = [
        lines.map((line) => Number(line.every((x) => x !== 0))),
        lines.map((line) => Number(line.some((x) => x !== 0))),
      ];
      assertElements(view.all(axes), all, `all: ${what}`);
      assertElements(view.any(axes, { keepdims: true }), any, `any: ${what}`);
      assert.equal(view.all(), values.every((x) => x !== 0), `all of ${what}`);
      assert.equal(view.any(), values.some((x) => x !== 0), `any of ${what}`);
      if (axes.length > 0) continue;
      // Of no axes: a copy, not the memory of the operand.
      const [copy, before] = [view.all(axes), elementsOf(view)];
      copy.data.fill(7);
      assert.deepEqual(elementsOf(view), before);
    }
  });

  it("a long row of truth ends anywhere", () => {
    for (const n of [255, 256, 257, 1000]) {
      for (let at = 0; at < n; at++) {
        const one = new Uint8Array(n);
        one[at] = 1;
        assert.equal(tensor(one, { dtype: "bool" }).any(), true);
        assert.equal(tensor(one.map((x) => 1 - x), { dtype: "bool" }).all(), false);
      }
    }
  });

  seeded("other dtypes are reduced along any axes", (random) => {
    for (let round = 0; round < 400; round++) {
      const dtype = random.pick(["float64", "int32", "int8", "uint8", "bool"] as const);
      const { view, values } = randomViewOf(random, dtype);
      const { shape } = view;
      if (view.size === 0) continue;
      const axes = shape.map((_, axis) => axis).filter(() => random.below(2) === 0);
      const lines = linesOf(shape, values, axes);
      const what = `${dtype}, shape [${shape}], axes [${axes}]`;
      assertElements(view.sum(axes), lines.map(sum), `sum: ${what}`);
      assert.equal(view.sum(), sum(values), `sum of ${what}`);
      const means = lines.map((line) => sum(line) / line.length);
      const rounded = dtype === "float64" ? means : means.map(Math.fround);
      assertElements(view.mean(axes), rounded, `mean: ${what}`);
      assert.equal(view.mean(), sum(values) / values.length, `mean of ${what}`);
      assertElements(view.max(axes), lines.map((line) => Math.max(...line)), `max: ${what}`);
      assertElements(view.min(axes), lines.map((line) => Math.min(...line)), `min: ${what}`);
      const axis = random.below(Math.max(1, shape.length));
      if (shape.length === 0) continue;
      const along = linesOf(shape, values, [axis]);
      const first = along.map((line) => line.indexOf(Math.max(...line)));
      assertElements(view.argmax(axis), first, `argmax: ${what}, axis ${axis}`);
    }
  });

  seeded("long lines are reduced the same in every order of memory", (random) => {
    for (const [rows, cols] of [[3, 40_000], [40_000, 3], [300, 400], [17, 2100]]) {
      const a = tensor(random.fill(rows * cols, () => random.centred()), { dtype: "float64" })
        .reshape([rows, cols]);
      const turned = a.T.contiguous();
      for (const [name, operation] of Object.entries(operations)) {
        for (const axis of [0, 1]) {
          const expected = elementsOf(operation(turned, 1 - axis));
          assertElements(operation(a, axis), expected, `${name}, ${rows}×${cols}, axis ${axis}`);
        }
      }
      const exact = elementsOf(a.sum(0));
      linesOf([rows, cols], elementsOf(a), [0]).forEach((line, i) => {
        assert(Math.abs(exact[i] - sum(line)) <= 1e-15 * line.length, `sum of column ${i}`);
      });
    }
  });
});
