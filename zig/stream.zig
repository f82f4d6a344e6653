//! What this machine gives, the yardstick of the benchmarks. `stream copy:N`, `stream add:N`: bytes asked for
//! per nanosecond, for arrays of N floats, in the manner of McCalpin's STREAM, by the better of plain
//! stores and those past the caches. `stream read:N`: the same for reading, in floating-point
//! operations, two per float, as in a product with a vector. `stream fma`: floating-point operations.
//!
//! Prints the figure. The threads are those of ZIGTORCH_NUM_THREADS, default 1.

const std = @import("std");
const builtin = @import("builtin");
const os = @import("os.zig");
const peak = @import("peak.zig");
const nowNs = peak.nowNs;

const lanes = std.simd.suggestVectorLength(f32) orelse 4;
const R = @Vector(lanes, f32);
const line_floats = 16;

inline fn storePast(p: *R, v: R) void {
    if (builtin.cpu.arch == .x86_64) {
        asm volatile ("vmovntps %[v], (%[p])"
            :
            : [v] "v" (v),
              [p] "r" (p),
            : .{ .memory = true });
    } else p.* = v;
}

/// Enough registers an iteration that the loop itself does not show.
const registers = 4 * line_floats / lanes;

fn Loop(comptime sum: bool, comptime past_caches: bool) type {
    return struct {
        fn run(a: []const R, b: []const R, out: []R) void {
            var i: usize = 0;
            while (i + registers <= out.len) : (i += registers) {
                var values: [registers]R = undefined;
                inline for (&values, 0..) |*v, j| {
                    v.* = if (sum) a[i + j] + b[i + j] else a[i + j];
                }
                inline for (values, 0..) |v, j| {
                    if (past_caches) storePast(&out[i + j], v) else out[i + j] = v;
                }
            }
            if (past_caches and builtin.cpu.arch == .x86_64) asm volatile ("sfence" ::: .{ .memory = true });
        }
    };
}

const loops = [2][2]Crew.Pass{
    .{ &Loop(false, false).run, &Loop(false, true).run },
    .{ &Loop(true, false).run, &Loop(true, true).run },
};

/// Threads that start each pass together.
const Crew = struct {
    const Pass = *const fn ([]const R, []const R, []R) void;
    threads: usize,
    loop: Pass,
    a: []const R,
    b: []const R,
    out: []R,
    passes: usize = 1,
    round: std.atomic.Value(u32) = .init(0),
    done: std.atomic.Value(u32) = .init(0),
    is_over: bool = false,

    fn share(crew: *Crew, index: usize) void {
        const start = crew.out.len * index / crew.threads;
        const end = crew.out.len * (index + 1) / crew.threads;
        for (0..crew.passes) |_| crew.loop(crew.a[start..end], crew.b[start..end], crew.out[start..end]);
    }

    fn work(crew: *Crew, index: usize) void {
        var seen: u32 = 0;
        while (true) {
            while (crew.round.load(.acquire) == seen) std.atomic.spinLoopHint();
            seen +%= 1;
            if (crew.is_over) return;
            crew.share(index);
            _ = crew.done.fetchAdd(1, .release);
        }
    }

    fn passNs(crew: *Crew) f64 {
        const start = nowNs();
        crew.done.store(0, .monotonic);
        _ = crew.round.fetchAdd(1, .release);
        crew.share(0);
        while (crew.done.load(.acquire) < crew.threads - 1) std.atomic.spinLoopHint();
        const elapsed: f64 = @floatFromInt(nowNs() - start);
        return elapsed / @as(f64, @floatFromInt(crew.passes));
    }

    fn fastestNs(crew: *Crew) f64 {
        const end = nowNs() + 20 * std.time.ns_per_ms;
        while (crew.passNs() * @as(f64, @floatFromInt(crew.passes)) < 20_000) crew.passes *= 2;
        var best = crew.passNs();
        while (nowNs() < end) best = @min(best, crew.passNs());
        return best;
    }
};

/// Reads only, a number of streams at a time; `out` says how much, and takes a sum so that nothing
/// is optimised away.
fn Reader(comptime streams: usize) type {
    return struct {
        fn run(a: []const R, _: []const R, out: []R) void {
            const length = out.len / streams / registers * registers;
            var sums: [registers]R = @splat(@splat(0));
            var i: usize = 0;
            while (i < length) : (i += registers) {
                inline for (0..streams) |stream| {
                    inline for (&sums, 0..) |*sum, j| sum.* += a[stream * length + i + j];
                }
            }
            var total = sums[0];
            for (sums[1..]) |sum| total += sum;
            out[0] = total;
        }
    };
}

const readers = [_]Crew.Pass{ &Reader(1).run, &Reader(4).run, &Reader(8).run };

const Kind = enum { copy, add, read, fma };

fn measure(gpa: std.mem.Allocator, text: []const u8, threads: usize) !f64 {
    var parts = std.mem.splitScalar(u8, text, ':');
    const kind = std.meta.stringToEnum(Kind, parts.first()) orelse return error.UnknownKind;
    if (kind == .fma) return peak.gflops(@intCast(threads));
    const floats = try std.fmt.parseInt(usize, parts.next() orelse return error.NoSize, 10);
    const block = 8 * registers * threads;
    const count = (floats / lanes + block - 1) / block * block;
    var best: f64 = 0;
    const candidates: []const Crew.Pass = switch (kind) {
        .copy => &loops[0],
        .add => &loops[1],
        else => &readers,
    };
    const work_per_float: usize = switch (kind) {
        .copy => 8,
        .add => 12,
        else => 2, // operations
    };
    for (candidates) |loop| {
        var arrays: [3][]R = undefined;
        for (&arrays) |*array| {
            const memory = try gpa.alignedAlloc(R, .fromByteUnits(4096), count);
            os.preferHugePages(@intFromPtr(memory.ptr), count * @sizeOf(R));
            @memset(memory, @splat(1));
            array.* = memory;
        }
        defer for (arrays) |array| gpa.free(@as([]align(4096) R, @alignCast(array)));
        var crew: Crew = .{ .threads = threads, .loop = loop, .a = arrays[0], .b = arrays[1], .out = arrays[2] };
        var handles: [256]std.Thread = undefined;
        for (1..threads) |i| handles[i] = try std.Thread.spawn(.{}, Crew.work, .{ &crew, i });
        const work: f64 = @floatFromInt(count * lanes * work_per_float);
        best = @max(best, work / crew.fastestNs());
        crew.is_over = true;
        _ = crew.round.fetchAdd(1, .release);
        for (handles[1..threads]) |handle| handle.join();
    }
    return best;
}

pub fn main(init: std.process.Init) !void {
    const args = try init.minimal.args.toSlice(init.arena.allocator());
    const text = init.environ_map.get("ZIGTORCH_NUM_THREADS") orelse "1";
    const threads = std.math.clamp(try std.fmt.parseInt(usize, text, 10), 1, 256);
    var buffer: [1024]u8 = undefined;
    var out: std.Io.File.Writer = .initStreaming(.stdout(), init.io, &buffer);
    const w = &out.interface;
    if (args.len != 2) return error.OneCaseExpected;
    try w.print("{d:.3}\n", .{try measure(std.heap.page_allocator, args[1], threads)});
    try w.flush();
}
