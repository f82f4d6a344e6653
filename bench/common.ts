/**
 * What all benchmarks share: the same cases for this library and its peers, side by side in a table.
 *
 *     deno run -A bench/NAME.ts [--threads N] [case ...]
 *
 * A figure is work per nanosecond (floating-point operations, bytes), the higher the better: that
 * of the fastest of many calls. Libraries are measured in turn, many times for every case, so that
 * each has its share of the moments in which nothing else runs on the machine. Peers that are not
 * installed are skipped.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import process from "node:process";
import { createInterface } from "node:readline";
import { getNumThreads } from "../mod.ts";
import { runtime } from "../ffi/runtime.ts";
import { environmentOf, Library } from "./library.ts";

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
  /** The Python program beside the benchmark, and the further peers that it measures. */
  readonly python?: { readonly file: string; readonly libraries: readonly string[] };
  /** What zig/stream.zig is asked for a case: the machine's limit, beside which figures are read. */
  readonly yardstickOf?: (text: string) => string;
}

/** Work per nanosecond in a case. */
interface Figures {
  /** Of the libraries; this one first. */
  readonly libraries: Map<string, number>;
  /** Of the machine, where it has a limit. */
  readonly limit: number | undefined;
}

/** How often the libraries are measured in turn: a few times will do where a call takes long. */
const [roundsMin, roundsMax, roundsMs] = [3, 15, 4000];
const sampleMs = 0.05;
/** How long a library is measured in a round; a test has less time. */
const budgetMs = Number(process.env.ZIGTORCH_BENCH_MS ?? 25);

/** Milliseconds of `calls` calls in a row. */
function timeOf(call: () => void, calls: number): number {
  const start = performance.now();
  for (let i = 0; i < calls; i++) call();
  return performance.now() - start;
}

/**
 * Nanoseconds of the fastest call, from samples that are long enough for the clock. As engines come
 * to compile what is called often, a sample takes more and more calls.
 */
function fastestNs(call: () => void): number {
  const end = performance.now() + budgetMs;
  let calls = 1;
  const samples: number[] = [];
  while (samples.length === 0 || performance.now() < end) {
    const ms = timeOf(call, calls);
    if (ms < sampleMs) calls *= 2;
    else samples.push(ms / calls);
  }
  return Math.min(...samples) * 1e6;
}

/** Answers each case that is read with the figure of one library, as a line of JSON. */
async function serve({ libraries }: Benchmark, library: string): Promise<void> {
  const taskOf = libraries[library]();
  let [last, task]: [string, Task | undefined] = ["", undefined];
  for await (const text of createInterface({ input: process.stdin })) {
    if (text !== last) [last, task] = [text, taskOf(text)];
    console.log(JSON.stringify(task ? task.work / fastestNs(task.call) : null));
  }
}

/** The libraries of a benchmark, each in a process; this one first. */
function start({ url, libraries, python }: Benchmark, threads: number): Library[] {
  const self = fileURLToPath(url);
  const run = runtime.name === "deno" ? ["run", "-A", self] : ["run", self];
  const program = python && fileURLToPath(new URL(python.file, url));
  return [
    ...Object.keys(libraries).map((name) =>
      new Library(name, process.execPath, [...run, "--measure", name], threads)
    ),
    ...(python?.libraries ?? []).map((name) =>
      new Library(name, "python3", [program!, name], threads)
    ),
  ];
}

/** The limit of the machine for a case, where there is one. */
function limitOf({ yardstickOf }: Benchmark, text: string, threads: number): number | null {
  if (!yardstickOf) return null;
  const program = fileURLToPath(new URL("../zig-out/bin/stream", import.meta.url));
  const options = { env: environmentOf(threads), encoding: "utf8" } as const;
  const { status, stdout } = spawnSync(program, [yardstickOf(text)], options);
  return status === 0 ? Number(stdout) : null;
}

/** The better of two figures, either of which may be missing. */
function better(best: number | undefined, figure: number | null): number | undefined {
  return figure === null ? best : Math.max(figure, best ?? 0);
}

/** The best figures of a case. */
async function measure(
  benchmark: Benchmark,
  libraries: readonly Library[],
  text: string,
  threads: number,
): Promise<Figures> {
  const best = new Map<string, number>();
  let limit: number | undefined;
  const end = performance.now() + roundsMs;
  for (let i = 0; i < roundsMax && (i < roundsMin || performance.now() < end); i++) {
    for (const library of libraries) {
      const figure = better(best.get(library.name), await library.measure(text));
      if (figure !== undefined) best.set(library.name, figure);
    }
    limit = better(limit, limitOf(benchmark, text, threads));
  }
  return { libraries: best, limit };
}

/** The figures of a case, and what share of the best peer's that of this library is. */
function rowOf({ libraries, limit }: Figures): Record<string, number> {
  const [own, ...peers] = libraries.values();
  const row = [...libraries].map(([name, figure]) => [name, Number(figure.toPrecision(4))]);
  const share = (figure: number) => Number((own / figure).toFixed(2));
  if (peers.length > 0) row.push(["of the best peer", share(Math.max(...peers))]);
  if (limit) row.push(["machine", Number(limit.toPrecision(4))], ["of machine", share(limit)]);
  return Object.fromEntries(row);
}

async function compare(
  benchmark: Benchmark,
  cases: readonly string[],
  threads: number,
): Promise<void> {
  const libraries = start(benchmark, threads);
  const rows: [string, Record<string, number>][] = [];
  for (const text of cases) {
    rows.push([text, rowOf(await measure(benchmark, libraries, text, threads))]);
  }
  libraries.forEach((library) => library.end());
  console.log(`${benchmark.unit} on ${runtime.name} ${runtime.version}, ${threads} thread(s)`);
  console.table(Object.fromEntries(rows));
}

/** Runs a benchmark as the arguments say: on one thread and on all, or on `--threads N`. */
export async function main(benchmark: Benchmark): Promise<void> {
  const args = process.argv.slice(2);
  if (args[0] === "--measure") return serve(benchmark, args[1]);
  const given = args[0] === "--threads" ? [Number(args[1])] : [1, getNumThreads()];
  const rest = args[0] === "--threads" ? args.slice(2) : args;
  const cases = rest.length > 0 ? rest : benchmark.cases;
  for (const threads of new Set(given)) await compare(benchmark, cases, threads);
}
