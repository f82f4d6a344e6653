//! Large operations whose elements or rows do not depend on each other: shared out among threads,
//! and past the caches where those cannot hold the result.
//!
//! A result does not show how it was cut: what a kernel gives for an element (or a row) is the same
//! wherever the call that computes it begins.

const ahead = @import("kernels/ahead.zig");
const memory = @import("memory.zig");
const pool = @import("pool.zig");
const stream = @import("kernels/stream.zig");
const table = @import("kernels/table.zig");

/// Less work is done before a thread that is awake has taken its share of it: some microseconds.
const shared_cycles_min = 1 << 14;
/// Less work takes less time than waking a thread does: some tens of microseconds.
const waking_cycles_min = 1 << 16;
/// So that a thread that comes late, or whose core is taken, leaves its share to the others.
const chunks_per_thread = 8;
/// Chunks begin and end with pages of the result, or close to it: threads do not write to the same
/// lines. In floats.
const page = 1024;

/// Whether so many floats, at so many cycles per vector of 16, are worth more than a plain call.
pub inline fn isLarge(floats: usize, cycles: u32) bool {
    return floats / 16 * cycles >= shared_cycles_min;
}

/// The threads for a result of so many floats, at so many cycles per vector of 16. They must be given
/// back to the pool.
pub fn teamFor(floats: usize, cycles: u32, caches: *const table.Caches) table.Team {
    if (!isLarge(floats, cycles)) return pool.alone;
    // The cycles are those of values in the caches.
    const is_long = floats / 16 * cycles >= waking_cycles_min or floats * @sizeOf(f32) > caches.l2;
    return if (is_long) pool.acquire() else pool.acquireAwake();
}

/// What of a result is on its way past the caches: the less, together with its inputs, the more of the
/// loads of one part overlap with the stores of the part before, and enough for a call not to show.
/// In floats; parts fill pages, or loads cross them.
pub const floats_past = 512;

pub const Unary = struct {
    const past = floats_past;
    kernel: table.UnaryFn,
    a: [*]const f32,
    first: f32,
    second: f32,

    fn fetch(task: *const Unary, start: usize, count: usize) void {
        ahead.fetchBlocks(1, task.a + start, count);
    }

    fn run(task: *const Unary, start: usize, count: usize, out: [*]f32) void {
        task.kernel(task.a + start, out, count, task.first, task.second);
    }
};

/// Inputs of an element-wise operation; bit i of `scalars` says that input i is one number.
fn Inputs(comptime count: usize) type {
    return struct {
        data: [count][*]const f32,
        scalars: u32,

        fn from(inputs: @This(), start: usize) [count][*]const f32 {
            var moved = inputs.data;
            inline for (&moved, 0..) |*data, i| {
                if (inputs.scalars & (1 << i) == 0) data.* += start;
            }
            return moved;
        }

        fn fetch(inputs: @This(), start: usize, floats: usize) void {
            inline for (inputs.data, 0..) |data, i| {
                if (inputs.scalars & (1 << i) == 0) ahead.fetchBlocks(count, data + start, floats);
            }
        }
    };
}

pub const Binary = struct {
    const past = floats_past / 2;
    kernel: table.BinaryFn,
    inputs: Operands,

    pub const Operands = Inputs(2);

    fn fetch(task: *const Binary, start: usize, count: usize) void {
        task.inputs.fetch(start, count);
    }

    fn run(task: *const Binary, start: usize, count: usize, out: [*]f32) void {
        const a, const b = task.inputs.from(start);
        task.kernel(a, b, out, count, task.inputs.scalars);
    }
};

pub const Ternary = struct {
    const past = floats_past / 4;
    kernel: table.TernaryFn,
    inputs: Operands,

    pub const Operands = Inputs(3);

    fn fetch(task: *const Ternary, start: usize, count: usize) void {
        task.inputs.fetch(start, count);
    }

    fn run(task: *const Ternary, start: usize, count: usize, out: [*]f32) void {
        const a, const b, const c = task.inputs.from(start);
        task.kernel(a, b, c, out, count, task.inputs.scalars);
    }
};

pub const RowWise = struct {
    kernel: table.RowWiseFn,
    a: [*]const f32,
    cols: usize,

    fn run(task: *const RowWise, start: usize, count: usize, out: [*]f32) void {
        task.kernel(task.a + start * task.cols, out, count, task.cols);
    }
};

pub const LayerNorm = struct {
    kernel: *const fn (*const table.LayerNorm) callconv(table.cc) void,
    norm: table.LayerNorm,

    fn run(task: *const LayerNorm, start: usize, count: usize, out: [*]f32) void {
        var part = task.norm;
        part.a += start * part.cols;
        part.out = out;
        part.rows = count;
        task.kernel(&part);
    }
};

/// A result of `items` elements (width 1) or rows (of `width` floats). Rows do not go past the
/// caches: they are written more than once, and not a line after the other (softmax lost 20 %).
pub const Result = struct {
    data: [*]f32,
    items: usize,
    width: usize = 1,
    /// About how many of a processor 16 floats take.
    cycles: u32,
    /// It is an input, too.
    in_place: bool = false,
};

/// Computes all items of a task's result.
pub fn run(
    kernels: *const table.KernelTable,
    caches: *const table.Caches,
    result: Result,
    task: anytype,
) void {
    const floats = result.items * result.width;
    const team = teamFor(floats, result.cycles, caches);
    defer pool.release(team);
    const far: Far = .{
        .result = result.data,
        .floats = floats,
        .run = floats,
        .threads = team.threads,
        .caches = caches,
    };
    const fits = !far.decide();
    const chunk = chunkOf(result, team.threads);
    var job: Job(@TypeOf(task)) = .{
        .task = task,
        .result = result,
        .chunk = chunk,
        .copy_past = if (fits or result.in_place) null else kernels.copy_past,
        .fetches = fetches(floats, caches),
    };
    const chunks = (result.items + chunk - 1) / chunk;
    team.run(@intCast(chunks), &job, &@TypeOf(job).runChunk);
}

/// What is asked about a result.
pub const Far = struct {
    result: [*]const f32,
    floats: usize,
    /// So many floats lie side by side: behind them another result may begin, as in a concatenation.
    run: usize,
    threads: usize = 1,
    caches: *const table.Caches,

    /// Whether it should go past the caches, which can't hold it with its input (that is at least as large),
    /// or would have to fetch its old contents from memory. Of what is not larger than the cores' own caches
    /// the next operation finds a part there: that is worth more. (600x600 and 776x776 floats, with 4 second
    /// caches as bound and with 2: relu on one thread 163 and 100 us, 383 and 183; four operations 944 and 892,
    /// 2038 and 1768; on two threads, with 2 for both, these took 372 and 524, 819 and 953.)
    /// To be asked once.
    pub fn decide(far: Far) bool {
        const bytes = 2 * far.floats * @sizeOf(f32);
        if (bytes > far.caches.l3) return true;
        return bytes > 2 * far.threads * far.caches.l2 and
            memory.takeCold(far.result, far.run * @sizeOf(f32));
    }
};

/// Whether inputs are fetched where a result of so many floats goes past the caches.
pub fn fetches(floats: usize, caches: *const table.Caches) bool {
    return caches.fetchOf(2 * floats * @sizeOf(f32)) == .pages;
}

/// Items of a chunk.
fn chunkOf(result: Result, threads: u32) usize {
    const shares = threads * chunks_per_thread;
    const unit = @max(page / result.width, 1);
    const share = (result.items + shares - 1) / shares;
    return (share + unit - 1) / unit * unit;
}

fn Job(comptime Task: type) type {
    return struct {
        task: Task,
        result: Result,
        chunk: usize,
        /// Given where the result goes past the caches.
        copy_past: ?table.CopyFn,
        /// Whether the inputs are fetched, too, where it does.
        fetches: bool,

        fn runChunk(context: *anyopaque, index: usize) callconv(table.cc) void {
            const job: *const @This() = @ptrCast(@alignCast(context));
            const start = index * job.chunk;
            const end = @min(start + job.chunk, job.result.items);
            if (@hasDecl(Task, "past")) {
                if (job.copy_past) |copy| return job.runPast(copy, start, end);
                return job.runFromLine(start, end);
            }
            job.task.run(start, end - start, job.result.data + start * job.result.width);
        }

        /// The elements before the first line of the cache on their own: stores across two lines take
        /// longer, and arrays of V8 begin 16 bytes behind one.
        fn runFromLine(job: *const @This(), start: usize, end: usize) void {
            const out = job.result.data + start;
            const head = @min(stream.headOf(out), end - start);
            if (head > 0) job.task.run(start, head, out);
            if (start + head < end) job.task.run(start + head, end - start - head, out + head);
        }

        fn runPast(job: *const @This(), copy: table.CopyFn, start: usize, end: usize) void {
            var buffer: [Task.past]f32 align(64) = undefined;
            var i = start;
            while (i < end) : (i += Task.past) {
                const count = @min(Task.past, end - i);
                if (job.fetches) job.task.fetch(i, count);
                job.task.run(i, count, &buffer);
                copy(&buffer, job.result.data + i, count);
            }
            stream.fence();
        }
    };
}
