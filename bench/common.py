"""What the Python programs beside the benchmarks share; see common.ts."""

import json
import os
import sys
import time

SAMPLE_S = 50e-6
SAMPLES_MIN = 3
BUDGET_S = float(os.environ.get("ZIGTORCH_BENCH_MS", "300")) / 1000

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
    while len(samples) < SAMPLES_MIN or time.perf_counter() < end:
        seconds = seconds_of(call, calls)
        if seconds < SAMPLE_S:
            calls *= 2
        else:
            samples.append(seconds / calls)
    return min(samples)


def measure(name, task_of):
    """Prints a library's figures. A task is a call and its work, or None."""
    figures = []
    for text in sys.argv[1:]:
        task = task_of(text)
        figures.append(task[1] / fastest(task[0]) / 1e9 if task else None)
    print(json.dumps({name: figures}), flush=True)
