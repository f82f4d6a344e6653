/** Dtypes without native code: rows of every length that their loops treat in another way. */

import assert from "node:assert/strict";
import { describe } from "node:test";
import { type DType, type Tensor, tensor, where } from "../mod.ts";
import { type Random, seeded } from "./random.ts";
import { assertElements, elementsOf, stored } from "./tensor_model.ts";

/** Below and above where copies and blocks begin, and what is left of several blocks. */
const lengths = [1, 31, 32, 33, 1023, 1024, 1025, 3000];

const dtypes = ["float64", "int32", "int8", "uint8"] as const;

/** A row, and views that show the same elements: every other one of a row, and one backwards. */
function layoutsOf(row: Tensor): Tensor[] {
  const [values, { dtype }] = [elementsOf(row), row];
  const sparse = tensor(values.flatMap((x) => [x, 99]), { dtype });
  const backwards = tensor(values.toReversed(), { dtype });
  return [row, sparse.slice("::2"), backwards.slice("::-1")];
}

function randomRow(random: Random, n: number, dtype: DType): Tensor {
  const values = Array.from({ length: n }, () => stored(random.below(400) - 200, dtype));
  return tensor(values, { dtype });
}

/** Calls with the row and one of its layouts. */
function forEachRow(random: Random, body: (a: Tensor, b: Tensor, dtype: DType) => void): void {
  for (const dtype of dtypes) {
    for (const n of lengths) {
      const [a, b] = [randomRow(random, n, dtype), randomRow(random, n, dtype)];
      for (const left of layoutsOf(a)) for (const right of layoutsOf(b)) body(left, right, dtype);
    }
  }
}

describe("long rows of other dtypes", () => {
  seeded("element by element", (random) => {
    forEachRow(random, (a, b, dtype) => {
      const [x, y] = [elementsOf(a), elementsOf(b)];
      const store = (value: number) => stored(value, dtype);
      const what = `${dtype}, ${x.length} elements`;
      const product = dtype === "float64" ? (p: number, q: number) => p * q : Math.imul;
      assertElements(a.add(b), x.map((p, i) => store(p + y[i])), `${what}: add`);
      assertElements(a.mul(b), x.map((p, i) => store(product(p, y[i]))), `${what}: mul`);
      assertElements(a.maximum(b), x.map((p, i) => Math.max(p, y[i])), `${what}: maximum`);
      assertElements(a.neg(), x.map((p) => store(-p)), `${what}: neg`);
      assertElements(a.lt(b), x.map((p, i) => p < y[i] ? 1 : 0), `${what}: lt`);
      const chosen = where(a.lt(b), a, b);
      assertElements(chosen, x.map((p, i) => p < y[i] ? p : y[i]), `${what}: where`);
    });
  });

  seeded("reduced", (random) => {
    forEachRow(random, (a, _, dtype) => {
      const x = elementsOf(a);
      const what = `${dtype}, ${x.length} elements`;
      assert.equal(a.sum(), x.reduce((sum, p) => sum + p), `${what}: sum`);
      assert.equal(a.max(), Math.max(...x), `${what}: max`);
      assert.equal(a.argmin(), x.indexOf(Math.min(...x)), `${what}: argmin`);
    });
  });

  seeded("multiplied", (random) => {
    for (const dtype of dtypes) {
      const [m, k, n] = [3, 40, 35];
      const [a, b] = [randomRow(random, m * k, dtype), randomRow(random, k * n, dtype)];
      const [x, y] = [elementsOf(a), elementsOf(b)];
      const expected = Array.from({ length: m * n }, (_, at) => {
        const [i, j] = [Math.floor(at / n), at % n];
        let sum = 0;
        for (let p = 0; p < k; p++) sum += x[i * k + p] * y[p * n + j];
        return stored(sum, dtype);
      });
      assertElements(a.reshape([m, k]).matmul(b.reshape([k, n])), expected, dtype);
      const turned = b.reshape([k, n]).T.contiguous();
      assertElements(a.reshape([m, k]).matmul(turned.T), expected, `${dtype}, b transposed`);
    }
  });
});
