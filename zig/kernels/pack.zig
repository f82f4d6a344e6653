//! Panels of packed operands: `lines` rows of A (or columns of B) laid side by side, so that a
//! tile reads both operands of the product from consecutive memory.

const std = @import("std");
const simd = @import("simd.zig");

/// Lanes of one register of the level.
pub const width = @min(simd.lanes, std.simd.suggestVectorLength(f32) orelse 4);
pub const R = @Vector(width, f32);

pub inline fn loadR(p: [*]const f32) R {
    return loadOf(width, p);
}

/// Some consecutive values from any address.
pub inline fn loadOf(comptime lanes: usize, p: [*]const f32) @Vector(lanes, f32) {
    return simd.loadAs(@Vector(lanes, f32), p);
}

pub inline fn storeR(p: [*]f32, v: R) void {
    simd.store(p, v);
}

/// The first `count` (0 to width) values at p, zeros above them.
pub inline fn loadRPartial(p: [*]const f32, count: usize) R {
    const all = simd.loadPartial(p, count, 0);
    return if (width == simd.lanes) all else @shuffle(f32, all, undefined, std.simd.iota(i32, width));
}

/// The first `count` (0 to width) lanes of v to p.
pub inline fn storeRPartial(p: [*]f32, v: R, count: usize) void {
    if (width == simd.lanes) return simd.storePartial(p, v, count);
    if (count == width) return storeR(p, v);
    // Pieces of powers of two: stores under a mask are slow on AVX2.
    var rest = v;
    var to = p;
    comptime var size = width / 2;
    inline while (size > 0) : (size /= 2) {
        if (count & size != 0) {
            @as(*align(4) @Vector(size, f32), @ptrCast(to)).* =
                @shuffle(f32, rest, undefined, std.simd.iota(i32, size));
            rest = std.simd.shiftElementsLeft(rest, size, 0);
            to += size;
        }
    }
}

/// Floats of a cache line.
pub const floats_per_line = 16;

/// Whether lines so many floats apart share the sets of the first-level cache: a multiple of 4 KB, or
/// nearly. These have eight places, and fewer for what is on its way to them.
pub fn linesCollide(stride: usize) bool {
    return distanceInWay(stride) < floats_per_line;
}

/// As `linesCollide`, and a register across two of them meets those of its neighbours.
pub fn linesMeet(stride: usize) bool {
    return distanceInWay(stride) < floats_per_line / 2;
}

fn distanceInWay(stride: usize) usize {
    const floats_per_way = 1024;
    const distance = stride % floats_per_way;
    return @min(distance, floats_per_way - distance);
}

/// Values of a quad, 128 bits: AVX moves values within quads, and whole quads among registers.
pub const quad = 4;

/// The lower (or upper) halves of every quad of a and b, in pieces of `size` lanes by turns.
fn interleaved(comptime lanes: usize, comptime size: usize, comptime upper: bool) @Vector(lanes, i32) {
    var mask: [lanes]i32 = undefined;
    for (&mask, 0..) |*lane, j| {
        const half = if (upper) quad / 2 else 0;
        const piece = j % quad / size;
        const source: i32 = @intCast(j / quad * quad + half + piece / 2 * size + j % size);
        lane.* = if (piece % 2 == 0) source else ~source;
    }
    return mask;
}

/// Every other quad of a and then of b, from the first (or second) on.
fn everyOther(comptime lanes: usize, comptime second: bool) @Vector(lanes, i32) {
    var mask: [lanes]i32 = undefined;
    for (&mask, 0..) |*lane, j| {
        const from = (2 * (j / quad) + @intFromBool(second)) * quad;
        const source: i32 = @intCast(from % lanes + j % quad);
        lane.* = if (from < lanes) source else ~source;
    }
    return mask;
}

/// Value j of every quad, in all its lanes.
pub fn spread(comptime lanes: usize, comptime j: usize) @Vector(lanes, i32) {
    var mask: [lanes]i32 = undefined;
    for (&mask, 0..) |*lane, i| lane.* = @intCast(i / quad * quad + j);
    return mask;
}

/// Transposes the squares of four lanes of every four rows, each in its place.
pub inline fn turnQuads(rows: anytype) @TypeOf(rows) {
    @setEvalBranchQuota(20_000);
    const lanes = @typeInfo(@TypeOf(rows[0])).vector.len;
    var turned: @TypeOf(rows) = undefined;
    comptime var first: usize = 0;
    inline while (first < rows.len) : (first += quad) {
        var pairs: [quad]@Vector(lanes, f32) = undefined;
        inline for (.{ false, true }, 0..) |upper, i| {
            pairs[i] = @shuffle(f32, rows[first], rows[first + 1], interleaved(lanes, 1, upper));
            pairs[2 + i] = @shuffle(f32, rows[first + 2], rows[first + 3], interleaved(lanes, 1, upper));
        }
        inline for (.{ false, true }, 0..) |upper, i| {
            turned[first + i] = @shuffle(f32, pairs[0], pairs[2], interleaved(lanes, 2, upper));
            turned[first + 2 + i] = @shuffle(f32, pairs[1], pairs[3], interleaved(lanes, 2, upper));
        }
    }
    return turned;
}

/// Transposes a square of registers in log2(lanes) steps: blocks of growing size change places across
/// the diagonal (Eklundh, "A fast computer method for matrix transposing", IEEE Trans. Computers
/// C-21, 1972). All shuffles are single instructions.
pub inline fn turn(rows: anytype) @TypeOf(rows) {
    @setEvalBranchQuota(20_000);
    const lanes = rows.len;
    var current = turnQuads(rows);
    comptime var size: usize = quad;
    inline while (size < lanes) : (size *= 2) {
        const before = current;
        inline for (0..lanes) |i| {
            if (i / size % 2 == 0) {
                const a = before[i];
                const b = before[i + size];
                current[i] = @shuffle(f32, a, b, everyOther(lanes, false));
                current[i + size] = @shuffle(f32, a, b, everyOther(lanes, true));
            }
        }
    }
    return current;
}

/// Element (line i, depth p) is at data[i * line_stride + p * depth_stride]; one stride is 1.
pub const Lines = struct {
    data: [*]const f32,
    count: usize,
    line_stride: usize,
    depth_stride: usize,

    inline fn at(lines: Lines, i: usize, p: usize) [*]const f32 {
        return lines.data + i * lines.line_stride + p * lines.depth_stride;
    }
};

/// Copies `count` floats; up to a register may be written behind them.
pub fn copy(from: [*]const f32, count: usize, to: [*]f32) void {
    var i: usize = 0;
    while (i + width <= count) : (i += width) storeR(to + i, loadR(from + i));
    if (i < count) storeR(to + i, loadRPartial(from + i, count - i));
}

/// Packs a panel: to[p * stride + i] = element (i, p). Whole registers are stored, with zeros for
/// the lines that `lines` has not; `stride` is a multiple of a register.
pub fn panel(lines: Lines, depth: usize, to: [*]f32, stride: usize) void {
    var first: usize = 0;
    while (first < lines.count) : (first += width) {
        const present = @min(width, lines.count - first);
        if (lines.line_stride == 1) {
            copyGroup(lines, first, present, depth, to + first, stride);
        } else {
            turnGroup(lines, first, present, depth, to + first, stride);
        }
    }
}

/// Lines lie side by side: whole registers are copied.
fn copyGroup(lines: Lines, first: usize, present: usize, depth: usize, to: [*]f32, stride: usize) void {
    if (present == width) {
        for (0..depth) |p| storeR(to + p * stride, loadR(lines.at(first, p)));
    } else {
        for (0..depth) |p| storeR(to + p * stride, loadRPartial(lines.at(first, p), present));
    }
}

/// Lines run along k: squares are transposed in registers.
fn turnGroup(lines: Lines, first: usize, present: usize, depth: usize, to: [*]f32, stride: usize) void {
    var p: usize = 0;
    while (p < depth) : (p += width) {
        const count = @min(width, depth - p);
        var square: [width]R = undefined;
        inline for (&square, 0..) |*row, i| {
            row.* = if (i >= present)
                @splat(0)
            else if (count == width)
                loadR(lines.at(first + i, p))
            else
                loadRPartial(lines.at(first + i, p), count);
        }
        const turned = turn(square);
        inline for (turned, 0..) |row, q| {
            if (q < count) storeR(to + (p + q) * stride, row);
        }
    }
}
