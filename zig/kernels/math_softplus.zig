//! softplus; errors and rare lanes as in `math_exp.zig`.

const simd = @import("simd.zig");
const math_exp = @import("math_exp.zig");
const math_log = @import("math_log.zig");
const V = simd.V;

/// Of |x| > exp_bound.
fn softplusRare(x: V) V {
    return @select(f32, x > simd.splat(0), x, math_exp.expFar(x));
}

/// log(1 + e^x) = max(x, 0) + log(1 + e^-|x|), which neither overflows nor loses the small results of
/// negative x, for |x| ≤ exp_bound; e^-|x| in two parts, and the terms of the sum from the greatest down
/// with the rounding errors (Dekker's Fast2Sum). Worst error 0.952 ulp.
pub inline fn softplusUsual(x: anytype) @TypeOf(x) {
    const power: math_exp.Power(@TypeOf(x)) = .of(@abs(x), -1, .fine);
    const e = power.value();
    const e_low = simd.fma(power.power, power.q, power.power - e);
    const log: math_log.OnePlus(@TypeOf(x)) = .of(e, e_low);

    // n is 1 where |x| < 0.89, so that n·ln 2 is not below max(x, 0), else 0.
    const first = log.n * simd.like(x, math_exp.ln2);
    const second = @select(f32, x > simd.like(x, 0), x, simd.like(x, 0));
    const sum = first + second;
    const lost = second - (sum - first);
    // And the sum is 0 or not below |f|.
    const line = sum + log.f;
    const line_lost = log.f - (line - sum);
    return line + (log.rest + (lost + line_lost));
}

pub inline fn softplus(x: V) V {
    return simd.orRare(x, @abs(x) <= simd.splat(math_exp.exp_bound), softplusUsual(x), softplusRare);
}
