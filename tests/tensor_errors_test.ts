/** Tensor refuses what is wrong, says what was expected, and changes nothing. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import * as zt from "../mod.ts";
import {
  concat,
  DTypeError,
  ones,
  ShapeError,
  stack,
  Tensor,
  tensor,
  where,
  zeros,
} from "../mod.ts";
import { codes, type ErrorClass } from "./bad_values.ts";
import type { tensorFunctions } from "./functions.ts";
import { root, runScript } from "./process.ts";
import { type MethodName, methods, sample } from "./tensor_calls.ts";
import { elementsOf } from "./tensor_model.ts";
import { mentions, type Wrong } from "./tensor_wrong.ts";

/** What a method must not change. */
function stateOf(a: Tensor): unknown {
  return [a.shape, a.strides, a.dtype, elementsOf(a), a.size, a.ndim];
}

function assertRefused(
  name: string,
  call: () => unknown,
  error: ErrorClass,
  message: readonly RegExp[],
) {
  let thrown: unknown;
  try {
    call();
  } catch (caught) {
    thrown = caught;
  }
  if (!(thrown instanceof error)) {
    const text = thrown instanceof Error ? thrown.stack : "nothing";
    assert.fail(`expected ${error.name}, got ${text}`);
  }
  assert.equal(thrown.code, codes.get(error));
  assert(thrown.message.startsWith(`${name}: `), thrown.message);
  for (const part of message) assert.match(thrown.message, part);
}

function checkWrong(name: string, { label, error, message, call }: Wrong): void {
  const base = sample();
  // Contiguous, and as a view with steps of either sign.
  const turned = base.T.contiguous().slice("::-1").T.slice(":", ":", "::-1");
  for (const a of [base, turned]) {
    const before = stateOf(a);
    try {
      assertRefused(name, () => call(a), error, message);
      assert.deepEqual(stateOf(a), before, "the tensor was changed");
    } catch (failure) {
      throw new Error(`${label}: ${(failure as Error).message}`, { cause: failure });
    }
  }
}

const names = Object.keys(methods) as MethodName[];
const accessors = ["shape", "strides", "ndim", "size", "dtype", "data", "T"];

describe("bad input to methods of Tensor", () => {
  it("every method has a table", () => {
    const own = Object.getOwnPropertyNames(Tensor.prototype)
      .filter((name) => name !== "constructor" && !accessors.includes(name));
    assert.deepEqual(own.sort(), [...names].sort());
  });

  for (const name of names) {
    it(name, () => {
      methods[name].call(sample());
      for (const wrong of methods[name].wrong) checkWrong(name, wrong);
    });
  }

  it("methods of something that is no tensor", () => {
    const nonsense = [
      {},
      null,
      undefined,
      5,
      [],
      Object.create(Tensor.prototype),
      new Proxy(sample(), {}),
    ];
    for (const name of names) {
      const method = Tensor.prototype[name] as (...args: unknown[]) => unknown;
      for (const receiver of nonsense) {
        assert.throws(() => method.call(receiver, 0, 0, 0), Error, name);
      }
    }
  });
});

describe("the properties of Tensor", () => {
  it("cannot be assigned", () => {
    for (const name of accessors) {
      const a = sample();
      const before = stateOf(a);
      assert.throws(() => Object.assign(a, { [name]: [1] }), TypeError, name);
      assert.deepEqual(stateOf(a), before);
    }
  });

  it("hand out arrays whose change changes no tensor", () => {
    const a = sample();
    const before = stateOf(a);
    for (const array of [a.shape, a.strides]) {
      try {
        (array as number[]).fill(1e9);
        (array as number[]).length = 7;
      } catch (error) {
        assert(error instanceof TypeError, "a frozen array throws a TypeError");
      }
    }
    assert.deepEqual(stateOf(a), before);
    a.add(1);
  });

  it("data needs a contiguous tensor", () => {
    assertRefused("data", () => sample().T.data, ShapeError, [mentions(4, 3, 2)]);
  });

  it("Tensor is made by functions alone", () => {
    const Class = Tensor as unknown as new (...args: unknown[]) => unknown;
    for (const args of [[], [5], [new Float32Array(4), [2, 2]], [sample()], [{ shape: [1e9] }]]) {
      assert.throws(() => new Class(...args), Error);
    }
    class Sub extends (Tensor as unknown as new () => object) {}
    assert.throws(() => new Sub(), Error);
  });
});

/** A view whose buffer goes to somebody else afterwards. */
function doomed(): [Tensor, () => void] {
  const view = new Float32Array(24).fill(1);
  const a = tensor(view).reshape([2, 3, 4]);
  return [a, () => structuredClone(view.buffer, { transfer: [view.buffer] })];
}

describe("memory that is gone", () => {
  for (const name of names) {
    it(name, () => {
      const [a, detach] = doomed();
      detach();
      if (methods[name].reads) {
        assertRefused(name, () => methods[name].call(a), ShapeError, [/detached|shrunk/]);
        return;
      }
      const result = methods[name].call(a);
      // Shapes are still known; whoever asks for elements is told.
      for (const view of [result].flat()) {
        if (view instanceof Tensor) {
          assertRefused("add", () => view.add(1), ShapeError, [/detached|shrunk/]);
        }
      }
    });
  }

  it("an operand's", () => {
    for (const name of ["add", "matmul", "lt", "mul_", "pow"] as const) {
      const [b, detach] = doomed();
      const a = ones([2, 3, 4]);
      const right = name === "matmul" ? b.T.slice(":", ":", "0") : b;
      detach();
      const call = a[name] as (b: Tensor) => unknown;
      assertRefused(name, () => call.call(a, right), ShapeError, [/detached|shrunk/]);
      assert.deepEqual(elementsOf(a), new Array(24).fill(1));
    }
    const [b, detach] = doomed();
    detach();
    for (
      const [name, call] of Object.entries({
        concat: () => concat([ones([2, 3, 4]), b]),
        stack: () => stack([ones([2, 3, 4]), b]),
        where: () => where(ones([2, 3, 4]).gt(0), b, 1),
      })
    ) assertRefused(name, call, ShapeError, [/detached|shrunk/]);
  });

  it("a buffer that shrinks", () => {
    const buffer = new ArrayBuffer(96, { maxByteLength: 96 });
    const a = tensor(new Float32Array(buffer)).reshape([2, 3, 4]);
    const fixed = tensor(new Float32Array(buffer, 0, 24)).reshape([4, 6]);
    buffer.resize(48);
    for (const view of [a, a.T, a.slice("1"), fixed, fixed.T]) {
      assertRefused("add", () => view.add(1), ShapeError, [/detached|shrunk/]);
      assertRefused("mul_", () => view.mul_(1), ShapeError, [/detached|shrunk/]);
      assertRefused("sum", () => view.sum(0), ShapeError, [/detached|shrunk/]);
    }
  });
});

type Attempts = readonly (readonly [call: () => unknown, error: ErrorClass, message?: RegExp])[];

/** Functions of the module take values of no type; that is what is tested. */
const loose = zt as unknown as Record<string, (...args: unknown[]) => unknown>;

const badShapes = [5, "5", null, {}, ["2"], [null], 1n];
const notSizes = [[-1], [1.5], [NaN], [Infinity], [2 ** 31], [2 ** 16, 2 ** 16], [2 ** 31 - 1, 4]];

function refusals(
  name: string,
  error: ErrorClass,
  argumentLists: readonly (readonly unknown[])[],
  message?: RegExp,
): Attempts {
  return argumentLists.map((args) => [() => loose[name](...args), error, message] as const);
}

/** Functions that take a shape, and what follows it. */
function shapes(name: string, before: unknown[] = [], after: unknown[] = []): Attempts {
  return [
    ...refusals(name, DTypeError, badShapes.map((shape) => [...before, shape, ...after])),
    ...refusals(name, ShapeError, notSizes.map((shape) => [...before, shape, ...after])),
  ];
}

const badDTypes = ["float16", "", "toString", 5, null, {}].map((dtype) => ({ dtype }));
const holes = [1, 2, 3];
delete holes[1];

/** A function that is missing here is a compile error. */
const functions: Record<keyof typeof tensorFunctions, Attempts> = {
  tensor: [
    ...refusals("tensor", ShapeError, [
      ...[[[1, 2], [3]], [[1], 2], [1, [2]], [[[1]], [[2, 3]]], [[1, 2], []], [[], [1]]].map((
        x,
      ) => [x]),
    ], /ragged|shape|expected/),
    ...refusals("tensor", DTypeError, [
      ...["1", null, undefined, {}, 1n, () => 1, Symbol("data"), new Map(), ["1"], [null], [[
        1,
        "2",
      ]]].map(
        (x) => [x],
      ),
      ...[holes, [undefined], new DataView(new ArrayBuffer(8)), new ArrayBuffer(8)].map((x) => [x]),
      ...[new BigInt64Array(2)].map((x) => [x]),
      ...badDTypes.map((options) => [[1, 2], options]),
      ...[5, "int32", null].map((options) => [[1, 2], options]),
    ]),
  ],
  zeros: [...shapes("zeros"), ...refusals("zeros", DTypeError, badDTypes.map((o) => [[2], o]))],
  ones: [...shapes("ones"), ...refusals("ones", DTypeError, badDTypes.map((o) => [[2], o]))],
  empty: shapes("empty"),
  full: [
    ...shapes("full", [], [1]),
    ...refusals("full", DTypeError, ["1", null, {}, undefined].map((v) => [[2], v])),
  ],
  rand: shapes("rand"),
  randn: shapes("randn"),
  randint: [
    ...shapes("randint", [0, 9]),
    ...refusals("randint", ShapeError, [[5, 5, [2]], [5, 4, [2]], [0.5, 9, [2]], [0, NaN, [2]], [
      0,
      2 ** 40,
      [2],
    ]]),
    ...refusals("randint", DTypeError, [["0", 9, [2]], [0, null, [2]]]),
  ],
  eye: [
    ...refusals("eye", ShapeError, [[-1], [1.5], [NaN], [2 ** 20]]),
    ...refusals("eye", DTypeError, [["3"], [null], [undefined], [[3]]]),
  ],
  arange: [
    ...refusals("arange", ShapeError, [[0, 1, 0], [NaN], [Infinity], [0, Infinity], [0, 1, NaN], [
      0,
      1e12,
    ]]),
    ...refusals("arange", DTypeError, [["3"], [null], [undefined], [0, "3"], [0, 3, "1"], [
      0,
      null,
    ]]),
  ],
  linspace: [
    ...refusals("linspace", ShapeError, [[0, 1, -1], [0, 1, 1.5], [0, 1, NaN], [0, 1, 2 ** 40]]),
    ...refusals("linspace", DTypeError, [["0", 1, 2], [0, null, 2], [0, 1], [0, 1, "2"]]),
  ],
  concat: [
    ...refusals("concat", ShapeError, [[[]], [[tensor(1)]], [[ones([2]), tensor(1)]]]),
    ...refusals(
      "concat",
      ShapeError,
      [[[ones([2, 3]), ones([2, 4])]], [[ones([2, 3]), ones([3])]]],
      mentions(2, 3),
    ),
    ...refusals("concat", ShapeError, [[[ones([2, 3])], 2], [[ones([2, 3])], -3]], mentions(2, 3)),
    ...refusals("concat", ShapeError, [[[ones([2, 3])], 0.5], [[ones([2, 3])], NaN]]),
    ...refusals("concat", DTypeError, [[null], [5], [ones([2])], [[1]], [[ones([2]), null]], [[
      ones([2]),
    ], "0"]]),
  ],
  stack: [
    ...refusals("stack", ShapeError, [[[]]]),
    ...refusals(
      "stack",
      ShapeError,
      [[[ones([2, 3]), ones([3, 2])]], [[ones([2, 3]), ones([3])]]],
      mentions(2, 3),
    ),
    ...refusals("stack", ShapeError, [[[ones([2, 3])], 3], [[ones([2, 3])], -4]], mentions(2, 3)),
    ...refusals("stack", DTypeError, [[null], [5], [[1]], [[ones([2]), {}]], [[ones([2])], null]]),
  ],
  where: [
    ...refusals("where", ShapeError, [[ones([2, 3]).gt(0), ones([4]), 1]], mentions(2, 3)),
    ...refusals("where", ShapeError, [[ones([2, 3]).gt(0), 1, ones([5, 2])]], mentions(5, 2)),
    ...refusals("where", DTypeError, [
      ...[[1, 2, 3], [null, 1, 2], [[true], 1, 2]],
      ...["1", null, {}, undefined].map((bad) => [ones([2]).gt(0), bad, 1]),
      ...["1", null, {}, undefined].map((bad) => [ones([2]).gt(0), 1, bad]),
    ]),
  ],
  allclose: [
    ...refusals("allclose", ShapeError, [[ones([2, 3]), ones([4])]], mentions(2, 3)),
    ...refusals("allclose", DTypeError, [
      ...["1", null, {}, undefined].map((bad) => [ones([2]), bad]),
      ...["1", null, 1n].map((rtol) => [ones([2]), ones([2]), { rtol }]),
      ...["1", null, 1n].map((atol) => [ones([2]), ones([2]), { atol }]),
    ]),
  ],
};

describe("bad input to functions that make tensors", () => {
  it("an array of more elements than views count", () => {
    let data: Uint8Array;
    try {
      data = new Uint8Array(2 ** 31);
    } catch {
      return; // There is no memory for it.
    }
    assertRefused("tensor", () => tensor(data), ShapeError, [/2147483648/, /below 2\^31/]);
  });

  for (const [name, attempts] of Object.entries(functions)) {
    it(name, () => {
      attempts.forEach(([call, error, message], i) => {
        try {
          assertRefused(name, call, error, message ? [message] : []);
        } catch (failure) {
          throw new Error(`attempt ${i}, ${call}: ${(failure as Error).message}`, {
            cause: failure,
          });
        }
      });
    });
  }
});

describe("dtypes that an operation has no meaning for", () => {
  const flags = () => tensor([true, false, true]);

  it("bool has no difference and no negative", () => {
    assertRefused("sub", () => flags().sub(flags()), DTypeError, [/bool/]);
    assertRefused("neg", () => flags().neg(), DTypeError, [/bool/]);
  });

  it("a result that the tensor's dtype cannot hold is not written in place", () => {
    for (const dtype of ["int32", "uint8", "int8", "bool"] as const) {
      const a = ones([3], { dtype });
      assertRefused("add_", () => a.add_(0.5), DTypeError, [new RegExp(dtype)]);
      assertRefused("div_", () => a.div_(2), DTypeError, [new RegExp(dtype)]);
      assert.deepEqual(elementsOf(a), [1, 1, 1]);
    }
  });

  it("a view that shows an element twice is not written to", () => {
    const row = zeros([1, 3]);
    const wide = row.expand([4, 3]);
    assert.throws(() => wide.add_(1), zt.ZigTorchError);
    assert.deepEqual(elementsOf(row), [0, 0, 0]);
  });

  it("the extreme of nothing", () => {
    for (const name of ["max", "min"] as const) {
      assertRefused(name, () => zeros([0, 3])[name](0), ShapeError, [mentions(0, 3)]);
      assertRefused(name, () => zeros([0])[name](), ShapeError, [mentions(0)]);
      assert.deepEqual(zeros([0, 3])[name](1).shape, [0]);
    }
  });
});

describe("hostile arguments", () => {
  it("neither crash the process nor reach native code unchecked", () => {
    const { code, stdout, stderr } = runScript(join(root, "tests/tensor_hostile.ts"), {});
    assert.equal(code, 0, `the process ended with ${code}: ${stderr.slice(0, 500)}`);
    const outcomes = Object.entries(JSON.parse(stdout));
    assert(outcomes.length > 100, `only ${outcomes.length} calls`);
    for (const [call, outcome] of outcomes) {
      assert.match(String(outcome), /^(returned|refused)$/, call);
    }
  });
});
