//! The product straight from row-major memory, without packing: for a B that stays in the caches
//! while A passes, and for so few rows that packing B would cost more than it saves.

const table = @import("table.zig");
const rider = @import("gemm_rider.zig");
const simd = @import("simd.zig");
const stream = @import("stream.zig");
const tiles = @import("gemm_tile.zig");
const kc_max = @import("gemm.zig").kc_max;
const Ahead = @import("gemm_ahead.zig").Ahead;
const Gemm = table.Gemm;
const width = tiles.width;

/// Floats of B, kc_max deep, that are read from the second-level cache fast enough: a register of
/// sixteen lanes does twice as much with them.
const b_floats_max = if (width == 16) 128 * 1024 else 12 * 1024;
/// Rows of A, kc_max deep, that stay in the second-level cache while the columns of B pass.
const rows_per_chunk_max = 16 * tiles.rows_max;
/// Beyond the second-level cache B is fetched ahead.
const ahead_floats_min = 256 * 1024;

pub fn suits(g: *const Gemm, team: *const table.Team) bool {
    if (!isNear(g)) return false;
    return !splitsLines(g) or bFloats(g) < Split.of(team).in_place_max;
}

fn isNear(g: *const Gemm) bool {
    return g.b.col_stride == 1 and (g.m <= tiles.rows_max or bFloats(g) <= b_floats_max);
}

fn bFloats(g: *const Gemm) usize {
    return g.n * @min(g.k, kc_max);
}

/// Whether registers of B lie in two cache lines each, and there are rows of A enough that it shows: two
/// pipes wait for loads (see `tiles.vectorsFor`).
fn splitsLines(g: *const Gemm) bool {
    if (!g.multiplies_twice or width != stream.line or g.m < 8 * tiles.rows_max) return false;
    return stream.headOf(g.b.data) != 0 or g.b.row_stride % stream.line != 0;
}

/// Floats of such a B: up to some it is read in place all the same, and from some on by way of a copy that
/// splits none. In between it is packed (Ice Lake, in % of the peak: 127³ 72 in place and 81 by a copy; on two
/// threads, which meet twice for a copy, 61 and 54; 191³ on two threads 76 packed and 68 by a copy).
const Split = struct {
    in_place_max: usize,
    copied_min: usize,

    fn of(team: *const table.Team) Split {
        return if (team.threads == 1)
            .{ .in_place_max = 12 * 1024, .copied_min = 12 * 1024 }
        else
            .{ .in_place_max = 16 * 1024, .copied_min = 48 * 1024 };
    }
};

/// Floats of a copy of B whose rows begin with cache lines, where that is the way.
pub fn alignedFloats(g: *const Gemm, team: *const table.Team) ?usize {
    if (g.k > kc_max or !isNear(g) or !splitsLines(g)) return null;
    return if (bFloats(g) < Split.of(team).copied_min) null else g.k * alignedCols(g);
}

fn alignedCols(g: *const Gemm) usize {
    return tiles.piecesOf(g.n, stream.line) * stream.line;
}

/// The product by way of such a copy.
pub fn runAligned(g: *const Gemm, memory: [*]f32, team: *const table.Team) void {
    var copy = g.*;
    copy.b = .{ .data = memory, .row_stride = alignedCols(g), .col_stride = 1 };
    var copying: Copying = .{ .g = g, .memory = memory, .stride = copy.b.row_stride, .threads = team.threads };
    team.run(team.threads, &copying, &Copying.chunk);
    Direct.run(&copy, team);
}

/// The rows of B in equal shares.
const Copying = struct {
    g: *const Gemm,
    memory: [*]f32,
    stride: usize,
    threads: usize,

    fn chunk(context: *anyopaque, index: usize) callconv(table.cc) void {
        const c: *const Copying = @ptrCast(@alignCast(context));
        for (c.g.k * index / c.threads..c.g.k * (index + 1) / c.threads) |p| {
            stream.copyLines(false, c.g.b.data + p * c.g.b.row_stride, c.memory + p * c.stride, c.g.n);
        }
    }
};

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
    rows_per_chunk: usize,
    cols_per_chunk: usize,

    pub fn run(g: *const Gemm, team: *const table.Team) void {
        var next: ?NextProduct = .of(g, team);
        const ahead = if (next) |*streams| streams else null;
        if (isShort(g, team)) return part(g, 0, g.m, 0, g.n, ahead);
        var direct: Direct = .{
            .g = g,
            .ahead = ahead,
            .rows_per_chunk = @min(g.m, rows_per_chunk_max),
            .cols_per_chunk = g.n,
        };
        if (team.threads > 1) direct.cut(4 * @as(usize, team.threads));
        const chunks = tiles.piecesOf(g.m, direct.rows_per_chunk) * direct.colChunks();
        team.run(@intCast(chunks), &direct, &chunk);
    }

    /// The product with the column that follows it.
    pub fn runRiding(g: *const Gemm) void {
        block(g, 0, g.m, 0, 0, g.n, true, null);
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

    fn colChunks(direct: *const Direct) usize {
        return tiles.piecesOf(direct.g.n, direct.cols_per_chunk);
    }

    fn chunk(context: *anyopaque, index: usize) callconv(table.cc) void {
        const direct: *const Direct = @ptrCast(@alignCast(context));
        const g = direct.g;
        const col_chunks = direct.colChunks();
        const first = index / col_chunks * direct.rows_per_chunk;
        const rows = @min(direct.rows_per_chunk, g.m - first);
        const col = index % col_chunks * direct.cols_per_chunk;
        part(g, first, rows, col, @min(col + direct.cols_per_chunk, g.n), direct.ahead);
    }

    /// Some rows and columns of C, with all of k.
    fn part(g: *const Gemm, first: usize, rows: usize, col: usize, end: usize, ahead: ?*NextProduct) void {
        var p: usize = 0;
        while (p < g.k) : (p += kc_max) block(g, first, rows, p, col, end, false, ahead);
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
        ahead: ?*NextProduct,
    ) void {
        const is_far = g.n * @min(g.k, kc_max) > ahead_floats_min;
        // What comes from far away is not worth a wide tile.
        const vectors_most = if (rides or is_far) tiles.vectors_common else tiles.vectorsFor(g, .direct);
        const columns: tiles.ColumnPanels = .init(end - col, vectors_most);
        for (0..columns.count()) |index| {
            const panel = columns.at(index);
            const panels: tiles.Panels = .of(first, rows, panel.vectors, @min(kc_max, g.k - p));
            const j = col + panel.start;
            if (rider.is_available and rides and index == 0) {
                column(tiles.vectors_common, .direct_riding, g, panels, j, p, panel.cols, ahead);
                continue;
            }
            switch (panel.vectors) {
                inline 1...tiles.vectors_max => |vectors| {
                    if (vectors < tiles.vectors_common or panel.cols < vectors * width) {
                        column(vectors, .direct_partial, g, panels, j, p, panel.cols, ahead);
                    } else if (vectors == tiles.vectors_common and is_far and !simd.is_compact) {
                        column(vectors, .direct_ahead, g, panels, j, p, panel.cols, ahead);
                    } else {
                        column(vectors, .direct, g, panels, j, p, panel.cols, ahead);
                    }
                },
                else => unreachable,
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
        ahead: ?*NextProduct,
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
                .next = if (ahead) |all| all.first() else &Ahead.nothing,
                .depth = @min(kc_max, g.k - p),
                .c = g.c + i * g.ldc + j,
                .ldc = g.ldc,
                .cols = cols,
                .update = .ofBlock(g, p),
            });
        }
    }
};
