//! What this library needs of the operating system: threads, sleeping until a word changes, how many
//! cores this process may use, and the sizes of their caches. There is no libc below Linux here: threads come from the
//! host's pthread_create (the one file loads under glibc and musl), the rest are system calls.

const std = @import("std");
const builtin = @import("builtin");
const linux = std.os.linux;
const windows = std.os.windows;
const Caches = @import("kernels/table.zig").Caches;

/// Kernels keep their tiles in registers and their blocks in scratch memory.
const stack_bytes = 512 * 1024;

pub const Entry = fn (argument: usize) void;

/// Starts a thread that nobody joins; false where there can't be one.
pub fn startThread(comptime entry: Entry, argument: usize) bool {
    // Hosts close their libraries when they exit, while threads still run in them.
    if (!stayLoaded()) return false;
    if (builtin.os.tag == .windows) {
        const handle = CreateThread(null, stack_bytes, windowsEntry(entry), argument, 0, null) orelse
            return false;
        windows.CloseHandle(handle);
        return true;
    }
    var attributes: PthreadAttributes = undefined;
    if (pthread_attr_init(&attributes) != 0) return false;
    defer _ = pthread_attr_destroy(&attributes);
    // PTHREAD_CREATE_DETACHED
    const detached = if (builtin.os.tag == .macos) 2 else 1;
    if (pthread_attr_setdetachstate(&attributes, detached) != 0) return false;
    _ = pthread_attr_setstacksize(&attributes, stack_bytes);
    // The host's signals are for the host's threads.
    const before = blockSignals();
    defer restoreSignals(before);
    var thread: usize = undefined;
    return pthread_create(&thread, &attributes, pthreadEntry(entry), argument) == 0;
}

/// Keeps this library in memory for as long as the process lives.
fn stayLoaded() bool {
    // A program that holds this code itself (tests, benchmarks) is never closed.
    if (builtin.output_mode == .Exe) return true;
    if (builtin.os.tag == .windows) {
        const pin = 0x1;
        const from_address = 0x4;
        var module: ?windows.HMODULE = null;
        return GetModuleHandleExW(pin | from_address, &stayLoaded, &module) != 0;
    }
    var found: DlInfo = undefined;
    if (dladdr(&stayLoaded, &found) == 0) return false;
    const lazy = 0x1;
    const no_load = if (builtin.os.tag == .macos) 0x10 else 0x4;
    const no_delete = if (builtin.os.tag == .macos) 0x80 else 0x1000;
    return dlopen(found.file, lazy | no_load | no_delete) != null;
}

const DlInfo = extern struct {
    file: [*:0]const u8,
    base: ?*anyopaque,
    symbol: ?[*:0]const u8,
    address: ?*anyopaque,
};

extern fn dladdr(*const anyopaque, *DlInfo) callconv(.c) c_int;
extern fn dlopen([*:0]const u8, flags: c_int) callconv(.c) ?*anyopaque;
extern "kernel32" fn GetModuleHandleExW(
    flags: u32,
    address: *const anyopaque,
    module: *?windows.HMODULE,
) callconv(.winapi) c_int;

/// A function that the program of this process exports, null where it has none of that name.
pub fn symbolOfHost(name: [*:0]const u8) ?*anyopaque {
    if (builtin.os.tag == .windows) {
        const program = GetModuleHandleW(null) orelse return null;
        return GetProcAddress(program, name);
    }
    // RTLD_DEFAULT
    const everywhere: isize = if (builtin.os.tag == .macos) -2 else 0;
    return dlsym(everywhere, name);
}

extern fn dlsym(library: isize, [*:0]const u8) callconv(.c) ?*anyopaque;
extern "kernel32" fn GetModuleHandleW(name: ?[*:0]const u16) callconv(.winapi) ?windows.HMODULE;
extern "kernel32" fn GetProcAddress(windows.HMODULE, [*:0]const u8) callconv(.winapi) ?*anyopaque;

fn pthreadEntry(comptime entry: Entry) *const fn (usize) callconv(.c) usize {
    return &struct {
        fn run(argument: usize) callconv(.c) usize {
            entry(argument);
            return 0;
        }
    }.run;
}

fn windowsEntry(comptime entry: Entry) *const fn (usize) callconv(.winapi) u32 {
    return &struct {
        fn run(argument: usize) callconv(.winapi) u32 {
            entry(argument);
            return 0;
        }
    }.run;
}

/// Room for any libc's pthread_attr_t (64 bytes at most on the platforms of this library).
const PthreadAttributes = extern struct { opaque_bytes: [128]u8 align(16) };

extern fn pthread_attr_init(*PthreadAttributes) callconv(.c) c_int;
extern fn pthread_attr_destroy(*PthreadAttributes) callconv(.c) c_int;
extern fn pthread_attr_setdetachstate(*PthreadAttributes, c_int) callconv(.c) c_int;
extern fn pthread_attr_setstacksize(*PthreadAttributes, usize) callconv(.c) c_int;
extern fn pthread_create(
    thread: *usize,
    attributes: *const PthreadAttributes,
    entry: *const fn (usize) callconv(.c) usize,
    argument: usize,
) callconv(.c) c_int;
extern "kernel32" fn CreateThread(
    security: ?*anyopaque,
    stack_size: usize,
    entry: *const fn (usize) callconv(.winapi) u32,
    argument: usize,
    flags: u32,
    id: ?*u32,
) callconv(.winapi) ?windows.HANDLE;

const SavedSignals = if (builtin.os.tag == .linux) linux.sigset_t else std.c.sigset_t;

fn blockSignals() SavedSignals {
    var before: SavedSignals = undefined;
    if (builtin.os.tag == .linux) {
        const all = linux.sigfillset();
        _ = linux.sigprocmask(linux.SIG.SETMASK, &all, &before);
    } else {
        const all: SavedSignals = @bitCast(@as([@sizeOf(SavedSignals)]u8, @splat(0xff)));
        _ = std.c.pthread_sigmask(std.c.SIG.SETMASK, &all, &before);
    }
    return before;
}

fn restoreSignals(before: SavedSignals) void {
    if (builtin.os.tag == .linux) {
        _ = linux.sigprocmask(linux.SIG.SETMASK, &before, null);
    } else {
        var ours: SavedSignals = undefined;
        _ = std.c.pthread_sigmask(std.c.SIG.SETMASK, &before, &ours);
    }
}

/// Sleeps until `wake` is called on the word, unless it differs from `expected` already. May
/// return early.
pub fn wait(word: *const std.atomic.Value(u32), expected: u32) void {
    switch (builtin.os.tag) {
        .linux => _ = linux.futex_4arg(&word.raw, .{ .cmd = .WAIT, .private = true }, expected, null),
        .macos => _ = std.c.__ulock_wait(.{ .op = .COMPARE_AND_WAIT }, &word.raw, expected, 0),
        .windows => _ = windows.ntdll.RtlWaitOnAddress(&word.raw, &expected, @sizeOf(u32), null),
        else => comptime unreachable,
    }
}

/// Wakes everybody who sleeps on the word.
pub fn wake(word: *const std.atomic.Value(u32)) void {
    switch (builtin.os.tag) {
        .linux => _ = linux.futex_3arg(
            &word.raw,
            .{ .cmd = .WAKE, .private = true },
            std.math.maxInt(i32),
        ),
        .macos => _ = std.c.__ulock_wake(.{ .op = .COMPARE_AND_WAIT, .WAKE_ALL = true }, &word.raw, 0),
        .windows => windows.ntdll.RtlWakeAddressAll(&word.raw),
        else => comptime unreachable,
    }
}

/// Asks for large pages where memory lies in whole ones, before it is touched. Advice only.
pub fn preferHugePages(address: usize, bytes: usize) void {
    if (builtin.os.tag != .linux) return;
    const huge = 2 << 20;
    const start = std.mem.alignForward(usize, address, huge);
    const end = std.mem.alignBackward(usize, address + bytes, huge);
    if (start >= end) return;
    _ = linux.madvise(@ptrFromInt(start), end - start, linux.MADV.HUGEPAGE);
}

/// The cores that this process may use at a time, at least 1.
pub fn usableCores() u32 {
    const cores: u32 = switch (builtin.os.tag) {
        .linux => @min(affinityCores(), quotaCores()),
        .macos => macosCores(),
        .windows => windowsCores(),
        else => comptime unreachable,
    };
    return @max(cores, 1);
}

fn affinityCores() u32 {
    var set: linux.cpu_set_t = @splat(0);
    if (linux.sched_getaffinity(0, @sizeOf(linux.cpu_set_t), &set) != 0) return 1;
    var count: u32 = 0;
    for (set) |word| count += @popCount(word);
    return count;
}

/// Efficiency cores would make the others wait.
fn macosCores() u32 {
    for ([_][*:0]const u8{ "hw.perflevel0.logicalcpu", "hw.logicalcpu" }) |name| {
        var count: u32 = 0;
        var size: usize = @sizeOf(u32);
        if (std.c.sysctlbyname(name, &count, &size, null, 0) == 0 and count > 0) return count;
    }
    return 1;
}

extern "kernel32" fn GetCurrentProcess() callconv(.winapi) windows.HANDLE;
extern "kernel32" fn GetProcessAffinityMask(
    process: windows.HANDLE,
    process_mask: *usize,
    system_mask: *usize,
) callconv(.winapi) c_int;

fn windowsCores() u32 {
    var process_mask: usize = 0;
    var system_mask: usize = 0;
    if (GetProcessAffinityMask(GetCurrentProcess(), &process_mask, &system_mask) == 0) return 1;
    return @popCount(process_mask);
}

/// Whole cores of the control group's quota, of this process's group and those above it; all cores
/// where there is none. Linux, Documentation/admin-guide/cgroup-v2.rst, cpu.max.
fn quotaCores() u32 {
    var least: u32 = std.math.maxInt(u32);
    var buffer: [4096]u8 = undefined;
    const groups = readFile("/proc/self/cgroup", &buffer) orelse "";
    var group = groupPath(groups);
    while (true) {
        var path: [4200]u8 = undefined;
        const name = std.fmt.bufPrintZ(&path, "/sys/fs/cgroup{s}/cpu.max", .{group}) catch break;
        var line: [64]u8 = undefined;
        if (readFile(name, &line)) |text| least = @min(least, coresOf(text));
        const slash = std.mem.lastIndexOfScalar(u8, group, '/') orelse break;
        group = group[0..slash];
    }
    // Version 1, as containers see it.
    var quota: [32]u8 = undefined;
    var period: [32]u8 = undefined;
    const quota_text = readFile("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", &quota) orelse return least;
    const period_text = readFile("/sys/fs/cgroup/cpu/cpu.cfs_period_us", &period) orelse return least;
    var line: [64]u8 = undefined;
    const both = std.fmt.bufPrint(&line, "{s} {s}", .{
        std.mem.trim(u8, quota_text, "\n"), std.mem.trim(u8, period_text, "\n"),
    }) catch return least;
    return @min(least, coresOf(both));
}

/// The version 2 group in the lines of /proc/self/cgroup: "0::/path".
fn groupPath(lines: []const u8) []const u8 {
    var iterator = std.mem.tokenizeScalar(u8, lines, '\n');
    while (iterator.next()) |line| {
        if (!std.mem.startsWith(u8, line, "0::")) continue;
        return std.mem.trimEnd(u8, line[3..], "/");
    }
    return "";
}

/// "quota period" in microseconds, or "max period" and -1 for no quota.
fn coresOf(text: []const u8) u32 {
    var words = std.mem.tokenizeAny(u8, text, " \n");
    const quota = std.fmt.parseInt(u32, words.next() orelse "", 10) catch return std.math.maxInt(u32);
    const period = std.fmt.parseInt(u32, words.next() orelse "", 10) catch return std.math.maxInt(u32);
    return @max(quota / @max(period, 1), 1);
}

/// Sizes of the caches in bytes, 0 for those that the system does not tell.
pub fn caches() Caches {
    return switch (builtin.os.tag) {
        .linux => linuxCaches(),
        .macos => macosCaches(),
        .windows => windowsCaches(),
        else => comptime unreachable,
    };
}

fn note(result: *Caches, level: u32, bytes: usize, line: usize) void {
    switch (level) {
        1 => result.l1 = bytes,
        2 => result.l2 = bytes,
        3 => result.l3 = bytes,
        else => return,
    }
    if (line > 0) result.line = line;
}

/// Linux, Documentation/ABI/testing/sysfs-devices-system-cpu.
fn linuxCaches() Caches {
    var result = std.mem.zeroes(Caches);
    for (0..8) |index| {
        const level = sysfsCache(index, "level") orelse break;
        var buffer: [32]u8 = undefined;
        const kind = sysfsCacheText(index, "type", &buffer) orelse continue;
        if (std.mem.startsWith(u8, kind, "Instruction")) continue;
        const bytes = sysfsCache(index, "size") orelse continue;
        note(&result, @intCast(level), bytes, sysfsCache(index, "coherency_line_size") orelse 0);
    }
    return result;
}

fn sysfsCacheText(index: usize, name: []const u8, buffer: []u8) ?[]const u8 {
    var path: [96]u8 = undefined;
    const file = std.fmt.bufPrintZ(&path, "/sys/devices/system/cpu/cpu0/cache/index{d}/{s}", .{
        index, name,
    }) catch return null;
    return readFile(file, buffer);
}

fn sysfsCache(index: usize, name: []const u8) ?usize {
    var buffer: [32]u8 = undefined;
    return sizeOf(sysfsCacheText(index, name, &buffer) orelse return null);
}

/// "64", "1024K" or "32M".
fn sizeOf(text: []const u8) ?usize {
    const trimmed = std.mem.trim(u8, text, " \n");
    if (trimmed.len == 0) return null;
    const shift: u6 = switch (trimmed[trimmed.len - 1]) {
        'K' => 10,
        'M' => 20,
        else => 0,
    };
    const digits = if (shift > 0) trimmed[0 .. trimmed.len - 1] else trimmed;
    return (std.fmt.parseInt(usize, digits, 10) catch return null) << shift;
}

fn macosValue(name: [*:0]const u8) usize {
    var value: u64 = 0;
    var size: usize = @sizeOf(u64);
    // Some values have four bytes: little-endian, so that they arrive in the lower half.
    return if (std.c.sysctlbyname(name, &value, &size, null, 0) == 0) value else 0;
}

/// The performance cores' caches; several of them share one of the second level.
fn macosCaches() Caches {
    const l2 = macosValue("hw.perflevel0.l2cachesize");
    const sharers = @max(macosValue("hw.perflevel0.cpusperl2"), 1);
    const l1 = macosValue("hw.perflevel0.l1dcachesize");
    const l3 = macosValue("hw.l3cachesize");
    return .{
        .l1 = if (l1 > 0) l1 else macosValue("hw.l1dcachesize"),
        .l2 = if (l2 > 0) l2 / sharers else macosValue("hw.l2cachesize"),
        .l3 = if (l3 > 0) l3 else l2,
        .line = macosValue("hw.cachelinesize"),
    };
}

/// SYSTEM_LOGICAL_PROCESSOR_INFORMATION with a cache in its union.
const LogicalProcessor = extern struct {
    mask: usize,
    relationship: u32,
    cache: extern struct {
        level: u8,
        associativity: u8,
        line_size: u16,
        size: u32,
        kind: u32,
        padding: u32,
    } align(8),
};

extern "kernel32" fn GetLogicalProcessorInformation(
    buffer: [*]LogicalProcessor,
    bytes: *u32,
) callconv(.winapi) c_int;

fn windowsCaches() Caches {
    var result = std.mem.zeroes(Caches);
    var entries: [1024]LogicalProcessor = undefined;
    var bytes: u32 = @sizeOf(@TypeOf(entries));
    if (GetLogicalProcessorInformation(&entries, &bytes) == 0) return result;
    const relation_cache = 2;
    const instruction = 1;
    for (entries[0 .. bytes / @sizeOf(LogicalProcessor)]) |entry| {
        if (entry.relationship != relation_cache or entry.cache.kind == instruction) continue;
        note(&result, entry.cache.level, entry.cache.size, entry.cache.line_size);
    }
    return result;
}

test "cache sizes are read with their units" {
    try std.testing.expectEqual(64, sizeOf("64\n"));
    try std.testing.expectEqual(1 << 20, sizeOf("1024K\n"));
    try std.testing.expectEqual(32 << 20, sizeOf("32M"));
    try std.testing.expectEqual(null, sizeOf("\n"));
    try std.testing.expectEqual(null, sizeOf("many"));
}

/// As much of a file as fits, or null where it can't be read.
fn readFile(path: [*:0]const u8, buffer: []u8) ?[]const u8 {
    const opened: isize = @bitCast(linux.open(path, .{ .CLOEXEC = true }, 0));
    if (opened < 0) return null;
    const fd: linux.fd_t = @intCast(opened);
    defer _ = linux.close(fd);
    const count: isize = @bitCast(linux.read(fd, buffer.ptr, buffer.len));
    return if (count < 0) null else buffer[0..@intCast(count)];
}

test "quotas are read as whole cores" {
    try std.testing.expectEqual(2, coresOf("250000 100000\n"));
    try std.testing.expectEqual(1, coresOf("50000 100000\n"));
    try std.testing.expectEqual(std.math.maxInt(u32), coresOf("max 100000\n"));
    try std.testing.expectEqual(std.math.maxInt(u32), coresOf("-1 100000"));
    try std.testing.expectEqualStrings("/a/b", groupPath("1:cpu:/x\n0::/a/b\n"));
    try std.testing.expectEqualStrings("", groupPath("0::/\n"));
    try std.testing.expect(usableCores() >= 1);
}
