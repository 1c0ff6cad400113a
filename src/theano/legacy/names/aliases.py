"""Names that older programs import from other places, as modules and attributes.

`places` and `late_names` beside this module say where they live.

A module that does not exist here is an `AliasModule`, which looks a name up when asked, so that nothing is imported for
its sake. What Theano has and this package has not, yet, is in `theano.legacy.names.absent`.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar

from theano.legacy.names import absent, passed_on
from theano.legacy.names.late_names import LATE, LAZY
from theano.legacy.names.places import ALIASES, ALWAYS_MODULES, MOVED, ON_DEMAND

if TYPE_CHECKING:
    from importlib.abc import Loader  # it takes 18 ms to load


class AliasModule(absent.NamedModule):
    """A module whose names are found in other modules.

    Examples
    --------
    >>> import theano.gof.graph, theano.graph
    >>> theano.gof.graph.inputs is theano.graph.graph_inputs
    True
    """

    def __init__(self, name: str, places: tuple[str, ...]) -> None:
        super().__init__(name, f"Old name of {', '.join(p for p in places if '=' not in p)}.")
        self.__spec__ = ModuleSpec(name, None)
        self.__path__: list[str] = []  # a package: it may contain other aliases
        self._modules = [place for place in places if "=" not in place]
        self._renamed = dict(place.split("=") for place in places if "=" in place)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__all__":
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        if name == "__all__":
            return [n for n in dir(self) if not n.startswith("_")]
        if name in self._renamed:
            module, _, attribute = self._renamed[name].partition(":")
            return getattr(importlib.import_module(module), attribute)
        for place in self._modules:
            module_found = importlib.import_module(place)
            if hasattr(module_found, name):
                return getattr(module_found, name)
        if f"{self.__name__}.{name}" in ON_DEMAND:  # Theano loads all its modules, so programs ask without an import
            return importlib.import_module(f"{self.__name__}.{name}")
        found = passed_on.find(self.__name__, name)
        return absent.stand_in(self.__name__, name) if found is None else found

    def __dir__(self) -> list[str]:
        names = {name for place in self._modules for name in dir(importlib.import_module(place))}
        return sorted(names | set(self._renamed))


def install() -> None:
    """Register the aliases as modules and set the late attributes; `theano` calls this once."""
    sys.meta_path.insert(0, _Moved)
    _name_all_again()
    for name in ALIASES:
        for known in _with_parents(name):
            if known not in sys.modules:
                _register(known, ALIASES.get(known, ()))
    for target, sources in LATE.items():
        module = sys.modules[_home(target)]
        for source, names in sources.items():
            for name in names.split():
                if not hasattr(module, name):
                    setattr(module, name, getattr(importlib.import_module(source), name))
    for target in {*LAZY, *passed_on.PASSED_ON, *absent.ABSENT}:
        home = _home(target)
        if isinstance(sys.modules.get(home), AliasModule):
            continue
        if home in sys.modules:
            _show(target)
        else:
            _Showing.pending[home] = target
    sys.meta_path.insert(0, _Showing)
    sys.meta_path.append(_OnDemand)
    absent.install()


def _home(name: str) -> str:
    """Return where the module with a documented name is in this package: its entry in `MOVED`, or the name itself."""
    return MOVED.get(name, name)


def _holds_others(name: str) -> bool:
    """Whether modules of the table lie in a module of the table, so that it must look like a package."""
    return any(other.startswith(f"{name}.") for other in MOVED)


def _name_all_again() -> None:
    """Give all loaded modules of the table their documented names, too, before somebody imports them by these.

    An import would set the name in the package around, where ``theano.d3viz.d3viz`` is a function.
    """
    for name, home in MOVED.items():
        if home in sys.modules and name not in sys.modules:
            _name_again(name, sys.modules[home])


def _name_again(name: str, module: ModuleType) -> None:
    """Give a loaded module its documented name, too."""
    sys.modules[name] = module
    if not hasattr(module, "__path__") and _holds_others(name):
        module.__path__ = []
    parent, _, leaf = name.rpartition(".")
    if parent in sys.modules:
        vars(sys.modules[parent]).setdefault(leaf, module)


class _Moved:
    """Finds the modules of `MOVED` that are not loaded yet."""

    _spec: ModuleSpec | None = None

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name not in MOVED:
            return None
        return ModuleSpec(name, _Moved(), is_package=_holds_others(name))  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(MOVED[spec.name])
        self._spec = module.__spec__
        return module

    @staticmethod
    def get_code(name: str) -> Any:
        """The code of the module, for ``python -m``."""
        spec: Any = find_spec(MOVED[name])
        return spec.loader.get_code(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """The module has run: only its own spec comes back, which `importlib` has replaced."""
        module.__spec__ = self._spec
        _name_all_again()


def _show(target: str) -> None:
    """Let a module find the names of the tables."""
    sources = LAZY.get(target, {})
    places = {name: source for source, names in sources.items() for name in names.split() if name != "*"}
    whole = [source for source, names in sources.items() if names == "*"]
    namespace = sys.modules[_home(target)].__dict__
    namespace["__getattr__"] = _lazily(target, places, whole, namespace.get("__getattr__"))
    namespace["__dir__"] = _listing(namespace, [*places], whole, namespace.get("__dir__", list))


def _listing(
    namespace: dict[str, Any], late: list[str], whole: list[str], own: Callable[[], list[str]]
) -> Callable[[], list[str]]:
    """A module's `__dir__`: what it has, what it finds in the places of the tables, and what its `own` one knows."""

    def names() -> list[str]:
        return sorted({*namespace, *own(), *late, *(n for s in whole for n in importlib.import_module(s).__all__)})

    return names


class _Showing:
    """Loads modules of the tables that are not loaded with the package, and shows their names: first in
    ``sys.meta_path``, for everybody else would load such a module without."""

    pending: ClassVar[dict[str, str]] = {}  # the module -> its name in the tables

    def __init__(self, loader: Loader) -> None:
        self.loader = loader

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name not in _Showing.pending:
            return None
        spec = PathFinder.find_spec(name, path)
        if spec is not None and spec.loader is not None:
            spec.loader = _Showing(spec.loader)  # type: ignore[assignment]
        return spec

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        assert module.__spec__ is not None
        module.__spec__.loader = module.__loader__ = self.loader
        self.loader.exec_module(module)
        _show(_Showing.pending[module.__name__])


class _OnDemand:
    """Finds the modules of `ON_DEMAND`; late in ``sys.meta_path``, so that modules that are there come first."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        return ModuleSpec(name, _OnDemand()) if name in ON_DEMAND else None  # type: ignore[arg-type]

    @staticmethod
    def create_module(spec: ModuleSpec) -> ModuleType:
        return AliasModule(spec.name, ON_DEMAND[spec.name])

    @staticmethod
    def exec_module(module: ModuleType) -> None:
        """Nothing to run."""


def _lazily(
    target: str, places: dict[str, str], whole: list[str], own: Callable[[str], Any] | None
) -> Callable[[str], Any]:
    """A module's `__getattr__` that finds names in the places given, among those that modules pass on, by the module's
    `own` one, or among those that are not there yet."""

    def find(name: str) -> Any:
        if name not in places:
            for source in whole:
                if name in importlib.import_module(source).__all__:
                    places[name] = source
                    break
            else:
                found = passed_on.find(target, name)
                if found is None:
                    return absent.stand_in(target, name) if own is None else own(name)
                setattr(sys.modules[_home(target)], name, found)
                return found
        if places[name] == target:
            found = importlib.import_module(f"{target}.{name}")
        else:
            found = getattr(importlib.import_module(places[name]), name)
        setattr(sys.modules[_home(target)], name, found)
        return found

    return find


def _with_parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:n]) for n in range(2, len(parts) + 1)]


def _register(name: str, places: tuple[str, ...]) -> None:
    module = sys.modules[name] = AliasModule(name, places)
    parent, _, leaf = name.rpartition(".")
    # `theano.tensor.var` is a module and, as an attribute, the variance.
    if leaf not in sys.modules[parent].__dict__ or name in ALWAYS_MODULES:
        setattr(sys.modules[parent], leaf, module)
