//! Operations over each row of a matrix: softmax, its logarithm, layer normalisation.
//! The sums over a row have the fixed lanes and chunks of `reduce.zig`.

const std = @import("std");
const simd = @import("simd.zig");
const math = @import("math.zig");
const ops = @import("../ops.zig");
const reduce = @import("reduce.zig");
const table = @import("table.zig");
const V = simd.V;
const D = simd.D;

/// Calls body(i, count) for every vector of a row; count is 16 but for the last.
inline fn forEachVector(n: usize, context: anytype, comptime body: anytype) void {
    var i: usize = 0;
    while (i + simd.lanes <= n) : (i += simd.lanes) body(context, i, simd.lanes);
    if (i < n) body(context, i, n - i);
}

inline fn loadUpTo(p: [*]const f32, count: usize, fill: f32) V {
    return if (count == simd.lanes) simd.load(p) else simd.loadPartial(p, count, fill);
}

inline fn storeUpTo(p: [*]f32, v: V, count: usize) void {
    if (count == simd.lanes) simd.store(p, v) else simd.storePartial(p, v, count);
}

/// The largest value that is not NaN; -inf of nothing.
fn maxOf(a: [*]const f32, n: usize) f32 {
    const lowest = -std.math.inf(f32);
    var acc: [group]V = @splat(simd.splat(lowest));
    var i: usize = 0;
    while (i + group * simd.lanes <= n) : (i += group * simd.lanes) {
        inline for (&acc, 0..) |*max, j| max.* = greater(simd.load(a + i + j * simd.lanes), max.*);
    }
    while (i < n) : (i += simd.lanes) {
        acc[0] = greater(simd.loadPartial(a + i, @min(simd.lanes, n - i), lowest), acc[0]);
    }
    return @reduce(.Max, greater(greater(acc[0], acc[1]), greater(acc[2], acc[3])));
}

/// acc where x is NaN.
inline fn greater(x: V, acc: V) V {
    return @select(f32, x > acc, x, acc);
}

/// Vectors that are computed together.
const group = 4;

/// Sum of exp(x - max) over a row. Terms of four vectors are added in float32 and then in float64;
/// every term is stored when `out` is given. A NaN or an infinity in the row becomes a NaN.
const ExpSum = struct {
    a: [*]const f32,
    max: V,
    sum: D = @splat(0),

    /// The terms of vectors that are whole.
    inline fn terms(s: *const ExpSum, i: usize) [group]V {
        var x: [group]V = undefined;
        inline for (&x, 0..) |*each, j| each.* = simd.load(s.a + i + j * simd.lanes) - s.max;
        // One question for all of them. A NaN has more bits than any number.
        const sizes = .{ sizeOf(x[0]), sizeOf(x[1]), sizeOf(x[2]), sizeOf(x[3]) };
        const largest = @max(@max(sizes[0], sizes[1]), @max(sizes[2], sizes[3]));
        if (@reduce(.And, largest <= sizeOf(simd.splat(math.exp_bound)))) {
            @branchHint(.likely);
            inline for (&x) |*each| each.* = math.expUsual(each.*);
        } else inline for (&x) |*each| {
            each.* = expOutOfTheWay(each.*);
        }
        return x;
    }

    inline fn step(s: *ExpSum, i: usize, comptime store: bool, out: [*]f32) void {
        const e = s.terms(i);
        if (store) inline for (e, 0..) |each, j| simd.store(out + i + j * simd.lanes, each);
        s.sum += @as(D, @floatCast((e[0] + e[1]) + (e[2] + e[3])));
    }

    inline fn last(s: *ExpSum, i: usize, count: usize, comptime store: bool, out: [*]f32) void {
        // The filler's term is exp(-inf) = 0, unless max is infinite and the row NaN anyway.
        const e = math.exp(simd.loadPartial(s.a + i, count, -std.math.inf(f32)) - s.max);
        if (store) simd.storePartial(out + i, e, count);
        s.sum += @as(D, @floatCast(e));
    }
};

/// The bits of |x|, which order as the values do.
inline fn sizeOf(x: V) simd.U {
    return simd.bits(@abs(x));
}

noinline fn expOutOfTheWay(x: V) V {
    return math.exp(x);
}

fn expSum(comptime store: bool, a: [*]const f32, out: [*]f32, cols: usize, max: f32) f64 {
    var state: ExpSum = .{ .a = a, .max = simd.splat(max) };
    var i: usize = 0;
    while (i + group * simd.lanes <= cols) : (i += group * simd.lanes) state.step(i, store, out);
    while (i < cols) : (i += simd.lanes) state.last(i, @min(simd.lanes, cols - i), store, out);
    return reduce.sumLanes(state.sum);
}

const bodies = struct {
    fn softmax(a: [*]const f32, out: [*]f32, rows: usize, cols: usize) callconv(.c) void {
        for (0..rows) |r| {
            const row = a + r * cols;
            const row_out = out + r * cols;
            const sum = expSum(true, row, row_out, cols, maxOf(row, cols));
            // Rounded once, so that a product is as good as a quotient by the rounded sum.
            const factor = simd.splat(@floatCast(1 / sum));
            forEachVector(cols, .{ row_out, factor }, struct {
                inline fn scale(context: struct { [*]f32, V }, i: usize, count: usize) void {
                    const data, const by = context;
                    storeUpTo(data + i, loadUpTo(data + i, count, 0) * by, count);
                }
            }.scale);
        }
    }

    /// (x - max) - log(sum of exp(x - max)).
    fn logSoftmax(a: [*]const f32, out: [*]f32, rows: usize, cols: usize) callconv(.c) void {
        for (0..rows) |r| {
            const row = a + r * cols;
            const max = maxOf(row, cols);
            const sum: f32 = @floatCast(expSum(false, row, undefined, cols, max));
            const log_sum = math.log(simd.splat(sum));
            const context = .{ row, out + r * cols, simd.splat(max), log_sum };
            forEachVector(cols, context, struct {
                inline fn shift(
                    c: struct { [*]const f32, [*]f32, V, V },
                    i: usize,
                    count: usize,
                ) void {
                    const from, const to, const row_max, const row_log_sum = c;
                    const x = loadUpTo(from + i, count, 0);
                    storeUpTo(to + i, (x - row_max) - row_log_sum, count);
                }
            }.shift);
        }
    }
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
        const x = loadUpTo(s.row + i, count, 0);
        // The mean in two parts: rows far from 0 lose nothing of their deviations.
        var y = ((x - s.mean_high) - s.mean_low) * s.scale;
        if (s.weight) |weight| y *= loadUpTo(weight + i, count, 0);
        if (s.bias) |bias| y += loadUpTo(bias + i, count, 0);
        storeUpTo(s.out + i, y, count);
    }
};

pub fn layerNorm(p: *const table.LayerNorm) callconv(.c) void {
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
        forEachVector(p.cols, &state, Normalise.step);
    }
}

pub const row_wise = blk: {
    var result: [ops.row_wise.len]table.RowWiseFn = undefined;
    for (ops.row_wise, &result) |row, *entry| entry.* = &@field(bodies, row.name);
    break :blk result;
};
