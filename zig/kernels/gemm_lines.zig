//! Few columns of C, a vector or what is left of them beside whole registers: quads of A, whose lines
//! run along k, are transposed in registers, so that a register holds as many rows of C. A tile of C
//! would leave most lanes of its registers empty.

const std = @import("std");
const pack = @import("pack.zig");
const simd = @import("simd.zig");
const table = @import("table.zig");
const tiles = @import("gemm_tile.zig");
const kc_max = @import("gemm.zig").kc_max;
const Gemm = table.Gemm;
const width = pack.width;
const quad = pack.quad;

/// What lines are gathered to: quads come into at most two places without a shuffle, and 256 bits
/// take half the time of 512 where those are two of them (AMD Zen 4).
const lanes = @min(width, 2 * quad);
const P = @Vector(lanes, f32);

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

    fn chunk(context: *anyopaque, index: usize) callconv(table.cc) void {
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
    fn run(l: *const Lines, lines: usize, cols: usize) void {
        // Sums for a power of two of columns: those that are not there repeat the last one.
        inline for (.{ 1, 2, 4 }) |sums| {
            if (sums <= cols_max and cols <= sums) return l.runSums(sums, lines, cols);
        }
        unreachable;
    }

    fn runSums(l: *const Lines, comptime sums: usize, lines: usize, cols: usize) void {
        const many = comptime manyOf(sums);
        const group = many * lanes;
        // More lines than the first-level cache has places for could not stay.
        const whole = if (pack.linesCollide(l.line_stride)) 0 else lines / group * group;
        // The rest first: while its few sums wait for each other, those of many lines are begun.
        var done = whole;
        while (done < lines) {
            const is_long = lines - done > lanes and whole > 0;
            const end = if (is_long) lines else @min(done + lanes, lines);
            if (is_long) l.runGroup(sums, many, done, end, cols) else l.runGroup(sums, 1, done, end, cols);
            done = end;
        }
        done = 0;
        while (done < whole) : (done += group) l.runGroup(sums, many, done, done + group, cols);
    }

    /// The results of some lines, at most `parts` times `lanes`. Fewer are computed again with those
    /// before them, which exist: a product has `width` lines.
    noinline fn runGroup(
        l: *const Lines,
        comptime sums: usize,
        comptime parts: usize,
        start: usize,
        end: usize,
        cols: usize,
    ) void {
        const count = parts * lanes;
        const first = if (end < count)
            l.lines - (count - end) * l.line_stride
        else
            l.lines + (end - count) * l.line_stride;
        var work: Sums(sums, parts) = .init(l, first, cols);
        var left = l.depth;
        while (left >= quad) : (left -= quad) work.addQuads(quad);
        if (left > 0) work.addQuads(left);
        for (0..cols) |j| {
            const values: [count]f32 = work.valuesOf(j);
            l.put(values[count - (end - start) ..], start, j);
        }
    }

    /// Sums of lines from one on become results.
    inline fn put(l: *const Lines, values: []const f32, start: usize, j: usize) void {
        var to = l.results + start * l.result_line_stride + j * l.result_col_stride;
        // What most products ask for, chosen once: 1 % of 33x33x33.
        const is_plain = l.update.alpha == 1 and l.update.beta == 0;
        for (values) |value| {
            if (is_plain) to[0] = value else l.update.applyScalar(value, &to[0]);
            to += l.result_line_stride;
        }
    }
};

/// Parts of `lanes` lines that are computed at a time, so that sums need not wait for each other: as
/// many as there are registers for.
fn manyOf(comptime sums: usize) usize {
    if (simd.is_compact) return 1;
    return 4 / sums;
}

/// Sums at work, for some columns and parts of `lanes` lines.
fn Sums(comptime count: usize, comptime parts: usize) type {
    return struct {
        const Self = @This();

        sums: [parts][count]P = @splat(@splat(@splat(0))),
        /// The first of every four lines, as far as they were read: few addresses for many lines.
        quads: [parts * lanes / quad][*]const f32 = undefined,
        line_stride: usize,
        /// As far as the columns were read.
        column: [*]const f32,
        depth_stride: usize,
        col_offsets: [count]usize = undefined,

        inline fn init(l: *const Lines, first: [*]const f32, cols: usize) Self {
            var s: Self = .{
                .line_stride = l.line_stride,
                .column = l.columns,
                .depth_stride = l.depth_stride,
            };
            for (&s.quads, 0..) |*at, i| at.* = first + i * quad * l.line_stride;
            for (&s.col_offsets, 0..) |*offset, j| offset.* = @min(j, cols - 1) * l.col_stride;
            return s;
        }

        /// The products of four k; of fewer, from quads that end with them: lines have `width` values
        /// at least, if not in this block.
        inline fn addQuads(s: *Self, depth: usize) void {
            for (&s.quads) |*at| at.* -= quad - depth;
            var turned: [parts][quad]P = undefined;
            inline for (&turned, 0..) |*part, h| part.* = pack.turnQuads(s.rowsOf(h));
            inline for (0..quad) |q| {
                if (q + depth >= quad) {
                    inline for (&s.sums, turned) |*sums, columns| s.add(sums, columns[q]);
                    s.column += s.depth_stride;
                }
            }
            for (&s.quads) |*at| at.* += quad;
        }

        /// Four values of each line of a part: quad i of row j is of line 4i + j.
        inline fn rowsOf(s: *const Self, comptime part: usize) [quad]P {
            const at = s.quads[part * (lanes / quad) ..][0 .. lanes / quad];
            var rows: [quad]P = undefined;
            inline for (&rows, 0..) |*row, j| {
                const first = pack.loadOf(quad, at[0] + j * s.line_stride);
                row.* = if (lanes == quad)
                    first
                else
                    std.simd.join(first, pack.loadOf(quad, at[1] + j * s.line_stride));
            }
            return rows;
        }

        /// The products of one k.
        inline fn add(s: *const Self, sums: *[count]P, values: P) void {
            inline for (sums, s.col_offsets) |*sum, offset| {
                sum.* = tiles.mulAdd(values, @as(P, @splat(s.column[offset])), sum.*);
            }
        }

        inline fn valuesOf(s: *const Self, j: usize) [parts * lanes]f32 {
            var values: [parts * lanes]f32 = undefined;
            inline for (s.sums, 0..) |sums, h| values[h * lanes ..][0..lanes].* = sums[j];
            return values;
        }
    };
}
