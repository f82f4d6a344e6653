//! exp and what is made of it.

const simd = @import("simd.zig");
const wide = @import("wide.zig");
const V = simd.V;
const D = simd.D;

const U = simd.U;

/// Adding it to |x| < 2^22 leaves round(x), half to even, in the low bits of the sum.
const rounder = 0x1.8p23;
const log2_e = 1.44269504;
/// ln 2 in two parts (Cody and Waite 1980, chapter 6); the first has 16 bits, so that
/// x - n·ln2_high is exact.
const ln2_high = 0.693145751953125;
const ln2_low = 1.428606765330187e-6;

/// x = n·ln 2 + r, |r| ≤ ln 2 / 2, for |x| < 100.
const Reduced = struct {
    r: V,
    n: V,
    /// n in the exponent's place.
    exponent: U,

    inline fn of(x: V) Reduced {
        const shifted = simd.fma(x, simd.splat(log2_e), simd.splat(rounder));
        const n = shifted - simd.splat(rounder);
        const high = simd.fma(n, simd.splat(-ln2_high), x);
        return .{
            .r = simd.fma(n, simd.splat(-ln2_low), high),
            .n = n,
            .exponent = simd.bits(shifted) << @as(U, @splat(23)),
        };
    }
};

inline fn all(mask: simd.Mask) bool {
    return @reduce(.And, mask);
}

/// exp of the lanes whose result may be subnormal, infinite or NaN.
noinline fn expRare(x: V) V {
    return wide.narrow(wide.Exponential.ofNatural(wide.limit(wide.widen(x), 200)).value());
}

/// 2^n·(1 + r + r²·q(r)).
pub inline fn exp(x: V) V {
    const reduced = Reduced.of(x);
    const r = reduced.r;
    var p = simd.splat(0.00138390157);
    inline for (.{ 0.00836919807, 0.0416681021, 0.166665167, 0.49999994, 1, 1 }) |c| {
        p = simd.fma(p, r, simd.splat(c));
    }
    const result = simd.fromBits(simd.bits(p) +% reduced.exponent);
    const is_usual = @abs(x) <= simd.splat(87);
    if (all(is_usual)) {
        @branchHint(.likely);
        return result;
    }
    return @select(f32, is_usual, result, expRare(x));
}

pub inline fn exp2(x: V) V {
    return wide.narrow(wide.Exponential.ofBinary(wide.limit(wide.widen(x), 300)).value());
}

pub inline fn expm1(x: V) V {
    const result = wide.Exponential.ofNatural(wide.limit(wide.widen(x), 200)).minusOne();
    return @select(f32, x == simd.splat(0), x, wide.narrow(result));
}

pub inline fn tanh(x: V) V {
    const e = wide.Exponential.ofNatural(wide.limit(wide.widen(x + x), 50)).minusOne();
    return @select(f32, x == simd.splat(0), x, wide.narrow(e / (e + wide.splat(2))));
}

pub inline fn sigmoid(x: V) V {
    const e = wide.Exponential.ofNatural(wide.limit(-wide.widen(x), 200)).value();
    return wide.narrow(wide.splat(1) / (wide.splat(1) + e));
}

pub inline fn silu(x: V) V {
    const d = wide.widen(x);
    const e = wide.Exponential.ofNatural(wide.limit(-d, 200)).value();
    // -inf · 0 would be NaN.
    const factor = @select(f64, d < wide.splat(-200), wide.splat(-200), d);
    return wide.narrow(factor / (wide.splat(1) + e));
}

pub inline fn softplus(x: V) V {
    const d = wide.widen(x);
    const e = wide.Exponential.ofNatural(wide.limit(-@abs(d), 200)).value();
    const positive = @select(f64, d < wide.splat(0), wide.splat(0), d);
    return wide.narrow(positive + wide.Logarithm.naturalOfOnePlus(e));
}
