/**
 * Finds the library's file and looks at it before it is opened: a dynamic linker that maps a
 * damaged file kills the process.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { LibraryError } from "./errors.ts";
import { environmentVariable, isGranted, type Runtime, runtime } from "./runtime.ts";

const fileNames: Record<Runtime["os"], string> = {
  linux: "libzigtorch.so",
  macos: "libzigtorch.dylib",
  windows: "zigtorch.dll",
};

const howToBuild = "run `deno task build` (or `npx -y deno task build`) in the checkout";

/** A file that may be the library, and where the idea came from. */
interface Candidate {
  readonly path: string;
  readonly origin: string;
}

function candidates(): Candidate[] {
  const chosen = environmentVariable("ZIGTORCH_LIB");
  // A library that was asked for by name is used or refused, never silently replaced.
  if (chosen !== undefined) return [{ path: chosen, origin: "ZIGTORCH_LIB" }];
  const url = new URL(`../zig-out/lib/${fileNames[runtime.os]}`, import.meta.url);
  if (url.protocol !== "file:") return [];
  return [{ path: fileURLToPath(url), origin: "the checkout's build" }];
}

/** Where a header names the processor, and its number for each of ours; on Windows it varies. */
const processors: Partial<
  Record<Runtime["os"], { offset: number; x86_64: number; aarch64: number }>
> = {
  linux: { offset: 18, x86_64: 62, aarch64: 183 },
  macos: { offset: 4, x86_64: 0x0007, aarch64: 0x000c },
};

/** What `zig/seal.zig` appends: this and the SHA-256 of all before it. */
const mark = "zigtorch-sha256:";
const digestLength = 32;

/** Whether the file is the one that was built, to the last byte. */
function isWhole(bytes: Uint8Array): boolean {
  const end = bytes.length - digestLength - mark.length;
  if (end < 0) return false;
  const found = new TextDecoder("latin1").decode(bytes.subarray(end, end + mark.length));
  const digest = createHash("sha256").update(bytes.subarray(0, end)).digest();
  return found === mark && digest.every((byte, i) => byte === bytes[end + mark.length + i]);
}

const formats: Record<Runtime["os"], { magic: readonly number[]; name: string }> = {
  linux: { magic: [0x7f, 0x45, 0x4c, 0x46], name: "ELF" },
  macos: { magic: [0xcf, 0xfa, 0xed, 0xfe], name: "Mach-O" },
  windows: { magic: [0x4d, 0x5a], name: "PE" },
};

/** What is wrong with a file, undefined where nothing is. */
function faultOf(bytes: Uint8Array): string | undefined {
  const format = formats[runtime.os];
  if (!format.magic.every((byte, i) => bytes[i] === byte)) {
    return `not a library for ${runtime.os}: expected the ${format.name} format`;
  }
  const processor = processors[runtime.os];
  const numberAt = (offset: number) => bytes[offset] | (bytes[offset + 1] << 8);
  if (processor !== undefined && numberAt(processor.offset) !== processor[runtime.arch]) {
    return `built for another processor than ${runtime.arch}`;
  }
  // The system checks the signature that every library for macOS carries.
  if (runtime.os !== "macos" && !isWhole(bytes)) {
    return "damaged or incomplete: its checksum does not fit";
  }
  return undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Why a candidate can't be opened, undefined where it looks sound.
 *
 * @throws {LibraryError} the permission to look was not given
 */
function examine(candidate: Candidate): string | undefined {
  const missing = (["read", "ffi"] as const).filter((name) =>
    !isGranted({ name, path: candidate.path })
  );
  if (missing.length > 0) {
    const flags = missing.map((name) => `--allow-${name}`).join(" ");
    throw new LibraryError(
      `zigtorch may not open ${candidate.path} (${candidate.origin}): ` +
        `run deno with ${flags}; it needs --allow-read and --allow-ffi, for that file at least`,
    );
  }
  try {
    return faultOf(readFileSync(candidate.path));
  } catch (error) {
    return messageOf(error);
  }
}

/**
 * Opens the first candidate that can be opened.
 *
 * @param open opens a path or throws
 * @returns what `open` returned, and the path
 * @throws {LibraryError} naming every path tried and what to run
 */
export function openFirst<T>(open: (path: string) => T): { library: T; path: string } {
  const attempts: string[] = [];
  for (const candidate of candidates()) {
    const { path, origin } = candidate;
    let fault = examine(candidate);
    if (fault === undefined) {
      try {
        return { library: open(path), path };
      } catch (error) {
        fault = messageOf(error);
      }
    }
    attempts.push(`  ${path} (${origin}): ${fault}`);
  }
  const tried = attempts.length > 0
    ? `tried\n${attempts.join("\n")}\n`
    : "this module does not lie in a checkout, ";
  throw new LibraryError(
    `zigtorch's native library can't be opened: ${tried}` +
      `to build it, ${howToBuild}; to use another file, set ZIGTORCH_LIB to its path`,
  );
}
