//! The exponential functions and those made of them.
//!
//! All of them write e^x = 2^n·e^r with a small r and multiply by 2^n by adding n to the exponent
//! bits. That is wrong for subnormal and infinite results: the lanes where they can occur
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

/// The same where the integer counts sixteenths: it is rounded down.
pub inline fn exponentOfSixteenths(shifted: V) U {
    return (simd.bits(shifted) >> @as(U, @splat(4))) << @as(U, @splat(23));
}

/// 2^n·x where both x and the result are normal.
pub inline fn scaleBy(x: V, exponent: U) V {
    return simd.fromBits(simd.bits(x) +% exponent);
}

/// `usual` in the lanes of the mask, rare(x) elsewhere.
inline fn orRare(x: V, is_usual: simd.Mask, usual: V, comptime rare: fn (V) V) V {
    if (@reduce(.And, is_usual)) {
        @branchHint(.likely);
        return usual;
    }
    return @select(f32, is_usual, usual, rare(x));
}

/// 2^(j/16) rounded, and what rounding took away, by itself and as a share.
pub const powers: [16]f32 = .{ 1, 1.0442737, 1.0905077, 1.1387886, 1.1892071, 1.2418578, 1.2968396, 1.3542556, 1.4142135, 1.4768262, 1.5422108, 1.6104903, 1.6817929, 1.7562522, 1.8340081, 1.9152066 };
const powers_low: [16]f32 = .{ 0, 4.83347e-8, -1.307754e-8, 5.3862223e-8, 3.7976353e-8, 4.496838e-8, -4.0189995e-8, -1.0123349e-8, 2.4203235e-8, -4.500899e-8, 8.070905e-9, 9.836217e-9, -2.4755327e-8, -9.23577e-9, -1.1239278e-8, 9.845328e-9 };
pub const powers_error: [16]f32 = .{ 0, 4.628547e-8, -1.19921575e-8, 4.7297824e-8, 3.193418e-8, 3.6210572e-8, -3.099072e-8, -7.475213e-9, 1.7114271e-8, -3.0476834e-8, 5.233334e-9, 6.1075918e-9, -1.4719605e-8, -5.258795e-9, -6.1282597e-9, 5.1406093e-9 };

/// (e^r - 1 - r)/r² for |r| ≤ ln 2 / 32; minimax, relative error of e^r below 2e-9.
pub inline fn curvature(r: V) V {
    return simd.fma(r, simd.splat(0.16666667), simd.splat(0.5000162));
}

/// e^x = 2^k·(power + rest), power = 2^(j/16) (Tang, "Table-driven implementation of the exponential
/// function in IEEE floating-point arithmetic", ACM Trans. Math. Software 15(2), 1989). The rest is
/// small, and its rounding errors with it.
const Parts = struct {
    power: V,
    rest: V,
    exponent: U,

    inline fn of(x: V) Parts {
        const shifted = simd.fma(x, simd.splat(16 * log2_e), simd.splat(rounder));
        const n = shifted - simd.splat(rounder);
        const r_high = simd.fma(n, simd.splat(-ln2_high / 16.0), x);
        const r = simd.fma(n, simd.splat(-ln2_low / 16.0), r_high);
        const q = simd.fma(curvature(r), r * r, r);
        const power = simd.lookup(&powers, simd.bits(shifted));
        return .{
            .power = power,
            .rest = simd.fma(power, q, simd.lookup(&powers_low, simd.bits(shifted))),
            .exponent = exponentOfSixteenths(shifted),
        };
    }
};

/// e^x of float64 lanes, without overflow.
inline fn wideExp(x: D) D {
    return wide.Exponential.ofNatural(wide.limit(x, 200)).value();
}

noinline fn expRare(x: V) V {
    return wide.narrow(wideExp(wide.widen(x)));
}

/// Within ± this e^x and the steps to it are normal.
pub const exp_bound = 87;

/// Cody and Waite's reduction and a polynomial of degree 6: a table has fewer multiplications, and
/// was no faster with AVX-512 and slower with AVX2. Worst error 0.892 ulp.
pub inline fn exp(x: V) V {
    const shifted = simd.fma(x, simd.splat(log2_e), simd.splat(rounder));
    const n = shifted - simd.splat(rounder);
    const r = simd.fma(n, simd.splat(-ln2_low), simd.fma(n, simd.splat(-ln2_high), x));
    var p = simd.splat(0.00138390157);
    inline for (.{ 0.00836919807, 0.0416681021, 0.166665167, 0.49999994, 1, 1 }) |c| {
        p = simd.fma(p, r, simd.splat(c));
    }
    const is_usual = @abs(x) <= simd.splat(exp_bound);
    return orRare(x, is_usual, scaleBy(p, exponentOf(shifted)), expRare);
}

/// e^x of a difference of float32, x ≥ -exp_bound, whose own rounding error is above what is saved
/// here: relative error 1.2·2^-24 + |x|·2^-28.
pub inline fn expOfDifference(x: V) V {
    const shifted = simd.fma(x, simd.splat(16 * log2_e), simd.splat(rounder));
    const r = simd.fma(shifted - simd.splat(rounder), simd.splat(-ln2 / 16.0), x);
    const q = simd.fma(curvature(r), r * r, r);
    const power = simd.lookup(&powers, simd.bits(shifted));
    return scaleBy(simd.fma(power, q, power), exponentOfSixteenths(shifted));
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

/// 1 + e^-x = sum + rest, and 1/sum rounded.
const Logistic = struct {
    sum: V,
    rest: V,
    inverse: V,

    inline fn of(x: V) Logistic {
        const parts = Parts.of(-x);
        // e^-x in two parts, by Dekker's Fast2Sum.
        const high = parts.power + parts.rest;
        const low = parts.rest - (high - parts.power);
        const e = scaleBy(high, parts.exponent);
        const scale = scaleBy(one, parts.exponent);
        const sum = one + e;
        // Fast2Sum wants the greater term first.
        const greater = @select(f32, e > one, e, one);
        const smaller = @select(f32, e < one, e, one);
        const rest = smaller - (sum - greater);
        return .{ .sum = sum, .rest = simd.fma(scale, low, rest), .inverse = one / sum };
    }

    /// numerator/(sum + rest): the rounded quotient, corrected by its residual.
    inline fn divide(logistic: Logistic, numerator: V, quotient: V) V {
        const line = simd.fma(-logistic.sum, quotient, numerator);
        const residual = simd.fma(-logistic.rest, quotient, line);
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
