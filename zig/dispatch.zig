//! Which level's kernels run: the strongest that the machine has, unless one was selected.

const std = @import("std");
const builtin = @import("builtin");
const cpu = @import("cpu.zig");
const table = @import("kernels/table.zig");

const none = std.math.maxInt(u32);

/// The level in use. Every thread that finds `none` computes the same answer and stores it, so
/// the race has no loser.
var selected: std.atomic.Value(u32) = .init(none);

fn kernelsOf(comptime which: cpu.Level) *const table.KernelTable {
    return @extern(*const table.KernelTable, .{ .name = "zigtorch_kernels_" ++ @tagName(which) });
}

const tables = blk: {
    var result: [std.enums.values(cpu.Level).len]?*const table.KernelTable = @splat(null);
    for (cpu.levels) |which| result[@intFromEnum(which)] = kernelsOf(which);
    break :blk result;
};

/// The level in use, or null on a processor that has none.
pub fn level() ?cpu.Level {
    const current = selected.load(.monotonic);
    if (current != none) return @enumFromInt(current);
    const strongest = strongestOf(cpu.available()) orelse return null;
    // Another thread may have selected a level meanwhile: its choice stays.
    _ = selected.cmpxchgStrong(none, @intFromEnum(strongest), .monotonic, .monotonic);
    return @enumFromInt(selected.load(.monotonic));
}

fn strongestOf(mask: u32) ?cpu.Level {
    var best: ?cpu.Level = null;
    for (cpu.levels) |candidate| {
        if (mask & cpu.bit(candidate) != 0) best = candidate;
    }
    return best;
}

/// Makes all threads use a level; false where the machine or this library has not got it.
pub fn select(value: u32) bool {
    if (value >= tables.len or tables[value] == null) return false;
    if (cpu.available() & (@as(u32, 1) << @intCast(value)) == 0) return false;
    selected.store(value, .monotonic);
    return true;
}

/// The kernels of the level in use, or null on a processor that has none.
pub inline fn kernels() ?*const table.KernelTable {
    const current = selected.load(.monotonic);
    if (current != none) return tables[current];
    return tables[@intFromEnum(level() orelse return null)];
}

pub const Answer = enum(u8) { unknown, no, yes };
/// The answer below. (Tests ask for the tiles of all processors.)
pub var multiplies_twice: std.atomic.Value(Answer) = .init(.unknown);

/// `cpu.multipliesTwice`, asked once: in a virtual machine the question takes microseconds.
pub inline fn multipliesTwice() bool {
    return switch (multiplies_twice.load(.monotonic)) {
        .unknown => askTwice(),
        else => |answer| answer == .yes,
    };
}

fn askTwice() bool {
    const answer = cpu.multipliesTwice();
    multiplies_twice.store(if (answer) .yes else .no, .monotonic);
    return answer;
}
