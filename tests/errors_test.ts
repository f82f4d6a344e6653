/** Every public function refuses every bad value of every parameter, and writes nothing. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import * as zt from "../mod.ts";
import { type BadValue, badValues, codes } from "./bad_values.ts";
import {
  type Call,
  type FunctionName,
  functionNames,
  functions,
  type Parameter,
  replaced,
  tensorFunctions,
} from "./functions.ts";
import { root, runScript } from "./process.ts";
import { Random, seed } from "./random.ts";
import { bitsOf } from "./ulp.ts";

/** A right call in which nothing is empty, so that everything has a meaning. */
function fullCall(name: FunctionName): Call {
  for (let start = seed;; start++) {
    const call = functions[name].make(new Random(start), true);
    const empty = functions[name].parameters.some((_, i) => call.lengths[i] === 0);
    const isViewless = !functions[name].parameters.some(({ kind }) => /iew|operand/.test(kind));
    const views = functions[name].parameters.flatMap(({ kind }, i) =>
      /iew|operand/.test(kind) ? [call.lengths[i]] : []
    );
    if (isViewless || !empty || views.every((length) => length > 1)) return call;
  }
}

function checkRefused(name: FunctionName, call: Call, parameter: Parameter, bad: BadValue): void {
  const { call: run } = functions[name];
  const args = replaced(call.args, parameter, bad.value);
  const before = call.out?.slice();
  const what = `${name}: ${bad.label} as argument ${parameter.index} ${parameter.key ?? ""}`;
  let error: unknown;
  try {
    run(...args as never[]);
  } catch (thrown) {
    error = thrown;
  }
  if (!(error instanceof bad.error)) assert.fail(`${what}: expected ${bad.error.name}, ${error}`);
  assert(error instanceof zt.ZigTorchError && error instanceof Error, what);
  assert.equal(error.code, codes.get(bad.error), what);
  assert.equal(error.name, bad.error.name, what);
  assert(error.message.startsWith(`${name}: `), `${what}: ${error.message}`);
  assert(error.message.length > name.length + 10, `${what}: ${error.message}`);
  if (before) assert.deepEqual(bitsOf(call.out!), bitsOf(before), `${what}: wrote to out`);
}

describe("bad input", () => {
  it("every exported function has a table", () => {
    const exported = Object.entries(zt).filter(([name, value]) =>
      typeof value === "function" && !(value.prototype instanceof Error) &&
      !(name in tensorFunctions) && name !== "Tensor"
    );
    const names = exported.map(([name]) => name).sort();
    assert.deepEqual(names, [...functionNames].sort());
    for (const [name, value] of exported) {
      const { call } = functions[name as FunctionName];
      assert.equal(call as unknown, value, `the table of ${name} tests another function`);
    }
  });

  for (const name of functionNames) {
    it(name, () => {
      functions[name].parameters.forEach((parameter, i) => {
        const call = fullCall(name);
        const { kind, lengths = "exact" } = parameter;
        for (const bad of badValues(kind, call.lengths[i], lengths)) {
          checkRefused(name, call, parameter, bad);
        }
        // The call that was spoilt is a right one.
        call.check(functions[name].call(...call.args as never[]));
      });
    });
  }
});

function refuses(
  call: () => unknown,
  error: typeof zt.ShapeError | typeof zt.DTypeError,
  message: RegExp,
): void {
  assert.throws(call, (thrown) => {
    assert(thrown instanceof error, String(thrown));
    assert.match(thrown.message, message);
    return true;
  });
}

describe("bad input: what depends on several arguments", () => {
  const view = new Float32Array(6);

  it("the message of the contract", () => {
    const [a, b] = [new Float32Array(8), new Float32Array(11)];
    refuses(() => zt.matmul(a, b, 2, 3, 4), zt.ShapeError, /^matmul: b has 11 elements, .*k·n/);
    refuses(() => zt.matmul(a, b, 2, 3, 4), zt.ShapeError, /= 4·3 = 12$/);
  });

  it("nothing but numbers", () => {
    refuses(() => zt.add(1, 2), zt.DTypeError, /^add: /);
    refuses(() => zt.fma(1, 2, 3), zt.DTypeError, /^fma: /);
  });

  it("the extreme of nothing", () => {
    for (const name of ["max", "min", "argmax", "argmin"] as const) {
      refuses(() => zt[name](new Float32Array(0)), zt.ShapeError, new RegExp(`^${name}: `));
    }
  });

  it("sizes whose product is right, or overflows, but that are not the view's", () => {
    refuses(() => zt.softmax(view, 2, 2), zt.ShapeError, /^softmax: /);
    refuses(() => zt.transpose(view, 2 ** 16, 2 ** 16), zt.ShapeError, /^transpose: /);
    refuses(() => zt.transpose(view, 2 ** 32 - 1, 2 ** 32 - 1), zt.ShapeError, /^transpose: /);
    refuses(() => zt.transpose(view, 2 ** 31, 8), zt.ShapeError, /^transpose: /);
    const big = 2 ** 32 - 1;
    refuses(() => zt.matmul(view, view, big, big, big), zt.ShapeError, /^matmul: /);
    const args = { m: 2, n: 2, k: 2, a: view, b: view, c: new Float32Array(4) };
    refuses(() => zt.gemm({ ...args, lda: big }), zt.ShapeError, /^gemm: a /);
    refuses(() => zt.gemm({ ...args, ldb: 1 }), zt.ShapeError, /^gemm: ldb /);
    refuses(() => zt.gemm({ ...args, ldc: 1 }), zt.ShapeError, /^gemm: ldc /);
  });

  it("beta without out", () => {
    const none = undefined;
    refuses(
      () => zt.matmul(view, view, 2, 2, 3, none, { beta: 1 }),
      zt.ShapeError,
      /^matmul: beta/,
    );
  });

  it("memory that does not exist is an OutOfMemoryError", () => {
    // Both engines promise 16 GB without having them: the refusal is played.
    const original = globalThis.Float32Array;
    globalThis.Float32Array = class {
      constructor() {
        throw new RangeError("Array buffer allocation failed");
      }
    } as unknown as typeof Float32Array;
    try {
      assert.throws(() => zt.emptyAligned(8), (error) => {
        assert(error instanceof zt.OutOfMemoryError);
        return error.code === "OUT_OF_MEMORY" && error.message.startsWith("emptyAligned: ");
      });
    } finally {
      globalThis.Float32Array = original;
    }
  });
});

/** A view with own properties that lie. */
function lying(properties: Record<string, unknown>): Float32Array {
  const view = Float32Array.of(1, 2, 3, 4);
  for (const [name, value] of Object.entries(properties)) {
    Object.defineProperty(view, name, { value });
  }
  return view;
}

const lies: Record<string, Record<string, unknown>> = {
  "a length of 1e9": { length: 1e9 },
  "a length of 1e9 and its bytes": { length: 1e9, byteLength: 4e9 },
  "a length of 2": { length: 2 },
  "a length of 0": { length: 0 },
  "a length of 0.5": { length: 0.5 },
  "a length of NaN": { length: NaN },
  "a negative length": { length: -4 },
  "a string as length": { length: "4" },
  "an object as length": { length: { valueOf: () => 4 } },
  "a buffer of its own": { buffer: new ArrayBuffer(1e6), byteOffset: 100 },
};

describe("bad input: views whose own properties lie are refused or taken for what they are", () => {
  for (const [label, properties] of Object.entries(lies)) {
    it(label, () => {
      const calls: readonly (() => unknown)[] = [
        () => assert.equal(zt.sum(lying(properties)), 10),
        () => assert.equal(zt.dot(lying(properties), Float32Array.of(1, 1, 1, 1)), 10),
        () => assert.deepEqual([...zt.neg(lying(properties))], [-1, -2, -3, -4]),
        () => assert.deepEqual([...zt.transpose(lying(properties), 2, 2)], [1, 3, 2, 4]),
        () => assert.equal(zt.matmul(lying(properties), lying(properties), 1, 1, 4)[0], 30),
        () => zt.exp(Float32Array.of(1, 1, 1, 1), lying(properties)),
      ];
      for (const call of calls) {
        try {
          call();
        } catch (error) {
          if (!(error instanceof zt.ZigTorchError)) throw error;
        }
      }
    });
  }
});

describe("bad input: getters that take memory away", () => {
  it("neither crash the process nor reach native code", () => {
    const { code, stdout, stderr } = runScript(join(root, "tests/hostile.ts"), {});
    assert.equal(code, 0, `the process ended with ${code}: ${stderr.slice(0, 500)}`);
    for (const [call, outcome] of Object.entries(JSON.parse(stdout))) {
      assert.match(String(outcome), /^(returned|refused)$/, call);
    }
  });
});
