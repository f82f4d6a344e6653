//! C = alpha · op(A) · op(B) + beta · C: which path a product takes.
//!
//! Every element of C adds its products in ascending k with FMA, in blocks of `kc_max` that start
//! at 0 and are added to C in their order. `kc_max` is the same on every level and nothing else
//! splits k, so tiles, slabs, threads and the choice of a path change no bit, nor does whether an
//! operand is transposed.

const table = @import("table.zig");
const blocked = @import("gemm_blocked.zig");
const direct = @import("gemm_direct.zig");
const Gemv = @import("gemv.zig").Gemv;
const Gemm = table.Gemm;

/// Depth of a block: part of the definition of the result's bits.
pub const kc_max = 256;

/// C = beta·C, where no product is added.
fn scale(g: *const Gemm) void {
    for (0..g.m) |i| {
        const row = g.c + i * g.ldc;
        for (0..g.n) |j| row[j] = if (g.beta == 0) 0 else g.beta * row[j];
    }
}

/// Computes the product if it needs no scratch memory, else returns false. m and n are not 0.
pub fn tryWithoutScratch(g: *const Gemm, team: *const table.Team) callconv(.c) bool {
    if (g.k == 0 or g.alpha == 0) {
        scale(g);
    } else if (Gemv.of(g)) |gemv| {
        gemv.run(team);
    } else if (direct.suits(g)) {
        direct.Direct.run(g, team);
    } else {
        return false;
    }
    return true;
}

pub fn scratchSizes(g: *const Gemm) callconv(.c) table.ScratchSizes {
    return blocked.scratchSizes(g);
}

pub fn withScratch(
    g: *const Gemm,
    scratch: *const table.Scratch,
    team: *const table.Team,
) callconv(.c) void {
    blocked.Blocked.run(g, scratch, team);
}
