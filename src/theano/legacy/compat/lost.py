"""Functions that others no longer have, as their documentation described them; for `theano.compat.clients`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from importlib import metadata
from typing import Any, NamedTuple

import numpy as np


class ArgSpec(NamedTuple):
    """What `getargspec` tells of a function."""

    args: list[str]
    varargs: str | None
    keywords: str | None
    defaults: tuple[Any, ...] | None


def getargspec(func: Callable[..., Any]) -> ArgSpec:
    """``inspect.getargspec``: the parameters of a function that has none that must be named."""
    args, varargs, keywords, defaults, named, _, _ = inspect.getfullargspec(func)
    if named:
        raise ValueError(f"{func!r} has parameters that must be named ({', '.join(named)}): use inspect.signature")
    return ArgSpec(args, varargs, keywords, defaults)


NINF, PZERO, NZERO = -np.inf, 0.0, -0.0


def _of_rows(func: Callable[..., Any]) -> Callable[..., Any]:
    """`func` of an array when it took rows of several lengths: if no dtype is asked for, they are held as objects."""

    @functools.wraps(func)
    def called(a: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return func(a, *args, **kwargs)
        except ValueError as error:
            if "inhomogeneous" not in str(error):
                raise
        return func(np.array(a, np.object_), *args, **kwargs)

    return called


array = _of_rows(np.array)
asarray = _of_rows(np.asarray)
copy = _of_rows(np.copy)
max = _of_rows(np.max)
min = _of_rows(np.min)


def asscalar(a: Any) -> Any:
    """``numpy.asscalar``: the one element of an array as a number of Python."""
    return a.item()


def asfarray(a: Any, dtype: Any = np.float64) -> np.ndarray:
    """``numpy.asfarray``: an array of floating-point or complex numbers; of float64 if `dtype` is none of these."""
    return np.asarray(a, dtype if np.issubdtype(dtype, np.inexact) else np.float64)


def msort(a: Any) -> np.ndarray:
    """``numpy.msort``: a copy sorted along its first axis."""
    return np.sort(a, axis=0)


def atleast_1d(*arys: Any) -> Any:
    """``numpy.atleast_1d`` when it did not know of variables: an array with one of them, as PyMC3 iterates over.

    Today's NumPy lets a variable's own function answer, which is an expression.
    """

    def one(ary: Any) -> Any:
        if isinstance(ary, np.ndarray) or not hasattr(ary, "__array_function__"):
            return np.atleast_1d(ary)
        held = np.empty(1, object)
        held[0] = ary
        return held

    return one(arys[0]) if len(arys) == 1 else [one(ary) for ary in arys]


def in1d(ar1: Any, ar2: Any, assume_unique: bool = False, invert: bool = False) -> np.ndarray:
    """``numpy.in1d``: which elements of `ar1`, flattened, are in `ar2`."""
    return np.isin(np.ravel(ar1), ar2, assume_unique=assume_unique, invert=invert)


def inner1d(a: Any, b: Any) -> np.ndarray:
    """``numpy.core.umath_tests.inner1d``: products of vectors along the last axis."""
    return np.einsum("...i,...i", a, b)


class _Casts(Mapping[Any, Callable[[Any], np.ndarray]]):
    """``numpy.cast``: functions that make arrays of a dtype, looked up by it."""

    def __getitem__(self, dtype: Any) -> Callable[[Any], np.ndarray]:
        return lambda x: np.asarray(x).astype(dtype)

    def __iter__(self) -> Iterator[Any]:
        return iter({np.dtype(code).type for code in np.typecodes["All"]})

    def __len__(self) -> int:
        return len(list(iter(self)))


cast = _Casts()


class Distribution(NamedTuple):
    """What ``pkg_resources`` tells of an installed distribution."""

    project_name: str
    version: str


def get_distribution(name: str) -> Distribution:
    """``pkg_resources.get_distribution``: name and version of what is installed."""
    return Distribution(name, metadata.version(name))


class MachAr:
    """``numpy.MachAr``: what floating-point numbers are like; it tried it out, `numpy.finfo` knows."""

    def __init__(self, float_conv: Any = float, *args: Any) -> None:
        known = np.finfo(np.dtype(float_conv))
        self.ibeta, self.it, self.irnd, self.ngrd = 2, known.nmant, 5, 0
        self.eps = self.epsilon = known.eps
        self.xmin = self.tiny = known.tiny
        self.xmax = self.huge = known.max
        self.epsneg, self.machep, self.negep = known.epsneg, known.machep, known.negep
        self.iexp, self.minexp, self.maxexp = known.iexp, known.minexp, known.maxexp
        self.precision, self.resolution = known.precision, known.resolution


class Tester:
    """``numpy.testing.Tester``: what ran a package's tests with nose, which is gone, too."""

    def __init__(self, package: Any = None, *args: Any, **kwargs: Any) -> None:
        self.package = package

    def test(self, *args: Any, **kwargs: Any) -> None:
        """Say how tests are run."""
        raise NotImplementedError("numpy.testing.Tester ran tests with nose, which is gone: use pytest --pyargs")

    bench = test


def _bytes(x: Any) -> np.ndarray:
    """Bytes as they are; other numbers with the smallest as 0 and the largest as 255."""
    x = np.asarray(x)
    if x.dtype == np.uint8:
        return x
    start, stop = float(x.min()), float(x.max())
    return ((x - start) * (255 / ((stop - start) or 1)) + 0.5).astype(np.uint8)


def imread(name: Any, flatten: bool = False, mode: str | None = None) -> np.ndarray:
    """``scipy.misc.imread``: a picture from a file, read by Pillow."""
    from PIL import Image

    with Image.open(name) as image:
        shown = image if mode is None else image.convert(mode)
        return np.array(shown.convert("F") if flatten else shown)


def imsave(name: Any, arr: Any, format: str | None = None) -> None:
    """``scipy.misc.imsave``: a picture to a file, written by Pillow."""
    from PIL import Image

    Image.fromarray(_bytes(arr)).save(name, format)


def imresize(arr: Any, size: Any, interp: str = "bilinear", mode: str | None = None) -> np.ndarray:
    """``scipy.misc.imresize``: a picture of bytes of another size: per cent, a factor, or (height, width)."""
    from PIL import Image

    image = Image.fromarray(_bytes(arr))
    if mode is not None:
        image = image.convert(mode)
    if np.ndim(size):
        height, width = size[:2]
    else:
        factor = size / 100 if isinstance(size, int) else size
        height, width = (int(length * factor) for length in image.size[::-1])
    return np.array(image.resize((width, height), getattr(Image.Resampling, interp.upper())))
