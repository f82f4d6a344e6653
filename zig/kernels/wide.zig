//! Float64 building blocks for functions whose result is rounded to float32 once, at the end.
//!
//! Only separate multiplications and additions: float64 has no fused operation on every level,
//! so a fused one would change the bits from level to level.

const simd = @import("simd.zig");
const V = simd.V;
const D = simd.D;
const W = @Vector(simd.lanes, u64);

pub inline fn splat(x: f64) D {
    return @splat(x);
}

pub inline fn widen(x: V) D {
    return @floatCast(x);
}

pub inline fn narrow(x: D) V {
    return @floatCast(x);
}

/// Moves x into [-limit, limit]; a NaN stays.
pub inline fn limit(x: D, comptime bound: f64) D {
    const low = @select(f64, x < splat(-bound), splat(-bound), x);
    return @select(f64, low > splat(bound), splat(bound), low);
}

/// c[0] + c[1]·x + c[2]·x² + …, by Horner's rule.
pub inline fn polynomial(x: D, comptime c: []const f64) D {
    var sum = splat(c[c.len - 1]);
    comptime var i = c.len - 1;
    inline while (i > 0) {
        i -= 1;
        sum = sum * x + splat(c[i]);
    }
    return sum;
}

/// Adding it to |x| < 2^51 leaves round(x), half to even, in the low bits of the sum.
const rounder = 0x1.8p52;
const log2_e = 1.4426950408889634;
const ln2 = 0.6931471805599453;
/// ln 2 in two parts; the first has 32 bits, so its product with an exponent is exact.
const ln2_high = 0.6931471803691238;
const ln2_low = 1.9082149292705878e-10;

/// e^x = scale + scale·fraction, where fraction = e^r - 1 and |r| ≤ ln 2 / 2.
pub const Exponential = struct {
    scale: D,
    fraction: D,

    inline fn init(shifted: D, r: D) Exponential {
        const bits: W = @bitCast(shifted);
        const scale: D = @bitCast((bits +% @as(W, @splat(1023))) << @as(W, @splat(52)));
        // Relative error of r + r²·q below 6e-12.
        const q = polynomial(r, &.{
            0.49999999999734106,   0.16666666755015022,   0.041666666956861608,
            0.0083332887976045901, 0.0013888808990423111, 0.00019905073659128173,
            2.4882661254370211e-5,
        });
        return .{ .scale = scale, .fraction = r + r * r * q };
    }

    /// The parts of e^x for |x| ≤ 700 (Cody and Waite 1980, chapter 6).
    pub inline fn ofNatural(x: D) Exponential {
        const shifted = x * splat(log2_e) + splat(rounder);
        const n = shifted - splat(rounder);
        return init(shifted, (x - n * splat(ln2_high)) - n * splat(ln2_low));
    }

    /// The parts of 2^x for |x| ≤ 1000.
    pub inline fn ofBinary(x: D) Exponential {
        const shifted = x + splat(rounder);
        return init(shifted, (x - (shifted - splat(rounder))) * splat(ln2));
    }

    pub inline fn value(e: Exponential) D {
        return e.scale + e.scale * e.fraction;
    }
};

/// x = 2^exponent · (1 + fraction), -0.293 < fraction < 0.415.
pub const Logarithm = struct {
    exponent: D,
    fraction: D,

    /// The parts of a positive normal x.
    pub inline fn of(x: D) Logarithm {
        const half_sqrt: W = @splat(0x3FE6A09E667F3BCD);
        const bits: W = @bitCast(x);
        // The bias 1024 keeps the exponent positive: an unsigned number placed in the low bits
        // of 2^52 is the cheapest conversion to float64 on every level.
        const biased = (bits -% half_sqrt +% @as(W, @splat(1024 << 52))) >> @as(W, @splat(52));
        const magic: W = @splat(0x4330000000000000);
        const exponent = @as(D, @bitCast(biased | magic)) - splat(0x1p52 + 1024);
        const mantissa: D = @bitCast(bits -% (biased << @as(W, @splat(52))) +% @as(W, @splat(1024 << 52)));
        return .{ .exponent = exponent, .fraction = mantissa - splat(1) };
    }

    /// log(1 + fraction) = 2·atanh(s) with s = fraction / (2 + fraction); relative error 6e-14.
    pub inline fn ofFraction(l: Logarithm) D {
        const s = l.fraction / (l.fraction + splat(2));
        const z = s * s;
        const p = polynomial(z, &.{
            0.66666666675794509, 0.39999995623702579, 0.28572109019726229,
            0.22176192123733374, 0.19584130949075883,
        });
        return s * (z * p + splat(2));
    }

    pub inline fn binary(l: Logarithm) D {
        return l.exponent + l.ofFraction() * splat(log2_e);
    }
};
