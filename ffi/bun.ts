/**
 * Opens the library under Bun.
 *
 * @module
 */

import { bunModule, type OpenLibrary, type TakeBuffer } from "./runtime.ts";
import { type FfiType, type NativeSymbols, Status } from "./symbols.gen.ts";

/** The part of `bun:ffi` that is used here. */
interface BunFfi {
  dlopen(
    path: string,
    symbols: Record<string, { args: readonly string[]; returns: string }>,
  ): { symbols: Record<string, unknown> };
  toArrayBuffer(
    address: number,
    offset: number,
    bytes: number,
    context: number,
    deallocator: number,
  ): ArrayBuffer;
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

/** {@linkcode TakeBuffer} by `bun:ffi`: JavaScriptCore gives a buffer back when it has collected it. */
export function openMemory(native: NativeSymbols): TakeBuffer {
  const { toArrayBuffer } = bunModule("bun:ffi") as BunFfi;
  const place = new Uint32Array(2);
  const address = () => place[1] * 2 ** 32 + place[0];
  native.memory_giver(place);
  const giver = address();
  return (bytes, zeros) =>
    native.memory_take(place, bytes, zeros) === Status.ok
      ? toArrayBuffer(address(), 0, bytes, bytes, giver)
      : undefined;
}
