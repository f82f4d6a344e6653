//! Memory for results as array buffers of a runtime with Node-API, which calls back on whichever
//! thread its collector drops one. <https://nodejs.org/api/n-api.html>

const std = @import("std");
const memory = @import("memory.zig");
const os = @import("os.zig");

const Env = ?*anyopaque;
const Value = ?*anyopaque;
const Info = ?*anyopaque;
const Result = c_int;
const Callback = fn (Env, Info) callconv(.c) Value;
const Finalizer = fn (Env, data: ?*anyopaque, hint: ?*anyopaque) callconv(.c) void;

/// The functions of the host that are used here.
const Host = struct {
    create_function: *const fn (
        Env,
        name: [*:0]const u8,
        length: usize,
        *const Callback,
        data: ?*anyopaque,
        *Value,
    ) callconv(.c) Result,
    set_named_property: *const fn (Env, object: Value, name: [*:0]const u8, Value) callconv(.c) Result,
    get_cb_info: *const fn (
        Env,
        Info,
        count: *usize,
        arguments: [*]Value,
        this: ?*Value,
        data: ?*?*anyopaque,
    ) callconv(.c) Result,
    get_value_uint32: *const fn (Env, Value, *u32) callconv(.c) Result,
    create_external_arraybuffer: *const fn (
        Env,
        data: *anyopaque,
        bytes: usize,
        *const Finalizer,
        hint: ?*anyopaque,
        *Value,
    ) callconv(.c) Result,
    create_int32: *const fn (Env, i32, *Value) callconv(.c) Result,

    fn find() ?Host {
        var found: Host = undefined;
        inline for (@typeInfo(Host).@"struct".fields) |field| {
            const address = os.symbolOfHost("napi_" ++ field.name) orelse return null;
            @field(found, field.name) = @ptrCast(@alignCast(address));
        }
        return found;
    }
};

var host: Host = undefined;

/// Called by the host, once for each of its environments: adds the functions to the exports.
pub fn registerModule(env: Env, exports: Value) callconv(.c) Value {
    host = Host.find() orelse return exports;
    // An environment has a heap of its own, and may end before the last call for it.
    const heap = std.heap.page_allocator.create(Heap) catch return exports;
    heap.* = .{};
    addFunction(env, exports, "take", &take, null);
    addFunction(env, exports, "show", &show, heap);
    return exports;
}

fn addFunction(
    env: Env,
    exports: Value,
    name: [:0]const u8,
    callback: *const Callback,
    data: ?*anyopaque,
) void {
    var function: Value = null;
    if (host.create_function(env, name, name.len, callback, data, &function) != 0) return;
    _ = host.set_named_property(env, exports, name, function);
}

/// What a call has: numbers, and the data of its function.
fn Call(comptime count: usize) type {
    return struct {
        numbers: [count]u32 = @splat(0),
        data: ?*anyopaque = null,

        fn of(env: Env, info: Info) ?@This() {
            var call: @This() = .{};
            var arguments: [count]Value = @splat(null);
            var present: usize = count;
            if (host.get_cb_info(env, info, &present, &arguments, null, &call.data) != 0) return null;
            for (arguments, &call.numbers) |argument, *number| {
                if (host.get_value_uint32(env, argument, number) != 0) return null;
            }
            return call;
        }
    };
}

/// take(bytes, zeros): an ArrayBuffer, which may hold anything but is zeros if `zeros` is not 0;
/// undefined where there is no memory.
fn take(env: Env, info: Info) callconv(.c) Value {
    const call = Call(2).of(env, info) orelse return null;
    const bytes, const zeros = call.numbers;
    const taken = memory.take(bytes, if (zeros != 0) .zeros else .anything) orelse return null;
    var buffer: Value = null;
    const hint: ?*anyopaque = @ptrFromInt(bytes);
    if (host.create_external_arraybuffer(env, taken, bytes, &give, hint, &buffer) == 0) return buffer;
    memory.give(taken, bytes);
    return null;
}

fn give(_: Env, data: ?*anyopaque, hint: ?*anyopaque) callconv(.c) void {
    memory.give(@ptrCast(data orelse return), @intCast(@intFromPtr(hint)));
}

/// V8 collects young objects, and finds the buffers that nobody refers to any more, before it makes
/// one itself while young ones have this many bytes. When all have grown by more, it starts to mark
/// the old objects, and no other collection runs until that is done.
const young_bytes_max = 64 << 20;

/// How much is taken between two collections at least: one costs 0.1 ms, and the buffers between two
/// should fit the caches.
const interval_min = 8 << 20;

const Heap = struct {
    /// Whether the buffer that was shown last has been found to be garbage.
    is_swept: std.atomic.Value(bool) = .init(true),
    interval: usize = interval_min,
    /// What was in use the last time.
    used_bytes: usize = 0,

    /// What lives through two collections is old, and only marking finds it: where collections find
    /// little, they are less frequent.
    fn adapt(heap: *Heap, taken: usize) void {
        const used = memory.usedBytes();
        const is_miss = used -| heap.used_bytes > taken / 2;
        heap.used_bytes = used;
        heap.interval = if (is_miss)
            @min(heap.interval * 2, young_bytes_max)
        else
            @max(heap.interval / 2, interval_min);
    }

    /// Makes the heap count so many bytes more, of a buffer that is garbage at once.
    fn show(heap: *Heap, env: Env, bytes: usize) void {
        heap.is_swept.store(false, .release);
        var buffer: Value = null;
        _ = host.create_external_arraybuffer(env, &shown_memory, bytes, &endSweep, heap, &buffer);
    }
};

/// show(taken), where so many bytes were taken since the last time: has the young objects collected
/// when V8 makes its next buffer, and returns how much may be taken before the next time. Negative,
/// and nothing is done, when the last collection has not come to its end: the heap is being marked.
fn show(env: Env, info: Info) callconv(.c) Value {
    const call = Call(1).of(env, info) orelse return null;
    const taken = call.numbers[0];
    const heap: *Heap = @ptrCast(@alignCast(call.data));
    const is_swept = heap.is_swept.load(.acquire);
    if (is_swept) {
        heap.adapt(taken);
        heap.show(env, young_bytes_max -| taken);
    } else {
        // What was shown in the meantime is not found before the next marking: it is not waited for.
        heap.is_swept.store(true, .release);
        heap.used_bytes = memory.usedBytes();
    }
    var result: Value = null;
    const next: i32 = if (is_swept) @intCast(heap.interval) else -interval_min;
    _ = host.create_int32(env, next, &result);
    return result;
}

/// Nobody but the collector ever sees the buffers that are said to lie here.
var shown_memory: [64]u8 = @splat(0);

fn endSweep(_: Env, _: ?*anyopaque, hint: ?*anyopaque) callconv(.c) void {
    const heap: *Heap = @ptrCast(@alignCast(hint orelse return));
    heap.is_swept.store(true, .release);
}
