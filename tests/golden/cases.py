"""How tensor.py states a case: operands, what is done with them, what must come out.

A file of cases is lines of JSON. The first line is the table of operands, each
`[dtype, shape, values]`. Every other line is a case:

    family  the test that runs it
    call    a method of the first argument, or with `free` a function of the module
    args    JSON; "$3" is operand 3, {"of": "$3", "views": [[method, ...args]]} a view of it
    expect  a tensor [dtype or null, shape, values], a list of them, a text or a truth value
    ulp     how far values may be off, in units in the last place; none: not at all
    abs     or by how much at most
    after   what the first argument's operand holds afterwards, where that changes
    oracle  "torch" where PyTorch was asked and not NumPy
"""

import json
import math

import numpy as np

f32 = np.float32
dtypes = ["float32", "float64", "int32", "uint8", "int8", "bool"]


class View:
    """An operand seen through view methods, and NumPy's opinion of what is seen."""

    def __init__(self, index, value, views=()):
        self.index, self.value, self.views = index, value, list(views)

    def see(self, value, method, *args):
        return View(self.index, value, self.views + [[method, *args]])

    @property
    def T(self):
        return self.see(self.value.T, "transpose")

    def permute(self, *axes):
        return self.see(self.value.transpose(axes), "permute", list(axes))

    def slice(self, *texts):
        return self.see(self.value[brackets(texts)], "slice", *texts)

    def expand(self, *shape):
        return self.see(np.broadcast_to(self.value, shape), "expand", list(shape))

    def encode(self):
        name = f"${self.index}"
        return {"of": name, "views": self.views} if self.views else name


def brackets(texts):
    """NumPy's index of texts as in `a[1:3, ::-1]`."""
    return eval(f"np.index_exp[{', '.join(texts)}]", {"np": np})


class Suite:
    def __init__(self):
        self.operands, self.indices, self.lines = [], {}, []

    def tensor(self, value, dtype=None):
        """The operand that holds a NumPy array; equal ones are written once."""
        value = np.asarray(value, dtype)
        entry = encode_array(value)
        key = json.dumps(entry)
        if key not in self.indices:
            self.indices[key] = len(self.operands)
            self.operands.append(entry)
        return View(self.indices[key], value)

    def case(self, family, call, args, expect, **more):
        line = {"family": family, "call": call, "args": encode_argument(args)}
        line["expect"] = encode_expected(expect)
        line.update({key: value for key, value in more.items() if value is not None})
        if "after" in line:
            line["after"] = encode_array(line["after"])
        self.lines.append(line)

    def write(self, file):
        with open(file, "w", encoding="utf-8") as out:
            for line in [self.operands, *self.lines]:
                out.write(json.dumps(line, separators=(",", ":"), allow_nan=False) + "\n")


class Loose:
    """An expected tensor of which the dtype is not NumPy's to say."""

    def __init__(self, value, dtype=None):
        self.value, self.dtype = value, dtype


def encode_argument(value):
    if isinstance(value, View):
        return value.encode()
    if isinstance(value, (list, tuple)):
        return [encode_argument(each) for each in value]
    if isinstance(value, dict):
        return {key: encode_argument(each) for key, each in value.items()}
    return encode_number(value) if isinstance(value, float) else value


def encode_expected(value):
    if isinstance(value, Loose):
        return [value.dtype, *encode_array(np.asarray(value.value))[1:]]
    if isinstance(value, (list, tuple)):
        return {"list": [encode_expected(each) for each in value]}
    if isinstance(value, (str, bool)):
        return {"is": value}
    return encode_array(np.asarray(value))


def encode_array(value):
    flat = value.reshape(-1)
    if value.dtype == np.float32:
        # The shortest text of a float32, which read as float64 rounds to the same.
        numbers = [float(str(x)) for x in flat]
    elif value.dtype == np.float64:
        numbers = [float(x) for x in flat]
    else:
        numbers = [int(x) for x in flat]
    return [str(value.dtype), list(value.shape), [encode_number(x) for x in numbers]]


def encode_number(x):
    """JSON has no NaN and no infinities, but it has -0.0; integers are shorter without ".0"."""
    if isinstance(x, int):
        return x
    if not math.isfinite(x):
        return "NaN" if math.isnan(x) else "Infinity" if x > 0 else "-Infinity"
    return int(x) if x.is_integer() and abs(x) < 2**53 and str(x) != "-0.0" else x


suite = Suite()
tensor, case = suite.tensor, suite.case
random = np.random.RandomState(20250314)  # a stream that NumPy promises to keep


def quarters(*shape, limit=32):
    """Float32 whose sums and products of a few are exact."""
    return tensor(random.randint(-limit, limit, shape) / 4, f32)


def positive(*shape):
    return tensor(random.randint(1, 40, shape) / 8, f32)


def integers(dtype, *shape):
    if dtype == "bool":
        return tensor(random.randint(0, 2, shape), dtype)
    low = 0 if dtype == "uint8" else -9
    return tensor(random.randint(low, 10, shape), dtype)


def any_dtype(dtype, *shape):
    return tensor(quarters(*shape).value, dtype) if "float" in dtype else integers(dtype, *shape)
