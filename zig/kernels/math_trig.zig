//! sin, cos and tan of every finite float32: in float32 where the reduced argument can be had in two of
//! them, else in float64.

const std = @import("std");
const simd = @import("simd.zig");
const math_exp = @import("math_exp.zig");
const wide = @import("wide.zig");
const V = simd.V;
const D = simd.D;
const U = simd.U;

/// x = quadrant·π/2 + r, |r| ≤ π/4; the quadrant is known modulo 4.
const Reduced = struct {
    r: D,
    quadrant: U,
};

const rounder = 0x1.8p52;
const two_over_pi = 0.63661977236758134;
/// π/2 in two parts; the first has 33 bits, so its product with a quadrant below 2^20 is exact.
const half_pi_high = 1.5707963267341256;
const half_pi_low = 6.0771005065061922e-11;
/// Where the exactness of that product, and with it the first way of reducing, ends.
const large = 0x1p20;

inline fn reduce(x: V) Reduced {
    const d = wide.widen(x);
    // Cody and Waite (1980), chapter 8, in float64.
    const shifted = d * wide.splat(two_over_pi) + wide.splat(rounder);
    const n = shifted - wide.splat(rounder);
    const r = (d - n * wide.splat(half_pi_high)) - n * wide.splat(half_pi_low);
    const bits: @Vector(simd.lanes, u64) = @bitCast(shifted);
    var result: Reduced = .{ .r = r, .quadrant = @truncate(bits) };
    const is_small = @abs(x) < simd.splat(large);
    if (!@reduce(.And, is_small)) {
        @branchHint(.unlikely);
        reduceLarge(x, &result);
    }
    return result;
}

/// 1/(2π)·2^253: for the smallest value that comes here, 2^20 = 2^23·2^-3, every bit in front of
/// the binary point is a whole turn. The highest word first.
const turns = [4]u64{ 0x0517cc1b727220a9, 0x4fe13abe8fa9a6ee, 0x06db14acc9e21c82, 0x0ff28b1d5ef5de2b };

/// 64 bits of two words, from a bit of the first on. (Shifts of longer integers would be calls.)
inline fn bitsFrom(first: u64, second: u64, shift: u6) u64 {
    return (first << shift) | ((second >> 1) >> (63 - shift));
}

/// The lanes outside of ±`large` again, by Payne and Hanek (1983): of x/(2π) only the fraction
/// counts, and only some of the bits of 1/(2π) reach it.
noinline fn reduceLarge(x: V, result: *Reduced) void {
    const values: [simd.lanes]f32 = x;
    var r: [simd.lanes]f64 = result.r;
    var quadrants: [simd.lanes]u32 = result.quadrant;
    for (values, &r, &quadrants) |value, *remainder, *quadrant| {
        if (@abs(value) < large) continue;
        const bits: u32 = @bitCast(value);
        const biased: u32 = (bits >> 23) & 0xff;
        if (biased == 0xff) {
            remainder.* = std.math.nan(f64);
            continue;
        }
        // |value| = mantissa · 2^(biased - 150), and biased ≥ 147.
        const mantissa: u128 = (bits & 0x7fffff) | 0x800000;
        const words = turns[(biased - 147) / 64 ..];
        const shift: u6 = @truncate(biased - 147);
        const high: u128 = bitsFrom(words[0], words[1], shift);
        const window = high << 64 | bitsFrom(words[1], words[2], shift);
        const fraction = mantissa *% window;
        // The nearest quarter of a turn, and the signed distance to it in 2^-126 quarters.
        const nearest: u128 = (fraction +% (1 << 125)) >> 126;
        const distance: i128 = @bitCast(fraction -% (nearest << 126));
        const size: u128 = @abs(distance);
        const zeros = @clz(size);
        const leading: u64 = @truncate(if (zeros < 64) size >> 64 else size);
        const rest: u64 = if (zeros < 64) @truncate(size) else 0;
        const top: i64 = @intCast(bitsFrom(leading, rest, @truncate(zeros)) >> 11);
        const unit: f64 = @bitCast((@as(u64, 1023 - 51) - zeros) << 52);
        const angle = @as(f64, @floatFromInt(top)) * unit * (0.5 * std.math.pi);
        const is_negative = (distance < 0) != (bits >> 31 != 0);
        remainder.* = if (is_negative) -angle else angle;
        const count: u32 = @intCast(nearest & 3);
        quadrant.* = if (bits >> 31 != 0) 0 -% count else count;
    }
    result.* = .{ .r = r, .quadrant = quadrants };
}

inline fn sinOf(r: D, square: D) D {
    const p = wide.polynomial(square, &.{
        -0.16666666641631502, 0.0083333293856818475, -0.00019839334605115443, 2.7183083281190924e-6,
    });
    // In this form the sine of -0 is -0.
    return r * (wide.splat(1) + square * p);
}

inline fn cosOf(square: D) D {
    const p = wide.polynomial(square, &.{
        0.041666666622810069, -0.0013888883751834073, 2.4799519587750539e-5, -2.7210202621117284e-7,
    });
    return (wide.splat(1) - wide.splat(0.5) * square) + square * square * p;
}

/// The sine of x + offset·π/2.
inline fn sinOfQuadrant(reduced: Reduced, comptime offset: u32) V {
    const quadrant = reduced.quadrant +% @as(U, @splat(offset));
    const square = reduced.r * reduced.r;
    const one: U = @splat(1);
    const is_odd = (quadrant & one) == one;
    const value = wide.narrow(@select(f64, is_odd, cosOf(square), sinOf(reduced.r, square)));
    const sign = (quadrant & @as(U, @splat(2))) << @as(U, @splat(30));
    return simd.fromBits(simd.bits(value) ^ sign);
}

fn sinRare(x: V) V {
    return sinOfQuadrant(reduce(x), 0);
}

fn cosRare(x: V) V {
    return sinOfQuadrant(reduce(x), 1);
}

fn tanRare(x: V) V {
    const reduced = reduce(x);
    const square = reduced.r * reduced.r;
    const s = sinOf(reduced.r, square);
    const c = cosOf(square);
    const one: U = @splat(1);
    const is_odd = (reduced.quadrant & one) == one;
    return wide.narrow(@select(f64, is_odd, -c, s) / @select(f64, is_odd, s, c));
}

/// A value and what rounding took away from it.
pub fn Pair(comptime T: type) type {
    return struct {
        high: T,
        low: T,

        inline fn sum(pair: @This()) T {
            return pair.high + pair.low;
        }

        inline fn select(mask: anytype, a: @This(), b: @This()) @This() {
            return .{ .high = @select(f32, mask, a.high, b.high), .low = @select(f32, mask, a.low, b.low) };
        }
    };
}

/// x = quadrant·π/2 + r, |r| ≤ π/4, by Cody and Waite's reduction with fused multiply-adds.
fn ReducedPair(comptime T: type) type {
    return struct {
        n: T,
        r: Pair(T),
        square: T,
        quadrant: simd.Bits(T),

        /// π/2 in three parts.
        const parts = [_]f32{ 0x1.921fb6p0, -0x1.777a5cp-25, -0x1.ee59dap-50 };

        inline fn of(x: T) @This() {
            const magic = simd.like(x, math_exp.rounder);
            const shifted = simd.fma(x, simd.like(x, two_over_pi), magic);
            const n = shifted - magic;
            // Exact: a multiple of the last bit of x or of π/2's first part, and below 1.
            const first = simd.fma(n, simd.like(x, -parts[0]), x);
            const high = simd.fma(n, simd.like(x, -parts[1]), first);
            // The difference is exact where n·(second part) is not above |r|/2, see `isExact`.
            const second = simd.fma(n, simd.like(x, -parts[1]), first - high);
            const low = simd.fma(n, simd.like(x, -parts[2]), second);
            return .{
                .n = n,
                .r = .{ .high = high, .low = low },
                .square = high * high,
                .quadrant = simd.bits(shifted),
            };
        }

        /// Whether both parts of r are right.
        inline fn isExact(s: @This()) simd.OfSameLength(T, bool) {
            const size = @abs(s.n);
            const is_separate = @abs(s.r.high) >= size * simd.like(s.n, -2.1 * parts[1]);
            return is_separate & (size <= simd.like(s.n, 5000));
        }

        inline fn isOdd(s: @This(), comptime offset: u32) simd.OfSameLength(T, bool) {
            const one = simd.like(s.quadrant, 1);
            return ((s.quadrant +% simd.like(s.quadrant, offset)) & one) == one;
        }

        /// sin r = r + r³·S(r²); relative error 4e-9.
        const sin_curve = [_]f32{ -0.16666655, 0.00833219, -0.00019518405 };
        /// cos r = 1 - r²/2 + r⁴·C(r²); error 1e-10.
        const cos_curve = [_]f32{ 0.041666646, -0.0013887301, 2.443067e-05 };

        inline fn sin(s: @This()) Pair(T) {
            const p = simd.polynomial(s.square, &sin_curve);
            return .{ .high = s.r.high, .low = simd.fma(s.r.high * s.square, p, s.r.low) };
        }

        inline fn cos(s: @This()) Pair(T) {
            const start = s.startOfCos();
            const p = simd.polynomial(s.square, &cos_curve);
            return .{ .high = start.high, .low = simd.fma(s.square * s.square, p, start.low) };
        }

        /// 1 - r²/2, less r's second part.
        inline fn startOfCos(s: @This()) Pair(T) {
            const one = simd.like(s.n, 1);
            const half = simd.like(s.n, -0.5);
            const high = simd.fma(s.square, half, one);
            const lost = simd.fma(s.square, half, one - high);
            return .{ .high = high, .low = simd.fma(-s.r.high, s.r.low, lost) };
        }

        /// The sine of x + offset·π/2: of a sine and a cosine, one polynomial with the coefficients of
        /// the one that is wanted.
        inline fn sinOfQuadrant(s: @This(), comptime offset: u32) T {
            const is_odd = s.isOdd(offset);
            var c: [sin_curve.len]T = undefined;
            inline for (&c, sin_curve, cos_curve) |*each, of_sin, of_cos| {
                each.* = @select(f32, is_odd, simd.like(s.n, of_cos), simd.like(s.n, of_sin));
            }
            const p = simd.fma(simd.fma(c[2], s.square, c[1]), s.square, c[0]);
            const start: Pair(T) = .select(is_odd, s.startOfCos(), s.r);
            const factor = s.square * @select(f32, is_odd, s.square, s.r.high);
            const value = start.high + simd.fma(factor, p, start.low);
            const quadrant = s.quadrant +% simd.like(s.quadrant, offset);
            const sign = (quadrant & simd.like(quadrant, 2)) << @splat(30);
            return simd.fromBits(simd.bits(value) ^ sign);
        }
    };
}

/// The sums would turn -0 to +0.
inline fn exceptZero(x: anytype, result: @TypeOf(x)) @TypeOf(x) {
    return @select(f32, x == simd.like(x, 0), x, result);
}

/// Worst error 0.874 ulp.
pub inline fn sin(x: V) V {
    const reduced: ReducedPair(V) = .of(x);
    return simd.orRare(x, reduced.isExact(), exceptZero(x, reduced.sinOfQuadrant(0)), sinRare);
}

/// The sine a quarter of a turn on. Worst error 0.864 ulp.
pub inline fn cos(x: V) V {
    const reduced: ReducedPair(V) = .of(x);
    return simd.orRare(x, reduced.isExact(), reduced.sinOfQuadrant(1), cosRare);
}

/// Where `tanUsual` is right.
pub inline fn isUsual(x: anytype) bool {
    return @reduce(.And, ReducedPair(@TypeOf(x)).of(x).isExact());
}

/// sin/cos or -cos/sin: the quotient of the pairs' first parts, corrected by its residual.
/// Worst error 1.331 ulp.
pub inline fn tanUsual(x: anytype) @TypeOf(x) {
    const T = @TypeOf(x);
    const reduced: ReducedPair(T) = .of(x);
    const is_odd = reduced.isOdd(0);
    const s = reduced.sin();
    const c = reduced.cos();
    const numerator: Pair(T) = .select(is_odd, c, s);
    const denominator: Pair(T) = .select(is_odd, s, c);
    const inverse = simd.like(x, 1) / denominator.sum();
    const quotient = numerator.high * inverse;
    const line = simd.fma(-quotient, denominator.high, numerator.high);
    const residual = simd.fma(-quotient, denominator.low, line + numerator.low);
    const size = simd.fma(residual, inverse, quotient);
    const sign = reduced.quadrant << @splat(31);
    return exceptZero(x, simd.fromBits(simd.bits(size) ^ sign));
}

pub inline fn tan(x: V) V {
    return simd.orRare(x, ReducedPair(V).of(x).isExact(), tanUsual(x), tanRare);
}
