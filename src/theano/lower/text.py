"""Items as text: the space of each, what it reads, what it computes for one element, and what else it does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from theano.loops import expr as ex
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.loops.text import PAD, leaf_text, operation_text, view_text
from theano.lower.state.dims import is_extreme
from theano.lower.state.items import Pointwise, Reduce, Running, Special
from theano.lower.state.values import Item, Tensor, Value

# Names of axes; further ones are numbered.
AXES = "ijklmn"


def items_text(items: Sequence[Item], names: Mapping[str, str]) -> str:
    """The items in their order, those of blocks below the item that runs the block.

    `names` gives other names for tensors and for names of main.
    """
    blocks: dict[int, list[Item]] = {}
    for item in items:
        blocks.setdefault(item.region, []).append(item)
    return "\n".join(_Printer(blocks, names).block(0))


def _axis(k: int) -> str:
    return AXES[k] if k < len(AXES) else f"i{k}"


class _Printer:
    def __init__(self, blocks: Mapping[int, list[Item]], names: Mapping[str, str]) -> None:
        self.blocks = blocks
        self.names = names

    def block(self, region: int) -> Iterator[str]:
        node: object = None
        for item in self.blocks.get(region, ()):
            if item.node is not None and item.node is not node:
                yield f"# {item.node}"
            node = item.node
            yield from self._special(item) if isinstance(item, Special) else self._nest(item)

    def _special(self, item: Special) -> Iterator[str]:
        words = {
            "may fail": item.fallible, "needs Python": item.python,
            "brings its arrays": item.delivers and bool(item.writes), "looks for signals": item.polls,
        }  # fmt: skip
        effects = ", ".join(word for word, holds in words.items() if holds)
        yield f"{item.what}{f': {effects}' if effects else ''}"
        numbers = [e for e in item.scalars if e.op != "const"]
        parts = {
            "reads": [self._look(v) for v in item.reads], "uses": [self.text(e) for e in dict.fromkeys(numbers)],
            "writes": [self._tensor(t) for t in item.writes], "defines": item.defines,
        }  # fmt: skip
        for word, found in parts.items():
            if found:
                yield f"{PAD}{word} {', '.join(found)}"
        for region in item.blocks:
            yield f"{PAD}block"
            yield from (2 * PAD + line for line in self.block(region))

    def _nest(self, item: Item) -> Iterator[str]:
        assert isinstance(item, Pointwise | Reduce) and item.out is not None
        space = ", ".join(f"{_axis(k)} < {self.text(d)}" for k, d in enumerate(item.dims))
        yield f"{self._tensor(item.out)}{f' over {space}' if space else ''}; cost {item.cost}"
        ragged = item.ragged
        if ragged is not None:
            axis, row, starts = _axis(ragged.axis), _axis(ragged.rows), _Body(self, item)
            first, after = (starts.look(ragged.starts, [at]) for at in (row, f"{row} + 1"))
            yield f"{PAD}{first} <= {axis} < {after}"
        body = _Body(self, item)
        result = body.text(item.body)
        if isinstance(item, Running):
            handed = "" if item.handed is None else f", handing on {body.text(item.handed)}"
            result += f"{handed}, along {_axis(item.along)} from {self.text(item.init)}"
        if isinstance(item, Reduce):
            along = ", ".join(_axis(k) for k in sorted(item.red))
            place = item.scalar_name or body.at(item.out, item.out_axes)
            body.lines.append(f"{place} = {item.op} over {along} of {result}, in {item.acc}")
        elif item.scatter is not None:
            places = ", ".join(body.text(w) for w in item.scatter)
            if item.parts is None:
                body.lines.append(f"{self.name(item.out)}[{places}] = {result}, in order")
            else:
                line = f"{self.name(item.out)}[part, {places}] = {result}, in order in each of "
                body.lines.append(f"{line}{self.text(item.parts)} parts")
        elif item.target is not None:
            body.lines.append(f"{body.value(item.target, range(len(item.dims)))} = {result}")
        else:
            body.lines.append(f"{body.at(item.out, item.out_axes or range(len(item.dims)))} = {result}")
        yield from (PAD + line for line in body.lines)

    def name(self, tensor: Tensor) -> str:
        return self.names.get(tensor.name, tensor.name)

    def _tensor(self, tensor: Tensor) -> str:
        dims = ", ".join(self.text(d) for d in tensor.dims)
        return f"{self.name(tensor)}: {tensor.type}[{dims}]"

    def _look(self, value: Value) -> str:
        """What a special item reads."""
        if value.tensor is None:
            assert value.uniform is not None
            return self.text(value.uniform)
        if value.is_whole():
            return self.name(value.tensor)
        return _Body(self, None).value(value, range(value.ndim))

    def text(self, root: Expr) -> str:
        """An expression of main."""
        done: dict[Expr, str] = {}
        for node in _postorder((root,)):
            if node.op == "name":
                done[node] = self.names.get(str(node.value), str(node.value))
            else:
                done[node] = _operation(node, [done[a] for a in _operands(node)])
        return done[root]


class _Body:
    """The expressions of an item; what is used more than once gets a line and a name."""

    def __init__(self, printer: _Printer, item: Pointwise | Reduce | None) -> None:
        self.printer = printer
        self.item = item
        self.lines: list[str] = []
        self.done: dict[Expr, str] = {}
        roots: list[Expr] = []
        if item is not None:
            roots = [item.body, *((isinstance(item, Pointwise) and item.scatter) or ())]
            roots += [item.handed] if isinstance(item, Running) and item.handed is not None else []
        self.uses = Counter(a for node in _postorder(roots) for a in _operands(node))
        self.uses.update(roots)

    def text(self, root: Expr) -> str:
        for node in _postorder((root,)):
            if node in self.done:
                continue
            text = self._form(node, [self.done[a] for a in _operands(node)])
            if self.uses[node] > 1 and node.args:
                name = f"e{len(self.lines) + 1}"
                self.lines.append(f"{name} = {text}")
                text = name
            self.done[node] = text
        return self.done[root]

    def _form(self, node: Expr, args: list[str]) -> str:
        item = self.item
        assert item is not None
        if node.op == "element":
            return self.value(item.reads[node.value], item.maps[node.value])
        if node.op == "index":
            return _axis(node.value)
        if node.op in ("part", "before"):
            return node.op
        if node.op == "look":
            k, given = node.value
            found, picks = iter(args), item.picks[k] if isinstance(item, Pointwise) and k < len(item.picks) else ()
            at = [next(found) if g else _place(picks[n]) for n, g in enumerate(given)]
            guard = next(found, "")
            element = self.look(item.indirect[k], at)
            return f"({element} if {guard} else 0)" if guard else element
        if node.op in ("quotient", "remainder"):
            return f"({args[0]} {'//' if node.op == 'quotient' else '%'} {args[1]})"
        if node.op == "within":
            low, high = node.value
            return f"({'0 <= ' if low else ''}{args[0]}{f' < {args[1]}' if high else ''})"
        if node.op == "apply":
            return f"{node.value.op.name}({', '.join(args)})"
        if node.op == "convert":
            return f"convert.{node.value}({args[0]})"
        return _operation(node, args) if node.args else self.printer.text(node)

    def value(self, value: Value, places: Iterable[int | None]) -> str:
        """The element of a value at the positions of some axes of the space (None: there is only one)."""
        if value.uniform is not None:
            return self.printer.text(value.uniform)
        return self.look(value, [_place(k) for k in places])

    def look(self, value: Value, at: Sequence[str]) -> str:
        tensor = value.tensor
        assert tensor is not None
        name = self.printer.name(tensor)
        if value.strides is None:
            own = dict(zip(value.axes or (), at, strict=True))
            return f"{name}[{', '.join(own.get(k, '0') for k in range(len(tensor.dims)))}]"
        moving = [(ex.name(i, "i64"), s) for i, s in zip(at, value.strides, strict=True) if i != "0"]
        view = st.View(name, value.type, value.offset or st.ZERO, tuple(s for _, s in moving))
        return view_text(view, tuple(i for i, _ in moving), self.printer.text)

    def at(self, tensor: Tensor, places: Iterable[int | None]) -> str:
        """An element of a whole tensor."""
        return f"{self.printer.name(tensor)}[{', '.join(_place(k) for k in places)}]"


def _operands(node: Expr) -> tuple[Expr, ...]:
    """What the text of an expression is made of."""
    return node.args[1:] if is_extreme(node) else node.args


def _operation(node: Expr, args: list[str]) -> str:
    if is_extreme(node):
        return f"{'min' if node.args[0].op == 'lt' else 'max'}({', '.join(args)})"
    return operation_text(node, args) if args else leaf_text(node)


def _postorder(roots: Sequence[Expr]) -> Iterator[Expr]:
    """Every expression in the texts of `roots` once, operands first."""
    seen: set[Expr] = set()
    stack = [(root, False) for root in reversed(roots)]
    while stack:
        node, ready = stack.pop()
        if ready:
            yield node
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack += [(a, False) for a in reversed(_operands(node))]


def _place(axis: int | None) -> str:
    return "0" if axis is None else _axis(axis)
