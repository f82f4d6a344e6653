//! The C functions over elements of any type. As everywhere, the callers have checked sizes against the
//! lengths of their buffers, and a call that fails has written nothing.

const std = @import("std");
const abi = @import("abi.zig");
const abi_strided = @import("abi_strided.zig");
const dispatch = @import("dispatch.zig");
const typed = @import("typed.zig");
const choice = @import("typed_choice.zig");
const reduction = @import("typed_reduce.zig");
const Element = typed.Element;
const Status = abi.Status;

/// Elements of any type.
pub const Data = ?*const anyopaque;
pub const MutableData = ?*anyopaque;

fn elementOf(value: u32) ?Element {
    return if (value < std.enums.values(Element).len) @enumFromInt(value) else null;
}

/// Whether the memory of an operand and of a result, of so many bytes, is there and apart.
fn memoryStatus(a: Data, read: usize, out: Data, written: usize) Status {
    if (out == null or (a == null and read > 0)) return .null_pointer;
    const to: abi.Span = .{ .start = @intFromPtr(out), .bytes = written };
    return if (to.overlaps(.{ .start = @intFromPtr(a), .bytes = read })) .overlap_a else .ok;
}

fn product(sizes: []const u32) ?usize {
    var result: usize = 1;
    for (sizes) |size| result = std.math.mul(usize, result, size) catch return null;
    return result;
}

/// out = a, element by element. Operands: out, a.
pub fn typed_copy(
    from: u32,
    a: Data,
    to: u32,
    out: MutableData,
    layout: ?[*]const i32,
) callconv(.c) Status {
    const source = elementOf(from) orelse return .unknown_operation;
    const target = elementOf(to) orelse return .unknown_operation;
    // Words are copied as what float32s are.
    if (source == target and source.bytes() == 4) {
        return abi_strided.strided_copy(@ptrCast(@alignCast(a)), @ptrCast(@alignCast(out)), layout);
    }
    const ints = layout orelse return .null_pointer;
    var nest = (typed.Nest.parse(ints) catch |err| return Status.of(err)) orelse return .ok;
    _ = nest.total() catch |err| return Status.of(err);
    const copy: typed.Copy = .{
        .from = source,
        .to = target,
        .source = @ptrCast(a orelse return .null_pointer),
        .target = @ptrCast(out orelse return .null_pointer),
    };
    nest.dropOnes();
    nest.order();
    if (nest.repeats()) return .overlap_out;
    const to_span: abi.Span = .between(copy.target, target.bytes(), nest.lows[0], nest.highs[0]);
    if (to_span.overlaps(.between(copy.source, source.bytes(), nest.lows[1], nest.highs[1]))) return .overlap_a;
    nest.merge();
    copy.run(&nest, dispatch.kernels() orelse return .unsupported_level);
    return .ok;
}

fn isBytes(bytes: u32) bool {
    return bytes == 1 or bytes == 4 or bytes == 8;
}

/// out[o, i, :] = a[o, index[i], :] for i < count, where a is [outer, size, inner] elements of so many bytes.
pub fn typed_take(
    a: Data,
    index: ?[*]const i32,
    out: MutableData,
    outer: u32,
    size: u32,
    inner: u32,
    bytes: u32,
    count: u32,
) callconv(.c) Status {
    if (!isBytes(bytes)) return .bad_argument;
    const written = product(&.{ outer, count, inner, bytes }) orelse return .size_overflow;
    const read = product(&.{ outer, size, inner, bytes }) orelse return .size_overflow;
    if (count == 0) return .ok;
    const chosen = (index orelse return .null_pointer)[0..count];
    if (!choice.areWithin(chosen, size)) return .out_of_bounds;
    if (written == 0) return .ok;
    const status = memoryStatus(a, read, out, written);
    if (status != .ok) return status;
    const take: choice.Take = .{
        .source = @ptrCast(a.?),
        .target = @ptrCast(out.?),
        .index = chosen,
        .outer = outer,
        .size = size,
        .row_bytes = @as(usize, inner) * bytes,
    };
    const to: abi.Span = .{ .start = @intFromPtr(out), .bytes = written };
    if (to.overlaps(spanOfIndex(chosen))) return .overlap_b;
    take.run(dispatch.kernels() orelse return .unsupported_level);
    return .ok;
}

fn spanOfIndex(index: []const i32) abi.Span {
    return .{ .start = @intFromPtr(index.ptr), .bytes = index.len * @sizeOf(i32) };
}

/// out[…] = a[…] with the index at […] in the place of that of one axis. Operand: a; axes: those of the index
/// and of `out`, which are row-major, along which a is walked; and the one that is chosen from.
pub fn typed_gather(
    a: Data,
    index: ?[*]const i32,
    out: MutableData,
    bytes: u32,
    layout: ?[*]const i32,
) callconv(.c) Status {
    if (!isBytes(bytes)) return .bad_argument;
    const ints = layout orelse return .null_pointer;
    var nest = (choice.Gather.Nest.parse(ints) catch |err| return Status.of(err)) orelse return .empty;
    if (nest.len == 0) return .bad_argument;
    nest.len -= 1;
    const count = nest.total() catch |err| return Status.of(err);
    const chosen = (index orelse return .null_pointer)[0..count];
    var gather: choice.Gather = .{
        .source = @ptrCast(a orelse return .null_pointer),
        .target = @ptrCast(out orelse return .null_pointer),
        .index = chosen.ptr,
        .bytes = bytes,
        .nest = nest,
        .axis = nest.axes[nest.len],
    };
    const to: abi.Span = .{ .start = @intFromPtr(gather.target), .bytes = count * bytes };
    if (to.overlaps(.between(gather.source, bytes, nest.lows[0], nest.highs[0]))) return .overlap_a;
    if (to.overlaps(spanOfIndex(chosen))) return .overlap_b;
    if (!choice.areWithin(chosen, gather.axis.size)) return .out_of_bounds;
    gather.run();
    return .ok;
}

/// out[o, i] = whether all, or any, of a[o, :, i] are other than 0, where a is [outer, size, inner].
pub fn typed_truth(
    is_any: u32,
    a: ?[*]const u8,
    out: ?[*]u8,
    outer: u32,
    size: u32,
    inner: u32,
) callconv(.c) Status {
    const read = product(&.{ outer, size, inner }) orelse return .size_overflow;
    const written = product(&.{ outer, inner }) orelse return .size_overflow;
    if (written == 0) return .ok;
    const status = memoryStatus(a, read, out, written);
    if (status != .ok) return status;
    const truth: reduction.Truth = .{
        .is_any = is_any != 0,
        // Of no elements nothing is read.
        .source = a orelse out.?,
        .target = out.?,
        .outer = outer,
        .size = size,
        .inner = inner,
    };
    truth.run();
    return .ok;
}

/// out[o, i] = the sum of a[o, :, i] modulo 2^32, where a is [outer, size, inner] integers.
pub fn typed_sum(
    from: u32,
    a: Data,
    out: ?[*]i32,
    outer: u32,
    size: u32,
    inner: u32,
) callconv(.c) Status {
    const element = elementOf(from) orelse return .unknown_operation;
    if (element == .float32 or element == .float64) return .bad_argument;
    const bytes: u32 = @intCast(element.bytes());
    const read = product(&.{ outer, size, inner, bytes }) orelse return .size_overflow;
    const written = product(&.{ outer, inner, @sizeOf(i32) }) orelse return .size_overflow;
    if (written == 0) return .ok;
    const status = memoryStatus(a, read, out, written);
    if (status != .ok) return status;
    const sum: reduction.Sum = .{
        .from = element,
        .source = @ptrCast(a orelse @as(*const anyopaque, out.?)),
        .target = out.?,
        .outer = outer,
        .size = size,
        .inner = inner,
    };
    sum.run();
    return .ok;
}
