/** Concurrent calls from Workers, and processes that end right after a call. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { getNumThreads, info, matmul, setNumThreads } from "../mod.ts";
import { forEachLevel } from "./levels.ts";
import { root, runChild, runScript } from "./process.ts";
import { seeded } from "./random.ts";
import { assertSameBits } from "./ulp.ts";
import { runWorkers } from "./workers.ts";

const none = new Array(8).fill("");

/** Larger and smaller than what is worth a second thread, and shapes that are cut in other ways. */
const sizes = [[17, 31, 63], [128, 128, 128], [300, 200, 600], [1, 3000, 500], [2000, 1, 700]];

describe("threads: their number", () => {
  seeded("does not show in the bits of a product, at any level", (random) => {
    const before = getNumThreads();
    try {
      for (const [m, n, k] of sizes) {
        const a = random.fill(m * k, () => random.centred());
        const b = random.fill(k * n, () => random.centred());
        forEachLevel((level) => {
          setNumThreads(1);
          const alone = matmul(a, b, m, n, k);
          for (const threads of [2, 3, 8, 1]) {
            setNumThreads(threads);
            assert.equal(getNumThreads(), threads);
            assert.equal(info().threads, threads);
            for (let round = 0; round < 3; round++) {
              const what = `${m}×${n}×${k} on ${threads} threads at ${level}`;
              assertSameBits(matmul(a, b, m, n, k), alone, what);
            }
          }
        });
      }
    } finally {
      setNumThreads(before);
    }
  });
});

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
