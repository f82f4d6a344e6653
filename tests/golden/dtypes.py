"""Cases of dtypes: promotion, conversion and integers, as PyTorch has them within six dtypes.

Where PyTorch answers with int16 or int64, which Tensor lacks, int32 is expected.
"""

import numpy as np
import torch

from cases import Loose, any_dtype, case, dtypes, f32, integers, quarters, random, tensor

names = {
    torch.float32: "float32", torch.float64: "float64", torch.int32: "int32", torch.int16: "int32",
    torch.int64: "int32", torch.uint8: "uint8", torch.int8: "int8", torch.bool: "bool",
}
operations = {
    "add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div,
    "maximum": torch.maximum, "minimum": torch.minimum,
    "eq": torch.eq, "ne": torch.ne, "lt": torch.lt, "le": torch.le, "gt": torch.gt, "ge": torch.ge,
}


def asked(view):
    return torch.from_numpy(np.array(view.value)) if hasattr(view, "views") else view


def torch_case(family, call, function, args, **more):
    """Nothing where PyTorch refuses."""
    try:
        result = function(*map(asked, args))
    except (RuntimeError, TypeError):
        return
    expect = Loose(result.numpy().astype(names[result.dtype]), names[result.dtype])
    case(family, call, args, expect, oracle="torch", **more)


def promotion_cases():
    operands = {dtype: any_dtype(dtype, 2, 3) for dtype in dtypes}
    scalars = {dtype: any_dtype(dtype) for dtype in dtypes}
    for first in dtypes:
        for second in dtypes:
            for call in ("add", "sub", "mul", "div", "maximum", "lt", "eq"):
                args = [operands[first], operands[second]]
                torch_case("promotion", call, operations[call], args)
            # A tensor of no axes does not widen others of its category.
            for call in ("add", "mul", "div", "gt"):
                torch_case("promotion", call, operations[call], [operands[first], scalars[second]])
                torch_case("promotion", call, operations[call], [scalars[first], operands[second]])
            torch_case("promotion", "add", torch.add, [scalars[first], scalars[second]])


def number_cases():
    for dtype in dtypes:
        operand = any_dtype(dtype, 2, 3)
        for number in (3, 0.5, -2.25, 1):
            for call in ("add", "sub", "mul", "div", "ne", "le"):
                torch_case("promotion", call, operations[call], [operand, number])


def integer_cases():
    """Integers wrap around, divide to float32 and have exact powers."""
    extremes = {
        "int8": [-128, -127, -1, 0, 1, 2, 100, 127],
        "uint8": [0, 1, 2, 100, 127, 128, 254, 255],
        "int32": [-(2**31), -(2**31) + 1, -1, 0, 1, 46341, 2**30, 2**31 - 1],
    }
    for dtype, values in extremes.items():
        row = tensor(values, dtype)
        column = tensor(np.reshape(values, (-1, 1)), dtype)
        for call, function in operations.items():
            torch_case("integers", call, function, [column, row], ulp=None)
        torch_case("integers", "abs", torch.abs, [row])
        torch_case("integers", "neg", torch.neg, [row])
        torch_case("integers", "square", torch.square, [row])
        for call in ("sign", "relu", "floor", "ceil", "round"):
            torch_case("integers", call, getattr(torch, call), [row])
        small = tensor([0, 1, 2, 3], dtype)
        torch_case("integers", "pow", torch.pow, [small, 3])
        torch_case("integers", "pow", torch.pow, [tensor([[2], [3]], dtype), small])
        for call in ("exp", "sqrt", "sin", "tanh", "sigmoid", "erf"):
            torch_case("integers", call, getattr(torch, call), [small], ulp=3)


def reduction_cases():
    for dtype in ("int32", "uint8", "int8", "bool", "float64"):
        a = any_dtype(dtype, 3, 4)
        for view in (a, a.T, a.slice("::-1")):
            for axis in (0, 1):
                for call in ("sum", "prod"):
                    torch_case("integers", call, getattr(torch, call), [view, axis])
                for call in ("max", "min"):
                    expect = getattr(np, call)(view.value, axis)
                    case("integers", call, [view, axis], expect)
                for call in ("all", "any"):
                    case("integers", call, [view, axis], getattr(np, call)(view.value, axis))
                mean = np.mean(view.value, axis)
                case("integers", "mean", [view, axis], Loose(mean, names[torch.float64] if dtype == "float64" else "float32"), ulp=1)
            case("integers", "sum", [view], Loose(view.value.sum()))
            case("integers", "max", [view], Loose(view.value.max()))


def float64_cases():
    """Float64 keeps what float32 would lose."""
    a, b = (tensor(random.standard_normal((3, 4))) for _ in range(2))
    for call, function in operations.items():
        torch_case("float64", call, function, [a, b.slice("::-1")])
    for call in ("exp", "log1p", "sin", "tanh", "sqrt", "sigmoid", "abs", "floor", "square"):
        operand = tensor(np.abs(a.value))
        torch_case("float64", call, getattr(torch, call), [operand.T], abs=1e-14)
    for call in ("sum", "mean", "prod", "var", "std"):
        for axis in (0, 1, [0, 1]):
            axes = tuple(axis) if isinstance(axis, list) else axis
            expect = getattr(np, call)(a.value, axis=axes)
            case("float64", call, [a, axis], Loose(expect, "float64"), abs=1e-14)
    case("float64", "matmul", [a, b.T], a.value @ b.value.T, abs=1e-14)
    softmax = torch.softmax(torch.from_numpy(a.value), 1).numpy()
    case("float64", "softmax", [a, 1], softmax, abs=1e-15)


def conversion_cases():
    for source in dtypes:
        for target in dtypes:
            a = integers(source, 3, 4) if "float" not in source else tensor(np.abs(quarters(3, 4).value), source)
            for view in (a, a.T):
                function = lambda t: t.to(getattr(torch, target))
                try:
                    result = function(asked(view)).numpy()
                except RuntimeError:
                    continue
                case("conversion", "to", [view, target], result, oracle="torch")
    wide = tensor([300, -1, 256, 127, 128, -129], "int32")
    for target in ("int8", "uint8", "bool"):
        case("conversion", "to", [wide, target], torch.tensor(wide.value).to(getattr(torch, target)).numpy())
    fine = tensor([1 / 3, 1e-50, 1e300, -2.5], "float64")
    case("conversion", "to", [fine, "float32"], fine.value.astype(f32))
    case("conversion", "to", [tensor([0.0, -0.0, 0.5, np.nan], f32), "bool"], np.array([False, False, True, True]))


def write():
    with np.errstate(all="ignore"):
        promotion_cases()
        number_cases()
        integer_cases()
        reduction_cases()
        float64_cases()
        conversion_cases()
