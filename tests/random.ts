/** Seeded random numbers for tests, and the values that break numerical code. */

import { it } from "node:test";
import process from "node:process";

/** Every suite starts from this seed; `ZIGTORCH_TEST_SEED` tries another. */
export const seed = Number(process.env.ZIGTORCH_TEST_SEED ?? 20_250_314);

const floatScratch = new Float32Array(1);
const wordScratch = new Uint32Array(floatScratch.buffer);

/** The float32 of a bit pattern. */
export function fromBits(bits: number): number {
  wordScratch[0] = bits;
  return floatScratch[0];
}

/** mulberry32: small, and every seed gives another stream. */
export class Random {
  #state: number;

  constructor(start: number) {
    this.#state = start >>> 0;
  }

  word(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let z = this.#state;
    z = Math.imul(z ^ (z >>> 15), z | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return (z ^ (z >>> 14)) >>> 0;
  }

  /** In [0, 1). */
  unit(): number {
    return this.word() / 2 ** 32;
  }

  /** An integer of [0, limit). */
  below(limit: number): number {
    return Math.floor(this.unit() * limit);
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)];
  }

  /** Any float32: NaN, infinities and subnormals too. */
  anyFloat(): number {
    return fromBits(this.word());
  }

  /** A float32 of the sizes that programs meet: 2^-12 to 2^7, either sign. */
  plainFloat(): number {
    const size = 2 ** (this.unit() * 19 - 12);
    return Math.fround(this.word() & 1 ? size : -size);
  }

  /** Uniform in [-1, 1). */
  centred(): number {
    return Math.fround(this.unit() * 2 - 1);
  }

  integer(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  fill(length: number, next: () => number): Float32Array<ArrayBuffer> {
    const result = new Float32Array(length);
    for (let i = 0; i < length; i++) result[i] = next();
    return result;
  }
}

/** A test that draws random numbers; its failure names the seed. */
export function seeded(name: string, body: (random: Random) => void | Promise<void>): void {
  it(name, async () => {
    try {
      await body(new Random(seed));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new Error(`ZIGTORCH_TEST_SEED=${seed}: ${message}`, { cause: error });
    }
  });
}

const positive = [
  0,
  fromBits(1), // the smallest subnormal
  fromBits(2),
  fromBits(0x00400000),
  fromBits(0x007fffff), // the largest subnormal
  fromBits(0x00800000), // the smallest normal
  fromBits(0x00800001),
  1e-30,
  1e-20,
  2 ** -24,
  2 ** -12,
  0.1,
  0.25,
  0.5,
  fromBits(0x3effffff), // the last below 0.5, which naive rounding takes up
  fromBits(0x3f7fffff), // the last below 1
  1,
  fromBits(0x3f800001),
  1.5,
  2,
  2.5,
  3,
  3.5,
  Math.PI / 2,
  Math.PI,
  10,
  87.33654, // exp meets the subnormals below minus this
  88.72284, // and infinity above this
  103.97208,
  128,
  149,
  150,
  1e4,
  2 ** 22 + 0.5,
  2 ** 23 - 0.5,
  2 ** 23,
  2 ** 23 + 1,
  2 ** 24 - 1, // the largest odd integer
  2 ** 24,
  2 ** 31,
  1e10,
  1e20,
  2 ** 127,
  fromBits(0x7f7fffff), // the largest
  Infinity,
].map(Math.fround);

/** Values at which some operation changes its behaviour; both signs, and NaN. */
export const specials: readonly number[] = [...positive, ...positive.map((x) => -x), NaN];

/** Few of them, for all pairs and triples. */
export const fewSpecials: readonly number[] = [
  0,
  -0,
  1,
  -1,
  0.5,
  -3,
  2 ** 24 - 1,
  fromBits(1),
  -fromBits(0x007fffff),
  1e-20,
  -1e20,
  fromBits(0x7f7fffff),
  Infinity,
  -Infinity,
  NaN,
].map(Math.fround);
