/** Layouts of any integers, given to native code without the checks before it. */

import assert from "node:assert/strict";
import { describe } from "node:test";
import { native } from "../ffi/native.ts";
import { layoutInts, Status } from "../ffi/symbols.gen.ts";
import { type Random, seeded } from "./random.ts";

describe("strided layouts at the native boundary", () => {
  seeded("any integers: a status, no crash, and nothing written where it is not ok", (random) => {
    const lengths = [0, 1, 7, 64];
    const counts = [0, 0];
    for (let round = 0; round < 60_000; round++) {
      const layout = hostileLayout(random, lengths);
      const [out, a, b] = [0, 1, 2].map(() => new Float32Array(128));
      const op = random.below(9);
      const [lines, axis] = [random.pick([0, 1, 8, 64]), random.below(40)];
      const mask = random.word();
      // With room for 64 elements of any type.
      const doubles = new Float64Array(64);
      const bytes = new Uint8Array(1024);
      const indices = Int32Array.from({ length: 64 }, () => random.below(6) - 2);
      const calls = [
        () => native.strided_unary(op, a, out, layout, 0, 0),
        () => native.strided_binary(op, a, b, out, layout),
        () => native.strided_copy(a, out, layout),
        () => native.strided_compare(op, a, b, new Uint8Array(64), layout),
        () => native.strided_reduce(op, a, out, lines, layout, mask, 0),
        () => native.strided_arg_reduce(op, a, new Int32Array(64), lines, layout, axis),
        () => native.strided_matmul(a, b, out, layout),
        () => native.strided_rows(op, a, out, layout, axis),
        () => native.typed_copy(lines & 7, doubles, axis & 7, out, layout),
        () => native.typed_gather(doubles, indices, out, lines, layout),
        () => native.typed_take(a, indices, out, 1, axis & 7, op, 4, lines & 15),
        () => native.typed_sum(axis & 7, bytes, new Int32Array(out.buffer), lines & 1, 3, op),
        () => native.typed_truth(op & 1, bytes, new Uint8Array(out.buffer), lines, axis & 1, op),
      ];
      out.fill(5);
      const status = random.pick(calls)();
      counts[status === Status.ok ? 0 : 1]++;
      if (status !== Status.ok) assert.deepEqual(out, new Float32Array(128).fill(5));
    }
    assert(counts.every((count) => count > 1000), `${counts}`);
  });
});

/** Mostly small numbers, so that many layouts pass the first checks; never of more memory. */
function hostileLayout(random: Random, lengths: readonly number[]): Int32Array {
  const layout = new Int32Array(layoutInts);
  const axes = random.pick([0, 1, 2, 2, 3, 3, 4, 5, 32, 33, -1, 2 ** 31 - 1]);
  const extreme = () => random.word() | 0;
  const wild = random.below(3) === 0;
  layout[0] = axes;
  if (axes < 0 || axes > 32) return layout.map((x, i) => i === 0 ? x : extreme());
  const number = (small: readonly number[]) =>
    wild && random.below(8) === 0 ? extreme() : random.pick(small);
  let at = 1;
  for (let axis = 0; axis < axes; axis++) {
    layout[at++] = number(axes > 5 ? [1, 1, 1, 2] : [1, 1, 2, 2, 3, 4, random.pick([0, 8])]);
  }
  for (let operand = 0; operand < 3; operand++) {
    layout[at++] = number([0, 0, 0, 1, 30, -1]);
    layout[at++] = random.below(10) === 0 ? random.pick(lengths) : 64;
    for (let axis = 0; axis < axes; axis++) {
      layout[at++] = number(axes > 5 ? [0, 0, 1] : [0, 1, 1, 2, 4, 8, 12, 16, -1]);
    }
  }
  return layout;
}
