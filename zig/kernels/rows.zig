//! Operations over each row of a matrix: softmax, its logarithm, layer normalisation.
//! The sums over a row have the fixed lanes and chunks of `reduce.zig`.

const std = @import("std");
const simd = @import("simd.zig");
const math = @import("math.zig");
const ops = @import("../ops.zig");
const reduce = @import("reduce.zig");
const narrow = @import("transpose_narrow.zig");
const soft_columns = @import("soft_columns.zig");
const table = @import("table.zig");
const V = simd.V;
const D = simd.D;

/// Vectors that a pass takes at a time.
pub const group = 4;
pub const group_lanes = group * simd.lanes;

/// Walks along rows of the same length, one for each pass: `step` takes a group of vectors, `last`
/// one of what is left. Passes over several rows side by side keep all units of the processor busy.
inline fn walk(cols: usize, passes: anytype) void {
    var i: usize = 0;
    while (i + group_lanes <= cols) : (i += group_lanes) inline for (passes) |pass| pass.step(i);
    while (i < cols) : (i += simd.lanes) {
        inline for (passes) |pass| pass.last(i, @min(simd.lanes, cols - i));
    }
}

/// The largest value that is not NaN; -inf of nothing.
const Max = struct {
    a: [*]const f32,
    acc: [group]V = @splat(simd.splat(lowest)),

    const extreme = reduce.Extreme.max;
    const lowest = -std.math.inf(f32);

    inline fn step(s: *Max, i: usize) void {
        inline for (&s.acc, 0..) |*acc, j| {
            acc.* = extreme.select(simd.load(s.a + i + j * simd.lanes), acc.*);
        }
    }

    inline fn last(s: *Max, i: usize, count: usize) void {
        s.acc[0] = extreme.select(simd.loadPartial(s.a + i, count, lowest), s.acc[0]);
    }

    inline fn result(s: *const Max) V {
        const acc = s.acc;
        return extreme.ofLanes(extreme.select(extreme.select(acc[0], acc[1]), extreme.select(acc[2], acc[3])));
    }
};

/// Sum of exp(x - max) over a row. Terms of four vectors are added in float32 and then in float64;
/// every term is stored, if wanted. A NaN or an infinity in the row becomes a NaN.
fn ExpSum(comptime stores: bool) type {
    return struct {
        a: [*]const f32,
        out: if (stores) [*]f32 else void,
        max: V,
        sum: D = @splat(0),

        inline fn step(s: *@This(), i: usize) void {
            var x: [group]V = undefined;
            inline for (&x, 0..) |*each, j| each.* = simd.load(s.a + i + j * simd.lanes) - s.max;
            const e = expOfGroup(x);
            if (stores) inline for (e, 0..) |each, j| simd.store(s.out + i + j * simd.lanes, each);
            s.sum += @as(D, @floatCast((e[0] + e[1]) + (e[2] + e[3])));
        }

        inline fn last(s: *@This(), i: usize, count: usize) void {
            // The filler's difference is 0, which takes the short way; its term is none of the row's.
            const term = termOf(simd.loadPartial(s.a + i, count, s.max[0]) - s.max);
            const e = @select(f32, simd.firstLanes(count), term, simd.splat(0));
            if (stores) simd.storePartial(s.out + i, e, count);
            s.sum += @as(D, @floatCast(e));
        }
    };
}

/// Whether exp of some differences from the largest value takes the short way. None is above 0, so that
/// the farther ones have the greater bits. (A NaN stays one on either way.)
inline fn areUsual(differences: anytype) bool {
    return simd.allAtMost(simd.bits(differences), @bitCast(@as(f32, -math.exp_bound)));
}

/// exp of several vectors, which asks only once.
pub inline fn expOfGroup(x: [group]V) [group]V {
    const all: @Vector(group_lanes, f32) = @bitCast(x);
    var e = x;
    if (!simd.is_compact and areUsual(all)) {
        @branchHint(.likely);
        inline for (&e) |*each| each.* = math.expOfDifference(each.*);
    } else for (&e) |*each| {
        each.* = termOf(each.*);
    }
    return e;
}

/// Terms of any size.
pub noinline fn termOf(x: V) V {
    const usual = math.expOfDifference(x);
    if (areUsual(x)) return usual;
    return @select(f32, @abs(x) <= simd.splat(math.exp_bound), usual, math.exp(x));
}

/// Terms of a row divided by their sum, where the terms are.
const Quotients = struct {
    const are_of_terms = true;

    out: [*]f32,
    factor: V,

    inline fn init(_: [*]const f32, out: [*]f32, _: V, sum: f64) Quotients {
        // Rounded once, so that a product is as good as a quotient by the rounded sum.
        return .{ .out = out, .factor = simd.splat(@floatCast(1 / sum)) };
    }

    inline fn step(s: *const Quotients, i: usize) void {
        inline for (0..group) |j| {
            const at = s.out + i + j * simd.lanes;
            simd.store(at, simd.load(at) * s.factor);
        }
    }

    inline fn last(s: *const Quotients, i: usize, count: usize) void {
        simd.storePartial(s.out + i, simd.loadPartial(s.out + i, count, 0) * s.factor, count);
    }
};

/// (x - max) - log(sum of exp(x - max)) over a row.
const Logarithms = struct {
    const are_of_terms = false;

    a: [*]const f32,
    out: [*]f32,
    max: V,
    log_sum: V,

    inline fn init(a: [*]const f32, out: [*]f32, max: V, sum: f64) Logarithms {
        return .{ .a = a, .out = out, .max = max, .log_sum = math.log(simd.splat(@floatCast(sum))) };
    }

    inline fn step(s: *const Logarithms, i: usize) void {
        inline for (0..group) |j| {
            const at = i + j * simd.lanes;
            simd.store(s.out + at, (simd.load(s.a + at) - s.max) - s.log_sum);
        }
    }

    inline fn last(s: *const Logarithms, i: usize, count: usize) void {
        const x = simd.loadPartial(s.a + i, count, 0);
        simd.storePartial(s.out + i, (x - s.max) - s.log_sum, count);
    }
};

/// While the terms of a row are computed, the largest value of the next one is found and the row
/// before gets its results.
fn Softmax(comptime Results: type, comptime ofColumns: table.SoftColumnsFn) type {
    return struct {
        fn run(a: [*]const f32, out: [*]f32, rows: usize, cols: usize) callconv(table.cc) void {
            if (cols < simd.lanes and rows >= simd.lanes) return turned(a, out, rows, cols);
            var next: Max = .{ .a = a };
            walk(cols, .{&next});
            var before: Results = undefined;
            for (0..rows) |r| {
                const start = r * cols;
                const max = next.result();
                var terms: ExpSum(Results.are_of_terms) = .{
                    .a = a + start,
                    .out = if (Results.are_of_terms) out + start else {},
                    .max = max,
                };
                next = .{ .a = a + start + cols };
                const is_first = r == 0;
                const is_last = r + 1 == rows;
                if (simd.is_compact or is_first or is_last) {
                    walk(cols, .{&terms});
                    if (!is_last) walk(cols, .{&next});
                    if (!is_first) walk(cols, .{&before});
                } else walk(cols, .{ &next, &terms, &before });
                before = .init(a + start, out + start, max, reduce.sumLanes(terms.sum));
            }
            walk(cols, .{&before});
        }

        /// Rows of less than a vector, as columns: 100000x4 in 0.3 ms instead of 2.5.
        fn turned(a: [*]const f32, out: [*]f32, rows: usize, cols: usize) void {
            var columns: [simd.lanes * rows_per_turn]f32 align(64) = undefined;
            var start: usize = 0;
            while (start < rows) : (start += rows_per_turn) {
                const count = @min(rows_per_turn, rows - start);
                narrow.turn(&.{
                    .a = a + start * cols,
                    .a_stride = cols,
                    .out = &columns,
                    .out_stride = rows_per_turn,
                    .rows = count,
                    .cols = cols,
                    .has_room = true,
                });
                ofColumns(&.{
                    .a = &columns,
                    .a_stride = rows_per_turn,
                    .out = &columns,
                    .out_stride = rows_per_turn,
                    .n = cols,
                    .cols = count,
                });
                narrow.turn(&.{
                    .a = &columns,
                    .a_stride = rows_per_turn,
                    .out = out + start * cols,
                    .out_stride = cols,
                    .rows = cols,
                    .cols = count,
                    .has_room = false,
                });
            }
        }
    };
}

/// Rows that are turned at a time: 17 KB of the first cache. More than a power of two, or the
/// columns would meet in the same lines of it.
const rows_per_turn = 256 + simd.lanes;

const bodies = struct {
    const softmax = Softmax(Quotients, &soft_columns.kernels.softmax).run;
    const logSoftmax = Softmax(Logarithms, &soft_columns.kernels.logSoftmax).run;
};

const Normalise = struct {
    weight: ?[*]const f32,
    bias: ?[*]const f32,
    row: [*]const f32,
    out: [*]f32,
    mean_high: V,
    mean_low: V,
    scale: V,

    inline fn step(s: *const Normalise, i: usize, count: usize) void {
        const x = simd.loadUpTo(s.row + i, count, 0);
        // The mean in two parts: rows far from 0 lose nothing of their deviations.
        var y = ((x - s.mean_high) - s.mean_low) * s.scale;
        if (s.weight) |weight| y *= simd.loadUpTo(weight + i, count, 0);
        if (s.bias) |bias| y += simd.loadUpTo(bias + i, count, 0);
        simd.storeUpTo(s.out + i, y, count);
    }
};

pub fn layerNorm(p: *const table.LayerNorm) callconv(table.cc) void {
    for (0..p.rows) |r| {
        const row = p.a + r * p.cols;
        const moments = reduce.moments(row, p.cols);
        const variance = moments.square_deviation / @as(f64, @floatFromInt(p.cols));
        const mean_high: f32 = @floatCast(moments.mean);
        const state: Normalise = .{
            .weight = p.weight,
            .bias = p.bias,
            .row = row,
            .out = p.out + r * p.cols,
            .mean_high = simd.splat(mean_high),
            .mean_low = simd.splat(@floatCast(moments.mean - mean_high)),
            .scale = simd.splat(@floatCast(1 / @sqrt(variance + p.epsilon))),
        };
        var i: usize = 0;
        while (i + simd.lanes <= p.cols) : (i += simd.lanes) state.step(i, simd.lanes);
        if (i < p.cols) state.step(i, p.cols - i);
    }
}

/// The functions of the operations, by their names.
fn entries(comptime Fn: type, comptime functions: type) [ops.row_wise.len]Fn {
    var result: [ops.row_wise.len]Fn = undefined;
    for (ops.row_wise, &result) |row, *entry| entry.* = &@field(functions, row.name);
    return result;
}

pub const row_wise = entries(table.RowWiseFn, bodies);
pub const soft_columns_of = entries(table.SoftColumnsFn, soft_columns.kernels);
