//! The kernels of one instruction-set level. This file is compiled once per level, for the CPU
//! features of that level, and exports nothing but its table.

const options = @import("level_options");
const table = @import("kernels/table.zig");
const elementwise = @import("kernels/elementwise.zig");
const compare = @import("kernels/compare.zig");
const reduce = @import("kernels/reduce.zig");
const columns = @import("kernels/columns.zig");
const row_reduce = @import("kernels/row_reduce.zig");
const rows = @import("kernels/rows.zig");
const stream = @import("kernels/stream.zig");
const transpose = @import("kernels/transpose.zig");
const gemm = @import("kernels/gemm.zig");
const gemm_small = @import("kernels/gemm_small.zig");
const random = @import("kernels/random.zig");

pub const panic = @import("std").debug.no_panic;

const kernels: table.KernelTable = .{
    .unary = elementwise.unary,
    .binary = elementwise.binary,
    .ternary = elementwise.ternary,
    .comparisons = compare.comparisons,
    .parts = reduce.parts,
    .sum_columns = &columns.sumColumns,
    .max_columns = &columns.maxColumns,
    .min_columns = &columns.minColumns,
    .product_columns = columns.product_columns,
    .square_columns = columns.square_columns,
    .moments_columns = columns.moments_columns,
    .sum_rows = &row_reduce.sumRows,
    .extreme_rows = &row_reduce.extremeRows,
    .row_wise = rows.row_wise,
    .soft_columns = rows.soft_columns_of,
    .dot = &reduce.dot,
    .copy_past = &stream.copy,
    .layer_norm = &rows.layerNorm,
    .transpose = &transpose.transpose,
    .transpose_in_place = &transpose.transposeInPlace,
    .matmul_small = &gemm_small.multiply,
    .gemm_without_scratch = &gemm.tryWithoutScratch,
    .gemm_scratch = &gemm.scratchSizes,
    .gemm_with_scratch = &gemm.withScratch,
    .random_normal = &random.randomNormal,
    .random_uniform = &random.randomUniform,
    .random_bits = &random.randomBits,
};

comptime {
    @export(&kernels, .{ .name = "zigtorch_kernels_" ++ options.level, .visibility = .hidden });
}
