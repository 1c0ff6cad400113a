"""Linkers: what makes of a graph something that runs. The classes of Theano's linkers stand for two executors.

A mode has a linker (`Mode.linker`), by whose `executor` functions run. A program may also give one a graph itself:
``PerformLinker().accept(fgraph).make_function()``. What runs the graph is filled in by `compile.linked`, which knows
the executors.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from theano.compile.errors import raise_with_op
from theano.compile.shared_variables.variables import Container
from theano.graph import Apply, Constant, FunctionGraph
from theano.graph.op import NodeThunk, performer
from theano.tensor.type import TensorType

__all__ = [
    "CLinker",
    "Linker",
    "LocalLinker",
    "OpWiseCLinker",
    "PerformLinker",
    "VM_Linker",
    "add_clear_storage",
    "gc_helper",
    "map_storage",
    "streamline",
]

Runner = Callable[[Sequence[Any]], list[Any]]
"""From values of a graph's inputs to those of its outputs."""

KEEP: Any = object()  # stands for: as it was


class Linker:
    """What makes of a graph something that runs.

    A class derived of it may define `accept` and `make_thunk` only; `executor` says who runs the functions of a mode:
    "native", "perform", "debug", or "thunk", which calls what `make_thunk` gives.

    Parameters
    ----------
    name : str, optional
        Its name.
    executor : str, optional
        See above.
    allow_gc : bool, optional
        Whether workspace is given back after a call.
    schedule : callable, optional
        Gives the order of the thunks, for a graph.

    Examples
    --------
    >>> theano.gof.PerformLinker().executor
    'perform'
    """

    name = "linker"
    executor = "thunk"
    allow_gc: bool | None = None
    fgraph: Any = None
    runners: list[Callable[[Linker, FunctionGraph], Runner]] = []

    def __init__(
        self, name: str | None = None, executor: str | None = None, allow_gc: bool | None = None, schedule: Any = None
    ) -> None:
        self.name = self.name if name is None else name
        self.executor = self.executor if executor is None else executor
        self.allow_gc = allow_gc
        if schedule is not None:
            self.schedule = schedule  # type: ignore[method-assign]

    def schedule(self, fgraph: FunctionGraph) -> list[Apply]:
        """The order of the nodes (of thunks; a native program has an order of its own)."""
        return fgraph.toposort()

    def clone(self, allow_gc: Any = KEEP) -> Any:
        """A copy without a graph."""
        twin = copy.copy(self)
        twin.fgraph = None
        if allow_gc is not KEEP:
            twin.allow_gc = allow_gc
        return twin

    def accept(self, fgraph: FunctionGraph, no_recycling: Iterable[Any] | None = None, profile: Any = None) -> Any:
        """Take a graph; a copy of the linker, if it has another one already.

        Parameters
        ----------
        fgraph
            The graph.
        no_recycling, profile
            Accepted for older programs: outputs are never written over.
        """
        if self.fgraph is not None and self.fgraph is not fgraph:
            return self.clone().accept(fgraph, no_recycling, profile)
        self.fgraph = fgraph
        return self

    def make_thunk(
        self,
        input_storage: Sequence[Any] | None = None,
        output_storage: Sequence[Any] | None = None,
        storage_map: dict[Any, list[Any]] | None = None,
    ) -> tuple[Any, list[Container], list[Container]]:
        """What runs the graph, reading from places (lists of one item) and writing to places.

        Parameters
        ----------
        input_storage, output_storage
            The places of the inputs and of the outputs: new ones by default.
        storage_map
            Places by variables, which inputs and outputs without a place in the other arguments get.

        Returns
        -------
        thunk, inputs, outputs
            A function without arguments, and a `Container` for each place.
        """
        graph = self._graph()
        inputs = _places(graph.inputs, input_storage, storage_map)
        outputs = _places(graph.outputs, output_storage, storage_map)
        run = self.runners[0](self, graph)

        def thunk() -> None:
            for cell, value in zip(outputs, run([cell[0] for cell in inputs]), strict=True):
                cell[0] = value

        thunk.inputs, thunk.outputs = inputs, outputs  # type: ignore[attr-defined]
        return thunk, _containers(graph.inputs, inputs), _containers(graph.outputs, outputs)

    def make_function(self, unpack_single: bool = True, **kwargs: Any) -> Callable[..., Any]:
        """A function of the values of the inputs.

        Parameters
        ----------
        unpack_single
            Whether the value of a single output is returned bare, not in a list.
        kwargs
            Of `make_thunk`.

        Examples
        --------
        >>> x, y = T.dscalars("x", "y")
        >>> theano.gof.PerformLinker().accept(theano.FunctionGraph([x, y], [x + y])).make_function()(1, 2)
        array(3.)
        """
        thunk, inputs, outputs = self.make_thunk(**kwargs)

        def execute(*args: Any) -> Any:
            if len(args) != len(inputs):
                raise TypeError(f"the function takes {len(inputs)} arguments, not {len(args)}")
            for container, value in zip(inputs, args, strict=True):
                container.value = value
            thunk()
            results = [container.storage[0] for container in outputs]
            return results[0] if unpack_single and len(results) == 1 else results

        execute.thunk, execute.inputs, execute.outputs = thunk, inputs, outputs  # type: ignore[attr-defined]
        return execute

    def _graph(self) -> FunctionGraph:
        if self.fgraph is None:
            raise ValueError(f"{type(self).__name__} has no graph: call accept(fgraph) first")
        found: FunctionGraph = self.fgraph
        return found

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "fgraph": None}

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, allow_gc={self.allow_gc})"


def _places(variables: Sequence[Any], given: Sequence[Any] | None, known: Any) -> list[list[Any]]:
    if given is not None and len(given) != len(variables):
        raise ValueError(f"{len(given)} places for {len(variables)} variables")
    found: list[list[Any]] = []
    for k, v in enumerate(variables):
        place = given[k] if given is not None else (known or {}).get(v)
        found.append([None] if place is None else getattr(place, "storage", place))
        if known is not None:
            known[v] = found[-1]
    return found


def _containers(variables: Sequence[Any], places: Sequence[list[Any]]) -> list[Container]:
    return [Container(v, place) for v, place in zip(variables, places, strict=True)]


def map_storage(
    fgraph: FunctionGraph,
    order: Sequence[Apply],
    input_storage: Sequence[Any] | None,
    output_storage: Sequence[Any] | None,
    storage_map: dict[Any, list[Any]] | None = None,
) -> tuple[list[list[Any]], list[list[Any]], dict[Any, list[Any]]]:
    """Places, lists of one item, for all variables of a graph; those of constants are filled.

    Parameters
    ----------
    fgraph, order
        The graph and its nodes.
    input_storage, output_storage
        The places of its inputs and of its outputs: new ones by default.
    storage_map
        Places by variables; the others are added to it.

    Returns
    -------
    input_storage, output_storage, storage_map

    Raises
    ------
    ValueError
        There are not as many places as inputs or outputs.

    Examples
    --------
    >>> x = T.dscalar("x")
    >>> graph = theano.gof.FunctionGraph([x], [x + 1.0], clone=False)
    >>> inputs, outputs, places = map_storage(graph, graph.toposort(), None, None)
    >>> inputs, outputs
    ([[None]], [[None]])
    """
    places = {} if storage_map is None else storage_map
    inputs = _places(fgraph.inputs, input_storage, places)
    outputs = _places(fgraph.outputs, output_storage, places)
    for v in (*fgraph.outputs, *(v for node in order for v in (*node.inputs, *node.outputs))):
        place = places.setdefault(v, [None])
        if isinstance(v, Constant):
            place[0] = v.data
    return inputs, outputs, places


def gc_helper(node_list: Sequence[Apply]) -> tuple[set[Any], dict[Any, Apply]]:
    """The variables that some nodes in their order compute, and for each variable the last node that reads it.

    Parameters
    ----------
    node_list : sequence of Apply
        Nodes in the order in which they run.

    Returns
    -------
    computed : set of variables
    last_user : dict
        From each variable that a node reads to the last of these nodes.

    Examples
    --------
    >>> x = T.dscalar("x")
    >>> y = T.exp(x)
    >>> computed, last_user = gc_helper([y.owner])
    >>> computed == {y}, last_user == {x: y.owner}
    (True, True)
    """
    computed: set[Any] = set()
    last_user: dict[Any, Apply] = {}
    for node in node_list:
        last_user.update(dict.fromkeys(node.inputs, node))
        computed.update(node.outputs)
    return computed, last_user


def streamline(
    fgraph: FunctionGraph,
    thunks: Sequence[Callable[[], Any]],
    order: Sequence[Apply],
    post_thunk_old_storage: Sequence[Sequence[list[Any]]] | None = None,
    no_recycling: Iterable[list[Any]] | None = None,
    nice_errors: bool = True,
) -> Callable[[], None]:
    """A function that runs thunks one after the other.

    Parameters
    ----------
    fgraph, thunks, order
        A graph, and what runs its nodes, in an order.
    post_thunk_old_storage
        For each thunk the places that are emptied after it.
    no_recycling
        Places that are emptied before the first thunk.
    nice_errors
        Whether errors tell of the node.

    Returns
    -------
    callable
        Without arguments and result.

    Raises
    ------
    ValueError
        There are not as many thunks as nodes, or lists of places.

    Examples
    --------
    >>> x = T.dscalar("x")
    >>> y = abs(x)
    >>> graph = theano.gof.FunctionGraph([x], [y], clone=False)
    >>> run = streamline(graph, [lambda: print("runs")], graph.toposort())
    >>> run()
    runs
    """
    cleared = [()] * len(thunks) if post_thunk_old_storage is None else post_thunk_old_storage
    if not len(thunks) == len(order) == len(cleared):
        raise ValueError(f"{len(thunks)} thunks for {len(order)} nodes, with places to empty for {len(cleared)}")
    first = list(no_recycling or ())

    def run() -> None:
        for place in first:
            place[0] = None
        for k, (thunk, node, places) in enumerate(zip(thunks, order, cleared, strict=True)):
            try:
                thunk()
            except Exception as error:
                if not nice_errors:
                    raise
                raise_with_op(node, error, [place[0] for place in getattr(thunk, "inputs", ())], fgraph, k)
            for place in places:
                place[0] = None

    return run


def add_clear_storage(f: Any, computed: Iterable[Any], storage_map: dict[Any, list[Any]]) -> None:
    """Give a function the method ``f.clear_storage()``, which empties the places of computed variables.

    Parameters
    ----------
    f
        What is to get the method.
    computed
        Variables.
    storage_map : dict
        The places (lists of one item) of variables.

    Returns
    -------
    None

    Examples
    --------
    >>> x, place = T.dscalar("x"), [3.0]
    >>> def f(): ...
    >>> add_clear_storage(f, [x], {x: place})
    >>> f.clear_storage()
    >>> place
    [None]
    """
    places = [storage_map[v] for v in computed]

    def clear_storage() -> None:
        for place in places:
            place[0] = None

    f.clear_storage = clear_storage


class LocalLinker(Linker):
    """A linker that can run each node by itself.

    Parameters
    ----------
    name, executor, allow_gc, schedule
        See `Linker`.

    Examples
    --------
    >>> x = T.dscalar("x")
    >>> linker = theano.gof.PerformLinker().accept(theano.gof.FunctionGraph([x], [abs(-x)], clone=False))
    >>> run, inputs, outputs, thunks, nodes = linker.make_all()
    >>> inputs[0].value = -2
    >>> for thunk in thunks:
    ...     _ = thunk()
    >>> outputs[0].value
    array(2.)
    """

    def runner_of(self, node: Apply) -> Any:
        """``run(values, cells)`` of one node: by its NumPy definition."""
        return performer(node)

    def make_all(
        self,
        input_storage: Sequence[Any] | None = None,
        output_storage: Sequence[Any] | None = None,
        storage_map: dict[Any, list[Any]] | None = None,
    ) -> tuple[Any, list[Container], list[Container], list[NodeThunk], list[Apply]]:
        """As `make_thunk`, and what runs each node, with the order of the nodes.

        Values go from node to node through the places of `storage_map`. A node in place overwrites what is there.
        """
        graph = self._graph()
        order = self.schedule(graph)
        inputs, outputs, places = map_storage(graph, order, input_storage, output_storage, storage_map)
        thunks = [
            NodeThunk(n, self.runner_of(n), [places[v] for v in n.inputs], [places[v] for v in n.outputs])
            for n in order
        ]
        run = streamline(graph, thunks, order)
        run.inputs, run.outputs = inputs, outputs  # type: ignore[attr-defined]
        return run, _containers(graph.inputs, inputs), _containers(graph.outputs, outputs), thunks, order


class CLinker(Linker):
    """The graph as one native program. `schedule` is accepted for older programs.

    Parameters
    ----------
    schedule
        Accepted for older programs.

    Examples
    --------
    >>> x = T.dscalar("x")
    >>> theano.function([x], x + 1, mode=theano.Mode(linker=theano.gof.CLinker()))(1)
    array(2.)
    """

    name, executor = "c", "native"

    def __init__(self, schedule: Any = None) -> None:
        super().__init__(schedule=schedule)


class OpWiseCLinker(LocalLinker):
    """The linker ``c|py``: functions are one native program, thunks of nodes (`make_all`) are one each.

    Parameters
    ----------
    allow_gc
        Whether workspace is given back after a call; by default as the flag of that name says.
    schedule
        Gives the order of the thunks, for a graph.
    fallback_on_perform, nice_errors
        Accepted for older programs.

    Examples
    --------
    >>> x = T.dscalar("x")
    >>> theano.function([x], x + 1, mode=theano.Mode(linker=theano.gof.OpWiseCLinker()))(1)
    array(2.)
    """

    name, executor = "c|py", "native"

    def __init__(
        self,
        fallback_on_perform: bool = True,
        allow_gc: bool | None = None,
        nice_errors: bool = True,
        schedule: Any = None,
    ) -> None:
        super().__init__(allow_gc=allow_gc, schedule=schedule)
        self.fallback_on_perform, self.nice_errors = fallback_on_perform, nice_errors

    def runner_of(self, node: Apply) -> Any:
        """``run(values, cells)`` of one node: a native program, where all values are arrays."""
        if not all(isinstance(v.type, TensorType) for v in (*node.inputs, *node.outputs)):
            return performer(node)
        inputs = [v.type() for v in node.inputs]
        alone = FunctionGraph(inputs, node.clone_with_new_inputs(inputs).outputs, clone=False)
        program = self.runners[0](self, alone)

        def run(values: list[Any], cells: list[list[Any]]) -> None:
            for cell, value in zip(cells, program(values), strict=True):
                cell[0] = value

        return run


class PerformLinker(LocalLinker):
    """The linker ``py``: the operations' NumPy definitions, run one by one.

    Parameters
    ----------
    allow_gc
        Accepted for older programs: values are dropped after their last reader.
    schedule
        Gives the order of the thunks, for a graph.

    Examples
    --------
    >>> x = T.dscalar("x")
    >>> theano.function([x], x + 1, mode=theano.Mode(linker=theano.gof.PerformLinker()))(1)
    array(2.)
    """

    name, executor = "py", "perform"

    def __init__(self, allow_gc: bool | None = None, schedule: Any = None) -> None:
        super().__init__(allow_gc=allow_gc, schedule=schedule)


class VM_Linker(LocalLinker):
    """The linkers ``vm`` and ``cvm``: one native program.

    Parameters
    ----------
    allow_gc
        Whether workspace is given back after a call; by default as the flag of that name says.
    callback
        Called by their names with `node`, `thunk`, `storage_map` and `compute_map` after each node. Nodes are run one
        by one by Python then.
    callback_input
        Called with `var` and `value` for each input, constant and shared variable, before the first node.
    use_cloop, lazy, schedule, c_thunks, allow_partial_eval
        Accepted for older programs.

    Examples
    --------
    >>> def show(node, thunk, storage_map, compute_map):
    ...     print(node.op)
    >>> x = T.dscalar("x")
    >>> f = theano.function([x], T.exp(x).sum(), mode=theano.Mode(theano.gof.vm.VM_Linker(callback=show), None))
    >>> _ = f(0)
    Elemwise{exp,no_inplace}
    Sum{acc_dtype=float64}
    """

    def __init__(
        self,
        allow_gc: bool | None = None,
        use_cloop: bool = False,
        callback: Any = None,
        callback_input: Any = None,
        lazy: bool | None = None,
        schedule: Any = None,
        c_thunks: bool | None = None,
        allow_partial_eval: bool | None = None,
    ) -> None:
        calls_back = callback is not None or callback_input is not None
        super().__init__("cvm" if use_cloop else "vm", "wrapped" if calls_back else "native", allow_gc, schedule)
        self.use_cloop, self.callback, self.callback_input = use_cloop, callback, callback_input
        self.linkers: list[LocalLinker] = [PerformLinker()] if calls_back else []
        self.lazy, self.c_thunks, self.allow_partial_eval = lazy, c_thunks, allow_partial_eval
        self.updated_vars: dict[Any, Any] = {}

    def __setstate__(self, state: dict[str, Any]) -> None:
        if "name" in state:
            self.__dict__.update(state)
        else:  # of Theano 1.0.5
            VM_Linker.__init__(self, state["allow_gc"], state["use_cloop"])

    def pre(self, f: Any, inputs: Sequence[Any], order: Sequence[Apply], thunk_groups: Any) -> None:
        """Tell `callback_input` of the values that a call begins with."""
        if self.callback_input is None:
            return
        constants = dict.fromkeys(v for node in order for v in node.inputs if isinstance(v, Constant))
        for v, value in [*zip(f.plan.fgraph.inputs, inputs, strict=True), *((v, v.data) for v in constants)]:
            self.callback_input(var=v, value=value)

    def wrapper(self, i: int, node: Apply, thunk: NodeThunk) -> None:
        """Run one node, and tell `callback`."""
        thunk()
        if self.callback is not None:
            places = dict(zip([*node.inputs, *node.outputs], [*thunk.inputs, *thunk.outputs], strict=True))
            self.callback(node=node, thunk=thunk, storage_map=places, compute_map={v: [True] for v in places})

    def accept_var_updates(self, updated_vars: dict[Any, Any]) -> None:
        """Take the new values of variables, by variable; a mode's functions know them without."""
        self.updated_vars = updated_vars


def predefined() -> dict[str | None, Linker]:
    """The linkers that have names."""
    found: dict[str | None, Linker] = {
        "cvm": VM_Linker(use_cloop=True),
        "cvm_nogc": VM_Linker(allow_gc=False, use_cloop=True),
        "vm": VM_Linker(),
        "vm_nogc": VM_Linker(allow_gc=False),
        "c": CLinker(),
        "c|py": OpWiseCLinker(),
        "c|py_nogc": OpWiseCLinker(allow_gc=False),
        "py": PerformLinker(),
    }
    for name, linker in found.items():
        linker.name = str(name)
    return found
