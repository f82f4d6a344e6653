/**
 * A library that is measured in a process of its own, which sleeps while others are measured: idle
 * workers of one library would spoil the next one's figures.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { createInterface } from "node:readline";

/** Windows has no such signals: there the processes that wait are not stopped. */
const canStop = process.platform !== "win32";

/** Threads that the libraries are told to use. */
export function environmentOf(threads: number): NodeJS.ProcessEnv {
  const count = String(threads);
  return {
    ...process.env,
    ZIGTORCH_NUM_THREADS: count,
    OPENBLAS_NUM_THREADS: count,
    BLIS_NUM_THREADS: count,
    OMP_NUM_THREADS: count,
    MKL_NUM_THREADS: count,
    PYTHONDONTWRITEBYTECODE: "1",
  };
}

/** A process that takes a case a line, and answers with a line: its figure, or null. */
export class Library {
  readonly name: string;
  readonly #process: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  /** The end of answers that never began: there is no such program. */
  readonly #missing: Promise<IteratorReturnResult<undefined>>;

  constructor(name: string, command: string, args: readonly string[], threads: number) {
    this.name = name;
    const stdio = ["pipe", "pipe", "ignore"] as const;
    const child = spawn(command, args, { env: environmentOf(threads), stdio: [...stdio] });
    this.#missing = new Promise((resolve) => {
      child.on("error", () => resolve({ done: true, value: undefined }));
    });
    child.stdin?.on("error", () => {});
    this.#process = child;
    this.#answers = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  }

  /** Measures a case for a while; null where the library has nothing for it, or is not there. */
  async measure(text: string): Promise<number | null> {
    this.#signal("SIGCONT");
    this.#process.stdin?.write(`${text}\n`);
    const { done, value } = await Promise.race([this.#answers.next(), this.#missing]);
    this.#signal("SIGSTOP");
    return done ? null : JSON.parse(value);
  }

  /** Ends the process. */
  end(): void {
    this.#process.kill("SIGKILL");
  }

  /** Not by the child's own `kill`, which on Deno lets go of its pipes as well. */
  #signal(signal: "SIGCONT" | "SIGSTOP"): void {
    const { pid, exitCode } = this.#process;
    if (canStop && pid !== undefined && exitCode === null) process.kill(pid, signal);
  }
}
