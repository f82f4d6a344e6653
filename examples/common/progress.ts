/**
 * A line that tells how far long work has come: on a terminal it is rewritten in place, in a log it
 * is not shown.
 *
 * @module
 */

import process from "node:process";

const { stderr } = process;

/** Shows `done` of `total` and a note, and ends the line when all is done. */
export function showProgress(done: number, total: number, note: string): void {
  if (!stderr.isTTY) return;
  const width = 24;
  const filled = Math.round(width * done / total);
  const bar = "█".repeat(filled).padEnd(width, "░");
  stderr.write(`\r${bar} ${done}/${total}  ${note}\x1b[K${done === total ? "\n" : ""}`);
}
