/**
 * Facts about the library and the machine it runs on.
 *
 * @module
 */

import { availableLevels, check, currentLevel, hex, libraryPath, native } from "../ffi/native.ts";
import type { LevelName } from "../ffi/native.ts";
import { runtime } from "../ffi/runtime.ts";
import { abiHash, version } from "../ffi/symbols.gen.ts";

/** What {@linkcode info} returns. */
export interface Info {
  /** Version of zigtorch. */
  version: string;
  /** Hash of the interface that module and library share, 8 hexadecimal digits. */
  abiHash: string;
  /** Instruction-set level in use: `ZIGTORCH_ISA`, or the strongest that the machine has. */
  isa: LevelName;
  /** Levels that this machine can run. */
  availableIsas: LevelName[];
  /** Threads that a large operation may use. */
  threads: number;
  /** Cache sizes in bytes: data caches of one core, the shared one, and a line. */
  caches: { l1: number; l2: number; l3: number; line: number };
  /** Path of the native library. */
  library: string;
  /** Runtime and its version. */
  runtime: string;
}

/**
 * Facts about the library and the machine: what to quote in a bug report.
 *
 * @example
 * ```ts
 * import { info } from "@zigtorch/zigtorch";
 * import assert from "node:assert/strict";
 *
 * const { isa, availableIsas } = info();
 * assert(availableIsas.includes(isa));
 * ```
 */
export function info(): Info {
  const sizes = new Uint32Array(4);
  check(native.caches(sizes), "info");
  const [l1, l2, l3, line] = sizes;
  return {
    version,
    abiHash: hex(abiHash),
    isa: currentLevel(),
    availableIsas: availableLevels(),
    threads: native.threads(),
    caches: { l1, l2, l3, line },
    library: libraryPath,
    runtime: `${runtime.name} ${runtime.version}`,
  };
}
