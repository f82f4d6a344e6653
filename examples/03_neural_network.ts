/**
 * Trains a net of two layers to tell two moons apart, and draws where it draws the line.
 *
 *     deno task example 03 [--small]
 *
 * @module
 */

import process from "node:process";
import { concat, linspace, manualSeed, stack, type Tensor } from "../mod.ts";
import { makeMoons, type Points } from "./common/moons.ts";
import { Network } from "./common/network.ts";
import { drawChart, type EChartsOption } from "./common/plot.ts";
import { showProgress } from "./common/progress.ts";

const isSmall = process.argv.includes("--small");
const count = isSmall ? 800 : 4000;
const epochs = isSmall ? 40 : 60;

manualSeed(7);
const training = makeMoons(count, 0.15);
const test = makeMoons(1000, 0.15);
const network = new Network(32);

const start = performance.now();
for (let epoch = 1; epoch <= epochs; epoch++) {
  network.epoch(training, 32, 0.5);
  showProgress(epoch, epochs, `accuracy ${network.accuracy(training).toFixed(4)}`);
}
const milliseconds = (performance.now() - start) / epochs;

const accuracy = network.accuracy(test);
console.log(`${epochs} epochs of ${count} points, ${milliseconds.toFixed(2)} ms each`);
console.log(`test accuracy ${(100 * accuracy).toFixed(1)} %`);
if (!(accuracy >= 0.97)) throw new Error("expected at least 97 %");
console.log(`picture: ${drawChart("03_neural_network", picture(test))}`);

/** Probabilities on a grid [cells, cells] behind the points. */
function picture({ x, y }: Points): EChartsOption {
  const cells = 60;
  const [left, right, bottom, top] = [-1.5, 2.5, -1.5, 2];
  const across = linspace(left, right, cells).expand([cells, cells]);
  const upward = linspace(bottom, top, cells).unsqueeze(1).expand([cells, cells]);
  const grid = stack([across.flatten(), upward.flatten()], 1);
  const field = rowsOf(concat([grid, network.predict(grid)], 1));
  const moon = (label: number) => rowsOf(x).filter((_, i) => y.at(i, 0) === label);
  return {
    title: { text: `Two moons: ${(100 * accuracy).toFixed(1)} % right`, left: "center" },
    legend: { bottom: 0, itemGap: 30, data: ["first moon", "second moon"] },
    grid: { left: 50, right: 30, top: 50, bottom: 60 },
    xAxis: { min: left, max: right, axisLine: { onZero: false }, splitLine: { show: false } },
    yAxis: { min: bottom, max: top, axisLine: { onZero: false }, splitLine: { show: false } },
    color: ["#1d4ed8", "#c2410c"],
    visualMap: {
      show: false,
      seriesIndex: 2,
      dimension: 2,
      min: 0,
      max: 1,
      inRange: { color: ["#bfdbfe", "#ffffff", "#fed7aa"] },
    },
    series: [
      { type: "scatter", name: "first moon", symbolSize: 5, data: moon(0) },
      { type: "scatter", name: "second moon", symbolSize: 5, data: moon(1) },
      {
        type: "scatter",
        symbol: "rect",
        symbolSize: [12, 9],
        itemStyle: { opacity: 1 },
        silent: true,
        z: 0,
        data: field,
      },
    ],
  };
}

function rowsOf(points: Tensor): number[][] {
  return points.toArray() as number[][];
}
