"""All rows, in the order of the table; one module for each family."""

from __future__ import annotations

from benchmarks.workload import Workload
from benchmarks.workloads import (
    adam,
    attention,
    compiling,
    convolutions,
    depthwise,
    elementwise,
    growing,
    hessian,
    indexing,
    linalg,
    mlp,
    networks,
    neurons,
    normalisation,
    pooling,
    process,
    products,
    profiled,
    recurrent,
    reductions,
    scalar,
    scans,
    sequences,
    softmax,
    sorting,
    sparse,
    transformer,
    vmath,
)

_FAMILIES = (
    scalar, neurons, mlp, attention, transformer, adam, elementwise, vmath, softmax, reductions, normalisation, pooling,
    scans, indexing, sorting, hessian, products, convolutions, depthwise, networks, linalg, sparse, sequences,
    recurrent, compiling, growing, process, profiled,
)  # fmt: skip

WORKLOADS: dict[str, Workload] = {row.name: row for family in _FAMILIES for row in family.ROWS}
