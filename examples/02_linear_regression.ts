/**
 * Fits a line to noisy points of y = 3x + 2 by gradient descent, and draws both.
 *
 *     deno task example 02 [--small]
 *
 * @module
 */

import process from "node:process";
import { concat, manualSeed, rand, randn, zeros } from "../mod.ts";
import { drawChart } from "./common/plot.ts";
import { showProgress } from "./common/progress.ts";

const isSmall = process.argv.includes("--small");
const count = isSmall ? 200 : 1000;
const steps = isSmall ? 150 : 500;
const rate = 0.5;
const noise = 0.8;

manualSeed(42);
const x = rand([count, 1]).mul(4).sub(2);
const y = x.mul(3).add(2).add(randn([count, 1]).mul(noise));

const weight = zeros([1, 1]);
const bias = zeros([1]);

/** Mean squared error, of which one step goes downhill. */
function descend(): number {
  const error = x.matmul(weight).add(bias).sub(y);
  const loss = error.square().mean();
  // d/dw mean(e²) = 2·mean(e·x), d/db mean(e²) = 2·mean(e)
  weight.sub_(x.T.matmul(error).mul(rate / count));
  bias.sub_(error.mean(0).mul(rate));
  return loss;
}

let loss = 0;
for (let i = 1; i <= steps; i++) {
  loss = descend();
  if (i % 10 === 0) showProgress(i, steps, `loss ${loss.toFixed(4)}`);
}

const [slope, intercept] = [weight.item() as number, bias.item() as number];
console.log(`y = ${slope.toFixed(3)}·x + ${intercept.toFixed(3)}, mean squared error`, loss);
// Five standard errors of the intercept; those of the slope are smaller.
const allowed = 5 * noise / Math.sqrt(count);
if (Math.abs(slope - 3) > allowed || Math.abs(intercept - 2) > allowed) {
  throw new Error(`expected y = 3·x + 2, each within ${allowed}`);
}

const file = drawChart("02_linear_regression", {
  title: { text: `y = ${slope.toFixed(2)}·x + ${intercept.toFixed(2)}`, left: "center" },
  legend: { bottom: 0, itemGap: 30 },
  grid: { left: 50, right: 30, top: 50, bottom: 60 },
  xAxis: { min: -2, max: 2, axisLine: { onZero: false } },
  yAxis: { axisLine: { onZero: false } },
  series: [
    {
      type: "scatter",
      name: "points",
      symbolSize: 5,
      itemStyle: { opacity: 0.5 },
      data: concat([x, y], 1).toArray() as number[][],
    },
    {
      type: "line",
      name: "fitted line",
      symbol: "none",
      lineStyle: { width: 3 },
      data: [-2, 2].map((at) => [at, slope * at + intercept]),
    },
  ],
});
console.log(`picture: ${file}`);
