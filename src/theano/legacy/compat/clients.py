"""Names that Python, NumPy, SciPy and h5py no longer have, for ageing libraries alone.

Libraries written for Theano say ``np.bool``, ``collections.Iterable``, ``inspect.getargspec``. `enable` supplies such
names to the packages it is told, before they are imported, and to nobody else: nothing is written into NumPy or the
standard library. ``python -m theano.run script.py`` does so for a script.

How: CPython looks for a module's built-in functions in its own ``__builtins__``, and its import statements call the
``__import__`` that is there. Modules of enabled packages get one that hands out a `Facade` of each module that has lost
names (`LOST`); it is the module in all else. A module that is gone (`MOVED`) is looked for where it is now.
"""

from __future__ import annotations

import builtins
import importlib
import os
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import numpy as np

from theano.base.flag_table import config
from theano.base.flags import parse_config_string

__all__ = ["CLIENTS", "enable"]

# Packages known to ask for such names: what `enable` takes where nothing is said.
CLIENTS = tuple(
    (
        "agentnet arviz downhill extheano keras keras_applications keras_preprocessing lasagne neupy nolearn "
        "parmesan passage pmlearn pyfms pymc3 pymc3_ext rl sknn theanets theano_hf theano_lstm theanolm theanify "
        "tnet ucs"
    ).split()
)

_ABSTRACT = (
    "Callable Collection Container Hashable ItemsView Iterable Iterator KeysView Mapping MappingView MutableMapping "
    "MutableSequence MutableSet Sequence Set Sized ValuesView"
)
_REPLACED = "theano.legacy.compat.lost"
# Public names of NumPy that are no module, less those SciPy has itself or never had.
_OF_NUMPY = {
    name for name, value in vars(np).items() if not name.startswith("_") and not isinstance(value, ModuleType)
} - {"get_include", "info", "show_config", "test"}

# module -> names it has lost, or that meant something else, each with the "module:name" of what it was.
LOST: dict[str, dict[str, str]] = {
    "climate": {"get_logger": "logging:getLogger"},  # another distribution has its name now
    "collections": {name: f"collections.abc:{name}" for name in _ABSTRACT.split()},
    "fractions": {"gcd": "math:gcd"},
    "h5py": {"File": "theano.legacy.compat.hdf5:File"},
    "inspect": {"getargspec": f"{_REPLACED}:getargspec"},
    "itertools": {"ifilter": "builtins:filter", "imap": "builtins:map", "izip": "builtins:zip"},
    "numpy": {
        **{name: f"builtins:{name}" for name in ("bool", "complex", "float", "int", "object", "str")},
        "Inf": "numpy:inf",
        "Infinity": "numpy:inf",
        "MachAr": f"{_REPLACED}:MachAr",
        "NaN": "numpy:nan",
        "NINF": f"{_REPLACED}:NINF",
        "NZERO": f"{_REPLACED}:NZERO",
        "PINF": "numpy:inf",
        "PZERO": f"{_REPLACED}:PZERO",
        "alltrue": "numpy:all",
        **{name: f"{_REPLACED}:{name}" for name in ("array", "asarray", "copy", "max", "min")},
        "asfarray": f"{_REPLACED}:asfarray",
        "asscalar": f"{_REPLACED}:asscalar",
        "atleast_1d": f"{_REPLACED}:atleast_1d",
        "bool8": "numpy:bool_",
        "cfloat": "numpy:complex128",
        "cast": f"{_REPLACED}:cast",
        "complex_": "numpy:complex128",
        "cumproduct": "numpy:cumprod",
        "float_": "numpy:float64",
        "in1d": f"{_REPLACED}:in1d",
        "infty": "numpy:inf",
        "int0": "numpy:intp",
        "long": "builtins:int",
        "longfloat": "numpy:longdouble",
        "mat": "numpy:asmatrix",
        "msort": f"{_REPLACED}:msort",
        "product": "numpy:prod",
        "round_": "numpy:round",
        "row_stack": "numpy:vstack",
        "singlecomplex": "numpy:complex64",
        "sometrue": "numpy:any",
        "string_": "numpy:bytes_",
        "trapz": "numpy:trapezoid",
        "unicode": "builtins:str",
        "unicode_": "numpy:str_",
    },
    "numpy.core.umath_tests": {"inner1d": f"{_REPLACED}:inner1d"},
    "numpy.testing": {"Tester": f"{_REPLACED}:Tester"},
    "pkg_resources": {
        "get_distribution": f"{_REPLACED}:get_distribution",
        "parse_version": "packaging.version:parse",
    },
    "scipy.misc": {
        **{name: f"scipy.special:{name}" for name in ("comb", "factorial", "logsumexp")},
        **{name: f"{_REPLACED}:{name}" for name in ("imread", "imresize", "imsave")},
    },
    "scipy.signal": {name: f"scipy.signal.windows:{name}" for name in ("gaussian", "hamming", "hann")},
    "time": {"clock": "time:perf_counter"},
}
# SciPy handed on what NumPy has or had, square roots and logarithms with complex results where they are.
LOST["scipy"] = {
    **{name: f"numpy:{name}" for name in sorted(_OF_NUMPY)},
    **LOST["numpy"],
    **{name: f"numpy.lib.scimath:{name}" for name in np.emath.__all__},
    **{name: f"numpy.random:{name}" for name in ("rand", "randn")},
    "ifft": "numpy.fft:ifft",
    "random": "numpy:random",
}

# A module that is gone -> the one that has most of its names now, if any has.
MOVED = {
    "cPickle": "pickle",
    "climate": "",
    "numpy.core.umath_tests": "",
    "numpy.distutils": "",
    "pkg_resources": "",
    "scipy.misc": "",
    "sklearn.cross_validation": "sklearn.model_selection",
    "sklearn.externals": "",
    "sklearn.externals.joblib": "joblib",
    "sklearn.externals.six": "six",
    "sklearn.grid_search": "sklearn.model_selection",
    "sklearn.preprocessing.label": "sklearn.preprocessing._label",
}

# Modules that are handed out as a facade: those of the tables, and the packages they are in.
_FACED = {
    ".".join(name.split(".")[:n]) for name in (*LOST, *MOVED) for n in range(1, name.count(".") + 2)
}  # fmt: skip
_facades: dict[str, Facade] = {}
_enabled: set[str] = set()


class Facade(ModuleType):
    """A module as an ageing library sees it: with the names it had."""

    def __init__(self, name: str, module: ModuleType) -> None:
        super().__init__(name, module.__doc__)
        self.__dict__["_module"] = module

    def __getattr__(self, name: str) -> Any:
        if name == "__all__" and not hasattr(self._module, "__all__"):
            return [known for known in dir(self._module) if not known.startswith("_")]
        place, _, attribute = LOST.get(self.__name__, {}).get(name, "").partition(":")
        if place:
            return getattr(importlib.import_module(place), attribute)
        inner = f"{self.__name__}.{name}"
        return _faced(inner) if inner in _FACED else getattr(self._module, name)

    def __reduce__(self) -> tuple[Any, ...]:
        return _faced, (self.__name__,)  # functions are sent to other processes with the modules that they name

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._module, name, value)

    def __dir__(self) -> list[str]:
        return sorted({*dir(self._module), *LOST.get(self.__name__, ())})


def _faced(name: str) -> Facade:
    """The facade of a module, which may be gone."""
    if name not in _facades:
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError:
            if name not in MOVED:
                raise
            module = importlib.import_module(MOVED[name]) if MOVED[name] else ModuleType(name)
        _facades[name] = Facade(name, module)
    return _facades[name]


# What THEANO_FLAGS was when Theano read it, where a script may still change it.
_flags_read: str | None = None


def flags_of_script() -> None:
    """Let a script set ``THEANO_FLAGS`` before its first import of Theano, though `theano.run` imported it."""
    global _flags_read
    _flags_read = os.environ.get("THEANO_FLAGS", "")


def _read_flags(name: str) -> None:
    """Set what ``THEANO_FLAGS`` says now, if it says something else, where a module is about to be imported."""
    global _flags_read
    now = os.environ.get("THEANO_FLAGS", "")
    given, _flags_read = _flags_read, None if name.partition(".")[0] == "theano" else now
    if now != given:
        config.give(parse_config_string(now))


def _import(
    name: str,
    globals: Any = None,
    locals: Any = None,
    fromlist: Sequence[str] | None = (),
    level: int = 0,
) -> ModuleType:
    """What import statements of enabled packages call."""
    if _flags_read is not None:
        _read_flags(name)
    if level or name.partition(".")[0] not in _FACED:
        return builtins.__import__(name, globals, locals, fromlist or (), level)
    module = _faced(name)._module if name in _FACED else importlib.import_module(name)
    if not fromlist:
        return _faced(name.partition(".")[0])
    if module.__name__ in sys.modules:  # else nothing is left of it
        builtins.__import__(module.__name__, globals, locals, fromlist)  # ``from sklearn import datasets`` loads that
    return _faced(name) if name in _FACED else module


BUILTINS = {**vars(builtins), "__import__": _import}


class _AgedLoader(Loader):
    """Another loader, whose modules get `BUILTINS`."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__dict__["__builtins__"] = BUILTINS
        self._loader.exec_module(module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)


class _Finder(MetaPathFinder):
    """Finds modules of enabled packages, by asking the other finders."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] not in _enabled:
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(fullname, path, target)
            if spec is not None:
                if spec.loader is not None and hasattr(spec.loader, "exec_module"):
                    spec.loader = _AgedLoader(spec.loader)
                return spec
        return None


FINDER = _Finder()


def enable(*packages: str) -> None:
    """Supply names that others have dropped to packages that still ask for them, and to these alone.

    Parameters
    ----------
    packages : str
        Names of packages or modules as they are imported; without any, the libraries of `CLIENTS`.

    Raises
    ------
    TypeError
        If a name is no text.
    ValueError
        If a name has a dot: what is inside of a package comes with it.
    RuntimeError
        If a package has been imported already.

    Examples
    --------
    >>> import theano.compat.clients
    >>> theano.compat.clients.enable("keras", "keras_preprocessing")
    >>> import numpy
    >>> hasattr(numpy, "alltrue")  # for others nothing changes
    False
    """
    wanted = packages or CLIENTS
    for name in wanted:
        if not isinstance(name, str):
            raise TypeError(f"enable() takes names of packages, as in enable('keras'), not {name!r}")
        if "." in name:
            raise ValueError(f"{name!r} has a dot: enable({name.partition('.')[0]!r}), with all that is inside")
        if name in sys.modules and name not in _enabled:
            raise RuntimeError(f"{name} is imported already: call enable() before the first import of {name}")
    _enabled.update(wanted)
    if FINDER not in sys.meta_path:
        sys.meta_path.insert(0, FINDER)
