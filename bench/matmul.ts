/**
 * Matrix products through the public API beside the best peers of this machine, each in a process
 * of its own (idle workers of one library would spoil the next one's figures).
 *
 *     deno task bench [--threads N] [M×N×K or N ...]
 *
 * Peers that are not installed are skipped: OpenBLAS and BLIS are loaded as `libopenblas.so.0` and
 * `libblis.so.4`, NumPy and PyTorch are asked of `python3`.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import process from "node:process";
import { emptyAligned, getNumThreads, matmul, randnAligned } from "../mod.ts";
import * as bun from "../ffi/bun.ts";
import * as deno from "../ffi/deno.ts";
import { runtime } from "../ffi/runtime.ts";

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

type Product = (size: Size, a: Float32Array, b: Float32Array, c: Float32Array) => void;

const blasFiles: Record<string, string> = {
  OpenBLAS: "libopenblas.so.0",
  BLIS: "libblis.so.4",
};

/** `cblas_sgemm` of a library. */
function blas(file: string): Product {
  const open = runtime.name === "bun" ? bun.openLibrary : deno.openLibrary;
  const parameters = "i32 i32 i32 i32 i32 i32 f32 buffer i32 buffer i32 f32 buffer i32".split(" ");
  const symbol = { parameters: parameters as ("i32" | "f32" | "buffer")[], result: "i32" } as const;
  const sgemm = open(file, { cblas_sgemm: symbol }).cblas_sgemm as (...args: unknown[]) => void;
  const [rowMajor, plain] = [101, 111];
  return ({ m, n, k }, a, b, c) => sgemm(rowMajor, plain, plain, m, n, k, 1, a, k, b, n, 0, c, n);
}

/** Nanoseconds of the fastest of several calls in a row. */
function fastest(call: () => void, flops: number): number {
  const calls = Math.max(1, Math.round(4e6 / flops));
  const end = performance.now() + 400;
  let best = Infinity;
  do {
    const start = performance.now();
    for (let i = 0; i < calls; i++) call();
    best = Math.min(best, (performance.now() - start) / calls);
  } while (performance.now() < end);
  return best * 1e6;
}

/** GFLOP/s of one library for some sizes, as a line of JSON. */
function measure(library: string, sizes: string[]): void {
  const product: Product = library in blasFiles
    ? blas(blasFiles[library])
    : ({ m, n, k }, a, b, c) => matmul(a, b, m, n, k, c);
  const rates = sizes.map((text) => {
    const size = parse(text);
    const { m, n, k } = size;
    const [a, b, c] = [randnAligned(m * k), randnAligned(k * n), emptyAligned(m * n)];
    const flops = 2 * m * n * k;
    return flops / fastest(() => product(size, a, b, c), flops);
  });
  console.log(JSON.stringify({ [library]: rates }));
}

type Rates = Record<string, number[]>;

/** Runs a program that prints rates as JSON; none where it can't run. */
function rates(command: string, args: string[], threads: number): Rates {
  const count = String(threads);
  const env = {
    ...process.env,
    ZIGTORCH_NUM_THREADS: count,
    OPENBLAS_NUM_THREADS: count,
    BLIS_NUM_THREADS: count,
    OMP_NUM_THREADS: count,
    MKL_NUM_THREADS: count,
  };
  const { stdout } = spawnSync(command, args, { env, encoding: "utf8" });
  return (stdout ?? "").split("\n").filter((line) => line.startsWith("{"))
    .reduce((all, line) => ({ ...all, ...JSON.parse(line) }), {});
}

function compare(sizes: string[], threads: number): void {
  const self = fileURLToPath(import.meta.url);
  const run = runtime.name === "deno" ? ["run", "-A", self] : ["run", self];
  const all: Rates = {};
  for (const library of ["zigtorch", ...Object.keys(blasFiles)]) {
    Object.assign(all, rates(process.execPath, [...run, "--measure", library, ...sizes], threads));
  }
  const peers = fileURLToPath(new URL("matmul_peers.py", import.meta.url));
  Object.assign(all, rates("python3", [peers, ...sizes], threads));
  const rows = sizes.map((size, i) => {
    const row = Object.entries(all).map(([name, values]) => [name, Number(values[i].toFixed(1))]);
    const best = Math.max(...Object.keys(all).slice(1).map((name) => all[name][i]), 0);
    const share = best > 0 ? Number((all.zigtorch[i] / best).toFixed(2)) : NaN;
    return [size, { ...Object.fromEntries(row), "of the best peer": share }];
  });
  console.log(`GFLOP/s on ${runtime.name} ${runtime.version}, ${threads} thread(s)`);
  console.table(Object.fromEntries(rows));
}

function main(args: string[]): void {
  if (args[0] === "--measure") return measure(args[1], args.slice(2));
  const given = args[0] === "--threads" ? [Number(args[1])] : [1, getNumThreads()];
  const rest = args[0] === "--threads" ? args.slice(2) : args;
  const sizes = rest.length > 0 ? rest : defaultSizes.split(" ");
  for (const threads of new Set(given)) compare(sizes, threads);
}

if (import.meta.main) main(process.argv.slice(2));
