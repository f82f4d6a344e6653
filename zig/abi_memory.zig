//! The C functions of memory for results, for runtimes that make array buffers of addresses and call
//! a C function when one is dropped. The others get theirs through `napi.zig`.

const memory = @import("memory.zig");
const Status = @import("abi.zig").Status;

/// A pointer as two words, the lower one first: nothing of 64 bits crosses.
fn write(place: ?[*]u32, address: usize) Status {
    const words = place orelse return .null_pointer;
    words[0] = @truncate(address);
    words[1] = @truncate(address >> 32);
    return .ok;
}

/// place[0..2] = the address of memory for so many bytes, which may hold anything but is zeros if
/// `zeros` is not 0.
pub fn memory_take(place: ?[*]u32, bytes: u32, zeros: u32) callconv(.c) Status {
    if (place == null) return .null_pointer;
    const taken = memory.take(bytes, if (zeros != 0) .zeros else .anything) orelse return .out_of_memory;
    return write(place, @intFromPtr(taken));
}

/// place[0..2] = the address of the C function that takes back an address, with its bytes in the
/// second argument.
pub fn memory_giver(place: ?[*]u32) callconv(.c) Status {
    return write(place, @intFromPtr(&give));
}

fn give(address: ?[*]u8, bytes: usize) callconv(.c) void {
    memory.give(address orelse return, @intCast(bytes));
}
