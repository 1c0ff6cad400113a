"""`RandomFunction`: one of NumPy's draws from a random state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Op, Variable
from theano.tensor.checks.static_value import known_vector
from theano.tensor.opsupport import Shapes, undefined
from theano.tensor.random.state import RandomStateType, copy_state
from theano.tensor.type import TensorType
from theano.tensor.variable import as_tensor_variable


class RandomFunction(Op):
    """``(state, size, *parameters) -> (next state, sample)``, drawn by NumPy's `RandomState`.

    Parameters
    ----------
    fn
        A method of `RandomState` or its name, or a function ``fn(state, *parameters, size)``.
    outtype
        Type of the sample; what is drawn is cast to its dtype.
    inplace
        Draw from the given state itself instead of a copy.
    ndim_added
        How many axes a single draw has, after those of `size`.

    Examples
    --------
    >>> from theano.tensor.random.state import random_state_type
    >>> str(RandomFunction("uniform", T.dvector))
    'RandomFunction{uniform}'
    """

    __props__ = ("fn", "outtype", "inplace", "ndim_added")

    def __init__(
        self, fn: str | Callable[..., Any], outtype: TensorType, inplace: bool = False, ndim_added: int = 0
    ) -> None:
        self.fn = fn
        self.outtype = outtype
        self.inplace = inplace
        self.ndim_added = ndim_added
        self.destroy_map = {0: [0]} if inplace else {}

    @property
    def exec_fn(self) -> Callable[..., Any]:
        """What draws: a function of the state, the parameters and the size."""
        return getattr(np.random.RandomState, self.fn) if isinstance(self.fn, str) else self.fn

    def _draw(self, state: Any, params: Sequence[Any], size: tuple[int, ...] | None) -> Any:
        draw = self.exec_fn
        if getattr(np.random.RandomState, draw.__name__, None) is not draw:
            return draw(state, *params, size)
        # A method has defaults for parameters that are left out; some have no size.
        return draw(state, *params) if size is None else draw(state, *params, size=size)

    def __str__(self) -> str:
        return f"RandomFunction{{{self.exec_fn.__name__}}}"

    def make_node(self, r: Any, shape: Any, *args: Any) -> Apply:
        if not isinstance(r, Variable) or not isinstance(r.type, RandomStateType):
            raise TypeError(f"{self}: the first argument must be a random state variable, got {r!r}")
        size = as_tensor_variable(shape)
        if size.type.ndim != 1:
            raise TypeError(f"{self}: the size must be an integer vector, got {size} of type {size.type}")
        inputs = [r, size, *map(as_tensor_variable, args)]
        return Apply(self, inputs, [r.type(), self.outtype()])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        state, shape, *args = inputs
        if not self.inplace:
            state = copy_state(state)
        ndim = self.outtype.ndim - self.ndim_added
        if len(shape) not in (0, ndim):
            raise ValueError(f"{self}: the sample has {ndim} dimensions, but its size is {list(shape)}")
        size = tuple(int(n) for n in shape) if len(shape) else None
        sample = np.asarray(self._draw(state, args, size))
        if sample.ndim != self.outtype.ndim:
            raise ValueError(
                f"{self}: a sample with {self.outtype.ndim} dimensions was wanted, "
                f"the parameters give one of shape {sample.shape}"
            )
        out[0][0] = state
        out[1][0] = sample.astype(self.outtype.numpy_dtype, copy=False)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        size, params = node.inputs[1], shapes[2:]
        ndim = self.outtype.ndim - self.ndim_added
        known = known_vector(size)
        if self.ndim_added or (known is not None and len(known) == 0 and ndim and not params):
            raise NotImplementedError("known when it has been drawn")
        if known is not None and len(known) == 0:
            return [(), _common(node.inputs[2:], params, ndim)]
        return [(), tuple(size[k] for k in range(ndim))]

    def grad(self, inputs: Sequence[Any], gradients: Sequence[Any]) -> list[Any]:
        why = "there is no gradient through NumPy's draws"
        return undefined(self, inputs, range(len(inputs)), why)

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [None for _ in self.make_node(*inputs).outputs]

    def do_constant_folding(self, node: Apply) -> bool:
        return False


def _common(params: Sequence[Any], shapes: Sequence[Any], ndim: int) -> tuple[Any, ...]:
    """The lengths that parameters have together."""
    lengths = []
    for axis in range(-ndim, 0):
        own = [(p, s[axis]) for p, s in zip(params, shapes, strict=True) if p.type.ndim >= -axis]
        long = [n for p, n in own if not p.type.broadcastable[axis]]
        lengths.append(long[0] if long else own[0][1])
    return tuple(lengths)
