/** Operations over strided views: the bits of the same operations on contiguous copies. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  getNumThreads,
  manualSeed,
  matmul,
  OverlapError,
  randnAligned,
  setNumThreads,
  ShapeError,
} from "../mod.ts";
import * as zt from "../mod.ts";
import { operations } from "../ffi/symbols.gen.ts";
import {
  argReduceStrided,
  binaryStrided,
  compareStrided,
  copyStrided,
  matmulStrided,
  randomBits,
  reduceStrided,
  rowsStrided,
  type Strided,
  unaryStrided,
  uniform,
} from "../ops/strided.ts";
import { binaryFunctions } from "./elementwise.ts";
import { forEachLevel } from "./levels.ts";
import { product } from "./matrix.ts";
import { type Random, seeded, specials } from "./random.ts";
import { argReductionFunctions, reductionFunctions } from "./reductions.ts";
import { rowWiseFunctions } from "./rows.ts";
import {
  contiguous,
  elementsOf,
  forEachElement,
  linesOf,
  permuted,
  randomShape,
  randomView,
  sizeOf,
} from "./strided.ts";
import { assertSameBits } from "./ulp.ts";

const rounds = 300;

function anyValue(random: Random): number {
  return random.below(5) === 0 ? random.pick(specials) : random.centred();
}

/** What a view's memory must be after `values` were written through it, and nothing else. */
function written(view: Strided, values: Float32Array): Float32Array {
  const expected = view.data.slice();
  let i = 0;
  forEachElement(view, (offset) => expected[offset] = values[i++]);
  return expected;
}

function layoutOf({ shape, strides, offset }: Strided): string {
  return `[${shape}] strides [${strides}] from ${offset}`;
}

/** Runs an operation at every level and compares the memory of `out` with what it must be. */
function checkWritten(
  out: Strided,
  inputs: readonly Strided[],
  call: () => void,
  expected: () => Float32Array,
): void {
  const before = out.data.slice();
  const what = [out, ...inputs].map(layoutOf).join("; ");
  forEachLevel((level) => {
    out.data.set(before);
    const memory = written(out, expected());
    call();
    assertSameBits(out.data, memory, `${what} at ${level}`);
  });
}

function keysOf<K extends string>(record: Record<K, unknown>): K[] {
  return Object.keys(record) as K[];
}

describe("strided element-wise operations", () => {
  seeded("binary", (random) => {
    for (let round = 0; round < rounds; round++) {
      const name = random.pick(keysOf(operations.binary));
      const shape = randomShape(random);
      const next = () => anyValue(random);
      const [a, b] = [randomView(random, shape, next), randomView(random, shape, next)];
      const out = randomView(random, shape, next, false);
      checkWritten(out, [a, b], () => binaryStrided(name, a, b, out), () => {
        return binaryFunctions[name](elementsOf(a), elementsOf(b));
      });
    }
  });

  seeded("unary", (random) => {
    for (let round = 0; round < rounds; round++) {
      const name = random.pick(keysOf(operations.unary));
      const shape = randomShape(random);
      const a = randomView(random, shape, () => anyValue(random));
      const out = randomView(random, shape, () => 9, false);
      checkWritten(out, [a], () => unaryStrided(name, a, out, 0.25, 0.5), () => {
        const call = zt[name] as (a: Float32Array, ...rest: unknown[]) => Float32Array;
        return call(elementsOf(a), ...[0.25, 0.5].slice(0, operations.unary[name].parameters));
      });
    }
  });

  seeded("copy", (random) => {
    for (let round = 0; round < 2 * rounds; round++) {
      const shape = randomShape(random);
      const a = randomView(random, shape, () => anyValue(random));
      const out = randomView(random, shape, () => 9, false);
      checkWritten(out, [a], () => copyStrided(a, out), () => elementsOf(a));
    }
  });

  const relations: Record<
    keyof typeof operations.comparisons,
    (a: number, b: number) => boolean
  > = {
    eq: (a, b) => a === b,
    ne: (a, b) => a !== b,
    lt: (a, b) => a < b,
    le: (a, b) => a <= b,
    gt: (a, b) => a > b,
    ge: (a, b) => a >= b,
  };

  seeded("comparisons", (random) => {
    for (let round = 0; round < rounds; round++) {
      const name = random.pick(keysOf(operations.comparisons));
      const shape = randomShape(random);
      const next = () => random.below(3) === 0 ? NaN : random.integer(-2, 2);
      const [a, b] = [randomView(random, shape, next), randomView(random, shape, next)];
      const [x, y] = [elementsOf(a), elementsOf(b)];
      const expected = Uint8Array.from(x, (value, i) => relations[name](value, y[i]) ? 1 : 0);
      forEachLevel((level) => {
        const out = new Uint8Array(x.length + 8).fill(7);
        compareStrided(name, a, b, out.subarray(3, 3 + x.length));
        const what = `${name} of ${layoutOf(a)}; ${layoutOf(b)} at ${level}`;
        assert.deepEqual(out.slice(3, 3 + x.length), expected, what);
        assert.deepEqual([...out.slice(0, 3), ...out.slice(3 + x.length)], Array(8).fill(7), what);
      });
    }
  });

  seeded("large views, on any number of threads", (random) => {
    const shape = [700, 900];
    const plain = contiguous(random.fill(sizeOf(shape), () => random.centred()), shape);
    const turned = permuted(
      contiguous(random.fill(sizeOf(shape), () => random.centred()), [900, 700]),
      [1, 0],
    );
    const row: Strided = { ...plain, strides: [0, 1] };
    const column: Strided = { ...plain, strides: [1, 0] };
    const backwards: Strided = { ...plain, offset: sizeOf(shape) - 1, strides: [-900, -1] };
    withThreads([1, 2, 3, 8], () => {
      for (const b of [row, column, turned, backwards]) {
        const out = contiguous(new Float32Array(sizeOf(shape)), shape);
        checkWritten(out, [plain, b], () => binaryStrided("mul", plain, b, out), () => {
          return zt.mul(plain.data, elementsOf(b));
        });
        checkWritten(out, [b], () => copyStrided(b, out), () => elementsOf(b));
      }
    });
  });

  it("in place: exactly the same view, and nothing else", () => {
    const data = Float32Array.from({ length: 24 }, (_, i) => i);
    const view: Strided = { data, offset: 23, shape: [2, 3], strides: [-12, -4] };
    const expected = written(view, zt.exp(elementsOf(view)));
    unaryStrided("exp", view, view);
    assertSameBits(data, expected, "exp");
    binaryStrided("sub", view, view, view);
    assert.deepEqual(elementsOf(view), new Float32Array(6));
    const before = data.slice();
    const square = contiguous(data, [4, 4]);
    const others: Strided[] = [
      permuted(square, [1, 0]),
      { ...square, offset: 1 },
      { ...square, strides: [0, 1] },
      { ...square, offset: 15, strides: [-4, -1] },
    ];
    for (const other of others) {
      assert.throws(() => unaryStrided("exp", other, square), OverlapError);
      assert.throws(() => copyStrided(other, square), OverlapError);
      assert.throws(() => binaryStrided("add", square, other, square), OverlapError);
      assert.throws(() => rowsStrided("softmax", other, 0, square), OverlapError);
    }
    const bytes = new Uint8Array(data.buffer, 0, 16);
    assert.throws(() => compareStrided("eq", square, square, bytes), OverlapError);
    assert.throws(() => reduceStrided("sum", square, [0], data.subarray(0, 4)), OverlapError);
    assert.throws(() => matmulStrided(square, square, data.subarray(0, 16)), OverlapError);
    assert.deepEqual(data, before);
  });

  it("an output that repeats its elements is refused", () => {
    const a = contiguous(new Float32Array(4), [2, 2]);
    for (const strides of [[0, 1], [1, 1], [1, -1], [0, 0]]) {
      const out: Strided = { data: new Float32Array(9), offset: 4, shape: [2, 2], strides };
      assert.throws(() => copyStrided(a, out), OverlapError, `${strides}`);
    }
  });

  it("views beyond their memory are refused", () => {
    const a = contiguous(new Float32Array(6), [2, 3]);
    for (
      const bad of [
        { ...a, offset: 1 },
        { ...a, offset: -1 },
        { ...a, strides: [4, 1] },
        { ...a, strides: [-3, 1] },
        { ...a, data: new Float32Array(5) },
        { ...a, data: new Float32Array(0) },
      ]
    ) {
      const out = contiguous(new Float32Array(6), [2, 3]);
      const calls = [
        () => copyStrided(bad, out),
        () => copyStrided(out, bad),
        () => binaryStrided("add", out, bad, out),
        () => compareStrided("lt", bad, out, new Uint8Array(6)),
        () => reduceStrided("sum", bad, [1], new Float32Array(2)),
        () => argReduceStrided("argmax", bad, 1, new Int32Array(2)),
        () => matmulStrided(bad, permuted(out, [1, 0]), new Float32Array(4)),
        () => rowsStrided("softmax", bad, 1, out),
      ];
      for (const call of calls) assert.throws(call, ShapeError, layoutOf(bad));
    }
  });
});

/** Calls with several numbers of threads. */
function withThreads(counts: readonly number[], body: () => void): void {
  const before = getNumThreads();
  try {
    for (const count of counts) {
      setNumThreads(count);
      body();
    }
  } finally {
    setNumThreads(before);
  }
}

/** All subsets of the axes, as sorted lists. */
function subsets(axes: number): number[][] {
  return Array.from({ length: 1 << axes }, (_, mask) => {
    return Array.from({ length: axes }, (_, axis) => axis).filter((axis) => mask & (1 << axis));
  });
}

type Reduction = keyof typeof operations.reductions;

function checkReduction(name: Reduction, a: Strided, axes: readonly number[], correction = 0) {
  const lines = linesOf(a, axes);
  const out = new Float32Array(lines.length);
  const isEmpty = lines.length > 0 && lines[0].length === 0;
  forEachLevel((level) => {
    const what = `${name} over [${axes}] of ${layoutOf(a)} at ${level}`;
    if (isEmpty && (name === "max" || name === "min")) {
      assert.throws(() => reduceStrided(name, a, axes, out), ShapeError, what);
      return;
    }
    reduceStrided(name, a, axes, out.fill(7), correction);
    const expected = lines.map((line) => reductionFunctions[name](line, correction));
    assertSameBits(out, Float32Array.from(expected), what);
  });
}

describe("strided reductions: every line as it is reduced alone", () => {
  for (const name of keysOf(operations.reductions)) {
    seeded(name, (random) => {
      for (let round = 0; round < 120; round++) {
        const shape = randomShape(random, 3000);
        const a = randomView(random, shape, () => anyValue(random));
        checkReduction(name, a, random.pick(subsets(shape.length)), random.below(2));
      }
    });
  }

  seeded("lines of several chunks and of several parts, side by side and not", (random) => {
    for (const [rows, cols] of [[2049, 37], [4500, 150], [70_000, 18], [140_000, 3]]) {
      const data = random.fill(rows * cols, () => random.centred());
      const plain = contiguous(data, [rows, cols]);
      for (const name of keysOf(operations.reductions)) {
        withThreads(name === "sum" ? [1, 3] : [2], () => {
          checkReduction(name, plain, [0]);
          checkReduction(name, permuted(plain, [1, 0]), [1]);
          if (name === "sum" || name === "variance") checkReduction(name, plain, [0, 1]);
        });
      }
    }
  });

  seeded("columns of every number, and backwards", (random) => {
    for (let cols = 14; cols < 300; cols += 1 + random.below(9)) {
      const rows = random.pick([1, 2, 4, 5, 16, 17, 31, 70, 127, 128, 130, 500]);
      const data = random.fill(rows * cols, () => random.centred());
      const plain = contiguous(data, [rows, cols]);
      checkReduction("sum", plain, [0]);
      checkReduction("prod", plain, [0]);
      checkReduction("norm", plain, [0]);
      checkReduction("variance", plain, [0], 1);
      checkReduction("std", plain, [0]);
      for (let i = 0; i < 9; i++) data[random.below(data.length)] = random.pick([NaN, 0, -0]);
      const zeros = contiguous(random.fill(rows * cols, () => random.pick([0, -0])), [rows, cols]);
      for (const name of ["max", "min"] as const) {
        checkReduction(name, plain, [0]);
        checkReduction(name, zeros, [0]);
      }
      checkReduction("variance", plain, [0]);
      checkReduction("mean", { ...plain, offset: (rows - 1) * cols, strides: [-cols, 1] }, [0]);
    }
  });

  for (const name of keysOf(operations.argReductions)) {
    seeded(name, (random) => {
      for (let round = 0; round < 150; round++) {
        const shape = randomShape(random, 3000);
        if (shape.length === 0) continue;
        const axis = random.below(shape.length);
        const a = randomView(
          random,
          shape,
          () => random.below(40) === 0 ? NaN : random.integer(-4, 4),
        );
        const lines = linesOf(a, [axis]);
        forEachLevel((level) => {
          const out = new Int32Array(lines.length).fill(-1);
          if (lines.length > 0 && lines[0].length === 0) {
            assert.throws(() => argReduceStrided(name, a, axis, out), ShapeError);
            return;
          }
          argReduceStrided(name, a, axis, out);
          const expected = Int32Array.from(lines, (line) => argReductionFunctions[name](line));
          assert.deepEqual(out, expected, `${name} of ${layoutOf(a)} along ${axis} at ${level}`);
        });
      }
    });
  }

  it("argmax of lines of several parts", () => {
    const a = contiguous(new Float32Array(200_000 * 2), [200_000, 2]);
    a.data[2 * 150_000] = 3;
    a.data[2 * 66_000 + 1] = NaN;
    const out = new Int32Array(2);
    argReduceStrided("argmax", a, 0, out);
    assert.deepEqual([...out], [150_000, 66_000]);
  });
});

describe("strided softmax and its logarithm", () => {
  for (const name of keysOf(operations.rowWise)) {
    seeded(name, (random) => {
      for (let round = 0; round < 150; round++) {
        const shape = randomShape(random, 3000);
        if (shape.length === 0) continue;
        const axis = random.below(shape.length);
        const a = randomView(random, shape, () => random.centred() * 5);
        const out = random.below(4) === 0 && a.strides.every((stride, i) => stride || shape[i] < 2)
          ? a
          : randomView(random, shape, () => 9, false);
        checkRows(name, a, axis, out);
      }
    });
  }

  seeded("of columns and of short rows, of every length", (random) => {
    for (let n = 1; n <= 131; n++) {
      const cols = 1 + random.below(n < 20 ? 700 : 70);
      const data = random.fill(n * cols, () => random.centred() * random.pick([1, 100]));
      for (let i = 0; i < cols / 20; i++) data[random.below(data.length)] = random.pick(specials);
      const columns = contiguous(data, [n, cols]);
      const backwards = { ...columns, offset: (n - 1) * cols, strides: [-cols, 1] };
      const rows = contiguous(data, [cols, n]);
      const name = random.pick(keysOf(operations.rowWise));
      checkRows(name, columns, 0, contiguous(new Float32Array(n * cols), [n, cols]));
      checkRows(name, backwards, 0, contiguous(new Float32Array(n * cols), [n, cols]));
      checkRows(name, columns, 0, columns);
      checkRows(name, rows, 1, rows);
      checkRows(
        name,
        columns,
        0,
        permuted(contiguous(new Float32Array(n * cols), [cols, n]), [1, 0]),
      );
    }
  });

  seeded("of large views, on any number of threads", (random) => {
    const a = contiguous(random.fill(600 * 700, () => random.centred()), [600, 700]);
    withThreads([1, 2], () => {
      checkRows("softmax", a, 0, contiguous(new Float32Array(600 * 700), [600, 700]));
      checkRows(
        "softmax",
        permuted(a, [1, 0]),
        1,
        contiguous(new Float32Array(600 * 700), [700, 600]),
      );
    });
  });
});

function checkRows(name: keyof typeof operations.rowWise, a: Strided, axis: number, out: Strided) {
  const order = a.shape.map((_, i) => i).filter((i) => i !== axis).concat(axis);
  const input = elementsOf(permuted(a, order));
  const cols = a.shape[axis];
  const before = a.data.slice();
  const turned = permuted(out, order);
  checkWritten(turned, [a], () => {
    a.data.set(before);
    rowsStrided(name, a, axis, out);
  }, () => {
    // Each row alone: several short ones at a time are another path.
    const expected = new Float32Array(input.length);
    for (let start = 0; start < input.length; start += cols) {
      const row = input.subarray(start, start + cols);
      rowWiseFunctions[name](row, 1, cols, expected.subarray(start, start + cols));
    }
    return expected;
  });
}

describe("strided matrix products", () => {
  function check(a: Strided, b: Strided): void {
    const axes = a.shape.length;
    const [m, k, n] = [a.shape[axes - 2], a.shape[axes - 1], b.shape[axes - 1]];
    const [x, y] = [elementsOf(a), elementsOf(b)];
    const count = sizeOf(a.shape.slice(0, -2));
    const exact = Array.from({ length: count }, (_, i) => {
      const left = x.subarray(i * m * k, (i + 1) * m * k);
      return product(left, y.subarray(i * k * n, (i + 1) * k * n), m, n, k);
    });
    forEachLevel((level) => {
      const what = `${layoutOf(a)} × ${layoutOf(b)} at ${level}`;
      const out = new Float32Array(count * m * n).fill(7);
      matmulStrided(a, b, out);
      for (let i = 0; i < count; i++) {
        const got = out.subarray(i * m * n, (i + 1) * m * n);
        const left = x.slice(i * m * k, (i + 1) * m * k);
        assertSameBits(got, matmul(left, y.slice(i * k * n, (i + 1) * k * n), m, n, k), what);
        got.forEach((value, j) => {
          assert(Math.abs(value - exact[i][j]) <= (k + 1) * 2 ** -23 * Math.max(1, k), what);
        });
      }
    });
  }

  seeded("batches of any strides", (random) => {
    for (let round = 0; round < 250; round++) {
      const batch = randomShape(random, 12).slice(0, 3);
      const [m, n, k] = [0, 0, 0].map(() => random.pick([0, 1, 1, 2, 5, 16, 17, 33]));
      const next = () => random.centred();
      check(
        randomView(random, [...batch, m, k], next),
        randomView(random, [...batch, k, n], next),
      );
    }
  });

  seeded("transposed and sliced, with one B for all, on any number of threads", (random) => {
    const next = () => random.centred();
    withThreads([1, 2, 3], () => {
      const a = randomView(random, [200, 180], next, false);
      check(
        permuted(contiguous(random.fill(180 * 130, next), [180, 130]), [1, 0]),
        a.shape[0] === 180 ? a : contiguous(random.fill(180 * 150, next), [180, 150]),
      );
      const square = contiguous(random.fill(300 * 300, next), [300, 300]);
      check({ ...square, shape: [140, 250], strides: [600, 1] }, {
        ...square,
        offset: 7,
        shape: [250, 290],
      });
      check({ ...square, shape: [140, 150], strides: [600, 2] }, {
        ...square,
        offset: 299 * 300,
        shape: [150, 290],
        strides: [-300, 1],
      });
      const many = contiguous(random.fill(12 * 64 * 48, next), [12, 64, 48]);
      check(many, { ...square, shape: [12, 48, 64], strides: [0, 300, 1] });
      check(permuted(many, [0, 2, 1]), { ...square, shape: [12, 64, 64], strides: [0, 300, 1] });
      check({ ...many, shape: [12, 64, 48], strides: [0, 48, 1] }, permuted(many, [0, 2, 1]));
    });
  });
});

describe("uniform and random words", () => {
  it("are the published test vector for seed 0 (Random123, kat_vectors), at every level", () => {
    forEachLevel(() => {
      manualSeed(0);
      const words = new Uint32Array(4);
      randomBits(words);
      assert.deepEqual([...words], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
      manualSeed(0);
      const values = new Float32Array(4);
      uniform(values);
      assert.deepEqual([...values], [...words].map((word) => (word >>> 8) / 2 ** 24));
    });
  });

  it("share the stream of normal numbers, in groups of four, whatever the length", () => {
    manualSeed(3);
    const words = new Uint32Array(400);
    randomBits(words);
    for (let length = 0; length < 200; length++) {
      manualSeed(3);
      const part = new Uint32Array(length + 2);
      randomBits(part.subarray(1, 1 + length));
      assert.deepEqual(part, Uint32Array.of(0, ...words.subarray(0, length), 0));
      const next = new Float32Array(1);
      uniform(next);
      assert.equal(next[0], (words[Math.ceil(length / 4) * 4] >>> 8) / 2 ** 24);
    }
    manualSeed(3);
    randnAligned(5);
    const after = new Uint32Array(2);
    randomBits(after);
    assert.deepEqual(after, words.slice(8, 10));
  });
});
