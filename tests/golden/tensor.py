"""Writes tensor.jsonl: what Tensor must compute, from NumPy (and, for dtypes, from PyTorch).

    python3 tests/golden/tensor.py

The same versions write the same bytes: numpy 2.4.6, torch 2.13.0. cases.py says what a line holds.
"""

import os
import warnings

import compute
import dtypes
import move
from cases import suite

warnings.simplefilter("ignore", RuntimeWarning)  # of NaN, where NaN is the answer
compute.write()
move.write()
dtypes.write()
suite.write(os.path.join(os.path.dirname(os.path.abspath(__file__)), "tensor.jsonl"))
