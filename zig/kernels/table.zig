//! What every instruction-set level provides: one function per row of the operation table.
//!
//! The functions trust their arguments; `abi.zig` has checked them.

const ops = @import("../ops.zig");

pub const UnaryFn = *const fn (
    a: [*]const f32,
    out: [*]f32,
    n: usize,
    first: f32,
    second: f32,
) callconv(.c) void;

/// Bit i of `scalars` says that operand i is one number instead of n.
pub const BinaryFn = *const fn (
    a: [*]const f32,
    b: [*]const f32,
    out: [*]f32,
    n: usize,
    scalars: u32,
) callconv(.c) void;

pub const TernaryFn = *const fn (
    a: [*]const f32,
    b: [*]const f32,
    c: [*]const f32,
    out: [*]f32,
    n: usize,
    scalars: u32,
) callconv(.c) void;

pub const ReductionFn = *const fn (a: [*]const f32, n: usize, parameter: f32) callconv(.c) f32;
pub const ArgReductionFn = *const fn (a: [*]const f32, n: usize) callconv(.c) usize;
pub const CopyFn = *const fn (from: [*]const f32, to: [*]f32, count: usize) callconv(.c) void;
pub const DotFn = *const fn (a: [*]const f32, b: [*]const f32, n: usize) callconv(.c) f32;
pub const RowWiseFn = *const fn (
    a: [*]const f32,
    out: [*]f32,
    rows: usize,
    cols: usize,
) callconv(.c) void;

pub const LayerNorm = extern struct {
    a: [*]const f32,
    weight: ?[*]const f32,
    bias: ?[*]const f32,
    out: [*]f32,
    rows: usize,
    cols: usize,
    epsilon: f32,
};

pub const Transpose = extern struct {
    a: [*]const f32,
    out: [*]f32,
    rows: usize,
    cols: usize,
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

pub const ChunkFn = *const fn (context: *anyopaque, chunk: usize) callconv(.c) void;

/// More threads than these do not work together.
pub const threads_max = 256;

/// Sizes in bytes of the data caches, the first two of one core, and of a cache line.
pub const Caches = extern struct { l1: usize, l2: usize, l3: usize, line: usize };

/// Who computes the chunks of a phase: the caller alone, or the thread pool with it. `run` returns
/// when all chunks are computed, each once, in any order.
pub const Team = extern struct {
    threads: u32,
    run: *const fn (chunks: u32, context: *anyopaque, run: ChunkFn) callconv(.c) void,
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
    reductions: [ops.reductions.len]ReductionFn,
    arg_reductions: [ops.arg_reductions.len]ArgReductionFn,
    row_wise: [ops.row_wise.len]RowWiseFn,
    dot: DotFn,
    /// Copies past the caches, see `stream.zig`.
    copy_past: CopyFn,
    layer_norm: *const fn (*const LayerNorm) callconv(.c) void,
    transpose: *const fn (*const Transpose, *const Team, *const Caches) callconv(.c) void,
    transpose_in_place: *const fn (a: [*]f32, n: usize) callconv(.c) void,
    /// False where the product needs scratch memory: nothing was done then.
    gemm_without_scratch: *const fn (*const Gemm, *const Team) callconv(.c) bool,
    /// How much scratch memory a product wants, and with how much less it can do.
    gemm_scratch: *const fn (*const Gemm, *const Team, *const Caches) callconv(.c) ScratchSizes,
    gemm_with_scratch: *const fn (
        *const Gemm,
        *const Scratch,
        *const Team,
        *const Caches,
    ) callconv(.c) void,
    random_normal: *const fn (out: [*]f32, n: usize, *const Philox) callconv(.c) void,
};
