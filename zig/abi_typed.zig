//! The C functions over elements of any type. As everywhere, the callers have checked sizes against the
//! lengths of their buffers, and a call that fails has written nothing.

const std = @import("std");
const abi = @import("abi.zig");
const abi_strided = @import("abi_strided.zig");
const typed = @import("typed.zig");
const Element = typed.Element;
const Status = abi.Status;

/// Elements of any type.
pub const Data = ?*const anyopaque;
pub const MutableData = ?*anyopaque;

fn elementOf(value: u32) ?Element {
    return if (value < std.enums.values(Element).len) @enumFromInt(value) else null;
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
    const written = spanOf(copy.target, target, nest.lows[0], nest.highs[0]);
    if (written.overlaps(spanOf(copy.source, source, nest.lows[1], nest.highs[1]))) return .overlap_a;
    nest.merge();
    copy.run(&nest);
    return .ok;
}

fn spanOf(data: [*]const u8, element: Element, low: usize, high: usize) abi.Span {
    const bytes = element.bytes();
    return .{ .start = @intFromPtr(data) + low * bytes, .bytes = (high - low + 1) * bytes };
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
    return choose(.take, a, index, out, .{ outer, size, inner, bytes, count });
}

/// out[o, i, n] = a[o, index[o, i, n], n] for i < count, where a is [outer, size, inner] elements of so many
/// bytes.
pub fn typed_gather(
    a: Data,
    index: ?[*]const i32,
    out: MutableData,
    outer: u32,
    size: u32,
    inner: u32,
    bytes: u32,
    count: u32,
) callconv(.c) Status {
    return choose(.gather, a, index, out, .{ outer, size, inner, bytes, count });
}

fn choose(
    comptime way: enum { take, gather },
    a: Data,
    index: ?[*]const i32,
    out: MutableData,
    sizes: [5]u32,
) Status {
    const outer, const size, const inner, const bytes, const count = sizes;
    if (bytes != 1 and bytes != 4 and bytes != 8) return .bad_argument;
    const written = product(&.{ outer, count, inner, bytes }) orelse return .size_overflow;
    const read = product(&.{ outer, size, inner, bytes }) orelse return .size_overflow;
    if (written == 0) return .ok;
    const indices = if (way == .take) count else written / bytes;
    const chosen = index orelse return .null_pointer;
    const choice: typed.Choice = .{
        .source = @ptrCast(a orelse return .null_pointer),
        .target = @ptrCast(out orelse return .null_pointer),
        .index = chosen[0..indices],
        .outer = outer,
        .size = size,
        .inner = inner,
        .bytes = bytes,
        .count = count,
    };
    const to: abi.Span = .{ .start = @intFromPtr(choice.target), .bytes = written };
    if (to.overlaps(.{ .start = @intFromPtr(choice.source), .bytes = read })) return .overlap_a;
    if (to.overlaps(.{ .start = @intFromPtr(chosen), .bytes = indices * @sizeOf(i32) })) return .overlap_b;
    if (!choice.isWithin()) return .out_of_bounds;
    if (way == .take) choice.take() else choice.gather();
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
    const target = out orelse return .null_pointer;
    const nothing = [1]u8{0};
    const source = a orelse if (read == 0) &nothing else return .null_pointer;
    const to: abi.Span = .{ .start = @intFromPtr(target), .bytes = written };
    if (to.overlaps(.{ .start = @intFromPtr(source), .bytes = read })) return .overlap_a;
    const truth: typed.Truth = .{
        .is_any = is_any != 0,
        .source = source,
        .target = target,
        .outer = outer,
        .size = size,
        .inner = inner,
    };
    truth.run();
    return .ok;
}
