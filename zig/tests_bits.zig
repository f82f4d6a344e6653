//! The same bits everywhere: results are hashed and compared with the hashes below, on every level
//! with FMA and for several numbers of threads. Whoever changes a kernel's arithmetic on purpose
//! takes over what the test prints, on one machine, and sees the others agree.

const std = @import("std");
const abi = @import("abi.zig");
const abi_random = @import("abi_random.zig");
const abi_strided = @import("abi_strided.zig");
const cpu = @import("cpu.zig");
const dispatch = @import("dispatch.zig");
const ops = @import("ops.zig");
const strided = @import("strided.zig");

const testing = std.testing;

const golden = .{
    .products = 0x2307a8ca,
    .elementwise = 0x0378d196,
    .reductions = 0xc42171e0,
    .strided = 0x2eaa91e6,
    .rows = 0x3a085a38,
};

const Hash = std.hash.Crc32;

fn hashFloats(hash: *Hash, values: []const f32) void {
    for (values) |value| {
        // Which NaN it is differs between processors.
        const bits: u32 = if (value != value) 0x7fc00000 else @bitCast(value);
        hash.update(std.mem.asBytes(&bits));
    }
}

/// Runs a body on every level with FMA and compares its hash.
fn expectSameBits(expected: u32, comptime body: fn (hash: *Hash) anyerror!void) !void {
    const before = abi.isa();
    defer _ = abi.isa_select(before);
    for (cpu.levels) |level| {
        if (level == .v2 or abi.isa_available() & cpu.bit(level) == 0) continue;
        _ = abi.isa_select(@intFromEnum(level));
        var hash: Hash = .init();
        try body(&hash);
        const got = hash.final();
        if (got != expected) {
            std.debug.print("{s}: 0x{x:0>8}, expected 0x{x:0>8}\n", .{ @tagName(level), got, expected });
            return error.OtherBits;
        }
    }
}

/// The same values everywhere: integers, scaled; no kernel is asked for them.
fn fill(random: std.Random, values: []f32) void {
    for (values) |*value| {
        const integer: f32 = @floatFromInt(random.intRangeAtMost(i32, -8_000_000, 8_000_000));
        value.* = integer * 0x1p-22;
    }
}

fn withThreads(expected: u32, comptime body: fn (hash: *Hash) anyerror!void) !void {
    const threads_before = abi.threads();
    defer _ = abi.set_threads(threads_before);
    for ([_]u32{ 1, 2, 3, 8 }) |threads| {
        _ = abi.set_threads(threads);
        try expectSameBits(expected, body);
    }
}

test "products: 200 random shapes, transposes, alpha and beta, with 1, 2, 3 and 8 threads" {
    defer dispatch.multiplies_twice.store(.unknown, .monotonic);
    // Tiles of processors with one pipe for 512 bits, and with two.
    for ([_]dispatch.Answer{ .no, .yes }) |answer| {
        dispatch.multiplies_twice.store(answer, .monotonic);
        try withThreads(golden.products, products);
    }
}

fn products(hash: *Hash) !void {
    const gpa = testing.allocator;
    var prng: std.Random.DefaultPrng = .init(1);
    const random = prng.random();
    for (0..200) |_| {
        const m = size(random);
        const n = size(random);
        const k = size(random);
        const flags = random.intRangeAtMost(u32, 0, 3);
        const a = try gpa.alloc(f32, m * k);
        defer gpa.free(a);
        const b = try gpa.alloc(f32, k * n);
        defer gpa.free(b);
        const c = try gpa.alloc(f32, m * n);
        defer gpa.free(c);
        for ([_][]f32{ a, b, c }) |values| fill(random, values);
        const alpha: f32 = if (random.boolean()) 1 else random.float(f32);
        const beta: f32 = if (random.boolean()) 0 else random.float(f32);
        const lda = if (flags & 1 != 0) m else k;
        const ldb = if (flags & 2 != 0) k else n;
        const status = abi.gemm(m, n, k, a.ptr, lda, b.ptr, ldb, c.ptr, n, flags, alpha, beta);
        try testing.expectEqual(.ok, status);
        hashFloats(hash, c);
    }
}

test "matmul has the bits of gemm, and nothing behind the matrices is touched" {
    const side = 40;
    const guard = 16;
    var prng: std.Random.DefaultPrng = .init(2);
    const random = prng.random();
    var a: [side * side]f32 = undefined;
    var b: [side * side]f32 = undefined;
    fill(random, &a);
    fill(random, &b);
    const before = abi.isa();
    defer _ = abi.isa_select(before);
    for (cpu.levels) |level| {
        if (abi.isa_available() & cpu.bit(level) == 0) continue;
        _ = abi.isa_select(@intFromEnum(level));
        for (0..side * side) |i| {
            // Every pair of m and n, with k from 0 on.
            const m: u32 = @intCast(i / side + 1);
            const n: u32 = @intCast(i % side + 1);
            const k = random.intRangeAtMost(u32, 0, side);
            var plain: [side * side + guard]f32 = @splat(7);
            var general: [side * side + guard]f32 = @splat(7);
            // The last operands end where their array ends.
            const from_a = a[a.len - m * k ..].ptr;
            const from_b = b[b.len - k * n ..].ptr;
            try testing.expectEqual(.ok, abi.matmul(m, n, k, from_a, from_b, &plain));
            try testing.expectEqual(.ok, abi.gemm(m, n, k, from_a, k, from_b, n, &general, n, 0, 1, 0));
            try testing.expectEqualSlices(f32, &general, &plain);
        }
    }
}

/// Vectors, small and middling sizes, more than one block of k and more than one slab.
fn size(random: std.Random) u32 {
    return switch (random.intRangeAtMost(u32, 0, 9)) {
        0 => 1,
        1...5 => random.intRangeAtMost(u32, 2, 80),
        6...8 => random.intRangeAtMost(u32, 81, 300),
        else => random.intRangeAtMost(u32, 301, 600),
    };
}

/// Every kind of bit pattern.
fn fillAnything(random: std.Random, values: []f32) void {
    for (values, 0..) |*value, i| {
        value.* = if (i % 2 == 0)
            @bitCast(random.int(u32))
        else
            @as(f32, @floatFromInt(random.int(i32))) * 0x1p-27;
    }
}

test "element-wise operations" {
    try expectSameBits(golden.elementwise, struct {
        fn body(hash: *Hash) !void {
            var prng: std.Random.DefaultPrng = .init(2);
            var a: [10_007]f32 = undefined;
            var b: [a.len]f32 = undefined;
            var out: [a.len]f32 = undefined;
            fillAnything(prng.random(), &a);
            fillAnything(prng.random(), &b);
            for (0..ops.unary.len) |op| {
                _ = abi.unary(@intCast(op), &a, &out, a.len, -0.5, 0.75);
                hashFloats(hash, &out);
            }
            for (0..ops.binary.len) |op| {
                _ = abi.binary(@intCast(op), &a, &b, &out, a.len, 0);
                hashFloats(hash, &out);
            }
            _ = abi.ternary(0, &a, &b, &a, &out, a.len, 0);
            hashFloats(hash, &out);
        }
    }.body);
}

test "reductions, with 1, 2, 3 and 8 threads" {
    try withThreads(golden.reductions, reductions);
}

fn reductions(hash: *Hash) !void {
    const gpa = testing.allocator;
    var prng: std.Random.DefaultPrng = .init(3);
    // Several parts, and too many for the cache of one core.
    const a = try gpa.alloc(f32, 600_001);
    defer gpa.free(a);
    fill(prng.random(), a);
    const lengths = [_]u32{ 1, 15, 16, 17, 100, 1000, 2047, 2049, 5000, 65_536, 70_001, 600_001 };
    for (lengths) |n| {
        var result: [1]f32 = undefined;
        for (0..ops.reductions.len) |op| {
            try testing.expectEqual(.ok, abi.reduce(@intCast(op), a.ptr, n, 0, &result));
            hashFloats(hash, &result);
        }
        try testing.expectEqual(.ok, abi.dot(a.ptr, a[a.len - n ..].ptr, n, &result));
        hashFloats(hash, &result);
        for (0..ops.arg_reductions.len) |op| {
            var index: [1]u32 = undefined;
            try testing.expectEqual(.ok, abi.arg_reduce(@intCast(op), a.ptr, n, &index));
            hash.update(std.mem.asBytes(&index));
        }
    }
}

test "strided views, with 1, 2, 3 and 8 threads" {
    try withThreads(golden.strided, stridedViews);
}

/// A view of 700×801 elements backwards and transposed: its columns, its rows and all of it.
fn stridedViews(hash: *Hash) !void {
    const gpa = testing.allocator;
    const rows, const cols = .{ 700, 801 };
    var prng: std.Random.DefaultPrng = .init(5);
    const a = try gpa.alloc(f32, rows * cols);
    defer gpa.free(a);
    const out = try gpa.alloc(f32, rows * cols);
    defer gpa.free(out);
    fill(prng.random(), a);
    const length: i32 = @intCast(a.len);
    var layout: [strided.layout_ints]i32 = undefined;
    layout[0..7].* = .{ 2, rows, cols, length - 1, length, -1, -rows };
    for (1..4) |mask| {
        const count: u32 = if (mask == 3) 1 else if (mask == 1) cols else rows;
        for (0..ops.reductions.len) |op| {
            const status = abi_strided.strided_reduce(@intCast(op), a.ptr, out.ptr, count, &layout, @intCast(mask), 0);
            try testing.expectEqual(.ok, status);
            hashFloats(hash, out[0..count]);
        }
    }
    layout[0..11].* = .{ 2, rows, cols, 0, length, cols, 1, length - 1, length, -1, -rows };
    for (0..ops.row_wise.len) |op| {
        try testing.expectEqual(.ok, abi_strided.strided_rows(@intCast(op), a.ptr, out.ptr, &layout, 0));
        hashFloats(hash, out);
    }
    layout[11..15].* = .{ 0, length, cols, 1 };
    try testing.expectEqual(.ok, abi_strided.strided_binary(2, a.ptr, a.ptr, out.ptr, &layout));
    hashFloats(hash, out);
}

test "rows and random numbers" {
    try expectSameBits(golden.rows, struct {
        fn body(hash: *Hash) !void {
            var prng: std.Random.DefaultPrng = .init(4);
            var a: [7 * 333]f32 = undefined;
            var out: [a.len]f32 = undefined;
            fill(prng.random(), &a);
            for (0..ops.row_wise.len) |op| {
                _ = abi.row_wise(@intCast(op), &a, &out, 7, 333);
                hashFloats(hash, &out);
            }
            _ = abi.layer_norm(&a, &a, null, &out, 7, 333, 1e-5);
            hashFloats(hash, &out);
            _ = abi_random.random_normal(&out, out.len, 5, 6, 7, 8);
            hashFloats(hash, &out);
        }
    }.body);
}
