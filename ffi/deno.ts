/**
 * Opens the library under Deno.
 *
 * @module
 */

import { resolve } from "node:path";
import process from "node:process";
import { deno, isGranted, type OpenLibrary, type TakeBuffer } from "./runtime.ts";

/** {@linkcode OpenLibrary} by `Deno.dlopen`, whose type names are those of the ABI. */
export const openLibrary: OpenLibrary = (path, symbols) =>
  deno().dlopen(path, { ...symbols }).symbols;

/** What the library exports by Node-API, see `zig/napi.zig`. */
interface MemoryModule {
  take?: TakeBuffer;
  show?: (taken: number) => number;
}

/** The part of the process object that loads modules of Node-API. */
interface ModuleLoader {
  dlopen(module: { exports: MemoryModule }, path: string): void;
}

/**
 * {@linkcode TakeBuffer} by Node-API: V8 gives such buffers back as soon as it has collected them,
 * also within a synchronous loop, where no finalization callback runs. Undefined where the runtime
 * has no Node-API.
 */
export function openMemory(path: string): TakeBuffer | undefined {
  // It may have been revoked since the library was opened: nothing here prompts.
  if (!isGranted({ name: "ffi", path })) return undefined;
  const module: { exports: MemoryModule } = { exports: {} };
  try {
    (process as unknown as ModuleLoader).dlopen(module, resolve(path));
  } catch {
    return undefined;
  }
  const { take, show } = module.exports;
  if (take === undefined || show === undefined) return undefined;
  let taken = 0;
  let interval = firstInterval;
  return (bytes, zeros) => {
    if (taken >= interval) {
      const next = show(taken);
      if (next > 0) garbage[0] = new ArrayBuffer(1);
      else driveMarking();
      interval = Math.abs(next);
      taken = 0;
    }
    taken += bytes;
    return take(bytes, zeros);
  };
}

/** Bytes that are taken before the first collection; the library says how many before the next. */
const firstInterval = 8 * 2 ** 20;

/** Keeps the compiler from seeing that they are not used. */
const garbage: unknown[] = [];

/** Marking advances as ordinary objects are made, of which a loop over large arrays makes few. */
function driveMarking(): void {
  for (let i = 0; i < 8000; i++) garbage[0] = new Array(100);
  garbage.length = 0;
}
