/** The benchmark runs: tiny sizes, so that it cannot rot. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { runtime } from "../ffi/runtime.ts";

describe("bench/matmul.ts", () => {
  it("prints a rate for every size", () => {
    const file = fileURLToPath(new URL("../bench/matmul.ts", import.meta.url));
    const run = runtime.name === "deno" ? ["run", "-A", file] : ["run", file];
    const args = [...run, "--measure", "zigtorch", "8", "4x8x16"];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
    assert.equal(status, 0, stderr);
    const { zigtorch } = JSON.parse(stdout);
    assert.equal(zigtorch.length, 2);
    assert(zigtorch.every((rate: number) => rate > 0), stdout);
  });
});
