"""Random programs of complex numbers: values and gradients, against NumPy's definitions and against differences."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np

import theano
import theano.tensor as T
from tests import random_program
from theano.gradient import zero_grad
from theano.graph import evaluate
from theano.ifelse import ifelse
from theano.tensor import fft

DTYPES = ("complex128", "complex128", "complex64", "float64", "float32", "int32", "int8", "bool")
LENGTHS = (0, 1, 2, 3, 5, 9)
MOVE = 1e-5


class RandomComplex:
    """Vectors, matrices and numbers of complex and other dtypes; axes have `n` elements, or one.

    Attributes
    ----------
    program
        What is compiled: values, and the gradients of a real cost.
    cost
        The cost.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.n = rng.choice(LENGTHS)
        self.numbers = np.random.RandomState(rng.randrange(10**6))
        self.program = random_program.Program()
        self.known: dict[Any, np.ndarray] = {}
        self.pool = [self._operand("z", rng.choice(DTYPES[:3]), rng.choice((1, 1, 2)))]
        self.pool += [
            self._operand(f"x{k}", rng.choice(DTYPES), rng.choice((0, 1, 2))) for k in range(rng.randint(0, 2))
        ]
        given = list(self.pool)
        for _ in range(rng.randint(2, 5)):
            self._step()
        last = self.pool[-1]
        cost = [(T.real(last) * 0.5 + T.imag(last)).sum(), (abs(last) ** 2).sum(), T.real(T.dot(*[last.flatten()] * 2))]
        self.cost = T.cast(rng.choice(cost) + T.real(self.pool[0]).sum(), "float64")
        self.smooth = [v for v in given if v.dtype[0] in "fc"]
        self.program.outputs = [v for v in self.pool[-2:] if v not in given] + [self.cost]
        if rng.random() < 0.7:
            self.program.outputs += T.grad(self.cost, self.smooth, disconnected_inputs="ignore")
        coarse = {v.dtype for v in self.pool} & {"float32", "complex64"}
        self.program.coarse = "float32" if coarse else "float64"

    def _operand(self, name: str, dtype: str, ndim: int) -> Any:
        shape = tuple(self.rng.choice((1, self.n, self.n)) for _ in range(ndim))
        value = self.numbers.uniform(0.2, 1.5, shape) * np.exp(1j * self.numbers.uniform(-3.1, 3.1, shape))
        if self.rng.random() < 0.2:  # exact, with zeros
            value = self.numbers.randint(-1, 2, shape) + 1j * self.numbers.randint(-1, 2, shape)
        if dtype[0] != "c":
            value = value.real * (1 if dtype[0] == "f" else 3)
        kind: dict[str, Any] = {"broadcastable": tuple(n == 1 for n in shape)} if ndim else {}
        v = self.program.add(self.rng, np.asarray(value).astype(dtype), name, **kind)
        self.known[v] = np.asarray(value).astype(dtype)
        return v

    # -- steps -------------------------------------------------------------------------------------------------

    def _step(self) -> None:
        x = self.rng.choice(self.pool[-3:])
        kinds = self._pointwise(x) if self.rng.random() < 0.6 else self._arrays(x)
        name = self.rng.choice(sorted(kinds))
        self.program.text.append(name)
        made = kinds[name]()
        try:
            with np.errstate(all="ignore"):
                evaluate([made], self.known)
        except (IndexError, ValueError, NotImplementedError):  # places and lengths that do not fit, loops of no steps
            return
        if made.ndim <= 2:
            self.pool.append(made)

    def _pointwise(self, x: Any) -> dict[str, Callable[[], Any]]:
        y = self.rng.choice(self.pool)
        away = x + (0.3 + 2.4j)  # mostly far from where functions have poles and are cut
        c = T.constant(np.asarray(self.rng.choice((1j, 2, -1, 0.5 - 0.5j, 0))))
        return {
            "add": lambda: x + y,
            "sub": lambda: x - y * c,
            "mul": lambda: x * y,
            "by itself": lambda: x * T.conj(x) * c,
            "div": lambda: x / (y + 4),
            "inv": lambda: T.inv(away),
            "exp": lambda: T.exp(x * 0.3),
            "log": lambda: T.log(away),
            "sqrt": lambda: T.sqrt(away),
            "log1p": lambda: T.log1p(away),
            "expm1": lambda: T.expm1(x * 0.2),
            "sin": lambda: T.sin(x),
            "cosh": lambda: T.cosh(x * 0.5) * T.sinh(x * 0.5),
            "tan": lambda: T.tan(away),
            "tanh": lambda: T.tanh(away),
            "arcs": lambda: T.arcsin(away) + T.arccos(away * 2) - T.arctan(away),
            "areas": lambda: T.arcsinh(away) + T.arctanh(away) - T.arccosh(away),
            "square": lambda: T.sqr(x) - x**3,
            "power": lambda: away ** (T.real(y) * 0.3),
            "complex power": lambda: away ** (x * 0.2j),
            "parts": lambda: T.real(x) - 2 * T.imag(x),
            "conj": lambda: T.conj(x) - x,
            "abs": lambda: abs(away) + T.angle(away),
            "made": lambda: T.complex(T.real(x), T.imag(y)),
            "polar": lambda: T.complex_from_polar(abs(x) + 1, T.real(y)),
            "choice": lambda: T.switch(T.gt(T.real(y), 0.1), x, y),
            "equal": lambda: T.switch(T.eq(x, y), x * 2, T.neq(x, 0) * 1j),
            "numbers of others": lambda: x * T.isnan(T.real(x)) + c,
            "cast": lambda: T.cast(x, self.rng.choice(("complex64", "complex128"))),
            "neg": lambda: -x if x.dtype != "bool" else ~x,
            "sgn": lambda: zero_grad(T.sgn(T.real(x) - 0.1)) * x,
        }

    def _arrays(self, x: Any) -> dict[str, Callable[[], Any]]:
        rng, n = self.rng, self.n
        found: dict[str, Callable[[], Any]] = {
            "sum": lambda: x.sum(axis=rng.choice((None, *range(x.ndim)))),
            "mean": lambda: x.mean() if x.ndim and n else x * 2,
            "prod": lambda: (x * 0.5).prod(),
            "stack": lambda: T.stack([x, x * 1j]) if x.ndim < 2 else x.T,
            "branch": lambda: ifelse(T.gt(abs(x).sum(), 2.0), x * 1j, x + 0j),
            "flat": lambda: x.flatten(),
            "gradient": lambda: T.grad((abs(x) ** 2).sum(), x) if x.dtype[0] in "fc" and x.owner is None else x * 1j,
        }
        if not x.ndim:
            return found
        axis, k = rng.randrange(x.ndim), rng.choice((0, 1, 2, 7))
        flat = x.flatten()
        found |= {
            "cumsum": lambda: T.cumsum(x, axis=axis),
            "cumprod": lambda: T.cumprod(x * 0.6, axis=axis),
            "transposed": lambda: x.T,
            "reversed": lambda: x[..., ::-1],
            "slice": lambda: x[k:],
            "joined": lambda: T.concatenate([x, T.conj(x)], axis=axis),
            "split": lambda: T.split(x, [0, x.shape[axis]], 2, axis=axis)[1],
            "set": lambda: T.set_subtensor(flat[k:], 2j * flat[k:]) if flat.dtype[0] == "c" else flat,
            "inc": lambda: T.inc_subtensor((flat * 1j)[:k], flat[:1].sum()),
            "twice": lambda: T.inc_subtensor((flat * 1j)[T.zeros((k,), "int64") % T.maximum(flat.shape[0], 1)], 1j)
            if n else flat,
            "dot": lambda: T.dot(flat, T.conj(flat)),
            "outer": lambda: T.outer(flat, flat[:2]),
            "product": lambda: T.dot(x, T.conj(x).T) if x.ndim == 2 else T.dot(x, x),
            "tensordot": lambda: T.tensordot(x, T.conj(x), axes=[[axis], [axis]]),
            "gather": lambda: flat[T.arange(flat.shape[0])[::-1]],
            "loop": lambda: theano.scan(lambda v, s: s * 0.3j + v, flat * (1 + 0j), T.zeros((), _wide(flat)))[0],
            "map": lambda: theano.map(lambda v: T.conj(v) * v * 1j, flat)[0],
            "alloc": lambda: T.alloc(flat.sum(), 2, 3),
            "fft": lambda: _with_parts(fft.rfft(T.cast(T.real(T.shape_padleft(flat)), "float64")))[0] if n else x,
        }  # fmt: skip
        return found


def _wide(x: Any) -> str:
    return str((x * (1 + 0j)).dtype)


def _with_parts(x: Any) -> Any:
    return T.complex(x[..., 0], x[..., 1])


def compare(seed: int) -> int:
    """Compare the program of a seed in all forms, and now and then its gradients with differences."""
    made = RandomComplex(random.Random(seed))
    told = random_program.compare(made.program, seed)
    return told + (_differences(made, seed) if seed % 4 == 3 and made.program.coarse == "float64" else 0)


def _differences(made: RandomComplex, seed: int) -> int:
    """Compare the gradients, dC/da + i dC/db each, with central differences of the cost; how many were compared."""
    program, smooth = made.program, [v for v in made.smooth if v in made.program.inputs]
    given = dict(zip(program.inputs, program.values, strict=True))
    f = theano.function(program.inputs, made.cost, mode=random_program.AS_WRITTEN, on_unused_input="ignore")
    slopes = T.grad(made.cost, smooth, disconnected_inputs="ignore")
    g = theano.function(program.inputs, slopes, mode="FAST_RUN", on_unused_input="ignore")
    told = 0
    with np.errstate(all="ignore"):
        for v, slope in zip(smooth, g(*program.values), strict=True):
            for place in list(np.ndindex(given[v].shape))[:3]:
                for unit in (1, 1j) if slope.dtype.kind == "c" else (1,):
                    found = [_slope(f, given, v, place, unit * MOVE * k) for k in (1, 3)]
                    scale = 1 + abs(found[0])
                    if not np.isfinite(found[0]) or abs(found[0] - found[1]) > 1e-5 * scale:
                        continue  # not smooth there
                    got = slope[place].imag if unit == 1j else slope[place].real
                    about = f"seed {seed}: {'; '.join(program.text)}: {v}{place}"
                    np.testing.assert_allclose(got, found[0], rtol=1e-4, atol=1e-4 * scale, err_msg=about)
                    told += 1
    return told


def _slope(f: Any, given: dict[Any, np.ndarray], v: Any, place: tuple[int, ...], step: complex) -> float:
    ends = []
    for sign in (1, -1):
        moved = np.array(given[v])
        moved[place] += sign * step if moved.dtype.kind == "c" else sign * step.real
        ends.append(float(f(*[moved if w is v else value for w, value in given.items()])))
    return (ends[0] - ends[1]) / (2 * abs(step))
