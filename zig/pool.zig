//! The thread pool: opportunistic, one for the process, and nobody ever waits to get it.
//!
//! A job is a number of chunks. The caller and the workers claim chunks one by one; the job is done
//! when its chunks are, whoever computed them. A worker that is late, or whose core another process
//! has taken, claims nothing, and the caller can finish alone. A call that finds the pool in use
//! (by another Worker of the host) computes alone.

const std = @import("std");
const os = @import("os.zig");
const table = @import("kernels/table.zig");

pub const thread_count_max = table.threads_max;

/// How often an idle worker looks for the next job before it sleeps: about 100 µs, longer than
/// a host takes from one operation to the next.
const idle_spins = 4000;
/// How often the caller looks whether the last chunks are done before it sleeps. A worker that
/// holds one may have lost its core to the spinning caller.
const finish_spins = 1000;

const cache_line = std.atomic.cache_line;

/// Threads that a call may use; 0 until somebody asks or says.
var wanted: std.atomic.Value(u32) = .init(0);

/// Whose job it is. Everything marked "owner" is touched only by the thread that holds it.
var owned: std.atomic.Value(bool) align(cache_line) = .init(false);
/// Workers that were started (owner).
var started: u32 = 0;

/// Number of the job, on which idle workers sleep.
var generation: std.atomic.Value(u32) align(cache_line) = .init(0);
var sleepers: std.atomic.Value(u32) = .init(0);

/// The job. A worker reads it and then claims a chunk: the ticket is closed before the job changes,
/// so a claim by somebody who has read parts of the next job fails.
const Job = struct {
    run: std.atomic.Value(?table.ChunkFn) = .init(null),
    context: std.atomic.Value(?*anyopaque) = .init(null),
    chunks: std.atomic.Value(u32) = .init(0),
    /// Workers that may take part.
    workers: std.atomic.Value(u32) = .init(0),
};
var job: Job align(cache_line) = .{};

/// generation << 32 | next chunk, or `closed` between jobs.
var ticket: std.atomic.Value(u64) align(cache_line) = .init(closed);
const closed = std.math.maxInt(u32);
/// Chunks that are computed.
var done: std.atomic.Value(u32) align(cache_line) = .init(0);
var caller_sleeps: std.atomic.Value(bool) = .init(false);

/// Threads that a call may use.
pub fn threadCount() u32 {
    const count = wanted.load(.monotonic);
    if (count != 0) return count;
    // Whoever comes first decides; others that ask meanwhile find the same answer.
    _ = wanted.cmpxchgStrong(0, @min(os.usableCores(), thread_count_max), .monotonic, .monotonic);
    return wanted.load(.monotonic);
}

pub fn setThreadCount(count: u32) void {
    wanted.store(std.math.clamp(count, 1, thread_count_max), .monotonic);
}

/// The caller alone.
pub const alone: table.Team = .{ .threads = 1, .run = &runAlone };

fn runAlone(chunks: u32, context: *anyopaque, run: table.ChunkFn) callconv(table.cc) void {
    for (0..chunks) |chunk| run(context, chunk);
}

/// The pool if it is free and may have more than one thread, else the caller alone. What is
/// returned must be given back with `release`.
pub fn acquire() table.Team {
    const threads = threadCount();
    if (threads <= 1 or owned.swap(true, .acquire)) return alone;
    while (started < threads - 1) : (started += 1) {
        if (!os.startThread(work, started)) break;
    }
    if (started == 0) {
        owned.store(false, .release);
        return alone;
    }
    return .{ .threads = @min(threads, started + 1), .run = &runTogether };
}

pub fn release(team: table.Team) void {
    if (team.threads > 1) owned.store(false, .release);
}

fn runTogether(chunks: u32, context: *anyopaque, run: table.ChunkFn) callconv(table.cc) void {
    if (chunks <= 1) return runAlone(chunks, context, run);
    const current = generation.raw +% 1;
    _ = ticket.swap(closed, .acq_rel);
    job.run.store(run, .release);
    job.context.store(context, .release);
    job.chunks.store(chunks, .release);
    job.workers.store(@min(wanted.load(.monotonic), started + 1) -| 1, .release);
    done.store(0, .monotonic);
    ticket.store(@as(u64, current) << 32, .release);
    generation.store(current, .seq_cst);
    if (sleepers.load(.seq_cst) > 0) os.wake(&generation);
    takePart(current);
    awaitDone(chunks);
}

/// Claims and computes chunks until none is left.
fn takePart(current: u32) void {
    while (true) {
        const seen = ticket.load(.acquire);
        if (seen >> 32 != current) return;
        const chunk: u32 = @truncate(seen);
        const chunks = job.chunks.load(.acquire);
        if (chunk >= chunks) return;
        const run = job.run.load(.acquire);
        const context = job.context.load(.acquire);
        if (ticket.cmpxchgWeak(seen, seen + 1, .acq_rel, .monotonic) != null) continue;
        run.?(context.?, chunk);
        const last = done.fetchAdd(1, .seq_cst) + 1 == chunks;
        if (last and caller_sleeps.load(.seq_cst)) os.wake(&done);
    }
}

fn awaitDone(chunks: u32) void {
    for (0..finish_spins) |_| {
        if (done.load(.acquire) == chunks) return;
        std.atomic.spinLoopHint();
    }
    caller_sleeps.store(true, .seq_cst);
    while (true) {
        const count = done.load(.seq_cst);
        if (count == chunks) break;
        os.wait(&done, count);
    }
    caller_sleeps.store(false, .monotonic);
}

/// A worker's life: there is no end to it but the process's.
fn work(index: usize) void {
    var seen: u32 = 0;
    while (true) {
        seen = nextGeneration(seen);
        if (index < job.workers.load(.monotonic)) takePart(seen);
    }
}

/// Waits for a job other than the one seen last, first awake and then asleep.
fn nextGeneration(seen: u32) u32 {
    for (0..idle_spins) |_| {
        const current = generation.load(.acquire);
        if (current != seen) return current;
        std.atomic.spinLoopHint();
    }
    _ = sleepers.fetchAdd(1, .seq_cst);
    defer _ = sleepers.fetchSub(1, .monotonic);
    while (true) {
        const current = generation.load(.seq_cst);
        if (current != seen) return current;
        os.wait(&generation, seen);
    }
}

test "every chunk is computed once, whatever the number of threads" {
    const Counter = struct {
        hits: [1000]std.atomic.Value(u32) = @splat(.init(0)),

        fn hit(context: *anyopaque, chunk: usize) callconv(table.cc) void {
            const counter: *@This() = @ptrCast(@alignCast(context));
            _ = counter.hits[chunk].fetchAdd(1, .monotonic);
        }
    };
    const before = threadCount();
    defer setThreadCount(before);
    for ([_]u32{ 1, 2, 3, 8, 2 }) |threads| {
        setThreadCount(threads);
        var counter: Counter = .{};
        const team = acquire();
        defer release(team);
        try std.testing.expectEqual(threads, team.threads);
        for (0..50) |_| team.run(1000, &counter, &Counter.hit);
        for (counter.hits) |hits| try std.testing.expectEqual(50, hits.raw);
        // The pool is taken: whoever asks now computes alone.
        if (threads > 1) try std.testing.expectEqual(1, acquire().threads);
    }
}
