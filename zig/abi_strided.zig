//! The C functions over strided views; `strided.zig` says what a layout is. Every element of a
//! view is known to lie within its memory, and elements of the output to be apart from each other
//! and from the inputs, before anything is written.

const std = @import("std");
const abi = @import("abi.zig");
const caches = @import("caches.zig");
const dispatch = @import("dispatch.zig");
const loops = @import("strided_loop.zig");
const ops = @import("ops.zig");
const strided = @import("strided.zig");
const strided_lines = @import("strided_reduce.zig");
const strided_product = @import("strided_product.zig");
const strided_rows_work = @import("strided_rows.zig");
const Reducer = @import("reduction.zig").Reducer;
const Status = abi.Status;

const Pointer = ?[*]const f32;
const MutablePointer = ?[*]f32;
const Layout = ?[*]const i32;

fn spanOf(comptime T: type, data: [*]const T, low: usize, high: usize) abi.Span {
    return .between(data, @sizeOf(T), low, high);
}

/// Whether an input shares memory with the output without being the same view. Views that lie
/// between each other's elements count as sharing.
fn clashes(nest: anytype, operand: usize, out: anytype, input: [*]const f32) bool {
    const Out = @typeInfo(@TypeOf(out)).pointer.child;
    const to = spanOf(Out, out, nest.lows[0], nest.highs[0]);
    const from = spanOf(f32, input, nest.lows[operand], nest.highs[operand]);
    if (!to.overlaps(from)) return false;
    if (Out != f32 or !nest.isSameView(operand)) return true;
    return strided.at(input, nest.offsets[operand]) != strided.at(@as([*]const f32, out), nest.offsets[0]);
}

/// Checks the operands of an element-wise operation and runs it; `op` makes it from the kernels.
fn elementWise(
    comptime Op: type,
    in: [Op.inputs]Pointer,
    out: anytype,
    layout: Layout,
    opOf: anytype,
) Status {
    const Loop = loops.Loop(Op);
    const ints = layout orelse return .null_pointer;
    var nest = (Loop.Nest.parse(ints) catch |err| return Status.of(err)) orelse return .ok;
    const elements = nest.total() catch |err| return Status.of(err);
    const output = out orelse return .null_pointer;
    nest.dropOnes();
    nest.order();
    if (nest.repeats()) return .overlap_out;
    var inputs: [Op.inputs][*]const f32 = undefined;
    for (in, &inputs, 0..) |pointer, *input, i| {
        input.* = pointer orelse return .null_pointer;
        if (clashes(&nest, i + 1, output, input.*)) return if (i == 0) .overlap_a else .overlap_b;
    }
    // A view copied onto itself.
    if (Op == loops.Copy and @intFromPtr(output) == @intFromPtr(inputs[0]) and nest.isSameView(1) and
        nest.offsets[0] == nest.offsets[1]) return .ok;
    const kernels = dispatch.kernels() orelse return .unsupported_level;
    nest.merge();
    const loop: Loop = .{
        .op = opOf.of(kernels),
        .kernels = kernels,
        .caches = caches.get(),
        .in = inputs,
        .out = @ptrCast(output),
    };
    loop.run(&nest, elements);
    return .ok;
}

/// Operands: out, a.
pub fn strided_unary(
    op: u32,
    a: Pointer,
    out: MutablePointer,
    layout: Layout,
    first: f32,
    second: f32,
) callconv(.c) Status {
    if (op >= ops.unary.len) return .unknown_operation;
    return elementWise(loops.Unary, .{a}, out, layout, struct {
        op: u32,
        first: f32,
        second: f32,

        fn of(c: @This(), kernels: anytype) loops.Unary {
            return .{ .kernel = kernels.unary[c.op], .first = c.first, .second = c.second };
        }
    }{ .op = op, .first = first, .second = second });
}

/// Operands: out, a, b.
pub fn strided_binary(
    op: u32,
    a: Pointer,
    b: Pointer,
    out: MutablePointer,
    layout: Layout,
) callconv(.c) Status {
    if (op >= ops.binary.len) return .unknown_operation;
    return elementWise(loops.Pair, .{ a, b }, out, layout, struct {
        op: u32,

        fn of(c: @This(), kernels: anytype) loops.Pair {
            return .{ .kernel = .{ .floats = kernels.binary[c.op] } };
        }
    }{ .op = op });
}

/// Operands: out, a, b.
pub fn strided_compare(
    op: u32,
    a: Pointer,
    b: Pointer,
    out: ?[*]u8,
    layout: Layout,
) callconv(.c) Status {
    if (op >= ops.comparisons.len) return .unknown_operation;
    return elementWise(loops.Pair, .{ a, b }, out, layout, struct {
        op: u32,

        fn of(c: @This(), kernels: anytype) loops.Pair {
            return .{ .kernel = .{ .truths = kernels.comparisons[c.op] } };
        }
    }{ .op = op });
}

/// Operands: out, a.
pub fn strided_copy(a: Pointer, out: MutablePointer, layout: Layout) callconv(.c) Status {
    return elementWise(loops.Copy, .{a}, out, layout, struct {
        fn of(_: @This(), _: anytype) loops.Copy {
            return .{};
        }
    }{});
}

/// Operands: out, a, b; axes: those of the batch, m, n, k. No size is 0; `out` is contiguous.
pub fn strided_matmul(
    a: Pointer,
    b: Pointer,
    out: MutablePointer,
    layout: Layout,
) callconv(.c) Status {
    const Nest = strided_product.Nest;
    const ints = layout orelse return .null_pointer;
    const nest = (Nest.parse(ints) catch |err| return Status.of(err)) orelse return .bad_argument;
    if (nest.len < 3) return .bad_argument;
    const first = a orelse return .null_pointer;
    const second = b orelse return .null_pointer;
    const output = out orelse return .null_pointer;
    // The axes of `out` alone, and then those of its elements' sums.
    const k = nest.axes[nest.len - 1];
    const m, const n = nest.axes[nest.len - 3 ..][0..2].*;
    if (k.strides[0] != 0 or m.strides[2] != 0 or n.strides[1] != 0) return .bad_argument;
    var outer = nest;
    outer.len -= 1;
    _ = outer.total() catch |err| return Status.of(err);
    if (!outer.isRun(0)) return .bad_argument;
    const to = spanOf(f32, output, nest.lows[0], nest.highs[0]);
    if (to.overlaps(spanOf(f32, first, nest.lows[1], nest.highs[1]))) return .overlap_a;
    if (to.overlaps(spanOf(f32, second, nest.lows[2], nest.highs[2]))) return .overlap_b;
    const kernels = dispatch.kernels() orelse return .unsupported_level;
    const start = strided.at(output, nest.offsets[0]);
    var batch: strided_product.Batch = .init(kernels, .{ .a = first, .b = second, .out = start }, &nest);
    return batch.run();
}

/// The lines of `a` along the axes of a mask, whose results must not share memory with it.
const Lines = union(enum) {
    status: Status,
    /// Lines of no elements.
    empty,
    lines: strided_lines.Lines,

    fn parse(layout: Layout, mask: u32, a: [*]const f32, out: anytype, count: u32) Lines {
        const ints = layout orelse return .{ .status = .null_pointer };
        const nest = (strided.Nest(1).parse(ints) catch |err| return .{ .status = Status.of(err) }) orelse
            return .empty;
        _ = nest.total() catch |err| return .{ .status = Status.of(err) };
        const lines: strided_lines.Lines = .init(&nest, mask);
        if (lines.count != count) return .{ .status = .bad_argument };
        const from = spanOf(f32, a, nest.lows[0], nest.highs[0]);
        const to = spanOf(@typeInfo(@TypeOf(out)).pointer.child, out, 0, count - 1);
        return if (to.overlaps(from)) .{ .status = .overlap_a } else .{ .lines = lines };
    }
};

/// out[0..count] = the reductions of the lines along the axes of a mask. Operand: a.
pub fn strided_reduce(
    op: u32,
    a: Pointer,
    out: MutablePointer,
    count: u32,
    layout: Layout,
    mask: u32,
    parameter: f32,
) callconv(.c) Status {
    if (op >= ops.reductions.len) return .unknown_operation;
    if (count == 0) return .ok;
    const to = out orelse return .null_pointer;
    const kernels = dispatch.kernels() orelse return .unsupported_level;
    const reducer: Reducer = .init(kernels, @enumFromInt(op), parameter);
    const nothing = [1]f32{0};
    switch (Lines.parse(layout, mask, a orelse &nothing, to, count)) {
        .status => |status| return status,
        .empty => @memset(to[0..count], reducer.ofNothing() orelse return .empty),
        .lines => |lines| {
            var work: strided_lines.Work = .{
                .kernels = kernels,
                .reducer = &reducer,
                .a = a orelse return .null_pointer,
                .out = .{ .numbers = to },
                .lines = lines,
            };
            return work.run();
        },
    }
    return .ok;
}

/// out[0..count] = the indices along an axis that the reductions of its lines find. Operand: a.
pub fn strided_arg_reduce(
    op: u32,
    a: Pointer,
    out: ?[*]i32,
    count: u32,
    layout: Layout,
    axis: u32,
) callconv(.c) Status {
    if (op >= ops.arg_reductions.len) return .unknown_operation;
    if (axis >= strided.axes_max) return .bad_argument;
    if (count == 0) return .ok;
    const to = out orelse return .null_pointer;
    const kernels = dispatch.kernels() orelse return .unsupported_level;
    const nothing = [1]f32{0};
    switch (Lines.parse(layout, @as(u32, 1) << @intCast(axis), a orelse &nothing, to, count)) {
        .status => |status| return status,
        .empty => return .empty,
        .lines => |lines| {
            const reducer: Reducer = .initIndex(kernels, @enumFromInt(op));
            var work: strided_lines.Work = .{
                .kernels = kernels,
                .reducer = &reducer,
                .a = a orelse return .null_pointer,
                .out = .{ .indices = to },
                .lines = lines,
            };
            return work.run();
        },
    }
}

/// An operation over every line along an axis. Operands: out, a.
pub fn strided_rows(
    op: u32,
    a: Pointer,
    out: MutablePointer,
    layout: Layout,
    axis: u32,
) callconv(.c) Status {
    if (op >= ops.row_wise.len) return .unknown_operation;
    const ints = layout orelse return .null_pointer;
    var nest = (strided_rows_work.Nest.parse(ints) catch |err| return Status.of(err)) orelse return .ok;
    if (axis >= nest.len) return .bad_argument;
    _ = nest.total() catch |err| return Status.of(err);
    const input = a orelse return .null_pointer;
    const output = out orelse return .null_pointer;
    var whole = nest;
    whole.dropOnes();
    whole.order();
    if (whole.repeats()) return .overlap_out;
    if (clashes(&whole, 1, output, input)) return .overlap_a;
    const kernels = dispatch.kernels() orelse return .unsupported_level;
    const line = nest.axes[axis];
    nest.move(axis, nest.len - 1);
    nest.len -= 1;
    var work: strided_rows_work.Work = .{
        .kernels = kernels,
        .kernel = kernels.row_wise[op],
        .of_columns = kernels.soft_columns[op],
        .a = input,
        .out = output,
        .nest = nest,
        .line = line,
    };
    return work.run();
}
