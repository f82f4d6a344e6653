//! One tile of C, held in registers: the microkernel of the matrix product.

const std = @import("std");
const builtin = @import("builtin");
const simd = @import("simd.zig");
const pack = @import("pack.zig");

pub const width = pack.width;
const R = pack.R;

/// The tile held in registers: rows × vectors. Chosen per register file (32 zmm, 16 ymm or xmm, 32
/// NEON registers), so that accumulators, one row of B and a broadcast fit.
const Tile = struct { rows: usize, vectors: usize };
const tile: Tile = switch (width) {
    16 => .{ .rows = 14, .vectors = 2 },
    8 => .{ .rows = 4, .vectors = 3 },
    else => if (simd.has_fma) .{ .rows = 8, .vectors = 3 } else .{ .rows = 4, .vectors = 2 },
};

pub const vectors_max = tile.vectors;
pub const cols_max = tile.vectors * width;
/// Rows of a tile whose operand A is packed.
pub const rows_max = tile.rows;
/// Rows of a tile that reads A where it lies: every row needs an address of its own.
pub const direct_rows_max: usize = @min(tile.rows, 8);

/// a·b + c over vectors of any width.
pub inline fn mulAdd(a: anytype, b: @TypeOf(a), c: @TypeOf(a)) @TypeOf(a) {
    // v2 has no FMA: it is as accurate there, but its bits are its own.
    return if (simd.has_fma) @mulAdd(@TypeOf(a), a, b, c) else a * b + c;
}

inline fn loadLanes(p: [*]const f32, count: usize) R {
    return if (count == width) pack.loadR(p) else pack.loadRPartial(p, count);
}

/// What becomes of the sums of a block: C = alpha·sum + beta·C.
pub const Update = struct {
    alpha: f32,
    beta: f32,

    /// For the block of k that begins at p: the blocks after the first are added to what it left.
    pub inline fn ofBlock(g: anytype, p: usize) Update {
        return .{ .alpha = g.alpha, .beta = if (p == 0) g.beta else 1 };
    }

    pub inline fn apply(update: Update, sum: R, p: [*]f32, count: usize) void {
        const scaled = @as(R, @splat(update.alpha)) * sum;
        // beta = 0 writes without reading: C may hold anything, NaN included.
        const value = if (update.beta == 0)
            scaled
        else if (update.beta == 1)
            loadLanes(p, count) + scaled
        else
            mulAdd(@as(R, @splat(update.beta)), loadLanes(p, count), scaled);
        if (count == width) pack.storeR(p, value) else pack.storeRPartial(p, value, count);
    }

    pub inline fn applyScalar(update: Update, sum: f32, p: *f32) void {
        const scaled = update.alpha * sum;
        p.* = if (update.beta == 0)
            scaled
        else if (update.beta == 1)
            p.* + scaled
        else
            mulAdd(update.beta, p.*, scaled);
    }
};

/// Where the operands of a tile lie.
pub const Source = enum {
    /// Both packed: A in panels of the tile's rows, B in panels of `cols_max`.
    both_packed,
    /// Only B packed; A in row-major memory.
    b_packed,
    /// In row-major memory; B's row has all columns of the tile.
    direct,
    /// In row-major memory; B ends within the last vector, which is read under a mask.
    direct_partial,
    /// As `direct`, with the next columns of B fetched ahead.
    direct_ahead,
};

/// Operands and place of a tile: element (i, p) of A at a[i * a_row_stride + p * a_depth_stride],
/// row p of B at b[p * b_stride]. The strides are not used where the operands are packed.
pub const Place = struct {
    a: [*]const f32,
    a_row_stride: usize = 0,
    a_depth_stride: usize = 0,
    b: [*]const f32,
    b_stride: usize = 0,
    depth: usize,
    c: [*]f32,
    ldc: usize,
    /// Columns of C that exist, at most the tile's.
    cols: usize,
    update: Update,
};

fn product(
    comptime rows: usize,
    comptime vectors: usize,
    comptime source: Source,
    t: Place,
) void {
    @setEvalBranchQuota(10_000);
    const a_row_stride = if (source == .both_packed) 1 else t.a_row_stride;
    const a_depth_stride = if (source == .both_packed) rows else t.a_depth_stride;
    const is_b_packed = source == .both_packed or source == .b_packed;
    const b_stride = if (is_b_packed) cols_max else t.b_stride;
    const last = t.cols - @min(t.cols, (vectors - 1) * width);
    var acc: [rows][vectors]R = @splat(@splat(@splat(0)));
    var a = t.a;
    var b = t.b;
    if (is_b_packed) {
        // C is far away where it pays to pack; it arrives while the sums are made.
        inline for (0..rows) |i| {
            inline for (0..vectors) |j| {
                @prefetch(t.c + i * t.ldc + j * width, .{ .rw = .write, .locality = 3 });
            }
        }
    }
    for (0..t.depth) |_| {
        if (source == .direct_ahead) {
            // One cache line each: where a line holds several registers, some fetch the same one.
            inline for (0..vectors) |j| @prefetch(b + cols_max + j * width, .{ .locality = 2 });
        }
        var b_values: [vectors]R = undefined;
        inline for (&b_values, 0..) |*value, j| {
            value.* = if (source == .direct_partial and j == vectors - 1)
                pack.loadRPartial(b + j * width, last)
            else
                pack.loadR(b + j * width);
        }
        inline for (&acc, 0..) |*acc_row, i| {
            const a_value: R = @splat(a[i * a_row_stride]);
            inline for (acc_row, b_values) |*sum, value| sum.* = mulAdd(a_value, value, sum.*);
        }
        a += a_depth_stride;
        b += b_stride;
    }
    inline for (acc, 0..) |acc_row, i| {
        inline for (acc_row, 0..) |sum, j| {
            const from = j * width;
            if (from < t.cols) {
                t.update.apply(sum, t.c + i * t.ldc + from, @min(width, t.cols - from));
            }
        }
    }
}

/// Computes a tile of 1 to `rows_max` rows (`direct_rows_max` unless packed) at its place.
pub inline fn compute(
    comptime vectors: usize,
    comptime source: Source,
    rows: usize,
    place: Place,
) void {
    const most = if (source == .both_packed) rows_max else direct_rows_max;
    switch (rows) {
        inline 1...most => |r| product(r, vectors, source, place),
        else => unreachable,
    }
}

/// Rows from `first` on, cut into the fewest panels of at most `most` rows, as equal as possible.
pub const Panels = struct {
    first: usize,
    total: usize,
    count: usize,

    pub inline fn init(first: usize, total: usize, most: usize) Panels {
        return .{ .first = first, .total = total, .count = (total + most - 1) / most };
    }

    pub inline fn start(panels: Panels, i: usize) usize {
        const base = panels.total / panels.count;
        return panels.first + i * base + @min(i, panels.total % panels.count);
    }
};

/// The number of pieces of at most `size` that make `total`.
pub inline fn piecesOf(total: usize, size: usize) usize {
    return (total + size - 1) / size;
}
