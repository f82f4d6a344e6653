//! Products with a vector: the matrix is read once, in the order it lies in memory.
//!
//! C = A·x with x a row or a column is one of two things. Where a line of the matrix runs along k
//! (A itself, or Bᵀ), squares of lines are transposed in registers, so that a register holds as
//! many results. Where a line runs along the results, lines are scaled and added. In both, every
//! result adds its products in ascending k in blocks of `kc_max`, as in the other paths.

const std = @import("std");
const pack = @import("pack.zig");
const simd = @import("simd.zig");
const table = @import("table.zig");
const tiles = @import("gemm_tile.zig");
const kc_max = @import("gemm.zig").kc_max;
const floats_per_cache_line = tiles.floats_per_line;
const Gemm = table.Gemm;
const V = simd.V;

/// results[i] = Σ_p matrix(i, p) · vector(p)
pub const Gemv = struct {
    matrix: [*]const f32,
    /// From a result to the next, and from a p to the next; one of them is 1.
    result_stride: usize,
    depth_stride: usize,
    vector: [*]const f32,
    vector_stride: usize,
    results: [*]f32,
    results_stride: usize,
    count: usize,
    depth: usize,
    alpha: f32,
    beta: f32,

    /// A product with m = 1 or n = 1, or null where no line of the matrix is without gaps.
    pub fn of(g: *const Gemm) ?Gemv {
        const is_row = g.m == 1;
        const matrix, const vector = if (is_row) .{ g.b, g.a } else .{ g.a, g.b };
        const v: Gemv = .{
            .matrix = matrix.data,
            .result_stride = if (is_row) matrix.col_stride else matrix.row_stride,
            .depth_stride = if (is_row) matrix.row_stride else matrix.col_stride,
            .vector = vector.data,
            .vector_stride = if (is_row) vector.col_stride else vector.row_stride,
            .results = g.c,
            .results_stride = if (is_row) 1 else g.ldc,
            .count = if (is_row) g.n else g.m,
            .depth = g.k,
            .alpha = g.alpha,
            .beta = g.beta,
        };
        return if (v.isDotted() or v.result_stride == 1) v else null;
    }

    pub fn run(gemv: *const Gemv, team: *const table.Team) void {
        const per_chunk = gemv.perChunk(team.threads);
        var work: Work = .{ .gemv = gemv, .per_chunk = per_chunk };
        team.run(@intCast(tiles.piecesOf(gemv.count, per_chunk)), &work, &Work.chunk);
    }

    /// Whether lines run along k.
    fn isDotted(gemv: *const Gemv) bool {
        return gemv.depth_stride == 1;
    }

    /// Lines a multiple of 4 KB apart share the sets of the first-level cache, which has no more ways
    /// than a register has lanes.
    fn linesCollide(gemv: *const Gemv) bool {
        const floats_per_way = 1024;
        const distance = gemv.result_stride % floats_per_way;
        return @min(distance, floats_per_way - distance) < floats_per_cache_line;
    }

    fn perChunk(gemv: *const Gemv, threads: usize) usize {
        // Lines that are added are read in runs as long as a chunk is wide: the longer the better.
        const pieces = if (gemv.isDotted()) 4 * threads else threads;
        const even = tiles.piecesOf(gemv.count, pieces);
        const count = if (threads == 1)
            gemv.count
        else
            tiles.piecesOf(even, simd.lanes) * simd.lanes;
        return if (gemv.isDotted()) count else @min(Sums.count_max, count);
    }
};

const Work = struct {
    gemv: *const Gemv,
    per_chunk: usize,

    fn chunk(context: *anyopaque, index: usize) callconv(.c) void {
        const work: *const Work = @ptrCast(@alignCast(context));
        const first = index * work.per_chunk;
        const count = @min(work.per_chunk, work.gemv.count - first);
        if (work.gemv.isDotted()) {
            dotLines(work.gemv, first, count);
        } else {
            addLines(work.gemv, first, count);
        }
    }
};

/// A few lines with all of k, and then the next: memory is read in long runs. Two registers of lines
/// are at work, so that two chains of additions overlap.
fn dotLines(gemv: *const Gemv, first: usize, count: usize) void {
    const end = first + count;
    var ahead: Dots = .init(gemv, first, end);
    var behind: Dots = .init(gemv, first + dot_lanes, end);
    // The lines of one register fill all ways of their sets: those of the other are read elsewhere.
    if (gemv.linesCollide()) Dots.run(1, gemv, .{&ahead});
    while (ahead.length() > 0 or behind.length() > 0) {
        if (ahead.length() == behind.length()) {
            Dots.run(2, gemv, .{ &ahead, &behind });
        } else {
            if (ahead.length() > 0) Dots.run(1, gemv, .{&ahead});
            if (behind.length() > 0) Dots.run(1, gemv, .{&behind});
        }
    }
}

/// Lanes of a register of lines. Wider squares take as many shuffles for each value, and their sums
/// are one chain of additions for twice as many streams of memory.
const dot_lanes = @min(pack.width, 8);
const F = @Vector(dot_lanes, f32);

/// A register of lines, each line a lane: squares of them are turned in registers. The next such lines
/// are `lines_apart` further on.
const Dots = struct {
    depth: usize,
    end: usize,
    /// The first of the lines, and how far they have been read.
    i: usize,
    p: usize = 0,
    /// The lines; those that are not there repeat the last one.
    starts: [dot_lanes][*]const f32 = undefined,
    sums: F = @splat(0),

    /// Of a block of k. Twice as much was as fast where lines share cache sets.
    const part = 256;
    const lines_apart = 2 * dot_lanes;

    comptime {
        std.debug.assert(kc_max % part == 0);
    }

    fn init(gemv: *const Gemv, i: usize, end: usize) Dots {
        var dots: Dots = .{ .depth = gemv.depth, .i = i, .end = end };
        dots.find(gemv);
        return dots;
    }

    fn find(dots: *Dots, gemv: *const Gemv) void {
        for (&dots.starts, dots.i..) |*start, line| {
            start.* = gemv.matrix + @min(line, dots.end - 1) * gemv.result_stride;
        }
    }

    /// Of the part that comes next; 0 after the last line.
    fn length(dots: *const Dots) usize {
        return if (dots.i < dots.end) @min(part, dots.depth - dots.p) else 0;
    }

    /// The next part of some registers of lines, all of one length.
    fn run(comptime count: usize, gemv: *const Gemv, registers: [count]*Dots) void {
        const part_length = registers[0].length();
        var sums: [count]F = undefined;
        for (&sums, registers) |*sum, dots| sum.* = dots.sums;
        var q: usize = 0;
        while (q + dot_lanes <= part_length) : (q += dot_lanes) {
            inline for (&sums, registers) |*sum, dots| {
                dots.fetch(gemv, q);
                sum.* = dots.addSquare(gemv, q, dot_lanes, sum.*);
            }
        }
        if (q < part_length) {
            inline for (&sums, registers) |*sum, dots| {
                sum.* = dots.addSquare(gemv, q, part_length - q, sum.*);
            }
        }
        for (sums, registers) |sum, dots| dots.advance(gemv, sum, part_length);
    }

    /// The products of up to `dot_lanes` values of each line: the columns of the turned square that
    /// exist, each times its value of the vector.
    inline fn addSquare(dots: *const Dots, gemv: *const Gemv, q: usize, count: usize, sum: F) F {
        const p = dots.p + q;
        var square: [dot_lanes]F = undefined;
        inline for (&square, dots.starts) |*line, start| {
            line.* = if (count == dot_lanes)
                pack.loadOf(dot_lanes, start + p)
            else
                pack.loadPartialOf(dot_lanes, start + p, count);
        }
        var result = sum;
        inline for (pack.turn(square), 0..) |column, j| {
            if (j < count) {
                const factor: F = @splat(gemv.vector[(p + j) * gemv.vector_stride]);
                result = tiles.mulAdd(column, factor, result);
            }
        }
        return result;
    }

    fn advance(dots: *Dots, gemv: *const Gemv, sums: F, read: usize) void {
        dots.sums = sums;
        dots.p += read;
        if (dots.p % kc_max != 0 and dots.p < dots.depth) return;
        const update: tiles.Update = .ofBlock(gemv, (dots.p - 1) / kc_max * kc_max);
        const values: [dot_lanes]f32 = sums;
        for (values[0..@min(dot_lanes, dots.end - dots.i)], dots.i..) |sum, line| {
            update.applyScalar(sum, &gemv.results[line * gemv.results_stride]);
        }
        dots.sums = @splat(0);
        if (dots.p < dots.depth) return;
        dots.p = 0;
        dots.i += lines_apart;
        if (dots.i < dots.end) dots.find(gemv);
    }

    /// The lines that follow, a cache line of each in turn.
    inline fn fetch(dots: *const Dots, gemv: *const Gemv, q: usize) void {
        const turns = @max(floats_per_cache_line / dot_lanes, 1);
        const each = dot_lanes / turns;
        const turn = q / dot_lanes % turns;
        inline for (0..each) |j| {
            const start = dots.starts[turn * each + j] + dots.p + q;
            @prefetch(start + lines_apart * gemv.result_stride, .{ .locality = 2 });
        }
    }
};

/// Sums of a block of k, in the first-level cache.
const Sums = struct {
    const count_max = 4096;
    values: [count_max]f32,
};

/// Lines that are added at a time: as many streams of memory.
const lines_at_a_time = 8;
/// From a matrix of this size on, which no second-level cache holds, the next lines are fetched ahead.
const far_floats_min = 1 << 20;

fn addLines(gemv: *const Gemv, first: usize, count: usize) void {
    const is_far = gemv.count * gemv.depth >= far_floats_min;
    var sums: Sums = undefined;
    var p: usize = 0;
    while (p < gemv.depth) : (p += kc_max) {
        const depth = @min(kc_max, gemv.depth - p);
        @memset(sums.values[0..count], 0);
        var q: usize = 0;
        while (q + lines_at_a_time <= depth) : (q += lines_at_a_time) {
            if (is_far) {
                addGroup(lines_at_a_time, true, gemv, &sums.values, first, count, p + q);
            } else {
                addGroup(lines_at_a_time, false, gemv, &sums.values, first, count, p + q);
            }
        }
        while (q < depth) : (q += 1) addGroup(1, false, gemv, &sums.values, first, count, p + q);
        const update: tiles.Update = .ofBlock(gemv, p);
        for (sums.values[0..count], first..) |sum, i| {
            update.applyScalar(sum, &gemv.results[i * gemv.results_stride]);
        }
    }
}

fn addGroup(
    comptime lines: usize,
    comptime fetches_next: bool,
    gemv: *const Gemv,
    sums: [*]f32,
    first: usize,
    count: usize,
    p: usize,
) void {
    var factors: [lines]V = undefined;
    var starts: [lines][*]const f32 = undefined;
    inline for (&factors, &starts, 0..) |*factor, *start, q| {
        factor.* = simd.splat(gemv.vector[(p + q) * gemv.vector_stride]);
        start.* = gemv.matrix + (p + q) * gemv.depth_stride + first;
    }
    var i: usize = 0;
    while (i + simd.lanes <= count) : (i += simd.lanes) {
        var sum = simd.load(sums + i);
        inline for (factors, starts) |factor, start| {
            if (fetches_next) @prefetch(start + lines * gemv.depth_stride + i, .{ .locality = 2 });
            sum = tiles.mulAdd(simd.load(start + i), factor, sum);
        }
        simd.store(sums + i, sum);
    }
    if (i < count) {
        var sum = simd.loadPartial(sums + i, count - i, 0);
        inline for (factors, starts) |factor, start| {
            sum = tiles.mulAdd(simd.loadPartial(start + i, count - i, 0), factor, sum);
        }
        simd.storePartial(sums + i, sum, count - i);
    }
}
