"""Calls a second of NumPy and PyTorch; see tensor.ts."""

from types import SimpleNamespace

import neural_network
from common import serve, threads


def tasks(randn, randint, network, names):
    """The cases of a library: what NumPy and PyTorch do not read the same is in `names`."""

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
        return lambda: names.add(a, row, out=out)

    def add_column_into(n):
        a, column, out = randn(n, n), randn(n, 1), randn(n, n)
        return lambda: names.add(a, column, out=out)

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

    def square(n):
        a = randn(n, n)
        return lambda: a**2

    def positive(n):
        a = randn(n, n)
        return lambda: a > 0

    def largest(n):
        a = randn(n, n)
        return lambda: a.argmax(0)

    def sum_ints(n):
        ints = randint(0, 100, n)
        return lambda: ints.sum(0)

    def all_rows(n):
        holds = randn(n, n) > -9
        return lambda: holds.all(0)

    def from_bytes(n):
        data = names.to_bytes(randint(0, 256, n))
        return lambda: names.to_floats(data)

    def to_ints(n):
        a = randn(n, n) * 100
        return lambda: names.to_ints(a)

    def join(n):
        a, b = randn(n, n), randn(n, n)
        return lambda: names.concat([a, b], 1)

    def rows(n):
        a, order = randn(n, n), randint(0, n, n)[0]
        return lambda: names.rows(a, order)

    def pick(n):
        a, places = randn(n, n), names.to_index(randint(0, n, n))
        return lambda: names.pick(a, places)

    def epoch(n):
        x, y = neural_network.make_moons(n, 0.15)
        net = network(32)
        points = net.take(x, y)
        return lambda: net.epoch(*points, 32, 0.5)

    return {
        "add": add, "addRow": add_row, "addColumn": add_column,
        "addRowInto": add_row_into, "addColumnInto": add_column_into, "sum0": total(0), "sum1": total(1),
        "batch": batch, "transposed": transposed, "square": square, "positive": positive, "largest": largest,
        "fromBytes": from_bytes, "toInts": to_ints, "sumInts": sum_ints, "allRows": all_rows, "join": join,
        "rows": rows, "pick": pick, "epoch": epoch,
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

    def integers(low, high, n):
        return numpy.random.randint(low, high, (n, n)).astype(numpy.int32)

    names = SimpleNamespace(
        add=numpy.add,
        concat=numpy.concatenate,
        rows=lambda a, order: numpy.take(a, order, 0),
        pick=lambda a, places: numpy.take_along_axis(a, places, 1),
        to_bytes=lambda a: a.astype(numpy.uint8),
        to_floats=lambda a: a.astype(numpy.float32),
        to_ints=lambda a: a.astype(numpy.int32),
        to_index=lambda a: a,
    )
    serve("NumPy", task_of(tasks(standard_normal, integers, neural_network.NumpyNetwork, names)))
except ImportError:
    pass
try:
    import torch

    torch.set_num_threads(threads)
    torch.set_grad_enabled(False)

    def ints(low, high, n):
        return torch.randint(low, high, (n, n), dtype=torch.int32)

    names = SimpleNamespace(
        add=torch.add,
        concat=torch.cat,
        rows=lambda a, order: a.index_select(0, order),
        pick=lambda a, places: a.gather(1, places),
        to_bytes=lambda a: a.to(torch.uint8),
        to_floats=lambda a: a.float(),
        to_ints=lambda a: a.int(),
        # PyTorch takes no other indices where each element has one.
        to_index=lambda a: a.long(),
    )
    serve("PyTorch", task_of(tasks(torch.randn, ints, neural_network.TorchNetwork, names)))
except ImportError:
    pass
