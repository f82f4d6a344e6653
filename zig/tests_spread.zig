//! Large operations: the bits do not show the number of threads, and what goes past the caches
//! arrives where it belongs and nowhere else.

const std = @import("std");
const abi = @import("abi.zig");
const cpu = @import("cpu.zig");
const dispatch = @import("dispatch.zig");
const ops = @import("ops.zig");
const pool = @import("pool.zig");
const spread = @import("spread.zig");
const table = @import("kernels/table.zig");

const testing = std.testing;

/// Runs a body at every level of this machine and puts the strongest back.
fn forEachLevel(comptime body: fn () anyerror!void) !void {
    const before = abi.isa();
    defer _ = abi.isa_select(before);
    for (cpu.levels) |level| {
        if (abi.isa_available() & cpu.bit(level) == 0) continue;
        _ = abi.isa_select(@intFromEnum(level));
        body() catch |err| {
            std.debug.print("at level {s}\n", .{@tagName(level)});
            return err;
        };
    }
}

fn random(n: usize, seed: u64) ![]f32 {
    const values = try testing.allocator.alloc(f32, n);
    var prng: std.Random.DefaultPrng = .init(seed);
    for (values) |*value| value.* = prng.random().floatNorm(f32) * 3;
    return values;
}

/// Compares what a call writes on some numbers of threads, bit for bit.
fn expectSameOnThreads(n: usize, context: anytype, comptime call: anytype) !void {
    const before = abi.threads();
    defer _ = abi.set_threads(before);
    const alone = try testing.allocator.alloc(f32, n);
    defer testing.allocator.free(alone);
    const out = try testing.allocator.alloc(f32, n);
    defer testing.allocator.free(out);
    _ = abi.set_threads(1);
    try testing.expectEqual(.ok, call(context, alone.ptr));
    for ([_]u32{ 2, 3, 8 }) |threads| {
        _ = abi.set_threads(threads);
        @memset(out, 7);
        try testing.expectEqual(.ok, call(context, out.ptr));
        try testing.expectEqualSlices(u32, @ptrCast(alone), @ptrCast(out));
    }
}

/// The length from which on threads share the work.
fn thresholdOf(cycles: u32) u32 {
    var n: u32 = 16;
    while (!spread.isLarge(n, cycles)) n += 16;
    return n;
}

const Call = struct { op: u32, a: []const f32, b: []const f32, n: u32 };

test "element-wise: no number of threads shows, around the length where they begin" {
    try forEachLevel(struct {
        fn body() !void {
            const longest = thresholdOf(1) / 4 + 5000;
            const a = try random(longest, 1);
            defer testing.allocator.free(a);
            const b = try random(longest, 2);
            defer testing.allocator.free(b);
            const parts = .{
                .{ comptime ops.cyclesOf(&ops.unary), unary },
                .{ comptime ops.cyclesOf(&ops.binary), binary },
                .{ comptime ops.cyclesOf(&ops.ternary), ternary },
            };
            inline for (parts) |part| for (part[0], 0..) |cycles, op| {
                const threshold = thresholdOf(cycles);
                for ([_]u32{ threshold - 1, threshold, threshold + 1, threshold + 4099 }) |n| {
                    const call: Call = .{ .op = @intCast(op), .a = a, .b = b, .n = n };
                    try expectSameOnThreads(n, call, part[1]);
                }
            };
        }

        fn unary(c: Call, out: [*]f32) abi.Status {
            return abi.unary(c.op, c.a.ptr, out, c.n, -0.5, 0.75);
        }

        fn binary(c: Call, out: [*]f32) abi.Status {
            return abi.binary(c.op, c.a.ptr, c.b.ptr, out, c.n, c.n % 3);
        }

        fn ternary(c: Call, out: [*]f32) abi.Status {
            return abi.ternary(c.op, c.a.ptr, c.b.ptr, c.a.ptr, out, c.n, c.n % 7);
        }
    }.body);
}

test "rows and transposition: no number of threads shows" {
    try forEachLevel(struct {
        const Matrix = struct { a: []const f32, rows: u32, cols: u32 };

        fn body() !void {
            const a = try random(700_000, 3);
            defer testing.allocator.free(a);
            const shapes = [_][2]u32{ .{ 1000, 70 }, .{ 7, 60_001 }, .{ 601, 1023 }, .{ 1, 90_000 }, .{ 90_000, 1 } };
            for (shapes) |shape| {
                const m: Matrix = .{ .a = a, .rows = shape[0], .cols = shape[1] };
                const n = m.rows * m.cols;
                inline for (.{ softmax, logSoftmax, layerNorm, transpose }) |call| {
                    try expectSameOnThreads(n, m, call);
                }
            }
        }

        fn softmax(m: Matrix, out: [*]f32) abi.Status {
            return abi.row_wise(@intFromEnum(ops.RowWise.softmax), m.a.ptr, out, m.rows, m.cols);
        }

        fn logSoftmax(m: Matrix, out: [*]f32) abi.Status {
            return abi.row_wise(@intFromEnum(ops.RowWise.logSoftmax), m.a.ptr, out, m.rows, m.cols);
        }

        fn layerNorm(m: Matrix, out: [*]f32) abi.Status {
            return abi.layer_norm(m.a.ptr, m.a.ptr, m.a.ptr, out, m.rows, m.cols, 1e-5);
        }

        fn transpose(m: Matrix, out: [*]f32) abi.Status {
            return abi.transpose(m.a.ptr, out, m.rows, m.cols);
        }
    }.body);
}

/// Nothing fits: whatever may go past the caches does.
const no_caches: table.Caches = .{ .l1 = 0, .l2 = 0, .l3 = 0, .line = 64 };

/// A view at any offset from a line, between guards that nothing may touch.
const Guarded = struct {
    const guard: f32 = -12345.5;
    const margin = 64;
    memory: []align(64) f32,
    view: []f32,

    fn init(offset: usize, n: usize) !Guarded {
        const memory = try testing.allocator.alignedAlloc(f32, .@"64", n + 2 * margin);
        @memset(memory, guard);
        return .{ .memory = memory, .view = memory[margin + offset ..][0..n] };
    }

    fn deinit(g: Guarded) void {
        testing.allocator.free(g.memory);
    }

    fn expectIntact(g: Guarded) !void {
        const start = (@intFromPtr(g.view.ptr) - @intFromPtr(g.memory.ptr)) / @sizeOf(f32);
        for (g.memory[0..start]) |value| try testing.expectEqual(guard, value);
        for (g.memory[start + g.view.len ..]) |value| try testing.expectEqual(guard, value);
    }
};

test "element-wise past the caches: every offset, any length, nothing else is written" {
    try forEachLevel(struct {
        fn body() !void {
            const a = try random(9000, 4);
            defer testing.allocator.free(a);
            const kernels = dispatch.kernels().?;
            const op = @intFromEnum(ops.Binary.sub);
            for (0..16) |offset| {
                for ([_]usize{ 1, 15, 16, 17, 40, 511, 512, 513, 1039, 1040, 8700 }) |n| {
                    const out: Guarded = try .init(offset, n);
                    defer out.deinit();
                    const inputs: spread.Binary.Operands = .{ .data = .{ a.ptr, a.ptr + 7 }, .scalars = 2 };
                    const task: spread.Binary = .{ .kernel = kernels.binary[op], .inputs = inputs };
                    spread.run(kernels, &no_caches, .{ .data = out.view.ptr, .items = n }, task);
                    for (out.view, a[0..n]) |got, x| try testing.expectEqual(x - a[7], got);
                    try out.expectIntact();
                }
            }
        }
    }.body);
}

test "transposition past the caches: every offset, nothing else is written" {
    try forEachLevel(struct {
        fn body() !void {
            const a = try random(80 * 400, 5);
            defer testing.allocator.free(a);
            const kernels = dispatch.kernels().?;
            for (0..16) |offset| {
                for ([_][2]usize{ .{ 16, 16 }, .{ 32, 33 }, .{ 80, 400 }, .{ 400, 80 }, .{ 48, 17 }, .{ 79, 50 } }) |shape| {
                    const rows, const cols = shape;
                    const out: Guarded = try .init(offset, rows * cols);
                    defer out.deinit();
                    const team = pool.acquire();
                    defer pool.release(team);
                    const matrix: table.Transpose = .{ .a = a.ptr, .out = out.view.ptr, .rows = rows, .cols = cols };
                    kernels.transpose(&matrix, &team, &no_caches);
                    for (0..rows) |i| {
                        for (0..cols) |j| try testing.expectEqual(a[i * cols + j], out.view[j * rows + i]);
                    }
                    try out.expectIntact();
                }
            }
        }
    }.body);
}
