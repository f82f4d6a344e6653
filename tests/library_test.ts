/** Loading: levels by name, and libraries that are missing, broken, foreign or stale. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, it } from "node:test";
import { info } from "../mod.ts";
import { runtime } from "../ffi/runtime.ts";
import { abiHash } from "../ffi/symbols.gen.ts";
import { copyTree, type Report, root, runChild, withFolder } from "./process.ts";

const { library, availableIsas } = info();

function assertWorks(report: Report): void {
  assert.deepEqual(report.product, [19, 22, 43, 50], JSON.stringify(report));
}

/** A LibraryError that names all of some texts. */
function assertRefused({ name, code, message = "" }: Report, ...texts: (string | RegExp)[]): void {
  assert.equal(name, "LibraryError", message);
  assert.equal(code, "LIBRARY");
  for (const text of texts) {
    const isThere = typeof text === "string" ? message.includes(text) : text.test(message);
    assert(isThere, `${text} is not in: ${message}`);
  }
}

const howToBuild = "deno task build";

/** Writes bytes to a file and loads that in place of the library. */
function loadBytes(
  bytes: Uint8Array | string,
  check: (report: Report, path: string) => void,
): void {
  withFolder((folder) => {
    const path = join(folder, "some-library.bin");
    writeFileSync(path, bytes);
    check(runChild({ env: { ZIGTORCH_LIB: path } }), path);
  });
}

/** A checksum of 32 bytes ends the file. */
const digestLength = 32;

function patched(patch: (bytes: Uint8Array) => void): Uint8Array {
  const bytes = new Uint8Array(readFileSync(library));
  patch(bytes);
  return bytes;
}

/** A patched copy whose checksum fits again. */
function resealed(patch: (bytes: Uint8Array) => void): Uint8Array {
  return patched((bytes) => {
    patch(bytes);
    if (runtime.os === "macos") return;
    const end = bytes.length - digestLength;
    const body = bytes.subarray(0, end - "zigtorch-sha256:".length);
    bytes.set(createHash("sha256").update(body).digest(), end);
  });
}

describe("library: the level", () => {
  for (const level of availableIsas) {
    it(`ZIGTORCH_ISA=${level}`, () => {
      const report = runChild({ env: { ZIGTORCH_ISA: level } });
      assertWorks(report);
      assert.equal(report.info!.isa, level);
    });
  }

  it("the strongest without it, or when it is empty", () => {
    for (const env of [{}, { ZIGTORCH_ISA: "" }]) {
      const report = runChild({ env: env as Record<string, string> });
      assert.equal(report.info!.isa, availableIsas[availableIsas.length - 1]);
    }
  });

  it("one that does not exist, or not on this machine", () => {
    const foreign = availableIsas.includes("neon") ? "v3" : "neon";
    for (const level of ["avx9", "V3", "toString", foreign]) {
      const report = runChild({ env: { ZIGTORCH_ISA: level } });
      assertRefused(report, "ZIGTORCH_ISA", JSON.stringify(level), availableIsas.join(", "));
    }
  });
});

describe("library: the file", () => {
  it("ZIGTORCH_LIB names another copy", () => {
    withFolder((folder) => {
      const path = join(folder, basename(library));
      copyFileSync(library, path);
      const report = runChild({ env: { ZIGTORCH_LIB: path } });
      assertWorks(report);
      assert.equal(report.info!.library, path);
    });
  });

  it("a file that is not there, and a folder", () => {
    for (const path of [join(root, "no/such/library.so"), root]) {
      assertRefused(runChild({ env: { ZIGTORCH_LIB: path } }), path, "ZIGTORCH_LIB", howToBuild);
    }
  });

  for (const [kind, content] of Object.entries({ "an empty": "", "a text": "not a library\n" })) {
    it(`${kind} file`, () => {
      loadBytes(content, (report, path) => assertRefused(report, path, howToBuild));
    });
  }

  it("no build in the checkout names the path that was tried", () => {
    withFolder((folder) => {
      copyTree(folder);
      const path = join(folder, "zig-out", "lib", basename(library));
      assertRefused(runChild({}, folder), path, howToBuild, "ZIGTORCH_LIB");
      mkdirSync(dirname(path), { recursive: true });
      copyFileSync(library, path);
      assertWorks(runChild({}, folder));
    });
  });
});

/** Where a copy that broke off may end: in headers, between segments, one byte before the end. */
const cuts = [1, 4, 16, 63, 64, 100, 4096, 20_000, 0.5, 0.9, 0.999, -4096, -1];

describe("library: contents", () => {
  it("truncated at any point", () => {
    const bytes = readFileSync(library);
    for (const cut of cuts) {
      const fraction = Math.abs(cut) < 1 ? Math.floor(bytes.length * cut) : cut;
      const end = fraction < 0 ? bytes.length + fraction : fraction;
      loadBytes(bytes.subarray(0, end), (report, path) => {
        assertRefused(report, path, howToBuild);
      });
    }
  });

  it("damaged anywhere", { skip: runtime.os === "macos" }, () => {
    const { length } = readFileSync(library);
    for (const place of [64, 200, 0.1, 0.3, 0.5, 0.7, 0.9, length - 100, length - 1]) {
      const at = place < 1 ? Math.floor(length * place) : place;
      const damaged = patched((bytes) => {
        bytes[at] ^= 0xff;
        bytes.fill(0, at + 1, at + 1000);
      });
      loadBytes(damaged, (report, path) => {
        assertRefused(report, path, /checksum/, howToBuild);
      });
    }
  });

  it("of another platform", () => {
    const formats: Record<string, number[]> = {
      "ELF": [0x7f, 0x45, 0x4c, 0x46],
      "Mach-O": [0xcf, 0xfa, 0xed, 0xfe],
      "PE": [0x4d, 0x5a],
    };
    const own = { linux: "ELF", macos: "Mach-O", windows: "PE" }[runtime.os];
    for (const [format, magic] of Object.entries(formats)) {
      if (format === own) continue;
      const foreign = patched((bytes) => bytes.set(magic));
      loadBytes(foreign, (report, path) => assertRefused(report, path, own, howToBuild));
    }
  });

  it("of another processor", { skip: runtime.os !== "linux" }, () => {
    const other = runtime.arch === "x86_64" ? 183 : 62; // e_machine of aarch64 and x86_64
    const foreign = patched((bytes) => bytes.set([other, 0], 18));
    loadBytes(foreign, (report, path) => assertRefused(report, path, /processor/, howToBuild));
  });

  it("of another version of the interface", () => {
    const hash = new Uint8Array(Uint32Array.of(abiHash).buffer);
    let found = 0;
    const stale = resealed((bytes) => {
      for (let i = 0; i + 4 <= bytes.length; i++) {
        if (!hash.every((byte, j) => bytes[i + j] === byte)) continue;
        bytes[i] ^= 1;
        found++;
      }
    });
    assert(found > 0, "the hash is not in the library");
    loadBytes(stale, (report, path) => {
      const text = (value: number) => (value >>> 0).toString(16).padStart(8, "0");
      assertRefused(report, path, /stale/, text(abiHash), text(abiHash ^ 1), howToBuild);
    });
  });

  it("of another version of the module", () => {
    withFolder((folder) => {
      copyTree(folder);
      const path = join(folder, "ffi/symbols.gen.ts");
      const text = readFileSync(path, "utf8");
      const changed = text.replace(/abiHash = 0x\w+/, "abiHash = 0x12345678");
      assert.notEqual(changed, text);
      writeFileSync(path, changed);
      const report = runChild({ env: { ZIGTORCH_LIB: library } }, folder);
      assertRefused(report, library, /stale/, "12345678");
    });
  });

  it("a sound library of something else", { skip: runtime.os !== "linux" }, () => {
    // The name of the first function that is asked for, spoilt.
    const name = new TextEncoder().encode("zigtorch_abi_hash");
    const foreign = resealed((bytes) => {
      for (let i = 0; i + name.length <= bytes.length; i++) {
        if (name.every((byte, j) => bytes[i + j] === byte)) bytes[i] ^= 1;
      }
    });
    loadBytes(foreign, (report, path) => assertRefused(report, path, howToBuild));
  });
});
