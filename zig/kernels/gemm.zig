//! C = alpha · op(A) · op(B) + beta · C: which path a product takes.
//!
//! Every element of C adds its products in ascending k with FMA, in blocks of `kc_max` that start
//! at 0 and are added to C in their order. `kc_max` is the same on every level and nothing else
//! splits k, so tiles, slabs, threads and the choice of a path change no bit, nor does whether an
//! operand is transposed.

const std = @import("std");
const table = @import("table.zig");
const blocked = @import("gemm_blocked.zig");
const copies = @import("gemm_copies.zig");
const direct = @import("gemm_direct.zig");
const lines = @import("gemm_lines.zig");
const turned = @import("gemm_turned.zig");
const Gemv = @import("gemv.zig").Gemv;
const Gemm = table.Gemm;

/// Depth of a block: part of the definition of the result's bits.
pub const kc_max = 512;

/// C = beta·C, where no product is added.
fn scale(g: *const Gemm) void {
    for (0..g.m) |i| {
        const row = g.c + i * g.ldc;
        for (0..g.n) |j| row[j] = if (g.beta == 0) 0 else g.beta * row[j];
    }
}

/// The product without its last columns.
fn withoutLast(g: *const Gemm, cols: usize) Gemm {
    var rest = g.*;
    rest.n -= cols;
    return rest;
}

/// Computes the product if it needs no scratch memory, else returns false. m and n are not 0.
pub fn tryWithoutScratch(g: *const Gemm, team: *const table.Team) callconv(table.cc) bool {
    if (g.k == 0 or g.alpha == 0) {
        scale(g);
        return true;
    }
    if (g.m == 1 or g.n == 1) {
        if (Gemv.of(g)) |gemv| {
            gemv.run(team);
            return true;
        }
    }
    if (turned.suits(g)) {
        turned.run(g, team);
        return true;
    }
    const last = lines.lastColumns(g);
    // The shortest products must not pay for a copy.
    var copy: Gemm = undefined;
    var rest = g;
    if (last > 0) {
        copy = withoutLast(g, last);
        rest = &copy;
    }
    if (!direct.suits(rest) or copies.areNeeded(rest, team)) return false;
    if (last == 1 and direct.takesRider(rest, team)) {
        direct.Direct.runRiding(rest);
        return true;
    }
    if (rest.n > 0) direct.Direct.run(rest, team, null);
    if (last > 0) lines.LastColumns.run(g, last, team);
    return true;
}

pub fn scratchSizes(
    g: *const Gemm,
    team: *const table.Team,
    caches: *const table.Caches,
) callconv(table.cc) table.ScratchSizes {
    var sizes = blocked.scratchSizes(g, team, caches);
    const rest = withoutLast(g, lines.lastColumns(g));
    if (copies.Copies.of(&rest, team)) |its| sizes.wanted = its.floats();
    return sizes;
}

pub fn withScratch(
    g: *const Gemm,
    scratch: *const table.Scratch,
    team: *const table.Team,
    caches: *const table.Caches,
) callconv(table.cc) void {
    const last = lines.lastColumns(g);
    const rest = withoutLast(g, last);
    const its = copies.Copies.of(&rest, team);
    if (its != null and scratch.floats >= its.?.floats()) {
        copies.run(&rest, &its.?, scratch.data, team);
    } else if (rest.n > 0) blocked.Blocked.run(&rest, scratch, team, caches);
    if (last > 0) lines.LastColumns.run(g, last, team);
}
