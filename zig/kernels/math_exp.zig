//! The exponential functions and those made of them.
//!
//! All of them write e^x = 2^n·e^r with |r| ≤ ln 2 / 2 and multiply by 2^n by adding n to the
//! exponent bits. That is wrong for subnormal and infinite results: the lanes where they can occur
//! are done again in float64, in a function out of the way, which rounds to float32 only once.
//! The choice is made per lane, so a lane's bits do not depend on its neighbours.
//!
//! The polynomials are minimax (Remez) with the coefficients rounded to float32 one after the
//! other. Errors are the worst over all 2^32 inputs, by `exhaustive.zig`.

const simd = @import("simd.zig");
const wide = @import("wide.zig");
const V = simd.V;
const D = simd.D;
const U = simd.U;
const I = simd.I;

/// Adding it to |x| < 2^22 leaves round(x), half to even, in the low bits of the sum.
pub const rounder = 0x1.8p23;
pub const log2_e = 1.44269504;
pub const ln2 = 0.693147182;
/// ln 2 in two parts (Cody and Waite, "Software Manual for the Elementary Functions", 1980,
/// chapter 6): the first has 16 bits, so that x - n·ln2_high is exact.
pub const ln2_high = 0.693145751953125;
pub const ln2_low = 1.428606765330187e-6;

const one = simd.splat(1);
const sign_bit: U = @splat(0x80000000);

/// The integer in the low bits of a value to which `rounder` was added, in the exponent's place.
pub inline fn exponentOf(shifted: V) U {
    return simd.bits(shifted) << @as(U, @splat(23));
}

/// 2^n·x where both x and the result are normal.
pub inline fn scaleBy(x: V, exponent: U) V {
    return simd.fromBits(simd.bits(x) +% exponent);
}

/// (e^r - 1 - r)/r² for |r| ≤ ln 2 / 2, in Estrin's order, in which fewer steps wait for each
/// other than in Horner's.
pub inline fn curvature(r: V) V {
    const square = r * r;
    const low = simd.fma(simd.splat(0.166665167), r, simd.splat(0.49999994));
    const high = simd.fma(simd.splat(0.00836919807), r, simd.splat(0.0416681021));
    const upper = simd.fma(simd.splat(0.00138390157), square, high);
    return simd.fma(upper, square, low);
}

/// `usual` in the lanes of the mask, rare(x) elsewhere.
inline fn orRare(x: V, is_usual: simd.Mask, usual: V, comptime rare: fn (V) V) V {
    if (@reduce(.And, is_usual)) {
        @branchHint(.likely);
        return usual;
    }
    return @select(f32, is_usual, usual, rare(x));
}

/// e^x of float64 lanes, without overflow.
inline fn wideExp(x: D) D {
    return wide.Exponential.ofNatural(wide.limit(x, 200)).value();
}

noinline fn expRare(x: V) V {
    return wide.narrow(wideExp(wide.widen(x)));
}

/// Cody and Waite's reduction and a polynomial of degree 6 in Horner's order: exp is short enough
/// for neighbouring vectors to fill the waits. Worst error 0.892 ulp.
pub inline fn exp(x: V) V {
    const shifted = simd.fma(x, simd.splat(log2_e), simd.splat(rounder));
    const n = shifted - simd.splat(rounder);
    const r = simd.fma(n, simd.splat(-ln2_low), simd.fma(n, simd.splat(-ln2_high), x));
    var p = simd.splat(0.00138390157);
    inline for (.{ 0.00836919807, 0.0416681021, 0.166665167, 0.49999994, 1, 1 }) |c| {
        p = simd.fma(p, r, simd.splat(c));
    }
    const is_usual = @abs(x) <= simd.splat(87);
    return orRare(x, is_usual, scaleBy(p, exponentOf(shifted)), expRare);
}

noinline fn exp2Rare(x: V) V {
    return wide.narrow(wide.Exponential.ofBinary(wide.limit(wide.widen(x), 300)).value());
}

/// 2^n·2^f with n = round(x), f = x - n, both exact, and a polynomial of degree 6.
/// Worst error 0.911 ulp.
pub inline fn exp2(x: V) V {
    const shifted = x + simd.splat(rounder);
    const f = x - (shifted - simd.splat(rounder));
    var p = simd.splat(0.000133315334);
    inline for (.{ 0.0013387932, 0.00962544698, 0.0555036627, 0.240225941, 0.693147182, 1 }) |c| {
        p = simd.fma(p, f, simd.splat(c));
    }
    const is_usual = @abs(x) <= simd.splat(125);
    return orRare(x, is_usual, scaleBy(p, exponentOf(shifted)), exp2Rare);
}

/// e^x = 2^n·(1 + straight + bend): straight is the reduced argument, exact but for a low part
/// that is in bend, which is small and so has a small rounding error.
const Parts = struct {
    straight: V,
    bend: V,
    exponent: U,

    inline fn of(x: V) Parts {
        const shifted = simd.fma(x, simd.splat(log2_e), simd.splat(rounder));
        const n = shifted - simd.splat(rounder);
        const r_high = simd.fma(n, simd.splat(-ln2_high), x);
        const r_low = n * simd.splat(-ln2_low);
        const r = r_high + r_low;
        return .{
            .straight = r_high,
            .bend = simd.fma(r * r, curvature(r), r_low),
            .exponent = exponentOf(shifted),
        };
    }
};

noinline fn expm1Rare(x: V) V {
    return wide.narrow(wide.Exponential.ofNatural(wide.limit(wide.widen(x), 200)).minusOne());
}

/// 2^n·(r + r²/2 + r³·q(r)) + (2^n - 1), summed from the greatest term down with the rounding
/// errors (Dekker's Fast2Sum): around x = 0.35 the first terms cancel. Worst error 0.798 ulp.
pub inline fn expm1(x: V) V {
    const shifted = simd.fma(x, simd.splat(log2_e), simd.splat(rounder));
    const n = shifted - simd.splat(rounder);
    const r_high = simd.fma(n, simd.splat(-ln2_high), x);
    const r_low = n * simd.splat(-ln2_low);
    const r = r_high + r_low;
    const half_square = simd.splat(0.5) * r * r;
    const half_square_low = simd.fma(simd.splat(0.5) * r, r, -half_square);
    const q_low = simd.fma(simd.splat(0.041666612), r, simd.splat(0.16666539));
    const q_high = simd.fma(simd.splat(0.0013917695), r, simd.splat(0.00836710073));
    const q = simd.fma(q_high, half_square + half_square, q_low);
    const rest = simd.fma(r * (half_square + half_square), q, half_square_low + r_low);

    const scale = scaleBy(one, exponentOf(shifted));
    const whole = scale - one;
    const whole_low = (scale - whole) - one;
    const line = simd.fma(scale, r_high, whole);
    const line_low = simd.fma(scale, r_high, whole - line) + whole_low;
    const sum = simd.fma(scale, half_square, line);
    const sum_low = simd.fma(scale, half_square, line - sum) + line_low;
    const result = sum + simd.fma(scale, rest, sum_low);
    // The sums would turn -0 to +0.
    const signed = simd.fromBits(simd.bits(result) | (simd.bits(x) & sign_bit));
    return orRare(x, @abs(x) <= simd.splat(87), signed, expm1Rare);
}

/// tanh x = x + x³·p(x²) below 1; above it 1 - 1/(1/2 + e^2x/2), where a division in float32 is
/// exact enough. Both evaluate one polynomial with coefficients selected per lane: a selection
/// costs less than a multiplication. Worst error 0.973 ulp.
pub inline fn tanh(x: V) V {
    const size = @abs(x);
    const is_small = size < one;
    // Above 10 tanh rounds to 1; NaN stays.
    const bounded = @select(f32, size > simd.splat(10), simd.splat(10), size);
    const shifted = simd.fma(bounded, simd.splat(2 * log2_e), simd.splat(rounder));
    const n = shifted - simd.splat(rounder);
    // Half of the reduced argument 2x - n·ln 2, for |n| ≤ 29: one part of ln 2 is enough.
    const r = simd.fma(n, simd.splat(-0.5 * ln2), bounded);
    const z = @select(f32, is_small, size * size, r);
    const base = @select(f32, is_small, size, r);
    // The second column is (e^2r - 1 - 2r)/2r².
    const p = selectedPolynomial(is_small, z, .{
        .{ -0.333332956, 0.99999988 },
        .{ 0.133323461, 0.666660668 },
        .{ -0.0538798459, 0.3333448168 },
        .{ 0.0214866716, 0.13390716912 },
        .{ -0.00794599112, 0.04428485024 },
        .{ 0.00230119284, 0.0 },
        .{ -0.000358379795, 0.0 },
    });
    // tanh x, or (e^2r - 1)/2.
    const f = simd.fma(base * z, p, base);
    const scale = scaleBy(one, exponentOf(shifted));
    const half = simd.splat(0.5);
    const half_sum = simd.fma(scale, f, half + half * scale);
    const result = @select(f32, is_small, f, one - one / half_sum);
    return simd.fromBits(simd.bits(result) | (simd.bits(x) & sign_bit));
}

/// A polynomial of degree 6 or 8 with one of two coefficients per lane, in Estrin's order.
pub inline fn selectedPolynomial(is_first: simd.Mask, z: V, comptime c: anytype) V {
    var a: [c.len]V = undefined;
    inline for (c, &a) |pair, *coefficient| {
        coefficient.* = @select(f32, is_first, simd.splat(pair[0]), simd.splat(pair[1]));
    }
    const square = z * z;
    const p01 = simd.fma(a[1], z, a[0]);
    const p23 = simd.fma(a[3], z, a[2]);
    const p45 = simd.fma(a[5], z, a[4]);
    if (c.len == 7) {
        return simd.fma(simd.fma(simd.fma(a[6], square, p45), square, p23), square, p01);
    }
    const p67 = simd.fma(a[7], z, a[6]);
    const p68 = simd.fma(a[8], square, p67);
    return simd.fma(square * square, simd.fma(p68, square, p45), simd.fma(p23, square, p01));
}

/// 1 + e^-x = sum + rest, and 1/sum rounded.
const Logistic = struct {
    sum: V,
    rest: V,
    inverse: V,

    inline fn of(x: V) Logistic {
        const parts = Parts.of(-x);
        // e^r = high + low (twice Dekker's Fast2Sum), then both times 2^n.
        const line = one + parts.straight;
        const high = line + parts.bend;
        const low = (parts.straight - (line - one)) + (parts.bend - (high - line));
        const e = scaleBy(high, parts.exponent);
        const scale = scaleBy(one, parts.exponent);
        const sum = one + e;
        // Fast2Sum wants the greater term first; positive values order like integers.
        const one_bits: I = @bitCast(one);
        const e_bits: I = @bitCast(e);
        const greater: V = @bitCast(@as(I, @max(one_bits, e_bits)));
        const smaller: V = @bitCast(@as(I, @min(one_bits, e_bits)));
        const rest = smaller - (sum - greater);
        return .{ .sum = sum, .rest = simd.fma(scale, low, rest), .inverse = one / sum };
    }

    /// numerator/(sum + rest): the rounded quotient, corrected by its residual.
    inline fn divide(logistic: Logistic, numerator: V, quotient: V) V {
        const residual = simd.fma(-logistic.sum, quotient, numerator) - logistic.rest * quotient;
        return simd.fma(residual, logistic.inverse, quotient);
    }
};

noinline fn sigmoidRare(x: V) V {
    return wide.narrow(wide.splat(1) / (wide.splat(1) + wideExp(-wide.widen(x))));
}

/// 1/(1 + e^-x) with a denominator of two parts. Worst error 0.681 ulp.
pub inline fn sigmoid(x: V) V {
    const logistic = Logistic.of(x);
    const result = logistic.divide(one, logistic.inverse);
    return orRare(x, @abs(x) <= simd.splat(87), result, sigmoidRare);
}

noinline fn siluRare(x: V) V {
    const d = wide.widen(x);
    // -inf · 0 would be NaN.
    const factor = @select(f64, d < wide.splat(-200), wide.splat(-200), d);
    return wide.narrow(factor / (wide.splat(1) + wideExp(-d)));
}

/// x/(1 + e^-x) with a denominator of two parts. Worst error 0.724 ulp.
pub inline fn silu(x: V) V {
    const logistic = Logistic.of(x);
    const result = logistic.divide(x, x * logistic.inverse);
    // The residual would turn -0 to +0.
    const signed = simd.fromBits(simd.bits(result) | (simd.bits(x) & sign_bit));
    return orRare(x, @abs(x) <= simd.splat(87), signed, siluRare);
}

/// log(1 + e^x) = max(x, 0) + log(1 + e^-|x|), which neither overflows nor loses the small
/// results of negative x; in float64. Worst error 0.501 ulp.
pub inline fn softplus(x: V) V {
    const d = wide.widen(x);
    const positive = @select(f64, d < wide.splat(0), wide.splat(0), d);
    return wide.narrow(positive + wide.Logarithm.naturalOfOnePlus(wideExp(-@abs(d))));
}
