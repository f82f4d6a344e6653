//! Loops around the vector functions of `math.zig`: one per row of the element-wise table.
//!
//! A step loads all its inputs before it stores, and every element is read only by the step that
//! writes it: so `out` may be an input itself.

const simd = @import("simd.zig");
const math = @import("math.zig");
const ops = @import("../ops.zig");
const table = @import("table.zig");
const V = simd.V;

fn Unary(comptime row: ops.Row) type {
    const body = @field(math, row.name);
    return struct {
        inline fn apply(x: V, first: f32, second: f32) V {
            return switch (row.parameters) {
                0 => body(x),
                1 => body(x, simd.splat(first)),
                2 => body(x, simd.splat(first), simd.splat(second)),
                else => @compileError("no loop for so many parameters: " ++ row.name),
            };
        }

        fn run(a: [*]const f32, out: [*]f32, n: usize, first: f32, second: f32) callconv(table.cc) void {
            var i: usize = 0;
            while (i + simd.lanes <= n) : (i += simd.lanes) {
                simd.store(out + i, apply(simd.load(a + i), first, second));
            }
            if (i == n) return;
            const x = simd.loadPartial(a + i, n - i, 0);
            if (simd.is_compact) {
                var vector: [simd.lanes]f32 = x;
                run(&vector, &vector, simd.lanes, first, second);
                return simd.storePartial(out + i, vector, n - i);
            }
            simd.storePartial(out + i, apply(x, first, second), n - i);
        }
    };
}

/// The loop of a function that takes blocks (`math.blocks`), and one vector at a time where a block
/// has unusual lanes or is not full.
fn UnaryBlocks(comptime row: ops.Row) type {
    const body = @field(math, row.name);
    const block = @field(math.blocks, row.name);
    return struct {
        fn run(a: [*]const f32, out: [*]f32, n: usize, _: f32, _: f32) callconv(table.cc) void {
            var i: usize = 0;
            while (i + simd.block_lanes <= n) : (i += simd.block_lanes) {
                const x = simd.loadBlock(a + i);
                if (block.isUsual(x)) {
                    @branchHint(.likely);
                    simd.storeBlock(out + i, block.of(x));
                } else {
                    unusual(a + i, out + i);
                }
            }
            if (i < n) vectors(a + i, out + i, n - i);
        }

        // Not inlined: what is rare shall not cost the loop a register.

        noinline fn unusual(a: [*]const f32, out: [*]f32) void {
            if (!@hasDecl(block, "any")) return vectors(a, out, simd.block_lanes);
            simd.storeBlock(out, block.any(simd.loadBlock(a)));
        }

        noinline fn vectors(a: [*]const f32, out: [*]f32, n: usize) void {
            var i: usize = 0;
            while (i < n) : (i += simd.lanes) {
                const count = @min(n - i, simd.lanes);
                const x = simd.loadUpTo(a + i, count, 0);
                simd.storeUpTo(out + i, body(x), count);
            }
        }
    };
}

fn UnaryLoop(comptime row: ops.Row) type {
    const has_blocks = !simd.is_compact and @hasDecl(math.blocks, row.name);
    return if (has_blocks) UnaryBlocks(row) else Unary(row);
}

/// What a loop over two or three views takes at a time: where memory is all that takes time, half a
/// vector, which comes from the third cache 4 % sooner (AMD Zen 4).
fn Step(comptime row: ops.Row) type {
    return if (simd.has_fma and row.cycles <= ops.memory_cycles) simd.H else V;
}

/// One input of a loop: a view, or a number that every element meets.
fn Operand(comptime is_scalar: bool) type {
    return struct {
        data: [*]const f32,
        number: V,

        inline fn init(data: [*]const f32) @This() {
            return .{ .data = data, .number = if (is_scalar) simd.splat(data[0]) else undefined };
        }

        /// As many as a vector has.
        inline fn at(operand: @This(), comptime T: type, i: usize) [simd.lanes / simd.lanesOf(T)]T {
            if (is_scalar) return @splat(simd.firstOf(T, operand.number));
            var steps: [simd.lanes / simd.lanesOf(T)]T = undefined;
            inline for (&steps, 0..) |*step, s| step.* = simd.loadAs(T, operand.data + i + s * simd.lanesOf(T));
            return steps;
        }

        /// Two lines ahead, for the order in which they are asked for.
        inline fn fetchAhead(operand: @This(), i: usize) void {
            if (!is_scalar) @prefetch(operand.data + i + 2 * simd.lanes, .{ .locality = 3 });
        }

        inline fn partialAt(operand: @This(), i: usize, count: usize) V {
            return if (is_scalar)
                operand.number
            else
                simd.loadPartial(operand.data + i, count, 0);
        }
    };
}

/// From so many cycles on a loop has its body once: what tells numbers from views, and the last vector
/// from others, does not count.
const long_cycles = 30;

fn Binary(comptime row: ops.Row) type {
    const body = @field(math, row.name);
    const has_body_once = simd.is_compact or row.cycles >= long_cycles;
    const T = Step(row);
    const step = simd.lanesOf(T);
    return struct {
        fn loop(
            comptime scalars: u32,
            a_data: [*]const f32,
            b_data: [*]const f32,
            out: [*]f32,
            n: usize,
        ) void {
            const a = Operand(scalars & 1 != 0).init(a_data);
            const b = Operand(scalars & 2 != 0).init(b_data);
            var i: usize = 0;
            while (i + simd.lanes <= n) : (i += simd.lanes) {
                a.fetchAhead(i);
                b.fetchAhead(i);
                const x = a.at(T, i);
                const y = b.at(T, i);
                inline for (x, y, 0..) |each_x, each_y, s| {
                    simd.store(out + i + s * step, @as(T, body(each_x, each_y)));
                }
            }
            if (i == n) return;
            const x = a.partialAt(i, n - i);
            const y = b.partialAt(i, n - i);
            simd.storePartial(out + i, body(x, y), n - i);
        }

        fn run(
            a: [*]const f32,
            b: [*]const f32,
            out: [*]f32,
            n: usize,
            scalars: u32,
        ) callconv(table.cc) void {
            if (has_body_once) return loopOfAll(a, b, out, n, scalars);
            switch (scalars) {
                inline 0...3 => |which| loop(which, a, b, out, n),
                else => unreachable,
            }
        }

        /// Of views and numbers.
        fn loopOfAll(a: [*]const f32, b: [*]const f32, out: [*]f32, n: usize, scalars: u32) void {
            const numbers = .{ simd.splat(a[0]), simd.splat(b[0]) };
            var i: usize = 0;
            while (i < n) : (i += simd.lanes) {
                const count = @min(simd.lanes, n - i);
                // Lanes that are not there shall not be rare ones.
                const x = if (scalars & 1 != 0) numbers[0] else simd.loadUpTo(a + i, count, 1);
                const y = if (scalars & 2 != 0) numbers[1] else simd.loadUpTo(b + i, count, 1);
                simd.storeUpTo(out + i, body(x, y), count);
            }
        }
    };
}

fn Ternary(comptime row: ops.Row) type {
    const body = @field(math, row.name);
    const T = Step(row);
    const step = simd.lanesOf(T);
    return struct {
        fn loop(
            comptime scalars: u32,
            a_data: [*]const f32,
            b_data: [*]const f32,
            c_data: [*]const f32,
            out: [*]f32,
            n: usize,
        ) void {
            const a = Operand(scalars & 1 != 0).init(a_data);
            const b = Operand(scalars & 2 != 0).init(b_data);
            const c = Operand(scalars & 4 != 0).init(c_data);
            var i: usize = 0;
            while (i + simd.lanes <= n) : (i += simd.lanes) {
                a.fetchAhead(i);
                b.fetchAhead(i);
                c.fetchAhead(i);
                const x = a.at(T, i);
                const y = b.at(T, i);
                const z = c.at(T, i);
                inline for (x, y, z, 0..) |each_x, each_y, each_z, s| {
                    simd.store(out + i + s * step, @as(T, body(each_x, each_y, each_z)));
                }
            }
            if (i < n) {
                const x = a.partialAt(i, n - i);
                const y = b.partialAt(i, n - i);
                const z = c.partialAt(i, n - i);
                simd.storePartial(out + i, body(x, y, z), n - i);
            }
        }

        fn run(
            a: [*]const f32,
            b: [*]const f32,
            c: [*]const f32,
            out: [*]f32,
            n: usize,
            scalars: u32,
        ) callconv(table.cc) void {
            switch (scalars) {
                inline 0...7 => |which| loop(which, a, b, c, out, n),
                else => unreachable,
            }
        }
    };
}

fn entries(
    comptime Fn: type,
    comptime rows: []const ops.Row,
    comptime Loop: fn (comptime ops.Row) type,
) [rows.len]Fn {
    var result: [rows.len]Fn = undefined;
    for (rows, &result) |row, *entry| entry.* = &Loop(row).run;
    return result;
}

pub const unary = entries(table.UnaryFn, &ops.unary, UnaryLoop);
pub const binary = entries(table.BinaryFn, &ops.binary, Binary);
pub const ternary = entries(table.TernaryFn, &ops.ternary, Ternary);
