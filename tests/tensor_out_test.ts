/** Results written into a tensor that is there: any layout, any overlap, nothing where refused. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { arange, DTypeError, ones, OverlapError, ShapeError, type Tensor, zeros } from "../mod.ts";

const grid = () => arange(9).reshape([3, 3]);
/** The matrix of f(row, column). */
const matrix = (f: (i: number, j: number) => number) =>
  [0, 1, 2].map((i) => [0, 1, 2].map((j) => f(i, j)));
const value = (i: number, j: number) => 3 * i + j;
const product = (i: number, j: number) =>
  [0, 1, 2].reduce((sum, k) => sum + value(i, k) * value(k, j), 0);

/** Layouts of a 3×3 tensor to write to. */
const layouts: Record<string, () => Tensor> = {
  "a row-major one": () => zeros([3, 3]),
  "a transposed one": () => zeros([3, 3]).T,
  "every second column": () => zeros([3, 6]).slice(":", "::2"),
  "one of float64": () => zeros([3, 3], { dtype: "float64" }),
};

describe("out", () => {
  for (const [label, make] of Object.entries(layouts)) {
    it(label, () => {
      const calls: Record<string, [(out: Tensor) => Tensor, number[][]]> = {
        add: [(out) => grid().add(grid().T, out), matrix((i, j) => 4 * (i + j))],
        "add, a row": [(out) => grid().add(arange(3), out), matrix((i, j) => value(i, j) + j)],
        "mul, a number": [(out) => grid().mul(2, out), matrix((i, j) => 2 * value(i, j))],
        square: [(out) => grid().square(out), matrix((i, j) => value(i, j) ** 2)],
        "neg, transposed": [(out) => grid().T.neg(out), matrix((i, j) => -value(j, i) + 0)],
        matmul: [(out) => grid().matmul(grid(), out), matrix(product)],
        clamp: [
          (out) => grid().clamp(2, 5, out),
          matrix((i, j) => Math.min(5, Math.max(2, value(i, j)))),
        ],
      };
      for (const [name, [call, expected]] of Object.entries(calls)) {
        const out = make();
        assert.equal(call(out), out, name);
        assert.deepEqual(out.add(0).toArray(), expected, name);
      }
    });
  }

  it("an operand itself, and its transpose", () => {
    const a = grid();
    a.add(a.T, a);
    assert.deepEqual(a.toArray(), matrix((i, j) => 4 * (i + j)));
    const b = grid();
    b.T.square(b);
    assert.deepEqual(b.toArray(), matrix((i, j) => value(j, i) ** 2));
    const c = grid();
    c.matmul(c, c);
    assert.deepEqual(c.toArray(), matrix(product));
    const shifted = arange(10);
    shifted.slice("1:").add(shifted.slice(":-1"), shifted.slice(":-1"));
    assert.deepEqual(shifted.toArray(), [1, 3, 5, 7, 9, 11, 13, 15, 17, 9]);
  });

  it("is refused where the result doesn't fit, and stays as it is", () => {
    const attempts: [(out: Tensor) => Tensor, Tensor, typeof ShapeError | typeof DTypeError][] = [
      [(out) => grid().add(1, out), zeros([3]), ShapeError],
      [(out) => arange(3).add(grid(), out), zeros([3]), ShapeError],
      [(out) => grid().exp(out), zeros([9]), ShapeError],
      [(out) => grid().matmul(arange(3), out), zeros([3, 3]), ShapeError],
      [(out) => grid().mul(2, out), zeros([3, 3], { dtype: "int32" }), DTypeError],
      [(out) => grid().exp(out), zeros([3, 3], { dtype: "uint8" }), DTypeError],
      [
        (out) => ones([3], { dtype: "int32" }).add(1, out),
        zeros([3], { dtype: "bool" }),
        DTypeError,
      ],
      [(out) => grid().add(1, out), zeros([3]).expand([3, 3]), OverlapError],
    ];
    for (const [call, out, error] of attempts) {
      assert.throws(() => call(out), error);
      assert.equal(out.any(), false);
    }
    for (const out of [5, null, "out", new Float32Array(9), {}]) {
      assert.throws(() => grid().add(1, out as unknown as Tensor), DTypeError);
      assert.throws(() => grid().neg(out as unknown as Tensor), DTypeError);
      assert.throws(() => grid().matmul(grid(), out as unknown as Tensor), DTypeError);
    }
  });
});
