//! Few rows of A times a transposed B, whose columns lie along memory: squares of it are turned in registers
//! and met by all rows of A at once, where packing B would cost more than the product. (Ice Lake, packed and
//! turned: 4x4x4 214 and 80 ns, 2x512x512 59 and 25 µs, 4x512x512 78 and 40, 8x512x512 71 and 63.)

const pack = @import("pack.zig");
const simd = @import("simd.zig");
const table = @import("table.zig");
const tiles = @import("gemm_tile.zig");
const kc_max = @import("gemm.zig").kc_max;
const Gemm = table.Gemm;
const R = pack.R;
const width = pack.width;

/// Rows of A: where a register has fewer lanes, arithmetic takes longer beside what turning saves.
const rows_max = if (width == 16) 8 else 4;

pub fn suits(g: *const Gemm) bool {
    return !simd.is_compact and g.a.col_stride == 1 and g.b.col_stride != 1 and g.m <= rows_max;
}

pub fn run(g: *const Gemm, team: *const table.Team) void {
    team.run(@intCast(tiles.piecesOf(g.n, width)), @constCast(g), &chunk);
}

/// The first register of every row of a tile.
const Sums = [rows_max][tiles.vectors_max]R;

/// As many columns of C as a register holds.
fn chunk(context: *anyopaque, index: usize) callconv(table.cc) void {
    const g: *const Gemm = @ptrCast(@alignCast(context));
    const first = index * width;
    const cols = @min(width, g.n - first);
    var p: usize = 0;
    while (p < g.k) : (p += kc_max) {
        var sums: Sums = undefined;
        for (sums[0..g.m]) |*row| row[0] = @splat(0);
        addBlock(g, first, cols, p, &sums);
        tiles.updateTile(&sums, g.m, &.{
            // There are no operands left.
            .a = undefined,
            .b = undefined,
            .b_stride = undefined,
            .depth = undefined,
            .c = g.c + first,
            .ldc = g.ldc,
            .cols = cols,
            .update = .ofBlock(g, p),
        });
    }
}

/// Adds the products of one block of k.
fn addBlock(g: *const Gemm, first: usize, cols: usize, start: usize, sums: *Sums) void {
    const end = @min(start + kc_max, g.k);
    var p = start;
    while (p + width <= end) : (p += width) {
        var square: [width]R = undefined;
        inline for (&square, 0..) |*line, j| line.* = pack.loadR(lineOf(g, first, cols, j) + p);
        const turned = pack.turn(square);
        var i: usize = 0;
        inline for (.{ 4, 1 }) |rows| {
            while (i + rows <= g.m) : (i += rows) {
                const a = g.a.data + i * g.a.row_stride + p;
                addRows(rows, &turned, a, g.a.row_stride, sums[i..][0..rows]);
            }
        }
    }
    while (p < end) : (p += 1) {
        var values: [width]f32 = undefined;
        for (&values, 0..) |*value, j| value.* = lineOf(g, first, cols, j)[p];
        for (sums[0..g.m], 0..) |*row, i| {
            const factor: R = @splat(g.a.data[i * g.a.row_stride + p]);
            row[0] = tiles.mulAdd(factor, @as(R, values), row[0]);
        }
    }
}

/// A column of B. What there is no column of C for is never stored.
inline fn lineOf(g: *const Gemm, first: usize, cols: usize, j: usize) [*]const f32 {
    return g.b.data + (first + @min(j, cols - 1)) * g.b.col_stride;
}

/// Rows together; each adds its products one after the other.
inline fn addRows(
    comptime rows: usize,
    turned: *const [width]R,
    a: [*]const f32,
    row_stride: usize,
    sums: *[rows][tiles.vectors_max]R,
) void {
    var values: [rows]R = undefined;
    inline for (&values, sums) |*value, row| value.* = row[0];
    inline for (turned, 0..) |b, q| {
        inline for (&values, 0..) |*value, i| {
            value.* = tiles.mulAdd(@as(R, @splat(a[i * row_stride + q])), b, value.*);
        }
    }
    inline for (sums, values) |*row, value| row[0] = value;
}
