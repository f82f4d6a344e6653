//! Elements of any type through the ABI, built with all safety checks: every conversion of special values
//! and in every order of memory, choices by index and truth against loops, and arguments of any kind.

const std = @import("std");
const abi_typed = @import("abi_typed.zig");
const stridesOf = @import("tests_strided.zig").stridesOf;
const typed = @import("typed.zig");

const testing = std.testing;
const Element = typed.Element;
const elements = std.enums.values(Element);

const specials = [_]f64{
    0,              -0.0,       0.4,                -0.9,           1.5,                  127.9,                 128,               -128.7,
    -129,           255.5,      256,                -257,           65535.5,              1e9,                   -1e9,              2147483520,
    2147483647,     2147483648, -2147483648,        -2147483649.5,  4e9,                  -5e9,                  1e15,              -1e15,
    0x1.8p52 + 0.5, 0x1p53 + 2, -0x1.23456789abp70, 0x1.fffffffp83, 0x1.0000000000001p83, -0x1.0000000000003p82, 0x1p84,            -0x1p90,
    0x1p127,        1e300,      5e-324,             1e-40,          std.math.inf(f64),    -std.math.inf(f64),    std.math.nan(f64),
};

/// An element as bytes.
const Bytes = [8]u8;

fn bytesOf(value: anytype) Bytes {
    var result: Bytes = @splat(0);
    const bytes = std.mem.toBytes(value);
    result[0..bytes.len].* = bytes;
    return result;
}

/// Towards 0 and modulo 2^32, by way of the widest integers.
fn toInt32(x: f64) i32 {
    if (!(@abs(x) < 0x1p126)) return 0;
    return @truncate(@as(i128, @intFromFloat(x)));
}

/// What an element of a number is, stored.
fn stored(element: Element, x: f64) Bytes {
    return switch (element) {
        .float32 => bytesOf(@as(f32, @floatCast(x))),
        .float64 => bytesOf(x),
        .int32 => bytesOf(toInt32(x)),
        .int8, .uint8 => bytesOf(@as(u8, @truncate(@as(u32, @bitCast(toInt32(x)))))),
        .bool => bytesOf(@intFromBool(x != 0)),
    };
}

/// The number that is stored.
fn numberOf(element: Element, bytes: Bytes) f64 {
    return switch (element) {
        .float32 => @as(f32, @bitCast(bytes[0..4].*)),
        .float64 => @bitCast(bytes),
        .int32 => @floatFromInt(@as(i32, @bitCast(bytes[0..4].*))),
        .int8 => @floatFromInt(@as(i8, @bitCast(bytes[0]))),
        .uint8, .bool => @floatFromInt(bytes[0]),
    };
}

fn expectConverted(from: Element, to: Element, source: []const u8, target: []const u8) !void {
    const size = to.bytes();
    var before: Bytes = @splat(0);
    @memcpy(before[0..from.bytes()], source);
    const x = numberOf(from, before);
    const expected = stored(to, x);
    if (x != x and (to == .float32 or to == .float64)) {
        var after: Bytes = @splat(0);
        @memcpy(after[0..size], target);
        const y = numberOf(to, after);
        return testing.expect(y != y);
    }
    try testing.expectEqualSlices(u8, expected[0..size], target);
}

test "conversions of special values, in lines of every length" {
    var source: [8 * specials.len]u8 align(8) = undefined;
    var target: [8 * specials.len + 8]u8 align(8) = undefined;
    for (elements) |from| for (elements) |to| {
        for (specials, 0..) |x, i| {
            @memcpy(source[i * from.bytes() ..][0..from.bytes()], stored(from, x)[0..from.bytes()]);
        }
        for (0..specials.len + 1) |n| {
            const count: i32 = @intCast(n);
            const layout = [_]i32{ 1, count, 0, count, 1, 0, count, 1 } ++ @as([130]i32, @splat(0));
            @memset(&target, 0xa5);
            const status = abi_typed.typed_copy(@intFromEnum(from), &source, @intFromEnum(to), &target, &layout);
            try testing.expectEqual(.ok, status);
            for (0..n) |i| {
                const in, const out = .{ from.bytes(), to.bytes() };
                try expectConverted(from, to, source[i * in ..][0..in], target[i * out ..][0..out]);
            }
            for (target[n * to.bytes() ..]) |byte| try testing.expectEqual(0xa5, byte);
        }
    };
}

test "a copy of every strided view is its elements, in order" {
    const sizes = [_]usize{ 37, 3, 65 };
    const count = 37 * 3 * 65;
    const source = try testing.allocator.alignedAlloc(u8, .@"8", 2 * count * 8);
    defer testing.allocator.free(source);
    const target = try testing.allocator.alignedAlloc(u8, .@"8", count * 8);
    defer testing.allocator.free(target);
    const orders = [_][3]usize{ .{ 0, 1, 2 }, .{ 0, 2, 1 }, .{ 1, 2, 0 }, .{ 2, 1, 0 } };
    for (elements) |from| for (elements) |to| {
        const in, const out = .{ from.bytes(), to.bytes() };
        for (0..2 * count) |i| {
            const number: f64 = @floatFromInt(i * 7919 % 251);
            @memcpy(source[i * in ..][0..in], stored(from, number)[0..in]);
        }
        for (orders) |order| for ([_]usize{ 0, 5, 10, 15 }) |variant| {
            var strides: [3]i32 = undefined;
            const offset = stridesOf(sizes, order, variant, &strides);
            const layout = [_]i32{ 3, 37, 3, 65, 0, count, 3 * 65, 65, 1 } ++
                [_]i32{ offset, 2 * count } ++ strides ++ @as([130]i32, @splat(0));
            const status =
                abi_typed.typed_copy(@intFromEnum(from), source.ptr, @intFromEnum(to), target.ptr, &layout);
            try testing.expectEqual(.ok, status);
            var index: usize = 0;
            for (0..37) |i| for (0..3) |j| for (0..65) |k| {
                const at: usize = @intCast(offset + strides[0] * @as(i32, @intCast(i)) +
                    strides[1] * @as(i32, @intCast(j)) + strides[2] * @as(i32, @intCast(k)));
                try expectConverted(from, to, source[at * in ..][0..in], target[index * out ..][0..out]);
                index += 1;
            };
        };
    };
}

test "indices along an axis" {
    var prng: std.Random.DefaultPrng = .init(3);
    const random = prng.random();
    var source: [4096]u8 align(8) = undefined;
    var target: [4096]u8 align(8) = undefined;
    var index: [512]i32 = undefined;
    random.bytes(&source);
    for (0..2000) |_| {
        const bytes: u32 = ([_]u32{ 1, 4, 8 })[random.uintLessThan(usize, 3)];
        const outer, const size, const inner, const count = .{
            random.intRangeAtMost(u32, 1, 4), random.intRangeAtMost(u32, 1, 6),
            random.intRangeAtMost(u32, 1, 7), random.intRangeAtMost(u32, 1, 8),
        };
        const reach: i32 = @intCast(size);
        for (&index) |*i| i.* = random.intRangeLessThan(i32, -reach, reach);
        const taken = abi_typed.typed_take(&source, &index, &target, outer, size, inner, bytes, count);
        try testing.expectEqual(.ok, taken);
        for (0..outer) |o| for (0..count) |i| for (0..inner * bytes) |n| {
            const chosen: usize = @intCast(@mod(index[i], reach));
            const from = source[(o * size + chosen) * inner * bytes + n];
            try testing.expectEqual(from, target[(o * count + i) * inner * bytes + n]);
        };
        // The same axes, of which the last is chosen from; the index has one for each result.
        const sizes: [4]i32 = .{ @intCast(outer), @intCast(count), @intCast(inner), reach };
        const strides: [4]i32 = .{ reach * sizes[2], 0, 1, sizes[2] };
        const layout = [_]i32{4} ++ sizes ++ [_]i32{ 0, sizes[0] * reach * sizes[2] } ++ strides ++
            @as([130]i32, @splat(0));
        try testing.expectEqual(.ok, abi_typed.typed_gather(&source, &index, &target, bytes, &layout));
        var at: usize = 0;
        for (0..outer) |o| for (0..count) |_| for (0..inner) |n| {
            const chosen: usize = @intCast(@mod(index[at], reach));
            const from = source[((o * size + chosen) * inner + n) * bytes ..][0..bytes];
            try testing.expectEqualSlices(u8, from, target[at * bytes ..][0..bytes]);
            at += 1;
        };
        // Outside the axis: nothing is written.
        @memset(&target, 0xa5);
        index[random.uintLessThan(usize, count)] = if (random.boolean()) reach else -reach - 1;
        try testing.expectEqual(
            .out_of_bounds,
            abi_typed.typed_take(&source, &index, &target, outer, size, inner, bytes, count),
        );
        try testing.expectEqual(.out_of_bounds, abi_typed.typed_gather(&source, &index, &target, bytes, &layout));
        for (target) |byte| try testing.expectEqual(0xa5, byte);
    }
}

test "truth along an axis" {
    var prng: std.Random.DefaultPrng = .init(4);
    const random = prng.random();
    var source: [20_000]u8 = undefined;
    var target: [2000]u8 = undefined;
    for (0..3000) |round| {
        const outer, const inner = .{ random.intRangeAtMost(u32, 1, 5), random.intRangeAtMost(u32, 1, 40) };
        const size = if (inner == 1) random.uintLessThan(u32, 1500) else random.uintLessThan(u32, 40);
        const is_any: u32 = @intCast(round % 2);
        // Few bytes that decide.
        const usual: u8 = if (is_any == 1) 0 else 200;
        for (source[0 .. outer * size * inner]) |*x| {
            x.* = if (random.uintLessThan(u32, 2 * size + 1) == 0) 200 - usual else usual;
        }
        @memset(&target, 0xa5);
        try testing.expectEqual(.ok, abi_typed.typed_truth(is_any, &source, &target, outer, size, inner));
        for (0..outer) |o| for (0..inner) |n| {
            var expected = is_any == 0;
            for (0..size) |i| {
                const holds = source[(o * size + i) * inner + n] != 0;
                expected = if (is_any == 1) expected or holds else expected and holds;
            }
            try testing.expectEqual(@intFromBool(expected), target[o * inner + n]);
        };
        try testing.expectEqual(0xa5, target[outer * inner]);
    }
}

test "sums of integers along an axis, modulo 2^32" {
    var prng: std.Random.DefaultPrng = .init(5);
    const random = prng.random();
    var source: [40_000]u8 align(4) = undefined;
    var target: [1000]i32 = undefined;
    random.bytes(&source);
    for (0..2000) |_| {
        const from = ([_]Element{ .int32, .int8, .uint8, .bool })[random.uintLessThan(usize, 4)];
        const outer, const inner = .{ random.intRangeAtMost(u32, 1, 3), random.intRangeAtMost(u32, 1, 150) };
        const size = random.uintLessThan(u32, if (inner == 1) 1000 else 12);
        @memset(&target, 7);
        const status = abi_typed.typed_sum(@intFromEnum(from), &source, &target, outer, size, inner);
        try testing.expectEqual(.ok, status);
        for (0..outer) |o| for (0..inner) |n| {
            var expected: i64 = 0;
            for (0..size) |i| {
                var element: Bytes = @splat(0);
                const at = ((o * size + i) * inner + n) * from.bytes();
                @memcpy(element[0..from.bytes()], source[at..][0..from.bytes()]);
                expected += @intFromFloat(numberOf(from, element));
            }
            try testing.expectEqual(@as(i32, @truncate(expected)), target[o * inner + n]);
        };
        try testing.expectEqual(7, target[outer * inner]);
    }
    for ([_]Element{ .float32, .float64 }) |from| {
        const status = abi_typed.typed_sum(@intFromEnum(from), &source, &target, 1, 1, 1);
        try testing.expectEqual(.bad_argument, status);
    }
}
