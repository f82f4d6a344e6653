/** The benchmarks run: tiny sizes, so that they cannot rot. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { runtime } from "../ffi/runtime.ts";
import { operations } from "../ffi/symbols.gen.ts";

const elementwise = [...Object.keys(operations.unary), ...Object.keys(operations.binary)]
  .filter((name) => !["leakyRelu", "clamp"].includes(name));

const cases: Record<string, string[]> = {
  "matmul.ts": ["8", "4x8x16:ab"],
  "tensor.ts": [
    ..."add:17 addRow:5 addColumn:5 addRowInto:5 addColumnInto:5 sum0:6 sum1:6".split(" "),
    ..."batch:3x4 transposed:7 epoch:70".split(" "),
  ],
  "reductions.ts": "sum:17 dot:17 argmax:17 variance:17 sum/0:3x5 max/1:3x5".split(" "),
  "elementwise.ts": [
    ...elementwise.map((name) => `${name}:17`),
    ..."softmax:3x5 logSoftmax:4 layerNorm:4 transpose:5x3".split(" "),
  ],
};

/** What a benchmark prints. */
function outputOf(name: string, args: readonly string[], input = ""): string {
  const file = fileURLToPath(new URL(`../bench/${name}`, import.meta.url));
  const run = runtime.name === "deno" ? ["run", "-A", file] : ["run", file];
  const env = { ...process.env, ZIGTORCH_BENCH_MS: "1" };
  const options = { encoding: "utf8", env, input } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [...run, ...args], options);
  assert.equal(status, 0, stderr);
  return stdout;
}

describe("the benchmarks", () => {
  for (const [name, texts] of Object.entries(cases)) {
    it(`bench/${name} prints a rate for every case`, () => {
      const output = outputOf(name, ["--measure", "zigtorch"], texts.join("\n"));
      const rates = output.trim().split("\n").map(Number);
      assert.equal(rates.length, texts.length, output);
      assert(rates.every((rate) => rate > 0), output);
    });
  }

  it("measure in turn and print a table, peers or none", () => {
    const output = outputOf("reductions.ts", ["--threads", "1", "sum:17", "dot:17"]);
    assert.match(output, /zigtorch/);
    assert.match(output, /sum:17 .*\d/);
    assert.match(output, /dot:17 .*\d/);
  });
});
