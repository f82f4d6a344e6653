//! The C functions of the library. Every `pub fn` of this file and of `abi_*.zig` is exported as
//! `zigtorch_<name>` by `lib.zig` and described to TypeScript by `generate.zig`.
//!
//! The callers have checked their arguments against the lengths of their buffers, which are not
//! known here. What can be checked again is: null, unknown operations, sizes beyond 64 bits, and
//! whether the memory of a result overlaps that of an input (here, because only addresses tell
//! whether two SharedArrayBuffers are the same memory). A call that fails has written nothing.
//!
//! Only pointers, u32, i32 and f32 cross: anything of 64 bits leaves the fast call path of both
//! runtimes.

const std = @import("std");
const cpu = @import("cpu.zig");
const machine_caches = @import("caches.zig");
const dispatch = @import("dispatch.zig");
const ops = @import("ops.zig");
const pool = @import("pool.zig");
const product = @import("product.zig");
const reduction = @import("reduction.zig");
const spread = @import("spread.zig");
const strided = @import("strided.zig");
const table = @import("kernels/table.zig");
const Reducer = reduction.Reducer;

/// What a call returns. TypeScript turns everything but `ok` into an error.
pub const Status = enum(i32) {
    ok,
    /// A pointer is null though its size is not 0.
    null_pointer,
    /// An operation's number is not in the table.
    unknown_operation,
    /// `out` shares memory with the first, second or third input.
    overlap_a,
    overlap_b,
    overlap_c,
    /// A size in bytes does not fit the address space.
    size_overflow,
    /// A leading dimension is smaller than a row, or an option has no meaning.
    bad_argument,
    /// The reduction of nothing.
    empty,
    /// Neither the machine nor the library has this instruction-set level.
    unsupported_level,
    out_of_memory,
    /// An element of a strided view lies outside its memory.
    out_of_bounds,
    /// Elements of a strided `out` share memory.
    overlap_out,

    /// Of what is wrong with a layout.
    pub fn of(err: strided.Error) Status {
        return switch (err) {
            error.BadArgument => .bad_argument,
            error.OutOfBounds => .out_of_bounds,
            error.SizeOverflow => .size_overflow,
        };
    }
};

const Pointer = ?[*]const f32;
const MutablePointer = ?[*]f32;

pub const Span = struct {
    start: usize,
    bytes: usize,

    pub fn init(data: [*]const f32, floats: usize) Span {
        return .{ .start = @intFromPtr(data), .bytes = floats * @sizeOf(f32) };
    }

    /// Of the elements of so many bytes from one to another.
    pub fn between(data: *const anyopaque, bytes: usize, low: usize, high: usize) Span {
        return .{ .start = @intFromPtr(data) + low * bytes, .bytes = (high - low + 1) * bytes };
    }

    pub fn overlaps(a: Span, b: Span) bool {
        return a.bytes > 0 and b.bytes > 0 and
            a.start < b.start + b.bytes and b.start < a.start + a.bytes;
    }

    pub fn equals(a: Span, b: Span) bool {
        return a.start == b.start and a.bytes == b.bytes;
    }
};

/// The number of floats of a product of sizes, if its bytes fit the address space.
fn floatsOf(a: usize, b: usize) ?usize {
    const floats = std.math.mul(usize, a, b) catch return null;
    _ = std.math.mul(usize, floats, @sizeOf(f32)) catch return null;
    return floats;
}

/// Element-wise: an input may be `out` itself or must be apart from it.
fn mayElementWise(out: Span, input: Span) bool {
    return !out.overlaps(input) or out.equals(input);
}

const unary_cycles = ops.cyclesOf(&ops.unary);
const binary_cycles = ops.cyclesOf(&ops.binary);
const ternary_cycles = ops.cyclesOf(&ops.ternary);
const row_wise_cycles = ops.cyclesOf(&ops.row_wise);
const layer_norm_cycles = 12;
const transpose_cycles = 8;

pub fn abi_hash() callconv(.c) u32 {
    return @import("signature.zig").hash;
}

/// Bits 1 << level of the levels that this machine can run.
pub fn isa_available() callconv(.c) u32 {
    return cpu.available();
}

/// The level in use; 0xffffffff where the processor has none.
pub fn isa() callconv(.c) u32 {
    return @intFromEnum(dispatch.level() orelse return std.math.maxInt(u32));
}

pub fn isa_select(level: u32) callconv(.c) Status {
    return if (dispatch.select(level)) .ok else .unsupported_level;
}

/// Threads that a large operation may use.
pub fn threads() callconv(.c) u32 {
    return pool.threadCount();
}

/// For all calls from now on; more than 256 are not used.
pub fn set_threads(count: u32) callconv(.c) Status {
    if (count == 0) return .bad_argument;
    pool.setThreadCount(count);
    return .ok;
}

/// result[0..4] = bytes of the caches l1, l2, l3 and of a line.
pub fn caches(result: ?[*]u32) callconv(.c) Status {
    const to = result orelse return .null_pointer;
    const sizes = machine_caches.reported();
    for (to[0..4], [_]usize{ sizes.l1, sizes.l2, sizes.l3, sizes.line }) |*value, bytes| {
        value.* = std.math.lossyCast(u32, bytes);
    }
    return .ok;
}

/// The address of p modulo a divisor of at least 1.
pub fn address_modulo(p: Pointer, divisor: u32) callconv(.c) u32 {
    return @intCast(@intFromPtr(p) % @max(divisor, 1));
}

pub fn unary(
    op: u32,
    a: Pointer,
    out: MutablePointer,
    n: u32,
    first: f32,
    second: f32,
) callconv(.c) Status {
    if (op >= ops.unary.len) return .unknown_operation;
    if (n == 0) return .ok;
    const input = a orelse return .null_pointer;
    const output = out orelse return .null_pointer;
    if (!mayElementWise(.init(output, n), .init(input, n))) return .overlap_a;
    const kernels = dispatch.kernels() orelse return .unsupported_level;
    const kernel = kernels.unary[op];
    if (spread.isLarge(n, unary_cycles[op])) {
        const task: spread.Unary = .{ .kernel = kernel, .a = input, .first = first, .second = second };
        const result: spread.Result = .{ .data = output, .items = n, .cycles = unary_cycles[op], .in_place = input == output };
        spread.run(kernels, machine_caches.get(), result, task);
    } else kernel(input, output, n, first, second);
    return .ok;
}

/// Bit i of `scalars` says that operand i is one number. Numbers may not all be.
pub fn binary(
    op: u32,
    a: Pointer,
    b: Pointer,
    out: MutablePointer,
    n: u32,
    scalars: u32,
) callconv(.c) Status {
    if (op >= ops.binary.len) return .unknown_operation;
    if (scalars > 2) return .bad_argument;
    if (n == 0) return .ok;
    const first = a orelse return .null_pointer;
    const second = b orelse return .null_pointer;
    const output = out orelse return .null_pointer;
    const span: Span = .init(output, n);
    if (scalars & 1 == 0 and !mayElementWise(span, .init(first, n))) return .overlap_a;
    if (scalars & 2 == 0 and !mayElementWise(span, .init(second, n))) return .overlap_b;
    const kernels = dispatch.kernels() orelse return .unsupported_level;
    const kernel = kernels.binary[op];
    if (spread.isLarge(n, binary_cycles[op])) {
        const inputs: spread.Binary.Operands = .{ .data = .{ first, second }, .scalars = scalars };
        const in_place = first == output or second == output;
        const task: spread.Binary = .{ .kernel = kernel, .inputs = inputs };
        const result: spread.Result = .{ .data = output, .items = n, .cycles = binary_cycles[op], .in_place = in_place };
        spread.run(kernels, machine_caches.get(), result, task);
    } else kernel(first, second, output, n, scalars);
    return .ok;
}

pub fn ternary(
    op: u32,
    a: Pointer,
    b: Pointer,
    c: Pointer,
    out: MutablePointer,
    n: u32,
    scalars: u32,
) callconv(.c) Status {
    if (op >= ops.ternary.len) return .unknown_operation;
    if (scalars > 6) return .bad_argument;
    if (n == 0) return .ok;
    const first = a orelse return .null_pointer;
    const second = b orelse return .null_pointer;
    const third = c orelse return .null_pointer;
    const output = out orelse return .null_pointer;
    const span: Span = .init(output, n);
    if (scalars & 1 == 0 and !mayElementWise(span, .init(first, n))) return .overlap_a;
    if (scalars & 2 == 0 and !mayElementWise(span, .init(second, n))) return .overlap_b;
    if (scalars & 4 == 0 and !mayElementWise(span, .init(third, n))) return .overlap_c;
    const kernels = dispatch.kernels() orelse return .unsupported_level;
    const kernel = kernels.ternary[op];
    if (spread.isLarge(n, ternary_cycles[op])) {
        const inputs: spread.Ternary.Operands = .{ .data = .{ first, second, third }, .scalars = scalars };
        const in_place = first == output or second == output or third == output;
        const task: spread.Ternary = .{ .kernel = kernel, .inputs = inputs };
        const result: spread.Result = .{ .data = output, .items = n, .cycles = ternary_cycles[op], .in_place = in_place };
        spread.run(kernels, machine_caches.get(), result, task);
    } else kernel(first, second, third, output, n, scalars);
    return .ok;
}

/// result[0] = the reduction of a.
pub fn reduce(op: u32, a: Pointer, n: u32, parameter: f32, result: MutablePointer) callconv(.c) Status {
    if (op >= ops.reductions.len) return .unknown_operation;
    const to = result orelse return .null_pointer;
    const kernels = dispatch.kernels() orelse return .unsupported_level;
    const reducer: Reducer = .init(kernels, @enumFromInt(op), parameter);
    if (n == 0) {
        to[0] = reducer.ofNothing() orelse return .empty;
        return .ok;
    }
    const input = a orelse return .null_pointer;
    to[0] = reducer.finish(partialOf(&reducer, input, n), input[0], n);
    return .ok;
}

/// result[0] = the index that the reduction of a finds.
pub fn arg_reduce(op: u32, a: Pointer, n: u32, result: ?[*]u32) callconv(.c) Status {
    if (op >= ops.arg_reductions.len) return .unknown_operation;
    const to = result orelse return .null_pointer;
    if (n == 0) return .empty;
    const input = a orelse return .null_pointer;
    const kernels = dispatch.kernels() orelse return .unsupported_level;
    const reducer: Reducer = .initIndex(kernels, @enumFromInt(op));
    to[0] = @intFromFloat(partialOf(&reducer, input, n).second);
    return .ok;
}

fn partialOf(reducer: *const Reducer, a: [*]const f32, n: usize) table.Partial {
    const team = reduction.teamFor(n);
    defer pool.release(team);
    return reducer.line(&team, a, n, reduction.fetchFor(n));
}

/// result[0] = Σ a[i]·b[i]
pub fn dot(a: Pointer, b: Pointer, n: u32, result: MutablePointer) callconv(.c) Status {
    const to = result orelse return .null_pointer;
    const nothing = [1]f32{0};
    const first = a orelse if (n == 0) &nothing else return .null_pointer;
    const second = b orelse if (n == 0) &nothing else return .null_pointer;
    const kernels = dispatch.kernels() orelse return .unsupported_level;
    to[0] = reduction.dot(kernels, first, second, n);
    return .ok;
}

pub fn row_wise(op: u32, a: Pointer, out: MutablePointer, rows: u32, cols: u32) callconv(.c) Status {
    if (op >= ops.row_wise.len) return .unknown_operation;
    const floats = floatsOf(rows, cols) orelse return .size_overflow;
    if (floats == 0) return .ok;
    const input = a orelse return .null_pointer;
    const output = out orelse return .null_pointer;
    if (!mayElementWise(.init(output, floats), .init(input, floats))) return .overlap_a;
    const kernels = dispatch.kernels() orelse return .unsupported_level;
    const kernel = kernels.row_wise[op];
    if (spread.isLarge(floats, row_wise_cycles[op])) {
        const task: spread.RowWise = .{ .kernel = kernel, .a = input, .cols = cols };
        const result: spread.Result = .{ .data = output, .items = rows, .width = cols, .cycles = row_wise_cycles[op] };
        spread.run(kernels, machine_caches.get(), result, task);
    } else kernel(input, output, rows, cols);
    return .ok;
}

/// `weight` and `bias` have `cols` values each, or are null.
pub fn layer_norm(
    a: Pointer,
    weight: Pointer,
    bias: Pointer,
    out: MutablePointer,
    rows: u32,
    cols: u32,
    epsilon: f32,
) callconv(.c) Status {
    const floats = floatsOf(rows, cols) orelse return .size_overflow;
    if (floats == 0) return .ok;
    const input = a orelse return .null_pointer;
    const output = out orelse return .null_pointer;
    const span: Span = .init(output, floats);
    if (!mayElementWise(span, .init(input, floats))) return .overlap_a;
    if (weight) |w| if (span.overlaps(.init(w, cols))) return .overlap_b;
    if (bias) |b| if (span.overlaps(.init(b, cols))) return .overlap_c;
    const kernels = dispatch.kernels() orelse return .unsupported_level;
    const norm: table.LayerNorm = .{
        .a = input,
        .weight = weight,
        .bias = bias,
        .out = output,
        .rows = rows,
        .cols = cols,
        .epsilon = epsilon,
    };
    if (spread.isLarge(floats, layer_norm_cycles)) {
        const task: spread.LayerNorm = .{ .kernel = kernels.layer_norm, .norm = norm };
        const result: spread.Result = .{ .data = output, .items = rows, .width = cols, .cycles = layer_norm_cycles };
        spread.run(kernels, machine_caches.get(), result, task);
    } else kernels.layer_norm(&norm);
    return .ok;
}

/// out[cols×rows] = transpose of a[rows×cols]; a square matrix may be its own out.
pub fn transpose(a: Pointer, out: MutablePointer, rows: u32, cols: u32) callconv(.c) Status {
    const floats = floatsOf(rows, cols) orelse return .size_overflow;
    if (floats == 0) return .ok;
    const input = a orelse return .null_pointer;
    const output = out orelse return .null_pointer;
    const from: Span = .init(input, floats);
    const to: Span = .init(output, floats);
    const in_place = rows == cols and from.equals(to);
    if (!in_place and from.overlaps(to)) return .overlap_a;
    const kernels = dispatch.kernels() orelse return .unsupported_level;
    const sizes = machine_caches.get();
    const team = spread.teamFor(floats, transpose_cycles, sizes);
    defer pool.release(team);
    if (in_place) {
        kernels.transpose_in_place(output, rows, &team);
    } else {
        const matrix: table.Transpose = .{
            .a = input,
            .a_stride = cols,
            .out = output,
            .out_stride = rows,
            .rows = rows,
            .cols = cols,
            .has_room = false,
        };
        kernels.transpose(&matrix, &team, sizes);
    }
    return .ok;
}

/// C[m×n] = A[m×k] · B[k×n] without gaps: the call that small products make.
pub fn matmul(m: u32, n: u32, k: u32, a: Pointer, b: Pointer, c: MutablePointer) callconv(.c) Status {
    const kernels = dispatch.kernels() orelse return .unsupported_level;
    small: {
        // Sizes below 2^20 have products that fit.
        if (m | n | k >= 1 << 20 or m == 0 or n == 0 or k == 0) break :small;
        const from_a = a orelse break :small;
        const from_b = b orelse break :small;
        const to = c orelse break :small;
        const rows: usize = m;
        const cols: usize = n;
        const span: Span = .init(to, rows * cols);
        if (span.overlaps(.init(from_a, rows * k)) or span.overlaps(.init(from_b, cols * k))) break :small;
        if (kernels.matmul_small(rows, cols, k, from_a, from_b, to)) return .ok;
    }
    return gemm(m, n, k, a, k, b, n, c, n, 0, 1, 0);
}

/// Bits of gemm's `flags`.
const transpose_a_flag = 1;
const transpose_b_flag = 2;

/// The floats from the first to the last element of a matrix with a leading dimension.
fn extentOf(rows: usize, cols: usize, leading: usize) ?usize {
    if (rows == 0 or cols == 0) return 0;
    const before = floatsOf(rows - 1, leading) orelse return null;
    return floatsOf(std.math.add(usize, before, cols) catch return null, 1);
}

/// C[m×n] = alpha · op(A)[m×k] · op(B)[k×n] + beta · C. With beta = 0, C is written only.
pub fn gemm(
    m: u32,
    n: u32,
    k: u32,
    a: Pointer,
    lda: u32,
    b: Pointer,
    ldb: u32,
    c: MutablePointer,
    ldc: u32,
    flags: u32,
    alpha: f32,
    beta: f32,
) callconv(.c) Status {
    if (flags > (transpose_a_flag | transpose_b_flag)) return .bad_argument;
    const transpose_a = flags & transpose_a_flag != 0;
    const transpose_b = flags & transpose_b_flag != 0;
    const a_rows, const a_cols = if (transpose_a) .{ k, m } else .{ m, k };
    const b_rows, const b_cols = if (transpose_b) .{ n, k } else .{ k, n };
    if (lda < a_cols or ldb < b_cols or ldc < n) return .bad_argument;
    const a_floats = extentOf(a_rows, a_cols, lda) orelse return .size_overflow;
    const b_floats = extentOf(b_rows, b_cols, ldb) orelse return .size_overflow;
    const c_floats = extentOf(m, n, ldc) orelse return .size_overflow;
    if (c_floats == 0) return .ok;
    const to = c orelse return .null_pointer;
    const nothing = [1]f32{0};
    const from_a = a orelse if (a_floats == 0) &nothing else return .null_pointer;
    const from_b = b orelse if (b_floats == 0) &nothing else return .null_pointer;
    const span: Span = .init(to, c_floats);
    if (span.overlaps(.init(from_a, a_floats))) return .overlap_a;
    if (span.overlaps(.init(from_b, b_floats))) return .overlap_b;
    const kernels = dispatch.kernels() orelse return .unsupported_level;
    return product.multiply(kernels, &.{
        .m = m,
        .n = n,
        .k = k,
        .a = operand(from_a, lda, transpose_a),
        .b = operand(from_b, ldb, transpose_b),
        .c = to,
        .ldc = ldc,
        .alpha = alpha,
        .beta = beta,
        .multiplies_twice = dispatch.multipliesTwice(),
    });
}

fn operand(data: [*]const f32, leading: usize, transposed: bool) table.Gemm.Operand {
    return if (transposed)
        .{ .data = data, .row_stride = 1, .col_stride = leading }
    else
        .{ .data = data, .row_stride = leading, .col_stride = 1 };
}
