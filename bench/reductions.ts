/**
 * Reductions through the public API beside NumPy and PyTorch, in GB/s of the bytes read. A case
 * `NAME/AXIS:ROWSxCOLS` is the reduction of an axis of a matrix, as `Tensor` asks for it.
 *
 *     deno task bench reductions [--bun] [--threads N] [name:N or name/axis:ROWSxCOLS ...]
 *
 * @module
 */

import { emptyAligned, randnAligned } from "../mod.ts";
import * as zt from "../mod.ts";
import type { ReductionOp } from "../ffi/symbols.gen.ts";
import { reduceStrided } from "../ops/strided.ts";
import { main, type Task } from "./common.ts";

const defaultCases = [
  ..."sum mean max min argmax dot norm variance".split(" ")
    .flatMap((name) => ["1e3", "1e4", "1e5", "1e6", "1e7"].map((n) => `${name}:${n}`)),
  ..."sum/0 sum/1 mean/0 max/0 max/1 variance/0 variance/1".split(" ")
    .map((name) => `${name}:2048x2048`),
];

type Reduction = (a: Float32Array) => number;

function axisTask(name: string, axis: number, rows: number, cols: number): Task {
  const data = randnAligned(rows * cols);
  const out = emptyAligned(axis === 0 ? cols : rows);
  const a = { data, offset: 0, shape: [rows, cols], strides: [cols, 1] };
  const operation = name as keyof typeof ReductionOp;
  return { work: 4 * rows * cols, call: () => reduceStrided(operation, a, [axis], out) };
}

function taskOf(text: string): Task {
  const [which, size = ""] = text.split(":");
  const [name, axis] = which.split("/");
  const [rows, cols = 1] = size.split("x").map(Number);
  if (!(name in zt) || !Number.isInteger(rows * cols) || rows * cols === 0) {
    throw new Error(`${text} is no case: expected NAME:N or NAME/AXIS:ROWSxCOLS`);
  }
  if (axis !== undefined) return axisTask(name, Number(axis), rows, cols);
  const a = randnAligned(rows);
  if (name === "dot") {
    const b = randnAligned(rows);
    return { work: 8 * rows, call: () => zt.dot(a, b) };
  }
  const reduction = (zt as unknown as Record<string, Reduction>)[name];
  return { work: 4 * rows, call: () => reduction(a) };
}

if (import.meta.main) {
  await main({
    url: import.meta.url,
    unit: "GB/s",
    cases: defaultCases,
    libraries: { zigtorch: () => taskOf },
    python: { file: "reductions_peers.py", libraries: ["NumPy", "PyTorch"] },
  });
}
