/**
 * Checks all that needs no test run, step by step, and does not stop at the first that fails. The
 * last line is `N passed, N failed`.
 */

import { build } from "./build.ts";
import { deno, ROOT, run, type Tool } from "./run.ts";
import { examplePackages, tsc, zig } from "./toolchain.ts";

/** What is published: it has documented examples and prints nothing. */
const LIBRARY = ["mod.ts", "ffi", "ops", "tensor"].filter(exists);

/** A step throws when it fails. Where order matters, a comment says so. */
const steps: Record<string, () => Promise<unknown>> = {
  "format": () => succeed(deno, "fmt", "--check"),
  "lint": () => succeed(deno, "lint"),
  "the library prints nothing": () =>
    succeed(deno, "lint", "--rules-tags=", "--rules-include=no-console", ...LIBRARY),
  "types, as Deno sees them": () => succeed(deno, "check"),
  "types, as Bun sees them": async () => {
    await examplePackages();
    await succeed(deno, "run", "-A", (await tsc()).script);
  },
  "format of Zig": async () => succeed(await zig(), "fmt", "--check", "build.zig", "zig"),
  // Before the first build, which would write the file anew.
  "ffi/symbols.gen.ts is up to date": () => build(["check-generated"]),
  "build": () => build(),
  "examples in documentation": async () => {
    const options = ["--doc", "--allow-ffi", "--allow-read"];
    const output = await succeed(deno, "test", ...options, ...LIBRARY, "README.md");
    if (/ 0 passed/.test(output)) throw new Error("there is no example");
  },
  "instructions stay in their level": async () => {
    await build(["objects"]);
    await succeed(deno, "test", "--allow-read", "tools/check_levels_test.ts");
  },
  "libraries of all platforms, each below 1 MB": checkRelease,
  "publish, dry run": () => succeed(deno, "publish", "--dry-run", "--allow-dirty"),
};

async function checkRelease(): Promise<void> {
  await build(["release"]);
  const folder = `${ROOT}/zig-out/release`;
  const platforms = [...Deno.readDirSync(folder)].map((entry) => entry.name);
  if (platforms.length !== 6) throw new Error(`expected 6 platforms, got ${platforms.join(", ")}`);
  for (const platform of platforms) {
    for (const { name } of Deno.readDirSync(`${folder}/${platform}`)) {
      const { size } = Deno.statSync(`${folder}/${platform}/${name}`);
      if (size >= 1e6) throw new Error(`${platform}/${name} has ${size} bytes`);
    }
  }
}

async function succeed(tool: Tool, ...args: string[]): Promise<string> {
  const { code, output } = await run(tool, args);
  if (code !== 0) throw new Error(`${tool.path} ${args.join(" ")}: exit code ${code}\n${output}`);
  return output;
}

function exists(path: string): boolean {
  try {
    Deno.statSync(`${ROOT}/${path}`);
    return true;
  } catch {
    return false;
  }
}

async function main(): Promise<number> {
  let failed = 0;
  for (const [name, step] of Object.entries(steps)) {
    const start = performance.now();
    let problem = "";
    try {
      await step();
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
      failed++;
    }
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    console.log(`${problem ? "FAIL" : "ok  "} ${name} (${seconds} s)`);
    if (problem) console.log(`\n${problem.trimEnd()}\n`);
  }
  console.log(`\n${Object.keys(steps).length - failed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}

if (import.meta.main) Deno.exitCode = await main();
