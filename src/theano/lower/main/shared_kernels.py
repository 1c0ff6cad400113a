"""Kernels that differ in numbers only become one, which is given the numbers.

A chain of `tanh(x * 1.1 + k)` for many `k` is a few kernels called many times then, and printed and compiled as few.
"""

from __future__ import annotations

from collections.abc import Iterable

from theano.base.record import replace
from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.loops.identity import identity
from theano.loops.schema import rebuilt
from theano.lower.main.outlined_kernels import handed_over
from theano.lower.state.machine import Machine


def share_kernels(
    kernels: Iterable[st.Kernel], main: list[st.Stmt], machine: Machine
) -> tuple[list[st.Kernel], dict[st.Kernel, st.Kernel]]:
    """`kernels`, where many that are alike are one; the calls in `main` are changed. And for those, the one."""
    classes: dict[tuple[bool, str], list[tuple[st.Kernel, list[Expr]]]] = {}
    kernels = list(kernels)
    if len(kernels) < machine.repeats:
        return kernels, {}
    for kernel in kernels:
        numbers: list[Expr] = []
        text = identity(kernel.params, kernel.body, numbers=numbers)
        classes.setdefault((kernel.ranged, text), []).append((kernel, numbers))
    shared: dict[st.Kernel, tuple[st.Kernel, list[Expr]]] = {}
    for alike in classes.values():
        places = handed_over(machine, [numbers for _, numbers in alike])
        if places:
            made = _with_parameters(alike[0][0], [alike[0][1][k] for k in places])
            shared.update((kernel, (made, [numbers[k] for k in places])) for kernel, numbers in alike)
    for stmt in st.walk(main):
        if isinstance(stmt, hs.CallKernel) and stmt.kernel in shared:
            stmt.kernel, numbers = shared[stmt.kernel]
            stmt.args = [*stmt.args, *numbers]
    left = dict.fromkeys(shared[k][0] if k in shared else k for k in kernels)
    for number, kernel in enumerate(left):
        kernel.name = f"k{number}"
    return list(left), {kernel: made for kernel, (made, _) in shared.items()}


def _with_parameters(kernel: st.Kernel, numbers: list[Expr]) -> st.Kernel:
    """The kernel with some of its numbers as parameters."""
    known = {number: ex.name(f"y{k}", number.type) for k, number in enumerate(numbers)}
    params = [(str(name.value), name.type) for name in known.values()]
    at = len(kernel.params) - 2 * kernel.ranged

    def changed(root: Expr) -> Expr:
        for node in ex.postorder((root,)):
            if node not in known:
                args = [known[a] for a in node.args]
                same = all(x is y for x, y in zip(args, node.args, strict=True))
                known[node] = node if same else ex.rebuilt(node, tuple(args))
        return known[root]

    body = [rebuilt(stmt, changed) for stmt in kernel.body]
    return replace(kernel, params=[*kernel.params[:at], *params, *kernel.params[at:]], body=body)
