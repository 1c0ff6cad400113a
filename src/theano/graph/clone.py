"""Copies of graphs, with replacements."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from theano.base.flag_table import config
from theano.graph.nodes import Constant, Variable
from theano.graph.op import get_test_value, has_test_value, with_late_test_values
from theano.graph.walk import io_toposort


def clone_get_equiv(
    inputs: Sequence[Variable],
    outputs: Sequence[Variable],
    copy_inputs: bool = True,
    copy_orphans: bool = True,
    memo: dict[Any, Any] | None = None,
) -> dict[Any, Any]:
    """A dict from the variables and nodes of a graph to their copies.

    Parameters
    ----------
    copy_inputs, copy_orphans
        Whether inputs, and leaves that are not inputs, are copied too (else they are their own equivalents).
    memo
        Equivalents known beforehand; it is extended and returned.

    Examples
    --------
    >>> import theano.tensor as T
    >>> x = T.dscalar("x"); y = -x
    >>> clone_get_equiv([x], [y], copy_inputs=False)[y].owner.inputs
    [x]
    """
    equiv: dict[Any, Any] = {} if memo is None else memo
    for variable in inputs:
        if variable not in equiv:
            equiv[variable] = variable.clone() if copy_inputs else variable
    for node in io_toposort(list(equiv), outputs):
        if node in equiv:
            continue
        for variable in node.inputs:
            if variable not in equiv:  # a leaf: what nodes make comes after them
                equiv[variable] = variable.clone() if copy_orphans else variable
        copied = node._with([equiv[v] for v in node.inputs])
        equiv[node] = copied
        for old, new in zip(node.outputs, copied.outputs, strict=True):
            equiv.setdefault(old, new)
    for variable in outputs:
        equiv.setdefault(variable, variable.clone() if copy_orphans else variable)
    return equiv


def clone(
    i: Sequence[Variable], o: Sequence[Variable], copy_inputs: bool = True, copy_orphans: bool | None = None
) -> tuple[list[Any], list[Any]]:
    """Copies of the inputs `i` and the outputs `o`, and of the graph between them.

    Parameters
    ----------
    i, o : sequences of Variable
        Inputs and outputs.
    copy_inputs, copy_orphans : bool
        Whether inputs, and leaves that are not inputs, are copied too; `copy_orphans` is as `copy_inputs` by default.

    Returns
    -------
    inputs, outputs : lists of Variable
        Of the types of `i` and `o`.

    Examples
    --------
    >>> import theano.tensor as T
    >>> x = T.dscalar("x")
    >>> [x2], [y2] = clone([x], [-x])
    >>> x2 is x, y2.owner.inputs[0] is x2
    (False, True)
    """
    equiv = clone_get_equiv(i, o, copy_inputs, copy_inputs if copy_orphans is None else copy_orphans)
    return [equiv[v] for v in i], [equiv[v] for v in o]


def clone_replace(
    output: Any,
    replace: Mapping[Any, Any] | Iterable[tuple[Any, Any]] | None = None,
    strict: bool = True,
    share_inputs: bool = True,
    copy_inputs: bool | None = None,
) -> Any:
    """A copy of `output` in which some variables are replaced by others.

    Parameters
    ----------
    output
        A variable, or a list, tuple or dict of variables; the result is of the same kind.
    replace
        Dict or pairs of old variables and new ones (or values). All are replaced at once: new ones are used
        as they are, also if they contain old ones.
    strict
        If true the new ones must have the types of the old ones; else the nodes that use them are made anew.
    share_inputs
        If true the copy uses the same leaves, else copies of them.
    copy_inputs
        The former name of `share_inputs`.

    Returns
    -------
    Variable, list, tuple or dict
        Of the kind of `output`; variables have the types of the old ones, if `strict` is true.

    Raises
    ------
    TypeError
        `output`, or what is to be replaced, is no variable.

    Examples
    --------
    >>> import theano, theano.tensor as T
    >>> x, y = T.dscalars("x", "y")
    >>> theano.pp(theano.clone(x * 2.0, replace={x: y}))
    '(y * TensorConstant{2.0})'
    """
    if copy_inputs is not None:
        warnings.warn("copy_inputs is now called share_inputs", DeprecationWarning, stacklevel=2)
        share_inputs = copy_inputs
    if isinstance(output, dict):
        names = list(output)
        return dict(
            zip(names, clone_replace([output[n] for n in names], replace, strict, share_inputs), strict=True)
        )
    outputs = list(output) if isinstance(output, list | tuple) else [output]
    if not all(isinstance(v, Variable) for v in outputs):
        raise TypeError(f"clone needs Theano variables, not {output!r}")
    equiv = _replacements(replace, strict)
    given = set(equiv)
    results = with_late_test_values(lambda: rebuild(outputs, equiv, strict, share_inputs), demanded=False)
    if config.compute_test_value != "off":
        _keep_test_values({old: new for old, new in equiv.items() if old not in given})
    if isinstance(output, list | tuple):
        return type(output)(results) if type(output) in (list, tuple) else results
    return results[0]


def _keep_test_values(copies: Mapping[Any, Any]) -> None:
    """Let copies whose test values can't be computed have those of what they are copies of, as in Theano."""
    for old, new in copies.items():
        if isinstance(old, Variable) and old.owner is not None and has_test_value(old) and not has_test_value(new):
            new.tag.test_value = get_test_value(old)


def _replacements(
    replace: Mapping[Any, Any] | Iterable[tuple[Any, Any]] | None, strict: bool
) -> dict[Any, Any]:
    if replace is None:
        return {}
    equiv: dict[Any, Any] = {}
    for old, new in replace.items() if isinstance(replace, Mapping) else replace:
        if not isinstance(old, Variable):
            raise TypeError(f"only Theano variables can be replaced, not {old!r}")
        equiv[old] = old.type.filter_variable(new) if strict or not isinstance(new, Variable) else new
    return equiv


def rebuild(
    outputs: Sequence[Any], equiv: dict[Any, Any], strict: bool = True, share_inputs: bool = True
) -> list[Any]:
    """Copies of `outputs` with the keys of `equiv` replaced; `equiv` is extended by what is copied."""
    for node in io_toposort(list(equiv), outputs):
        if node in equiv:
            continue
        copied = node.clone_with_new_inputs(
            [_leaf(v, equiv, share_inputs) for v in node.inputs], strict=strict
        )
        equiv[node] = copied
        for old, new in zip(node.outputs, copied.outputs, strict=True):
            equiv.setdefault(old, new)
            if new is not old and has_test_value(new):  # a copy of that of other inputs
                del new.tag.test_value
    return [_leaf(v, equiv, share_inputs) for v in outputs]


def _leaf(variable: Any, equiv: dict[Any, Any], share_inputs: bool) -> Any:
    found = equiv.get(variable)
    if found is None:
        shared = share_inputs or isinstance(variable, Constant)
        found = equiv[variable] = variable if shared else variable.clone()
    return found
