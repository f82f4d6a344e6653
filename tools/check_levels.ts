/**
 * Proves that no instruction of an instruction-set level is outside that level's object: code that
 * runs before the processor is known must not need more than the baseline.
 *
 *     zig build objects && deno run -A tools/check_levels.ts
 *
 * Every executable byte of the level objects and of the linked library is disassembled, and each
 * instruction's CPUID features are compared with what its place may use.
 */

import { join } from "node:path";
import { Code, CpuidFeature, Decoder, DecoderOptions, Instruction } from "npm:iced-x86@1.21.0";
import { ROOT } from "./run.ts";

// What a 64-bit processor has anyway, and what x86-64-v2 adds (x86-64 psABI, table 3.1).
const V2 = new Set(
  ("INTEL8086 INTEL186 INTEL286 INTEL386 INTEL486 X64 CMOV CX8 FPU FPU287 FPU387 FXSR MMX " +
    "MULTIBYTENOP PAUSE SSE SSE2 SSE3 SSSE3 SSE4_1 SSE4_2 POPCNT CMPXCHG16B CPUID TSC CET_IBT " +
    // LLVM encodes `bsf` as `rep bsf`, that is `tzcnt`, wherever both give the same result.
    "BMI1:Tzcnt_r16_rm16 BMI1:Tzcnt_r32_rm32 BMI1:Tzcnt_r64_rm64").split(" "),
);
const V3 = new Set([...V2, ..."AVX AVX2 BMI1 BMI2 F16C FMA LZCNT MOVBE XSAVE".split(" ")]);
const V4 = new Set([...V3, ..."AVX512F AVX512BW AVX512CD AVX512DQ AVX512VL".split(" ")]);

/** Outside the levels: the baseline, `xgetbv` to ask what the system saves, and system calls. */
const OUTSIDE = new Set([...V2, "XSAVE:Xgetbv", "SYSCALL"]);

/** The objects: what each may use, and what one that deserves its name does use. */
const LEVELS: Record<string, { allowed: Set<string>; expected: string }> = {
  kernels_v2: { allowed: V2, expected: "SSE2" },
  kernels_v3: { allowed: V3, expected: "FMA" },
  kernels_v4: { allowed: V4, expected: "AVX512F" },
};
const LIBRARY = "libzigtorch.so";

/** What the check looks at: the bytes of each file, by its name. */
export type Files = Record<string, Uint8Array>;

/** What the check found; it passes when there are no violations. */
export interface Findings {
  violations: string[];
  /** One line for each file. */
  summary: string[];
}

/** Reads what `zig build objects` left. */
export async function readFiles(folder: string = join(ROOT, "zig-out", "objects")): Promise<Files> {
  const names = [...Object.keys(LEVELS).map((name) => `${name}.o`), LIBRARY];
  const read = async (name: string) => [name, await Deno.readFile(join(folder, name))];
  return Object.fromEntries(await Promise.all(names.map(read)));
}

/** Checks the level objects and the library. */
export function checkLevels(files: Files): Findings {
  const findings: Findings = { violations: [], summary: [] };
  for (const [level, { allowed, expected }] of Object.entries(LEVELS)) {
    const name = `${level}.o`;
    const elf = parseElf(name, files[name]);
    const used = sweep(name, elf, () => allowed, findings);
    if (!used.has(expected)) findings.violations.push(`${name}: uses no ${expected}`);
    // The linker might take such a function, a memcpy for instance, for the rest of the library.
    for (const { name: symbol } of elf.functions.filter(({ local }) => !local)) {
      findings.violations.push(`${name}: ${symbol} is visible to other objects`);
    }
  }
  const library = parseElf(LIBRARY, files[LIBRARY]);
  sweep(LIBRARY, library, ({ object, local }) => {
    return local && Object.hasOwn(LEVELS, object) ? LEVELS[object].allowed : OUTSIDE;
  }, findings);
  for (const level of Object.keys(LEVELS)) {
    if (!library.functions.some(({ object }) => object === level)) {
      findings.violations.push(`${LIBRARY}: has no function of ${level}`);
    }
  }
  return findings;
}

/** Disassembles all code of a file; what no function covers is held to the rules of outside. */
function sweep(
  file: string,
  elf: Elf,
  allowedIn: (symbol: FunctionSymbol) => Set<string>,
  findings: Findings,
): Set<string> {
  const used = new Set<string>();
  let size = 0;
  for (const section of elf.sections) {
    const inside = elf.functions.filter(({ section: index }) => index === section.index);
    inside.sort((a, b) => a.address - b.address);
    let position = section.address;
    const advance = (end: number, where: string, allowed: Set<string>) => {
      if (end <= position) return;
      const bytes = section.bytes.subarray(position - section.address, end - section.address);
      for (const problem of decode(bytes, position, allowed, used)) {
        findings.violations.push(`${file}: ${where}: ${problem}`);
      }
      size += bytes.length;
      position = end;
    };
    for (const symbol of inside) {
      advance(symbol.address, "between functions", OUTSIDE);
      // Two names of one function: the stricter rule holds.
      const twins = inside.filter(({ address }) => address === symbol.address).map(allowedIn);
      const allowed = twins.includes(OUTSIDE) ? OUTSIDE : twins[0];
      advance(symbol.address + symbol.size, symbol.name, allowed);
    }
    advance(section.address + section.bytes.length, "between functions", OUTSIDE);
  }
  const features = [...used].filter((name) => /SSE|AVX|FMA|BMI/.test(name)).sort().join(" ");
  findings.summary.push(
    `${file}: ${elf.functions.length} functions, ${size} bytes of code, ${features}`,
  );
  return used;
}

/** Disassembles bytes, collects the features they use and tells which instructions need others. */
function decode(
  bytes: Uint8Array,
  address: number,
  allowed: Set<string>,
  used: Set<string>,
): string[] {
  const problems: string[] = [];
  const decoder = new Decoder(64, bytes, DecoderOptions.None);
  const instruction = new Instruction();
  try {
    while (decoder.canDecode) {
      const at = (address + decoder.position).toString(16);
      decoder.decodeOut(instruction);
      if (instruction.code === Code.INVALID) return [...problems, `no instruction at 0x${at}`];
      const name = Code[instruction.code];
      for (const feature of featuresOf(instruction)) {
        used.add(feature);
        if (!allowed.has(feature) && !allowed.has(`${feature}:${name}`)) {
          problems.push(`${name} at 0x${at} needs ${feature}`);
        }
      }
    }
    return problems;
  } finally {
    instruction.free();
    decoder.free();
  }
}

/** A call into the disassembler for each of 10^5 instructions would be slow; there are few codes. */
const featuresByCode = new Map<Code, string[]>();

function featuresOf(instruction: Instruction): string[] {
  let features = featuresByCode.get(instruction.code);
  if (!features) {
    features = [...instruction.cpuidFeatures()].map((feature) => CpuidFeature[feature]);
    featuresByCode.set(instruction.code, features);
  }
  return features;
}

/** A function and where it is. */
export interface FunctionSymbol {
  name: string;
  /** The object it was linked from, as the linker noted it; for local symbols only. */
  object: string;
  local: boolean;
  section: number;
  address: number;
  size: number;
}

/** What the check needs of an ELF file. */
export interface Elf {
  /** The executable ones. */
  sections: { index: number; address: number; bytes: Uint8Array }[];
  functions: FunctionSymbol[];
}

/** Reads code (as views into `bytes`) and function symbols of a 64-bit little-endian ELF file for x86-64. */
export function parseElf(name: string, bytes: Uint8Array): Elf {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const u64 = (offset: number) => Number(view.getBigUint64(offset, true));
  const [magic, elfClass, machine] = [
    view.getUint32(0),
    view.getUint16(4),
    view.getUint16(18, true),
  ];
  if (magic !== 0x7f454c46 || elfClass !== 0x0201 || machine !== 62) {
    throw new Error(`${name}: not an ELF file for x86-64`);
  }
  const [tableOffset, entrySize, count] = [
    u64(40),
    view.getUint16(58, true),
    view.getUint16(60, true),
  ];
  const headers = Array.from({ length: count }, (_, index) => {
    const at = tableOffset + index * entrySize;
    const [type, link] = [view.getUint32(at + 4, true), view.getUint32(at + 40, true)];
    const [flags, address, offset, size] = [8, 16, 24, 32].map((field) => u64(at + field));
    return { index, type, link, flags, address, offset, size };
  });
  const content = ({ offset, size }: { offset: number; size: number }) =>
    bytes.subarray(offset, offset + size);

  const [PROGBITS, SYMTAB, EXECUTABLE] = [1, 2, 4];
  const symbols = headers.find(({ type }) => type === SYMTAB);
  if (!symbols) throw new Error(`${name}: no symbols, it has been stripped`);
  return {
    sections: headers.filter(({ type, flags }) => type === PROGBITS && (flags & EXECUTABLE) !== 0)
      .map((header) => ({ ...header, bytes: content(header) })),
    functions: parseFunctions(content(symbols), content(headers[symbols.link])),
  };
}

function parseFunctions(table: Uint8Array, strings: Uint8Array): FunctionSymbol[] {
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  const decoder = new TextDecoder();
  const [FUNC, FILE, LOCAL, entrySize] = [2, 4, 0, 24];
  const functions: FunctionSymbol[] = [];
  let object = "";
  for (let at = 0; at < table.length; at += entrySize) {
    const start = view.getUint32(at, true);
    const name = decoder.decode(strings.subarray(start, strings.indexOf(0, start)));
    const info = view.getUint8(at + 4);
    const section = view.getUint16(at + 6, true);
    // A file symbol precedes the local symbols of its object.
    if ((info & 15) === FILE) object = name;
    if ((info & 15) !== FUNC || section === 0) continue;
    const [address, size] = [8, 16].map((field) => Number(view.getBigUint64(at + field, true)));
    functions.push({ name, object, local: info >> 4 === LOCAL, section, address, size });
  }
  return functions;
}

if (import.meta.main) {
  const { violations, summary } = checkLevels(await readFiles(Deno.args[0]));
  console.log(summary.join("\n"));
  for (const violation of violations.slice(0, 20)) console.error(violation);
  if (violations.length > 0) {
    console.error(`${violations.length} instructions or symbols where they must not be`);
    Deno.exit(1);
  }
}
