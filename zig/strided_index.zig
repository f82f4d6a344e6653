//! Where the extremes of columns are: what is best in some rows, by the kernel that finds it, and then the
//! first of them that has it. A kernel that kept both would be twice as long, and the rows are still in the
//! second-level cache.

const strided = @import("strided.zig");
const table = @import("kernels/table.zig");
const Work = @import("strided_reduce.zig").Work;
const Columns = table.Columns;
const Partial = table.Partial;
const at = strided.at;

/// Floats of the rows that are looked at together.
const floats_at_a_time = 64 * 1024;

/// Writes the indices of a block of columns.
pub fn ofColumns(work: *const Work, block: Work.Block, memory: [*]align(64) f32) void {
    const n = work.lines.length;
    const again = block.again();
    const cols = block.lines + again;
    const rows_at_a_time = @max(floats_at_a_time / cols, 1);
    var totals: [Columns.most]Partial = undefined;
    var start: usize = 0;
    while (start < n) : (start += rows_at_a_time) {
        var results: [Columns.most]f64 = undefined;
        const part = work.columnsFrom(&block, start, rows_at_a_time, &results, memory);
        work.columnsKernel().?(&part);
        var rows: [Columns.most]u32 = undefined;
        firstRows(&part, &rows);
        for (totals[0..cols], results[0..cols], rows[0..cols]) |*total, result, row| {
            const next: Partial = .{ .value = result, .second = @floatFromInt(row) };
            if (start == 0) total.* = next else work.reducer.join(total, next, start);
        }
    }
    for (totals[again..cols], 0..) |total, i| {
        work.out.put(work.reducer, block.out + block.out_step * @as(isize, @intCast(i)), total, 0, n);
    }
}

/// Of every column the first row that has its result, or is NaN. From the last row on: what is found last
/// stands.
fn firstRows(p: *const Columns, rows: *[Columns.most]u32) void {
    const lanes = Columns.least;
    const V = @Vector(lanes, f32);
    const U = @Vector(lanes, u32);
    var best: [Columns.most]f32 = undefined;
    for (best[0..p.cols], p.results) |*value, result| value.* = @floatCast(result);
    var row = p.n;
    while (row > 0) {
        row -= 1;
        const values = at(p.a, p.stride * @as(isize, @intCast(row)));
        var next: usize = 0;
        while (next < p.cols) : (next += lanes) {
            // The last vector may have some columns of the one before it.
            const col = @min(next, p.cols - lanes);
            const x: V = values[col..][0..lanes].*;
            const is_best = (x == @as(V, best[col..][0..lanes].*)) | (x != x);
            const found: *[lanes]u32 = rows[col..][0..lanes];
            found.* = @select(u32, is_best, @as(U, @splat(@intCast(row))), @as(U, found.*));
        }
    }
}
