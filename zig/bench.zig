//! `zig build bench`: the kernels without any runtime, beside the machine's peak in the same run.
//!
//!     zig build bench                        all products, one thread and all
//!     zig build bench -- 512 1024x256x512    these m×n×k
//!     zig build bench -- 512a 512b 512ab       A, B or both transposed
//!     zig build bench -- v3 512              with the kernels of a level

const std = @import("std");
const abi = @import("abi.zig");
const abi_random = @import("abi_random.zig");
const cpu = @import("cpu.zig");
const os = @import("os.zig");
const peak = @import("peak.zig");

const peakGflops = peak.gflops;
const nowNs = peak.nowNs;

/// Flags as in `abi.gemm`.
const Size = struct { m: u32, n: u32, k: u32, flags: u32 };

const default_sizes = "4 8 16 32 64 96 128 192 256 384 512 768 1024 1536 2048 4096 " ++
    "1024x256x512 2048x512x1024 512x1024x2048 4096x1024x256 31 33 63 65 100 127 129 255 257 500 " ++
    "1000 1023 1x4096x4096 4096x1x4096 64x64x4096 4096x4096x64 32x11008x4096";

fn parse(text: []const u8) !Size {
    const numbers = std.mem.trimEnd(u8, text, "ab");
    const transposed = text[numbers.len..];
    var parts = std.mem.splitScalar(u8, numbers, 'x');
    const m = try std.fmt.parseInt(u32, parts.first(), 10);
    const n = if (parts.next()) |t| try std.fmt.parseInt(u32, t, 10) else m;
    const k = if (parts.next()) |t| try std.fmt.parseInt(u32, t, 10) else m;
    const a_flag: u32 = @intFromBool(std.mem.indexOfScalar(u8, transposed, 'a') != null);
    const b_flag: u32 = @intFromBool(std.mem.indexOfScalar(u8, transposed, 'b') != null);
    return .{ .m = m, .n = n, .k = k, .flags = a_flag | b_flag << 1 };
}

/// Nanoseconds of the fastest of several calls in a row.
fn fastestNs(size: Size, a: []const f32, b: []const f32, c: []f32, budget_ns: u64) f64 {
    const work = @as(f64, @floatFromInt(size.m)) * @as(f64, @floatFromInt(size.n)) *
        @as(f64, @floatFromInt(size.k));
    const lda = if (size.flags & 1 != 0) size.m else size.k;
    const ldb = if (size.flags & 2 != 0) size.k else size.n;
    const calls: usize = @max(1, @as(usize, @intFromFloat(2e6 / @max(work, 1))));
    var best: f64 = std.math.inf(f64);
    const end = nowNs() + budget_ns;
    var samples: usize = 0;
    while (samples < 3 or nowNs() < end) : (samples += 1) {
        const start = nowNs();
        for (0..calls) |_| {
            const status = abi.gemm(
                size.m,
                size.n,
                size.k,
                a.ptr,
                lda,
                b.ptr,
                ldb,
                c.ptr,
                size.n,
                size.flags,
                1,
                0,
            );
            std.debug.assert(status == .ok);
        }
        const elapsed: f64 = @floatFromInt(nowNs() - start);
        best = @min(best, elapsed / @as(f64, @floatFromInt(calls)));
    }
    return best;
}

/// As V8 places large arrays: 16 bytes behind the start of a page. (JavaScriptCore's start there.)
/// Those that the library makes lie in large pages.
fn allocate(gpa: std.mem.Allocator, floats: usize) ![]f32 {
    const offset = 4;
    const memory = try gpa.alignedAlloc(f32, .fromByteUnits(4096), offset + floats);
    os.preferHugePages(@intFromPtr(memory.ptr), memory.len * @sizeOf(f32));
    return memory[offset..];
}

fn benchSize(w: *std.Io.Writer, gpa: std.mem.Allocator, text: []const u8, all: u32) !void {
    const size = try parse(text);
    var arena_of_size: std.heap.ArenaAllocator = .init(gpa);
    defer arena_of_size.deinit();
    const arena = arena_of_size.allocator();
    const a = try allocate(arena, @as(usize, size.m) * size.k);
    const b = try allocate(arena, @as(usize, size.k) * size.n);
    const c = try allocate(arena, @as(usize, size.m) * size.n);
    _ = abi_random.random_normal(a.ptr, @intCast(a.len), 1, 0, 0, 0);
    _ = abi_random.random_normal(b.ptr, @intCast(b.len), 2, 0, 0, 0);
    @memset(c, 0);
    const flops = 2.0 * @as(f64, @floatFromInt(c.len)) * @as(f64, @floatFromInt(size.k));
    try w.print("{s:>16}", .{text});
    for ([_]u32{ 1, all }) |threads| {
        _ = abi.set_threads(threads);
        const before = try peakGflops(threads);
        const ns = fastestNs(size, a, b, c, 200 * std.time.ns_per_ms);
        const most = @max(before, try peakGflops(threads));
        try w.print(" | {d:>12.0} ns {d:>7.1} GFLOP/s {d:>5.1} % of peak", .{ ns, flops / ns, 100 * flops / ns / most });
    }
    try w.writeAll("\n");
    try w.flush();
}

pub fn main(init: std.process.Init) !void {
    const args = try init.minimal.args.toSlice(init.arena.allocator());
    var buffer: [1024]u8 = undefined;
    var out: std.Io.File.Writer = .initStreaming(.stdout(), init.io, &buffer);
    const w = &out.interface;
    const all = abi.threads();
    try w.print("peak: {d:.1} GFLOP/s on one thread | {d:.1} on {d}\n", .{
        try peakGflops(1), try peakGflops(all), all,
    });
    var texts = args[1..];
    if (texts.len > 0) if (std.meta.stringToEnum(cpu.Level, texts[0])) |level| {
        if (abi.isa_select(@intFromEnum(level)) != .ok) return error.UnsupportedLevel;
        texts = texts[1..];
    };
    for (texts) |text| try benchSize(w, init.gpa, text, all);
    if (texts.len > 0) return;
    var sizes = std.mem.splitScalar(u8, default_sizes, ' ');
    while (sizes.next()) |text| try benchSize(w, init.gpa, text, all);
}
