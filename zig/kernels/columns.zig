//! Sums of columns, each in the order of additions of `reduce.zig`: what is a lane there is a row
//! of sums here. The rows of a chunk are added to the lanes in passes of four rows of each, in the
//! order of memory; then the tree over the lanes adds them up, column by column.

const std = @import("std");
const math = @import("math.zig");
const reduce = @import("reduce.zig");
const simd = @import("simd.zig");
const table = @import("table.zig");
const V = simd.V;
const D = simd.D;
const Columns = table.Columns;

/// Rows of a lane that are added at a time.
const rows_per_pass = 4;

comptime {
    std.debug.assert(Columns.lanes == reduce.stride and Columns.totals == simd.lanes);
}

const zeros: [Columns.most]f32 align(64) = @splat(0);

const Sums = struct {
    p: *const Columns,
    /// Vectors of columns; the last one may have some columns of the one before it.
    vectors: usize,
    /// Floats of a row of them.
    pitch: usize,
    /// The rows of lanes, and of float64 totals of the chunks.
    lanes: [*]f32,
    totals: [*]f64,

    fn init(p: *const Columns) Sums {
        const vectors = (p.cols + simd.lanes - 1) / simd.lanes;
        // More than a power of two, or all rows would meet in the same lines of the cache.
        const pitch = vectors * simd.lanes + simd.lanes;
        return .{
            .p = p,
            .vectors = vectors,
            .pitch = pitch,
            .lanes = p.scratch,
            .totals = @ptrCast(@alignCast(p.scratch + Columns.lanes * pitch)),
        };
    }

    /// The last columns of the input that a vector may begin with.
    inline fn lastCol(s: *const Sums) usize {
        return s.p.cols - simd.lanes;
    }

    inline fn rowAt(s: *const Sums, row: usize) [*]const f32 {
        return s.p.a + @as(usize, @bitCast(s.p.stride)) *% row;
    }

    inline fn lane(s: *const Sums, index: usize) [*]f32 {
        return s.lanes + index * s.pitch;
    }

    fn addChunk(s: *const Sums, start: usize, length: usize) void {
        // Rows that are alone in their lanes are those.
        if (length <= reduce.stride) {
            return s.addTrees(s.rowAt(start), s.p.stride, s.lastCol(), length, start == 0);
        }
        var row: usize = 0;
        while (row < length) : (row += rows_per_pass * reduce.stride) {
            for (row..@min(row + reduce.stride, length)) |first| {
                s.addPass(start + first, length - first, row == 0, s.lane(first - row));
            }
        }
        s.addTrees(s.lanes, @intCast(s.pitch), s.pitch, length, start == 0);
    }

    /// Some rows, `stride` apart, to a lane; there are `left` rows of all lanes from the first on.
    fn addPass(s: *const Sums, first: usize, left: usize, is_new: bool, to: [*]f32) void {
        if (left > (rows_per_pass - 1) * reduce.stride) {
            return s.addRows(rows_per_pass, first, if (is_new) &zeros else to, to);
        }
        var row: usize = 0;
        while (row < left) : (row += reduce.stride) {
            s.addRows(1, first + row, if (is_new and row == 0) &zeros else to, to);
        }
    }

    inline fn addRows(s: *const Sums, comptime rows: usize, first: usize, before: [*]const f32, to: [*]f32) void {
        var from: [rows][*]const f32 = undefined;
        inline for (&from, 0..) |*row, i| row.* = s.rowAt(first + i * reduce.stride);
        const next_row: usize = @bitCast(s.p.stride);
        for (0..s.vectors) |i| {
            const col = @min(i * simd.lanes, s.lastCol());
            var sum = simd.load(before + i * simd.lanes);
            inline for (from) |row| {
                @prefetch(row + (col +% next_row), .{ .locality = 2 });
                sum += simd.load(row + col);
            }
            simd.store(to + i * simd.lanes, sum);
        }
    }

    /// The trees over the accumulators of every lane of `reduce.zig`, to the totals. The sums of a
    /// lane are `step` floats from those of the next, and their vectors begin at `last` at most;
    /// there are no more lanes than `length`.
    fn addTrees(
        s: *const Sums,
        sums: [*]const f32,
        step: isize,
        last: usize,
        length: usize,
        is_first: bool,
    ) void {
        const accumulators = (length + simd.lanes - 1) / simd.lanes;
        for (0..@min(simd.lanes, length)) |v| {
            var rows: [reduce.accumulators][*]const f32 = undefined;
            for (&rows, 0..) |*row, j| {
                const index = j * simd.lanes + v;
                row.* = if (index < length) sums + @as(usize, @bitCast(step)) *% index else &zeros;
            }
            const totals = s.totals + v * s.pitch;
            // Empty branches add nothing.
            switch (accumulators) {
                0...1 => s.addTree(1, rows[0..1], last, totals, is_first),
                2 => s.addTree(2, rows[0..2], last, totals, is_first),
                3...4 => s.addTree(4, rows[0..4], last, totals, is_first),
                else => s.addTree(reduce.accumulators, &rows, last, totals, is_first),
            }
        }
    }

    inline fn addTree(
        s: *const Sums,
        comptime count: usize,
        rows: *const [count][*]const f32,
        last: usize,
        totals: [*]f64,
        is_first: bool,
    ) void {
        for (0..s.vectors) |i| {
            var sums: [count]V = undefined;
            for (&sums, rows) |*sum, row| sum.* = simd.load(row + @min(i * simd.lanes, last));
            const sum = reduce.widen(reduce.treeOf(V, count, sums, reduce.addV));
            const total: *align(8) D = @ptrCast(totals + i * simd.lanes);
            total.* = sum + if (is_first) @as(D, @splat(0)) else total.*;
        }
    }

    fn finish(s: *const Sums) void {
        const lanes_used = @min(simd.lanes, s.p.n);
        for (0..s.vectors) |i| {
            var totals: [simd.lanes]D = undefined;
            for (totals[lanes_used..]) |*total| total.* = @splat(0);
            for (totals[0..lanes_used], 0..) |*total, v| {
                const from: *align(8) const D = @ptrCast(s.totals + v * s.pitch + i * simd.lanes);
                total.* = from.*;
            }
            const sums: [simd.lanes]f64 = reduce.treeOf(D, simd.lanes, totals, add);
            s.p.results[@min(i * simd.lanes, s.lastCol())..][0..simd.lanes].* = sums;
        }
    }
};

inline fn add(x: D, y: D) D {
    return x + y;
}

pub fn sumColumns(p: *const Columns) callconv(.c) void {
    const s: Sums = .init(p);
    var start: usize = 0;
    while (start < p.n) : (start += reduce.chunk) {
        s.addChunk(start, @min(reduce.chunk, p.n - start));
    }
    s.finish();
}

/// The largest or smallest of each column.
fn Extremes(comptime choose: fn (V, V) callconv(.@"inline") V) type {
    return struct {
        fn run(p: *const Columns) callconv(.c) void {
            const s: Sums = .init(p);
            var row: usize = 0;
            while (row + rows_per_pass <= p.n) : (row += rows_per_pass) pass(&s, rows_per_pass, row);
            while (row < p.n) : (row += 1) pass(&s, 1, row);
            for (0..s.vectors) |i| {
                const best = simd.load(s.lanes + i * simd.lanes);
                const known = @select(f32, best == best, best, simd.splat(std.math.nan(f32)));
                const results: [simd.lanes]f64 = reduce.widen(known);
                p.results[@min(i * simd.lanes, s.lastCol())..][0..simd.lanes].* = results;
            }
        }

        fn pass(s: *const Sums, comptime rows: usize, first: usize) void {
            const ahead = @as(usize, @bitCast(s.p.stride)) *% rows;
            const best = if (first == 0) s.rowAt(0) else s.lanes;
            const last = if (first == 0) s.lastCol() else s.pitch;
            for (0..s.vectors) |i| {
                const col = @min(i * simd.lanes, s.lastCol());
                var value = simd.load(best + @min(i * simd.lanes, last));
                inline for (0..rows) |r| {
                    const row = s.rowAt(first + r) + col;
                    @prefetch(row + ahead, .{ .locality = 2 });
                    value = choose(value, simd.load(row));
                }
                simd.store(s.lanes + i * simd.lanes, value);
            }
        }
    };
}

pub const maxColumns = Extremes(math.maximum).run;
pub const minColumns = Extremes(math.minimum).run;
