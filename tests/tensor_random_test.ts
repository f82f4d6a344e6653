/** Random tensors, against the generator in BigInt: the same numbers on every platform. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { manualSeed, rand, randint, randn, type Tensor } from "../mod.ts";
import { forEachLevel } from "./levels.ts";
import { streamOf } from "./philox.ts";
import { assertElements, elementsOf } from "./tensor_model.ts";

const seed = 2 ** 40 + 17;
const shape = [7, 5, 3];
const size = 105;

/** After `manualSeed`, at every level. */
function draw(make: () => Tensor): Tensor {
  let first: Tensor | undefined;
  forEachLevel((level) => {
    manualSeed(seed);
    const got = make();
    if (first) assertElements(got, elementsOf(first), level);
    first = got;
  });
  return first!;
}

describe("random tensors", () => {
  it("rand: 24 bits of every word", () => {
    const got = draw(() => rand(shape));
    assert.deepEqual([...got.shape, got.dtype], [...shape, "float32"]);
    assertElements(got, streamOf(BigInt(seed), size).map((word) => (word >>> 8) / 2 ** 24), "rand");
  });

  it("randint: 53 bits of two words, spread over the range", () => {
    const [low, high] = [-3, 8];
    const got = draw(() => randint(low, high, shape));
    assert.deepEqual([...got.shape, got.dtype], [...shape, "int32"]);
    const words = streamOf(BigInt(seed), 2 * size);
    const expected = Array.from({ length: size }, (_, i) => {
      const bits = (BigInt(words[2 * i]) >> 5n << 26n) + (BigInt(words[2 * i + 1]) >> 6n);
      return low + Number(bits * BigInt(high - low) >> 53n);
    });
    assertElements(got, expected, "randint");
  });

  it("randint: the whole range of int32, and a range of one", () => {
    const wide = draw(() => randint(-(2 ** 31) + 1, 2 ** 31 - 1, [1000]));
    assert((wide.max() > 2 ** 30) && (wide.min() < -(2 ** 30)));
    assertElements(randint(5, 6, [3]), [5, 5, 5], "of one");
  });

  it("every value of a range comes as often as the others", () => {
    const count = 60_000;
    const values = draw(() => randint(0, 6, [count]));
    for (let value = 0; value < 6; value++) {
      const share = values.eq(value).to("float32").sum() / count;
      // Five standard errors.
      assert(Math.abs(share - 1 / 6) < 5 * Math.sqrt(5 / 36 / count), `${value}: ${share}`);
    }
  });

  it("randn: mean 0, deviation 1, and memory of its own", () => {
    const got = draw(() => randn([100, 1000]));
    assert(Math.abs(got.mean()) < 5 / Math.sqrt(1e5));
    assert(Math.abs(got.std() - 1) < 5 / Math.sqrt(2e5));
    assert.equal(got.data.length, 1e5);
  });

  it("draws go on where the last ended, whatever they were", () => {
    manualSeed(seed);
    const parts = [rand([4]), rand([2, 2]), rand([0]), rand([])];
    manualSeed(seed);
    const whole = elementsOf(rand([9]));
    assertElements(parts[0], whole.slice(0, 4), "the first four");
    assertElements(parts[1], whole.slice(4, 8), "the next four");
    assertElements(parts[3], whole.slice(8), "the ninth");
  });
});
