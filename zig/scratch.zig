//! Memory for packed blocks: kept between calls, never more than `slot_count` blocks, and never
//! waited for. A call that finds no free slot maps memory of its own and unmaps it afterwards.

const std = @import("std");
const table = @import("kernels/table.zig");

const slot_count = 4;
const alignment: std.mem.Alignment = .@"64";

const Slot = struct {
    taken: std.atomic.Value(bool) = .init(false),
    memory: []align(64) f32 = &.{},
};

var slots: [slot_count]Slot = @splat(.{});

/// Memory that one call has for itself, until `release`.
pub const Lease = struct {
    scratch: table.Scratch,
    slot: ?*Slot,

    pub fn release(lease: Lease) void {
        if (lease.slot) |slot| {
            slot.taken.store(false, .release);
        } else {
            const memory = lease.scratch.data[0..lease.scratch.floats];
            std.heap.page_allocator.free(memory);
        }
    }
};

fn lend(memory: []align(64) f32, slot: ?*Slot) Lease {
    return .{ .scratch = .{ .data = memory.ptr, .floats = memory.len }, .slot = slot };
}

fn allocate(floats: usize) ?[]align(64) f32 {
    return std.heap.page_allocator.alignedAlloc(f32, alignment, floats) catch null;
}

/// At least `floats` floats, or null when there is no memory.
pub fn acquire(floats: usize) ?Lease {
    for (&slots) |*slot| {
        if (slot.taken.swap(true, .acquire)) continue;
        if (slot.memory.len < floats) {
            const memory = allocate(floats) orelse {
                slot.taken.store(false, .release);
                return null;
            };
            if (slot.memory.len > 0) std.heap.page_allocator.free(slot.memory);
            slot.memory = memory;
        }
        return lend(slot.memory, slot);
    }
    return lend(allocate(floats) orelse return null, null);
}

test "leases do not overlap and slots are used again" {
    var leases: [slot_count + 1]Lease = undefined;
    for (&leases, 0..) |*lease, i| {
        lease.* = acquire(1000).?;
        for (lease.scratch.data[0..1000]) |*value| value.* = @floatFromInt(i);
    }
    for (leases, 0..) |lease, i| {
        try std.testing.expectEqual(@as(f32, @floatFromInt(i)), lease.scratch.data[999]);
    }
    for (leases) |lease| lease.release();
    const again = acquire(500).?;
    defer again.release();
    try std.testing.expectEqual(leases[0].scratch.data, again.scratch.data);
}
