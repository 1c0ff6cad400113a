"""`OpFromGraph`: an op made from a graph, used, printed and differentiated as one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.base.flag_table import config
from theano.compile.function import function
from theano.compile.shared_variables.variables import SharedVariable
from theano.gradient import Rop, grad
from theano.graph import (
    Apply,
    DisconnectedType,
    Op,
    Variable,
    clone_replace,
    disconnected_type,
    graph_inputs,
    io_toposort,
)
from theano.graph.connection import io_connection_pattern
from theano.tensor.shaping.shape import Shape_i
from theano.tensor.type import TensorType


class OpFromGraph(Op):
    """An op that computes `outputs` from `inputs`.

    Shared variables that the outputs use are found and become inputs of the nodes. Compiled functions inline
    the graph; the op exists for reading, for gradients of one's own, and for its gradient being derived once.

    Parameters
    ----------
    inputs, outputs
        Variables: the arguments, and what is computed from them.
    inline
        Replace nodes by their graph before a function's graph is rewritten.
    lop_overrides
        ``fn(inputs, outputs, output_grads)`` giving the list of gradients of the inputs; or a list with one
        entry for each input: such a function giving its gradient, "default", a variable of `DisconnectedType`
        or `NullType`, or None for zero.
    grad_overrides
        The same with functions of ``(inputs, output_grads)``.
    rop_overrides
        ``fn(inputs, eval_points)`` giving the list of directional derivatives of the outputs; or a list with
        one entry for each output.
    connection_pattern
        ``[input][output]``: whether the output depends on the input's elements; found out by default.
    name
        Name of the op.

    Examples
    --------
    >>> x, y = T.dscalars("x", "y")
    >>> op = theano.OpFromGraph([x, y], [x * y + 1])
    >>> op(x, op(y, x))
    OpFromGraph{inline=False}.0
    """

    folds_constants = False

    def __init__(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        inline: bool = False,
        lop_overrides: Any = "default",
        grad_overrides: Any = "default",
        rop_overrides: Any = "default",
        connection_pattern: list[list[bool]] | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if not isinstance(inputs, list | tuple) or not isinstance(outputs, list | tuple):
            raise TypeError(f"inputs and outputs must be lists, got {type(inputs)} and {type(outputs)}")
        for variable in (*inputs, *outputs):
            if not isinstance(variable, Variable):
                raise TypeError(f"Inputs and outputs must be Variable instances, got {variable!r}")
        if "updates" in kwargs or "givens" in kwargs:
            raise TypeError("updates and givens are not allowed here")
        if grad_overrides != "default" and lop_overrides != "default":
            raise ValueError("lop_overrides and grad_overrides are mutually exclusive")
        self.is_inline = inline
        self.kwargs = kwargs
        self.name = name
        self.inputs = list(inputs)
        self.outputs = list(outputs)
        self.input_types = [v.type for v in inputs]
        self.output_types = [v.type for v in outputs]
        self.shared_inputs = [v for v in graph_inputs(outputs, inputs) if isinstance(v, SharedVariable)]
        self._make_local_graph()
        self._lop = lop_overrides
        self._grad = grad_overrides
        self._rop = rop_overrides
        self._connection_pattern = connection_pattern
        self._function: Any = None
        self._grad_graphs: dict[tuple[bool, ...], tuple[list[Any], list[Any]]] = {}

    def _make_local_graph(self) -> None:
        """A graph of our own: the user's variables may get other uses, shared variables become arguments."""
        leaves = [*self.inputs, *self.shared_inputs]
        self.local_inputs = [v.type(v.name) for v in leaves]
        with config.change_flags(compute_test_value="off"):  # the local variables have none
            self.local_outputs = clone_replace(
                list(self.outputs), dict(zip(leaves, self.local_inputs, strict=True))
            )
        self.has_effects = any(node.op.has_effects for node in io_toposort(self.local_inputs, self.local_outputs))

    def __str__(self) -> str:
        label = self.name or type(self).__name__
        return f"{label}{{inline={self.is_inline}}}"

    def make_node(self, *inputs: Any) -> Apply:
        n = len(self.input_types)
        if len(inputs) == n:
            shared: Sequence[Any] = self.shared_inputs
        elif len(inputs) == len(self.local_inputs):  # a node is made anew, from all inputs of an old one
            inputs, shared = inputs[:n], inputs[n:]
        else:
            raise ValueError(f"Expected {n} inputs, got {len(inputs)}")
        converted = [t.filter_variable(v) for t, v in zip(self.input_types, inputs, strict=True)]
        return Apply(self, [*converted, *shared], [t() for t in self.output_types])

    def decompose(self, inputs: Sequence[Any]) -> Sequence[Any]:
        """The graph of the op on other inputs."""
        return clone_replace(list(self.local_outputs), dict(zip(self.local_inputs, inputs, strict=True)))

    @property
    def has_own_derivatives(self) -> bool:
        """Whether any derivatives are given instead of being derived."""
        return any(given != "default" for given in (self._lop, self._grad, self._rop))

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        if self._function is None:
            self._function = function(
                self.local_inputs,
                list(self.local_outputs),
                mode="FAST_COMPILE",
                on_unused_input="ignore",
                name=str(self),
            )
        for storage, value in zip(output_storage, self._function(*inputs), strict=True):
            storage[0] = value

    def infer_shape(self, node: Apply, input_shapes: Sequence[Any]) -> Sequence[Any]:
        return [
            tuple(Shape_i(k)(v) for k in range(v.type.ndim)) if isinstance(v.type, TensorType) else None
            for v in self.decompose(node.inputs)
        ]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        if self._connection_pattern is None:
            self._connection_pattern = io_connection_pattern(self.local_inputs, self.local_outputs)
        missing = len(self.local_inputs) - len(self._connection_pattern)
        return [*self._connection_pattern, *([True] * len(self.local_outputs) for _ in range(missing))]

    # ---- gradients ----

    def set_lop_overrides(self, lop_overrides: Any) -> None:
        """Change `lop_overrides`."""
        self._lop, self._grad = lop_overrides, "default"

    def set_grad_overrides(self, grad_overrides: Any) -> None:
        """Change `grad_overrides`."""
        self._lop, self._grad = "default", grad_overrides

    def set_rop_overrides(self, rop_overrides: Any) -> None:
        """Change `rop_overrides`."""
        self._rop = rop_overrides

    def L_op(
        self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]
    ) -> Sequence[Any]:
        n = len(self.input_types)
        own, hidden = list(inputs[:n]), list(inputs[n:])
        arguments: tuple[list[Any], ...] = (own, list(outputs), list(output_grads))
        given = self._lop
        if self._grad != "default":
            given, arguments = self._grad, (own, list(output_grads))
        if isinstance(given, str) and given == "default":
            return self._default_grads(inputs, outputs, output_grads)
        if isinstance(given, OpFromGraph):
            return [*_as_list(given(*(v for group in arguments for v in group))), *self._rest(hidden)]
        if callable(given):
            return [*_checked(given(*arguments), n, "gradients"), *self._rest(hidden)]
        if not isinstance(given, list | tuple) or len(given) != n:
            raise ValueError(f"expect overrider with {n} inputs, got {given!r}")
        default = self._default_grads(inputs, outputs, output_grads) if "default" in _words(given) else None
        grads = []
        for k, entry in enumerate(given):
            if isinstance(entry, str):
                grads.append(default[k])  # type: ignore[index]
            elif entry is None:
                grads.append(own[k].zeros_like())
            elif isinstance(entry, Variable):
                grads.append(entry)
            else:
                grads.append(entry(*arguments))
        return [*grads, *self._rest(hidden)]

    @staticmethod
    def _rest(hidden: list[Any]) -> list[Any]:
        return [disconnected_type() for _ in hidden]

    def _default_grads(
        self, inputs: Sequence[Any], outputs: Sequence[Any], gouts: Sequence[Any]
    ) -> list[Any]:
        connected = tuple(not isinstance(g.type, DisconnectedType) for g in gouts)
        if any(hasattr(v.type, "gradient_sum") for v in self.local_outputs):
            # A gradient of a sparse matrix is of one of two kinds, which no new variable in its place would tell.
            local: list[Any] = []
            grads = self._local_grads([g if c else None for g, c in zip(gouts, connected, strict=True)])
        else:
            if connected not in self._grad_graphs:
                leaves = [v.type() if c else None for v, c in zip(self.local_outputs, connected, strict=True)]
                self._grad_graphs[connected] = (leaves, list(self._local_grads(leaves)))
            local, grads = self._grad_graphs[connected]
        replace = dict(zip(self.local_inputs, inputs, strict=True))
        for k, output in enumerate(self.local_outputs):
            if output.owner is not None:  # the forward value is at hand: it is not computed again
                replace.setdefault(output, outputs[k])
        replace.update({g: gouts[k] for k, g in enumerate(local) if g is not None})
        return clone_replace(list(grads), replace, strict=False)

    def _local_grads(self, gouts: Sequence[Any]) -> Sequence[Any]:
        """The gradients of the graph's own inputs, from those of its outputs, of which None is disconnected."""
        known = {v: g for v, g in zip(self.local_outputs, gouts, strict=True) if g is not None}
        with config.change_flags(compute_test_value="off"):
            found: Sequence[Any] = grad(
                None,
                self.local_inputs,
                known_grads=known,
                disconnected_inputs="ignore",
                return_disconnected="Disconnected",
                null_gradients="return",
            )
        return found

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> Sequence[Any]:
        n, m = len(self.input_types), len(self.output_types)
        given = self._rop
        if callable(given):
            return _checked(given(list(inputs[:n]), list(eval_points[:n])), m, "directional derivatives")
        default = None
        if isinstance(given, str) or "default" in _words(given):
            known = [(v, e) for v, e in zip(inputs, eval_points, strict=True) if e is not None]
            default = _as_list(
                Rop(
                    list(self.decompose(inputs)), [v for v, _ in known], [e for _, e in known],
                    disconnected_outputs="ignore", return_disconnected="None",
                )
            )  # fmt: skip
        if isinstance(given, str):
            return default or []
        results = []
        for k, entry in enumerate(given):
            if isinstance(entry, str):
                results.append(default[k])  # type: ignore[index]
            elif entry is None or isinstance(entry, Variable):
                results.append(entry)
            else:
                results.append(entry(list(inputs[:n]), list(eval_points[:n])))
        return results

    def __reduce__(self) -> Any:
        state = {**self.__dict__, "_function": None, "_grad_graphs": {}}
        return _load, (type(self), state)


def _load(cls: type[OpFromGraph], state: dict[str, Any]) -> OpFromGraph:
    made = cls.__new__(cls)
    made.__dict__.update(state)
    return made


def _words(entries: Any) -> list[str]:
    return [entry for entry in entries if isinstance(entry, str)] if isinstance(entries, list | tuple) else []


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _checked(result: Any, n: int, what: str) -> list[Any]:
    if not isinstance(result, list | tuple):
        raise TypeError(f"an overriding function must return a list of {n} {what}, not {result!r}")
    if len(result) != n:
        raise ValueError(f"an overriding function must return a list of {n} {what}, got {len(result)}")
    return list(result)
