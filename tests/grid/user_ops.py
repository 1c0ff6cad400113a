"""Operations of users, of every kind: each is as good a citizen of the grid as those that are declared."""

from __future__ import annotations

import ctypes
import functools
from typing import Any

import numpy as np

import theano
import theano.scalar as s
import theano.tensor as T
from tests.compile.test_c_code import Affine, Counted, Limits, Scaled
from tests.gradient_examples import Example, M, V, W
from theano.compile import as_op
from theano.graph import Apply, Op
from theano.legacy.c_code import compiler
from theano.loops import expr as ex
from theano.lower.ops.registry import lowers
from theano.lower.state import body
from theano.tensor.foreign import ForeignCall


class _Same(Op):
    """Of an array another one of its type."""

    __props__: tuple[str, ...] = ()

    def make_node(self, x: Any) -> Apply:
        x = T.as_tensor_variable(x)
        return Apply(self, [x], [x.type()])

    def infer_shape(self, node: Any, shapes: Any) -> Any:
        return shapes


class Thrice(_Same):
    """By `perform` only."""

    def perform(self, node: Any, inputs: Any, outputs: Any) -> None:
        outputs[0][0] = (inputs[0] + inputs[0] + inputs[0]).astype(inputs[0].dtype)

    def grad(self, inputs: Any, gs: Any) -> Any:
        return [gs[0] * 3]

    def R_op(self, inputs: Any, directions: Any) -> Any:
        return [directions[0] * 3]


class InPlace(Thrice):
    """In the memory of its input, as `destroy_map` says."""

    destroy_map = {0: [0]}

    def perform(self, node: Any, inputs: Any, outputs: Any) -> None:
        inputs[0][...] = (inputs[0] + inputs[0] + inputs[0]).astype(inputs[0].dtype)
        outputs[0][0] = inputs[0]


class Turned(_Same):
    """A view of its input, as `view_map` says."""

    view_map = {0: [0]}

    def make_node(self, x: Any) -> Apply:
        x = T.as_tensor_variable(x)
        return Apply(self, [x], [x.T.type()])

    def perform(self, node: Any, inputs: Any, outputs: Any) -> None:
        outputs[0][0] = inputs[0].T

    def infer_shape(self, node: Any, shapes: Any) -> Any:
        return [shapes[0][::-1]]

    def grad(self, inputs: Any, gs: Any) -> Any:
        return [gs[0].T]

    def R_op(self, inputs: Any, directions: Any) -> Any:
        return [directions[0].T]


class Typed(Op):
    """By `itypes` and `otypes`, with two outputs and no `infer_shape`."""

    __props__ = ()
    itypes = [T.dvector, T.dvector]
    otypes = [T.dvector, T.dscalar]

    def perform(self, node: Any, inputs: Any, outputs: Any) -> None:
        outputs[0][0], outputs[1][0] = np.concatenate(inputs), np.asarray(inputs[0].sum())

    def L_op(self, inputs: Any, outputs: Any, gs: Any) -> Any:
        n = inputs[0].shape[0]
        return [gs[0][:n] + gs[1], gs[0][n:]]


class ByThunk(_Same):
    """By `make_thunk`."""

    def make_thunk(self, node: Any, storage_map: Any, compute_map: Any, no_recycling: Any, impl: Any = None) -> Any:
        source, target = storage_map[node.inputs[0]], storage_map[node.outputs[0]]

        def thunk() -> None:
            target[0] = np.array(source[0][::-1])

        return thunk


class Decomposed(_Same):
    """In terms of other operations."""

    def decompose(self, inputs: Any) -> Any:
        return [inputs[0] * inputs[0] + inputs[0]]

    def grad(self, inputs: Any, gs: Any) -> Any:
        return [gs[0] * (2 * inputs[0] + 1)]

    def R_op(self, inputs: Any, directions: Any) -> Any:
        return [directions[0] * (2 * inputs[0] + 1)]


class Lowered(Thrice):
    """With a lowering of its own."""


@lowers(Lowered)
def _lower(b: Any, node: Any, inputs: Any) -> Any:
    (x,) = inputs
    if x.type not in ("f32", "f64"):
        return None
    (element,) = body.elements(inputs)
    return [b.pointwise(x.type, x.dims, [x], element + element + element)]


class InC(Thrice):
    """By C code."""

    def c_code(self, node: Any, name: Any, inputs: Any, outputs: Any, sub: Any) -> str:
        if node.inputs[0].type.dtype in ("float16", "bool", "complex64", "complex128"):
            raise NotImplementedError
        (x,), (z,) = inputs, outputs
        return f"""
        Py_XDECREF({z});
        {z} = (PyArrayObject *)PyArray_EMPTY(PyArray_NDIM({x}), PyArray_DIMS({x}), PyArray_TYPE({x}), 0);
        if ({z} == NULL) {sub["fail"]};
        for (npy_intp i = 0; i < PyArray_SIZE({x}); i++)
            ((dtype_{z} *)PyArray_DATA({z}))[i] = 3 * ((dtype_{x} *)PyArray_DATA({x}))[i];
        """

    def c_code_cache_version(self) -> tuple[int, ...]:
        return (1,)


class InPlaceInC(InC):
    """In the memory of its input, by C code."""

    destroy_map = {0: [0]}

    def c_code(self, node: Any, name: Any, inputs: Any, outputs: Any, sub: Any) -> str:
        made = super().c_code(node, name, inputs, outputs, sub)
        (x,), (z,) = inputs, outputs
        return f"{z} = {x}; Py_INCREF({z}); {{ {made[made.index('for (') :]} }}"


class SeenInC(Thrice):
    """Its input, as a view of it, by C code."""

    view_map = {0: [0]}

    def perform(self, node: Any, inputs: Any, outputs: Any) -> None:
        outputs[0][0] = inputs[0]

    def grad(self, inputs: Any, gs: Any) -> Any:
        return list(gs)

    def R_op(self, inputs: Any, directions: Any) -> Any:
        return list(directions)

    def c_code(self, node: Any, name: Any, inputs: Any, outputs: Any, sub: Any) -> str:
        (x,), (z,) = inputs, outputs
        return f"{z} = (PyArrayObject *)PyArray_View({x}, NULL, NULL); if ({z} == NULL) {sub['fail']};"


class PutTogether(Thrice):
    """By C code of operations of the scalar table: ``sigmoid(x) * x``."""

    def make_node(self, x: Any) -> Apply:
        x = T.as_tensor_variable(x)
        return Apply(self, [x], [T.mul(T.nnet.sigmoid(x), x).type()])

    def perform(self, node: Any, inputs: Any, outputs: Any) -> None:
        outputs[0][0] = s.mul.compute((s.sigmoid.compute((inputs[0],)), inputs[0]))

    def grad(self, inputs: Any, gs: Any) -> Any:
        y = T.nnet.sigmoid(inputs[0])
        return [gs[0] * (y + inputs[0] * y * (1 - y))]

    def R_op(self, inputs: Any, directions: Any) -> Any:
        return self.grad(inputs, directions)

    def c_code(self, node: Any, name: Any, inputs: Any, outputs: Any, sub: Any) -> str:
        (x,), (z,) = inputs, outputs
        one = s.Scalar(node.inputs[0].type.dtype)("one")
        first = s.sigmoid.make_node(one)
        second = s.mul.make_node(s.Scalar(first.outputs[0].type.dtype)("first"), one)
        element = f"((dtype_{x} *)PyArray_DATA({x}))[i]"
        inner = s.sigmoid.c_code(first, f"{name}_a", [element], ["part"], sub)
        outer = s.mul.c_code(second, f"{name}_b", ["part", element], [f"((dtype_{z} *)PyArray_DATA({z}))[i]"], sub)
        return f"""
        {z} = (PyArrayObject *)PyArray_EMPTY(
            PyArray_NDIM({x}), PyArray_DIMS({x}), NPY_{node.outputs[0].type.dtype.upper()}, 0);
        if ({z} == NULL) {sub["fail"]};
        for (npy_intp i = 0; i < PyArray_SIZE({x}); i++) {{
            npy_{first.outputs[0].type.dtype} part;
            {inner}
            {outer}
        }}
        """


class WithEffects(Thrice):
    """Which does something besides."""

    has_effects = True


class _Number(s.BinaryScalarOp):
    """``x * y + x`` of numbers, by `impl`."""

    def impl(self, x: Any, y: Any) -> Any:
        return x * y + x

    def grad(self, inputs: Any, gs: Any) -> Any:
        return [gs[0] * (inputs[1] + 1), gs[0] * inputs[0]]


class NumberInC(_Number):
    def c_code(self, node: Any, name: Any, inputs: Any, outputs: Any, sub: Any) -> str:
        return f"{outputs[0]} = {inputs[0]} * {inputs[1]} + {inputs[0]};"


class NumberExpanded(_Number):
    def expand(self, x: Any, y: Any) -> Any:
        return x * y + x


class NumberByNumPy(s.UnaryScalarOp):
    nfunc_spec = ("numpy.cbrt", 1, 1)

    def L_op(self, inputs: Any, outputs: Any, gs: Any) -> Any:
        return [gs[0] / (3 * s.sqr(outputs[0]))]


class TwoNumbers(s.ScalarOp):
    """Two results of numbers."""

    nin, nout = 2, 2

    def output_types(self, types: Any) -> Any:
        return s.upgrade_to_float(*types) * 2

    def impl(self, x: Any, y: Any) -> Any:
        return x + y, x * y

    def expand(self, x: Any, y: Any) -> Any:
        return ex.add(x, y), ex.mul(x, y)

    def grad(self, inputs: Any, gs: Any) -> Any:
        (x, y), (a, b) = inputs, gs
        return [a + b * y, a + b * x]


def _composite() -> Any:
    a, b = s.float64("a"), s.float64("b")
    return s.Composite([a, b], [s.exp(-s.sqr(a)) * b + a, a / (s.sqr(b) + 1)])


@as_op([T.dvector], [T.dvector])
def sorted_by_python(x: np.ndarray) -> np.ndarray:
    return np.sort(x)


@ctypes.CFUNCTYPE(None, *[ctypes.c_void_p, ctypes.c_int64] * 2, ctypes.c_void_p)
def _turned_in_c(source: int, n: int, target: int, m: int, status: int) -> None:
    given, made = ((ctypes.c_double * n).from_address(a) for a in (source, target)) if n else ([], [])
    made[:] = given[::-1]


def _by_address(x: Any) -> Any:
    made = as_op([T.dvector], [T.dvector], infer_shape=lambda node, shapes: shapes)(_turned_in_c)(x)
    return [made + 1, ForeignCall(_turned_in_c, [T.dvector], [T.dvector])(x, x.shape[0])]


@functools.cache
def _compiled_by_numba() -> Any:
    import numba

    def squares(x):  # type: ignore[no-untyped-def]
        return x * x

    return as_op([T.dvector], [T.dvector], infer_shape=lambda node, shapes: shapes)(numba.njit(squares))


def _elementwise(op: Any) -> Any:
    return lambda *x: T.Elemwise(op)(*x)


USER_ENTRIES: dict[str, Example] = {
    "user: perform": Example(lambda m: Thrice()(m) + 1, [M]),
    "user: in place": Example(lambda m: [InPlace()(T.exp(m)), T.exp(m)], [M]),
    "user: effects": Example(lambda m: [WithEffects()(m), WithEffects()(m)], [M]),
    "user: view in place": Example(lambda m: [InPlace()(Turned()(T.exp(m))), Turned()(m) * 2], [M]),
    "user: view": Example(lambda m: Turned()(m) * 2, [M]),
    "user: itypes": Example(lambda v, w: Typed()(v, w), [V, W]),
    "user: thunk": Example(lambda m: ByThunk()(m), [M]),
    "user: decompose": Example(lambda m: Decomposed()(m), [M]),
    "user: lowering": Example(lambda m: Lowered()(m) * 2 + m, [M]),
    "user: parameters": Example(lambda v: Affine(0.3, 2, "up")(T.cast(v, "float64")), [V]),
    "user: impl": Example(_elementwise(_Number(s.upcast_out)), [M, V]),
    "user: nfunc": Example(_elementwise(NumberByNumPy(s.upgrade_to_float_no_complex)), [V]),
    "user: expand": Example(_elementwise(NumberExpanded(s.upcast_out)), [M, V]),
    "user: two numbers": Example(_elementwise(TwoNumbers()), [M, V]),
    "user: composite": Example(_elementwise(_composite()), [M, V]),
    "user: as_op": Example(sorted_by_python, [V]),
    "user: ctypes": Example(_by_address, [V]),
    "user: graph": Example(lambda v: theano.OpFromGraph([a := v.type()], [a * a])(v), [V]),
}
if compiler.is_there():
    USER_ENTRIES.update({
        "user: C": Example(lambda m: InC()(m) + 1, [M]),
        "user: C in place": Example(lambda m: [InPlaceInC()(InPlaceInC()(T.exp(m))), InPlaceInC()(m) + m], [M]),
        "user: C view": Example(lambda m: [InPlaceInC()(SeenInC()(T.exp(m))), SeenInC()(m)], [M]),
        "user: C put together": Example(lambda m: PutTogether()(m), [M]),
        "user: C in files": Example(lambda v: [Scaled(2.0)(v), Counted()(v) * 0], [V]),
        "user: C constants": Example(lambda v: v * Limits("SCHAR_MAX")(), [V]),
        "user: C of numbers": Example(_elementwise(NumberInC(s.upcast_out)), [M, V]),
    })  # fmt: skip
try:
    import numba as _numba  # noqa: F401
except ImportError:
    pass
else:
    USER_ENTRIES["user: numba"] = Example(lambda v: _compiled_by_numba()(v), [V])
