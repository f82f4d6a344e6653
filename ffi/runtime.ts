/**
 * Which runtime this is, and what it lets a module ask without a prompt.
 *
 * @module
 */

import { LibraryError } from "./errors.ts";
import type { SymbolSignature } from "./symbols.gen.ts";

/** Opens a library and resolves some of its functions, by their exported names. */
export type OpenLibrary = (
  path: string,
  symbols: Record<string, SymbolSignature>,
) => Record<string, unknown>;

/**
 * Makes a buffer of recycled memory, which may hold anything but is zeros if `zeros` is 1; undefined
 * where there is none.
 */
export type TakeBuffer = (bytes: number, zeros: 0 | 1) => ArrayBuffer | undefined;

/** The part of `Deno` that this folder uses, declared here so that Bun's side type-checks too. */
export interface DenoNamespace {
  dlopen(
    path: string,
    symbols: Record<string, unknown>,
  ): { symbols: Record<string, unknown> };
  permissions: {
    querySync(descriptor: { name: string; path?: string; variable?: string }): { state: string };
  };
  env: { get(name: string): string | undefined };
  version: { deno: string };
}

/** The part of Bun's process object that this folder uses. */
interface BunProcess {
  env: Record<string, string | undefined>;
  versions: { bun: string };
  platform: string;
  arch: string;
  getBuiltinModule(name: string): unknown;
}

const globals = globalThis as unknown as {
  Deno?: DenoNamespace & { build: { os: string; arch: string } };
  Bun?: unknown;
  process?: BunProcess;
};

/** The runtime and the machine, in one spelling for both runtimes. */
export interface Runtime {
  readonly name: "deno" | "bun";
  readonly version: string;
  readonly os: "linux" | "macos" | "windows";
  readonly arch: "x86_64" | "aarch64";
}

const osNames: Record<string, Runtime["os"]> = {
  linux: "linux",
  android: "linux",
  darwin: "macos",
  windows: "windows",
  win32: "windows",
};

const archNames: Record<string, Runtime["arch"]> = {
  x86_64: "x86_64",
  x64: "x86_64",
  aarch64: "aarch64",
  arm64: "aarch64",
};

function detect(): Runtime {
  // Bun first: nothing but Bun defines the global `Bun`, while shims of `Deno` exist.
  const isBun = globals.Bun !== undefined && globals.process !== undefined;
  if (!isBun && globals.Deno === undefined) {
    throw new LibraryError("zigtorch needs Deno or Bun: this runtime has neither FFI");
  }
  const osName = isBun ? globals.process!.platform : globals.Deno!.build.os;
  const archName = isBun ? globals.process!.arch : globals.Deno!.build.arch;
  const os = osNames[osName];
  const arch = archNames[archName];
  if (os === undefined || arch === undefined) {
    throw new LibraryError(
      `zigtorch has no library for ${osName} on ${archName}: ` +
        "expected linux, macos or windows on x86_64 or aarch64",
    );
  }
  return isBun
    ? { name: "bun", version: globals.process!.versions.bun, os, arch }
    : { name: "deno", version: globals.Deno!.version.deno, os, arch };
}

/** The runtime that this module runs on. */
export const runtime: Runtime = detect();

/** Deno's namespace; only on Deno. */
export function deno(): DenoNamespace {
  return globals.Deno!;
}

/** A built-in module of Bun; only on Bun. */
export function bunModule(name: string): unknown {
  return globals.process!.getBuiltinModule(name);
}

/** Whether a permission was given already. Never prompts. */
export function isGranted(
  descriptor: { name: "env" | "read" | "ffi"; path?: string; variable?: string },
): boolean {
  if (runtime.name === "bun") return true;
  return deno().permissions.querySync(descriptor).state === "granted";
}

/** An environment variable, undefined where it is not set or may not be read without asking. */
export function environmentVariable(name: string): string | undefined {
  const value = runtime.name === "bun"
    ? globals.process!.env[name]
    : isGranted({ name: "env", variable: name })
    ? deno().env.get(name)
    : undefined;
  return value === "" ? undefined : value;
}
