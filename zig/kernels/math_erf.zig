//! erf and gelu.

const simd = @import("simd.zig");
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

pub inline fn erf(x: V) V {
    const d = wide.limit(wide.widen(x), 6);
    const z = @abs(d);
    const square = d * d;
    const small = wide.polynomial(square, &.{
        1.1283791670631784,     -0.37612638483953933,   0.11283782748887524,
        -0.026865445893359986,  0.0052210750172173271,  -0.00084847126956686805,
        0.00011270548762792266, -9.6801370520145687e-6,
    });
    const e = wide.Exponential.ofNatural(-square).value();
    const rest = wide.splat(1) - e * scaledErfc(z);
    const signed = @select(f64, d < wide.splat(0), -rest, rest);
    return wide.narrow(@select(f64, z < wide.splat(1), d * small, signed));
}

pub inline fn gelu(x: V) V {
    const d = wide.widen(x);
    const z = @abs(wide.limit(d, 20));
    const e = wide.Exponential.ofNatural(wide.splat(-0.5) * (z * z)).value();
    const tail = wide.splat(0.5) * e * scaledErfc(z * wide.splat(0.70710678118654752));
    const is_negative = d < wide.splat(0);
    const factor = @select(f64, d < wide.splat(-20), wide.splat(-20), d);
    return wide.narrow(factor * @select(f64, is_negative, tail, wide.splat(1) - tail));
}
