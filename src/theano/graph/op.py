"""What a graph can do with variables: the base class of all operations."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Container, Iterable, Sequence
from typing import Any, ClassVar

from theano.base.flag_table import config
from theano.graph.errors import MethodNotDefined, MissingTestValueError, TestValueError
from theano.graph.nodes import Apply, Constant, Variable
from theano.graph.origin import capture_origin, made_here, resolve_origin
from theano.graph.props import Props
from theano.graph.shown import told
from theano.graph.type import Type
from theano.graph.walk import io_toposort


class PureOp(Props):
    """All that `Op` has. It stands below it because classes of old programs call ``super(theano.Op, self)``.

    Examples
    --------
    >>> import theano
    >>> issubclass(theano.Op, PureOp)
    True
    """

    #: Output that a call returns when there are several; None: a list of all.
    default_output: ClassVar[int | None] = None
    #: ``{output: [inputs]}``: outputs that may share memory with inputs.
    view_map: dict[int, list[int]] = {}
    #: ``{output: [inputs]}``: outputs computed in the memory of inputs.
    destroy_map: dict[int, list[int]] = {}
    #: The inputs in which, each by itself, the outputs are linear: zeros there make zeros.
    linear_in: Container[int] = ()
    #: The inputs in which, all of them together, the outputs are linear: a sum of such inputs makes the sum of outputs.
    jointly_linear_in: Container[int] = ()
    #: Whether no values make it fail, and no shapes but those that nothing around it could work with either.
    never_fails: bool = False
    #: Whether it does no work: its output is the input seen in another way, or much made of little.
    costs_nothing: bool = False
    #: Whether its output is its first input, repeated.
    spreads_first_input: bool = False
    #: Whether it is computed at compile time where all its inputs are constants (see `do_constant_folding`).
    folds_constants: bool = True
    #: Whether it does something besides computing its outputs (sends a message, counts its calls): then it is not
    #: computed at compile time, and two applications to equal inputs are two, where those of other ops are one.
    has_effects: bool = False
    #: When it runs among what could run: lower first. Below (0, 0) is as early as its inputs allow, above as late as
    #: its users allow (see `in_turns`).
    turn: tuple[int, int] = (0, 0)
    itypes: Sequence[Any] | None = None
    otypes: Sequence[Any] | None = None

    def make_node(self, *inputs: Any) -> Apply:
        """The application of this op to `inputs`; this default goes by `itypes` and `otypes`."""
        if self.itypes is None or self.otypes is None:
            raise MethodNotDefined(f"{type(self).__name__} defines neither make_node nor itypes and otypes")
        if len(inputs) != len(self.itypes):
            raise ValueError(
                f"We expected {len(self.itypes)} inputs but got {len(inputs)}: {type(self).__name__}.itypes has one "
                "type for each."
            )
        for t in (*self.itypes, *self.otypes):
            if not isinstance(t, Type):
                raise TypeError(
                    f"itypes and otypes of {type(self).__name__} must be types, as theano.tensor.dvector, not {t!r}"
                )
        variables = [
            v if isinstance(v, Variable) else t.make_constant(v)
            for v, t in zip(inputs, self.itypes, strict=True)
        ]
        if any(v.type != t for v, t in zip(variables, self.itypes, strict=True)):
            raise TypeError(
                f"We expected inputs of types '{list(self.itypes)}' "
                f"but got types '{[v.type for v in variables]}'"
            )
        op: Any = self  # an `Op`, where nodes are concerned
        return Apply(op, variables, [t() for t in self.otypes])

    def __call__(self, *inputs: Any, return_list: bool = False, **kwargs: Any) -> Any:
        """Make a node and return its output, or the list of its outputs if there are several.

        Keyword arguments go to `make_node`.
        """
        node = self.make_node(*inputs, **kwargs)
        if not isinstance(node, Apply):
            raise TypeError(f"make_node of {type(self).__name__} has returned {node!r}, which is no Apply node")
        if config.compute_test_value != "off":
            compute_test_value(node)
        outputs = node.outputs
        if self.default_output is not None:
            output = outputs[self.default_output]
            return [output] if return_list else output
        if return_list or len(outputs) != 1:
            return list(outputs)
        return outputs[0]

    def out_of_place(self) -> Op | None:
        """The op that computes the same in memory of its own, where this one overwrites an input; None if not known.

        A function replaces an op in place by it, for it keeps the memory of its arguments by itself.
        """
        return None

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        """Compute the outputs from values of the inputs with NumPy: the reference meaning of the op.

        ``output_storage[i]`` is a one-item list to be filled. It may hold None or an old buffer that may be
        reused if it fits. This default evaluates `decompose`.
        """
        if not self.defines("decompose"):
            raise MethodNotDefined(f"{told(self)} defines no perform")
        with config.change_flags(compute_test_value="off"):
            outputs = self.decompose(node.inputs)
        if outputs is None:
            raise MethodNotDefined(f"{told(self)} defines no perform, and decompose says nothing of {node.inputs}")
        values = evaluate(outputs, dict(zip(node.inputs, inputs, strict=True)))
        for storage, value in zip(output_storage, values, strict=True):
            storage[0] = value

    def prepare_node(
        self, node: Apply, storage_map: dict[Any, list[Any]] | None, compute_map: dict[Any, list[bool]] | None,
        impl: str,
    ) -> None:  # fmt: skip
        """Asked before the first run of a node, by C code (`impl` is "c") or by `perform` ("py"): the place for work
        that is needed once. The maps are None where a whole function is compiled. It does nothing."""

    def make_thunk(
        self, node: Apply, storage_map: dict[Any, list[Any]], compute_map: dict[Any, list[bool]],
        no_recycling: Sequence[Any], impl: str | None = None,
    ) -> Any:  # fmt: skip
        """A function without arguments that runs a node: it reads and fills in the cells of `storage_map`.

        An op with a version of its own is run by it, in all modes.

        Parameters
        ----------
        storage_map
            For each variable of the node a list of one value.
        compute_map
            For each a list of one bool, whether it is there.
        no_recycling
            Outputs whose old values may not be written into.
        impl
            "c", "py", or None: C code where the op has some and the machine a compiler.

        Raises
        ------
        NotImplementedError
            There is no such implementation.
        ValueError
            `impl` is something else.

        Examples
        --------
        >>> x = T.dscalar("x")
        >>> node = T.exp(x).owner
        >>> cells = {x: [np.array(0.0)], node.outputs[0]: [None]}
        >>> node.op.make_thunk(node, cells, {v: [False] for v in cells}, [])()
        >>> cells[node.outputs[0]]
        [array(1.)]
        """
        if impl not in (None, "c", "py"):
            raise ValueError(f"impl must be 'c', 'py' or None, not {impl!r}")
        if impl != "py":
            self.prepare_node(node, storage_map, compute_map, "c")
            try:
                return self.make_c_thunk(node, storage_map, compute_map, no_recycling)
            except NotImplementedError:  # MethodNotDefined is one
                if impl == "c":
                    raise
        self.prepare_node(node, storage_map, compute_map, "py")
        return self.make_py_thunk(node, storage_map, compute_map, no_recycling)

    def make_py_thunk(
        self, node: Apply, storage_map: dict[Any, list[Any]], compute_map: dict[Any, list[bool]],
        no_recycling: Sequence[Any], debug: bool = False,
    ) -> Any:  # fmt: skip
        """`make_thunk` by `perform`."""
        return _node_thunk(node, python_performer(node), storage_map, compute_map)

    def make_c_thunk(
        self, node: Apply, storage_map: dict[Any, list[Any]], compute_map: dict[Any, list[bool]],
        no_recycling: Sequence[Any],
    ) -> Any:  # fmt: skip
        """`make_thunk` by C code; NotImplementedError if there is none, or no compiler."""
        if getattr(self, "c_code", None) is None:
            raise MethodNotDefined(f"{told(self)} has no C code")
        return _node_thunk(node, C_PERFORMERS[0](node), storage_map, compute_map)

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> Sequence[Any]:
        """One gradient for each input, from those of the outputs."""
        raise MethodNotDefined(
            f"{told(self)} has no gradient: the class {type(self).__name__} defines neither grad nor L_op"
        )

    def L_op(
        self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]
    ) -> Sequence[Any]:
        """Like `grad`, with the outputs at hand."""
        return self.grad(inputs, output_grads)

    def L_op_of(
        self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any], wanted: Sequence[bool]
    ) -> Sequence[Any]:
        """The answer of `L_op`, in which anything may stand for an input whose gradient nobody wants."""
        return self.L_op(inputs, outputs, output_grads)

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> Sequence[Any]:
        """Directional derivatives of the outputs; a direction (and a result) may be None for zero.

        This default is for ops that are linear in all inputs that they have derivatives for.
        """
        if self.linear_in == Op.linear_in:
            raise MethodNotDefined(f"{told(self)} has no R_op: the class {type(self).__name__} does not define it")
        total: list[Any] = []
        for i, direction in enumerate(eval_points):
            if direction is not None and i in self.linear_in:
                terms = self(*inputs[:i], direction, *inputs[i + 1 :], return_list=True)
                total = [a + b for a, b in zip(total, terms, strict=True)] if total else terms
        return total or [None for _ in self.make_node(*inputs).outputs]

    def infer_shape(self, node: Apply, input_shapes: Sequence[Any]) -> Sequence[Any]:
        """Shapes of the outputs (tuples of 0-d int64 variables) from those of the inputs."""
        raise MethodNotDefined(f"{type(self).__name__} does not define infer_shape")

    def decompose(self, inputs: Sequence[Any]) -> Sequence[Any] | None:
        """The outputs, expressed by other ops (optional); None for inputs for which they are not."""
        raise MethodNotDefined(f"{type(self).__name__} does not define decompose")

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """``[input][output]``: whether the output depends on the elements of the input."""
        return [[True] * len(node.outputs) for _ in node.inputs]

    def do_constant_folding(self, node: Apply) -> bool:
        """Whether `node` may be computed at compile time when its inputs are constants."""
        return self.folds_constants and not self.has_effects

    @classmethod
    def _get_test_value(cls, v: Any) -> Any:
        """See `get_test_value`."""
        return get_test_value(v)

    @classmethod
    def defines(cls, method: str) -> bool:
        """Whether the op's class has its own version of an optional method.

        Examples
        --------
        >>> Op.defines("grad")
        False
        """
        return getattr(cls, method, None) is not getattr(Op, method, None)


class Op(PureOp):
    """Base of all operations.

    A subclass defines `make_node` (or `itypes` and `otypes`) and `perform`; for gradients `grad` or `L_op`,
    and `R_op`; and, if it can, `infer_shape`. Attributes named in ``__props__`` make equal ops equal.

    Examples
    --------
    >>> import theano, theano.tensor as T
    >>> class Double(theano.Op):
    ...     __props__ = ()
    ...     itypes = otypes = [T.dvector]
    ...     def perform(self, node, inputs, output_storage):
    ...         output_storage[0][0] = 2 * inputs[0]
    ...     def grad(self, inputs, output_grads):
    ...         return [2 * output_grads[0]]
    >>> str(Double()(T.dvector("x")))
    'Double.0'
    """


class NodeThunk:
    """Runs one node: called, it reads ``thunk.inputs[k][0]`` and fills in ``thunk.outputs[k][0]``.

    `computed` are cells that are set to True, too.
    """

    __slots__ = ("computed", "inputs", "lazy", "node", "outputs", "run")

    def __init__(
        self, node: Apply, run: Callable[..., Any], inputs: list[list[Any]], outputs: list[list[Any]],
        computed: Iterable[list[bool]] = (),
    ) -> None:  # fmt: skip
        self.node, self.run, self.inputs, self.outputs, self.lazy = node, run, inputs, outputs, False
        self.computed = list(computed)

    def __call__(self) -> None:
        self.run([cell[0] for cell in self.inputs], self.outputs)
        for cell in self.computed:
            cell[0] = True


def _node_thunk(
    node: Apply, run: Any, storage_map: dict[Any, list[Any]], compute_map: dict[Any, list[bool]] | None
) -> NodeThunk:
    computed = [] if compute_map is None else [compute_map[v] for v in node.outputs if v in compute_map]
    return NodeThunk(node, run, [storage_map[v] for v in node.inputs], [storage_map[v] for v in node.outputs], computed)


# Set by `theano.legacy.c_code.callback`: what runs a prepared node by the C code of its op.
C_PERFORMERS: list[Callable[[Apply], Callable[[list[Any], list[list[Any]]], Any]]] = []


def performer(node: Apply) -> Callable[[list[Any], list[list[Any]]], Any]:
    """What runs a node on a list of values of its inputs and a list of cells for its outputs.

    That is ``perform``, with the op's parameters where it has `params_type`; the thunk of an op with a ``make_thunk``
    of its own; or the C code of an op that has nothing else.
    """
    op: Any = node.op
    if op.defines("make_thunk"):
        return _thunk(node)
    if getattr(op, "c_code", None) is not None and not (op.defines("perform") or op.defines("decompose")):
        op.prepare_node(node, None, None, "c")
        return C_PERFORMERS[0](node)
    op.prepare_node(node, None, None, "py")
    return python_performer(node)


def python_performer(node: Apply) -> Callable[[list[Any], list[list[Any]]], Any]:
    """`performer` by ``perform``."""
    op: Any = node.op
    if getattr(op, "params_type", None) is None:
        return lambda inputs, cells: op.perform(node, inputs, cells)
    params = node.run_params()
    return lambda inputs, cells: op.perform(node, inputs, cells, params)


def _thunk(node: Apply) -> Callable[[list[Any], list[list[Any]]], Any]:
    op: Any = node.op
    variables = [*node.inputs, *node.outputs]
    storage_map: dict[Any, list[Any]] = {v: [None] for v in variables}
    compute_map: dict[Any, list[Any]] = {v: [False] for v in variables}
    arguments: list[Any] = [node, storage_map, compute_map, list(node.outputs)]
    if "impl" in inspect.signature(op.make_thunk).parameters:  # ops of older programs do without
        arguments.append(None)
    thunk = op.make_thunk(*arguments)

    def run(inputs: list[Any], cells: list[list[Any]]) -> None:
        for v, value in zip(node.inputs, inputs, strict=True):
            storage_map[v][0], compute_map[v][0] = value, True
        thunk()
        for v, cell in zip(node.outputs, cells, strict=True):
            cell[0], storage_map[v][0] = storage_map[v][0], None

    return run


def overwritten_by(op: Op) -> set[int]:
    """The positions of the inputs in whose memory outputs of `op` are computed."""
    return {k for positions in op.destroy_map.values() for k in positions}


def perform_node(node: Apply, values: Sequence[Any]) -> list[Any]:
    """The values of the outputs of `node` for those of its inputs, by ``perform``."""
    storage: list[list[Any]] = [[None] for _ in node.outputs]
    destroyed = overwritten_by(node.op)
    if destroyed:
        values = [v.copy() if i in destroyed and hasattr(v, "copy") else v for i, v in enumerate(values)]
    performer(node)(list(values), storage)
    return [cell[0] for cell in storage]


def evaluate(outputs: Sequence[Any], values: dict[Any, Any]) -> list[Any]:
    """The values of `outputs` for `values` of variables, node by node with ``perform``.

    Slow and simple: it defines what compiled code must compute. Constants and shared variables bring their
    own values.

    Examples
    --------
    >>> import theano.tensor as T
    >>> x = T.dscalar("x")
    >>> evaluate([x + 1], {x: 2.0})
    [array(3.)]
    """
    known = dict(values)

    def value_of(variable: Any) -> Any:
        if variable in known:
            return known[variable]
        if isinstance(variable, Constant):
            return variable.data
        if hasattr(variable, "get_value"):
            return variable.get_value(borrow=True)
        raise TestValueError(f"no value was given for {variable}")

    for node in io_toposort(list(known), outputs):
        results = perform_node(node, [value_of(v) for v in node.inputs])
        for variable, value in zip(node.outputs, results, strict=True):
            known.setdefault(variable, value)
    return [value_of(v) for v in outputs]


def get_test_value(v: Any) -> Any:
    """The value of `v` for ``compute_test_value``: data, shared value or ``tag.test_value``.

    An array or number is its own. MissingTestValueError, an AttributeError, if there is none.

    Examples
    --------
    >>> import theano.tensor as T
    >>> x = T.dvector("x"); x.tag.test_value = [1.0, 2.0]
    >>> get_test_value(x)
    array([1., 2.])
    """
    if not isinstance(v, Variable):
        v = Constant.of_value(v)
    if isinstance(v, Constant):
        return v.data
    if v._tag is not None and hasattr(v._tag, "test_value"):
        value = v._tag.test_value
        if v.owner is not None:
            return value
        try:
            return v.type.filter(value)
        except (TypeError, ValueError) as error:
            error.args = (f"{error}\nIt is the test value of {v}, set by {v}.tag.test_value = ...{made_here(v)}",)
            raise
    if hasattr(v, "get_value"):
        return v.get_value(borrow=True)
    raise MissingTestValueError(f"{v} has no test value")


def compute_test_value(node: Apply, demanded: bool = True) -> None:
    """Set the test values of the outputs of `node`, as flag ``compute_test_value`` asks.

    Where it is not demanded, inputs without one are no error: the outputs have none either.
    """
    values = []
    for i, variable in enumerate(node.inputs):
        try:
            values.append(get_test_value(variable))
        except AttributeError:
            if demanded:
                missing_test_message(
                    f"Cannot compute test value: input {i} ({variable}) of Op {node} missing default value: set "
                    f"{variable}.tag.test_value to an example, or theano.config.compute_test_value = 'off'"
                )
            return
    for variable, value in zip(node.outputs, perform_node(node, values), strict=True):
        variable.tag.test_value = value


def with_late_test_values(build: Callable[[], list[Any]], demanded: bool = True) -> list[Any]:
    """The variables that `build` returns; test values of its nodes are computed afterwards, for those that remain.

    For code that uses variables which stand for values of a loop's step, and have none themselves. `demanded`: see
    `compute_test_value`.
    """
    if config.compute_test_value == "off":
        return build()
    with config.change_flags(compute_test_value="off"):
        results = build()
    for node in _nodes_without_test_value(results):
        compute_test_value(node, demanded)
    return results


def _nodes_without_test_value(variables: Sequence[Any]) -> list[Apply]:
    """What `variables` are computed by, as far as it has no test values, in order."""
    order: dict[Apply, bool] = {}  # False while a node's inputs are looked at
    todo = [v.owner for v in reversed(variables) if v is not None and not has_test_value(v)]
    while todo:
        node = todo[-1]
        if node is None or order.get(node):
            todo.pop()
        elif node in order:
            del order[node]
            order[todo.pop()] = True  # behind its inputs
        else:
            order[node] = False
            todo += [v.owner for v in reversed(node.inputs) if not has_test_value(v)]
    return list(order)


def has_test_value(v: Any) -> bool:
    """Whether `v` itself carries a test value."""
    return v._tag is not None and hasattr(v._tag, "test_value")


def missing_test_message(msg: str) -> None:
    """Say that a test value is missing, as flag ``compute_test_value`` asks: by an error (ValueError), a warning, in
    the debugger, or not at all."""
    action = config.compute_test_value
    if action == "raise":
        raise TestValueError(msg)
    if action == "warn":
        place = resolve_origin(capture_origin(1))
        file, line, _ = place[-1] if place else ("<unknown>", 0, "")
        warnings.warn_explicit(msg, UserWarning, file, line)
    elif action == "pdb":
        breakpoint()


def get_debug_values(*args: Any) -> list[tuple[Any, ...]]:
    """The test values of `args`, a list of one tuple; an empty list if one is missing or they are off."""
    if config.compute_test_value == "off":
        return []
    try:
        return [tuple(get_test_value(a) if isinstance(a, Variable) else a for a in args)]
    except AttributeError as error:
        missing_test_message(str(error))
        return []
