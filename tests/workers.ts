/** Starts Workers that import the module at once and compute concurrently. */

import type { Task } from "./worker.ts";

function runWorker(task: Task): Promise<string> {
  return new Promise((resolve) => {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    const finish = (message: string) => {
      worker.terminate();
      resolve(message);
    };
    worker.onmessage = (event: MessageEvent<string>) => finish(event.data);
    worker.onerror = (event: ErrorEvent) => {
      event.preventDefault();
      finish(`worker ${task.index}: ${event.message}`);
    };
    worker.postMessage(task);
  });
}

/** Runs some Workers at once; their complaints, "" where all was right. */
export function runWorkers(count: number): Promise<string[]> {
  const shared = new Float32Array(new SharedArrayBuffer(4 * 50_000));
  shared.forEach((_, i) => shared[i] = i % 11 - 5);
  const sharedSum = shared.reduce((total, x) => total + x, 0);
  const indices = Array.from({ length: count }, (_, i) => i);
  return Promise.all(indices.map((index) => runWorker({ index, shared, sharedSum })));
}
