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

/// gelu of the lanes that the tables do not reach, down to subnormal results, and of NaN.
fn geluRare(x: V) V {
    const d = wide.widen(x);
    const z = @abs(wide.limit(d, 20));
    const e = wide.Exponential.ofNatural(wide.splat(-0.5) * (z * z)).value();
    const tail = wide.splat(0.5) * e * scaledErfc(z * wide.splat(0.70710678118654752));
    const is_negative = d < wide.splat(0);
    const factor = @select(f64, d < wide.splat(-20), wide.splat(-20), d);
    return wide.narrow(factor * @select(f64, is_negative, tail, wide.splat(1) - tail));
}

/// Whether every lane is above -11, or a positive NaN: as integers, negative float32 are the greatest.
pub inline fn isUsual(x: anytype) bool {
    return simd.allAtMost(simd.bits(x), @as(u32, @bitCast(@as(f32, -11))) - 1);
}

/// x·Φ(x) for x > -11 from a·Φ(-a), a = |x|, which keeps its relative accuracy down to the subnormals:
/// it is e^(-a²/2) times a slow function. a² is kept in two parts: in e^-60 the rounding of the square
/// alone would cost 16 ulp. Worst error 1.922 ulp.
pub inline fn geluUsual(x: anytype) @TypeOf(x) {
    // Minima of integers: positive float32 order like them.
    const x_bits = simd.bits(x);
    const U = @TypeOf(x_bits);
    const limit = simd.like(x_bits, @as(u32, @bitCast(@as(f32, 11))));
    const limited: U = @min(simd.bits(@abs(x)), limit);
    const a = simd.fromBits(limited);

    const square = a * a;
    const square_low = simd.fma(a, a, -square);
    // e^(-a²/2) = 2^(n/8)·e^(-w/2), w = a² + n·2·ln 2 / 8; eight less in the bits of the sum halve
    // it. What rounding took away from ln 2 is a factor e^(a²·1.37e-9), in the slow function's table.
    const rounder = simd.like(x, math_exp.rounder - 8);
    const shifted = simd.fma(square, simd.like(x, -0.5 * 8 * math_exp.log2_e), rounder);
    const n = shifted - rounder;
    const w_high = simd.fma(n, simd.like(x, 2 * math_exp.ln2 / 8.0), square);
    const w = w_high + square_low;
    const power: math_exp.Power(@TypeOf(x)) = .at(shifted, w, -0.5, &math_exp.curve);
    const e = power.value();

    // a·Φ(-a); then x·Φ(x) = x - x·Φ(-x) for positive x. The base -0 keeps the sign of zero.
    const slow = math_pieces.scaledTail(a);
    const tail = simd.fma(e, slow.base, e * (slow.t * slow.q));
    const base: U = @min(x_bits, simd.like(x_bits, 0x80000000));
    return simd.fromBits(base) - tail;
}

pub inline fn gelu(x: V) V {
    const vanishes = x < simd.splat(-15);
    const value = @select(f32, vanishes, simd.splat(-0.0), geluUsual(x));
    return simd.orRare(x, (x > simd.splat(-11)) | vanishes, value, geluRare);
}
