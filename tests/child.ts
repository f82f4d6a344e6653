/**
 * A process of its own for the tests: imports the module, computes, and prints one line of JSON:
 * the facts or the error. It exits right after the call.
 */

import type { ZigTorchError } from "../mod.ts";

async function report(): Promise<unknown> {
  try {
    // A literal: Deno loads it without the permission to read.
    const { info, matmul } = await import("../mod.ts");
    const product = matmul(Float32Array.of(1, 2, 3, 4), Float32Array.of(5, 6, 7, 8), 2, 2, 2);
    return { product: [...product], info: info() };
  } catch (thrown) {
    const error = thrown as ZigTorchError;
    return { name: error.name, code: error.code, message: error.message };
  }
}

console.log(JSON.stringify(await report()));
