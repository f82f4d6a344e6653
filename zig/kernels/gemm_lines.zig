//! Few columns of C: squares of A, whose lines run along k, are transposed in registers, so that a
//! register holds as many rows of C. A tile of C would leave most lanes of its registers empty.

const pack = @import("pack.zig");
const tiles = @import("gemm_tile.zig");
const kc_max = @import("gemm.zig").kc_max;
const width = pack.width;
const R = pack.R;

/// More columns than these are cheaper in a tile.
pub const cols_max = width / 2;

/// Element (i, p) of the lines is at lines[i * line_stride + p], element (p, j) of the columns at
/// columns[p * depth_stride + j * col_stride], and (i, j) of the results likewise.
pub const Lines = struct {
    lines: [*]const f32,
    line_stride: usize,
    columns: [*]const f32,
    depth_stride: usize,
    col_stride: usize,
    results: [*]f32,
    result_line_stride: usize,
    result_col_stride: usize,
    /// Depth of one block of k.
    depth: usize,
    update: tiles.Update,

    /// Some lines from the first on, with 1 to `cols_max` columns.
    pub fn run(l: Lines, lines: usize, cols: usize) void {
        switch (cols) {
            inline 1...cols_max => |c| {
                var group = l;
                var left = lines;
                while (left >= width) : (left -= width) {
                    group.square(c, true, width);
                    group.lines += width * l.line_stride;
                    group.results += width * l.result_line_stride;
                }
                if (left > 0) group.square(c, false, left);
            },
            else => unreachable,
        }
    }

    /// As many lines as a register has lanes, or fewer.
    inline fn square(l: Lines, comptime cols: usize, comptime is_full: bool, lines: usize) void {
        const sums = l.sumsOf(cols, is_full, lines);
        inline for (sums, 0..) |sum, j| {
            const values: [width]f32 = sum;
            for (values[0..lines], 0..) |value, i| {
                const at = i * l.result_line_stride + j * l.result_col_stride;
                l.update.applyScalar(value, &l.results[at]);
            }
        }
    }

    fn sumsOf(l: Lines, comptime cols: usize, comptime is_full: bool, lines: usize) [cols]R {
        var sums: [cols]R = @splat(@splat(0));
        var p: usize = 0;
        while (p < l.depth) : (p += width) {
            const count = @min(width, l.depth - p);
            // What the next block reads, one line at a time: memory likes long runs.
            if (is_full) l.prefetchLine(p / (kc_max / width));
            var values: [width]R = undefined;
            inline for (&values, 0..) |*line, i| {
                const from = l.lines + i * l.line_stride + p;
                line.* = if (!is_full and i >= lines)
                    @splat(0)
                else if (count == width)
                    pack.loadR(from)
                else
                    pack.loadRPartial(from, count);
            }
            inline for (pack.turn(values), 0..) |column, q| {
                if (q < count) {
                    const at = l.columns + (p + q) * l.depth_stride;
                    inline for (&sums, 0..) |*sum, j| {
                        const factor: R = @splat(at[j * l.col_stride]);
                        sum.* = tiles.mulAdd(column, factor, sum.*);
                    }
                }
            }
        }
        return sums;
    }

    inline fn prefetchLine(l: Lines, line: usize) void {
        const floats_per_cache_line = 16;
        const from = l.lines + line * l.line_stride + kc_max;
        inline for (0..kc_max / floats_per_cache_line) |i| {
            @prefetch(from + i * floats_per_cache_line, .{ .locality = 2 });
        }
    }
};
