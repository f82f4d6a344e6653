//! Large operations: the bits do not show the number of threads, and what goes past the caches
//! arrives where it belongs and nowhere else.

const std = @import("std");
const abi = @import("abi.zig");
const cpu = @import("cpu.zig");
const dispatch = @import("dispatch.zig");
const ops = @import("ops.zig");
const pool = @import("pool.zig");
const spread = @import("spread.zig");
const strided_loop = @import("strided_loop.zig");
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

/// Compares what a call writes on some numbers of threads with what the kernel writes in one piece,
/// bit for bit.
fn expectSameOnThreads(n: usize, context: anytype, comptime call: type) !void {
    const before = abi.threads();
    defer _ = abi.set_threads(before);
    const whole = try testing.allocator.alloc(f32, n);
    defer testing.allocator.free(whole);
    const out = try testing.allocator.alloc(f32, n);
    defer testing.allocator.free(out);
    call.whole(context, whole.ptr);
    for ([_]u32{ 1, 2, 3, 8 }) |threads| {
        _ = abi.set_threads(threads);
        @memset(out, 7);
        try testing.expectEqual(.ok, call.spread(context, out.ptr));
        try testing.expectEqualSlices(u32, @ptrCast(whole), @ptrCast(out));
    }
}

/// The length from which on threads share the work.
fn thresholdOf(cycles: u32) u32 {
    var n: u32 = 16;
    while (!spread.isLarge(n, cycles)) n += 16;
    return n;
}

const Elements = struct { op: u32, a: []const f32, b: []const f32, n: u32 };

const Unary = struct {
    fn spread(c: Elements, out: [*]f32) abi.Status {
        return abi.unary(c.op, c.a.ptr, out, c.n, -0.5, 0.75);
    }

    fn whole(c: Elements, out: [*]f32) void {
        dispatch.kernels().?.unary[c.op](c.a.ptr, out, c.n, -0.5, 0.75);
    }
};

const Binary = struct {
    fn spread(c: Elements, out: [*]f32) abi.Status {
        return abi.binary(c.op, c.a.ptr, c.b.ptr, out, c.n, c.n % 3);
    }

    fn whole(c: Elements, out: [*]f32) void {
        dispatch.kernels().?.binary[c.op](c.a.ptr, c.b.ptr, out, c.n, c.n % 3);
    }
};

const Ternary = struct {
    fn spread(c: Elements, out: [*]f32) abi.Status {
        return abi.ternary(c.op, c.a.ptr, c.b.ptr, c.a.ptr, out, c.n, c.n % 7);
    }

    fn whole(c: Elements, out: [*]f32) void {
        dispatch.kernels().?.ternary[c.op](c.a.ptr, c.b.ptr, c.a.ptr, out, c.n, c.n % 7);
    }
};

test "element-wise: no number of threads shows, around the length where they begin" {
    try forEachLevel(struct {
        fn body() !void {
            const longest = thresholdOf(1) / 4 + 5000;
            const a = try random(longest, 1);
            defer testing.allocator.free(a);
            const b = try random(longest, 2);
            defer testing.allocator.free(b);
            const parts = .{
                .{ comptime ops.cyclesOf(&ops.unary), Unary },
                .{ comptime ops.cyclesOf(&ops.binary), Binary },
                .{ comptime ops.cyclesOf(&ops.ternary), Ternary },
            };
            inline for (parts) |part| for (part[0], 0..) |cycles, op| {
                const threshold = thresholdOf(cycles);
                for ([_]u32{ threshold - 1, threshold, threshold + 1, threshold + 4099 }) |n| {
                    const call: Elements = .{ .op = @intCast(op), .a = a, .b = b, .n = n };
                    try expectSameOnThreads(n, call, part[1]);
                }
            };
        }
    }.body);
}

const Matrix = struct { a: []const f32, rows: u32, cols: u32 };

fn RowWise(comptime op: ops.RowWise) type {
    return struct {
        fn spread(m: Matrix, out: [*]f32) abi.Status {
            return abi.row_wise(@intFromEnum(op), m.a.ptr, out, m.rows, m.cols);
        }

        fn whole(m: Matrix, out: [*]f32) void {
            dispatch.kernels().?.row_wise[@intFromEnum(op)](m.a.ptr, out, m.rows, m.cols);
        }
    };
}

const LayerNorm = struct {
    fn spread(m: Matrix, out: [*]f32) abi.Status {
        return abi.layer_norm(m.a.ptr, m.a.ptr, m.a.ptr, out, m.rows, m.cols, 1e-5);
    }

    fn whole(m: Matrix, out: [*]f32) void {
        const a = m.a.ptr;
        dispatch.kernels().?.layer_norm(&.{
            .a = a,
            .weight = a,
            .bias = a,
            .out = out,
            .rows = m.rows,
            .cols = m.cols,
            .epsilon = 1e-5,
        });
    }
};

const Transpose = struct {
    fn spread(m: Matrix, out: [*]f32) abi.Status {
        return abi.transpose(m.a.ptr, out, m.rows, m.cols);
    }

    fn whole(m: Matrix, out: [*]f32) void {
        for (0..m.rows) |i| {
            for (0..m.cols) |j| out[j * m.rows + i] = m.a[i * m.cols + j];
        }
    }
};

test "rows and transposition: no number of threads shows" {
    try forEachLevel(struct {
        fn body() !void {
            const a = try random(700_000, 3);
            defer testing.allocator.free(a);
            const shapes = [_][2]u32{ .{ 1000, 70 }, .{ 7, 60_001 }, .{ 601, 1023 }, .{ 1, 90_000 }, .{ 90_000, 1 } };
            for (shapes) |shape| {
                const m: Matrix = .{ .a = a, .rows = shape[0], .cols = shape[1] };
                inline for (.{ RowWise(.softmax), RowWise(.logSoftmax), LayerNorm, Transpose }) |call| {
                    try expectSameOnThreads(m.rows * m.cols, m, call);
                }
            }
        }
    }.body);
}

/// Nothing fits: whatever may go past the caches does, and whatever may be fetched is.
const no_caches: table.Caches = .{ .l1 = 0, .l2 = 0, .l3 = 0, .line = 64, .turns_pages = true };

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
                    spread.run(kernels, &no_caches, .{ .data = out.view.ptr, .items = n, .cycles = ops.memory_cycles }, task);
                    for (out.view, a[0..n]) |got, x| try testing.expectEqual(x - a[7], got);
                    try out.expectIntact();
                }
            }
        }
    }.body);
}

test "reductions: what is fetched does not show" {
    try forEachLevel(struct {
        fn body() !void {
            const a = try random(table.part_elements, 7);
            defer testing.allocator.free(a);
            const kernels = dispatch.kernels().?;
            for ([_]usize{ 1, 127, 128, 5000, table.part_elements - 3 }) |n| {
                const dot = kernels.dot(a.ptr, a.ptr + 3, n, .none);
                for (std.enums.values(table.Fetch)) |fetch| {
                    inline for (@typeInfo(table.Parts).@"struct".fields) |field| {
                        var results: [2]table.Partial = undefined;
                        for (&results, [_]table.Fetch{ .none, fetch }) |*result, its| {
                            @field(kernels.parts, field.name)(a.ptr, n, a[0], its, result);
                        }
                        try testing.expectEqual(results[0], results[1]);
                    }
                    try testing.expectEqual(dot, kernels.dot(a.ptr, a.ptr + 3, n, fetch));
                }
            }
        }
    }.body);
}

test "rows of strided views past the caches: every offset, any length, nothing else is written" {
    try forEachLevel(struct {
        fn body() !void {
            const a = try random(5 * 9000, 6);
            defer testing.allocator.free(a);
            const kernel = dispatch.kernels().?.binary[@intFromEnum(ops.Binary.sub)];
            const op: strided_loop.Pair = .{ .kernel = .{ .floats = kernel } };
            for (0..16) |offset| {
                for ([_]usize{ 2, 17, 40, 257, 1040, 9000 }) |cols| {
                    for ([_]bool{ false, true }) |is_row| try expectBroadcast(op, a, cols, offset, is_row);
                    try expectCopied(a, cols, offset);
                }
            }
        }
    }.body);
}

/// out = a of 5 rows, backwards.
fn expectCopied(a: []const f32, cols: usize, offset: usize) !void {
    const Loop = strided_loop.Loop(strided_loop.Copy);
    const out: Guarded = try .init(offset, 5 * cols);
    defer out.deinit();
    const c: i32 = @intCast(cols);
    const layout = [_]i32{ 2, 5, c, 0, 5 * c, c, 1, 4 * c, 5 * c, -c, 1 };
    const nest = (try Loop.Nest.parse(&layout)).?;
    const loop: Loop = .{
        .op = .{},
        .kernels = dispatch.kernels().?,
        .caches = &no_caches,
        .in = .{a.ptr},
        .out = @ptrCast(out.view.ptr),
    };
    loop.run(&nest, 5 * cols);
    for (out.view, 0..) |got, i| try testing.expectEqual(a[(4 - i / cols) * cols + i % cols], got);
    try out.expectIntact();
}

/// out = a − b of 5 rows, where b is the first row of a, or its first column.
fn expectBroadcast(op: strided_loop.Pair, a: []const f32, cols: usize, offset: usize, is_row: bool) !void {
    const Loop = strided_loop.Loop(strided_loop.Pair);
    const out: Guarded = try .init(offset, 5 * cols);
    defer out.deinit();
    const c: i32 = @intCast(cols);
    const b_row: i32, const b_col: i32 = if (is_row) .{ 0, 1 } else .{ c, 0 };
    const layout = [_]i32{ 2, 5, c, 0, 5 * c, c, 1, 0, 5 * c, c, 1, 0, 5 * c, b_row, b_col };
    const nest = (try Loop.Nest.parse(&layout)).?;
    const loop: Loop = .{
        .op = op,
        .kernels = dispatch.kernels().?,
        .caches = &no_caches,
        .in = .{ a.ptr, a.ptr },
        .out = @ptrCast(out.view.ptr),
    };
    loop.run(&nest, 5 * cols);
    for (out.view, 0..) |got, i| {
        const b = if (is_row) i % cols else i - i % cols;
        try testing.expectEqual(a[i] - a[b], got);
    }
    try out.expectIntact();
}

test "transposition: few rows or columns, past the caches, every offset, nothing else is written" {
    try forEachLevel(struct {
        fn body() !void {
            const shapes = [_][2]usize{
                .{ 16, 16 },  .{ 32, 33 },   .{ 80, 400 }, .{ 400, 80 }, .{ 48, 17 }, .{ 79, 50 },
                .{ 257, 35 }, .{ 271, 300 }, .{ 529, 33 }, .{ 1, 60 },   .{ 60, 1 },  .{ 2, 70 },
                .{ 70, 2 },   .{ 3, 101 },   .{ 101, 3 },  .{ 4, 64 },   .{ 64, 4 },  .{ 15, 90 },
                .{ 90, 13 },  .{ 7, 5000 },  .{ 5000, 6 }, .{ 7, 9 },
            };
            const a = try random(5000 * 22, 5);
            defer testing.allocator.free(a);
            for (0..16) |offset| {
                for (shapes) |shape| {
                    for ([_]usize{ 0, 3, 16 }) |gap| try expectTransposed(a, shape, gap, offset);
                }
            }
        }
    }.body);
}

/// Both matrices have gaps between their rows.
fn expectTransposed(a: []const f32, shape: [2]usize, gap: usize, offset: usize) !void {
    const rows, const cols = shape;
    const out_stride = rows + gap;
    const out: Guarded = try .init(offset, (cols - 1) * out_stride + rows);
    defer out.deinit();
    const team = pool.acquire();
    defer pool.release(team);
    dispatch.kernels().?.transpose(&.{
        .a = a.ptr,
        .a_stride = cols + gap,
        .out = out.view.ptr,
        .out_stride = out_stride,
        .rows = rows,
        .cols = cols,
        .has_room = false,
    }, &team, &no_caches);
    for (out.view, 0..) |value, at| {
        const i = at % out_stride;
        const j = at / out_stride;
        try testing.expectEqual(if (i < rows) a[i * (cols + gap) + j] else Guarded.guard, value);
    }
    try out.expectIntact();
}
