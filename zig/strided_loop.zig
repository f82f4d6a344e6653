//! Element-wise operations over strided views: the kernels of the level run on rows that are
//! contiguous or one number; what lies otherwise is gathered tile by tile into a buffer.

const std = @import("std");
const ahead = @import("kernels/ahead.zig");
const ops = @import("ops.zig");
const pool = @import("pool.zig");
const spread = @import("spread.zig");
const stream = @import("kernels/stream.zig");
const strided = @import("strided.zig");
const table = @import("kernels/table.zig");
const tiles = @import("strided_tile.zig");
const at = strided.at;

pub const Unary = struct {
    pub const inputs = 1;
    pub const takes_numbers = false;

    kernel: table.UnaryFn,
    first: f32,
    second: f32,

    inline fn givesFloats(_: Unary) bool {
        return true;
    }

    fn apply(op: Unary, in: [1][*]const f32, out: [*]u8, n: usize, _: u32) void {
        op.kernel(in[0], @ptrCast(@alignCast(out)), n, op.first, op.second);
    }
};

/// Of two operands: floats, or bytes of truth.
pub const Pair = struct {
    pub const inputs = 2;
    pub const takes_numbers = true;

    kernel: union(enum) { floats: table.BinaryFn, truths: table.ComparisonFn },

    inline fn givesFloats(op: Pair) bool {
        return op.kernel == .floats;
    }

    fn apply(op: Pair, in: [2][*]const f32, out: [*]u8, n: usize, numbers: u32) void {
        switch (op.kernel) {
            .floats => |kernel| kernel(in[0], in[1], @ptrCast(@alignCast(out)), n, numbers),
            .truths => |kernel| kernel(in[0], in[1], out, n, numbers),
        }
    }
};

pub const Copy = struct {
    pub const inputs = 1;
    pub const takes_numbers = false;

    inline fn givesFloats(_: Copy) bool {
        return true;
    }

    fn apply(_: Copy, in: [1][*]const f32, out: [*]u8, n: usize, _: u32) void {
        @memcpy(floatsOf(out)[0..n], in[0]);
    }
};

inline fn floatsOf(bytes: [*]u8) [*]f32 {
    return @ptrCast(@alignCast(bytes));
}

/// Rows shorter than this are gathered, several into one run, rather than run one by one.
const short_cols = 32;
/// Lines of so many floats are worth turning.
const long_cols = 64;

/// The loops of an operation; operand 0 of their nest is the output.
pub fn Loop(comptime Op: type) type {
    const inputs = Op.inputs;
    return struct {
        const Self = @This();
        pub const Nest = strided.Nest(1 + inputs);

        op: Op,
        kernels: *const table.KernelTable,
        caches: *const table.Caches,
        in: [inputs][*]const f32,
        /// Floats, or bytes of truth.
        out: [*]u8,
        /// Found by `run`: whether the result goes past the caches, and what is fetched of the inputs then.
        is_far: bool = false,
        fetches: [inputs]bool = @splat(false),

        /// All elements, on as many threads as pay. The nest is ordered and merged.
        pub fn run(given: Self, nest: *const Nest, elements: usize) void {
            var loop = given;
            const team = spread.teamFor(elements, ops.memory_cycles, loop.caches);
            defer pool.release(team);
            if (loop.mayBeFar(nest) and !loop.isInPlace(nest)) {
                const far: spread.Far = .{
                    .result = floatsOf(loop.outAt(nest.offsets[0])),
                    .floats = elements,
                    .run = if (nest.len == 0) 1 else nest.axes[nest.len - 1].size,
                    .threads = team.threads,
                    .caches = loop.caches,
                };
                loop.is_far = far.decide();
                if (spread.fetches(elements, loop.caches)) {
                    for (&loop.fetches, 1..) |*fetches, operand| fetches.* = nest.isRun(operand);
                }
            }
            // One transposition is cut by its kernel.
            if (team.threads == 1 or (Op == Copy and nest.len == 2 and nest.axes[0].strides[1] == 1)) {
                return loop.part(nest.*, &team);
            }
            var work: Work = .init(&loop, nest, team.threads);
            team.run(work.chunks(), &work, &Work.chunk);
        }

        /// What is copied other than by lines has a kernel that asks itself.
        fn mayBeFar(loop: *const Self, nest: *const Nest) bool {
            if (Op != Copy) return loop.op.givesFloats();
            if (nest.len == 0) return false;
            const last = nest.axes[nest.len - 1];
            return last.size >= short_cols and last.strides[0] == 1 and last.strides[1] == 1;
        }

        fn outAt(loop: *const Self, offset: isize) [*]u8 {
            return at(loop.out, loop.bytesOf(offset));
        }

        inline fn bytesOf(loop: *const Self, elements: isize) isize {
            return if (loop.op.givesFloats()) elements * @sizeOf(f32) else elements;
        }

        fn isInPlace(loop: *const Self, nest: *const Nest) bool {
            const out = @intFromPtr(loop.outAt(nest.offsets[0]));
            return for (loop.in, nest.offsets[1..]) |in, offset| {
                if (@intFromPtr(at(in, offset)) == out) break true;
            } else false;
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

            fn chunk(context: *anyopaque, index: usize) callconv(table.cc) void {
                const work: *const Work = @ptrCast(@alignCast(context));
                const start = index * work.per_chunk;
                const size = @min(work.per_chunk, work.nest.axes[work.axis].size - start);
                work.loop.part(work.nest.part(work.axis, start, size), &pool.alone);
            }
        };

        fn part(loop: *const Self, whole: Nest, team: *const table.Team) void {
            var nest = whole;
            nest.pad(2);
            loop.turnRows(&nest);
            const tiling: Tiling = .init(&nest);
            var walk = nest.walk(nest.len - 2);
            while (true) {
                if (tiling.transposes()) {
                    loop.transpose(&tiling, walk.offsets, team);
                } else {
                    loop.matrix(&tiling, walk.offsets);
                }
                if (!walk.next()) break;
            }
            if (loop.is_far) stream.fence();
        }

        /// Where rows of an input are not lines of memory but columns over some axis are, makes
        /// that axis the rows of the tiles; or the columns, if it is so for all inputs: then one tile
        /// is transposed, the result's.
        fn turnRows(loop: *const Self, nest: *Nest) void {
            if (Op != Copy and loop.op.givesFloats()) {
                for (nest.axes[0 .. nest.len - 1], 0..) |axis, i| {
                    if (areLines(axis, nest.axes[nest.len - 1])) return nest.move(i, nest.len - 1);
                }
            }
            const cols = nest.axes[nest.len - 1].strides;
            for (1..1 + inputs) |operand| {
                if (cols[operand] == 0 or cols[operand] == 1) continue;
                for (nest.axes[0 .. nest.len - 1], 0..) |axis, i| {
                    if (axis.strides[operand] == 1) return nest.move(i, nest.len - 2);
                }
            }
        }

        /// Whether every input is lines of memory along an axis, or numbers, and one is so only there, whose
        /// lines are farther apart than those of the result, or short: to turn it takes longer than to turn the
        /// result. (Ice Lake, one thread, the result turned and the input: relu of a turned 1000x1000 matrix 1900
        /// and 480 us, of 96 matrices of 200x64, 3 KB from row to row, 1830 and 2900.) Short lines must be one run.
        fn areLines(axis: Nest.Axis, last: Nest.Axis) bool {
            var is_any_turned = false;
            const results_apart = axis.strides[0];
            for (axis.strides[1..], last.strides[1..]) |stride, across| {
                if (stride != 0 and stride != 1) return false;
                const is_run = across == stride * @as(isize, @intCast(axis.size));
                if (axis.size < short_cols and !is_run) return false;
                if (stride == 0 or across == 0 or across == 1) continue;
                if (axis.size >= long_cols and across <= 2 * results_apart) return false;
                is_any_turned = true;
            }
            return is_any_turned;
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
                t.is_buffered[0] = t.strides[0].col != 1;
                t.is_flat = t.cols < short_cols and t.rows > 1 and
                    (t.isContiguous(0) or (t.is_buffered[0] and t.areInputsContiguous()));
                var is_any_buffered = t.is_buffered[0];
                var is_any_turned = t.strides[0].isTurned();
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

            fn areInputsContiguous(t: *const Tiling) bool {
                return for (1..1 + inputs) |operand| {
                    const s = t.strides[operand];
                    const is_number = Op.takes_numbers and s.row == 0 and s.col == 0;
                    if (!is_number and !t.isContiguous(operand)) break false;
                } else true;
            }

            /// Whether all is done by the kernel for it.
            fn transposes(t: *const Tiling) bool {
                return Op == Copy and !t.is_buffered[0] and t.strides[1].isTurned();
            }

            /// Tiles that fit the buffers.
            fn limit(t: *Tiling, turned: bool) void {
                t.tile_cols = @min(t.cols, if (turned) tiles.turnedCols(t.rows) else tiles.floats_max);
                t.pitch = if (turned) tiles.roundedPitch(t.tile_cols) else t.tile_cols;
                t.tile_rows = @min(t.rows, tiles.floats_max / t.pitch);
            }
        };

        /// A copy of the last two axes, from some offsets of the operands.
        fn transpose(
            loop: *const Self,
            t: *const Tiling,
            offsets: [1 + inputs]isize,
            team: *const table.Team,
        ) void {
            if (Op != Copy) unreachable;
            loop.kernels.transpose(&.{
                .a = at(loop.in[0], offsets[1]),
                .a_stride = @intCast(t.strides[1].col),
                .out = floatsOf(loop.outAt(offsets[0])),
                .out_stride = @intCast(t.strides[0].row),
                .rows = t.cols,
                .cols = t.rows,
                .has_room = false,
            }, team, loop.caches);
        }

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
            const out = loop.outAt(starts[0]);
            // A copy needs no buffer.
            if (Op == Copy and !t.is_buffered[0] and t.is_buffered[1]) {
                const pitch: usize = @intCast(t.strides[0].row);
                const from = at(loop.in[0], starts[1]);
                return tiles.gatherRows(from, t.strides[1], rows, cols, floatsOf(out), pitch);
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
            const is_scattered = loop.op.givesFloats() and t.is_buffered[0];
            const results: [*]u8 = if (is_scattered) @ptrCast(&buffers[0]) else out;
            if (t.is_flat) {
                loop.line(in, results, rows * cols, t.numbers, is_scattered);
            } else for (0..rows) |r| {
                const index: isize = @intCast(r);
                var row: [inputs][*]const f32 = undefined;
                for (&row, in, steps) |*data, from, step| data.* = at(from, step * index);
                const step: isize = if (is_scattered) @intCast(t.pitch) else t.strides[0].row;
                loop.line(row, at(results, loop.bytesOf(step * index)), cols, t.numbers, is_scattered);
            }
            if (is_scattered) {
                tiles.scatter(loop.kernels, &buffers[0], t.pitch, rows, cols, floatsOf(out), t.strides[0]);
            }
        }

        /// A run of results, which may be on their way to a buffer.
        fn line(
            loop: *const Self,
            in: [inputs][*]const f32,
            out: [*]u8,
            n: usize,
            numbers: u32,
            is_buffer: bool,
        ) void {
            if (loop.is_far and !is_buffer) return loop.linePast(in, out, n, numbers);
            loop.op.apply(in, out, n, numbers);
        }

        noinline fn linePast(
            loop: *const Self,
            in: [inputs][*]const f32,
            out: [*]u8,
            n: usize,
            numbers: u32,
        ) void {
            if (Op == Copy) return loop.kernels.copy_past(in[0], floatsOf(out), n);
            var buffer: [spread.floats_past / inputs]f32 align(64) = undefined;
            var from = in;
            var i: usize = 0;
            while (i < n) : (i += buffer.len) {
                const count = @min(buffer.len, n - i);
                for (from, loop.fetches) |data, fetches| {
                    if (fetches) ahead.fetchBlocks(inputs, data, count);
                }
                loop.op.apply(from, @ptrCast(&buffer), count, numbers);
                loop.kernels.copy_past(&buffer, floatsOf(out) + i, count);
                for (&from, 0..) |*data, operand| {
                    const is_number = numbers & (@as(u32, 1) << @intCast(operand)) != 0;
                    if (!is_number) data.* += buffer.len;
                }
            }
        }
    };
}
