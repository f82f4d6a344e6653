/**
 * Tensors in two minutes: making them, computing, views that share memory, matrices, dtypes.
 *
 *     deno task example 01
 *
 * @module
 */

import assert from "node:assert/strict";
import { arange, concat, eye, linspace, manualSeed, ones, randn, tensor, where } from "../mod.ts";

/** Prints a line of code and what it gives. */
function show(code: string, value: unknown): void {
  console.log(`> ${code}\n${value}\n`);
}

console.log("Making tensors\n");
const a = tensor([[1, 2, 3], [4, 5, 6]]);
show("a = tensor([[1, 2, 3], [4, 5, 6]])", a);
show("a.shape, a.dtype", `[${a.shape}], ${a.dtype}`);
show("arange(0, 10, 2)", arange(0, 10, 2));
show("linspace(0, 1, 5)", linspace(0, 1, 5));
show("eye(3)", eye(3));
manualSeed(1);
show("randn([2, 3]), the same numbers on every machine", randn([2, 3]));

console.log("Computing, with broadcasting as in NumPy\n");
show("a.mul(10).add(1)", a.mul(10).add(1));
show("a.sub(a.mean(0))  // a row", a.sub(a.mean(0)));
show("a.div(a.sum(1, { keepdims: true }))  // a column", a.div(a.sum(1, { keepdims: true })));
show("a.sum(), a.max(1), a.argmax()", `${a.sum()}, ${a.max(1)}, ${a.argmax()}`);
show("a.gt(2)", a.gt(2));
show("where(a.gt(2), a, 0)", where(a.gt(2), a, 0));
show("a.softmax(1)", a.softmax(1));

console.log("Views share memory\n");
const grid = arange(12).reshape([3, 4]);
const inner = grid.slice("1:", "1:3");
show("grid = arange(12).reshape([3, 4])", grid);
show('inner = grid.slice("1:", "1:3")', inner);
show('grid.slice("::-1", "::2")', grid.slice("::-1", "::2"));
inner.mul_(100);
show("inner.mul_(100); grid", grid);
assert.equal(grid.at(2, 2), 1000);

console.log("Matrices\n");
show("a.matmul(a.T)  // a.T is not copied", a.matmul(a.T));
const batch = randn([8, 2, 3]);
show("randn([8, 2, 3]).matmul(ones([3, 4])).shape", `[${batch.matmul(ones([3, 4])).shape}]`);
show("concat([a, a], 1)", concat([a, a], 1));
assert.deepEqual(a.matmul(a.T).toArray(), [[14, 32], [32, 77]]);

console.log("Other dtypes\n");
const bytes = tensor([250, 5, 10], { dtype: "uint8" });
show('bytes = tensor([250, 5, 10], { dtype: "uint8" })', bytes);
show("bytes.add(10)  // wraps around", bytes.add(10));
show("bytes.add(0.5)  // promotes as PyTorch does", bytes.add(0.5));
show('a.to("int32").div(2)', a.to("int32").div(2));

console.log("No argument, however wrong, crashes\n");
try {
  a.add(ones([4]));
} catch (error) {
  show("a.add(ones([4]))", error);
}
