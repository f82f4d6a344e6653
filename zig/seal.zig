//! seal INPUT OUTPUT: copies a library and appends its checksum, so that `ffi/load.ts` can tell a
//! damaged file before the dynamic linker maps it, which would kill the process.

const std = @import("std");

/// Followed by the SHA-256 of all that comes before it.
const mark = "zigtorch-sha256:";

pub fn main(init: std.process.Init) !void {
    const gpa = init.arena.allocator();
    const args = try init.minimal.args.toSlice(gpa);
    const cwd = std.Io.Dir.cwd();
    const bytes = try cwd.readFileAlloc(init.io, args[1], gpa, .unlimited);
    var digest: [std.crypto.hash.sha2.Sha256.digest_length]u8 = undefined;
    std.crypto.hash.sha2.Sha256.hash(bytes, &digest, .{});
    const file = try cwd.createFile(init.io, args[2], .{});
    defer file.close(init.io);
    try file.writeStreamingAll(init.io, bytes);
    try file.writeStreamingAll(init.io, mark);
    try file.writeStreamingAll(init.io, &digest);
}
