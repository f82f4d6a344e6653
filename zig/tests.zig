//! The Zig tests: every level that this machine has, called through the ABI, against the float64
//! references of `reference.zig`; and what the ABI refuses.

const std = @import("std");
const abi = @import("abi.zig");
const abi_random = @import("abi_random.zig");
const caches = @import("caches.zig");
const cpu = @import("cpu.zig");
const dispatch = @import("dispatch.zig");
const ops = @import("ops.zig");
const pool = @import("pool.zig");
const reference = @import("reference.zig");
const signature = @import("signature.zig");
const table = @import("kernels/table.zig");

const testing = std.testing;
const Status = abi.Status;

test {
    _ = cpu;
    _ = @import("bytes.zig");
    _ = @import("memory.zig");
    _ = @import("os.zig");
    _ = pool;
    _ = @import("scratch.zig");
    _ = caches;
    _ = @import("tests_bits.zig");
    _ = @import("tests_strided.zig");
    _ = @import("tests_typed.zig");
    _ = @import("tests_spread.zig");
    _ = signature;
}

/// Runs a body at every level of this machine and puts the strongest back.
fn forEachLevel(context: anytype, comptime body: anytype) !void {
    const mask = abi.isa_available();
    try testing.expect(mask != 0);
    const before = abi.isa();
    defer _ = abi.isa_select(before);
    for (cpu.levels) |level| {
        if (mask & cpu.bit(level) == 0) continue;
        try testing.expectEqual(Status.ok, abi.isa_select(@intFromEnum(level)));
        body(context) catch |err| {
            std.debug.print("at level {s}\n", .{@tagName(level)});
            return err;
        };
    }
}

/// The size of one unit in the last place of float32 at x.
fn ulpAt(x: f64) f64 {
    const exponent = if (x == 0) -126 else @max(std.math.ilogb(@abs(x)), -126);
    return std.math.ldexp(@as(f64, 1), @intCast(exponent - 23));
}

/// Fails unless `got` is within `ulp` units of `exact`; 0 demands the correctly rounded value.
fn expectClose(got: f32, exact: f64, ulp: f64) !void {
    const rounded: f32 = @floatCast(exact);
    if (std.math.isNan(exact)) return testing.expect(std.math.isNan(got));
    if (got == rounded) return;
    if (ulp == 0 or std.math.isNan(got) or std.math.isInf(exact)) return error.WrongValue;
    // Infinity stands for the value that follows the largest one.
    const value: f64 = if (std.math.isInf(got)) std.math.copysign(@as(f64, 0x1p128), got) else got;
    if (@abs(value - exact) > ulp * ulpAt(exact)) return error.WrongValue;
}

const special = [_]f32{
    0,          -0.0,  1,            -1,            0.5,               -0.5,               1.5,               2.5,
    -2.5,       1e20,  -1e20,        1e-20,         -1e-20,            0x1p-126,           -0x1p-126,         0x1p-149,
    -0x1p-149,  1e-40, 3.4028235e38, -3.4028235e38, std.math.inf(f32), -std.math.inf(f32), std.math.nan(f32), 8388609,
    16777217.0, 88.72, -87.4,        -103.9,        3.1415927,         1.5707964,          100000,            0.99999994,
};

/// Special values and then every kind of bit pattern.
fn fillAnything(values: []f32, seed: u64) void {
    var prng: std.Random.DefaultPrng = .init(seed);
    const random = prng.random();
    for (values, 0..) |*value, i| {
        value.* = if (i < special.len)
            special[i]
        else if (i % 2 == 0)
            @bitCast(random.int(u32))
        else
            random.floatNorm(f32) * 4;
    }
}

const sample_count = 20_011;

test "unary operations are within their ulp at every level" {
    try forEachLevel({}, struct {
        fn body(_: void) !void {
            var a: [sample_count]f32 = undefined;
            var out: [sample_count]f32 = undefined;
            fillAnything(&a, 1);
            inline for (ops.unary, 0..) |row, op| {
                if (row.parameters != 0) continue;
                try testing.expectEqual(Status.ok, abi.unary(op, &a, &out, a.len, 0, 0));
                for (a, out) |x, got| {
                    expectClose(got, @field(reference, row.name)(x), row.ulp) catch |err| {
                        std.debug.print("{s}({e}) gave {e}\n", .{ row.name, x, got });
                        return err;
                    };
                }
            }
        }
    }.body);
}

test "pow is within its ulp at every level" {
    try forEachLevel({}, struct {
        fn body(_: void) !void {
            const n = special.len * special.len;
            var x: [n]f32 = undefined;
            var y: [n]f32 = undefined;
            var out: [n]f32 = undefined;
            for (0..n) |i| {
                x[i] = special[i % special.len];
                y[i] = special[i / special.len];
            }
            const op = @intFromEnum(ops.Binary.pow);
            try testing.expectEqual(Status.ok, abi.binary(op, &x, &y, &out, n, 0));
            for (x, y, out) |base, exponent, got| {
                expectClose(got, reference.pow(base, exponent), 2) catch |err| {
                    std.debug.print("pow({e}, {e}) gave {e}\n", .{ base, exponent, got });
                    return err;
                };
            }
        }
    }.body);
}

/// A view between guards that nothing may touch.
const Guarded = struct {
    const guard: f32 = -12345.5;
    memory: [400]f32 = @splat(guard),
    start: usize,
    length: usize,

    fn view(g: *Guarded) []f32 {
        return g.memory[g.start..][0..g.length];
    }

    fn expectIntact(g: *const Guarded) !void {
        for (g.memory, 0..) |value, i| {
            if (i >= g.start and i < g.start + g.length) continue;
            try testing.expectEqual(guard, value);
        }
    }
};

test "every length at every alignment writes its output and nothing else" {
    try forEachLevel({}, struct {
        fn body(_: void) !void {
            var a: [160]f32 = undefined;
            for (&a, 0..) |*value, i| value.* = @floatFromInt(i);
            for (0..131) |length| {
                for (0..16) |offset| {
                    var out: Guarded = .{ .start = 16 + offset, .length = length };
                    const n: u32 = @intCast(length);
                    const op = @intFromEnum(ops.Unary.square);
                    const status = abi.unary(op, a[offset..].ptr, out.view().ptr, n, 0, 0);
                    try testing.expectEqual(Status.ok, status);
                    for (out.view(), 0..) |got, i| {
                        const x = a[offset + i];
                        try testing.expectEqual(x * x, got);
                    }
                    try out.expectIntact();
                }
            }
        }
    }.body);
}

test "reductions agree with float64" {
    try forEachLevel({}, struct {
        fn body(_: void) !void {
            var a: [5000]f32 = undefined;
            var prng: std.Random.DefaultPrng = .init(3);
            for (&a) |*value| value.* = prng.random().floatNorm(f32);
            for ([_]u32{ 1, 2, 15, 16, 17, 127, 128, 129, 2047, 2048, 2049, 5000 }) |n| {
                var sum: f64 = 0;
                var magnitude: f64 = 0;
                var largest: usize = 0;
                for (a[0..n], 0..) |x, i| {
                    sum += x;
                    magnitude += @abs(x);
                    if (x > a[largest]) largest = i;
                }
                const mean = sum / @as(f64, @floatFromInt(n));
                var squares: f64 = 0;
                for (a[0..n]) |x| squares += (x - mean) * (x - mean);
                var got: [1]f32 = undefined;
                const sum_op = @intFromEnum(ops.Reduction.sum);
                try testing.expectEqual(Status.ok, abi.reduce(sum_op, &a, n, 0, &got));
                try testing.expectApproxEqAbs(sum, got[0], 24 * 0x1p-24 * magnitude);
                const variance_op = @intFromEnum(ops.Reduction.variance);
                try testing.expectEqual(Status.ok, abi.reduce(variance_op, &a, n, 0, &got));
                const variance = squares / @as(f64, @floatFromInt(n));
                try testing.expectApproxEqAbs(variance, got[0], 0x1p-23 * variance);
                var index: [1]u32 = undefined;
                const argmax_op = @intFromEnum(ops.ArgReduction.argmax);
                try testing.expectEqual(Status.ok, abi.arg_reduce(argmax_op, &a, n, &index));
                try testing.expectEqual(largest, index[0]);
            }
        }
    }.body);
}

/// Sizes, transposition and factors of a product under test.
const Case = struct { m: u32, n: u32, k: u32, flags: u32, alpha: f32 = 1, beta: f32 = 0 };

fn expectProduct(case: Case, gpa: std.mem.Allocator) !void {
    const a = try gpa.alloc(f32, case.m * case.k);
    defer gpa.free(a);
    const b = try gpa.alloc(f32, case.k * case.n);
    defer gpa.free(b);
    const c = try gpa.alloc(f32, case.m * case.n);
    defer gpa.free(c);
    const before = try gpa.alloc(f32, c.len);
    defer gpa.free(before);
    var prng: std.Random.DefaultPrng = .init(case.m * 7 + case.n * 5 + case.k * 3 + case.flags);
    for ([_][]f32{ a, b, before }) |values| {
        for (values) |*value| value.* = prng.random().floatNorm(f32);
    }
    @memcpy(c, before);
    const lda = if (case.flags & 1 != 0) case.m else case.k;
    const ldb = if (case.flags & 2 != 0) case.k else case.n;
    const status = abi.gemm(case.m, case.n, case.k, a.ptr, lda, b.ptr, ldb, c.ptr, case.n, case.flags, case.alpha, case.beta);
    try testing.expectEqual(Status.ok, status);
    for (0..case.m) |i| {
        for (0..case.n) |j| {
            const exact = entry(case, a, b, i, j);
            const old = case.beta * @as(f64, before[i * case.n + j]);
            const bound = (@as(f64, @floatFromInt(case.k)) + 4) * 0x1p-24 *
                (@abs(case.alpha) * exact.magnitude + @abs(old));
            try testing.expectApproxEqAbs(case.alpha * exact.value + old, c[i * case.n + j], bound);
        }
    }
}

fn entry(case: Case, a: []const f32, b: []const f32, i: usize, j: usize) struct { value: f64, magnitude: f64 } {
    var value: f64 = 0;
    var magnitude: f64 = 0;
    for (0..case.k) |p| {
        const x: f64 = if (case.flags & 1 != 0) a[p * case.m + i] else a[i * case.k + p];
        const y: f64 = if (case.flags & 2 != 0) b[j * case.k + p] else b[p * case.n + j];
        value += x * y;
        magnitude += @abs(x * y);
    }
    return .{ .value = value, .magnitude = magnitude };
}

test "gemm agrees with float64 for all paths, transposes and factors" {
    try forEachLevel(testing.allocator, struct {
        fn body(gpa: std.mem.Allocator) !void {
            const sizes = [_][3]u32{
                .{ 1, 1, 1 },    .{ 17, 31, 63 },    .{ 33, 65, 300 }, .{ 1, 100, 50 },
                .{ 100, 1, 50 }, .{ 130, 270, 260 }, .{ 8, 600, 520 }, .{ 300, 10, 17 },
            };
            for (sizes) |size| {
                for (0..4) |flags| {
                    const f: u32 = @intCast(flags);
                    try expectProduct(.{ .m = size[0], .n = size[1], .k = size[2], .flags = f }, gpa);
                    try expectProduct(.{ .m = size[0], .n = size[1], .k = size[2], .flags = f, .alpha = -0.5, .beta = 2 }, gpa);
                }
            }
        }
    }.body);
}

/// A test at every level, alone and on several threads.
fn forThreadsAndLevels(comptime body: anytype) !void {
    const threads_before = abi.threads();
    defer _ = abi.set_threads(threads_before);
    for ([_]u32{ 1, 3 }) |threads| {
        _ = abi.set_threads(threads);
        try forEachLevel(testing.allocator, body);
    }
}

test "gemm agrees with float64 where several blocks of A meet the same panels of B" {
    try forThreadsAndLevels(struct {
        fn body(gpa: std.mem.Allocator) !void {
            // B transposed, with three blocks of k, and B with rows that are far apart.
            try expectProduct(.{ .m = 600, .n = 70, .k = 1040, .flags = 2 }, gpa);
            try expectProduct(.{ .m = 530, .n = 70, .k = 600, .flags = 3, .alpha = -0.5, .beta = 2 }, gpa);
            try expectProduct(.{ .m = 270, .n = 2050, .k = 70, .flags = 0 }, gpa);
        }
    }.body);
}

test "gemm agrees with float64 where transposed operands are copied, and B lies near" {
    try forThreadsAndLevels(struct {
        fn body(gpa: std.mem.Allocator) !void {
            // Lines of A that share sets of a cache, and two blocks of k with rows of A left over.
            try expectProduct(.{ .m = 1024, .n = 23, .k = 70, .flags = 1 }, gpa);
            try expectProduct(.{ .m = 155, .n = 64, .k = 600, .flags = 1, .alpha = -0.5, .beta = 2 }, gpa);
            try expectProduct(.{ .m = 300, .n = 50, .k = 70, .flags = 2, .beta = 1 }, gpa);
            // A C that is large beside what it takes, in two parts of its columns.
            try expectProduct(.{ .m = 150, .n = 2100, .k = 5, .flags = 0, .alpha = -0.5, .beta = 2 }, gpa);
            // Few rows, which meet B turned in registers.
            try expectProduct(.{ .m = 7, .n = 50, .k = 1030, .flags = 2, .alpha = 2, .beta = 1 }, gpa);
            try expectProduct(.{ .m = 2, .n = 3, .k = 5, .flags = 2 }, gpa);
            try expectProduct(.{ .m = 520, .n = 17, .k = 530, .flags = 3 }, gpa);
        }
    }.body);
}

test "with the least scratch memory a product is slower, not different" {
    try forEachLevel(testing.allocator, struct {
        fn body(gpa: std.mem.Allocator) !void {
            const m, const n, const k = .{ 100, 333, 600 };
            const a = try gpa.alloc(f32, m * k);
            defer gpa.free(a);
            const b = try gpa.alloc(f32, k * n);
            defer gpa.free(b);
            const expected = try gpa.alloc(f32, m * n);
            defer gpa.free(expected);
            const c = try gpa.alloc(f32, m * n);
            defer gpa.free(c);
            _ = abi_random.random_normal(a.ptr, m * k, 1, 0, 0, 0);
            _ = abi_random.random_normal(b.ptr, k * n, 2, 0, 0, 0);
            // A transposed, so that both operands are packed.
            const status = abi.gemm(m, n, k, a.ptr, m, b.ptr, n, expected.ptr, n, 1, 1, 0);
            try testing.expectEqual(Status.ok, status);
            const kernels = dispatch.kernels().?;
            const g: table.Gemm = .{
                .m = m,
                .n = n,
                .k = k,
                .a = .{ .data = a.ptr, .row_stride = 1, .col_stride = m },
                .b = .{ .data = b.ptr, .row_stride = n, .col_stride = 1 },
                .c = c.ptr,
                .ldc = n,
                .alpha = 1,
                .beta = 0,
                .multiplies_twice = dispatch.multipliesTwice(),
            };
            const sizes = kernels.gemm_scratch(&g, &pool.alone, caches.get());
            try testing.expect(sizes.needed < sizes.wanted);
            const memory = try gpa.alignedAlloc(f32, .@"64", sizes.needed);
            defer gpa.free(memory);
            const least: table.Scratch = .{ .data = memory.ptr, .floats = memory.len };
            kernels.gemm_with_scratch(&g, &least, &pool.alone, caches.get());
            try testing.expectEqualSlices(f32, expected, c);
        }
    }.body);
}

test "the ABI refuses what it can recognise and writes nothing" {
    var memory: [64]f32 = @splat(1);
    const a: [*]f32 = &memory;
    const huge = std.math.maxInt(u32);
    try testing.expectEqual(Status.null_pointer, abi.unary(0, null, a, 4, 0, 0));
    try testing.expectEqual(Status.null_pointer, abi.unary(0, a, null, 4, 0, 0));
    try testing.expectEqual(Status.ok, abi.unary(0, null, null, 0, 0, 0));
    try testing.expectEqual(Status.unknown_operation, abi.unary(1000, a, a, 4, 0, 0));
    try testing.expectEqual(Status.overlap_a, abi.unary(0, a, a + 1, 4, 0, 0));
    try testing.expectEqual(Status.overlap_b, abi.binary(0, a + 16, a + 1, a, 4, 0));
    try testing.expectEqual(Status.bad_argument, abi.binary(0, a, a, a, 4, 3));
    try testing.expectEqual(Status.overlap_c, abi.ternary(0, a + 16, a + 32, a + 1, a, 4, 0));
    try testing.expectEqual(Status.size_overflow, abi.transpose(a, a, huge, huge));
    try testing.expectEqual(Status.size_overflow, abi.row_wise(0, a, a, huge, huge));
    try testing.expectEqual(Status.overlap_a, abi.transpose(a, a, 2, 4));
    try testing.expectEqual(Status.bad_argument, abi.gemm(2, 2, 2, a, 1, a + 8, 2, a + 16, 2, 0, 1, 0));
    try testing.expectEqual(Status.bad_argument, abi.gemm(2, 2, 2, a, 2, a + 8, 2, a + 16, 2, 4, 1, 0));
    try testing.expectEqual(Status.size_overflow, abi.gemm(huge, huge, 1, a, huge, a, huge, a, huge, 0, 1, 0));
    try testing.expectEqual(Status.overlap_b, abi.gemm(2, 2, 2, a, 2, a + 17, 2, a + 16, 2, 0, 1, 0));
    try testing.expectEqual(Status.null_pointer, abi.gemm(2, 2, 2, null, 2, a + 8, 2, a + 16, 2, 0, 1, 0));
    try testing.expectEqual(Status.empty, abi.arg_reduce(0, a, 0, @ptrCast(a)));
    try testing.expectEqual(Status.unsupported_level, abi.isa_select(99));
    for (memory) |value| try testing.expectEqual(1, value);
}
