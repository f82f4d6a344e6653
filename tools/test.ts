/**
 * Runs every test: one suite under Deno and Bun, and Zig's own. The last line is `N passed, N failed`.
 *
 *     deno task test [--deno] [--bun] [--zig] [file...]
 */

import { join } from "node:path";
import { build } from "./build.ts";
import { deno, run } from "./run.ts";
import { bun, examplePackages, zig } from "./toolchain.ts";

const TEST_LIMIT_MS = 300_000; // a test may compute for long; Bun's own limit is 5 s
const SUITE_LIMIT_MS = 900_000; // a suite that hangs must not take everything with it
const SHOWN = { show: true, limitMs: SUITE_LIMIT_MS };

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** A suite runs and returns its exit code and its counts, or no counts if it crashed on the way. */
type Suite = (files: string[]) => Promise<{ code: number; counts?: Counts }>;

const suites: Record<string, Suite> = {
  async deno(files) {
    using report = new Report();
    // -A: tests start processes with fewer permissions, write broken libraries and read the
    // environment. --no-check: `deno task check` has the types.
    const args = ["test", "-A", "--no-check", `--junit-path=${report.file}`];
    const { code } = await run(deno, [...args, ...defaultTo(files, "tests/")], SHOWN);
    return { code, counts: countDeno(report.read()) };
  },

  async bun(files) {
    using report = new Report();
    await examplePackages();
    const args = ["test", `--timeout=${TEST_LIMIT_MS}`, "--reporter=junit"];
    args.push(`--reporter-outfile=${report.file}`);
    // Without "./" Bun takes an argument as a filter on names.
    const paths = defaultTo(files, "tests/").map((path) => /^[./]/.test(path) ? path : `./${path}`);
    const { code } = await run(await bun(), [...args, ...paths], SHOWN);
    return { code, counts: countBun(report.read()) };
  },

  async zig() {
    const { code, output } = await run(await zig(), ["build", "test", "--summary", "all"], {
      limitMs: SUITE_LIMIT_MS,
    });
    console.log(output.trimEnd());
    return { code, counts: countZig(output) };
  },
};

/** A file for a JUnit report, gone at the end. */
class Report {
  readonly #folder = Deno.makeTempDirSync({ prefix: "zigtorch-test-" });
  readonly file: string = join(this.#folder, "report.xml");

  read(): string {
    try {
      return Deno.readTextFileSync(this.file);
    } catch {
      return ""; // crashed before it was written
    }
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.#folder, { recursive: true });
  }
}

/** Deno reports a `describe` as a test of its own beside its steps `describe > it`: count leaves. */
function countDeno(xml: string): Counts | undefined {
  if (!xml.includes("</testsuites>")) return undefined;
  const cases = xml.split("<testcase ").slice(1).map((text) => ({
    name: /^name="([^"]*)"/.exec(text)?.[1] ?? "",
    state: /<(failure|error|skipped)/.exec(text)?.[1],
  }));
  const groups = new Set(cases.flatMap(({ name }) => prefixes(name)));
  const leaves = cases.filter(({ name }) => !groups.has(name));
  const skipped = leaves.filter(({ state }) => state === "skipped").length;
  const passed = leaves.filter(({ state }) => state === undefined).length;
  return { passed, skipped, failed: leaves.length - passed - skipped };
}

function prefixes(name: string): string[] {
  const parts = name.split(" &gt; ");
  return parts.slice(1).map((_, i) => parts.slice(0, i + 1).join(" &gt; "));
}

/** Bun sums up in the root element. */
function countBun(xml: string): Counts | undefined {
  const root = /<testsuites .*?tests="(\d+)".*?failures="(\d+)".*?skipped="(\d+)"/.exec(xml);
  if (!root) return undefined;
  const [total, failed, skipped] = root.slice(1).map(Number);
  return { passed: total - failed - skipped, failed, skipped };
}

/** Zig sums up in a line: `Build Summary: 1/3 steps succeeded; 8/10 tests passed (1 skipped, 1 failed)`. */
function countZig(output: string): Counts | undefined {
  const line = /(\d+)\/(\d+) tests passed(.*)/.exec(output);
  if (!line) return undefined;
  const [passed, total] = line.slice(1, 3).map(Number);
  const skipped = Number(/(\d+) skipped/.exec(line[3])?.[1] ?? 0);
  return { passed, skipped, failed: total - passed - skipped };
}

/** Runs a suite; one that crashed, or ran nothing, or failed without naming a test counts as one failure. */
async function runSuite(name: string, files: string[]): Promise<Counts & { note: string }> {
  console.log(`\n== ${name} ==`);
  const { code, counts } = await suites[name](files).catch((error: Error) => {
    console.error(error.message);
    return { code: -1, counts: undefined };
  });
  const found = counts ?? { passed: 0, failed: 0, skipped: 0 };
  if (found.failed > 0) return { ...found, note: "" };
  if (!counts) return { ...found, failed: 1, note: `ended without a summary, exit code ${code}` };
  if (code !== 0) return { ...found, failed: 1, note: `exit code ${code}` };
  if (found.passed === 0) return { ...found, failed: 1, note: "ran no test" };
  return { ...found, note: "" };
}

function defaultTo(files: string[], folder: string): string[] {
  return files.length > 0 ? files : [folder];
}

async function main(): Promise<number> {
  const names = Object.keys(suites);
  const flags = Deno.args.filter((arg) => arg.startsWith("--")).map((arg) => arg.slice(2));
  const files = Deno.args.filter((arg) => !arg.startsWith("--"));
  const unknown = flags.filter((flag) => !names.includes(flag));
  if (unknown.length > 0) {
    throw new Error(
      `unknown option --${unknown[0]}, expected ${names.map((n) => "--" + n).join(" ")}`,
    );
  }
  // Files belong to Deno and Bun.
  const wanted = flags.length > 0 ? flags : names.filter((name) => !files.length || name !== "zig");

  await build();
  const total = { passed: 0, failed: 0 };
  const table = ["", "suite   passed  failed  skipped"];
  for (const name of wanted) {
    const { passed, failed, skipped, note } = await runSuite(name, files);
    total.passed += passed;
    total.failed += failed;
    const cells = [passed, failed, skipped].map((n, i) => String(n).padStart(i === 2 ? 9 : 8));
    table.push(`${name.padEnd(6)}${cells.join("")}  ${note}`.trimEnd());
  }
  console.log(table.join("\n") + "\n");
  console.log(`${total.passed} passed, ${total.failed} failed`);
  return total.failed > 0 ? 1 : 0;
}

if (import.meta.main) {
  try {
    Deno.exitCode = await main();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    console.log("0 passed, 1 failed");
    Deno.exitCode = 1;
  }
}
