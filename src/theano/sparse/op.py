"""The base class of operations that take or give sparse matrices.

A sparse matrix is four arrays: `data`, `indices`, `indptr` and `shape`. ``csm_properties(x)`` takes them out of a
variable, ``CSM(format)(data, indices, indptr, shape)`` makes one of them. Most operations are a few tensor expressions
over these arrays; `SparseOp.components` and `Op.decompose` say which, and so an operation becomes loops of the program
like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from theano.graph import MethodNotDefined, Op
from theano.scalar.dtypes import promote
from theano.sparse.type import SparseType
from theano.tensor.checks.assertion import Assert
from theano.tensor.type import tensor_type

Components = tuple[Any, Any, Any, Any]
"""`data` (a vector), `indices` and `indptr` (int32 vectors), `shape` (an int64 vector of two)."""


class SparseOp(Op):
    """Base of operations with a sparse input or output.

    A subclass defines `make_node`, `perform` (with SciPy: the reference meaning) and, so that compiled functions need
    neither SciPy nor Python for it, one of

    - `components`, if its only output is sparse;
    - `decompose`, if its outputs are dense.

    Both write the output in tensor expressions, over ``csm_properties`` of sparse inputs. `components` may give None
    where they are not known for such inputs.
    """

    #: The input whose structure the only output has.
    keeps_structure: int | None = None
    #: Whether an operation is replaced by what it stands for before the graph is rewritten.
    expands = True
    #: Whether element k of the only output is made of element k of an input, so that `L_op` may be given, and then
    #: gives back, the gradient of each element.
    keeps_elements = False
    #: Whether the elements of the only output are those of the inputs, some of them perhaps, in another order.
    moves_elements = False
    #: How `theano.sparse.gradients` answers for an operation.
    answer: ClassVar[Callable[[SparseOp, Sequence[Any], Sequence[Any], Sequence[Any]], Sequence[Any]]]

    def components(self, inputs: Sequence[Any]) -> Components | None:
        """The components of the sparse output, expressed by tensor operations (optional)."""
        raise MethodNotDefined(f"{type(self).__name__} does not define components")

    def sources(self, inputs: Sequence[Any], numbered: Sequence[Any]) -> Any:
        """The element that each element of the output is, where the operation `moves_elements`.

        Parameters
        ----------
        inputs
            Those of the operation.
        numbered
            The same, with sparse matrices whose elements are their numbers, counted through all of them.

        Returns
        -------
        vector of int64
            The number of an element of the inputs, for each element of the output.
        """
        found = self.components(numbered)
        assert found is not None
        return found[0]

    def L_op_of(
        self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any], wanted: Sequence[bool]
    ) -> Sequence[Any]:
        return SparseOp.answer(self, inputs, outputs, output_grads)


class SameShape(SparseOp):
    """An operation whose output has the shape of its first input."""

    def infer_shape(self, node: Any, shapes: Sequence[Any]) -> list[Any]:
        return [shapes[0]]


def sparse_output(format: str, dtype: str) -> Any:
    """A variable for a sparse result."""
    return SparseType(format, dtype).make_variable()


def dense_output(dtype: str, shape: Sequence[int | None]) -> Any:
    """A variable for a dense result whose axes have these lengths (None: unknown)."""
    return tensor_type(dtype, tuple(shape)).make_variable()


def upcast(*variables: Any) -> str:
    """The dtype of a result of operands of these dtypes."""
    return promote(*(v.type.dtype for v in variables))


def wanted_format(x: Any, *formats: str) -> None:
    """TypeError if a variable has none of the formats that an operation works on."""
    if x.type.format not in formats:
        raise TypeError(f"{x} has format {x.type.format}: this works on format {' and '.join(formats)}")


def requires(message: str, value: Any, *conditions: Any) -> Any:
    """The dense `value`; if a condition does not hold when the function runs, a ValueError with this message."""
    return Assert(message, ValueError)(value, *conditions)
