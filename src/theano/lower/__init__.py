"""From a rewritten graph to a loop program: what is fused with what, and where every value lives."""

from theano.lower.program import Lowered, lower

__all__ = ["Lowered", "lower"]
