"""What a fresh interpreter pays: time of the import, and memory."""

from __future__ import annotations

from benchmarks.workload import Target, Workload

_IMPORTS = {
    "theano": "import theano",
    "numpy": "import numpy",
    "numexpr": "import numexpr",
    "jax": "import jax",
    "torch": "import torch",
    "pytensor_c": "import pytensor, pytensor.tensor",
}
_TIMED = "import time; start = time.perf_counter(); {}; print(time.perf_counter() - start)"

_PRODUCTS = {
    "theano": """
import theano, theano.tensor as T
a, b = T.dscalar('a'), T.dscalar('b')
f = theano.function([a, b], a * b)
""",
    "numpy": "import numpy\nf = numpy.multiply\n",
    "jax": "import jax\nf = jax.jit(lambda a, b: a * b)\n",
    "torch": "import torch\nf = lambda a, b: torch.tensor(a) * torch.tensor(b)\n",
    "torch_compile": """
import torch
g = torch.compile(lambda a, b: a * b)
f = lambda a, b: g(torch.tensor(a), torch.tensor(b))
""",
    "pytensor_c": """
import pytensor, pytensor.tensor as T
a, b = T.dscalar('a'), T.dscalar('b')
f = pytensor.function([a, b], a * b, mode='CVM')
""",
    "pytensor_numba": """
import pytensor, pytensor.tensor as T
a, b = T.dscalar('a'), T.dscalar('b')
f = pytensor.function([a, b], a * b, mode='NUMBA')
""",
}
_CALLED = """
from benchmarks.timing import peak_memory
assert float(f(1.5, 3.0)) == 4.5
print(peak_memory())
"""

ROWS = [
    Workload(
        "import",
        "import",
        Target(0.25, of=None),
        scripts={name: _TIMED.format(text) for name, text in _IMPORTS.items()},
        group="compile",
    ),
    Workload(
        "memory",
        "peak memory of `f(a, b) = a*b`",
        Target(110e6, of=None),
        scripts={name: text + _CALLED for name, text in _PRODUCTS.items()},
        clock="memory",
        group="compile",
    ),
]
