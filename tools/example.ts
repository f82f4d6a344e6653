/**
 * Runs an example, on Deno or on Bun: `deno task example 02 [--bun] [argument...]`.
 *
 * Deno gets no more permissions than the examples need: the library, reading, and writing pictures.
 */

import { build } from "./build.ts";
import { deno, ROOT } from "./run.ts";
import { bun, examplePackages } from "./toolchain.ts";

const folder = `${ROOT}/examples`;
const names = [...Deno.readDirSync(folder)].map((entry) => entry.name)
  .filter((name) => name.endsWith(".ts")).sort();

const onBun = Deno.args.includes("--bun");
const [wanted, ...args] = Deno.args.filter((arg) => arg !== "--bun");
const name = wanted && names.find((each) => each.startsWith(wanted));
if (!name) {
  console.error(`usage: deno task example NAME [--bun] [--small]\n\n${names.join("\n")}`);
  Deno.exit(2);
}

await build();
await examplePackages();
// ECharts asks for NODE_ENV.
const permissions = ["--allow-ffi", "--allow-read", "--allow-env=NODE_ENV"];
permissions.push(`--allow-write=${folder}/output`);
const tool = onBun ? await bun() : deno;
const run = onBun ? ["run"] : ["run", "--no-prompt", ...permissions];
const command = [...run, `${folder}/${name}`, ...args];
const child = new Deno.Command(tool.path, { args: command, env: tool.env, cwd: ROOT }).spawn();
Deno.exit((await child.status).code);
