//! Copies of tiles of strided views: rows×cols elements, from any strides into rows `pitch` apart
//! and back.

const caches = @import("caches.zig");
const pool = @import("pool.zig");
const strided = @import("strided.zig");
const table = @import("kernels/table.zig");
const at = strided.at;

/// Floats of a tile: half a first-level cache, so that two fit.
pub const floats_max: usize = 4096;
/// The pitch of a turned tile is a multiple of a line of the cache.
pub const pitch_unit: usize = 16;

/// Columns of a tile that is turned: the lines that it is read from, or written to, are not more than a
/// first-level table of pages holds, but where there are few rows.
pub fn turnedCols(rows: usize) usize {
    return @max(64, floats_max / rows / pitch_unit * pitch_unit);
}

/// Two strides of a view.
pub const Strides = struct {
    row: isize,
    col: isize,

    /// Whether the columns of a tile are lines of memory: it is transposed.
    pub fn isTurned(s: Strides) bool {
        return s.row == 1 and s.col > 1;
    }
};

pub fn roundedPitch(cols: usize) usize {
    return (cols + pitch_unit - 1) / pitch_unit * pitch_unit;
}

/// to[r·pitch + c] = from[r·row + c·col]. What lies between rows of `to` may be written, too.
pub noinline fn gather(
    kernels: *const table.KernelTable,
    from: [*]const f32,
    s: Strides,
    rows: usize,
    cols: usize,
    to: [*]f32,
    pitch: usize,
) void {
    if (s.isTurned()) {
        return kernels.transpose(&.{
            .a = from,
            .a_stride = @intCast(s.col),
            .out = to,
            .out_stride = pitch,
            .rows = cols,
            .cols = rows,
            .has_room = true,
        }, &pool.alone, caches.get());
    }
    gatherRows(from, s, rows, cols, to, pitch);
}

/// The same row by row: nothing else is written.
pub fn gatherRows(
    from: [*]const f32,
    s: Strides,
    rows: usize,
    cols: usize,
    to: [*]f32,
    pitch: usize,
) void {
    for (0..rows) |r| {
        const row = at(from, s.row * @as(isize, @intCast(r)));
        gatherRow(row, s.col, (to + r * pitch)[0..cols]);
    }
}

fn gatherRow(from: [*]const f32, stride: isize, to: []f32) void {
    switch (stride) {
        0 => @memset(to, from[0]),
        1 => @memcpy(to, from[0..to.len]),
        else => {
            var p = from;
            for (to) |*value| {
                value.* = p[0];
                p = at(p, stride);
            }
        },
    }
}

/// to[r·row + c·col] = from[r·pitch + c].
pub noinline fn scatter(
    kernels: *const table.KernelTable,
    from: [*]const f32,
    pitch: usize,
    rows: usize,
    cols: usize,
    to: [*]f32,
    s: Strides,
) void {
    if (s.isTurned()) {
        return kernels.transpose(&.{
            .a = from,
            .a_stride = pitch,
            .out = to,
            .out_stride = @intCast(s.col),
            .rows = rows,
            .cols = cols,
            .has_room = false,
        }, &pool.alone, caches.get());
    }
    for (0..rows) |r| {
        var p = at(to, s.row * @as(isize, @intCast(r)));
        for ((from + r * pitch)[0..cols]) |value| {
            p[0] = value;
            p = at(p, s.col);
        }
    }
}
