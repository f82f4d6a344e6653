/** What holds for every tensor, tried on random ones; a failure prints the seed. */

import assert from "node:assert/strict";
import { describe } from "node:test";
import { concat, stack, Tensor, tensor, where } from "../mod.ts";
import { operations } from "../ffi/symbols.gen.ts";
import { type Random, seeded } from "./random.ts";
import {
  assertElements,
  elementsOf,
  indicesOf,
  type Pair,
  randomShape,
  randomTensor,
  randomView,
  sizeOf,
} from "./tensor_model.ts";

const rounds = 300;

/** Repeats a property; the message of a failure names the round. */
function property(name: string, body: (random: Random) => void): void {
  seeded(name, (random) => {
    for (let round = 0; round < rounds; round++) {
      try {
        body(random);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        throw new Error(`round ${round}: ${message}`, { cause: error });
      }
    }
  });
}

function textOf({ steps }: Pair): string {
  return steps.join(".");
}

/** The same shape, dtype and bits. */
function assertSame(got: Tensor | number, expected: Tensor | number, what: string): void {
  if (!(got instanceof Tensor) || !(expected instanceof Tensor)) {
    assert(Object.is(got, expected), `${what}: ${got} is not ${expected}`);
    return;
  }
  assert.deepEqual([...got.shape], [...expected.shape], `${what}: shape`);
  assert.equal(got.dtype, expected.dtype, `${what}: dtype`);
  assertElements(got, elementsOf(expected), what);
}

describe("views", () => {
  property("show the elements that a list of indices says", (random) => {
    const base = randomTensor(random, randomShape(random));
    const values = elementsOf(base);
    const pair = randomView(random, base, true);
    assert.deepEqual([...pair.view.shape], [...pair.model.shape], textOf(pair));
    assertElements(pair.view, pair.model.at.map((i) => values[i]), textOf(pair));
  });

  property("write to their base, and only where they look", (random) => {
    const base = randomTensor(random, randomShape(random));
    const values = elementsOf(base);
    const pair = randomView(random, base, false);
    pair.view.mul_(2);
    for (const i of pair.model.at) values[i] *= 2;
    assertElements(base, values, `${textOf(pair)}.mul_(2)`);
    if (pair.model.at.length === 0) return;
    const chosen = random.below(pair.model.at.length);
    const index = indicesOf(pair.model.shape)[chosen];
    pair.view.set(7.5, ...index);
    values[pair.model.at[chosen]] = 7.5;
    assertElements(base, values, `${textOf(pair)}.set(7.5, ${index})`);
    assert.equal(pair.view.at(...index), 7.5);
  });

  property("see what is written to their base", (random) => {
    const base = randomTensor(random, randomShape(random));
    const values = elementsOf(base);
    const pair = randomView(random, base, true);
    base.add_(1);
    const expected = pair.model.at.map((i) => Math.fround(values[i] + 1));
    assertElements(pair.view, expected, textOf(pair));
  });

  property("a.T.T is a, element by element, in the same memory", (random) => {
    const base = randomTensor(random, randomShape(random));
    assertSame(base.T.T, base, "a.T.T");
    assertSame(base.transpose().transpose(), base, "a.transpose().transpose()");
    const expected = elementsOf(base).map((x) => Math.fround(x - 3));
    base.T.T.sub_(3);
    assertElements(base, expected, "a after a.T.T.sub_(3)");
  });

  property("clone has memory of its own, contiguous where it has to", (random) => {
    const base = randomTensor(random, randomShape(random));
    const pair = randomView(random, base, true);
    const values = elementsOf(pair.view);
    const copy = pair.view.clone();
    assertSame(copy, pair.view, `${textOf(pair)}.clone()`);
    copy.add_(1);
    assertElements(pair.view, values, `${textOf(pair)} after a change of its clone`);
    const dense = pair.view.contiguous();
    assert(dense.isContiguous());
    assertSame(dense, pair.view, `${textOf(pair)}.contiguous()`);
    assert.equal(dense.data.length, dense.size);
  });
});

const unaryNames = Object.entries(operations.unary)
  .flatMap(([name, { parameters }]) => parameters === 0 ? [name] : []) as (
    & keyof Tensor
    & keyof typeof operations.unary
  )[];
const binaryNames = ["add", "sub", "mul", "div", "pow", "maximum", "minimum"] as const;
const comparisonNames = ["eq", "ne", "lt", "le", "gt", "ge"] as const;
const reductionNames = ["sum", "mean", "max", "min", "prod", "norm", "argmax", "argmin"] as const;

type Unary = () => Tensor;
type Reduction = (axis?: number, options?: object) => Tensor | number;

function callUnary(view: Tensor, name: keyof Tensor): Tensor {
  return (view[name] as Unary).call(view);
}

function callReduction(view: Tensor, name: keyof Tensor, axis?: number): Tensor | number {
  const reduction = view[name] as Reduction;
  return axis === undefined ? reduction.call(view) : reduction.call(view, axis);
}

/** A copy that is laid out plainly. */
function plain(view: Tensor): Tensor {
  const { shape, dtype } = view;
  const values = elementsOf(view);
  const data = dtype === "float64" ? Float64Array.from(values) : Float32Array.from(values);
  return tensor(data, { dtype }).reshape([...shape]);
}

describe("a view computes as its contiguous copy does, bit by bit", () => {
  property("unary functions, softmax", (random) => {
    const base = randomTensor(random, randomShape(random));
    const pair = randomView(random, base, true);
    const copy = plain(pair.view);
    const name = random.pick(unaryNames);
    assertSame(callUnary(pair.view, name), callUnary(copy, name), `${textOf(pair)}.${name}()`);
    if (copy.ndim === 0) return;
    const axis = random.below(copy.ndim);
    assertSame(pair.view.softmax(axis), copy.softmax(axis), `${textOf(pair)}.softmax(${axis})`);
    assertSame(pair.view.logSoftmax(axis), copy.logSoftmax(axis), `${textOf(pair)}.logSoftmax`);
  });

  property("arithmetic and comparisons of two views", (random) => {
    const name = random.pick([...binaryNames, ...comparisonNames]);
    const pair = randomView(random, randomTensor(random, randomShape(random)), true);
    const other = broadcastable(random, pair.model.shape);
    const got = pair.view[name](other);
    assertSame(got, plain(pair.view)[name](plain(other)), `${textOf(pair)}.${name}`);
    const back = other[name](pair.view);
    assertSame(back, plain(other)[name](plain(pair.view)), `${name}(${textOf(pair)})`);
  });

  property("reductions", (random) => {
    const pair = randomView(random, randomTensor(random, randomShape(random)), true);
    const copy = plain(pair.view);
    if (copy.size === 0) return;
    const axes = [undefined, ...copy.shape.keys()];
    const [name, axis] = [random.pick(reductionNames), random.pick(axes)];
    const what = `${textOf(pair)}.${name}(${axis})`;
    assertSame(callReduction(pair.view, name, axis), callReduction(copy, name, axis), what);
  });

  property("reductions of long lines", (random) => {
    const [long, short] = [1 + random.below(300), 1 + random.below(40)];
    const base = randomTensor(random, random.below(2) ? [long, short] : [short, long]);
    const pair = randomView(random, base, false);
    const copy = plain(pair.view);
    if (copy.size === 0) return;
    for (const name of ["sum", "max", "norm"] as const) {
      for (const axis of copy.shape.keys()) {
        const what = `${textOf(pair)}.${name}(${axis})`;
        assertSame(callReduction(pair.view, name, axis), callReduction(copy, name, axis), what);
      }
    }
  });

  property("other dtypes", (random) => {
    const dtype = random.pick(["float64", "int32", "int8", "uint8", "bool"] as const);
    // Small integers: what they add up to is exact wherever it passes through.
    const make = () => randomTensor(random, randomShape(random)).clamp(0, 7).to(dtype);
    const pair = randomView(random, make(), true);
    const [view, copy] = [pair.view, plain(pair.view)];
    const other = broadcastable(random, pair.model.shape).clamp(-3, 3).to("int32");
    const what = `${dtype} ${textOf(pair)}`;
    for (const name of ["add", "mul", "maximum", "lt", "eq"] as const) {
      assertSame(view[name](other), copy[name](plain(other)), `${what}.${name}`);
    }
    assertSame(view.square(), copy.square(), `${what}.square()`);
    assertSame(view.to("float32"), copy.to("float32"), `${what}.to`);
    for (const axis of view.shape[0] > 0 && view.size > 0 ? view.shape.keys() : []) {
      for (const name of ["sum", "mean", "max", "prod", "argmin", "norm"] as const) {
        const got = callReduction(view, name, axis);
        assertSame(got, callReduction(copy, name, axis), `${what}.${name}(${axis})`);
      }
    }
  });

  property("matrix products", (random) => {
    const [m, n, k] = [0, 0, 0].map(() => 1 + random.below(random.pick([4, 20, 70])));
    const batch = random.below(3) === 0 ? [1 + random.below(3)] : [];
    const a = matrixView(random, batch, m, k);
    const b = matrixView(random, random.below(2) ? batch : [], k, n);
    assertSame(a.matmul(b), plain(a).matmul(plain(b)), `${m}×${k} by ${k}×${n}`);
  });
});

/** A view of another tensor that goes with a shape. */
function broadcastable(random: Random, shape: readonly number[]): Tensor {
  const kept = shape.slice(random.below(shape.length + 1));
  const sizes = kept.map((size) => random.below(3) === 0 ? 1 : size);
  const reversed = randomTensor(random, sizes.toReversed()).T;
  if (sizes.length === 0 || random.below(2)) return reversed;
  return reversed.slice("::-1");
}

/** An m×n matrix, plain, transposed, or a part of a larger one with steps. */
function matrixView(random: Random, batch: readonly number[], m: number, n: number): Tensor {
  const count = batch.length;
  const swapped = [...batch.keys(), count + 1, count];
  const every = batch.map(() => ":");
  switch (random.below(4)) {
    case 0:
      return randomTensor(random, [...batch, m, n]);
    case 1:
      return randomTensor(random, [...batch, n, m]).permute(swapped);
    case 2:
      return randomTensor(random, [...batch, m + 3, n + 5]).slice(...every, `2:${m + 2}`, `:${n}`);
    default:
      return randomTensor(random, [...batch, 2 * m, n]).slice(...every, "::2", "::-1");
  }
}

/** Positions along the given axes are dropped, and what falls on one place is added up. */
function sumInFloat64(view: Tensor, axes: readonly number[]): { sums: number[]; sizes: number[] } {
  const kept = [...view.shape.keys()].filter((axis) => !axes.includes(axis));
  const places = new Map(
    indicesOf(kept.map((axis) => view.shape[axis])).map((index, i) => [index.join(), i]),
  );
  const sums = new Array<number>(places.size).fill(0);
  const sizes = new Array<number>(places.size).fill(0);
  const elements = elementsOf(view);
  indicesOf(view.shape).forEach((index, i) => {
    const place = places.get(kept.map((axis) => index[axis]).join())!;
    sums[place] += elements[i];
    sizes[place] += Math.abs(elements[i]);
  });
  return { sums, sizes };
}

describe("a reduction over two axes is two reductions", () => {
  property("sum, within what float32 allows of float64", (random) => {
    const pair = randomView(random, randomTensor(random, randomShape(random)), true);
    const { ndim } = pair.view;
    if (ndim < 2) return;
    const first = random.below(ndim);
    const second = (first + 1 + random.below(ndim - 1)) % ndim;
    const kept = { keepdims: true } as const;
    const once = elementsOf(pair.view.sum([first, second]));
    const twice = elementsOf(pair.view.sum(first, kept).sum(second, kept));
    const { sums, sizes } = sumInFloat64(pair.view, [first, second]);
    assert.equal(once.length, sums.length);
    assert.equal(twice.length, sums.length);
    sums.forEach((exact, i) => {
      const bound = sizes[i] * 2 ** -22 + 2 ** -149;
      const what = `${textOf(pair)}.sum([${first}, ${second}])[${i}]`;
      for (const got of [once[i], twice[i]]) {
        assert(Math.abs(got - exact) <= bound, `${what} is ${got}, not ${exact}`);
      }
    });
  });

  property("max, min, all, any: exactly", (random) => {
    const pair = randomView(random, randomTensor(random, randomShape(random)), true);
    const { ndim, size } = pair.view;
    if (ndim < 2 || size === 0) return;
    const last = random.below(ndim);
    const first = (last + 1 + random.below(ndim - 1)) % ndim;
    const axes = [first, last];
    const what = `${textOf(pair)} over ${axes}`;
    const kept = { keepdims: true } as const;
    const flags = pair.view.gt(0);
    assertSame(pair.view.max(axes, kept), pair.view.max(first, kept).max(last, kept), what);
    assertSame(pair.view.min(axes, kept), pair.view.min(last, kept).min(first, kept), what);
    assertSame(flags.all(axes, kept), flags.all(first, kept).all(last, kept), what);
    assertSame(flags.any(axes, kept), flags.any(last, kept).any(first, kept), what);
  });
});

/** What an in-place operation must leave behind: as if the operand had been copied first. */
function checkOverlap(
  base: Tensor,
  target: (base: Tensor) => Tensor,
  operand: (base: Tensor) => Tensor,
  what: string,
): void {
  const name = (["add_", "sub_", "mul_", "div_"] as const)[base.size % 4];
  const expected = base.clone();
  target(expected)[name](plain(operand(expected)));
  target(base)[name](operand(base));
  assertSame(base, expected, `${what}, ${name}`);
}

describe("in place, with operands that overlap", () => {
  property("a.add_(a.T), a.add_(a.slice('::-1')), parts that are shifted", (random) => {
    const n = 2 + random.below(40);
    const square = () => randomTensor(random, [n, n]);
    const self = (base: Tensor) => base;
    checkOverlap(square(), self, (base) => base.T, "a and a.T");
    checkOverlap(square(), self, (base) => base.slice("::-1"), "a and a from the end");
    checkOverlap(square(), self, (base) => base.slice("0"), "a and its first row");
    checkOverlap(square(), self, (base) => base.slice(":", "1:2"), "a and its second column");
    const [tail, head] = [(base: Tensor) => base.slice("1:"), (base: Tensor) => base.slice(":-1")];
    checkOverlap(square(), tail, head, "all rows but the first, and all but the last");
    checkOverlap(square(), head, tail, "all rows but the last, and all but the first");
    checkOverlap(square(), (base) => base.T, (base) => base.slice("::-1", "::-1"), "turned");
  });

  property("a number and itself", (random) => {
    const base = randomTensor(random, [1 + random.below(50)]);
    const values = elementsOf(base);
    assert.equal(base.add_(base), base);
    assertElements(base, values.map((x) => Math.fround(x + x)), "a.add_(a)");
  });
});

describe("broadcasting", () => {
  property("add and mul commute, and operands are taken as if repeated", (random) => {
    const a = randomTensor(random, randomShape(random));
    const b = broadcastable(random, a.shape);
    const name = random.pick(["add", "mul", "maximum"] as const);
    assertSame(a[name](b), b[name](a), `${name} of [${a.shape}] and [${b.shape}]`);
    const [wideA, wideB] = outer(random, a);
    const shape = wideA.add(wideB).shape;
    const repeated = wideA.expand([...shape])[name](wideB.expand([...shape]));
    assertSame(wideA[name](wideB), repeated, `${name} of [${wideA.shape}] and [${wideB.shape}]`);
  });

  property("each element is that of the operands at its place", (random) => {
    const [a, b] = outer(random, randomTensor(random, randomShape(random, 3)));
    const got = a.sub(b);
    const place = (view: Tensor, index: readonly number[]) =>
      index.slice(index.length - view.ndim).map((i, axis) => view.shape[axis] === 1 ? 0 : i);
    const expected = indicesOf(got.shape).map((index) =>
      Math.fround((a.at(...place(a, index)) as number) - (b.at(...place(b, index)) as number))
    );
    assertElements(got, expected, `sub of [${a.shape}] and [${b.shape}]`);
  });

  property("where takes from either operand", (random) => {
    const [a, b] = outer(random, randomTensor(random, randomShape(random, 3)));
    const condition = a.gt(b);
    assertSame(where(condition, a, b), a.maximum(b), `where of [${a.shape}] and [${b.shape}]`);
  });
});

/** Two tensors each of which the other may repeat along some axes. */
function outer(random: Random, a: Tensor): [Tensor, Tensor] {
  const toOne = a.shape.map(() => random.below(3));
  const first = a.shape.map((size, axis) => toOne[axis] === 0 ? 1 : size);
  const second = a.shape.map((size, axis) => toOne[axis] === 1 ? 1 : size);
  const start = second.findIndex((size) => size !== 1);
  const shorter = start < 0 ? [] : second.slice(start);
  return [randomTensor(random, first), randomTensor(random, shorter)];
}

describe("parts and wholes", () => {
  property("concat puts together what split and chunk took apart", (random) => {
    const base = randomTensor(random, [...randomShape(random, 3), 2 + random.below(9)]);
    const axis = base.ndim - 1;
    const size = 1 + random.below(4);
    assertSame(concat(base.split(size, axis), axis), base, `split by ${size}`);
    assertSame(concat(base.chunk(size, axis), axis), base, `${size} chunks`);
  });

  property("stack puts together what select took apart", (random) => {
    const base = randomTensor(random, [1 + random.below(4), 1 + random.below(4), 3]);
    const axis = random.below(3);
    const parts = Array.from({ length: base.shape[axis] }, (_, i) => base.select(axis, i));
    assertSame(stack(parts, axis), base, `along ${axis}`);
  });

  property("reshape keeps the order", (random) => {
    const pair = randomView(random, randomTensor(random, randomShape(random)), true);
    const size = sizeOf(pair.model.shape);
    const flat = pair.view.reshape([size]);
    assertElements(flat, elementsOf(pair.view), `${textOf(pair)}.reshape`);
    assertSame(flat.reshape([...pair.view.shape]), pair.view, `${textOf(pair)} and back`);
    assertSame(pair.view.flatten(), flat, `${textOf(pair)}.flatten`);
  });
});
