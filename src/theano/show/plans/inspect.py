"""What a compiled function consists of, as text: its loop program, its C."""

from __future__ import annotations

from typing import Any

from theano.backend.c.kernel import identifier
from theano.backend.c.main import Unit, print_c
from theano.compile.executable import Function
from theano.compile.native.executor import NativeExecutor
from theano.compile.times.lengths import names_of_main, written
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.text import program_text
from theano.lower.fusion.groups import Group
from theano.lower.program import Lowered
from theano.lower.text import items_text
from theano.runtime import abi

__all__ = ["ccode", "items", "loop_program"]


def executor_of(f: Any) -> NativeExecutor:
    """The native executor of a function."""
    if not isinstance(f, Function):
        raise TypeError(f"a compiled function is wanted, as theano.function returns it, not {f!r} ({type(f).__name__})")
    if not isinstance(f.executor, NativeExecutor):
        raise TypeError(f"{f} is not compiled to native code: its mode runs the graph node by node")
    return f.executor


def loop_program(f: Any) -> str:
    """The loop program of a compiled function: what its native code is printed from.

    Parameters
    ----------
    f
        What `theano.function` has returned, in a mode that compiles.

    Returns
    -------
    str
        The text.

    Raises
    ------
    TypeError
        `f` is something else.

    Examples
    --------
    >>> a, b = T.vectors("a", "b")
    >>> print(theano.printing.loop_program(theano.function([a, b], a * b)).split("main")[0].strip())
    ranged kernel k0(p0: ptr, p1: ptr, p2: ptr, lo: i64, hi: i64)
        for lo <= i1 < hi vector
            prefetch p0.f64[i1] + 2048 bytes
            prefetch p1.f64[i1] + 2048 bytes
            prefetch p2.f64[i1] + 2048 bytes to write
            x2 = p0.f64[i1]
            x3 = p1.f64[i1]
            p2.f64[i1] = x2 * x3
    """
    return program_text(executor_of(f).lowered.program)


def items(f: Any) -> str:
    """The units of work of a compiled function, before it is decided which of them share a loop.

    A loop over the elements of an array says over which positions it runs, what an element costs, in plain additions
    and roughly, and how it is computed. What is no such loop (a call of a library or of Python, a branch, a loop over
    steps) says what it does beside reading and writing numbers. What comes to single numbers that the main program
    computes itself is not listed.

    Parameters
    ----------
    f
        What `theano.function` has returned, in a mode that compiles.

    Returns
    -------
    str
        The text.

    Raises
    ------
    TypeError
        `f` is something else.

    Examples
    --------
    >>> x, w = T.matrix("x"), T.vector("w")
    >>> print(theano.printing.items(theano.function([x, w], (x * w).sum(axis=1))))
    # Elemwise{mul,no_inplace}(x, InplaceDimShuffle{x,0}.0)
    t1: f64[x.shape[0], x.shape[1]] over i < x.shape[0], j < x.shape[1]; cost 2
        t1[i, j] = mul(x[i, j], w[j])
    # Sum{axis=[1], acc_dtype=float64}(Elemwise{mul,no_inplace}.0)
    t2: f64[x.shape[0]] over i < x.shape[0], j < x.shape[1]; cost 1
        t2[i] = add over j of t1[i, j], in f64
    """
    low: Lowered = executor_of(f).lowered
    return items_text(low.items, names_of_main(low, executor_of(f).plan.fgraph.inputs))


# -- C -----------------------------------------------------------------------------------------------------
def ccode(f: Any, name: str = "theano_function", fma: bool = True) -> str:
    """A compiled function as one C file: kernels, and a function `name` that takes plain arguments.

    Its signature is documented in `theano.backend.c.main`. Compile with ``-std=c11 -ffp-contract=off -lm``.

    Parameters
    ----------
    f
        What `theano.function` has returned, in a mode that compiles.
    name
        Of the C function.
    fma
        Write fused multiplications and additions as ``fma``: fast and exact with ``-mfma``. Without, they are
        rounded twice.

    Returns
    -------
    str
        The text of the C file.

    Raises
    ------
    TypeError
        `f` is something else.

    Examples
    --------
    >>> x = T.vector("x")
    >>> "double *x, " in theano.printing.ccode(theano.function([x], 2 * x)).replace("\\n   ", "")
    True
    """
    return print_c(c_unit(f, name, fma))


def c_unit(f: Any, name: str = "theano_function", fma: bool = True) -> Unit:
    """What the C printer needs of a function."""
    executor = executor_of(f)
    low = executor.lowered
    leaves = executor.plan.fgraph.inputs
    n = len(low.inputs)
    taken: set[str] = set()
    names = [_unique(v.name or f"input{k}", taken) for k, v in enumerate(leaves)]
    callbacks = {
        w: _comment(payload)
        for w, (kind, payload) in enumerate(low.words, abi.FIRST_FREE)
        if kind == "callback"
    }
    return Unit(
        low.program, low.layout, list(zip(names[:n], low.inputs, strict=True)),
        list(zip(names[n:], low.storages, strict=True)), low.words, low.n_outputs,
        [_check(r) for r in low.records],
        _variable_names(low), _kernel_comments(low), callbacks, name, fma,
    )  # fmt: skip


def _unique(name: str, taken: set[str]) -> str:
    base = name = identifier(name)
    count = 1
    while name in taken:
        count += 1
        name = f"{base}_{count}"
    taken.add(name)
    return name


def _comment(node: Any) -> str:
    return str(node).replace("*/", "* /").replace("/*", "/ *")


def _check(record: Any) -> str:
    node = f" ({_comment(record.node)})" if record.node is not None else ""
    return f"{record.error.__name__}: {record.message}{node}".replace("*/", "* /")


def _variable_names(low: Lowered) -> dict[str, str]:
    """C names for names of main: those of variables, and ``out0``, … for what is returned."""
    names = {}
    for stmt in st.walk(low.program.main):
        if isinstance(stmt, hs.NewArray) and stmt.slot < low.n_outputs:
            names[stmt.name] = f"out{stmt.slot}"
    for v, value in low.values.items():
        if not v.name:
            continue
        if value.tensor is not None and value.is_whole():
            names[value.tensor.storage().name] = v.name
        elif value.uniform is not None and value.uniform.op == "name":
            names[str(value.uniform.value)] = f"{v.name}_value"
    return {name: identifier(text) for name, text in names.items()}


def _kernel_comments(low: Lowered) -> dict[int, str]:
    """For each call the nodes that it computes: those of the group that writes one of its arguments."""
    nodes: dict[str, str] = {}
    for group in low.schedule:
        text = "; ".join(_comment(node) for node in _nodes(group))
        for tensor in written(group):
            nodes[tensor.storage().name] = nodes[tensor.name] = text
    comments: dict[int, str] = {}
    kernels: dict[int, st.Kernel] = {}
    for stmt in st.walk(low.program.main):
        if isinstance(stmt, hs.CallKernel | hs.Call):
            found = [nodes[a[0]] for a in stmt.args if isinstance(a, tuple) and a[0] in nodes]
            # the arguments that are read come first; the last is written
            if found:
                comments[id(stmt)] = found[-1]
            if found and isinstance(stmt, hs.CallKernel) and id(stmt.kernel) not in kernels:
                kernels[id(stmt.kernel)] = stmt.kernel
                comments[id(stmt.kernel)] = found[-1]
    return comments


def _nodes(group: Group) -> list[Any]:
    found = []
    for item in group.items:
        if item.node is not None and item.node not in found:
            found.append(item.node)
    return found
