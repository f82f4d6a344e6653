/** Concurrent calls from Workers, and processes that end right after a call. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { info } from "../mod.ts";
import { root, runChild, runScript } from "./process.ts";
import { runWorkers } from "./workers.ts";

const none = new Array(8).fill("");

describe("threads", () => {
  it("eight Workers import the module at once and compute right results", async () => {
    assert.deepEqual(await runWorkers(8), none);
  });

  it("and eight more, when those have ended", async () => {
    assert.deepEqual(await runWorkers(8), none);
  });

  it("a process ends cleanly right after a call", () => {
    const { product } = runChild();
    assert.deepEqual(product, [19, 22, 43, 50]);
  });

  for (const level of info().availableIsas) {
    it(`a process with eight Workers that load the library first ends cleanly at ${level}`, () => {
      // No call on the main thread: whatever is initialised late is so by eight threads at once.
      const outcome = runScript(join(root, "tests/crowd.ts"), { env: { ZIGTORCH_ISA: level } });
      assert.deepEqual(outcome, { code: 0, stderr: "", stdout: JSON.stringify(none) + "\n" });
    });
  }
});
