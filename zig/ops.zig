//! THE table of operations: one row per operation.
//!
//! A row becomes the entry of the kernel table of every instruction-set level, the member of the
//! enum in `ffi/symbols.gen.ts`, a case of the tests on both runtimes and a line of the
//! benchmarks. The body of a row is the function of the same name in `kernels/math.zig`
//! (element-wise) or of its kind in `kernels/reduce.zig`; a row without a body does not compile.

pub const Row = struct {
    name: [:0]const u8,
    /// Largest error of a result, in units in the last place of the correctly rounded result;
    /// 0 where the result is the correctly rounded one.
    ulp: comptime_int = 0,
    /// How many float parameters follow the input (the slope of leakyRelu, the bounds of clamp).
    parameters: comptime_int = 0,
    /// About how many cycles 16 elements take where the caches hold them: what decides from which
    /// length on more threads pay. The default is the time of loads and stores.
    cycles: comptime_int = memory_cycles,
};

pub const memory_cycles = 4;

/// out[i] = f(a[i])
pub const unary = [_]Row{
    .{ .name = "neg" },
    .{ .name = "abs" },
    .{ .name = "sqrt", .cycles = 10 },
    .{ .name = "rsqrt", .ulp = 1, .cycles = 13 },
    .{ .name = "reciprocal", .cycles = 10 },
    .{ .name = "square" },
    .{ .name = "exp", .ulp = 1, .cycles = 10 },
    .{ .name = "exp2", .ulp = 1, .cycles = 8 },
    .{ .name = "expm1", .ulp = 1, .cycles = 20 },
    .{ .name = "log", .ulp = 1, .cycles = 13 },
    .{ .name = "log2", .ulp = 1, .cycles = 17 },
    .{ .name = "log10", .ulp = 1, .cycles = 19 },
    .{ .name = "log1p", .ulp = 1, .cycles = 19 },
    .{ .name = "sin", .ulp = 1, .cycles = 25 },
    .{ .name = "cos", .ulp = 1, .cycles = 25 },
    .{ .name = "tan", .ulp = 2, .cycles = 35 },
    .{ .name = "tanh", .ulp = 1, .cycles = 12 },
    .{ .name = "sigmoid", .ulp = 1, .cycles = 15 },
    .{ .name = "relu" },
    .{ .name = "gelu", .ulp = 2, .cycles = 25 },
    .{ .name = "silu", .ulp = 1, .cycles = 15 },
    .{ .name = "softplus", .ulp = 1, .cycles = 37 },
    .{ .name = "erf", .ulp = 2, .cycles = 12 },
    .{ .name = "floor" },
    .{ .name = "ceil" },
    .{ .name = "round" },
    .{ .name = "sign" },
    .{ .name = "leakyRelu", .parameters = 1 },
    .{ .name = "clamp", .parameters = 2 },
};

/// out[i] = f(a[i], b[i]); either input may be one number.
pub const binary = [_]Row{
    .{ .name = "add" },
    .{ .name = "sub" },
    .{ .name = "mul" },
    .{ .name = "div", .cycles = 10 },
    .{ .name = "pow", .ulp = 2, .cycles = 40 },
    .{ .name = "maximum" },
    .{ .name = "minimum" },
};

/// out[i] = f(a[i], b[i], c[i]); any two inputs may be one number.
pub const ternary = [_]Row{
    .{ .name = "fma" },
};

/// out[i] = 1 where the relation of a[i] and b[i] holds, else 0; either input may be one number.
pub const comparisons = [_]Row{
    .{ .name = "eq" },
    .{ .name = "ne" },
    .{ .name = "lt" },
    .{ .name = "le" },
    .{ .name = "gt" },
    .{ .name = "ge" },
};

/// One float32 from all of a.
pub const reductions = [_]Row{
    .{ .name = "sum" },
    .{ .name = "mean" },
    .{ .name = "max" },
    .{ .name = "min" },
    .{ .name = "prod" },
    .{ .name = "norm" },
    .{ .name = "variance", .parameters = 1 },
    .{ .name = "std", .parameters = 1 },
};

/// One index from all of a.
pub const arg_reductions = [_]Row{
    .{ .name = "argmax" },
    .{ .name = "argmin" },
};

/// out[r, :] = f(a[r, :])
pub const row_wise = [_]Row{
    .{ .name = "softmax", .cycles = 15 },
    .{ .name = "logSoftmax", .cycles = 15 },
};

/// `cycles` of all rows of a part, by their number.
pub fn cyclesOf(comptime rows: []const Row) [rows.len]u32 {
    var result: [rows.len]u32 = undefined;
    for (rows, &result) |row, *cycles| cycles.* = row.cycles;
    return result;
}

/// The enum of a part of the table: its members are the rows' names, in their order.
pub fn Enum(comptime rows: []const Row) type {
    comptime var names: [rows.len][]const u8 = undefined;
    comptime var values: [rows.len]u32 = undefined;
    inline for (rows, 0..) |row, i| {
        names[i] = row.name;
        values[i] = i;
    }
    return @Enum(u32, .exhaustive, &names, &values);
}

pub const Unary = Enum(&unary);
pub const Binary = Enum(&binary);
pub const Ternary = Enum(&ternary);
pub const Comparison = Enum(&comparisons);
pub const Reduction = Enum(&reductions);
pub const ArgReduction = Enum(&arg_reductions);
pub const RowWise = Enum(&row_wise);
