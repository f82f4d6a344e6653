//! The packed product: slabs of A and B are packed in one phase and multiplied in the next, each
//! phase cut into chunks that any thread may take. Goto and van de Geijn, "Anatomy of
//! High-Performance Matrix Multiplication", ACM TOMS 34(3), 2008; the loops are those of Van Zee
//! and van de Geijn, "BLIS", ACM TOMS 41(3), 2015.

const pack = @import("pack.zig");
const table = @import("table.zig");
const tiles = @import("gemm_tile.zig");
const kc_max = @import("gemm.zig").kc_max;
const Gemm = table.Gemm;
const piecesOf = tiles.piecesOf;

/// Rows of A in a chunk of work, which stay in the second-level cache. Where they are not packed,
/// rows a power of two apart share the sets of the cache, and it holds fewer.
const a_rows_per_chunk: struct { in_place: usize, packed_: usize } = .{
    .in_place = 14 * tiles.direct_rows_max,
    .packed_ = 16 * tiles.rows_max,
};
/// Floats of a packed slab of A and of B, at most; both stay in the third-level cache.
const slab_floats_max = 2048 * kc_max;
/// Panels that a chunk packs: neighbours, so that rows of B are read in long runs.
const panels_per_packing_chunk = 8;

/// Floats from a packed panel of A to the next. Packing a panel may write a little behind its end,
/// where another thread may have packed the next.
inline fn panelFloats(depth: usize) usize {
    return tiles.rows_max * depth + pack.slack;
}

/// A is packed only where its rows do not run along k: a tile reads so few rows at a time that
/// copying them costs more than it saves.
fn packsA(g: *const Gemm) bool {
    return g.a.col_stride != 1;
}

/// Sizes of the slabs: rows of A and columns of B, `depth` deep.
const Slabs = struct {
    rows: usize,
    cols: usize,
    depth: usize,

    /// As large as the product wants them, within the caches.
    fn wanted(g: *const Gemm) Slabs {
        const depth: usize = @min(g.k, kc_max);
        const most = slab_floats_max / depth;
        const rows_max = if (packsA(g)) most / tiles.rows_max * tiles.rows_max else g.m;
        return .{
            .rows = @min(g.m, rows_max),
            .cols = @min(piecesOf(g.n, tiles.cols_max), most / tiles.cols_max) * tiles.cols_max,
            .depth = depth,
        };
    }

    /// One panel of each operand.
    fn needed(g: *const Gemm) Slabs {
        return .{
            .rows = if (packsA(g)) @min(g.m, tiles.rows_max) else g.m,
            .cols = tiles.cols_max,
            .depth = @min(g.k, kc_max),
        };
    }

    fn floats(slabs: Slabs, g: *const Gemm) usize {
        const a_panels = if (packsA(g)) piecesOf(slabs.rows, tiles.rows_max) else 0;
        return a_panels * panelFloats(slabs.depth) + slabs.cols * slabs.depth;
    }
};

pub fn scratchSizes(g: *const Gemm) callconv(.c) table.ScratchSizes {
    return .{ .wanted = Slabs.wanted(g).floats(g), .needed = Slabs.needed(g).floats(g) };
}

pub const Blocked = struct {
    g: *const Gemm,
    slabs: Slabs,
    packed_a: [*]f32,
    packed_b: [*]f32,
    /// Where the slabs at hand begin.
    i: usize = 0,
    j: usize = 0,
    p: usize = 0,
    /// What the slabs at hand hold.
    depth: usize = 0,
    cols: usize = 0,
    panels: tiles.Panels = undefined,
    /// Chunks of the packing phase that pack B.
    b_chunks: usize = 0,
    /// Panels of A and of B in a chunk of the multiplying phase.
    a_panels_per_chunk: usize = 0,
    b_panels_per_chunk: usize = 0,

    pub fn run(g: *const Gemm, scratch: *const table.Scratch, team: *const table.Team) void {
        const wanted: Slabs = .wanted(g);
        const slabs: Slabs = if (wanted.floats(g) <= scratch.floats) wanted else .needed(g);
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
                b.i = 0;
                while (b.i < g.m) : (b.i += slabs.rows) b.slab(team);
            }
        }
    }

    fn bPanels(b: *const Blocked) usize {
        return piecesOf(b.cols, tiles.cols_max);
    }

    fn colChunks(b: *const Blocked) usize {
        return piecesOf(b.bPanels(), b.b_panels_per_chunk);
    }

    fn slab(b: *Blocked, team: *const table.Team) void {
        const packs_a = packsA(b.g);
        const rows_max = if (packs_a) tiles.rows_max else tiles.direct_rows_max;
        b.panels = .init(0, @min(b.slabs.rows, b.g.m - b.i), rows_max);
        // B's slab is packed together with the first of A that meets it.
        b.b_chunks = if (b.i == 0) piecesOf(b.bPanels(), panels_per_packing_chunk) else 0;
        const a_chunks = if (packs_a) piecesOf(b.panels.count, panels_per_packing_chunk) else 0;
        team.run(@intCast(b.b_chunks + a_chunks), b, &packChunk);

        const rows = if (packs_a) a_rows_per_chunk.packed_ else a_rows_per_chunk.in_place;
        b.a_panels_per_chunk = @min(rows / rows_max, b.panels.count);
        b.b_panels_per_chunk = b.bPanels();
        const row_chunks = piecesOf(b.panels.count, b.a_panels_per_chunk);
        if (team.threads > 1) {
            // Enough chunks that a thread that comes late or leaves early costs little.
            const pieces = 8 * @as(usize, team.threads);
            b.b_panels_per_chunk = piecesOf(b.bPanels(), piecesOf(pieces, row_chunks));
        }
        const chunk = if (packs_a) &multiplyChunk(.both_packed) else &multiplyChunk(.b_packed);
        team.run(@intCast(row_chunks * b.colChunks()), b, chunk);
    }

    fn packChunk(context: *anyopaque, index: usize) callconv(.c) void {
        const b: *const Blocked = @ptrCast(@alignCast(context));
        const is_b = index < b.b_chunks;
        const first = (if (is_b) index else index - b.b_chunks) * panels_per_packing_chunk;
        const count = if (is_b) b.bPanels() else b.panels.count;
        const end = @min(first + panels_per_packing_chunk, count);
        if (is_b) return b.packPanelsB(first, end);
        for (first..end) |panel| b.packPanelA(panel);
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

    fn packPanelsB(b: *const Blocked, first: usize, end: usize) void {
        const g = b.g;
        const cols = @min(end * tiles.cols_max, b.cols) - first * tiles.cols_max;
        const from = g.b.data + b.p * g.b.row_stride +
            (b.j + first * tiles.cols_max) * g.b.col_stride;
        const to = b.packed_b + first * tiles.cols_max * b.depth;
        if (g.b.col_stride == 1) {
            return pack.panelsOfRows(tiles.cols_max, from, g.b.row_stride, b.depth, cols, to);
        }
        var start: usize = 0;
        while (start < cols) : (start += tiles.cols_max) {
            pack.panel(.{
                .data = from + start * g.b.col_stride,
                .count = @min(tiles.cols_max, cols - start),
                .line_stride = g.b.col_stride,
                .depth_stride = g.b.row_stride,
            }, b.depth, to + start * b.depth, tiles.cols_max);
        }
    }

    /// Tiles of some panels of A with some of B: a panel of B stays in the first-level cache while
    /// the panels of A stream past it from the second.
    fn multiplyChunk(comptime source: tiles.Source) fn (*anyopaque, usize) callconv(.c) void {
        return struct {
            fn run(context: *anyopaque, index: usize) callconv(.c) void {
                const b: *const Blocked = @ptrCast(@alignCast(context));
                const a_first = index / b.colChunks() * b.a_panels_per_chunk;
                const a_end = @min(a_first + b.a_panels_per_chunk, b.panels.count);
                const b_first = index % b.colChunks() * b.b_panels_per_chunk;
                const b_end = @min(b_first + b.b_panels_per_chunk, b.bPanels());
                for (b_first..b_end) |b_panel| {
                    for (a_first..a_end) |a_panel| b.tileAt(source, a_panel, b_panel);
                }
            }
        }.run;
    }

    inline fn tileAt(
        b: *const Blocked,
        comptime source: tiles.Source,
        a_panel: usize,
        b_panel: usize,
    ) void {
        const g = b.g;
        const row = b.panels.start(a_panel);
        const col = b_panel * tiles.cols_max;
        tiles.compute(tiles.vectors_max, source, b.panels.start(a_panel + 1) - row, .{
            .a = if (source == .both_packed)
                b.packed_a + a_panel * panelFloats(b.depth)
            else
                g.a.data + (b.i + row) * g.a.row_stride + b.p,
            .a_row_stride = g.a.row_stride,
            .a_depth_stride = 1,
            .b = b.packed_b + col * b.depth,
            .depth = b.depth,
            .c = g.c + (b.i + row) * g.ldc + b.j + col,
            .ldc = g.ldc,
            .cols = @min(tiles.cols_max, b.cols - col),
            .update = .ofBlock(g, b.p),
        });
    }
};
