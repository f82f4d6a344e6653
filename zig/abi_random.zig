//! The C functions of random numbers: the stream of a seed from value 4·counter on.

const dispatch = @import("dispatch.zig");
const table = @import("kernels/table.zig");
const Status = @import("abi.zig").Status;

fn fill(
    comptime kernel: []const u8,
    out: anytype,
    n: u32,
    seed: [2]u32,
    counter: [2]u32,
) Status {
    if (n == 0) return .ok;
    const output = out orelse return .null_pointer;
    const kernels = dispatch.kernels() orelse return .unsupported_level;
    @field(kernels, kernel)(output, n, &.{
        .seed = @as(u64, seed[1]) << 32 | seed[0],
        .counter = @as(u64, counter[1]) << 32 | counter[0],
    });
    return .ok;
}

/// Standard normal values.
pub fn random_normal(
    out: ?[*]f32,
    n: u32,
    seed_low: u32,
    seed_high: u32,
    counter_low: u32,
    counter_high: u32,
) callconv(.c) Status {
    return fill("random_normal", out, n, .{ seed_low, seed_high }, .{ counter_low, counter_high });
}

/// Values of [0, 1), multiples of 2^-24.
pub fn random_uniform(
    out: ?[*]f32,
    n: u32,
    seed_low: u32,
    seed_high: u32,
    counter_low: u32,
    counter_high: u32,
) callconv(.c) Status {
    return fill("random_uniform", out, n, .{ seed_low, seed_high }, .{ counter_low, counter_high });
}

/// Random words.
pub fn random_bits(
    out: ?[*]u32,
    n: u32,
    seed_low: u32,
    seed_high: u32,
    counter_low: u32,
    counter_high: u32,
) callconv(.c) Status {
    return fill("random_bits", out, n, .{ seed_low, seed_high }, .{ counter_low, counter_high });
}
