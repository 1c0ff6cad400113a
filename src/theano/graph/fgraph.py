"""A graph between fixed inputs and outputs, which knows who uses each variable and can be changed."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Iterable, KeysView, Sequence
from typing import Any, Literal, TypeAlias

from theano.base.notebook_form import notebook_form, notebook_picture
from theano.graph import serialise
from theano.graph.clone import clone_get_equiv
from theano.graph.errors import InconsistencyError, MissingInputError
from theano.graph.features import AlreadyThere
from theano.graph.nodes import Apply, Constant, Variable
from theano.graph.origin import made_here
from theano.graph.text import as_string
from theano.graph.walk import in_turns, io_toposort

Client: TypeAlias = tuple[Apply | Literal["output"], int]


# All graphs that there are, in the order in which they were made.
_living: weakref.WeakValueDictionary[int, FunctionGraph] = weakref.WeakValueDictionary()
_count = itertools.count()


def graph_of(thing: Apply | Variable) -> FunctionGraph | None:
    """The function graph that a node or a variable belongs to; the last one that was made if there are several.

    Examples
    --------
    >>> x = T.dscalar("x")
    >>> f = theano.function([x], T.exp(x))
    >>> graph_of(f.maker.fgraph.outputs[0]) is f.maker.fgraph
    True
    >>> graph_of(x) is None
    True
    """
    known = "_nodes" if isinstance(thing, Apply) else "_clients"
    graphs = reversed(list(_living.values()))
    return next((graph for graph in graphs if thing in getattr(graph, known, ())), None)


class FunctionGraph:
    """The graph of a function.

    Every leaf is one of `inputs`, a constant, or MissingInputError is raised. Cost of building and of each
    change is proportional to what is added or removed.

    Parameters
    ----------
    inputs, outputs
        Lists of variables.
    features
        Objects with any of the methods ``on_attach(fgraph)``, ``on_detach(fgraph)``,
        ``on_import(fgraph, node, reason)``, ``on_prune(fgraph, node, reason)``,
        ``on_change_input(fgraph, node, i, old, new, reason)``, ``orderings(fgraph)``.
    clone
        Whether to work on a copy, so that the user's graph stays as it is.

    Attributes
    ----------
    inputs, outputs : list of Variable
    protected : list of Variable or None
        Inputs that no operation in place may overwrite; None: all of them.

    Examples
    --------
    >>> import theano.tensor as T
    >>> x = T.dscalar("x")
    >>> fg = FunctionGraph([x], [-abs(x)], clone=False)
    >>> [str(node) for node in fg.toposort()]
    ['Elemwise{abs_,no_inplace}(x)', 'Elemwise{neg,no_inplace}(Elemwise{abs_,no_inplace}.0)']
    >>> print(fg)
    [Elemwise{neg,no_inplace}(Elemwise{abs_,no_inplace}(x))]
    """

    def __init__(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        features: Iterable[Any] | None = None,
        clone: bool = True,
        update_mapping: dict[int, int] | None = None,
    ) -> None:
        inputs, outputs = list(inputs), list(outputs)
        if clone:
            equiv = clone_get_equiv(inputs, outputs, copy_orphans=False)
            inputs, outputs = [equiv[v] for v in inputs], [equiv[v] for v in outputs]
        self.inputs: list[Any] = inputs
        self.update_mapping = update_mapping
        self.protected: list[Any] | None = None
        self._given = set(inputs)
        if len(self._given) != len(inputs):
            raise ValueError("an input is listed twice")
        if any(v.owner is not None for v in inputs):
            raise ValueError("an input of a function graph must be a leaf")
        self._features: list[Any] = []
        _living[next(_count)] = self
        self.describe(outputs)
        for feature in features or ():
            self.attach_feature(feature)

    def describe(self, outputs: Sequence[Any]) -> None:
        """Make this the graph from the present inputs to `outputs`, whose nodes may have been changed from outside.

        Features are attached anew.
        """
        features = list(self._features)
        for feature in features:
            self.remove_feature(feature)
        self.outputs: list[Any] = list(outputs)
        # Clients as dicts, used as ordered sets: removing one must not cost more the more there are.
        self._clients: dict[Any, dict[Client, None]] = {v: {} for v in self.inputs}
        self._nodes: dict[Apply, None] = {}
        self._order: list[Apply] | None = None
        for i, output in enumerate(self.outputs):
            self._import(output, "init")
            self._clients[output]["output", i] = None
        for feature in features:
            self.attach_feature(feature)

    @property
    def apply_nodes(self) -> KeysView[Apply]:
        """The nodes, as an ordered set."""
        return self._nodes.keys()

    @property
    def variables(self) -> KeysView[Any]:
        """The variables (also unused outputs of nodes), as an ordered set."""
        return self._clients.keys()

    def clients(self, r: Variable) -> list[Client]:
        """Who uses `r`: pairs of a node and the position among its inputs, or of ``'output'`` and a
        position.

        Examples
        --------
        >>> import theano.tensor as T
        >>> x = T.dscalar("x")
        >>> FunctionGraph([x], [x], clone=False).clients(x)
        [('output', 0)]
        """
        return list(self._clients[r])

    # Growing and shrinking

    def _import(self, variable: Any, reason: Any) -> None:
        """Take in `variable` and all that it is computed from."""
        if variable in self._clients:
            return
        if variable.owner is None:
            self._import_leaf(variable, None)
            return
        known = self._clients
        todo = [variable.owner]
        opened: set[Apply] = set()
        while todo:
            node = todo[-1]
            if node in self._nodes:
                todo.pop()
            elif node in opened:
                self._add_node(todo.pop(), reason)
            else:
                opened.add(node)
                for v in reversed(node.inputs):
                    if v.owner is None:
                        if v not in known:
                            self._import_leaf(v, node)
                    elif v.owner not in self._nodes:
                        todo.append(v.owner)

    def _import_leaf(self, variable: Any, user: Apply | None) -> None:
        if not isinstance(variable, Constant) and variable not in self._given:
            of = f" of {user}" if user is not None else ""
            raise MissingInputError(
                f"The input {variable}{of}, needed to compute the outputs, was not provided and has no value. Add it "
                "to the list of inputs of theano.function (for eval: give its value in the dict), or use "
                "`givens`." + made_here(variable),
                variable=variable,
            )
        self._clients[variable] = {}

    def _add_node(self, node: Apply, reason: Any) -> None:
        self._nodes[node] = None
        self._order = None
        for output in node.outputs:
            self._clients.setdefault(output, {})
        for i, v in enumerate(node.inputs):
            self._clients[v][node, i] = None
        for feature in self._features:
            if hasattr(feature, "on_import"):
                feature.on_import(self, node, reason)

    def _prune(self, variable: Any, reason: Any) -> None:
        """Remove `variable` if nobody uses it, and then what was only needed for it."""
        todo = [variable]
        while todo:
            variable = todo.pop()
            if self._clients.get(variable) != {}:
                continue
            node = variable.owner
            if node is None:
                if variable not in self._given:
                    del self._clients[variable]
                continue
            if node not in self._nodes or any(self._clients[v] for v in node.outputs):
                continue
            del self._nodes[node]
            self._order = None
            for output in node.outputs:
                del self._clients[output]
            for i, v in enumerate(node.inputs):
                del self._clients[v][node, i]
                todo.append(v)
            for feature in self._features:
                if hasattr(feature, "on_prune"):
                    feature.on_prune(self, node, reason)

    def add_input(self, input: Any) -> None:
        """Add a leaf to the inputs."""
        if input in self._given:
            raise ValueError(f"{input} is an input already")
        if input.owner is not None:
            raise ValueError(f"{input} is not a leaf")
        self.inputs.append(input)
        self._given.add(input)
        self._clients.setdefault(input, {})

    # Changing

    def change_input(self, node: Apply | Literal["output"], i: int, new_r: Any, reason: Any = None) -> None:
        """Make `new_r` the input `i` of `node`, or the output `i` if `node` is ``'output'``."""
        old = self._change_input(node, i, new_r, reason)
        if old is not new_r:
            self._prune(old, reason)

    def _change_input(self, node: Apply | Literal["output"], i: int, new: Any, reason: Any) -> Any:
        # An op may be called "output"; it would not be the string.
        row: list[Any] = self.outputs if isinstance(node, str) else node.inputs
        old = row[i]
        if old is new:
            return old
        if old.type != new.type:
            raise TypeError(
                f"{old} of type {old.type} cannot be replaced by {new} of type {new.type} (reason: {reason})"
            )
        self._import(new, reason)
        row[i] = new
        del self._clients[old][node, i]
        self._clients[new][node, i] = None
        self._order = None
        for feature in self._features:
            if hasattr(feature, "on_change_input"):
                feature.on_change_input(self, node, i, old, new, reason)
        return old

    def replace(self, r: Any, new_r: Any, reason: Any = None, verbose: bool | None = None) -> None:
        """Let everybody who uses `r` use `new_r`, converted to the type of `r` if need be.

        Examples
        --------
        >>> import theano.tensor as T
        >>> x = T.dscalar("x"); y = -x
        >>> fg = FunctionGraph([x], [abs(y)], clone=False)
        >>> fg.replace(y, x); fg.outputs[0].owner.inputs
        [x]
        """
        if r is new_r or r not in self._clients:
            return
        if r.type != new_r.type:
            new_r = r.type.filter_variable(new_r)
        if r.name is not None and new_r.name is None and new_r.owner is not None and new_r not in self._clients:
            new_r.name = r.name
        users = list(self._clients[r])
        self._import(new_r, reason)
        # `new_r` may itself be computed from `r`; those uses are not in `users`, unless they were here
        # before.
        for node, i in users:
            self._change_input(node, i, new_r, reason)
        self._prune(r, reason)
        self._prune(new_r, reason)

    def replace_all(self, pairs: Iterable[tuple[Any, Any]], reason: Any = None) -> None:
        """`replace` for each pair, in turn."""
        for old, new in pairs:
            self.replace(old, new, reason)

    # Features

    def attach_feature(self, feature: Any) -> None:
        """Let `feature` hear of all changes, and first of the nodes that are here already."""
        if any(f is feature for f in self._features):
            return
        if hasattr(feature, "on_attach"):
            try:
                feature.on_attach(self)
            except AlreadyThere:
                return
        self._features.append(feature)
        if hasattr(feature, "on_import"):
            # What other features say of the order does not matter here, and may contradict itself.
            for node in list(self._order or io_toposort(self.inputs, self.outputs)):
                feature.on_import(self, node, "attach")
        if hasattr(feature, "orderings"):
            self._order = None

    def remove_feature(self, feature: Any) -> None:
        """Undo `attach_feature`."""
        kept = [f for f in self._features if f is not feature]
        if len(kept) != len(self._features):
            self._features = kept
            self._order = None
            if hasattr(feature, "on_detach"):
                feature.on_detach(self)

    # Reading

    def toposort(self) -> list[Apply]:
        """The nodes, each after those that make its inputs; the same order every time."""
        if self._order is None:
            orderings = self.orderings() or None
            self._order = in_turns(io_toposort(self.inputs, self.outputs, orderings), self.inputs, orderings)
        return list(self._order)

    def orderings(self) -> dict[Apply, Sequence[Apply]]:
        """What the features say of the order: for nodes, nodes that must run before them."""
        merged: dict[Apply, Sequence[Apply]] = {}
        for feature in self._features:
            if hasattr(feature, "orderings"):
                for node, before in feature.orderings(self).items():
                    merged[node] = [*merged.get(node, ()), *before]
        return merged

    def execute_callbacks(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Call the method `name` of all features that have it: ``feature.name(fgraph, *args, **kwargs)``."""
        for feature in list(self._features):
            if hasattr(feature, name):
                getattr(feature, name)(self, *args, **kwargs)

    def collect_callbacks(self, name: str, *args: Any) -> dict[Any, Any]:
        """Call the method `name` of all features that have it; what each returned."""
        return {f: getattr(f, name)(self, *args) for f in list(self._features) if hasattr(f, name)}

    def disown(self) -> None:
        """Let go of the graph: its features are removed, and its nodes are nobody's."""
        for feature in list(self._features):
            self.remove_feature(feature)
        self.inputs, self._given = [], set()
        self.describe([])

    def check_integrity(self) -> None:
        """Raise InconsistencyError unless nodes, variables and clients agree."""
        nodes = io_toposort(self.inputs, self.outputs)
        if set(nodes) != set(self._nodes):
            raise InconsistencyError("the nodes are not those that the outputs are computed by")
        expected: dict[Any, set[Client]] = {v: set() for v in self.inputs}
        for node in nodes:
            for i, output in enumerate(node.outputs):
                if output.owner is not node or output.index != i:
                    raise InconsistencyError(f"output {i} of {node} does not know its node")
                expected.setdefault(output, set())
            for i, v in enumerate(node.inputs):
                expected.setdefault(v, set()).add((node, i))
        for i, v in enumerate(self.outputs):
            expected.setdefault(v, set()).add(("output", i))
        if expected != {v: set(clients) for v, clients in self._clients.items()}:
            raise InconsistencyError("the clients of some variable are wrong")
        for v in expected:
            if v.owner is None and v not in self._given and not isinstance(v, Constant):
                raise InconsistencyError(f"the leaf {v} is not an input")

    def clone_get_equiv(
        self, check_integrity: bool = True, attach_feature: bool = True
    ) -> tuple[FunctionGraph, dict[Any, Any]]:
        """A copy, and a dict from the variables and nodes here to those of the copy."""
        equiv = clone_get_equiv(self.inputs, self.outputs, copy_orphans=False)
        copied = FunctionGraph(
            [equiv[v] for v in self.inputs],
            [equiv[v] for v in self.outputs],
            clone=False,
            update_mapping=self.update_mapping,
        )
        if check_integrity:
            copied.check_integrity()
        if attach_feature:
            for feature in self._features:
                copied.attach_feature(feature)
        return copied, equiv

    def clone(self, check_integrity: bool = True) -> FunctionGraph:
        """A copy."""
        return self.clone_get_equiv(check_integrity)[0]

    def __copy__(self) -> FunctionGraph:
        return self.clone()

    def __str__(self) -> str:
        return f"[{', '.join(as_string(self.inputs, self.outputs))}]"

    def __repr__(self) -> str:
        return str(self)

    _repr_html_ = notebook_form
    _repr_svg_ = notebook_picture

    def __reduce__(self) -> Any:
        # The records first: then each variable is found in the pickler's memory at once.
        records = serialise.records_before(self.outputs)
        return _load, (records, self.inputs, [_reference(v) for v in self.outputs], self.update_mapping)

    def __deepcopy__(self, memo: dict[int, Any]) -> FunctionGraph:
        serialise.deepcopy_nodes((record.node for record in serialise.records_before(self.outputs)), memo)
        made = FunctionGraph(
            [serialise.deepcopy_variable(v, memo) for v in self.inputs],
            [serialise.deepcopy_variable(v, memo) for v in self.outputs],
            clone=False,
            update_mapping=self.update_mapping,
        )
        memo[id(self)] = made
        return made


def _reference(variable: Any) -> Any:
    if variable.owner is None:
        return variable
    return serialise.record_of(variable.owner), variable.index


def _load(
    records: list[Any], inputs: list[Any], outputs: list[Any], update_mapping: dict[int, int] | None
) -> FunctionGraph:
    variables = [v[0].outputs[v[1]] if type(v) is tuple else v for v in outputs]
    return FunctionGraph(inputs, variables, clone=False, update_mapping=update_mapping)
