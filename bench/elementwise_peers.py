"""GB/s of NumPy, PyTorch and ONNX Runtime for the cases of elementwise.ts."""

from common import serve, threads

BINARY = {"add": "Add", "sub": "Sub", "mul": "Mul", "div": "Div", "pow": "Pow",
          "maximum": "Max", "minimum": "Min"}
UNARY = {"neg": "Neg", "abs": "Abs", "sqrt": "Sqrt", "reciprocal": "Reciprocal", "exp": "Exp",
         "log": "Log", "sin": "Sin", "cos": "Cos", "tan": "Tan", "tanh": "Tanh",
         "sigmoid": "Sigmoid", "relu": "Relu", "gelu": "Gelu", "softplus": "Softplus",
         "erf": "Erf", "floor": "Floor", "ceil": "Ceil", "round": "Round", "sign": "Sign",
         "expm1": None, "exp2": None, "log1p": None, "log2": None, "log10": None,
         "square": None, "rsqrt": None, "silu": None}
MATRIX = {"softmax": "Softmax", "logSoftmax": "LogSoftmax", "layerNorm": "LayerNormalization",
          "transpose": "Transpose"}


def parse(text):
    name, size = text.split(":")
    parts = [int(float(part)) for part in size.split("x")]
    if name in MATRIX:
        return name, (parts * 2)[:2]
    return name, [parts[0] * (parts[1] if len(parts) > 1 else 1)]


def bytes_of(name, shape):
    count = shape[0] * (shape[1] if len(shape) > 1 else 1)
    return 4 * count * (3 if name in BINARY else 2)


NUMPY_NAMES = {"abs": "absolute", "round": "rint", "pow": "power", "sub": "subtract",
               "mul": "multiply", "div": "divide", "neg": "negative"}


def numpy_task(text):
    name, shape = parse(text)
    a = numpy.random.standard_normal(shape).astype(numpy.float32)
    b = numpy.random.standard_normal(shape).astype(numpy.float32)
    a = numpy.abs(a) if name.startswith(("log", "sqrt", "rsqrt")) else a
    out = numpy.empty(shape[::-1] if name == "transpose" else shape, numpy.float32)
    if name == "transpose":
        call = lambda: numpy.copyto(out, a.T)
    elif name == "relu":
        call = lambda: numpy.maximum(a, numpy.float32(0), out=out)
    elif hasattr(numpy, NUMPY_NAMES.get(name, name)) and name in (*UNARY, *BINARY):
        function = getattr(numpy, NUMPY_NAMES.get(name, name))
        call = (lambda: function(a, b, out=out)) if name in BINARY else (lambda: function(a, out=out))
    else:
        return None
    return call, bytes_of(name, shape)


def torch_task(text):
    name, shape = parse(text)
    a, b = torch.randn(shape), torch.randn(shape)
    a = a.abs() if name.startswith(("log", "sqrt", "rsqrt")) else a
    out = torch.empty(shape[::-1] if name == "transpose" else shape)
    aten = torch.ops.aten
    special = {
        "transpose": lambda: out.copy_(a.T),
        "softmax": lambda: aten._softmax.out(a, 1, False, out=out),
        "logSoftmax": lambda: aten._log_softmax.out(a, 1, False, out=out),
        "layerNorm": lambda: torch.nn.functional.layer_norm(a, shape[1:]),
        "relu": lambda: torch.clamp_min(a, 0, out=out),
        "gelu": lambda: aten.gelu.out(a, out=out),
        "silu": lambda: aten.silu.out(a, out=out),
        "softplus": lambda: aten.softplus.out(a, out=out),
    }
    if name in special:
        return special[name], bytes_of(name, shape)
    function = getattr(torch, name, None)
    if function is None:
        return None
    call = (lambda: function(a, b, out=out)) if name in BINARY else (lambda: function(a, out=out))
    return call, bytes_of(name, shape)


# A model of one node in the wire format of ONNX (onnx.proto3): no package for that is needed.


def varint(value):
    low = bytes([value & 127 | (128 if value > 127 else 0)])
    return low + varint(value >> 7) if value > 127 else low


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def tensor_info(name, shape):
    dims = b"".join(field(1, field(1, size)) for size in shape)
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, dims)))


def model_of(operator, inputs, shape_out):
    node = b"".join(field(1, name) for name in inputs) + field(2, "out") + field(4, operator)
    graph = field(1, node) + field(2, "graph")
    graph += b"".join(field(11, tensor_info(name, shape)) for name, shape in inputs.items())
    graph += field(12, tensor_info("out", shape_out))
    return field(1, 9) + field(7, graph) + field(8, field(1, "") + field(2, 20))


def onnx_task(text):
    name, shape = parse(text)
    operator = {**BINARY, **UNARY, **MATRIX}.get(name)
    if operator is None:
        return None
    inputs = {"a": shape}
    if name in BINARY:
        inputs["b"] = shape
    if name == "layerNorm":
        inputs["weight"] = shape[1:]
    shape_out = shape[::-1] if name == "transpose" else shape
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(
        model_of(operator, inputs, shape_out), options, providers=["CPUExecutionProvider"])
    binding = session.io_binding()
    for key, size in inputs.items():
        values = numpy.random.standard_normal(size).astype(numpy.float32)
        values = numpy.abs(values) if name == "log" else values
        binding.bind_ortvalue_input(key, onnxruntime.OrtValue.ortvalue_from_numpy(values))
    out = onnxruntime.OrtValue.ortvalue_from_numpy(numpy.empty(shape_out, numpy.float32))
    binding.bind_ortvalue_output("out", out)
    return lambda: session.run_with_iobinding(binding), bytes_of(name, shape)


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
try:
    import numpy
    import onnxruntime

    serve("ONNX Runtime", onnx_task)
except ImportError:
    pass
