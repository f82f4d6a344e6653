/** The generator of random numbers in BigInt: the oracle of what native code draws. */

/** 32 bits. */
export const mask = 0xffffffffn;

/** A counter, and what is made of it. */
export type Words = readonly [bigint, bigint, bigint, bigint];

/** Philox 4×32-10 as in section 3.3 of "Parallel random numbers: as easy as 1, 2, 3". */
export function philox(counter: Words, keys: readonly [bigint, bigint]): Words {
  let words = counter;
  let [k0, k1] = keys;
  for (let round = 0; round < 10; round++) {
    const left = words[0] * 0xd2511f53n;
    const right = words[2] * 0xcd9e8d57n;
    words = [
      (right >> 32n) ^ words[1] ^ k0,
      right & mask,
      (left >> 32n) ^ words[3] ^ k1,
      left & mask,
    ];
    k0 = (k0 + 0x9e3779b9n) & mask;
    k1 = (k1 + 0xbb67ae85n) & mask;
  }
  return words;
}

/** The first words of the stream of a seed, four of each counter. */
export function streamOf(seed: bigint, length: number): number[] {
  const keys = [seed & mask, seed >> 32n] as const;
  return Array.from({ length: Math.ceil(length / 4) }, (_, group) => {
    return philox([BigInt(group), 0n, 0n, 0n], keys).map(Number);
  }).flat().slice(0, length);
}
