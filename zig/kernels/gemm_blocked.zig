//! The product of matrices that are larger than the caches. C is cut into chunks that any thread
//! may take and that need nothing of each other. In a chunk, a block of A is copied into the
//! second-level cache, where the panels of B that meet it, `kc_max` deep, pass through the first:
//! the loops of Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM
//! TOMS 34(3), 2008, but that nothing is packed ahead. The first tile of a panel reads B where it
//! lies and packs it for the tiles below, and what comes next is fetched while tiles are computed,
//! so that memory and arithmetic overlap and no thread waits for another's packing.

const std = @import("std");
const pack = @import("pack.zig");
const table = @import("table.zig");
const tiles = @import("gemm_tile.zig");
const kc_max = @import("gemm.zig").kc_max;
const Ahead = @import("gemm_ahead.zig").Ahead;
const Slots = @import("gemm_slots.zig").Slots;
const Gemm = table.Gemm;
const piecesOf = tiles.piecesOf;
const block_stride = tiles.block_stride;

/// Columns of a panel of B.
fn panelCols(g: *const Gemm) usize {
    return tiles.vectorsFor(g, .blocked) * tiles.width;
}

/// Floats of a panel of B.
fn panelFloats(g: *const Gemm) usize {
    return kc_max * panelCols(g);
}

/// Scratch memory of a thread: some panels of B, and a block of A with some rows.
fn slotFloats(g: *const Gemm, panels: usize, rows: usize) usize {
    return panels * panelFloats(g) + rows * block_stride;
}

/// Code of its own for tiles of an A that is not copied shows on AVX2 alone: on AVX-512 the direct path
/// takes the products that gain most.
const may_read_a = tiles.width == 8;

/// Whether blocks of A are copied: there is no need to where its rows lie as close to each other as
/// those of a block, or just as far.
fn copiesA(g: *const Gemm) bool {
    if (g.a.col_stride != 1) return true;
    return if (may_read_a) g.a.row_stride > block_stride else g.a.row_stride != block_stride;
}

/// How C is cut into chunks.
const Cut = struct {
    /// Of a block of A.
    rows: usize,
    /// Of a chunk: one block, or several that meet the same panels.
    chunk_rows: usize,
    cols: usize,
    /// Panels of B that are kept for the blocks of a chunk.
    panels: usize = 1,

    fn init(g: *const Gemm, team: *const table.Team, caches: *const table.Caches) Cut {
        const rows_max = rowsMax(g, team, caches);
        const is_costly = g.b.col_stride != 1 or g.b.row_stride >= farStride(team);
        if (is_costly and g.m > rows_max) return keeping(g, team, rows_max);
        const cols_max = colsMax(g, rows_max, caches);
        const row_pieces = piecesOf(g.m, rows_max);
        if (team.threads == 1) return .of(g, row_pieces, piecesOf(g.n, cols_max));
        // Enough chunks that a thread that comes late or leaves early costs little, and as many
        // for each, but none so small that copying its part of A shows.
        const threads: usize = team.threads;
        const wanted = chunks_per_thread * threads;
        const rows_most = @min(wanted, g.m / rows_min);
        const left_over = if (rows_most > threads) rows_most % threads else 0;
        const rows_many = @max(row_pieces, rows_most - left_over);
        const cols_many = @max(
            piecesOf(g.n, cols_max),
            @min(piecesOf(wanted, rows_many), piecesOf(g.n, panels_min * panelCols(g))),
        );
        return .of(g, rows_many, cols_many);
    }

    const chunks_per_thread = 2;
    const rows_min = 64;
    const panels_min = 4;

    fn of(g: *const Gemm, row_pieces: usize, col_pieces: usize) Cut {
        const rows = evenly(g.m, row_pieces, tiles.rows_max);
        return .{
            .rows = rows,
            .chunk_rows = rows,
            .cols = evenly(g.n, col_pieces, panelCols(g)),
        };
    }

    /// Turning a panel of a transposed B takes time, and rows of B that are far apart take a place in
    /// the page tables each: so a panel is packed once for as many rows as can be.
    fn keeping(g: *const Gemm, team: *const table.Team, rows_max: usize) Cut {
        const in_scratch = Slots.floats_max / Slots.countFor(team) - slotFloats(g, 0, rows_max);
        const panel_cols = panelCols(g);
        const panels_max = std.math.clamp(in_scratch / panelFloats(g), 1, kept_cols_max / panel_cols);
        const wanted: usize = if (team.threads == 1) 1 else chunks_per_thread * @as(usize, team.threads);
        const col_pieces = @max(
            piecesOf(g.n, panels_max * panel_cols),
            @min(wanted, piecesOf(g.n, kept_cols_min)),
        );
        const row_pieces = @min(piecesOf(wanted, col_pieces), piecesOf(g.m, rows_min));
        const chunk_rows = evenly(g.m, row_pieces, tiles.rows_max);
        const cols = evenly(g.n, col_pieces, panel_cols);
        return .{
            .rows = evenly(chunk_rows, piecesOf(chunk_rows, rows_max), tiles.rows_max),
            .chunk_rows = chunk_rows,
            .cols = cols,
            .panels = cols / panel_cols,
        };
    }

    /// Columns of a chunk that keeps its panels: each copy of a block of A serves at least as many.
    const kept_cols_min = 256;
    const kept_cols_max = 1024;

    /// A page; two where there are threads, whose narrower chunks copy A more often.
    fn farStride(team: *const table.Team) usize {
        return if (team.threads == 1) 1024 else 2048;
    }

    /// The size of pieces, all but the last multiples of `unit`.
    fn evenly(total: usize, pieces: usize, unit: usize) usize {
        return piecesOf(piecesOf(total, pieces), unit) * unit;
    }

    /// Rows of a block of A: a quarter of the second-level cache, because the next block, panels of
    /// B and tiles of C pass through it as well; fewer where so many threads share the memory.
    fn rowsMax(g: *const Gemm, team: *const table.Team, caches: *const table.Caches) usize {
        const in_cache = caches.l2 / 2 / @sizeOf(f32) / block_stride;
        const in_scratch = (Slots.floats_max / Slots.countFor(team) - panelFloats(g)) / block_stride;
        const rows = @max(@min(in_cache, in_scratch), tiles.rows_max);
        return @min(g.m, rows / tiles.rows_max * tiles.rows_max);
    }

    /// In floats.
    fn slotSize(cut: Cut, g: *const Gemm) usize {
        return slotFloats(g, cut.panels, cut.rows);
    }

    /// Columns whose part of C stays in the last cache from one block of k to the next.
    fn colsMax(g: *const Gemm, rows: usize, caches: *const table.Caches) usize {
        return @max(16 * panelCols(g), caches.l3 / 8 / @sizeOf(f32) / rows);
    }
};

pub fn scratchSizes(
    g: *const Gemm,
    team: *const table.Team,
    caches: *const table.Caches,
) callconv(table.cc) table.ScratchSizes {
    return .{
        .wanted = Slots.countFor(team) * Cut.init(g, team, caches).slotSize(g),
        .needed = slotFloats(g, 1, tiles.rows_max),
    };
}

pub const Blocked = struct {
    g: *const Gemm,
    cut: Cut,
    slots: Slots,

    pub fn run(
        g: *const Gemm,
        scratch: *const table.Scratch,
        team: *const table.Team,
        caches: *const table.Caches,
    ) void {
        var cut: Cut = .init(g, team, caches);
        var count = Slots.countFor(team);
        if (scratch.floats < scratchSizes(g, team, caches).wanted) {
            cut.rows = tiles.rows_max;
            cut.chunk_rows = tiles.rows_max;
            cut.panels = 1;
            count = 1;
        }
        var b: Blocked = .{
            .g = g,
            .cut = cut,
            .slots = .{ .memory = scratch.data, .floats = cut.slotSize(g), .count = count },
        };
        const chunks = piecesOf(g.m, cut.chunk_rows) * piecesOf(g.n, cut.cols);
        if (count == 1) {
            for (0..chunks) |index| chunk(&b, index);
        } else {
            team.run(@intCast(chunks), &b, &chunk);
        }
    }

    fn chunk(context: *anyopaque, index: usize) callconv(table.cc) void {
        const b: *Blocked = @ptrCast(@alignCast(context));
        const slot = b.slots.take();
        defer b.slots.giveBack(slot);
        const memory = b.slots.at(slot);
        var block = b.blockAt(index, memory).?;
        const first = block;
        while (b.after(&block, &first)) |following| {
            block.run(&following);
            block = following;
        }
        // The chunk that this thread may well take next.
        const other = b.blockAt(index + 1, memory);
        block.run(if (other) |*following| following else null);
    }

    /// The first block of a chunk; chunks that follow each other meet the same columns of B.
    fn blockAt(b: *const Blocked, index: usize, memory: [*]f32) ?Block {
        const g = b.g;
        const row_chunks = piecesOf(g.m, b.cut.chunk_rows);
        const i = index % row_chunks * b.cut.chunk_rows;
        const j = index / row_chunks * b.cut.cols;
        if (j >= g.n) return null;
        return .{
            .g = g,
            .i = i,
            .rows = @min(b.cut.rows, g.m - i),
            .j = j,
            .cols = @min(b.cut.cols, g.n - j),
            .depth = @min(kc_max, g.k),
            .panels = memory,
            .keeps_panels = b.cut.panels > 1,
            .a = memory + b.cut.panels * panelFloats(g),
            .copies_a = copiesA(g),
        };
    }

    /// The block that follows another in a chunk: the next rows, then all rows with the next k.
    fn after(b: *const Blocked, block: *const Block, first: *const Block) ?Block {
        const end = @min(first.i + b.cut.chunk_rows, b.g.m);
        var other = block.*;
        other.i += b.cut.rows;
        if (other.i < end) {
            other.has_panels = block.keeps_panels;
        } else {
            other.i = first.i;
            other.p += kc_max;
            if (other.p >= b.g.k) return null;
            other.has_panels = false;
            other.depth = @min(kc_max, b.g.k - other.p);
        }
        other.rows = @min(b.cut.rows, end - other.i);
        return other;
    }
};

/// Some rows and columns of C with one block of k.
const Block = struct {
    g: *const Gemm,
    i: usize,
    rows: usize,
    j: usize,
    cols: usize,
    p: usize = 0,
    depth: usize,
    /// One panel of B or all of them, and the block of A.
    panels: [*]f32,
    keeps_panels: bool,
    /// Whether a block before it has left the panels.
    has_panels: bool = false,
    a: [*]f32,
    copies_a: bool,
    /// Memory of A and B that tiles fetch for those that follow.
    ahead_a: Ahead = .{},
    ahead_b: Ahead = .{},

    fn columnPanels(block: *const Block) tiles.ColumnPanels {
        return .init(block.cols, tiles.vectorsFor(block.g, .blocked));
    }

    /// Where a panel of B is packed.
    fn packedAt(block: *const Block, panel: tiles.ColumnPanels.Panel) [*]f32 {
        return if (block.keeps_panels) block.panels + panel.index * panelFloats(block.g) else block.panels;
    }

    /// All tiles, while the beginning of the block that follows is fetched.
    fn run(block: *Block, following: ?*const Block) void {
        const col_panels = block.columnPanels();
        const is_transposed = block.g.a.col_stride != 1;
        if (is_transposed) block.copyTransposed();
        for (0..col_panels.count()) |col_index| {
            const panel = col_panels.at(col_index);
            const row_panels: tiles.Panels = .of(0, block.rows, panel.vectors, block.depth);
            // Only whole tiles do: it takes code of its own for every size.
            const packs_on_the_way = !block.has_panels and panel.cols == panelCols(block.g) and
                block.g.b.col_stride == 1 and row_panels.start(1) == tiles.rows_max;
            if (!packs_on_the_way and !block.has_panels) block.packPanel(panel);
            const is_last_panel = col_index + 1 == col_panels.count();
            block.ahead_b = if (!is_last_panel)
                block.panelAhead(col_panels.at(col_index + 1), row_panels.count, block.depth)
            else if (following) |other|
                other.panelAhead(other.columnPanels().at(0), row_panels.count, block.depth)
            else
                .{};
            for (0..row_panels.count) |index| {
                const row = row_panels.start(index);
                const end = row_panels.start(index + 1);
                if (col_index == 0 and block.copies_a and !is_transposed) block.copyRows(row, end);
                block.fetchA(row_panels, index, col_index == 0, is_last_panel, following);
                switch (panel.vectors) {
                    inline 1...tiles.vectors_packed_max => |vectors| {
                        if (vectors >= tiles.vectors_common and packs_on_the_way and index == 0) {
                            block.tile(vectors, .packing, row, end, panel);
                        } else if (may_read_a and !block.copies_a) {
                            block.tile(vectors, .packed_b, row, end, panel);
                        } else {
                            block.tile(vectors, .packed_both, row, end, panel);
                        }
                    },
                    else => unreachable,
                }
            }
        }
    }

    /// What of A the next tile fetches. Rows that the tile after it will copy; or, where A is
    /// transposed and copied whole, all of the block that follows, during the last panel.
    fn fetchA(
        block: *Block,
        row_panels: tiles.Panels,
        index: usize,
        is_first_panel: bool,
        is_last_panel: bool,
        following: ?*const Block,
    ) void {
        const is_last_row = index + 1 == row_panels.count;
        if (block.g.a.col_stride != 1) {
            if (!is_last_panel or index > 0) return;
            const other = following orelse return;
            block.ahead_a = other.rowsAhead(0, other.rows, row_panels.count, block.depth);
        } else if (is_first_panel and !is_last_row) {
            const first = row_panels.start(index + 1);
            block.ahead_a = block.rowsAhead(first, row_panels.start(index + 2), 1, block.depth);
        } else if (is_last_panel and is_last_row) {
            const other = following orelse return;
            block.ahead_a = other.rowsAhead(0, @min(other.rows, tiles.rows_max), 1, block.depth);
        }
    }

    /// Some rows of the block of A, to be fetched by a number of tiles of a depth.
    fn rowsAhead(block: *const Block, first: usize, end: usize, count: usize, depth: usize) Ahead {
        const a = block.g.a;
        const from = block.rowOfA(first);
        return if (a.col_stride != 1)
            .init(from, a.col_stride, block.depth, end - first, count, depth)
        else
            .init(from, a.row_stride, end - first, block.depth, count, depth);
    }

    /// A panel of B, likewise.
    fn panelAhead(
        block: *const Block,
        panel: tiles.ColumnPanels.Panel,
        count: usize,
        depth: usize,
    ) Ahead {
        if (block.has_panels) {
            return .init(block.packedAt(panel), 0, 1, block.depth * panelCols(block.g), count, depth);
        }
        const b = block.g.b;
        const from = b.data + block.p * b.row_stride + (block.j + panel.start) * b.col_stride;
        return if (b.col_stride != 1)
            .init(from, b.col_stride, panel.cols, block.depth, count, depth)
        else
            .init(from, b.row_stride, block.depth, panel.cols, count, depth);
    }

    inline fn tile(
        block: *Block,
        comptime vectors: usize,
        comptime source: tiles.Source,
        row: usize,
        end: usize,
        panel: tiles.ColumnPanels.Panel,
    ) void {
        const g = block.g;
        const col = block.j + panel.start;
        tiles.compute(vectors, source, end - row, &.{
            .a = if (block.copies_a) block.a + row * block_stride else block.rowOfA(row),
            .a_row_stride = if (block.copies_a) block_stride else g.a.row_stride,
            .b = if (source == .packing)
                g.b.data + block.p * g.b.row_stride + col
            else
                block.packedAt(panel),
            .b_stride = if (source == .packing) g.b.row_stride else panelCols(g),
            .panel = block.packedAt(panel),
            .ahead_a = &block.ahead_a,
            .ahead_b = &block.ahead_b,
            .depth = block.depth,
            .c = g.c + (block.i + row) * g.ldc + col,
            .ldc = g.ldc,
            .cols = panel.cols,
            .update = .ofBlock(g, block.p),
        });
    }

    /// Where a row of A begins in memory.
    fn rowOfA(block: *const Block, row: usize) [*]const f32 {
        const a = block.g.a;
        return a.data + (block.i + row) * a.row_stride + block.p * a.col_stride;
    }

    fn copyRows(block: *const Block, first: usize, end: usize) void {
        for (first..end) |row| {
            pack.copy(block.rowOfA(row), block.depth, block.a + row * block_stride);
        }
    }

    /// Rows of A lie across memory: lines of one k become columns of the block.
    fn copyTransposed(block: *const Block) void {
        const g = block.g;
        pack.panel(.{
            .data = g.a.data + block.i + block.p * g.a.col_stride,
            .count = block.depth,
            .line_stride = g.a.col_stride,
            .depth_stride = 1,
        }, block.rows, block.a, block_stride);
    }

    fn packPanel(block: *const Block, panel: tiles.ColumnPanels.Panel) void {
        const g = block.g;
        pack.panel(.{
            .data = g.b.data + block.p * g.b.row_stride + (block.j + panel.start) * g.b.col_stride,
            .count = panel.cols,
            .line_stride = g.b.col_stride,
            .depth_stride = g.b.row_stride,
        }, block.depth, block.packedAt(panel), panelCols(g));
    }
};
