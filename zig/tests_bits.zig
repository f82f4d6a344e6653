//! The same bits everywhere: results are hashed and compared with the hashes below, on every level
//! with FMA and for several numbers of threads. Whoever changes a kernel's arithmetic on purpose
//! takes over what the test prints, on one machine, and sees the others agree.

const std = @import("std");
const abi = @import("abi.zig");
const cpu = @import("cpu.zig");
const ops = @import("ops.zig");

const testing = std.testing;

const golden = .{
    .products = 0x2307a8ca,
    .elementwise = 0x03a40f99,
    .reductions = 0xaabafea9,
    .rows = 0xf6a40fa1,
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

test "products: 200 random shapes, transposes, alpha and beta, with 1, 2, 3 and 8 threads" {
    const threads_before = abi.threads();
    defer _ = abi.set_threads(threads_before);
    for ([_]u32{ 1, 2, 3, 8 }) |threads| {
        _ = abi.set_threads(threads);
        try expectSameBits(golden.products, products);
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

test "reductions" {
    try expectSameBits(golden.reductions, struct {
        fn body(hash: *Hash) !void {
            var prng: std.Random.DefaultPrng = .init(3);
            var a: [70_001]f32 = undefined;
            fill(prng.random(), &a);
            for ([_]u32{ 1, 15, 16, 17, 100, 1000, 2047, 2049, 5000, 70_001 }) |n| {
                var result: [1]f32 = undefined;
                for (0..ops.reductions.len) |op| {
                    _ = abi.reduce(@intCast(op), &a, n, 0, &result);
                    hashFloats(hash, &result);
                }
                _ = abi.dot(&a, a[a.len - n ..].ptr, n, &result);
                hashFloats(hash, &result);
            }
        }
    }.body);
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
            _ = abi.random_normal(&out, out.len, 5, 6, 7, 8);
            hashFloats(hash, &out);
        }
    }.body);
}
