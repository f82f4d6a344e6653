//! Products with a vector: the matrix is read once, in the order it lies in memory.
//!
//! C = A·x with x a row or a column is one of two things. Where a line of the matrix runs along k
//! (A itself, or Bᵀ), lines are multiplied by the vector (see gemv_dots.zig). Where a line runs along
//! the results, lines are scaled and added. In both, every result adds its products in ascending k in
//! blocks of `kc_max`, as in the other paths.

const Dots = @import("gemv_dots.zig").Dots;
const simd = @import("simd.zig");
const table = @import("table.zig");
const tiles = @import("gemm_tile.zig");
const kc_max = @import("gemm.zig").kc_max;
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
    /// Whether lines that follow are fetched. Intel's processors, known here by their two pipes, do it
    /// better by themselves (Ice Lake 7.4 GFLOP/s, and 6.3 with fetching); Zen 4 does not.
    fetches: bool,

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
            .fetches = !g.multiplies_twice,
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

    /// Whether no second-level cache holds the matrix.
    pub fn isFar(gemv: *const Gemv) bool {
        return gemv.count * gemv.depth >= 1 << 20;
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

    fn chunk(context: *anyopaque, index: usize) callconv(table.cc) void {
        const work: *const Work = @ptrCast(@alignCast(context));
        const first = index * work.per_chunk;
        const count = @min(work.per_chunk, work.gemv.count - first);
        if (work.gemv.isDotted()) {
            Dots.run(work.gemv, first, count);
        } else {
            addLines(work.gemv, first, count);
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

fn addLines(gemv: *const Gemv, first: usize, count: usize) void {
    var sums: Sums = undefined;
    var p: usize = 0;
    while (p < gemv.depth) : (p += kc_max) {
        const depth = @min(kc_max, gemv.depth - p);
        @memset(sums.values[0..count], 0);
        var q: usize = 0;
        while (q + lines_at_a_time <= depth) : (q += lines_at_a_time) {
            if (!simd.is_compact and gemv.fetches and gemv.isFar()) {
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
