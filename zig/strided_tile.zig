//! Copies of tiles of strided views: rows×cols elements, from any strides into rows `pitch` apart
//! and back.

const strided = @import("strided.zig");
const table = @import("kernels/table.zig");
const at = strided.at;

/// Floats of a tile: half a first-level cache, so that two fit.
pub const floats_max: usize = 4096;
/// Columns of a tile that is turned: the lines it is read from, not more than a first-level table
/// of pages holds.
pub const turned_cols: usize = 64;
/// What the turning kernel writes at a time: the pitch of a turned tile is a multiple of it.
pub const pitch_unit: usize = 16;

/// Two strides of a view.
pub const Strides = struct {
    row: isize,
    col: isize,

    /// Whether the columns of a tile are lines of memory, which the turning kernel takes.
    pub fn isTurned(s: Strides) bool {
        return s.row == 1 and s.col > 1;
    }
};

pub fn roundedPitch(cols: usize) usize {
    return (cols + pitch_unit - 1) / pitch_unit * pitch_unit;
}

/// to[r·pitch + c] = from[r·row + c·col]. A turned tile is stored in units of `pitch_unit`, so its
/// rows may be written beyond `cols`, up to the pitch.
pub noinline fn gather(
    kernels: *const table.KernelTable,
    from: [*]const f32,
    s: Strides,
    rows: usize,
    cols: usize,
    to: [*]f32,
    pitch: usize,
) void {
    if (s.isTurned() and pitch % pitch_unit == 0) {
        return kernels.turn(&.{
            .from = from,
            .line_stride = @intCast(s.col),
            .lines = cols,
            .length = rows,
            .to = to,
            .pitch = pitch,
        });
    }
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
    // The turning kernel writes in units, and must not write beyond the rows.
    if (s.isTurned() and rows % pitch_unit == 0) {
        return kernels.turn(&.{
            .from = from,
            .line_stride = pitch,
            .lines = rows,
            .length = cols,
            .to = to,
            .pitch = @intCast(s.col),
        });
    }
    for (0..rows) |r| {
        var p = at(to, s.row * @as(isize, @intCast(r)));
        for ((from + r * pitch)[0..cols]) |value| {
            p[0] = value;
            p = at(p, s.col);
        }
    }
}
