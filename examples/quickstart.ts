/**
 * Real work at real size through the public API, checked, beside the same work in plain JavaScript.
 *
 * deno run --allow-ffi --allow-read examples/quickstart.ts
 * bun examples/quickstart.ts
 *
 * @module
 */

import { add, emptyAligned, exp, info, manualSeed, matmul, randnAligned } from "../mod.ts";
import { softmax, sum, transpose } from "../mod.ts";

const size = 1024;
const count = size * size;
manualSeed(1);
const a = randnAligned([size, size]);
const b = randnAligned([size, size]);
const out = emptyAligned([size, size]);

/** A piece of work: zigtorch and plain JavaScript, and how far the result may be off. */
interface Job {
  readonly name: string;
  /** Work in a run, in 10^9 floating-point operations or bytes. */
  readonly work: number;
  readonly unit: "GFLOP/s" | "GB/s";
  readonly native: () => unknown;
  readonly plain: () => unknown;
  /** Largest difference from a float64 computation, as a share of what is allowed. */
  readonly error: () => number;
}

/** Largest error over sampled entries, as a share of its bound: above 1 is wrong. */
function sampledError(errorAt: (i: number) => number): number {
  const step = 4999; // prime to the size, so the samples visit all rows and columns
  let worst = 0;
  for (let i = 0; i < count; i += step) worst = Math.max(worst, errorAt(i));
  return worst;
}

/** The error of `got` in units of `bound` times 2^-24 times `scale`. */
function share(got: number, exact: number, scale: number, bound: number): number {
  return Math.abs(got - exact) / (scale * bound * 2 ** -24);
}

function matmulError(i: number): number {
  const [row, col] = [Math.floor(i / size), i % size];
  let exact = 0;
  let magnitude = 0;
  for (let p = 0; p < size; p++) {
    const product = a[row * size + p] * b[p * size + col];
    exact += product;
    magnitude += Math.abs(product);
  }
  return share(out[i], exact, magnitude, size);
}

function plainMatmul(): void {
  out.fill(0);
  for (let i = 0; i < size; i++) {
    for (let p = 0; p < size; p++) {
      const factor = a[i * size + p];
      for (let j = 0; j < size; j++) out[i * size + j] += factor * b[p * size + j];
    }
  }
}

function plainSoftmax(): void {
  for (let row = 0; row < count; row += size) {
    let largest = -Infinity;
    for (let i = row; i < row + size; i++) largest = Math.max(largest, a[i]);
    let total = 0;
    for (let i = row; i < row + size; i++) total += out[i] = Math.exp(a[i] - largest);
    for (let i = row; i < row + size; i++) out[i] /= total;
  }
}

function softmaxError(i: number): number {
  const row = a.subarray(Math.floor(i / size) * size).subarray(0, size);
  const total = row.reduce((s, x) => s + Math.exp(x), 0);
  const exact = Math.exp(a[i]) / total;
  return share(out[i], exact, exact, 16);
}

const bytes = count * 4 / 1e9;

const jobs: readonly Job[] = [
  {
    name: `matmul ${size}×${size}×${size}`,
    work: 2 * size ** 3 / 1e9,
    unit: "GFLOP/s",
    native: () => matmul(a, b, size, size, size, out),
    plain: plainMatmul,
    error: () => sampledError(matmulError),
  },
  {
    name: `transpose ${size}×${size}`,
    work: 2 * bytes,
    unit: "GB/s",
    native: () => transpose(a, size, size, out),
    plain: () => {
      for (let i = 0; i < size; i++) {
        for (let j = 0; j < size; j++) out[j * size + i] = a[i * size + j];
      }
    },
    error: () =>
      sampledError((i) => out[i] === a[(i % size) * size + Math.floor(i / size)] ? 0 : 2),
  },
  {
    name: `add, ${count} elements`,
    work: 3 * bytes,
    unit: "GB/s",
    native: () => add(a, b, out),
    plain: () => {
      for (let i = 0; i < count; i++) out[i] = a[i] + b[i];
    },
    error: () => sampledError((i) => out[i] === Math.fround(a[i] + b[i]) ? 0 : 2),
  },
  {
    name: `exp, ${count} elements`,
    work: 2 * bytes,
    unit: "GB/s",
    native: () => exp(a, out),
    plain: () => {
      for (let i = 0; i < count; i++) out[i] = Math.exp(a[i]);
    },
    // One unit in the last place is at most 2^-23 of the value.
    error: () => sampledError((i) => share(out[i], Math.exp(a[i]), Math.exp(a[i]), 2)),
  },
  {
    name: `sum, ${count} elements`,
    work: bytes,
    unit: "GB/s",
    native: () => sum(a),
    plain: () => {
      let s = 0;
      for (let i = 0; i < count; i++) s += a[i];
      return s;
    },
    error: () => {
      const magnitude = a.reduce((s, x) => s + Math.abs(x), 0);
      return share(sum(a), a.reduce((s, x) => s + x, 0), magnitude, 32);
    },
  },
  {
    name: `softmax ${size}×${size}`,
    work: 2 * bytes,
    unit: "GB/s",
    native: () => softmax(a, size, size, out),
    plain: plainSoftmax,
    error: () => sampledError(softmaxError),
  },
];

/** The shortest of several runs, in seconds. */
function fastest(run: () => unknown, seconds: number): number {
  let best = Infinity;
  const end = performance.now() + seconds * 1e3;
  do {
    const start = performance.now();
    run();
    best = Math.min(best, performance.now() - start);
  } while (performance.now() < end);
  return best / 1e3;
}

const { isa, threads, runtime, library } = info();
console.log(`zigtorch on ${runtime}: level ${isa}, ${threads} thread(s)\n${library}\n`);

const rows: Record<string, Record<string, number>> = {};
let wrong = 0;
for (const job of jobs) {
  const plain = fastest(job.plain, 0.2);
  const native = fastest(job.native, 0.2);
  const error = job.error();
  if (!(error <= 1)) wrong++;
  rows[`${job.name} (${job.unit})`] = {
    zigtorch: Number((job.work / native).toFixed(1)),
    "plain JavaScript": Number((job.work / plain).toFixed(1)),
    "times faster": Number((plain / native).toFixed(1)),
    "error / allowed": Number(error.toFixed(4)),
  };
}
console.table(rows);
console.log(
  wrong === 0
    ? "All results agree with float64."
    : `${wrong} result(s) are further from float64 than allowed.`,
);
if (wrong > 0) throw new Error("wrong results");
