//! Elements by their index along an axis. An index counts from the end where it is below 0.

const caches = @import("caches.zig");
const spread = @import("spread.zig");
const stream = @import("kernels/stream.zig");
const strided = @import("strided.zig");
const table = @import("kernels/table.zig");

/// Whether all indices, which may count from the end, are within an axis.
pub fn areWithin(index: []const i32, size: usize) bool {
    const reach: i64 = @intCast(size);
    var low: i64 = 0;
    var high: i64 = -1;
    for (index) |i| {
        low = @min(low, i);
        high = @max(high, i);
    }
    return low >= -reach and high < reach;
}

/// Within the axis even if somebody changes shared memory behind the check.
inline fn fromStart(i: i32, size: usize) usize {
    const at: usize = @bitCast(@as(isize, i));
    return @min(if (i < 0) at +% size else at, size - 1);
}

/// target[o, i, :] = source[o, index[i], :], where a row of the last axis has so many bytes.
pub const Take = struct {
    source: [*]const u8,
    target: [*]u8,
    index: []const i32,
    outer: usize,
    size: usize,
    row_bytes: usize,

    pub fn run(take: *const Take, kernels: *const table.KernelTable) void {
        switch (take.row_bytes) {
            inline 1, 4, 8 => |bytes| take.each(@Int(.unsigned, 8 * bytes)),
            else => take.rows(if (take.isFar()) kernels.copy_past else null),
        }
    }

    /// Whether the rows are words, and too many for the caches.
    fn isFar(take: *const Take) bool {
        const addresses = @intFromPtr(take.source) | @intFromPtr(take.target);
        if ((take.row_bytes | addresses) % @sizeOf(f32) != 0) return false;
        const floats = take.outer * take.index.len * take.row_bytes / @sizeOf(f32);
        const far: spread.Far = .{
            .result = @ptrCast(@alignCast(take.target)),
            .floats = floats,
            .run = floats,
            .caches = caches.get(),
        };
        return far.decide();
    }

    fn rows(take: *const Take, copy_past: ?table.CopyFn) void {
        var to = take.target;
        for (0..take.outer) |o| {
            const from = take.source + o * take.size * take.row_bytes;
            for (take.index) |i| {
                const row = from + fromStart(i, take.size) * take.row_bytes;
                if (copy_past) |copy| {
                    copy(@ptrCast(@alignCast(row)), @ptrCast(@alignCast(to)), take.row_bytes / @sizeOf(f32));
                } else @memcpy(to[0..take.row_bytes], row);
                to += take.row_bytes;
            }
        }
        if (copy_past != null) stream.fence();
    }

    fn each(take: *const Take, comptime T: type) void {
        var to: [*]align(1) T = @ptrCast(take.target);
        // A copy, which stores to the target cannot change.
        const size = take.size;
        for (0..take.outer) |o| {
            const from = @as([*]align(1) const T, @ptrCast(take.source)) + o * size;
            for (take.index) |i| {
                to[0] = from[fromStart(i, size)];
                to += 1;
            }
        }
    }
};

/// target[…] = source[…] with the index instead of that of one axis; index and target are row-major.
pub const Gather = struct {
    pub const Nest = strided.Nest(1);

    source: [*]const u8,
    target: [*]u8,
    index: [*]const i32,
    bytes: usize,
    /// The axes of the index, along which the source is walked; and the one that is chosen from.
    nest: Gather.Nest,
    axis: Gather.Nest.Axis,

    pub fn run(gather: *Gather) void {
        gather.nest.dropOnes();
        gather.nest.merge();
        gather.nest.pad(1);
        switch (gather.bytes) {
            inline 1, 4, 8 => |bytes| gather.each(@Int(.unsigned, 8 * bytes)),
            else => unreachable,
        }
    }

    fn each(gather: *const Gather, comptime T: type) void {
        const source: [*]align(1) const T = @ptrCast(gather.source);
        var to: [*]align(1) T = @ptrCast(gather.target);
        var index = gather.index;
        const last = gather.nest.axes[gather.nest.len - 1];
        // Copies, which stores to the target cannot change.
        const size, const stride = .{ gather.axis.size, gather.axis.strides[0] };
        var walk = gather.nest.walk(gather.nest.len - 1);
        while (true) {
            var from = strided.at(source, walk.offsets[0]);
            for (0..last.size) |_| {
                const i: isize = @intCast(fromStart(index[0], size));
                to[0] = strided.at(from, i * stride)[0];
                to += 1;
                index += 1;
                from = strided.at(from, last.strides[0]);
            }
            if (!walk.next()) return;
        }
    }
};
