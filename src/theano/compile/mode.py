"""Modes: which rewrites a function gets and which executor runs it.

A mode has a *linker* and an *optimizer*. The linkers of Theano (`cvm`, `c|py`, …) are names for two
executors: "native", the compiled program, and "perform", the ops' NumPy implementations run by Python. An
optimizer is a `Query` that selects rewrites by tag, or `None` for the graph as it was written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from theano.base.flag_table import config
from theano.base.flags import change_flags
from theano.compile.linkers import Linker, predefined
from theano.graph import Apply, FunctionGraph
from theano.graph.features import Supervisor
from theano.rewrite import (
    AddDestroyHandler,
    AddFeatureOptimizer,
    GraphRewriter,
    PrintCurrentFunctionGraph,
    Query,
    optdb,
    rewrite_graph,
)

predefined_linkers: dict[str | None, Linker] = predefined()


def register_linker(name: str, linker: Linker) -> None:
    """Make `linker` known as ``Mode(linker=name)``.

    Parameters
    ----------
    name : str
        The name.
    linker : Linker
        What it stands for.

    Returns
    -------
    None

    Raises
    ------
    ValueError
        The name is taken.

    Examples
    --------
    >>> theano.compile.register_linker("my_py", theano.gof.PerformLinker())
    >>> theano.function([], T.constant(2.0), mode=theano.Mode(linker="my_py"))()
    array(2., dtype=float32)
    >>> del theano.compile.mode.predefined_linkers["my_py"]
    """
    _register("Linker", predefined_linkers, name, linker)


def _register(what: str, table: dict[Any, Any], name: str, thing: Any) -> None:
    if name in table:
        raise ValueError(f"{what} name already taken: {name}")
    table[name] = thing


def _unknown(what: str, name: Any, names: Iterable[Any]) -> ValueError:
    known = ", ".join(sorted(n for n in names if isinstance(n, str)))
    return ValueError(f"No predefined {what} for string: {name}. It is one of {known}.")


# Tags that the optimizers below leave out: in Theano those of what needs a C compiler, where there is none.
exclude: list[str] = []

OPT_NONE = Query(include=[])
OPT_MERGE = Query(include=["merge"])
OPT_FAST_RUN = Query(include=["fast_run"])
OPT_FAST_RUN_STABLE = OPT_FAST_RUN.requiring("stable")
OPT_FAST_COMPILE = Query(include=["fast_compile"])
# The phases up to 1.5 (`rewrite.engine.database.PHASES`): those behind make programs faster, not numbers better.
OPT_STABILIZE = Query(include=["fast_run"], position_cutoff=1.5000001)
OPT_O2 = OPT_FAST_COMPILE.including("fusion")
OPT_O3 = OPT_FAST_RUN.excluding("inplace")
OPT_UNSAFE = OPT_O3.including("unsafe")

predefined_optimizers: dict[str | None, Any] = {
    None: OPT_NONE,
    "None": OPT_NONE,
    "merge": OPT_MERGE,
    "o4": OPT_FAST_RUN,
    "fast_run": OPT_FAST_RUN,
    "o3": OPT_O3,
    "o2": OPT_O2,
    "o1": OPT_FAST_COMPILE,
    "fast_compile": OPT_FAST_COMPILE,
    "fast_run_stable": OPT_FAST_RUN_STABLE,
    "stabilize": OPT_STABILIZE,
    "unsafe": OPT_UNSAFE,
}


def register_optimizer(name: str, opt: Any) -> None:
    """Make `opt`, a `Query` or an object with ``optimize(fgraph)``, known as ``Mode(optimizer=name)``.

    Parameters
    ----------
    name : str
        The name.
    opt
        What it stands for.

    Returns
    -------
    None

    Raises
    ------
    ValueError
        The name is taken.

    Examples
    --------
    >>> from theano.compile import mode
    >>> mode.register_optimizer("only_merge", mode.OPT_MERGE)
    >>> theano.function([], T.constant(2.0), mode=theano.Mode(optimizer="only_merge"))()
    array(2., dtype=float32)
    >>> del theano.compile.mode.predefined_optimizers["only_merge"]
    """
    _register("Optimizer", predefined_optimizers, name, opt)


def compiler_test_values() -> change_flags:
    """For nodes that the compiler makes: they have test values only if flag ``compute_test_value_opt`` says so."""
    return config.change_flags(compute_test_value=config.compute_test_value_opt)


Observer = Callable[[int, Apply, list[Any], list[list[Any]]], None]
"""Called around a node: position in the order, node, values of its inputs, its output cells."""


class Mode:
    """How functions are rewritten and executed.

    Parameters
    ----------
    linker
        Name of a linker; `config.linker` by default.
    optimizer
        Name of an optimizer, a `Query`, an object with ``optimize(fgraph)`` or None;
        `config.optimizer` by default.

    Examples
    --------
    >>> x = T.dscalar("x")
    >>> f = theano.function([x], x + 1, mode=theano.Mode(linker="py", optimizer="fast_compile"))
    >>> f = theano.function([x], x + 1, mode=theano.compile.get_default_mode().excluding("fusion"))
    """

    # Executors of the mode need the graph as it was before rewriting.
    keep_original = False
    # What makes functions in place of `FunctionMaker`, called as that is.
    function_maker: Callable[..., Any] | None = None
    linker: Any = predefined_linkers["cvm"]
    provided_linker: Any = None
    provided_optimizer: Any = None
    call_time = 0.0
    fn_time = 0.0

    def __init__(self, linker: str | Linker | None = None, optimizer: Any = "default") -> None:
        if linker is None:
            linker = config.linker
        if isinstance(optimizer, str) and optimizer == "default":
            optimizer = config.optimizer
        self.provided_linker = linker
        self.provided_optimizer = optimizer
        self.linker, self._optimizer = self.get_linker_optimizer(linker, optimizer)

    def __setstate__(self, state: Any) -> None:
        if isinstance(state, tuple):  # of Theano 1.0.5: the linker and the query
            Mode.__init__(self, *state)
        else:
            self.__dict__.update(state)

    @property
    def optimizer(self) -> Any:
        """What rewrites graphs, with ``optimize(fgraph)``: that of the mode's query, or the object it was given."""
        return GraphRewriter(self._optimizer) if isinstance(self._optimizer, Query) else self._optimizer

    @staticmethod
    def get_linker_optimizer(linker: Any, optimizer: Any) -> tuple[Any, Any]:
        """The linker and the optimizer that names stand for; others stay as they are.

        Raises
        ------
        ValueError
            There is none of that name.
        """
        if isinstance(linker, str):
            if linker not in predefined_linkers:
                raise _unknown("linker exists", linker, predefined_linkers)
            linker = predefined_linkers[linker]
        if isinstance(optimizer, str) or optimizer is None:
            if optimizer not in predefined_optimizers:
                raise _unknown("optimizer exists", optimizer, predefined_optimizers)
            optimizer = predefined_optimizers[optimizer]
        return linker, optimizer

    @property
    def executor(self) -> str:
        """Name of the executor: "native", "perform", "thunk", …"""
        found: str = self.linker.executor
        return found

    def observers(self) -> tuple[Observer | None, Observer | None]:
        """What an executor that runs node by node calls before and after each."""
        return None, None

    def rewrite(self, fgraph: FunctionGraph) -> None:
        """Apply the mode's rewrites to `fgraph`."""
        if isinstance(self._optimizer, Query):
            if self._optimizer.include:
                rewrite_graph(fgraph, self._optimizer)
        elif hasattr(self._optimizer, "optimize"):
            self._optimizer.optimize(fgraph)
        else:
            self._optimizer(fgraph)

    def including(self, *tags: str) -> Mode:
        """This mode with the rewrites tagged `tags` too."""
        return self._with(self._query("including").including(*tags))

    def excluding(self, *tags: str) -> Mode:
        """This mode without the rewrites tagged `tags`."""
        return self._with(self._query("excluding").excluding(*tags))

    def requiring(self, *tags: str) -> Mode:
        """This mode with only those of its rewrites that have all of `tags`."""
        return self._with(self._query("requiring").requiring(*tags))

    def register(self, *optimizations: Any) -> Mode:
        """This mode with more rewrites of whole graphs.

        Parameters
        ----------
        optimizations
            Pairs of a rewrite and the position at which it runs (see `optdb`).

        Examples
        --------
        >>> mode = theano.compile.get_default_mode().register((theano.gof.MergeOptimizer(), 2.1))
        """
        return self._with(self._query("register").register(*optimizations))

    def clone(self, link_kwargs: dict[str, Any] | None = None, optimizer: Any = "", **kwargs: Any) -> Mode:
        """A copy, with another optimizer if one is given."""
        twin = self._with(self._optimizer if optimizer == "" else optimizer)
        if link_kwargs:
            twin.linker = self.linker.clone(**link_kwargs)
        return twin

    def _query(self, method: str) -> Query:
        if not isinstance(self._optimizer, Query):
            raise TypeError(f"{method} needs a mode whose optimizer is a Query, not {self._optimizer}")
        return self._optimizer

    def _with(self, optimizer: Any) -> Mode:
        twin = self.__class__.__new__(self.__class__)
        twin.__dict__.update(self.__dict__)
        twin.provided_optimizer = twin._optimizer = self.get_linker_optimizer(self.linker, optimizer)[1]
        return twin

    def __str__(self) -> str:
        return (
            f"{type(self).__name__}(linker = {self.provided_linker}, optimizer = {self.provided_optimizer})"
        )


FAST_COMPILE = Mode(predefined_linkers["py"], "fast_compile")
FAST_RUN = Mode("cvm", "fast_run")

local_useless = optdb["useless"]
"""The rewrites that take out what does nothing: where more of them are registered."""

predefined_modes: dict[str, Mode] = {"FAST_COMPILE": FAST_COMPILE, "FAST_RUN": FAST_RUN}
special_modes: dict[str, type[Mode]] = {}
_config_modes: dict[tuple[Any, ...], Mode] = {}


def register_mode(name: str, mode: Mode) -> None:
    """Make `mode` known as ``function(…, mode=name)``.

    Parameters
    ----------
    name : str
        The name.
    mode : Mode
        What it stands for.

    Returns
    -------
    None

    Raises
    ------
    ValueError
        The name is taken.

    Examples
    --------
    >>> theano.compile.register_mode("MY_MODE", theano.Mode(linker="py"))
    >>> theano.function([], T.constant(2.0), mode="MY_MODE")()
    array(2., dtype=float32)
    >>> del theano.compile.mode.predefined_modes["MY_MODE"]
    """
    _register("Mode", predefined_modes, name, mode)


def get_mode(orig_string: str | Mode | None) -> Mode:
    """The mode for a name, a mode or None (`config.mode`).

    Flags `optimizer_including`, `optimizer_excluding` and `optimizer_requiring` apply to the default mode.

    Parameters
    ----------
    orig_string : str, Mode or None
        See above.

    Returns
    -------
    Mode

    Raises
    ------
    ValueError
        There is no mode of that name.

    Examples
    --------
    >>> theano.compile.get_mode("FAST_RUN") is theano.compile.FAST_RUN
    True
    """
    if isinstance(orig_string, Mode):
        return orig_string
    from_config = orig_string is None
    name = config.mode if from_config else orig_string
    if name in special_modes:
        mode: Mode = special_modes[name]()
    elif name == "Mode":
        key = (config.linker, config.optimizer)
        if key not in _config_modes:
            _config_modes[key] = Mode(*key)
        mode = _config_modes[key]
    elif name in predefined_modes:
        mode = predefined_modes[name]
    else:
        raise _unknown("mode exist", name, {"Mode", *predefined_modes, *special_modes})
    return _with_config_tags(mode) if from_config else mode


def _with_config_tags(mode: Mode) -> Mode:
    for flag, method in (
        (config.optimizer_including, Mode.including),
        (config.optimizer_excluding, Mode.excluding),
        (config.optimizer_requiring, Mode.requiring),
    ):
        tags = [tag for tag in flag.split(":") if tag]
        if tags:
            mode = method(mode, *tags)
    return mode


def get_default_mode() -> Mode:
    """The mode of functions made without one.

    Returns
    -------
    Mode
        That of the flag `mode`, with the tags of the flags `optimizer_including`, `optimizer_excluding` and
        `optimizer_requiring`.

    Raises
    ------
    ValueError
        The flag names no mode.

    Examples
    --------
    >>> isinstance(theano.compile.get_default_mode(), theano.Mode)
    True
    """
    return get_mode(None)


__all__ = [name for name in dir() if name.startswith("OPT_")] + [
    "FAST_COMPILE",
    "FAST_RUN",
    "AddDestroyHandler",
    "AddFeatureOptimizer",
    "Linker",
    "Mode",
    "PrintCurrentFunctionGraph",
    "Query",
    "Supervisor",
    "exclude",
    "get_default_mode",
    "get_mode",
    "local_useless",
    "optdb",
    "predefined_linkers",
    "predefined_modes",
    "predefined_optimizers",
    "register_linker",
    "register_mode",
    "register_optimizer",
]
