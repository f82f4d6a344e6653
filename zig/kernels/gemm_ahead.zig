//! What products fetch for the tiles that follow, a little between some steps of a tile.

const std = @import("std");
const tiles = @import("gemm_tile.zig");

const floats_per_line = @import("pack.zig").floats_per_line;

/// Lines of memory that will be read, fetched one cache line at a time: more at once would keep what
/// is read now waiting for a place among the misses under way (24 on Zen 4).
pub const Ahead = struct {
    /// Steps of k that a tile makes between two turns.
    pub const steps_per_turn = 4;
    /// Fetches nothing; it is never written.
    pub var nothing: Ahead = .{};

    from: [*]const f32 = undefined,
    stride: usize = 0,
    cache_lines_per_line: usize = 0,
    lines: usize = 0,
    at: usize = 0,
    /// Cache lines between `steps_per_turn` steps of a tile.
    rate: usize = 0,

    /// Some lines of a length in floats, which may begin anywhere in a cache line, to be fetched by
    /// a number of blocked tiles of a depth.
    pub fn init(
        from: [*]const f32,
        stride: usize,
        lines: usize,
        length: usize,
        count: usize,
        depth: usize,
    ) Ahead {
        const cache_lines_per_line = tiles.piecesOf(length, floats_per_line) + 1;
        const turns = count * @max(depth / steps_per_turn, 1);
        return .{
            .from = from,
            .stride = stride,
            .cache_lines_per_line = cache_lines_per_line,
            .lines = lines,
            .rate = tiles.piecesOf(lines * cache_lines_per_line, turns),
        };
    }

    /// The tile's part of C.
    pub inline fn ofTile(comptime rows: usize, comptime vectors: usize, t: *const tiles.Place) Ahead {
        const cache_lines_per_line = comptime tiles.piecesOf(vectors * tiles.width, floats_per_line) + 1;
        // Without a division, which would show. (What is less deep is nearer.)
        const is_deep = t.depth >= steps_per_turn * rows * cache_lines_per_line;
        return .{
            .from = t.c,
            .stride = t.ldc,
            .cache_lines_per_line = cache_lines_per_line,
            .lines = rows,
            .rate = if (is_deep) 1 else 2,
        };
    }

    /// Dense memory.
    pub fn dense(from: [*]const f32, floats: usize, rate: usize) Ahead {
        return .{
            .from = from,
            .cache_lines_per_line = tiles.piecesOf(floats, floats_per_line),
            .lines = @intFromBool(floats > 0),
            .rate = rate,
        };
    }

    pub inline fn turn(ahead: *Ahead, comptime rw: std.builtin.PrefetchOptions.Rw) void {
        for (0..ahead.rate) |_| {
            if (ahead.lines == 0) return;
            @prefetch(ahead.from + ahead.at, .{ .rw = rw, .locality = 2 });
            ahead.at += floats_per_line;
            if (ahead.at == ahead.cache_lines_per_line * floats_per_line) {
                ahead.at = 0;
                ahead.from += ahead.stride;
                ahead.lines -= 1;
            }
        }
    }
};
