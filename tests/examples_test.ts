/** The examples run, at small size; those that draw leave a picture. They check their own results. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { root, runScript } from "./process.ts";

const folder = join(root, "examples");
// As tools/example.ts grants them.
const permissions = ["--allow-ffi", "--allow-read", "--allow-env=NODE_ENV"];
permissions.push(`--allow-write=${join(folder, "output")}`);

describe("examples", () => {
  for (const name of readdirSync(folder).filter((file) => /^\d.*\.ts$/.test(file)).sort()) {
    it(name, () => {
      const args = ["--small"];
      const { code, stdout, stderr } = runScript(join(folder, name), { permissions, args });
      assert.equal(code, 0, `${stdout}\n${stderr}`);
      assert.equal(stderr, "");
      const picture = /^picture: (.*)$/m.exec(stdout)?.[1];
      if (picture) assert.match(readFileSync(picture, "utf8"), /^<svg [^]*<path [^]*<\/svg>\s*$/);
    });
  }
});
