//! The exponential functions and those made of them.
//!
//! All of them write e^x = 2^n·e^r with a small r and multiply by 2^n by adding n to the exponent
//! bits. What they cost is their multiplications; additions, shifts, tables and integers run on other
//! units beside them. Adding to the exponent is wrong for subnormal and infinite results: the lanes
//! where they can occur are done again in float64, in a function out of the way, which rounds to
//! float32 only once. The choice is made per lane, so a lane's bits do not depend on its neighbours.
//!
//! The polynomials are minimax (Remez) with the coefficients rounded to float32 one after the
//! other. Errors are the worst over all 2^32 inputs, by `exhaustive.zig`.

const simd = @import("simd.zig");
const V = simd.V;

/// Adding it to |x| < 2^22 leaves round(x), half to even, in the low bits of the sum.
pub const rounder = 0x1.8p23;
pub const log2_e = 1.44269504;
pub const ln2 = 0.693147182;
/// What rounding took away from it.
const ln2_rest = -1.904654299957767e-9;
/// ln 2 in two parts (Cody and Waite, "Software Manual for the Elementary Functions", 1980,
/// chapter 6): the first has 16 bits, so that x - n·ln2_high is exact.
const ln2_high = 0.693145751953125;
const ln2_low = 1.428606765330187e-6;

/// The integer in the low bits of a value to which `rounder` was added, in the exponent's place.
inline fn exponentOf(shifted: anytype) simd.Bits(@TypeOf(shifted)) {
    return simd.bits(shifted) << @splat(23);
}

/// 2^n·x where both x and the result are normal.
inline fn scaleBy(x: anytype, exponent: simd.Bits(@TypeOf(x))) @TypeOf(x) {
    return simd.fromBits(simd.bits(x) +% exponent);
}

/// Within ± this e^x and the steps to it are normal.
pub const exp_bound = 87;

/// Within ± this the sum of `firstWithRest` is exact enough.
pub const near_bound = 50;

/// Within ± this e^x is below 2^24, where its sum with 1 is easier to complete.
pub const moderate_bound = 16.5;

/// s·2^(j/8) for an s, 0.99743896906, with which all eight are float32 within 2.8e-9.
const powers: [8]f32 = .{ 0.99743897, 1.0877149, 1.1861615, 1.2935183, 1.4105917, 1.5382612, 1.6774857, 1.8293111 };

/// The bits of these powers less j·2^20: adding (8·k + j)·2^20 to them gives 2^k·power.
const unscaled_powers: [8]f32 = blk: {
    var result: [8]f32 = undefined;
    for (powers, &result, 0..) |power, *each, j| {
        each.* = @bitCast(@as(u32, @bitCast(power)) - (@as(u32, j) << 20));
    }
    break :blk result;
};

/// e^r/s - 1 for |r| ≤ ln 2 / 16, the lowest coefficient first; minimax, relative error of e^r 1.9e-8.
pub const curve = [_]f32{ 0.0025675884, 1.0025676, 0.50136214, 0.16707885 };

/// The same; 7.4e-10.
const fine_curve = [_]f32{ 0.0025676067, 1.0025676, 0.50128365, 0.16707976, 0.04185203 };

/// What of e^x is kept: ln 2 in one part, nearly in two by `firstWithRest`, or in two with the longer
/// curve.
const Precision = enum { rough, near, fine };

/// x = ± n·ln 2/8 + r, n in the low bits of `shifted`.
fn Reduced(comptime T: type) type {
    return struct {
        shifted: T,
        n: T,
        /// Without the rest of ln 2.
        r: T,

        /// `sign` is 1 or -1.
        inline fn of(x: T, comptime sign: f32) @This() {
            const shifted = simd.fma(x, simd.like(x, sign * 8 * log2_e), simd.like(x, rounder));
            const n = shifted - simd.like(x, rounder);
            // Small, as is its rounding error: ln 2 need not be cut for n·ln 2 to be exact.
            return .{ .shifted = shifted, .n = n, .r = simd.fma(n, simd.like(x, sign * -ln2 / 8), x) };
        }

        inline fn withRest(reduced: @This(), comptime sign: f32) T {
            return simd.fma(reduced.n, simd.like(reduced.n, sign * -ln2_rest / 8), reduced.r);
        }

        /// The first coefficient of the curve with what the rest of ln 2 adds to it, -n·ln2_rest/8: that
        /// is n units in the coefficient's last place but for 7 %, and an addition of integers.
        inline fn firstWithRest(reduced: @This()) T {
            const n = simd.bits(reduced.shifted);
            const first: u32 = @bitCast(curve[0]);
            return simd.fromBits(n +% simd.like(n, first -% @as(u32, @bitCast(@as(f32, rounder)))));
        }
    };
}

/// e^±x = power + power·q with |q| < 0.048, power = s·2^(n/8) (Tang, "Table-driven implementation of
/// the exponential function in IEEE floating-point arithmetic", ACM Trans. Math. Software 15(2),
/// 1989; without his second table, thanks to s).
pub fn Power(comptime T: type) type {
    return struct {
        power: T,
        q: T,

        /// `sign` is that of x in the exponent, 1 or -1.
        pub inline fn of(x: T, comptime sign: f32, comptime precision: Precision) @This() {
            const reduced: Reduced(T) = .of(x, sign);
            const shifted = reduced.shifted;
            return switch (precision) {
                .rough => .at(shifted, reduced.r, sign, &curve),
                .near => .withFirst(shifted, reduced.r, sign, &curve, reduced.firstWithRest()),
                .fine => .at(shifted, reduced.withRest(sign), sign, &fine_curve),
            };
        }

        /// 2^(n/8)·e^(scale·r), n in the low bits of `shifted`; `scale` is ± a power of two.
        pub inline fn at(shifted: T, r: T, comptime scale: f32, comptime coefficients: []const f32) @This() {
            return withFirst(shifted, r, scale, coefficients, simd.like(r, coefficients[0]));
        }

        /// The same with a first coefficient for each lane.
        inline fn withFirst(
            shifted: T,
            r: T,
            comptime scale: f32,
            comptime coefficients: []const f32,
            first: T,
        ) @This() {
            const scaled = comptime blk: {
                var result = coefficients[1..coefficients.len].*;
                var power: f32 = 1;
                for (&result) |*each| {
                    power *= scale;
                    each.* *= power;
                }
                break :blk result;
            };
            const q = simd.fma(simd.polynomial(r, &scaled), r, first);
            const n = simd.bits(shifted);
            const unscaled = simd.bits(simd.lookup(&unscaled_powers, n));
            return .{ .power = simd.fromBits(unscaled +% (n << simd.like(n, 20))), .q = q };
        }

        pub inline fn value(parts: @This()) T {
            return simd.fma(parts.power, parts.q, parts.power);
        }
    };
}

/// e^x = parts·scale for any x: the parts are normal, the scale is a power of two or 0, and only the
/// last multiplication by it rounds to a subnormal number.
fn Scaled(comptime T: type) type {
    return struct {
        parts: Power(T),
        scale: T,

        /// Below, e^x and |x|·e^x are 0; e^limit is infinite.
        const limit = 110;

        inline fn of(x: T) @This() {
            const reduced: Reduced(T) = .of(limited(x), 1);
            const n = simd.bits(reduced.shifted);
            const half = halfOf(simd.signed(n -% simd.bits(simd.like(x, rounder))), 4);
            const scale = scaleBy(simd.like(x, 1), half << simd.like(half, 23));
            return .{
                .parts = .at(simd.fromBits(n -% (half << simd.like(half, 3))), reduced.withRest(1), 1, &curve),
                // A product that vanishes takes several times as long as one with 0.
                .scale = @select(f32, x < simd.like(x, -limit), simd.like(x, 0), scale),
            };
        }

        /// x within ± limit; NaN stays.
        inline fn limited(x: T) T {
            const below = @select(f32, x < simd.like(x, -limit), simd.like(x, -limit), x);
            return @select(f32, below > simd.like(x, limit), simd.like(x, limit), below);
        }

        inline fn value(scaled: @This()) T {
            return scaled.parts.value() * scaled.scale;
        }
    };
}

/// n/2^shift, rounded down.
inline fn halfOf(n: anytype, comptime shift: comptime_int) simd.OfSameLength(@TypeOf(n), u32) {
    return @bitCast(n >> @splat(shift));
}

/// e^x of any x.
pub inline fn expFar(x: anytype) @TypeOf(x) {
    return Scaled(@TypeOf(x)).of(x).value();
}

/// e^x for |x| ≤ near_bound. Worst error 0.972 ulp.
pub inline fn expNear(x: anytype) @TypeOf(x) {
    return Power(@TypeOf(x)).of(x, 1, .near).value();
}

pub inline fn exp(x: V) V {
    return simd.orRare(x, @abs(x) <= simd.splat(near_bound), expNear(x), expFar);
}

/// e^x of a difference of float32, x ≥ -exp_bound, whose own rounding error is above what is saved
/// here: relative error 1.2·2^-24 + |x|·2^-28.
pub inline fn expOfDifference(x: V) V {
    return Power(V).of(x, 1, .rough).value();
}

/// 2^x = 2^n·2^f with n = round(x), in the low bits of `shifted`, f = x - n, both exact, and a
/// polynomial of degree 6.
const Binary = struct {
    shifted: V,
    fraction: V,

    inline fn of(x: V) Binary {
        const shifted = x + simd.splat(rounder);
        const f = x - (shifted - simd.splat(rounder));
        const p = simd.polynomial(f, &.{
            1, 0.693147182, 0.240225941, 0.0555036627, 0.00962544698, 0.0013387932, 0.000133315334,
        });
        return .{ .shifted = shifted, .fraction = p };
    }
};

/// Of any x, in two steps as by `Scaled`.
fn exp2Rare(x: V) V {
    const power: Binary = .of(@max(simd.splat(-200), @min(x, simd.splat(200))));
    const n = simd.bits(power.shifted);
    const half_exponent = halfOf(simd.signed(n -% simd.bits(simd.splat(rounder))), 1) << @splat(23);
    const scaled = scaleBy(power.fraction, exponentOf(power.shifted) -% half_exponent);
    const value = scaled * scaleBy(simd.splat(1), half_exponent);
    return @select(f32, x == x, value, x);
}

/// Worst error 0.919 ulp.
pub inline fn exp2(x: V) V {
    const power: Binary = .of(x);
    const is_usual = @abs(x) <= simd.splat(125);
    return simd.orRare(x, is_usual, scaleBy(power.fraction, exponentOf(power.shifted)), exp2Rare);
}

/// Of |x| > exp_bound.
fn expm1Rare(x: V) V {
    return @select(f32, x < simd.splat(0), simd.splat(-1), expFar(x));
}

/// 2^n·(r + r²/2 + r³·q(r)) + (2^n - 1), summed from the greatest term down with the rounding
/// errors (Dekker's Fast2Sum): around x = 0.35 the first terms cancel. Worst error 0.798 ulp.
pub inline fn expm1Usual(x: anytype) @TypeOf(x) {
    const shifted = simd.fma(x, simd.like(x, log2_e), simd.like(x, rounder));
    const n = shifted - simd.like(x, rounder);
    const r_high = simd.fma(n, simd.like(x, -ln2_high), x);
    const r_low = n * simd.like(x, -ln2_low);
    const r = r_high + r_low;
    const half_square = simd.like(x, 0.5) * r * r;
    const half_square_low = simd.fma(simd.like(x, 0.5) * r, r, -half_square);
    const q_low = simd.fma(simd.like(x, 0.041666612), r, simd.like(x, 0.16666539));
    const q_high = simd.fma(simd.like(x, 0.0013917695), r, simd.like(x, 0.00836710073));
    const q = simd.fma(q_high, half_square + half_square, q_low);
    const rest = simd.fma(r * (half_square + half_square), q, half_square_low + r_low);

    const one = simd.like(x, 1);
    const scale = scaleBy(one, exponentOf(shifted));
    const whole = scale - one;
    const whole_low = (scale - whole) - one;
    const line = simd.fma(scale, r_high, whole);
    const line_low = simd.fma(scale, r_high, whole - line) + whole_low;
    const sum = simd.fma(scale, half_square, line);
    const sum_low = simd.fma(scale, half_square, line - sum) + line_low;
    const result = sum + simd.fma(scale, rest, sum_low);
    // The sums would turn -0 to +0.
    return simd.withSignOf(x, result);
}

pub inline fn expm1(x: V) V {
    return simd.orRare(x, @abs(x) <= simd.splat(exp_bound), expm1Usual(x), expm1Rare);
}

/// Of the argument of a logistic function: at most moderate_bound, or near_bound.
const Range = enum { moderate, near };

/// 1 + e^-x = sum + rest, and the reciprocal of their rounded sum.
fn Logistic(comptime T: type) type {
    return struct {
        sum: T,
        rest: T,
        inverse: T,

        inline fn of(x: T, comptime range: Range) @This() {
            const parts: Power(T) = .of(x, -1, .near);
            const one = simd.like(x, 1);
            const sum = one + parts.power;
            const rest = simd.fma(parts.power, parts.q, lostBySum(parts.power, sum, range));
            return .{ .sum = sum, .rest = rest, .inverse = one / (sum + rest) };
        }

        /// 1 + power - sum, exactly.
        inline fn lostBySum(power: T, sum: T, comptime range: Range) T {
            const one = simd.like(power, 1);
            // Both differences are multiples of what the last place of the smaller term is worth.
            if (range == .moderate) return power - (sum - one);
            // Dekker's Fast2Sum wants the greater term first; positive float32 order as integers.
            const bits_one = simd.bits(one);
            const greater: @TypeOf(bits_one) = @max(simd.bits(power), bits_one);
            const smaller: @TypeOf(bits_one) = @min(simd.bits(power), bits_one);
            return simd.fromBits(smaller) - (sum - simd.fromBits(greater));
        }

        /// numerator/(sum + rest): the quotient, corrected by its residual.
        inline fn divide(logistic: @This(), numerator: T, quotient: T) T {
            const line = simd.fma(-logistic.sum, quotient, numerator);
            const residual = simd.fma(-logistic.rest, quotient, line);
            return simd.fma(residual, logistic.inverse, quotient);
        }
    };
}

/// 1/(1 + e^-x), with a denominator of two parts. Worst error 0.987 ulp.
inline fn sigmoidWithin(comptime range: Range, x: anytype) @TypeOf(x) {
    const logistic: Logistic(@TypeOf(x)) = .of(x, range);
    return logistic.divide(simd.like(x, 1), logistic.inverse);
}

/// sigmoid(x) for |x| ≤ moderate_bound: the bits of the other, sooner.
pub inline fn sigmoidModerate(x: anytype) @TypeOf(x) {
    return sigmoidWithin(.moderate, x);
}

/// sigmoid(x) for |x| ≤ near_bound.
pub inline fn sigmoidNear(x: anytype) @TypeOf(x) {
    return sigmoidWithin(.near, x);
}

/// sigmoid(x) for |x| > near_bound.
pub inline fn sigmoidFar(x: anytype) @TypeOf(x) {
    return @select(f32, x > simd.like(x, 0), simd.like(x, 1), expFar(x));
}

pub inline fn sigmoid(x: V) V {
    return simd.orRare(x, @abs(x) <= simd.splat(near_bound), sigmoidNear(x), sigmoidFar);
}

/// x/(1 + e^-x), with a denominator of two parts. Worst error 1 ulp, where the result is subnormal.
inline fn siluWithin(comptime range: Range, x: anytype) @TypeOf(x) {
    const logistic: Logistic(@TypeOf(x)) = .of(x, range);
    // The residual would turn -0 to +0.
    return simd.withSignOf(x, logistic.divide(x, x * logistic.inverse));
}

/// silu(x) for |x| ≤ moderate_bound: the bits of the other, sooner.
pub inline fn siluModerate(x: anytype) @TypeOf(x) {
    return siluWithin(.moderate, x);
}

/// silu(x) for |x| ≤ near_bound.
pub inline fn siluNear(x: anytype) @TypeOf(x) {
    return siluWithin(.near, x);
}

/// silu(x) for |x| > near_bound: x·e^x for negative x, the product in two parts.
pub inline fn siluFar(x: anytype) @TypeOf(x) {
    const S = Scaled(@TypeOf(x));
    const power: S = .of(x);
    const factor = S.limited(x);
    const product = factor * power.parts.power;
    const lost = simd.fma(factor, power.parts.power, -product);
    const negative = (product + simd.fma(product, power.parts.q, lost)) * power.scale;
    return @select(f32, x > simd.like(x, 0), x, negative);
}

pub inline fn silu(x: V) V {
    return simd.orRare(x, @abs(x) <= simd.splat(near_bound), siluNear(x), siluFar);
}
