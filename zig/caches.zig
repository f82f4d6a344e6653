//! The sizes of this machine's caches, asked once: from the processor on x86-64, else from the
//! operating system.

const std = @import("std");
const builtin = @import("builtin");
const cpu = @import("cpu.zig");
const os = @import("os.zig");
const Caches = @import("kernels/table.zig").Caches;

/// Where nothing can be read: what every machine since 2013 has.
const defaults: Caches = .{ .l1 = 32 << 10, .l2 = 256 << 10, .l3 = 2 << 20, .line = 64 };

var sizes: Caches = defaults;
const State = enum(u8) { unknown, asking, known };
var state: std.atomic.Value(State) = .init(.unknown);

/// The sizes that kernels may count on; the defaults for whoever asks while another thread reads them.
pub fn get() *const Caches {
    if (state.load(.acquire) == .known) return &sizes;
    if (state.cmpxchgStrong(.unknown, .asking, .acquire, .monotonic) != null) return &defaults;
    sizes = usable(read());
    state.store(.known, .release);
    return &sizes;
}

/// What the machine says of itself.
pub fn reported() Caches {
    return read().caches;
}

const Found = struct {
    caches: Caches,
    /// Whether the third level of an Intel processor does not hold what the second does.
    l3_is_apart: bool = false,
};

fn read() Found {
    const answer: Found = if (builtin.cpu.arch == .x86_64) fromProcessor() else .{ .caches = os.caches() };
    const found = answer.caches;
    var result = defaults;
    inline for (.{ "l1", "l2", "l3", "line" }) |name| {
        const bytes = @field(found, name);
        if (bytes > 0) @field(result, name) = bytes;
    }
    // Some machines have no third level, or do not tell; what is asked is the last one.
    result.l2 = @max(result.l2, result.l1);
    result.l3 = @max(result.l3, result.l2);
    return .{ .caches = result, .l3_is_apart = answer.l3_is_apart };
}

/// Where the last level holds only what the others have driven out, as on Intel's servers, it belongs to
/// all of their cores, of which a virtual machine sees a few, and is hardly quicker than memory: on an
/// Ice Lake with "48 MB" two cores read 2 to 8 MB at 27 GB/s, 16 MB at 17 and 32 MB at 12.
fn usable(found: Found) Caches {
    var result = found.caches;
    if (found.l3_is_apart) {
        result.l3 = @min(result.l3, 8 * result.l2);
        result.turns_pages = true;
    }
    return result;
}

/// The deterministic cache parameters of cpuid: Intel SDM volume 2A, leaf 4; AMD64 Architecture
/// Programmer's Manual volume 3, leaf 0x8000001D.
fn fromProcessor() Found {
    var result = std.mem.zeroes(Caches);
    var l3_is_apart = false;
    const leaf = cacheLeaf() orelse return .{ .caches = result };
    for (0..8) |index| {
        const r = cpu.cpuid(leaf, @intCast(index));
        const kind = r.eax & 0x1f;
        if (kind == 0) break;
        const is_instruction_cache = kind == 2;
        if (is_instruction_cache) continue;
        const line = (r.ebx & 0xfff) + 1;
        const partitions = ((r.ebx >> 12) & 0x3ff) + 1;
        const ways = (r.ebx >> 22) + 1;
        const bytes = @as(u64, line) * partitions * ways * (@as(u64, r.ecx) + 1);
        switch ((r.eax >> 5) & 7) {
            1 => result.l1 = bytes,
            2 => result.l2 = bytes,
            3 => {
                result.l3 = bytes;
                l3_is_apart = leaf == intel_leaf and !cpu.has(r.edx, &.{1});
            },
            else => {},
        }
        result.line = line;
    }
    return .{ .caches = result, .l3_is_apart = l3_is_apart };
}

const intel_leaf = 4;

/// The leaf of deterministic cache parameters: 4 on Intel, 0x8000001D on AMD (if TOPOEXT is set).
fn cacheLeaf() ?u32 {
    if (cpu.cpuid(0x8000_0000, 0).eax >= 0x8000_001d and cpu.has(cpu.cpuid(0x8000_0001, 0).ecx, &.{22})) {
        return 0x8000_001d;
    }
    return if (cpu.cpuid(0, 0).eax >= intel_leaf) intel_leaf else null;
}

test "caches grow with their level" {
    const found = get();
    try std.testing.expect(reported().l3 >= found.l3);
    try std.testing.expect(found.l1 >= 4096 and found.l2 >= found.l1 and found.l3 >= found.l2);
    try std.testing.expect(std.math.isPowerOfTwo(found.line));
    try std.testing.expectEqual(found, get());
}
