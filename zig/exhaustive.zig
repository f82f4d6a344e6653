//! The worst error of every element-wise function over all 2^32 float32 inputs, as the rows of a
//! Markdown table; measured against the float64 functions of `reference.zig`.
//!
//!     zig build exhaustive [-Dlevel=v2|v3|v4] -- [--stride N] [--hash] [--pairs N] [--threads N] [name…]
//!
//! `--stride N` takes every Nth bit pattern, and those around every power of two. `--hash` prints
//! a hash of all results instead (NaN counts as one value, whatever its bits), to compare levels.
//! `pow` runs over N random pairs (`--pairs`) and all pairs of special values.

const std = @import("std");
const math = @import("kernels/math.zig");
const reference = @import("reference.zig");
const simd = @import("kernels/simd.zig");

const names = [_][]const u8{
    "neg",  "abs",  "sqrt",  "rsqrt", "reciprocal", "square", "exp",  "exp2",  "expm1",
    "log",  "log2", "log10", "log1p", "sin",        "cos",    "tan",  "tanh",  "sigmoid",
    "relu", "gelu", "silu",  "erf",   "softplus",   "floor",  "ceil", "round", "sign",
};

const Options = struct {
    stride: u64 = 1,
    pairs: u64 = 100_000_000,
    threads: usize = 2,
    hash_only: bool = false,
};

const Outcome = struct {
    worst: f64 = 0,
    worst_x: u32 = 0,
    worst_y: u32 = 0,
    worst_got: u32 = 0,
    count: u64 = 0,
    misrounded: u64 = 0,
    hash: u64 = 0,

    fn record(outcome: *Outcome, x: u32, y: u32, got: f32, exact: f64) void {
        const e = ulpError(got, exact);
        if (e > outcome.worst) {
            outcome.worst = e;
            outcome.worst_x = x;
            outcome.worst_y = y;
            outcome.worst_got = @bitCast(got);
        }
        const nearest: f32 = @floatCast(exact);
        outcome.misrounded += @intFromBool(got != nearest and exact == exact);
    }

    /// The hash does not depend on the order, so threads can share the inputs.
    fn mix(outcome: *Outcome, x: u32, y: u32, got: f32) void {
        const bits: u32 = if (got != got) 0x7fc00000 else @bitCast(got);
        const key = (@as(u64, x) << 32 | bits) ^ (@as(u64, y) *% 0xD6E8FEB86659FD93);
        const first = (key ^ (key >> 29)) *% 0xBF58476D1CE4E5B9;
        const second = (first ^ (first >> 32)) *% 0x94D049BB133111EB;
        outcome.hash +%= second ^ (second >> 31);
        outcome.count += 1;
    }

    fn join(outcome: *Outcome, other: Outcome) void {
        const sum = outcome.*;
        if (other.worst > outcome.worst) outcome.* = other;
        outcome.count = sum.count + other.count;
        outcome.misrounded = sum.misrounded + other.misrounded;
        outcome.hash = sum.hash +% other.hash;
    }
};

/// |got - exact| in units in the last place of `exact`; infinity where one of the two is NaN or
/// the signs differ. An infinite float32 counts as 2^128: it is right from half an ulp below.
fn ulpError(got: f32, exact: f64) f64 {
    if (got != got or exact != exact) {
        return if (got != got and exact != exact) 0 else std.math.inf(f64);
    }
    if (std.math.signbit(got) != std.math.signbit(exact)) return std.math.inf(f64);
    const bound = 0x1p128;
    const a: f64 = @min(@abs(@as(f64, got)), bound);
    const b: f64 = @min(@abs(exact), bound);
    const biased: u64 = @as(u64, @bitCast(b)) >> 52;
    // Subnormal results have the ulp 2^-149, and the top binade's is 2^104.
    const exponent: u64 = @min(@max(biased, 1023 - 126), 1023 + 127) - 23;
    const ulp: f64 = @bitCast(exponent << 52);
    return @abs(a - b) / ulp;
}

const batch = 4096;

fn Unary(comptime name: []const u8) type {
    const body = @field(math, name);
    const oracle = @field(reference, name);
    return struct {
        fn runBatch(options: Options, outcome: *Outcome, inputs: *const [batch]u32, n: usize) void {
            var results: [batch]f32 = undefined;
            var i: usize = 0;
            while (i < batch) : (i += simd.lanes) {
                const x: simd.V = @bitCast(@as(simd.U, inputs[i..][0..simd.lanes].*));
                results[i..][0..simd.lanes].* = body(x);
            }
            if (options.hash_only) {
                for (inputs[0..n], results[0..n]) |x, got| outcome.mix(x, 0, got);
            } else {
                for (inputs[0..n], results[0..n]) |x, got| {
                    outcome.record(x, 0, got, oracle(@as(f32, @bitCast(x))));
                    outcome.count += 1;
                }
            }
        }

        /// Share number `first` of the inputs.
        fn run(options: Options, first: usize, outcome: *Outcome) void {
            var inputs: [batch]u32 = @splat(0);
            var n: usize = 0;
            // Shares of a million patterns each, in turn, so that all threads end together.
            const share = 1 << 20;
            var start: u64 = first * share;
            while (start < 1 << 32) : (start += share * options.threads) {
                var x = start + (options.stride - start % options.stride) % options.stride;
                while (x < start + share) : (x += options.stride) {
                    inputs[n] = @intCast(x);
                    n += 1;
                    if (n == batch) {
                        runBatch(options, outcome, &inputs, n);
                        n = 0;
                    }
                }
            }
            if (options.stride > 1 and first == 0) {
                for (0..512) |binade| {
                    for (0..64) |i| {
                        const boundary: u32 = @intCast(binade << 23);
                        inputs[n] = boundary +% @as(u32, @intCast(i)) -% 32;
                        n += 1;
                        if (n == batch) {
                            runBatch(options, outcome, &inputs, n);
                            n = 0;
                        }
                    }
                }
            }
            runBatch(options, outcome, &inputs, n);
        }
    };
}

const Power = struct {
    const inf = std.math.inf(f32);
    const special = [_]f32{
        0,   1,              2,             3,            4,                 0.5,     1.5,       1.0 / 3.0,
        inf, 33,             0x1p-149,      0x1p-126,     16777215,          8388607, 8388608.5, 0x1p24,
        1e9, 0x1.fffffep127, 0x1.fffffep-1, 0x1.000002p0, std.math.nan(f32),
    };

    fn check(outcome: *Outcome, xs: simd.V, ys: simd.V) void {
        const results: [simd.lanes]f32 = math.pow(xs, ys);
        const x_values: [simd.lanes]f32 = xs;
        const y_values: [simd.lanes]f32 = ys;
        for (x_values, y_values, results) |x, y, got| {
            outcome.record(@bitCast(x), @bitCast(y), got, reference.pow(x, y));
            outcome.mix(@bitCast(x), @bitCast(y), got);
        }
    }

    fn run(options: Options, first: usize, outcome: *Outcome) void {
        if (first == 0) {
            for (special) |x| for (special) |y| {
                const sizes = [2]f32{ x, y };
                var xs: [simd.lanes]f32 = undefined;
                var ys: [simd.lanes]f32 = undefined;
                for (&xs, &ys, 0..) |*a, *b, i| {
                    a.* = if (i & 1 != 0) -sizes[0] else sizes[0];
                    b.* = if (i & 2 != 0) -sizes[1] else sizes[1];
                }
                check(outcome, xs, ys);
            };
        }
        const groups = options.pairs / simd.lanes;
        var group = groups * first / options.threads;
        const end = groups * (first + 1) / options.threads;
        while (group < end) : (group += 1) {
            // Every group has its own seed: the pairs do not depend on the number of threads.
            var random = std.Random.SplitMix64.init(group);
            var xs: [simd.lanes]f32 = undefined;
            var ys: [simd.lanes]f32 = undefined;
            for (&xs, &ys) |*x, *y| {
                const bits = random.next();
                x.* = @bitCast(@as(u32, @truncate(bits)));
                y.* = @bitCast(@as(u32, @truncate(bits >> 32)));
                // Three of four random exponents become one that leads to a finite result.
                const choice = random.next();
                if (choice & 3 == 0) continue;
                if (choice & 3 == 1) x.* = 1 + x.* * 0x1p-100;
                const target = @as(f64, @floatFromInt(choice >> 11)) * (310.0 / 0x1p53) - 158.0;
                y.* = @floatCast(target / @log2(@abs(@as(f64, x.*))));
                if (choice & 12 == 0) y.* = @round(y.*) else x.* = @abs(x.*);
            }
            check(outcome, xs, ys);
        }
    }
};

fn report(
    out: *std.Io.Writer,
    comptime name: []const u8,
    comptime run: fn (Options, usize, *Outcome) void,
    options: Options,
    arena: std.mem.Allocator,
) !void {
    const outcomes = try arena.alloc(Outcome, options.threads);
    @memset(outcomes, .{});
    const threads = try arena.alloc(std.Thread, options.threads);
    for (threads, outcomes, 0..) |*thread, *outcome, i| {
        thread.* = try std.Thread.spawn(.{}, run, .{ options, i, outcome });
    }
    var total: Outcome = .{};
    for (threads) |thread| thread.join();
    for (outcomes) |outcome| total.join(outcome);
    if (options.hash_only) {
        try out.print("| {s} | {d} | {x:0>16} |\n", .{ name, total.count, total.hash });
    } else {
        const share = 100 * @as(f64, @floatFromInt(total.misrounded)) /
            @as(f64, @floatFromInt(total.count));
        try out.print("| {s} | {d} | {d:.4} | {x:0>8} | {e} |", .{
            name, total.count, total.worst, total.worst_x, @as(f32, @bitCast(total.worst_x)),
        });
        if (total.worst_y != 0) try out.print(" y = {e}", .{@as(f32, @bitCast(total.worst_y))});
        try out.print(" {e} | {d:.4} % |\n", .{ @as(f32, @bitCast(total.worst_got)), share });
    }
    try out.flush();
}

pub fn main(init: std.process.Init) !void {
    const arena = init.arena.allocator();
    const args = try init.minimal.args.toSlice(arena);
    var options: Options = .{};
    var wanted: std.ArrayList([]const u8) = .empty;
    var i: usize = 1;
    while (i < args.len) : (i += 1) {
        const arg = args[i];
        if (std.mem.eql(u8, arg, "--hash")) {
            options.hash_only = true;
        } else if (std.mem.startsWith(u8, arg, "--")) {
            i += 1;
            if (i == args.len) return error.MissingNumber;
            const number = try std.fmt.parseInt(u64, args[i], 10);
            if (std.mem.eql(u8, arg, "--stride")) {
                options.stride = @max(number, 1);
            } else if (std.mem.eql(u8, arg, "--pairs")) {
                options.pairs = number;
            } else if (std.mem.eql(u8, arg, "--threads")) {
                options.threads = @max(number, 1);
            } else return error.UnknownOption;
        } else try wanted.append(arena, arg);
    }

    var buffer: [1024]u8 = undefined;
    // Streaming: a positional writer would overwrite what others wrote to the same file.
    var file_writer: std.Io.File.Writer = .initStreaming(.stdout(), init.io, &buffer);
    const out = &file_writer.interface;
    if (options.hash_only) {
        try out.print("| function | inputs | hash |\n| --- | ---: | --- |\n", .{});
    } else {
        try out.print(
            "| function | inputs | worst error in ulp | at | x | result | not the nearest |\n" ++
                "| --- | ---: | ---: | --- | ---: | ---: | ---: |\n",
            .{},
        );
    }
    inline for (names) |name| {
        if (isWanted(wanted.items, name)) {
            try report(out, name, Unary(name).run, options, arena);
        }
    }
    if (isWanted(wanted.items, "pow")) try report(out, "pow", Power.run, options, arena);
}

fn isWanted(wanted: []const []const u8, name: []const u8) bool {
    for (wanted) |each| if (std.mem.eql(u8, each, name)) return true;
    return wanted.len == 0;
}
