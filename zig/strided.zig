//! Views with strides: how they cross the ABI, what is checked of them, and the nest of loops they
//! are brought into.
//!
//! A layout is a list of i32, as `ops/strided.ts` writes it: the number of axes, the size of every
//! axis, and for every operand the offset of its first element, the number of elements of its
//! memory, and its stride along every axis. Strides count elements; 0 repeats, and a negative one
//! walks backwards. Operand 0 is the output where it is strided too. The buffer of a layout always
//! has `layout_ints` values, however many are used.

const std = @import("std");

/// Axes of a layout.
pub const axes_max = 32;
const operands_max = 3;
pub const layout_ints = 1 + axes_max + operands_max * (2 + axes_max);
/// Sizes and offsets stay below it.
const elements_max = 1 << 31;

pub const Error = error{ BadArgument, OutOfBounds, SizeOverflow };

/// Loops over the same axes of `count` operands, the outermost first. (What many functions call once is not
/// inlined: 4 KB of the library.)
pub fn Nest(comptime count: usize) type {
    return struct {
        const Self = @This();

        pub const Axis = struct {
            size: usize,
            strides: [count]isize,

            const one: Axis = .{ .size = 1, .strides = @splat(0) };
        };

        len: usize = 0,
        axes: [axes_max]Axis = undefined,
        /// Of the first element of every operand.
        offsets: [count]isize = undefined,
        /// The least and the greatest offset of any element of every operand.
        lows: [count]usize = undefined,
        highs: [count]usize = undefined,

        /// The nest of a layout, every element of which lies within its operand's memory; null
        /// where there is no element.
        pub fn parse(layout: [*]const i32) Error!?Self {
            var nest: Self = .{};
            if (layout[0] < 0 or layout[0] > axes_max) return error.BadArgument;
            nest.len = @intCast(layout[0]);
            const sizes = layout[1..][0..nest.len];
            var is_empty = false;
            for (sizes) |size| {
                if (size < 0) return error.BadArgument;
                if (size == 0) is_empty = true;
            }
            if (is_empty) return null;
            for (sizes, nest.axes[0..nest.len]) |size, *axis| axis.size = @intCast(size);
            for (0..count) |operand| {
                const ints = layout[1 + nest.len + operand * (2 + nest.len) ..];
                try nest.parseOperand(operand, ints[0 .. 2 + nest.len]);
            }
            return nest;
        }

        fn parseOperand(nest: *Self, operand: usize, ints: []const i32) Error!void {
            const offset, const length = .{ ints[0], ints[1] };
            var low: i64 = offset;
            var high: i64 = offset;
            for (nest.axes[0..nest.len], ints[2..]) |*axis, stride| {
                axis.strides[operand] = stride;
                const reach = @as(i64, stride) * @as(i64, @intCast(axis.size - 1));
                if (reach < 0) low += reach else high += reach;
                // Inside the loop: what is too large must not grow beyond 64 bits.
                if (low < 0 or high >= length) return error.OutOfBounds;
            }
            if (low < 0 or high >= length) return error.OutOfBounds;
            nest.offsets[operand] = offset;
            nest.lows[operand] = @intCast(low);
            nest.highs[operand] = @intCast(high);
        }

        /// The product of the sizes of some outer axes.
        pub fn countOf(nest: *const Self, outer: usize) usize {
            var count_of_indices: usize = 1;
            for (nest.axes[0..outer]) |axis| count_of_indices *= axis.size;
            return count_of_indices;
        }

        /// The number of elements, repeated ones included.
        pub fn total(nest: *const Self) Error!usize {
            var elements: usize = 1;
            for (nest.axes[0..nest.len]) |axis| {
                elements *= axis.size;
                if (elements >= elements_max) return error.SizeOverflow;
            }
            return elements;
        }

        pub fn append(nest: *Self, axis: Axis) void {
            nest.axes[nest.len] = axis;
            nest.len += 1;
        }

        /// Without the axes of size 1, which no stride of theirs tells apart.
        pub noinline fn dropOnes(nest: *Self) void {
            var kept: usize = 0;
            for (nest.axes[0..nest.len]) |axis| {
                if (axis.size == 1) continue;
                nest.axes[kept] = axis;
                kept += 1;
            }
            nest.len = kept;
        }

        /// Makes one axis of neighbours that every operand walks as one.
        pub noinline fn merge(nest: *Self) void {
            if (nest.len == 0) return;
            var last: usize = 0;
            for (nest.axes[1..nest.len]) |axis| {
                const outer = &nest.axes[last];
                const joins = for (outer.strides, axis.strides) |wide, narrow| {
                    if (wide != narrow * @as(isize, @intCast(axis.size))) break false;
                } else true;
                if (joins) {
                    outer.size *= axis.size;
                    outer.strides = axis.strides;
                } else {
                    last += 1;
                    nest.axes[last] = axis;
                }
            }
            nest.len = last + 1;
        }

        /// Walks operand 0 in the order of memory: forwards along every axis, and along the
        /// narrowest last.
        pub fn order(nest: *Self) void {
            for (nest.axes[0..nest.len]) |*axis| {
                if (axis.strides[0] >= 0) continue;
                for (&axis.strides, &nest.offsets) |*stride, *offset| {
                    offset.* += stride.* * @as(isize, @intCast(axis.size - 1));
                    stride.* = -stride.*;
                }
            }
            std.sort.insertion(Axis, nest.axes[0..nest.len], {}, struct {
                fn isWider(_: void, a: Axis, b: Axis) bool {
                    return a.strides[0] > b.strides[0];
                }
            }.isWider);
        }

        /// Whether two elements of operand 0 may be the same memory. The nest is ordered.
        pub fn repeats(nest: *const Self) bool {
            var reach: isize = 0;
            var left = nest.len;
            while (left > 0) {
                left -= 1;
                const axis = nest.axes[left];
                if (axis.strides[0] <= reach) return true;
                reach += axis.strides[0] * @as(isize, @intCast(axis.size - 1));
            }
            return false;
        }

        /// Whether an operand is the same view of memory as operand 0 that starts at the same
        /// address. No axis has the size 1.
        pub fn isSameView(nest: *const Self, operand: usize) bool {
            return for (nest.axes[0..nest.len]) |axis| {
                if (axis.strides[operand] != axis.strides[0]) break false;
            } else true;
        }

        /// Whether the elements of an operand follow each other in memory, in the order of the axes.
        pub fn isRun(nest: *const Self, operand: usize) bool {
            var stride: isize = 1;
            var left = nest.len;
            while (left > 0) {
                left -= 1;
                const axis = nest.axes[left];
                if (axis.size != 1 and axis.strides[operand] != stride) return false;
                stride *= @intCast(axis.size);
            }
            return true;
        }

        /// Moves an axis to another place before or behind those between them.
        pub noinline fn move(nest: *Self, from: usize, to: usize) void {
            const axis = nest.axes[from];
            if (from < to) {
                std.mem.copyForwards(Axis, nest.axes[from..to], nest.axes[from + 1 .. to + 1]);
            } else {
                std.mem.copyBackwards(Axis, nest.axes[to + 1 .. from + 1], nest.axes[to..from]);
            }
            nest.axes[to] = axis;
        }

        /// The nest over some indices of an axis.
        pub fn part(nest: *const Self, axis: usize, start: usize, size: usize) Self {
            var result = nest.*;
            result.axes[axis].size = size;
            for (&result.offsets, nest.axes[axis].strides) |*offset, stride| {
                offset.* += stride * @as(isize, @intCast(start));
            }
            return result;
        }

        /// Puts axes of size 1 outside, so that there are at least some.
        pub fn pad(nest: *Self, least: usize) void {
            while (nest.len < least) {
                nest.append(.one);
                nest.move(nest.len - 1, 0);
            }
        }

        /// Visits the indices of some outer axes in order.
        pub fn walk(nest: *const Self, outer: usize) Walk {
            return nest.walkFrom(outer, 0);
        }

        /// As `walk`, from an index on, counted in their order.
        pub noinline fn walkFrom(nest: *const Self, outer: usize, index: usize) Walk {
            var result: Walk = .{ .nest = nest, .outer = outer, .offsets = nest.offsets };
            var rest = index;
            var axis = outer;
            while (axis > 0 and rest > 0) {
                axis -= 1;
                const size = nest.axes[axis].size;
                const i = rest % size;
                rest /= size;
                result.index[axis] = i;
                for (&result.offsets, nest.axes[axis].strides) |*offset, stride| {
                    offset.* += stride * @as(isize, @intCast(i));
                }
            }
            return result;
        }

        pub const Walk = struct {
            nest: *const Self,
            outer: usize,
            index: [axes_max]usize = @splat(0),
            /// Of the operands at the index.
            offsets: [count]isize,

            /// Steps to the next index; false after the last.
            pub fn next(w: *Walk) bool {
                var axis = w.outer;
                while (axis > 0) {
                    axis -= 1;
                    const size = w.nest.axes[axis].size;
                    const strides = w.nest.axes[axis].strides;
                    w.index[axis] += 1;
                    if (w.index[axis] < size) {
                        for (&w.offsets, strides) |*offset, stride| offset.* += stride;
                        return true;
                    }
                    w.index[axis] = 0;
                    for (&w.offsets, strides) |*offset, stride| {
                        offset.* -= stride * @as(isize, @intCast(size - 1));
                    }
                }
                return false;
            }
        };
    };
}

/// The element at an offset, which may be negative.
pub inline fn at(data: anytype, offset: isize) @TypeOf(data) {
    return data + @as(usize, @bitCast(offset));
}
