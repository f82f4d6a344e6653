//! exp and what is made of it.

const simd = @import("simd.zig");
const wide = @import("wide.zig");
const V = simd.V;
const D = simd.D;

/// 1 ulp.
pub inline fn exp(x: V) V {
    return wide.narrow(wide.Exponential.ofNatural(wide.limit(wide.widen(x), 200)).value());
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
