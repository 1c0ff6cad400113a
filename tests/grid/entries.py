"""What the grid is made of: an expression for every operation that is declared.

The examples of gradients serve here, too. An operation whose gradient is nothing to test has its entry here.
"""

from __future__ import annotations

import numpy as np

import theano.tensor as T
from tests.gradient_examples import EXAMPLES, WHOLE_NUMBERS, Example, H, M, S, V, W, X
from tests.grid.user_ops import USER_ENTRIES
from tests.tensor.test_composed_ops import CASES
from tests.test_gradient_ops import EXEMPT
from theano import gradient, scalar
from theano.legacy.tensor.composed_ops import DotModulo
from theano.rewrite.hints import Hint
from theano.tensor import nlinalg, slinalg
from theano.tensor.checks.raise_op import Raise
from theano.tensor.elemwise import elemwise
from theano.tensor.linalg import factors
from theano.tensor.linalg.lu import LUDet, LUFactor, LUSLogDet, LUSolve
from theano.tensor.linalg.schur import TriangularRoot, TriangularSylvester
from theano.tensor.sparse_rows import merged_rows, product_places

_BITS = [np.array([3, 5, 0, 250], "uint8"), np.array([1, 4, 7, 255], "uint8"), np.array([2, 2, 2, 2], "uint8")]


def _of_bits(name: str) -> Example:
    op = scalar.TABLE[name]
    return Example(lambda *x: elemwise(op)(*x), _BITS[: {-1: 3}.get(op.nin, op.nin)])


ENTRIES: dict[str, Example] = {
    **EXAMPLES,
    **{name: _of_bits(name) for name in sorted(WHOLE_NUMBERS)},
    **{f"to {d}": Example(lambda v, d=d: T.cast(v, d), [V]) for d in scalar.all_dtypes},
    "gradients that are asked for": Example(
        lambda m: [
            gradient.disconnected_grad(m), gradient.zero_grad(m), gradient.consider_constant(m),
            gradient.grad_clip(m, -0.5, 0.5), gradient.grad_scale(m, 3), gradient.UndefinedGrad()(m),
        ],
        [M],
    ),
    "gradients as operations": Example(
        lambda a, w, v: [
            slinalg.EigvalshGrad()(a, w), slinalg.ExpmGrad()(a, a), factors.EighGrad()(a, w, v, w, v),
        ],
        [H, np.linalg.eigvalsh(H), np.linalg.eigh(H)[1]],
    ),
    **{f"name of {name}": Example(op, values) for name, (op, values, *_) in CASES.items()},
    "tensorsolve": Example(lambda a, b: nlinalg.TensorSolve()(a, b), [S, V[:3]]),
    "eig": Example(lambda a: factors.Eig()(a)[0].sum(), [H]),
    "schur": Example(
        lambda a: [
            T.abs_(slinalg.schur(a)[0]), slinalg.schur(a, sort="lhp")[2], T.abs_(slinalg.schur(a, "complex")[0]),
        ],
        [H],
    ),
    "of triangles": Example(
        lambda a, b: [TriangularSylvester(True)(T.triu(a), T.triu(a), b), TriangularRoot()(T.triu(a))], [S, S]
    ),
    "shared factors": Example(
        lambda a, b: [
            LUSolve()(*(f := LUFactor()(a)), b), LUSolve(True)(*f, b[0]), LUDet()(*f), *LUSLogDet()(*f), f[0] + f[1],
        ],
        [S, S],
    ),
    "raise": Example(lambda m: Raise("always")(m) + 1, [M]),
    "dot modulo": Example(
        lambda m: DotModulo()(T.cast(m, "int64"), [1, 2, 3, 4], 7, T.cast(m, "int64"), [4, 3, 2, 1], 5), [3 * M]
    ),
    "numbers": Example(lambda x: [T.scalar_from_tensor(x), T.basic.tensor_from_scalar(x) + 1], [X]),
    "places of a product": Example(
        lambda v: [*product_places([0, 1, 1, 0], [0, 2, 4], [2, 0, 0, 1], [0, 1, 4], 3), v * 2], [V]
    ),
    "rows that are merged": Example(
        lambda v, w: merged_rows(v, [0, 1, 1, 2], [0, 2, 4], w, [0, 2, 0, 1], [0, 2, 4]), [V, W]
    ),
    "hint": Example(lambda m: Hint()(m) + 1, [M]),
    **USER_ENTRIES,
}

# Operations that are in no cell, and what tests them instead.
NOT_HERE = {
    "a base class": EXEMPT["a base class"] | EXEMPT["the base of what users define"],
    "draws: tests/random": EXEMPT["draws: no gradient, which says so"],
    "messages between processes: tests/tensor/test_messages.py": {
        "MPIRecv", "MPIRecvWait", "MPISend", "MPISendWait", "_Message",
    },
    "lists and slices: tests/typed_list": EXEMPT["lists and slices: no gradient"],
    "other names of convolutions: tests/tensor/test_conv.py": EXEMPT["other names of convolutions"],
    "names that make operations of another class": {"CumprodOp", "CumsumOp"},
    "a file: tests/tensor/test_io.py": {"LoadFromDisk"},
    "a transform along an axis: tests/tensor/test_old_functions.py": {"Fourier"},
    "tools of tests and documents: tests/misc": {"DoubleOp", "PdbBreakpoint"},
    "a check of lengths, which stands where none is: tests/scan": {"StepCount"},
    "of old pickles, and computes nothing: tests/compat/test_older_functions.py": {"Unread"},
    "a warning, which has no results: tests/native/test_eigenvalues.py": {"LostParts"},
}  # fmt: skip

# Outputs that hold anything: only their shapes are looked at.
ANYTHING = {"empty", "rows of a loop"}
# What these begin with: factors and solutions, which are far off where a matrix has no full rank.
FULL_RANK = (
    "matrix_inverse", "pinv", "det", "slogdet", "lstsq", "solve", "cholesky", "cho_solve", "gradient of cholesky",
    "eig", "qr", "svd", "singular values", "stacks of matrices", "product with an inverse", "matrix_power",
    "tensorsolve", "name of tensorinv", "gradients as operations", "expm", "sylvester", "sylvester, stacks", "lyapunov",
    "sqrtm", "schur", "of triangles", "shared factors",
)  # fmt: skip
# They always refuse.
NEVER = {"raise"}
