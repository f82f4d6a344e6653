"""What the Python programs beside the benchmarks share; see common.ts."""

import json
import os
import sys
import time

SAMPLE_S = 50e-6
BUDGET_S = float(os.environ.get("ZIGTORCH_BENCH_MS", "25")) / 1000

threads = int(os.environ.get("OMP_NUM_THREADS", "1"))


def seconds_of(call, calls):
    start = time.perf_counter()
    for _ in range(calls):
        call()
    return time.perf_counter() - start


def fastest(call):
    """Seconds of the fastest call, from samples that are long enough for the clock."""
    end = time.perf_counter() + BUDGET_S
    calls = 1
    samples = []
    while not samples or time.perf_counter() < end:
        seconds = seconds_of(call, calls)
        if seconds < SAMPLE_S:
            calls *= 2
        else:
            samples.append(seconds / calls)
    return min(samples)


def serve(name, task_of):
    """Answers each case that is read with the figure of a library, if that is the one wanted.

    A task is a call and its work, or None.
    """
    if sys.argv[1] != name:
        return
    last = task = None
    for line in sys.stdin:
        text = line.strip()
        if text != last:
            task = None  # its memory first
            last, task = text, task_of(text)
        print(json.dumps(task[1] / fastest(task[0]) / 1e9 if task else None), flush=True)
