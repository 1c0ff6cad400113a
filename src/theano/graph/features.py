"""Features of function graphs: objects that hear of changes, and lend the graph methods.

A program attaches one with ``fgraph.attach_feature(ReplaceValidate())`` and then calls
``fgraph.replace_validate(old, new)``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, ClassVar, TextIO

from theano.base.flag_table import config
from theano.base.user_warnings import warn_user
from theano.graph.errors import InconsistencyError

__all__ = [
    "AlreadyThere",
    "Bookkeeper",
    "ChangeTracker",
    "Feature",
    "GetCheckpoint",
    "History",
    "LambdExtract",
    "NoOutputFromInplace",
    "NodeFinder",
    "PreserveNames",
    "PreserveVariableAttributes",
    "PrintListener",
    "ReplaceValidate",
    "ReplacementDidntRemovedError",
    "Supervisor",
    "Updater",
    "Validator",
]


class AlreadyThere(Exception):
    """Raised by ``on_attach`` where the graph has such a feature: it is not attached a second time."""


class ReplacementDidntRemovedError(Exception):
    """``replace_all_validate_remove`` was undone: nodes that had to go are still there."""


class Feature:
    """Base of features: does nothing. Define some of its methods.

    Examples
    --------
    >>> class Counter(Feature):
    ...     nodes = 0
    ...     def on_import(self, fgraph, node, reason):
    ...         self.nodes += 1
    >>> x = T.dscalar("x")
    >>> counter = Counter()
    >>> fgraph = theano.FunctionGraph([x], [x + x * 2], features=[counter])
    >>> counter.nodes
    2
    """

    #: Methods that the graph gets while the feature is attached: name there -> name here.
    lends: ClassVar[dict[str, str]] = {}

    def on_attach(self, fgraph: Any) -> None:
        """The feature is attached; AlreadyThere if it must not be."""
        if any(name in vars(fgraph) for name in self.lends):
            raise AlreadyThere(f"{type(self).__name__} is already present, or in conflict with another feature")
        for name, method in self.lends.items():
            setattr(fgraph, name, partial(getattr(self, method), fgraph))

    def on_detach(self, fgraph: Any) -> None:
        """The feature is removed."""
        for name in self.lends:
            delattr(fgraph, name)

    def on_import(self, fgraph: Any, node: Any, reason: Any) -> None:
        """`node` came into the graph."""

    def on_prune(self, fgraph: Any, node: Any, reason: Any) -> None:
        """`node` is no longer part of the graph."""

    def on_change_input(self, fgraph: Any, node: Any, i: int, r: Any, new_r: Any, reason: Any = None) -> None:
        """Input `i` of `node` (of ``"output"``: output `i`) was `r` and is `new_r`."""

    def orderings(self, fgraph: Any) -> dict[Any, Sequence[Any]]:
        """For nodes, nodes that must run before them."""
        return {}


class Bookkeeper(Feature):
    """A feature whose `on_import` and `on_prune` also see the nodes there are when it comes and goes."""

    def on_detach(self, fgraph: Any) -> None:  # `attach_feature` itself tells of the nodes that are there
        for node in fgraph.toposort():
            self.on_prune(fgraph, node, "Bookkeeper.detach")
        super().on_detach(fgraph)


class GetCheckpoint:
    """Called, it gives the checkpoint of a `History` at this time: how many changes there were."""

    def __init__(self, history: History, fgraph: Any) -> None:
        self.h, self.fgraph = history, fgraph

    def __call__(self) -> int:
        return len(self.h.history[self.fgraph] or ())


class LambdExtract:
    """Called, it undoes one change: input `i` of `node` becomes `r` again."""

    def __init__(self, fgraph: Any, node: Any, i: int, r: Any, reason: Any = None) -> None:
        self.fgraph, self.node, self.i, self.r, self.reason = fgraph, node, i, r, reason

    def __call__(self) -> None:
        self.fgraph.change_input(self.node, self.i, self.r, reason=("Revert", self.reason))


class History(Feature):
    """Lends ``fgraph.checkpoint()`` and ``fgraph.revert(checkpoint)``, which undoes what was changed since.

    Examples
    --------
    >>> x, y = T.dscalars("x", "y")
    >>> fgraph = theano.FunctionGraph([x, y], [-x], clone=False, features=[History()])
    >>> start = fgraph.checkpoint()
    >>> fgraph.replace(x, y)
    >>> fgraph.revert(start)
    >>> fgraph.outputs[0].owner.inputs
    [x]
    """

    lends: ClassVar[dict[str, str]] = {"checkpoint": "_checkpoint", "revert": "revert"}

    def __init__(self) -> None:
        self.history: dict[Any, list[Callable[[], None]] | None] = {}

    def on_attach(self, fgraph: Any) -> None:
        super().on_attach(fgraph)
        self.history[fgraph] = []

    def on_detach(self, fgraph: Any) -> None:
        super().on_detach(fgraph)
        del self.history[fgraph]

    def on_change_input(self, fgraph: Any, node: Any, i: int, r: Any, new_r: Any, reason: Any = None) -> None:
        steps = self.history[fgraph]
        if steps is not None:  # None while changes are undone
            steps.append(LambdExtract(fgraph, node, i, r, reason))

    def _checkpoint(self, fgraph: Any) -> int:
        return GetCheckpoint(self, fgraph)()

    def revert(self, fgraph: Any, checkpoint: int) -> None:
        """Undo the changes since `checkpoint`, the last one first."""
        steps = self.history[fgraph] or []
        self.history[fgraph] = None
        try:
            while len(steps) > checkpoint:
                steps.pop()()
        finally:
            self.history[fgraph] = steps


class Validator(Feature):
    """Lends ``fgraph.validate()``, which calls that of all features, and ``fgraph.consistent()``: whether it passes."""

    lends: ClassVar[dict[str, str]] = {"validate": "validate_", "consistent": "consistent_"}

    def validate_(self, fgraph: Any) -> None:
        """Raise InconsistencyError if a feature objects to the graph."""
        for feature in list(fgraph._features):
            check = getattr(feature, "validate", None)
            if check is not None:
                check(fgraph)

    def consistent_(self, fgraph: Any) -> bool:
        """Whether no feature objects to the graph."""
        try:
            self.validate_(fgraph)
        except InconsistencyError:
            return False
        return True


class ReplaceValidate(History, Validator):
    """Lends ``replace_validate`` and ``replace_all_validate``: replacements that are undone if a feature objects.

    Examples
    --------
    >>> x, y = T.dscalars("x", "y")
    >>> fgraph = theano.FunctionGraph([x, y], [-(x + y)], clone=False, features=[ReplaceValidate()])
    >>> fgraph.replace_validate(fgraph.outputs[0].owner.inputs[0], x * y)
    >>> fgraph.outputs[0].owner.inputs[0]
    Elemwise{mul,no_inplace}.0
    """

    lends: ClassVar[dict[str, str]] = {
        **History.lends,
        **Validator.lends,
        "replace_validate": "replace_validate",
        "replace_all_validate": "replace_all_validate",
        "replace_all_validate_remove": "replace_all_validate_remove",
    }

    def replace_validate(self, fgraph: Any, r: Any, new_r: Any, reason: Any = None) -> None:
        """Let users of `r` use `new_r`."""
        self.replace_all_validate(fgraph, [(r, new_r)], reason)

    def replace_all_validate(
        self, fgraph: Any, replacements: Iterable[tuple[Any, Any]], reason: Any = None, verbose: Any = None
    ) -> None:
        """`fgraph.replace` for each pair, all of them or none."""
        start = self._checkpoint(fgraph)
        talk = config.optimizer_verbose if verbose is None else verbose
        try:
            for old, new in replacements:
                if talk:
                    print(f"optimizer: rewrite {reason} replaces {old} with {new}")
                fgraph.replace(old, new, reason)
            self.validate_(fgraph)
        except Exception:
            self.revert(fgraph, start)
            raise

    def replace_all_validate_remove(
        self,
        fgraph: Any,
        replacements: Iterable[tuple[Any, Any]],
        remove: Iterable[Any],
        reason: Any = None,
        warn: bool = True,
    ) -> None:
        """`replace_all_validate`, undone unless all nodes (and variables) of `remove` are gone after it.

        Raises
        ------
        ReplacementDidntRemovedError
            Some are still there; with `warn` there is a warning, too.
        """
        start = self._checkpoint(fgraph)
        self.replace_all_validate(fgraph, replacements, reason)
        kept = [thing for thing in remove if thing in fgraph.apply_nodes or thing in fgraph.variables]
        if kept:
            self.revert(fgraph, start)
            text = f"the replacement by {reason} was undone: it was to remove {kept[0]}, which others still use"
            if warn:
                warn_user(text)
            raise ReplacementDidntRemovedError(text)


class NodeFinder(Bookkeeper):
    """Lends ``fgraph.get_nodes(op)``: the nodes with that op.

    Examples
    --------
    >>> x = T.dscalar("x")
    >>> fgraph = theano.FunctionGraph([x], [T.exp(x) + 1], clone=False, features=[NodeFinder()])
    >>> fgraph.get_nodes(T.exp)
    [Elemwise{exp,no_inplace}(x)]
    """

    lends: ClassVar[dict[str, str]] = {"get_nodes": "query"}

    def __init__(self) -> None:
        self.nodes: dict[Any, dict[Any, dict[Any, None]]] = {}

    def on_attach(self, fgraph: Any) -> None:
        super().on_attach(fgraph)
        self.nodes[fgraph] = {}

    def on_detach(self, fgraph: Any) -> None:
        super().on_detach(fgraph)
        del self.nodes[fgraph]

    def on_import(self, fgraph: Any, node: Any, reason: Any) -> None:
        self.nodes[fgraph].setdefault(node.op, {})[node] = None

    def on_prune(self, fgraph: Any, node: Any, reason: Any) -> None:
        self.nodes[fgraph][node.op].pop(node, None)

    def query(self, fgraph: Any, op: Any) -> list[Any]:
        """The nodes with `op`, in the order in which they came."""
        return list(self.nodes[fgraph].get(op, ()))


class PrintListener(Feature):
    """Prints all changes.

    Parameters
    ----------
    active
        Whether it prints.
    """

    def __init__(self, active: bool = True, file: TextIO | None = None) -> None:
        self.active = active
        self.file = file

    def _say(self, *words: Any) -> None:
        if self.active:
            print(*words, file=self.file if self.file is not None else sys.stdout)

    def on_attach(self, fgraph: Any) -> None:
        self._say("-- attaching to: ", fgraph)

    def on_detach(self, fgraph: Any) -> None:
        self._say("-- detaching from: ", fgraph)

    def on_import(self, fgraph: Any, node: Any, reason: Any) -> None:
        self._say(f"-- importing: {node}, reason: {reason}")

    def on_prune(self, fgraph: Any, node: Any, reason: Any) -> None:
        self._say(f"-- pruning: {node}, reason: {reason}")

    def on_change_input(self, fgraph: Any, node: Any, i: int, r: Any, new_r: Any, reason: Any = None) -> None:
        self._say(f"-- changing ({node}.inputs[{i}]) from {r} to {new_r}")


class ChangeTracker(Feature):
    """Tells whether the graph has changed since `reset` (``changed``), and how many nodes came (``nb_imported``)."""

    def __init__(self) -> None:
        self.changed, self.nb_imported = False, 0

    def on_import(self, fgraph: Any, node: Any, reason: Any) -> None:
        if reason != "attach":
            self.nb_imported += 1
            self.changed = True

    def on_change_input(self, fgraph: Any, node: Any, i: int, r: Any, new_r: Any, reason: Any = None) -> None:
        self.changed = True

    def reset(self) -> None:
        """Begin anew."""
        self.changed = False

    def on_attach(self, fgraph: Any) -> None:
        fgraph.change_tracker = self

    def on_detach(self, fgraph: Any) -> None:
        del fgraph.change_tracker


class Updater(Feature):
    """Calls functions when the graph changes.

    Parameters
    ----------
    importer, pruner
        Called with a node that comes, or goes; or None.
    chin
        Called as `on_change_input`, without the graph; or None.
    name
        For messages.
    """

    def __init__(
        self,
        importer: Callable[[Any], Any] | None,
        pruner: Callable[[Any], Any] | None,
        chin: Callable[..., Any] | None,
        name: str | None = None,
    ) -> None:
        self.importer, self.pruner, self.chin, self.name = importer, pruner, chin, name

    def on_import(self, fgraph: Any, node: Any, reason: Any) -> None:
        if self.importer is not None and reason != "attach":
            self.importer(node)

    def on_prune(self, fgraph: Any, node: Any, reason: Any) -> None:
        if self.pruner is not None:
            self.pruner(node)

    def on_change_input(self, fgraph: Any, node: Any, i: int, r: Any, new_r: Any, reason: Any = None) -> None:
        if self.chin is not None:
            self.chin(node, i, r, new_r, reason)

    def on_detach(self, fgraph: Any) -> None:
        self.importer = self.pruner = self.chin = None

    def __str__(self) -> str:
        return f"Updater{{{self.name}}}"


class PreserveNames(Feature):
    """A variable that takes the place of one with a name gets the name, if it has none."""

    def on_change_input(self, fgraph: Any, node: Any, i: int, r: Any, new_r: Any, reason: Any = None) -> None:
        if r.name is not None and new_r.name is None:
            new_r.name = r.name


class PreserveVariableAttributes(PreserveNames):
    """`PreserveNames`, and the mark ``tag.nan_guard_mode_check`` is kept too.

    Examples
    --------
    >>> x = T.dscalar("x"); y = -x; y.name = "y"
    >>> fgraph = theano.FunctionGraph([x], [T.exp(y)], clone=False, features=[PreserveVariableAttributes()])
    >>> fgraph.replace(y, abs(x))
    >>> fgraph.outputs[0].owner.inputs
    [y]
    """

    def on_change_input(self, fgraph: Any, node: Any, i: int, r: Any, new_r: Any, reason: Any = None) -> None:
        super().on_change_input(fgraph, node, i, r, new_r, reason)
        mark = getattr(r.tag, "nan_guard_mode_check", None)
        if mark is not None and not hasattr(new_r.tag, "nan_guard_mode_check"):
            new_r.tag.nan_guard_mode_check = mark


class NoOutputFromInplace(Feature):
    """Objects to outputs of the graph that are made by overwriting something (`validate`).

    Parameters
    ----------
    first_output_idx, last_output_idx
        Which outputs it looks at: those of a slice; all by default.
    """

    def __init__(self, first_output_idx: int = 0, last_output_idx: int | None = None) -> None:
        self.first_idx, self.last_idx = first_output_idx, last_output_idx

    def validate(self, fgraph: Any) -> None:
        """Raise InconsistencyError where an output is made in place."""
        for out in fgraph.outputs[self.first_idx : self.last_idx]:
            if out.owner is not None and out.owner.op.destroy_map.get(out.index):
                raise InconsistencyError(
                    f"the output {out} must not be made by an operation in place ({out.owner} overwrites an input): "
                    "NoOutputFromInplace asks for that"
                )


class Supervisor(Feature):
    """Objects to nodes that overwrite a protected variable, as a `DestroyHandler` of the graph finds them (`validate`).

    Parameters
    ----------
    protected
        Variables.
    """

    def __init__(self, protected: Iterable[Any]) -> None:
        self.protected = list(protected)

    def validate(self, fgraph: Any) -> None:
        """Raise InconsistencyError where a protected variable is overwritten."""
        if not hasattr(fgraph, "destroyers"):
            return
        for variable in self.protected:
            for node in fgraph.destroyers(variable):
                raise InconsistencyError(
                    f"{node} overwrites {variable}, which is protected: it is an input of the function, "
                    "and In(..., mutable=True) does not say that it may be overwritten"
                )
