"""GFLOP/s of NumPy and PyTorch for some sizes; see matmul.ts."""

from common import serve, threads


def parse(text):
    parts = [int(part) for part in text.replace("×", "x").split("x")]
    return parts if len(parts) == 3 else parts * 3


def numpy_product(text):
    m, n, k = parse(text)
    a = numpy.random.standard_normal((m, k)).astype(numpy.float32)
    b = numpy.random.standard_normal((k, n)).astype(numpy.float32)
    c = numpy.empty((m, n), numpy.float32)
    return lambda: numpy.matmul(a, b, out=c), 2 * m * n * k


def torch_product(text):
    m, n, k = parse(text)
    a, b, c = torch.randn(m, k), torch.randn(k, n), torch.empty(m, n)
    return lambda: torch.mm(a, b, out=c), 2 * m * n * k


try:
    import numpy

    serve("NumPy", numpy_product)
except ImportError:
    pass
try:
    import torch

    torch.set_num_threads(threads)
    serve("PyTorch", torch_product)
except ImportError:
    pass
