/**
 * Every public function: what its parameters take, and how to make a right call with a check of
 * its result. A function that `mod.ts` exports and that is missing here is a compile error.
 */

import assert from "node:assert/strict";
import * as zt from "../mod.ts";
import * as create from "../tensor/create.ts";
import * as join from "../tensor/join.ts";
import * as random from "../tensor/random.ts";
import { operations } from "../ffi/symbols.gen.ts";
import type { Kind, Lengths } from "./bad_values.ts";
import { binaryFunctions } from "./elementwise.ts";
import {
  gemmSpec,
  layerNormSpec,
  matmulSpec,
  rowWiseSpec,
  transposeSpec,
} from "./functions_matrix.ts";
import { binaryOracles, ternaryOracles, unaryOracles } from "./oracle.ts";
import { type Random, specials } from "./random.ts";
import {
  argReductionFunctions,
  argReductionReferences,
  expectedDot,
  isExpected,
  reductionReferences,
} from "./reductions.ts";
import { rowWiseFunctions, rowWiseReferences } from "./rows.ts";
import { isWithin } from "./ulp.ts";

/** Where an argument stands: its index, and its key where it is a property of an options object. */
export interface Parameter {
  readonly index: number;
  readonly key?: string;
  readonly kind: Kind;
  /** Of views; "exact" by default. */
  readonly lengths?: Lengths;
}

/** A right call. */
export interface Call {
  readonly args: unknown[];
  /** Lengths of right views, by parameter; 0 for other parameters. */
  readonly lengths: readonly number[];
  readonly out?: Float32Array;
  check(result: unknown): void;
}

export interface FunctionSpec {
  readonly call: (...args: never[]) => unknown;
  readonly parameters: readonly Parameter[];
  /** Without `out`, that parameter is undefined. */
  make(random: Random, withOut: boolean): Call;
}

/** A view at any offset. */
export function viewOf(random: Random, length: number, next: () => number): Float32Array {
  return random.fill(length + 8, next).subarray(random.below(8)).subarray(0, length);
}

export function assertOut(result: unknown, out: Float32Array | undefined): Float32Array {
  assert(result instanceof Float32Array);
  if (out !== undefined) assert(result === out, "did not return out");
  return result;
}

const longest = 20;

function anyValue(random: Random): number {
  return random.below(4) === 0 ? random.pick(specials) : random.plainFloat();
}

function elementwiseCheck(
  inputs: readonly Float32Array[],
  out: Float32Array | undefined,
  ulp: number,
  exact: (a: number, b: number, c: number) => number,
): (result: unknown) => void {
  const [a, b = a, c = a] = inputs.map((view) => view.slice());
  return (result) => {
    const got = assertOut(result, out);
    assert.equal(got.length, a.length);
    got.forEach((x, i) => {
      const expected = exact(a[i], b[i], c[i]);
      if (!isWithin(x, expected, ulp)) assert.fail(`of ${a[i]}, ${b[i]} is ${x}, not ${expected}`);
    });
  };
}

/** `out`: apart, or the input itself, or none. */
function chooseOut(
  random: Random,
  withOut: boolean,
  input: Float32Array,
): Float32Array | undefined {
  if (!withOut) return undefined;
  return random.below(3) === 0 ? input : viewOf(random, input.length, () => 9);
}

function unarySpec(name: keyof typeof operations.unary): FunctionSpec {
  const { ulp, parameters: count } = operations.unary[name];
  const isSlope = count === 1; // the slope has a default
  const numbers = Array.from({ length: count }, (_, i): Parameter => ({
    index: 1 + i,
    kind: isSlope ? "optionalNumber" : "number",
  }));
  return {
    call: zt[name],
    parameters: [
      { index: 0, kind: "view" },
      ...numbers,
      { index: 1 + count, kind: "optionalView" },
    ],
    make(random, withOut) {
      const a = viewOf(random, random.below(longest), () => anyValue(random));
      const out = chooseOut(random, withOut, a);
      const values = numbers.map(() => random.plainFloat());
      const exact = (x: number) => unaryOracles[name](x, values[0], values[1]);
      return {
        args: [a, ...values, out],
        lengths: [a.length, ...values.map(() => 0), a.length],
        out,
        check: elementwiseCheck([a], out, ulp, exact),
      };
    },
  };
}

/** Operations with two or three operands, one of which at least is a view. */
function operandsSpec(
  call: FunctionSpec["call"],
  arity: number,
  ulp: number,
  exact: (a: number, b: number, c: number) => number,
): FunctionSpec {
  return {
    call,
    parameters: [
      ...Array.from({ length: arity }, (_, index): Parameter => ({ index, kind: "operand" })),
      { index: arity, kind: "optionalView" },
    ],
    make(random, withOut) {
      const length = random.below(longest);
      const scalars = random.below((1 << arity) - 1);
      const views = Array.from({ length: arity }, (_, i) => {
        const constant = anyValue(random);
        const next = () => scalars & (1 << i) ? constant : anyValue(random);
        return viewOf(random, length, next);
      });
      const numbers = views.map((view) => view.length > 0 ? view[0] : 1);
      const operands = views.map((view, i) => scalars & (1 << i) ? numbers[i] : view);
      const input = operands.find((operand) => typeof operand !== "number") as Float32Array;
      const out = chooseOut(random, withOut, input);
      return {
        args: [...operands, out],
        lengths: new Array(arity + 1).fill(length),
        out,
        check: elementwiseCheck(views, out, ulp, exact),
      };
    },
  };
}

function reductionSpec(name: keyof typeof operations.reductions): FunctionSpec {
  const { parameters: count } = operations.reductions[name];
  const least = name === "max" || name === "min" ? 1 : 0;
  const numbers = Array.from({ length: count }, (): Parameter => ({
    index: 1,
    kind: "optionalNumber",
  }));
  return {
    call: zt[name],
    parameters: [{ index: 0, kind: "view", lengths: "any" }, ...numbers],
    make(random) {
      const a = viewOf(random, least + random.below(60), () => random.plainFloat());
      const correction = random.pick([0, 0, 1, 0.5]);
      const expected = reductionReferences[name](a, correction);
      return {
        args: count === 0 ? [a] : [a, correction],
        lengths: [a.length, 0],
        check(result) {
          const got = result as number;
          if (!isExpected(got, expected)) assert.fail(`${got}, expected ${expected.exact}`);
        },
      };
    },
  };
}

function argReductionSpec(name: keyof typeof operations.argReductions): FunctionSpec {
  return {
    call: argReductionFunctions[name],
    parameters: [{ index: 0, kind: "view", lengths: "any" }],
    make(random) {
      const a = viewOf(random, 1 + random.below(60), () => random.pick([0, 1, 2, 3, -1]));
      if (random.below(5) === 0) a[random.below(a.length)] = NaN;
      const expected = argReductionReferences[name](a);
      return { args: [a], lengths: [a.length], check: (got) => assert.equal(got, expected) };
    },
  };
}

const dotSpec: FunctionSpec = {
  call: zt.dot,
  parameters: [{ index: 0, kind: "view" }, { index: 1, kind: "view" }],
  make(random) {
    const a = viewOf(random, random.below(60), () => random.centred());
    const b = viewOf(random, a.length, () => random.centred());
    const expected = expectedDot(a, b);
    return {
      args: [a, b],
      lengths: [a.length, a.length],
      check: (got) => assert(isExpected(got as number, expected)),
    };
  },
};

type Aligned = (shape: number | readonly number[], alignment?: number) => Float32Array;

function alignedSpec(call: Aligned, isRight: (x: number) => boolean): FunctionSpec {
  return {
    call,
    parameters: [{ index: 0, kind: "shape" }, { index: 1, kind: "alignment" }],
    make(random) {
      const sizes = Array.from({ length: random.below(4) }, () => random.below(5));
      const length = sizes.reduce((product, size) => product * size, 1);
      const alignment = random.pick([4, 8, 16, 32, 64, 128, 1024]);
      return {
        args: [random.below(2) ? sizes : length, alignment],
        lengths: [0, 0],
        check(result) {
          const got = assertOut(result, undefined);
          assert.equal(got.length, length);
          assert(zt.isAligned(got, alignment) && got.every(isRight));
        },
      };
    },
  };
}

const isAlignedSpec: FunctionSpec = {
  call: zt.isAligned,
  parameters: [
    { index: 0, kind: "view", lengths: "any" },
    { index: 1, kind: "alignment" },
  ],
  make(random) {
    const offset = random.below(16);
    const view = zt.emptyAligned(32).subarray(offset);
    const alignment = random.pick([4, 8, 16, 32, 64]);
    return {
      args: [view, alignment],
      lengths: [view.length, 0],
      check: (got) => assert.equal(got, offset * 4 % alignment === 0),
    };
  },
};

const manualSeedSpec: FunctionSpec = {
  call: zt.manualSeed,
  parameters: [{ index: 0, kind: "seed" }],
  make: (random) => ({
    args: [random.word() * 2 ** 21],
    lengths: [0],
    check: (got) => assert.equal(got, undefined),
  }),
};

const setNumThreadsSpec: FunctionSpec = {
  call: zt.setNumThreads,
  parameters: [{ index: 0, kind: "threads" }],
  // The number is global to the process: the one that is set already disturbs nobody.
  make: () => ({
    args: [zt.getNumThreads()],
    lengths: [0],
    check: (got) => assert.equal(got, undefined),
  }),
};

const getNumThreadsSpec: FunctionSpec = {
  call: zt.getNumThreads,
  parameters: [],
  make: () => ({
    args: [],
    lengths: [],
    check: (got) => assert(Number.isInteger(got) && (got as number) >= 1),
  }),
};

const infoSpec: FunctionSpec = {
  call: zt.info,
  parameters: [],
  make: () => ({
    args: [],
    lengths: [],
    check(result) {
      const { isa, availableIsas, caches, threads } = result as zt.Info;
      assert(availableIsas.includes(isa) && threads >= 1);
      assert(Object.values(caches).every((size) => size > 0 && Number.isInteger(size)));
    },
  }),
};

/** A spec for each row of a part of the table. */
function forRows<Rows extends object>(
  rows: Rows,
  spec: (name: keyof Rows) => FunctionSpec,
): Record<keyof Rows, FunctionSpec> {
  const names = Object.keys(rows) as (keyof Rows)[];
  return Object.fromEntries(names.map((name) => [name, spec(name)])) as Record<
    keyof Rows,
    FunctionSpec
  >;
}

/** Functions that take or make tensors: `tensor_errors_test.ts` has their table. */
export const tensorFunctions = { ...create, ...join, ...random };

type Module = Omit<typeof zt, keyof typeof tensorFunctions | "Tensor">;
type ErrorConstructor = abstract new (...args: never[]) => Error;

/** Names of all functions over views that `mod.ts` exports; classes of errors are none. */
export type FunctionName = {
  [Name in keyof Module]: Module[Name] extends ErrorConstructor ? never
    : Module[Name] extends (...args: never[]) => unknown ? Name
    : never;
}[keyof Module];

export const functions: Record<FunctionName, FunctionSpec> = {
  ...forRows(operations.unary, unarySpec),
  ...forRows(
    operations.binary,
    (name) =>
      operandsSpec(binaryFunctions[name], 2, operations.binary[name].ulp, binaryOracles[name]),
  ),
  ...forRows(
    operations.ternary,
    (name) => operandsSpec(zt[name], 3, operations.ternary[name].ulp, ternaryOracles[name]),
  ),
  ...forRows(operations.reductions, reductionSpec),
  ...forRows(operations.argReductions, argReductionSpec),
  ...forRows(
    operations.rowWise,
    (name) => rowWiseSpec(rowWiseFunctions[name], rowWiseReferences[name]),
  ),
  dot: dotSpec,
  layerNorm: layerNormSpec,
  matmul: matmulSpec,
  gemm: gemmSpec,
  transpose: transposeSpec,
  emptyAligned: alignedSpec(zt.emptyAligned, () => true),
  zerosAligned: alignedSpec(zt.zerosAligned, (x) => x === 0),
  randnAligned: alignedSpec(zt.randnAligned, (x) => Math.abs(x) < 7),
  isAligned: isAlignedSpec,
  manualSeed: manualSeedSpec,
  setNumThreads: setNumThreadsSpec,
  getNumThreads: getNumThreadsSpec,
  info: infoSpec,
};

export const functionNames = Object.keys(functions) as FunctionName[];

/** The arguments with one of them replaced. */
export function replaced(
  args: readonly unknown[],
  parameter: Parameter,
  value: unknown,
): unknown[] {
  const { index, key } = parameter;
  const given = key === undefined ? value : { ...args[index] as object, [key]: value };
  return args.map((arg, i) => i === index ? given : arg);
}
