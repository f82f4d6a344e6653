//! Slow and obvious float64 versions of the element-wise functions: the oracle of
//! `exhaustive.zig`. Relative error about 1e-15, always below 1e-12; x is a float32 value.
//!
//! Nothing here is shared with the kernels: the functions of the standard library serve, and
//! series and continued fractions where it has none.

const std = @import("std");
const m = std.math;

const inf = m.inf(f64);

pub fn neg(x: f64) f64 {
    return -x;
}

pub fn abs(x: f64) f64 {
    return @abs(x);
}

pub fn sqrt(x: f64) f64 {
    return @sqrt(x);
}

pub fn rsqrt(x: f64) f64 {
    return 1 / @sqrt(x);
}

pub fn reciprocal(x: f64) f64 {
    return 1 / x;
}

pub fn square(x: f64) f64 {
    return x * x;
}

pub fn exp(x: f64) f64 {
    return @exp(x);
}

pub fn exp2(x: f64) f64 {
    return @exp2(x);
}

pub fn expm1(x: f64) f64 {
    return m.expm1(x);
}

pub fn log(x: f64) f64 {
    return @log(x);
}

pub fn log2(x: f64) f64 {
    return @log2(x);
}

pub fn log10(x: f64) f64 {
    return @log10(x);
}

pub fn log1p(x: f64) f64 {
    return m.log1p(x);
}

pub fn sin(x: f64) f64 {
    return @sin(x);
}

pub fn cos(x: f64) f64 {
    return @cos(x);
}

pub fn tan(x: f64) f64 {
    return @tan(x);
}

pub fn tanh(x: f64) f64 {
    return m.tanh(x);
}

pub fn sigmoid(x: f64) f64 {
    if (x >= 0) return 1 / (1 + @exp(-x));
    const e = @exp(x);
    return e / (1 + e);
}

pub fn relu(x: f64) f64 {
    return if (x <= 0) 0 else x;
}

pub fn silu(x: f64) f64 {
    return if (x < -700) -0.0 else x * sigmoid(x);
}

pub fn softplus(x: f64) f64 {
    return if (x > 0) x + m.log1p(@exp(-x)) else m.log1p(@exp(x));
}

/// x - x³/3 + x⁵/10 - … in the form without cancellation:
/// 2/√π · e^(-x²) · Σ 2ⁿ·x^(2n+1) / (1·3·…·(2n+1)) (Abramowitz and Stegun 7.1.6).
fn erfSeries(x: f64) f64 {
    var term = x;
    var sum = x;
    var k: f64 = 1;
    while (@abs(term) > 1e-18 * @abs(sum)) : (k += 2) {
        term *= 2 * x * x / (k + 2);
        sum += term;
    }
    return 2.0 / @sqrt(m.pi) * @exp(-x * x) * sum;
}

/// erfc(x) for x ≥ 2 by Laplace's continued fraction (Abramowitz and Stegun 7.1.14), from the
/// inside out: e^(-x²)/√π · 1/(x + (1/2)/(x + 1/(x + (3/2)/(x + …)))).
fn erfcFraction(x: f64) f64 {
    // 12 + 300/x² terms reach 1e-16 for every x ≥ 2.
    var k: f64 = @ceil(12 + 300 / (x * x));
    var tail = x;
    while (k > 0) : (k -= 1) tail = x + 0.5 * k / tail;
    return @exp(-x * x) / @sqrt(m.pi) / tail;
}

pub fn erf(x: f64) f64 {
    if (m.isNan(x)) return x;
    const size = @abs(x);
    if (size < 2) return erfSeries(x);
    const value = if (size > 7) 1 else 1 - erfcFraction(size);
    return m.copysign(value, x);
}

/// erfc(x), x ≥ 0.
fn erfc(x: f64) f64 {
    return if (x < 2) 1 - erfSeries(x) else erfcFraction(x);
}

pub fn gelu(x: f64) f64 {
    if (m.isNan(x)) return x;
    if (x < -38) return -0.0;
    const tail = 0.5 * erfc(@abs(x) / @sqrt(2.0));
    return if (x < 0) x * tail else x * (1 - tail);
}

pub fn floor(x: f64) f64 {
    return @floor(x);
}

pub fn ceil(x: f64) f64 {
    return @ceil(x);
}

pub fn round(x: f64) f64 {
    if (m.isNan(x) or m.isInf(x)) return x;
    const below = @floor(x);
    const distance = x - below;
    const is_even = @floor(below / 2) * 2 == below;
    const value = if (distance < 0.5 or (distance == 0.5 and is_even)) below else below + 1;
    return m.copysign(value, x);
}

pub fn sign(x: f64) f64 {
    if (x > 0) return 1;
    return if (x < 0) -1 else x;
}

/// C99 Annex F.9.4.4, case by case.
pub fn pow(x: f64, y: f64) f64 {
    if (y == 0 or x == 1) return 1;
    if (m.isNan(x) or m.isNan(y)) return m.nan(f64);
    const is_integer = m.isInf(y) or @trunc(y) == y;
    const is_odd = m.isFinite(y) and is_integer and @abs(@rem(y, 2)) == 1;
    if (m.isInf(y)) {
        if (@abs(x) == 1) return 1;
        return if ((@abs(x) > 1) == (y > 0)) inf else 0;
    }
    const negative = m.signbit(x) and is_odd;
    if (x == 0 or m.isInf(x)) {
        const size: f64 = if ((x == 0) == (y < 0)) inf else 0;
        return if (negative) -size else size;
    }
    if (x < 0 and !is_integer) return m.nan(f64);
    // |y·log2|x|| < 300 counts, and log2 has full relative accuracy: the error is below 1e-13.
    const size = @exp2(y * @log2(@abs(x)));
    return if (negative) -size else size;
}
