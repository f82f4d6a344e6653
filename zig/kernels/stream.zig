//! Stores past the caches: results that no cache can hold need not be read into one before they
//! are written over, and do not drive out the inputs.

const std = @import("std");
const builtin = @import("builtin");
const pack = @import("pack.zig");
const simd = @import("simd.zig");
const table = @import("table.zig");

const R = pack.R;

/// What such stores must fill as a whole: the processor collects a line and writes it at once.
pub const line = 64 / @sizeOf(f32);
const registers = line / pack.width;
const has_avx = builtin.cpu.arch == .x86_64 and
    std.Target.x86.featureSetHas(builtin.cpu.features, .avx);

/// A line to an address that is a multiple of its size. All of it is to be stored one after the
/// other; `fence` has to follow, before another thread is told.
pub inline fn storeLine(p: [*]f32, values: [registers]R) void {
    if (builtin.cpu.arch == .aarch64) {
        inline for (0..registers / 2) |i| {
            asm volatile ("stnp %[low:q], %[high:q], [%[p]]"
                :
                : [low] "w" (values[2 * i]),
                  [high] "w" (values[2 * i + 1]),
                  [p] "r" (p + 2 * i * pack.width),
                : .{ .memory = true });
        }
    } else inline for (values, 0..) |value, i| {
        asm volatile ((if (has_avx) "vmovntps" else "movntps") ++ " %[value], (%[p])"
            :
            : [value] "v" (value),
              [p] "r" (p + i * pack.width),
            : .{ .memory = true });
    }
}

/// Orders the stores past the caches before all stores that follow.
pub inline fn fence() void {
    if (builtin.cpu.arch == .x86_64) asm volatile ("sfence" ::: .{ .memory = true });
}

/// Values in front of the first whole line at p.
pub inline fn headOf(p: [*]const f32) usize {
    return (-%(@intFromPtr(p) / @sizeOf(f32))) % line;
}

/// Fewer values than a line has, in pieces: a store under a mask would fetch the line that comes next,
/// which is about to go past the caches.
inline fn copyPartial(from: [*]const f32, to: [*]f32, count: usize) void {
    var i: usize = 0;
    inline for (.{ 8, 4, 2, 1 }) |size| {
        if (count & size != 0) {
            simd.store(to + i, pack.loadOf(size, from + i));
            i += size;
        }
    }
}

/// Copies any number of values to any address: whole lines past the caches, the rest as usual.
/// `fence` has to follow, but not after each of many: it waits for what is on its way.
pub fn copy(from: [*]const f32, to: [*]f32, count: usize) callconv(table.cc) void {
    copyLines(true, from, to, count);
}

/// The same, or with whole lines stored as usual.
pub inline fn copyLines(comptime past: bool, from: [*]const f32, to: [*]f32, count: usize) void {
    const head = @min(headOf(to), count);
    copyPartial(from, to, head);
    var i = head;
    while (i + line <= count) : (i += line) {
        var values: [registers]R = undefined;
        inline for (&values, 0..) |*value, j| value.* = pack.loadR(from + i + j * pack.width);
        if (past) storeLine(to + i, values) else inline for (values, 0..) |value, j| {
            pack.storeR(to + i + j * pack.width, value);
        }
    }
    copyPartial(from + i, to + i, count - i);
}
