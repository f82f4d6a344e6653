//! The ABI as text, from reflection over `abi*.zig`, and its hash: a library and a module whose
//! hashes differ refuse each other.

const std = @import("std");
const abi = @import("abi.zig");
const abi_memory = @import("abi_memory.zig");
const abi_random = @import("abi_random.zig");
const abi_strided = @import("abi_strided.zig");
const abi_typed = @import("abi_typed.zig");
const cpu = @import("cpu.zig");
const ops = @import("ops.zig");
const Element = @import("typed.zig").Element;

pub const version = "0.1.0";

pub const prefix = "zigtorch_";

/// The files whose functions are exported.
const modules = .{ abi, abi_strided, abi_typed, abi_random, abi_memory };

/// Names of the exported functions, in the order of the files.
pub const functions: []const [:0]const u8 = blk: {
    @setEvalBranchQuota(10_000);
    var names: []const [:0]const u8 = &.{};
    for (modules) |module| {
        for (@typeInfo(module).@"struct".decls) |decl| {
            if (@typeInfo(@TypeOf(@field(module, decl.name))) == .@"fn") names = names ++ .{decl.name};
        }
    }
    break :blk names;
};

/// The file that has a function.
pub fn moduleOf(comptime name: []const u8) type {
    comptime var found: ?type = null;
    inline for (modules) |module| {
        if (!@hasDecl(module, name)) continue;
        if (found != null) @compileError("exported twice: " ++ name);
        found = module;
    }
    return found.?;
}

fn FunctionOf(comptime name: []const u8) type {
    return @TypeOf(@field(moduleOf(name), name));
}

/// A type that may cross: its name in `Deno.dlopen` and its TypeScript type.
pub const Crossing = struct { ffi: []const u8, typescript: []const u8 };

pub fn crossing(comptime T: type) Crossing {
    return switch (T) {
        u32 => .{ .ffi = "u32", .typescript = "number" },
        i32, abi.Status => .{ .ffi = "i32", .typescript = "number" },
        f32 => .{ .ffi = "f32", .typescript = "number" },
        ?[*]f32, ?[*]const f32 => .{ .ffi = "buffer", .typescript = "Float32Array | null" },
        ?[*]u32 => .{ .ffi = "buffer", .typescript = "Uint32Array | null" },
        ?[*]i32, ?[*]const i32 => .{ .ffi = "buffer", .typescript = "Int32Array | null" },
        ?[*]u8, ?[*]const u8 => .{ .ffi = "buffer", .typescript = "Uint8Array | null" },
        abi_typed.Data, abi_typed.MutableData => .{ .ffi = "buffer", .typescript = "ArrayBufferView | null" },
        else => @compileError("must not cross the ABI: " ++ @typeName(T)),
    };
}

pub fn parametersOf(comptime name: []const u8) []const Crossing {
    const info = @typeInfo(FunctionOf(name)).@"fn";
    comptime var result: []const Crossing = &.{};
    inline for (info.params) |parameter| result = result ++ .{comptime crossing(parameter.type.?)};
    return result;
}

pub fn resultOf(comptime name: []const u8) Crossing {
    return crossing(@typeInfo(FunctionOf(name)).@"fn".return_type.?);
}

/// Enums that both sides share, by their TypeScript name.
pub const enums = .{
    .{ "Status", abi.Status },
    .{ "Level", cpu.Level },
    .{ "UnaryOp", ops.Unary },
    .{ "BinaryOp", ops.Binary },
    .{ "TernaryOp", ops.Ternary },
    .{ "CompareOp", ops.Comparison },
    .{ "ReductionOp", ops.Reduction },
    .{ "ArgReductionOp", ops.ArgReduction },
    .{ "RowWiseOp", ops.RowWise },
    .{ "ElementType", Element },
};

/// All that both sides must agree on.
pub const text: []const u8 = blk: {
    @setEvalBranchQuota(100_000);
    var result: []const u8 = version;
    for (functions) |name| {
        result = result ++ "\n" ++ name ++ "(";
        for (parametersOf(name)) |parameter| result = result ++ parameter.ffi ++ parameter.typescript ++ ",";
        result = result ++ ")" ++ resultOf(name).ffi;
    }
    for (enums) |entry| {
        result = result ++ "\n" ++ entry[0];
        for (@typeInfo(entry[1]).@"enum".fields) |field| {
            result = result ++ std.fmt.comptimePrint(",{s}={d}", .{ field.name, field.value });
        }
    }
    break :blk result;
};

pub const hash: u32 = blk: {
    @setEvalBranchQuota(1_000_000);
    break :blk std.hash.Crc32.hash(text);
};
