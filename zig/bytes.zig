//! memset, memcpy and memmove, which compilers call for large values, where there is no libc: what
//! would stand in for them goes byte by byte (a sum of four rows took twenty times as long).

const std = @import("std");
const builtin = @import("builtin");

/// What every processor of the architecture loads and stores at once.
const Block = @Vector(16, u8);
const size = @sizeOf(Block);

// Volatile: these loops shall not become calls of the functions that they are.
const To = *align(1) volatile Block;
const From = *align(1) const volatile Block;

comptime {
    // With other names in tests, whose program has its own.
    if (!builtin.is_test and !builtin.link_libc) {
        @export(&set, .{ .name = "memset", .visibility = .hidden });
        @export(&copy, .{ .name = "memcpy", .visibility = .hidden });
        @export(&move, .{ .name = "memmove", .visibility = .hidden });
    }
}

fn set(to: [*]u8, value: c_int, n: usize) callconv(.c) [*]u8 {
    const byte: u8 = @truncate(@as(c_uint, @bitCast(value)));
    if (n < size) {
        for (0..n) |i| @as(*volatile u8, &to[i]).* = byte;
        return to;
    }
    const block: Block = @splat(byte);
    var i: usize = 0;
    while (i + size <= n) : (i += size) @as(To, @ptrCast(to + i)).* = block;
    @as(To, @ptrCast(to + n - size)).* = block;
    return to;
}

fn copy(noalias to: [*]u8, noalias from: [*]const u8, n: usize) callconv(.c) [*]u8 {
    return forward(to, from, n);
}

fn move(to: [*]u8, from: [*]const u8, n: usize) callconv(.c) [*]u8 {
    if (@intFromPtr(to) -% @intFromPtr(from) >= n) return forward(to, from, n);
    var i = n;
    while (i >= size) {
        i -= size;
        @as(To, @ptrCast(to + i)).* = @as(From, @ptrCast(from + i)).*;
    }
    while (i > 0) {
        i -= 1;
        @as(*volatile u8, &to[i]).* = from[i];
    }
    return to;
}

/// From the first byte to the last; `to` does not begin within what is read.
inline fn forward(to: [*]u8, from: [*]const u8, n: usize) [*]u8 {
    if (n < size) {
        for (0..n) |i| @as(*volatile u8, &to[i]).* = from[i];
        return to;
    }
    // Read first: it may be overwritten.
    const last = @as(From, @ptrCast(from + n - size)).*;
    var i: usize = 0;
    while (i + size <= n) : (i += size) @as(To, @ptrCast(to + i)).* = @as(From, @ptrCast(from + i)).*;
    @as(To, @ptrCast(to + n - size)).* = last;
    return to;
}

test "as the loops that they stand for, for all short lengths and overlaps" {
    for (0..70) |n| {
        for (0..40) |to| {
            for (0..40) |from| {
                var memory: [120]u8 = undefined;
                for (&memory, 0..) |*byte, i| byte.* = @intCast(i);
                _ = move(memory[to..].ptr, memory[from..].ptr, n);
                for (memory, 0..) |byte, i| {
                    const expected = if (i >= to and i < to + n) i - to + from else i;
                    try std.testing.expectEqual(expected, byte);
                }
            }
            var memory: [120]u8 = @splat(1);
            _ = set(memory[to..].ptr, -2, n);
            for (memory, 0..) |byte, i| {
                try std.testing.expectEqual(@as(u8, if (i >= to and i < to + n) 254 else 1), byte);
            }
            var other: [120]u8 = @splat(1);
            for (&memory, 0..) |*byte, i| byte.* = @intCast(i);
            _ = copy(other[to..].ptr, memory[3..].ptr, n);
            for (other, 0..) |byte, i| {
                const expected = if (i >= to and i < to + n) i - to + 3 else 1;
                try std.testing.expectEqual(expected, byte);
            }
        }
    }
}
