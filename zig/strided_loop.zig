//! Element-wise operations over strided views: the kernels of the level run on rows that are
//! contiguous or one number; what lies otherwise is gathered tile by tile into a buffer.

const std = @import("std");
const caches = @import("caches.zig");
const pool = @import("pool.zig");
const strided = @import("strided.zig");
const table = @import("kernels/table.zig");
const tiles = @import("strided_tile.zig");
const at = strided.at;

pub const Unary = struct {
    pub const inputs = 1;
    pub const Out = f32;
    pub const takes_numbers = false;
    kernel: table.UnaryFn,
    first: f32,
    second: f32,

    fn apply(op: Unary, in: [1][*]const f32, out: [*]f32, n: usize, _: u32) void {
        op.kernel(in[0], out, n, op.first, op.second);
    }
};

pub const Binary = struct {
    pub const inputs = 2;
    pub const Out = f32;
    pub const takes_numbers = true;
    kernel: table.BinaryFn,

    fn apply(op: Binary, in: [2][*]const f32, out: [*]f32, n: usize, numbers: u32) void {
        op.kernel(in[0], in[1], out, n, numbers);
    }
};

pub const Comparison = struct {
    pub const inputs = 2;
    pub const Out = u8;
    pub const takes_numbers = true;
    kernel: table.ComparisonFn,

    fn apply(op: Comparison, in: [2][*]const f32, out: [*]u8, n: usize, numbers: u32) void {
        op.kernel(in[0], in[1], out, n, numbers);
    }
};

pub const Copy = struct {
    pub const inputs = 1;
    pub const Out = f32;
    pub const takes_numbers = false;

    fn apply(_: Copy, in: [1][*]const f32, out: [*]f32, n: usize, _: u32) void {
        @memcpy(out[0..n], in[0]);
    }
};

/// Rows shorter than this are gathered, several into one run, rather than run one by one.
const short_cols = 32;

/// The loops of an operation; operand 0 of their nest is the output.
pub fn Loop(comptime Op: type) type {
    const inputs = Op.inputs;
    return struct {
        const Self = @This();
        pub const Nest = strided.Nest(1 + inputs);

        op: Op,
        kernels: *const table.KernelTable,
        in: [inputs][*]const f32,
        out: [*]Op.Out,

        /// All elements, on as many threads as pay. The nest is ordered and merged.
        pub fn run(loop: *const Self, nest: *const Nest, elements: usize) void {
            // What stays in the second-level cache of one core is not worth waking another.
            const is_long = elements * (1 + inputs) * @sizeOf(f32) > caches.get().l2;
            const team = if (is_long) pool.acquire() else pool.alone;
            defer pool.release(team);
            if (team.threads == 1) return loop.part(nest.*);
            var work: Work = .init(loop, nest, team.threads);
            team.run(work.chunks(), &work, &Work.chunk);
        }

        const Work = struct {
            loop: *const Self,
            nest: *const Nest,
            axis: usize,
            per_chunk: usize,

            /// Cuts the longest axis into pieces of whole cache lines.
            fn init(loop: *const Self, nest: *const Nest, threads: usize) Work {
                var longest: usize = 0;
                for (nest.axes[0..nest.len], 0..) |axis, i| {
                    if (axis.size > nest.axes[longest].size) longest = i;
                }
                const even = nest.axes[longest].size / (4 * threads) + 1;
                return .{
                    .loop = loop,
                    .nest = nest,
                    .axis = longest,
                    .per_chunk = tiles.roundedPitch(even),
                };
            }

            fn chunks(work: *const Work) u32 {
                const size = work.nest.axes[work.axis].size;
                return @intCast((size + work.per_chunk - 1) / work.per_chunk);
            }

            fn chunk(context: *anyopaque, index: usize) callconv(.c) void {
                const work: *const Work = @ptrCast(@alignCast(context));
                const start = index * work.per_chunk;
                const size = @min(work.per_chunk, work.nest.axes[work.axis].size - start);
                work.loop.part(work.nest.part(work.axis, start, size));
            }
        };

        fn part(loop: *const Self, whole: Nest) void {
            var nest = whole;
            nest.pad(2);
            turnedRows(&nest);
            const tiling: Tiling = .init(&nest);
            var walk = nest.walk(nest.len - 2);
            while (true) {
                loop.matrix(&tiling, walk.offsets);
                if (!walk.next()) return;
            }
        }

        /// Where rows of an input are not lines of memory but columns over some axis are, makes
        /// that axis the rows of the tiles.
        fn turnedRows(nest: *Nest) void {
            const cols = nest.axes[nest.len - 1].strides;
            for (1..1 + inputs) |operand| {
                if (cols[operand] == 0 or cols[operand] == 1) continue;
                for (nest.axes[0 .. nest.len - 1], 0..) |axis, i| {
                    if (axis.strides[operand] == 1) return nest.move(i, nest.len - 2);
                }
            }
        }

        /// How the last two axes are walked.
        const Tiling = struct {
            rows: usize,
            cols: usize,
            strides: [1 + inputs]tiles.Strides,
            /// Whether an operand passes through a buffer.
            is_buffered: [1 + inputs]bool,
            /// Of the inputs, bit by bit: one number for a whole row.
            numbers: u32 = 0,
            tile_rows: usize,
            tile_cols: usize,
            pitch: usize,
            /// Whether a tile is one run.
            is_flat: bool,

            fn init(nest: *const Nest) Tiling {
                const row_axis = nest.axes[nest.len - 2];
                const col_axis = nest.axes[nest.len - 1];
                var t: Tiling = .{
                    .rows = row_axis.size,
                    .cols = col_axis.size,
                    .strides = undefined,
                    .is_buffered = undefined,
                    .tile_rows = row_axis.size,
                    .tile_cols = col_axis.size,
                    .pitch = col_axis.size,
                    .is_flat = false,
                };
                for (&t.strides, row_axis.strides, col_axis.strides) |*s, row, col| {
                    s.* = .{ .row = row, .col = col };
                }
                t.is_flat = t.cols < short_cols and t.rows > 1 and t.isContiguous(0);
                var is_any_buffered = t.strides[0].col != 1;
                var is_any_turned = false;
                t.is_buffered[0] = is_any_buffered;
                for (1..1 + inputs) |operand| {
                    const s = t.strides[operand];
                    const is_number = s.col == 0 and (s.row == 0 or !t.is_flat);
                    if (is_number and Op.takes_numbers) t.numbers |= @as(u32, 1) << @intCast(operand - 1);
                    t.is_buffered[operand] = if (is_number)
                        !Op.takes_numbers
                    else if (t.is_flat)
                        !t.isContiguous(operand)
                    else
                        s.col != 1;
                    is_any_buffered = is_any_buffered or t.is_buffered[operand];
                    is_any_turned = is_any_turned or (t.is_buffered[operand] and s.isTurned());
                }
                if (is_any_buffered) t.limit(is_any_turned and !t.is_flat);
                return t;
            }

            fn isContiguous(t: *const Tiling, operand: usize) bool {
                const s = t.strides[operand];
                return s.col == 1 and s.row == @as(isize, @intCast(t.cols));
            }

            /// Tiles that fit the buffers.
            fn limit(t: *Tiling, turned: bool) void {
                t.tile_cols = @min(t.cols, if (turned) tiles.turned_cols else tiles.floats_max);
                t.pitch = if (turned) tiles.roundedPitch(t.tile_cols) else t.tile_cols;
                t.tile_rows = @min(t.rows, tiles.floats_max / t.pitch);
            }
        };

        /// The last two axes, from some offsets of the operands.
        fn matrix(loop: *const Self, t: *const Tiling, offsets: [1 + inputs]isize) void {
            var r: usize = 0;
            while (r < t.rows) : (r += t.tile_rows) {
                var c: usize = 0;
                while (c < t.cols) : (c += t.tile_cols) {
                    var starts = offsets;
                    for (&starts, t.strides) |*start, s| {
                        start.* += s.row * @as(isize, @intCast(r)) + s.col * @as(isize, @intCast(c));
                    }
                    const rows = @min(t.tile_rows, t.rows - r);
                    loop.tile(t, starts, rows, @min(t.tile_cols, t.cols - c));
                }
            }
        }

        fn tile(
            loop: *const Self,
            t: *const Tiling,
            starts: [1 + inputs]isize,
            rows: usize,
            cols: usize,
        ) void {
            const out = at(loop.out, starts[0]);
            // A copy needs no buffer but for turning.
            if (Op == Copy and !t.is_buffered[0] and t.is_buffered[1] and !t.strides[1].isTurned()) {
                const pitch: usize = @intCast(t.strides[0].row);
                const from = at(loop.in[0], starts[1]);
                return tiles.gather(loop.kernels, from, t.strides[1], rows, cols, out, pitch);
            }
            var buffers: [1 + inputs][tiles.floats_max]f32 align(64) = undefined;
            var in: [inputs][*]const f32 = undefined;
            var steps: [inputs]isize = undefined;
            for (&in, &steps, 0..) |*data, *step, i| {
                const s = t.strides[1 + i];
                data.* = at(loop.in[i], starts[1 + i]);
                step.* = s.row;
                if (!t.is_buffered[1 + i]) continue;
                const buffer = &buffers[1 + i];
                tiles.gather(loop.kernels, data.*, s, rows, cols, buffer, t.pitch);
                data.* = buffer;
                step.* = @intCast(t.pitch);
            }
            if (t.is_flat) return loop.op.apply(in, out, rows * cols, t.numbers);
            const is_scattered = Op.Out == f32 and t.is_buffered[0];
            for (0..rows) |r| {
                const index: isize = @intCast(r);
                var row: [inputs][*]const f32 = undefined;
                for (&row, in, steps) |*data, from, step| data.* = at(from, step * index);
                const to = if (is_scattered)
                    buffers[0][r * t.pitch ..].ptr
                else
                    at(out, t.strides[0].row * index);
                loop.op.apply(row, to, cols, t.numbers);
            }
            if (is_scattered) tiles.scatter(loop.kernels, &buffers[0], t.pitch, rows, cols, out, t.strides[0]);
        }
    };
}
