/**
 * The stream of random numbers of this thread: Philox 4×32-10, a counter-based generator (Salmon,
 * Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011). Values come in
 * groups of four, and a group is a function of the seed and its number alone.
 *
 * @module
 */

const stream = { seed: crypto.getRandomValues(new Uint32Array(2)), group: 0 };

/** Starts the stream of a seed, an integer from 0 to 2^53 - 1. */
export function startStream(seed: number): void {
  stream.seed = Uint32Array.of(seed % 2 ** 32, Math.floor(seed / 2 ** 32));
  stream.group = 0;
}

/** A native function that fills an array with values from a group of a seed on. */
export type Fill<T> = (
  out: T,
  length: number,
  seedLow: number,
  seedHigh: number,
  groupLow: number,
  groupHigh: number,
) => number;

/**
 * Fills an array with the next values of the stream; what is left of its last group is not used.
 *
 * @returns the status of the native function
 */
export function fillNext<T>(fill: Fill<T>, out: T, length: number): number {
  const { seed, group } = stream;
  stream.group += Math.ceil(length / 4);
  return fill(out, length, seed[0], seed[1], group % 2 ** 32, Math.floor(group / 2 ** 32));
}
