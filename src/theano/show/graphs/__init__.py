"""Graphs as interactive pages: one HTML file each, with a script of our own, which needs no network.

>>> from theano.d3viz import d3viz
>>> x = T.dmatrix("x")
>>> d3viz(T.tanh(x).sum(), "tanh.html")     # doctest: +SKIP
"""

from __future__ import annotations

from theano.show.graphs.d3viz import d3viz, d3write

__all__ = ["d3viz", "d3write"]
