//! A product gets what it needs: threads where they pay, and scratch memory.

const caches = @import("caches.zig");
const pool = @import("pool.zig");
const scratch = @import("scratch.zig");
const table = @import("kernels/table.zig");
const Status = @import("abi.zig").Status;

/// Fewer multiplications than this take less time than waking a thread.
pub const threaded_products_min = 1 << 20;

pub fn multiply(kernels: *const table.KernelTable, g: *const table.Gemm) Status {
    const products = @as(f64, @floatFromInt(g.m * g.n)) * @as(f64, @floatFromInt(g.k));
    const team = if (products < threaded_products_min) pool.alone else pool.acquire();
    defer pool.release(team);
    return multiplyOn(&team, kernels, g);
}

/// With less memory or fewer threads than it would like, the product is slower, not different.
pub fn multiplyOn(
    team: *const table.Team,
    kernels: *const table.KernelTable,
    g: *const table.Gemm,
) Status {
    if (kernels.gemm_without_scratch(g, team)) return .ok;
    const sizes_of_caches = caches.get();
    const sizes = kernels.gemm_scratch(g, team, sizes_of_caches);
    const lease = scratch.acquire(sizes.wanted, team.threads) orelse
        scratch.acquire(sizes.needed, team.threads) orelse return .out_of_memory;
    defer lease.release();
    kernels.gemm_with_scratch(g, &lease.scratch, team, sizes_of_caches);
    return .ok;
}
