/** Kinds of memory, aligned arrays, and the rules for overlapping arguments. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  add,
  dot,
  emptyAligned,
  exp,
  gemm,
  isAligned,
  layerNorm,
  matmul,
  OverlapError,
  randnAligned,
  sum,
  transpose,
  zerosAligned,
} from "../mod.ts";
import { elementwise } from "./elementwise.ts";
import { rowWiseFunctions } from "./rows.ts";
import { assertSameBits, bitsOf } from "./ulp.ts";

type Allocate = (bytes: number) => ArrayBufferLike;

/** Kinds of buffers whose views operations take without copying. */
const kinds: Record<string, Allocate> = {
  "an ArrayBuffer": (bytes) => new ArrayBuffer(bytes),
  "a SharedArrayBuffer": (bytes) => new SharedArrayBuffer(bytes),
  "a resizable ArrayBuffer": (bytes) => new ArrayBuffer(bytes, { maxByteLength: bytes * 2 + 64 }),
  "an ArrayBuffer that has grown": (bytes) => {
    const buffer = new ArrayBuffer(0, { maxByteLength: bytes + 64 });
    buffer.resize(bytes);
    return buffer;
  },
  "WebAssembly's memory": () => new WebAssembly.Memory({ initial: 4 }).buffer,
};

/** Views of a buffer at every kind of offset, and one that tracks its buffer's length. */
function viewsOf(allocate: Allocate, length: number): Float32Array[] {
  const views = [0, 1, 2, 3, 15].map((offset) =>
    new Float32Array(allocate((length + offset + 1) * 4), offset * 4, length)
  );
  const tracking = new Float32Array(allocate(length * 4), 0);
  return tracking.length === length ? [...views, tracking] : views;
}

function ramp(view: Float32Array): Float32Array {
  for (let i = 0; i < view.length; i++) view[i] = i % 7 - 3;
  return view;
}

describe("memory: views of every kind of buffer", () => {
  for (const [kind, allocate] of Object.entries(kinds)) {
    it(kind, () => {
      for (const length of [1, 6, 100, 4096]) {
        const plain = ramp(new Float32Array(length));
        for (const a of viewsOf(allocate, length)) {
          ramp(a);
          for (const out of viewsOf(allocate, length)) {
            assertSameBits(exp(a, out), exp(plain), kind);
            assertSameBits(add(a, a, out), add(plain, plain), kind);
          }
          assert.equal(sum(a), sum(plain));
          assert.equal(dot(a, plain), dot(plain, plain));
          const [product] = viewsOf(allocate, length);
          const scalar = Float32Array.of(2);
          assertSameBits(matmul(a, scalar, length, 1, 1, product), add(plain, plain), kind);
        }
      }
    });
  }

  it("a view that tracks its buffer's length has the length of the moment", () => {
    const buffer = new ArrayBuffer(8, { maxByteLength: 64 });
    const view = new Float32Array(buffer);
    view.fill(1);
    assert.equal(sum(view), 2);
    buffer.resize(20);
    assert.equal(sum(view.fill(1)), 5);
    buffer.resize(4);
    assert.equal(sum(view), 1);
    buffer.resize(0);
    assert.equal(sum(view), 0);
  });
});

/** Throws unless a call refuses with an OverlapError and writes nothing to memory. */
function refuses(memory: Float32Array, call: () => unknown, what: string): void {
  const before = memory.slice();
  assert.throws(call, (error) => {
    assert(error instanceof OverlapError, `${what}: ${error}`);
    assert.equal(error.code, "OVERLAP");
    return true;
  }, what);
  assert.deepEqual(bitsOf(memory), bitsOf(before), `${what}: wrote to out`);
}

const size = 24;

/** How far `out` may begin before or behind an input and still share memory with it. */
const shifts = [-size + 1, -16, -3, -1, 1, 2, 8, size - 1];

describe("memory: overlap of element-wise operations", () => {
  for (const operation of elementwise) {
    it(`${operation.label}: partial overlap is refused, neighbours are not`, () => {
      const memory = ramp(new Float32Array(3 * size));
      const out = memory.subarray(size, 2 * size);
      for (let overlapping = 0; overlapping < operation.arity; overlapping++) {
        const inputs = Array.from({ length: operation.arity }, () => ramp(new Float32Array(size)));
        for (const shift of shifts) {
          inputs[overlapping] = memory.subarray(size + shift, 2 * size + shift);
          refuses(memory, () => operation.call(inputs, out), `${operation.label}, ${shift}`);
        }
        for (const shift of [-size, size]) {
          inputs[overlapping] = memory.subarray(size + shift, 2 * size + shift);
          operation.call(inputs, out);
        }
      }
    });
  }
});

/** Two SharedArrayBuffer objects of the same memory: only addresses tell. */
function twoViewsOfTheSame(length: number): [Float32Array, Float32Array] {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });
  const first = memory.buffer;
  memory.grow(1);
  const second = memory.buffer;
  assert.notEqual(first, second);
  const views = [first, second].map((buffer) => new Float32Array(buffer, 0, length));
  views[0][1] = 42;
  assert.equal(views[1][1], 42);
  return [views[0], views[1]];
}

describe("memory: overlap of the other operations", () => {
  it("two SharedArrayBuffers of the same memory", () => {
    const [a, b] = twoViewsOfTheSame(3 * size);
    ramp(a);
    assert.deepEqual(add(a, 1, b), ramp(new Float32Array(3 * size)).map((x) => x + 1));
    for (const shift of shifts) {
      const input = a.subarray(size + shift, 2 * size + shift);
      refuses(a, () => exp(input, b.subarray(size, 2 * size)), `shift ${shift}`);
    }
    refuses(a, () => matmul(a.subarray(0, 4), a.subarray(4, 8), 2, 2, 2, b.subarray(7, 11)), "b");
  });

  for (const [name, operation] of Object.entries(rowWiseFunctions)) {
    it(name, () => {
      const memory = ramp(new Float32Array(3 * size));
      for (const shift of shifts) {
        const a = memory.subarray(size + shift, 2 * size + shift);
        refuses(memory, () => operation(a, 4, 6, memory.subarray(size, 2 * size)), name);
      }
      operation(memory.subarray(0, size), 4, 6, memory.subarray(size, 2 * size));
    });
  }

  it("layerNorm, with its weight and bias", () => {
    const memory = ramp(new Float32Array(3 * size));
    const out = memory.subarray(size, 2 * size);
    const apart = ramp(new Float32Array(size));
    for (const start of [size - 5, size, size + 6, 2 * size - 1]) {
      const row = memory.subarray(start, start + 6);
      refuses(memory, () => layerNorm(apart, 4, 6, { weight: row }, out), "weight");
      refuses(memory, () => layerNorm(apart, 4, 6, { bias: row }, out), "bias");
    }
    // The very memory of a row is an overlap too: rows are written before the last is read.
    refuses(memory, () =>
      layerNorm(apart.subarray(0, 6), 1, 6, {
        weight: out.subarray(0, 6),
      }, out.subarray(0, 6)), "weight");
    for (const shift of shifts) {
      const a = memory.subarray(size + shift, 2 * size + shift);
      refuses(memory, () => layerNorm(a, 4, 6, {}, out), "a");
    }
  });

  it("matmul and gemm: no overlap at all, the very same memory included", () => {
    const memory = ramp(new Float32Array(3 * size));
    const c = memory.subarray(size, size + 9);
    const apart = ramp(new Float32Array(9));
    for (const shift of [-8, -1, 0, 1, 8]) {
      const input = memory.subarray(size + shift, size + shift + 9);
      refuses(memory, () => matmul(input, apart, 3, 3, 3, c), `a at ${shift}`);
      refuses(memory, () => matmul(apart, input, 3, 3, 3, c), `b at ${shift}`);
      const sizes = { m: 3, n: 3, k: 3, c };
      refuses(memory, () => gemm({ ...sizes, a: input, b: apart }), `gemm's a at ${shift}`);
      refuses(memory, () => gemm({ ...sizes, a: apart, b: input }), `gemm's b at ${shift}`);
    }
    matmul(memory.subarray(size - 9, size), memory.subarray(size + 9, size + 18), 3, 3, 3, c);
  });

  it("transpose: the very same memory for a square alone", () => {
    const memory = ramp(new Float32Array(3 * size));
    const out = memory.subarray(size, size + 16);
    transpose(out, 4, 4, out);
    refuses(memory, () => transpose(out, 2, 8, out), "2×8 in place");
    refuses(memory, () => transpose(out, 1, 16, out), "1×16 in place");
    for (const shift of [-15, -1, 1, 15]) {
      const a = memory.subarray(size + shift, size + shift + 16);
      refuses(memory, () => transpose(a, 4, 4, out), `4×4, shift ${shift}`);
      refuses(memory, () => transpose(a, 2, 8, out), `2×8, shift ${shift}`);
    }
  });

  it("views of nothing overlap nothing", () => {
    const memory = new Float32Array(8);
    const none = memory.subarray(4, 4);
    exp(none, memory.subarray(3, 3));
    transpose(none, 0, 4, none);
    matmul(none, memory, 0, 2, 4, none);
    matmul(none, none, 2, 4, 0, memory);
  });
});

const makers = { emptyAligned, zerosAligned, randnAligned };

describe("memory: aligned arrays", () => {
  for (const [name, make] of Object.entries(makers)) {
    it(`${name}: every small length at every alignment`, () => {
      for (let power = 2; power <= 20; power++) {
        const alignment = 2 ** power;
        const longest = alignment > 4096 ? 2 : 70;
        for (let length = 0; length <= longest; length++) {
          const view = make(length, alignment);
          assert.equal(view.length, length);
          assert(view instanceof Float32Array);
          assert(isAligned(view, alignment), `${length} elements at ${alignment}`);
        }
      }
    });

    it(`${name}: 64 bytes by default, shapes, and still aligned when memory was collected`, () => {
      const views = Array.from({ length: 300 }, (_, i) => make(i));
      // Garbage enough for a collector that moves objects to do so.
      for (let i = 0; i < 20_000; i++) new Float32Array(16);
      for (const view of views) assert(isAligned(view), `${view.length} elements`);
      assert.equal(make([3, 5, 7]).length, 105);
      assert.equal(make([]).length, 1);
      assert.equal(make([4, 0]).length, 0);
      assert(isAligned(make([2, 2]), 64));
    });
  }

  it("zerosAligned holds zeros, isAligned sees offsets", () => {
    const zeros = zerosAligned(1000);
    assert(zeros.every((x) => Object.is(x, 0)));
    for (let offset = 0; offset < 64; offset++) {
      const view = zeros.subarray(offset);
      assert.equal(isAligned(view), offset % 16 === 0);
      assert.equal(isAligned(view, 4), true);
      assert.equal(isAligned(view, 8), offset % 2 === 0);
    }
  });
});
