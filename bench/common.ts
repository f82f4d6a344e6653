/**
 * What all benchmarks share: the same cases for this library and its peers, each in a process of
 * its own (idle workers of one library would spoil the next one's figures), side by side in a table.
 *
 *     deno run -A bench/NAME.ts [--threads N] [case ...]
 *
 * A figure is work per nanosecond (floating-point operations, bytes), the higher the better: that
 * of the fastest of many calls. Peers that are not installed are skipped.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import process from "node:process";
import { getNumThreads } from "../mod.ts";
import { runtime } from "../ffi/runtime.ts";

/** What is measured: a call, and the work that it does. */
export interface Task {
  readonly work: number;
  readonly call: () => void;
}

/** Makes the task of a case; undefined where a library has nothing for it. */
export type TaskOf = (text: string) => Task | undefined;

/** A benchmark of the same cases on several libraries. */
export interface Benchmark {
  /** `import.meta.url` of the benchmark: the program that is started for each library. */
  readonly url: string;
  /** Unit of the figures: work per nanosecond. */
  readonly unit: string;
  readonly cases: readonly string[];
  /** This library first. One that throws is not installed. */
  readonly libraries: Record<string, () => TaskOf>;
  /** The Python program beside the benchmark that measures further peers. */
  readonly python?: string;
  /** What zig/stream.zig is asked for each case: the machine's limit, beside which figures are read. */
  readonly yardstickOf?: (text: string) => string;
}

/** Work per nanosecond of some libraries, case by case; null where one has none. */
type Figures = Record<string, (number | null)[]>;

const sampleMs = 0.05;
const samplesMin = 3;
/** How long a case is measured; a test has less time. */
const budgetMs = Number(process.env.ZIGTORCH_BENCH_MS ?? 300);

/** Milliseconds of `calls` calls in a row. */
function timeOf(call: () => void, calls: number): number {
  const start = performance.now();
  for (let i = 0; i < calls; i++) call();
  return performance.now() - start;
}

/**
 * Nanoseconds of the fastest call, from samples that are long enough for the clock. As engines come
 * to compile what is called often, a sample takes more and more calls; and the first of long calls
 * may meet memory that nobody has touched.
 */
export function fastestNs(call: () => void): number {
  const end = performance.now() + budgetMs;
  let calls = 1;
  const samples: number[] = [];
  while (samples.length < samplesMin || performance.now() < end) {
    const ms = timeOf(call, calls);
    if (ms < sampleMs) calls *= 2;
    else samples.push(ms / calls);
  }
  return Math.min(...samples) * 1e6;
}

/** Prints the figures of one library as a line of JSON. */
function measure({ libraries }: Benchmark, library: string, cases: readonly string[]): void {
  const taskOf = libraries[library]();
  const figures = cases.map((text) => {
    const task = taskOf(text);
    return task ? task.work / fastestNs(task.call) : null;
  });
  console.log(JSON.stringify({ [library]: figures }));
}

/** Runs a program that prints figures as lines of JSON; none where it can't run. */
function figuresOf(command: string, args: readonly string[], threads: number): Figures {
  const count = String(threads);
  const env = {
    ...process.env,
    ZIGTORCH_NUM_THREADS: count,
    OPENBLAS_NUM_THREADS: count,
    BLIS_NUM_THREADS: count,
    OMP_NUM_THREADS: count,
    MKL_NUM_THREADS: count,
    PYTHONDONTWRITEBYTECODE: "1",
  };
  const { stdout } = spawnSync(command, args, { env, encoding: "utf8" });
  return (stdout ?? "").split("\n").filter((line) => line.startsWith("{"))
    .reduce((all, line) => ({ ...all, ...JSON.parse(line) }), {});
}

function compare(benchmark: Benchmark, cases: readonly string[], threads: number): void {
  const self = fileURLToPath(benchmark.url);
  const run = runtime.name === "deno" ? ["run", "-A", self] : ["run", self];
  const all: Figures = {};
  for (const library of Object.keys(benchmark.libraries)) {
    const args = [...run, "--measure", library, ...cases];
    Object.assign(all, figuresOf(process.execPath, args, threads));
  }
  if (benchmark.python !== undefined) {
    const peers = fileURLToPath(new URL(benchmark.python, benchmark.url));
    Object.assign(all, figuresOf("python3", [peers, ...cases], threads));
  }
  const yardstick: Figures = {};
  if (benchmark.yardstickOf) {
    const program = fileURLToPath(new URL("../zig-out/bin/stream", import.meta.url));
    Object.assign(yardstick, figuresOf(program, cases.map(benchmark.yardstickOf), threads));
  }
  console.log(`${benchmark.unit} on ${runtime.name} ${runtime.version}, ${threads} thread(s)`);
  console.table(Object.fromEntries(cases.map((text, i) => [text, rowOf(all, yardstick, i)])));
}

/** The figures of a case, and what share of the best peer's that of this library is. */
function rowOf(all: Figures, yardstick: Figures, i: number): Record<string, number> {
  const [own, ...peers] = presentIn(all, i);
  const row = [own, ...peers].map(([name, figure]) => [name, Number(figure.toPrecision(4))]);
  const best = Math.max(...peers.map(([, figure]) => figure));
  if (peers.length > 0) row.push(["of the best peer", Number((own[1] / best).toFixed(2))]);
  for (const [name, figure] of presentIn(yardstick, i)) {
    row.push([name, Number(figure.toPrecision(4))]);
    row.push([`of ${name}`, Number((own[1] / figure).toFixed(2))]);
  }
  return Object.fromEntries(row);
}

function presentIn(all: Figures, i: number): [name: string, figure: number][] {
  return Object.entries(all).flatMap(([name, figures]) => {
    const figure = figures[i];
    return figure === null ? [] : [[name, figure]];
  });
}

/** Runs a benchmark as the arguments say: on one thread and on all, or on `--threads N`. */
export function main(benchmark: Benchmark): void {
  const args = process.argv.slice(2);
  if (args[0] === "--measure") return measure(benchmark, args[1], args.slice(2));
  const given = args[0] === "--threads" ? [Number(args[1])] : [1, getNumThreads()];
  const rest = args[0] === "--threads" ? args.slice(2) : args;
  const cases = rest.length > 0 ? rest : benchmark.cases;
  for (const threads of new Set(given)) compare(benchmark, cases, threads);
}
