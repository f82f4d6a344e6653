/**
 * Tensor beside NumPy and PyTorch, in calls a second, each result in new memory as users write it
 * unless the case says otherwise.
 *
 *     deno task bench tensor [--bun] [--threads N] [case ...]
 *
 * - `add:N`: two lines of N elements
 * - `addRow:N`, `addColumn:N`: an N×N matrix and a row, or a column
 * - `addRowInto:N`, `addColumnInto:N`: the same into a matrix that is there
 * - `sum0:N`, `sum1:N`: an N×N matrix over its first, or its second axis
 * - `batch:CxN`: C products of N×N matrices
 * - `transposed:N`: aᵀ·b of two N×N matrices
 * - `square:N`, `positive:N`, `largest:N`: an N×N matrix to the power 2, whether it is above 0, and the
 *   index of the largest of every column
 * - `fromBytes:N`, `toInts:N`: an N×N matrix of uint8 to float32, and one of float32 to int32
 * - `sumInts:N`, `allRows:N`: an N×N matrix of int32, or of bool, over its first axis
 * - `join:N`, `rows:N`, `pick:N`: two N×N matrices side by side; one's rows in another order; and its
 *   elements, each chosen from its row
 * - `epoch:N`: examples/common/network.ts with 32 hidden units, through N points by 32
 *
 * @module
 */

import { concat, randint, randn, zeros } from "../mod.ts";
import { makeMoons } from "../examples/common/moons.ts";
import { Network } from "../examples/common/network.ts";
import { main, type TaskOf } from "./common.ts";

const defaultCases =
  "add:16 add:1000 addRow:1024 addColumn:1024 addRowInto:1024 addColumnInto:1024 sum0:2048 " +
  "sum1:2048 batch:64x128 transposed:512 square:1000 positive:1000 largest:1000 " +
  "fromBytes:1000 toInts:1000 sumInts:1000 allRows:1000 join:1000 rows:1000 pick:1000 epoch:4000";

const warmUpSteps = 400_000;

type Make = (n: number, count: number) => () => unknown;

const makers: Record<string, Make> = {
  add(n) {
    const [a, b] = [randn([n]), randn([n])];
    return () => a.add(b);
  },
  addRow(n) {
    const [a, row] = [randn([n, n]), randn([n])];
    return () => a.add(row);
  },
  addColumn(n) {
    const [a, column] = [randn([n, n]), randn([n, 1])];
    return () => a.add(column);
  },
  addRowInto(n) {
    const [a, row, out] = [randn([n, n]), randn([n]), zeros([n, n])];
    return () => a.add(row, out);
  },
  addColumnInto(n) {
    const [a, column, out] = [randn([n, n]), randn([n, 1]), zeros([n, n])];
    return () => a.add(column, out);
  },
  sum0(n) {
    const a = randn([n, n]);
    return () => a.sum(0);
  },
  sum1(n) {
    const a = randn([n, n]);
    return () => a.sum(1);
  },
  batch(n, count) {
    const [a, b] = [randn([count, n, n]), randn([count, n, n])];
    return () => a.matmul(b);
  },
  transposed(n) {
    const [a, b] = [randn([n, n]), randn([n, n])];
    return () => a.T.matmul(b);
  },
  square(n) {
    const a = randn([n, n]);
    return () => a.pow(2);
  },
  positive(n) {
    const a = randn([n, n]);
    return () => a.gt(0);
  },
  largest(n) {
    const a = randn([n, n]);
    return () => a.argmax(0);
  },
  fromBytes(n) {
    const bytes = randint(0, 256, [n, n]).to("uint8");
    return () => bytes.to("float32");
  },
  toInts(n) {
    const a = randn([n, n]).mul(100);
    return () => a.to("int32");
  },
  sumInts(n) {
    const ints = randint(0, 100, [n, n]);
    return () => ints.sum(0);
  },
  allRows(n) {
    const holds = randn([n, n]).gt(-9);
    return () => holds.all(0);
  },
  join(n) {
    const [a, b] = [randn([n, n]), randn([n, n])];
    return () => concat([a, b], 1);
  },
  rows(n) {
    const [a, order] = [randn([n, n]), randint(0, n, [n])];
    return () => a.indexSelect(0, order);
  },
  pick(n) {
    const [a, places] = [randn([n, n]), randint(0, n, [n, n])];
    return () => a.gather(1, places);
  },
  epoch(n) {
    const [points, network] = [makeMoons(n, 0.15), new Network(32)];
    const epoch = () => network.epoch(points, 32, 0.5);
    // So much code takes the engines' compilers longer than a measurement.
    for (let i = 0; i < warmUpSteps / n; i++) epoch();
    return epoch;
  },
};

const taskOf: TaskOf = (text) => {
  const [name, sizes = ""] = text.split(":");
  const [n, count = 1] = sizes.split("x").map(Number).reverse();
  const make = makers[name];
  if (!make || !Number.isInteger(n) || n < 1) {
    throw new Error(`${text} is no case: expected add:16`);
  }
  return { work: 1e9, call: make(n, count) };
};

if (import.meta.main) {
  await main({
    url: import.meta.url,
    unit: "calls/s",
    cases: defaultCases.split(" "),
    libraries: { zigtorch: () => taskOf },
    python: { file: "tensor_peers.py", libraries: ["NumPy", "PyTorch"] },
  });
}
