"""GB/s of NumPy and PyTorch for the cases of reductions.ts."""

from common import serve, threads


def parse(text):
    which, size = text.split(":")
    name, *axis = which.split("/")
    shape = [int(float(part)) for part in size.split("x")]
    count = shape[0] * (shape[1] if len(shape) > 1 else 1)
    work = 4 * count * (2 if name == "dot" else 1)
    return name, int(axis[0]) if axis else None, shape, work


def numpy_task(text):
    name, axis, shape, work = parse(text)
    a = numpy.random.standard_normal(shape).astype(numpy.float32)
    b = numpy.random.standard_normal(shape).astype(numpy.float32)
    if name == "dot":
        return lambda: numpy.dot(a, b), work
    if name == "norm":
        return lambda: numpy.linalg.norm(a, axis=axis), work
    function = getattr(numpy, {"variance": "var"}.get(name, name))
    if axis is None:
        return lambda: function(a), work
    out = numpy.empty(shape[1 - axis], numpy.float32)
    return lambda: function(a, axis=axis, out=out), work


def torch_task(text):
    name, axis, shape, work = parse(text)
    a, b = torch.randn(shape), torch.randn(shape)
    if name == "dot":
        return lambda: torch.dot(a, b), work
    if name == "norm":
        return lambda: torch.linalg.vector_norm(a, dim=axis), work
    if name in ("variance", "std"):
        function = {"variance": torch.var, "std": torch.std}[name]
        return lambda: function(a, dim=axis, correction=0), work
    if axis is not None and name in ("max", "min"):
        function = {"max": torch.amax, "min": torch.amin}[name]
        return lambda: function(a, dim=axis), work
    function = getattr(torch, name)
    return (lambda: function(a)) if axis is None else (lambda: function(a, dim=axis)), work


try:
    import numpy

    serve("NumPy", numpy_task)
except ImportError:
    pass
try:
    import torch

    torch.set_num_threads(threads)
    serve("PyTorch", torch_task)
except ImportError:
    pass
