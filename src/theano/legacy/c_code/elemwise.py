"""Element-wise functions of scalar operations that bring C code: the loop around it."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from theano.graph import MethodNotDefined
from theano.scalar.dtypes import COMPLEX
from theano.scalar.user import Scalar

__all__ = ["ElementwiseCode"]

_FAIL = (
    '{ if (!PyErr_Occurred()) PyErr_SetString(PyExc_RuntimeError, "Unexpected error in an Op\'s C code. No Python '
    'exception was set."); return 1; }'
)


class ElementwiseCode:
    """The C code of `Elemwise` of a scalar operation, in the form that ops have.

    Parameters
    ----------
    scalar_op
        It has `c_code` for numbers; its headers, support code and options are those of the whole.
    """

    def __init__(self, scalar_op: Any) -> None:
        self._scalar_op = scalar_op
        self.destroy_map: dict[int, list[int]] = {}

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("c_"):
            raise AttributeError(name)
        return getattr(self._scalar_op, name)

    def c_support_code_apply(self, node: Any, name: str) -> str:
        """A function of one element: pointers to the operands and to the result; 1 with an exception."""
        variables = [*node.inputs, *node.outputs]
        ins, out = [f"x{k}" for k in range(len(node.inputs))], "z"
        kinds = [f"npy_{v.type.dtype}" for v in variables]
        inner: Any = SimpleNamespace(
            op=self._scalar_op,
            inputs=[SimpleNamespace(type=Scalar(v.type.dtype), dtype=v.type.dtype) for v in node.inputs],
            outputs=[SimpleNamespace(type=Scalar(v.type.dtype), dtype=v.type.dtype) for v in node.outputs],
        )
        code = self._scalar_op.c_code(inner, name, ins, [out], {"fail": _FAIL})
        types = " ".join(f"typedef {kind} dtype_{n};" for kind, n in zip(kinds, [*ins, out]))
        parameters = ", ".join(f"const {kind} *p_{n}" for kind, n in zip(kinds, ins))
        values = " ".join(f"{kind} {n} = *p_{n};" for kind, n in zip(kinds, ins))
        return f"""
static inline int {name}_one({parameters}, {kinds[-1]} *p_{out}) {{
    {types}
    {values} {kinds[-1]} {out};
    {{ {code} }}
    *p_{out} = {out};
    return 0;
}}
"""

    def c_code(self, node: Any, name: str, ins: Sequence[str], outs: Sequence[str], sub: dict[str, str]) -> str:
        """A loop over all elements: straight where all operands are, else by NumPy's iterator.

        Raises
        ------
        MethodNotDefined
            C has no arithmetic of such numbers.
        """
        if any(v.type.dtype == "float16" or v.type.dtype in COMPLEX for v in (*node.inputs, *node.outputs)):
            raise MethodNotDefined("C has no arithmetic of these numbers")
        (out,), fail, n, ndim = outs, sub["fail"], len(ins), node.outputs[0].type.ndim
        kinds = [f"npy_{v.type.dtype}" for v in (*node.inputs, *node.outputs)]
        arrays = ", ".join(ins)
        straight = ", ".join(f"(const {kind} *)PyArray_DATA({x}) + i" for kind, x in zip(kinds, ins))
        strided = ", ".join(f"(const {kind} *)PyArray_MultiIter_DATA(it, {k})" for k, kind in enumerate(kinds[:-1]))
        checks = "".join(
            f"if (PyArray_DIM({x}, {k}) != it->dimensions[{k}]) {{ PyErr_Format(PyExc_ValueError, "
            f'"operands have different lengths along axis {k}: %zd and %zd", (Py_ssize_t)PyArray_DIM({x}, {k}), '
            f"(Py_ssize_t)it->dimensions[{k}]); Py_DECREF(it); {fail} }}\n"
            for x, v in zip(ins, node.inputs)
            for k, one in enumerate(v.type.broadcastable)
            if not one
        )
        same = " && ".join(f"PyArray_ISCARRAY_RO({x}) && PyArray_SIZE({x}) == size" for x in ins)
        return f"""
        PyArrayMultiIterObject *it = (PyArrayMultiIterObject *)PyArray_MultiIterNew({n}, {arrays});
        if (it == NULL) {fail}
        {checks}
        Py_XDECREF({out});
        {out} = (PyArrayObject *)PyArray_EMPTY({ndim}, it->dimensions, NPY_{node.outputs[0].type.dtype.upper()}, 0);
        if ({out} == NULL) {{ Py_DECREF(it); {fail} }}
        {kinds[-1]} *result = ({kinds[-1]} *)PyArray_DATA({out});
        npy_intp size = PyArray_SIZE({out});
        int failed = 0;
        if ({same})
            for (npy_intp i = 0; !failed && i < size; i++) failed = {name}_one({straight}, result + i);
        else
            for (npy_intp i = 0; !failed && i < size; i++) {{
                failed = {name}_one({strided}, result + i);
                PyArray_MultiIter_NEXT(it);
            }}
        Py_DECREF(it);
        if (failed) {fail}
        """
