//! Reductions of a view to one number.
//!
//! The order of the additions is fixed by the length alone, so neither the width of the registers
//! nor the number of threads shows in the result: element i of a chunk belongs to lane i mod 128
//! (8 accumulators of 16 lanes), the lanes of a chunk are added in a fixed tree, and chunks are
//! added in float64. Within a chunk a float32 lane adds at most 16 values, which bounds the error
//! by that of NumPy's pairwise summation (Higham, "Accuracy and Stability of Numerical
//! Algorithms", 2nd ed., section 4.2).

const std = @import("std");
const builtin = @import("builtin");
const ahead = @import("ahead.zig");
const simd = @import("simd.zig");
const table = @import("table.zig");
const V = simd.V;
const D = simd.D;
const Fetch = table.Fetch;
const Partial = table.Partial;

pub const accumulators = 8;
pub const stride = accumulators * simd.lanes;
/// Values whose float32 partial sums are combined before they meet float64.
pub const chunk = 16 * stride;

/// Processors for which pages are fetched in turn have the widest registers.
pub inline fn isByPages(fetch: Fetch) bool {
    return simd.has_avx512 and (fetch == .few_pages or fetch == .pages);
}

const one_d: D = @splat(1);
const zero_d: D = @splat(0);

pub inline fn widen(x: V) D {
    return @floatCast(x);
}

/// Adds neighbours until one is left: the fixed tree over vectors.
pub inline fn treeOf(comptime T: type, comptime n: usize, values: [n]T, comptime combine: fn (T, T) callconv(.@"inline") T) T {
    var level = values;
    comptime var width = n;
    inline while (width > 1) : (width /= 2) {
        inline for (0..width / 2) |i| level[i] = combine(level[i], level[i + width / 2]);
    }
    return level[0];
}

pub inline fn addV(a: V, b: V) V {
    return a + b;
}

inline fn mulD(a: f64, b: f64) f64 {
    return a * b;
}

/// The same tree over the lanes of a vector: its halves are added until one lane is left.
pub inline fn sumLanes(x: D) f64 {
    const two = addHalves(4, addHalves(8, addHalves(16, x)));
    return two[0] + two[1];
}

pub inline fn addHalves(comptime n: usize, x: @Vector(n, f64)) @Vector(n / 2, f64) {
    const lanes: [n]f64 = x;
    const low: @Vector(n / 2, f64) = lanes[0 .. n / 2].*;
    const high: @Vector(n / 2, f64) = lanes[n / 2 ..].*;
    return low + high;
}

/// A sum of terms over one or two views, which are read by `Unit`: one view by halves of a vector,
/// which come from the third cache 8 % sooner (AMD Zen 4, 16 MB).
fn SumOf(comptime Terms: type) type {
    return struct {
        inline fn chunkSum(terms: Terms, start: usize, length: usize) V {
            const unit = simd.lanesOf(Terms.Unit);
            var units: [stride / unit]Terms.Unit = @splat(@splat(0));
            var i: usize = 0;
            while (i + stride <= length) : (i += stride) {
                inline for (&units, 0..) |*each, j| {
                    if (j * unit % simd.lanes == 0) terms.fetchAhead(start + i, j * unit);
                    each.* = terms.accumulate(each.*, start + i + j * unit);
                }
            }
            var acc: [accumulators]V = @bitCast(units);
            // At most seven whole vectors and a part of one are left of the last chunk.
            inline for (&acc) |*lane| {
                if (i + simd.lanes <= length) {
                    lane.* = terms.accumulate(lane.*, start + i);
                    i += simd.lanes;
                } else if (i < length) {
                    lane.* = terms.accumulatePartial(lane.*, start + i, length - i);
                    i = length;
                }
            }
            return treeOf(V, accumulators, acc, addV);
        }

        inline fn inLanes(terms: Terms, n: usize) D {
            var acc = zero_d;
            var start: usize = 0;
            while (start < n) : (start += chunk) {
                acc += widen(chunkSum(terms, start, @min(chunk, n - start)));
            }
            return acc;
        }
    };
}

const Values = struct {
    a: [*]const f32,
    fetch: Fetch,

    const Unit = simd.H;

    /// Two lines ahead, for the order in which they are asked for; the processor fetches the rest in time.
    inline fn fetchAhead(terms: Values, i: usize, comptime offset: usize) void {
        if (offset == 0 and isByPages(terms.fetch)) ahead.fetchBlock(1, terms.fetch, terms.a + i);
        @prefetch(terms.a + i + offset + 2 * simd.lanes, .{ .locality = 3 });
    }

    inline fn accumulate(terms: Values, acc: anytype, i: usize) @TypeOf(acc) {
        return acc + simd.loadAs(@TypeOf(acc), terms.a + i);
    }

    inline fn accumulatePartial(terms: Values, acc: V, i: usize, count: usize) V {
        return acc + simd.loadPartial(terms.a + i, count, 0);
    }
};

/// A sum before its lanes are added up.
pub noinline fn sumInLanes(a: [*]const f32, n: usize, fetch: Fetch) D {
    return SumOf(Values).inLanes(.{ .a = a, .fetch = fetch }, n);
}

/// The lanes of one chunk.
pub inline fn sumOfChunk(a: [*]const f32, n: usize, fetch: Fetch) V {
    return SumOf(Values).chunkSum(.{ .a = a, .fetch = fetch }, 0, n);
}

/// The lanes of a chunk that fills not more than `vectors`, a power of two; a 0 may be -0 here, since
/// nothing is added to zeros as `chunkSum` does: rows of 10 to 100 are summed 5 % faster.
pub inline fn sumOfFew(comptime vectors: usize, a: [*]const f32, n: usize) V {
    var acc: [vectors]V = undefined;
    inline for (&acc, 0..) |*lane, j| {
        const start = j * simd.lanes;
        lane.* = if (start + simd.lanes <= n)
            simd.load(a + start)
        else if (start < n)
            simd.loadPartial(a + start, n - start, 0)
        else
            simd.splat(0);
    }
    return treeOf(V, vectors, acc, addV);
}

const Products = struct {
    a: [*]const f32,
    b: [*]const f32,
    fetch: Fetch,

    const Unit = V;
    const lines_ahead = 1024;

    /// Of two views from memory the processor fetches too little by itself.
    inline fn fetchAhead(terms: Products, i: usize, comptime offset: usize) void {
        if (simd.is_compact or offset != 0 or terms.fetch == .none) return;
        inline for (.{ terms.a, terms.b }) |view| {
            if (isByPages(terms.fetch)) ahead.fetchBlock(2, terms.fetch, view + i) else inline for (0..accumulators) |j| {
                @prefetch(view + i + lines_ahead + j * simd.lanes, .{ .locality = 2 });
            }
        }
    }

    inline fn accumulate(terms: Products, acc: V, i: usize) V {
        return simd.fma(simd.load(terms.a + i), simd.load(terms.b + i), acc);
    }

    inline fn accumulatePartial(terms: Products, acc: V, i: usize, count: usize) V {
        const a = simd.loadPartial(terms.a + i, count, 0);
        const b = simd.loadPartial(terms.b + i, count, 0);
        return simd.fma(a, b, acc);
    }
};

/// Folds a view into float64 lanes, four vectors at a time: for results whose terms do not fit
/// float32 (squares, products).
inline fn foldWide(
    comptime State: type,
    a: [*]const f32,
    n: usize,
    fill: f32,
    fetch: Fetch,
    initial: State,
) [4]State {
    var state: [4]State = @splat(initial);
    var i: usize = 0;
    while (i + 4 * simd.lanes <= n) : (i += 4 * simd.lanes) {
        if (isByPages(fetch) and i % ahead.block_floats == 0) ahead.fetchBlock(1, fetch, a + i);
        inline for (&state, 0..) |*s, j| s.step(widen(simd.load(a + i + j * simd.lanes)));
    }
    inline for (&state) |*s| {
        if (i < n) {
            const count = @min(simd.lanes, n - i);
            s.step(widen(simd.loadPartial(a + i, count, fill)));
            i += count;
        }
    }
    return state;
}

pub const Squares = struct {
    sum: D = zero_d,

    pub inline fn step(s: *Squares, x: D) void {
        // The square of a float32 is exact in float64, so a fused addition rounds as two steps.
        s.sum = if (simd.has_fma) @mulAdd(D, x, x, s.sum) else s.sum + x * x;
    }
};

pub const Product = struct {
    product: D = one_d,

    pub inline fn step(s: *Product, x: D) void {
        s.product *= x;
    }
};

/// 1, unknown to the compiler, which would make x·1 - shift a subtraction.
inline fn unknownOne() f64 {
    return switch (builtin.cpu.arch) {
        .x86_64 => asm (""
            : [one] "=x" (-> f64),
            : [value] "0" (@as(f64, 1)),
        ),
        else => 1,
    };
}

/// Sums of x - shift and of (x - shift)². The shift is itself a datum, at most sqrt(n) standard
/// deviations from the mean, so the cancellation costs at most a factor n over the 2^-53 of
/// float64 (Chan, Golub and LeVeque, "Algorithms for Computing the Sample Variance", The American
/// Statistician 37(3), 1983).
pub const Moments = struct {
    shift: D,
    one: D,
    sum: D = zero_d,
    square_sum: D = zero_d,

    pub inline fn init(shift: D) Moments {
        return .{ .shift = shift, .one = @splat(unknownOne()) };
    }

    pub inline fn step(s: *Moments, x: D) void {
        // x - shift, on the pipes that multiply: those that add are busy with the sums.
        const d = if (simd.has_fma) @mulAdd(D, x, s.one, -s.shift) else x - s.shift;
        s.sum += d;
        s.square_sum += d * d;
    }
};

/// Sums of x - shift and of (x - shift)² over some elements.
inline fn momentsOf(a: [*]const f32, n: usize, shift: f32, fetch: Fetch) Partial {
    // The filler equals the shift: its deviation is 0.
    const folded = foldWide(Moments, a, n, shift, fetch, .init(@splat(shift)));
    return .{
        .value = sumLanes((folded[0].sum + folded[1].sum) + (folded[2].sum + folded[3].sum)),
        .second = sumLanes((folded[0].square_sum + folded[1].square_sum) +
            (folded[2].square_sum + folded[3].square_sum)),
    };
}

/// Mean and sum of squared deviations, as `variance` has them of as many elements as a part.
pub fn moments(a: [*]const f32, n: usize) table.MeanAndDeviation {
    return table.meanAndDeviation(momentsOf(a, n, a[0], .none), a[0], n);
}

pub const Extreme = enum {
    max,
    min,

    /// The better of acc and x; acc where they are equal or x is NaN.
    pub inline fn select(comptime which: Extreme, x: anytype, acc: @TypeOf(x)) @TypeOf(x) {
        return @select(f32, if (which == .max) x > acc else x < acc, x, acc);
    }

    /// The best of all lanes, in every lane.
    pub inline fn ofLanes(comptime which: Extreme, x: V) V {
        var best = x;
        inline for (.{ 8, 4, 2, 1 }) |distance| {
            best = which.select(std.simd.rotateElementsLeft(best, distance), best);
        }
        return best;
    }

    inline fn better(comptime which: Extreme, x: f32, best: f32) bool {
        return if (which == .max) x > best else x < best;
    }

    inline fn worst(comptime which: Extreme) f32 {
        return if (which == .max) -std.math.inf(f32) else std.math.inf(f32);
    }
};

const extreme_accumulators = 8;

/// AVX-512 reads more elements than these by halves of a vector, as sums are read: fewer come from the
/// first caches, where twice as many comparisons take longer.
const whole_max = 8192;

/// The largest (smallest) value of a, or NaN if there is one; of the two zeros, any that is there.
/// n may be any length, 0 included.
pub noinline fn extreme(comptime which: Extreme, a: [*]const f32, n: usize, fetch: Fetch) f32 {
    const by_halves = simd.has_avx512 and n > whole_max;
    return if (by_halves) extremeBy(simd.H, which, a, n, fetch) else extremeBy(V, which, a, n, fetch);
}

inline fn extremeBy(
    comptime Unit: type,
    comptime which: Extreme,
    a: [*]const f32,
    n: usize,
    fetch: Fetch,
) f32 {
    const worst = which.worst();
    const unit = simd.lanesOf(Unit);
    const step = extreme_accumulators * simd.lanes;
    var units: [step / unit]Unit = @splat(@splat(worst));
    var unordered: [extreme_accumulators / 2]@Vector(unit, bool) = @splat(@splat(false));
    var i: usize = 0;
    while (i + step <= n) : (i += step) {
        if (isByPages(fetch)) ahead.fetchBlock(1, fetch, a + i);
        inline for (0..units.len / 2) |pair| {
            const x = simd.loadAs(Unit, a + i + 2 * pair * unit);
            const y = simd.loadAs(Unit, a + i + (2 * pair + 1) * unit);
            units[2 * pair] = which.select(x, units[2 * pair]);
            units[2 * pair + 1] = which.select(y, units[2 * pair + 1]);
            // One comparison of the two.
            const nan = &unordered[pair % unordered.len];
            nan.* = nan.* | ((x != x) | (y != y));
        }
    }
    var has_nan = @reduce(.Or, (unordered[0] | unordered[1]) | (unordered[2] | unordered[3]));
    var acc: [extreme_accumulators]V = @bitCast(units);
    while (i < n) {
        const count = @min(simd.lanes, n - i);
        const x = simd.loadPartial(a + i, count, worst);
        acc[0] = which.select(x, acc[0]);
        has_nan = has_nan or @reduce(.Or, x != x);
        i += count;
    }
    if (has_nan) return std.math.nan(f32);
    return which.ofLanes(treeOf(V, extreme_accumulators, acc, if (which == .max) maxV else minV))[0];
}

inline fn maxV(a: V, b: V) V {
    return Extreme.max.select(a, b);
}

inline fn minV(a: V, b: V) V {
    return Extreme.min.select(a, b);
}

/// As `extreme`; 0 is above -0.
inline fn signedExtreme(comptime which: Extreme, a: [*]const f32, n: usize, fetch: Fetch) f32 {
    const best = extreme(which, a, n, fetch);
    if (best != 0) return best;
    // Nothing is beyond 0: what has the sign of the better zero is that zero.
    const wanted: f32 = if (which == .max) 0 else -0.0;
    return if (hasSignOf(wanted, a, n)) wanted else -wanted;
}

noinline fn hasSignOf(x: f32, a: [*]const f32, n: usize) bool {
    const vectors = 4;
    const sign: u32 = 1 << 31;
    // Makes the sign that is looked for a 1.
    const flip = ~@as(u32, @bitCast(x)) & sign;
    var units: [vectors]@Vector(simd.lanes, u32) = @splat(@splat(0));
    var i: usize = 0;
    while (i + vectors * simd.lanes <= n) : (i += vectors * simd.lanes) {
        inline for (&units, 0..) |*found, j| {
            const values: @Vector(simd.lanes, u32) = @bitCast(simd.load(a + i + j * simd.lanes));
            found.* |= values ^ @as(@Vector(simd.lanes, u32), @splat(flip));
        }
    }
    var found = @reduce(.Or, (units[0] | units[1]) | (units[2] | units[3]));
    for (a[i..n]) |value| found |= @as(u32, @bitCast(value)) ^ flip;
    return found & sign != 0;
}

/// Where a value, or NaN, is for the first time; it is there. Several vectors are looked through
/// between two branches, which nobody can foresee.
pub noinline fn indexOf(a: []const f32, value: f32) usize {
    const wanted = simd.splat(value);
    const vectors = 4;
    var i: usize = 0;
    while (true) : (i += vectors * simd.lanes) {
        var found: [vectors]simd.Mask = @splat(@splat(false));
        inline for (&found, 0..) |*mask, j| {
            const start = i + j * simd.lanes;
            if (start < a.len) {
                const count = @min(simd.lanes, a.len - start);
                const x = if (count == simd.lanes)
                    simd.load(a.ptr + start)
                else
                    simd.loadPartial(a.ptr + start, count, value);
                // What fills the last vector is behind what is there.
                mask.* = if (value == value) x == wanted else x != x;
            }
        }
        const bits: u64 = @bitCast(found);
        if (bits != 0) return i + @ctz(bits);
    }
}

/// Elements that are compared by their best value before one of them is looked for.
const block = 4096;

/// The best value, and the index of the first of it: of the first NaN if there is one. Whole
/// blocks are compared by their best value; only the block that wins is searched.
inline fn argExtreme(comptime which: Extreme, a: [*]const f32, n: usize, fetch: Fetch) Partial {
    var best_start: usize = 0;
    var best = extreme(which, a, @min(block, n), fetch);
    var start: usize = block;
    while (start < n and best == best) : (start += block) {
        const candidate = extreme(which, a + start, @min(block, n - start), fetch);
        if (candidate != candidate or which.better(candidate, best)) {
            best = candidate;
            best_start = start;
        }
    }
    const index = best_start + indexOf(a[best_start..n], best);
    return .{ .value = best, .second = @floatFromInt(index) };
}

/// The bodies of the table's rows, under the names of their kinds.
const bodies = struct {
    fn sum(a: [*]const f32, n: usize, _: f32, fetch: Fetch, result: *Partial) callconv(table.cc) void {
        result.* = .{ .value = sumLanes(sumInLanes(a, n, fetch)) };
    }

    fn product(a: [*]const f32, n: usize, _: f32, fetch: Fetch, result: *Partial) callconv(table.cc) void {
        const folded = foldWide(Product, a, n, 1, fetch, .{});
        const lanes = (folded[0].product * folded[1].product) * (folded[2].product * folded[3].product);
        result.* = .{ .value = treeOf(f64, simd.lanes, lanes, mulD) };
    }

    fn squares(a: [*]const f32, n: usize, _: f32, fetch: Fetch, result: *Partial) callconv(table.cc) void {
        const folded = foldWide(Squares, a, n, 0, fetch, .{});
        result.* = .{ .value = sumLanes((folded[0].sum + folded[1].sum) + (folded[2].sum + folded[3].sum)) };
    }

    fn moments(a: [*]const f32, n: usize, shift: f32, fetch: Fetch, result: *Partial) callconv(table.cc) void {
        result.* = momentsOf(a, n, shift, fetch);
    }

    fn max(a: [*]const f32, n: usize, _: f32, fetch: Fetch, result: *Partial) callconv(table.cc) void {
        result.* = .{ .value = signedExtreme(.max, a, n, fetch) };
    }

    fn min(a: [*]const f32, n: usize, _: f32, fetch: Fetch, result: *Partial) callconv(table.cc) void {
        result.* = .{ .value = signedExtreme(.min, a, n, fetch) };
    }

    fn argmax(a: [*]const f32, n: usize, _: f32, fetch: Fetch, result: *Partial) callconv(table.cc) void {
        result.* = argExtreme(.max, a, n, fetch);
    }

    fn argmin(a: [*]const f32, n: usize, _: f32, fetch: Fetch, result: *Partial) callconv(table.cc) void {
        result.* = argExtreme(.min, a, n, fetch);
    }
};

pub fn dot(a: [*]const f32, b: [*]const f32, n: usize, fetch: Fetch) callconv(table.cc) f64 {
    return sumLanes(SumOf(Products).inLanes(.{ .a = a, .b = b, .fetch = fetch }, n));
}

pub const parts = blk: {
    var result: table.Parts = undefined;
    for (@typeInfo(table.Parts).@"struct".fields) |field| {
        @field(result, field.name) = &@field(bodies, field.name);
    }
    break :blk result;
};
