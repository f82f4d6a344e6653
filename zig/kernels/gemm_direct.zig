//! The product straight from row-major memory, without packing: for a B that stays in the caches
//! while A passes, and for so few rows that packing B would cost more than it saves.

const table = @import("table.zig");
const rider = @import("gemm_rider.zig");
const simd = @import("simd.zig");
const tiles = @import("gemm_tile.zig");
const kc_max = @import("gemm.zig").kc_max;
const Gemm = table.Gemm;
const width = tiles.width;

/// Floats of B, kc_max deep, that are read from the second-level cache fast enough: a register of
/// sixteen lanes does twice as much with them.
const b_floats_max = if (width == 16) 128 * 1024 else 12 * 1024;
/// Rows of A, kc_max deep, that stay in the second-level cache while the columns of B pass.
const rows_per_chunk_max = 16 * tiles.rows_max;
/// Beyond the second-level cache B is fetched ahead.
const ahead_floats_min = 256 * 1024;

pub fn suits(g: *const Gemm) bool {
    return g.b.col_stride == 1 and
        (g.n * @min(g.k, kc_max) <= b_floats_max or g.m <= tiles.rows_max);
}

/// Whether one more column behind those of C can ride along. (Not for every product: code for tiles
/// with a rider is long.)
pub fn takesRider(g: *const Gemm, team: *const table.Team) bool {
    if (!rider.is_available or g.n < tiles.cols_max or g.k > kc_max) return false;
    return isShort(g, team) and g.alpha == 1 and g.beta == 0;
}

/// The shortest products must not pay for divisions and calls through pointers.
fn isShort(g: *const Gemm, team: *const table.Team) bool {
    return team.threads == 1 and g.m <= rows_per_chunk_max;
}

pub const Direct = struct {
    g: *const Gemm,
    rows_per_chunk: usize,
    cols_per_chunk: usize,

    pub fn run(g: *const Gemm, team: *const table.Team) void {
        if (isShort(g, team)) return part(g, 0, g.m, 0, g.n);
        var direct: Direct = .{
            .g = g,
            .rows_per_chunk = @min(g.m, rows_per_chunk_max),
            .cols_per_chunk = g.n,
        };
        if (team.threads > 1) direct.cut(4 * @as(usize, team.threads));
        const chunks = tiles.piecesOf(g.m, direct.rows_per_chunk) * direct.colChunks();
        team.run(@intCast(chunks), &direct, &chunk);
    }

    /// The product with the column that follows it.
    pub fn runRiding(g: *const Gemm) void {
        block(g, 0, g.m, 0, 0, g.n, true);
    }

    /// Cuts the work into some pieces: rows where there are enough of them, else columns.
    fn cut(direct: *Direct, pieces: usize) void {
        const g = direct.g;
        // Rather too many pieces than the last of them much smaller.
        const rows = @max(tiles.piecesOf(g.m, pieces) / tiles.rows_max, 1);
        if (g.m >= pieces * tiles.rows_max / 2) {
            direct.rows_per_chunk = @min(direct.rows_per_chunk, rows * tiles.rows_max);
        } else {
            const cols = tiles.piecesOf(tiles.piecesOf(g.n, pieces), tiles.cols_max);
            direct.cols_per_chunk = cols * tiles.cols_max;
        }
    }

    fn colChunks(direct: *const Direct) usize {
        return tiles.piecesOf(direct.g.n, direct.cols_per_chunk);
    }

    fn chunk(context: *anyopaque, index: usize) callconv(.c) void {
        const direct: *const Direct = @ptrCast(@alignCast(context));
        const g = direct.g;
        const col_chunks = direct.colChunks();
        const first = index / col_chunks * direct.rows_per_chunk;
        const rows = @min(direct.rows_per_chunk, g.m - first);
        const col = index % col_chunks * direct.cols_per_chunk;
        part(g, first, rows, col, @min(col + direct.cols_per_chunk, g.n));
    }

    /// Some rows and columns of C, with all of k.
    fn part(g: *const Gemm, first: usize, rows: usize, col: usize, end: usize) void {
        var p: usize = 0;
        while (p < g.k) : (p += kc_max) block(g, first, rows, p, col, end, false);
    }

    /// Some rows and columns of C, with one block of k; one more column may ride beside the first ones.
    fn block(
        g: *const Gemm,
        first: usize,
        rows: usize,
        p: usize,
        col: usize,
        end: usize,
        rides: bool,
    ) void {
        const is_far = g.n * @min(g.k, kc_max) > ahead_floats_min;
        const columns: tiles.ColumnPanels = .init(end - col);
        for (0..columns.count()) |index| {
            const panel = columns.at(index);
            const panels: tiles.Panels = .of(first, rows, panel.vectors, @min(kc_max, g.k - p));
            const j = col + panel.start;
            if (rider.is_available and rides and index == 0) {
                column(tiles.vectors_max, .direct_riding, g, panels, j, p, panel.cols);
            } else if (panel.cols < tiles.cols_max) {
                switch (panel.vectors) {
                    inline 1...tiles.vectors_max => |vectors| {
                        column(vectors, .direct_partial, g, panels, j, p, panel.cols);
                    },
                    else => unreachable,
                }
            } else if (is_far and !simd.is_compact) {
                column(tiles.vectors_max, .direct_ahead, g, panels, j, p, panel.cols);
            } else {
                column(tiles.vectors_max, .direct, g, panels, j, p, panel.cols);
            }
        }
    }

    /// One column of tiles.
    fn column(
        comptime vectors: usize,
        comptime source: tiles.Source,
        g: *const Gemm,
        panels: tiles.Panels,
        j: usize,
        p: usize,
        cols: usize,
    ) void {
        for (0..panels.count) |panel| {
            const i = panels.start(panel);
            tiles.compute(vectors, source, panels.start(panel + 1) - i, .{
                .a = g.a.data + i * g.a.row_stride + p * g.a.col_stride,
                .a_row_stride = g.a.row_stride,
                .a_depth_stride = g.a.col_stride,
                .b = g.b.data + p * g.b.row_stride + j,
                .b_stride = g.b.row_stride,
                .rider = .{ .b = g.b.data + p * g.b.row_stride + g.n, .c = g.c + i * g.ldc + g.n },
                .depth = @min(kc_max, g.k - p),
                .c = g.c + i * g.ldc + j,
                .ldc = g.ldc,
                .cols = cols,
                .update = .ofBlock(g, p),
            });
        }
    }
};
