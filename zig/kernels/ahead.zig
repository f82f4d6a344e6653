//! Fetching what comes next from memory, in turn from several pages.
//!
//! A core of Intel's servers reads memory in order at 12 GB/s (Ice Lake, measured): a fetch takes long on the
//! way between its many cores, and the processor fetches only so far ahead within the page that is being
//! read. When lines of the next 16 pages are asked for in turn it is at work on all of them: 17 GB/s. Of what
//! the third cache holds at least in part 4 pages come soonest.

const Fetch = @import("table.zig").Fetch;

/// What is fetched at once: the bytes of 8 lines.
pub const block_floats = 128;
const block_bytes = block_floats * @sizeOf(f32);
const page_bytes = 4096;

/// Fetches a block for the one at p, which is about to be read together with other views: all those of
/// some pages, one after the other, stand for those of the pages behind them.
pub inline fn fetchBlock(comptime views: usize, fetch: Fetch, p: [*]const f32) void {
    // Of two views 4 pages each are a little better than 8 or 16.
    const pages_log2: u6 = if (views == 1 and fetch == .pages) 4 else 2;
    const group_bytes = @as(usize, page_bytes) << pages_log2;
    const within = @intFromPtr(p) & (group_bytes - 1);
    const following = @intFromPtr(p) - within +% group_bytes;
    const block = within / block_bytes;
    const page = block & ((@as(usize, 1) << pages_log2) - 1);
    const target = following +% page * page_bytes + (block >> pages_log2) * block_bytes;
    const lines: [*]allowzero const [64]u8 = @ptrFromInt(target);
    inline for (0..block_bytes / 64) |i| @prefetch(lines + i, .{ .locality = 3 });
}

/// The same for all blocks of some floats.
pub inline fn fetchBlocks(comptime views: usize, p: [*]const f32, floats: usize) void {
    var i: usize = 0;
    while (i < floats) : (i += block_floats) fetchBlock(views, .pages, p + i);
}
