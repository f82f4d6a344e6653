/**
 * What NumPy and PyTorch compute, case by case: values, shapes and dtypes, on both runtimes.
 *
 * `golden/tensor.jsonl` is written by `golden/tensor.py`; `golden/cases.py` says what a line holds.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import * as zt from "../mod.ts";
import { type DType, Tensor, tensor } from "../mod.ts";
import { elementsOf } from "./tensor_model.ts";
import { isWithin, show } from "./ulp.ts";

type Encoded = readonly [
  dtype: DType | null,
  shape: readonly number[],
  values: readonly (number | string)[],
];
type Expected = Encoded | { list: readonly Expected[] } | { is: string | boolean };

interface Case {
  readonly family: string;
  readonly call: string;
  readonly free?: boolean;
  readonly args: readonly unknown[];
  readonly expect: Expected;
  readonly ulp?: number;
  readonly abs?: number;
  readonly after?: Encoded;
}

type Method = (this: unknown, ...args: unknown[]) => unknown;
type Methods = Record<string, Method>;

const least = 4000; // fewer means that the script or the reading has lost some

const lines = readFileSync(new URL("./golden/tensor.jsonl", import.meta.url), "utf8")
  .trimEnd().split("\n").map((line) => JSON.parse(line));
const operands = lines[0] as readonly Encoded[];
const cases = lines.slice(1) as readonly Case[];

const arrays = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  uint8: Uint8Array,
  int8: Int8Array,
  bool: Uint8Array,
};

function decode([dtype, shape, values]: Encoded): Tensor {
  const data = arrays[dtype ?? "float32"].from(values.map(Number));
  return tensor(data, { dtype: dtype ?? "float32" }).reshape(shape);
}

/** The arguments of one case; an operand that stands there twice is one tensor. */
class Arguments {
  readonly #made = new Map<number, Tensor>();

  read(value: unknown): unknown {
    if (typeof value === "string") {
      return value.startsWith("$") ? this.operand(value) : isNumber(value) ? Number(value) : value;
    }
    if (value === null) return undefined; // Python's None: an argument that is left out
    if (Array.isArray(value)) return value.map((each) => this.read(each));
    if (typeof value === "object" && value !== null && "of" in value) return this.#view(value);
    return value;
  }

  operand(name: string): Tensor {
    const index = Number(name.slice(1));
    const made = this.#made.get(index) ?? decode(operands[index]);
    this.#made.set(index, made);
    return made;
  }

  #view({ of, views }: { of?: unknown; views?: unknown }): unknown {
    let view: unknown = this.operand(of as string);
    for (const [method, ...args] of views as [string, ...unknown[]][]) {
      view = (view as Methods)[method](...args);
    }
    return view;
  }

  /** Throws unless all operands but the changed one hold what they held. */
  assertUnchanged(changed: Tensor | undefined): void {
    for (const [index, made] of this.#made) {
      if (made !== changed) checkTensor(made, operands[index], {}, `operand $${index} afterwards`);
    }
  }
}

/** Infinity and NaN are no JSON; a slice such as "1" is no number but a text. */
function isNumber(text: string): boolean {
  return /^(NaN|-?Infinity)$/.test(text);
}

function run(call: Case, args: readonly unknown[]): unknown {
  if (call.free) return (zt as unknown as Methods)[call.call](...args);
  const [self, ...rest] = args;
  return (self as Methods)[call.call](...rest);
}

type Tolerance = Pick<Case, "ulp" | "abs">;

function isRight(got: number, expected: number, dtype: DType | null, tolerance: Tolerance) {
  if (tolerance.abs !== undefined) {
    return Math.abs(got - expected) <= tolerance.abs || Object.is(got, expected);
  }
  if (dtype === "float64") return Object.is(got, expected);
  if (dtype === "float32" || dtype === null) return isWithin(got, expected, tolerance.ulp ?? 0);
  return got === expected;
}

function check(got: unknown, expected: Expected, tolerance: Tolerance): void {
  if ("list" in expected) {
    assert(Array.isArray(got), "expected an array of tensors");
    assert.equal(got.length, expected.list.length, "number of tensors");
    expected.list.forEach((each, i) => check(got[i], each, tolerance));
  } else if ("is" in expected) {
    assert.equal(got, expected.is);
  } else if (got instanceof Tensor) {
    checkTensor(got, expected, tolerance, "result");
  } else {
    checkNumber(got, expected, tolerance);
  }
}

/** A reduction of all elements is a number or, of truth values, a truth value. */
function checkNumber(got: unknown, [dtype, shape, values]: Encoded, tolerance: Tolerance): void {
  assert.deepEqual(shape, [], `${got} is no tensor`);
  assert.equal(typeof got, dtype === "bool" ? "boolean" : "number");
  const expected = Number(values[0]);
  if (!isRight(Number(got), expected, dtype, tolerance)) {
    assert.fail(`is ${show(Number(got))}, expected ${show(expected)}`);
  }
}

function checkTensor(
  got: Tensor,
  [dtype, shape, values]: Encoded,
  tolerance: Tolerance,
  what: string,
): void {
  assert.deepEqual([...got.shape], shape, `shape of the ${what}`);
  if (dtype !== null) assert.equal(got.dtype, dtype, `dtype of the ${what}`);
  assert.equal(got.size, values.length);
  assert.equal(got.ndim, shape.length);
  const data = got.contiguous().data;
  const nested = elementsOf(got);
  assert.equal(data.length, values.length, `elements of the ${what}`);
  values.forEach((value, i) => {
    const expected = Number(value);
    if (!isRight(data[i], expected, got.dtype, tolerance)) {
      assert.fail(`[${i}] of the ${what} is ${show(data[i])}, expected ${show(expected)}`);
    }
    assert(Object.is(nested[i], data[i]), `toArray and data of the ${what} differ`);
  });
}

function runCase(call: Case): void {
  const args = new Arguments();
  const given = args.read(call.args) as unknown[];
  const result = run(call, given);
  check(result, call.expect, call);
  const changed = call.after && operandOf(call, args);
  if (call.after) {
    assert.equal(result, given[0], "in place returns the tensor itself");
    checkTensor(changed!, call.after, call, "base of what was changed");
  }
  args.assertUnchanged(changed);
}

function operandOf({ args: [first] }: Case, args: Arguments): Tensor {
  return args.operand(typeof first === "string" ? first : (first as { of: string }).of);
}

/** A case as it reads in a program, with the shapes of its operands. */
function describeCase(call: Case): string {
  const used = JSON.stringify(call.args).match(/\$\d+/g) ?? [];
  const known = [...new Set(used)].map((name) => {
    const [dtype, shape, values] = operands[Number(name.slice(1))];
    const shown = values.length <= 16 ? ` ${JSON.stringify(values)}` : "";
    return `${name} is ${dtype} [${shape}]${shown}`;
  });
  return `line ${cases.indexOf(call) + 2}: ${call.call}(${JSON.stringify(call.args)}) ${
    known.join(", ")
  }`;
}

describe(`${cases.length} golden cases`, () => {
  it(`there are at least ${least}`, () => {
    assert(cases.length >= least, `only ${cases.length}`);
  });

  for (const [family, members] of Map.groupBy(cases, ({ family }) => family)) {
    it(`${family}: ${members.length} cases`, () => {
      const wrong = members.flatMap((call) => {
        try {
          runCase(call);
          return [];
        } catch (error) {
          return [`${describeCase(call)}\n  ${error instanceof Error ? error.message : error}`];
        }
      });
      if (wrong.length > 0) {
        assert.fail(`${wrong.length} wrong, such as\n${wrong.slice(0, 8).join("\n")}`);
      }
    });
  }
});
