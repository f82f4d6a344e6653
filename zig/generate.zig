//! Writes `ffi/symbols.gen.ts`: what TypeScript must know of the library, from reflection.

const std = @import("std");
const ops = @import("ops.zig");
const signature = @import("signature.zig");
const strided = @import("strided.zig");
const thread_count_max = @import("pool.zig").thread_count_max;

const header =
    \\// Generated from zig/abi*.zig and zig/ops.zig by `zig build generate`; do not edit.
    \\
    \\/** Types that cross the ABI; "buffer" is a typed array or null. */
    \\export type FfiType = "buffer" | "u32" | "i32" | "f32";
    \\
    \\/** Signature of an exported function. */
    \\export interface SymbolSignature {
    \\  readonly parameters: readonly FfiType[];
    \\  readonly result: FfiType;
    \\}
    \\
    \\
;

const Writer = std.Io.Writer;

fn writeSymbols(w: *Writer) !void {
    @setEvalBranchQuota(10_000);
    try w.print("/** Names of all exported functions begin with it. */\n" ++
        "export const symbolPrefix = \"{s}\";\n\n", .{signature.prefix});
    try w.print("/** Version of the library that this module belongs to. */\n" ++
        "export const version = \"{s}\";\n\n", .{signature.version});
    try w.print("/** Hash of all signatures and enums: library and module must agree. */\n" ++
        "export const abiHash = 0x{x:0>8};\n\n", .{signature.hash});
    try w.print("/** The most threads that the library uses. */\n" ++
        "export const threadCountMax = {d};\n\n", .{thread_count_max});
    try w.print("/** The most axes of a strided view. */\n" ++
        "export const axesMax = {d};\n\n", .{strided.axes_max});
    try w.print("/** The values of the buffer of a layout. */\n" ++
        "export const layoutInts = {d};\n\n", .{strided.layout_ints});
    try w.writeAll("/** Exported functions, without their prefix. */\nexport const symbols = {\n");
    inline for (signature.functions) |name| {
        try w.print("  {s}: {{\n    parameters: [", .{name});
        inline for (comptime signature.parametersOf(name), 0..) |parameter, i| {
            if (i > 0) try w.writeAll(", ");
            try w.print("\"{s}\"", .{parameter.ffi});
        }
        try w.print("],\n    result: \"{s}\",\n  }},\n", .{comptime signature.resultOf(name).ffi});
    }
    try w.writeAll("} as const satisfies Record<string, SymbolSignature>;\n\n");
}

fn writeInterface(w: *Writer) !void {
    @setEvalBranchQuota(10_000);
    try w.writeAll("/** The exported functions as TypeScript calls them. */\nexport interface NativeSymbols {\n");
    inline for (signature.functions) |name| {
        try w.print("  {s}(\n", .{name});
        inline for (comptime signature.parametersOf(name), 0..) |parameter, i| {
            try w.print("    _{d}: {s},\n", .{ i, parameter.typescript });
        }
        try w.print("  ): {s};\n", .{comptime signature.resultOf(name).typescript});
    }
    try w.writeAll("}\n\n");
}

fn writeEnums(w: *Writer) !void {
    inline for (signature.enums) |entry| {
        try w.print("/** {s}, by number. */\nexport const {s} = {{\n", .{ entry[0], entry[0] });
        inline for (@typeInfo(entry[1]).@"enum".fields) |field| {
            try w.print("  {s}: {d},\n", .{ field.name, field.value });
        }
        try w.writeAll("} as const;\n\n");
    }
}

/// Rows of the operation table for tests and benchmarks.
fn writeTable(w: *Writer) !void {
    try w.writeAll(
        \\/** A row of the operation table: its error in ulp and its float parameters. */
        \\export interface OpRow {
        \\  readonly ulp: number;
        \\  readonly parameters: number;
        \\}
        \\
        \\/** The operation table of zig/ops.zig. */
        \\export const operations = {
        \\
    );
    const parts = .{
        .{ "unary", ops.unary },           .{ "binary", ops.binary },
        .{ "ternary", ops.ternary },       .{ "comparisons", ops.comparisons },
        .{ "reductions", ops.reductions }, .{ "argReductions", ops.arg_reductions },
        .{ "rowWise", ops.row_wise },
    };
    inline for (parts) |part| {
        try w.print("  {s}: {{\n", .{part[0]});
        inline for (part[1]) |row| {
            try w.print("    {s}: {{ ulp: {d}, parameters: {d} }},\n", .{ row.name, row.ulp, row.parameters });
        }
        try w.writeAll("  },\n");
    }
    try w.writeAll("} as const satisfies Record<string, Record<string, OpRow>>;\n");
}

pub fn main(init: std.process.Init) !void {
    const args = try init.minimal.args.toSlice(init.arena.allocator());
    var buffer: [4096]u8 = undefined;
    const file = try std.Io.Dir.cwd().createFile(init.io, args[1], .{});
    defer file.close(init.io);
    var file_writer = file.writer(init.io, &buffer);
    const w = &file_writer.interface;
    try w.writeAll(header);
    try writeSymbols(w);
    try writeInterface(w);
    try writeEnums(w);
    try writeTable(w);
    try w.flush();
}
