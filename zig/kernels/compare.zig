//! Comparisons: 1 where they hold, else 0. IEEE 754: NaN equals nothing and has no order.

const ops = @import("../ops.zig");
const simd = @import("simd.zig");
const table = @import("table.zig");
const V = simd.V;

const Relation = enum { eq, ne, lt, le };

inline fn holds(comptime relation: Relation, a: V, b: V) @Vector(simd.lanes, u8) {
    const mask = switch (relation) {
        .eq => a == b,
        .ne => a != b,
        .lt => a < b,
        .le => a <= b,
    };
    return @select(u8, mask, @as(@Vector(simd.lanes, u8), @splat(1)), @as(@Vector(simd.lanes, u8), @splat(0)));
}

/// An operand is walked in steps of a vector; a number, sixteen times, in steps of none.
inline fn loop(
    comptime relation: Relation,
    a: [*]const f32,
    a_step: usize,
    b: [*]const f32,
    b_step: usize,
    out: [*]u8,
    n: usize,
) void {
    var i: usize = 0;
    while (i + simd.lanes <= n) : (i += simd.lanes) {
        const x = simd.load(a + i * a_step);
        const y = simd.load(b + i * b_step);
        out[i..][0..simd.lanes].* = holds(relation, x, y);
    }
    if (i == n) return;
    const x = simd.loadPartial(a + i * a_step, n - i, 0);
    const y = simd.loadPartial(b + i * b_step, n - i, 0);
    const rest: [simd.lanes]u8 = holds(relation, x, y);
    for (out[i..n], rest[0 .. n - i]) |*to, value| to.* = value;
}

fn Comparison(comptime relation: Relation, comptime is_exchanged: bool) type {
    return struct {
        fn run(
            a: [*]const f32,
            b: [*]const f32,
            out: [*]u8,
            n: usize,
            numbers: u32,
        ) callconv(table.cc) void {
            const repeated: [2][simd.lanes]f32 = .{ simd.splat(a[0]), simd.splat(b[0]) };
            const is_number: [2]bool = .{ numbers & 1 != 0, numbers & 2 != 0 };
            const x = if (is_number[0]) &repeated[0] else a;
            const y = if (is_number[1]) &repeated[1] else b;
            const x_step = @intFromBool(!is_number[0]);
            const y_step = @intFromBool(!is_number[1]);
            if (is_exchanged) {
                loop(relation, y, y_step, x, x_step, out, n);
            } else {
                loop(relation, x, x_step, y, y_step, out, n);
            }
        }
    };
}

/// The bodies of the table's rows, under their names.
const bodies = struct {
    const eq = Comparison(.eq, false);
    const ne = Comparison(.ne, false);
    const lt = Comparison(.lt, false);
    const le = Comparison(.le, false);
    const gt = Comparison(.lt, true);
    const ge = Comparison(.le, true);
};

pub const comparisons = blk: {
    var result: [ops.comparisons.len]table.ComparisonFn = undefined;
    for (ops.comparisons, &result) |row, *entry| entry.* = &@field(bodies, row.name).run;
    break :blk result;
};
