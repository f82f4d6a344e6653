/**
 * Every line of docs/coming-from-numpy-and-pytorch.md runs and gives what NumPy and PyTorch give for
 * the lines beside it (`golden/guide.jsonl`, written by `golden/guide.py`).
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import * as zt from "../mod.ts";
import { Tensor, tensor } from "../mod.ts";

interface Expected {
  readonly line: string;
  readonly gives?: unknown;
  /** What `a` holds afterwards. */
  readonly a?: unknown;
}

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
const expected = new Map(
  read("./golden/guide.jsonl").trimEnd().split("\n").map((text) => {
    const entry = JSON.parse(text) as Expected;
    return [entry.line, entry];
  }),
);
const guide = read("../docs/coming-from-numpy-and-pytorch.md");

/** The last column of the tables. */
const lines = guide.split("\n")
  .filter((row) => row.startsWith("|"))
  .flatMap((row) => /\| *`([^`]+)` *\|$/.exec(row)?.[1] ?? []);

function makeOperands(): Record<string, Tensor> {
  return {
    a: tensor([[1, 2, 3], [4, 5, 6]]),
    b: tensor([10, 20, 30]),
    m: tensor([[1, 0], [0, 2], [1, 1]]),
    i: tensor([2, 0], { dtype: "int32" }),
    flags: tensor([true, false]),
  };
}

function run(line: string, operands: Record<string, Tensor>): unknown {
  const names = { ...zt, ...operands };
  const result = new Function(...Object.keys(names), `return ${line};`)(...Object.values(names));
  return result instanceof Tensor ? result.toArray() : result;
}

/** The same nesting, and numbers that float32 cannot tell apart. */
function assertClose(got: unknown, wanted: unknown, what: string): void {
  if (Array.isArray(wanted)) {
    assert(Array.isArray(got) && got.length === wanted.length, `${what} is ${JSON.stringify(got)}`);
    wanted.forEach((each, i) => assertClose(got[i], each, `${what}[${i}]`));
    return;
  }
  const [x, y] = [Number(got), Number(wanted)];
  assert(Math.abs(x - y) <= 1e-6 * Math.abs(y), `${what} is ${x}, expected ${y}`);
  // NumPy's integers may be numbers here, but truth values are truth values.
  assert.equal(typeof got === "boolean", typeof wanted === "boolean", what);
}

describe("the guide for people who know NumPy and PyTorch", () => {
  it("has all its lines in golden/guide.jsonl", () => {
    assert.deepEqual(lines.toSorted(), [...expected.keys()].toSorted());
    assert(lines.length > 60);
  });

  for (const line of lines) {
    it(line, () => {
      const operands = makeOperands();
      const got = run(line, operands);
      const { gives, a } = expected.get(line)!;
      if (gives === undefined) return;
      assertClose(got, gives, line);
      assertClose(operands.a.toArray(), a, "a afterwards");
    });
  }
});
