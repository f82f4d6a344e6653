//! Few columns of C, a vector or what is left of them beside whole registers: squares of A, whose
//! lines run along k, are transposed in registers, so that a register holds as many rows of C. A
//! tile of C would leave most lanes of its registers empty.

const pack = @import("pack.zig");
const table = @import("table.zig");
const tiles = @import("gemm_tile.zig");
const kc_max = @import("gemm.zig").kc_max;
const Gemm = table.Gemm;
const width = pack.width;
const R = pack.R;

/// More columns than these are cheaper in a tile.
const cols_max = @max(width / 4, 1);

/// How many of the last columns of a product are better computed here.
pub fn lastColumns(g: *const Gemm) usize {
    const cols = g.n % width;
    const suits = g.a.col_stride == 1 and g.m >= width and g.k >= width and cols <= cols_max;
    return if (suits) cols else 0;
}

/// A rest of k this short is gathered value by value, faster than a square is turned.
const gathered_max = width / 4;

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
                .update = .ofBlock(g, p),
            };
            lines.run(@min(last.rows_per_chunk, g.m - first), last.cols);
        }
    }
};

/// Element (i, p) of the lines is at lines[i * line_stride + p], element (p, j) of the columns at
/// columns[p * depth_stride + j * col_stride], and (i, j) of the results likewise.
const Lines = struct {
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
    fn run(l: Lines, lines: usize, cols: usize) void {
        // Sums for a power of two of columns: those that are not there repeat the last one.
        inline for (.{ 1, 2, 4 }) |sums| {
            if (sums <= cols_max and cols <= sums) return l.runSums(sums, lines, cols);
        }
        unreachable;
    }

    fn runSums(l: Lines, comptime sums: usize, lines: usize, cols: usize) void {
        var group = l;
        var left = lines;
        while (left > 0) {
            if (left == 1) return group.runLine(cols);
            const count = @min(width, left);
            const values = group.sumsOf(sums, count, cols);
            for (values[0..cols], 0..) |column, j| {
                for (column[0..count], 0..) |value, i| {
                    const at = i * l.result_line_stride + j * l.result_col_stride;
                    l.update.applyScalar(value, &group.results[at]);
                }
            }
            group.lines += count * l.line_stride;
            group.results += count * l.result_line_stride;
            left -= count;
        }
    }

    /// One line, a result at a time.
    noinline fn runLine(l: Lines, cols: usize) void {
        for (0..cols) |j| {
            var at = l.columns + j * l.col_stride;
            var sum: f32 = 0;
            for (l.lines[0..l.depth]) |value| {
                sum = tiles.mulAdd(value, at[0], sum);
                at += l.depth_stride;
            }
            l.update.applyScalar(sum, &l.results[j * l.result_col_stride]);
        }
    }

    /// Sums of as many lines as a register has lanes; those that are not there repeat the last one.
    inline fn sumsOf(
        l: Lines,
        comptime count: usize,
        lines: usize,
        cols: usize,
    ) [count][width]f32 {
        var line_offsets: [width]usize = undefined;
        for (&line_offsets, 0..) |*offset, i| offset.* = @min(i, lines - 1) * l.line_stride;
        var col_offsets: [count]usize = undefined;
        for (&col_offsets, 0..) |*offset, j| offset.* = @min(j, cols - 1) * l.col_stride;
        var sums: [count]R = @splat(@splat(0));
        var p: usize = 0;
        while (p < l.depth) : (p += width) {
            const depth = @min(width, l.depth - p);
            if (depth <= gathered_max) {
                for (p..l.depth) |q| {
                    var column: R = undefined;
                    inline for (line_offsets, 0..) |offset, i| column[i] = l.lines[offset + q];
                    l.add(&sums, column, q, &col_offsets);
                }
                break;
            }
            var square: [width]R = undefined;
            if (depth == width) {
                inline for (&square, line_offsets) |*line, offset| line.* = pack.loadR(l.lines + p + offset);
            } else {
                partialSquare(&square, l.lines + p, &line_offsets, depth);
            }
            inline for (pack.turn(square), 0..) |column, q| {
                if (q < depth) l.add(&sums, column, p + q, &col_offsets);
            }
        }
        var result: [count][width]f32 = undefined;
        inline for (&result, sums) |*values, sum| values.* = sum;
        return result;
    }

    /// The products of one k.
    inline fn add(l: Lines, sums: anytype, column: R, p: usize, col_offsets: []const usize) void {
        const at = l.columns + p * l.depth_stride;
        inline for (sums, 0..) |*sum, j| {
            const factor: R = @splat(at[col_offsets[j]]);
            sum.* = tiles.mulAdd(column, factor, sum.*);
        }
    }

    /// The end of the lines, where a register has less to read.
    noinline fn partialSquare(
        square: *[width]R,
        from: [*]const f32,
        offsets: *const [width]usize,
        depth: usize,
    ) void {
        for (square, offsets) |*line, offset| line.* = pack.loadRPartial(from + offset, depth);
    }
};
