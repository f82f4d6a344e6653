/**
 * Runs an example, on Deno or on Bun: `deno task example 02 [--bun] [argument...]`.
 *
 * Deno gets no more permissions than the examples need: the library, reading, and writing pictures.
 */

import { build } from "./build.ts";
import { runProgram, wantedOf } from "./program.ts";
import { ROOT } from "./run.ts";
import { examplePackages } from "./toolchain.ts";

const wanted = wantedOf("examples", "deno task example NAME [--bun] [--small]");
await build();
await examplePackages();
await runProgram(wanted, [
  "--no-prompt",
  "--allow-ffi",
  "--allow-read",
  "--allow-env=NODE_ENV", // ECharts asks for it
  `--allow-write=${ROOT}/examples/output`,
]);
