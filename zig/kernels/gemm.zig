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

/// Rows of A and columns of B in a packed block: A's block stays in the second-level cache.
const mc_max = 16 * tile.rows;
const nc_max = 2048 / tile_cols * tile_cols;

/// Floats that let `gemm` run in blocks of the sizes above.
pub const scratch_floats = (mc_max + nc_max) * kc_max + pack.slack;
/// Floats without which it cannot run: one panel of each operand.
pub const scratch_floats_min = (tile.rows + tile_cols) * kc_max + pack.slack;

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

/// Cuts `total` rows into the fewest panels of at most `most` rows, as equal as possible.
const Panels = struct {
    total: usize,
    count: usize,

    inline fn init(total: usize, most: usize) Panels {
        return .{ .total = total, .count = (total + most - 1) / most };
    }

    inline fn start(panels: Panels, i: usize) usize {
        const base = panels.total / panels.count;
        return i * base + @min(i, panels.total % panels.count);
    }
};

/// Straight from row-major memory: for products whose B stays in the caches.
fn directColumns(
    comptime vectors: usize,
    comptime partial: bool,
    g: *const Gemm,
    j: usize,
    p: usize,
    depth: usize,
    update: Update,
) void {
    const panels: Panels = .init(g.m, direct_rows);
    for (0..panels.count) |panel| {
        const i = panels.start(panel);
        const a: Rows = .{
            .data = g.a.data + i * g.a.row_stride + p * g.a.col_stride,
            .row_stride = g.a.row_stride,
            .depth_stride = g.a.col_stride,
        };
        const b = g.b.data + p * g.b.row_stride + j;
        const c = g.c + i * g.ldc + j;
        const cols = @min(vectors * width, g.n - j);
        const rows = panels.start(panel + 1) - i;
        tileOfRows(direct_rows, vectors, partial, false, rows, a, b, g.b.row_stride, depth, c, g.ldc, cols, update);
    }
}

fn direct(g: *const Gemm) void {
    var p: usize = 0;
    while (p < g.k) : (p += kc_max) {
        const depth = @min(kc_max, g.k - p);
        const update: Update = .{ .alpha = g.alpha, .beta = if (p == 0) g.beta else 1 };
        var j: usize = 0;
        while (j + tile_cols <= g.n) : (j += tile_cols) {
            directColumns(tile.vectors, false, g, j, p, depth, update);
        }
        if (j < g.n) switch ((g.n - j + width - 1) / width) {
            inline 1...tile.vectors => |vectors| directColumns(vectors, true, g, j, p, depth, update),
            else => unreachable,
        };
    }
}

/// Sizes of the packed blocks, cut to what the scratch memory holds.
const Blocks = struct {
    mc: usize,
    nc: usize,

    fn fit(g: *const Gemm, floats: usize) Blocks {
        const nc_needed = (@min(g.n, nc_max) + tile_cols - 1) / tile_cols * tile_cols;
        const room = (floats - pack.slack) / kc_max;
        const nc = @min(nc_needed, (room - tile.rows) / tile_cols * tile_cols);
        return .{ .nc = nc, .mc = @min(mc_max, (room - nc) / tile.rows * tile.rows) };
    }
};

fn blocked(g: *const Gemm, scratch: *const table.Scratch) void {
    const blocks: Blocks = .fit(g, scratch.floats);
    const packed_b = scratch.data;
    const packed_a = scratch.data + blocks.nc * kc_max;
    var j: usize = 0;
    while (j < g.n) : (j += blocks.nc) {
        const cols = @min(blocks.nc, g.n - j);
        var p: usize = 0;
        while (p < g.k) : (p += kc_max) {
            const depth = @min(kc_max, g.k - p);
            const update: Update = .{ .alpha = g.alpha, .beta = if (p == 0) g.beta else 1 };
            packB(g, p, depth, j, cols, packed_b);
            var i: usize = 0;
            while (i < g.m) : (i += blocks.mc) {
                const panels: Panels = .init(@min(blocks.mc, g.m - i), tile.rows);
                packA(g, i, panels, p, depth, packed_a);
                macro(g, packed_a, packed_b, i, panels, j, cols, depth, update);
            }
        }
    }
}

fn packA(g: *const Gemm, i: usize, panels: Panels, p: usize, depth: usize, to: [*]f32) void {
    for (0..panels.count) |panel| {
        const start = panels.start(panel);
        const rows = panels.start(panel + 1) - start;
        const lines: pack.Lines = .{
            .data = g.a.data + (i + start) * g.a.row_stride + p * g.a.col_stride,
            .count = rows,
            .line_stride = g.a.row_stride,
            .depth_stride = g.a.col_stride,
        };
        pack.panel(lines, depth, to + start * depth, rows);
    }
}

fn packB(g: *const Gemm, p: usize, depth: usize, j: usize, cols: usize, to: [*]f32) void {
    var start: usize = 0;
    while (start < cols) : (start += tile_cols) {
        const lines: pack.Lines = .{
            .data = g.b.data + p * g.b.row_stride + (j + start) * g.b.col_stride,
            .count = @min(tile_cols, cols - start),
            .line_stride = g.b.col_stride,
            .depth_stride = g.b.row_stride,
        };
        pack.panel(lines, depth, to + start * depth, tile_cols);
    }
}

/// All tiles of one packed block of A with one of B: a panel of B stays in the first-level cache
/// while the panels of A stream past it.
fn macro(
    g: *const Gemm,
    packed_a: [*]const f32,
    packed_b: [*]const f32,
    i: usize,
    panels: Panels,
    j: usize,
    cols: usize,
    depth: usize,
    update: Update,
) void {
    var start: usize = 0;
    while (start < cols) : (start += tile_cols) {
        for (0..panels.count) |panel| {
            const row = panels.start(panel);
            const rows = panels.start(panel + 1) - row;
            const a: Rows = .{ .data = packed_a + row * depth, .row_stride = 1, .depth_stride = 0 };
            const b = packed_b + start * depth;
            const c = g.c + (i + row) * g.ldc + j + start;
            const width_here = @min(tile_cols, cols - start);
            tileOfRows(tile.rows, tile.vectors, false, true, rows, a, b, 0, depth, c, g.ldc, width_here, update);
        }
    }
}

/// C = beta·C, where no product is added.
fn scale(g: *const Gemm) void {
    for (0..g.m) |i| {
        const row = g.c + i * g.ldc;
        for (0..g.n) |j| row[j] = if (g.beta == 0) 0 else g.beta * row[j];
    }
}

/// B stays in the second-level cache while the rows of A pass.
const direct_floats_max = 64 * 1024;

/// Whether a product of these sizes needs no scratch memory.
pub fn isDirect(g: *const Gemm) callconv(.c) bool {
    return g.k == 0 or g.alpha == 0 or
        (g.b.col_stride == 1 and g.n * g.k <= direct_floats_max);
}

pub fn gemm(g: *const Gemm, scratch: *const table.Scratch) callconv(.c) void {
    if (g.m == 0 or g.n == 0) return;
    if (g.k == 0 or g.alpha == 0) return scale(g);
    if (isDirect(g)) return direct(g);
    blocked(g, scratch);
}
