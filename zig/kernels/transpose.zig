//! out[cols×rows] = transpose of a[rows×cols], in squares that are turned in registers.

const std = @import("std");
const pack = @import("pack.zig");
const stream = @import("stream.zig");
const table = @import("table.zig");

const R = pack.R;

/// Rows and columns of a square: as many as a register of the level has lanes.
const square = pack.width;
/// Rows and columns of a unit: whole lines are read, and whole lines are written.
const unit = stream.line;

/// The transpose of the square at `a`. Its rows are loaded whole: a row in four parts would come
/// from the second cache four times, where a power of two between the rows has all of them share
/// a few places in the first.
inline fn loadTurned(a: [*]const f32, stride: usize) [square]R {
    var rows: [square]R = undefined;
    inline for (&rows, 0..) |*row, i| row.* = pack.loadR(a + i * stride);
    return pack.turn(rows);
}

inline fn storeSquare(out: [*]f32, stride: usize, rows: [square]R) void {
    inline for (rows, 0..) |row, i| pack.storeR(out + i * stride, row);
}

/// A unit from `a` to `out`, past the caches or not.
fn turnUnit(comptime past: bool, a: [*]const f32, cols: usize, out: [*]f32, rows: usize) void {
    var j: usize = 0;
    while (j < unit) : (j += square) {
        var turned: [unit / square][square]R = undefined;
        inline for (&turned, 0..) |*each, i| each.* = loadTurned(a + i * square * cols + j, cols);
        inline for (0..square) |c| {
            const to = out + (j + c) * rows;
            var line: [unit / square]R = undefined;
            inline for (&line, turned) |*register, each| register.* = each[c];
            if (past) stream.storeLine(to, line) else inline for (line, 0..) |register, i| {
                pack.storeR(to + i * square, register);
            }
        }
    }
}

/// Rows that are walked before the next columns: their lines, and the pages of the result, stay at
/// hand.
const block = 256;

/// A matrix of at least one unit. Units at the last rows and columns overlap those before them:
/// what both write is the same.
const Walk = struct {
    p: *const table.Transpose,
    /// Rows in front of the first whole line of the result; the same in all of its rows, or the
    /// result does not go past the caches.
    head: usize,
    past: bool,
    /// Whether what comes next is to be fetched: the processor does not see a column coming.
    fetch: bool,
    units_per_chunk: usize,

    fn unitAt(walk: *const Walk, comptime past: bool, i: usize, j: usize) void {
        const p = walk.p;
        turnUnit(past, p.a + i * p.cols + j, p.cols, p.out + j * p.rows + i, p.rows);
    }

    fn fetchUnit(walk: *const Walk, i: usize, j: usize) void {
        for (0..unit) |r| @prefetch(walk.p.a + (i + r) * walk.p.cols + j, .{});
    }

    /// The units of a column whose rows are in a range.
    fn column(walk: *const Walk, comptime past: bool, start: usize, end: usize, j: usize) void {
        var i = start;
        while (i < end) : (i += unit) {
            if (walk.fetch) walk.fetchUnit(i + unit, j);
            walk.unitAt(past, i, j);
        }
    }

    fn rowsOf(walk: *const Walk, start: usize, end: usize, j: usize) void {
        if (walk.past) walk.column(true, start, end, j) else walk.column(false, start, end, j);
    }

    fn columns(walk: *const Walk, first: usize, end: usize) void {
        const p = walk.p;
        const last = walk.head + (p.rows - walk.head) / unit * unit;
        var start = walk.head;
        while (start < last) : (start += block) {
            var j = first;
            while (j < end) : (j += unit) {
                walk.rowsOf(start, @min(start + block, last), @min(j, p.cols - unit));
            }
        }
        var j = first;
        while (j < end) : (j += unit) {
            if (walk.head > 0) walk.unitAt(false, 0, @min(j, p.cols - unit));
            if (last < p.rows) walk.unitAt(false, p.rows - unit, @min(j, p.cols - unit));
        }
    }

    fn runChunk(context: *anyopaque, index: usize) callconv(.c) void {
        const walk: *const Walk = @ptrCast(@alignCast(context));
        const units = walk.p.cols / unit;
        const first = index * walk.units_per_chunk;
        const end = first + walk.units_per_chunk;
        // The last chunk has the columns behind the last whole unit, too.
        walk.columns(first * unit, if (end < units) end * unit else walk.p.cols);
        if (walk.past) stream.fence();
    }
};

/// So that a thread that comes late, or whose core is taken, leaves its share to the others.
const chunks_per_thread = 8;

pub fn transpose(
    p: *const table.Transpose,
    team: *const table.Team,
    caches: *const table.Caches,
) callconv(.c) void {
    if (p.rows < unit or p.cols < unit) return scalars(p);
    const bytes = 2 * p.rows * p.cols * @sizeOf(f32);
    const past = bytes > caches.l3 and p.rows % stream.line == 0;
    const units = p.cols / unit;
    const shares = if (team.threads == 1) 1 else team.threads * chunks_per_thread;
    const units_per_chunk = (units + shares - 1) / shares;
    var walk: Walk = .{
        .p = p,
        .head = if (past) stream.headOf(p.out) else 0,
        .past = past,
        // A few times the second cache, most lines are there in time (512² lost 20 %).
        .fetch = bytes > 4 * caches.l2,
        .units_per_chunk = units_per_chunk,
    };
    const chunks = (units + units_per_chunk - 1) / units_per_chunk;
    team.run(@intCast(chunks), &walk, &Walk.runChunk);
}

fn scalars(p: *const table.Transpose) void {
    for (0..p.rows) |i| {
        for (0..p.cols) |j| p.out[j * p.rows + i] = p.a[i * p.cols + j];
    }
}

/// A square matrix onto itself: squares on the diagonal turn, pairs across it turn and change places.
pub fn transposeInPlace(a: [*]f32, n: usize) callconv(.c) void {
    const whole = n / square * square;
    var i: usize = 0;
    while (i < whole) : (i += square) {
        storeSquare(a + i * n + i, n, loadTurned(a + i * n + i, n));
        var j = i + square;
        while (j < whole) : (j += square) {
            const above = loadTurned(a + i * n + j, n);
            const below = loadTurned(a + j * n + i, n);
            storeSquare(a + j * n + i, n, above);
            storeSquare(a + i * n + j, n, below);
        }
    }
    for (whole..n) |r| {
        for (0..r) |c| std.mem.swap(f32, &a[r * n + c], &a[c * n + r]);
    }
}
