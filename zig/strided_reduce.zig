//! Reductions of some axes of a strided view. The reduced axes make up lines, in their logical
//! order, and every line is reduced as `reduction.zig` reduces it on its own. Lines that are
//! contiguous are read where they lie; columns have kernels of their own for some operations; other
//! lines are gathered, several at a time, part by part.

const std = @import("std");
const caches = @import("caches.zig");
const pool = @import("pool.zig");
const reduction = @import("reduction.zig");
const scratch = @import("scratch.zig");
const strided = @import("strided.zig");
const strided_index = @import("strided_index.zig");
const table = @import("kernels/table.zig");
const tiles = @import("strided_tile.zig");
const Partial = table.Partial;
const Reducer = reduction.Reducer;
const Status = @import("abi.zig").Status;
const at = strided.at;
const part_elements = table.part_elements;

/// Operands of the axes that are kept: the results, contiguous in the axes' order, and `a`.
const Kept = strided.Nest(2);
const Reduced = strided.Nest(1);

/// A view taken as lines.
pub const Lines = struct {
    kept: Kept = .{ .offsets = .{ 0, 0 } },
    reduced: Reduced = .{ .offsets = .{0} },
    /// Elements of a line, and how many lines there are.
    length: usize,
    count: usize,

    /// Bit i of `mask` says that axis i is reduced.
    pub fn init(nest: *const strided.Nest(1), mask: u32) Lines {
        var lines: Lines = .{ .length = undefined, .count = undefined };
        for (nest.axes[0..nest.len], 0..) |axis, i| {
            if (mask >> @intCast(i) & 1 != 0) {
                lines.reduced.append(axis);
            } else {
                lines.kept.append(.{ .size = axis.size, .strides = .{ 0, axis.strides[0] } });
            }
        }
        lines.kept.offsets[1] = nest.offsets[0];
        lines.length = lines.reduced.countOf(lines.reduced.len);
        lines.count = lines.kept.countOf(lines.kept.len);
        var stride: usize = 1;
        var left = lines.kept.len;
        while (left > 0) {
            left -= 1;
            const axis = &lines.kept.axes[left];
            axis.strides[0] = @intCast(stride);
            stride *= axis.size;
        }
        lines.kept.dropOnes();
        lines.kept.merge();
        lines.reduced.dropOnes();
        lines.reduced.merge();
        lines.reduced.pad(1);
        return lines;
    }

    /// Whether a line is one run of memory.
    fn isContiguous(lines: *const Lines) bool {
        const axes = &lines.reduced;
        return lines.length == 1 or (axes.len == 1 and axes.axes[0].strides[0] == 1);
    }

    /// Whether contiguous lines follow each other without a gap.
    fn isOneRun(lines: *const Lines) bool {
        return switch (lines.kept.len) {
            0 => true,
            1 => lines.kept.axes[0].strides[1] == @as(isize, @intCast(lines.length)),
            else => false,
        };
    }

    /// Makes the axis along which lines lie side by side the last; whether there is one.
    fn putSideBySide(lines: *Lines) bool {
        const axes = &lines.kept;
        axes.pad(1);
        for (axes.axes[0..axes.len], 0..) |axis, i| {
            if (axis.strides[1] != 1) continue;
            axes.move(i, axes.len - 1);
            return true;
        }
        return false;
    }
};

/// Writes what a line's reduction is.
const Output = union(enum) {
    numbers: [*]f32,
    indices: [*]i32,

    pub fn put(out: Output, r: *const Reducer, index: isize, total: Partial, first: f32, n: usize) void {
        switch (out) {
            .numbers => |to| at(to, index)[0] = r.finish(total, first, n),
            .indices => |to| at(to, index)[0] = @intFromFloat(total.second),
        }
    }

    /// What the reductions of a block's lines of n elements are: numbers, or indices. Only deviations have
    /// second parts.
    fn putAll(
        out: Output,
        r: *const Reducer,
        block: Work.Block,
        results: []const f64,
        seconds: []const f64,
        n: usize,
    ) void {
        // Short lines have little more to do than this: a loop without a choice.
        if (out == .numbers and block.out_step == 1) {
            return r.finishAll(results, seconds, n, at(out.numbers, block.out)[0..results.len]);
        }
        for (results, 0..) |result, i| {
            const second = if (seconds.len > 0) seconds[i] else result;
            const to = block.out + block.out_step * @as(isize, @intCast(i));
            out.put(r, to, .{ .value = result, .second = second }, 0, n);
        }
    }
};

pub const Work = struct {
    kernels: *const table.KernelTable,
    reducer: *const Reducer,
    a: [*]const f32,
    out: Output,
    lines: Lines,
    /// Lines of a block, and blocks along the last axis that is kept.
    per_block: usize = 1,
    blocks: usize = 1,
    /// What is fetched of lines that are contiguous, or of columns.
    fetch: table.Fetch = .none,
    /// Floats from a gathered line to the next.
    pitch: usize = 0,
    /// Blocks in all, and those of a chunk.
    all_blocks: usize = 1,
    blocks_per_chunk: usize = 1,
    failed: std.atomic.Value(bool) = .init(false),

    pub fn run(work: *Work) Status {
        const lines = &work.lines;
        const team = reduction.teamFor(lines.count * lines.length);
        defer pool.release(team);
        // Lines of one element are columns as well, and there are kernels that take many of those.
        const is_side_by_side = (lines.length == 1 or !lines.isContiguous()) and lines.putSideBySide();
        const last = if (lines.kept.len == 0) 1 else lines.kept.axes[lines.kept.len - 1].size;
        if (is_side_by_side and work.columnsKernel() != null and last >= table.Columns.least) {
            work.fetch = caches.get().fetchOf(lines.count * lines.length * @sizeOf(f32));
            work.cutLast(&team, last, colsPerBlock(&team, last), columnsChunk);
        } else if (lines.isContiguous()) {
            if (lines.isOneRun()) work.fetch = reduction.fetchFor(lines.count * lines.length);
            if (lines.count < team.threads) return work.longLines(&team);
            if (work.rowKernel() != null) {
                lines.kept.pad(1);
                // Few rows are long ones, and each thread gets some.
                const share = std.math.divCeil(usize, last, chunksMax(&team)) catch unreachable;
                work.cutLast(&team, last, @min(share, rows_per_block), rowsChunk);
            } else {
                work.cut(&team, lines.count, contiguousChunk);
            }
        } else {
            work.pitch = tiles.roundedPitch(@min(lines.length, part_elements)) + tiles.pitch_unit;
            const wanted = (if (work.fitsStack()) tiles.floats_max else gathered_floats) / work.pitch;
            const whole = @max(wanted / lines_unit * lines_unit, lines_unit);
            work.cutLast(&team, last, @min(whole, last), gatheredChunk);
        }
        return if (work.failed.load(.monotonic)) .out_of_memory else .ok;
    }

    /// Floats of a block of gathered lines.
    const gathered_floats = 2 * part_elements;
    /// Lines are gathered by as many as a line of the cache has elements.
    const lines_unit = 16;

    fn fitsStack(work: *const Work) bool {
        return work.pitch * lines_unit <= tiles.floats_max;
    }

    /// The kernel that reduces columns, where the operation has one.
    pub fn columnsKernel(work: *const Work) ?table.ColumnsFn {
        if (work.lines.reduced.len != 1) return null;
        const is_short = work.hasShortColumns();
        return switch (work.reducer.kind) {
            .number => |op| switch (op) {
                .sum, .mean => work.kernels.sum_columns,
                .max => work.kernels.max_columns,
                .min => work.kernels.min_columns,
                .prod => if (is_short) work.kernels.product_columns else null,
                .norm => if (is_short) work.kernels.square_columns else null,
                .variance, .std => if (is_short) work.kernels.moments_columns else null,
            },
            .index => |op| switch (op) {
                .argmax => work.kernels.max_columns,
                .argmin => work.kernels.min_columns,
            },
        };
    }

    /// Some kernels walk down column after column, 16 at a time: from memory, long ones come sooner where they
    /// are gathered (2048x2048: variance 5.4 and 6.1 ms; 1000x1000: 0.57 and 0.42).
    fn hasShortColumns(work: *const Work) bool {
        const length = work.lines.length;
        if (length <= short_column) return true;
        return length <= part_elements and work.lines.count * length * @sizeOf(f32) <= caches.get().l3;
    }

    const short_column = 128;

    /// Narrower blocks take longer than what another thread saves: every row begins anew.
    const cols_per_block_min = 512;

    /// Columns that are reduced at a time: some for each thread.
    fn colsPerBlock(team: *const table.Team, cols: usize) usize {
        const share = std.math.divCeil(usize, cols, team.threads) catch unreachable;
        const whole = std.mem.alignForward(usize, share, table.Columns.least);
        return @min(@max(whole, cols_per_block_min), table.Columns.most);
    }

    const rows_per_block = 16 * table.Rows.unit;
    /// Up to here the kernels of rows find the best value sooner than the kernel of a part.
    const short_row = 256;

    /// What a kernel does with many contiguous lines at a time.
    const RowKernel = union(enum) { sum, extreme: table.RowExtreme };

    /// The kernel for the operation and the length of the lines, where there is one.
    fn rowKernel(work: *const Work) ?RowKernel {
        const kernel: RowKernel = switch (work.reducer.kind) {
            .number => |op| switch (op) {
                .sum, .mean => .sum,
                .max => .{ .extreme = .max },
                .min => .{ .extreme = .min },
                else => return null,
            },
            .index => |op| switch (op) {
                .argmax => .{ .extreme = .argmax },
                .argmin => .{ .extreme = .argmin },
            },
        };
        const longest: usize = if (kernel == .sum) part_elements else short_row;
        return if (work.lines.length <= longest) kernel else null;
    }

    /// Fewer lines than threads: all threads on each.
    fn longLines(work: *Work, team: *const table.Team) Status {
        var walk = work.lines.kept.walk(work.lines.kept.len);
        while (true) {
            const line = at(work.a, walk.offsets[1]);
            const total = work.reducer.line(team, line, work.lines.length, work.fetch);
            work.out.put(work.reducer, walk.offsets[0], total, line[0], work.lines.length);
            if (!walk.next()) return .ok;
        }
    }

    /// Shares the lines, in blocks along the last axis that is kept, among the threads.
    fn cutLast(
        work: *Work,
        team: *const table.Team,
        last: usize,
        per_block: usize,
        run_chunk: table.ChunkFn,
    ) void {
        work.per_block = per_block;
        work.blocks = std.math.divCeil(usize, last, per_block) catch unreachable;
        work.cut(team, work.lines.count / last * work.blocks, run_chunk);
    }

    /// Shares some blocks among the threads, several at a time where they are small.
    fn cut(work: *Work, team: *const table.Team, blocks: usize, run_chunk: table.ChunkFn) void {
        work.blocks_per_chunk = std.math.divCeil(usize, blocks, chunksMax(team)) catch unreachable;
        const chunks = std.math.divCeil(usize, blocks, work.blocks_per_chunk) catch unreachable;
        work.all_blocks = blocks;
        team.run(@intCast(chunks), work, run_chunk);
    }

    fn chunksMax(team: *const table.Team) usize {
        return if (team.threads == 1) 1 else 8 * @as(usize, team.threads);
    }

    fn range(work: *const Work, index: usize) [2]usize {
        const first = index * work.blocks_per_chunk;
        return .{ first, @min(first + work.blocks_per_chunk, work.all_blocks) };
    }

    fn contiguousChunk(context: *anyopaque, index: usize) callconv(table.cc) void {
        const work: *Work = @ptrCast(@alignCast(context));
        const lines = &work.lines;
        const first, const end = work.range(index);
        var walk = lines.kept.walkFrom(lines.kept.len, first);
        for (first..end) |_| {
            const line = at(work.a, walk.offsets[1]);
            const total = work.reducer.line(&pool.alone, line, lines.length, work.fetch);
            work.out.put(work.reducer, walk.offsets[0], total, line[0], lines.length);
            _ = walk.next();
        }
    }

    /// Some lines side by side along the last axis that is kept.
    pub const Block = struct {
        a: [*]const f32,
        out: isize,
        lines: usize,
        /// From a line to the next.
        a_step: isize,
        out_step: isize,

        /// Columns that a block takes again that is narrower than the kernels of columns go: those before it.
        pub fn again(block: *const Block) usize {
            return table.Columns.least -| block.lines;
        }
    };

    fn blockAt(work: *const Work, index: usize) Block {
        const kept = &work.lines.kept;
        const outer = kept.walkFrom(kept.len - 1, index / work.blocks);
        const last = kept.axes[kept.len - 1];
        const first = index % work.blocks * work.per_block;
        const start: isize = @intCast(first);
        return .{
            .a = at(work.a, outer.offsets[1] + last.strides[1] * start),
            .out = outer.offsets[0] + last.strides[0] * start,
            .lines = @min(work.per_block, last.size - first),
            .a_step = last.strides[1],
            .out_step = last.strides[0],
        };
    }

    fn rowsChunk(context: *anyopaque, index: usize) callconv(table.cc) void {
        const work: *Work = @ptrCast(@alignCast(context));
        const first, const end = work.range(index);
        for (first..end) |i| work.rows(work.blockAt(i));
    }

    fn rows(work: *const Work, block: Block) void {
        var results: [rows_per_block]f64 = undefined;
        const arguments: table.Rows = .{
            .a = block.a,
            .stride = block.a_step,
            .n = work.lines.length,
            .count = block.lines,
            .fetch = work.fetch,
            .results = &results,
        };
        switch (work.rowKernel().?) {
            .sum => work.kernels.sum_rows(&arguments),
            .extreme => |kind| work.kernels.extreme_rows(&arguments, kind),
        }
        work.out.putAll(work.reducer, block, results[0..block.lines], &.{}, work.lines.length);
    }

    fn columnsChunk(context: *anyopaque, index: usize) callconv(table.cc) void {
        const work: *Work = @ptrCast(@alignCast(context));
        const first, const end = work.range(index);
        const lease = scratch.acquire(table.Columns.scratch_floats, 1) orelse
            return work.failed.store(true, .monotonic);
        defer lease.release();
        for (first..end) |i| {
            const block = work.blockAt(i);
            if (work.out == .indices) {
                strided_index.ofColumns(work, block, lease.scratch.data);
            } else work.columns(block, lease.scratch.data);
        }
    }

    /// At most so many rows of a block's columns, from one on, as a kernel takes them.
    pub fn columnsFrom(
        work: *const Work,
        block: *const Block,
        start: usize,
        most: usize,
        results: *[table.Columns.most]f64,
        memory: [*]align(64) f32,
    ) table.Columns {
        const stride = work.lines.reduced.axes[0].strides[0];
        const before: isize = @intCast(block.again());
        return .{
            .a = at(block.a, stride * @as(isize, @intCast(start)) - before),
            .stride = stride,
            .n = @min(most, work.lines.length - start),
            .cols = block.lines + block.again(),
            .fetch = work.fetch,
            .results = results,
            .seconds = undefined,
            .scratch = memory,
        };
    }

    fn columns(work: *const Work, block: Block, memory: [*]align(64) f32) void {
        const n = work.lines.length;
        const again = block.again();
        const cols = block.lines + again;
        const kernel = work.columnsKernel().?;
        var totals: [table.Columns.most]f64 = undefined;
        // Columns that have some are no longer than a part.
        var seconds: [table.Columns.most]f64 = undefined;
        var start: usize = 0;
        while (start < n) : (start += part_elements) {
            var others: [table.Columns.most]f64 = undefined;
            const results = if (start == 0) &totals else &others;
            var part = work.columnsFrom(&block, start, part_elements, results, memory);
            part.seconds = &seconds;
            kernel(&part);
            if (start == 0) continue;
            for (totals[0..cols], results[0..cols]) |*value, result| {
                var total: Partial = .{ .value = value.* };
                work.reducer.join(&total, .{ .value = result }, start);
                value.* = total.value;
            }
        }
        const has_seconds = Reducer.hasSecond(work.reducer.kind.number);
        const second_parts: []const f64 = if (has_seconds) seconds[again..cols] else &.{};
        work.out.putAll(work.reducer, block, totals[again..cols], second_parts, n);
    }

    fn gatheredChunk(context: *anyopaque, index: usize) callconv(table.cc) void {
        const work: *Work = @ptrCast(@alignCast(context));
        const first, const end = work.range(index);
        var stack: [tiles.floats_max]f32 align(64) = undefined;
        if (work.fitsStack()) {
            for (first..end) |i| work.gathered(work.blockAt(i), &stack);
            return;
        }
        const lease = scratch.acquire(work.per_block * work.pitch, 1) orelse
            return work.failed.store(true, .monotonic);
        defer lease.release();
        for (first..end) |i| work.gathered(work.blockAt(i), lease.scratch.data);
    }

    fn gathered(work: *const Work, block: Block, buffer: [*]f32) void {
        const n = work.lines.length;
        if (n <= part_elements) {
            gather(work, block, 0, n, buffer);
            for (0..block.lines) |l| {
                const line = buffer + l * work.pitch;
                const total = work.reducer.line(&pool.alone, line, n, .none);
                const to = block.out + block.out_step * @as(isize, @intCast(l));
                work.out.put(work.reducer, to, total, line[0], n);
            }
            return;
        }
        // Lines of more than one part are not more than a unit.
        var totals: [lines_unit]Partial = undefined;
        var firsts: [lines_unit]f32 = undefined;
        var start: usize = 0;
        while (start < n) : (start += part_elements) {
            const count = @min(part_elements, n - start);
            gather(work, block, start, count, buffer);
            for (totals[0..block.lines], firsts[0..block.lines], 0..) |*total, *first, l| {
                const line = buffer + l * work.pitch;
                if (start == 0) first.* = line[0];
                var next: Partial = undefined;
                work.reducer.part(line, count, first.*, .none, &next);
                if (start == 0) total.* = next else work.reducer.join(total, next, start);
            }
        }
        for (totals[0..block.lines], firsts[0..block.lines], 0..) |total, first, l| {
            const to = block.out + block.out_step * @as(isize, @intCast(l));
            work.out.put(work.reducer, to, total, first, n);
        }
    }

    /// Some elements of the lines of a block, in logical order, one line after the other.
    fn gather(work: *const Work, block: Block, start: usize, count: usize, buffer: [*]f32) void {
        const reduced = &work.lines.reduced;
        const inner = reduced.axes[reduced.len - 1];
        var walk = reduced.walkFrom(reduced.len - 1, start / inner.size);
        var skipped = start % inner.size;
        var done: usize = 0;
        while (done < count) {
            const cols = @min(inner.size - skipped, count - done);
            const offset = walk.offsets[0] + inner.strides[0] * @as(isize, @intCast(skipped));
            const strides: tiles.Strides = .{ .row = block.a_step, .col = inner.strides[0] };
            tiles.gather(work.kernels, at(block.a, offset), strides, block.lines, cols, buffer + done, work.pitch);
            done += cols;
            skipped = 0;
            _ = walk.next();
        }
    }
};
