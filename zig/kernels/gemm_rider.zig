//! One more column of C beside a tile: the 33rd of 33.
//!
//! A tile spreads every value of A over a register to multiply it by a row of B. Blends make a column of
//! A of those registers, and the column of C takes one more multiplication a step. Blends can go where
//! multiplications do not: 33x33x33 takes 675 ns on AMD Zen 4, 641 of them without the column, and 760
//! where `gemm_lines.zig` computes it behind the tiles. (The shuffles of that between a tile's steps
//! take the time of multiplications, 790, and so does a column that is stored and loaded, 780.)

const std = @import("std");
const pack = @import("pack.zig");
const tiles = @import("gemm_tile.zig");
const R = pack.R;

/// Elsewhere the tiles leave no registers for it.
pub const is_available = pack.width == 16;

const lanes = 8;
pub const Column = @Vector(lanes, f32);

/// Rows of a tile that can have a rider: as few as `width` rows or more are cut into.
pub const rows_min = 5;

comptime {
    if (is_available) std.debug.assert(tiles.rows_max == lanes);
}

/// The column of B and that of C.
pub const Place = struct { b: [*]const f32, c: [*]f32 };

/// Row i of a column of A, which has the rows before it, is what fills a register.
pub inline fn put(column: *Column, comptime i: usize, value: R) void {
    const part: Column = @shuffle(f32, value, undefined, std.simd.iota(i32, lanes));
    // What the compiler would make of a selection is made of shuffles.
    column.* = if (i == 0) part else asm ("vblendps %[lane], %[part], %[column], %[result]"
        : [result] "=x" (-> Column),
        : [column] "x" (column.*),
          [part] "x" (part),
          [lane] "i" (@as(u8, 1 << i)),
    );
}

/// A column at work.
pub const Rider = struct {
    sum: Column = @splat(0),
    b: [*]const f32,

    /// Adds the products of one k.
    pub inline fn add(rider: *Rider, column: Column, b_stride: usize) void {
        rider.sum = tiles.mulAdd(column, @as(Column, @splat(rider.b[0])), rider.sum);
        rider.b += b_stride;
    }

    /// Its column of C.
    pub inline fn finish(rider: *const Rider, comptime rows: usize, place: Place, ldc: usize) void {
        const sums: [lanes]f32 = rider.sum;
        inline for (sums[0..rows], 0..) |sum, i| place.c[i * ldc] = sum;
    }
};
