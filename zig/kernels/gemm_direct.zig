//! The product straight from row-major memory, without packing: for a B that stays in the caches
//! while A passes, and for so few rows that packing B would cost more than it saves. What does not lie
//! well is copied into such memory first, see `gemm_copies.zig`.

const table = @import("table.zig");
const copies = @import("gemm_copies.zig");
const rider = @import("gemm_rider.zig");
const simd = @import("simd.zig");
const stream = @import("stream.zig");
const tiles = @import("gemm_tile.zig");
const kc_max = @import("gemm.zig").kc_max;
const Ahead = @import("gemm_ahead.zig").Ahead;
const Slots = @import("gemm_slots.zig").Slots;
const Gemm = table.Gemm;
const width = tiles.width;

/// Floats of B, kc_max deep, that are read from the second-level cache fast enough: a register of
/// sixteen lanes does twice as much with them.
pub const b_floats_max = if (width == 16) 128 * 1024 else 12 * 1024;
/// Rows of A, kc_max deep, that stay in the second-level cache while the columns of B pass.
const rows_per_chunk_max = 16 * tiles.rows_max;
/// Rows of C that are written side by side where a product has hardly more to do than to write them: fewer
/// pages at a time (Ice Lake, GFLOP/s, in chunks of 128 rows and so: 2048x2048x1 2.7 and 8.6, 2048x2048x32 48
/// and 74, 1000x1000x16 89 and 105).
const rows_written = 24;

/// Whether C is large beside what it takes to compute it. (Narrower registers take longer, and gain nothing.)
fn isThin(g: *const Gemm) bool {
    return width == 16 and g.k <= thin_depth_max and g.n >= 512 and g.m > rows_per_chunk_max;
}

const thin_depth_max = 64;

/// Beyond the second-level cache B is fetched ahead.
const ahead_floats_min = 256 * 1024;

/// Whether a product goes this way, if not with its operands where they lie then with copies of them. For few
/// rows of A packing B costs more than reading it from further away (Ice Lake, GFLOP/s, packed and
/// read in place: 16x1024x256 94 and 113, 32x784x256 126 and 155, 64x512x300 148 and 170; AVX2 12x256x256 74
/// and 101).
pub fn suits(g: *const Gemm) bool {
    if (g.m <= tiles.rows_max or isThin(g)) return true;
    const most: usize = if (g.m <= 2 * tiles.rows_max)
        256 * 1024
    else if (g.m <= 8 * tiles.rows_max)
        200 * 1024
    else
        b_floats_max;
    return bFloats(g) <= most;
}

pub fn bFloats(g: *const Gemm) usize {
    return g.n * @min(g.k, kc_max);
}

/// Whether one more column behind those of C can ride along. (Not for every product: code for tiles
/// with a rider is long.)
pub fn takesRider(g: *const Gemm, team: *const table.Team) bool {
    if (!rider.is_available or g.n < tiles.cols_common or g.k > kc_max) return false;
    // It goes beside narrow tiles.
    if (g.multiplies_twice and g.n > tiles.cols_common) return false;
    return isShort(g, team) and g.alpha == 1 and g.beta == 0;
}

/// The shortest products must not pay for divisions and calls through pointers.
fn isShort(g: *const Gemm, team: *const table.Team) bool {
    return team.threads == 1 and g.m <= rows_per_chunk_max;
}

/// What the next product of a batch reads and writes, fetched by the tiles of this one.
const NextProduct = struct {
    streams: [3]Ahead,

    /// One thread alone knows what is fetched already.
    inline fn of(g: *const Gemm, team: *const table.Team) ?NextProduct {
        const next = g.next orelse return null;
        if (team.threads > 1 or tiles.vectorsFor(g, .direct) == tiles.vectors_common) return null;
        return .init(g, next);
    }

    fn init(g: *const Gemm, next: *const Gemm.Next) NextProduct {
        const cols_max = tiles.vectors_max * width;
        const whole_tiles = tiles.piecesOf(g.m, comptime tiles.rowsOf(tiles.vectors_max)) * (g.n / cols_max);
        const turns = @max(whole_tiles * (g.k / Ahead.steps_per_turn), 1);
        var cache_lines: usize = 0;
        for (next.floats) |floats| cache_lines += tiles.piecesOf(floats, stream.line);
        var ahead: NextProduct = undefined;
        for (&ahead.streams, next.data, next.floats) |*one, data, floats| {
            one.* = .dense(data, floats, tiles.piecesOf(cache_lines, turns));
        }
        return ahead;
    }

    /// What is not fetched yet.
    fn first(ahead: *NextProduct) *Ahead {
        for (&ahead.streams) |*one| {
            if (one.lines > 0) return one;
        }
        return &Ahead.nothing;
    }
};

pub const Direct = struct {
    g: *const Gemm,
    ahead: ?*NextProduct,
    /// Memory for copies of A.
    slots: ?*Slots,
    rows_per_chunk: usize,
    cols_per_chunk: usize,

    pub fn run(g: *const Gemm, team: *const table.Team, slots: ?*Slots) void {
        var next: ?NextProduct = .of(g, team);
        const ahead = if (next) |*streams| streams else null;
        if (slots == null and isShort(g, team)) {
            var all: Part = .{ .g = g, .first = 0, .rows = g.m, .col = 0, .end = g.n, .ahead = ahead };
            return all.run();
        }
        var direct: Direct = .{
            .g = g,
            .ahead = ahead,
            .slots = slots,
            .rows_per_chunk = if (slots != null) copies.rows_of_a else if (isThin(g)) rows_written else rows_per_chunk_max,
            .cols_per_chunk = if (isThin(g)) @min(g.n, b_floats_max / thin_depth_max) else g.n,
        };
        if (team.threads > 1) direct.cut(4 * @as(usize, team.threads));
        const chunks = direct.rowChunks() * tiles.piecesOf(g.n, direct.cols_per_chunk);
        team.run(@intCast(chunks), &direct, &chunk);
    }

    /// The product with the column that follows it.
    pub fn runRiding(g: *const Gemm) void {
        const part: Part = .{ .g = g, .first = 0, .rows = g.m, .col = 0, .end = g.n, .rides = true };
        part.block();
    }

    /// Cuts the work into some pieces: rows where there are enough of them, else columns.
    fn cut(direct: *Direct, pieces: usize) void {
        const g = direct.g;
        // Rather too many pieces than the last of them much smaller.
        const rows = @max(tiles.piecesOf(g.m, pieces) / tiles.rows_max, 1);
        if (g.m >= pieces * tiles.rows_max / 2) {
            direct.rows_per_chunk = @min(direct.rows_per_chunk, rows * tiles.rows_max);
        } else {
            const panel_cols = tiles.vectorsFor(g, .direct) * width;
            const cols = tiles.piecesOf(tiles.piecesOf(g.n, pieces), panel_cols);
            direct.cols_per_chunk = cols * panel_cols;
        }
    }

    fn rowChunks(direct: *const Direct) usize {
        return tiles.piecesOf(direct.g.m, direct.rows_per_chunk);
    }

    fn chunk(context: *anyopaque, index: usize) callconv(table.cc) void {
        const direct: *const Direct = @ptrCast(@alignCast(context));
        const g = direct.g;
        const row_chunks = direct.rowChunks();
        const first = index % row_chunks * direct.rows_per_chunk;
        const col = index / row_chunks * direct.cols_per_chunk;
        const slot = if (direct.slots) |slots| slots.take() else null;
        var part: Part = .{
            .g = g,
            .first = first,
            .rows = @min(direct.rows_per_chunk, g.m - first),
            .col = col,
            .end = @min(col + direct.cols_per_chunk, g.n),
            .ahead = direct.ahead,
            .copy = if (slot) |one| direct.slots.?.at(one) else null,
        };
        part.run();
        if (slot) |one| direct.slots.?.giveBack(one);
    }
};

/// Some rows and columns of C.
const Part = struct {
    g: *const Gemm,
    first: usize,
    rows: usize,
    col: usize,
    end: usize,
    /// Where the block of k begins.
    p: usize = 0,
    /// Whether one more column rides beside the first ones.
    rides: bool = false,
    ahead: ?*NextProduct = null,
    /// Where rows of A are copied.
    copy: ?[*]f32 = null,

    /// With all of k.
    fn run(part: *Part) void {
        while (part.p < part.g.k) : (part.p += kc_max) {
            part.block();
        }
    }

    fn depth(part: *const Part) usize {
        return @min(kc_max, part.g.k - part.p);
    }

    /// With one block of k.
    fn block(part: *const Part) void {
        const a = part.rowsOfA();
        const is_far = bFloats(part.g) > ahead_floats_min;
        // What comes from far away is not worth a wide tile.
        const vectors_most = if (part.rides or is_far) tiles.vectors_common else tiles.vectorsFor(part.g, .direct);
        var columns: tiles.ColumnPanels = .init(part.end - part.col, vectors_most);
        if (!part.hasTilesFor(&columns)) columns = .init(part.end - part.col, tiles.vectors_common);
        for (0..columns.count()) |index| {
            const panel = columns.at(index);
            var place = part.placeAt(a, part.col + panel.start, panel.cols);
            if (rider.is_available and part.rides and index == 0) {
                place.rider = .{ .b = place.b + part.g.n, .c = place.c + part.g.n };
                part.column(tiles.vectors_common, .direct_riding, &place);
                continue;
            }
            switch (panel.vectors) {
                inline 1...tiles.vectors_max => |vectors| {
                    if (vectors < tiles.vectors_common or panel.cols < vectors * width) {
                        part.column(vectors, .direct_partial, &place);
                    } else if (vectors == tiles.vectors_common and is_far and !simd.is_compact) {
                        part.column(vectors, .direct_ahead, &place);
                    } else {
                        part.column(vectors, .direct, &place);
                    }
                },
                else => unreachable,
            }
        }
    }

    /// The first tile of some columns.
    inline fn placeAt(part: *const Part, a: Gemm.Operand, col: usize, cols: usize) tiles.Place {
        const g = part.g;
        return .{
            .a = a.data,
            .a_row_stride = a.row_stride,
            .a_depth_stride = a.col_stride,
            .b = g.b.data + part.p * g.b.row_stride + col,
            .b_stride = g.b.row_stride,
            .depth = part.depth(),
            .c = g.c + part.first * g.ldc + col,
            .ldc = g.ldc,
            .cols = cols,
            .update = .ofBlock(g, part.p),
        };
    }

    /// Whether there is code for all tiles of some columns: not for wide ones of few rows.
    fn hasTilesFor(part: *const Part, columns: *const tiles.ColumnPanels) bool {
        const fewest = columns.vectors.rows;
        return part.hasTiles(fewest) and (columns.vectors.longer == 0 or part.hasTiles(fewest + 1));
    }

    fn hasTiles(part: *const Part, vectors: usize) bool {
        if (vectors <= tiles.vectors_common) return true;
        inline for (tiles.vectors_common + 1..tiles.vectors_max + 1) |wide| {
            const rows_min = comptime tiles.rowsMin(wide);
            if (vectors == wide) return tiles.Panels.of(0, part.rows, wide, part.depth()).rows >= rows_min;
        }
        unreachable;
    }

    /// One column of tiles, from the place of the first one on. (Not inlined: a compiler computes what tiles of
    /// all kinds need before the first of them; 4x4x4 took 59 ns instead of 49.)
    noinline fn column(part: *const Part, comptime vectors: usize, comptime source: tiles.Source, place: *tiles.Place) void {
        const panels: tiles.Panels = .of(0, part.rows, vectors, place.depth);
        for (0..panels.count) |index| {
            const rows = panels.start(index + 1) - panels.start(index);
            if (part.ahead) |all| place.next = all.first();
            tiles.compute(vectors, source, rows, place);
            place.a += rows * place.a_row_stride;
            place.c += rows * place.ldc;
            if (source == .direct_riding) place.rider.c += rows * place.ldc;
        }
    }

    /// The rows of A where they lie, or copied: a line of them for every k.
    fn rowsOfA(part: *const Part) Gemm.Operand {
        var a = part.g.a;
        a.data += part.first * a.row_stride + part.p * a.col_stride;
        return if (part.copy) |copy| part.copied(a, copy) else a;
    }

    /// Not inlined: the shortest products have no part in it.
    noinline fn copied(part: *const Part, a: Gemm.Operand, copy: [*]f32) Gemm.Operand {
        const there = part.g.m - part.first;
        for (0..part.depth()) |k| {
            const from = a.data + k * a.col_stride;
            const to = copy + k * copies.rows_of_a;
            if (there >= copies.rows_of_a) {
                to[0..copies.rows_of_a].* = from[0..copies.rows_of_a].*;
            } else @memcpy(to[0..there], from[0..there]);
        }
        return .{ .data = copy, .row_stride = 1, .col_stride = copies.rows_of_a };
    }
};
