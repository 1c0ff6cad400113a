"""Random programs with operations of users of all kinds, against NumPy: values, gradients, and who writes what.

An operation may have a `perform` only, or `infer_shape`, `grad`, `L_op`, `R_op`, C code, a graph; it may give a view of
its input, write into it, or reuse the memory of its last result. What it is given is what copies would hold.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np

import theano
import theano.tensor as T
from tests import random_program
from tests.grid import user_ops
from theano.compile import as_op
from theano.graph import Apply, Op
from theano.graph.errors import MethodNotDefined
from theano.ifelse import ifelse
from theano.legacy.c_code import compiler

DTYPES = ("float64", "float64", "float32", "int64", "complex128")


class Drawn(Op):
    """``factor * x`` backwards, with the `features` that were drawn.

    Parameters
    ----------
    factor
        A whole number.
    features
        Of: shape (has `infer_shape`), inplace (writes into its input), reuse (writes into its last result, if that
        fits), two (has a second result, the sum), second (a call gives the second one), more (an input is ignored).
    """

    __props__ = ("factor", "features")

    def __init__(self, factor: int, features: frozenset[str]) -> None:
        self.factor, self.features = factor, features
        if "inplace" in features:
            self.destroy_map = {0: [0]}
        if "shape" in features:
            self.infer_shape = self._shapes
        if "two" in features:
            self.default_output = int("second" in features)

    def make_node(self, x: Any, *more: Any) -> Apply:
        x = T.as_tensor_variable(x)
        outputs = [x.type()]
        if "two" in self.features:
            outputs.append(T.TensorType(x.dtype, ())())
        return Apply(self, [x, *map(T.as_tensor_variable, more)], outputs)

    def _shapes(self, node: Any, shapes: Any) -> Any:
        return [shapes[0], *[()] * (len(node.outputs) - 1)]

    def perform(self, node: Any, inputs: Any, outputs: Any) -> None:
        x = inputs[0]
        made = np.array(x[::-1] if x.ndim else x) * np.asarray(self.factor, x.dtype)
        if "inplace" in self.features:
            x[...] = made
            outputs[0][0] = x
        elif "reuse" in self.features and (last := outputs[0][0]) is not None and last.shape == x.shape:
            last[...] = made
        else:
            outputs[0][0] = made
        if "two" in self.features:
            outputs[1][0] = np.asarray(made.sum(), made.dtype)

    def grad(self, inputs: Any, gs: Any) -> Any:
        g = T.zeros_like(inputs[0]) + sum(g for g in gs if not isinstance(g.type, theano.gradient.DisconnectedType))
        g = (g[::-1] if g.ndim else g) * self.factor
        return [
            T.cast(g, inputs[0].dtype) if "complex" in inputs[0].dtype else g,
            *(theano.gradient.disconnected_type() for _ in inputs[1:]),
        ]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        return [[k == 0] * len(node.outputs) for k in range(len(node.inputs))]

    def R_op(self, inputs: Any, directions: Any) -> Any:
        return self.make_node(directions[0], *inputs[1:]).outputs


class RandomUserOps:
    """Expressions of operations of users among others, each with the value that NumPy gives.

    Attributes
    ----------
    program
        What is compiled.
    values
        Of the first of its outputs.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.dtype = rng.choice(DTYPES)
        self.program = random_program.Program(
            coarse="float32" if self.dtype == "float32" else "float64", accept_inplace=True
        )
        numbers = np.random.RandomState(rng.randrange(10**6))
        n = rng.choice((0, 1, 2, 5))
        self.pool: list[tuple[Any, np.ndarray]] = []
        for k, shape in enumerate(rng.sample([(n,), (n, 3), (2, n), ()], rng.randint(1, 3))):
            value = np.asarray(numbers.randint(-4, 5, shape)).astype(self.dtype)
            value = value + value[..., ::-1] * 1j if self.dtype[0] == "c" and shape else value
            value = np.asarray(value, self.dtype)
            self.pool.append((self.program.add(rng, value, f"x{k}"), value))
        given = list(self.pool)
        for _ in range(rng.randint(1, 6)):
            self._step()
        last = [pair for pair in self.pool[-3:] if pair not in given] or self.pool[-1:]
        self.program.outputs = [v for v, _ in last]
        self.values = [value for _, value in last]
        if self.dtype[0] in "fc" and rng.random() < 0.6:
            cost = sum((abs(v) ** 2).sum() for v, _ in last)
            self.program.outputs += T.grad(cost, [v for v, _ in given], disconnected_inputs="ignore")
            try:
                self.program.outputs.append(T.Rop(last[-1][0], given[0][0], T.ones_like(given[0][0])))
            except (theano.gradient.DisconnectedInputError, MethodNotDefined):
                self.program.text.append("no R-operator")

    def _step(self) -> None:
        v, value = self.rng.choice(self.pool[-3:])
        if self.rng.random() < 0.5:  # what may be written into: no argument
            v, value = v + v, value + value
            self.pool.append((v, value))
        kinds = {**self._python(v, value), **self._others(v, value)}
        if compiler.is_there() and self.dtype != "complex128":
            kinds |= self._in_c(v, value)
        name = self.rng.choice(sorted(kinds))
        self.program.text.append(f"{name} of {v}")
        made, found = kinds[name]
        if "place" in name and not (v.owner and isinstance(v.owner.op, T.Elemwise)):
            return  # it might write into an argument
        if np.abs(found()).max(initial=0) < 1e4:
            self.pool.append((made(), np.asarray(found(), self.dtype)))

    def _python(self, v: Any, value: np.ndarray) -> dict[str, tuple[Callable[[], Any], Callable[[], Any]]]:
        rng = self.rng
        features = frozenset(rng.sample(("shape", "inplace", "reuse", "two", "second", "more"), rng.randint(0, 4)))
        drawn, factor = Drawn(rng.choice((-1, 2)), features), 0
        factor = drawn.factor
        more = [self.pool[0][0]] if "more" in features else []
        turned = value[::-1] if value.ndim else value
        second = "two" in features and "second" in features

        def of_drawn() -> Any:
            return np.asarray(factor * turned.sum(), self.dtype) if second else factor * turned

        same = as_op([v.type], [v.type])(np.copy)
        shaped = as_op([v.type, v.type], [v.type], infer_shape=lambda node, shapes: [shapes[0]])(np.subtract)
        a, b = v.type(), v.type()
        graph = theano.OpFromGraph([a, b], [a * b + a, a - b], inline=rng.random() < 0.5)
        return {
            f"drawn {factor} {sorted(features)}": (lambda: drawn(v, *more), of_drawn),
            "perform": (lambda: user_ops.Thrice()(v), lambda: 3 * value),
            "in place": (lambda: user_ops.InPlace()(v), lambda: 3 * value),
            "view": (lambda: user_ops.Turned()(v), lambda: value.T),
            "view in place": (lambda: user_ops.InPlace()(user_ops.Turned()(v)), lambda: 3 * value.T),
            "decomposed": (lambda: user_ops.Decomposed()(v), lambda: value * value + value),
            "lowered": (lambda: user_ops.Lowered()(v), lambda: 3 * value),
            "effects": (lambda: user_ops.WithEffects()(v), lambda: 3 * value),
            "thunk": (
                lambda: theano.gradient.disconnected_grad(user_ops.ByThunk()(v)) if v.ndim else v,
                lambda: turned,
            ),
            "function": (lambda: theano.gradient.disconnected_grad(same(v)), lambda: value),
            "function with shape": (lambda: theano.gradient.disconnected_grad(shaped(v, v + v)), lambda: -value),
            "graph": (lambda: graph(v, v + 1)[0], lambda: value * (value + 1) + value),
            "graph, second": (lambda: graph(v, v * 2)[1] * 2, lambda: -2 * value),
        }

    def _in_c(self, v: Any, value: np.ndarray) -> dict[str, tuple[Callable[[], Any], Callable[[], Any]]]:
        return {
            "C": (lambda: user_ops.InC()(v), lambda: 3 * value),
            "C in place": (lambda: user_ops.InPlaceInC()(v), lambda: 3 * value),
            "C view": (lambda: user_ops.SeenInC()(v), lambda: value),
            "C view in place": (lambda: user_ops.InPlaceInC()(user_ops.SeenInC()(v)), lambda: 3 * value),
            "C of part": (
                lambda: user_ops.InC()(v[::2] if v.ndim else v),
                lambda: 3 * value[::2] if v.ndim else 3 * value,
            ),
        }

    def _others(self, v: Any, value: np.ndarray) -> dict[str, tuple[Callable[[], Any], Callable[[], Any]]]:
        """Of our own, around those of users."""
        fits = [(w, other) for w, other in self.pool if other.shape == value.shape]
        w, other = self.rng.choice(fits)
        thrice = user_ops.Thrice()
        found: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
            "add": (lambda: v - w, lambda: value - other),
            "mul": (lambda: v * w, lambda: value * other),
            "transposed": (lambda: v.T, lambda: value.T),
            "branch": (
                lambda: ifelse(T.gt(abs(w).sum(), 3), v, user_ops.InPlace()(w + w) - 3 * w),
                lambda: value if np.abs(other).sum() > 3 else 3 * other,
            ),
        }
        if not v.ndim:
            return found
        start = T.zeros_like(v.sum(axis=0)) if v.ndim > 1 else T.zeros((), self.dtype)
        return found | {
            "part": (lambda: v[1:], lambda: value[1:]),
            "sum": (lambda: v.sum(axis=0), lambda: value.sum(axis=0)),
            "written": (lambda: T.set_subtensor(v[:1], 2), lambda: np.concatenate([0 * value[:1] + 2, value[1:]])),
            "in steps": (lambda: theano.map(lambda r: thrice(r) + r, v)[0], lambda: 4 * value),
            "as a state": (
                lambda: (
                    theano.scan(lambda r, s: user_ops.InPlace()(r + r) - 3 * r + s, v, start)[0] if len(value) else v
                ),
                lambda: np.cumsum(3 * value, axis=0) if len(value) else value,
            ),
        }


def compare(seed: int) -> int:
    """Compare the program of a seed with NumPy, and all forms with each other; how many results told something."""
    made = RandomUserOps(random.Random(seed))
    program = made.program
    reference = program.function(random_program.AS_WRITTEN)
    with np.errstate(all="ignore"):
        found = program.run(reference, program.values, 1)
    about = f"seed {seed}: {'; '.join(program.text)}"
    last = made.values
    random_program.check(found[: len(last)], last, [1e-3 * (made.dtype == "float32")] * len(last), about)
    return random_program.compare(program, seed)
