"""`Composite`: an operation on numbers that is made of others, and runs as one."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np

from theano.graph import Constant, Variable
from theano.graph.walk import io_toposort
from theano.scalar import rules
from theano.scalar.dtypes import COMPLEX, DISCRETE
from theano.scalar.op import ScalarOp as Entry
from theano.scalar.user import Scalar, ScalarOp

__all__ = ["Composite"]

_INFIX = {
    "add": "+", "mul": "*", "sub": "-", "true_div": "/", "int_div": "//", "mod": "%", "pow": "**", "lt": "<",
    "gt": ">", "le": "<=", "ge": ">=", "eq": "==", "neq": "!=", "and_": "&", "or_": "|", "xor": "^",
    "left_shift": "<<", "right_shift": ">>",
}  # fmt: skip


class Step(NamedTuple):
    """An operation on values that are numbered: inputs first, then constants, then the results of steps."""

    op: Entry
    args: tuple[int, ...]


class Composite(ScalarOp):
    """An operation that computes `outputs` from `inputs`.

    Applied to tensors it is one `Elemwise`, whose native code is that of the operations it is made of, in one loop.
    Its gradient and R-operator follow from theirs.

    Parameters
    ----------
    inputs
        Variables of numbers: those of `theano.scalar` types, or 0-d tensors.
    outputs
        What is computed from them by operations on numbers. With several outputs, applying it to tensors gives one
        `Elemwise` for each, which share a loop.

    Raises
    ------
    TypeError
        A variable is no number, or is made by an operation that is none on numbers.
    ValueError
        `outputs` depend on more than `inputs` and constants, or there are none.

    Notes
    -----
    For inputs of other dtypes than those of `inputs` the dtypes of all operations are found anew.

    Examples
    --------
    >>> import theano, theano.scalar, theano.tensor as T
    >>> x, y = theano.scalar.float64("x"), theano.scalar.float64("y")
    >>> op = theano.scalar.Composite([x, y], [(x + y) * theano.scalar.exp(x)])
    >>> op
    Composite{((i0 + i1) * exp(i0))}
    >>> v = T.dvector("v")
    >>> theano.function([v], T.Elemwise(op)(v, 1))([0, 1]).round(3)
    array([1.   , 5.437])
    """

    init_param: ClassVar[tuple[str, str]] = ("inputs", "outputs")

    def __init__(self, inputs: Sequence[Variable], outputs: Sequence[Variable]) -> None:
        constants, steps, results = _program(list(inputs), list(outputs))
        self._set(tuple(v.type.dtype for v in inputs), constants, steps, results)

    def _set(
        self, dtypes: tuple[str, ...], constants: tuple[np.ndarray, ...], steps: tuple[Step, ...],
        results: tuple[int, ...],
    ) -> None:  # fmt: skip
        self.input_dtypes, self.constants, self.steps, self.results = dtypes, constants, steps, results
        self.nin, self.nout = len(dtypes), len(results)  # type: ignore[misc]
        self._key = (dtypes, tuple((c.dtype.name, c.tobytes()) for c in constants), steps, results)
        # What computes it is not written down here: `compute`, and who reads `steps`.
        Entry.__init__(
            self,
            f"Composite{{{', '.join(self._texts())}}}",
            self.nin,
            dtype=self._dtype,
            numpy=self._numpy,
            grad=None,
            args=rules.args_as_they_are,
            register=False,
        )

    # -- its parts --

    @functools.cached_property
    def inputs(self) -> list[Any]:
        """Variables for the inputs, of the dtypes that the composite was made for."""
        return [Scalar(d)() for d in self.input_dtypes]

    @functools.cached_property
    def outputs(self) -> list[Any]:
        """The outputs as expressions of `inputs`."""
        return self.applied(self.inputs)

    @property
    def inputs_type(self) -> tuple[Scalar, ...]:
        """The types of `inputs`."""
        return tuple(Scalar(d) for d in self.input_dtypes)

    @property
    def outputs_type(self) -> tuple[Scalar, ...]:
        """The types of the outputs, for inputs of those types."""
        return tuple(self.output_types(self.inputs_type))

    def part(self, k: int) -> Entry:
        """The composite that computes output `k` only.

        Raises
        ------
        IndexError
            There is no such output.
        """
        if self.nout == 1:
            return self
        needed: set[int] = {self.results[k]}
        first = self.nin + len(self.constants)
        for at, step in reversed([*enumerate(self.steps, first)]):
            if at in needed:
                needed.update(step.args)
        kept = [*range(self.nin), *sorted(i for i in needed if i >= self.nin)]
        place = {old: new for new, old in enumerate(kept)}
        constants = tuple(c for i, c in enumerate(self.constants, self.nin) if i in needed)
        steps = tuple(
            Step(s.op, tuple(place[a] for a in s.args)) for i, s in enumerate(self.steps, first) if i in needed
        )
        return _made(self.input_dtypes, constants, steps, (place[self.results[k]],))

    def applied(self, inputs: Sequence[Any]) -> list[Any]:
        """The outputs for given inputs: variables, numbers, or whatever operations on numbers can be applied to."""
        values = [*inputs, *self.constants]
        for step in self.steps:
            values.append(step.op(*(values[a] for a in step.args)))
        return [values[r] for r in self.results]

    # -- readings --

    def dtypes(self, input_dtypes: Sequence[str]) -> list[str]:
        """The dtypes of all values: of inputs, constants, and the results of steps."""
        found = [*input_dtypes, *(c.dtype.name for c in self.constants)]
        for step in self.steps:
            found.append(step.op.dtype(*(found[a] for a in step.args)))
        return found

    def output_types(self, types: Sequence[Scalar]) -> Sequence[Scalar]:
        found = self.dtypes([t.dtype for t in types])
        return tuple(Scalar(found[r]) for r in self.results)

    def is_native(self, input_dtypes: tuple[str, ...], output_dtype: str) -> bool:
        """Whether all its operations have a native form for these dtypes, and none may fail."""
        dtypes = self.dtypes(input_dtypes)
        if not COMPLEX.isdisjoint(dtypes):
            return False
        made = dtypes[self.nin + len(self.constants) :]
        return all(
            s.op.is_native(tuple(dtypes[a] for a in s.args), d) and not (s.op.checks_zero_divisor and d in DISCRETE)
            for s, d in zip(self.steps, made, strict=True)
        )

    def _all_values(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        values = [*arrays, *self.constants]
        for step in self.steps:
            values.append(step.op.compute(tuple(values[a] for a in step.args)))
        return values

    def compute(self, inputs: tuple[np.ndarray, ...], output_dtype: str | None = None) -> np.ndarray:
        """The first output for arrays; as large as all of them together, even if it depends on few."""
        value = self._all_values(inputs)[self.results[0]]
        return np.array(np.broadcast_to(value, np.broadcast_shapes(*(np.shape(x) for x in inputs))))

    def _numpy(self, *arrays: Any) -> Any:
        values = self._all_values([np.asarray(a) for a in arrays])
        return [values[r] for r in self.results] if self.nout > 1 else values[self.results[0]]

    def impl(self, *values: Any) -> Any:
        """The outputs for numbers: bare if there is one."""
        found = [out[()] for out in (self.part(k).compute(tuple(map(np.asarray, values))) for k in range(self.nout))]
        return found[0] if self.nout == 1 else found

    def perform(self, node: Any, inputs: Any, output_storage: Any) -> None:
        """The values for numbers, into cells."""
        for k, cell in enumerate(output_storage):
            cell[0] = self.part(k).compute(tuple(map(np.asarray, inputs)))[()]

    def _texts(self) -> list[str]:
        """The outputs as they are printed: ``((i0 + i1) * exp(i0))``; what is used twice has a name, ``t0``."""
        texts = [f"i{k}" for k in range(self.nin)]
        texts += [f"{c.item():g}" if c.dtype.kind == "f" else str(c.item()) for c in self.constants]
        said: list[str] = []
        first = len(texts)
        used = [a for s in self.steps for a in s.args] + list(self.results)
        for at, step in enumerate(self.steps, first):
            args = [texts[a] for a in step.args]
            sign = _INFIX.get(step.op.name)
            name = step.op.name if step.op.target is None else step.op.target
            text = f"({f' {sign} '.join(args)})" if sign else f"{name}({', '.join(args)})"
            if step.op.name == "neg":
                text = f"(-{args[0]})"
            if used.count(at) > 1 and step.args:
                said.append(f"t{len(said)} = {text}")
                text = f"t{len(said) - 1}"
            texts.append(text)
        return [*said, *(texts[r] for r in self.results)]

    def _identity(self) -> tuple[Any, ...] | None:
        return (type(self), self._key)

    def __reduce__(self) -> Any:
        return _made, (self.input_dtypes, self.constants, self.steps, self.results)


def _made(*program: Any) -> Composite:
    made = object.__new__(Composite)
    made._set(*program)
    return made


def _program(
    inputs: list[Variable], outputs: list[Variable]
) -> tuple[tuple[np.ndarray, ...], tuple[Step, ...], tuple[int, ...]]:
    """Constants, steps, and which values are the outputs; composites inside are taken apart."""
    if not outputs:
        raise ValueError("Composite: give at least one output")
    for v in (*inputs, *outputs):
        if not isinstance(v, Variable) or getattr(v.type, "ndim", None) != 0:
            raise TypeError(f"Composite: inputs and outputs are variables of numbers, such as float64('x'), not {v!r}")
    nodes = io_toposort(inputs, outputs)
    constants: list[np.ndarray] = []
    # Constants are counted from -1 on downwards, until it is known how many there are.
    known: dict[Any, int] = {v: k for k, v in enumerate(inputs)}
    steps: list[tuple[Entry, list[int]]] = []
    shift = len(inputs)

    def value(v: Any) -> int:
        if v not in known:
            if not isinstance(v, Constant):
                raise ValueError(f"Composite: {v} is neither an input nor made from the inputs")
            constants.append(np.asarray(v.data))
            known[v] = -len(constants)
        return known[v]

    for node in nodes:
        op = getattr(node.op, "scalar_op", None)
        if op is None or node.outputs[0].type.ndim:
            raise TypeError(f"Composite: {node.op} is no operation on numbers; those are in theano.scalar")
        args = [value(v) for v in node.inputs]
        inner: tuple[Step, ...] = getattr(op, "steps", None) or (Step(op, tuple(range(len(args)))),)
        numbers = args
        if isinstance(op, Composite):
            numbers = [*args, *(-len(constants) - 1 - k for k in range(len(op.constants)))]
            constants += op.constants
        for step in inner:
            steps.append((step.op, [numbers[a] for a in step.args]))
            numbers = [*numbers, shift + len(steps) - 1]
        known[node.outputs[0]] = numbers[op.results[0]] if isinstance(op, Composite) else numbers[-1]
    results = [value(v) for v in outputs]
    n = len(constants)

    def place(i: int) -> int:
        return shift - 1 - i if i < 0 else i if i < shift else i + n

    return (
        tuple(constants),
        tuple(Step(op, tuple(map(place, args))) for op, args in steps),
        tuple(map(place, results)),
    )
