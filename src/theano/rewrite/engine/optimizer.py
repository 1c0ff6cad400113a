"""Rewrites of whole graphs, their sequences, and what happens where one fails."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any, TextIO

from theano.base.flag_table import config
from theano.base.user_warnings import warn_user
from theano.graph import Apply, FunctionGraph
from theano.graph.features import ReplaceValidate
from theano.rewrite.engine.rule import Rule
from theano.rewrite.engine.trace import Trace
from theano.rewrite.engine.view import visible


class Optimizer:
    """A rewrite of whole graphs: override `apply`, and `add_requirements` where it needs features."""

    name: str | None = None

    def apply(self, fgraph: FunctionGraph) -> Any:
        """Change `fgraph` (with ``fgraph.replace_validate``)."""
        raise NotImplementedError(
            f"{type(self).__name__} is a rewrite of whole graphs without `apply`: define apply(self, fgraph)"
        )

    def optimize(self, fgraph: FunctionGraph, *args: Any, **kwargs: Any) -> Any:
        """`add_requirements`, then `apply`."""
        self.add_requirements(fgraph)
        return self.apply(fgraph, *args, **kwargs)

    def __call__(self, fgraph: FunctionGraph) -> Any:
        return self.optimize(fgraph)

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        """Attach what `apply` needs."""

    def parts(self) -> Iterable[Any]:
        """The rewrites that this one is made of."""
        return ()

    @staticmethod
    def print_profile(stream: TextIO, prof: Any, level: int = 0) -> None:
        """Print how often each rewrite fired, and the seconds: of a `Trace`, which `apply` may have returned."""
        if prof is None:
            return
        for name, seconds in prof.seconds.items():
            print(f"{' ' * level}{name}: {seconds:.3g} s", file=stream)
        for name, count in prof.counts().items():
            print(f"{' ' * level}  {name}: {count} times", file=stream)

    @staticmethod
    def merge_profile(prof1: Trace | None, prof2: Trace | None) -> Trace:
        """Two `Trace` as one: the steps of both, and their seconds together."""
        merged = Trace()
        for prof in (prof1, prof2):
            if isinstance(prof, Trace):
                merged.steps += prof.steps
                merged.places += prof.places
                for name, seconds in prof.seconds.items():
                    merged.seconds[name] = merged.seconds.get(name, 0.0) + seconds
        return merged

    def print_summary(self, stream: TextIO | None = None, level: int = 0, depth: int = -1) -> None:
        """Print the names of this rewrite and of those that it is made of, `depth` levels deep (-1: all)."""
        summarize(self, stream or sys.stdout, level, depth)

    def __str__(self) -> str:
        return self.name or type(self).__name__


def summarize(rewrite: Any, stream: TextIO, level: int, depth: int) -> None:
    """Print one line for a rewrite, and more, indented, for those inside."""
    name = getattr(rewrite, "name", None) or getattr(rewrite, "__name__", None) or str(rewrite)
    print(f"{' ' * level}{type(rewrite).__name__} {name}", file=stream)
    if depth and hasattr(rewrite, "parts"):
        for part in rewrite.parts():
            summarize(part, stream, level + 2, depth - 1)


class SeqOptimizer(Optimizer, list[Any]):
    """Rewrites of whole graphs one after the other: a list of them.

    Parameters
    ----------
    opts
        The rewrites, or one list of them.
    name, failure_callback
        By their names. ``failure_callback(error, sequence, rewrite)`` is called where one raises, and the next one
        runs; without, the error is raised.
    """

    def __init__(self, *opts: Any, **kw: Any) -> None:
        single = len(opts) == 1 and isinstance(opts[0], (list, tuple)) and not isinstance(opts[0], Optimizer)
        super().__init__(opts[0] if single else opts)
        self.name = kw.pop("name", None)
        self.failure_callback: Callable[..., Any] | None = kw.pop("failure_callback", None)
        if kw:
            raise TypeError(f"SeqOptimizer takes name and failure_callback by name, not {', '.join(kw)}")

    __hash__ = object.__hash__  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return self is other

    @property
    def opts(self) -> list[Any]:
        """The rewrites."""
        return self

    def parts(self) -> Iterable[Any]:
        return self

    def apply(self, fgraph: FunctionGraph) -> Trace:
        trace = Trace()
        for opt in self:
            try:
                trace = self.merge_profile(trace, run_optimizer(opt, fgraph))
            except Exception as error:
                if self.failure_callback is None:
                    raise
                self.failure_callback(error, self, opt)
        return trace

    @staticmethod
    def warn(exc: Exception, self: Any, optimizer: Any) -> None:
        """A `failure_callback`: by flag ``on_opt_error`` raise, or warn."""
        on_rewrite_error(exc, f"the rewrite {optimizer} failed")

    def __repr__(self) -> str:
        return f"SeqOpt({list(self)})"


def run_optimizer(optimizer: Any, fgraph: FunctionGraph) -> Any:
    """Let a rewrite of whole graphs change `fgraph`; its nodes know their graph meanwhile. What it returned."""
    if not hasattr(fgraph, "replace_validate"):
        fgraph.attach_feature(ReplaceValidate())
    with visible(fgraph):
        if hasattr(optimizer, "optimize"):
            return optimizer.optimize(fgraph)
        if hasattr(optimizer, "apply"):
            return optimizer.apply(fgraph)
        if callable(optimizer) and not hasattr(optimizer, "transform"):
            return optimizer(fgraph)
    raise TypeError(
        f"{optimizer} is no rewrite of whole graphs (nothing with `optimize` or `apply`); "
        "a rewrite of nodes becomes one by in2out(rewrite)"
    )


def on_rule_error(error: Exception, rule: Rule, node: Apply) -> None:
    """A rule raised: by flag ``on_opt_error`` raise, or warn and go on without it."""
    on_rewrite_error(error, f"rewrite rule {rule.name} failed on {node}")


def on_rewrite_error(error: Exception, what: str) -> None:
    """By flag ``on_opt_error`` raise `error`, or warn that `what` happened."""
    policy = config.on_opt_error
    if policy == "raise":
        raise error
    if policy != "ignore":
        warn_user(f"{what}: {type(error).__name__}: {error}")
