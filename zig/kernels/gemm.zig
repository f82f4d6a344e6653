//! C = alpha · op(A) · op(B) + beta · C, cache-blocked and packed as in Goto and van de Geijn,
//! "Anatomy of High-Performance Matrix Multiplication", ACM TOMS 34(3), 2008, with the loops of
//! Van Zee and van de Geijn, "BLIS", ACM TOMS 41(3), 2015.
//!
//! Every element of C adds its products in ascending k with FMA, in blocks of `kc_max` that start
//! at 0 and are added to C in their order. `kc_max` is the same on every level and tiles never
//! split k, so the tile, the block sizes and the path (packed or not) change no bit.

const std = @import("std");
const simd = @import("simd.zig");
const table = @import("table.zig");
const pack = @import("pack.zig");
const Gemm = table.Gemm;

/// Depth of a block: part of the definition of the result's bits.
pub const kc_max = 256;

const width = pack.width;
const R = pack.R;

/// The tile held in registers: rows × vectors. Chosen per register file: 32 zmm, 16 ymm or xmm,
/// 32 NEON registers, so that accumulators, one row of B and a broadcast fit.
const Tile = struct { rows: usize, vectors: usize };
const tile: Tile = switch (width) {
    16 => .{ .rows = 14, .vectors = 2 },
    8 => .{ .rows = 4, .vectors = 3 },
    else => if (simd.has_fma) .{ .rows = 8, .vectors = 3 } else .{ .rows = 4, .vectors = 2 },
};
const tile_cols = tile.vectors * width;
/// Without packing every row of A needs an address of its own.
const direct_rows = @min(tile.rows, 8);

/// Rows of A that a chunk of work has: packed, they stay in the second-level cache.
const mc_max = 16 * tile.rows;
/// Floats of a packed slab of A and of B, at most; both stay in the third-level cache.
const slab_floats_max = 2048 * kc_max;

inline fn mulAdd(a: R, b: R, c: R) R {
    // v2 has no FMA: it is as accurate there, but its bits are its own.
    return if (simd.has_fma) @mulAdd(R, a, b, c) else a * b + c;
}

inline fn loadLanes(p: [*]const f32, count: usize) R {
    if (count == width) return pack.loadR(p);
    return pack.loadRPartial(p, count);
}

/// What becomes of the sums of a block: C = alpha·sum + beta·C.
const Update = struct {
    alpha: f32,
    beta: f32,

    inline fn apply(update: Update, sum: R, p: [*]f32, count: usize) void {
        const scaled = @as(R, @splat(update.alpha)) * sum;
        // beta = 0 writes without reading: C may hold anything, NaN included.
        const value = if (update.beta == 0)
            scaled
        else if (update.beta == 1)
            loadLanes(p, count) + scaled
        else
            mulAdd(@splat(update.beta), loadLanes(p, count), scaled);
        if (count == width) pack.storeR(p, value) else pack.storeRPartial(p, value, count);
    }
};

/// The rows of A that meet a tile: element (i, p) at data[i * row_stride + p * depth_stride].
const Rows = struct {
    data: [*]const f32,
    row_stride: usize,
    depth_stride: usize,
};

/// One tile of C. `cols` of its columns exist; with `partial_b` B has no more either and its last
/// vector is read under a mask, otherwise B is padded.
fn tileProduct(
    comptime rows: usize,
    comptime vectors: usize,
    comptime partial_b: bool,
    a: Rows,
    b: [*]const f32,
    b_stride: usize,
    depth: usize,
    c: [*]f32,
    ldc: usize,
    cols: usize,
    update: Update,
) void {
    @setEvalBranchQuota(10_000);
    const last = cols - @min(cols, (vectors - 1) * width);
    var acc: [rows][vectors]R = @splat(@splat(@splat(0)));
    var a_row = a.data;
    var b_row = b;
    for (0..depth) |_| {
        var b_values: [vectors]R = undefined;
        inline for (&b_values, 0..) |*value, j| {
            value.* = if (partial_b and j == vectors - 1)
                pack.loadRPartial(b_row + j * width, last)
            else
                pack.loadR(b_row + j * width);
        }
        inline for (&acc, 0..) |*acc_row, i| {
            const a_value: R = @splat(a_row[i * a.row_stride]);
            inline for (acc_row, b_values) |*sum, value| sum.* = mulAdd(a_value, value, sum.*);
        }
        a_row += a.depth_stride;
        b_row += b_stride;
    }
    inline for (acc, 0..) |acc_row, i| {
        inline for (acc_row, 0..) |sum, j| {
            const from = j * width;
            if (from < cols) update.apply(sum, c + i * ldc + from, @min(width, cols - from));
        }
    }
}

/// Calls tileProduct with the number of rows as a constant.
inline fn tileOfRows(
    comptime most: usize,
    comptime vectors: usize,
    comptime partial_b: bool,
    comptime packed_a: bool,
    rows: usize,
    a: Rows,
    b: [*]const f32,
    b_stride: usize,
    depth: usize,
    c: [*]f32,
    ldc: usize,
    cols: usize,
    update: Update,
) void {
    switch (rows) {
        inline 1...most => |r| {
            const strides: Rows = if (packed_a)
                .{ .data = a.data, .row_stride = 1, .depth_stride = r }
            else
                a;
            const stride = if (packed_a) tile_cols else b_stride;
            tileProduct(r, vectors, partial_b, strides, b, stride, depth, c, ldc, cols, update);
        },
        else => unreachable,
    }
}

/// Rows from `first` on, cut into the fewest panels of at most `most` rows, as equal as possible.
const Panels = struct {
    first: usize,
    total: usize,
    count: usize,

    inline fn init(first: usize, total: usize, most: usize) Panels {
        return .{ .first = first, .total = total, .count = (total + most - 1) / most };
    }

    inline fn start(panels: Panels, i: usize) usize {
        const base = panels.total / panels.count;
        return panels.first + i * base + @min(i, panels.total % panels.count);
    }
};

/// Straight from row-major memory: for products whose B stays in the caches.
const Direct = struct {
    g: *const Gemm,
    /// Chunks of rows, each a whole number of tiles but the last.
    rows_per_chunk: usize,

    fn run(g: *const Gemm, team: *const table.Team) void {
        const pieces = if (team.threads > 1) 4 * @as(usize, team.threads) else 1;
        const rows = ceilTo((g.m + pieces - 1) / pieces, direct_rows);
        var direct: Direct = .{ .g = g, .rows_per_chunk = rows };
        team.run(@intCast((g.m + rows - 1) / rows), &direct, &chunk);
    }

    fn chunk(context: *anyopaque, index: usize) callconv(.c) void {
        const direct: *const Direct = @ptrCast(@alignCast(context));
        const g = direct.g;
        const first = index * direct.rows_per_chunk;
        const panels: Panels = .init(first, @min(direct.rows_per_chunk, g.m - first), direct_rows);
        var p: usize = 0;
        while (p < g.k) : (p += kc_max) {
            const depth = @min(kc_max, g.k - p);
            const update: Update = .{ .alpha = g.alpha, .beta = if (p == 0) g.beta else 1 };
            var j: usize = 0;
            while (j + tile_cols <= g.n) : (j += tile_cols) {
                columns(tile.vectors, false, g, panels, j, p, depth, update);
            }
            if (j < g.n) switch ((g.n - j + width - 1) / width) {
                inline 1...tile.vectors => |vectors| {
                    columns(vectors, true, g, panels, j, p, depth, update);
                },
                else => unreachable,
            };
        }
    }

    /// One column of tiles.
    fn columns(
        comptime vectors: usize,
        comptime partial: bool,
        g: *const Gemm,
        panels: Panels,
        j: usize,
        p: usize,
        depth: usize,
        update: Update,
    ) void {
        const b = g.b.data + p * g.b.row_stride + j;
        const cols = @min(vectors * width, g.n - j);
        for (0..panels.count) |panel| {
            const i = panels.start(panel);
            const rows: Rows = .{
                .data = g.a.data + i * g.a.row_stride + p * g.a.col_stride,
                .row_stride = g.a.row_stride,
                .depth_stride = g.a.col_stride,
            };
            const c = g.c + i * g.ldc + j;
            const count = panels.start(panel + 1) - i;
            tileOfRows(direct_rows, vectors, partial, false, count, rows, b, g.b.row_stride, depth, c, g.ldc, cols, update);
        }
    }
};

inline fn ceilTo(x: usize, unit: usize) usize {
    return (x + unit - 1) / unit * unit;
}

/// Sizes of the packed slabs: rows of A and columns of B, `depth` deep.
const Slabs = struct {
    rows: usize,
    cols: usize,
    depth: usize,

    /// As large as the product wants them, within the caches.
    fn wanted(g: *const Gemm) Slabs {
        const depth: usize = @min(g.k, kc_max);
        const most = slab_floats_max / depth;
        return .{
            .rows = @min(g.m, most / tile.rows * tile.rows),
            .cols = @min(ceilTo(g.n, tile_cols), most / tile_cols * tile_cols),
            .depth = depth,
        };
    }

    /// One panel of each operand.
    fn needed(g: *const Gemm) Slabs {
        return .{ .rows = @min(g.m, tile.rows), .cols = tile_cols, .depth = @min(g.k, kc_max) };
    }

    fn floats(slabs: Slabs) usize {
        return slabs.floatsOfA() + slabs.cols * slabs.depth;
    }

    fn floatsOfA(slabs: Slabs) usize {
        return panelsIn(slabs.rows) * panelFloats(slabs.depth);
    }

    fn panelsIn(rows: usize) usize {
        return (rows + tile.rows - 1) / tile.rows;
    }
};

/// Floats from a packed panel of A to the next. Packing a panel may write a little behind its end,
/// where another thread may have packed the next.
inline fn panelFloats(depth: usize) usize {
    return tile.rows * depth + pack.slack;
}

/// Packed: slabs of A and B are packed in one phase and multiplied in the next, each phase cut into
/// chunks that any thread may take.
const Blocked = struct {
    g: *const Gemm,
    slabs: Slabs,
    packed_a: [*]f32,
    packed_b: [*]f32,
    /// The slabs at hand: from where, and how many panels.
    i: usize = 0,
    j: usize = 0,
    p: usize = 0,
    depth: usize = 0,
    cols: usize = 0,
    panels: Panels = undefined,
    b_chunks: usize = 0,
    /// How the tiles of the slabs are cut: panels of A and of B in a chunk.
    a_panels_per_chunk: usize = 0,
    b_panels_per_chunk: usize = 0,
    update: Update = undefined,

    const panels_per_packing_chunk = 4;

    fn run(g: *const Gemm, scratch: *const table.Scratch, team: *const table.Team) void {
        const wanted: Slabs = .wanted(g);
        const slabs: Slabs = if (wanted.floats() <= scratch.floats) wanted else .needed(g);
        var b: Blocked = .{
            .g = g,
            .slabs = slabs,
            .packed_b = scratch.data,
            .packed_a = scratch.data + slabs.cols * slabs.depth,
        };
        while (b.j < g.n) : (b.j += slabs.cols) {
            b.cols = @min(slabs.cols, g.n - b.j);
            b.p = 0;
            while (b.p < g.k) : (b.p += kc_max) {
                b.depth = @min(kc_max, g.k - b.p);
                b.update = .{ .alpha = g.alpha, .beta = if (b.p == 0) g.beta else 1 };
                b.b_chunks = chunksOf(b.bPanels(), panels_per_packing_chunk);
                b.i = 0;
                while (b.i < g.m) : (b.i += slabs.rows) b.slab(team);
            }
        }
    }

    fn bPanels(b: *const Blocked) usize {
        return (b.cols + tile_cols - 1) / tile_cols;
    }

    fn chunksOf(count: usize, per_chunk: usize) usize {
        return (count + per_chunk - 1) / per_chunk;
    }

    fn slab(b: *Blocked, team: *const table.Team) void {
        b.panels = .init(0, @min(b.slabs.rows, b.g.m - b.i), tile.rows);
        // B's slab is packed together with the first of A that meets it.
        if (b.i > 0) b.b_chunks = 0;
        const a_chunks = chunksOf(b.panels.count, panels_per_packing_chunk);
        team.run(@intCast(b.b_chunks + a_chunks), b, &packChunk);
        // A chunk has all columns, unless there are too few rows for that many threads.
        b.a_panels_per_chunk = @min(mc_max / tile.rows, b.panels.count);
        b.b_panels_per_chunk = b.bPanels();
        if (team.threads > 1) {
            const pieces = 8 * @as(usize, team.threads);
            const row_chunks = chunksOf(b.panels.count, b.a_panels_per_chunk);
            const col_chunks = chunksOf(pieces, row_chunks);
            b.b_panels_per_chunk = chunksOf(b.bPanels(), col_chunks);
        }
        const row_chunks = chunksOf(b.panels.count, b.a_panels_per_chunk);
        const col_chunks = chunksOf(b.bPanels(), b.b_panels_per_chunk);
        team.run(@intCast(row_chunks * col_chunks), b, &multiplyChunk);
    }

    fn packChunk(context: *anyopaque, index: usize) callconv(.c) void {
        const b: *const Blocked = @ptrCast(@alignCast(context));
        const is_b = index < b.b_chunks;
        const first = (if (is_b) index else index - b.b_chunks) * panels_per_packing_chunk;
        const count = if (is_b) b.bPanels() else b.panels.count;
        for (first..@min(first + panels_per_packing_chunk, count)) |panel| {
            if (is_b) b.packPanelB(panel) else b.packPanelA(panel);
        }
    }

    fn packPanelA(b: *const Blocked, panel: usize) void {
        const g = b.g;
        const start = b.panels.start(panel);
        const rows = b.panels.start(panel + 1) - start;
        pack.panel(.{
            .data = g.a.data + (b.i + start) * g.a.row_stride + b.p * g.a.col_stride,
            .count = rows,
            .line_stride = g.a.row_stride,
            .depth_stride = g.a.col_stride,
        }, b.depth, b.packed_a + panel * panelFloats(b.depth), rows);
    }

    fn packPanelB(b: *const Blocked, panel: usize) void {
        const g = b.g;
        const start = panel * tile_cols;
        pack.panel(.{
            .data = g.b.data + b.p * g.b.row_stride + (b.j + start) * g.b.col_stride,
            .count = @min(tile_cols, b.cols - start),
            .line_stride = g.b.col_stride,
            .depth_stride = g.b.row_stride,
        }, b.depth, b.packed_b + start * b.depth, tile_cols);
    }

    /// Tiles of some panels of A with some of B: a panel of B stays in the first-level cache while
    /// the panels of A stream past it from the second.
    fn multiplyChunk(context: *anyopaque, index: usize) callconv(.c) void {
        const b: *const Blocked = @ptrCast(@alignCast(context));
        const col_chunks = chunksOf(b.bPanels(), b.b_panels_per_chunk);
        const a_first = index / col_chunks * b.a_panels_per_chunk;
        const a_end = @min(a_first + b.a_panels_per_chunk, b.panels.count);
        const b_first = index % col_chunks * b.b_panels_per_chunk;
        const b_end = @min(b_first + b.b_panels_per_chunk, b.bPanels());
        for (b_first..b_end) |b_panel| {
            for (a_first..a_end) |a_panel| b.tileAt(a_panel, b_panel);
        }
    }

    inline fn tileAt(b: *const Blocked, a_panel: usize, b_panel: usize) void {
        const row = b.panels.start(a_panel);
        const rows = b.panels.start(a_panel + 1) - row;
        const col = b_panel * tile_cols;
        const cols = @min(tile_cols, b.cols - col);
        const a: Rows = .{
            .data = b.packed_a + a_panel * panelFloats(b.depth),
            .row_stride = 1,
            .depth_stride = 0,
        };
        const c = b.g.c + (b.i + row) * b.g.ldc + b.j + col;
        const from_b = b.packed_b + col * b.depth;
        tileOfRows(tile.rows, tile.vectors, false, true, rows, a, from_b, 0, b.depth, c, b.g.ldc, cols, b.update);
    }
};

/// C = beta·C, where no product is added.
fn scale(g: *const Gemm) void {
    for (0..g.m) |i| {
        const row = g.c + i * g.ldc;
        for (0..g.n) |j| row[j] = if (g.beta == 0) 0 else g.beta * row[j];
    }
}

/// B stays in the second-level cache while the rows of A pass.
const direct_floats_max = 64 * 1024;

inline fn isDirect(g: *const Gemm) bool {
    return g.k == 0 or g.alpha == 0 or
        (g.b.col_stride == 1 and g.n * g.k <= direct_floats_max);
}

pub fn scratchSizes(g: *const Gemm) callconv(.c) table.ScratchSizes {
    if (isDirect(g)) return .{ .wanted = 0, .needed = 0 };
    return .{ .wanted = Slabs.wanted(g).floats(), .needed = Slabs.needed(g).floats() };
}

/// `scratch` is not touched where `scratchSizes` asks for none.
pub fn gemm(
    g: *const Gemm,
    scratch: *const table.Scratch,
    team: *const table.Team,
) callconv(.c) void {
    if (g.m == 0 or g.n == 0) return;
    if (g.k == 0 or g.alpha == 0) return scale(g);
    if (isDirect(g)) return Direct.run(g, team);
    Blocked.run(g, scratch, team);
}
