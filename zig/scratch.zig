//! Memory for packed blocks: kept between calls, never more than `slot_count` blocks, and never
//! waited for. A call that finds no free slot maps memory of its own and unmaps it afterwards.

const std = @import("std");
const table = @import("kernels/table.zig");

const slot_count = 5;
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

/// At least `floats` floats, or null when there is no memory. The call that has the thread pool
/// has a slot of its own, so that its need, which grows with the threads, is met only once.
pub fn acquire(floats: usize, threads: u32) ?Lease {
    const candidates = if (threads > 1) slots[0..1] else slots[1..];
    for (candidates) |*slot| {
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
    var leases: [slot_count]Lease = undefined;
    for (&leases, 0..) |*lease, i| {
        lease.* = acquire(1000, 1).?;
        for (lease.scratch.data[0..1000]) |*value| value.* = @floatFromInt(i);
    }
    for (leases, 0..) |lease, i| {
        try std.testing.expectEqual(@as(f32, @floatFromInt(i)), lease.scratch.data[999]);
    }
    for (leases) |lease| lease.release();
    const again = acquire(500, 1).?;
    defer again.release();
    try std.testing.expectEqual(leases[0].scratch.data, again.scratch.data);
}
