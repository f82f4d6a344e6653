//! Sums of columns, each in the order of additions of `reduce.zig`: what is a lane there is a row
//! of sums here. A chunk is added up lane by lane, four of its rows at a time, and as soon as the
//! lanes of a tree are there the tree adds them up, column by column: so few rows of sums are in
//! use at a time that they stay in the caches.

const std = @import("std");
const reduce = @import("reduce.zig");
const simd = @import("simd.zig");
const table = @import("table.zig");
const V = simd.V;
const D = simd.D;
const U = simd.U;
const Columns = table.Columns;

/// Rows of a lane that are added at a time.
const rows_per_pass = 4;
/// Likewise, where memory is read by pages: one in each of them.
const pages_per_pass = 8;

comptime {
    std.debug.assert(Columns.sums == reduce.accumulators and Columns.totals == simd.lanes);
}

/// Never written: a variable takes no place in the file.
var zeros: [Columns.most]f32 align(64) = @splat(0);

const Sums = struct {
    p: *const Columns,
    /// Vectors of columns; the last one may have some columns of the one before it.
    vectors: usize,
    /// Floats of a row of them.
    pitch: usize,
    /// The rows of the lanes of one tree, and of float64 totals of the chunks.
    sums: [*]f32,
    totals: [*]f64,

    fn init(p: *const Columns) Sums {
        const vectors = (p.cols + simd.lanes - 1) / simd.lanes;
        // More than a power of two, or all rows would meet in the same lines of the cache.
        const pitch = vectors * simd.lanes + simd.lanes;
        return .{
            .p = p,
            .vectors = vectors,
            .pitch = pitch,
            .sums = p.scratch,
            .totals = @ptrCast(@alignCast(p.scratch + reduce.accumulators * pitch)),
        };
    }

    /// The last columns of the input that a vector may begin with.
    inline fn lastCol(s: *const Sums) usize {
        return s.p.cols - simd.lanes;
    }

    /// The column where a unit of some lanes begins.
    inline fn colOf(s: *const Sums, comptime lanes: usize, i: usize) usize {
        return @min(i * lanes, s.p.cols - lanes);
    }

    inline fn rowAt(s: *const Sums, row: usize) [*]const f32 {
        return s.p.a + @as(usize, @bitCast(s.p.stride)) *% row;
    }

    /// The rows of a chunk to the totals.
    fn addChunk(s: *const Sums, start: usize, length: usize) void {
        const accumulators = (length + simd.lanes - 1) / simd.lanes;
        for (0..@min(simd.lanes, length)) |v| {
            var rows: [reduce.accumulators][*]const f32 = @splat(&zeros);
            var last: usize = s.pitch;
            for (&rows, 0..) |*row, j| {
                const first = j * simd.lanes + v;
                if (first >= length) break;
                if (length <= reduce.stride) {
                    // Rows that are alone in their lanes are those.
                    row.* = s.rowAt(start + first);
                    last = s.lastCol();
                } else {
                    const sums = s.sums + j * s.pitch;
                    const next = if (j + 1 < reduce.accumulators) first + simd.lanes else v + 1;
                    s.addLane(start + first, length - first, start + next, sums);
                    row.* = sums;
                }
            }
            const totals = s.totals + v * s.pitch;
            // Empty branches add nothing.
            switch (accumulators) {
                0...1 => s.addTree(1, rows[0..1], last, totals, start == 0),
                2 => s.addTree(2, rows[0..2], last, totals, start == 0),
                3...4 => s.addTree(4, rows[0..4], last, totals, start == 0),
                else => s.addTree(reduce.accumulators, &rows, last, totals, start == 0),
            }
        }
    }

    /// The sums of a lane, whose rows are `stride` apart; there are `left` rows of all lanes from its
    /// first on. `next` is the first row of the lane that comes next.
    fn addLane(s: *const Sums, first: usize, left: usize, next: usize, to: [*]f32) void {
        const rows = (left + reduce.stride - 1) / reduce.stride;
        var row: usize = 0;
        while (row < rows) {
            const before: [*]const f32 = if (row == 0) &zeros else to;
            const at = first + row * reduce.stride;
            if (reduce.isByPages(s.p.fetch) and rows - row >= pages_per_pass) {
                row += pages_per_pass;
                s.addRows(pages_per_pass, at, null, before, to);
            } else if (rows - row >= rows_per_pass) {
                row += rows_per_pass;
                const following = if (rows - row >= rows_per_pass) first + row * reduce.stride else next;
                if (s.p.fetch == .lines) {
                    s.addRows(rows_per_pass, at, following, before, to);
                } else {
                    s.addRows(rows_per_pass, at, null, before, to);
                }
            } else {
                row += 1;
                s.addRows(1, at, null, before, to);
            }
        }
    }

    /// Adds some rows; those that follow are fetched where the processor does not know them: they
    /// are far away.
    inline fn addRows(
        s: *const Sums,
        comptime rows: usize,
        first: usize,
        following: ?usize,
        before: [*]const f32,
        to: [*]f32,
    ) void {
        var from: [rows][*]const f32 = undefined;
        inline for (&from, 0..) |*row, i| row.* = s.rowAt(first + i * reduce.stride);
        for (0..s.vectors) |i| {
            const col = s.colOf(simd.lanes, i);
            var sum = simd.load(before + i * simd.lanes);
            inline for (from) |row| {
                if (following) |other| {
                    const ahead = @as(usize, @bitCast(s.p.stride)) *% (other -% first);
                    @prefetch(row + (col +% ahead), .{ .locality = 2 });
                }
                sum += simd.load(row + col);
            }
            simd.store(to + i * simd.lanes, sum);
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
        for (0..s.vectors) |i| {
            var totals: [simd.lanes]D = undefined;
            for (&totals, 0..) |*total, v| {
                const from: *align(8) const D = @ptrCast(s.totals + v * s.pitch + i * simd.lanes);
                total.* = from.*;
            }
            s.put(i, reduce.treeOf(D, simd.lanes, totals, add));
        }
    }

    /// All of it where every lane has one row at most, and none has one from `lanes` on. Empty branches
    /// add nothing.
    fn addFew(s: *const Sums, comptime lanes: usize) void {
        var rows: [lanes][*]const f32 = @splat(&zeros);
        for (rows[0..s.p.n], 0..) |*row, v| row.* = s.rowAt(v);
        for (0..s.vectors) |i| {
            var totals: [lanes]D = undefined;
            // Adding 0 turns -0 to +0, as where a lane adds up several rows.
            for (&totals, rows) |*total, row| {
                total.* = reduce.widen(simd.load(row + s.colOf(simd.lanes, i))) + @as(D, @splat(0));
            }
            s.put(i, reduce.treeOf(D, lanes, totals, add));
        }
    }

    inline fn put(s: *const Sums, i: usize, sums: D) void {
        s.p.results[s.colOf(simd.lanes, i)..][0..simd.lanes].* = sums;
    }
};

inline fn add(x: D, y: D) D {
    return x + y;
}

pub fn sumColumns(p: *const Columns) callconv(table.cc) void {
    const s: Sums = .init(p);
    switch (p.n) {
        0...4 => return s.addFew(4),
        5...simd.lanes => return s.addFew(simd.lanes),
        else => {},
    }
    var start: usize = 0;
    while (start < p.n) : (start += reduce.chunk) {
        s.addChunk(start, @min(reduce.chunk, p.n - start));
    }
    s.finish();
}

/// The largest or smallest of each column, NaN where there is one; 0 is above -0. By halves of a vector,
/// which come from the third cache sooner than whole ones (AMD Zen 4).
fn Extremes(comptime which: reduce.Extreme) type {
    return struct {
        const T = simd.H;
        const unit = simd.lanesOf(T);
        /// Rows of a pass.
        const block = 8;

        /// What is known of some columns.
        const Known = struct {
            best: T,
            /// The signs of all values: where the best is 0, that of the best zero.
            signs: simd.Bits(T),

            inline fn of(x: T) Known {
                return .{ .best = x, .signs = simd.bits(x) };
            }

            inline fn add(known: *Known, comptime count: usize, values: [count]T) void {
                var unordered: @Vector(unit, bool) = @splat(false);
                inline for (values) |x| {
                    known.best = which.select(x, known.best);
                    const signs = simd.bits(x);
                    known.signs = if (which == .max) known.signs & signs else known.signs | signs;
                    unordered = unordered | (x != x);
                }
                // No value is better than NaN.
                known.best = @select(f32, unordered, simd.like(known.best, std.math.nan(f32)), known.best);
            }

            inline fn result(known: Known) T {
                const zero = simd.withSignOf(simd.fromBits(known.signs), simd.like(known.best, 0));
                return @select(f32, known.best == zero, zero, known.best);
            }
        };

        fn run(p: *const Columns) callconv(table.cc) void {
            const s: Sums = .init(p);
            var row: usize = 0;
            while (row + block <= p.n) : (row += block) {
                if (!simd.is_compact and p.fetch != .none) pass(&s, block, row, true) else pass(&s, block, row, false);
            }
            inline for (.{ 4, 2, 1 }) |few| {
                if (row + few <= p.n) {
                    pass(&s, few, row, false);
                    row += few;
                }
            }
            for (0..s.vectors * simd.lanes / unit) |i| {
                const values: [unit]f32 = knownAt(&s, i).result();
                for (p.results[s.colOf(unit, i)..][0..unit], values) |*result, value| result.* = value;
            }
        }

        inline fn knownAt(s: *const Sums, i: usize) Known {
            const at = s.sums + i * unit;
            return .{ .best = simd.loadAs(T, at), .signs = simd.bits(simd.loadAs(T, at + s.pitch)) };
        }

        /// Some rows; those that follow are fetched where they are far away.
        fn pass(s: *const Sums, comptime rows: usize, first: usize, comptime fetches: bool) void {
            const ahead = @as(usize, @bitCast(s.p.stride)) *% rows;
            for (0..s.vectors * simd.lanes / unit) |i| {
                const col = s.colOf(unit, i);
                var values: [rows]T = undefined;
                inline for (&values, 0..) |*value, r| {
                    const row = s.rowAt(first + r) + col;
                    if (fetches) @prefetch(row + ahead, .{ .locality = 2 });
                    value.* = simd.loadAs(T, row);
                }
                var known: Known = if (first == 0) .of(values[0]) else knownAt(s, i);
                known.add(rows, values);
                const to = s.sums + i * unit;
                simd.store(to, known.best);
                simd.store(to + s.pitch, simd.fromBits(known.signs));
            }
        }
    };
}

/// Products, sums of squares, or of deviations and their squares, in the order of `foldWide`: of four
/// vectors of a column at a time. Each lane of those is folded on its own, and the tree adds them up; what no
/// row comes to changes nothing. One or two fields of a state are results.
fn Folds(comptime State: type, comptime fields: []const []const u8, comptime combine: anytype) type {
    return struct {
        const states = 4;
        const Lane = [fields.len]D;

        fn run(p: *const Columns) callconv(table.cc) void {
            const s: Sums = .init(p);
            for (0..s.vectors) |i| {
                const col = s.colOf(simd.lanes, i);
                const initial = initialAt(&s, col);
                var lanes: usize = if (p.n <= 4) 4 else simd.lanes;
                var totals: [simd.lanes]Lane = undefined;
                for (totals[0..lanes], 0..) |*total, l| {
                    total.* = if (p.n > simd.lanes) laneOf(&s, initial, l, col) else oneOf(&s, initial, l, col);
                }
                // As `treeOf`, in loops: that would be several times the code.
                while (lanes > 1) {
                    lanes /= 2;
                    for (totals[0..lanes], totals[lanes..][0..lanes]) |*total, other| {
                        total.* = combineLanes(total.*, other);
                    }
                }
                s.put(i, totals[0][0]);
                if (fields.len > 1) p.seconds[col..][0..simd.lanes].* = totals[0][1];
            }
        }

        inline fn initialAt(s: *const Sums, col: usize) State {
            return if (State == reduce.Moments) .init(reduce.widen(simd.load(s.p.a + col))) else .{};
        }

        inline fn combineLanes(a: Lane, b: Lane) Lane {
            var both: Lane = undefined;
            inline for (&both, a, b) |*value, x, y| value.* = combine(x, y);
            return both;
        }

        inline fn resultOf(state: State) Lane {
            var lane: Lane = undefined;
            inline for (&lane, fields) |*value, field| value.* = @field(state, field);
            return lane;
        }

        /// Of a lane that one row comes to at most.
        inline fn oneOf(s: *const Sums, initial: State, lane: usize, col: usize) Lane {
            var state = initial;
            if (lane < s.p.n) step(s, &state, lane, col);
            return resultOf(state);
        }

        inline fn laneOf(s: *const Sums, initial: State, lane: usize, col: usize) Lane {
            var all: [states]State = @splat(initial);
            const last = states - 1;
            var row = lane;
            while (row + last * simd.lanes < s.p.n) : (row += states * simd.lanes) {
                inline for (&all, 0..) |*state, j| step(s, state, row + j * simd.lanes, col);
            }
            inline for (0..last) |j| {
                if (row + j * simd.lanes < s.p.n) step(s, &all[j], row + j * simd.lanes, col);
            }
            return combineLanes(
                combineLanes(resultOf(all[0]), resultOf(all[1])),
                combineLanes(resultOf(all[2]), resultOf(all[3])),
            );
        }

        inline fn step(s: *const Sums, state: *State, row: usize, col: usize) void {
            state.step(reduce.widen(simd.load(s.rowAt(row) + col)));
        }
    };
}

inline fn multiply(x: D, y: D) D {
    return x * y;
}

fn folds(comptime State: type, comptime fields: []const []const u8, comptime combine: anytype) ?table.ColumnsFn {
    return if (simd.is_compact) null else &Folds(State, fields, combine).run;
}

pub const product_columns = folds(reduce.Product, &.{"product"}, multiply);
pub const square_columns = folds(reduce.Squares, &.{"sum"}, add);
pub const moments_columns = folds(reduce.Moments, &.{ "sum", "square_sum" }, add);

pub const maxColumns = Extremes(.max).run;
pub const minColumns = Extremes(.min).run;
