"""Cases that compute: arithmetic, comparisons, unary functions, reductions, products."""

import math

import numpy as np

from cases import Loose, any_dtype, case, f32, integers, positive, quarters, random, tensor

specials = [0.0, -0.0, 1.0, -1.0, 0.5, 3.25, -7.75, 1e-40, 1e30, -1e30, np.inf, -np.inf, np.nan]

# --- arithmetic and comparisons ------------------------------------------------------------------

arithmetic = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "maximum": np.maximum,
    "minimum": np.minimum,
}
comparisons = {
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
}
broadcasts = [
    ([3, 4], [3, 4]),
    ([3, 4], [4]),
    ([4], [3, 4]),
    ([3, 4], [3, 1]),
    ([3, 1], [3, 4]),
    ([3, 1], [1, 4]),
    ([1, 4], [3, 1]),
    ([], [3, 4]),
    ([3, 4], []),
    ([], []),
    ([2, 3, 4], [3, 1]),
    ([2, 1, 4], [3, 1]),
    ([1, 3, 1], [2, 1, 4]),
    ([5, 1, 1], [1, 1, 5]),
    ([2, 3, 1, 2], [3, 2]),
    ([0, 3], [1, 3]),
    ([0], [1]),
    ([1], [0]),
    ([2, 0, 3], [3]),
    ([1, 1, 1], [2]),
    ([17, 33], [33]),
]


def binary(call, numpy, a, b, **more):
    case("broadcasting", call, [a, b], numpy(a.value, getattr(b, "value", b)), **more)


def arithmetic_cases():
    for shape_a, shape_b in broadcasts:
        a, b = quarters(*shape_a, limit=12), quarters(*shape_b, limit=12)
        for call, numpy in {**arithmetic, **comparisons}.items():
            binary(call, numpy, a, b)
        base, exponent = positive(*shape_a), quarters(*shape_b, limit=12)
        power = np.float64(base.value) ** np.float64(exponent.value)
        case("broadcasting", "pow", [base, exponent], Loose(power, "float32"), ulp=2)


def special_cases():
    """All pairs of special values, as a column and a row; the extreme of two zeros is either."""
    column, row = tensor(np.reshape(specials, (-1, 1)), f32), tensor(specials, f32)
    plus_zero = tensor([x + 0.0 for x in specials if str(x) != "-0.0"], f32)
    for call, numpy in {**arithmetic, **comparisons}.items():
        is_extreme = call in ("maximum", "minimum")
        binary(call, numpy, plus_zero if is_extreme else column, plus_zero if is_extreme else row)


def number_cases():
    a = quarters(3, 4)
    for call, numpy in {**arithmetic, **comparisons}.items():
        for number in (2, -0.75, 0):
            binary(call, lambda x, y: numpy(x, f32(y)), a, number)
    for number in (2, 0.5, 0, -1):
        base = positive(3, 4)
        power = np.float64(base.value) ** number
        case("broadcasting", "pow", [base, number], Loose(power, "float32"), ulp=2)


def strided_cases():
    a, b = quarters(4, 3, 5), quarters(5, 3, 4)
    pairs = [
        (a, b.T),
        (a.T, b),
        (a.slice("::-1", ":", "::2"), b.T.slice(":", ":", "::-2")),
        (a.permute(1, 0, 2), b.permute(1, 2, 0)),
        (a.slice(":", "1:2", ":").expand(4, 3, 5), b.T),
        (a.slice("::2", "1", "1:4"), b.slice("2", "::-1", "0")),
        (a.T, a.T.slice("::-1")),
    ]
    for x, y in pairs:
        for call, numpy in {**arithmetic, **comparisons}.items():
            binary(call, numpy, x, y)


def in_place_cases():
    shapes = [
        ([3, 4], [3, 4]), ([3, 4], [4]), ([3, 4], [3, 1]), ([3, 4], []), ([2, 3, 4], [3, 1]),
        ([0, 4], [4]), ([], []),
    ]
    for call in ("add", "sub", "mul", "div"):
        for shape_a, shape_b in shapes:
            a, b = quarters(*shape_a), quarters(*shape_b)
            after = arithmetic[call](a.value, b.value)
            case("in place", f"{call}_", [a, b], after, after=after)
        for see in (
            lambda v: v.T,
            lambda v: v.slice("::-1", "1::2"),
            lambda v: v.slice("1"),
            lambda v: v.slice("::2", "3:0:-1"),
        ):
            base = quarters(4, 4)
            view, number = see(base), 1.5
            seen = arithmetic[call](view.value, f32(number))
            copy = base.value.copy()
            seen_of_copy = see(tensor_of(copy)).value
            seen_of_copy[...] = seen
            case("in place", f"{call}_", [view, number], seen, after=copy)
        square = quarters(4, 4)
        after = arithmetic[call](square.value, square.value.T)
        case("in place", f"{call}_", [square, square.T], after, after=after)


def tensor_of(array):
    """A view that writes to this very array."""
    view = tensor(array)
    view.value = array
    return view


# --- unary functions -----------------------------------------------------------------------------

vectorize = np.vectorize


def sigmoid(x):
    return np.where(x >= 0, 1 / (1 + np.exp(-np.abs(x))), np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))))


#: name: (float64 function, ulp)
unary = {
    "neg": (np.negative, None),
    "abs": (np.abs, None),
    "sqrt": (np.sqrt, None),
    "rsqrt": (lambda x: 1 / np.sqrt(x), 1),
    "reciprocal": (lambda x: 1 / x, None),
    "square": (np.square, None),
    "exp": (np.exp, 1),
    "exp2": (np.exp2, 1),
    "expm1": (np.expm1, 1),
    "log": (np.log, 1),
    "log2": (np.log2, 1),
    "log10": (np.log10, 1),
    "log1p": (np.log1p, 1),
    "sin": (np.sin, 1),
    "cos": (np.cos, 1),
    "tan": (np.tan, 2),
    "tanh": (np.tanh, 1),
    "sigmoid": (sigmoid, 1),
    "relu": (lambda x: np.maximum(x, 0), None),
    "gelu": (lambda x: x / 2 * vectorize(math.erfc)(-x / math.sqrt(2)), 2),
    "silu": (lambda x: x * sigmoid(x), 1),
    "softplus": (lambda x: np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0), 1),
    "erf": (vectorize(math.erf), 2),
    "floor": (np.floor, None),
    "ceil": (np.ceil, None),
    "round": (np.rint, None),
    "sign": (np.sign, None),
}
only_positive = ("sqrt", "rsqrt", "log", "log2", "log10", "log1p", "reciprocal")


def unary_cases():
    for call, (function, ulp) in unary.items():
        make = positive if call in only_positive else quarters
        a = make(5, 3, 4)
        views = [a, a.T, a.slice("::-2", "1:", "::-1"), a.slice("1"), a.permute(1, 0, 2), a.slice("2:2")]
        views += [make(), make(1, 7).expand(3, 7)]
        for view in views:
            exact = function(np.float64(view.value)) if view.value.size else view.value
            expect = f32(exact) if ulp is None else exact
            case("unary functions", call, [view], Loose(expect, "float32"), ulp=ulp)
    a = quarters(4, 6)
    for slope in (0.01, 0.25):
        exact = np.where(a.value >= 0, a.value, a.value * f32(slope))
        case("unary functions", "leakyRelu", [a.T, slope], Loose(exact.T, "float32"))
    for low, high in ((-2, 3.5), (0, 0), (-np.inf, 1)):
        case("unary functions", "clamp", [a.T, low, high], np.clip(a.value, f32(low), f32(high)).T)


def rows_cases():
    for shape in ([3, 4], [2, 3, 4], [5], [1, 4], [4, 1], [0, 3], [33, 17]):
        a = quarters(*shape)
        for axis in range(-len(shape), len(shape)):
            for view in {id(v): v for v in (a, a.slice("::-1"))}.values():
                x = np.float64(view.value)
                shifted = x - x.max(axis, keepdims=True) if x.size else x
                total = np.exp(shifted).sum(axis, keepdims=True)
                case("softmax", "softmax", [view, axis], Loose(np.exp(shifted) / total, "float32"), ulp=8)
                log = shifted - np.log(total)
                case("softmax", "logSoftmax", [view, axis], Loose(log, "float32"), abs=3e-5)


# --- reductions ----------------------------------------------------------------------------------


def reduce_exactly(call, x, axis, keepdims, correction):
    """In float64; the operands are such that sums are exact in float32 too."""
    x = x if x.dtype == bool else np.float64(x)
    options = {"axis": axis, "keepdims": keepdims}
    if call in ("var", "std"):
        return getattr(np, call)(x, ddof=correction or 0, **options)
    if call == "norm":
        return np.sqrt(np.sum(np.square(x), **options))
    return getattr(np, call)(x, **options)


#: name: ulp of the result; sums of quarters are exact
reductions = {
    "sum": None, "mean": 1, "max": None, "min": None, "prod": 8, "norm": 2,
    "all": None, "any": None, "var": 4, "std": 4,
}
reduced_shapes = {
    (2, 3, 4): [None, 0, 1, 2, -1, -2, -3, (0, 1), (0, 2), (1, 2), (-1, 0), (2, -3), (0, 1, 2)],
    (5,): [None, 0, -1],
    (3, 1): [None, 0, 1, (0, 1)],
    (1, 4): [0, -1],
    (0, 3): [None, 0, 1],
    (2, 0): [1],
    (2, 3, 2, 3): [(1, 3), (0, 2), (3, 0), (0, 1, 3), 2],
    (19, 150): [0, 1],
}


def reduction_case(call, a, axis, keepdims, correction):
    if call in ("max", "min") and reduces_nothing(a.value.shape, axis):
        return
    with np.errstate(all="ignore"):
        exact = reduce_exactly(call, a.value, axis, keepdims, correction)
    dtype = "bool" if call in ("all", "any") else "float32"
    ulp = reductions[call]
    if call == "prod" and a.value.size > 1000:
        return  # overflows
    options = {}
    if keepdims:
        options["keepdims"] = True
    if correction is not None:
        options["correction"] = correction
    args = [a] if axis is None and not options else [a, [*axis] if isinstance(axis, tuple) else axis]
    case("reductions", call, args + ([options] if options else []), Loose(exact, dtype), ulp=ulp)


def reduces_nothing(shape, axis):
    axes = range(len(shape)) if axis is None else np.atleast_1d(axis)
    return 0 in [shape[i] for i in axes]


def reduction_cases():
    for shape, axes in reduced_shapes.items():
        a = quarters(*shape, limit=8)
        a = a if a.value.size else tensor(a.value)
        for call in reductions:
            corrections = (None, 1) if call in ("var", "std") else (None,)
            operand = integers("bool", *shape) if call in ("all", "any") else a
            for axis in axes:
                for keepdims in (False,) if axis is None else (False, True):
                    for correction in corrections:
                        reduction_case(call, operand, axis, keepdims, correction)
    base = quarters(4, 6, 5, limit=8)
    views = [base.T, base.slice("::-1", "::2", "1:4"), base.permute(1, 2, 0), base.slice("0").expand(3, 6, 5)]
    for view in views:
        for call in ("sum", "max", "var", "norm", "mean"):
            for axis in (0, 1, 2, (0, 2)):
                reduction_case(call, view, axis, False, None)


def nan_reduction_cases():
    a = quarters(3, 4).value.copy()
    a[1, 2] = np.nan
    a[2, 0] = np.inf
    for call in ("sum", "mean", "max", "min", "prod", "norm"):
        for axis in (0, 1, None):
            case("reductions", call, [tensor(a)] + ([] if axis is None else [axis]),
                 Loose(reduce_exactly(call, a, axis, False, None), "float32"), ulp=reductions[call])


def arg_reduction_cases():
    ties = tensor(random.randint(0, 3, (3, 4, 5)), f32)
    with_nan = ties.value.copy()
    with_nan[1, 2, 3] = with_nan[1, 0, 3] = with_nan[2, 2, 0] = np.nan
    zeros = tensor([[0.0, -0.0, 0.0], [-0.0, 0.0, -0.0]], f32)
    ints = integers("int32", 3, 4)
    for a in (ties, tensor(with_nan), ties.T, ties.slice("::-1", "1:", "::-2"), zeros, ints,
              quarters(1, 3), quarters(7), quarters(7).slice("::-1")):
        ndim = a.value.ndim
        for call in ("argmax", "argmin"):
            numpy = getattr(np, call)
            case("arg reductions", call, [a], Loose(numpy(a.value)))
            for axis in range(-ndim, ndim):
                case("arg reductions", call, [a, axis], Loose(numpy(a.value, axis), "int32"))
                kept = numpy(a.value, axis, keepdims=True)
                case("arg reductions", call, [a, axis, {"keepdims": True}], Loose(kept, "int32"))


# --- matrix products -----------------------------------------------------------------------------


def matmul_cases():
    shapes = [
        ([3], [3]), ([2, 3], [3]), ([3], [3, 4]), ([2, 3], [3, 4]), ([1, 1], [1, 1]),
        ([5, 2, 3], [3, 4]), ([2, 3], [5, 3, 4]), ([5, 2, 3], [5, 3, 4]), ([5, 1, 2, 3], [4, 3, 2]),
        ([1, 2, 3], [5, 3, 4]), ([2, 1, 2, 3], [1, 3, 3, 2]), ([5, 2, 3], [3]), ([3], [5, 3, 4]),
        ([0, 3], [3, 4]), ([2, 0], [0, 4]), ([2, 3], [3, 0]), ([0, 2, 3], [3, 4]), ([0], [0]),
        ([0, 2, 3], [1, 3, 2]), ([17, 33], [33, 19]), ([3, 16, 16], [3, 16, 16]), ([1, 65], [65, 1]),
    ]
    for shape_a, shape_b in shapes:
        a, b = quarters(*shape_a, limit=8), quarters(*shape_b, limit=8)
        case("matmul", "matmul", [a, b], np.matmul(a.value, b.value))
    a, b = quarters(6, 8, limit=8), quarters(6, 8, limit=8)
    c = quarters(3, 6, 8, limit=8)
    pairs = [
        (a.T, b), (a, b.T), (a.T, b.T.slice(":6").T), (a.slice("::2"), b.slice("::-1").T),
        (a.slice(":", "::2"), b.slice(":", "1::2").T), (a.slice("1:4", "2:6"), b.slice("0:4")),
        (a.slice("::-1", "::-1"), b.T), (a.slice("0"), b.T), (a, b.slice("3")),
        (c.permute(0, 2, 1), c), (c, c.permute(0, 2, 1)), (c, a.T), (c.slice("::-1", "1:3"), a.T),
        (c.slice("1:2").expand(3, 6, 8), c.permute(0, 2, 1)), (c.permute(2, 0, 1), c.permute(2, 1, 0)),
        (a.slice("0:1").expand(5, 8), b.T), (a.slice(":", "1:2").expand(6, 8), b.T),
    ]
    for x, y in pairs:
        case("matmul", "matmul", [x, y], np.matmul(x.value, y.value))
    for dtype in ("float64", "int32", "int8", "uint8"):
        x, y = any_dtype(dtype, 3, 4), any_dtype(dtype, 4, 2)
        case("matmul", "matmul", [x, y], np.matmul(x.value, y.value))


def write():
    with np.errstate(all="ignore"):
        arithmetic_cases()
        special_cases()
        number_cases()
        strided_cases()
        in_place_cases()
        unary_cases()
        rows_cases()
        reduction_cases()
        nan_reduction_cases()
        arg_reduction_cases()
        matmul_cases()
