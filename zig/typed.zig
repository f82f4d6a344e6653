//! Elements of any type: copies from one to another, choices by index, and truth. One code for all
//! instruction-set levels, since memory is what these wait for, and nothing in them rounds differently.

const std = @import("std");
const ahead = @import("kernels/ahead.zig");
const caches = @import("caches.zig");
const ops = @import("ops.zig");
const spread = @import("spread.zig");
const stream = @import("kernels/stream.zig");
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
const block = 16;

/// Blocks of elements side by side, from one type to another.
const Convert = *const fn (from: [*]const u8, to: [*]u8, blocks: usize) void;

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
        if (copy.to.bytes() == @sizeOf(f32) and isRun(given)) return copy.shareOut(given, kernels);
        var nest = given.*;
        nest.pad(2);
        const last = nest.len - 1;
        // Beside the axis along which elements are written side by side, the one along which they are read so.
        const narrow = copy.narrowest(&nest);
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

    fn isRun(nest: *const Nest) bool {
        return nest.len == 0 or (nest.len == 1 and nest.axes[0].strides[0] == 1 and nest.axes[0].strides[1] == 1);
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
            ahead.fetchBlocks(1, @ptrFromInt(@intFromPtr(task.sourceAt(start)) / @sizeOf(f32) * @sizeOf(f32)), floats);
        }

        pub fn run(task: *const Words, start: usize, count: usize, out: [*]f32) void {
            task.copy.convert(task.sourceAt(start), 1, @ptrCast(out), 1, count);
        }
    };

    fn narrowest(_: *const Copy, nest: *const Nest) usize {
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
        const blocks = conversions[@intFromEnum(copy.from)][@intFromEnum(copy.to)];
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
noinline fn move(bytes: usize, from: [*]const u8, step: isize, to: [*]u8, to_step: isize, n: usize) void {
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

/// Whether all indices, which may count from the end, are within an axis.
pub fn areWithin(index: []const i32, size: usize) bool {
    const reach: i64 = @intCast(size);
    var low: i64 = 0;
    var high: i64 = -1;
    for (index) |i| {
        low = @min(low, i);
        high = @max(high, i);
    }
    return low >= -reach and high < reach;
}

/// Within the axis even if somebody changes shared memory behind the check.
inline fn fromStart(i: i32, size: usize) usize {
    const at: usize = @bitCast(@as(isize, i));
    return @min(if (i < 0) at +% size else at, size - 1);
}

/// target[o, i, :] = source[o, index[i], :], where a row of the last axis has so many bytes.
pub const Take = struct {
    source: [*]const u8,
    target: [*]u8,
    index: []const i32,
    outer: usize,
    size: usize,
    row_bytes: usize,

    pub fn run(take: *const Take, kernels: *const table.KernelTable) void {
        switch (take.row_bytes) {
            inline 1, 4, 8 => |bytes| take.each(@Int(.unsigned, 8 * bytes)),
            else => take.rows(if (take.isFar()) kernels.copy_past else null),
        }
    }

    /// Whether the rows are words, and too many for the caches.
    fn isFar(take: *const Take) bool {
        const addresses = @intFromPtr(take.source) | @intFromPtr(take.target);
        if ((take.row_bytes | addresses) % @sizeOf(f32) != 0) return false;
        const floats = take.outer * take.index.len * take.row_bytes / @sizeOf(f32);
        const far: spread.Far = .{
            .result = @ptrCast(@alignCast(take.target)),
            .floats = floats,
            .run = floats,
            .caches = caches.get(),
        };
        return far.decide();
    }

    fn rows(take: *const Take, copy_past: ?table.CopyFn) void {
        var to = take.target;
        for (0..take.outer) |o| {
            const from = take.source + o * take.size * take.row_bytes;
            for (take.index) |i| {
                const row = from + fromStart(i, take.size) * take.row_bytes;
                if (copy_past) |copy| {
                    copy(@ptrCast(@alignCast(row)), @ptrCast(@alignCast(to)), take.row_bytes / @sizeOf(f32));
                } else @memcpy(to[0..take.row_bytes], row);
                to += take.row_bytes;
            }
        }
        if (copy_past != null) stream.fence();
    }

    fn each(take: *const Take, comptime T: type) void {
        var to: [*]align(1) T = @ptrCast(take.target);
        // A copy, which stores to the target cannot change.
        const size = take.size;
        for (0..take.outer) |o| {
            const from = @as([*]align(1) const T, @ptrCast(take.source)) + o * size;
            for (take.index) |i| {
                to[0] = from[fromStart(i, size)];
                to += 1;
            }
        }
    }
};

/// target[…] = source[…] with the index instead of that of one axis; index and target are row-major.
pub const Gather = struct {
    pub const Nest = strided.Nest(1);

    source: [*]const u8,
    target: [*]u8,
    index: [*]const i32,
    bytes: usize,
    /// The axes of the index, along which the source is walked; and the one that is chosen from.
    nest: Gather.Nest,
    axis: Gather.Nest.Axis,

    pub fn run(gather: *Gather) void {
        gather.nest.dropOnes();
        gather.nest.merge();
        gather.nest.pad(1);
        switch (gather.bytes) {
            inline 1, 4, 8 => |bytes| gather.each(@Int(.unsigned, 8 * bytes)),
            else => unreachable,
        }
    }

    fn each(gather: *const Gather, comptime T: type) void {
        const source: [*]align(1) const T = @ptrCast(gather.source);
        var to: [*]align(1) T = @ptrCast(gather.target);
        var index = gather.index;
        const last = gather.nest.axes[gather.nest.len - 1];
        // Copies, which stores to the target cannot change.
        const size, const stride = .{ gather.axis.size, gather.axis.strides[0] };
        var walk = gather.nest.walk(gather.nest.len - 1);
        while (true) {
            var from = strided.at(source, walk.offsets[0]);
            for (0..last.size) |_| {
                const i: isize = @intCast(fromStart(index[0], size));
                to[0] = strided.at(from, i * stride)[0];
                to += 1;
                index += 1;
                from = strided.at(from, last.strides[0]);
            }
            if (!walk.next()) return;
        }
    }
};

/// Whether all, or any, of the bytes along an axis are other than 0: of [outer, size, inner].
pub const Truth = struct {
    is_any: bool,
    source: [*]const u8,
    target: [*]u8,
    outer: usize,
    size: usize,
    inner: usize,

    /// What every processor of the architecture reads at once.
    const Bytes = @Vector(16, u8);
    /// Vectors that are read before it is seen whether more have to be.
    const vectors = 16;

    pub fn run(truth: *const Truth) void {
        for (0..truth.outer) |o| {
            const from = truth.source + o * truth.size * truth.inner;
            const to = truth.target + o * truth.inner;
            if (truth.inner == 1) to[0] = @intFromBool(truth.ofLine(from)) else truth.ofRows(from, to);
        }
    }

    /// Stops where the answer is known.
    fn ofLine(truth: *const Truth, line: [*]const u8) bool {
        var i: usize = 0;
        while (i + @sizeOf(Bytes) * vectors <= truth.size) : (i += @sizeOf(Bytes) * vectors) {
            const several: [*]align(1) const Bytes = @ptrCast(line + i);
            if (truth.ends(several[0..vectors])) return truth.is_any;
        }
        for (line[i..truth.size]) |x| {
            if ((x != 0) == truth.is_any) return truth.is_any;
        }
        return !truth.is_any;
    }

    inline fn ends(truth: *const Truth, several: *align(1) const [vectors]Bytes) bool {
        var most: Bytes = @splat(0);
        var least: Bytes = @splat(255);
        inline for (0..vectors) |i| {
            most |= several[i];
            least = @min(least, several[i]);
        }
        return if (truth.is_any) @reduce(.Or, most) != 0 else @reduce(.Min, least) == 0;
    }

    fn ofRows(truth: *const Truth, from: [*]const u8, to: [*]u8) void {
        @memset(to[0..truth.inner], @intFromBool(!truth.is_any));
        for (0..truth.size) |row| truth.addRow(from + row * truth.inner, to);
    }

    fn addRow(truth: *const Truth, values: [*]const u8, to: [*]u8) void {
        var i: usize = 0;
        while (i + @sizeOf(Bytes) <= truth.inner) : (i += @sizeOf(Bytes)) {
            const x: *align(1) const Bytes = @ptrCast(values + i);
            const known: *align(1) Bytes = @ptrCast(to + i);
            known.* = truth.add(known.*, x.*);
        }
        while (i < truth.inner) : (i += 1) to[i] = truth.add(to[i], values[i]);
    }

    /// Of known truth, 0 or 1, and of values.
    inline fn add(truth: *const Truth, known: anytype, x: @TypeOf(known)) @TypeOf(known) {
        const one = if (@TypeOf(x) == u8) 1 else @as(Bytes, @splat(1));
        const holds = @min(x, one);
        return if (truth.is_any) known | holds else known & holds;
    }
};

/// target[o, i] = the sum of source[o, :, i], modulo 2^32, where the source is [outer, size, inner] integers.
pub const Sum = struct {
    from: Element,
    source: [*]const u8,
    target: [*]i32,
    outer: usize,
    size: usize,
    inner: usize,

    const lanes = 4 * block;
    const Integers = @Vector(lanes, i32);

    pub fn run(sum: *const Sum) void {
        const line_bytes = sum.size * sum.inner * sum.from.bytes();
        for (0..sum.outer) |o| {
            const from = sum.source + o * line_bytes;
            const to = sum.target + o * sum.inner;
            if (sum.inner == 1) to[0] = sum.ofLine(from) else sum.ofRows(from, to);
        }
    }

    fn ofLine(sum: *const Sum, line: [*]const u8) i32 {
        var total: Integers = @splat(0);
        var i: usize = 0;
        while (i < sum.size) : (i += lanes) {
            var more: [lanes]i32 = undefined;
            sum.read(line + i * sum.from.bytes(), @min(lanes, sum.size - i), &more);
            total +%= more;
        }
        return @reduce(.Add, total);
    }

    fn ofRows(sum: *const Sum, from: [*]const u8, to: [*]i32) void {
        @memset(to[0..sum.inner], 0);
        var row = from;
        for (0..sum.size) |_| {
            var i: usize = 0;
            while (i < sum.inner) : (i += lanes) {
                const count = @min(lanes, sum.inner - i);
                var more: [lanes]i32 = undefined;
                sum.read(row, count, &more);
                if (count == lanes) {
                    to[i..][0..lanes].* = @as(Integers, to[i..][0..lanes].*) +% @as(Integers, more);
                } else for (to[i..][0..count], more[0..count]) |*total, value| {
                    total.* +%= value;
                }
                row += count * sum.from.bytes();
            }
        }
    }

    /// Some elements, and zeros.
    noinline fn read(sum: *const Sum, from: [*]const u8, count: usize, to: *[lanes]i32) void {
        const convert = conversions[@intFromEnum(sum.from)][@intFromEnum(Element.int32)];
        var room: [lanes * @sizeOf(i32)]u8 = undefined;
        const is_whole = count == lanes;
        if (!is_whole) {
            @memset(&room, 0);
            move(sum.from.bytes(), from, 1, &room, 1, count);
        }
        convert(if (is_whole) from else &room, @ptrCast(to), lanes / block);
    }
};
