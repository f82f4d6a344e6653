/** Runs a benchmark, on Deno or on Bun: `deno task bench matmul [--bun] [--threads N] [case...]`. */

import { build } from "./build.ts";
import { runProgram, wantedOf } from "./program.ts";

const wanted = wantedOf("bench", "deno task bench NAME [--bun] [--threads N] [case...]");
await build();
await build(["stream"]);
await runProgram(wanted, ["-A"]);
