//! Scratch memory of a product in parts for its threads.

const std = @import("std");
const table = @import("table.zig");

/// Parts of the memory, and which of them are in use.
pub const Slots = struct {
    memory: [*]f32,
    /// Of one part.
    floats: usize,
    count: usize,
    taken: [most]std.atomic.Value(bool) = @splat(.init(false)),

    /// All parts together, in floats: 12 MB.
    pub const floats_max = 3 << 20;
    /// Threads that compute at a time: any more would not fit into it.
    const most = 128;

    pub fn countFor(team: *const table.Team) usize {
        return @min(team.threads, most);
    }

    /// The number of a free part. There is one for every thread, but on the largest machines, where this
    /// waits for one.
    pub fn take(slots: *Slots) usize {
        var slot: usize = 0;
        while (slots.taken[slot].swap(true, .acquire)) slot = (slot + 1) % slots.count;
        return slot;
    }

    pub fn giveBack(slots: *Slots, slot: usize) void {
        slots.taken[slot].store(false, .release);
    }

    pub fn at(slots: *const Slots, slot: usize) [*]f32 {
        return slots.memory + slot * slots.floats;
    }
};
