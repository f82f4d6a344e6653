"""Writes guide.jsonl: what the NumPy and PyTorch columns of the guide give, which must be the same.

    python3 tests/golden/guide.py
"""

import json
import os
import re

import numpy as np
import torch
import torch.nn.functional as F

here = os.path.dirname(os.path.abspath(__file__))
guide = os.path.join(here, "../../docs/coming-from-numpy-and-pytorch.md")


def operands(make, float32, int32):
    return {
        "a": make([[1, 2, 3], [4, 5, 6]], dtype=float32),
        "b": make([10, 20, 30], dtype=float32),
        "m": make([[1, 0], [0, 2], [1, 1]], dtype=float32),
        "i": make([2, 0], dtype=int32),
        "flags": make([True, False]),
    }


def value_of(line, names):
    """Of a statement nothing; of an expression what `tolist` makes of it, and what `a` is then.

    Python has no expression for seeding, so that is a statement in NumPy.
    """
    if " = " in re.sub(r"\w+=", "", line):
        exec(line, {"np": np, "torch": torch, "F": F})
        return None
    result = eval(line, {"np": np, "torch": torch, "F": F, **names})
    plain = result.tolist() if hasattr(result, "tolist") else result
    if isinstance(plain, tuple):
        plain = list(plain)
    seed = isinstance(result, torch.Generator)
    return None if seed else [plain, names["a"].tolist()]


lines = []
for row in open(guide, encoding="utf-8"):
    cells = [cell.strip() for cell in row.strip().strip("|").split("|")]
    if len(cells) != 4 or not cells[3].startswith("`"):
        continue
    numpy_line, torch_line, line = (cell.strip("`") for cell in cells[1:])
    of_numpy = value_of(numpy_line, operands(np.array, np.float32, np.int32))
    of_torch = value_of(torch_line, operands(torch.tensor, torch.float32, torch.int32))
    if (of_numpy is None) != (of_torch is None):
        raise SystemExit(f"{numpy_line} and {torch_line}: one has no value")
    if of_numpy is not None:
        for mine, other in zip(of_numpy, of_torch):
            same = np.allclose(np.array(mine, float), np.array(other, float))
            if np.shape(mine) != np.shape(other) or not same:
                raise SystemExit(f"{numpy_line} gives {mine}, {torch_line} {other}")
        lines.append({"line": line, "gives": of_numpy[0], "a": of_numpy[1]})
    else:
        lines.append({"line": line})

with open(os.path.join(here, "guide.jsonl"), "w", encoding="utf-8") as out:
    out.writelines(json.dumps(each) + "\n" for each in lines)
