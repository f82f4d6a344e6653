/**
 * Element-wise operations, softmax, layer normalisation and transposition through the public API
 * with `out`, beside NumPy, PyTorch, ONNX Runtime and OpenBLAS, in GB/s of the bytes asked for.
 *
 *     deno task bench elementwise [--bun] [--threads N] [name:N or name:ROWSxCOLS ...]
 *
 * `machine` is what the machine's memory gives for as many bytes at the time of the run, a copy or a
 * sum of two arrays: see zig/stream.zig.
 *
 * @module
 */

import { emptyAligned, layerNorm, logSoftmax, randnAligned, softmax, transpose } from "../mod.ts";
import * as zt from "../mod.ts";
import * as bun from "../ffi/bun.ts";
import * as deno from "../ffi/deno.ts";
import { runtime } from "../ffi/runtime.ts";
import { BinaryOp, UnaryOp } from "../ffi/symbols.gen.ts";
import { main, type Task, type TaskOf } from "./common.ts";

const defaultCases = [
  ..."add mul relu exp log tanh sigmoid gelu".split(" ")
    .flatMap((name) => ["1e4", "1e5", "1e6", "1e7"].map((n) => `${name}:${n}`)),
  ..."softmax:1024 logSoftmax:1024 layerNorm:1024".split(" "),
  ..."64 256 1024 2048 4096 1000x3000".split(" ").map((size) => `transpose:${size}`),
];

interface Case {
  readonly name: string;
  /** Of a matrix, `size` says; an element-wise operation sees rows·cols elements. */
  readonly rows: number;
  readonly cols: number;
}

const matrixNames = ["softmax", "logSoftmax", "layerNorm", "transpose"];

function parse(text: string): Case {
  const [name, size = ""] = text.split(":");
  const isMatrix = matrixNames.includes(name);
  const [rows, cols = isMatrix ? rows : 1] = size.split("x").map(Number);
  if (![rows, cols].every((value) => Number.isInteger(value) && value > 0)) {
    throw new Error(`${text} is no case: expected NAME:N or NAME:ROWSxCOLS`);
  }
  return { name, rows, cols };
}

/** Bytes read and written. */
function bytesOf({ name, rows, cols }: Case): number {
  return 4 * rows * cols * (name in BinaryOp ? 3 : 2);
}

type View = Float32Array;
type Functions = Record<string, (...args: unknown[]) => View>;

function callOf({ name, rows, cols }: Case, a: View, b: View, out: View): () => void {
  switch (name) {
    case "softmax":
      return () => softmax(a, rows, cols, out);
    case "logSoftmax":
      return () => logSoftmax(a, rows, cols, out);
    case "layerNorm":
      return () => layerNorm(a, rows, cols, {}, out);
    case "transpose":
      return () => transpose(a, rows, cols, out);
  }
  const operation = (zt as unknown as Functions)[name];
  if (name in UnaryOp) return () => operation(a, out);
  if (name in BinaryOp) return () => operation(a, b, out);
  throw new Error(`${name} is no operation that is measured here`);
}

function ownTask(text: string): Task {
  const size = parse(text);
  const length = size.rows * size.cols;
  const [a, b, out] = [randnAligned(length), randnAligned(length), emptyAligned(length)];
  if (/^(log|r?sqrt)/.test(size.name)) zt.abs(a, a);
  return { work: bytesOf(size), call: callOf(size, a, b, out) };
}

/** `cblas_somatcopy` of OpenBLAS, for transposition. */
function openBlas(): TaskOf {
  const open = runtime.name === "bun" ? bun.openLibrary : deno.openLibrary;
  const parameters = "i32 i32 i32 i32 f32 buffer i32 buffer i32".split(" ");
  const symbol = { parameters: parameters as ("i32" | "f32" | "buffer")[], result: "i32" } as const;
  const { cblas_somatcopy } = open("libopenblas.so.0", { cblas_somatcopy: symbol });
  const copy = cblas_somatcopy as (...args: unknown[]) => void;
  const [rowMajor, transposed] = [101, 112];
  return (text) => {
    const size = parse(text);
    const { name, rows, cols } = size;
    if (name !== "transpose") return undefined;
    const [a, out] = [randnAligned(rows * cols), emptyAligned(rows * cols)];
    const call = () => copy(rowMajor, transposed, rows, cols, 1, a, cols, out, rows);
    return { work: bytesOf(size), call };
  };
}

/** The copy or sum that moves as many bytes as a case does. */
function yardstickOf(text: string): string {
  const { name, rows, cols } = parse(text);
  return `${name in BinaryOp ? "add" : "copy"}:${rows * cols}`;
}

if (import.meta.main) {
  await main({
    url: import.meta.url,
    unit: "GB/s",
    cases: defaultCases,
    libraries: { zigtorch: () => ownTask, OpenBLAS: openBlas },
    python: { file: "elementwise_peers.py", libraries: ["NumPy", "PyTorch", "ONNX Runtime"] },
    yardstickOf,
  });
}
