//! Reductions of a line of elements, part by part: how partial results are combined and what is
//! made of them at the end. Parts have a fixed size and are combined in order, so whoever computes
//! them changes no bit.

const std = @import("std");
const caches = @import("caches.zig");
const ops = @import("ops.zig");
const pool = @import("pool.zig");
const table = @import("kernels/table.zig");
const Partial = table.Partial;
const part_elements = table.part_elements;

/// A row of the table at work.
pub const Reducer = struct {
    kind: Kind,
    part: table.PartFn,
    parameter: f32,

    pub const Kind = union(enum) { number: ops.Reduction, index: ops.ArgReduction };

    pub fn init(kernels: *const table.KernelTable, op: ops.Reduction, parameter: f32) Reducer {
        const parts = &kernels.parts;
        return .{ .kind = .{ .number = op }, .parameter = parameter, .part = switch (op) {
            .sum, .mean => parts.sum,
            .max => parts.max,
            .min => parts.min,
            .prod => parts.product,
            .norm => parts.squares,
            .variance, .std => parts.moments,
        } };
    }

    pub fn initIndex(kernels: *const table.KernelTable, op: ops.ArgReduction) Reducer {
        return .{ .kind = .{ .index = op }, .parameter = 0, .part = switch (op) {
            .argmax => kernels.parts.argmax,
            .argmin => kernels.parts.argmin,
        } };
    }

    /// The next part, which begins at element `start` of the line, joins those before it.
    pub fn join(r: *const Reducer, total: *Partial, next: Partial, start: usize) void {
        switch (r.kind) {
            .number => |op| switch (op) {
                .max => total.value = better(.max, total.value, next.value),
                .min => total.value = better(.min, total.value, next.value),
                .prod => total.value *= next.value,
                else => {
                    total.value += next.value;
                    total.second += next.second;
                },
            },
            .index => |op| {
                const is_better = switch (op) {
                    .argmax => next.value > total.value,
                    .argmin => next.value < total.value,
                };
                const is_first_nan = next.value != next.value and total.value == total.value;
                if (!is_better and !is_first_nan) return;
                total.* = .{
                    .value = next.value,
                    .second = next.second + @as(f64, @floatFromInt(start)),
                };
            },
        }
    }

    /// The reduction of n elements, the first of which is `first`.
    pub fn finish(r: *const Reducer, total: Partial, first: f32, n: usize) f32 {
        return @floatCast(switch (r.kind.number) {
            .sum, .max, .min, .prod => total.value,
            .mean => total.value / @as(f64, @floatFromInt(n)),
            .norm => @sqrt(total.value),
            .variance => r.variance(total, first, n),
            .std => @sqrt(r.variance(total, first, n)),
        });
    }

    /// The reductions of some lines of n elements.
    pub fn finishAll(r: *const Reducer, values: []const f64, seconds: []const f64, n: usize, out: []f32) void {
        // A copy, which stores to `out` cannot change: the choice is made once, before the loop.
        var own = r.*;
        switch (own.kind.number) {
            .sum, .max, .min, .prod => for (out, values) |*number, value| {
                number.* = @floatCast(value);
            },
            inline else => |op| {
                own.kind.number = op;
                for (out, values, 0..) |*number, value, i| {
                    const second = if (hasSecond(op)) seconds[i] else 0;
                    // Of the deviations only the mean depends on what they are taken from.
                    number.* = own.finish(.{ .value = value, .second = second }, 0, n);
                }
            },
        }
    }

    /// Whether the result of an operation is made of both parts of what its kernel gives.
    pub fn hasSecond(op: ops.Reduction) bool {
        return op == .variance or op == .std;
    }

    fn variance(r: *const Reducer, total: Partial, first: f32, n: usize) f64 {
        const divisor = @as(f64, @floatFromInt(n)) - r.parameter;
        // As NumPy: too few values for the correction give 0/0 or x/0.
        return table.meanAndDeviation(total, first, n).square_deviation / @max(divisor, 0);
    }

    /// The reduction of nothing; null where there is none.
    pub fn ofNothing(r: *const Reducer) ?f32 {
        return switch (r.kind) {
            .number => |op| switch (op) {
                .sum, .norm => 0,
                .prod => 1,
                .mean, .variance, .std => std.math.nan(f32),
                .max, .min => null,
            },
            .index => null,
        };
    }

    /// The partial result of a contiguous line of at least one element.
    pub fn line(
        r: *const Reducer,
        team: *const table.Team,
        a: [*]const f32,
        n: usize,
        fetch: table.Fetch,
    ) Partial {
        const context: Line = .{ .part = r.part, .a = a, .shift = a[0], .fetch = fetch };
        if (n <= part_elements) return context.of(0, n);
        var total: Partial = undefined;
        inParts(team, n, &context, r, &total);
        return total;
    }
};

const Line = struct {
    part: table.PartFn,
    a: [*]const f32,
    shift: f32,
    fetch: table.Fetch,

    fn of(l: *const Line, start: usize, count: usize) Partial {
        var result: Partial = undefined;
        l.part(l.a + start, count, l.shift, l.fetch, &result);
        return result;
    }
};

/// The larger (smaller) of two, NaN if either is; 0 is above -0.
fn better(comptime which: enum { max, min }, total: f64, next: f64) f64 {
    if (next == total) return if (std.math.signbit(next) == (which == .min)) next else total;
    const is_better = if (which == .max) next > total else next < total;
    return if (is_better or next != next) next else total;
}

/// Parts whose results are kept until those before them are there.
const parts_max = 256;

/// Computes the parts of n elements, each by whoever comes, and joins them in order.
fn inParts(
    team: *const table.Team,
    n: usize,
    context: anytype,
    reducer: anytype,
    total: *Partial,
) void {
    const Work = struct {
        context: @TypeOf(context),
        n: usize,
        first: usize,
        results: [parts_max]Partial = undefined,

        fn chunk(opaque_work: *anyopaque, index: usize) callconv(table.cc) void {
            const work: *@This() = @ptrCast(@alignCast(opaque_work));
            const start = work.first + index * part_elements;
            work.results[index] = work.context.of(start, @min(part_elements, work.n - start));
        }
    };
    var work: Work = .{ .context = context, .n = n, .first = 0 };
    while (work.first < n) : (work.first += parts_max * part_elements) {
        const count = @min(parts_max, (n - work.first + part_elements - 1) / part_elements);
        team.run(@intCast(count), &work, &Work.chunk);
        for (work.results[0..count], 0..) |result, i| {
            const start = work.first + i * part_elements;
            if (start == 0) total.* = result else reducer.join(total, result, start);
        }
    }
}

/// All threads for views that do not stay in the second-level cache of one core, where waking
/// another pays. What is returned must be given back.
pub fn teamFor(floats: usize) table.Team {
    return if (floats * @sizeOf(f32) > caches.get().l2) pool.acquire() else pool.alone;
}

/// What is fetched of views of so many floats.
pub fn fetchFor(floats: usize) table.Fetch {
    return if (floats <= part_elements) .none else caches.get().fetchOf(floats * @sizeOf(f32));
}

const Products = struct {
    kernel: table.DotFn,
    a: [*]const f32,
    b: [*]const f32,
    fetch: table.Fetch,

    fn of(p: *const Products, start: usize, count: usize) Partial {
        return .{ .value = p.kernel(p.a + start, p.b + start, count, p.fetch) };
    }

    fn join(_: *const Products, total: *Partial, next: Partial, _: usize) void {
        total.value += next.value;
    }
};

/// Σ a[i]·b[i]
pub fn dot(kernels: *const table.KernelTable, a: [*]const f32, b: [*]const f32, n: usize) f32 {
    const products: Products = .{ .kernel = kernels.dot, .a = a, .b = b, .fetch = fetchFor(2 * n) };
    var total: Partial = .{ .value = 0 };
    if (n <= part_elements) {
        total = products.of(0, n);
    } else {
        const team = teamFor(2 * n);
        defer pool.release(team);
        inParts(&team, n, &products, &products, &total);
    }
    return @floatCast(total.value);
}
