//! Reductions of many contiguous rows, each with the bits of `reduce.zig`. What takes long in a
//! short row is to make one number of the lanes of its last vector, and the call: here the vectors of
//! several rows are folded side by side, one row to a lane at the end.

const std = @import("std");
const reduce = @import("reduce.zig");
const simd = @import("simd.zig");
const table = @import("table.zig");
const V = simd.V;
const I = simd.I;
const U = simd.U;
const Rows = table.Rows;

/// Half the lanes of a row's total.
const half_lanes = simd.lanes / 2;
const Half = @Vector(half_lanes, f64);

comptime {
    std.debug.assert(Rows.unit == simd.lanes);
}

/// The first (or second) halves of the segments of a and then of b, which are `size` lanes long.
fn halves(comptime lanes: usize, comptime size: usize, comptime second: bool) @Vector(lanes, i32) {
    var mask: [lanes]i32 = undefined;
    for (&mask, 0..) |*lane, i| {
        const of_b = i >= lanes / 2;
        const j = i % (lanes / 2);
        const from = j / (size / 2) * size + j % (size / 2) + if (second) size / 2 else 0;
        const source: i32 = @intCast(from);
        lane.* = if (of_b) ~source else source;
    }
    return mask;
}

/// Lane i is what the tree of `reduce.sumLanes` makes of the lanes of rows[i].
inline fn foldLanes(rows: anytype, comptime combine: anytype) @TypeOf(rows[0]) {
    const Vector = @TypeOf(rows[0]);
    const lanes = simd.lanesOf(Vector);
    const T = @typeInfo(Vector).vector.child;
    comptime std.debug.assert(rows.len == lanes);
    var level = rows;
    comptime var size = lanes;
    inline while (size > 1) : (size /= 2) {
        // As many vectors are left as their segments are long.
        inline for (0..size / 2) |i| {
            const a, const b = .{ level[2 * i], level[2 * i + 1] };
            level[i] = combine(
                @shuffle(T, a, b, halves(lanes, size, false)),
                @shuffle(T, a, b, halves(lanes, size, true)),
            );
        }
    }
    return level[0];
}

inline fn add(a: Half, b: Half) Half {
    return a + b;
}

/// Rows whose vectors are kept until they are folded.
const rows_per_pass = 16;

/// The halves of the lanes of every row's sum, added; `vectors` are as many as a row fills, or more
/// than a tree has.
fn sumHalves(comptime vectors: usize, p: *const Rows, first: usize, to: []Half) void {
    var row = p.a + @as(usize, @bitCast(p.stride)) *% first;
    for (to) |*sum| {
        const lanes = if (vectors <= reduce.accumulators)
            reduce.widen(reduce.sumOfFew(vectors, row, p.n))
        else if (!simd.is_compact and p.n <= reduce.chunk)
            reduce.widen(reduce.sumOfChunk(row, p.n, p.fetch))
        else
            reduce.sumInLanes(row, p.n, p.fetch);
        sum.* = reduce.addHalves(simd.lanes, lanes);
        row += @as(usize, @bitCast(p.stride));
    }
}

pub fn sumRows(p: *const Rows) callconv(table.cc) void {
    const vectors = (p.n + simd.lanes - 1) / simd.lanes;
    var rows: [rows_per_pass]Half = undefined;
    var first: usize = 0;
    while (first < p.count) : (first += rows_per_pass) {
        const now = rows[0..@min(rows_per_pass, p.count - first)];
        switch (if (simd.is_compact) reduce.accumulators + 1 else vectors) {
            1 => sumHalves(1, p, first, now),
            2 => sumHalves(2, p, first, now),
            3...4 => sumHalves(4, p, first, now),
            5...8 => sumHalves(8, p, first, now),
            else => sumHalves(reduce.accumulators + 1, p, first, now),
        }
        // The last rows are folded beside nothing.
        for (rows[now.len..std.mem.alignForward(usize, now.len, half_lanes)]) |*row| row.* = @splat(0);
        var done: usize = 0;
        while (done < now.len) : (done += half_lanes) {
            const total = foldLanes(rows[done..][0..half_lanes].*, add);
            // A sum begins with 0: that of nothing but -0 is 0.
            p.results[first + done ..][0..half_lanes].* = @as(Half, @splat(0)) + total;
        }
    }
}

/// Numbers as integers of the same order, those of negative ones counting downwards, or, with all
/// bits flipped, of the opposite order: then the largest is the smallest number. NaN is above all.
/// 0 is above -0.
const Key = struct {
    flip: I,

    inline fn of(key: Key, x: V) I {
        return @select(i32, x != x, simd.splatInt(std.math.maxInt(i32)), turned(@bitCast(x)) ^ key.flip);
    }

    inline fn number(key: Key, k: I) V {
        const x: V = @bitCast(turned(k ^ key.flip));
        return @select(f32, x != x, simd.splat(std.math.nan(f32)), x);
    }

    inline fn turned(x: I) I {
        const signs: U = @bitCast(x >> @splat(31));
        return x ^ @as(I, @bitCast(signs >> @splat(1)));
    }
};

inline fn larger(a: I, b: I) I {
    return @max(a, b);
}

/// The best value, or NaN, of each of some rows, as many as fit a vector.
noinline fn bestOf(p: *const Rows, first: usize, count: usize, is_min: bool) V {
    const key: Key = .{ .flip = simd.splatInt(if (is_min) -1 else 0) };
    const worst = if (is_min) std.math.inf(f32) else -std.math.inf(f32);
    const whole = p.n / simd.lanes * simd.lanes;
    var rows: [simd.lanes]I = undefined;
    var row = p.a + @as(usize, @bitCast(p.stride)) *% first;
    for (rows[0..count]) |*best| {
        var known = key.of(simd.loadPartial(row + whole, p.n - whole, worst));
        var i: usize = 0;
        while (i < whole) : (i += simd.lanes) known = larger(known, key.of(simd.load(row + i)));
        best.* = known;
        row += @bitCast(p.stride);
    }
    for (rows[count..]) |*row_beside| row_beside.* = @splat(0);
    return key.number(foldLanes(rows, larger));
}

pub fn extremeRows(p: *const Rows, kind: table.RowExtreme) callconv(table.cc) void {
    const is_min = kind == .min or kind == .argmin;
    var row = p.a;
    var first: usize = 0;
    while (first < p.count) : (first += simd.lanes) {
        const count = @min(simd.lanes, p.count - first);
        const best = bestOf(p, first, count, is_min);
        const results = p.results[first..][0..simd.lanes];
        if (kind == .max or kind == .min) {
            const wide: [simd.lanes]f64 = reduce.widen(best);
            results.* = wide;
            continue;
        }
        const values: [simd.lanes]f32 = best;
        for (values[0..count], results[0..count]) |value, *result| {
            result.* = @floatFromInt(reduce.indexOf(row[0..p.n], value));
            row += @bitCast(p.stride);
        }
    }
}
