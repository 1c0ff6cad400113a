"""Functions of vectors and matrices applied over leading axes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from theano.scan.views import map as map_
from theano.tensor.checks.assertion import Assert
from theano.tensor.elemwise import dimshuffle
from theano.tensor.making.alloc import alloc
from theano.tensor.pointwise.math import eq
from theano.tensor.shaping.reshaping import reshape
from theano.tensor.shaping.shape import product, shape_i
from theano.tensor.variable import as_tensor_variable

__all__ = ["vectorize"]

_CORE = r"\(\s*(?:\w+\s*(?:,\s*\w+\s*)*)?\)"
_SIGNATURE = re.compile(rf"\s*{_CORE}\s*(?:,\s*{_CORE}\s*)*->\s*{_CORE}\s*(?:,\s*{_CORE}\s*)*")


def _cores(side: str) -> list[list[str]]:
    return [re.findall(r"\w+", core) for core in re.findall(_CORE, side)]


def vectorize(pyfunc: Callable[..., Any], signature: str | None = None) -> Callable[..., Any]:
    """A function of tensors with more axes: `pyfunc` for each element, row or matrix of them.

    Parameters
    ----------
    pyfunc
        Takes variables and returns one or several.
    signature
        The axes of one call, as for `numpy.vectorize`: ``"(m,n),(n)->(m)"``; default: numbers in, numbers out.

    Returns
    -------
    function
        Of as many tensors; axes before those of the signature are the same for all, or known to have length 1. `pyfunc`
        is called once, to see what it does with one element; the loop over all is a `theano.map`, from which what can
        be done for all at once is taken out.

    Raises
    ------
    ValueError
        The signature makes no sense, or a tensor has fewer axes. When it runs: lengths differ.

    Examples
    --------
    >>> distance = T.vectorize(lambda a, b: T.sqrt(((a - b) ** 2).sum()), "(n),(n)->()")
    >>> distance(T.constant([[0.0, 3.0], [1.0, 1.0]]), T.constant([4.0, 0.0])).eval()
    array([5.        , 3.16227766])
    """
    if signature is not None and not _SIGNATURE.fullmatch(signature):
        raise ValueError(f"vectorize: {signature!r} is no signature like '(m,n),(n)->(m)'")
    given, _, made = (signature or "").partition("->")
    count = None if signature is None else len(_cores(made))

    def apply(*args: Any) -> Any:
        tensors = [as_tensor_variable(a) for a in args]
        cores = _cores(given) if signature is not None else [[] for _ in tensors]
        results = _applied(pyfunc, tensors, cores, count)
        return results[0] if len(results) == 1 else results

    apply.__name__ = getattr(pyfunc, "__name__", "vectorized")
    apply.__doc__ = pyfunc.__doc__
    return apply


def _applied(pyfunc: Callable[..., Any], tensors: list[Any], cores: list[list[str]], count: int | None) -> list[Any]:
    if len(tensors) != len(cores):
        raise ValueError(f"vectorize: the signature is for {len(cores)} tensors, not {len(tensors)}")
    leads = [x.type.ndim - len(core) for x, core in zip(tensors, cores)]
    for x, lead, core in zip(tensors, leads, cores):
        if lead < 0:
            raise ValueError(f"vectorize: {x} has {x.type.ndim} dimensions, the signature says ({','.join(core)})")
    tensors = _equal_cores(tensors, leads, cores)

    def one(*parts: Any) -> list[Any]:
        made = pyfunc(*parts)
        made = list(made) if isinstance(made, (list, tuple)) else [made]
        if count is not None and len(made) != count:
            raise ValueError(f"vectorize: the function returned {len(made)} results, the signature says {count}")
        return [as_tensor_variable(v) for v in made]

    most = max(leads, default=0)
    if most == 0:
        return one(*tensors)
    lengths = _lengths(tensors, leads, most)
    moving = [k for k, lead in enumerate(leads) if lead]
    rows = [_spread(tensors[k], leads[k], lengths) for k in moving]

    def step(*parts: Any) -> list[Any]:
        taken = dict(zip(moving, parts))
        return one(*(taken.get(k, x) for k, x in enumerate(tensors)))

    made, _ = map_(step, sequences=rows)
    results = made if isinstance(made, list) else [made]
    if most == 1:
        return results
    inner = [[shape_i(r, k) for k in range(1, r.type.ndim)] for r in results]
    return [reshape(r, [*lengths, *core], ndim=most + len(core)) for r, core in zip(results, inner)]


def _equal_cores(tensors: list[Any], leads: Sequence[int], cores: list[list[str]]) -> list[Any]:
    """The tensors, with a check that axes of one name have one length."""
    first: dict[str, Any] = {}
    checked = []
    for x, lead, core in zip(tensors, leads, cores):
        for k, name in enumerate(core):
            length = shape_i(x, lead + k)
            known = first.setdefault(name, length)
            if known is not length:
                x = Assert(f"vectorize: axes called {name} have different lengths", ValueError)(x, eq(known, length))
        checked.append(x)
    return checked


def _lengths(tensors: list[Any], leads: Sequence[int], most: int) -> list[Any]:
    """The lengths of the leading axes of the result."""
    lengths: list[Any] = [1] * most
    for x, lead in zip(tensors, leads):
        for k in range(lead):
            if not x.type.broadcastable[k]:
                place = most - lead + k
                lengths[place] = shape_i(x, k) if isinstance(lengths[place], int) else lengths[place]
    return lengths


def _spread(x: Any, lead: int, lengths: list[Any]) -> Any:
    """`x` with all leading axes, joined to one."""
    missing = len(lengths) - lead
    core = [shape_i(x, k) for k in range(lead, x.type.ndim)]
    padded = dimshuffle(x, ["x"] * missing + list(range(x.type.ndim))) if missing else x
    full = alloc(padded, *lengths, *core)
    return full if len(lengths) == 1 else reshape(full, [product(lengths), *core], ndim=1 + len(core))
