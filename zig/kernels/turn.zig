//! Turns lines of memory into columns of a tile.

const pack = @import("pack.zig");
const table = @import("table.zig");

pub fn turn(t: *const table.Turn) callconv(.c) void {
    pack.panel(.{
        .data = t.from,
        .count = t.lines,
        .line_stride = t.line_stride,
        .depth_stride = 1,
    }, t.length, t.to, t.pitch);
}
