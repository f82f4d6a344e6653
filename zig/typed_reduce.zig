//! What elements of any type along an axis have together: truth, and the sum of integers.

const typed = @import("typed.zig");
const Element = typed.Element;

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

    const lanes = 4 * typed.block;
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
        const convert = typed.conversion(sum.from, .int32);
        var room: [lanes * @sizeOf(i32)]u8 = undefined;
        const is_whole = count == lanes;
        if (!is_whole) {
            @memset(&room, 0);
            typed.move(sum.from.bytes(), from, 1, &room, 1, count);
        }
        convert(if (is_whole) from else &room, @ptrCast(to), lanes / typed.block);
    }
};
