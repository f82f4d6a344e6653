//! Memory for results: mapped from the system, and kept when the collector of the runtime has found
//! that no array refers to it any more, so that the next result of about its size finds pages that
//! are there already, and perhaps still in the caches.

const std = @import("std");
const caches = @import("caches.zig");
const os = @import("os.zig");

/// What is kept at most, or three times what is in use, if that is more: collectors find the garbage
/// of several rounds at a time, the more the more is in use.
const kept_bytes_max = 256 << 20;

/// Blocks have 4, 5, 6 or 7 times a power of two bytes, so that at most a fifth of one is not used.
const class_bits = 2;
const bytes_min_log2 = 12;
const classes_per_octave = 1 << class_bits;
const class_count = (32 - bytes_min_log2) * classes_per_octave + 1;

/// Blocks that hold large pages begin with one.
const huge_bytes = 2 << 20;
const huge_alignment: std.mem.Alignment = .fromByteUnits(huge_bytes);

/// The smallest class whose blocks have room for so many bytes.
fn classOf(bytes: u32) u32 {
    const last = @max(bytes, 1 << bytes_min_log2) - 1;
    const octave: u5 = @intCast(31 - @clz(last));
    const quarter = (last >> (octave - class_bits)) & (classes_per_octave - 1);
    return (@as(u32, octave) + 1 - bytes_min_log2) * classes_per_octave + quarter - (classes_per_octave - 1);
}

/// The bytes of the blocks of a class.
fn bytesOf(class: u32) usize {
    const octave: u6 = @intCast(class / classes_per_octave + bytes_min_log2 - class_bits);
    return @as(usize, classes_per_octave + class % classes_per_octave) << octave;
}

const Block = struct {
    fn map(class: u32) ?[*]u8 {
        const bytes = bytesOf(class);
        if (bytes < 2 * huge_bytes) {
            const memory = std.heap.page_allocator.alloc(u8, bytes) catch return null;
            return memory.ptr;
        }
        const memory = std.heap.page_allocator.alignedAlloc(u8, huge_alignment, bytes) catch return null;
        os.preferHugePages(@intFromPtr(memory.ptr), bytes);
        return memory.ptr;
    }

    fn unmap(memory: [*]u8, class: u32) void {
        const bytes = bytesOf(class);
        if (bytes < 2 * huge_bytes) return std.heap.page_allocator.free(memory[0..bytes]);
        const aligned: [*]align(huge_bytes) u8 = @alignCast(memory);
        std.heap.page_allocator.free(aligned[0..bytes]);
    }
};

/// A kept block begins with the address of the next of its class.
const Link = struct { next: ?*Link };

/// Blocks that nobody uses, by class, the last one given first: it is the likeliest to be cached.
const Store = struct {
    first: [class_count]?*Link = @splat(null),
    /// When a class was last asked for.
    asked: [class_count]u32 = @splat(0),
    now: u32 = 0,
    bytes: usize = 0,

    fn pop(store: *Store, class: u32) ?[*]u8 {
        const block = store.first[class] orelse return null;
        store.first[class] = block.next;
        store.bytes -= bytesOf(class);
        return @ptrCast(block);
    }

    fn take(store: *Store, class: u32) ?[*]u8 {
        store.now +%= 1;
        store.asked[class] = store.now;
        return store.pop(class);
    }

    fn keep(store: *Store, memory: [*]u8, class: u32) void {
        const block: *Link = @ptrCast(@alignCast(memory));
        block.next = store.first[class];
        store.first[class] = block;
        store.bytes += bytesOf(class);
    }

    /// The class with blocks that was not asked for the longest.
    fn stalest(store: *const Store) ?u32 {
        var result: ?u32 = null;
        var longest: u32 = 0;
        for (store.first, store.asked, 0..) |block, asked, class| {
            if (block == null or store.now -% asked < longest) continue;
            longest = store.now -% asked;
            result = @intCast(class);
        }
        return result;
    }
};

var kept: Store = .{};
var is_locked: std.atomic.Value(bool) = .init(false);
/// Of blocks that were taken and not given back.
var used_bytes: std.atomic.Value(usize) = .init(0);

/// Blocks come back on threads of the collector. Whoever holds the lock moves a few words: if it
/// doesn't come soon, its owner has lost his core, and the system serves as well.
fn lock() bool {
    for (0..200) |_| {
        if (!is_locked.swap(true, .acquire)) return true;
        std.atomic.spinLoopHint();
    }
    return false;
}

fn unlock() void {
    is_locked.store(false, .release);
}

/// The kept block that was taken last, if this memory is more than the caches hold: they are likely to
/// have lost it since its last use.
var cold: std.atomic.Value(?*const anyopaque) = .init(null);

/// Whether no cache is likely to hold anything at an address: it is that of a block that was used
/// before, but not since it was taken, or follows what was asked about last. Who asks is about to use
/// so many bytes: the answer is taken away with them.
pub fn takeCold(address: *const anyopaque, bytes: usize) bool {
    if (cold.load(.monotonic) != address) return false;
    const rest: *const anyopaque = @ptrFromInt(@intFromPtr(address) + bytes);
    return cold.cmpxchgStrong(address, rest, .monotonic, .monotonic) == null;
}

/// Bytes of the memory that was taken and not given back.
pub fn usedBytes() usize {
    return used_bytes.load(.monotonic);
}

/// From here on zeros are had from the system: they may not all be needed.
const lazy_bytes_min = 32 << 20;

/// What memory that is taken is to hold.
pub const Contents = enum { anything, zeros };

/// Memory for so many bytes; null where there is none.
pub fn take(bytes: u32, contents: Contents) ?[*]u8 {
    const class = classOf(bytes);
    // What the system maps holds zeros, which come as they are touched.
    const is_lazy = contents == .zeros and bytes >= lazy_bytes_min;
    const kept_block = if (is_lazy) null else takeKept(class);
    if (kept_block) |memory| if (contents == .zeros) {
        @memset(memory[0..bytes], 0);
        cold.store(null, .monotonic);
    };
    const memory = kept_block orelse Block.map(class) orelse return null;
    _ = used_bytes.fetchAdd(bytesOf(class), .monotonic);
    return memory;
}

fn takeKept(class: u32) ?[*]u8 {
    if (!lock()) return null;
    defer unlock();
    const memory = kept.take(class) orelse return null;
    const is_cold = kept.bytes + usedBytes() > caches.get().l3;
    cold.store(if (is_cold) memory else null, .monotonic);
    return memory;
}

/// Takes back what `take` returned for so many bytes.
pub fn give(memory: [*]u8, bytes: u32) void {
    const class = classOf(bytes);
    _ = used_bytes.fetchSub(bytesOf(class), .monotonic);
    if (!lock()) return Block.unmap(memory, class);
    kept.keep(memory, class);
    unlock();
    while (tooMuch()) |surplus| Block.unmap(surplus.memory, surplus.class);
}

/// A block that is kept beyond the bound.
fn tooMuch() ?struct { memory: [*]u8, class: u32 } {
    if (!lock()) return null;
    defer unlock();
    if (kept.bytes <= @max(kept_bytes_max, 3 * usedBytes())) return null;
    const class = kept.stalest().?;
    return .{ .memory = kept.pop(class).?, .class = class };
}

test "a class has room for what is asked, and at most a fifth too much" {
    for ([_]u32{ 0, 1, 4095, 4096, 4097, 5120, 5121, 1 << 20, (1 << 20) + 1, 5 << 20, 0xffffffff }) |bytes| {
        const class = classOf(bytes);
        try std.testing.expect(class < class_count);
        try std.testing.expect(bytesOf(class) >= bytes);
        if (class > 0) try std.testing.expect(bytesOf(class - 1) < bytes);
        if (class > 0) try std.testing.expect(bytesOf(class) - bytes <= bytesOf(class) / 5);
    }
    try std.testing.expectEqual(1 << 12, bytesOf(0));
    try std.testing.expectEqual(@as(usize, 1) << 32, bytesOf(class_count - 1));
}

test "a block that was used before is cold until somebody has asked, if there is more than the caches hold" {
    const bytes: u32 = 1 << 20;
    const blocks = @as(u32, @intCast(caches.get().l3 / bytes)) + 1;
    const first = take(bytes, .anything).?;
    try std.testing.expect(!takeCold(first, bytes));
    give(first, bytes);
    try std.testing.expectEqual(first, take(bytes, .anything).?);
    try std.testing.expect(!takeCold(first, bytes));

    const others = try std.testing.allocator.alloc([*]u8, blocks);
    defer std.testing.allocator.free(others);
    for (others) |*other| other.* = take(bytes, .anything).?;
    give(first, bytes);
    try std.testing.expectEqual(first, take(bytes, .anything).?);
    try std.testing.expect(!takeCold(others[0], bytes));
    try std.testing.expect(takeCold(first, bytes / 4));
    try std.testing.expect(!takeCold(first, bytes));
    try std.testing.expect(takeCold(first + bytes / 4, bytes / 4));
    try std.testing.expect(!takeCold(first + bytes / 4, bytes / 4));
    give(first, bytes);
    try std.testing.expectEqual(first, take(bytes, .zeros).?);
    try std.testing.expect(!takeCold(first, bytes));
    give(first, bytes);
    for (others) |other| give(other, bytes);
    while (kept.pop(classOf(bytes))) |memory| Block.unmap(memory, classOf(bytes));
}

test "blocks are found again, the last one first, and not more than the bound is kept" {
    const size = 5 << 20;
    const a = take(size, .anything).?;
    const b = take(size, .anything).?;
    try std.testing.expect(a != b);
    for (a[0..size], b[0..size]) |*x, *y| {
        x.* = 1;
        y.* = 2;
    }
    give(a, size);
    give(b, size);
    try std.testing.expectEqual(b, take(size - 1, .anything).?);
    try std.testing.expectEqual(a, take(size, .anything).?);
    give(a, size);
    give(b, size);

    const zeros = take(size, .zeros).?;
    try std.testing.expectEqual(b, zeros);
    try std.testing.expect(std.mem.allEqual(u8, zeros[0..size], 0));
    give(zeros, size);
    try std.testing.expectEqual(0, usedBytes());

    var blocks: [300][*]u8 = undefined;
    for (&blocks) |*block| block.* = take(1 << 20, .anything).?;
    try std.testing.expectEqual(300 << 20, usedBytes());
    for (blocks) |block| {
        give(block, 1 << 20);
        try std.testing.expect(kept.bytes <= @max(kept_bytes_max, 3 * usedBytes()));
    }
    // The other class went out first.
    try std.testing.expectEqual(null, kept.first[classOf(size)]);
    try std.testing.expectEqual(kept_bytes_max, kept.bytes);
}
