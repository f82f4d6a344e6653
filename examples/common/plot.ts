/**
 * Pictures of the examples: SVG files, drawn with Apache ECharts, which needs no browser.
 *
 * Deno fetches the package by this very name, Bun finds it where tsconfig.json's `paths` says, which
 * `deno task example` fills.
 *
 * @module
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
// Not in deno.json: whatever stands there, `deno task` fetches before it starts anything.
// deno-lint-ignore no-import-prefix
import { type EChartsOption, init } from "npm:echarts@6.1.0";

export type { EChartsOption };

const folder = new URL("../output/", import.meta.url);

/** Draws a chart and returns the path of its file in examples/output/. */
export function drawChart(name: string, option: EChartsOption): string {
  const chart = init(null, null, { renderer: "svg", ssr: true, width: 720, height: 540 });
  chart.setOption({ animation: false, backgroundColor: "#fff", ...option });
  const file = new URL(`${name}.svg`, folder);
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, chart.renderToSVGString());
  chart.dispose();
  return fileURLToPath(file);
}
