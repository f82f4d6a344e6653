/**
 * Matrix products through the public API beside the best peers of this machine, in GFLOP/s.
 *
 *     deno task bench matmul [--bun] [--threads N] [M×N×K or N ...]
 *
 * `:a`, `:b` or `:ab` behind a size says which operands are transposed: `512:a`, `32x256x784:b`.
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

const defaultCases =
  "16 32 64 128 256 512 1024 2048 1x4096x4096 4096x1x4096 64x64x4096 32x11008x4096 " +
  "4096x4096x64 1000x1000x16 " +
  "64:b 256:a 512:a 512:b 1024x256x512:a 8x512x512:b 64x128x784:b";

interface Case {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

function parse(text: string): Case {
  const [size, transposed = ""] = text.split(":");
  const [m, n = m, k = m] = size.split(/[x×]/).map(Number);
  if (![m, n, k].every((value) => Number.isInteger(value) && value > 0)) {
    throw new Error(`${text} is no product: expected N or MxNxK, with :a, :b or :ab behind it`);
  }
  return { m, n, k, transposeA: transposed.includes("a"), transposeB: transposed.includes("b") };
}

/** Makes the call of a product, with nothing between it and the measurement. */
type Product = (its: Case, a: Float32Array, b: Float32Array, c: Float32Array) => () => void;

/** `cblas_sgemm` of a library. */
function blas(file: string): Product {
  const open = runtime.name === "bun" ? bun.openLibrary : deno.openLibrary;
  const parameters = "i32 i32 i32 i32 i32 i32 f32 buffer i32 buffer i32 f32 buffer i32".split(" ");
  const symbol = { parameters: parameters as ("i32" | "f32" | "buffer")[], result: "i32" } as const;
  const sgemm = open(file, { cblas_sgemm: symbol }).cblas_sgemm as (...args: unknown[]) => void;
  const [rowMajor, plain, transposed] = [101, 111, 112];
  return ({ m, n, k, transposeA, transposeB }, a, b, c) => {
    const [ofA, lda] = transposeA ? [transposed, m] : [plain, k];
    const [ofB, ldb] = transposeB ? [transposed, k] : [plain, n];
    return () => sgemm(rowMajor, ofA, ofB, m, n, k, 1, a, lda, b, ldb, 0, c, n);
  };
}

/** The limit of a case. */
function yardstickOf(text: string): string {
  const { m, n, k } = parse(text);
  return m === 1 || n === 1 ? `read:${m * n * k}` : "fma";
}

function taskOf(product: Product): TaskOf {
  return (text) => {
    const its = parse(text);
    const { m, n, k } = its;
    const [a, b, c] = [randnAligned(m * k), randnAligned(k * n), emptyAligned(m * n)];
    return { work: 2 * m * n * k, call: product(its, a, b, c) };
  };
}

const ours: Product = (its, a, b, c) => {
  const { m, n, k, transposeA, transposeB } = its;
  if (!transposeA && !transposeB) return () => matmul(a, b, m, n, k, c);
  const options = { transposeA, transposeB };
  return () => matmul(a, b, m, n, k, c, options);
};

if (import.meta.main) {
  await main({
    url: import.meta.url,
    unit: "GFLOP/s",
    cases: defaultCases.split(" "),
    libraries: {
      zigtorch: () => taskOf(ours),
      OpenBLAS: () => taskOf(blas("libopenblas.so.0")),
      BLIS: () => taskOf(blas("libblis.so.4")),
    },
    python: { file: "matmul_peers.py", libraries: ["NumPy", "PyTorch"] },
    yardstickOf,
  });
}
