"""Copies of functions: `f.copy`, `copy.deepcopy` and pickles.

All three start from the rewritten graph, so nothing is rewritten twice. A pickle or a deep copy holds the
values of the shared variables; a plain copy goes on using the same ones.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from theano.compile.io import In, SymbolicOutput
from theano.compile.mode import predefined_modes
from theano.compile.sharedvalue import Container, SharedVariable, detached_copy
from theano.graph import FunctionGraph, Variable

if TYPE_CHECKING:
    from theano.compile.executable import Function
    from theano.compile.maker import FunctionMaker


def copy_function(
    original: Function,
    swap: dict[Any, Any] | None = None,
    delete_updates: bool = False,
    name: str | None = None,
    profile: Any = None,
) -> Function:
    """See `Function.copy`."""
    maker = original.maker
    replaced = _checked_swap(original, swap or {})
    fgraph, equiv = maker.fgraph.clone_get_equiv(check_integrity=False)
    inputs = list(fgraph.inputs)
    specs = [_copy_spec(spec) for spec in maker.inputs]
    for k, new in replaced.items():
        inputs[k] = new.clone()
        for client, i in fgraph.clients(fgraph.inputs[k]):
            if client != "output":
                client.inputs[i] = inputs[k]
        specs[k].variable, specs[k].value = new, new.container
    swapped = {fgraph.inputs[k]: inputs[k] for k in replaced}
    outputs = [swapped.get(v, v) for v in fgraph.outputs]
    if delete_updates:
        outputs = outputs[: len(maker.outputs)]
        for spec in specs:
            spec.update = None
    fgraph = FunctionGraph(inputs, outputs, clone=False)
    containers: list[Any] = []
    for k, (spec, container) in enumerate(zip(specs, original.input_storage, strict=True)):
        is_own = not spec.shared and not isinstance(maker.inputs[k].value, Container)
        containers.append(_copy_container(container, detached_copy) if is_own else None)
    if name is None:
        name = f"{original.name} copy" if original.name else None
    return _remake(maker, specs, fgraph, name, profile).create(containers)


def _checked_swap(original: Function, swap: dict[Any, Any]) -> dict[int, SharedVariable]:
    """Positions of the inputs to replace, and the new shared variables."""
    specs = original.maker.inputs
    positions = {spec.variable: k for k, spec in enumerate(specs) if spec.shared}
    checked: dict[int, SharedVariable] = {}
    for old, new in swap.items():
        if old not in positions:
            raise ValueError(f"SharedVariable: {old} is not used by the function, it can't be swapped")
        if not isinstance(new, SharedVariable):
            raise TypeError(f"{old} can only be swapped with a shared variable, not with {new!r}")
        if new.type != old.type:
            raise TypeError(f"{old} of type {old.type} can't be swapped with {new} of type {new.type}")
        if new in positions and new not in swap:
            raise ValueError(f"SharedVariable: {new} is used by the function already")
        checked[positions[old]] = new
    return checked


def _copy_spec(spec: In) -> In:
    twin = spec.__class__.__new__(spec.__class__)
    twin.__dict__.update(spec.__dict__)
    return twin


def _copy_container(container: Container, copy_value: Any) -> Container:
    return Container(
        container.type,
        [copy_value(container.storage[0])],
        readonly=container.readonly,
        strict=container.strict,
        allow_downcast=container.allow_downcast,
        name=container.name,
    )


def _remake(
    maker: FunctionMaker, specs: list[In], fgraph: FunctionGraph, name: str | None, profile: Any
) -> FunctionMaker:
    outs = [
        SymbolicOutput(v, borrow=out.borrow) for v, out in zip(fgraph.outputs, maker.outputs, strict=False)
    ]
    return type(maker)(
        specs,
        outs[0] if maker.unpack_single else (None if maker.return_none else outs),
        mode=maker.mode,
        accept_inplace=True,
        function_builder=maker.function_builder,
        profile=profile,
        on_unused_input="ignore",
        fgraph=fgraph,
        output_keys=maker.output_keys,
        name=name,
    )


# ---- pickles and deep copies ----


def _state_of(function: Function) -> dict[str, Any]:
    """All a function is made of, without what belongs to this process."""
    maker = function.maker
    specs = []
    for spec, variable, container in zip(
        maker.inputs, maker.fgraph.inputs, function.input_storage, strict=True
    ):
        own = dict(spec.__dict__)
        own["update"] = spec.update is not None
        if not spec.shared and (not isinstance(spec.variable, Variable) or spec.variable.owner is not None):
            own["variable"] = variable  # an intermediate expression: its own graph is not needed
        if not spec.shared:
            own["value"] = None
        specs.append((type(spec), own, spec.value is not None, None if spec.shared else container))
    mode = next((key for key, mode in predefined_modes.items() if mode is maker.mode), maker.mode)
    return {
        "maker": type(maker),
        "builder": maker.function_builder,
        "fgraph": maker.fgraph,
        "inputs": specs,
        "borrow": [out.borrow for out in maker.outputs],
        "unpack_single": maker.unpack_single,
        "return_none": maker.return_none,
        "output_keys": maker.output_keys,
        "mode": mode,
        "name": function.name,
        "profile": maker.profile is not None,
        "trust_input": function.trust_input,
    }


def restore_function(state: dict[str, Any]) -> Function:
    """The function that `_state_of` describes."""
    fgraph = state["fgraph"]
    specs: list[In] = []
    containers: list[Container | None] = []
    updates = iter(fgraph.outputs[len(state["borrow"]) :])
    for cls, own, has_value, container in state["inputs"]:
        spec = cls.__new__(cls)
        spec.__dict__.update(own)
        spec.update = next(updates) if own["update"] else None
        if not spec.shared and has_value:
            spec.value = container
        specs.append(spec)
        containers.append(container)
    outs = [SymbolicOutput(v, borrow=b) for v, b in zip(fgraph.outputs, state["borrow"], strict=False)]
    maker = state["maker"](
        specs,
        outs[0] if state["unpack_single"] else (None if state["return_none"] else outs),
        mode=state["mode"],
        accept_inplace=True,
        function_builder=state["builder"],
        profile=state["profile"] or None,
        on_unused_input="ignore",
        fgraph=fgraph,
        output_keys=state["output_keys"],
        name=state["name"],
    )
    function: Function = maker.create(containers)
    function.trust_input = state["trust_input"]
    return function


def reduce_function(function: Function) -> Any:
    """``__reduce_ex__`` of functions."""
    return restore_function, (_state_of(function),)


def deepcopy_function(function: Function, memo: dict[int, Any]) -> Function:
    """``__deepcopy__`` of functions."""
    state = _state_of(function)
    shared_whole = ("maker", "builder", "mode")
    copied = {
        key: value if key in shared_whole else copy.deepcopy(value, memo) for key, value in state.items()
    }
    made = restore_function(copied)
    memo[id(function)] = made
    return made
