//! out[cols×rows] = transpose of a[rows×cols], in squares that are turned in registers.

const std = @import("std");
const pack = @import("pack.zig");
const simd = @import("simd.zig");
const stream = @import("stream.zig");
const table = @import("table.zig");
const narrow = @import("transpose_narrow.zig");

/// Rows and columns of a square: as many as a register of the level has lanes.
const square = pack.width;
/// Of one that goes by way of a stage, whose stores are not what takes time: 256 bits come from the
/// third cache sooner than 512 (AMD Zen 4).
const staged_square = @min(square, 8);
/// Rows and columns of a unit: whole lines are read, and whole lines are written.
const unit = stream.line;

/// The transpose of the square at `a`. Its rows are loaded whole: a row in four parts would come
/// from the second cache four times, where a power of two between the rows has all of them share
/// a few places in the first.
inline fn loadTurned(comptime size: usize, a: [*]const f32, stride: usize) [size]@Vector(size, f32) {
    var rows: [size]@Vector(size, f32) = undefined;
    inline for (&rows, 0..) |*row, i| row.* = pack.loadOf(size, a + i * stride);
    return pack.turn(rows);
}

inline fn storeSquare(out: [*]f32, stride: usize, rows: [square]pack.R) void {
    inline for (rows, 0..) |row, i| pack.storeR(out + i * stride, row);
}

/// A unit from `a` to `out` by squares of a size, past the caches or not.
fn turnUnit(
    comptime size: usize,
    comptime past: bool,
    a: [*]const f32,
    a_stride: usize,
    out: [*]f32,
    out_stride: usize,
) void {
    var j: usize = 0;
    while (j < unit) : (j += size) {
        var turned: [unit / size][size]@Vector(size, f32) = undefined;
        inline for (&turned, 0..) |*each, i| each.* = loadTurned(size, a + i * size * a_stride + j, a_stride);
        inline for (0..size) |c| {
            const to = out + (j + c) * out_stride;
            var line: [unit / size]@Vector(size, f32) = undefined;
            inline for (&line, turned) |*register, each| register.* = each[c];
            if (past) stream.storeLine(to, line) else inline for (line, 0..) |register, i| {
                simd.store(to + i * size, register);
            }
        }
    }
}

/// Of a block: the next one is fetched into the second cache while this one is turned out of it.
/// (Column by column, as they are turned, half as fast at 1000x3000.)
const block_rows = 512;
const block_cols = 64;
/// Rows that are walked along: a tile of a strided view.
const lines_max = 64;

/// The lines of a block in the order in which memory has them, in runs as wide as the block.
const Ahead = struct {
    row: [*]const f32,
    stride: usize,
    width: usize,
    col: usize = 0,

    /// As many lines as a unit has.
    inline fn fetch(ahead: *Ahead) void {
        inline for (0..unit) |_| {
            @prefetch(ahead.row + ahead.col, .{ .locality = 2 });
            ahead.col += stream.line;
            if (ahead.col >= ahead.width) {
                ahead.col = 0;
                ahead.row += ahead.stride;
            }
        }
    }
};

/// How the result is written.
const Way = enum {
    /// Through the caches.
    near,
    /// Past them, out of the registers: all rows of the result begin at the same place of a line.
    past,
    /// Past them, by way of a stage from which whole lines of each row are taken.
    staged,
};

/// A matrix of at least one unit. Units at the last rows and columns overlap those before them:
/// what both write is the same.
const Walk = struct {
    p: *const table.Transpose,
    way: Way,
    /// Rows in front of the first whole line of the result, on the way past the caches.
    head: usize,
    /// Whether what comes next is to be fetched: the processor does not see a column coming.
    fetch: bool,
    units_per_chunk: usize,

    fn unitAt(walk: *const Walk, comptime past: bool, i: usize, j: usize) void {
        const p = walk.p;
        turnUnit(square, past, p.a + i * p.a_stride + j, p.a_stride, p.out + j * p.out_stride + i, p.out_stride);
    }

    /// The units of a column whose rows are in a range.
    fn column(
        walk: *const Walk,
        comptime past: bool,
        start: usize,
        end: usize,
        j: usize,
        ahead: *Ahead,
    ) void {
        var i = start;
        while (i < end) : (i += unit) {
            if (walk.fetch) ahead.fetch();
            walk.unitAt(past, if (past) i else @min(i, walk.p.rows - unit), j);
        }
    }

    /// Of each row of the result, the lines that begin among the rows of the block; so a unit more
    /// than the block has is turned.
    fn stagedColumn(walk: *const Walk, start: usize, end: usize, j: usize, ahead: *Ahead) void {
        const p = walk.p;
        // The last unit may begin in front of the block.
        const pitch = block_rows + 3 * unit;
        var stage: [unit * pitch]f32 align(64) = undefined;
        const first = stage[unit..].ptr;
        var i = start;
        while (i < @min(end + unit, p.rows)) : (i += unit) {
            if (walk.fetch and i < end) ahead.fetch();
            const row = @min(i, p.rows - unit);
            const to = stage[unit + row - start ..].ptr;
            turnUnit(staged_square, false, p.a + row * p.a_stride + j, p.a_stride, to, pitch);
        }
        for (0..unit) |c| {
            const out = p.out + (j + c) * p.out_stride;
            const head = stream.headOf(out);
            const from = if (start == 0) 0 else @min(start + head, p.rows);
            const to = @min(end + head, p.rows);
            stream.copy(first + c * pitch + (from - start), out + from, to - from);
        }
    }

    fn turnBlock(
        walk: *const Walk,
        start: usize,
        end: usize,
        left: usize,
        right: usize,
        next: Ahead,
    ) void {
        if (walk.way == .near and end - start <= lines_max) return walk.lineByLine(start, end, left, right);
        var ahead = next;
        var at = left;
        while (at < right) : (at += unit) {
            const j = @min(at, walk.p.cols - unit);
            switch (walk.way) {
                .near => walk.column(false, start, end, j, &ahead),
                .past => walk.column(true, start, end, j, &ahead),
                .staged => walk.stagedColumn(start, end, j, &ahead),
            }
        }
    }

    /// So few rows that they are walked along: the processor sees what comes next of each.
    fn lineByLine(walk: *const Walk, start: usize, end: usize, left: usize, right: usize) void {
        var i = start;
        while (i < end) : (i += unit) {
            var j = left;
            while (j < right) : (j += unit) {
                walk.unitAt(false, @min(i, walk.p.rows - unit), @min(j, walk.p.cols - unit));
            }
        }
    }

    fn columns(walk: *const Walk, first: usize, end: usize) void {
        const p = walk.p;
        const whole = walk.head + (p.rows - walk.head) / unit * unit;
        const last = if (walk.way == .past) whole else p.rows;
        var start = walk.head;
        while (start < last) : (start += block_rows) {
            var left = first;
            while (left < end) : (left += block_cols) {
                const is_last = left + block_cols >= end;
                const row = if (is_last) start + block_rows else start;
                const col = if (is_last) first else left + block_cols;
                walk.turnBlock(start, @min(start + block_rows, last), left, @min(left + block_cols, end), .{
                    .row = p.a + row * p.a_stride + col,
                    .stride = p.a_stride,
                    .width = @min(block_cols, end - col),
                });
            }
        }
        if (walk.way == .past) walk.edges(last, first, end);
    }

    /// The rows in front of the first whole line of the result, and behind the last.
    fn edges(walk: *const Walk, last: usize, first: usize, end: usize) void {
        const p = walk.p;
        var j = first;
        while (j < end) : (j += unit) {
            if (walk.head > 0) walk.unitAt(false, 0, @min(j, p.cols - unit));
            if (last < p.rows) walk.unitAt(false, p.rows - unit, @min(j, p.cols - unit));
        }
    }

    fn runChunk(context: *anyopaque, index: usize) callconv(table.cc) void {
        const walk: *const Walk = @ptrCast(@alignCast(context));
        const units = walk.p.cols / unit;
        const first = index * walk.units_per_chunk;
        const end = first + walk.units_per_chunk;
        // The last chunk has the columns behind the last whole unit, too.
        walk.columns(first * unit, if (end < units) end * unit else walk.p.cols);
        if (walk.way != .near) stream.fence();
    }
};

/// A matrix that stays in the caches, whose rows, and those of the result, share a few places of the
/// first. Eight rows at a time, as many as it has places for, go to a stage along their lines, so that
/// each line is read once, and each line of the result is written once.
const Tiles = struct {
    p: *const table.Transpose,

    const rows = 96;
    const cols = 64;
    /// Of the columns of the stage: a line lies between them.
    const pitch = rows + stream.line;

    /// (From half of the last cache on, 1024x2048, this is slower.)
    fn suits(p: *const table.Transpose, bytes: usize, caches: *const table.Caches) bool {
        return p.rows >= rows and p.cols >= cols and bytes <= caches.l3 / 3 and
            pack.linesMeet(p.out_stride) and pack.linesMeet(p.a_stride);
    }

    fn count(p: *const table.Transpose) u32 {
        return @intCast((p.cols + cols - 1) / cols);
    }

    /// Some columns; the last tiles overlap those before them: what both write is the same.
    fn runChunk(context: *anyopaque, index: usize) callconv(table.cc) void {
        const tiles: *const Tiles = @ptrCast(@alignCast(context));
        const p = tiles.p;
        const j = @min(index * cols, p.cols - cols);
        var top: usize = 0;
        while (top < p.rows) : (top += rows) tiles.turnTile(@min(top, p.rows - rows), j);
    }

    fn turnTile(tiles: *const Tiles, i: usize, j: usize) void {
        const p = tiles.p;
        const size = staged_square;
        var stage: [cols * pitch]f32 align(64) = undefined;
        var r: usize = 0;
        while (r < rows) : (r += size) {
            const from = p.a + (i + r) * p.a_stride + j;
            var c: usize = 0;
            while (c < cols) : (c += size) {
                inline for (loadTurned(size, from + c, p.a_stride), 0..) |row, k| {
                    simd.store(stage[(c + k) * pitch + r ..].ptr, row);
                }
                // A row of the next tile, which the processor does not see coming.
                const next = from + (rows + c / size % size) * p.a_stride;
                inline for (0..cols / stream.line) |l| @prefetch(next + l * stream.line, .{ .locality = 2 });
            }
        }
        for (0..cols) |c| {
            stream.copyLines(false, stage[c * pitch ..].ptr, p.out + (j + c) * p.out_stride + i, rows);
        }
    }
};

/// So that a thread that comes late, or whose core is taken, leaves its share to the others.
const chunks_per_thread = 8;

pub fn transpose(
    p: *const table.Transpose,
    team: *const table.Team,
    caches: *const table.Caches,
) callconv(table.cc) void {
    if (p.rows < unit or p.cols < unit) return narrow.transpose(p, team);
    const bytes = 2 * p.rows * p.cols * @sizeOf(f32);
    if (Tiles.suits(p, bytes, caches)) {
        var tiles: Tiles = .{ .p = p };
        return team.run(Tiles.count(p), &tiles, &Tiles.runChunk);
    }
    // The last cache is not all ours: from half of it on, what is written past it is faster (1008x3008:
    // 49 GB/s, and 33 through the caches), but not by way of a stage as long as the cache holds both
    // matrices (1000x3000: 26, and 34; two threads 46, and 70).
    const is_large = bytes > caches.l3 / 2;
    const is_held = bytes <= caches.l3 / 4 * 3;
    const is_aligned = p.out_stride % stream.line == 0;
    const way: Way = if (is_large and is_aligned) .past else if (is_large and !is_held) .staged else .near;
    const units = p.cols / unit;
    const shares = if (team.threads == 1) 1 else team.threads * chunks_per_thread;
    const units_per_chunk = (units + shares - 1) / shares;
    var walk: Walk = .{
        .p = p,
        .way = way,
        .head = if (way == .past) stream.headOf(p.out) else 0,
        // The processor sees lines of the third cache coming (1040x1040: 37 GB/s with fetching, 75
        // without), but not where its own first-level cache cannot hold them that long.
        .fetch = is_large or (bytes > 4 * caches.l2 and pack.linesCollide(p.a_stride)),
        .units_per_chunk = units_per_chunk,
    };
    const chunks = (units + units_per_chunk - 1) / units_per_chunk;
    team.run(@intCast(chunks), &walk, &Walk.runChunk);
}

/// A square matrix onto itself: squares on the diagonal turn, pairs across it turn and change places.
const InPlace = struct {
    a: [*]f32,
    n: usize,
    /// Rows in whole squares.
    whole: usize,

    /// Rows of a chunk, and columns that stay in the second-level cache with what they change places
    /// with until all its rows have passed.
    const strip = 64;
    const piece = 1024;

    fn swapSquares(p: *const InPlace, i: usize, j: usize) void {
        const above = p.a + i * p.n + j;
        const below = p.a + j * p.n + i;
        // On the diagonal they are one, and written twice.
        const from_above = loadTurned(square, above, p.n);
        const from_below = loadTurned(square, below, p.n);
        storeSquare(below, p.n, from_above);
        storeSquare(above, p.n, from_below);
    }

    /// What is right of the whole squares, and below them.
    fn swapEdges(p: *const InPlace) void {
        for (p.whole..p.n) |r| {
            for (0..r) |c| std.mem.swap(f32, &p.a[r * p.n + c], &p.a[c * p.n + r]);
        }
    }

    /// The squares of some rows, on the diagonal and right of it; or, last, the edges.
    fn runChunk(context: *anyopaque, index: usize) callconv(table.cc) void {
        const p: *const InPlace = @ptrCast(@alignCast(context));
        const top = index * strip;
        if (top >= p.whole) return p.swapEdges();
        const bottom = @min(top + strip, p.whole);
        var left = top;
        while (left < p.whole) : (left += piece) {
            var i = top;
            while (i < bottom) : (i += square) {
                var j = @max(left, i);
                while (j < @min(left + piece, p.whole)) : (j += square) p.swapSquares(i, j);
            }
        }
    }
};

pub fn transposeInPlace(a: [*]f32, n: usize, team: *const table.Team) callconv(table.cc) void {
    const whole = n / square * square;
    var p: InPlace = .{ .a = a, .n = n, .whole = whole };
    const chunks = (whole + InPlace.strip - 1) / InPlace.strip + @intFromBool(whole < n);
    team.run(@intCast(chunks), &p, &InPlace.runChunk);
}
