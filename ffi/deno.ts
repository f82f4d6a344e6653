/**
 * Opens the library under Deno.
 *
 * @module
 */

import { deno } from "./runtime.ts";
import type { OpenLibrary } from "./native.ts";

/** {@linkcode OpenLibrary} by `Deno.dlopen`, whose type names are those of the ABI. */
export const openLibrary: OpenLibrary = (path, symbols) =>
  deno().dlopen(path, { ...symbols }).symbols;
