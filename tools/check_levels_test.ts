/** The real objects pass tools/check_levels.ts, and it notices what it is there to notice. */

import assert from "node:assert/strict";
import { checkLevels, type Files, parseElf, readFiles } from "./check_levels.ts";

const LIBRARY = "libzigtorch.so";
const VZEROUPPER = [0xc5, 0xf8, 0x77];
const ZMM_MOVE = [0x62, 0xf1, 0x7c, 0x48, 0x28, 0xc1]; // vmovaps zmm0, zmm1

const genuine = await readFiles();

/** A copy of the files in which a function that satisfies `wanted` begins with other code. */
function withCode(
  file: string,
  code: number[],
  wanted: (object: string, name: string) => boolean,
): Files {
  const bytes = genuine[file].slice();
  const elf = parseElf(file, bytes);
  const target = elf.functions.find(({ object, name, size }) =>
    size >= code.length && wanted(object, name)
  )!;
  const section = elf.sections.find(({ index }) => index === target.section)!;
  section.bytes.set(code, target.address - section.address);
  return { ...genuine, [file]: bytes };
}

function assertFound(files: Files, pattern: RegExp): void {
  const { violations } = checkLevels(files);
  assert(violations.some((text) => pattern.test(text)), `${pattern} in ${violations.join("\n")}`);
}

Deno.test("levels: no instruction is outside its level's object", () => {
  const { violations, summary } = checkLevels(genuine);
  console.log(summary.join("\n"));
  assert.deepEqual(violations, []);
});

Deno.test("levels: AVX in an exported function is found", () => {
  const files = withCode(LIBRARY, VZEROUPPER, (_, name) => name === "zigtorch_gemm");
  assertFound(files, /gemm: VEX_Vzeroupper .* needs AVX/);
});

Deno.test("levels: AVX-512 in the library's v3 kernels is found", () => {
  const files = withCode(LIBRARY, ZMM_MOVE, (object) => object === "kernels_v3");
  assertFound(files, /libzigtorch.so: .* needs AVX512F/);
});

Deno.test("levels: AVX-512 in the v3 object is found", () => {
  assertFound(
    { ...genuine, "kernels_v3.o": genuine["kernels_v4.o"] },
    /kernels_v3.o: .* needs AVX512F/,
  );
});

Deno.test("levels: an object below its level is found", () => {
  assertFound(
    { ...genuine, "kernels_v4.o": genuine["kernels_v3.o"] },
    /kernels_v4.o: uses no AVX512F/,
  );
});

Deno.test("levels: a level object that exports a function is found", () => {
  assertFound({ ...genuine, "kernels_v2.o": genuine[LIBRARY] }, /is visible to other objects/);
});

Deno.test("levels: bytes that are no instruction are found", () => {
  const files = withCode(LIBRARY, [0x06], (object) => object === "zigtorch"); // push es: not in 64-bit mode
  assertFound(files, /no instruction at 0x/);
});
