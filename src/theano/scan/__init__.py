"""Loops: `scan` and what is built from it.

>>> total, updates = theano.scan(lambda x, s: s + x, sequences=T.dvector("x"), outputs_info=0.0)
"""

from __future__ import annotations

from theano.graph import clone_replace as clone
from theano.scan import derivatives as _derivatives  # it fills a hook of theano.gradient
from theano.scan.checkpoints import scan_checkpoints
from theano.scan.function import scan
from theano.scan.op import Scan
from theano.scan.parts import Loop, ScanSpec, StateSpec
from theano.scan.returned import until
from theano.scan.views import foldl, foldr, map, reduce

scan.until = until  # type: ignore[attr-defined]  # `theano.scan` is this function: programs write theano.scan.until

__all__ = [
    "Loop",
    "Scan",
    "ScanSpec",
    "StateSpec",
    "clone",
    "foldl",
    "foldr",
    "map",
    "reduce",
    "scan",
    "scan_checkpoints",
    "until",
]
