/** The benchmarks run: tiny sizes, so that they cannot rot. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { runtime } from "../ffi/runtime.ts";

const cases: Record<string, string[]> = {
  "matmul.ts": ["8", "4x8x16"],
  "reductions.ts": "sum:17 dot:17 argmax:17 variance:17 sum/0:3x5 max/1:3x5".split(" "),
};

describe("the benchmarks", () => {
  for (const [name, texts] of Object.entries(cases)) {
    it(`bench/${name} prints a rate for every case`, () => {
      const file = fileURLToPath(new URL(`../bench/${name}`, import.meta.url));
      const run = runtime.name === "deno" ? ["run", "-A", file] : ["run", file];
      const args = [...run, "--measure", "zigtorch", ...texts];
      const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
      assert.equal(status, 0, stderr);
      const { zigtorch } = JSON.parse(stdout);
      assert.equal(zigtorch.length, texts.length);
      assert(zigtorch.every((rate: number) => rate > 0), stdout);
    });
  }
});
