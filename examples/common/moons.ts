/**
 * Two half circles that interlock: a small problem that no straight line solves.
 *
 * @module
 */

import { concat, linspace, ones, randn, stack, type Tensor, zeros } from "../../mod.ts";

/** Points and, for each, to which of the two moons it belongs. */
export interface Points {
  /** [count, 2] */
  readonly x: Tensor;
  /** [count, 1], zeros and ones */
  readonly y: Tensor;
}

/** Points of two moons, half of each, moved by noise of this standard deviation. */
export function makeMoons(count: number, noise: number): Points {
  const half = Math.floor(count / 2);
  const angle = linspace(0, Math.PI, half);
  const [cosine, sine] = [angle.cos(), angle.sin()];
  const upper = stack([cosine, sine], 1);
  const lower = stack([cosine.neg().add(1), sine.neg().add(0.5)], 1);
  const x = concat([upper, lower]).add(randn([2 * half, 2]).mul(noise));
  return { x, y: concat([zeros([half, 1]), ones([half, 1])]) };
}
