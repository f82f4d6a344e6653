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

const floats_per_cache_line = 16;

/// Pieces of lines, copied so that they do not collide in the cache.
const Stage = struct {
    const depth_max = 128;
    const stride = depth_max + floats_per_cache_line;
    const offsets: [width]usize = blk: {
        var result: [width]usize = undefined;
        for (&result, 0..) |*offset, i| offset.* = i * stride;
        break :blk result;
    };

    values: [width * stride]f32 align(64),

    noinline fn fill(stage: *Stage, l: Lines, line_offsets: *const [width]usize, p: usize) void {
        const depth = @min(depth_max, l.depth - p);
        for (line_offsets, offsets) |from, to| {
            pack.copy(l.lines + from + p, depth, stage.values[to..].ptr);
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
        // Sums for a power of two of columns: those that are not there repeat the last one.
        inline for (.{ 1, 2, 4 }) |sums| {
            if (sums <= cols_max and cols <= sums) return l.runSums(sums, lines, cols);
        }
        unreachable;
    }

    fn runSums(l: Lines, comptime sums: usize, lines: usize, cols: usize) void {
        // More columns are there only beside whole tiles, where this is a small part of the work.
        const is_staged = sums == 1 and l.linesCollide();
        var group = l;
        var left = lines;
        while (left > 0) {
            const count = @min(width, left);
            const values = if (sums == 1 and is_staged)
                group.sumsOf(1, true, count, cols)
            else
                group.sumsOf(sums, false, count, cols);
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

    /// Sums of as many lines as a register has lanes; those that are not there repeat the last one.
    inline fn sumsOf(
        l: Lines,
        comptime count: usize,
        comptime is_staged: bool,
        lines: usize,
        cols: usize,
    ) [count][width]f32 {
        var line_offsets: [width]usize = undefined;
        for (&line_offsets, 0..) |*offset, i| offset.* = @min(i, lines - 1) * l.line_stride;
        var col_offsets: [count]usize = undefined;
        for (&col_offsets, 0..) |*offset, j| offset.* = @min(j, cols - 1) * l.col_stride;
        var stage: Stage = undefined;
        var sums: [count]R = @splat(@splat(0));
        var p: usize = 0;
        while (p < l.depth) : (p += width) {
            const depth = @min(width, l.depth - p);
            // What the next block reads, one line at a time: memory likes long runs.
            l.prefetchLine(p / (kc_max / width));
            if (is_staged and p % Stage.depth_max == 0) stage.fill(l, &line_offsets, p);
            const from = if (is_staged) stage.values[p % Stage.depth_max ..].ptr else l.lines + p;
            const offsets = if (is_staged) &Stage.offsets else &line_offsets;
            var square: [width]R = undefined;
            if (depth == width) {
                inline for (&square, offsets) |*line, offset| line.* = pack.loadR(from + offset);
            } else {
                partialSquare(&square, from, offsets, depth);
            }
            inline for (pack.turn(square), 0..) |column, q| {
                if (q < depth) {
                    const at = l.columns + (p + q) * l.depth_stride;
                    inline for (&sums, col_offsets) |*sum, offset| {
                        const factor: R = @splat(at[offset]);
                        sum.* = tiles.mulAdd(column, factor, sum.*);
                    }
                }
            }
        }
        var result: [count][width]f32 = undefined;
        inline for (&result, sums) |*values, sum| values.* = sum;
        return result;
    }

    /// Lines a multiple of 4 KB apart share the sets of the first-level cache, which has fewer ways
    /// than a square has lines.
    fn linesCollide(l: Lines) bool {
        const floats_per_way = 1024;
        const distance = l.line_stride % floats_per_way;
        return @min(distance, floats_per_way - distance) < floats_per_cache_line;
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

    inline fn prefetchLine(l: Lines, line: usize) void {
        const from = l.lines + line * l.line_stride + kc_max;
        inline for (0..kc_max / floats_per_cache_line) |i| {
            @prefetch(from + i * floats_per_cache_line, .{ .locality = 2 });
        }
    }
};
