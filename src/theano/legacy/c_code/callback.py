"""Nodes that run the C code of their ops."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from theano.compile.errors import raise_with_op
from theano.compile.native.callback import CALLERS
from theano.graph.errors import MethodNotDefined
from theano.graph.op import C_PERFORMERS
from theano.scalar.op import ScalarOp
from theano.scalar.user import Part

__all__ = ["call_of", "has_c_code"]


def has_c_code(node: Any) -> bool:
    """Whether a node's op, or its operation on numbers, brings C code (what a loop makes for itself has no op)."""
    op = getattr(node, "op", None)
    return any(_brings_code(giver) for giver in (op, getattr(op, "scalar_op", None)))


def _brings_code(giver: Any) -> bool:
    """Whether an op, or operation on numbers, has C code of its own; that of the table is written from native forms."""
    code = getattr(giver.whole if isinstance(giver, Part) else giver, "c_code", None)
    return code is not None and getattr(code, "__func__", None) is not ScalarOp.c_code


def _of_table(op: Any, *args: Any) -> str:
    code: str = importlib.import_module("theano.legacy.c_code.scalar").c_code(op, *args)
    return code


ScalarOp.c_code_of = staticmethod(_of_table)


def call_of(node: Any, fgraph: Any) -> Callable[..., tuple[Any, ...]] | None:
    """The C function of a node: values of its inputs in, a tuple of those of its outputs out.

    None where its op has none, declines to give it, or has a `perform` and the machine no compiler.

    Raises
    ------
    NotImplementedError
        There is only C code, and no compiler.
    CompilationError
        The compiler refuses the code.
    """
    return None if not has_c_code(node) or node.op.defines("make_thunk") else _compiled(node, fgraph, prepared=False)


def _compiled(node: Any, fgraph: Any, prepared: bool) -> Callable[..., tuple[Any, ...]] | None:
    """`call_of` for a node that has C code; `prepared` where `prepare_node` has been asked."""
    # Few programs need what makes and compiles sources.
    compiler = importlib.import_module("theano.legacy.c_code.compiler")
    sources = importlib.import_module("theano.legacy.c_code.source")
    in_python = node.op.defines("perform") or node.op.defines("decompose")
    if not compiler.is_there():
        if in_python:
            return None
        raise_with_op(node, NotImplementedError(_WITHOUT.format(op=node.op)), None, fgraph)
    try:
        if not prepared:
            node.op.prepare_node(node, None, None, "c")
        forms = {form: sources.c_source(node, form) for form in sources.forms_of_scalars(node)}
    except NotImplementedError as error:  # MethodNotDefined is one
        if in_python:
            return None
        raise_with_op(node, error, None, fgraph)
    try:
        found = _first_that_compiles(compiler, forms, functools.partial(_failed, node, fgraph))
    except Exception as error:
        raise_with_op(node, error, None, fgraph)
    return found


def _first_that_compiles(compiler: Any, forms: dict[str, Any], failed: Callable[..., None]) -> Callable[..., Any]:
    """The function of the first source that the compiler takes; the error is that of the first.

    Pointers to arrays without a guard are not tried where the code counts with them: it would read anywhere.
    """
    refused: Exception | None = None
    for form, source in forms.items():
        if form == "arrays" and refused is not None and "deleted" in str(refused):
            break
        try:
            found: Callable[..., Any] = compiler.callable_of(source, failed)
            return found
        except compiler.CompilationError as error:
            refused = refused or error
    assert refused is not None
    raise refused


_WITHOUT = (
    "{op} has C code and no perform, and there is no C++ compiler here that could compile it: install g++ and Python's "
    "headers, or name a compiler by the flag cxx"
)


def _failed(node: Any, fgraph: Any, error: BaseException, inputs: tuple[Any, ...]) -> None:
    if isinstance(error, Exception):
        raise_with_op(node, error, list(inputs), fgraph)
    raise error


def _performer(node: Any) -> Callable[[list[Any], list[list[Any]]], Any]:
    """What runs a node outside of compiled programs; whoever asks has prepared it."""
    call = _compiled(node, None, prepared=True)
    if call is None:
        raise MethodNotDefined(f"{node.op} declines to give C code for this node, or there is no compiler for it")

    def run(inputs: list[Any], cells: list[list[Any]]) -> None:
        # what comes from compiled code has gone through these filters
        given = [v.type.filter(x) for v, x in zip(node.inputs, inputs, strict=True)]
        plain = (np.require(x, requirements=["C", "A"]) if isinstance(x, np.ndarray) else x for x in given)
        for cell, value in zip(cells, call(*plain), strict=True):
            cell[0] = value

    return run


C_PERFORMERS.append(_performer)
CALLERS.append(call_of)
