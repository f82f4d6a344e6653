/**
 * The native library, opened once, and what its status codes mean.
 *
 * @module
 */

import * as bun from "./bun.ts";
import * as deno from "./deno.ts";
import {
  LibraryError,
  OutOfMemoryError,
  OverlapError,
  ShapeError,
  ZigTorchError,
} from "./errors.ts";
import { openFirst } from "./load.ts";
import { environmentVariable, type OpenLibrary, runtime, type TakeBuffer } from "./runtime.ts";
import {
  abiHash,
  Level,
  type NativeSymbols,
  Status,
  symbolPrefix,
  symbols,
  threadCountMax,
} from "./symbols.gen.ts";

const openLibrary: OpenLibrary = runtime.name === "bun" ? bun.openLibrary : deno.openLibrary;

function resolve(path: string, names: readonly (keyof NativeSymbols)[]): Partial<NativeSymbols> {
  const wanted = Object.fromEntries(names.map((name) => [symbolPrefix + name, symbols[name]]));
  const found = openLibrary(path, wanted);
  return Object.fromEntries(names.map((name) => [name, found[symbolPrefix + name]]));
}

/** An ABI hash as it is shown: 8 hexadecimal digits. */
export function hex(hash: number): string {
  return hash.toString(16).padStart(8, "0");
}

/** Asks for the hash alone first: a library of another version may lack any other function. */
function openChecked(path: string): NativeSymbols {
  const hash = resolve(path, ["abi_hash"]).abi_hash!();
  if (hash !== abiHash) {
    throw new LibraryError(
      `stale: its ABI is ${hex(hash)}, this module expects ${hex(abiHash)}`,
    );
  }
  return resolve(path, Object.keys(symbols) as (keyof NativeSymbols)[]) as NativeSymbols;
}

const opened = openFirst(openChecked);

/** The exported functions. Arguments must have been checked. */
export const native: NativeSymbols = opened.library;

/** The file that was opened. */
export const libraryPath: string = opened.path;

let memory: { readonly take: TakeBuffer | undefined } | undefined;

/** {@linkcode TakeBuffer}, opened by the first large buffer: that takes 2 ms in Deno. */
const takeRecycled: TakeBuffer = (bytes, zeros) => {
  memory ??= {
    take: runtime.name === "bun" ? bun.openMemory(native) : deno.openMemory(libraryPath),
  };
  return memory.take?.(bytes, zeros);
};

/** Smaller buffers come as fast from the runtime, with zeros. */
export const recycledMin = 2 ** 13;

/** Sizes cross to native code as u32. */
const recycledMax = 2 ** 32 - 1;

function makeBuffer(bytes: number, zeros: 0 | 1): ArrayBuffer {
  const isRecycled = bytes >= recycledMin && bytes <= recycledMax;
  return (isRecycled ? takeRecycled(bytes, zeros) : undefined) ?? new ArrayBuffer(bytes);
}

/**
 * A new buffer, which may hold anything: the memory of a large one is kept when nothing refers to
 * it any more, and serves the next one.
 *
 * @throws {RangeError} there is no memory for it
 */
export function newBuffer(bytes: number): ArrayBuffer {
  return makeBuffer(bytes, 0);
}

/** The same of zeros. */
export function newZeros(bytes: number): ArrayBuffer {
  return makeBuffer(bytes, 1);
}

/** Names of the instruction-set levels. */
export type LevelName = keyof typeof Level;

const levelNames = Object.keys(Level) as LevelName[];

/** The levels that this machine can run, from the weakest to the strongest. */
export function availableLevels(): LevelName[] {
  const mask = native.isa_available();
  return levelNames.filter((name) => (mask & (1 << Level[name])) !== 0);
}

/** The level in use. */
export function currentLevel(): LevelName {
  return levelNames[native.isa()];
}

function selectLevel(): void {
  if (availableLevels().length === 0) {
    throw new LibraryError(
      "zigtorch: this processor is older than x86-64-v2 (SSE4.2, about 2009), the least it runs on",
    );
  }
  const wanted = environmentVariable("ZIGTORCH_ISA");
  if (wanted === undefined) return;
  const number = Object.hasOwn(Level, wanted) ? Level[wanted as LevelName] : -1;
  if (number < 0 || native.isa_select(number) !== Status.ok) {
    throw new LibraryError(
      `ZIGTORCH_ISA is ${JSON.stringify(wanted)}, expected one of ${availableLevels().join(", ")}`,
    );
  }
}

function selectThreads(): void {
  const wanted = environmentVariable("ZIGTORCH_NUM_THREADS");
  if (wanted === undefined) return;
  const count = Number(wanted);
  if (!Number.isInteger(count) || count < 1 || count > threadCountMax) {
    throw new LibraryError(
      `ZIGTORCH_NUM_THREADS is ${JSON.stringify(wanted)}, ` +
        `expected an integer from 1 to ${threadCountMax}`,
    );
  }
  native.set_threads(count);
}

selectLevel();
selectThreads();

const noNames: readonly string[] = ["a", "b", "c"];

/**
 * The error for a status other than ok.
 *
 * @param operands the names of the inputs, in the order of the ABI
 */
function errorOf(status: number, operation: string, operands: readonly string[]): ZigTorchError {
  const overlap = status - Status.overlap_a;
  if (overlap >= 0 && overlap <= 2) {
    const name = operands[overlap];
    return new OverlapError(
      `${operation}: out shares memory with ${name}, expected memory of its own ` +
        `(or, where the operation works in place, exactly the memory of ${name})`,
    );
  }
  switch (status) {
    case Status.empty:
      return new ShapeError(`${operation}: a is empty, expected at least one element`);
    case Status.size_overflow:
      return new ShapeError(`${operation}: the sizes exceed the address space`);
    case Status.out_of_bounds:
      return new ShapeError(`${operation}: a view reaches beyond its memory`);
    case Status.overlap_out:
      return new OverlapError(
        `${operation}: elements of out share memory, expected every element once`,
      );
    case Status.out_of_memory:
      return new OutOfMemoryError(`${operation}: no memory for packing the operands`);
    default:
      return new ZigTorchError("INTERNAL", `${operation}: the library returned status ${status}`);
  }
}

/**
 * Throws the error that a status stands for; returns where it is ok.
 *
 * @param status what the native function returned
 * @param operation the public function's name, for the message
 * @param operands the names of the inputs, for the message
 */
export function check(
  status: number,
  operation: string,
  operands: readonly string[] = noNames,
): void {
  if (status !== Status.ok) throw errorOf(status, operation, operands);
}
