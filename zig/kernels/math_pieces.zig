//! Functions of one variable that are a polynomial on each of 16 intervals, with coefficients looked
//! up per lane: no division and no exponential, and half the time of either.
//!
//! The intervals are quarters of the binades of slope·a + offset, whose bits are the index. A center
//! is a float32 whose function value is one as well, nearly (Gal and Bachelis, "An accurate elementary
//! mathematical library for the IEEE floating point standard", ACM Trans. Math. Software 17(1),
//! 1991): the value is taken as exact, and what is added to it is small enough for its own errors
//! not to count. Centers lie a quarter of the way from the middle to an end: there a minimax
//! polynomial has no error, so that the exact value costs no accuracy.

const simd = @import("simd.zig");

/// f(a) = value + t·(c[0] + c[1]·t + …), t = a - center; minimax with the coefficients rounded one
/// after the other. On the interval that begins at 0, f(a) = a·(c[0] + …), or a + a·(c[0] + …) where
/// the argument is added: that saves half an ulp, and costs a twentieth of the time.
const Pieces = struct {
    adds_argument: bool,
    slope: f32,
    offset: f32,
    center: [16]f32,
    value: [16]f32,
    c: [5][16]f32,
};

/// f(a) = base + t·q, where the base is exact, nearly.
pub fn Parts(comptime T: type) type {
    return struct {
        base: T,
        t: T,
        q: T,

        inline fn of(comptime pieces: *const Pieces, a: T) @This() {
            const line = simd.fma(a, simd.like(a, pieces.slope), simd.like(a, pieces.offset));
            const index = simd.bits(line) >> simd.like(simd.bits(line), 21);
            const t = a - simd.lookup(&pieces.center, index);
            var q = simd.lookup(&pieces.c[4], index);
            inline for (.{ 3, 2, 1, 0 }) |i| q = simd.fma(q, t, simd.lookup(&pieces.c[i], index));
            const value = simd.lookup(&pieces.value, index);
            return .{ .base = if (pieces.adds_argument) greater(value, t) else value, .t = t, .q = q };
        }

        /// t in the first interval, where the value is 0, and the value in all others, where it is
        /// above t. As integers, negative t are below both.
        inline fn greater(value: T, t: T) T {
            const I = simd.OfSameLength(T, i32);
            return @bitCast(@max(@as(I, @bitCast(value)), @as(I, @bitCast(t))));
        }
    };
}

/// An odd function that is 1 from a bound on; NaN stays.
inline fn odd(comptime pieces: *const Pieces, comptime bound: f32, x: anytype) @TypeOf(x) {
    const size = @abs(x);
    const limit = simd.like(x, bound);
    const a = @select(f32, size > limit, limit, size);
    const parts: Parts(@TypeOf(x)) = .of(pieces, a);
    return simd.withSignOf(x, simd.fma(parts.q, parts.t, parts.base));
}

/// Worst error 0.995 ulp.
pub inline fn tanh(x: anytype) @TypeOf(x) {
    return odd(&tanh_pieces, 9.02, x);
}

/// Worst error 0.985 ulp.
pub inline fn erf(x: anytype) @TypeOf(x) {
    return odd(&erf_pieces, 3.95, x);
}

/// 2a·e^(a²/2)·Φ(-a) for 0 ≤ a ≤ 11, where Φ is the normal distribution, times e^(-a²·1.374e-9) (see
/// gelu): a slow function, from 0 at 0 to √(2/π) at infinity.
pub inline fn scaledTail(a: anytype) Parts(@TypeOf(a)) {
    return .of(&tail_pieces, a);
}

const tanh_pieces: Pieces = .{
    .adds_argument = false,
    .slope = 1.655,
    .offset = 1.05802,
    .center = .{ 0.7581379, 1.0598952, 1.3623698, 1.5889847, 2.155667, 2.608262, 3.3641386, 3.9684138, 4.950148, 6.15902, 6.9150133, 8.1170845, 0.0, 0.21038519, 0.36144742, 0.45589763 },
    .value = .{ 0.6399788, 0.7856237, 0.87694156, 0.9199935, 0.9735239, 0.98920625, 0.9976097, 0.9992856, 0.9998997, 0.99999106, 0.99999803, 0.9999998, 0.0, 0.20733516, 0.34648833, 0.42673478 },
    .c = .{
        .{ 0.5904272, 0.38279507, 0.2309733, 0.153612, 0.052251454, 0.02147066, 0.004775049, 0.0014283683, 2.0082714e-4, 1.7899994e-5, 4.0048117e-6, 3.4261956e-7, 1.0, 0.9570122, 0.8799459, 0.8178974 },
        .{ -0.3778609, -0.3007335, -0.20255047, -0.14132205, -0.050867613, -0.021239081, -0.0047634793, -0.0014272968, -2.0056179e-4, -1.7877774e-5, -4.1704434e-6, -3.1455895e-7, 5.5505154e-8, -0.19842201, -0.30489096, -0.34902528 },
        .{ 0.044989415, 0.10874346, 0.100685984, 0.07879143, 0.032086976, 0.01387433, 0.0031529744, 9.47781e-4, 1.3037135e-4, 1.1621485e-5, 1.9654435e-6, 3.921022e-7, -0.33333936, -0.27790263, -0.18771313, -0.12364782 },
        .{ 0.097171925, 0.015114559, -0.020596657, -0.025341067, -0.014327829, -0.0066539343, -0.0015741645, -4.7662e-4, -6.857455e-5, -6.1167902e-6, 1.0768757e-6, -6.0553685e-7, 1.9147141e-4, 0.12347019, 0.16648056, 0.16896869 },
        .{ -0.06256721, -0.04376669, -0.01316199, 0.0015282682, 0.0045975726, 0.0021245515, 7.1948284e-4, 2.220279e-4, 3.8084334e-5, 3.4025145e-6, -1.2375513e-6, 3.5336248e-7, 0.13138323, 0.09510711, 0.033199906, -0.020715607 },
    },
};

const erf_pieces: Pieces = .{
    .adds_argument = true,
    .slope = 3.671875,
    .offset = 1,
    .center = .{ 0.357991, 0.45942533, 0.5937288, 0.77857083, 1.007178, 1.259557, 1.5292145, 1.8024848, 2.2548282, 2.6484969, 3.1873543, 3.6911774, 0.0, 0.09345668, 0.16200787, 0.23852035 },
    .value = .{ 0.3873369, 0.48413047, 0.59890056, 0.7291318, 0.8456591, 0.9251337, 0.9694308, 0.9891998, 0.9985714, 0.99982, 0.99999344, 0.9999998, 0.0, 0.10514835, 0.18121947, 0.26412335 },
    .c = .{
        .{ 0.9926518, 0.9136667, 0.79315895, 0.61545694, 0.40916973, 0.23091574, 0.10885742, 0.043797843, 0.006989314, 0.0010135751, 4.3613563e-5, 1.3640843e-6, 0.12837917, 1.1185666, 1.0991484, 1.0659754 },
        .{ -0.35536045, -0.41976154, -0.4709213, -0.4791771, -0.412107, -0.29085216, -0.16646719, -0.07894519, -0.015757745, -0.0026855704, -0.000139245, -5.0366607e-6, 8.326025e-9, -0.104537524, -0.17807068, -0.2542568 },
        .{ -0.2460921, -0.17597137, -0.077970326, 0.043556206, 0.14032431, 0.16731903, 0.13347831, 0.08028961, 0.021300387, 0.0044491924, 0.0002879149, 1.21599705e-5, -0.3761274, -0.36634165, -0.34714895, -0.31489503 },
        .{ 0.16240597, 0.18020391, 0.18003994, 0.14293107, 0.06677721, -0.008160347, -0.046306193, -0.045953944, -0.018931085, -0.0050123734, -0.00041255934, -2.1054946e-5, 3.8434842e-5, 0.051951658, 0.087454125, 0.122243136 },
        .{ 0.055874616, 0.014652808, -0.02407629, -0.05302718, -0.06919167, -0.050133806, -0.015308065, 0.00743718, 0.011609417, 0.0031273775, 0.0003107894, 2.035734e-5, 0.11233918, 0.10708144, 0.097087875, 0.08291141 },
    },
};

const tail_pieces: Pieces = .{
    .adds_argument = true,
    .slope = 1,
    .offset = 0.75,
    .center = .{ 1.5565737, 1.9366677, 2.5671089, 2.934645, 3.602729, 4.876753, 5.8825493, 6.6128726, 8.524167, 10.345527, 0.0, 0.18795173, 0.4095706, 0.59176105, 0.9254305, 1.1685654 },
    .value = .{ 0.62507045, 0.6668434, 0.7102192, 0.72662956, 0.74695116, 0.7678708, 0.7765841, 0.78076655, 0.7873285, 0.79062945, 0.0, 0.16278079, 0.3038199, 0.3905758, 0.5037627, 0.56108695 },
    .c = .{
        .{ 0.13257052, 0.09054192, 0.051614653, 0.03849577, 0.023829913, 0.011085724, 0.0067140344, 0.0048687356, 0.0023831797, 0.0013655649, -4.5493165e-9, 0.7467088, 0.5394468, 0.4189933, 0.27216572, 0.20343676 },
        .{ -0.06963604, -0.04336607, -0.021415204, -0.014769236, -0.00800676, -0.0029826548, -0.0015526168, -0.001019742, -0.00039874937, -0.00019115683, -0.7978834, -0.564931, -0.3835945, -0.2833366, -0.1681872, -0.117933236 },
        .{ 0.030127713, 0.017285157, 0.0074784565, 0.004802009, 0.0023039198, 0.00069330516, 0.00031228506, 0.0001866734, 5.8423688e-5, 2.3559978e-5, 0.49992692, 0.3379591, 0.2173066, 0.15363151, 0.08419035, 0.055773694 },
        .{ -0.01152763, -0.00611323, -0.0023402036, -0.0014044293, -0.000600629, -0.00014834196, -5.7993646e-5, -3.1561685e-5, -8.01552e-6, -2.717881e-6, -0.264313, -0.1726037, -0.10564575, -0.071818955, -0.036496118, -0.022996861 },
        .{ 0.0044864896, 0.0017704405, 0.0007542489, 0.0003448845, 0.00012136733, 3.469356e-5, 1.1676183e-5, 4.479018e-6, 1.3098186e-6, 3.4643196e-7, 0.10958773, 0.07850703, 0.050033376, 0.02793078, 0.015943326, 0.009387593 },
    },
};
