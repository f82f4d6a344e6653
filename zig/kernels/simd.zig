//! The vector every kernel is written in: 16 float32 lanes on every level.
//!
//! LLVM splits it into the registers that a level has (one zmm, two ymm, four xmm or NEON
//! registers). The number of lanes, and so the order in which a reduction adds, is the same
//! everywhere: that is where "the same bits everywhere" begins.

const std = @import("std");
const builtin = @import("builtin");

pub const lanes = 16;
pub const V = @Vector(lanes, f32);
/// Half of it.
pub const H = @Vector(lanes / 2, f32);
pub const I = @Vector(lanes, i32);
pub const U = @Vector(lanes, u32);
pub const D = @Vector(lanes, f64);
pub const Mask = @Vector(lanes, bool);

const is_x86 = builtin.cpu.arch.isX86();

/// Whether the level multiplies and adds in one instruction.
pub const has_fma = if (is_x86)
    std.Target.x86.featureSetHas(builtin.cpu.features, .fma)
else
    true;

pub const has_avx512 = is_x86 and std.Target.x86.featureSetHas(builtin.cpu.features, .avx512f);

/// The oldest processors have one code for all lengths and values rather than fast ways beside the
/// general one, see build.zig.
pub const is_compact = !has_fma;

/// The widest vector that the level loads and stores under a mask (AVX-512 k-registers: 16,
/// AVX `vmaskmovps`: 8), 0 where there is none.
const masked_width: comptime_int = if (!is_x86)
    0
else if (has_avx512)
    16
else if (std.Target.x86.featureSetHas(builtin.cpu.features, .avx))
    8
else
    0;

/// Lanes of the vector that a loop gives to the functions that can take more than `lanes` (see
/// `math.blocks`): several registers side by side, whose operations do not wait for each other. 32
/// registers of AVX-512 are enough for four beside a function's constants and tables, AVX2's 16 for
/// two halved; with NEON a V is four registers already.
pub const block_lanes = switch (masked_width) {
    16 => 4 * lanes,
    8 => 2 * lanes,
    else => lanes,
};
pub const Block = @Vector(block_lanes, f32);

pub inline fn splat(x: f32) V {
    return @splat(x);
}

/// A number in every lane of a vector like `x`.
pub inline fn like(x: anytype, number: anytype) @TypeOf(x) {
    return @splat(number);
}

pub inline fn splatInt(x: i32) I {
    return @splat(x);
}

pub fn lanesOf(comptime T: type) comptime_int {
    return @typeInfo(T).vector.len;
}

pub fn OfSameLength(comptime T: type, comptime Child: type) type {
    return @Vector(lanesOf(T), Child);
}

/// The bits of vectors like a T.
pub fn Bits(comptime T: type) type {
    return OfSameLength(T, u32);
}

pub inline fn bits(x: anytype) Bits(@TypeOf(x)) {
    return @bitCast(x);
}

pub inline fn signed(x: anytype) OfSameLength(@TypeOf(x), i32) {
    return @bitCast(x);
}

/// Integers as numbers.
pub inline fn fromSigned(x: anytype) OfSameLength(@TypeOf(x), f32) {
    return @floatFromInt(x);
}

pub inline fn fromBits(x: anytype) OfSameLength(@TypeOf(x), f32) {
    return @bitCast(x);
}

/// `size` with the sign bit of x set where x has one.
pub inline fn withSignOf(x: anytype, size: @TypeOf(x)) @TypeOf(x) {
    const of_x = bits(x);
    return fromBits(bits(size) | (of_x & like(of_x, 0x80000000)));
}

/// Whether no lane is above the bound. One comparison for all: unlike maxima of integers, they
/// take the time of a multiplication.
pub inline fn allAtMost(x: anytype, bound: u32) bool {
    const parts: [lanesOf(@TypeOf(x)) / lanes]U = @bitCast(x);
    var largest = parts[0];
    inline for (parts[1..]) |part| largest = @max(largest, part);
    return @reduce(.And, largest <= @as(U, @splat(bound)));
}

/// A function that is not inlined, out of the way of what is usual.
fn Apart(comptime function: anytype) type {
    return struct {
        noinline fn at(x: V) V {
            return function(x);
        }
    };
}

/// `usual` in the lanes of the mask, rare(x) elsewhere.
pub inline fn orRare(x: V, is_usual: Mask, usual: V, comptime rare: anytype) V {
    if (@reduce(.And, is_usual)) {
        @branchHint(.likely);
        return usual;
    }
    return @select(f32, is_usual, usual, Apart(rare).at(x));
}

/// a·b + c with one rounding. Levels without the instruction compute it exactly in float64:
/// the product of two float32 is exact there, and rounding the sum to odd before narrowing
/// avoids the double rounding (Boldo and Melquiond, "Emulation of a FMA and correctly rounded
/// sums: proved algorithms using rounding to odd", IEEE Trans. Computers 57(4), 2008).
pub inline fn fma(a: anytype, b: @TypeOf(a), c: @TypeOf(a)) @TypeOf(a) {
    return if (has_fma) @mulAdd(@TypeOf(a), a, b, c) else emulatedFma(a, b, c);
}

/// c[0] + c[1]·x + c[2]·x² + …, by Horner's scheme.
pub inline fn polynomial(x: anytype, comptime c: []const f32) @TypeOf(x) {
    comptime var i = c.len - 1;
    var sum = like(x, c[i]);
    inline while (i > 0) {
        i -= 1;
        sum = fma(sum, x, like(x, c[i]));
    }
    return sum;
}

/// Not inlined: a polynomial of it in every function made the library twice as large.
noinline fn emulatedFma(a: V, b: V, c: V) V {
    const product = @as(D, @floatCast(a)) * @as(D, @floatCast(b));
    const addend: D = @floatCast(c);
    const total = product + addend;
    // Knuth's TwoSum: the exact error of `total`.
    const back = total - product;
    const lost = (product - (total - back)) + (addend - back);
    const zero: D = @splat(0);
    const W = @Vector(lanes, u64);
    const total_bits: W = @bitCast(total);
    const one: W = @splat(1);
    // An inexact sum with an even last bit moves one step towards its error, which makes it odd.
    const is_even = (total_bits & one) == @as(W, @splat(0));
    const finite = @abs(total) < @as(D, @splat(std.math.inf(f64)));
    const inexact = lost != zero;
    const outward = (lost > zero) == (total > zero);
    const stepped = @select(u64, outward, total_bits +% one, total_bits -% one);
    const odd = @select(u64, is_even & inexact & finite, stepped, total_bits);
    return @floatCast(@as(D, @bitCast(odd)));
}

/// The first lanes of a vector, as many as a T has.
pub inline fn firstOf(comptime T: type, v: V) T {
    return std.simd.extract(v, 0, lanesOf(T));
}

/// A block of values from any address.
pub inline fn loadBlock(p: [*]const f32) Block {
    return @as(*align(4) const Block, @ptrCast(p)).*;
}

/// A block of values to any address.
pub inline fn storeBlock(p: [*]f32, block: Block) void {
    @as(*align(4) Block, @ptrCast(p)).* = block;
}

/// Sixteen values from any address.
pub inline fn load(p: [*]const f32) V {
    return loadAs(V, p);
}

/// As many values as a T has, from any address.
pub inline fn loadAs(comptime T: type, p: [*]const f32) T {
    return @as(*align(4) const T, @ptrCast(p)).*;
}

/// The values of a vector to any address.
pub inline fn store(p: [*]f32, v: anytype) void {
    @as(*align(4) @TypeOf(v), @ptrCast(p)).* = v;
}

const mask_ramp: @Vector(lanes, u32) = std.simd.iota(u32, lanes);

/// The first `count` (0 to 16) lanes.
pub inline fn firstLanes(count: usize) Mask {
    if (masked_width == lanes) {
        return @bitCast(@as(u16, @truncate((@as(u32, 1) << @intCast(count)) - 1)));
    }
    return mask_ramp < @as(U, @splat(@as(u32, @intCast(count))));
}

extern fn @"llvm.masked.load.v16f32.p0"(*const anyopaque, u32, Mask, V) V;
extern fn @"llvm.masked.store.v16f32.p0"(V, *anyopaque, u32, Mask) void;
extern fn @"llvm.masked.load.v8f32.p0"(*const anyopaque, u32, @Vector(8, bool), H) H;
extern fn @"llvm.masked.store.v8f32.p0"(H, *anyopaque, u32, @Vector(8, bool)) void;

const low_lanes: @Vector(8, i32) = .{ 0, 1, 2, 3, 4, 5, 6, 7 };
const high_lanes: @Vector(8, i32) = .{ 8, 9, 10, 11, 12, 13, 14, 15 };

inline fn half(comptime T: type, v: @Vector(lanes, T), comptime upper: bool) @Vector(8, T) {
    return @shuffle(T, v, undefined, if (upper) high_lanes else low_lanes);
}

/// The first `count` (0 to 16) values at `p`; the lanes above them hold `fill`. Nothing behind
/// the last value is read.
pub inline fn loadPartial(p: [*]const f32, count: usize, fill: f32) V {
    const mask = firstLanes(count);
    switch (masked_width) {
        16 => return @"llvm.masked.load.v16f32.p0"(p, 4, mask, splat(fill)),
        8 => {
            const rest: H = @splat(fill);
            const low = @"llvm.masked.load.v8f32.p0"(p, 4, half(bool, mask, false), rest);
            const high = @"llvm.masked.load.v8f32.p0"(p + 8, 4, half(bool, mask, true), rest);
            return std.simd.join(low, high);
        },
        else => return loadOneByOne(p, count, fill),
    }
}

/// The same where all of them are likely: they do not wait for a mask.
pub inline fn loadUpTo(p: [*]const f32, count: usize, fill: f32) V {
    return if (count == lanes) load(p) else loadPartial(p, count, fill);
}

/// Not inlined, for the sake of the library's size.
noinline fn loadOneByOne(p: [*]const f32, count: usize, fill: f32) V {
    var buffer: [lanes]f32 = @splat(fill);
    for (0..count) |i| buffer[i] = p[i];
    return buffer;
}

/// The first `count` (0 to 16) lanes of `v` to `p`. Nothing behind them is written.
pub inline fn storePartial(p: [*]f32, v: V, count: usize) void {
    const mask = firstLanes(count);
    switch (masked_width) {
        16 => @"llvm.masked.store.v16f32.p0"(v, p, 4, mask),
        8 => {
            @"llvm.masked.store.v8f32.p0"(half(f32, v, false), p, 4, half(bool, mask, false));
            @"llvm.masked.store.v8f32.p0"(half(f32, v, true), p + 8, 4, half(bool, mask, true));
        },
        else => storeOneByOne(p, v, count),
    }
}

pub inline fn storeUpTo(p: [*]f32, v: V, count: usize) void {
    if (count == lanes) store(p, v) else storePartial(p, v, count);
}

noinline fn storeOneByOne(p: [*]f32, v: V, count: usize) void {
    const buffer: [lanes]f32 = v;
    for (0..count) |i| p[i] = buffer[i];
}

extern fn @"llvm.x86.avx512.permvar.sf.512"(V, I) V;
extern fn @"llvm.x86.avx2.permps"(H, @Vector(8, i32)) H;
const Bytes = @Vector(16, u8);
extern fn @"llvm.aarch64.neon.tbl2.v16i8"(Bytes, Bytes, Bytes) Bytes;
extern fn @"llvm.aarch64.neon.tbl4.v16i8"(Bytes, Bytes, Bytes, Bytes, Bytes) Bytes;

/// table[index modulo its length] for every lane of one or more vectors; the length is 8 or 16.
pub inline fn lookup(comptime table: []const f32, index: anytype) OfSameLength(@TypeOf(index), f32) {
    const parts: [lanesOf(@TypeOf(index)) / lanes]U = @bitCast(index);
    var found: [parts.len]V = undefined;
    inline for (parts, &found) |part, *each| each.* = lookupVector(table, part);
    return @bitCast(found);
}

inline fn lookupVector(comptime table: []const f32, index: U) V {
    if (!is_x86) return lookupBytes(table, index);
    switch (masked_width) {
        16 => {
            const all: [lanes]f32 = (table ++ table)[0..lanes].*;
            return @"llvm.x86.avx512.permvar.sf.512"(all, @bitCast(index));
        },
        8 => {
            const lanes_of: I = @bitCast(index);
            const low = lookupEight(table[0..8].*, lanes_of);
            if (table.len == 8) return low;
            const is_upper = (index & @as(U, @splat(8))) != @as(U, @splat(0));
            return @select(f32, is_upper, lookupEight(table[8..16].*, lanes_of), low);
        },
        else => {
            const lanes_of: [lanes]u32 = index & @as(U, @splat(table.len - 1));
            var result: [lanes]f32 = undefined;
            for (lanes_of, &result) |from, *value| value.* = table[from];
            return result;
        },
    }
}

inline fn lookupEight(table: H, index: I) V {
    const low = @"llvm.x86.avx2.permps"(table, half(i32, index, false));
    const high = @"llvm.x86.avx2.permps"(table, half(i32, index, true));
    return std.simd.join(low, high);
}

/// NEON looks up bytes in two or four registers, which are a table of 8 or 16 float32.
inline fn lookupBytes(comptime table: []const f32, index: U) V {
    const bytes: [table.len / 4]Bytes = comptime @bitCast(table[0..table.len].*);
    // Bytes 4i to 4i+3 of lane i.
    const first = (index & @as(U, @splat(table.len - 1))) * @as(U, @splat(0x04040404));
    const at: [4]Bytes = @bitCast(first +% @as(U, @splat(0x03020100)));
    var result: [4]Bytes = undefined;
    inline for (at, &result) |each, *found| {
        found.* = if (bytes.len == 2)
            @"llvm.aarch64.neon.tbl2.v16i8"(bytes[0], bytes[1], each)
        else
            @"llvm.aarch64.neon.tbl4.v16i8"(bytes[0], bytes[1], bytes[2], bytes[3], each);
    }
    return @bitCast(result);
}
