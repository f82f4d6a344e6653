/**
 * Matrix products through the public API beside the best peers of this machine, in GFLOP/s.
 *
 *     deno task bench matmul [--bun] [--threads N] [M×N×K or N ...]
 *
 * OpenBLAS and BLIS are loaded as `libopenblas.so.0` and `libblis.so.4`, NumPy and PyTorch are
 * asked of `python3`. `machine` is the FMA peak at the time of the run, or, for products with a
 * vector, what the memory gives for reading the matrix: see zig/stream.zig.
 *
 * @module
 */

import { emptyAligned, matmul, randnAligned } from "../mod.ts";
import * as bun from "../ffi/bun.ts";
import * as deno from "../ffi/deno.ts";
import { runtime } from "../ffi/runtime.ts";
import { main, type TaskOf } from "./common.ts";

const defaultSizes =
  "16 32 64 128 256 512 1024 2048 1x4096x4096 4096x1x4096 64x64x4096 32x11008x4096";

interface Size {
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

function parse(text: string): Size {
  const [m, n = m, k = m] = text.split(/[x×]/).map(Number);
  if (![m, n, k].every((value) => Number.isInteger(value) && value > 0)) {
    throw new Error(`${text} is no size: expected N or MxNxK`);
  }
  return { m, n, k };
}

/** Makes the call of a product, with nothing between it and the measurement. */
type Product = (size: Size, a: Float32Array, b: Float32Array, c: Float32Array) => () => void;

/** `cblas_sgemm` of a library. */
function blas(file: string): Product {
  const open = runtime.name === "bun" ? bun.openLibrary : deno.openLibrary;
  const parameters = "i32 i32 i32 i32 i32 i32 f32 buffer i32 buffer i32 f32 buffer i32".split(" ");
  const symbol = { parameters: parameters as ("i32" | "f32" | "buffer")[], result: "i32" } as const;
  const sgemm = open(file, { cblas_sgemm: symbol }).cblas_sgemm as (...args: unknown[]) => void;
  const [rowMajor, plain] = [101, 111];
  return ({ m, n, k }, a, b, c) => () =>
    sgemm(rowMajor, plain, plain, m, n, k, 1, a, k, b, n, 0, c, n);
}

/** The limit of a case. */
function yardstickOf(text: string): string {
  const { m, n, k } = parse(text);
  return m === 1 || n === 1 ? `read:${m * n * k}` : "fma";
}

function taskOf(product: Product): TaskOf {
  return (text) => {
    const size = parse(text);
    const { m, n, k } = size;
    const [a, b, c] = [randnAligned(m * k), randnAligned(k * n), emptyAligned(m * n)];
    return { work: 2 * m * n * k, call: product(size, a, b, c) };
  };
}

if (import.meta.main) {
  await main({
    url: import.meta.url,
    unit: "GFLOP/s",
    cases: defaultSizes.split(" "),
    libraries: {
      zigtorch: () => taskOf(({ m, n, k }, a, b, c) => () => matmul(a, b, m, n, k, c)),
      OpenBLAS: () => taskOf(blas("libopenblas.so.0")),
      BLIS: () => taskOf(blas("libblis.so.4")),
    },
    python: { file: "matmul_peers.py", libraries: ["NumPy", "PyTorch"] },
    yardstickOf,
  });
}
