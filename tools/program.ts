/** Runs a TypeScript program of a folder, on Deno or on Bun. */

import { deno, ROOT } from "./run.ts";
import { bun } from "./toolchain.ts";

/** What the command line of a task asks for. */
export interface Wanted {
  /** The program, relative to the root. */
  readonly file: string;
  readonly onBun: boolean;
  readonly args: string[];
}

/** Reads `NAME [--bun] [argument...]`; NAME is how the name of a file begins. Ends where there is none. */
export function wantedOf(folder: string, usage: string): Wanted {
  const names = [...Deno.readDirSync(`${ROOT}/${folder}`)].map((entry) => entry.name)
    .filter((name) => name.endsWith(".ts") && name !== "common.ts").sort();
  const [wanted, ...args] = Deno.args.filter((arg) => arg !== "--bun");
  const name = wanted && names.find((each) => each.startsWith(wanted));
  if (!name) {
    console.error(`usage: ${usage}\n\n${names.join("\n")}`);
    Deno.exit(2);
  }
  return { file: `${folder}/${name}`, onBun: Deno.args.includes("--bun"), args };
}

/** Runs it with the given options of `deno run`, and ends as it ends. */
export async function runProgram(wanted: Wanted, denoOptions: string[]): Promise<never> {
  const tool = wanted.onBun ? await bun() : deno;
  const run = wanted.onBun ? ["run"] : ["run", ...denoOptions];
  const args = [...run, `${ROOT}/${wanted.file}`, ...wanted.args];
  const child = new Deno.Command(tool.path, { args, env: tool.env, cwd: ROOT }).spawn();
  Deno.exit((await child.status).code);
}
