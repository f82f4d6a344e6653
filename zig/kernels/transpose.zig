//! out[cols×rows] = transpose of a[rows×cols], in square tiles that are turned in registers.

const std = @import("std");
const pack = @import("pack.zig");
const table = @import("table.zig");

/// Rows and columns of a tile: as many as a register of the level has lanes.
const tile = pack.width;
/// Rows and columns of a block, whose lines of both matrices stay in the first-level cache.
const block = 64;

inline fn loadTile(a: [*]const f32, stride: usize) [tile]pack.R {
    var rows: [tile]pack.R = undefined;
    inline for (&rows, 0..) |*row, i| row.* = pack.loadR(a + i * stride);
    return rows;
}

inline fn storeTile(out: [*]f32, stride: usize, rows: [tile]pack.R) void {
    inline for (rows, 0..) |row, i| pack.storeR(out + i * stride, row);
}

fn scalars(
    a: [*]const f32,
    out: [*]f32,
    rows: usize,
    cols: usize,
    row_range: [2]usize,
    col_range: [2]usize,
) void {
    for (row_range[0]..row_range[1]) |i| {
        for (col_range[0]..col_range[1]) |j| out[j * rows + i] = a[i * cols + j];
    }
}

pub fn transpose(p: *const table.Transpose) callconv(.c) void {
    const whole_rows = p.rows / tile * tile;
    const whole_cols = p.cols / tile * tile;
    var block_i: usize = 0;
    while (block_i < whole_rows) : (block_i += block) {
        var block_j: usize = 0;
        while (block_j < whole_cols) : (block_j += block) {
            var j = block_j;
            while (j < @min(block_j + block, whole_cols)) : (j += tile) {
                var i = block_i;
                while (i < @min(block_i + block, whole_rows)) : (i += tile) {
                    const rows = loadTile(p.a + i * p.cols + j, p.cols);
                    storeTile(p.out + j * p.rows + i, p.rows, pack.turn(rows));
                }
            }
        }
    }
    scalars(p.a, p.out, p.rows, p.cols, .{ 0, whole_rows }, .{ whole_cols, p.cols });
    scalars(p.a, p.out, p.rows, p.cols, .{ whole_rows, p.rows }, .{ 0, p.cols });
}

/// A square matrix onto itself: tiles on the diagonal turn, pairs across it turn and change places.
pub fn transposeInPlace(a: [*]f32, n: usize) callconv(.c) void {
    const whole = n / tile * tile;
    var i: usize = 0;
    while (i < whole) : (i += tile) {
        storeTile(a + i * n + i, n, pack.turn(loadTile(a + i * n + i, n)));
        var j = i + tile;
        while (j < whole) : (j += tile) {
            const above = pack.turn(loadTile(a + i * n + j, n));
            const below = pack.turn(loadTile(a + j * n + i, n));
            storeTile(a + j * n + i, n, above);
            storeTile(a + i * n + j, n, below);
        }
    }
    for (whole..n) |r| {
        for (0..r) |c| std.mem.swap(f32, &a[r * n + c], &a[c * n + r]);
    }
}
