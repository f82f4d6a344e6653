/** Reductions and dot against float64, at every level, and the levels against each other. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { argmax, argmin, dot, max, mean, min, norm, prod, std, sum, variance } from "../mod.ts";
import { operations } from "../ffi/symbols.gen.ts";
import { forEachLevel } from "./levels.ts";
import { fromBits, type Random, seeded, specials } from "./random.ts";
import {
  argReductionFunctions,
  argReductionReferences,
  expectedDot,
  isExpected,
  reductionFunctions,
  reductionReferences,
  sumWide,
} from "./reductions.ts";

/** All small ones, and around the chunks of the sums and the blocks of argmax. */
const lengths = [
  ...Array.from({ length: 131 }, (_, i) => i),
  ...[1000, 2047, 2048, 2049, 4095, 4096, 4097, 8192, 100_003],
];

type Fill = (random: Random) => number;

const fills: Record<string, Fill> = {
  "of one sign": (random) => Math.fround(random.unit()),
  "of both signs": (random) => random.centred(),
  "of many sizes": (random) => random.plainFloat(),
  "tiny": (random) => fromBits(random.below(0x01000000)),
  "integers, with ties": (random) => random.integer(-4, 4),
};

/** A product of numbers far from 1 is 0 or infinite: these stay within float64. */
const nearOne: Fill = (random) => Math.fround(Math.exp(random.centred() * 0.01));

function viewAt(random: Random, length: number, fill: Fill): Float32Array {
  // Any offset: the loads of reductions are unaligned too.
  return random.fill(length + 16, () => fill(random)).subarray(length % 16).subarray(0, length);
}

type Name = keyof typeof operations.reductions;
const reductionNames = Object.keys(operations.reductions) as Name[];
const argNames = Object.keys(operations.argReductions) as (keyof typeof operations.argReductions)[];

/** Calls a function at every level; throws unless all results have the same bits. */
function atEveryLevel(call: () => number, check: (got: number, level: string) => void): void {
  let first: number | undefined;
  forEachLevel((level) => {
    const got = call();
    check(got, level);
    assert(first === undefined || Object.is(got, first), `${got} at ${level}, ${first} before`);
    first = got;
  });
}

function hasResult(name: Name, length: number): boolean {
  return length > 0 || (name !== "max" && name !== "min");
}

function checkReduction(name: Name, a: Float32Array, parameter: number): void {
  const expected = reductionReferences[name](a, parameter);
  atEveryLevel(() => reductionFunctions[name](a, parameter), (got, level) => {
    if (isExpected(got, expected)) return;
    assert.fail(
      `${name} of ${a.length} at ${level} is ${got}, expected ${expected.exact} ± ${expected.bound}`,
    );
  });
}

describe("reductions at every level", () => {
  for (const name of reductionNames) {
    for (const [kind, fill] of Object.entries(fills)) {
      seeded(`${name} of values ${kind}`, (random) => {
        for (const length of lengths.filter((n) => hasResult(name, n))) {
          const a = viewAt(random, length, name === "prod" ? nearOne : fill);
          const parameters = operations.reductions[name].parameters > 0 ? [0, 1] : [0];
          for (const parameter of parameters) checkReduction(name, a, parameter);
        }
      });
    }

    seeded(`${name} of NaN and infinities anywhere`, (random) => {
      for (const length of [1, 2, 15, 16, 17, 64, 130, 2049, 4100]) {
        for (let round = 0; round < 12; round++) {
          const a = random.fill(length, () => random.integer(1, 3));
          const some = random.below(3) + 1;
          for (let i = 0; i < some; i++) {
            a[random.below(length)] = random.pick([NaN, Infinity, -Infinity, Infinity]);
          }
          if (name === "prod" && length > 130) a.subarray(0, 100).fill(1);
          checkReduction(name, a, 0);
        }
      }
    });
  }

  for (const name of argNames) {
    seeded(`${name}: ties, NaN, infinities, every length`, (random) => {
      for (const length of lengths.filter((n) => n > 0)) {
        for (const fill of [fills["integers, with ties"], fills["of both signs"]]) {
          const a = viewAt(random, length, fill);
          if (random.below(3) === 0) a[random.below(length)] = NaN;
          if (random.below(3) === 0) a[random.below(length)] = NaN;
          if (random.below(3) === 0) a[random.below(length)] = random.pick([Infinity, -Infinity]);
          const expected = argReductionReferences[name](a);
          atEveryLevel(() => argReductionFunctions[name](a), (got, level) => {
            assert.equal(got, expected, `${name} of ${length} at ${level}`);
          });
        }
      }
    });

    it(`${name}: all equal, all infinite, zeros of both signs`, () => {
      for (const value of [0, -0, Infinity, -Infinity, 5]) {
        for (const length of [1, 16, 17, 4097, 9000]) {
          const a = new Float32Array(length).fill(value);
          atEveryLevel(() => argReductionFunctions[name](a), (got) => assert.equal(got, 0));
        }
      }
      // Zeros are equal whatever their signs.
      const zeros = Float32Array.of(-0, 0, -0, 0);
      atEveryLevel(() => argReductionFunctions[name](zeros), (got) => assert.equal(got, 0));
    });
  }

  for (const [kind, fill] of Object.entries(fills)) {
    seeded(`dot of values ${kind}`, (random) => {
      for (const length of lengths) {
        const a = viewAt(random, length, fill);
        const b = viewAt(random, length + 5, fill).subarray(5);
        const expected = expectedDot(a, b);
        // Products below 2^-149 are lost: half the smallest subnormal for each.
        const bound = expected.bound + length * 2 ** -150;
        atEveryLevel(() => dot(a, b), (got, level) => {
          if (Math.abs(got - expected.exact) <= bound) return;
          assert.fail(`dot of ${length} at ${level} is ${got}, expected ${expected.exact}`);
        });
      }
    });
  }
});

describe("reductions: particular values at every level", () => {
  const none = new Float32Array(0);

  it("nothing: sum 0, prod 1, mean and variance NaN", () => {
    const expected: readonly (readonly [(a: Float32Array) => number, number])[] = [
      [sum, 0],
      [prod, 1],
      [norm, 0],
      [mean, NaN],
      [variance, NaN],
      [std, NaN],
      [(a) => dot(a, a), 0],
    ];
    for (const [reduction, value] of expected) {
      atEveryLevel(() => reduction(none), (got) => assert.equal(got, value));
    }
  });

  it("variance of 1e8 and a little loses nothing", () => {
    const a = new Float32Array(5000).map((_, i) => 1e8 + 8 * (i % 5)); // 8: float32's step there
    atEveryLevel(() => variance(a), (got) => assert.equal(got, 128));
    atEveryLevel(() => std(a), (got) => assert.equal(got, Math.fround(Math.sqrt(128))));
    // An outlier in front, by which the sums are shifted.
    a[0] = 0;
    checkReduction("variance", a, 0);
    atEveryLevel(() => variance(a.fill(0.1)), (got) => assert.equal(got, 0));
  });

  it("corrections as NumPy", () => {
    const a = Float32Array.of(1, 3);
    for (
      const [correction, value] of [[0, 1], [1, 2], [0.5, 4 / 3], [2, Infinity], [3, Infinity]]
    ) {
      assert.equal(variance(a, correction), Math.fround(value));
      assert.equal(std(a, correction), Math.fround(Math.sqrt(value)));
    }
    assert.equal(variance(Float32Array.of(5), 1), NaN);
  });

  it("norm neither overflows nor underflows on the way", () => {
    atEveryLevel(
      () => norm(Float32Array.of(3e38, 0)),
      (got) => assert.equal(got, Math.fround(3e38)),
    );
    const tiny = fromBits(3);
    atEveryLevel(() => norm(Float32Array.of(tiny, 0)), (got) => assert.equal(got, tiny));
    atEveryLevel(() => norm(Float32Array.of(3e38, 3e38)), (got) => assert.equal(got, Infinity));
  });

  it("prod overflows and underflows at the end alone", () => {
    const a = Float32Array.of(1e30, 1e30, 1e-30, 1e-30, 7);
    atEveryLevel(() => prod(a), (got) => assert(Math.abs(got - 7) < 1e-5));
    atEveryLevel(() => prod(Float32Array.of(-0, 2)), (got) => assert(Object.is(got, -0)));
  });

  it("0 is above -0, wherever they are", () => {
    for (const length of [2, 17, 200, 70_000]) {
      const a = Float32Array.from({ length }, (_, j) => j % 3 === 0 ? -j : -0);
      atEveryLevel(() => max(a), (got) => assert(Object.is(got, -0)));
      const b = a.map((value) => -value);
      atEveryLevel(() => min(b), (got) => assert(Object.is(got, 0)));
      for (const i of [0, 1, length - 1]) {
        const withZero = a.slice();
        withZero[i] = 0;
        atEveryLevel(() => max(withZero), (got) => assert(Object.is(got, 0)));
        const withMinusZero = b.slice();
        withMinusZero[i] = -0;
        atEveryLevel(() => min(withMinusZero), (got) => assert(Object.is(got, -0)));
      }
    }
  });

  it("every special value alone", () => {
    for (const x of specials) {
      const a = Float32Array.of(x);
      for (const reduction of [sum, mean, max, min, prod]) {
        // A sum starts from 0.
        atEveryLevel(() => reduction(a), (got) => assert.equal(got + 0, x + 0));
      }
      atEveryLevel(() => argmax(a) + argmin(a), (got) => assert.equal(got, 0));
    }
  });
});

/** NumPy's pairwise summation in float32: 8 accumulators up to 128 terms, halves above. */
function numpySum(a: Float32Array): number {
  const n = a.length;
  if (n > 128) {
    const half = Math.floor(n / 2) - Math.floor(n / 2) % 8;
    return Math.fround(numpySum(a.subarray(0, half)) + numpySum(a.subarray(half)));
  }
  const parts = new Float32Array(8);
  for (let i = 0; i < n; i++) parts[i % 8] += a[i];
  const [p0, p1, p2, p3, p4, p5, p6, p7] = parts;
  const f = Math.fround;
  return f(f(f(p0 + p1) + f(p2 + p3)) + f(f(p4 + p5) + f(p6 + p7)));
}

describe("sums are at least as accurate as NumPy's", () => {
  for (const length of [1000, 4096, 100_003]) {
    for (const kind of ["of one sign", "of both signs", "of many sizes"]) {
      seeded(`${length} values ${kind}`, (random) => {
        let ours = 0;
        let theirs = 0;
        for (let round = 0; round < 40; round++) {
          const a = random.fill(length, () => fills[kind](random));
          const exact = sumWide(a);
          ours += (sum(a) - exact) ** 2;
          theirs += (numpySum(a) - exact) ** 2;
        }
        // Mean square errors of equal methods differ by chance: a tenth of their roots is allowed.
        assert(Math.sqrt(ours) <= 1.1 * Math.sqrt(theirs), `${ours} > ${theirs}`);
      });
    }
  }
});
