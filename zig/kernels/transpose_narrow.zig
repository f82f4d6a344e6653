//! Matrices with few rows or columns: the red, green and blue of pictures, say. Quads of four rows by
//! four columns are transposed in registers, several side by side; whole squares of `transpose.zig`
//! would be mostly empty.

const std = @import("std");
const pack = @import("pack.zig");
const simd = @import("simd.zig");
const table = @import("table.zig");
const quad = pack.quad;
/// 256 bits at most: quads come into them and out of them sooner (AMD Zen 4).
const lanes = @min(pack.width, 2 * quad);
const R = @Vector(lanes, f32);

/// Rows that follow a short one where a quad reaches beyond it.
fn marginOf(length: usize) usize {
    return if (length % quad == 0) 0 else quad;
}

pub fn transpose(p: *const table.Transpose, team: *const table.Team) void {
    // The shortest must not pay for divisions and calls through pointers.
    if (team.threads == 1) return turn(p);
    const length = @max(p.rows, p.cols);
    const shares = @as(usize, team.threads) * chunks_per_thread;
    const per_chunk = @max((length + shares - 1) / shares, chunk_min);
    var work: Work = .{ .p = p, .per_chunk = per_chunk };
    team.run(@intCast((length + per_chunk - 1) / per_chunk), &work, &Work.chunk);
}

const chunks_per_thread = 4;
/// Rows or columns that a chunk has at least.
const chunk_min = 4096;

const Work = struct {
    p: *const table.Transpose,
    per_chunk: usize,

    fn chunk(context: *anyopaque, index: usize) callconv(table.cc) void {
        const work: *const Work = @ptrCast(@alignCast(context));
        var part = work.p.*;
        const start = index * work.per_chunk;
        if (part.cols < part.rows) {
            part.rows = @min(work.per_chunk, part.rows - start);
            part.a += start * part.a_stride;
            part.out += start;
        } else {
            part.cols = @min(work.per_chunk, part.cols - start);
            part.a += start;
            part.out += start * part.out_stride;
        }
        turn(&part);
    }
};

pub fn turn(p: *const table.Transpose) void {
    if (p.cols < p.rows) apart(p) else together(p);
}

/// Few columns: what lies side by side comes to as many rows.
fn apart(p: *const table.Transpose) void {
    // Copies: the compiler does not know that what is stored is no part of the description.
    const stride, const out_stride, const cols = .{ p.a_stride, p.out_stride, p.cols };
    const end = p.rows -| marginOf(cols);
    var from = p.a;
    var to = p.out;
    var i: usize = 0;
    while (i + lanes <= end) : (i += lanes) {
        var j: usize = 0;
        var row_of_out = to;
        while (j < cols) : (j += quad) {
            var square: [quad]R = undefined;
            inline for (&square, 0..) |*row, r| {
                row.* = loadQuads(lanes / quad, from + r * stride + j, quad * stride);
            }
            inline for (pack.turnQuads(square), 0..) |column, c| {
                if (j + c < cols) simd.store(row_of_out + c * out_stride, column);
            }
            row_of_out += quad * out_stride;
        }
        from += lanes * stride;
        to += lanes;
    }
    scalars(p, i, 0);
}

/// Quads from addresses that are `stride` apart.
inline fn loadQuads(comptime count: usize, p: [*]const f32, stride: usize) @Vector(count * quad, f32) {
    if (count == 1) return pack.loadOf(quad, p);
    const half = count / 2;
    return std.simd.join(loadQuads(half, p, stride), loadQuads(half, p + half * stride, stride));
}

/// Few rows: they come side by side. Quads reach beyond a row of the result into the next one, which is
/// written after it.
fn together(p: *const table.Transpose) void {
    const may_reach = p.rows % quad == 0 or p.out_stride == p.rows or p.has_room;
    const end = if (may_reach) p.cols -| marginOf(p.rows) else 0;
    const stride, const out_stride, const rows = .{ p.a_stride, p.out_stride, p.rows };
    var from = p.a;
    var to = p.out;
    var j: usize = 0;
    while (j + lanes <= end) : (j += lanes) {
        // The last rows first: what reaches beyond them is where the first ones go.
        var i = (rows - 1) / quad * quad + quad;
        while (i > 0) {
            i -= quad;
            var square: [quad]R = undefined;
            inline for (&square, 0..) |*row, r| {
                row.* = pack.loadOf(lanes, from + @min(i + r, rows - 1) * stride);
            }
            const turned = pack.turnQuads(square);
            inline for (0..lanes) |c| {
                const column = @shuffle(f32, turned[c % quad], undefined, quadAt(c / quad));
                simd.store(to + c * out_stride + i, column);
            }
        }
        from += lanes;
        to += lanes * out_stride;
    }
    scalars(p, 0, j);
}

fn quadAt(comptime index: usize) @Vector(quad, i32) {
    return std.simd.iota(i32, quad) + @as(@Vector(quad, i32), @splat(index * quad));
}

/// From a row and a column on.
fn scalars(p: *const table.Transpose, top: usize, left: usize) void {
    for (top..p.rows) |i| {
        for (left..p.cols) |j| p.out[j * p.out_stride + i] = p.a[i * p.a_stride + j];
    }
}
