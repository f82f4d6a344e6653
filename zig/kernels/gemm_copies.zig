//! What is copied of the operands of a product that goes the direct way (see `gemm_direct.zig`): a transposed
//! operand, or a B whose registers split cache lines.

const direct = @import("gemm_direct.zig");
const pack = @import("pack.zig");
const simd = @import("simd.zig");
const stream = @import("stream.zig");
const table = @import("table.zig");
const tiles = @import("gemm_tile.zig");
const kc_max = @import("gemm.zig").kc_max;
const Slots = @import("gemm_slots.zig").Slots;
const Gemm = table.Gemm;
const width = tiles.width;

/// Rows of A that are copied at a time: whole cache lines, and whole tiles.
pub const rows_of_a = 48;

/// Whether a product that goes the direct way does so only with copies of its operands.
pub fn areNeeded(g: *const Gemm, team: *const table.Team) bool {
    return g.b.col_stride != 1 or copiesA(g) or splitsTooMany(g, team);
}

/// Whether A is copied: where it is transposed, a tile reads a line from another place for every k, and the
/// next tile finds these gone if they share sets of the first-level cache or are on too many pages. (Ice Lake,
/// in % of the peak, in place and copied: 1024x64x512 48 and 74, 1024x256x512 43 and 82, 256³ 86 and 92,
/// 192³ and 784x128x64 90 and 88. With registers of eight lanes only sets show.)
fn copiesA(g: *const Gemm) bool {
    if (g.a.col_stride == 1 or g.m <= tiles.rows_max) return false;
    const lines: usize = @min(g.k, kc_max);
    const floats = lines * @min(g.a.col_stride, page_floats);
    if (pack.linesCollide(2 * g.a.col_stride)) return floats > 24 * 1024;
    return width == 16 and floats > 48 * 1024;
}

const page_floats = 1024;

/// Whether registers of B lie in two cache lines each, and there are rows of A enough that it shows: two
/// pipes wait for loads (see `tiles.vectorsFor`).
fn splitsLines(g: *const Gemm) bool {
    if (!g.multiplies_twice or width != stream.line or g.m < 8 * tiles.rows_max) return false;
    return stream.headOf(g.b.data) != 0 or g.b.row_stride % stream.line != 0;
}

/// Floats of such a B: up to some it is read in place all the same, and from some on by way of a copy that
/// splits none. In between it is packed (Ice Lake, in % of the peak: 127³ 72 in place and 81 by a copy; on two
/// threads, which meet twice for a copy, 61 and 54; 191³ on two threads 76 packed and 68 by a copy).
const Split = struct {
    in_place_max: usize,
    copied_min: usize,

    fn of(team: *const table.Team) Split {
        return if (team.threads == 1)
            .{ .in_place_max = 12 * 1024, .copied_min = 12 * 1024 }
        else
            .{ .in_place_max = 16 * 1024, .copied_min = 48 * 1024 };
    }
};

/// Whether such a B is not read in place.
fn splitsTooMany(g: *const Gemm, team: *const table.Team) bool {
    return splitsLines(g) and direct.bFloats(g) >= Split.of(team).in_place_max;
}

/// What is copied of the operands of a product that goes this way, or does so then.
pub const Copies = struct {
    /// Of B, whose rows are rows of memory then, and begin with cache lines.
    b_floats: usize = 0,
    /// Of A for one chunk.
    a_floats: usize = 0,
    slots: usize = 0,

    pub fn of(g: *const Gemm, team: *const table.Team) ?Copies {
        if (g.n == 0 or !direct.suits(g)) return null;
        var copies: Copies = .{};
        if (g.b.col_stride != 1) {
            // SSE4.2 gains little.
            if (simd.is_compact or g.m <= tiles.rows_max) return null;
            copies.b_floats = g.k * alignedCols(g);
            if (copies.b_floats > turnedMax(team)) return null;
        } else if (splitsTooMany(g, team)) {
            if (g.k > kc_max or direct.bFloats(g) < Split.of(team).copied_min) return null;
            if (direct.bFloats(g) > direct.b_floats_max) return null;
            copies.b_floats = g.k * alignedCols(g);
        }
        if (copiesA(g)) {
            copies.a_floats = rows_of_a * @as(usize, @min(g.k, kc_max));
            copies.slots = @min(Slots.countFor(team), Slots.floats_max / copies.a_floats);
        }
        return copies;
    }

    /// Of a transposed B; more of it is packed by panels, which costs a small product more (Ice Lake, in % of
    /// the peak, packed and copied: 64³ 53 and 80, 128³ 77 and 87, 1024x64x64 58 and 91, 256³ 84 and 90).
    /// Threads would meet once more.
    fn turnedMax(team: *const table.Team) usize {
        return if (team.threads == 1) direct.b_floats_max - 1 else 8 * 1024;
    }

    pub fn floats(copies: *const Copies) usize {
        return copies.b_floats + copies.slots * copies.a_floats;
    }
};

fn alignedCols(g: *const Gemm) usize {
    return tiles.piecesOf(g.n, stream.line) * stream.line;
}

/// The product by way of copies in some memory.
pub fn run(g: *const Gemm, copies: *const Copies, memory: [*]f32, team: *const table.Team) void {
    var copy = g.*;
    if (copies.b_floats > 0) {
        copy.b = .{ .data = memory, .row_stride = alignedCols(g), .col_stride = 1 };
        var copying: Copying = .{ .g = g, .memory = memory, .stride = copy.b.row_stride, .threads = team.threads };
        team.run(team.threads, &copying, &Copying.chunk);
    }
    var slots: Slots = .{ .memory = memory + copies.b_floats, .floats = copies.a_floats, .count = copies.slots };
    direct.Direct.run(&copy, team, if (copies.slots > 0) &slots else null);
}

/// B in equal shares: of its rows or, where it is transposed, of its columns, whole registers of them.
const Copying = struct {
    g: *const Gemm,
    memory: [*]f32,
    stride: usize,
    threads: usize,

    fn chunk(context: *anyopaque, index: usize) callconv(table.cc) void {
        const c: *const Copying = @ptrCast(@alignCast(context));
        const b = c.g.b;
        if (simd.is_compact or b.col_stride == 1) {
            for (c.share(c.g.k, index)..c.share(c.g.k, index + 1)) |p| {
                stream.copyLines(false, b.data + p * b.row_stride, c.memory + p * c.stride, c.g.n);
            }
        } else {
            const registers = tiles.piecesOf(c.g.n, width);
            const first = c.share(registers, index) * width;
            const end = @min(c.share(registers, index + 1) * width, c.g.n);
            pack.panel(.{
                .data = b.data + first * b.col_stride,
                .count = end - first,
                .line_stride = b.col_stride,
                .depth_stride = 1,
            }, c.g.k, c.memory + first, c.stride);
        }
    }

    fn share(c: *const Copying, all: usize, index: usize) usize {
        return all * index / c.threads;
    }
};
