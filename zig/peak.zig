//! The most multiplications and additions that this machine can do: what products are measured by.

const std = @import("std");

const lanes = std.simd.suggestVectorLength(f32) orelse 4;
const R = @Vector(lanes, f32);

pub fn nowNs() u64 {
    var time: std.c.timespec = undefined;
    _ = std.c.clock_gettime(.MONOTONIC, &time);
    return @as(u64, @intCast(time.sec)) * std.time.ns_per_s + @as(u64, @intCast(time.nsec));
}

/// Enough chains to fill the FMA pipes: latency 4, two pipes.
const chains = 12;

fn fmaChains(rounds: usize, factor: f32) f32 {
    var acc: [chains]R = undefined;
    for (&acc, 0..) |*a, i| a.* = @splat(@floatFromInt(i));
    const f: R = @splat(factor);
    for (0..rounds) |_| {
        inline for (&acc) |*a| a.* = @mulAdd(R, a.*, f, f);
    }
    var total: R = @splat(0);
    for (acc) |a| total += a;
    return @reduce(.Add, total);
}

const rounds_max = 200_000;

fn measurePeak(result: *f64) void {
    var best: u64 = std.math.maxInt(u64);
    var factor: f32 = 0.5;
    for (0..5) |_| {
        const start = nowNs();
        const sum = fmaChains(rounds_max, @as(*volatile f32, &factor).*);
        best = @min(best, nowNs() - start);
        std.mem.doNotOptimizeAway(sum);
    }
    result.* = 2.0 * rounds_max * chains * lanes / @as(f64, @floatFromInt(best));
}

/// Floating-point operations per nanosecond of some threads at once: less than as many times one
/// where the cores of a virtual machine share those of the host.
pub fn gflops(threads: u32) !f64 {
    var peaks: [256]f64 = @splat(0);
    var handles: [256]std.Thread = undefined;
    for (1..threads) |i| handles[i] = try std.Thread.spawn(.{}, measurePeak, .{&peaks[i]});
    measurePeak(&peaks[0]);
    for (handles[1..threads]) |handle| handle.join();
    var total: f64 = 0;
    for (peaks[0..threads]) |peak| total += peak;
    return total;
}
