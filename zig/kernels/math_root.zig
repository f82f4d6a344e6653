//! The reciprocal square root; rare lanes as in `math_exp.zig`.

const math_log = @import("math_log.zig");
const simd = @import("simd.zig");
const V = simd.V;

/// Lines base + slope·m through x^-½ on the eighths of both binades of m ∈ [½, 2), as an exponent's
/// last bit and a fraction's first three number them; relative error 6.5·10⁻⁴.
const base: [16]f32 = .{
    2.0599155, 1.9481198, 1.8527788, 1.7702103, 1.6977923, 1.6336004, 1.576185, 1.5244312,
    1.4565802, 1.3775287, 1.3101125, 1.2517277, 1.2005205, 1.1551299, 1.114531, 1.0779357,
};
const slope: [16]f32 = .{
    -1.2932425,  -1.0941868,  -0.94145,    -0.82122594, -0.7245847,  -0.64552057, -0.57986116, -0.5246265,
    -0.45723024, -0.38685346, -0.33285284, -0.29034722, -0.25617936, -0.22822599, -0.20501187, -0.18548349,
};

/// Whether every lane is positive, normal and finite.
pub inline fn isUsual(x: anytype) bool {
    return math_log.areInRange(x, 128);
}

/// x = m·2^(2k); m^-½ from a line, y, and one step of third order with the residual 1 - m·y² (Markstein,
/// "IA-64 and Elementary Functions", 2000, chapter 9), where m·y is in two parts. No division and no
/// root, which share a unit that takes 20 cycles for both.
pub inline fn rsqrtUsual(x: anytype) @TypeOf(x) {
    const x_bits = simd.bits(x);
    const m_bits = (x_bits & simd.like(x_bits, 0x00ffffff)) +% simd.like(x_bits, 0x3f000000);
    const m = simd.fromBits(m_bits);
    const index = x_bits >> @splat(20);
    const y = simd.fma(m, simd.lookup(&slope, index), simd.lookup(&base, index));
    const root = m * y;
    const root_low = simd.fma(m, y, -root);
    const residual = simd.fma(-root_low, y, simd.fma(-root, y, simd.like(x, 1)));
    const factor = simd.fma(residual, simd.like(x, 0.375), simd.like(x, 0.5));
    const better = simd.fma(y * residual, factor, y);
    const exponent = simd.signed(x_bits -% m_bits) >> @splat(1);
    return simd.fromBits(simd.bits(better) -% simd.bits(exponent));
}

/// By the two operations, which together are up to 1.3 ulp off, and a step of Newton's method.
fn rsqrtRare(x: V) V {
    const one = simd.splat(1);
    const y = one / @sqrt(x);
    const root = x * y;
    const root_low = simd.fma(x, y, -root);
    const residual = simd.fma(-root, y, one) - root_low * y;
    const better = simd.fma(simd.splat(0.5) * y, residual, y);
    // At 0 and infinity the residual is NaN while y is right.
    return @select(f32, residual == residual, better, y);
}

/// Worst error 0.513 ulp.
pub inline fn rsqrt(x: V) V {
    return simd.orRare(x, math_log.inRange(x, 128), rsqrtUsual(x), rsqrtRare);
}
