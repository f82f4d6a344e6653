/**
 * A process of its own for calls that a trusting library would not survive: arguments whose getters
 * take away the memory of arguments that were checked before. Prints what became of them.
 */

import { add, dot, gemm, layerNorm, matmul, transpose, ZigTorchError } from "../mod.ts";

const rows = 256;
const length = rows * rows;

/** Memory that can be taken away: whole pages of it, so that touching them is fatal. */
function victim(takeAway: "shrink" | "detach"): [Float32Array, () => void] {
  const bytes = length * 4;
  if (takeAway === "detach") {
    const buffer = new ArrayBuffer(bytes);
    return [new Float32Array(buffer), () => {
      if (!buffer.detached) structuredClone(buffer, { transfer: [buffer] });
    }];
  }
  const buffer = new ArrayBuffer(bytes, { maxByteLength: bytes });
  return [new Float32Array(buffer), () => buffer.resize(0)];
}

/** A right view, but for own properties that act when they are read. */
function trap(act: () => void): Float32Array {
  const view = new Float32Array(length);
  const properties = { length, byteLength: length * 4, byteOffset: 0, buffer: view.buffer };
  for (const [name, value] of Object.entries(properties)) {
    Object.defineProperty(view, name, {
      get() {
        act();
        return value;
      },
    });
  }
  return view;
}

type Call = (a: Float32Array, b: Float32Array) => unknown;

const calls: Record<string, Call> = {
  "add": (a, b) => add(a, b),
  "add into it": (a, b) => add(a, 1, b),
  "dot": dot,
  "matmul": (a, b) => matmul(a, b, rows, rows, rows),
  "matmul into it": (a, b) => matmul(a, a.slice(), rows, rows, rows, b),
  "gemm": (a, b) => gemm({ m: rows, n: rows, k: rows, a, b, c: new Float32Array(length) }),
  "gemm into it": (a, b) =>
    gemm({ m: rows, n: rows, k: rows, a, b: new Float32Array(length), c: b }),
  "transpose": (a, b) => transpose(a, rows, rows, b),
  "layerNorm": (a, b) => layerNorm(a, 1, length, { weight: b }),
};

function outcome(call: Call, takeAway: "shrink" | "detach"): string {
  const [a, act] = victim(takeAway);
  try {
    call(a, trap(act));
    return "returned";
  } catch (error) {
    return error instanceof ZigTorchError && error.code !== "INTERNAL" ? "refused" : String(error);
  }
}

const outcomes = Object.entries(calls).flatMap(([name, call]) =>
  (["shrink", "detach"] as const).map((
    takeAway,
  ) => [`${name}, ${takeAway}`, outcome(call, takeAway)])
);
console.log(JSON.stringify(Object.fromEntries(outcomes)));
