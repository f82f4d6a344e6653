//! pow.

const std = @import("std");
const math_exp = @import("math_exp.zig");
const math_log = @import("math_log.zig");
const simd = @import("simd.zig");
const wide = @import("wide.zig");
const V = simd.V;
const U = simd.U;

const infinity = std.math.inf(f32);
const nan = std.math.nan(f32);

const Pair = @import("math_trig.zig").Pair(V);

/// Of 16 intervals from 63/64 on, each a sixteenth of a binade: a number near the reciprocal of its
/// middle, 1 for the one around 1, and the binary logarithm of that, negative. It is one of 12 binary
/// places, nearly (Gal and Bachelis, as in `math_pieces.zig`), so that its sum with an exponent is exact
/// and the rest is small.
const first_bits = 0x3f7c0000;
const index_shift = 19;
const inverses = [16]f32{
    1.0,                0.9410566687583923, 0.8884396553039551, 0.8420355916023254,
    0.7999482154846191, 0.7621539235115051, 0.7271289825439453, 0.6958299279212952,
    0.666329026222229,  0.6402420997619629, 0.6154888868331909, 0.5924942493438721,
    0.57122802734375,   0.551937997341156,  0.5332993865013123, 0.5161629319190979,
};
const logarithms = [16]f32{
    0.0,            0.087646484375, 0.170654296875, 0.248046875,
    0.322021484375, 0.391845703125, 0.459716796875, 0.523193359375,
    0.585693359375, 0.643310546875, 0.7001953125,   0.755126953125,
    0.807861328125, 0.857421875,    0.906982421875, 0.9541015625,
};
const logarithms_low = [16]f32{
    0,               8.41395487e-09, 9.32202848e-09,  4.71569273e-09,
    1.14398012e-10,  8.73430627e-14, -2.81932522e-09, 4.33395497e-09,
    -5.27178168e-09, 2.14910001e-09, -2.54915218e-08, -9.74500747e-09,
    -2.75956896e-10, 1.07689546e-08, 4.64272754e-09,  -6.06757844e-09,
};

const log2_e: math_log.Factor = .of(1.4426950408889634);

/// log2(1 + r) = (r - r²/2)/ln 2 + r³·(c[0] + c[1]·r + …) for |r| ≤ 1/32; minimax, error 2^-42.
const cubic = [_]f32{ 0.48089826107025146, -0.36067426204681396, 0.2888154685497284, -0.23984947800636292 };

/// 2^f/s - 1 for |f| ≤ 1/16, with the s of the powers in `math_exp.zig`; minimax, error 3e-10.
const curve = [_]f32{
    0.002567606745287776, 0.694926917552948, 0.24084323644638062, 0.05564863607287407, 0.009657735005021095,
};

/// log2 of positive normal x: within 2^-34 of itself.
inline fn log2Of(x: V) Pair {
    const one = simd.splat(1);
    const shifted = simd.bits(x) -% @as(U, @splat(first_bits));
    const exponent = shifted & @as(U, @splat(0xff800000));
    const n = simd.fromSigned(simd.signed(shifted) >> @splat(23));
    const m = simd.fromBits(simd.bits(x) -% exponent);
    const index = shifted >> @splat(index_shift);

    // m·inverse = 1 + r + lost
    const inverse = simd.lookup(&inverses, index);
    const product = m * inverse;
    const lost = simd.fma(m, inverse, -product);
    const r = product - one;
    // The first two terms, r - r²/2 = u + u_low, are kept in two parts.
    const half = simd.splat(-0.5);
    const square = r * r;
    const u = simd.fma(half, square, r);
    const square_low = simd.fma(r, r, -square);
    // What was lost adds lost/(1 + r).
    const of_lost = simd.fma(square - r, lost, lost);
    const u_low = simd.fma(half, square_low, simd.fma(half, square, r - u)) + of_lost;

    const line = u * simd.splat(log2_e.high);
    var low = simd.fma(u, simd.splat(log2_e.low), simd.fma(u, simd.splat(log2_e.high), -line));
    low = simd.fma(u_low, simd.splat(log2_e.high), low);
    low = simd.fma(square * r, simd.polynomial(r, &cubic), low) + simd.lookup(&logarithms_low, index);
    const whole = n + simd.lookup(&logarithms, index);
    const high = whole + line;
    return .{ .high = high, .low = ((whole - high) + line) + low };
}

/// 2^(high + low) for |high| ≤ bound.
inline fn exp2Of(t: Pair) V {
    // As `math_exp.rounder`, for eighths.
    const rounder = simd.splat(math_exp.rounder / 8.0);
    const shifted = t.high + rounder;
    const f = (t.high - (shifted - rounder)) + t.low;
    return math_exp.Power(V).at(shifted, f, 1, &curve).value();
}

/// Within ± this 2^t and the steps to it are normal.
const bound = 125;

/// |x|^y as 2^(y·log2|x|), with the logarithm and the product in two parts. Worst error 0.670 ulp over
/// 4·10⁸ random pairs, squares exact. Infinities, subnormal numbers and results near them are done in float64.
pub inline fn pow(x: V, y: V) V {
    // What most powers are, in one multiplication.
    const is_square = y == simd.splat(2);
    if (@reduce(.And, is_square)) return x * x;
    const size = @abs(x);
    const log = log2Of(size);
    const high = y * log.high;
    const t: Pair = .{ .high = high, .low = simd.fma(y, log.low, simd.fma(y, log.high, -high)) };
    const is_usual = math_log.inRange(size, 128) & (@abs(t.high) <= simd.splat(bound));
    var result = exp2Of(t);
    if (@reduce(.Or, x < simd.splat(0))) result = withSign(x, y, result);
    result = @select(f32, is_square, x * x, result);
    if (@reduce(.And, is_usual | is_square)) {
        @branchHint(.likely);
        return result;
    }
    return @select(f32, is_usual | is_square, result, powUnusual(x, y, is_usual));
}

/// Zeros are usual enough not to be done in float64.
noinline fn powUnusual(x: V, y: V, is_usual: simd.Mask) V {
    const zero = simd.splat(0);
    if (!@reduce(.And, is_usual | (x == zero))) return powRare(x, y);
    const at_zero = @select(f32, y > zero, zero, @select(f32, y < zero, simd.splat(infinity), y));
    return withSign(x, y, @select(f32, y == zero, simd.splat(1), at_zero));
}

/// The power of negative x from that of |x|: NaN where y is no integer.
inline fn withSign(x: V, y: V, result: V) V {
    const is_integer = @floor(y) == y;
    const half = y * simd.splat(0.5);
    const is_odd = is_integer & (@floor(half) != half);
    const sign: U = @splat(0x80000000);
    const flip = @select(u32, is_odd, simd.bits(x) & sign, @as(U, @splat(0)));
    const has_no_value = (x < simd.splat(0)) & (x > simd.splat(-infinity)) & !is_integer;
    return @select(f32, has_no_value, simd.splat(nan), simd.fromBits(simd.bits(result) ^ flip));
}

/// Any power, in float64, with the special cases of C99 Annex F.9.4.4.
fn powRare(x: V, y: V) V {
    const zero = simd.splat(0);
    const one = simd.splat(1);
    const inf = simd.splat(infinity);
    const size = @abs(x);
    const finite_log = wide.Logarithm.of(wide.widen(size)).binary();
    // log2 of 0 is -inf, of inf and NaN itself.
    const edge_log = wide.widen(@select(f32, size == zero, -inf, size));
    const is_regular = (size > zero) & (size < inf);
    const log_size = @select(f64, is_regular, finite_log, edge_log);
    const exponent = wide.limit(wide.widen(y) * log_size, 300);
    const result = withSign(x, y, wide.narrow(wide.Exponential.ofBinary(exponent).value()));
    const is_one = (y == zero) | (x == one) | ((x == -one) & (@abs(y) == inf));
    return @select(f32, is_one, one, result);
}
