"""All operations of the scalar table over all dtypes, as they are lowered when no rewriting changes them."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.graph.op import evaluate
from theano.scalar.op import TABLE
from theano.scalar.rules import ComplexError
from theano.tensor.elemwise import Elemwise

DTYPES = ("bool", "int8", "uint64", "float16", "complex64")
FEW = ("bool", "int8", "complex64")  # for operations with three operands
NUMBERS = ([1, 2, 3, 4, 7], [2, 1, 3, 5, 2], [1, 3, 2, 2, 1])
OUTPUTS = 100  # of a function: one function for each output would take some minutes
PARTS = 4


def numbers(dtype: str, k: int) -> np.ndarray:
    """Some numbers for the k-th operand: none is zero, so all can be divided by."""
    made = np.array(NUMBERS[k])
    if dtype.startswith("c"):
        return np.asarray(made * 0.3 + 0.5j * made[::-1], dtype)
    return made.astype(dtype) if dtype[0] in "biu" else np.asarray(made * 0.3 - 0.37 * (k == 0), dtype)


def nodes(part: int) -> list[tuple[str, list[Any], Any]]:
    """Applications of a part of the operations to one, two or three operands, where there are such."""
    found = []
    for name in sorted(TABLE)[part::PARTS]:
        op = TABLE[name]
        count = op.nin if op.nin > 0 else 2
        for dtypes in itertools.product(DTYPES if count < 3 else FEW, repeat=count):
            inputs = [T.TensorType(dtype, (False,))() for dtype in dtypes]
            try:
                found.append((f"{name} of {', '.join(dtypes)}", inputs, Elemwise(op)(*inputs)))
            except (TypeError, ComplexError):
                continue  # the operation is not there for these dtypes
    return found


@pytest.mark.parametrize("part", range(PARTS))
def test_native_code_is_what_the_definition_says(part: int) -> None:
    mode = theano.Mode(linker=theano.config.linker, optimizer=None)
    made = nodes(part)
    for chunk in (made[k : k + OUTPUTS] for k in range(0, len(made), OUTPUTS)):
        inputs = [v for _, own, _ in chunk for v in own]
        values = [numbers(v.type.dtype, k) for _, own, _ in chunk for k, v in enumerate(own)]
        f = theano.function(inputs, [output for *_, output in chunk], mode=mode)
        assert f.is_native
        given = dict(zip(inputs, values, strict=True))
        for (name, own, output), got in zip(chunk, f(*values), strict=True):
            with np.errstate(all="ignore"):
                (wanted,) = evaluate([output], {v: given[v] for v in own})
            tolerance = {"float16": 1e-2, "float32": 1e-4, "complex64": 1e-4}.get(str(wanted.dtype), 1e-7)
            assert got.dtype == wanted.dtype, name
            np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance, err_msg=name)
