/** Starts processes of the runtime that runs the tests. */

import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { runtime } from "../ffi/runtime.ts";

export const root = fileURLToPath(new URL("..", import.meta.url));

export interface Outcome {
  /** Exit code; null where a signal ended the process. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Without variables that would choose another library or level, and without colours. */
function environment(variables: Record<string, string>): Record<string, string | undefined> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("ZIGTORCH_"));
  return { ...Object.fromEntries(inherited), NO_COLOR: "1", ...variables };
}

/** A process must end: a prompt would wait for ever. */
const limitMs = 60_000;

export interface Options {
  readonly env?: Record<string, string>;
  /** Of Deno; all by default. */
  readonly permissions?: readonly string[];
  readonly args?: readonly string[];
}

/** The part of `Deno` that starts processes. */
interface DenoCommand {
  Command: new (
    program: string,
    options: { args: readonly string[]; env: Record<string, string>; clearEnv: boolean },
  ) => { outputSync(): { code: number; stdout: Uint8Array; stderr: Uint8Array } };
}

/** As `runProgram`; that gives a process of Deno all permissions, as Node has no others. */
function runDeno(args: readonly string[], env: Record<string, string>): Outcome {
  const { Command } = (globalThis as unknown as { Deno: DenoCommand }).Deno;
  const options = { args, env: environment(env) as Record<string, string>, clearEnv: true };
  const { code, stdout, stderr } = new Command(process.execPath, options).outputSync();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

/** Runs a script in a process of its own. */
export function runScript(script: string, options: Options): Outcome {
  const { env = {}, permissions = ["-A"], args = [] } = options;
  if (runtime.name === "bun") return runProgram(process.execPath, ["run", script, ...args], env);
  // --no-check: the types were checked before.
  return runDeno(["run", "--quiet", "--no-check", ...permissions, script, ...args], env);
}

export function runProgram(
  program: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Outcome {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    encoding: "utf8",
    env: environment(env),
    timeout: limitMs,
  });
  if (error) throw error;
  return { code: status, stdout, stderr };
}

/** What `child.ts` prints. */
export interface Report {
  readonly product?: number[];
  readonly info?: { isa: string; library: string; availableIsas: string[] };
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
}

/** Runs `child.ts` of a tree; throws unless it ends by itself, in silence. */
export function runChild(options: Options = {}, tree = root): Report {
  const { code, stdout, stderr } = runScript(join(tree, "tests/child.ts"), options);
  if (code !== 0 || stderr !== "") throw new Error(`exit code ${code}\n${stdout}\n${stderr}`);
  return JSON.parse(stdout) as Report;
}

/** Calls with a new folder, which is gone afterwards. */
export function withFolder(body: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "zigtorch-test-"));
  try {
    body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Copies the module, without its library, to another folder. */
export function copyTree(to: string): void {
  for (const part of ["mod.ts", "ffi", "ops", "tensor", "tests/child.ts"]) {
    cpSync(join(root, part), join(to, part), { recursive: true });
  }
}
