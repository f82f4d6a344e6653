//! The thread pool: opportunistic, one for the process, and nobody ever waits to get it.
//!
//! A job is a number of chunks, of which each thread has a share. The caller and the workers claim
//! chunks one by one, first of their own share and then of the others'; the job is done when its chunks
//! are, whoever computed them. A worker that is late, or whose core another process has taken, claims
//! nothing, and the caller can finish alone. A call that finds the pool in use (by another Worker of the
//! host) computes alone.

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
/// Workers that were started; only the owner starts more.
var started: std.atomic.Value(u32) = .init(0);

/// Number of the job, on which idle workers sleep.
var generation: std.atomic.Value(u32) align(cache_line) = .init(0);
var sleepers: std.atomic.Value(u32) = .init(0);

/// The job. A worker reads it and then claims a chunk, which succeeds only while the job is not done:
/// as long as nothing of the next one is written.
const Job = struct {
    run: std.atomic.Value(?table.ChunkFn) = .init(null),
    context: std.atomic.Value(?*anyopaque) = .init(null),
    chunks: std.atomic.Value(u32) = .init(0),
    /// Workers that may take part.
    workers: std.atomic.Value(u32) = .init(0),
};
var job: Job align(cache_line) = .{};

/// The chunks that a thread takes first, the same ones in every job of as many: what it finds in its own
/// caches is from there.
const Share = struct {
    ticket: std.atomic.Value(u64) align(cache_line) = .init(0),
};
var shares: [thread_count_max]Share = @splat(.{});

/// What a share holds: the units from `next` to `end` of the job of a generation.
const Ticket = packed struct(u64) {
    end: u16,
    next: u16,
    generation: u32,
};

/// Chunks are claimed one by one, or a few at once where there are more than a ticket can count.
fn chunksPerUnit(chunks: u32) u32 {
    return chunks / std.math.maxInt(u16) + 1;
}

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
    var count = started.load(.monotonic);
    while (count < threads - 1 and os.startThread(work, count)) count += 1;
    started.store(count, .monotonic);
    if (count == 0) {
        owned.store(false, .release);
        return alone;
    }
    return .{ .threads = @min(threads, count + 1), .run = &runTogether };
}

/// Jobs for which nobody was woken.
var short_jobs: std.atomic.Value(u32) = .init(0);
/// Of so many short jobs one wakes the workers. Where they follow each other, these stay awake then;
/// where they do not, what it costs is spread over as many.
const short_jobs_per_wake = 32;

/// The same for a job that takes no longer than waking a thread does: whoever has to be woken does
/// not take part.
pub fn acquireAwake() table.Team {
    if (threadCount() <= 1) return alone;
    const awake = started.load(.monotonic) -| sleepers.load(.monotonic);
    if (awake > 0 or short_jobs.fetchAdd(1, .monotonic) % short_jobs_per_wake == 0) return acquire();
    return alone;
}

pub fn release(team: table.Team) void {
    if (team.threads > 1) owned.store(false, .release);
}

fn runTogether(chunks: u32, context: *anyopaque, run: table.ChunkFn) callconv(table.cc) void {
    if (chunks <= 1) return runAlone(chunks, context, run);
    const current = generation.raw +% 1;
    const workers = @min(wanted.load(.monotonic), started.load(.monotonic) + 1) -| 1;
    job.run.store(run, .release);
    job.context.store(context, .release);
    job.chunks.store(chunks, .release);
    job.workers.store(workers, .release);
    done.store(0, .monotonic);
    const per_unit = chunksPerUnit(chunks);
    const units = (chunks + per_unit - 1) / per_unit;
    for (shares[0 .. workers + 1], 0..) |*share, i| {
        const ticket: Ticket = .{
            .next = @intCast(units * i / (workers + 1)),
            .end = @intCast(units * (i + 1) / (workers + 1)),
            .generation = current,
        };
        share.ticket.store(@bitCast(ticket), .release);
    }
    generation.store(current, .seq_cst);
    if (sleepers.load(.seq_cst) > 0) os.wake(&generation);
    takePart(current, 0);
    awaitDone(chunks);
}

/// Claims and computes chunks until none is left.
fn takePart(current: u32, index: usize) void {
    const threads = job.workers.load(.acquire) + 1;
    for (0..threads) |i| takeFrom(&shares[(index + i) % threads], current);
}

fn takeFrom(share: *Share, current: u32) void {
    while (true) {
        const seen: Ticket = @bitCast(share.ticket.load(.acquire));
        if (seen.generation != current or seen.next == seen.end) return;
        const run = job.run.load(.acquire);
        const context = job.context.load(.acquire);
        const chunks = job.chunks.load(.acquire);
        var claimed = seen;
        claimed.next += 1;
        if (share.ticket.cmpxchgWeak(@bitCast(seen), @bitCast(claimed), .acq_rel, .monotonic) != null) continue;
        const per_unit = chunksPerUnit(chunks);
        const first = seen.next * per_unit;
        const end = @min(first + per_unit, chunks);
        for (first..end) |chunk| run.?(context.?, chunk);
        const last = done.fetchAdd(end - first, .seq_cst) + (end - first) == chunks;
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
        if (index < job.workers.load(.monotonic)) takePart(seen, index + 1);
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

        fn hitRemainder(context: *anyopaque, chunk: usize) callconv(table.cc) void {
            hit(context, chunk % 1000);
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
        // More than there are tickets for.
        const many = 3 * std.math.maxInt(u16) + 7;
        team.run(many, &counter, &Counter.hitRemainder);
        for (counter.hits, 0..) |hits, i| {
            const expected: u32 = if (i < many % 1000) 51 + many / 1000 else 50 + many / 1000;
            try std.testing.expectEqual(expected, hits.raw);
        }
        // The pool is taken: whoever asks now computes alone.
        if (threads > 1) try std.testing.expectEqual(1, acquire().threads);
    }
}

test "short jobs find the workers that are awake, and wake them now and then" {
    const before = threadCount();
    defer setThreadCount(before);
    setThreadCount(2);
    const Nothing = struct {
        fn do(_: *anyopaque, _: usize) callconv(table.cc) void {}
    };
    var context: u8 = 0;
    // On a busy machine a worker comes late, or sleeps again before it is found.
    for (0..10_000) |_| {
        const woken = acquire();
        woken.run(100, &context, &Nothing.do);
        release(woken);
        // The job that wakes them is none of these.
        short_jobs.store(1, .monotonic);
        const found = acquireAwake();
        defer release(found);
        if (found.threads == 2) break;
    } else return error.NobodyAwake;

    // A worker that comes late to one of the jobs above is awake once more.
    for (0..10_000) |_| {
        while (sleepers.load(.seq_cst) < started.load(.seq_cst)) std.atomic.spinLoopHint();
        var teams: u32 = 0;
        for (0..short_jobs_per_wake) |_| {
            const team = acquireAwake();
            teams += @intFromBool(team.threads > 1);
            release(team);
        }
        if (teams == 1) return;
    }
    return error.NobodySleeps;
}
