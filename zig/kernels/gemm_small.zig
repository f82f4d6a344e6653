//! The smallest plain products, C = A·B from row-major memory without gaps: for them the choice of a
//! path and the description of operands would take longer than the arithmetic.

const pack = @import("pack.zig");
const table = @import("table.zig");
const tiles = @import("gemm_tile.zig");
const kc_max = @import("gemm.zig").kc_max;
const width = pack.width;
const R = pack.R;

/// Beyond these the other paths cost nothing that shows.
const a_floats_max = 2048;
const depth_max = 128;

comptime {
    // Every element is one sum over all of k.
    if (depth_max > kc_max) unreachable;
}

/// Computes the product if it is small, else returns false. No size is 0.
pub fn multiply(
    m: usize,
    n: usize,
    k: usize,
    a: [*]const f32,
    b: [*]const f32,
    c: [*]f32,
) callconv(table.cc) bool {
    if (n > tiles.cols_common or k > depth_max or m * k > a_floats_max) return false;
    switch (tiles.piecesOf(n, width)) {
        inline 1...tiles.vectors_common => |vectors| panels(vectors, m, n, k, a, b, c),
        else => unreachable,
    }
    return true;
}

fn panels(
    comptime vectors: usize,
    m: usize,
    n: usize,
    k: usize,
    a: [*]const f32,
    b: [*]const f32,
    c: [*]f32,
) void {
    const most = comptime tiles.rowsOf(vectors);
    var i: usize = 0;
    while (i + most <= m) : (i += most) {
        tile(most, vectors, n, k, a + i * k, b, c + i * n);
    }
    switch (m - i) {
        0 => {},
        inline 1...most - 1 => |rows| tile(rows, vectors, n, k, a + i * k, b, c + i * n),
        else => unreachable,
    }
}

fn tile(
    comptime rows: usize,
    comptime vectors: usize,
    n: usize,
    k: usize,
    a_start: [*]const f32,
    b_start: [*]const f32,
    c: [*]f32,
) void {
    @setEvalBranchQuota(10_000);
    const last = n - (vectors - 1) * width;
    var sums: [rows][vectors]R = @splat(@splat(@splat(0)));
    var a = a_start;
    var b = b_start;
    for (0..k) |_| {
        var b_values: [vectors]R = undefined;
        inline for (&b_values, 0..) |*value, j| {
            const from = b + j * width;
            value.* = if (j == vectors - 1) pack.loadRPartial(from, last) else pack.loadR(from);
        }
        inline for (&sums, 0..) |*row, i| {
            const factor: R = @splat(a[i * k]);
            inline for (row, b_values) |*sum, value| sum.* = tiles.mulAdd(factor, value, sum.*);
        }
        a += 1;
        b += n;
    }
    inline for (sums, 0..) |row, i| {
        inline for (row, 0..) |sum, j| {
            const to = c + i * n + j * width;
            if (j == vectors - 1) pack.storeRPartial(to, sum, last) else pack.storeR(to, sum);
        }
    }
}
