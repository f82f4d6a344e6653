/** Runs tests at every instruction-set level that the machine has. */

import assert from "node:assert/strict";
import { availableLevels, currentLevel, type LevelName, native } from "../ffi/native.ts";
import { Level, Status } from "../ffi/symbols.gen.ts";

/** Levels that have FMA: their matrix products are the same bits. */
export const fmaLevels: readonly LevelName[] = ["v3", "v4", "neon"];

/** The level is global to the process: it is put back whatever happens. */
export function forEachLevel(
  body: (level: LevelName) => void,
  levels: readonly LevelName[] = availableLevels(),
): void {
  const before = currentLevel();
  try {
    for (const level of levels) {
      assert.equal(native.isa_select(Level[level]), Status.ok);
      body(level);
    }
  } finally {
    native.isa_select(Level[before]);
  }
}
