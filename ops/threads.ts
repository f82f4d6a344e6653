/**
 * How many threads a large operation may use.
 *
 * @module
 */

import { ShapeError } from "../ffi/errors.ts";
import { native } from "../ffi/native.ts";
import { threadCountMax } from "../ffi/symbols.gen.ts";
import { checkNumber } from "./check.ts";

/**
 * Sets how many threads a large operation may use, in this process and all its Workers. No result
 * depends on it. Small operations stay on the calling thread whatever the number.
 *
 * The threads are one pool for the process. A call that finds it in use by another Worker computes
 * alone; nobody waits.
 *
 * @param n an integer from 1 to 256; by default `ZIGTORCH_NUM_THREADS`, or the cores that this
 *   process may use (affinity and control-group quota respected)
 * @throws {DTypeError} `n` is not a number
 * @throws {ShapeError} `n` is not such an integer
 *
 * @example
 * ```ts
 * import { getNumThreads, setNumThreads } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * setNumThreads(1);
 * assert.equal(getNumThreads(), 1);
 * ```
 */
export function setNumThreads(n: number): void {
  checkNumber(n, "setNumThreads", "n");
  if (!Number.isInteger(n) || n < 1 || n > threadCountMax) {
    throw new ShapeError(
      `setNumThreads: n is ${n}, expected an integer from 1 to ${threadCountMax}`,
    );
  }
  native.set_threads(n);
}

/**
 * How many threads a large operation may use.
 *
 * @example
 * ```ts
 * import { getNumThreads } from "@zigtorch/zigtorch";
 *
 * console.log(getNumThreads());
 * ```
 */
export function getNumThreads(): number {
  return native.threads();
}
