"""Copies of functions: `f.copy`, `copy.deepcopy` and pickles.

All three start from the rewritten graph, so nothing is rewritten twice. A pickle or a deep copy holds the
values of the shared variables; a plain copy goes on using the same ones.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

from theano.compile.io import In, Outputs, SymbolicOutput, copy_input
from theano.compile.mode import predefined_modes
from theano.compile.plan import Maker
from theano.compile.shared_variables.variables import Container, SharedVariable, detached_copy
from theano.compile.times.profiling import ProfileStats
from theano.graph import FunctionGraph, Variable


def copy_function(
    maker: Maker, storage: Sequence[Container], swap: dict[Any, Any], delete_updates: bool, name: str | None,
    profile: Any,
) -> Any:  # fmt: skip
    """A function like that of `maker` which has its values in `storage`, see `Function.copy`."""
    replaced = _checked_swap(maker, swap)
    fgraph = maker.fgraph.clone(check_integrity=False)
    inputs = list(fgraph.inputs)
    specs = [copy_input(spec) for spec in maker.inputs]
    for k, new in replaced.items():
        inputs[k] = new.clone()
        for client, i in fgraph.clients(fgraph.inputs[k]):
            if client != "output":
                client.inputs[i] = inputs[k]
        specs[k].variable, specs[k].value = new, new.container
    swapped = {fgraph.inputs[k]: inputs[k] for k in replaced}
    outputs = [swapped.get(v, v) for v in fgraph.outputs]
    if delete_updates:
        outputs = outputs[: len(maker.returned.outs)]
        for spec in specs:
            spec.update = None
    fgraph = FunctionGraph(inputs, outputs, clone=False)
    containers: list[Any] = []
    for k, (spec, container) in enumerate(zip(specs, storage, strict=True)):
        is_own = not spec.shared and not isinstance(maker.inputs[k].value, Container)
        containers.append(_copy_container(container) if is_own else None)
    returned = maker.returned.of(fgraph.outputs)
    return _made_again(
        type(maker), specs, returned, fgraph, containers,
        mode=maker.mode, function_builder=maker.function_builder, profile=profile, name=name,
    )  # fmt: skip


def _checked_swap(maker: Maker, swap: dict[Any, Any]) -> dict[int, SharedVariable]:
    """Positions of the inputs to replace, and the new shared variables."""
    positions = {spec.variable: k for k, spec in enumerate(maker.inputs) if spec.shared}
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


def _copy_container(container: Container) -> Container:
    return Container(
        container.type,
        [detached_copy(container.storage[0])],
        readonly=container.readonly,
        strict=container.strict,
        allow_downcast=container.allow_downcast,
        name=container.name,
    )


def _made_again(
    make: Callable[..., Maker], specs: list[In], returned: Outputs, fgraph: FunctionGraph,
    containers: Sequence[Container | None], **options: Any,
) -> Any:  # fmt: skip
    """A function of a graph that is rewritten already."""
    maker = make(specs, returned, fgraph=fgraph, accept_inplace=True, on_unused_input="ignore", **options)
    return maker.create(containers)


# ---- pickles and deep copies ----


def state_of(maker: Maker, storage: Sequence[Container], name: str | None, trust_input: bool) -> dict[str, Any]:
    """All a function is made of, without what belongs to this process."""
    specs = []
    for spec, variable, container in zip(maker.inputs, maker.fgraph.inputs, storage, strict=True):
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
        "borrow": [out.borrow for out in maker.returned.outs],
        "unpack_single": maker.returned.single,
        "return_none": maker.returned.absent,
        "output_keys": maker.returned.keys,
        "mode": mode,
        "name": name,
        "profile": maker.profile is not None,
        "profile_prints": getattr(maker.profile, "atexit_print", True),
        "trust_input": trust_input,
    }


def restore_function(state: dict[str, Any]) -> Any:
    """The function that `state_of` describes; pickles call it by this name."""
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
    outs = [SymbolicOutput(v, borrow) for v, borrow in zip(fgraph.outputs, state["borrow"], strict=False)]
    returned = Outputs(outs, state["unpack_single"], state["return_none"], state["output_keys"])
    profile: Any = state["profile"] or None
    if profile and not state.get("profile_prints", True):
        profile = ProfileStats(atexit_print=False, message=state["name"])
    function = _made_again(
        state["maker"], specs, returned, fgraph, containers,
        mode=state["mode"], function_builder=state["builder"], profile=profile, name=state["name"],
    )  # fmt: skip
    function.trust_input = state["trust_input"]
    return function


def copy_state(state: dict[str, Any], memo: dict[int, Any]) -> dict[str, Any]:
    """A deep copy of what `state_of` gives."""
    shared_whole = ("maker", "builder", "mode")
    return {key: value if key in shared_whole else copy.deepcopy(value, memo) for key, value in state.items()}
