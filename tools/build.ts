/**
 * Builds the native library for this machine into zig-out/. Arguments go to `zig build`.
 *
 * Quiet when all is well: what Zig says is shown when the build fails, or when the caller asked for
 * something in particular.
 */

import { join } from "node:path";
import { ROOT, run } from "./run.ts";
import { zig } from "./toolchain.ts";

/** After this long without an answer, say what is going on. */
const PATIENCE_MS = 2000;

/** Runs `zig build` with these arguments; throws, with what Zig said, when it fails. */
export async function build(args: string[] = []): Promise<string> {
  const tool = await zig();
  const first = !await exists(join(ROOT, ".zig-cache"));
  const what = args.length === 0 ? "the native library" : args.join(" ");
  const hint = first ? " (first time: about a minute)" : "";
  const timer = setTimeout(
    () => console.error(`building ${what}${hint}...`),
    first ? 0 : PATIENCE_MS,
  );
  try {
    const { code, output } = await run(tool, ["build", ...args]);
    if (code !== 0) throw new Error(`zig build ${args.join(" ")}: exit code ${code}\n${output}`);
    return output;
  } finally {
    clearTimeout(timer);
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}

if (import.meta.main) {
  try {
    const output = await build(Deno.args);
    if (Deno.args.length > 0 && output) console.log(output.trimEnd());
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(1);
  }
}
