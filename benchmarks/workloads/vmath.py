"""Elementary functions one at a time, over an array that does not fit the caches of one core."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.workload import Case, NotAvailable, Setup, Target, Workload
from benchmarks.workloads.peers import both
from benchmarks.workloads.symbolic import THEANOS, Language, everywhere

N = 10**6


@dataclass(frozen=True, slots=True)
class Function:
    """One function and where the arguments lie.

    Attributes
    ----------
    name
        As `theano.tensor` calls it.
    low, high
        The arguments are uniform between.
    numpy, numexpr, jax, torch
        Its name there, if it is another one; `None`: not there. "special:" names one of SciPy.
    """

    name: str
    low: float
    high: float
    numpy: str = ""
    numexpr: str | None = ""
    jax: str = ""
    torch: str = ""


FUNCTIONS = [
    Function("exp", -10, 10),
    Function("expm1", -3, 3),
    Function("log", 0.01, 100),
    Function("log1p", 0, 10),
    Function("sin", -10, 10),
    Function("cos", -10, 10),
    Function("tan", -10, 10),
    Function("arctan", -10, 10),
    Function("tanh", -5, 5),
    Function("sigmoid", -10, 10, "special:expit", None, "nn.sigmoid"),
    Function("softplus", -10, 10, "logaddexp", None, "nn.softplus", "nn.functional.softplus"),
    Function("erf", -3, 3, "special:erf", None, "special.erf"),
    Function("erfc", -3, 3, "special:erfc", None, "special.erfc"),
    Function("erfinv", -1, 1, "special:erfinv", None, "special.erfinv"),
    Function("gammaln", 0, 20, "special:gammaln", None, "special.gammaln", "lgamma"),
    Function("psi", 0, 20, "special:psi", None, "special.digamma", "digamma"),
    Function("pow", 0.1, 10, "power", "x ** 2.7", "power", "pow"),
]  # fmt: skip
# the second argument
MORE = {"pow": 2.7, "softplus": 0.0}


def _found(module: Any, path: str) -> Any:
    for part in path.split("."):
        module = getattr(module, part)
    return module


def _symbolic(function: Function) -> Any:
    def setup(lang: Language, x: Any) -> Case:
        u = lang.T.vector("x", dtype=str(x.dtype))
        if function.name in ("sigmoid", "softplus"):
            made = getattr(lang.T.nnet, function.name)(u)
        elif function.name == "pow":
            made = u ** np.asarray(MORE["pow"], x.dtype)
        else:
            made = getattr(lang.T, function.name)(u)
        return Case(lang.function([u], made), (x,))

    return setup


def _numpy(function: Function) -> Setup:
    def setup(x: Any) -> Case:
        package, _, name = (function.numpy or function.name).rpartition(":")
        if package:
            from scipy import special

            compute = getattr(special, name)
        else:
            compute = getattr(np, name)
        out = np.empty_like(x)
        more = [x.dtype.type(MORE[function.name])] if function.name in MORE else []
        return Case(lambda x: compute(x, *more, out=out), (x,))

    return setup


def _numexpr(function: Function) -> Setup:
    def setup(x: Any) -> Case:
        import numexpr

        if function.numexpr is None:
            raise NotAvailable(f"numexpr has no {function.name}")
        text = function.numexpr or f"{function.name}(x)"
        if x.dtype == np.float32:  # or the constant would make doubles of them
            text = text.replace("2.7", "p")
        p = x.dtype.type(MORE["pow"])
        return Case(lambda x: numexpr.evaluate(text, {"x": x, "p": p}), (x,))

    return setup


def _peers(function: Function) -> dict[str, Setup]:
    def jax(jax: Any) -> Any:
        modules = {"nn": jax.nn, "special": jax.scipy.special}
        first, _, rest = (function.jax or function.name).rpartition(".")
        compute = _found(modules.get(first, jax.numpy), rest)
        return (lambda x: compute(x, MORE["pow"])) if function.name == "pow" else compute

    def torch(torch: Any) -> Any:
        compute = _found(torch, function.torch or function.name)
        return (lambda x: compute(x, MORE["pow"])) if function.name == "pow" else compute

    return {name: setup for name, setup in both(jax, torch).items() if name != "torch_compile"}


def _data(low: float, high: float, n: int, dtype: str) -> tuple[Any]:
    return (np.random.default_rng(0).uniform(low, high, n).astype(dtype),)


def _row(function: Function, dtype: str) -> Workload:
    short = f"f{dtype[-2:]}"
    numexpr = {} if function.numexpr is None else {"numexpr": _numexpr(function)}
    given = {"low": function.low, "high": function.high, "dtype": dtype}
    return Workload(
        f"vmath-{function.name}-{short}",
        f"`{function.name}`, 1e6 {short}",
        Target(1.0),
        data=_data,
        setups={
            "numpy": _numpy(function), **numexpr, **_peers(function), **everywhere(_symbolic(function), *THEANOS),
        },
        sizes={"n": N, **given},
        tiny={"n": 101, **given},
        rtol=5e-6 if dtype == "float32" else 1e-13,
    )  # fmt: skip


ROWS = [_row(function, dtype) for function in FUNCTIONS for dtype in ("float64", "float32")]
