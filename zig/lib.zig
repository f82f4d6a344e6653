//! Root of the dynamic library: exports every function of `abi*.zig` under its prefixed name,
//! and what a host with Node-API looks for.

const std = @import("std");
const napi = @import("napi.zig");
const signature = @import("signature.zig");

// The library never prints, traps signals or unwinds: its host is somebody's process.
pub const panic = std.debug.no_panic;
pub const std_options: std.Options = .{ .enable_segfault_handler = false };

comptime {
    _ = @import("bytes.zig");
    for (signature.functions) |name| {
        @export(&@field(signature.moduleOf(name), name), .{ .name = signature.prefix ++ name });
    }
    @export(&napi.registerModule, .{ .name = "napi_register_module_v1" });
}
