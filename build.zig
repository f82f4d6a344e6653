//! zig build                  the library of this machine, into zig-out/lib
//! zig build release          the libraries of all platforms, into zig-out/release
//! zig build test             the Zig tests
//! zig build test-neon        the Zig tests for arm64, where qemu-aarch64 is installed
//! zig build generate         ffi/symbols.gen.ts (the default step does it too)
//! zig build check-generated  fails when ffi/symbols.gen.ts is stale
//! zig build bench            the kernels without a runtime, beside the machine's peak
//! zig build stream           what the memory gives: zig-out/bin/stream, for bench/elementwise.ts
//! zig build exhaustive       errors of the functions over all 2^32 inputs
//! zig build objects          the objects of the levels, for tools/check_levels.ts

const std = @import("std");
const builtin = @import("builtin");
const Level = @import("zig/cpu.zig").Level;

const release_targets = [_]std.Target.Query{
    // Without an ABI: one file for glibc and musl.
    .{ .cpu_arch = .x86_64, .os_tag = .linux, .abi = .none },
    .{ .cpu_arch = .aarch64, .os_tag = .linux, .abi = .none },
    .{ .cpu_arch = .x86_64, .os_tag = .macos },
    .{ .cpu_arch = .aarch64, .os_tag = .macos },
    .{ .cpu_arch = .x86_64, .os_tag = .windows, .abi = .gnu },
    .{ .cpu_arch = .aarch64, .os_tag = .windows, .abi = .gnu },
};

const generated_path = "ffi/symbols.gen.ts";

pub fn build(b: *std.Build) void {
    const optimize = b.option(std.builtin.OptimizeMode, "optimize", "default: ReleaseFast") orelse
        .ReleaseFast;
    const host = hostQuery(b);

    const native = addLibrary(b, host, optimize, true);
    installTo(b, b.getInstallStep(), native, "lib");

    const release = b.step("release", "Build the libraries of all platforms");
    for (release_targets) |query| {
        const library = addLibrary(b, query, optimize, true);
        installTo(b, release, library, b.fmt("release/{s}-{s}", .{
            @tagName(query.os_tag.?), @tagName(query.cpu_arch.?),
        }));
    }

    addGenerateSteps(b, host);
    addTestSteps(b, host, optimize);
    addBenchStep(b, host, optimize);
    addStreamStep(b, optimize);
    addExhaustiveStep(b, host, optimize);
    addObjectsStep(b, optimize);
}

/// The processor of this machine, without its particular features: what is built here runs on
/// every machine of the kind.
fn hostQuery(b: *std.Build) std.Target.Query {
    const host = b.graph.host.result;
    for (release_targets) |query| {
        if (query.cpu_arch == host.cpu.arch and query.os_tag == host.os.tag) return query;
    }
    std.process.fatal("no library for {s}-{s}: expected x86_64 or aarch64 on linux, macos or windows", .{
        @tagName(host.os.tag), @tagName(host.cpu.arch),
    });
}

fn addLibrary(
    b: *std.Build,
    query: std.Target.Query,
    optimize: std.builtin.OptimizeMode,
    strip: bool,
) *std.Build.Step.Compile {
    var baseline = query;
    baseline.cpu_model = .baseline;
    const root = b.createModule(.{
        .root_source_file = b.path("zig/lib.zig"),
        .target = b.resolveTargetQuery(baseline),
        .optimize = optimize,
        .strip = strip,
        .unwind_tables = if (strip) .none else null,
        .link_libc = if (query.os_tag == .linux) false else null,
        .pic = true,
    });
    addKernels(b, root, query, optimize, strip);
    return b.addLibrary(.{ .name = "zigtorch", .linkage = .dynamic, .root_module = root });
}

/// One object per level, each compiled for the features of that level.
fn addKernels(
    b: *std.Build,
    root: *std.Build.Module,
    query: std.Target.Query,
    optimize: std.builtin.OptimizeMode,
    strip: bool,
) void {
    for (levelsOf(query.cpu_arch.?)) |level| {
        root.addObject(addLevel(b, query, level, optimize, strip));
    }
}

fn levelsOf(arch: std.Target.Cpu.Arch) []const Level {
    return switch (arch) {
        .x86_64 => &.{ .v2, .v3, .v4 },
        .aarch64 => &.{.neon},
        else => unreachable,
    };
}

/// A target with the features of a level.
fn levelQuery(query: std.Target.Query, level: Level) std.Target.Query {
    var leveled = query;
    const x86 = std.Target.x86;
    switch (level) {
        .v2 => leveled.cpu_model = .{ .explicit = &x86.cpu.x86_64_v2 },
        .v3 => leveled.cpu_model = .{ .explicit = &x86.cpu.x86_64_v3 },
        .v4 => {
            leveled.cpu_model = .{ .explicit = &x86.cpu.x86_64_v4 };
            // LLVM would split the 512-bit vectors that the kernels are written in.
            leveled.cpu_features_sub = x86.featureSet(&.{.prefer_256_bit});
        },
        .neon => leveled.cpu_model = .baseline,
    }
    return leveled;
}

fn addLevel(
    b: *std.Build,
    query: std.Target.Query,
    level: Level,
    optimize: std.builtin.OptimizeMode,
    strip: bool,
) *std.Build.Step.Compile {
    const options = b.addOptions();
    options.addOption([]const u8, "level", @tagName(level));
    const module = b.createModule(.{
        .root_source_file = b.path("zig/kernels.zig"),
        .target = b.resolveTargetQuery(levelQuery(query, level)),
        // The oldest processors must not make the library large for all others: v2, four registers
        // to a vector and FMA emulated, would be the longest code of all.
        .optimize = if (level == .v2 and optimize == .ReleaseFast) .ReleaseSmall else optimize,
        .strip = strip,
        .unwind_tables = if (strip) .none else null,
        .pic = true,
    });
    module.addOptions("level_options", options);
    return b.addObject(.{ .name = b.fmt("kernels_{s}", .{@tagName(level)}), .root_module = module });
}

/// Installs a library with its checksum. All platforms keep the library itself in one folder:
/// import libraries and debug files are of no use to dlopen.
fn installTo(
    b: *std.Build,
    step: *std.Build.Step,
    library: *std.Build.Step.Compile,
    folder: []const u8,
) void {
    const is_signed = library.rootModuleTarget().os.tag == .macos;
    // What follows a Mach-O's signature would break it; there the system checks the file.
    const file = if (is_signed) library.getEmittedBin() else sealed(b, library);
    const path = b.fmt("{s}/{s}", .{ folder, library.out_filename });
    step.dependOn(&b.addInstallFile(file, path).step);
}

fn sealed(b: *std.Build, library: *std.Build.Step.Compile) std.Build.LazyPath {
    const seal = b.addExecutable(.{ .name = "seal", .root_module = b.createModule(.{
        .root_source_file = b.path("zig/seal.zig"),
        .target = b.graph.host,
        .optimize = .ReleaseSafe,
    }) });
    const run = b.addRunArtifact(seal);
    run.addFileArg(library.getEmittedBin());
    return run.addOutputFileArg(library.out_filename);
}

fn addGenerateSteps(b: *std.Build, host: std.Target.Query) void {
    const generator = b.addExecutable(.{
        .name = "generate",
        .root_module = b.createModule(.{
            .root_source_file = b.path("zig/generate.zig"),
            .target = b.resolveTargetQuery(host),
            .optimize = .Debug,
        }),
    });
    const run = b.addRunArtifact(generator);
    const generated = run.addOutputFileArg("symbols.gen.ts");

    const update = b.addUpdateSourceFiles();
    update.addCopyFileToSource(generated, generated_path);
    b.step("generate", "Write " ++ generated_path).dependOn(&update.step);
    b.getInstallStep().dependOn(&update.step);

    const check = b.addSystemCommand(&.{ "git", "diff", "--no-index", "--exit-code", generated_path });
    check.addFileArg(generated);
    b.step("check-generated", "Fail when " ++ generated_path ++ " is stale").dependOn(&check.step);
}

fn addTestSteps(b: *std.Build, host: std.Target.Query, optimize: std.builtin.OptimizeMode) void {
    const here = addTests(b, .{}, host, optimize);
    b.step("test", "Run the Zig tests").dependOn(&b.addRunArtifact(here).step);

    const neon: std.Target.Query = .{ .cpu_arch = .aarch64, .os_tag = .linux, .abi = .musl };
    const emulated = b.addSystemCommand(&.{"qemu-aarch64"});
    emulated.addArtifactArg(addTests(b, neon, release_targets[1], optimize));
    b.step("test-neon", "Run the Zig tests for arm64, with qemu-aarch64").dependOn(&emulated.step);
}

fn addTests(
    b: *std.Build,
    query: std.Target.Query,
    kernels: std.Target.Query,
    optimize: std.builtin.OptimizeMode,
) *std.Build.Step.Compile {
    const root = b.createModule(.{
        .root_source_file = b.path("zig/tests.zig"),
        .target = b.resolveTargetQuery(query),
        // The ABI's own arithmetic is checked; the kernels are those that ship.
        .optimize = .ReleaseSafe,
        // For pthread_create, which a host of the library has.
        .link_libc = true,
    });
    addKernels(b, root, kernels, optimize, true);
    return b.addTest(.{ .root_module = root });
}

/// What measures this very processor, its peak and all that its memory gives: with the widest registers,
/// which LLVM prefers not to take on many processors of Intel.
const this_processor: std.Target.Query = .{
    .cpu_features_sub = if (builtin.cpu.arch == .x86_64)
        std.Target.x86.featureSet(&.{.prefer_256_bit})
    else
        .empty,
};

fn addBenchStep(b: *std.Build, host: std.Target.Query, optimize: std.builtin.OptimizeMode) void {
    const root = b.createModule(.{
        .root_source_file = b.path("zig/bench.zig"),
        .target = b.resolveTargetQuery(this_processor),
        .optimize = optimize,
        .link_libc = true,
    });
    addKernels(b, root, host, optimize, true);
    const run = b.addRunArtifact(b.addExecutable(.{ .name = "bench", .root_module = root }));
    if (b.args) |args| run.addArgs(args);
    b.step("bench", "Measure the kernels without a runtime").dependOn(&run.step);
}

fn addStreamStep(b: *std.Build, optimize: std.builtin.OptimizeMode) void {
    const root = b.createModule(.{
        .root_source_file = b.path("zig/stream.zig"),
        .target = b.resolveTargetQuery(this_processor),
        .optimize = optimize,
        .link_libc = true,
    });
    const stream = b.addExecutable(.{ .name = "stream", .root_module = root });
    const step = b.step("stream", "Build zig-out/bin/stream, which measures the memory");
    step.dependOn(&b.addInstallArtifact(stream, .{}).step);
}

fn addExhaustiveStep(b: *std.Build, host: std.Target.Query, optimize: std.builtin.OptimizeMode) void {
    // The functions are compiled into the program itself: for the strongest level it may run on.
    const level: Level = if (host.cpu_arch.? == .aarch64) .neon else b.option(
        Level,
        "level",
        "level of `zig build exhaustive`, default: v3",
    ) orelse .v3;
    const root = b.createModule(.{
        .root_source_file = b.path("zig/exhaustive.zig"),
        .target = b.resolveTargetQuery(levelQuery(host, level)),
        .optimize = optimize,
    });
    const run = b.addRunArtifact(b.addExecutable(.{ .name = "exhaustive", .root_module = root }));
    if (b.args) |args| run.addArgs(args);
    b.step("exhaustive", "Measure the functions' errors over all 2^32 inputs")
        .dependOn(&run.step);
}

fn addObjectsStep(b: *std.Build, optimize: std.builtin.OptimizeMode) void {
    const step = b.step("objects", "Write the x86-64 Linux objects and an unstripped library");
    const query = release_targets[0];
    for (levelsOf(.x86_64)) |level| {
        const object = addLevel(b, query, level, optimize, false);
        const path = b.fmt("objects/{s}.o", .{object.name});
        step.dependOn(&b.addInstallFile(object.getEmittedBin(), path).step);
    }
    installTo(b, step, addLibrary(b, query, optimize, false), "objects");
}
