//! Elements of any type, and their copies from one to another. One code for all instruction-set levels, as
//! in the other files of the name: memory is what these wait for, and nothing in them rounds differently.

const std = @import("std");
const ahead = @import("kernels/ahead.zig");
const caches = @import("caches.zig");
const ops = @import("ops.zig");
const spread = @import("spread.zig");
const strided = @import("strided.zig");
const table = @import("kernels/table.zig");

/// Types of elements; what is stored for a bool is a byte, 0 or 1.
pub const Element = enum(u32) {
    float32,
    float64,
    int32,
    int8,
    uint8,
    bool,

    fn Stored(comptime element: Element) type {
        return switch (element) {
            .float32 => f32,
            .float64 => f64,
            .int32 => i32,
            .int8 => i8,
            .uint8, .bool => u8,
        };
    }

    pub fn bytes(element: Element) usize {
        return switch (element) {
            inline else => |known| @sizeOf(known.Stored()),
        };
    }
};

const elements = std.enums.values(Element);

/// Elements that are converted at a time.
pub const block = 16;

/// Blocks of elements side by side, from one type to another.
pub const Convert = *const fn (from: [*]const u8, to: [*]u8, blocks: usize) void;

/// The conversion of blocks from one type to another.
pub fn conversion(from: Element, to: Element) Convert {
    return conversions[@intFromEnum(from)][@intFromEnum(to)];
}

const conversions: [elements.len][elements.len]Convert = blk: {
    var result: [elements.len][elements.len]Convert = undefined;
    for (elements, &result) |from, *row| {
        for (elements, row) |to, *convert| {
            convert.* = &Conversion(readAs(from, to).Stored(), writtenAs(from, to)).run;
        }
    }
    break :blk result;
};

/// What stands for a conversion to a type: what moves bytes alone is the same for all types of a size.
fn readAs(comptime from: Element, comptime to: Element) Element {
    if (from == .float32 and to == .float32) return .int32;
    if (from == .bool or (from == .int8 and writtenAs(from, to) == .uint8)) return .uint8;
    return from;
}

fn writtenAs(comptime from: Element, comptime to: Element) Element {
    if (from == .float32 and to == .float32) return .int32;
    if (to == .int8) return .uint8;
    return to;
}

fn Conversion(comptime From: type, comptime to: Element) type {
    return struct {
        const To = to.Stored();

        fn run(source: [*]const u8, target: [*]u8, blocks: usize) void {
            const in: [*]align(1) const [block]From = @ptrCast(source);
            const out: [*]align(1) [block]To = @ptrCast(target);
            for (in[0..blocks], out) |x, *result| result.* = converted(x);
        }

        inline fn converted(x: @Vector(block, From)) @Vector(block, To) {
            if (to == .bool) return @intFromBool(x != @as(@Vector(block, From), @splat(0)));
            if (From == To) return x;
            const is_float = @typeInfo(From) == .float;
            if (@typeInfo(To) == .float) return if (is_float) @floatCast(x) else @floatFromInt(x);
            const whole: @Vector(block, i32) = if (is_float) wrapped(From, x) else x;
            if (To == i32) return whole;
            return @truncate(@as(@Vector(block, u32), @bitCast(whole)));
        }
    };
}

/// The integers towards 0, modulo 2^32: what JavaScript stores in an Int32Array (ECMA-262, ToInt32).
inline fn wrapped(comptime F: type, x: @Vector(block, F)) @Vector(block, i32) {
    if (@reduce(.And, @abs(x) < @as(@Vector(block, F), @splat(0x1p31)))) {
        @branchHint(.likely);
        return @intFromFloat(x);
    }
    var result: [block]i32 = undefined;
    wrapAll(&@as(@Vector(block, f64), x), &result);
    return result;
}

noinline fn wrapAll(values: *const [block]f64, results: *[block]i32) void {
    for (values, results) |value, *result| result.* = wrap(value);
}

/// By the parts of the number: what is rounded by the processor's instructions would not fit them.
inline fn wrap(x: f64) i32 {
    const bits: u64 = @bitCast(x);
    const mantissa = bits & ((1 << 52) - 1) | 1 << 52;
    // x = ±mantissa·2^shift
    const shift = @as(i32, @intCast(bits >> 52 & 0x7ff)) - (1023 + 52);
    // Below 1; or without one of the lowest 32 bits, which infinities and NaN are counted among.
    if (shift < -52 or shift >= 32) return 0;
    const size = if (shift < 0) mantissa >> @intCast(-shift) else mantissa << @intCast(shift);
    const low: u32 = @truncate(size);
    return @bitCast(if (bits >> 63 != 0) 0 -% low else low);
}

pub const Nest = strided.Nest(2);

/// A view to another one, of any types.
pub const Copy = struct {
    from: Element,
    to: Element,
    source: [*]const u8,
    target: [*]u8,

    /// Elements that are gathered and converted at a time.
    const batch = 64;
    /// Of a tile that is turned: bytes of each of its rows, a line of memory, and how many of them are read, to
    /// be written side by side. (64, 256 and 512: 1000x1000 float64 turned in 3.8, 2.9 and 2.8 ms.)
    const tile_row_bytes = 64;
    const tile_cols = 512;

    /// The nest is ordered and merged; operand 0 is the target.
    pub fn run(copy: *const Copy, given: *const Nest, kernels: *const table.KernelTable) void {
        if (copy.to.bytes() == @sizeOf(f32) and given.isRun(0) and given.isRun(1)) return copy.shareOut(given, kernels);
        var nest = given.*;
        nest.pad(2);
        const last = nest.len - 1;
        // Beside the axis along which elements are written side by side, the one along which they are read so.
        const narrow = narrowest(&nest);
        const turns = narrow != last;
        nest.move(if (turns) narrow else last - 1, last - 1);
        const rows, const cols = .{ nest.axes[last - 1], nest.axes[last] };
        const tile_rows = if (turns) tile_row_bytes / copy.from.bytes() else 1;
        const cols_at_a_time = if (turns) tile_cols else cols.size;
        var walk = nest.walk(last - 1);
        while (true) {
            var i: usize = 0;
            while (i < rows.size) : (i += tile_rows) {
                var j: usize = 0;
                while (j < cols.size) : (j += cols_at_a_time) {
                    const n = @min(cols_at_a_time, cols.size - j);
                    for (i..@min(i + tile_rows, rows.size)) |row| {
                        copy.line(walk.offsets, .{ rows, cols }, .{ row, j }, n);
                    }
                }
            }
            if (!walk.next()) return;
        }
    }

    /// All elements side by side, on as many threads as pay.
    fn shareOut(copy: *const Copy, nest: *const Nest, kernels: *const table.KernelTable) void {
        const out = strided.at(copy.target, nest.offsets[0] * @sizeOf(f32));
        const from_bytes: isize = @intCast(copy.from.bytes());
        const result: spread.Result = .{
            .data = @ptrCast(@alignCast(out)),
            .items = nest.countOf(nest.len),
            .cycles = ops.memory_cycles,
        };
        const source = strided.at(copy.source, nest.offsets[1] * from_bytes);
        spread.run(kernels, caches.get(), result, Words{ .copy = copy, .source = source });
    }

    /// Results of four bytes each, as `spread` shares them out.
    const Words = struct {
        pub const past = spread.floats_past;

        copy: *const Copy,
        source: [*]const u8,

        fn sourceAt(task: *const Words, start: usize) [*]const u8 {
            return task.source + start * task.copy.from.bytes();
        }

        pub fn fetch(task: *const Words, start: usize, count: usize) void {
            const floats = count * task.copy.from.bytes() / @sizeOf(f32);
            const from = std.mem.alignBackward(usize, @intFromPtr(task.sourceAt(start)), @alignOf(f32));
            ahead.fetchBlocks(1, @ptrFromInt(from), floats);
        }

        pub fn run(task: *const Words, start: usize, count: usize, out: [*]f32) void {
            task.copy.convert(task.sourceAt(start), 1, @ptrCast(out), 1, count);
        }
    };

    fn narrowest(nest: *const Nest) usize {
        var best = nest.len - 1;
        for (nest.axes[0..nest.len], 0..) |axis, i| {
            if (axis.size > 1 and @abs(axis.strides[1]) < @abs(nest.axes[best].strides[1])) best = i;
        }
        // What is repeated is read no sooner along another axis.
        return if (nest.axes[best].strides[1] == 0) nest.len - 1 else best;
    }

    fn line(copy: *const Copy, starts: [2]isize, axes: [2]Nest.Axis, index: [2]usize, n: usize) void {
        var offsets = starts;
        inline for (axes, index) |axis, i| {
            for (&offsets, axis.strides) |*offset, stride| offset.* += stride * @as(isize, @intCast(i));
        }
        const to_step, const step = axes[1].strides;
        const from_bytes, const to_bytes = .{ copy.from.bytes(), copy.to.bytes() };
        const source = strided.at(copy.source, offsets[1] * @as(isize, @intCast(from_bytes)));
        const target = strided.at(copy.target, offsets[0] * @as(isize, @intCast(to_bytes)));
        copy.convert(source, step, target, to_step, n);
    }

    /// Some elements from one place to another; steps count elements.
    fn convert(copy: *const Copy, from: [*]const u8, step: isize, to: [*]u8, to_step: isize, n: usize) void {
        const from_bytes, const to_bytes = .{ copy.from.bytes(), copy.to.bytes() };
        const blocks = conversion(copy.from, copy.to);
        var source, var target = .{ from, to };
        var left = n;
        if (step == 1 and to_step == 1) {
            blocks(source, target, n / block);
            left = n % block;
            source += (n - left) * from_bytes;
            target += (n - left) * to_bytes;
        }
        var in: Room = undefined;
        var out: Room = undefined;
        while (left > 0) {
            const count = @min(left, batch);
            const is_whole = count % block == 0;
            if (step != 1 or !is_whole) move(from_bytes, source, step, &in, 1, count);
            const results = if (to_step == 1 and is_whole) target else &out;
            blocks(if (step != 1 or !is_whole) &in else source, results, (count + block - 1) / block);
            if (results == &out) move(to_bytes, &out, 1, target, to_step, count);
            source = strided.at(source, step * @as(isize, @intCast(count * from_bytes)));
            target = strided.at(target, to_step * @as(isize, @intCast(count * to_bytes)));
            left -= count;
        }
    }

    const Room = [batch * 8]u8;
};

/// Elements of so many bytes from some places to others; steps count elements.
pub noinline fn move(bytes: usize, from: [*]const u8, step: isize, to: [*]u8, to_step: isize, n: usize) void {
    switch (bytes) {
        inline 1, 4, 8 => |known| {
            const T = @Int(.unsigned, 8 * known);
            var source: [*]align(1) const T = @ptrCast(from);
            var target: [*]align(1) T = @ptrCast(to);
            for (0..n) |_| {
                target[0] = source[0];
                source = strided.at(source, step);
                target = strided.at(target, to_step);
            }
        },
        else => unreachable,
    }
}
