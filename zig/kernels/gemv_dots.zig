//! Lines of a matrix, each multiplied by a vector.
//!
//! Every lane of a register has one line and adds its products in their order. Lines come in quads:
//! four values of each are turned in registers (see `pack.turnQuads`), so that a register holds the
//! k-th value of as many lines. Four quads are at work, whose chains of additions overlap.

const std = @import("std");
const pack = @import("pack.zig");
const simd = @import("simd.zig");
const tiles = @import("gemm_tile.zig");
const kc_max = @import("gemm.zig").kc_max;
const Gemv = @import("gemv.zig").Gemv;

const quad = pack.quad;
const Q = @Vector(quad, f32);
const quads = 4;
/// Lines from one turn of all quads to the next.
const lines_apart = quads * quad;

const quads_per_register = pack.width / quad;
const registers = quads / quads_per_register;
const R = pack.R;

/// Values of a line that are read at a time: a quarter of the 4 KB after which addresses share the
/// sets of the first-level cache.
const part = 256;
/// Values of a line before a cache line of what follows is fetched: one of its own.
const step = pack.floats_per_line;

comptime {
    std.debug.assert(kc_max % part == 0 and part % step == 0);
}

/// A quad of lines: the first one, and how far they have been read.
const Quad = struct {
    i: usize,
    p: usize = 0,
};

pub const Dots = struct {
    gemv: *const Gemv,
    end: usize,
    /// From a line of a quad to the next: 0 where there are fewer than `quad` lines in all, and each
    /// quad has one.
    stride: usize,
    all: [quads]Quad,
    sums: [quads][quad]f32 align(@alignOf(R)) = @splat(@splat(0)),

    /// Some lines from the first on.
    pub fn run(gemv: *const Gemv, first: usize, count: usize) void {
        var dots: Dots = .{
            .gemv = gemv,
            .end = first + count,
            .stride = if (gemv.count >= quad) gemv.result_stride else 0,
            .all = undefined,
        };
        for (&dots.all, 0..) |*each, t| each.* = .{ .i = first + t * dots.linesPerQuad() };
        // One behind the other, no more than one quad of lines that share their sets is in each: 4096
        // lines of 4096 are read at 42 GB/s instead of 29. The quads that wait lose time.
        const lag: usize = if (gemv.isFar()) part else part / 4;
        var active: usize = if (pack.linesCollide(gemv.result_stride)) 1 else quads;
        while (dots.next(active, if (active < quads) lag else part) or active < quads) {
            active = @min(active + 1, quads);
        }
    }

    fn linesPerQuad(dots: *const Dots) usize {
        return if (dots.stride == 0) 1 else quad;
    }

    fn isDone(dots: *const Dots, each: *const Quad) bool {
        return each.i >= dots.end;
    }

    /// The line of its first lane: a quad that reaches beyond the matrix reads lines before its own.
    fn firstOf(dots: *const Dots, each: *const Quad) usize {
        return @min(each.i, dots.gemv.count - dots.linesPerQuad());
    }

    /// Where that line begins.
    fn startOf(dots: *const Dots, each: *const Quad) [*]const f32 {
        return dots.gemv.matrix + dots.firstOf(each) * dots.gemv.result_stride;
    }

    /// The next values of the first quads, at most so many of each; false if there are none.
    inline fn next(dots: *Dots, active: usize, most: usize) bool {
        var length = most;
        var is_done = true;
        for (dots.all[0..active]) |*each| {
            if (dots.isDone(each)) continue;
            is_done = false;
            length = @min(length, kc_max - each.p % kc_max, dots.gemv.depth - each.p);
        }
        if (is_done) return false;
        dots.multiply(length);
        for (&dots.all, &dots.sums, 0..) |*each, *sums, t| {
            if (t < active and !dots.isDone(each)) {
                dots.advance(each, sums, length);
            } else {
                sums.* = @splat(0);
            }
        }
        return true;
    }

    /// Adds the next products of all lanes, without a rest of less than a quad of values.
    inline fn multiply(dots: *Dots, length: usize) void {
        var squares: Squares = .{ .stride = dots.stride, .fetched = dots.fetched() };
        var room: [quads][part]f32 = undefined;
        for (&dots.all, 0..) |*each, t| {
            squares.lines[t] = dots.startOf(each) + each.p;
            squares.factors[t] = dots.factorsFrom(each.p, room[t][0..length]);
        }
        const stored: *[registers]R = @ptrCast(&dots.sums);
        var sums = stored.*;
        var left = length;
        if (!simd.is_compact) while (left >= step) : (left -= step) {
            inline for (0..step / quad) |turn| {
                squares.fetch(turn);
                squares.add(&sums);
            }
        };
        while (left >= quad) : (left -= quad) squares.add(&sums);
        stored.* = sums;
    }

    /// How far behind its line the memory is that is fetched: in the lines that follow, unless these
    /// would fill the second-level cache before their turn.
    fn fetched(dots: *const Dots) usize {
        const follow = dots.gemv.depth * lines_apart <= 1 << 16;
        return if (follow) lines_apart * dots.gemv.result_stride else 2 * part;
    }

    /// Some values of the vector, side by side.
    fn factorsFrom(dots: *const Dots, p: usize, room: []f32) [*]const f32 {
        const stride = dots.gemv.vector_stride;
        const from = dots.gemv.vector + p * stride;
        if (stride == 1) return from;
        for (room, 0..) |*to, i| to.* = from[i * stride];
        return room.ptr;
    }

    /// Adds the rest of what was to be read, and ends a block of k.
    fn advance(dots: *const Dots, each: *Quad, sums: *[quad]f32, length: usize) void {
        const gemv = dots.gemv;
        each.p += length;
        const lines = dots.startOf(each);
        for (each.p - length % quad..each.p) |p| {
            const factor = gemv.vector[p * gemv.vector_stride];
            for (sums, 0..) |*sum, i| {
                sum.* = tiles.mulAdd(lines[i * dots.stride + p], factor, sum.*);
            }
        }
        if (each.p % kc_max != 0 and each.p < gemv.depth) return;
        const update: tiles.Update = .ofBlock(gemv, (each.p - 1) / kc_max * kc_max);
        const at = dots.firstOf(each);
        for (sums[0..dots.linesPerQuad()], at..) |sum, line| {
            if (line >= each.i) update.applyScalar(sum, &gemv.results[line * gemv.results_stride]);
        }
        sums.* = @splat(0);
        if (each.p < gemv.depth) return;
        each.p = 0;
        each.i += quads * dots.linesPerQuad();
    }
};

inline fn join(comptime count: usize, parts: [count]Q) @Vector(count * quad, f32) {
    if (count == 1) return parts[0];
    const half = count / 2;
    return std.simd.join(join(half, parts[0..half].*), join(half, parts[half..].*));
}

/// Keeps the compiler from preparing an address for each of sixteen lines: they would not fit into the
/// registers, and were read from memory as often as the lines.
inline fn opaqueAddress(p: [*]const f32) [*]const f32 {
    return asm volatile (""
        : [out] "=r" (-> [*]const f32),
        : [in] "0" (p),
    );
}

/// Squares of values of all quads, one after the other.
const Squares = struct {
    /// Where each quad is.
    lines: [quads][*]const f32 = undefined,
    factors: [quads][*]const f32 = undefined,
    stride: usize,
    fetched: usize,

    /// One line of each quad.
    inline fn fetch(s: *const Squares, line: usize) void {
        inline for (s.lines) |from| {
            @prefetch(opaqueAddress(from + s.fetched) + line * s.stride, .{ .locality = 2 });
        }
    }

    inline fn add(s: *Squares, sums: *[registers]R) void {
        inline for (&s.lines) |*from| from.* = opaqueAddress(from.*);
        inline for (sums, 0..) |*sum, r| {
            const first = r * quads_per_register;
            var square: [quad]R = undefined;
            inline for (&square, 0..) |*row, i| {
                var parts: [quads_per_register]Q = undefined;
                inline for (&parts, 0..) |*to, t| {
                    to.* = pack.loadOf(quad, s.lines[first + t] + i * s.stride);
                }
                row.* = join(quads_per_register, parts);
            }
            var parts: [quads_per_register]Q = undefined;
            inline for (&parts, 0..) |*to, t| to.* = pack.loadOf(quad, s.factors[first + t]);
            const factors = join(quads_per_register, parts);
            inline for (pack.turnQuads(square), 0..) |column, j| {
                const factor = @shuffle(f32, factors, undefined, pack.spread(pack.width, j));
                sum.* = tiles.mulAdd(column, factor, sum.*);
            }
        }
        inline for (&s.lines, &s.factors) |*from, *factor| {
            from.* += quad;
            factor.* += quad;
        }
    }
};
