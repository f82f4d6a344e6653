//! Strided views through the ABI, built with all safety checks: against loops over their elements,
//! and layouts of any integers, which get a status.

const std = @import("std");
const abi = @import("abi.zig");
const abi_strided = @import("abi_strided.zig");
const abi_typed = @import("abi_typed.zig");
const cpu = @import("cpu.zig");
const ops = @import("ops.zig");
const strided = @import("strided.zig");

const testing = std.testing;

const memory_floats = 64;
/// With room for elements of eight bytes.
var memory: [4][2 * memory_floats]f32 align(64) = undefined;

fn pick(random: std.Random, comptime T: type, values: []const T) T {
    return values[random.uintLessThan(usize, values.len)];
}

/// Mostly small numbers, so that many layouts pass; never of more memory than there is.
fn fillLayout(random: std.Random, layout: *[strided.layout_ints]i32) void {
    const axes = pick(random, u8, &.{ 0, 1, 2, 2, 3, 3, 4, 5, 6, 32 });
    const is_wild = random.uintLessThan(u8, 3) == 0;
    layout[0] = axes;
    var at: usize = 1;
    for (0..axes) |_| {
        layout[at] = pick(random, i32, if (axes > 6) &.{ 1, 1, 1, 2 } else &.{ 1, 2, 2, 3, 4, 8 });
        at += 1;
    }
    var lengths: [3]usize = undefined;
    for (0..3) |operand| {
        layout[at] = pick(random, i32, &.{ 0, 0, 1, 20, 30, -1 });
        lengths[operand] = at + 1;
        at += 2;
        for (0..axes) |_| {
            layout[at] = pick(random, i32, &.{ 0, 1, 1, 2, 4, 8, 12, -1, -4 });
            at += 1;
        }
    }
    if (is_wild) {
        for (0..3) |_| layout[1 + random.uintLessThan(usize, at - 1)] = random.int(i32);
    }
    // That alone must be true.
    for (lengths) |index| layout[index] = if (random.uintLessThan(u8, 10) == 0) 7 else memory_floats;
}

test "layouts of any integers" {
    var prng: std.Random.DefaultPrng = .init(1);
    const random = prng.random();
    var layout: [strided.layout_ints]i32 = undefined;
    var passed: usize = 0;
    var indices: [memory_floats]i32 = @splat(0);
    var bytes: [memory_floats]u8 = undefined;
    const out, const a, const b = .{ &memory[0], &memory[1], &memory[2] };
    for (0..50_000) |_| {
        fillLayout(random, &layout);
        @memset(out, 5);
        const op = random.uintLessThan(u32, 9);
        const count = pick(random, u32, &.{ 0, 1, 2, 8, 64 });
        const mask = random.int(u32);
        const types = .{ random.uintLessThan(u32, 7), random.uintLessThan(u32, 7) };
        const status = switch (random.uintLessThan(u8, 10)) {
            0 => abi_strided.strided_unary(op, a, out, &layout, 0, 0),
            1 => abi_strided.strided_binary(op, a, b, out, &layout),
            2 => abi_strided.strided_copy(a, out, &layout),
            3 => abi_strided.strided_compare(op, a, b, &bytes, &layout),
            4 => abi_strided.strided_reduce(op, a, out, count, &layout, mask, 0),
            5 => abi_strided.strided_arg_reduce(op, a, &indices, count, &layout, mask % 40),
            6 => abi_strided.strided_matmul(a, b, out, &layout),
            7 => abi_typed.typed_copy(types[0], a, types[1], out, &layout),
            8 => abi_typed.typed_gather(a, &indices, out, types[0], &layout),
            else => abi_strided.strided_rows(op, a, out, &layout, mask % 40),
        };
        if (status == .ok) {
            passed += 1;
        } else {
            for (out) |value| try testing.expectEqual(5, value);
        }
    }
    try testing.expect(passed > 1000);
}

/// The strides of axes in some order of memory, some of them backwards, with or without gaps; and the offset
/// of the first element.
pub fn stridesOf(sizes: [3]usize, order: [3]usize, variant: usize, strides: *[3]i32) i32 {
    var stride: i32 = if (variant & 8 != 0) 2 else 1;
    var offset: i32 = 0;
    for (0..3) |i| {
        const axis = order[2 - i];
        const is_backwards = variant >> @intCast(axis) & 1 != 0;
        strides[axis] = if (is_backwards) -stride else stride;
        if (is_backwards) offset += stride * @as(i32, @intCast(sizes[axis] - 1));
        stride *= @intCast(sizes[axis]);
    }
    return offset;
}

test "a copy of every strided view is its elements, in order" {
    var prng: std.Random.DefaultPrng = .init(2);
    const random = prng.random();
    const sizes = [_]usize{ 37, 3, 65 };
    var data: [2 * 37 * 3 * 65]f32 = undefined;
    for (&data) |*value| value.* = random.float(f32);
    var out: [37 * 3 * 65]f32 = undefined;
    // The axes in every order of memory, each forwards and backwards, with and without gaps.
    const orders = [_][3]usize{
        .{ 0, 1, 2 }, .{ 0, 2, 1 }, .{ 1, 0, 2 }, .{ 1, 2, 0 }, .{ 2, 0, 1 }, .{ 2, 1, 0 },
    };
    for (orders) |order| {
        for (0..16) |variant| {
            var strides: [3]i32 = undefined;
            const offset = stridesOf(sizes, order, variant, &strides);
            const layout = [_]i32{ 3, 37, 3, 65, 0, out.len, 3 * 65, 65, 1 } ++
                [_]i32{ offset, data.len } ++ strides ++ @as([130]i32, @splat(0));
            try testing.expectEqual(.ok, abi_strided.strided_copy(&data, &out, &layout));
            var index: usize = 0;
            for (0..37) |i| for (0..3) |j| for (0..65) |k| {
                const at = offset + strides[0] * @as(i32, @intCast(i)) +
                    strides[1] * @as(i32, @intCast(j)) + strides[2] * @as(i32, @intCast(k));
                try testing.expectEqual(data[@intCast(at)], out[index]);
                index += 1;
            };
        }
    }
}

test "rows are reduced as each of them alone, whatever their length" {
    const before = abi.isa();
    defer _ = abi.isa_select(before);
    for (cpu.levels) |level| {
        if (abi.isa_available() & cpu.bit(level) == 0) continue;
        _ = abi.isa_select(@intFromEnum(level));
        for (1..150) |n| try expectRowsAsAlone(n, 1 + n * 7 % 41);
        for ([_]usize{ 255, 256, 257, 2047, 2049, 4100 }) |n| try expectRowsAsAlone(n, 19);
    }
}

fn expectRowsAsAlone(n: usize, rows: usize) !void {
    const gap = 3;
    var prng: std.Random.DefaultPrng = .init(n);
    const random = prng.random();
    const special = [_]f32{ 0, -0.0, std.math.inf(f32), -std.math.inf(f32), std.math.nan(f32), -std.math.nan(f32) };
    const a = try testing.allocator.alloc(f32, rows * (n + gap) - gap);
    defer testing.allocator.free(a);
    for (a, 0..) |*value, i| value.* = switch (i / (n + gap) % 4) {
        // Rows of zeros, of few different numbers, with infinities and NaN, and of any numbers.
        0 => if (i / (n + gap) == 0) -0.0 else special[random.uintLessThan(usize, 2)],
        1 => @floatFromInt(random.intRangeAtMost(i32, -2, 2)),
        2 => if (random.uintLessThan(usize, n) < 2) pick(random, f32, &special) else random.floatNorm(f32),
        else => random.floatNorm(f32),
    };
    const sizes = [_]i32{ @intCast(rows), @intCast(n), @intCast(n + gap), @intCast(a.len) };
    var layout: [strided.layout_ints]i32 = undefined;
    layout[0..7].* = .{ 2, sizes[0], sizes[1], 0, sizes[3], sizes[2], 1 };
    var out: [64]f32 = @splat(7);
    var indices: [64]i32 = @splat(7);
    const count: u32 = @intCast(rows);
    for (0..ops.reductions.len) |op| {
        try testing.expectEqual(.ok, abi_strided.strided_reduce(@intCast(op), a.ptr, &out, count, &layout, 2, 0));
        for (out[0..rows], 0..) |got, row| {
            var alone: [1]f32 = undefined;
            _ = abi.reduce(@intCast(op), a.ptr + row * (n + gap), @intCast(n), 0, &alone);
            if (got != got and alone[0] != alone[0]) continue;
            try testing.expectEqual(@as(u32, @bitCast(alone[0])), @as(u32, @bitCast(got)));
        }
    }
    for (0..ops.arg_reductions.len) |op| {
        try testing.expectEqual(.ok, abi_strided.strided_arg_reduce(@intCast(op), a.ptr, &indices, count, &layout, 1));
        for (indices[0..rows], 0..) |got, row| {
            var alone: [1]u32 = undefined;
            _ = abi.arg_reduce(@intCast(op), a.ptr + row * (n + gap), @intCast(n), &alone);
            try testing.expectEqual(alone[0], @as(u32, @intCast(got)));
        }
    }
    for (out[rows..], indices[rows..]) |value, index| {
        try testing.expectEqual(7, value);
        try testing.expectEqual(7, index);
    }
}

test "indices of columns are those of each of them alone" {
    const before = abi.isa();
    defer _ = abi.isa_select(before);
    for (cpu.levels) |level| {
        if (abi.isa_available() & cpu.bit(level) == 0) continue;
        _ = abi.isa_select(@intFromEnum(level));
        for ([_]usize{ 1, 2, 3, 31, 32, 33, 100, 2049, 4100 }) |n| {
            for ([_]usize{ 16, 17, 40 }) |cols| try expectColumnsAsAlone(n, cols);
        }
        try expectColumnsAsAlone(70, 2100);
    }
}

/// Columns of few different numbers, so that many are equal; with zeros of both signs, infinities and NaN.
fn expectColumnsAsAlone(n: usize, cols: usize) !void {
    var prng: std.Random.DefaultPrng = .init(n + cols);
    const random = prng.random();
    const a = try testing.allocator.alloc(f32, n * cols);
    defer testing.allocator.free(a);
    const special = [_]f32{ 0, -0.0, std.math.inf(f32), -std.math.inf(f32), std.math.nan(f32) };
    for (a, 0..) |*value, i| {
        const is_special = i % cols % 3 == 1 and random.uintLessThan(usize, n) < 2;
        const few: f32 = @floatFromInt(random.intRangeAtMost(i32, -2, 2));
        value.* = if (is_special) pick(random, f32, &special) else if (i % cols % 5 == 4) random.floatNorm(f32) else few;
    }
    const column = try testing.allocator.alloc(f32, n);
    defer testing.allocator.free(column);
    const indices = try testing.allocator.alloc(i32, cols);
    defer testing.allocator.free(indices);
    const sizes = [_]i32{ @intCast(n), @intCast(cols), @intCast(a.len) };
    var layout: [strided.layout_ints]i32 = undefined;
    layout[0..7].* = .{ 2, sizes[0], sizes[1], 0, sizes[2], sizes[1], 1 };
    for (0..ops.arg_reductions.len) |op| {
        const count: u32 = @intCast(cols);
        try testing.expectEqual(.ok, abi_strided.strided_arg_reduce(@intCast(op), a.ptr, indices.ptr, count, &layout, 0));
        for (indices, 0..) |got, col| {
            for (column, 0..) |*value, row| value.* = a[row * cols + col];
            var alone: [1]u32 = undefined;
            _ = abi.arg_reduce(@intCast(op), column.ptr, @intCast(n), &alone);
            try testing.expectEqual(alone[0], @as(u32, @intCast(got)));
        }
    }
}
