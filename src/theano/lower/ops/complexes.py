"""Lowering of complex numbers: as pairs of real ones.

Complex arrays are moved as they are, but loops compute with real numbers. So a complex variable has *parts*, two real
values: views of its array, or, where a loop has made it, what the loop made. Point-wise work is lowered by what
`scalar.pairs` says of pairs; an operation that is linear is applied to both parts. The array of pairs is written
where somebody wants it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from theano.graph import Constant, Variable
from theano.loops import expr as ex
from theano.loops.expr import Expr
from theano.lower.ops.callback import constant_value
from theano.lower.ops.elemwise import broadcast_dims
from theano.lower.state import body as bd
from theano.lower.state import complexes
from theano.lower.state.builder import Builder
from theano.lower.state.values import Value
from theano.scalar.cast import cast
from theano.scalar.dtypes import COMPLEX, real_of
from theano.scalar.op import ScalarOp
from theano.scalar.operators import ScalarOperators
from theano.scalar.pairs import PAIRS, Pair
from theano.tensor.elemwise import Elemwise
from theano.tensor.type import tensor_type
from theano.tensor.variable import constant

# Choices, of which the first operand is a condition, or only there for its shape.
_FIRST_AS_IT_IS = ("switch", "second")


def is_complex(v: Any) -> bool:
    return getattr(v.type, "dtype", "") in COMPLEX


# -- the parts of a variable ------------------------------------------------------------------------------------
class Parts(NamedTuple):
    """The parts of a complex variable: real variables whose values are known."""

    re: Variable
    im: Variable | None
    """None: zeros."""


def parts_of(b: Builder, v: Variable) -> Parts:
    """The parts of a variable."""
    value = b.values[v]
    if isinstance(v, Constant) and value.tensor not in b.parts:
        _split(b, v, value)
    re, im = complexes.parts_of(b, value)
    return Parts(_variable(b, v, re), None if complexes.is_real(im) else _variable(b, v, im))


def _split(b: Builder, v: Any, value: Value) -> None:
    """Keep the parts of a constant, each with its numbers side by side."""
    re, im = (constant(np.array(part, order="C")) for part in (v.data.real, v.data.imag))
    for part in (re, im):
        b.values[part] = constant_value(b, part)  # what is looked up by its identity has to stay
    assert value.tensor is not None
    b.parts[value.tensor] = b.values[re], b.values[im]


def _variable(b: Builder, like: Any, value: Value) -> Variable:
    """A variable for a part of another one, that has this value."""
    made = tensor_type(real_of(like.type.dtype), like.type.shape).make_variable()
    b.values[made] = value
    return made


def _made(b: Builder, v: Any, re: Value, im: Value | None) -> Value:
    """The value of a complex variable with these parts: an array that is written if somebody looks at it."""
    return complexes.joined(b, ex.TYPE_OF[v.type.dtype], re.dims, [re, complexes.zeros(re) if im is None else im])


def _is_made(b: Builder, v: Any) -> bool:
    """Whether loops have made the parts of a variable, and its array is written only for those who look at it."""
    tensor = b.values[v].tensor
    return tensor in b.parts and tensor.role != "constant"


# -- point-wise work --------------------------------------------------------------------------------------------
class _Number(ScalarOperators):
    """A real number of one element, in the formulas of `scalar.pairs`: an expression of the body."""

    __slots__ = ("dtype", "expr")

    def __init__(self, expr: Expr, dtype: str) -> None:
        self.expr = expr
        self.dtype = dtype

    def __apply_scalar__(self, op: ScalarOp, args: Sequence[Any]) -> _Number:
        numbers = [a if isinstance(a, _Number) else self._constant(a) for a in args]
        dtypes = tuple(a.dtype for a in numbers)
        dtype = op.dtype(*dtypes)
        body = bd.applied(bd.Application(op, dtypes, dtype), [a.expr for a in numbers])
        return _Number(body, dtype)

    def _constant(self, value: Any) -> _Number:
        dtype = value.dtype.name if isinstance(value, np.ndarray | np.generic) else self.dtype
        return _Number(ex.const(np.asarray(value, dtype).item(), bd.compute_type(dtype)), dtype)


def lower_pointwise(b: Builder, node: Any) -> list[Value] | None:
    """An `Elemwise` that takes or gives complex numbers; None if it has no formula."""
    op: ScalarOp = node.op.scalar_op
    formula = PAIRS.get(op.name)
    if formula is None or op.steps is not None:
        return None
    out = node.outputs[0]
    dims = broadcast_dims(b, [b.values[v] for v in node.inputs], node)
    wanted = op.arg_dtypes(tuple(v.type.dtype for v in node.inputs), out.type.dtype)
    reads: list[Value] = []
    operands = [
        _operand(b, v, dtype, reads, k == 0 and op.name in _FIRST_AS_IT_IS)
        for k, (v, dtype) in enumerate(zip(node.inputs, wanted, strict=True))
    ]
    found = formula(*operands)
    if not is_complex(out):  # a pair, too, is real, where only what it is chosen or shaped by is complex
        return [_loop(b, dims, reads, found.re if isinstance(found, Pair) else found, out.type.dtype)]
    part = real_of(out.type.dtype)
    re = _loop(b, dims, reads, found.re, part)
    im = None if found.im is None else _loop(b, dims, reads, found.im, part)
    return [_made(b, out, re, im)]


def _operand(b: Builder, v: Any, dtype: str, reads: list[Value], as_it_is: bool) -> Any:
    """An operand of a formula, whose elements are read: a pair, or for a choice what it chooses by."""

    def element(part: Variable) -> _Number:
        value = b.values[part]
        reads.append(value)
        return _Number(bd.element(len(reads) - 1, value), part.type.dtype)

    if not is_complex(v):
        number = element(v)
        return number if as_it_is else Pair(_in(number, real_of(dtype)), None)
    re, im = parts_of(b, v)
    kept = real_of(v.type.dtype) if as_it_is else real_of(dtype)
    return Pair(_in(element(re), kept), None if im is None else _in(element(im), kept))


def _in(number: _Number, dtype: str) -> Any:
    return number if number.dtype == dtype else cast(number, dtype)


def _loop(b: Builder, dims: Sequence[Expr], reads: list[Value], found: _Number, dtype: str) -> Value:
    return b.pointwise(ex.TYPE_OF[dtype], dims, reads, _in(found, dtype).expr)


# -- linear operations ------------------------------------------------------------------------------------------
def lower_linear(b: Builder, node: Any, run: Callable[[Any], None]) -> list[Value] | None:
    """An operation that is linear in its complex inputs, applied to their parts by nodes that `run` lowers.

    None if it is not linear.
    """
    own = [k for k, v in enumerate(node.inputs) if is_complex(v)]
    if not any(map(is_complex, node.outputs)):
        return None
    op = _on_parts(node.op)

    def apply(chosen: dict[int, Variable]) -> list[Any]:
        made = op.make_node(*(chosen.get(k, v) for k, v in enumerate(node.inputs)))
        run(made)
        return [b.values[v] for v in made.outputs]

    if not own:
        return None if op == node.op else _joined(b, node, apply({}), None)
    pairs = {k: parts_of(b, node.inputs[k]) for k in own}
    if all(k in op.jointly_linear_in for k in own):
        together = [k for k, v in enumerate(node.inputs) if k in op.jointly_linear_in]
        parts = {k: complexes.parts_of(b, b.values[node.inputs[k]]) for k in together}
        ims = {k: _variable(b, node.inputs[k], im) for k, (_, im) in parts.items()}
        return _joined(b, node, apply({k: p.re for k, p in pairs.items()}), apply(ims))
    if not all(k in op.linear_in for k in own) or len(own) > 2:
        return None
    if len(own) == 1:
        (k,) = own
        re, im = pairs[k].re, pairs[k].im
        return _joined(b, node, apply({k: re}), None if im is None else apply({k: im}))
    return _product(b, node, pairs, apply)


def _on_parts(op: Any) -> Any:
    """The operation for the parts: some say in which dtype they compute."""
    given = {name: getattr(op, name) for name in op.__props__ or ()}
    if not any(v in COMPLEX for v in given.values() if isinstance(v, str)):
        return op
    return type(op)(**{k: real_of(v) if isinstance(v, str) and v in COMPLEX else v for k, v in given.items()})


def _joined(b: Builder, node: Any, re: list[Value], im: list[Value] | None) -> list[Value]:
    def part(found: list[Value] | None, k: int, v: Any) -> Value | None:
        return None if found is None else complexes.of_type(b, found[k], ex.TYPE_OF[real_of(v.type.dtype)])

    values = []
    for k, v in enumerate(node.outputs):
        real = part(re, k, v)
        assert real is not None
        values.append(_made(b, v, real, part(im, k, v)) if is_complex(v) else re[k])
    return values


def _side_by_side(b: Builder, v: Any, parts: Parts) -> Parts:
    """The parts with numbers side by side: products of matrices read them often, and BLAS takes no others."""
    if v.ndim < 2 or _is_made(b, v):
        return parts
    re, im = (None if part is None else _variable(b, v, b.whole(b.values[part])) for part in parts)
    assert re is not None
    return Parts(re, im)


def _product(b: Builder, node: Any, pairs: dict[int, Any], apply: Any) -> list[Value]:
    """Of an operation that is linear in each of two inputs."""
    (k, (a, a_im)), (m, (c, c_im)) = ((k, _side_by_side(b, node.inputs[k], p)) for k, p in pairs.items())
    (out,) = node.outputs

    def combined(first: Value | None, second: Value | None, minus: bool) -> Value | None:
        if first is None or second is None:
            rest = first if second is None else second
            assert not minus or rest is first
            return rest
        x, y = bd.elements([first, second])
        return b.pointwise(first.type, first.dims, [first, second], ex.sub(x, y) if minus else ex.add(x, y))

    def term(x: Variable | None, y: Variable | None) -> Value | None:
        return None if x is None or y is None else apply({k: x, m: y})[0]

    re = combined(term(a, c), term(a_im, c_im), True)
    im = combined(term(a, c_im), term(a_im, c), False)
    assert re is not None
    return [_made(b, out, re, im)]


def lower_complex(b: Builder, node: Any, run: Callable[[Any], None]) -> list[Value] | None:
    """The values of a node with complex inputs or outputs; None if nothing is known of it in terms of parts."""
    if isinstance(node.op, Elemwise):
        return lower_pointwise(b, node)
    return lower_linear(b, node, run)


def in_parts(b: Builder, node: Any) -> bool:
    """Whether a node takes or gives complex numbers, and is better lowered in parts than by moving arrays of pairs."""
    if isinstance(node.op, Elemwise):
        return any(map(is_complex, (*node.inputs, *node.outputs)))
    return any(is_complex(v) and _is_made(b, v) for v in node.inputs)
