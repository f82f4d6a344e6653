//! softmax and its logarithm of columns, sixteen side by side: each has the bits that `rows.zig` gives
//! it as a row, since what is a lane there is a row here, and lanes are added in the same order.

const std = @import("std");
const math = @import("math.zig");
const reduce = @import("reduce.zig");
const rows = @import("rows.zig");
const simd = @import("simd.zig");
const table = @import("table.zig");
const V = simd.V;
const D = simd.D;
const most = table.SoftColumns.most;
const group = rows.group;

/// Rows of memory, `stride` apart.
fn Rows(comptime Pointer: type) type {
    return struct {
        first: Pointer,
        stride: isize,

        inline fn at(r: @This(), i: usize) Pointer {
            return r.first + @as(usize, @bitCast(r.stride)) *% i;
        }
    };
}

const Strip = struct {
    a: Rows([*]const f32),
    out: Rows([*]f32),
    n: usize,
    terms: [most]V = undefined,

    /// The largest values that are not NaN.
    fn largest(s: *const Strip) V {
        var max = simd.splat(-std.math.inf(f32));
        for (0..s.n) |i| max = reduce.Extreme.max.select(simd.load(s.a.at(i)), max);
        return max;
    }

    noinline fn computeTerms(s: *Strip, max: V) void {
        var i: usize = 0;
        while (i + group <= s.n) : (i += group) {
            var x: [group]V = undefined;
            inline for (&x, 0..) |*each, j| each.* = simd.load(s.a.at(i + j)) - max;
            s.terms[i..][0..group].* = rows.expOfGroup(x);
        }
        while (i < s.n) : (i += 1) s.terms[i] = rows.termOf(simd.load(s.a.at(i)) - max);
    }

    /// Sums of the terms, lane by lane of a row: of four vectors of it at a time in float32. Lanes that
    /// nothing is added to change no sum.
    noinline fn sum(s: *const Strip) D {
        if (s.n <= 4) {
            var few: [4]D = @splat(@splat(0));
            inline for (&few, s.terms[0..4], 0..) |*each, e, i| if (i < s.n) {
                each.* = @floatCast(e);
            };
            return (few[0] + few[2]) + (few[1] + few[3]);
        }
        var totals: [simd.lanes]D = @splat(@splat(0));
        var i: usize = 0;
        while (i + rows.group_lanes <= s.n) : (i += rows.group_lanes) {
            for (&totals, 0..) |*total, l| {
                var e: [group]V = undefined;
                inline for (&e, 0..) |*each, j| each.* = s.terms[i + j * simd.lanes + l];
                total.* += @as(D, @floatCast((e[0] + e[1]) + (e[2] + e[3])));
            }
        }
        while (i < s.n) : (i += 1) totals[i % simd.lanes] += @as(D, @floatCast(s.terms[i]));
        inline for (.{ 8, 4, 2, 1 }) |lanes| {
            for (totals[0..lanes], totals[lanes..][0..lanes]) |*total, other| total.* += other;
        }
        return totals[0];
    }

    fn softmax(s: *Strip) void {
        s.computeTerms(s.largest());
        const factor: V = @floatCast(@as(D, @splat(1)) / s.sum());
        for (0..s.n) |i| simd.store(s.out.at(i), s.terms[i] * factor);
    }

    fn logSoftmax(s: *Strip) void {
        const max = s.largest();
        s.computeTerms(max);
        const log_sum = math.log(@as(V, @floatCast(s.sum())));
        for (0..s.n) |i| simd.store(s.out.at(i), (simd.load(s.a.at(i)) - max) - log_sum);
    }
};

const OfStrip = fn (*Strip) void;

/// Strip by strip, each of a vector's columns.
noinline fn run(p: *const table.SoftColumns, ofStrip: *const OfStrip) void {
    var strip: Strip = .{
        .a = .{ .first = p.a, .stride = p.a_stride },
        .out = .{ .first = p.out, .stride = p.out_stride },
        .n = p.n,
    };
    var left = p.cols;
    while (left >= simd.lanes) : (left -= simd.lanes) {
        ofStrip(&strip);
        strip.a.first += simd.lanes;
        strip.out.first += simd.lanes;
    }
    if (left == 0) return;
    // Less than a vector, by way of a buffer.
    var room: [most]V = undefined;
    for (room[0..strip.n], 0..) |*row, i| row.* = simd.loadPartial(strip.a.at(i), left, 0);
    const out = strip.out;
    strip.out = .{ .first = @ptrCast(&room), .stride = simd.lanes };
    strip.a = .{ .first = strip.out.first, .stride = simd.lanes };
    ofStrip(&strip);
    for (room[0..strip.n], 0..) |row, i| simd.storePartial(out.at(i), row, left);
}

/// By the operation's name.
pub const kernels = struct {
    pub fn softmax(p: *const table.SoftColumns) callconv(table.cc) void {
        run(p, &Strip.softmax);
    }

    pub fn logSoftmax(p: *const table.SoftColumns) callconv(table.cc) void {
        run(p, &Strip.logSoftmax);
    }
};
