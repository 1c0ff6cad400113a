"""Rewrites of loops under the names of ``theano.scan_module.scan_opt``: each applies our rules that do what it does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from theano.graph import FunctionGraph
from theano.rewrite import Optimizer, Query, optdb

__all__ = [
    "PushOutDot1", "PushOutNonSeqScan", "PushOutScanOutput", "PushOutSeqScan", "ScanMerge", "ScanSaveMem",
    "has_duplicates",
]  # fmt: skip


class _ByName(Optimizer):
    """Applies the rules that the name stands for in modes."""

    rules: ClassVar[tuple[str, ...]]

    def apply(self, fgraph: FunctionGraph) -> Any:
        """Change the loops of a graph."""
        return optdb.query(Query(include=self.rules)).optimize(fgraph)


class PushOutNonSeqScan(_ByName):
    """What is the same in all steps is computed once, before the loop."""

    rules = ("scanOp_pushout_nonseqs_ops",)


class PushOutSeqScan(_ByName):
    """What a step computes of sequences alone is computed of all their elements at once, before the loop."""

    rules = ("scanOp_pushout_seqs_ops",)


class PushOutScanOutput(_ByName):
    """What no step reads is computed of all steps at once, after the loop."""

    rules = ("scanOp_pushout_output",)


class PushOutDot1(_ByName):
    """Sums of products, of which the last is read, become one product after the loop."""

    # Of a sum only the last value may be read, which those that save memory write down.
    rules = ("scan_pushout_dot1", "scanOp_save_mem")


class ScanMerge(_ByName):
    """Loops over the same steps become one."""

    rules = ("scanOp_merge",)


class ScanSaveMem(_ByName):
    """A loop keeps the steps that are read, no others."""

    rules = ("scanOp_save_mem",)


def has_duplicates(l: Iterable[Any]) -> bool:  # noqa: E741
    """Whether an element, which can be hashed, occurs twice.

    >>> from theano.scan_module.scan_opt import has_duplicates
    >>> has_duplicates([1, 2, 1])
    True
    """
    items = list(l)
    return len(set(items)) < len(items)
