"""`Elemwise`: a scalar operation on every element; `DimShuffle`: axes permuted, dropped and added.

Lengths never broadcast at run time: an axis broadcasts only if its type says so.
"""

from __future__ import annotations

import typing as ty
from collections.abc import Sequence

import numpy as np

from theano.base.flag_table import config
from theano.graph import Apply, Constant, Op
from theano.graph.null_type import DisconnectedType, NullType, grad_not_implemented
from theano.graph.own_text import OwnText
from theano.scalar import UNDEFINED, Scalar, ScalarOperators, add, conj, convert_to, real, rules, second
from theano.scalar.dtypes import COMPLEX, DISCRETE, autocast
from theano.scalar.op import ScalarOp
from theano.tensor.type import StaticShape, tensor_type
from theano.tensor.variable import LATE, TensorVariable, _tensor_py_operators, as_tensor_variable, constant

Shapes = list[tuple[ty.Any, ...]]
Order = tuple[int | str, ...]


class DimShuffle(Op):
    """A view with axes permuted, broadcastable axes dropped, and new broadcastable axes added.

    Parameters
    ----------
    input_broadcastable
        Pattern of the input.
    new_order
        For each axis of the output, the axis of the input it is, or ``'x'`` for a new one.
    inplace
        Kept for old programs: it is always a view.

    Examples
    --------
    >>> DimShuffle((False, False), (1, "x", 0))(T.dmatrix()).broadcastable
    (False, True, False)
    """

    __props__ = ("input_broadcastable", "new_order")
    view_map = {0: [0]}
    costs_nothing = True
    never_fails = True
    linear_in = (0,)

    def __init__(
        self, input_broadcastable: Sequence[bool], new_order: Sequence[int | str], inplace: bool = True
    ) -> None:
        self.input_broadcastable = pattern = tuple(bool(b) for b in input_broadcastable)
        self.new_order: Order = tuple(_axis(a, len(pattern)) for a in new_order)
        self.inplace = True
        self.shuffle = [a for a in self.new_order if a != "x"]
        self.augment = [i for i, a in enumerate(self.new_order) if a == "x"]
        if len(set(self.shuffle)) != len(self.shuffle):
            raise ValueError(
                f"The same input dimension may not appear twice in the list of output dimensions: {new_order}"
            )
        self.drop = [i for i in range(len(pattern)) if i not in self.shuffle]
        for i in self.drop:
            if not pattern[i]:
                raise ValueError(
                    f"You cannot drop a non-broadcastable dimension: axis {i} of pattern {pattern}, "
                    f"new order {new_order}"
                )
        self._hash = hash((DimShuffle, pattern, self.new_order))

    def __hash__(self) -> int:
        return self._hash

    def __reduce__(self) -> tuple[ty.Any, ...]:
        return DimShuffle, (self.input_broadcastable, self.new_order)

    def __setstate__(self, state: dict[str, ty.Any]) -> None:
        """Pickles of Theano 1.0.5 have the fields."""
        DimShuffle.__init__(self, state["input_broadcastable"], state["new_order"])

    @property
    def transposition(self) -> list[int]:
        """The permutation that brings kept axes into order, dropped ones last."""
        return [*self.shuffle, *self.drop]  # type: ignore[list-item]

    def make_node(self, x: ty.Any) -> Apply:
        x = as_tensor_variable(x)
        kind = x.type
        if kind.broadcastable != self.input_broadcastable:
            if kind.ndim != len(self.input_broadcastable):
                raise TypeError(
                    f"The number of dimensions of the input is incorrect for this op. Expected "
                    f"{self.input_broadcastable}, got {kind.broadcastable}."
                )
            for wanted, have in zip(self.input_broadcastable, kind.broadcastable, strict=True):
                if wanted and not have:
                    raise TypeError(
                        f"The broadcastable pattern of the input is incorrect for this op. Expected "
                        f"{self.input_broadcastable}, got {kind.broadcastable}."
                    )
        shape = tuple([1 if a == "x" else kind.shape[a] for a in self.new_order])
        return Apply(self, [x], [TensorVariable(tensor_type(kind.dtype, shape))])

    def perform(self, node: Apply, inputs: Sequence[ty.Any], out: Sequence[list[ty.Any]]) -> None:
        x = np.asarray(inputs[0])
        for i in self.drop:
            if x.shape[i] != 1:
                raise ValueError(f"{self}: cannot drop axis {i}, which has length {x.shape[i]}")
        lengths = [1 if isinstance(a, str) else x.shape[a] for a in self.new_order]
        out[0][0] = x.transpose(self.transposition).reshape(lengths)

    def infer_shape(self, node: Apply, shapes: Sequence[ty.Any]) -> Shapes:
        return [tuple([_ONE() if a == "x" else shapes[0][a] for a in self.new_order])]

    def L_op(self, inputs: Sequence[ty.Any], outputs: Sequence[ty.Any], gs: Sequence[ty.Any]) -> list[ty.Any]:
        x, g = inputs[0], gs[0]
        if isinstance(g.type, DisconnectedType | NullType):
            return [g]
        if x.type.dtype in DISCRETE:
            return [zeros_for(x)]
        return [LATE["moved"](g, self._turned_back, x)]

    def written_back(self, node: Apply, new: ty.Any) -> ty.Any:
        """The input, of which the output is a view, once that holds `new`."""
        return self._turned_back(new)

    def _turned_back(self, v: ty.Any) -> ty.Any:
        """`v`, which has the axes of the output, with those of the input."""
        order: list[int | str] = ["x"] * len(self.input_broadcastable)
        for i, a in enumerate(self.new_order):
            if a != "x":
                order[a] = i  # type: ignore[index]
        return dimshuffle(v, order)

    def __str__(self) -> str:
        return f"InplaceDimShuffle{{{','.join(map(str, self.new_order))}}}"


def as_entry(axis: ty.Any) -> int | str:
    """An entry of an order of axes, as `DimShuffle` keeps it: an int or 'x'."""
    if isinstance(axis, str) and axis == "x":
        return axis
    if isinstance(axis, np.ndarray | np.integer):
        axis = int(axis)
    if not isinstance(axis, int) or isinstance(axis, bool):
        raise TypeError(f"DimShuffle indices must be Python ints or 'x', got {axis!r} of type {type(axis)}")
    return axis


def _axis(axis: ty.Any, ndim: int) -> int | str:
    axis = as_entry(axis)
    if not isinstance(axis, str) and not 0 <= axis < ndim:
        raise ValueError(f"dimshuffle, new_order: axis {axis} does not exist, the input has {ndim} dimensions")
    return axis


_dimshuffles: dict[tuple[ty.Any, ...], DimShuffle] = {}


def dimshuffle(x: ty.Any, order: Sequence[int | str]) -> ty.Any:
    """`x` with the axes in a new order (see `DimShuffle`); always a new node."""
    key = (x.type.broadcastable, tuple(order))
    op = _dimshuffles.get(key)
    if op is None:
        op = DimShuffle(*key)
        if len(_dimshuffles) < 4096:
            _dimshuffles[key] = op
    return op(x)


def _ONE() -> ty.Any:
    return constant(np.asarray(1, dtype="int64"))


class Elemwise(Op):
    """A scalar operation applied to every element of tensors.

    Inputs with fewer axes get broadcastable ones on the left.

    Parameters
    ----------
    scalar_op
        The entry of the scalar table.
    inplace_pattern
        ``{0: k}``: the result is left in the memory of input `k`, whose type it must have. A function that accepts this
        (``accept_inplace=True``) overwrites the caller's array; inside of graphs the compiler plans memory.
    name
        What is printed; takes no part in equality.

    Examples
    --------
    >>> Elemwise(theano.scalar.add)(T.dvector(), T.drow()).type
    TensorType(float64, row)
    """

    __props__ = ("scalar_op",)

    def __init__(
        self,
        scalar_op: ScalarOp,
        inplace_pattern: dict[int, int] | None = None,
        name: str | None = None,
        nfunc_spec: ty.Any = None,
        openmp: ty.Any = None,
    ) -> None:
        self.scalar_op = scalar_op
        self.inplace_pattern: dict[int, int] = dict(inplace_pattern or {})
        if self.inplace_pattern:
            self.destroy_map = {out: [k] for out, k in self.inplace_pattern.items()}
        self.name = name

    @property
    def linear_in(self) -> range:  # type: ignore[override]
        return self.scalar_op.linear_in

    @property
    def nfunc_spec(self) -> tuple[str, int, int] | None:
        """The name of the NumPy function that computes it, its numbers of inputs and of outputs; None if none does.

        Examples
        --------
        >>> T.exp.nfunc_spec
        ('exp', 1, 1)
        """
        return self.scalar_op.nfunc_spec

    @property
    def nfunc(self) -> np.ufunc | None:
        """That function."""
        found = self.scalar_op.numpy
        return found if isinstance(found, np.ufunc) else None

    def python_constant_folding(self, node: Apply) -> bool:
        """Whether a node of constants is computed by NumPy and not compiled: a single number is."""
        return node.outputs[0].type.ndim == 0

    def __eq__(self, other: object) -> bool:
        return self is other or (
            type(self) is type(other)
            and self.scalar_op == other.scalar_op
            and self.inplace_pattern == other.inplace_pattern
        )

    def __hash__(self) -> int:
        return hash(self.scalar_op)

    def __call__(self, *inputs: ty.Any, **kwargs: ty.Any) -> ty.Any:
        op: ty.Any = self.scalar_op
        if op.nout > 1:
            return [elemwise(op.part(k))(*inputs, **kwargs) for k in range(op.nout)]
        return super().__call__(*inputs, **kwargs)

    def make_node(self, *inputs: ty.Any) -> Apply:
        op = self.scalar_op
        if op.nout > 1:
            raise TypeError(f"{op.name} has {op.nout} results: apply it by a call, which makes a node for each")
        op.check_count(inputs)
        variables = [as_tensor_variable(x) for x in inputs]
        ndim = max([v.type.ndim for v in variables])
        for i, v in enumerate(variables):
            have = v.type.ndim
            if have != ndim:
                variables[i] = dimshuffle(v, ["x"] * (ndim - have) + list(range(have)))
        kinds = [v.type for v in variables]
        dtype = op.dtype(*[k.dtype for k in kinds])
        shape = kinds[0].shape if len(kinds) == 1 else broadcast_static([k.shape for k in kinds], self)
        made = tensor_type(dtype, shape)
        for k in self.inplace_pattern.values():
            self._check_place(made, kinds[k])
        return Apply(self, variables, [TensorVariable(made)])

    def _check_place(self, made: ty.Any, target: ty.Any) -> None:
        """TypeError or ValueError where a result is not of the type of the input whose memory it is to have."""
        if made.dtype != target.dtype:
            raise TypeError(f"{self} can't be computed in place: the result is {made}, the input {target}")
        if made.broadcastable != target.broadcastable:
            raise ValueError(
                f"{self}: Operation cannot be done inplace on an input with broadcasted dimensions: the result is "
                f"{made}, the input {target}"
            )

    def out_of_place(self) -> Elemwise | None:
        return elemwise(self.scalar_op) if type(self) is Elemwise else None

    def perform(self, node: Apply, inputs: Sequence[ty.Any], out: Sequence[list[ty.Any]]) -> None:
        arrays = tuple(np.asarray(x) for x in inputs)
        if len(arrays) > 1:
            self._check_lengths(node, arrays)
        kind = node.outputs[0].type
        result = self.scalar_op.compute(arrays, kind.dtype)
        if result.base is not None or any(result is a for a in arrays):
            result = result.copy()  # some functions of NumPy answer with a view
        for k in self.inplace_pattern.values():
            inputs[k][...] = result
            result = inputs[k]
        out[0][0] = result

    def _check_lengths(self, node: Apply, arrays: tuple[np.ndarray, ...]) -> None:
        first = arrays[0].shape
        if all(a.shape == first for a in arrays):
            return
        patterns = [v.type.broadcastable for v in node.inputs]
        for axis in range(len(first)):
            seen: tuple[int, int] | None = None
            for i, (pattern, a) in enumerate(zip(patterns, arrays, strict=True)):
                if pattern[axis]:
                    continue
                if seen is None:
                    seen = (i, a.shape[axis])
                elif a.shape[axis] != seen[1]:
                    raise ValueError(
                        f"Input dimension mis-match. (input[{seen[0]}].shape[{axis}] = {seen[1]}, "
                        f"input[{i}].shape[{axis}] = {a.shape[axis]})"
                    )

    def infer_shape(self, node: Apply, shapes: Sequence[ty.Any]) -> Shapes:
        kinds = [v.type for v in node.inputs]
        result = []
        for axis, length in enumerate(node.outputs[0].type.shape):
            if length is not None:
                result.append(constant(np.asarray(length, dtype="int64")))
            else:
                open_at = [i for i, k in enumerate(kinds) if k.shape[axis] is None]
                # rewriting may know more about the inputs than when the node was made
                source = open_at[0] if open_at else next(i for i, k in enumerate(kinds) if k.shape[axis] != 1)
                result.append(shapes[source][axis])
        return [tuple(result)]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        if self.scalar_op is second:
            return [[False], [True]]
        return [[True]] * len(node.inputs)

    def L_op(self, inputs: Sequence[ty.Any], outputs: Sequence[ty.Any], gs: Sequence[ty.Any]) -> list[ty.Any]:
        return self._grads(inputs, outputs, gs, [True] * len(inputs))

    def L_op_of(
        self, inputs: Sequence[ty.Any], outputs: Sequence[ty.Any], gs: Sequence[ty.Any], wanted: Sequence[bool]
    ) -> Sequence[ty.Any]:
        own = type(self).L_op is Elemwise.L_op
        return self._grads(inputs, outputs, gs, wanted) if own else self.L_op(inputs, outputs, gs)

    def _grads(
        self, inputs: Sequence[ty.Any], outputs: Sequence[ty.Any], gs: Sequence[ty.Any], wanted: Sequence[bool]
    ) -> list[ty.Any]:
        """The gradients; those that nobody wants are not summed over the axes along which an input was broadcast."""
        out, g = outputs[0], gs[0]
        if isinstance(g.type, DisconnectedType | NullType):
            return [g] * len(inputs)
        if self.scalar_op.steps is not None:
            return LATE["composite_gradients"](self.scalar_op, inputs, out, g)
        if out.type.dtype in DISCRETE:
            grads: Sequence[ty.Any] = [zeros_for(x) for x in inputs]
        else:
            value, mask = LATE["unmasked"](g)
            found = self._adjoint(inputs, out, value)
            if mask is not None:
                found = [g if d is value else mask.around(d) for d in found]
            grads = [
                summed_like(x, out, d) if want else DisconnectedType()()
                for x, d, want in zip(inputs, found, wanted, strict=True)
            ]
        if self.scalar_op is second:
            return [DisconnectedType()(), grads[1]]
        return list(grads)

    def _adjoint(self, inputs: Sequence[ty.Any], out: ty.Any, g: ty.Any) -> list[ty.Any]:
        """Gradients of all inputs before they are summed over broadcast axes."""
        if not (self.scalar_op.holomorphic and g.type.dtype in COMPLEX):
            return self._element_grads(inputs, out, g)
        conjugate = elemwise(conj)
        found = self._element_grads(inputs, out, conjugate(g))
        return [conjugate(d) if getattr(d.type, "dtype", None) in COMPLEX else d for d in found]

    def _element_grads(self, inputs: Sequence[ty.Any], out: ty.Any, g: ty.Any) -> list[ty.Any]:
        """`g` times the derivatives by all inputs; where they are not holomorphic, what the operation's `grad` says."""
        op = self.scalar_op
        count = len(inputs)
        if op.grad is None or op.grad is UNDEFINED:
            found: ty.Any = (op.grad,) * count
        else:
            ndim = out.type.ndim
            terms = [Term(x, ndim) for x in inputs]
            if op.dtype in _FLOAT_FUNCTIONS:
                # Functions that take integers as floats: in their derivatives x * x must not wrap.
                to_float = convert_to(out.type.dtype)
                terms = [
                    to_float(t) if x.type.dtype in DISCRETE and not isinstance(x, Constant) else t
                    for x, t in zip(inputs, terms, strict=True)
                ]
            found = op.grad(*terms, Term(out, ndim), Term(g, ndim))  # type: ignore[operator]
            if not isinstance(found, tuple):
                found = (found,)
        return [self._finish(i, x, d) for i, (x, d) in enumerate(zip(inputs, found, strict=True))]

    def _finish(self, i: int, x: ty.Any, d: ty.Any) -> ty.Any:
        if d is None:
            return zeros_for(x)
        if d is UNDEFINED:
            return grad_not_implemented(self, i, x)
        if d.dtype in COMPLEX and x.type.dtype not in COMPLEX:
            d = real(d)
        if d.dtype in DISCRETE:
            d = convert_to("floatX")(d)
        return d.var

    def R_op(self, inputs: Sequence[ty.Any], eval_points: Sequence[ty.Any]) -> list[ty.Any]:
        if self.scalar_op.steps is not None:
            return LATE["composite_changes"](self.scalar_op, inputs, eval_points)
        out = self(*inputs)
        parts = []
        for i, v in enumerate(eval_points):
            if v is None or isinstance(v.type, DisconnectedType):
                continue
            if out.type.dtype in DISCRETE:
                return [zeros_for(out)]
            d = self._change(inputs, out, i, _filled(out, v))
            if isinstance(d.type, NullType):
                return [d]
            parts.append(d)
        if not parts:
            return [None]
        total = parts[0]
        for d in parts[1:]:
            total = ADD(total, d)
        return [total]

    def _change(self, inputs: Sequence[ty.Any], out: ty.Any, i: int, v: ty.Any) -> ty.Any:
        """The change of the output if input `i` changes by `v`."""
        tangent = self.scalar_op.tangent
        if tangent is None or COMPLEX.isdisjoint((out.type.dtype, v.type.dtype)):
            # The gradient is linear in what comes in: with v in its place it is the directional derivative.
            return self._element_grads(inputs, out, v)[i]
        ndim = out.type.ndim
        return tangent(*(Term(x, ndim) for x in inputs), Term(v, ndim), i).var

    def __str__(self) -> str:
        pattern = str([*self.inplace_pattern.items()]) if self.inplace_pattern else ""
        return self.name or f"Elemwise{{{self.scalar_op.name}}}{pattern}"

    def __repr__(self) -> str:
        return str(self)


_FLOAT_FUNCTIONS = frozenset({rules.to_float, rules.to_float_real, rules.to_float64, rules.division})

_plain: dict[ScalarOp, Elemwise] = {}


Elemwise.__doc__ = OwnText(Elemwise.__doc__, "theano.tensor.pointwise.described", "function")  # type: ignore[assignment]


def elemwise(op: ScalarOp) -> Elemwise:
    """The (cached) plain `Elemwise` of a scalar operation, as gradients and rewrites make them."""
    found = _plain.get(op)
    if found is None:
        found = _plain[op] = Elemwise(op)
    return found


ScalarOp.elementwise = staticmethod(elemwise)


def broadcast_static(shapes: Sequence[StaticShape], what: object) -> StaticShape:
    """The static shape of point-wise work on inputs of static `shapes`; ValueError if they cannot fit."""
    first = shapes[0]
    if shapes.count(first) == len(shapes):
        return first
    result: list[int | None] = []
    for axis, lengths in enumerate(zip(*shapes, strict=True)):
        length: int | None = 1
        for n in lengths:
            if n == 1 or n == length:
                continue
            if n is None:
                length = None if length == 1 else length
            elif length is None or length == 1:
                length = n
            else:
                raise ValueError(
                    f"{what}: the lengths of axis {axis} differ, the static shapes are {', '.join(map(str, shapes))}"
                )
        result.append(length)
    return tuple(result)


class Term(ScalarOperators):
    """A tensor variable within the gradient expression of a scalar operation.

    What is computed of terms are plain `Elemwise` nodes; numbers become constants of as many axes.
    """

    __slots__ = ("ndim", "var")

    def __init__(self, var: ty.Any, ndim: int) -> None:
        self.var = var
        self.ndim = ndim

    @property
    def dtype(self) -> str:
        """The variable's dtype."""
        return self.var.type.dtype

    @property
    def known_value(self) -> np.ndarray | None:
        """The value of a constant, whatever its axes."""
        v = self.var
        while v.owner is not None and isinstance(v.owner.op, DimShuffle):
            v = v.owner.inputs[0]
        return np.asarray(v.data) if isinstance(v, Constant) else None

    @property
    def type(self) -> Scalar:
        """The variable's dtype as a scalar type, which derivatives that users define may look at."""
        return Scalar(self.dtype)

    def __apply_scalar__(self, op: ScalarOp, args: Sequence[ty.Any]) -> Term:
        ndim = self.ndim
        variables = [a.var if isinstance(a, Term) else dimshuffle(as_tensor_variable(a), ["x"] * ndim) for a in args]
        return Term(elemwise(op)(*variables), ndim)


def _apply_to_variables(self: TensorVariable, op: ScalarOp, args: Sequence[ty.Any]) -> ty.Any:
    return elemwise(op)(*args)


def _apply_to_numbers(op: ScalarOp, args: Sequence[ty.Any]) -> ty.Any:
    dtypes = [None if isinstance(a, np.generic) else autocast(a) for a in args]
    return elemwise(op)(*(constant(np.asarray(a, dtype=d)) for a, d in zip(args, dtypes, strict=True)))


_tensor_py_operators.__apply_scalar__ = _apply_to_variables  # type: ignore[attr-defined]
ScalarOp.of_numbers = _apply_to_numbers

ADD = elemwise(add)
SECOND = elemwise(second)


def zeros_for(x: ty.Any) -> ty.Any:
    """The gradient zero of `x`."""
    dtype = config.floatX if x.type.dtype in DISCRETE else x.type.dtype
    return SECOND(x, constant(np.asarray(0, dtype=dtype)))


def _filled(out: ty.Any, v: ty.Any) -> ty.Any:
    return v if v.type.broadcastable == out.type.broadcastable else SECOND(out, v)


def summed_like(x: ty.Any, out: ty.Any, d: ty.Any) -> ty.Any:
    """`d`, of the shape of `out`, summed over the axes along which `x` was broadcast."""
    kind = x.type
    if isinstance(d.type, NullType) or kind.shape == d.type.shape:
        return d
    axes = [
        i
        for i, (mine, theirs) in enumerate(zip(kind.broadcastable, out.type.broadcastable, strict=True))
        if mine and not theirs
    ]
    if not axes:
        return d
    wide = [i for i in axes if not d.type.broadcastable[i]]
    if len(wide) != len(axes):
        d = SECOND(out, d)  # it does not depend on `out` along an axis, but is summed over it
    return LATE["mixed"](d, axes, lambda v: LATE["sum_keeping"](v, axes), [x])


LATE["dimshuffle"] = dimshuffle
