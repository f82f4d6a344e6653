//! Logarithms.

const std = @import("std");
const simd = @import("simd.zig");
const ln2 = @import("math_exp.zig").ln2;
const V = simd.V;

const infinity = std.math.inf(f32);
const nan = std.math.nan(f32);

/// Puts the values that the general way does not give: at 0, below 0, at infinity and NaN.
inline fn withEdges(x: V, general: V) V {
    const at_edge = @select(f32, x < simd.splat(0), simd.splat(nan), x);
    const edge = @select(f32, x == simd.splat(0), simd.splat(-infinity), at_edge);
    const is_regular = (x > simd.splat(0)) & (x < simd.splat(infinity));
    return @select(f32, is_regular, general, edge);
}

/// Whether x is positive, normal and below 2^`limit`.
pub inline fn inRange(x: V, comptime limit: comptime_int) simd.Mask {
    const u = simd.bits(x);
    return (u -% simd.like(u, least_bits)) <= simd.like(u, rangeOf(limit));
}

/// `inRange` of every lane.
pub inline fn areInRange(x: anytype, comptime limit: comptime_int) bool {
    const u = simd.bits(x);
    return simd.allAtMost(u -% simd.like(u, least_bits), rangeOf(limit));
}

/// 2^-126.
const least_bits = 0x00800000;

fn rangeOf(comptime limit: comptime_int) u32 {
    return ((127 + limit) << 23) - 1 - least_bits;
}

/// x = 2^n·(1 + f) with √½ ≤ 1 + f < √2; n as a number and in the place of an exponent.
fn Parts(comptime T: type) type {
    return struct {
        n: T,
        f: T,
        exponent: simd.Bits(T),

        inline fn of(x: T) @This() {
            const half_sqrt = simd.like(simd.bits(x), 0x3f3504f3);
            const shifted = simd.bits(x) -% half_sqrt;
            const fraction = shifted & simd.like(shifted, 0x7fffff);
            return .{
                .n = simd.fromSigned(simd.signed(shifted) >> @splat(23)),
                .f = simd.fromBits(fraction +% half_sqrt) - simd.like(x, 1),
                .exponent = shifted -% fraction,
            };
        }

        /// Of any positive x below infinity.
        inline fn ofAny(x: T) @This() {
            const is_subnormal = x < simd.like(x, 0x1p-126);
            var parts: @This() = .of(@select(f32, is_subnormal, x * simd.like(x, 0x1p24), x));
            parts.n = @select(f32, is_subnormal, parts.n - simd.like(x, 24), parts.n);
            return parts;
        }
    };
}

/// Coefficients of q in log(1 + f) = f + f²·q(f), the lowest first.
const curve = curveOf(1);

/// Those of scale·q.
fn curveOf(comptime scale: comptime_float) [9]f32 {
    return .{
        scale * -0.5,         scale * 0.333333313,  scale * -0.250008225,
        scale * 0.200012624,  scale * -0.166233212, scale * 0.142008469,
        scale * -0.131595463, scale * 0.127674893,  scale * -0.0764332935,
    };
}

/// n·ln 2 + p for a p = log(1 + f).
///
/// One float32 for ln 2 is enough: its relative error of 3e-9 is that of the result, because p
/// cancels at most half of n·ln 2. Where it does cancel (|n| = 1), the last addition is exact or
/// p is small.
inline fn withExponent(n: anytype, p: @TypeOf(n)) @TypeOf(n) {
    return simd.fma(n, simd.like(n, ln2), p);
}

/// A factor in two parts.
pub const Factor = struct {
    high: f32,
    low: f32,

    pub fn of(comptime value: comptime_float) Factor {
        const high: f32 = value;
        return .{ .high = high, .low = value - @as(comptime_float, high) };
    }
};

/// The logarithm to another base, `scale` = 1/ln(base) and `exponent` = ln(2)/ln(base), with factors
/// in two parts.
inline fn scaled(parts: Parts(V), comptime scale: comptime_float, comptime exponent: comptime_float) V {
    const of_f: Factor = comptime .of(scale);
    const of_n: Factor = comptime .of(exponent);
    const f = parts.f;
    var rest = f * simd.splat(of_f.low);
    if (of_n.low != 0) rest = simd.fma(parts.n, simd.splat(of_n.low), rest);
    // The greatest term on its own: added to the others it would be rounded once more.
    const square = f * f;
    const scaled_curve = comptime curveOf(scale);
    rest = simd.fma(square * f, simd.polynomial(f, scaled_curve[1..]), rest);
    const p = simd.fma(f, simd.splat(of_f.high), simd.fma(square, simd.splat(scaled_curve[0]), rest));
    return simd.fma(parts.n, simd.splat(of_n.high), p);
}

/// A logarithm of any x from that of positive normal x.
fn Logarithm(comptime of: fn (parts: Parts(V)) callconv(.@"inline") V) type {
    return struct {
        inline fn at(x: V) V {
            const usual = of(.of(x));
            if (@reduce(.And, inRange(x, 128))) {
                @branchHint(.likely);
                return usual;
            }
            const has_subnormal = @reduce(.Or, (x > simd.splat(0)) & (x < simd.splat(0x1p-126)));
            return withEdges(x, if (has_subnormal) atAnyPositive(x) else usual);
        }

        noinline fn atAnyPositive(x: V) V {
            return of(.ofAny(x));
        }
    };
}

/// Worst error 0.931 ulp.
pub const log = Logarithm(logOf).at;

inline fn logOf(parts: Parts(V)) V {
    const p = simd.fma(parts.f * parts.f, simd.polynomial(parts.f, &curve), parts.f);
    return withExponent(parts.n, p);
}

/// Worst error 0.968 ulp.
pub const log2 = Logarithm(log2Of).at;

inline fn log2Of(parts: Parts(V)) V {
    return scaled(parts, 1.4426950408889634, 1);
}

/// Worst error 0.917 ulp.
pub const log10 = Logarithm(log10Of).at;

inline fn log10Of(parts: Parts(V)) V {
    return scaled(parts, 0.4342944819032518, 0.3010299956639812);
}

/// 2^-n is normal up to here.
const log1p_limit = 126;

pub inline fn isUsualPlusOne(x: anytype) bool {
    return areInRange(x + simd.like(x, 1), log1p_limit);
}

/// log(1 + x + low) = n·ln 2 + (f + rest).
pub fn OnePlus(comptime T: type) type {
    return struct {
        n: T,
        f: T,
        rest: T,

        /// 1 + x = 2^n·(1 + f), where rounding 1 + x to float32 serves to find n only:
        /// f = 2^-n·x + (2^-n - 1), in two parts for x just below a half.
        pub inline fn of(x: T, low: ?T) @This() {
            const one = simd.like(x, 1);
            const parts: Parts(T) = .of(x + one);
            const scale = simd.fromBits(simd.bits(one) -% parts.exponent);
            const less = scale - one;
            const f = simd.fma(x, scale, less);
            var f_low = simd.fma(x, scale, less - f);
            if (low) |rest| f_low = simd.fma(rest, scale, f_low);
            // What the logarithm makes of it: f_low/(1 + f).
            f_low = simd.fma(-f, f_low, f_low);
            return .{ .n = parts.n, .f = f, .rest = simd.fma(f * f, simd.polynomial(f, &curve), f_low) };
        }
    };
}

/// Worst error 0.929 ulp.
pub inline fn log1pUsual(x: anytype) @TypeOf(x) {
    const parts: OnePlus(@TypeOf(x)) = .of(x, null);
    // The sums would turn -0 to +0.
    return simd.withSignOf(x, withExponent(parts.n, parts.f + parts.rest));
}

pub inline fn log1p(x: V) V {
    return simd.orRare(x, inRange(x + simd.splat(1), log1p_limit), log1pUsual(x), log1pRare);
}

/// Of x from 2^126 on, where the 1 is lost, and up to -1.
fn log1pRare(x: V) V {
    return withEdges(@select(f32, x > simd.splat(0), x, x + simd.splat(1)), logOf(.of(x)));
}
