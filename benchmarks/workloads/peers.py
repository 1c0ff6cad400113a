"""JAX and torch, configured: the one place that imports them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.workload import Case, Setup


def load_jax() -> Any:
    """JAX on the CPU, with 64-bit types."""
    import jax

    jax.config.update("jax_enable_x64", True)
    return jax


def load_torch() -> Any:
    """torch; it takes its number of threads from the environment, and this makes sure."""
    import os

    import torch

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    return torch


def flat(result: Any) -> list[Any]:
    """Results of JAX or torch, one or several, as arrays."""
    many = result if isinstance(result, list | tuple) else [result]
    return [x.detach().numpy() if hasattr(x, "detach") else np.asarray(x) for x in many]


def jax_case(make: Callable[..., Callable[..., Any]], *arrays: Any) -> Case:
    """`make(jax)` gives a function of arrays, which is jitted and called with arrays of JAX."""
    jax = load_jax()
    args = tuple(jax.device_put(a) for a in arrays)
    return Case(jax.jit(make(jax)), args, flat, jax.block_until_ready)


def torch_case(make: Callable[..., Callable[..., Any]], *arrays: Any, compiled: bool = False) -> Case:
    """`make(torch)` gives a function of tensors."""
    torch = load_torch()
    args = tuple(torch.from_numpy(np.asarray(a)) for a in arrays)
    fn = make(torch)
    return Case(torch.compile(fn) if compiled else fn, args, flat)


def both(jax_make: Callable[..., Any] | None, torch_make: Callable[..., Any]) -> dict[str, Setup]:
    """The three contenders for functions of arrays."""
    setups: dict[str, Setup] = {
        "torch": lambda *arrays: torch_case(torch_make, *arrays),
        "torch_compile": lambda *arrays: torch_case(torch_make, *arrays, compiled=True),
    }
    if jax_make is not None:
        setups["jax"] = lambda *arrays: jax_case(jax_make, *arrays)
    return setups
