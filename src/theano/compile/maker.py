"""`FunctionMaker`: the graph of a function, rewritten and given to an executor."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from theano.base.flag_table import config
from theano.base.garbage import collector_rests
from theano.base.progress import compiling, nodes_are, stage
from theano.base.user_warnings import warn_user
from theano.compile.errors import UnusedInputError
from theano.compile.executable import Function
from theano.compile.io import In, SymbolicInput, SymbolicOutput, as_outputs, convert_function_input
from theano.compile.mode import Mode, compiler_test_values, get_mode
from theano.compile.overwritten import leave_in_place, with_contents
from theano.compile.plan import FunctionPlan, executors_of
from theano.compile.shared_variables.variables import Container
from theano.compile.times.profiling import ProfileStats, profile_for
from theano.graph import FunctionGraph, MissingInputError, ancestors
from theano.graph.destroyhandler import DestroyHandler
from theano.graph.expansion import expand
from theano.graph.features import ReplaceValidate, Supervisor
from theano.graph.origin import capture_origin, made_here, place_of, resolve_origin


class FunctionMaker:
    """Builds the graph of a function, rewrites it, and makes `Function` objects of it.

    Parameters
    ----------
    inputs
        Variables or `In` objects: the explicit inputs, then one with ``shared=True`` for each shared
        variable.
    outputs
        A variable or `Out`, a list of them, or None.
    mode, accept_inplace, profile, on_unused_input, name
        As for `theano.function`.
    function_builder
        Class of the functions made.
    fgraph
        A graph that is complete and rewritten already; its inputs and outputs are laid out as in `FunctionPlan`.
    output_keys
        Names of the outputs, if a call returns a dict.

    Attributes
    ----------
    fgraph
        The rewritten graph, not yet fused.
    inputs, outputs, mode, name
        As given, in normal form.
    plan
        What the executor was told.
    is_copy
        Whether the graph was rewritten before, as that of a copy or of a pickle is.

    Examples
    --------
    >>> x = T.dscalar("x")
    >>> f = theano.compile.FunctionMaker([x], x + 1).create()
    >>> f(1)
    array(2.)
    """

    def __init__(
        self,
        inputs: Sequence[Any],
        outputs: Any,
        mode: Any = None,
        accept_inplace: bool = False,
        function_builder: Callable[..., Function] = Function,
        profile: Any = None,
        on_unused_input: str | None = None,
        fgraph: FunctionGraph | None = None,
        output_keys: list[str] | None = None,
        name: str | None = None,
    ) -> None:
        started = time.perf_counter()
        self.mode: Mode = get_mode(mode)
        # Explicit inputs first: the executor's layout.
        self.inputs = sorted(map(convert_function_input, inputs), key=lambda spec: spec.shared)
        self.returned = as_outputs(outputs, output_keys)
        self.outputs, self.output_keys = self.returned.outs, self.returned.keys
        self.unpack_single, self.return_none = self.returned.single, self.returned.absent
        self.accept_inplace = accept_inplace
        self.function_builder = function_builder
        self.on_unused_input = on_unused_input
        self.name = name
        self.profile: ProfileStats | None = profile_for(profile, name)
        self.linker = self.mode.linker
        executors = executors_of(self.mode)
        executors.begin()
        original = None
        self.is_copy = fgraph is not None
        if fgraph is None:
            fgraph, original = self._rewritten()
        self.fgraph = fgraph
        self.indices = [(spec, [k], [spec]) for k, spec in enumerate(self.inputs)]
        self.expanded_inputs = self.inputs
        self.refeed = [
            spec.value is not None and spec.update is None and not spec.shared for spec in self.inputs
        ]
        self.required = [spec.value is None for spec in self.inputs]
        self.plan = self._plan(original)
        before = time.perf_counter()
        with compiler_test_values():
            self.executor = executors.make(self.plan, self.mode, self.profile)
        if self.profile is not None:
            now = time.perf_counter()
            self.profile.linker_time += now - before
            self.profile.compile_time += now - started
            self.profile.nb_nodes = len(fgraph.apply_nodes)

    def _explicit(self) -> list[In]:
        return [spec for spec in self.inputs if not spec.shared]

    def _rewritten(self) -> tuple[FunctionGraph, FunctionGraph | None]:
        """A graph of our own, rewritten; and as it was before, if the mode wants that."""
        stage("copying the graph")
        _check_unused(self._explicit(), self._roots(), self.on_unused_input)
        if self.accept_inplace:
            self.inputs = with_contents(self.inputs, self._roots())
        fgraph = _copied(self.inputs, self._roots(), self.accept_inplace)
        nodes_are(len(fgraph.apply_nodes))
        original = fgraph.clone(check_integrity=False) if self.mode.keep_original else None
        before = time.perf_counter()
        with compiler_test_values():
            _inline(fgraph)
            if self.accept_inplace:
                leave_in_place(fgraph)
            if executors_of(self.mode).wants_arrays:
                expand(fgraph)
            self.mode.rewrite(fgraph)
        if self.profile is not None:
            self.profile.optimizer_time += time.perf_counter() - before
        return fgraph, original

    def _plan(self, original: FunctionGraph | None) -> FunctionPlan:
        """What the executor is told."""
        explicit, shared = self._explicit(), [spec for spec in self.inputs if spec.shared]
        n_states = sum(spec.update is not None for spec in explicit)
        overwrites = any(spec.overwritten for spec in explicit)
        return FunctionPlan(
            fgraph=self.fgraph,
            inputs=explicit,
            n_outputs=len(self.outputs) + n_states,
            storages=[spec.value.storage for spec in shared],
            updates=[k for k, spec in enumerate(shared) if spec.update is not None],
            # A view of an argument that is overwritten after the call would not be what was computed.
            borrow=[out.borrow and not overwrites for out in self.outputs] + [False] * n_states,
            name=self.name,
            original=original,
        )

    def _roots(self) -> list[Any]:
        """All expressions to compute, in the order of the graph's outputs."""
        updates = [spec.update for spec in self.inputs if spec.update is not None]
        return [*(out.variable for out in self.outputs), *updates]

    def create(self, input_storage: Sequence[Any] | None = None, trustme: bool = False) -> Function:
        """A function; `input_storage` gives values (or containers) for inputs, overriding their defaults."""
        containers: list[Container] = []
        defaults: list[tuple[bool, bool, Any]] = []
        for k, spec in enumerate(self.inputs):
            given = None if input_storage is None or k >= len(input_storage) else input_storage[k]
            value = spec.value if given is None else given
            containers.append(_container(spec, value))
            default = containers[-1].storage[0] if self.refeed[k] else None
            defaults.append((self.required[k], self.refeed[k], default))
        outs = [Container(out.variable, [None]) for out in self.outputs]
        return self.function_builder(
            self.executor,
            containers,
            outs,
            self.indices,
            self.outputs,
            defaults,
            self.unpack_single,
            self.return_none,
            self.output_keys,
            self,
            name=self.name,
        )


def _copied(specs: Sequence[SymbolicInput], roots: Sequence[Any], accept_inplace: bool) -> FunctionGraph:
    """A copy of what is between inputs and expressions."""
    try:
        fgraph = FunctionGraph([spec.variable for spec in specs], roots, clone=True)
    except MissingInputError as error:
        raise _of_default_update(error.variable, specs, roots) or error from None
    fgraph.protected = [
        v for v, spec in zip(fgraph.inputs, specs, strict=True) if not (spec.mutable or spec.overwritten)
    ]
    _check_inplace(fgraph, accept_inplace)
    return fgraph


def _of_default_update(missing: Any, specs: Sequence[SymbolicInput], roots: Sequence[Any]) -> MissingInputError | None:
    """The error for a missing input that only default updates of shared variables need; None for others."""
    updates = [spec.update for spec in specs if spec.update is not None]
    if missing in ancestors(roots[: len(roots) - len(updates)]):
        return None
    needing = [spec.variable for spec in specs if spec.update is not None and missing in ancestors([spec.update])]
    defaults = [getattr(v, "default_update", None) for v in needing]
    if not all(v is not None and missing in ancestors([v]) for v in defaults):
        return None
    return MissingInputError(
        f"The default update of the shared variable {needing[0]} needs {missing}, which has no value. If that is a "
        "variable of a scan's step, where random variables have the shape of a state, say: pass the updates that scan "
        "returned, as in steps, updates = theano.scan(...); theano.function(..., updates=updates)."
        + made_here(missing),
        variable=missing,
    )


def std_fgraph(
    input_specs: Sequence[SymbolicInput], output_specs: Sequence[SymbolicOutput], accept_inplace: bool = False
) -> tuple[FunctionGraph, list[SymbolicOutput]]:
    """A copy of the graph between inputs and outputs, ready for rewrites; its last outputs are updates of inputs.

    Parameters
    ----------
    input_specs, output_specs
        The inputs, `In`, and the outputs, `Out`.
    accept_inplace
        Whether there may be operations in place.

    Returns
    -------
    FunctionGraph, list of SymbolicOutput
        The graph, which has a `Supervisor` of inputs that must not be overwritten and, if there are operations in
        place, a `DestroyHandler`; and the outputs that updates are.

    Raises
    ------
    TypeError
        There are operations in place, and they are not accepted.

    Examples
    --------
    >>> from theano.compile.function_module import std_fgraph
    >>> x, n = T.dscalars("x", "n")
    >>> fgraph, updates = std_fgraph([theano.In(x), theano.In(n, update=n + 1)], [theano.Out(x + n)])
    >>> len(fgraph.outputs), len(updates)
    (2, 1)
    """
    updates = [spec.update for spec in input_specs if spec.update is not None]
    fgraph = _copied(input_specs, [*(out.variable for out in output_specs), *updates], accept_inplace)
    fgraph.attach_feature(ReplaceValidate())
    protected = fgraph.protected or []
    if any(node.op.destroy_map for node in fgraph.apply_nodes):
        handler = DestroyHandler()
        fgraph.attach_feature(handler)
        protected = [v for v in protected if not handler.destroyers_of(fgraph, v)]  # accept_inplace allows it
    fgraph.attach_feature(Supervisor(protected))
    return fgraph, [SymbolicOutput(update) for update in updates]


def _container(spec: In, value: Any) -> Container:
    if isinstance(value, Container):
        return value
    made = Container(
        spec.variable, [None], strict=spec.strict, allow_downcast=spec.allow_downcast, name=spec.name
    )
    if value is not None:
        made.value = value
    return made


def _check_unused(explicit: list[In], roots: list[Any], action: str | None) -> None:
    """Complain about inputs that nothing needs, as `action` (default: the flag `on_unused_input`) says."""
    if action is None:
        action = config.on_unused_input
    if action == "ignore":
        return
    if action not in ("raise", "warn"):
        raise ValueError(
            f"Invalid value for keyword on_unused_input of theano.function: '{action}'.\n"
            "Valid values are 'raise', 'warn', and 'ignore'."
        )
    used = set(ancestors(roots, [spec.variable for spec in explicit]))
    if any(spec.variable not in used for spec in explicit):
        # What a derivative is one of, and does without: see `Rop`.
        used.update(*(getattr(v.tag, "named", ()) for v in tuple(used)))
    for k, spec in enumerate(explicit):
        if spec.variable in used or spec.update is not None:
            continue
        text = (
            "theano.function was asked to create a function computing outputs given certain inputs, but the provided "
            f"input variable at index {k} is not part of the computational graph needed to compute the outputs: "
            f"{spec.variable}{f' ({where})' if (where := place_of(spec.variable)) else ''}.\n"
        )
        if action == "warn":
            warn_user(
                text
                + "To make this warning into an error, you can pass the parameter on_unused_input='raise' to "
                "theano.function. To disable it completely, use on_unused_input='ignore'."
            )
        else:
            raise UnusedInputError(
                text
                + "To make this error into a warning, you can pass the parameter on_unused_input='warn' to "
                "theano.function. To disable it completely, use on_unused_input='ignore'."
            )


def _check_inplace(fgraph: FunctionGraph, accept_inplace: bool) -> None:
    if accept_inplace:
        return
    for node in fgraph.apply_nodes:
        if node.op.destroy_map:
            raise TypeError(
                f"Graph must not contain inplace operations: {node} overwrites an input "
                "(pass accept_inplace=True to theano.function to allow it)"
            )


def _inline(fgraph: FunctionGraph) -> None:
    """Replace nodes whose op asks for it (`OpFromGraph(inline=True)`) by the graph they stand for."""
    for node in fgraph.toposort():
        if getattr(node.op, "is_inline", False):
            inside = node.op.decompose(node.inputs)
            assert inside is not None
            fgraph.replace_all(zip(node.outputs, inside, strict=True), reason="inline")


def orig_function(
    inputs: Sequence[Any],
    outputs: Any,
    mode: Any = None,
    accept_inplace: bool = False,
    name: str | None = None,
    profile: Any = None,
    on_unused_input: str | None = None,
    output_keys: list[str] | None = None,
) -> Function:
    """A function of `In` and `Out` objects whose updates and shared variables are spelled out.

    Parameters
    ----------
    inputs : sequence of In or Variable
        The explicit inputs, then one with ``shared=True`` for each shared variable.
    outputs
        Variables or `Out` objects: one, a list, or None.
    mode, accept_inplace, name, profile, on_unused_input
        See `theano.function`.
    output_keys : list of str, optional
        Names of the outputs: calls return a dict.

    Returns
    -------
    Function

    Raises
    ------
    MissingInputError
        An output needs a variable that is no input.
    UnusedInputError
        No output needs an input.
    ValueError
        There is no mode of this name.

    Examples
    --------
    >>> x = T.dscalar("x")
    >>> orig_function([theano.In(x)], [theano.Out(x + 1)])(1)
    [array(2.)]
    """
    mode = get_mode(mode)
    maker_class = mode.function_maker or FunctionMaker
    user = capture_origin(1)

    def place() -> tuple[str, int] | None:
        frames = resolve_origin(user)
        return frames[-1][:2] if frames else None

    with collector_rests(), compiling(name, place):
        return maker_class(
            inputs,
            outputs,
            mode,
            accept_inplace=accept_inplace,
            profile=profile,
            on_unused_input=on_unused_input,
            output_keys=output_keys,
            name=name,
        ).create()


__all__ = ["FunctionMaker", "SymbolicOutput", "convert_function_input", "orig_function", "std_fgraph"]
