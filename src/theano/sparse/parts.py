"""Compressed matrices as the arrays that compiled functions work with."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.graph.type import Parts
from theano.sparse.csm import CSMProperties, SoundCSM, csm_properties
from theano.sparse.op import SparseOp
from theano.sparse.type import SparseType
from theano.sparse.values import compressed
from theano.tensor.indexing.segments import OfLength, SoundRows
from theano.tensor.shaping.shape import MakeVector
from theano.tensor.type import TensorType
from theano.tensor.variable import constant

__all__: list[str] = []

_VECTOR, _NUMBER = TensorType("int32", (False,)), TensorType("int64", ())


class CompressedParts(Parts):
    """`data`, `indices`, `indptr`, and the shape, whose lengths are two numbers of their own."""

    spans = ((0, 1), (1, 1), (2, 1), (3, 2))

    def take(self, type: Any, variable: Any) -> list[Any]:
        return list(csm_properties(variable))

    def is_taken(self, op: Any) -> bool:
        return isinstance(op, CSMProperties)

    def make(self, type: Any, parts: list[Any]) -> Any:
        return SoundCSM(type.format)(*parts)

    def made_of(self, variable: Any) -> list[Any] | None:
        node = variable.owner
        return list(node.inputs) if node is not None and isinstance(node.op, SoundCSM) else None

    def expressed(self, op: Any, inputs: list[Any]) -> list[Any] | None:
        if not isinstance(op, SparseOp) or _class_of(op).components is SparseOp.components:
            return None
        found = op.components(inputs)
        return None if found is None else list(found)

    def of_constant(self, type: Any, value: Any) -> list[Any]:
        data, indices, indptr, *lengths = self.arrays(type, value)
        return self._sound(type, *map(constant, (data, indices, indptr)), *(constant(np.int64(n)) for n in lengths))

    def leaves(self, type: Any, name: str | None) -> list[Any]:
        kinds = (TensorType(type.dtype, (False,)), _VECTOR, _VECTOR, _NUMBER, _NUMBER)
        words = ("data", "indices", "indptr", "shape[0]", "shape[1]")
        return [kind.make_variable(f"{name}.{word}" if name else word) for kind, word in zip(kinds, words, strict=True)]

    def of_leaves(self, type: Any, leaves: list[Any]) -> list[Any]:
        return self._sound(type, *leaves)

    def _sound(self, type: Any, data: Any, indices: Any, indptr: Any, rows: Any, columns: Any) -> list[Any]:
        lines, width = (rows, columns) if type.format == "csr" else (columns, rows)
        indices, indptr, data = SoundRows()(indices, OfLength()(indptr, lines + 1), width, data)
        return [data, indices, indptr, MakeVector("int64")(rows, columns)]

    def arrays(self, type: Any, value: Any) -> list[Any]:
        return [value.data, value.indices, value.indptr, *value.shape]

    def value(self, type: Any, parts: list[Any]) -> Any:
        return compressed(type.format, *parts)


_class_of = type
SparseType.compressed = CompressedParts()
