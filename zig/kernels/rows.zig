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

/// Sum of exp(x - max) over a row in float64 lanes; every term is stored when `out` is given.
const ExpSum = struct {
    a: [*]const f32,
    out: ?[*]f32,
    max: V,
    sum: D = @splat(0),

    inline fn step(s: *ExpSum, i: usize, count: usize) void {
        // The filler's term is exp(-inf) = 0.
        const x = loadUpTo(s.a + i, count, -std.math.inf(f32));
        const e = math.exp(x - s.max);
        if (s.out) |out| storeUpTo(out + i, e, count);
        const term = if (count == simd.lanes) e else @select(f32, simd.firstLanes(count), e, simd.splat(0));
        s.sum += @as(D, @floatCast(term));
    }
};

fn expSum(a: [*]const f32, out: ?[*]f32, cols: usize, max: f32) f64 {
    var state: ExpSum = .{ .a = a, .out = out, .max = simd.splat(max) };
    forEachVector(cols, &state, ExpSum.step);
    return reduce.sumLanes(state.sum);
}

const bodies = struct {
    fn softmax(a: [*]const f32, out: [*]f32, rows: usize, cols: usize) callconv(.c) void {
        for (0..rows) |r| {
            const row = a + r * cols;
            const row_out = out + r * cols;
            const max = reduce.extreme(.max, row, cols);
            const sum = simd.splat(@floatCast(expSum(row, row_out, cols, max)));
            forEachVector(cols, .{ row_out, sum }, struct {
                inline fn scale(context: struct { [*]f32, V }, i: usize, count: usize) void {
                    const data, const divisor = context;
                    storeUpTo(data + i, loadUpTo(data + i, count, 0) / divisor, count);
                }
            }.scale);
        }
    }

    /// (x - max) - log(sum of exp(x - max)).
    fn logSoftmax(a: [*]const f32, out: [*]f32, rows: usize, cols: usize) callconv(.c) void {
        for (0..rows) |r| {
            const row = a + r * cols;
            const max = reduce.extreme(.max, row, cols);
            const sum: f32 = @floatCast(expSum(row, null, cols, max));
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
