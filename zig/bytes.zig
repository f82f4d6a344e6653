//! memset, which compilers call to fill large values, where there is no libc: what would stand in for
//! it goes byte by byte (with it, sums of four rows took four times as long).

const std = @import("std");
const builtin = @import("builtin");

/// What every processor of the architecture stores at once.
const Block = @Vector(16, u8);
const size = @sizeOf(Block);

comptime {
    // Programs of tests have their own.
    if (!builtin.is_test and !builtin.link_libc) {
        @export(&fill, .{ .name = "memset", .visibility = .hidden });
    }
}

fn fill(to: [*]u8, value: c_int, n: usize) callconv(.c) [*]u8 {
    // Volatile: these loops shall not become calls of the function that they are.
    const byte: u8 = @truncate(@as(c_uint, @bitCast(value)));
    if (n < size) {
        for (0..n) |i| @as(*volatile u8, &to[i]).* = byte;
        return to;
    }
    const block: Block = @splat(byte);
    var i: usize = 0;
    while (i + size <= n) : (i += size) @as(*align(1) volatile Block, @ptrCast(to + i)).* = block;
    @as(*align(1) volatile Block, @ptrCast(to + n - size)).* = block;
    return to;
}

test "every byte and no other, at all alignments" {
    for (0..70) |n| {
        for (0..40) |to| {
            var memory: [120]u8 = @splat(1);
            try std.testing.expectEqual(memory[to..].ptr, fill(memory[to..].ptr, -2, n));
            for (memory, 0..) |byte, i| {
                try std.testing.expectEqual(@as(u8, if (i >= to and i < to + n) 254 else 1), byte);
            }
        }
    }
}
