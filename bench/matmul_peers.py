"""GFLOP/s of NumPy and PyTorch for some sizes, a line of JSON each; see matmul.ts."""

import json
import os
import sys
import time


def parse(text):
    parts = [int(part) for part in text.replace("×", "x").split("x")]
    return parts if len(parts) == 3 else parts * 3


def fastest(call, flops):
    calls = max(1, round(4e6 / flops))
    best = float("inf")
    end = time.perf_counter() + 0.4
    while True:
        start = time.perf_counter()
        for _ in range(calls):
            call()
        now = time.perf_counter()
        best = min(best, (now - start) / calls)
        if now > end:
            return best


def measure(name, product_of):
    rates = []
    for text in sys.argv[1:]:
        m, n, k = parse(text)
        flops = 2 * m * n * k
        rates.append(flops / fastest(product_of(m, n, k), flops) / 1e9)
    print(json.dumps({name: rates}), flush=True)


def numpy_product(m, n, k):
    a = numpy.random.standard_normal((m, k)).astype(numpy.float32)
    b = numpy.random.standard_normal((k, n)).astype(numpy.float32)
    c = numpy.empty((m, n), numpy.float32)
    return lambda: numpy.matmul(a, b, out=c)


def torch_product(m, n, k):
    a, b, c = torch.randn(m, k), torch.randn(k, n), torch.empty(m, n)
    return lambda: torch.mm(a, b, out=c)


try:
    import numpy

    measure("NumPy", numpy_product)
except ImportError:
    pass
try:
    import torch

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    measure("PyTorch", torch_product)
except ImportError:
    pass
