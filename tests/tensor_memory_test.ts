/** The memory of dropped results is used again, and never while somebody can see it. */

import assert from "node:assert/strict";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { arange, eye, ones, tensor, zeros } from "../mod.ts";
import { root, runScript } from "./process.ts";

/** `ZIGTORCH_TEST_RESULTS=100000` takes a quarter of a minute. */
const count = process.env.ZIGTORCH_TEST_RESULTS ?? "20000";

describe("memory of results", () => {
  it(`${count} dropped results of 1 MB in a synchronous loop`, () => {
    const env = { ZIGTORCH_TEST_RESULTS: count };
    const { code, stdout, stderr } = runScript(join(root, "tests/tensor_memory.ts"), { env });
    assert.equal(code, 0, stderr);
    const { megabytes, faults } = JSON.parse(stdout);
    assert(megabytes < 300, `the process grew by ${megabytes} MB`);
    // A result has 256 pages.
    if (process.platform === "linux") assert(faults < 8, `${faults} page faults for each result`);
  });

  it("results that are kept keep their values", () => {
    const kept = Array.from({ length: 40 }, (_, i) => zeros([512, 512]).add(i));
    for (let i = 0; i < 400; i++) zeros([512, 512]).add(-1);
    kept.forEach((result, i) => {
      assert.deepEqual([result.min(), result.max()], [i, i]);
    });
  });

  it("what the memory held before does not count, whatever the dtype", () => {
    for (const dtype of ["float32", "float64", "int32", "int8", "uint8", "bool"] as const) {
      const a = eye(128, { dtype });
      const expected = a.toArray();
      // Enough that the collectors hand out again what was dropped.
      for (let i = 0; i < 3000; i++) ones([128, 128], { dtype });
      assert.equal(zeros([128, 128], { dtype }).max(), 0);
      assert.deepEqual(a.matmul(a).toArray(), expected, dtype);
    }
  });

  it("a buffer that went elsewhere is not written to", () => {
    for (const size of [4, 16, 64, 4096]) {
      const result = arange(size).add(1);
      const buffer = result.data.buffer as ArrayBuffer;
      const moved = structuredClone(buffer, { transfer: [buffer] });
      for (let i = 0; i < 100; i++) zeros([size]).sub(1);
      assert.deepEqual(new Float32Array(moved), arange(size).add(1).data);
      assert.throws(() => result.add(1), /detached/);
    }
  });

  it("an array that is shown moves with its views", () => {
    const a = zeros([4, 4]).add(1);
    const row = a.select(0, 1);
    const neighbour = zeros([4, 4]).add(5);
    row.mul_(2);
    const { data } = a;
    row.add_(1);
    assert.deepEqual(data, Float32Array.from({ length: 16 }, (_, i) => i >> 2 === 1 ? 3 : 1));
    assert.equal(row.data.buffer, data.buffer);
    assert.deepEqual([neighbour.min(), neighbour.max()], [5, 5]);
  });

  it("buffers of results are their own", () => {
    const results = Array.from({ length: 20 }, () => zeros([16]).add(1));
    assert.equal(new Set(results.map(({ data }) => data.buffer)).size, 20);
    results.forEach(({ data }) => assert.equal(data.byteLength, data.buffer.byteLength));
  });

  it("a typed array is the tensor's memory", () => {
    const memory = new Float32Array(6);
    const a = tensor(memory).reshape([2, 3]);
    assert.equal(a.data, memory);
    a.T.slice("::-1", 1).add_(tensor([1, 2, 3]));
    assert.deepEqual(memory, Float32Array.of(0, 0, 0, 3, 2, 1));
  });
});
