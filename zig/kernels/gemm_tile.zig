//! One tile of C, held in registers: the microkernel of the matrix product.

const std = @import("std");
const simd = @import("simd.zig");
const pack = @import("pack.zig");
const rider = @import("gemm_rider.zig");
const Ahead = @import("gemm_ahead.zig").Ahead;
const kc_max = @import("gemm.zig").kc_max;
const Gemm = @import("table.zig").Gemm;

pub const width = pack.width;
const R = pack.R;

/// Registers of a row of a tile, chosen with its rows per register file (32 zmm, 16 ymm or xmm, 32 NEON
/// registers), so that the sums, one row of B and a broadcast fit.
pub const vectors_common = switch (width) {
    16 => 2,
    8 => 3,
    else => if (simd.has_fma) 3 else 2,
};
pub const cols_common = vectors_common * width;
/// Registers of a row of the widest tile of all, which few processors need: see `vectorsFor`.
pub const vectors_max = if (width == 16) 4 else vectors_common;
/// Likewise, where B lies in a panel.
pub const vectors_packed_max = if (width == 16) 3 else vectors_common;

pub const Path = enum { direct, blocked };

/// Registers of a row of the widest tile that a path takes. Where a processor makes two multiplications
/// of 512 bits in a cycle, the loads of a tile of two registers keep them waiting: on Intel's Ice Lake,
/// which loads little more than one register in a cycle, 8x32 reaches 76 to 85 % of the peak, 8x48 and
/// 6x64 97. (A panel of 64 columns takes too much of the second-level cache's time where it is deep.)
pub inline fn vectorsFor(g: *const Gemm, comptime path: Path) usize {
    if (width != 16 or !g.multiplies_twice) return vectors_common;
    return if (path == .direct) vectors_max else vectors_packed_max;
}

/// Rows of a tile. Taller ones than eight rows read B less often, but they were slower: every row is
/// one more stream of A. Where registers are few a narrow tile takes more of them, for sums enough to
/// keep the arithmetic busy: on AVX2 4x16 reaches 93 % of the peak, 5x16 94, 6x16 99.
pub inline fn rowsOf(comptime vectors: usize) usize {
    return switch (width) {
        16 => if (vectors == 4) 6 else 8,
        8 => if (vectors == 2) 6 else 4,
        else => if (simd.has_fma) 8 else 4,
    };
}

/// Fewer rows are left to narrower tiles: a wide product is seldom cut into such, and code for every
/// number of rows is long.
pub inline fn rowsMin(comptime vectors: usize) usize {
    return if (vectors > vectors_common) rowsOf(vectors) / 2 + 1 else 1;
}

/// Rows of the tile that most products are made of.
pub const rows_max = rowsOf(vectors_common);

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
    /// A in a block (see `block_stride`), B in a panel.
    packed_both,
    /// A in row-major memory, B in a panel.
    packed_b,
    /// A in a block or in row-major memory; B in row-major memory, copied to `panel` on the way: the
    /// copy hides behind the arithmetic. The tile has all its rows and columns.
    packing,
    /// Both in row-major memory; B's row has all columns of the tile.
    direct,
    /// As `direct`; B ends within the last vector, which is read under a mask.
    direct_partial,
    /// As `direct`, with the next columns of B fetched ahead.
    direct_ahead,
    /// As `direct`, with one more column of C beside the tile; C = sums.
    direct_riding,

    inline fn hasPanel(source: Source) bool {
        return source == .packed_both or source == .packed_b;
    }

    inline fn isBlocked(source: Source) bool {
        return source.hasPanel() or source == .packing;
    }
};

/// Floats from a row of a block of A to the next: a constant, so that a tile needs one address.
pub const block_stride = kc_max;

/// Operands and place of a tile: element (i, p) of A at a[i * a_row_stride + p * a_depth_stride],
/// row p of B at b[p * b_stride].
pub const Place = struct {
    a: [*]const f32,
    /// Not used by `packed_both`, which knows it.
    a_row_stride: usize = 0,
    a_depth_stride: usize = 0,
    b: [*]const f32,
    b_stride: usize,
    /// Where `packing` copies B.
    panel: [*]f32 = undefined,
    /// What a blocked tile fetches of A and of B for the tiles that follow.
    ahead_a: *Ahead = undefined,
    ahead_b: *Ahead = undefined,
    /// What a whole wide `direct` tile fetches for the product that follows.
    next: *Ahead = &Ahead.nothing,
    /// What `direct_riding` has beside the tile.
    rider: rider.Place = undefined,
    depth: usize,
    c: [*]f32,
    ldc: usize,
    /// Columns of C that exist, at most the tile's.
    cols: usize,
    update: Update,
};

/// A tile at work: the sums and how far it has read.
fn Product(comptime rows: usize, comptime vectors: usize, comptime source: Source) type {
    return struct {
        const Self = @This();
        const may_be_partial = source.hasPanel() or source == .direct_partial;
        // Masks are short code; pieces of a register are worth it in the smallest products.
        const has_masks = width == simd.lanes;
        const stores_partial = may_be_partial and (has_masks or source == .direct_partial);
        const adds_partial = may_be_partial and has_masks;
        const rides = source == .direct_riding;
        /// A column of A, which only a rider needs.
        const Column = if (rides) rider.Column else void;

        sums: [rows][vectors]R = @splat(@splat(@splat(0))),
        a: [*]const f32,
        b: [*]const f32,
        panel: [*]f32,
        a_row_stride: usize,
        a_depth_stride: usize,
        b_stride: usize,
        /// Columns of B in the last vector.
        last: usize,
        rider: rider.Rider,

        inline fn init(t: *const Place) Self {
            return .{
                .a = t.a,
                .b = t.b,
                .panel = t.panel,
                .a_row_stride = if (source == .packed_both) block_stride else t.a_row_stride,
                .a_depth_stride = if (source.isBlocked()) 1 else t.a_depth_stride,
                .b_stride = t.b_stride,
                .last = t.cols - @min(t.cols, (vectors - 1) * width),
                .rider = .{ .b = t.rider.b },
            };
        }

        /// Adds the products of one k.
        inline fn step(s: *Self) void {
            @setEvalBranchQuota(10_000);
            const b_values = s.nextOfB();
            var column: Column = undefined;
            inline for (0..rows) |i| s.addProducts(i, s.a, b_values, &column);
            if (rides) s.rider.add(column, s.b_stride);
            s.a += s.a_depth_stride;
        }

        inline fn addProducts(
            s: *Self,
            comptime i: usize,
            a: [*]const f32,
            b_values: [vectors]R,
            column: *Column,
        ) void {
            const a_value: R = @splat(a[i * s.a_row_stride]);
            inline for (&s.sums[i], b_values) |*sum, value| sum.* = mulAdd(a_value, value, sum.*);
            if (rides) rider.put(column, i, a_value);
        }

        /// The next row of B.
        inline fn nextOfB(s: *Self) [vectors]R {
            var b_values: [vectors]R = undefined;
            inline for (&b_values, 0..) |*value, j| {
                // One cache line each: where a line holds several registers, some fetch the same.
                if (source == .direct_ahead) {
                    @prefetch(s.b + (vectors + j) * width, .{ .locality = 2 });
                }
                value.* = if (source == .direct_partial and j == vectors - 1)
                    pack.loadRPartial(s.b + j * width, s.last)
                else
                    pack.loadR(s.b + j * width);
                if (source == .packing) pack.storeR(s.panel + j * width, value.*);
            }
            s.b += s.b_stride;
            s.panel += vectors * width;
            return b_values;
        }

        /// Whether `store` can make C of the sums.
        inline fn canStore(s: *const Self, t: *const Place) bool {
            if (t.update.alpha != 1) return false;
            if (t.update.beta == 0) return s.last == width or stores_partial;
            return t.update.beta == 1 and (s.last == width or adds_partial);
        }

        /// Adds the products of the last `steps`, row by row, and stores C = sums or C + sums; the
        /// last registers may be partial.
        inline fn store(s: *Self, t: *const Place, comptime steps: usize) void {
            @setEvalBranchQuota(10_000);
            const adds = !rides and t.update.beta == 1;
            var b_values: [steps][vectors]R = undefined;
            var columns: [steps]Column = undefined;
            inline for (&b_values) |*row| row.* = s.nextOfB();
            inline for (0..rows) |i| {
                inline for (b_values, &columns, 0..) |row, *column, p| {
                    s.addProducts(i, s.a + p * s.a_depth_stride, row, column);
                }
                inline for (s.sums[i], 0..) |sum, j| {
                    const to = t.c + i * t.ldc + j * width;
                    const count = if (stores_partial and j == vectors - 1) s.last else width;
                    // Sums are added to whole registers only where `canStore` says so.
                    const before = if (adds_partial) count else width;
                    const value = if (adds) loadLanes(to, before) + sum else sum;
                    if (count == width) pack.storeR(to, value) else pack.storeRPartial(to, value, count);
                }
            }
            if (rides) {
                inline for (columns) |column| s.rider.add(column, s.b_stride);
            }
        }

        fn update(s: *const Self, t: *const Place) void {
            var sums: [rows][vectors_max]R = undefined;
            inline for (&sums, s.sums) |*to, row| to[0..vectors].* = row;
            updateTile(&sums, rows, t);
        }
    };
}

/// C from the sums of a tile with any alpha and beta: code of its own for every tile would make the
/// library a fifth longer.
pub noinline fn updateTile(sums: [*]const [vectors_max]R, rows: usize, t: *const Place) void {
    for (sums[0..rows], 0..) |*row, i| {
        var from: usize = 0;
        while (from < t.cols) : (from += width) {
            t.update.apply(row[from / width], t.c + i * t.ldc + from, @min(width, t.cols - from));
        }
    }
}

fn product(
    comptime rows: usize,
    comptime vectors: usize,
    comptime source: Source,
    t: *const Place,
) void {
    var work: Product(rows, vectors, source) = .init(t);
    const last = comptime lastSteps(rows, vectors, source);
    // A rider's product is deep enough.
    const stores = source == .direct_riding or (t.depth >= last and work.canStore(t));
    const steps = t.depth - if (stores) last else 0;
    if (source.isBlocked()) {
        stepsFetching(rows, vectors, &work, t, steps);
    } else if (fetchesNext(rows, vectors, source)) {
        stepsFetchingNext(&work, t.next, steps);
    } else {
        for (0..steps) |_| work.step();
    }
    if (stores) work.store(t, last) else work.update(t);
    if (source == .direct_riding) work.rider.finish(rows, t.rider, t.ldc);
}

/// The last steps of k, in which the rows are finished and stored one after the other: the stores of
/// all rows at once would keep the arithmetic waiting, 35 cycles a tile on Zen 4. There must be
/// registers for as many rows of B, or time to read them again; and tiles of few rows are not worth
/// the code.
fn lastSteps(comptime rows: usize, comptime vectors: usize, comptime source: Source) usize {
    if (vectors < vectors_common) return 0;
    const is_worth_it = rows == rowsOf(vectors) or source == .direct_riding or
        (rows > shallow_rows_max and source == .direct);
    return if (is_worth_it) lastStepsOf(vectors) else 0;
}

/// Wide tiles leave no registers for more (Ice Lake, 6x64, % of the peak with 4 and 1: 64³ 89.6 and 92.4,
/// 128³ 93.1 and 94.7; 8x48 with 4 and 2: 96³ 93.7 and 94.5).
fn lastStepsOf(comptime vectors: usize) usize {
    return switch (width) {
        16 => switch (vectors) {
            4 => 1,
            3 => 2,
            else => 4,
        },
        8 => 2,
        else => 0,
    };
}
/// The most of them: of the tile that most products are made of.
const last_steps = lastStepsOf(vectors_common);
/// Rows of a tile that may be less deep than that.
const shallow_rows_max = if (width == 16) 5 else rows_max - 1;

/// All steps of a blocked tile. C, and what follows, is far away; it arrives while the sums are made.
inline fn stepsFetching(
    comptime rows: usize,
    comptime vectors: usize,
    work: anytype,
    t: *const Place,
    steps: usize,
) void {
    var c: Ahead = .ofTile(rows, vectors, t);
    var p: usize = 0;
    while (p + Ahead.steps_per_turn <= steps) : (p += Ahead.steps_per_turn) {
        c.turn(.write);
        t.ahead_a.turn(.read);
        t.ahead_b.turn(.read);
        inline for (0..Ahead.steps_per_turn) |_| work.step();
    }
    while (p < steps) : (p += 1) work.step();
}

/// Code for the tile that most products of wide tiles are made of.
fn fetchesNext(comptime rows: usize, comptime vectors: usize, comptime source: Source) bool {
    return source == .direct and vectors == vectors_max and vectors > vectors_common and
        rows == rowsOf(vectors);
}

/// All steps of a tile whose operands are near.
inline fn stepsFetchingNext(work: anytype, next: *Ahead, steps: usize) void {
    var p: usize = 0;
    while (p + Ahead.steps_per_turn <= steps) : (p += Ahead.steps_per_turn) {
        next.turn(.read);
        inline for (0..Ahead.steps_per_turn) |_| work.step();
    }
    while (p < steps) : (p += 1) work.step();
}

/// Computes a tile of 1 to `rowsOf(vectors)` rows at its place.
pub inline fn compute(
    comptime vectors: usize,
    comptime source: Source,
    rows: usize,
    place: *const Place,
) void {
    if (source == .packing) return product(rowsOf(vectors), vectors, source, place);
    const rows_min = comptime if (source == .direct_riding) rider.rows_min else rowsMin(vectors);
    if (vectors > vectors_common and source.isBlocked() and rows < rows_min) return inParts(vectors, source, rows, place);
    switch (rows) {
        inline rows_min...rowsOf(vectors) => |r| product(r, vectors, source, place),
        else => unreachable,
    }
}

/// A wide tile of few rows as two narrow ones. (Not inlined: it is all code for narrow tiles once more.)
noinline fn inParts(
    comptime vectors: usize,
    comptime source: Source,
    rows: usize,
    place: *const Place,
) void {
    var part = place.*;
    part.cols = cols_common;
    compute(vectors_common, source, rows, &part);
    part.cols = place.cols - cols_common;
    part.b += cols_common;
    part.c += cols_common;
    compute(vectors - vectors_common, source, rows, &part);
}

/// Rows from `first` on, cut into the fewest panels of at most `most` rows, as equal as possible.
pub const Panels = struct {
    first: usize,
    count: usize,
    /// Rows of every panel; the first `longer` panels have one more.
    rows: usize,
    longer: usize,

    pub inline fn init(first: usize, total: usize, comptime most: usize) Panels {
        // The shortest products must not pay for divisions.
        if (total <= most) return .{ .first = first, .count = 1, .rows = total, .longer = 0 };
        const count = piecesOf(total, most);
        const rows: usize = @as(u32, @intCast(total)) / @as(u32, @intCast(count));
        return .{ .first = first, .count = count, .rows = rows, .longer = total - rows * count };
    }

    /// For tiles of some registers a row and some depth.
    pub inline fn of(first: usize, total: usize, vectors: usize, depth: usize) Panels {
        if (depth < last_steps) return .init(first, total, shallow_rows_max);
        return switch (vectors) {
            inline 1...vectors_max => |v| .init(first, total, rowsOf(v)),
            else => unreachable,
        };
    }

    pub inline fn start(panels: Panels, i: usize) usize {
        return panels.first + i * panels.rows + @min(i, panels.longer);
    }
};

/// Columns cut into panels of whole registers, at most `vectors_most` of them and as equal as possible: a
/// tile of one register has too few sums at a time to keep the arithmetic busy.
pub const ColumnPanels = struct {
    cols: usize,
    vectors: Panels,

    pub const Panel = struct { index: usize, start: usize, cols: usize, vectors: usize };

    pub inline fn init(cols: usize, vectors_most: usize) ColumnPanels {
        const vectors = piecesOf(cols, width);
        return .{ .cols = cols, .vectors = switch (vectors_most) {
            inline vectors_common...vectors_max => |most| .init(0, vectors, most),
            else => unreachable,
        } };
    }

    pub inline fn count(panels: ColumnPanels) usize {
        return panels.vectors.count;
    }

    pub inline fn at(panels: ColumnPanels, index: usize) Panel {
        const first = panels.vectors.start(index);
        const vectors = panels.vectors.start(index + 1) - first;
        const start = first * width;
        return .{
            .index = index,
            .start = start,
            .cols = @min(vectors * width, panels.cols - start),
            .vectors = vectors,
        };
    }
};

/// The number of pieces of at most `size` that make `total`.
pub inline fn piecesOf(total: usize, size: usize) usize {
    return (total + size - 1) / size;
}
