"""`ForeignCall`: functions of other compilers and libraries, called for arrays whose results have known lengths."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from theano.graph import Apply, Op
from theano.native import foreign
from theano.native.foreign import Foreign, Kind
from theano.tensor.type import TensorType
from theano.tensor.variable import as_tensor_variable

__all__ = ["ForeignCall"]


class ForeignCall(Op):
    """The results of a function of Numba or of ctypes (`theano.native.foreign` says what these must be).

    Parameters
    ----------
    fn
        The function.
    itypes, otypes
        Types of what it takes and gives.

    Notes
    -----
    Its inputs are those of the function, then the lengths of all results, one after the other.
    """

    __props__: ClassVar[tuple[str, ...]] = ("identity", "input_types", "output_types")
    folds_constants = False  # the function may have effects

    def __init__(self, fn: Any, itypes: Sequence[TensorType], otypes: Sequence[TensorType]) -> None:
        self.fn, self.identity = fn, foreign.identity(fn)
        self.input_types, self.output_types = tuple(itypes), tuple(otypes)

    @property
    def has_axes(self) -> bool:
        """Whether any result has lengths."""
        return any(t.ndim for t in self.output_types)

    @property
    def name(self) -> str:
        """The name of the function."""
        return getattr(self.fn, "__name__", "function")

    def __str__(self) -> str:
        return f"ForeignCall{{{self.name}}}"

    def make_node(self, *inputs: Any) -> Apply:
        n = len(self.input_types)
        if [v.type for v in inputs[:n]] != list(self.input_types):
            raise TypeError(f"{self.name} takes {self.input_types}, not {[v.type for v in inputs[:n]]}")
        lengths = [as_tensor_variable(v) for v in inputs[n:]]
        wanted = sum(t.ndim for t in self.output_types)
        if len(lengths) != wanted:
            raise ValueError(f"{self.name}: its results have {wanted} axes, but {len(lengths)} lengths are given")
        return Apply(self, [*inputs[:n], *lengths], [t() for t in self.output_types])

    def foreign(self) -> Foreign | None:
        """How programs call it; None where Numba has no such function."""
        kinds = [Kind(t.dtype, t.ndim) for t in (*self.input_types, *self.output_types)]
        n = len(self.input_types)
        return foreign.find(self.fn, kinds[:n], kinds[n:])

    def failure(self, status: int) -> Exception:
        """The error that a status stands for."""
        if status == foreign.OTHER_SHAPE and foreign.is_numba(self.fn):
            return ValueError(f"{self.name} has made an array of another shape than infer_shape says")
        return RuntimeError(f"{self.name} has failed, with status {status}")

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        n = len(self.input_types)
        lengths, shapes = [int(x) for x in inputs[n:]], []
        for t in self.output_types:
            shapes.append(tuple(lengths[: t.ndim]))
            del lengths[: t.ndim]
        results = self.numba(inputs[:n]) if foreign.is_numba(self.fn) else self._of_c(inputs[:n], shapes)
        for cell, result, shape in zip(output_storage, results, shapes, strict=True):
            if np.shape(result) != shape:
                raise self.failure(foreign.OTHER_SHAPE)
            cell[0] = result

    def numba(self, inputs: Sequence[Any]) -> list[Any]:
        """What a function of Numba returns for arrays.

        Raises
        ------
        ValueError
            More or fewer values than there are types.
        """
        made = self.fn(*(x[()] if x.ndim == 0 else x for x in map(np.asarray, inputs)))
        results = list(made) if isinstance(made, tuple) else [made]
        if len(results) != len(self.output_types):
            raise ValueError(
                f"{self.name} returned {len(results)} values, but the op has {len(self.output_types)} outputs"
            )
        # Numba returns Python's numbers for those of all widths.
        return [
            np.asarray(r, t.dtype) if isinstance(r, bool | int | float | complex) else r
            for r, t in zip(results, self.output_types, strict=True)
        ]

    def _of_c(self, inputs: Sequence[Any], shapes: Sequence[tuple[int, ...]]) -> list[np.ndarray]:
        found = self.foreign()
        assert found is not None  # functions of ctypes are called as they are
        outputs = [np.empty(shape, t.dtype) for shape, t in zip(shapes, self.output_types, strict=True)]
        status = found.run([np.array(x, order="C") for x in inputs], outputs)
        if status:
            raise self.failure(status)
        return outputs
