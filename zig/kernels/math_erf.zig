//! erf and gelu; errors and rare lanes as in `math_exp.zig`.

const simd = @import("simd.zig");
const math_exp = @import("math_exp.zig");
const wide = @import("wide.zig");
const V = simd.V;
const D = simd.D;
const U = simd.U;

const rounder = math_exp.rounder;
const log2_e = math_exp.log2_e;
const sign_bit: U = @splat(0x80000000);

/// x + x·p(x²) below 1 and 1 - e^q(|x|) above, q ≈ log erfc: its error is weighed by erfc, so that
/// float32 and one part of ln 2 are enough. Both are one polynomial with coefficients selected
/// per lane. Worst error 1.188 ulp.
pub inline fn erf(x: V) V {
    const one = simd.splat(1);
    const size = @abs(x);
    const is_small = size < one;
    // Above 4 erf rounds to 1; NaN stays.
    const bounded = @select(f32, size > simd.splat(4), simd.splat(4), size);
    const z = @select(f32, is_small, size * size, bounded);
    const c = .{
        .{ 0.128379166, -0.000341551204 },   .{ -0.37612626, -1.12708902 },
        .{ 0.112835787, -0.638145208 },      .{ -0.0268533472, -0.103106335 },
        .{ 0.0051871622, 0.0218378175 },     .{ -0.000799785194, -0.00294758612 },
        .{ 7.80689079e-05, 0.000186370977 },
    };
    const p = math_exp.selectedPolynomial(is_small, z, c);
    const small = simd.fma(size, p, size);

    // 1 - e^p
    const shifted = simd.fma(p, simd.splat(log2_e), simd.splat(rounder));
    const r = simd.fma(shifted - simd.splat(rounder), simd.splat(-math_exp.ln2), p);
    const e = one + simd.fma(r * r, math_exp.curvature(r), r);
    const scale = math_exp.scaleBy(one, math_exp.exponentOf(shifted));
    const large = simd.fma(-scale, e, one);
    const result = @select(f32, is_small, small, large);
    return simd.fromBits(simd.bits(result) | (simd.bits(x) & sign_bit));
}

/// e^(z²)·erfc(z) for 0 ≤ z ≤ 15 as a polynomial in (z-3)/(z+3) (Shepherd and Laframboise,
/// "Chebyshev approximation of (1+2x)exp(x²)erfc x", Math. Comp. 36, 1981, without the factor).
inline fn scaledErfc(z: D) D {
    const t = (z - wide.splat(3)) / (z + wide.splat(3));
    return wide.polynomial(t, &.{
        0.17900115117951616,    -0.3262335600711767,    0.24560380210104996,
        -0.15011593507203408,   0.071665825233718856,   -0.024392523586803808,
        0.0042692660945812108,  0.00070796015531989797, -0.00059768001368391206,
        4.4204583880918182e-5,  6.5296734579896412e-5,  -1.01879098651707e-5,
        -8.3732272745947002e-6, -6.6998289437910533e-7,
    });
}

/// gelu of the lanes whose result may be subnormal, and of NaN.
noinline fn geluRare(x: V) V {
    const d = wide.widen(x);
    const z = @abs(wide.limit(d, 20));
    const e = wide.Exponential.ofNatural(wide.splat(-0.5) * (z * z)).value();
    const tail = wide.splat(0.5) * e * scaledErfc(z * wide.splat(0.70710678118654752));
    const is_negative = d < wide.splat(0);
    const factor = @select(f64, d < wide.splat(-20), wide.splat(-20), d);
    return wide.narrow(factor * @select(f64, is_negative, tail, wide.splat(1) - tail));
}

/// x·Φ(x) from a·Φ(-a), a = |x|, which keeps its relative accuracy down to the subnormals:
///
/// - a < 1: Φ(-a) = 1/2 - a/√2π + a³·p(a²);
/// - a ≥ 1: a·Φ(-a) = e^(-a²/2)·w, where w = a·erfcx(a/√2)/2 runs from 0.26 to 0.40 and is a
///   polynomial in (a-2)/(a+2) around 3/8 (the variable of Shepherd and Laframboise). a² is kept
///   in two parts: in e^-84 the rounding of the square alone would cost 30 ulp.
///
/// Worst error 1.844 ulp.
pub inline fn gelu(x: V) V {
    const one = simd.splat(1);
    const size = @abs(x);
    const a = @select(f32, size > simd.splat(13), simd.splat(13), size);
    const is_small = a < one;

    const square = a * a;
    const square_low = simd.fma(a, a, -square);
    // w = a² + n·2·ln 2, so that e^(-a²/2) = 2^n·e^(-w/2), and p = e^(-w/2) - 1.
    const shifted = simd.fma(square, simd.splat(-0.5 * log2_e), simd.splat(rounder));
    const n = shifted - simd.splat(rounder);
    const w_high = simd.fma(n, simd.splat(2 * math_exp.ln2_high), square);
    const w = w_high + simd.fma(n, simd.splat(2 * math_exp.ln2_low), square_low);
    const w2 = w * w;
    const q_low = simd.fma(simd.splat(0.166665167 / -8.0), w, simd.splat(0.49999994 / 4.0));
    const q_high = simd.fma(simd.splat(0.00836919807 / -32.0), w, simd.splat(0.0416681021 / 16.0));
    const q = simd.fma(simd.fma(simd.splat(0.00138390157 / 64.0), w2, q_high), w2, q_low);
    const p = w * simd.fma(w, q, simd.splat(-0.5));

    const t = (a - simd.splat(2)) / (a + simd.splat(2));
    const c = .{
        .{ 0.0664905384, -0.0387959965 },  .{ -0.00997416303, 0.170501798 },
        .{ 0.00118801917, -0.151303768 },  .{ -0.000115016752, 0.0327567607 },
        .{ 8.16825923e-06, 0.0181326326 }, .{ 0.0, -0.00358317001 },
        .{ 0.0, -0.0044441428 },           .{ 0.0, -0.000575620739 },
        .{ 0.0, 0.00126695668 },
    };
    const h = math_exp.selectedPolynomial(is_small, @select(f32, is_small, square, t), c);
    const center = simd.splat(0.375);
    // w·(1 + p), around the exact center.
    const unscaled = center + simd.fma(center + h, p, h);
    const large = math_exp.scaleBy(unscaled, math_exp.exponentOf(shifted));
    const line = simd.fma(a, simd.splat(-0.39894229), simd.splat(0.5));
    const small = a * simd.fma(a * square, h, line);
    // a·Φ(-a); then x·Φ(x) = x - x·Φ(-x) for positive x. The base -0 keeps the sign of zero.
    const tail = @select(f32, is_small, small, large);
    const base = @select(f32, x >= simd.splat(0), x, simd.splat(-0.0));
    const result = base - tail;
    const is_usual = x > simd.splat(-13);
    if (@reduce(.And, is_usual)) {
        @branchHint(.likely);
        return result;
    }
    return @select(f32, is_usual, result, geluRare(x));
}
