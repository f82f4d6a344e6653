//! sin, cos and tan of every finite float32.

const std = @import("std");
const simd = @import("simd.zig");
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
/// the binary point is a whole turn.
const turns: u256 = 0xa2f9836e4e441529fc2757d1f534ddc0db6295993c439041fe5163abdebbc561 >> 5;

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
        const window: u128 = @truncate((turns << @as(u8, @intCast(biased - 147))) >> 128);
        const fraction = mantissa *% window;
        // The nearest quarter of a turn, and the signed distance to it in 2^-126 quarters.
        const nearest: u128 = (fraction +% (1 << 125)) >> 126;
        const distance: i128 = @bitCast(fraction -% (nearest << 126));
        const size: u128 = @abs(distance);
        const zeros = @clz(size);
        const top: i64 = @intCast((size << @intCast(zeros)) >> 75);
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

/// Cody and Waite's or Payne and Hanek's reduction, then a polynomial, in float64 and rounded to
/// float32 once. Worst error 0.501 ulp.
pub inline fn sin(x: V) V {
    return sinOfQuadrant(reduce(x), 0);
}

/// The sine a quarter of a turn on. Worst error 0.501 ulp.
pub inline fn cos(x: V) V {
    return sinOfQuadrant(reduce(x), 1);
}

/// sin/cos or -cos/sin in float64. Worst error 0.501 ulp.
pub inline fn tan(x: V) V {
    const reduced = reduce(x);
    const square = reduced.r * reduced.r;
    const s = sinOf(reduced.r, square);
    const c = cosOf(square);
    const one: U = @splat(1);
    const is_odd = (reduced.quadrant & one) == one;
    return wide.narrow(@select(f64, is_odd, -c, s) / @select(f64, is_odd, s, c));
}
