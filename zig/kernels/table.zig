//! What every instruction-set level provides: one function per row of the operation table.
//!
//! The functions trust their arguments; `abi.zig` has checked them.

const builtin = @import("builtin");
const std = @import("std");
const ops = @import("../ops.zig");

/// How kernels are called, and chunks of work by them. On Windows the usual convention would have every
/// function keep ten vector registers for its caller, who has no use for them: 15 KB.
pub const cc: std.builtin.CallingConvention =
    if (builtin.os.tag == .windows and builtin.cpu.arch == .x86_64) .{ .x86_64_sysv = .{} } else .c;

pub const UnaryFn = *const fn (
    a: [*]const f32,
    out: [*]f32,
    n: usize,
    first: f32,
    second: f32,
) callconv(cc) void;

/// Bit i of `scalars` says that operand i is one number instead of n.
pub const BinaryFn = *const fn (
    a: [*]const f32,
    b: [*]const f32,
    out: [*]f32,
    n: usize,
    scalars: u32,
) callconv(cc) void;

pub const TernaryFn = *const fn (
    a: [*]const f32,
    b: [*]const f32,
    c: [*]const f32,
    out: [*]f32,
    n: usize,
    scalars: u32,
) callconv(cc) void;

/// out[i] = 1 or 0; bit i of `scalars` as for BinaryFn.
pub const ComparisonFn = *const fn (
    a: [*]const f32,
    b: [*]const f32,
    out: [*]u8,
    n: usize,
    scalars: u32,
) callconv(cc) void;

/// What a reduction knows of some elements: what it adds up or looks for, and, for moments, the
/// sum of squares; for argmax and argmin, the index of the value.
pub const Partial = extern struct { value: f64, second: f64 = 0 };

/// Elements of a part: longer views are reduced part by part, and the partial results combined in
/// order. It belongs to the definition of a result's bits.
pub const part_elements = 65536;

/// The partial result of at least one and at most `part_elements` elements (moments, of any
/// number), their deviations taken from `shift` where there are some.
pub const PartFn = *const fn (
    a: [*]const f32,
    n: usize,
    shift: f32,
    fetch: Fetch,
    result: *Partial,
) callconv(cc) void;

/// What a kernel fetches of what it is about to read.
pub const Fetch = enum(u32) {
    /// Nothing: it lies in the caches.
    none,
    /// Lines, if it reads more than one view.
    lines,
    /// Lines of a few, or of several pages in turn, see `ahead.zig`.
    few_pages,
    pages,
};

pub const Parts = extern struct {
    sum: PartFn,
    product: PartFn,
    squares: PartFn,
    moments: PartFn,
    max: PartFn,
    min: PartFn,
    argmax: PartFn,
    argmin: PartFn,
};

pub const MeanAndDeviation = struct { mean: f64, square_deviation: f64 };

/// Of n elements from the sums of their deviations from `shift`.
pub inline fn meanAndDeviation(moments: Partial, shift: f32, n: usize) MeanAndDeviation {
    const count: f64 = @floatFromInt(n);
    const square_deviation = moments.second - moments.value / count * moments.value;
    return .{
        .mean = shift + moments.value / count,
        // Rounding may leave a constant view a hair below 0. The comparison keeps NaN.
        .square_deviation = if (square_deviation < 0) 0 else square_deviation,
    };
}

/// results[j] = the partial result of the n elements at a + j, a + j + stride, …; `least` to `most`
/// columns, and at most `part_elements` elements of each.
pub const Columns = extern struct {
    pub const least = 16;
    pub const most = 2048;
    /// Rows of the scratch memory: sums in float32, and their totals in float64.
    pub const sums = 8;
    pub const totals = 16;
    pub const scratch_floats = (sums + 2 * totals) * (most + 16);

    a: [*]const f32,
    stride: isize,
    n: usize,
    cols: usize,
    fetch: Fetch,
    results: [*]f64,
    /// The second parts of the results, where they have some.
    seconds: [*]f64,
    scratch: [*]align(64) f32,
};

pub const ColumnsFn = *const fn (*const Columns) callconv(cc) void;

/// results[i] = the partial result of the n elements at a + i·stride; at most `part_elements`. As many
/// results are written as make up whole units.
pub const Rows = extern struct {
    pub const unit = 16;

    a: [*]const f32,
    stride: isize,
    n: usize,
    count: usize,
    fetch: Fetch,
    results: [*]f64,
};

/// Which of the values of a row is wanted, or where it is for the first time.
pub const RowExtreme = enum(u32) { max, min, argmax, argmin };

/// Σ a[i]·b[i] over at most `part_elements`.
pub const DotFn = *const fn (a: [*]const f32, b: [*]const f32, n: usize, fetch: Fetch) callconv(cc) f64;
pub const CopyFn = *const fn (from: [*]const f32, to: [*]f32, count: usize) callconv(cc) void;
pub const RowWiseFn = *const fn (
    a: [*]const f32,
    out: [*]f32,
    rows: usize,
    cols: usize,
) callconv(cc) void;

/// softmax, or its logarithm, of the n elements at a + j, a + j + a_stride, … for every column j.
pub const SoftColumns = extern struct {
    /// Of n.
    pub const most = 128;

    a: [*]const f32,
    a_stride: isize,
    out: [*]f32,
    out_stride: isize,
    n: usize,
    cols: usize,
};

pub const SoftColumnsFn = *const fn (*const SoftColumns) callconv(cc) void;

pub const LayerNorm = extern struct {
    a: [*]const f32,
    weight: ?[*]const f32,
    bias: ?[*]const f32,
    out: [*]f32,
    rows: usize,
    cols: usize,
    epsilon: f32,
};

/// out[j·out_stride + i] = a[i·a_stride + j] for i below `rows` and j below `cols`.
pub const Transpose = extern struct {
    a: [*]const f32,
    a_stride: usize,
    out: [*]f32,
    out_stride: usize,
    rows: usize,
    cols: usize,
    /// Whether what lies between rows of the result may be written.
    has_room: bool,
};

/// C[m×n] = alpha · op(A)[m×k] · op(B)[k×n] + beta · C, row-major.
pub const Gemm = extern struct {
    m: usize,
    n: usize,
    k: usize,
    a: Operand,
    b: Operand,
    c: [*]f32,
    ldc: usize,
    alpha: f32,
    beta: f32,
    /// Whether the processor has two pipes that multiply registers of 512 bits.
    multiplies_twice: bool,
    /// What the product after this one reads and writes, to be fetched meanwhile.
    next: ?*const Next = null,

    pub const Next = extern struct { data: [3][*]const f32, floats: [3]usize };

    /// Element (i, j) is at data[i * row_stride + j * col_stride]: a transposed operand is the
    /// same memory with the two strides exchanged. One of them is 1.
    pub const Operand = extern struct {
        data: [*]const f32,
        row_stride: usize,
        col_stride: usize,
    };
};

/// Memory for packed blocks: `floats` values at a 64-byte boundary.
pub const Scratch = extern struct {
    data: [*]align(64) f32,
    floats: usize,
};

/// In floats.
pub const ScratchSizes = extern struct { wanted: usize, needed: usize };

pub const ChunkFn = *const fn (context: *anyopaque, chunk: usize) callconv(cc) void;

/// More threads than these do not work together.
pub const threads_max = 256;

/// Sizes in bytes of the data caches, the first two of one core, and of a cache line.
pub const Caches = extern struct {
    l1: usize,
    l2: usize,
    l3: usize,
    line: usize,
    /// Whether the third cache is hardly quicker than memory, which is read sooner by pages in turn.
    turns_pages: bool = false,

    /// What is fetched of so many bytes that are read in order.
    pub fn fetchOf(caches: *const Caches, bytes: usize) Fetch {
        if (bytes <= caches.l3) return .none;
        if (!caches.turns_pages) return .lines;
        // The third cache may hold some more of them.
        return if (bytes <= 2 * caches.l3) .few_pages else .pages;
    }
};

/// Who computes the chunks of a phase: the caller alone, or the thread pool with it. `run` returns
/// when all chunks are computed, each once, in any order.
pub const Team = extern struct {
    threads: u32,
    run: *const fn (chunks: u32, context: *anyopaque, run: ChunkFn) callconv(cc) void,
};

pub const Philox = extern struct {
    seed: u64,
    /// Number of the first group of four values.
    counter: u64,
};

pub const KernelTable = extern struct {
    unary: [ops.unary.len]UnaryFn,
    binary: [ops.binary.len]BinaryFn,
    ternary: [ops.ternary.len]TernaryFn,
    comparisons: [ops.comparisons.len]ComparisonFn,
    parts: Parts,
    sum_columns: ColumnsFn,
    max_columns: ColumnsFn,
    min_columns: ColumnsFn,
    /// These are not there where code is to be short; moments are of deviations from the first row.
    product_columns: ?ColumnsFn,
    square_columns: ?ColumnsFn,
    moments_columns: ?ColumnsFn,
    sum_rows: *const fn (*const Rows) callconv(cc) void,
    extreme_rows: *const fn (*const Rows, RowExtreme) callconv(cc) void,
    row_wise: [ops.row_wise.len]RowWiseFn,
    /// The same of columns.
    soft_columns: [ops.row_wise.len]SoftColumnsFn,
    dot: DotFn,
    /// Copies past the caches, see `stream.zig`.
    copy_past: CopyFn,
    layer_norm: *const fn (*const LayerNorm) callconv(cc) void,
    transpose: *const fn (*const Transpose, *const Team, *const Caches) callconv(cc) void,
    transpose_in_place: *const fn (a: [*]f32, n: usize, team: *const Team) callconv(cc) void,
    /// C = A·B without gaps. False where the product is not small: nothing was done then.
    matmul_small: *const fn (
        m: usize,
        n: usize,
        k: usize,
        a: [*]const f32,
        b: [*]const f32,
        c: [*]f32,
    ) callconv(cc) bool,
    /// False where the product needs scratch memory: nothing was done then.
    gemm_without_scratch: *const fn (*const Gemm, *const Team) callconv(cc) bool,
    /// How much scratch memory a product wants, and with how much less it can do.
    gemm_scratch: *const fn (*const Gemm, *const Team, *const Caches) callconv(cc) ScratchSizes,
    gemm_with_scratch: *const fn (
        *const Gemm,
        *const Scratch,
        *const Team,
        *const Caches,
    ) callconv(cc) void,
    random_normal: *const fn (out: [*]f32, n: usize, *const Philox) callconv(cc) void,
    random_uniform: *const fn (out: [*]f32, n: usize, *const Philox) callconv(cc) void,
    random_bits: *const fn (out: [*]u32, n: usize, *const Philox) callconv(cc) void,
};
