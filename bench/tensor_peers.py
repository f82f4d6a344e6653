"""Calls a second of NumPy and PyTorch; see tensor.ts."""

import neural_network
from common import serve, threads


def tasks(randn, network, add_of):
    """The cases of a library, in which NumPy and PyTorch read the same."""

    def add(n):
        a, b = randn(n), randn(n)
        return lambda: a + b

    def add_row(n):
        a, row = randn(n, n), randn(n)
        return lambda: a + row

    def add_column(n):
        a, column = randn(n, n), randn(n, 1)
        return lambda: a + column

    def add_row_into(n):
        a, row, out = randn(n, n), randn(n), randn(n, n)
        return lambda: add_of(a, row, out=out)

    def add_column_into(n):
        a, column, out = randn(n, n), randn(n, 1), randn(n, n)
        return lambda: add_of(a, column, out=out)

    def total(axis):
        def of(n):
            a = randn(n, n)
            return lambda: a.sum(axis)

        return of

    def batch(n, count):
        a, b = randn(count, n, n), randn(count, n, n)
        return lambda: a @ b

    def transposed(n):
        a, b = randn(n, n), randn(n, n)
        return lambda: a.T @ b

    def epoch(n):
        x, y = neural_network.make_moons(n, 0.15)
        net = network(32)
        points = net.take(x, y)
        return lambda: net.epoch(*points, 32, 0.5)

    return {
        "add": add, "addRow": add_row, "addColumn": add_column,
        "addRowInto": add_row_into, "addColumnInto": add_column_into, "sum0": total(0), "sum1": total(1),
        "batch": batch, "transposed": transposed, "epoch": epoch,
    }


def task_of(makers):
    def of(text):
        name, sizes = text.split(":")
        numbers = [int(size) for size in reversed(sizes.split("x"))]
        return makers[name](*numbers), 1e9

    return of


try:
    import numpy

    def standard_normal(*shape):
        return numpy.random.standard_normal(shape).astype(numpy.float32)

    serve("NumPy", task_of(tasks(standard_normal, neural_network.NumpyNetwork, numpy.add)))
except ImportError:
    pass
try:
    import torch

    torch.set_num_threads(threads)
    torch.set_grad_enabled(False)
    serve("PyTorch", task_of(tasks(torch.randn, neural_network.TorchNetwork, torch.add)))
except ImportError:
    pass
