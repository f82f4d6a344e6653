//! Logarithms and pow.

const std = @import("std");
const simd = @import("simd.zig");
const wide = @import("wide.zig");
const V = simd.V;
const I = simd.I;

const infinity = std.math.inf(f32);
const nan = std.math.nan(f32);

/// Puts the values that the general way does not give: at 0, below 0, at infinity and NaN.
inline fn withEdges(x: V, general: V) V {
    const at_edge = @select(f32, x < simd.splat(0), simd.splat(nan), x);
    const edge = @select(f32, x == simd.splat(0), simd.splat(-infinity), at_edge);
    const is_regular = (x > simd.splat(0)) & (x < simd.splat(infinity));
    return @select(f32, is_regular, general, edge);
}

noinline fn logRare(x: V) V {
    return withEdges(x, wide.narrow(wide.Logarithm.of(wide.widen(x)).natural()));
}

/// x = 2^n·m with √½ ≤ m < √2; log x = n·ln 2 + p, p = f + f²·q(f) = log(1 + f), f = m - 1.
///
/// One float32 for ln 2 is enough: its relative error of 3e-9 is that of the result, because p
/// cancels at most half of n·ln 2. Where it does cancel (|n| = 1), the last addition is exact or
/// p is small. Subnormal, zero, negative, infinite and NaN lanes are done again in float64.
/// Worst error 0.931 ulp.
pub inline fn log(x: V) V {
    const bits: I = @bitCast(x);
    const half_sqrt = simd.splatInt(0x3f3504f3);
    const shifted = bits -% half_sqrt;
    const n: V = @floatFromInt(shifted >> @as(I, @splat(23)));
    const mantissa: V = @bitCast((shifted & simd.splatInt(0x7fffff)) +% half_sqrt);
    const f = mantissa - simd.splat(1);
    var q = simd.splat(-0.0764332935);
    inline for (.{
        0.127674893, -0.131595463, 0.142008469, -0.166233212,
        0.200012624, -0.250008225, 0.333333313, -0.5,
    }) |c| {
        q = simd.fma(q, f, simd.splat(c));
    }
    const p = simd.fma(f * f, q, f);
    const result = simd.fma(n, simd.splat(0.693147182), p);
    // 2^-126 ≤ x < inf, as one comparison: the addition moves the bits of 2^-126 to the smallest
    // integer, and everything outside above those of infinity.
    const is_usual = (bits +% simd.splatInt(0x7f800000)) < simd.splatInt(-0x01000000);
    if (@reduce(.And, is_usual)) {
        @branchHint(.likely);
        return result;
    }
    return @select(f32, is_usual, result, logRare(x));
}

/// n + log2(1 + f) in float64. Worst error 0.501 ulp.
pub inline fn log2(x: V) V {
    return withEdges(x, wide.narrow(wide.Logarithm.of(wide.widen(x)).binary()));
}

/// In float64. Worst error 0.501 ulp.
pub inline fn log10(x: V) V {
    return withEdges(x, wide.narrow(wide.Logarithm.of(wide.widen(x)).decimal()));
}

/// In float64, where 1 + x loses nothing that counts. Worst error 0.501 ulp.
pub inline fn log1p(x: V) V {
    const general = wide.narrow(wide.Logarithm.naturalOfOnePlus(wide.widen(x)));
    const at_edge = @select(f32, x < simd.splat(-1), simd.splat(nan), x);
    const edge = @select(f32, x == simd.splat(-1), simd.splat(-infinity), at_edge);
    const is_regular = (x > simd.splat(-1)) & (x < simd.splat(infinity)) & (x != simd.splat(0));
    return @select(f32, is_regular, general, edge);
}

/// |x|^y as 2^(y·log2|x|), then the sign and the special cases of C99 Annex F.9.4.4.
/// In float64. Worst error 0.501 ulp over 4·10⁸ random pairs.
pub inline fn pow(x: V, y: V) V {
    const zero = simd.splat(0);
    const one = simd.splat(1);
    const inf = simd.splat(infinity);
    const size = @abs(x);
    const finite_log = wide.Logarithm.of(wide.widen(size)).binary();
    // log2 of 0 is -inf, of inf and NaN itself.
    const edge_log = wide.widen(@select(f32, size == zero, -inf, size));
    const is_regular = (size > zero) & (size < inf);
    const log_size = @select(f64, is_regular, finite_log, edge_log);
    const exponent = wide.limit(wide.widen(y) * log_size, 300);
    var result = wide.narrow(wide.Exponential.ofBinary(exponent).value());

    const is_integer = @floor(y) == y;
    const half = y * simd.splat(0.5);
    const is_odd = is_integer & (@floor(half) != half);
    const sign: simd.U = @splat(0x80000000);
    const flip = @select(u32, is_odd, simd.bits(x) & sign, @as(simd.U, @splat(0)));
    result = simd.fromBits(simd.bits(result) ^ flip);

    const has_no_value = (x < zero) & (x > -inf) & !is_integer;
    result = @select(f32, has_no_value, simd.splat(nan), result);
    const is_one = (y == zero) | (x == one) | ((x == -one) & (@abs(y) == inf));
    return @select(f32, is_one, one, result);
}
