//! Products of strided matrices, one or a batch of them. A matrix whose rows or columns lie in
//! lines of memory goes into the product as it is; another is copied first.

const std = @import("std");
const caches = @import("caches.zig");
const dispatch = @import("dispatch.zig");
const pool = @import("pool.zig");
const product = @import("product.zig");
const scratch = @import("scratch.zig");
const strided = @import("strided.zig");
const table = @import("kernels/table.zig");
const tiles = @import("strided_tile.zig");
const Status = @import("abi.zig").Status;
const at = strided.at;

/// Operands: out, a, b. Axes: those of the batch, then m, n and k.
pub const Nest = strided.Nest(3);
const a_operand = 1;
const b_operand = 2;

const Matrix = struct {
    rows: usize,
    cols: usize,
    strides: tiles.Strides,

    fn init(rows: Nest.Axis, cols: Nest.Axis, operand: usize) Matrix {
        var s: tiles.Strides = .{ .row = rows.strides[operand], .col = cols.strides[operand] };
        // The stride of an axis of size 1 is free.
        if (cols.size == 1) s.col = 1;
        if (rows.size == 1) s.row = if (s.col == 1) @intCast(cols.size) else 1;
        return .{ .rows = rows.size, .cols = cols.size, .strides = s };
    }

    /// Whether the product takes it as it lies.
    fn isLines(matrix: Matrix) bool {
        const s = matrix.strides;
        return (s.col == 1 and s.row >= 0) or (s.row == 1 and s.col >= 0);
    }

    /// Whether nothing lies between its lines.
    fn isDense(matrix: Matrix) bool {
        const s = matrix.strides;
        return (s.col == 1 and s.row == @as(isize, @intCast(matrix.cols))) or
            (s.row == 1 and s.col == @as(isize, @intCast(matrix.rows)));
    }

    fn copyFloats(matrix: Matrix) usize {
        return if (matrix.isLines()) 0 else matrix.rows * matrix.cols;
    }

    fn fetch(matrix: Matrix, data: [*]const f32) void {
        const s = matrix.strides;
        const lines, const length, const step = if (s.col == 1)
            .{ matrix.rows, matrix.cols, s.row }
        else
            .{ matrix.cols, matrix.rows, s.col };
        for (0..lines) |i| fetchLine(at(data, step * @as(isize, @intCast(i))), length);
    }

    fn operandOf(
        matrix: Matrix,
        kernels: *const table.KernelTable,
        data: [*]const f32,
        copy: [*]f32,
    ) table.Gemm.Operand {
        const s = matrix.strides;
        if (matrix.isLines()) return .{
            .data = data,
            .row_stride = @intCast(s.row),
            .col_stride = @intCast(s.col),
        };
        tiles.gather(kernels, data, s, matrix.rows, matrix.cols, copy, matrix.cols);
        return .{ .data = copy, .row_stride = matrix.cols, .col_stride = 1 };
    }
};

fn fetchLine(data: [*]const f32, floats: usize) void {
    var i: usize = 0;
    while (i < floats) : (i += 16) @prefetch(data + i, .{ .locality = 2 });
}

pub const Batch = struct {
    kernels: *const table.KernelTable,
    a_data: [*]const f32,
    b_data: [*]const f32,
    out_data: [*]f32,
    a: Matrix,
    b: Matrix,
    /// The axes of the batch alone.
    nest: Nest,
    count: usize,
    per_chunk: usize = 1,
    /// How the operands of the next product are fetched ahead.
    fetch: enum { not, before, meanwhile } = .not,
    /// Whether any product found no memory.
    failed: std.atomic.Value(bool) = .init(false),

    pub fn init(
        kernels: *const table.KernelTable,
        data: struct { a: [*]const f32, b: [*]const f32, out: [*]f32 },
        nest: *const Nest,
    ) Batch {
        const m, const n, const k = nest.axes[nest.len - 3 ..][0..3].*;
        var batch: Batch = .{
            .kernels = kernels,
            .a_data = data.a,
            .b_data = data.b,
            .out_data = data.out,
            .a = .init(m, k, a_operand),
            .b = .init(k, n, b_operand),
            .nest = nest.*,
            .count = undefined,
        };
        batch.nest.len -= 3;
        batch.nest.dropOnes();
        batch.nest.merge();
        batch.foldRows();
        batch.count = batch.nest.countOf(batch.nest.len);
        batch.fetch = if (dispatch.multipliesTwice()) .meanwhile else if (batch.fitsTwice()) .before else .not;
        return batch;
    }

    /// Matrices A one below the other that meet the same B are one matrix. `out` is contiguous.
    fn foldRows(batch: *Batch) void {
        const a = &batch.a;
        while (batch.nest.len > 0) : (batch.nest.len -= 1) {
            const axis = batch.nest.axes[batch.nest.len - 1];
            if (axis.strides[b_operand] != 0) return;
            const step = axis.strides[a_operand];
            const is_row = a.rows == 1 and a.strides.col == 1;
            if (!is_row and step != a.strides.row * @as(isize, @intCast(a.rows))) return;
            if (is_row) a.strides.row = step;
            a.rows *= axis.size;
        }
    }

    /// One product at a time with all threads, or as many products as threads at a time.
    pub fn run(batch: *Batch) Status {
        const each = @as(f64, @floatFromInt(batch.a.rows * batch.b.cols)) *
            @as(f64, @floatFromInt(batch.a.cols));
        const all = each * @as(f64, @floatFromInt(batch.count));
        const team = if (all < product.threaded_products_min) pool.alone else pool.acquire();
        defer pool.release(team);
        const is_shared = each < product.threaded_products_min or batch.count >= 2 * team.threads;
        if (team.threads == 1 or !is_shared) {
            for (0..batch.count) |index| batch.one(&team, index);
        } else {
            batch.per_chunk = batch.count / (8 * @as(usize, team.threads)) + 1;
            const chunks = (batch.count + batch.per_chunk - 1) / batch.per_chunk;
            team.run(@intCast(chunks), batch, &chunk);
        }
        return if (batch.failed.load(.monotonic)) .out_of_memory else .ok;
    }

    fn chunk(context: *anyopaque, index: usize) callconv(table.cc) void {
        const batch: *Batch = @ptrCast(@alignCast(context));
        const first = index * batch.per_chunk;
        for (first..@min(first + batch.per_chunk, batch.count)) |i| batch.one(&pool.alone, i);
    }

    /// Whether the operands of two products fit the second-level cache together, and are more than
    /// a processor fetches in time by itself. From a third cache hardly quicker than memory the product
    /// would wait for all that was asked for at once (Ice Lake, 256 products of 64³: 1.6 ms; without 1.5,
    /// and 1.3 where wide tiles ask for a line now and then; 64 of 128³ 2.7 and 2.0).
    fn fitsTwice(batch: *const Batch) bool {
        const floats = batch.a.rows * (batch.a.cols + batch.b.cols) + batch.b.rows * batch.b.cols;
        const bytes = floats * @sizeOf(f32);
        const sizes = caches.get();
        return bytes >= sizes.l1 and bytes <= sizes.l2 / 2 and !sizes.turns_pages;
    }

    /// Asks for the operands of a product while the one before it is computed.
    fn fetchAt(batch: *const Batch, index: usize) void {
        const offsets = batch.nest.walkFrom(batch.nest.len, index).offsets;
        batch.a.fetch(at(batch.a_data, offsets[a_operand]));
        batch.b.fetch(at(batch.b_data, offsets[b_operand]));
        const out = at(batch.out_data, offsets[0]);
        fetchLine(out, batch.a.rows * batch.b.cols);
    }

    /// The operands of a product, where each is dense.
    fn nextAt(batch: *const Batch, index: usize) ?table.Gemm.Next {
        if (!batch.a.isDense() or !batch.b.isDense()) return null;
        const offsets = batch.nest.walkFrom(batch.nest.len, index).offsets;
        const m, const n, const k = .{ batch.a.rows, batch.b.cols, batch.a.cols };
        return .{
            .data = .{
                at(batch.b_data, offsets[b_operand]),
                at(batch.a_data, offsets[a_operand]),
                at(batch.out_data, offsets[0]),
            },
            .floats = .{ k * n, m * k, m * n },
        };
    }

    fn one(batch: *Batch, team: *const table.Team, index: usize) void {
        if (batch.tryOne(team, index) != .ok) batch.failed.store(true, .monotonic);
    }

    fn tryOne(batch: *const Batch, team: *const table.Team, index: usize) Status {
        const offsets = batch.nest.walkFrom(batch.nest.len, index).offsets;
        const is_last = index + 1 == batch.count;
        if (batch.fetch == .before and !is_last) batch.fetchAt(index + 1);
        const next = if (batch.fetch == .meanwhile and !is_last) batch.nextAt(index + 1) else null;
        const a_floats = batch.a.copyFloats();
        const b_floats = batch.b.copyFloats();
        const lease = if (a_floats + b_floats > 0)
            scratch.acquire(a_floats + b_floats, 1) orelse return .out_of_memory
        else
            null;
        defer if (lease) |l| l.release();
        const copies: [*]f32 = if (lease) |l| l.scratch.data else undefined;
        const a = at(batch.a_data, offsets[a_operand]);
        const b = at(batch.b_data, offsets[b_operand]);
        return product.multiplyOn(team, batch.kernels, &.{
            .m = batch.a.rows,
            .n = batch.b.cols,
            .k = batch.a.cols,
            .a = batch.a.operandOf(batch.kernels, a, copies),
            .b = batch.b.operandOf(batch.kernels, b, copies + a_floats),
            .c = at(batch.out_data, offsets[0]),
            .ldc = batch.b.cols,
            .alpha = 1,
            .beta = 0,
            .multiplies_twice = dispatch.multipliesTwice(),
            .next = if (next) |*it| it else null,
        });
    }
};
