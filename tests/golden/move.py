"""Cases that move data: views, slices, gather, joins, creation, and how arrays are printed."""

import numpy as np
import torch

from cases import Loose, any_dtype, brackets, case, f32, integers, quarters, random, tensor


def slice_cases():
    """All signs of start, stop and step on one axis, and mixtures on several."""
    bounds = ["", "0", "2", "7", "12", "-1", "-3", "-7", "-12"]
    lines = {length: quarters(length) for length in (7, 1, 0)}
    for length, some in ((7, bounds), (1, ["", "0", "1", "-1", "5"]), (0, ["", "0", "-2"])):
        for start in some:
            for stop in some:
                for step in ("", "1", "2", "-1", "-3"):
                    text = f"{start}:{stop}:{step}" if step else f"{start}:{stop}"
                    view = lines[length].slice(text)
                    case("slices", "slice", [lines[length], text], view.value)
    block = quarters(4, 5, 6)
    pieces = [":", "1:", ":-1", "::-1", "-2:", "3:0:-2", "1", "-1", "0:0", "::3", "2:1"]
    for _ in range(80):
        texts = [pieces[random.randint(len(pieces))] for _ in range(random.randint(1, 4))]
        case("slices", "slice", [block, *texts], block.value[brackets(texts)])
    for texts in (["..."], ["...", "1"], ["0", "..."], ["1:", "...", "::-1"], ["None", "1"],
                  ["1", "None", "2:"], ["...", "None"], [":", ":", ":", "None"]):
        case("slices", "slice", [block, *texts], block.value[brackets(texts)])
    once = block.slice("1:", "::-1", "::2")
    twice = once.slice("::2", "1:-1", "::-1")
    case("slices", "contiguous", [twice], twice.value)


def view_cases():
    a = quarters(2, 3, 4)
    for shape in ([24], [6, 4], [2, -1], [-1], [4, 3, 2], [1, 24, 1], [2, 3, 2, 2], [-1, 1]):
        for view in (a, a.T, a.slice("::-1")):
            case("views", "reshape", [view, shape], view.value.reshape(shape))
    for source, shape in ((tensor(f32(5)), [1, 1]), (tensor([f32(5)]), []), (tensor(np.zeros((0, 3), f32)), [3, 0]),
                          (tensor(np.zeros((0, 3), f32)), [0, 7])):
        case("views", "reshape", [source, shape], source.value.reshape(shape))
    for axes in ([0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0], [-1, 0, 1], [0, -1, -2]):
        case("views", "permute", [a, axes], a.value.transpose(axes))
        case("views", "transpose", [a, axes], a.value.transpose(axes))
    for view in (a, quarters(5), tensor(f32(2)), quarters(1, 3), a.slice("0")):
        case("views", "transpose", [view], view.value.T)
        case("views", "flatten", [view], view.value.reshape(-1))
    for view in (a, a.T):
        for start, end in ((0, 1), (1, 2), (0, -1), (1, -1), (2, 2), (-2, -1)):
            case("views", "flatten", [view, start, end], by_torch(view, lambda t: t.flatten(start, end)))
    squeezable = quarters(1, 3, 1, 2, 1)
    case("views", "squeeze", [squeezable], squeezable.value.squeeze())
    for axis in (0, 2, 4, -1, -3, -5):
        case("views", "squeeze", [squeezable, axis], squeezable.value.squeeze(axis))
    for axis in (0, 1, 2, 3, -1, -2, -4):
        case("views", "unsqueeze", [a, axis], np.expand_dims(a.value, axis))
    case("views", "unsqueeze", [tensor(f32(3)), 0], np.array([3], f32))
    row, column = quarters(1, 4), quarters(3, 1)
    for view, shape in ((row, [3, 4]), (column, [3, 4]), (row, [2, 3, 4]), (quarters(4), [3, 4]),
                        (tensor(f32(2)), [2, 2]), (quarters(1), [0]), (column.T, [5, 3]), (a, [2, 2, 3, 4])):
        case("views", "expand", [view, shape], np.broadcast_to(view.value, shape))
    case("views", "expand", [row, [3, -1]], np.broadcast_to(row.value, (3, 4)))


def piece_cases():
    a = quarters(4, 5, 6)
    for axis, length in ((0, 4), (1, 5), (2, 6), (-1, 6), (-3, 4)):
        for index in (0, 1, length - 1, -1, -length):
            case("pieces", "select", [a, axis, index], np.take(a.value, index, axis))
        for start, count in ((0, length), (1, 2), (length - 1, 1), (2, 0), (-2, 2)):
            case("pieces", "narrow", [a, axis, start, count], by_torch(a, lambda t: t.narrow(axis, start, count)))
        for size in (1, 2, 3, length, length + 3):
            case("pieces", "split", [a, size, axis], by_torch(a, lambda t: t.split(size, axis)))
            case("pieces", "chunk", [a, size, axis], by_torch(a, lambda t: t.chunk(size, axis)))
        sizes = [1, length - 3, 2]
        case("pieces", "split", [a, sizes, axis], by_torch(a, lambda t: t.split(sizes, axis)))
    case("pieces", "split", [a, 3], by_torch(a, lambda t: t.split(3)))
    case("pieces", "chunk", [a.T, 4], by_torch(a.T, lambda t: t.chunk(4)))


def by_torch(view, call):
    result = call(torch.from_numpy(np.ascontiguousarray(view.value)))
    if isinstance(result, tuple):
        return [each.contiguous().numpy() for each in result]
    return result.contiguous().numpy()


def index_cases():
    for dtype in ("float32", "int32", "bool"):
        a = any_dtype(dtype, 4, 5, 6)
        for view in (a, a.T, a.slice("::-1", ":", "::2")):
            shape = view.value.shape
            for axis in (0, 1, 2, -1):
                index = random.randint(0, shape[axis], 5)
                operand = tensor(index, "int32")
                expect = np.take(view.value, index, axis)
                case("indices", "indexSelect", [view, axis, operand], expect)
                case("indices", "indexSelect", [view, axis, index.tolist()], expect)
                smaller = [max(1, size - 1) for size in shape]
                smaller[axis] = 7
                at = random.randint(0, shape[axis], smaller)
                # As torch: the other axes of the index may be shorter than those of the tensor.
                base = view.value[tuple(slice(0, n) if i != axis % 3 else slice(None) for i, n in enumerate(smaller))]
                case("indices", "gather", [view, axis, tensor(at, "int32")], np.take_along_axis(base, at, axis))
    line = quarters(6)
    case("indices", "indexSelect", [line, 0, []], line.value[:0])
    case("indices", "gather", [line, 0, tensor([5, 0, 0, 3], "int32")], line.value[[5, 0, 0, 3]])
    block = quarters(2, 3, 4)
    for indices in ((0, 0, 0), (1, 2, 3), (-1, -3, -2)):
        case("indices", "at", [block.T.T, *indices], Loose(block.value[indices]))
        case("indices", "at", [block.T, *indices[::-1]], Loose(block.value[indices]))


def join_cases():
    for shapes, axes in (
        (([2, 3], [2, 3]), (0, 1, -1)), (([2, 3], [1, 3]), (0, -2)), (([2, 3], [2, 1], [2, 0]), (1,)),
        (([4], [2], [1]), (0,)), (([0, 3], [2, 3]), (0,)), (([2, 3, 4], [2, 5, 4]), (1, -2)),
    ):
        for axis in axes:
            parts = [quarters(*shape) for shape in shapes]
            case("joins", "concat", [parts, axis], np.concatenate([p.value for p in parts], axis), free=True)
    a, b = quarters(3, 4), quarters(4, 3)
    for parts in ([a, b.T], [a.T, b], [a.slice("::-1"), a], [a.slice(":", "::2"), a.slice(":", "1::2")]):
        values = [part.value for part in parts]
        case("joins", "concat", [parts], np.concatenate(values), free=True)
        case("joins", "stack", [parts], np.stack(values), free=True)
        for axis in range(-3, 3):
            case("joins", "stack", [parts, axis], np.stack(values, axis), free=True)
    case("joins", "stack", [[tensor(f32(1)), tensor(f32(2))]], np.array([1, 2], f32), free=True)
    shapes = [([3, 4], [3, 4], [3, 4]), ([3, 1], [4], [3, 4]), ([4], [3, 1], []), ([], [3], [2, 1]),
              ([2, 1, 1], [3, 1], [4]), ([0, 1], [3], [1])]
    for c, x, y in shapes:
        condition, a, b = integers("bool", *c), quarters(*x), quarters(*y)
        case("joins", "where", [condition, a, b], np.where(condition.value, a.value, b.value), free=True)
        expect = np.where(condition.value, a.value, f32(0))
        case("joins", "where", [condition, a, 0], expect, free=True)
    for dtype in ("int32", "bool", "float64"):
        x, y = any_dtype(dtype, 3, 4), any_dtype(dtype, 3, 4)
        condition = integers("bool", 4, 3).T
        case("joins", "where", [condition, x, y], np.where(condition.value, x.value, y.value), free=True)
        case("joins", "concat", [[x, y.slice("::-1")]], np.concatenate([x.value, y.value[::-1]]), free=True)


def closeness_cases():
    a = tensor([1, 2, np.inf, 0], f32)
    for b, options in (
        ([1, 2, np.inf, 0], {}), ([1.000005, 2, np.inf, 1e-9], {}), ([1.1, 2, np.inf, 0], {}),
        ([1.1, 2, np.inf, 0], {"rtol": 0.2}), ([1, 2, -np.inf, 0], {}), ([1, 2, np.inf, 0.01], {}),
        ([1, 2, np.inf, 0.01], {"atol": 0.1}), ([1, 2, np.nan, 0], {}), ([[1], [2]], {}),
    ):
        other = tensor(b, f32)
        expect = bool(np.allclose(a.value, other.value, **options))
        case("joins", "allclose", [a, other, options], expect, free=True)


def creation_cases():
    for shape in ([], [0], [3], [2, 3], [2, 0, 3], [1, 1]):
        case("creation", "zeros", [shape], np.zeros(shape, f32), free=True)
        case("creation", "ones", [shape], np.ones(shape, f32), free=True)
        for value in (2.5, -1, float("nan")):
            case("creation", "full", [shape, value], np.full(shape, value, f32), free=True)
    for n in (0, 1, 2, 5):
        case("creation", "eye", [n], np.eye(n, dtype=f32), free=True)
    for args in ([0], [1], [5], [2, 7], [7, 2], [0, 10, 3], [10, 0, -3], [-2, 2], [0, -5, -1], [5, 5],
                 [0, 1, 0.25], [0, 1, 0.1], [1.5], [1.5, 5], [0, 10, 20], [3, 0, -0.5]):
        case("creation", "arange", args, Loose(np.arange(*args, dtype=np.float64), "float32"), free=True, ulp=1)
    for args in ([0, 1, 5], [0, 1, 2], [0, 1, 1], [3, 9, 0], [-2, 2, 9], [5, 5, 3], [1, 0, 11], [0, 10, 101]):
        exact = np.linspace(*args)
        case("creation", "linspace", args, Loose(exact, "float32"), free=True, abs=2e-7 * max(map(abs, args[:2])))
    for nested in (5, [], [[], []], [1, 2, 3], [[1, 2], [3, 4]], [[[1], [2]], [[3], [4]]], [[1.5, -2.25]], [[[]]]):
        case("creation", "tensor", [nested], np.array(nested, f32), free=True)
    for dtype in ("float64", "int32", "uint8", "int8", "bool"):
        option = {"dtype": dtype}
        case("creation", "tensor", [[[1, 0], [3, 4]], option], np.array([[1, 0], [3, 4]], dtype), free=True)
        case("creation", "zeros", [[2, 2], option], np.zeros((2, 2), dtype), free=True)
        case("creation", "ones", [[2], option], np.ones(2, dtype), free=True)
        case("creation", "arange", [2, option], np.arange(2).astype(dtype), free=True)
    case("creation", "tensor", [[True, False]], np.array([True, False]), free=True)


def printing_cases():
    a = quarters(3, 4)
    arrays = [
        np.array(1.5), np.array([]), np.zeros((0, 3)), np.zeros((2, 0)), np.array([1, 2, 3]), [[1.5, -2.25], [3, 4]],
        [0.1, 0.2, 0.3], [1e10, 1], [1e-5, 1], [1e8, 1e-3], [np.nan, np.inf, -np.inf, 1], [np.nan], [-0.0, 0.0],
        [1 / 3, 2 / 3], [123456.789, 0.001], [1e20, -1e-20], [16777216, 0.5], [99999999, 1], [1e15, 1e16], [0.0001, 0.00001],
        [np.nan, 1e10], np.arange(24).reshape(2, 3, 4), np.arange(100) / 7, np.arange(1001), np.arange(2000).reshape(40, 50),
        np.arange(1200).reshape(2, 2, 300), np.arange(1000), np.ones((3, 1, 2)), np.linspace(-1, 1, 30).reshape(5, 6),
        np.arange(8).reshape(2, 2, 2, 1), [1e-40, 1e-45], [3.4e38], [100000, 0.1], [1e5, 1e-4], a.value.T, a.value[::-1, ::2],
    ]
    for array in arrays:
        print_case(tensor(array, f32))
    for dtype in ("int32", "uint8", "int8", "bool", "float64"):
        for value in (any_dtype(dtype, 2, 3).value, any_dtype(dtype, 4).value, np.zeros((0, 2), dtype),
                      np.array(1, dtype), any_dtype(dtype, 1, 30).value, np.arange(2000).reshape(2, 1000) % 3):
            print_case(tensor(value, dtype))
    for numbers in ([1000000, -1], [2**31 - 1, -(2**31)]):
        print_case(tensor(numbers, "int32"))
    print_case(tensor(np.arange(12).reshape(3, 4), "int32").T)


def print_case(operand):
    array = operand.value
    if array.dtype not in (np.float64, np.bool_):  # of which NumPy hides the dtype
        assert printed(array, "array", None) == repr(array), repr(array)
    case("printing", "toString", [operand], printed(array, "tensor", np.float32))


def printed(array, name, default):
    """As NumPy's repr, but for the name and the dtype that goes without saying."""
    prefix = name + "("
    text = np.array2string(array, separator=", ", prefix=prefix, suffix=")")
    text = prefix + (text if array.size else "[]")
    extras = []
    if array.size > 1000 or (array.size == 0 and array.ndim != 1):
        extras.append(f"shape={array.shape}")
    if array.dtype != default:
        extras.append(f"dtype={array.dtype}")
    if not extras:
        return text + ")"
    extra = ", ".join(extras) + ")"
    last_line = len(text) - text.rfind("\n")
    spacer = "\n" + " " * len(prefix) if last_line + len(extra) + 1 > 75 else " "
    return f"{text},{spacer}{extra}"


def write():
    slice_cases()
    view_cases()
    piece_cases()
    index_cases()
    join_cases()
    closeness_cases()
    creation_cases()
    printing_cases()
