//! gelu; errors and rare lanes as in `math_exp.zig`.

const simd = @import("simd.zig");
const math_exp = @import("math_exp.zig");
const math_pieces = @import("math_pieces.zig");
const wide = @import("wide.zig");
const V = simd.V;
const D = simd.D;

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

/// x·Φ(x) from a·Φ(-a), a = |x|, which keeps its relative accuracy down to the subnormals: it is
/// e^(-a²/2) times a slow function. a² is kept in two parts: in e^-84 the rounding of the square
/// alone would cost 30 ulp. Worst error 1.6 ulp.
pub inline fn gelu(x: V) V {
    const size = @abs(x);
    const a = @select(f32, size > simd.splat(13), simd.splat(13), size);

    const square = a * a;
    const square_low = simd.fma(a, a, -square);
    // w = a² + n·2·ln 2, so that e^(-a²/2) = 2^n·e^(-w/2), and p = e^(-w/2) - 1.
    const shifted = simd.fma(square, simd.splat(-0.5 * math_exp.log2_e), simd.splat(math_exp.rounder));
    const n = shifted - simd.splat(math_exp.rounder);
    const w_high = simd.fma(n, simd.splat(2 * math_exp.ln2_high), square);
    const w = w_high + simd.fma(n, simd.splat(2 * math_exp.ln2_low), square_low);
    const w2 = w * w;
    const q_low = simd.fma(simd.splat(0.166665167 / -8.0), w, simd.splat(0.49999994 / 4.0));
    const q_high = simd.fma(simd.splat(0.00836919807 / -32.0), w, simd.splat(0.0416681021 / 16.0));
    const q = simd.fma(simd.fma(simd.splat(0.00138390157 / 64.0), w2, q_high), w2, q_low);
    const p = w * simd.fma(w, q, simd.splat(-0.5));

    const slow = math_pieces.scaledTail(a);
    const start = slow.value + slow.rest;
    const unscaled = slow.value + simd.fma(start, p, slow.rest);
    // a·Φ(-a); then x·Φ(x) = x - x·Φ(-x) for positive x. The base -0 keeps the sign of zero.
    const tail = math_exp.scaleBy(unscaled, math_exp.exponentOf(shifted));
    const base = @select(f32, simd.splat(-0.0) > x, simd.splat(-0.0), x);
    const result = base - tail;
    const is_usual = x > simd.splat(-13);
    if (@reduce(.And, is_usual)) {
        @branchHint(.likely);
        return result;
    }
    return @select(f32, is_usual, result, geluRare(x));
}
