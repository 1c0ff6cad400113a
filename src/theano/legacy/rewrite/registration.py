"""The words by which programs register rewrites of nodes in the phases of the compiler."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from theano.rewrite.engine.registry import add_rule, tags_of
from theano.rewrite.engine.user_rule import as_rule


def _registrar(phase: str) -> Callable[..., Any]:
    def register(lopt: Any, *tags: str, **kwargs: Any) -> Any:
        name = kwargs.pop("name", None)
        if kwargs:
            raise TypeError(f"register_{phase} has no parameter {', '.join(kwargs)}: it takes tags, and a name by name")
        if isinstance(lopt, str):

            def decorate(inner: Any) -> Any:
                return register(inner, lopt, *tags, name=name)

            return decorate
        add_rule(as_rule(lopt, tags_of(phase, tags), name))
        return lopt

    register.__name__ = register.__qualname__ = f"register_{phase}"
    register.__doc__ = f"""Add a rewrite of nodes to phase {phase}; also a decorator, with or without tags.

    Parameters
    ----------
    lopt
        A `LocalOptimizer`, or a function of a node; or, as a decorator, the first tag.
    tags
        More tags by which modes include and exclude it.
    kwargs
        ``name``: what it is called, if it has no name of its own.

    Returns
    -------
    LocalOptimizer or callable
        What was given; or, given a tag, what decorates.

    Raises
    ------
    ValueError
        The name is taken.
    TypeError
        There is no such parameter; `lopt` is no rewrite of nodes.

    Examples
    --------
    >>> from theano.gof import local_optimizer
    >>> from theano.rewrite import register_{phase}
    >>> from theano.rewrite.engine.registry import remove_rule
    >>> @register_{phase}
    ... @local_optimizer([T.tanh])
    ... def odd_tanh_{phase}(node):
    ...     inner = node.inputs[0].owner
    ...     if inner is not None and inner.op == T.neg:
    ...         return [-T.tanh(inner.inputs[0])]
    >>> x = T.dscalar("x")
    >>> float(theano.function([x], T.tanh(-x))(0))
    -0.0
    >>> remove_rule("odd_tanh_{phase}")
    """
    return register


register_canonicalize = _registrar("canonicalize")
register_stabilize = _registrar("stabilize")
register_specialize = _registrar("specialize")
register_specialize_device = _registrar("specialize_device")
register_uncanonicalize = _registrar("uncanonicalize")
register_useless = _registrar("useless")
