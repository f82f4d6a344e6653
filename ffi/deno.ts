/**
 * Opens the library under Deno.
 *
 * @module
 */

import { deno, type OpenLibrary } from "./runtime.ts";

/** {@linkcode OpenLibrary} by `Deno.dlopen`, whose type names are those of the ABI. */
export const openLibrary: OpenLibrary = (path, symbols) =>
  deno().dlopen(path, { ...symbols }).symbols;
