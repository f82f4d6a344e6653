//! Sums of columns, each in the order of additions of `reduce.zig`: what is a lane there is a
//! register of many columns here. A lane of a chunk has the rows that are `stride` apart, so its
//! sum stays in registers while those rows are read. The rows of the next lane are fetched
//! meanwhile: no processor foresees such steps.

const reduce = @import("reduce.zig");
const simd = @import("simd.zig");
const table = @import("table.zig");
const V = simd.V;
const D = simd.D;
const Columns = table.Columns;

/// Vectors of columns that are summed at a time.
const vectors_max = 8;

/// Elements from a row to another.
inline fn rowsApart(p: *const Columns, rows: usize) usize {
    return @as(usize, @bitCast(p.stride)) *% rows;
}

fn Block(comptime vectors: usize) type {
    return struct {
        /// Rows of one lane from `from` on, `length` rows before the chunk's end, added one by one.
        noinline fn lane(p: *const Columns, from: [*]const f32, length: usize, result: *[vectors]V) void {
            var sums: [vectors]V = @splat(simd.splat(0));
            const step = rowsApart(p, reduce.stride);
            const ahead = rowsApart(p, simd.lanes);
            var row = from;
            var left = length;
            while (true) {
                inline for (&sums, 0..) |*sum, i| {
                    @prefetch(row + (ahead +% i * simd.lanes), .{});
                    sum.* += simd.load(row + i * simd.lanes);
                }
                if (left <= reduce.stride) break;
                left -= reduce.stride;
                row += step;
            }
            result.* = sums;
        }

        /// totals[v] += lane v of the sums of a chunk.
        fn addChunk(
            p: *const Columns,
            from: [*]const f32,
            length: usize,
            totals: *[simd.lanes][vectors]D,
        ) void {
            for (totals, 0..) |*total, v| {
                var sums: [reduce.accumulators][vectors]V = undefined;
                for (&sums, 0..) |*sum, j| {
                    const row = j * simd.lanes + v;
                    if (row < length) {
                        lane(p, from + rowsApart(p, row), length - row, sum);
                    } else {
                        sum.* = @splat(simd.splat(0));
                    }
                }
                for (total, 0..) |*to, i| {
                    var column: [reduce.accumulators]V = undefined;
                    for (&column, sums) |*value, sum| value.* = sum[i];
                    to.* += reduce.widen(reduce.treeOf(V, reduce.accumulators, column, reduce.addV));
                }
            }
        }

        fn run(p: *const Columns, col: usize) void {
            var totals: [simd.lanes][vectors]D = @splat(@splat(@splat(0)));
            var start: usize = 0;
            while (start < p.n) : (start += reduce.chunk) {
                const from = p.a + (col +% rowsApart(p, start));
                addChunk(p, from, @min(reduce.chunk, p.n - start), &totals);
            }
            for (0..vectors) |i| {
                var lanes: [simd.lanes]D = undefined;
                for (&lanes, totals) |*to, total| to.* = total[i];
                const sums: [simd.lanes]f64 = reduce.treeOf(D, simd.lanes, lanes, add);
                p.results[col + i * simd.lanes ..][0..simd.lanes].* = sums;
            }
        }
    };
}

inline fn add(x: D, y: D) D {
    return x + y;
}

pub fn sumColumns(p: *const Columns) callconv(.c) void {
    var col: usize = 0;
    while (col + vectors_max * simd.lanes <= p.cols) : (col += vectors_max * simd.lanes) {
        Block(vectors_max).run(p, col);
    }
    while (col < p.cols) : (col += simd.lanes) {
        // The last ones with some of those before them, whose sums come out the same again.
        Block(1).run(p, @min(col, p.cols - simd.lanes));
    }
}
