/** The stream of random numbers, against Philox in BigInt and Box and Muller in float64. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { manualSeed, randnAligned } from "../mod.ts";
import { forEachLevel } from "./levels.ts";
import { mask, philox, type Words } from "./philox.ts";
import { assertSameBits } from "./ulp.ts";

/** Values 4·group to 4·group + 3 of the stream of a seed. */
function normals(seed: bigint, group: number): number[] {
  const counter: Words = [BigInt(group) & mask, BigInt(group) >> 32n, 0n, 0n];
  const words = philox(counter, [seed & mask, seed >> 32n]);
  const uniforms = words.map((word) => Number(word >> 8n) / 2 ** 24);
  return [0, 2].flatMap((i) => {
    const radius = Math.sqrt(-2 * Math.log(1 - uniforms[i]));
    const angle = 2 * Math.PI * uniforms[i + 1];
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
}

describe("random numbers", () => {
  it("the reference gives the published test vectors (Random123, kat_vectors)", () => {
    const ones: Words = [mask, mask, mask, mask];
    const hex = (words: Words) => words.map((word) => word.toString(16).padStart(8, "0")).join(" ");
    assert.equal(hex(philox([0n, 0n, 0n, 0n], [0n, 0n])), "6627e8d5 e169c58d bc57ac4c 9b00dbd8");
    assert.equal(hex(philox(ones, [mask, mask])), "408f276d 41c83b0e a20bc7c6 6d5451fd");
  });

  for (const seed of [0, 1, 42, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1]) {
    it(`the stream of seed ${seed} at every level`, () => {
      let first: Float32Array | undefined;
      forEachLevel((level) => {
        manualSeed(seed);
        const got = randnAligned(1003);
        got.forEach((x, i) => {
          const exact = normals(BigInt(seed), Math.floor(i / 4))[i % 4];
          // The angle is rounded to float32, up to 2^-22 of a full turn, times a radius below 6.
          assert(Math.abs(x - exact) < 3e-6, `[${i}] at ${level} is ${x}, expected ${exact}`);
        });
        if (first) assertSameBits(got, first, level);
        first = got;
      });
    });
  }

  it("a stream goes on where it was left, in groups of four", () => {
    manualSeed(9);
    const parts = [randnAligned(8), randnAligned(3), randnAligned([2, 2]), randnAligned(0)];
    manualSeed(9);
    const whole = randnAligned(16);
    assert.deepEqual(parts[0], whole.slice(0, 8));
    assert.deepEqual(parts[1], whole.slice(8, 11));
    assert.deepEqual(parts[2], whole.slice(12, 16));
  });

  it("every length gives the beginning of the same stream", () => {
    manualSeed(5);
    const whole = randnAligned(300);
    for (let length = 0; length < 200; length++) {
      manualSeed(5);
      assert.deepEqual(randnAligned(length).slice(), whole.slice(0, length));
    }
  });

  it("moments are those of a standard normal", () => {
    manualSeed(1);
    const count = 1_000_000;
    const values = randnAligned(count);
    const moment = (power: number) => values.reduce((total, x) => total + x ** power, 0) / count;
    // Five standard errors each: √(1, 2, 15, 96) / √count.
    assert(Math.abs(moment(1)) < 5e-3, `mean ${moment(1)}`);
    assert(Math.abs(moment(2) - 1) < 7.1e-3, `variance ${moment(2)}`);
    assert(Math.abs(moment(3)) < 1.95e-2, `skewness ${moment(3)}`);
    assert(Math.abs(moment(4) - 3) < 4.9e-2, `kurtosis ${moment(4)}`);
    // Lag 1: neighbours share a radius, but not their sign.
    const products = values.reduce((total, x, i) => i === 0 ? 0 : total + x * values[i - 1], 0);
    assert(Math.abs(products / count) < 5e-3);
  });

  it("without a seed no two streams are the same", () => {
    // Another thread or process would be needed to see it; that they go on can be seen here.
    const first = randnAligned(100);
    assert.notDeepEqual(randnAligned(100), first);
    assert(first.every(Number.isFinite));
  });
});
