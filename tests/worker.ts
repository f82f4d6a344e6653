/** A Worker of `threads_test.ts`: computes its share and says what was wrong with it. */

import { add, dot, exp, matmul, softmax, sum, transpose } from "../mod.ts";
import { accumulate } from "./matrix.ts";
import { Random } from "./random.ts";

export interface Task {
  readonly index: number;
  /** All workers read it at once. */
  readonly shared: Float32Array;
  readonly sharedSum: number;
}

/** The part of a Worker's global scope that is used, in one spelling for both runtimes. */
const scope = globalThis as unknown as {
  onmessage: (event: { data: Task }) => void;
  postMessage(message: string): void;
};

/** Small integers: the products of all sizes are exact. */
function checkProduct(random: Random, m: number, n: number, k: number): void {
  const a = random.fill(m * k, () => random.integer(-5, 5));
  const b = random.fill(k * n, () => random.integer(-5, 5));
  const exact = new Float64Array(m * n);
  accumulate(exact, a, b, n, k, 0, k);
  for (let round = 0; round < 3; round++) {
    const got = matmul(a, b, m, n, k);
    const wrong = got.findIndex((x, i) => x !== exact[i]);
    if (wrong >= 0) throw new Error(`${m}×${n}×${k}: [${wrong}] is ${got[wrong]}`);
  }
}

function expect(isRight: boolean, what: string): void {
  if (!isRight) throw new Error(what);
}

function compute({ index, shared, sharedSum }: Task): void {
  const random = new Random(index);
  for (const size of [3, 17, 64, 100, 200, 300]) {
    checkProduct(random, size, size + index, size);
    checkProduct(random, 5, size, 2 * size);
  }
  const own = random.fill(10_000 + index, () => random.integer(-9, 9));
  const total = own.reduce((before, x) => before + x, 0);
  const squares = own.reduce((before, x) => before + x * x, 0);
  for (let round = 0; round < 40; round++) {
    expect(sum(own) === total, "sum");
    expect(dot(own, own) === squares, "dot");
    expect(sum(shared) === sharedSum, "sum of shared memory");
    const [first] = add(shared, index, new Float32Array(shared.length));
    expect(first === shared[0] + index, "add");
  }
  const zeros = exp(new Float32Array(1000));
  expect(zeros.every((x) => x === 1), "exp");
  expect(softmax(zeros, 100, 10).every((x) => x === Math.fround(0.1)), "softmax");
  const back = transpose(transpose(own.subarray(0, 9000), 100, 90), 90, 100);
  expect(back.every((x, i) => x === own[i]), "transpose");
}

scope.onmessage = ({ data }) => {
  let message = "";
  try {
    compute(data);
  } catch (error) {
    message = error instanceof Error ? `worker ${data.index}: ${error.message}` : String(error);
  }
  scope.postMessage(message);
};
