//! Counter-based random numbers: value i of a stream is a function of the seed and of i alone, so
//! every platform and every number of threads gives the same stream.
//!
//! Philox 4×32-10: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3",
//! SC 2011, section 3.3.

const std = @import("std");
const simd = @import("simd.zig");
const math = @import("math.zig");
const table = @import("table.zig");
const U = simd.U;
const V = simd.V;

inline fn multiply(x: U, comptime factor: u32) struct { U, U } {
    const W = @Vector(simd.lanes, u64);
    const product = @as(W, x) * @as(W, @splat(factor));
    return .{ @truncate(product >> @splat(32)), @truncate(product) };
}

/// The four words of sixteen consecutive groups. Not inlined: every distribution has it.
noinline fn philox(seed: u64, first_group: u64, result: *[4]U) void {
    const W = @Vector(simd.lanes, u64);
    const groups = @as(W, @splat(first_group)) +% @as(W, std.simd.iota(u64, simd.lanes));
    var words: [4]U = .{ @truncate(groups), @truncate(groups >> @splat(32)), @splat(0), @splat(0) };
    var key: [2]u32 = .{ @truncate(seed), @truncate(seed >> 32) };
    // Not unrolled: that is five times the code, and no sooner done.
    for (0..10) |_| {
        const high_0, const low_0 = multiply(words[0], 0xD2511F53);
        const high_1, const low_1 = multiply(words[2], 0xCD9E8D57);
        words = .{
            high_1 ^ words[1] ^ @as(U, @splat(key[0])),
            low_1,
            high_0 ^ words[3] ^ @as(U, @splat(key[1])),
            low_0,
        };
        key[0] +%= 0x9E3779B9;
        key[1] +%= 0xBB67AE85;
    }
    result.* = words;
}

/// 24 random bits as a float32 of [0, 1).
inline fn uniform(word: U) V {
    return @as(V, @floatFromInt(@as(simd.I, @bitCast(word >> @splat(8))))) * simd.splat(0x1p-24);
}

/// Two standard normal values from two words (Box and Muller, "A note on the generation of random
/// normal deviates", 1958).
noinline fn normalPair(a: U, b: U) [2]V {
    // 1 - u is in (0, 1], where the logarithm is finite.
    const radius = @sqrt(simd.splat(-2) * math.log(simd.splat(1) - uniform(a)));
    const angle = simd.splat(2.0 * std.math.pi) * uniform(b);
    return .{ radius * math.cos(angle), radius * math.sin(angle) };
}

/// Calls a distribution for every sixteen groups; value i comes from word i mod 4 of group
/// counter + i / 4.
inline fn fill(
    comptime T: type,
    out: [*]T,
    n: usize,
    state: *const table.Philox,
    comptime valuesOf: fn ([4]U) callconv(.@"inline") [4][simd.lanes]T,
) void {
    var start: usize = 0;
    while (start < n) : (start += 4 * simd.lanes) {
        var words: [4]U = undefined;
        philox(state.seed, state.counter +% start / 4, &words);
        const values = valuesOf(words);
        for (0..@min(4 * simd.lanes, n - start)) |i| out[start + i] = values[i % 4][i / 4];
    }
}

inline fn normals(words: [4]U) [4][simd.lanes]f32 {
    const low: [2][simd.lanes]f32 = @bitCast(normalPair(words[0], words[1]));
    const high: [2][simd.lanes]f32 = @bitCast(normalPair(words[2], words[3]));
    return .{ low[0], low[1], high[0], high[1] };
}

inline fn uniforms(words: [4]U) [4][simd.lanes]f32 {
    return .{ uniform(words[0]), uniform(words[1]), uniform(words[2]), uniform(words[3]) };
}

inline fn wordsOf(words: [4]U) [4][simd.lanes]u32 {
    return .{ words[0], words[1], words[2], words[3] };
}

/// Standard normal values.
pub fn randomNormal(out: [*]f32, n: usize, state: *const table.Philox) callconv(table.cc) void {
    fill(f32, out, n, state, normals);
}

/// Values of [0, 1), multiples of 2^-24.
pub fn randomUniform(out: [*]f32, n: usize, state: *const table.Philox) callconv(table.cc) void {
    fill(f32, out, n, state, uniforms);
}

/// The words themselves.
pub fn randomBits(out: [*]u32, n: usize, state: *const table.Philox) callconv(table.cc) void {
    fill(u32, out, n, state, wordsOf);
}
