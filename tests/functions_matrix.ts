/** The parts of `functions.ts` for matrices and rows. */

import assert from "node:assert/strict";
import * as zt from "../mod.ts";
import { assertOut, type FunctionSpec, type Parameter, viewOf } from "./functions.ts";
import { product, transposed } from "./matrix.ts";
import type { Random } from "./random.ts";
import { type Expected, layerNormReference, type NormOptions } from "./rows.ts";

/** Small integers and factors of two: results are exact in any order. */
function integers(random: Random, length: number): Float32Array {
  return viewOf(random, length, () => random.integer(-4, 4));
}

function smallSizes(random: Random): [number, number, number] {
  return [random.below(7), random.below(7), random.below(7)];
}

interface Options {
  transposeA: boolean;
  transposeB: boolean;
  alpha: number;
  beta: number;
}

function anyOptions(random: Random, withBeta: boolean): Options {
  return {
    transposeA: random.below(2) === 0,
    transposeB: random.below(2) === 0,
    alpha: random.pick([1, 1, 2, -0.5, 0]),
    beta: withBeta ? random.pick([0, 1, 2, -0.5]) : 0,
  };
}

const optionParameters = (index: number): Parameter[] => [
  { index, key: "transposeA", kind: "optionalBoolean" },
  { index, key: "transposeB", kind: "optionalBoolean" },
  { index, key: "alpha", kind: "optionalNumber" },
  { index, key: "beta", kind: "optionalNumber" },
];

const sizeParameters = (...indices: number[]): Parameter[] =>
  indices.map((index) => ({ index, kind: "size" }));

/** Throws unless c is alpha·A·B + beta·before. */
function checkExact(c: Float32Array, exact: Float64Array, before: Float32Array, options: Options) {
  c.forEach((x, i) => {
    const added = options.beta === 0 ? 0 : options.beta * before[i];
    const expected = options.alpha * exact[i] + added;
    if (x !== expected) assert.fail(`[${i}] is ${x}, expected ${expected}`);
  });
}

export const matmulSpec: FunctionSpec = {
  call: zt.matmul,
  parameters: [
    { index: 0, kind: "view" },
    { index: 1, kind: "view" },
    ...sizeParameters(2, 3, 4),
    { index: 5, kind: "optionalView" },
    { index: 6, kind: "options" },
    ...optionParameters(6),
  ],
  make(random, withOut) {
    const [m, n, k] = smallSizes(random);
    const a = integers(random, m * k);
    const b = integers(random, k * n);
    const options = anyOptions(random, withOut);
    const out = withOut ? integers(random, m * n) : undefined;
    const before = out?.slice() ?? new Float32Array(m * n);
    const exact = product(a, b, m, n, k);
    const storedA = options.transposeA ? transposed(a, m, k) : a;
    const storedB = options.transposeB ? transposed(b, k, n) : b;
    return {
      args: [storedA, storedB, m, n, k, out, options],
      lengths: [m * k, k * n, 0, 0, 0, m * n, 0, 0, 0, 0, 0],
      out,
      check(result) {
        const got = assertOut(result, out);
        assert.equal(got.length, m * n);
        checkExact(got, exact, before, options);
      },
    };
  },
};

/** A matrix with gaps between its rows, and how far it reaches. */
function withGaps(random: Random, a: Float32Array, rows: number, cols: number) {
  const leading = cols + random.below(3);
  const length = rows === 0 || cols === 0 ? 0 : (rows - 1) * leading + cols;
  const view = viewOf(random, length, () => 77);
  for (let i = 0; i < rows && cols > 0; i++) {
    view.set(a.subarray(i * cols, i * cols + cols), i * leading);
  }
  return { view, leading };
}

function withoutGaps(view: Float32Array, rows: number, cols: number, leading: number) {
  const result = new Float32Array(rows * cols);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) result[i * cols + j] = view[i * leading + j];
  }
  return result;
}

const gemmSizes = ["m", "n", "k"].map((key): Parameter => ({ index: 0, key, kind: "size" }));
const gemmViews = ["a", "b", "c"].map((key): Parameter => ({
  index: 0,
  key,
  kind: "view",
  lengths: "least",
}));
const gemmStrides = ["lda", "ldb", "ldc"].map((key): Parameter => ({
  index: 0,
  key,
  kind: "leading",
}));

export const gemmSpec: FunctionSpec = {
  call: zt.gemm,
  parameters: [
    ...gemmViews,
    ...gemmSizes,
    ...gemmStrides,
    { index: 0, kind: "arguments" },
    ...optionParameters(0),
  ],
  make(random) {
    const [m, n, k] = smallSizes(random);
    const options = anyOptions(random, true);
    const a = integers(random, m * k);
    const b = integers(random, k * n);
    const exact = product(a, b, m, n, k);
    const before = integers(random, m * n);
    const { view: viewA, leading: lda } = options.transposeA
      ? withGaps(random, transposed(a, m, k), k, m)
      : withGaps(random, a, m, k);
    const { view: viewB, leading: ldb } = options.transposeB
      ? withGaps(random, transposed(b, k, n), n, k)
      : withGaps(random, b, k, n);
    const { view: c, leading: ldc } = withGaps(random, before, m, n);
    return {
      args: [{ m, n, k, a: viewA, lda, b: viewB, ldb, c, ldc, ...options }],
      lengths: [viewA.length, viewB.length, c.length, ...new Array(11).fill(0)],
      out: c,
      check(result) {
        const got = assertOut(result, c);
        checkExact(withoutGaps(got, m, n, ldc), exact, before, options);
        for (let i = 0; i < got.length; i++) {
          if (i % ldc >= n) assert.equal(got[i], 77, "wrote between the rows");
        }
      },
    };
  },
};

export const transposeSpec: FunctionSpec = {
  call: zt.transpose,
  parameters: [
    { index: 0, kind: "view" },
    ...sizeParameters(1, 2),
    { index: 3, kind: "optionalView" },
  ],
  make(random, withOut) {
    const rows = random.below(9);
    const cols = random.below(9);
    const a = viewOf(random, rows * cols, () => random.plainFloat());
    const inPlace = rows === cols && random.below(2) === 0;
    const out = !withOut ? undefined : inPlace ? a : viewOf(random, rows * cols, () => 9);
    const expected = transposed(a, rows, cols);
    return {
      args: [a, rows, cols, out],
      lengths: [rows * cols, 0, 0, rows * cols],
      out,
      check: (result) => assert.deepEqual([...assertOut(result, out)], [...expected]),
    };
  },
};

function checkRows(got: Float32Array, { exact, bound }: Expected): void {
  assert.equal(got.length, exact.length);
  got.forEach((x, i) => {
    if (Object.is(x, exact[i]) || Math.abs(x - exact[i]) <= bound[i]) return;
    assert.fail(`[${i}] is ${x}, expected ${exact[i]} ± ${bound[i]}`);
  });
}

type RowWise = (a: Float32Array, rows: number, cols: number, out?: Float32Array) => Float32Array;

export function rowWiseSpec(
  call: RowWise,
  reference: (a: Float32Array, rows: number, cols: number) => Expected,
): FunctionSpec {
  return {
    call,
    parameters: [
      { index: 0, kind: "view" },
      ...sizeParameters(1, 2),
      { index: 3, kind: "optionalView" },
    ],
    make(random, withOut) {
      const rows = random.below(5);
      const cols = random.below(20);
      const a = viewOf(random, rows * cols, () => random.plainFloat());
      const inPlace = random.below(3) === 0;
      const out = !withOut ? undefined : inPlace ? a : viewOf(random, rows * cols, () => 9);
      const expected = reference(a, rows, cols);
      return {
        args: [a, rows, cols, out],
        lengths: [rows * cols, 0, 0, rows * cols],
        out,
        check: (result) => checkRows(assertOut(result, out), expected),
      };
    },
  };
}

export const layerNormSpec: FunctionSpec = {
  call: zt.layerNorm,
  parameters: [
    { index: 0, kind: "view" },
    ...sizeParameters(1, 2),
    { index: 3, kind: "options" },
    { index: 3, key: "weight", kind: "optionalView" },
    { index: 3, key: "bias", kind: "optionalView" },
    { index: 3, key: "epsilon", kind: "optionalNumber" },
    { index: 4, kind: "optionalView" },
  ],
  make(random, withOut) {
    const rows = random.below(5);
    const cols = random.below(20);
    const a = viewOf(random, rows * cols, () => random.plainFloat());
    const options: NormOptions = {};
    if (random.below(2)) options.weight = viewOf(random, cols, () => random.centred());
    if (random.below(2)) options.bias = viewOf(random, cols, () => random.centred());
    if (random.below(2)) options.epsilon = 0.01;
    const out = withOut ? viewOf(random, rows * cols, () => 9) : undefined;
    const expected = layerNormReference(options)(a, rows, cols);
    return {
      args: [a, rows, cols, options, out],
      lengths: [rows * cols, 0, 0, 0, cols, cols, 0, rows * cols],
      out,
      check: (result) => checkRows(assertOut(result, out), expected),
    };
  },
};
