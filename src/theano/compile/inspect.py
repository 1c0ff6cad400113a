"""What a compiled function consists of, as text: its loops, its loop program, its C."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from theano.backend.c import identifier
from theano.backend.c_main import Unit, print_c
from theano.loops import expr as ex
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.loops.sharing import defined_names
from theano.loops.text import operation_text, program_text
from theano.lower.items import Item, Reduce, Special
from theano.lower.program import Lowered
from theano.lower.schedule import Group
from theano.lower.values import Tensor
from theano.runtime import abi

__all__ = ["ccode", "loop_program", "schedule"]


def _executor(f: Any) -> Any:
    """The native executor of a function."""
    executor = getattr(f, "executor", None)
    if not isinstance(getattr(executor, "lowered", None), Lowered):
        raise TypeError(f"{f} is not compiled to native code: its mode runs the graph node by node")
    return executor


def loop_program(f: Any) -> str:
    """The loop program of a compiled function: what its native code is printed from.

    Examples
    --------
    >>> a, b = T.vectors("a", "b")
    >>> print(theano.printing.loop_program(theano.function([a, b], a * b)).split("main")[0].strip())
    kernel k0(p0: ptr, p1: ptr, p2: ptr, n0: i64)
        for i1 < n0 vector
            x2 = p0.f64[i1]
            x3 = p1.f64[i1]
            p2.f64[i1] = x2 * x3
    """
    return program_text(_executor(f).lowered.program)


# -- C -----------------------------------------------------------------------------------------------------
def ccode(f: Any, name: str = "theano_function", fma: bool = True) -> str:
    """A compiled function as one C file: kernels, and a function `name` that takes plain arguments.

    Its signature is documented in `theano.backend.c_main`. Compile with ``-std=c11 -ffp-contract=off -lm``.

    Parameters
    ----------
    f
        What `theano.function` has returned, in a mode that compiles.
    name
        Of the C function.
    fma
        Write fused multiplications and additions as ``fma``: fast and exact with ``-mfma``. Without, they are
        rounded twice.

    Examples
    --------
    >>> x = T.vector("x")
    >>> "double *x, " in theano.printing.ccode(theano.function([x], 2 * x)).replace("\\n   ", "")
    True
    """
    return print_c(c_unit(f, name, fma))


def c_unit(f: Any, name: str = "theano_function", fma: bool = True) -> Unit:
    """What the C printer needs of a function."""
    executor = _executor(f)
    low: Lowered = executor.lowered
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
        if isinstance(stmt, st.NewArray) and stmt.slot < low.n_outputs:
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
        for tensor in _written(group):
            nodes[tensor.storage().name] = nodes[tensor.name] = text
    comments: dict[int, str] = {}
    kernels: dict[int, st.Kernel] = {}
    for stmt in st.walk(low.program.main):
        if isinstance(stmt, st.CallKernel | st.Call):
            found = [nodes[a[0]] for a in stmt.args if isinstance(a, tuple) and a[0] in nodes]
            # the arguments that are read come first; the last is written
            if found:
                comments[id(stmt)] = found[-1]
            if found and isinstance(stmt, st.CallKernel) and id(stmt.kernel) not in kernels:
                kernels[id(stmt.kernel)] = stmt.kernel
                comments[id(stmt.kernel)] = found[-1]
    return comments


def _nodes(group: Group) -> list[Any]:
    found = []
    for item in group.items:
        if item.node is not None and item.node not in found:
            found.append(item.node)
    return found


def _written(group: Group) -> Iterator[Tensor]:
    for item in group.items:
        if isinstance(item, Special):
            yield from item.writes
        elif getattr(item, "out", None) is not None:
            yield item.out  # type: ignore[attr-defined]


# -- schedule ----------------------------------------------------------------------------------------------
def schedule(f: Any) -> str:
    """Which nodes of a compiled function share a loop, over which lengths, and what goes through memory.

    Sizes are in bytes, in terms of the lengths of the inputs.

    Examples
    --------
    >>> x = T.vector("x")
    >>> print(theano.printing.schedule(theano.function([x], T.exp(x) + x)))
    loop 1 over x.shape[0]
        Elemwise{exp,no_inplace}(x)
        Elemwise{add,no_inplace}(Elemwise{exp,no_inplace}.0, x)
        reads  x: 8 * x.shape[0]
        writes output 0: 8 * x.shape[0]
    """
    executor = _executor(f)
    return "\n".join(_Schedule(executor.lowered, executor.plan.fgraph.inputs).lines())


class _Schedule:
    """Writes the groups of a function."""

    def __init__(self, low: Lowered, leaves: list[Any]) -> None:
        self.low = low
        n = len(low.inputs)
        names = [v.name or f"input {k}" for k, v in enumerate(leaves)]
        self.dims = {
            name: f"{names[k if role == 'input' else n + k]}.shape[{axis}]"
            for name, (role, k, axis) in low.dim_words.items()
        }
        self.memory = {name for stmt in st.walk(low.program.main) for name in defined_names(stmt)}
        self.names = {f"x{k}": name for k, name in enumerate(names[:n])}
        self.names |= {f"s{k}": name for k, name in enumerate(names[n:])}
        for v, value in low.values.items():
            if v.name and value.tensor is not None and value.is_whole():
                self.names.setdefault(value.tensor.name, v.name)
        for stmt in st.walk(low.program.main):
            if isinstance(stmt, st.NewArray) and stmt.slot < low.n_outputs:
                self.names[stmt.name] = f"output {stmt.slot}"

    def lines(self) -> Iterator[str]:
        number = 0
        for group in self.low.schedule:
            if group.special:
                yield from self._special(group)
                continue
            number += 1
            axes = " × ".join(self.length(d) for d in group.axes) or "one element"
            yield f"loop {number} over {axes}"
            for item in group.items:
                yield f"    {self._item(group, item)}"
            yield from self._moved(group)

    def _special(self, group: Group) -> Iterator[str]:
        item = group.items[0]
        what = "check" if isinstance(item, Special) and item.fallible and not item.writes else "step"
        yield f"{what} {item.node}" if item.node is not None else what
        yield from self._moved(group)

    def _item(self, group: Group, item: Item) -> str:
        node = str(item.node) if item.node is not None else "copy"
        if isinstance(item, Reduce):
            along = " × ".join(self.length(item.dims[k]) for k in sorted(item.red))
            return f"{node}    ({item.op} along {along}, in {ex.DTYPE_OF[item.acc]})"
        return node + ("    (once for each row)" if group.is_prefix(item) else "")

    def _moved(self, group: Group) -> Iterator[str]:
        made = {t.storage(): t for t in _written(group)}
        read: dict[Tensor, Tensor] = {}
        for item in group.items:
            for value in (*item.reads, *item.indirect):
                tensor = value.tensor
                if tensor is not None and (
                    tensor.storage() not in made or tensor.role in ("input", "storage")
                ):
                    read[tensor.storage()] = tensor
        stored = [t for t in made if t.name in self.memory and t.type != "object"]
        yield from self._list("reads ", (t for t in read if t.type != "object"))
        yield from self._list("writes", stored)

    def _list(self, word: str, tensors: Iterable[Tensor]) -> Iterator[str]:
        for tensor in tensors:
            role = {"constant": "constant", "temp": "workspace", "cell": "stack"}.get(tensor.role, "array")
            name = self.names.get(tensor.name) or f"{role} {tensor.name}"
            yield f"    {word} {name}: {self._bytes(tensor)}"

    def _bytes(self, tensor: Tensor) -> str:
        known, factors = ex.ITEMSIZE[tensor.type], []
        for d in tensor.dims:
            if d.op == "const":
                known *= int(d.value)
            else:
                factors.append(self.length(d))
        return " * ".join([str(known), *factors])

    def length(self, root: Expr) -> str:
        """A length in terms of the inputs' shapes."""
        done: dict[int, str] = {}
        for node in ex.postorder((root,)):
            if node.op == "const":
                done[id(node)] = str(node.value)
            elif node.op == "name":
                done[id(node)] = self.dims.get(str(node.value), str(node.value))
            else:
                text = operation_text(node, [done[id(a)] for a in node.args])
                done[id(node)] = text if len(text) < 120 else "…"
        return done[id(root)]
