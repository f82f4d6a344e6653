//! What compilers call to fill and to move large values, where there is no libc. memset: what would stand
//! in for it goes byte by byte (with it, sums of four rows took four times as long). On Windows all of
//! them, since whoever takes one function of the compiler's library there gets all 49 KB of it.

const std = @import("std");
const builtin = @import("builtin");

/// What every processor of the architecture stores at once.
const Block = @Vector(16, u8);
const size = @sizeOf(Block);

comptime {
    // Programs of tests have their own.
    if (!builtin.is_test and !builtin.link_libc) {
        @export(&fill, .{ .name = "memset", .visibility = .hidden });
        if (builtin.os.tag == .windows and builtin.cpu.arch == .x86_64) {
            @export(&move, .{ .name = "memcpy", .visibility = .hidden });
            @export(&move, .{ .name = "memmove", .visibility = .hidden });
            @export(&probeStack, .{ .name = "___chkstk_ms", .visibility = .hidden });
        }
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
    while (i + size <= n) : (i += size) at(Block, to + i).* = block;
    at(Block, to + n - size).* = block;
    return to;
}

/// A value at an address, as it stands there. Volatile, as above.
inline fn at(comptime T: type, address: anytype) *align(1) volatile T {
    return @ptrCast(@constCast(address));
}

/// Copies n bytes, which may overlap those they are copied to.
fn move(to: [*]u8, from: [*]const u8, n: usize) callconv(.c) [*]u8 {
    // What is read before anything is written cannot be written over.
    inline for (.{ Block, u64, u32, u16, u8 }) |T| {
        if (n >= @sizeOf(T)) {
            const first = at(T, from).*;
            const last = at(T, from + n - @sizeOf(T)).*;
            if (T == Block) moveBetween(to, from, n);
            at(T, to).* = first;
            at(T, to + n - @sizeOf(T)).* = last;
            return to;
        }
    }
    return to;
}

/// All blocks but the first and the last, away from where they go.
inline fn moveBetween(to: [*]u8, from: [*]const u8, n: usize) void {
    if (@intFromPtr(to) -% @intFromPtr(from) >= n) {
        var i: usize = size;
        while (i + size < n) : (i += size) at(Block, to + i).* = at(Block, from + i).*;
    } else {
        var i: usize = n - size;
        while (i > size) {
            i -|= size;
            at(Block, to + i).* = at(Block, from + i).*;
        }
    }
}

/// Touches every page of rax bytes of stack below the caller's, one after the other, as Windows wants it,
/// and keeps all registers.
fn probeStack() callconv(.naked) void {
    asm volatile (
        \\ push %%rcx
        \\ push %%rax
        \\ lea 24(%%rsp), %%rcx
        \\1:
        \\ cmp $0x1000, %%rax
        \\ jb 2f
        \\ sub $0x1000, %%rcx
        \\ orq $0, (%%rcx)
        \\ sub $0x1000, %%rax
        \\ jmp 1b
        \\2:
        \\ sub %%rax, %%rcx
        \\ orq $0, (%%rcx)
        \\ pop %%rax
        \\ pop %%rcx
        \\ ret
    );
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

test "bytes are moved to all places, over themselves as well" {
    for (0..100) |n| {
        for (0..40) |from| {
            for (0..40) |to| {
                var memory: [140]u8 = undefined;
                for (&memory, 0..) |*byte, i| byte.* = @intCast(i);
                _ = move(memory[to..].ptr, memory[from..].ptr, n);
                for (memory, 0..) |byte, i| {
                    const source = if (i >= to and i < to + n) i - to + from else i;
                    try std.testing.expectEqual(@as(u8, @intCast(source)), byte);
                }
            }
        }
    }
}
