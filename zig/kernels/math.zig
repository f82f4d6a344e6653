//! The elementary functions on one vector: the bodies of the element-wise operations.
//!
//! Every function gives the same bits on every level: it uses + - · / sqrt, `simd.fma`,
//! conversions, integer operations and selects only, all of which round the same everywhere.

const simd = @import("simd.zig");
const V = simd.V;

const math_exp = @import("math_exp.zig");
const math_log = @import("math_log.zig");
const math_trig = @import("math_trig.zig");
const math_gelu = @import("math_gelu.zig");
const math_pieces = @import("math_pieces.zig");
const math_pow = @import("math_pow.zig");
const math_root = @import("math_root.zig");
const math_softplus = @import("math_softplus.zig");

pub const exp = math_exp.exp;
pub const expOfDifference = math_exp.expOfDifference;
pub const exp_bound = math_exp.exp_bound;
pub const exp2 = math_exp.exp2;
pub const expm1 = math_exp.expm1;
pub const sigmoid = math_exp.sigmoid;
pub const silu = math_exp.silu;
pub const log = math_log.log;
pub const log2 = math_log.log2;
pub const log10 = math_log.log10;
pub const log1p = math_log.log1p;
pub const pow = math_pow.pow;
pub const sin = math_trig.sin;
pub const cos = math_trig.cos;
pub const rsqrt = math_root.rsqrt;
pub const tan = math_trig.tan;
pub const tanh = math_pieces.tanh;
pub const erf = math_pieces.erf;
pub const gelu = math_gelu.gelu;
pub const softplus = math_softplus.softplus;

/// The costly functions in the form that also takes a `simd.Block`: `isUsual` says whether `of` may
/// be asked for it, else `any` has to be, or, where there is none, the function above, vector by
/// vector; the bits are the same.
pub const blocks = struct {
    pub const exp = Bounded(math_exp.near_bound, math_exp.expNear, math_exp.expFar);
    pub const expm1 = Block(Within(math_exp.exp_bound).all, math_exp.expm1Usual);
    pub const sigmoid = Sooner(
        math_exp.moderate_bound,
        math_exp.sigmoidModerate,
        Bounded(math_exp.near_bound, math_exp.sigmoidNear, math_exp.sigmoidFar),
    );
    pub const silu = Sooner(
        math_exp.moderate_bound,
        math_exp.siluModerate,
        Bounded(math_exp.near_bound, math_exp.siluNear, math_exp.siluFar),
    );
    pub const softplus = Block(Within(math_exp.exp_bound).all, math_softplus.softplusUsual);
    pub const rsqrt = Block(math_root.isUsual, math_root.rsqrtUsual);
    pub const log1p = Block(math_log.isUsualPlusOne, math_log.log1pUsual);
    pub const tan = Block(math_trig.isUsual, math_trig.tanUsual);
    pub const gelu = Block(math_gelu.isUsual, math_gelu.geluUsual);
    pub const tanh = Block(isAny, math_pieces.tanh);
    pub const erf = Block(isAny, math_pieces.erf);

    fn Block(comptime is_usual: anytype, comptime function: anytype) type {
        return struct {
            pub const isUsual = is_usual;
            pub const of = function;
        };
    }

    /// A function within ± bound, and beyond it.
    fn Bounded(comptime bound: f32, comptime function: anytype, comptime beyond: anytype) type {
        return struct {
            pub const isUsual = Within(bound).all;
            pub const of = function;

            pub inline fn any(x: anytype) @TypeOf(x) {
                return @select(f32, @abs(x) <= simd.like(x, bound), function(x), beyond(x));
            }
        };
    }

    /// A function that takes less time within ± bound than it does in general.
    fn Sooner(comptime bound: f32, comptime function: anytype, comptime general: type) type {
        return struct {
            pub const isUsual = Within(bound).all;
            pub const of = function;

            pub inline fn any(x: anytype) @TypeOf(x) {
                return if (general.isUsual(x)) general.of(x) else general.any(x);
            }
        };
    }

    fn Within(comptime bound: f32) type {
        return struct {
            /// Whether every lane is within ± bound, and no NaN.
            inline fn all(x: anytype) bool {
                return simd.allAtMost(simd.bits(@abs(x)), @bitCast(bound));
            }
        };
    }

    inline fn isAny(_: anytype) bool {
        return true;
    }
};

const zero = simd.splat(0);

pub inline fn add(a: anytype, b: @TypeOf(a)) @TypeOf(a) {
    return a + b;
}

pub inline fn sub(a: anytype, b: @TypeOf(a)) @TypeOf(a) {
    return a - b;
}

pub inline fn mul(a: anytype, b: @TypeOf(a)) @TypeOf(a) {
    return a * b;
}

pub inline fn div(a: V, b: V) V {
    return a / b;
}

pub const fma = simd.fma;

pub inline fn neg(x: V) V {
    return -x;
}

pub inline fn abs(x: V) V {
    return @abs(x);
}

pub inline fn sqrt(x: V) V {
    return @sqrt(x);
}

pub inline fn reciprocal(x: V) V {
    return simd.splat(1) / x;
}

pub inline fn square(x: V) V {
    return x * x;
}

/// x where x > 0, +0 where x ≤ 0; NaN stays.
pub inline fn relu(x: V) V {
    return @select(f32, x <= zero, zero, x);
}

/// x where x > 0, slope·x elsewhere.
pub inline fn leakyRelu(x: V, slope: V) V {
    return @select(f32, x > zero, x, slope * x);
}

/// The greater of two; NaN if either is, and +0 of the two zeros (IEEE 754-2019 `maximum`).
pub inline fn maximum(a: anytype, b: @TypeOf(a)) @TypeOf(a) {
    // Equal operands have the same bits, or they are the two zeros.
    const equal = simd.fromBits(simd.bits(a) & simd.bits(b));
    const greater = @select(f32, a > b, a, b);
    return @select(f32, a == b, equal, @select(f32, a != a, a, greater));
}

/// The smaller of two; NaN if either is, and -0 of the two zeros (IEEE 754-2019 `minimum`).
pub inline fn minimum(a: anytype, b: @TypeOf(a)) @TypeOf(a) {
    const equal = simd.fromBits(simd.bits(a) | simd.bits(b));
    const smaller = @select(f32, a < b, a, b);
    return @select(f32, a == b, equal, @select(f32, a != a, a, smaller));
}

/// minimum(maximum(x, low), high).
pub inline fn clamp(x: V, low: V, high: V) V {
    return minimum(maximum(x, low), high);
}

pub inline fn floor(x: V) V {
    return @floor(x);
}

pub inline fn ceil(x: V) V {
    return @ceil(x);
}

/// To the nearest integer, half to even: above 2^23 the last bit of a float32 is worth 1, so that
/// adding 2^23 rounds. Larger values, infinities and NaN are integers already, or stay.
pub inline fn round(x: V) V {
    const step = simd.splat(0x1p23);
    const size = @abs(x);
    return @select(f32, size < step, simd.withSignOf(x, (size + step) - step), x);
}

/// -1, ±0, 1 or NaN.
pub inline fn sign(x: V) V {
    const below = @select(f32, x < zero, simd.splat(-1), x);
    return @select(f32, x > zero, simd.splat(1), below);
}
