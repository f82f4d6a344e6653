/**
 * Opens the library under Bun.
 *
 * @module
 */

import { bunModule, type OpenLibrary } from "./runtime.ts";
import type { FfiType } from "./symbols.gen.ts";

/** The part of `bun:ffi` that is used here. */
interface BunFfi {
  dlopen(
    path: string,
    symbols: Record<string, { args: readonly string[]; returns: string }>,
  ): { symbols: Record<string, unknown> };
}

const bunTypes: Record<FfiType, string> = { buffer: "ptr", u32: "u32", i32: "i32", f32: "f32" };

/** {@linkcode OpenLibrary} by `bun:ffi`. */
export const openLibrary: OpenLibrary = (path, symbols) => {
  const { dlopen } = bunModule("bun:ffi") as BunFfi;
  const translated = Object.entries(symbols).map(([name, { parameters, result }]) => [
    name,
    { args: parameters.map((type) => bunTypes[type]), returns: bunTypes[result] },
  ]);
  return dlopen(path, Object.fromEntries(translated)).symbols;
};
