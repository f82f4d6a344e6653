/**
 * A net of two layers with gradients written by hand: x → tanh(x·W₁ + b₁) → sigmoid(h·W₂ + b₂),
 * trained on the cross-entropy with stochastic gradient descent. `bench/neural_network.py` is the
 * same in NumPy and in PyTorch.
 *
 * @module
 */

import { arange, rand, randn, type Tensor, zeros } from "../../mod.ts";
import type { Points } from "./moons.ts";

/** The net; `hidden` units between two inputs and one output. */
export class Network {
  readonly #w1: Tensor;
  readonly #b1: Tensor;
  readonly #w2: Tensor;
  readonly #b2: Tensor;

  constructor(hidden: number) {
    this.#w1 = randn([2, hidden]);
    this.#b1 = zeros([hidden]);
    this.#w2 = randn([hidden, 1]).mul(1 / Math.sqrt(hidden));
    this.#b2 = zeros([1]);
  }

  /** Probabilities [count, 1] that points [count, 2] belong to the second moon. */
  predict(x: Tensor): Tensor {
    return this.#hidden(x).matmul(this.#w2).add_(this.#b2).sigmoid();
  }

  #hidden(x: Tensor): Tensor {
    return x.matmul(this.#w1).add_(this.#b1).tanh();
  }

  /** One step of gradient descent on a batch. */
  step({ x, y }: Points, rate: number): void {
    const h = this.#hidden(x);
    const p = h.matmul(this.#w2).add_(this.#b2).sigmoid();
    // The cross-entropy of a sigmoid has a plain derivative by what went into it: p - y.
    const dOut = p.sub_(y).mul_(rate / y.size);
    // tanh' = 1 - tanh²
    const dHidden = dOut.matmul(this.#w2.T).mul_(h.square().neg().add_(1));
    this.#w2.sub_(h.T.matmul(dOut));
    this.#b2.sub_(dOut.sum(0));
    this.#w1.sub_(x.T.matmul(dHidden));
    this.#b1.sub_(dHidden.sum(0));
  }

  /** Steps through all points once, in a random order. */
  epoch({ x, y }: Points, batch: number, rate: number): void {
    const order = shuffled(y.size);
    const [mixedX, mixedY] = [x.indexSelect(0, order), y.indexSelect(0, order)];
    for (let start = 0; start < y.size; start += batch) {
      const count = Math.min(batch, y.size - start);
      this.step({ x: mixedX.narrow(0, start, count), y: mixedY.narrow(0, start, count) }, rate);
    }
  }

  /** Share of points that are put on the right moon. */
  accuracy({ x, y }: Points): number {
    return this.predict(x).gt(0.5).eq(y).to("float32").mean();
  }
}

/** 0 … count-1 in a random order (Fisher and Yates). */
function shuffled(count: number): Tensor {
  const order = arange(count, { dtype: "int32" });
  const [indices, draws] = [order.data, rand([count]).data];
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(draws[i] * (i + 1));
    [indices[i], indices[j]] = [indices[j], indices[i]];
  }
  return order;
}
