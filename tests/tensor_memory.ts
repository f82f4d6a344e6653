/**
 * A process of its own for `tensor_memory_test.ts`: makes results of 1 MB in a synchronous loop,
 * drops them, and prints by how much its memory grew, in one line of JSON.
 */

import { readFileSync } from "node:fs";
import process from "node:process";
import { ones } from "../mod.ts";

const count = Number(process.env.ZIGTORCH_TEST_RESULTS);
const [a, b] = [ones([512, 512]), ones([512, 512])];

/** Pages that the system had to provide; unknown but on Linux. */
function pageFaults(): number {
  if (process.platform !== "linux") return NaN;
  return Number(readFileSync("/proc/self/stat", "utf8").split(" ")[9]);
}

const start = process.memoryUsage().rss;
const startFaults = pageFaults();
let most = 0;
for (let i = 0; i < count; i++) {
  a.add(b);
  if (i % 50 === 0) most = Math.max(most, process.memoryUsage().rss - start);
}
const faults = (pageFaults() - startFaults) / count;
console.log(JSON.stringify({ megabytes: Math.ceil(most / 1e6), faults }));
