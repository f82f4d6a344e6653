/** Starting other programs, in the project's folder. */

import { resolve } from "node:path";

/** The project's folder. */
export const ROOT: string = resolve(import.meta.dirname!, "..");

/** A program and the variables it needs. */
export interface Tool {
  path: string;
  env: Record<string, string>;
}

/** How a program ended. */
export interface Result {
  code: number;
  /** Standard output, then standard error, without colours; empty when shown directly. */
  output: string;
}

/** Options of {@link run}. */
export interface RunOptions {
  cwd?: string;
  /** Let the program write to this terminal instead of collecting what it writes. */
  show?: boolean;
  /** End the program after this long. */
  limitMs?: number;
}

/** The Deno that runs this, as a tool. */
export const deno: Tool = { path: Deno.execPath(), env: {} };

/** Runs a program to its end; only a program that cannot be started throws. */
export async function run(tool: Tool, args: string[], options: RunOptions = {}): Promise<Result> {
  const stdio = options.show ? "inherit" : "piped";
  const child = new Deno.Command(tool.path, {
    args,
    env: tool.env,
    cwd: options.cwd ?? ROOT,
    signal: options.limitMs === undefined ? undefined : AbortSignal.timeout(options.limitMs),
    stdin: "null",
    stdout: stdio,
    stderr: stdio,
  }).spawn();
  if (options.show) return { code: (await child.status).code, output: "" };
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { code, output: stripColours(decoder.decode(stdout) + decoder.decode(stderr)) };
}

function stripColours(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replaceAll(/\x1b\[[0-9;]*[A-Za-z]/g, "");
}
