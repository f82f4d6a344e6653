"""GFLOP/s of NumPy and PyTorch for some sizes; see matmul.ts."""

from common import serve, threads


def parse(text):
    size, _, transposed = text.partition(":")
    parts = [int(part) for part in size.replace("×", "x").split("x")]
    return *(parts if len(parts) == 3 else parts * 3), "a" in transposed, "b" in transposed


def operand(make, rows, cols, is_transposed):
    return make(cols, rows).T if is_transposed else make(rows, cols)


def numpy_matrix(rows, cols):
    return numpy.random.standard_normal((rows, cols)).astype(numpy.float32)


def numpy_product(text):
    m, n, k, transpose_a, transpose_b = parse(text)
    a = operand(numpy_matrix, m, k, transpose_a)
    b = operand(numpy_matrix, k, n, transpose_b)
    c = numpy.empty((m, n), numpy.float32)
    return lambda: numpy.matmul(a, b, out=c), 2 * m * n * k


def torch_product(text):
    m, n, k, transpose_a, transpose_b = parse(text)
    a = operand(torch.randn, m, k, transpose_a)
    b = operand(torch.randn, k, n, transpose_b)
    c = torch.empty(m, n)
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
