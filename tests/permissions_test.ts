/** What Deno must be allowed, and that nothing asks for more. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import process from "node:process";
import { info } from "../mod.ts";
import { runtime } from "../ffi/runtime.ts";
import { type Report, root, runChild, runProgram } from "./process.ts";

const { library } = info();

function assertMissing({ name, code, message = "" }: Report, ...missing: string[]): void {
  assert.equal(name, "LibraryError", message);
  assert.equal(code, "LIBRARY");
  assert(message.includes(library), message);
  assert(message.includes(`run deno with ${missing.join(" ")};`), message);
}

const sufficient: readonly string[][] = [
  ["--allow-ffi", "--allow-read"],
  [`--allow-ffi=${library}`, `--allow-read=${library}`],
  [`--allow-ffi=${dirname(library)}`, `--allow-read=${root}`],
];

describe("permissions", { skip: runtime.name !== "deno" }, () => {
  for (const noPrompt of [[], ["--no-prompt"]]) {
    it(`less than enough names what is missing ${noPrompt}`, () => {
      const run = (...flags: string[]) => runChild({ permissions: [...noPrompt, ...flags] });
      assertMissing(run(), "--allow-read", "--allow-ffi");
      assertMissing(run("--allow-ffi"), "--allow-read");
      assertMissing(run("--allow-read"), "--allow-ffi");
      assertMissing(run("--allow-read", "--allow-ffi=/another"), "--allow-ffi");
      assertMissing(run("--allow-ffi", "--allow-read=/another"), "--allow-read");
      assertMissing(run("--allow-read", "--allow-env", "--deny-ffi"), "--allow-ffi");
    });

    it(`--allow-ffi and --allow-read are enough ${noPrompt}`, () => {
      for (const permissions of sufficient) {
        const report = runChild({ permissions: [...noPrompt, ...permissions] });
        assert.deepEqual(report.product, [19, 22, 43, 50], JSON.stringify(report));
      }
    });
  }

  it("variables that may not be read are ignored", () => {
    const env = { ZIGTORCH_LIB: "/no/such/library", ZIGTORCH_ISA: "none" };
    const permissions = ["--allow-ffi", "--allow-read"];
    assert.deepEqual(runChild({ env, permissions }).product, [19, 22, 43, 50]);
    const denied = runChild({ env, permissions: [...permissions, "--deny-env"] });
    assert.deepEqual(denied.product, [19, 22, 43, 50]);
  });

  it("variables that may be read count", () => {
    const permissions = ["--allow-ffi", "--allow-read", "--allow-env=ZIGTORCH_ISA"];
    assert.equal(runChild({ env: { ZIGTORCH_ISA: "none" }, permissions }).name, "LibraryError");
    const env = { ZIGTORCH_LIB: "/no/such/library" };
    assert.deepEqual(runChild({ env, permissions }).product, [19, 22, 43, 50]);
  });

  const terminal = "/usr/bin/script";
  it("nothing prompts on a terminal", { skip: !existsSync(terminal) }, () => {
    for (const flags of ["", "--allow-ffi", "--allow-read", "--allow-ffi --allow-read"]) {
      const script = join(root, "tests/child.ts");
      const command = `'${process.execPath}' run --quiet --no-check ${flags} '${script}'`;
      const { code, stdout } = runProgram(terminal, ["-qec", command, "/dev/null"]);
      assert.equal(code, 0, stdout);
      assert(!/requests|prompt|\[y\/n/i.test(stdout), stdout);
      JSON.parse(stdout);
    }
  });
});
