"""One graph, four contenders: ours, Theano 1.0.5, and PyTensor with its C and its Numba linker.

They share the vocabulary, so that a family writes its graph once; `Language` names what differs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.workload import Case, NotAvailable, Setup


@dataclass(frozen=True, slots=True)
class Language:
    """What a graph is written in.

    Attributes
    ----------
    T
        The module with constructors and operations.
    function, shared, grad
        As `theano.function`, `theano.shared` and `theano.grad`.
    softmax, log_softmax
        Of the rows of a matrix.
    sigmoid
        Element by element.
    hessian
        ``hessian(cost, wrt)``.
    scan
        ``scan(step, sequences, initial states, other arguments, number of steps)``: what the steps give.
    until
        Ends a loop.
    """

    T: Any
    function: Callable[..., Any]
    shared: Callable[..., Any]
    grad: Callable[..., Any]
    softmax: Callable[[Any], Any]
    log_softmax: Callable[[Any], Any]
    sigmoid: Callable[[Any], Any]
    hessian: Callable[..., Any]
    scan: Callable[..., Any]
    until: Callable[[Any], Any]


def _theano() -> Language:
    import theano
    import theano.tensor as T

    # looked up at each call, so that `profile` sees them
    return Language(
        T,
        lambda *args, **kwargs: theano.function(*args, **kwargs),
        theano.shared,
        lambda *args: theano.grad(*args),
        T.nnet.softmax,
        T.nnet.logsoftmax,
        T.nnet.sigmoid,
        theano.gradient.hessian,
        lambda *args: theano.scan(*args)[0],
        theano.scan_module.until,
    )


def _original() -> Language:
    """Theano 1.0.5, whose names ours has; where a process finds it, it does not find ours."""
    import theano

    if theano.__version__ != "1.0.5":
        raise NotAvailable(f"this is Theano {theano.__version__}")
    if not (theano.config.cxx and theano.config.blas.ldflags):
        raise NotAvailable("no C++ compiler, or no BLAS to link with")
    import theano.tensor.nlinalg
    import theano.tensor.slinalg  # ours brings them with `theano.tensor`

    import theano.tensor.signal.pool

    return _theano()


def _pytensor(mode: str) -> Language:
    import pytensor
    import pytensor.tensor as T
    from pytensor.scan.utils import until
    from pytensor.tensor.special import log_softmax, softmax

    if mode == "CVM" and not pytensor.config.cxx:
        raise NotAvailable("no C++ compiler")

    def function(*args: Any, **kwargs: Any) -> Any:
        return pytensor.function(*args, mode=mode, **kwargs)

    return Language(
        T,
        function,
        pytensor.shared,
        pytensor.grad,
        lambda x: softmax(x, axis=1),
        lambda x: log_softmax(x, axis=1),
        T.sigmoid,
        pytensor.gradient.hessian,
        lambda *args: pytensor.scan(*args, return_updates=False),
        until,
    )


LANGUAGES: dict[str, Callable[[], Language]] = {
    "theano": _theano,
    "theano-1.0.5": _original,
    "pytensor_c": lambda: _pytensor("CVM"),
    "pytensor_numba": lambda: _pytensor("NUMBA"),
}

THEANOS = ("theano", "theano-1.0.5")
PYTENSOR = ("pytensor_c", "pytensor_numba")


def everywhere(setup: Callable[..., Case], *names: str) -> dict[str, Setup]:
    """The contenders (all, or those named) for ``setup(language, *inputs)``."""

    def of(name: str) -> Setup:
        return lambda *data: setup(LANGUAGES[name](), *data)

    return {name: of(name) for name in (names or LANGUAGES)}
