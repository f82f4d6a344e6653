//! Operations over every line along an axis of a strided view. Lines that are contiguous in both
//! operands are taken where they lie; others pass through a buffer, several at a time.

const std = @import("std");
const pool = @import("pool.zig");
const reduction = @import("reduction.zig");
const scratch = @import("scratch.zig");
const strided = @import("strided.zig");
const table = @import("kernels/table.zig");
const tiles = @import("strided_tile.zig");
const Status = @import("abi.zig").Status;
const at = strided.at;

/// Operands: out, a.
pub const Nest = strided.Nest(2);

pub const Work = struct {
    kernels: *const table.KernelTable,
    kernel: table.RowWiseFn,
    of_columns: table.SoftColumnsFn,
    a: [*]const f32,
    out: [*]f32,
    /// The axes other than that of the lines.
    nest: Nest,
    line: Nest.Axis,
    per_block: usize = 1,
    blocks: usize = 1,
    pitch: usize = 0,
    failed: std.atomic.Value(bool) = .init(false),

    pub fn run(work: *Work) Status {
        const nest = &work.nest;
        nest.dropOnes();
        nest.order();
        nest.merge();
        nest.pad(1);
        if (work.line.size == 1) work.line.strides = .{ 1, 1 };
        if (!work.isDirect()) work.putSideBySide();
        const last = nest.axes[nest.len - 1].size;
        const lines = nest.countOf(nest.len);
        const team = reduction.teamFor(2 * lines * work.line.size);
        defer pool.release(team);
        // The kernel takes many short lines without gaps at a time.
        const is_short = work.line.size < unit;
        work.pitch = if (is_short) work.line.size else tiles.roundedPitch(work.line.size);
        work.per_block = @min(last, @max(table.part_elements / work.pitch / unit * unit, unit));
        work.blocks = std.math.divCeil(usize, last, work.per_block) catch unreachable;
        team.run(@intCast(lines / last * work.blocks), work, &chunk);
        return if (work.failed.load(.monotonic)) .out_of_memory else .ok;
    }

    const unit = 16;

    fn isDirect(work: *const Work) bool {
        return work.line.strides[0] == 1 and work.line.strides[1] == 1;
    }

    /// Whether lines lie side by side, in both operands. Long ones are gathered: their columns would
    /// come from memory line by line of the cache.
    fn isColumns(work: *const Work) bool {
        const steps = work.nest.axes[work.nest.len - 1].strides;
        return steps[0] == 1 and steps[1] == 1 and work.line.size <= table.SoftColumns.most;
    }

    /// Makes the axis along which lines lie side by side the last.
    fn putSideBySide(work: *Work) void {
        const nest = &work.nest;
        for (nest.axes[0..nest.len], 0..) |axis, i| {
            if (axis.strides[1] == 1) return nest.move(i, nest.len - 1);
        }
    }

    fn chunk(context: *anyopaque, index: usize) callconv(table.cc) void {
        const work: *Work = @ptrCast(@alignCast(context));
        const nest = &work.nest;
        const outer = nest.walkFrom(nest.len - 1, index / work.blocks);
        const last = nest.axes[nest.len - 1];
        const first = index % work.blocks * work.per_block;
        const start: isize = @intCast(first);
        const lines = @min(work.per_block, last.size - first);
        const out = at(work.out, outer.offsets[0] + last.strides[0] * start);
        const a = at(work.a, outer.offsets[1] + last.strides[1] * start);
        if (work.isDirect()) return work.direct(out, a, lines, last.strides);
        if (work.isColumns()) return work.of_columns(&.{
            .a = a,
            .a_stride = work.line.strides[1],
            .out = out,
            .out_stride = work.line.strides[0],
            .n = work.line.size,
            .cols = lines,
        });
        work.buffered(out, a, lines, last.strides);
    }

    fn direct(work: *const Work, out: [*]f32, a: [*]const f32, lines: usize, steps: [2]isize) void {
        const cols = work.line.size;
        const gapless: isize = @intCast(cols);
        if (steps[0] == gapless and steps[1] == gapless) return work.kernel(a, out, lines, cols);
        for (0..lines) |l| {
            const i: isize = @intCast(l);
            work.kernel(at(a, steps[1] * i), at(out, steps[0] * i), 1, cols);
        }
    }

    fn buffered(work: *Work, out: [*]f32, a: [*]const f32, lines: usize, steps: [2]isize) void {
        const cols = work.line.size;
        const lease = scratch.acquire(lines * work.pitch, 1) orelse
            return work.failed.store(true, .monotonic);
        defer lease.release();
        const buffer = lease.scratch.data;
        const from: tiles.Strides = .{ .row = steps[1], .col = work.line.strides[1] };
        tiles.gather(work.kernels, a, from, lines, cols, buffer, work.pitch);
        if (work.pitch == cols) {
            work.kernel(buffer, buffer, lines, cols);
        } else for (0..lines) |l| {
            const line = buffer + l * work.pitch;
            work.kernel(line, line, 1, cols);
        }
        const to: tiles.Strides = .{ .row = steps[0], .col = work.line.strides[0] };
        tiles.scatter(work.kernels, buffer, work.pitch, lines, cols, out, to);
    }
};
