/**
 * A process of its own for calls that a trusting library would not survive: arrays and options that
 * say one thing when they are checked and another when they are used, or that take away the memory
 * of a tensor in between. Prints what became of them.
 */

import { concat, stack, type Tensor, tensor, where, zeros, ZigTorchError } from "../mod.ts";
import { methods, sample } from "./tensor_calls.ts";

const rows = 256;

/** A tensor of whole pages of memory, and what takes them away. */
function victim(): [Tensor, () => void] {
  const view = new Float32Array(rows * rows);
  const act = () => {
    if (!view.buffer.detached) structuredClone(view.buffer, { transfer: [view.buffer] });
  };
  return [tensor(view).reshape([rows, rows]), act];
}

/** An array that is right when it is read first and enormous ever after. */
function fickle(first: readonly number[], then: readonly number[], act = () => {}): number[] {
  const array = [...first];
  let reads = 0;
  array.forEach((value, i) => {
    Object.defineProperty(array, i, {
      get() {
        act();
        return reads++ < array.length ? value : then[i];
      },
    });
  });
  return array;
}

/** A proxy of an array with the same habit. */
function fickleProxy(first: readonly number[], then: readonly number[]): number[] {
  let reads = 0;
  return new Proxy([...first], {
    get: (array, key) => {
      if (key === "length") return reads++ === 0 ? array.length : then.length;
      return reads++ < 2 * array.length ? Reflect.get(array, key) : then[Number(key)];
    },
  });
}

/** An array whose iterator tells another story than its indices. */
function lyingIterator(values: readonly number[], others: readonly number[]): number[] {
  return Object.assign([...values], { [Symbol.iterator]: () => others[Symbol.iterator]() });
}

const huge = [2 ** 30, 2 ** 30, 2 ** 30];

type Shaped = (a: Tensor, values: number[]) => unknown;

/** Methods that take an array, with a right one for [256, 256]. */
const shaped: Record<string, readonly [call: Shaped, right: readonly number[]]> = {
  reshape: [(a, shape) => a.reshape(shape).add(1), [rows * rows, 1]],
  expand: [(a, shape) => a.expand(shape).add(1), [rows, rows]],
  permute: [(a, axes) => a.permute(axes).add(1), [1, 0]],
  transpose: [(a, axes) => a.transpose(axes).matmul(a), [1, 0]],
  sum: [(a, axes) => a.sum(axes), [0, 1]],
  var: [(a, axes) => a.var(axes), [1, 0]],
  squeeze: [(a, axes) => a.unsqueeze(0).unsqueeze(0).squeeze(axes as unknown as number), [0, 1]],
  split: [(a, sizes) => a.split(sizes).map((part) => part.add(1)), [100, 156]],
  indexSelect: [(a, indices) => a.indexSelect(0, indices), [3, 255]],
  gather: [(a, indices) => a.gather(0, [indices]), [3, 255]],
  zeros: [(_, shape) => zeros(shape).add(1), [rows, rows]],
  tensor: [(_, nested) => tensor([nested, nested]).add(1), [1, 2]],
};

const outcomes: Record<string, string> = {};

function attempt(name: string, call: () => unknown): void {
  try {
    call();
    outcomes[name] = "returned";
  } catch (error) {
    const isOurs = error instanceof ZigTorchError && error.code !== "INTERNAL";
    // A getter may throw what it likes, and `this` that is no tensor is JavaScript's own error.
    outcomes[name] = isOurs || error instanceof TypeError ? "refused" : String(error);
  }
}

for (const [name, [call, right]] of Object.entries(shaped)) {
  const then = right.map((_, i) => huge[i]);
  attempt(`${name}, fickle`, () => call(zeros([rows, rows]), fickle(right, then)));
  attempt(`${name}, fickle and negative`, () => {
    call(zeros([rows, rows]), fickle(right, right.map(() => -7)));
  });
  attempt(`${name}, a proxy`, () => call(zeros([rows, rows]), fickleProxy(right, huge)));
  attempt(`${name}, an iterator`, () => call(zeros([rows, rows]), lyingIterator(right, huge)));
  attempt(`${name}, a getter that detaches`, () => {
    const [a, act] = victim();
    call(a, fickle(right, right, act));
  });
  attempt(`${name}, a getter that throws`, () => {
    call(
      zeros([rows, rows]),
      fickle(right, right, () => {
        throw new TypeError("mine");
      }),
    );
  });
  attempt(`${name}, an array that grows`, () => {
    const values = fickle(right, right, () => values.push(2 ** 30));
    call(zeros([rows, rows]), values);
  });
}

/** Options whose getters act. */
for (const key of ["keepdims", "correction"]) {
  for (const name of ["sum", "var", "argmax"] as const) {
    attempt(`${name}, ${key} detaches`, () => {
      const [a, act] = victim();
      const options = Object.defineProperty({}, key, {
        get() {
          act();
          return key === "keepdims" ? true : 1;
        },
      });
      (a[name] as (axis: number, options: object) => unknown).call(a, 0, options);
    });
  }
}

/** Lists of tensors whose getters act. */
for (const [name, join] of Object.entries({ concat, stack })) {
  attempt(`${name}, a list that detaches`, () => {
    const [a, act] = victim();
    const list = [a, a];
    Object.defineProperty(list, 1, {
      get() {
        act();
        return a;
      },
    });
    join(list);
  });
  attempt(`${name}, a list that changes`, () => {
    let reads = 0;
    const list = [zeros([2, 2]), zeros([2, 2])];
    Object.defineProperty(list, 0, { get: () => zeros(reads++ === 0 ? [2, 2] : [900, 900]) });
    join(list);
  });
}

attempt("where, the condition's own memory as operand", () => {
  const [a, act] = victim();
  const condition = a.gt(0);
  act();
  where(condition, a, a);
});

/** Every method, called on what only looks like a tensor. */
for (const [name, { call }] of Object.entries(methods)) {
  attempt(`${name} of a proxy`, () => call(new Proxy(sample(), {})));
  attempt(`${name} of an heir`, () => call(Object.create(sample()) as Tensor));
  attempt(`${name} with own properties`, () => {
    const liar = sample();
    for (const key of ["shape", "strides", "size", "ndim", "data"]) {
      Object.defineProperty(liar, key, { value: huge });
    }
    call(liar);
  });
}

console.log(JSON.stringify(outcomes));
