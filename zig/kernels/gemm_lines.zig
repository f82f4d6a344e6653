//! Few columns of C, a vector or what is left of them beside whole registers: squares of A, whose lines run along k, are transposed in registers, so that a
//! register holds as many rows of C. A tile of C would leave most lanes of its registers empty.

const pack = @import("pack.zig");
const table = @import("table.zig");
const tiles = @import("gemm_tile.zig");
const kc_max = @import("gemm.zig").kc_max;
const Gemm = table.Gemm;
const width = pack.width;
const R = pack.R;

/// More columns than these are cheaper in a tile.
const cols_max = width / 2;

/// How many of the last columns of a product are better computed here.
pub fn lastColumns(g: *const Gemm) usize {
    const cols = g.n % width;
    const suits = g.a.col_stride == 1 and g.m >= width and g.k >= width and cols <= cols_max;
    return if (suits) cols else 0;
}

/// The last columns of a product, for all rows.
pub const LastColumns = struct {
    g: *const Gemm,
    cols: usize,
    rows_per_chunk: usize,

    pub fn run(g: *const Gemm, cols: usize, team: *const table.Team) void {
        const pieces = if (team.threads > 1) 4 * @as(usize, team.threads) else 1;
        const rows = tiles.piecesOf(tiles.piecesOf(g.m, pieces), width) * width;
        var last: LastColumns = .{ .g = g, .cols = cols, .rows_per_chunk = rows };
        team.run(@intCast(tiles.piecesOf(g.m, rows)), &last, &chunk);
    }

    fn chunk(context: *anyopaque, index: usize) callconv(.c) void {
        const last: *const LastColumns = @ptrCast(@alignCast(context));
        const g = last.g;
        const first = index * last.rows_per_chunk;
        const j = g.n - last.cols;
        var p: usize = 0;
        while (p < g.k) : (p += kc_max) {
            const lines: Lines = .{
                .lines = g.a.data + first * g.a.row_stride + p,
                .line_stride = g.a.row_stride,
                .columns = g.b.data + p * g.b.row_stride + j * g.b.col_stride,
                .depth_stride = g.b.row_stride,
                .col_stride = g.b.col_stride,
                .results = g.c + first * g.ldc + j,
                .result_line_stride = g.ldc,
                .result_col_stride = 1,
                .depth = @min(kc_max, g.k - p),
                .update = .{ .alpha = g.alpha, .beta = if (p == 0) g.beta else 1 },
            };
            lines.run(@min(last.rows_per_chunk, g.m - first), last.cols);
        }
    }
};

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
