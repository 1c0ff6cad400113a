"""What the stubs say of names whose own signature says too little.

`tools.stub_check` looks, while tests run, whether it is true.
"""

from __future__ import annotations

__all__ = [
    "ADDED", "ARGUMENTS", "BASES", "CLASSES", "OPS", "PARAMETERS", "RESULTS", "TYPES", "WHOLE", "WITHOUT_KEYWORDS",
]  # fmt: skip

_METHOD = "theano.tensor.variable._tensor_py_operators"
_SEVERAL = (
    f"{prefix}{shape}"
    for prefix in ("", *"bwilfdcz")
    for shape in ("scalars", "vectors", "matrices", "rows", "cols", *(f"tensor{n}s" for n in range(3, 8)))
)
# Functions whose result is a sparse matrix, whatever they are given. (That of others, such as `add`, may be dense.)
_SPARSE = """
as_sparse_variable constant matrix bsr_matrix csc_matrix csr_matrix cast clean col_scale row_scale hstack vstack
sp_ones_like sp_zeros_like structured_add structured_exp structured_log structured_maximum structured_minimum
structured_pow structured_sigmoid arcsin arcsinh arctan arctanh ceil conj deg2rad expm1 floor log1p rad2deg rint sgn sin
sinh sqr sqrt tan tanh trunc
"""
_SPARSE_METHOD = "theano.sparse.variable._sparse_py_operators"
# Classes that signatures name, and where they are.
CLASSES = {
    "Apply": "theano.graph.nodes",
    "Constant": "theano.graph.nodes",
    "Explanation": "theano.show.explanation.explain",
    "FromFunctionOp": "theano.compile.ops",
    "Function": "theano.compile.executable",
    "Mode": "theano.compile.mode",
    "OrderedUpdates": "theano.compile.shared_variables.updates",
    "SharedVariable": "theano.compile.shared_variables.variables",
    "SparseVariable": "theano.sparse.variable",
    "TensorConstant": "theano.tensor.variable",
    "TensorSharedVariable": "theano.compile.shared_variables.tensors",
    "TensorType": "theano.tensor.type",
    "TensorVariable": "theano.tensor.variable",
    "Variable": "theano.graph.nodes",
}
# Types that have names in stubs alone, and where.
TYPES = dict.fromkeys(("AxesLike", "DtypeLike", "ShapeLike", "TensorLike"), "theano.tensor.variable")
# Types of parameters whose own annotation says nothing: of functions and methods of tensors by their names, of others
# with the function's.
ARGUMENTS = {
    "axis": "AxesLike",
    "dtype": "DtypeLike",
    "newshape": "ShapeLike",
    "shape": "ShapeLike",
    "theano.function.mode": "str | Mode | None",
    "theano.tensor.concatenate.tensor_list": "Sequence[Any]",
}
# Functions that refuse what they don't know, and know some more words of old programs.
WITHOUT_KEYWORDS = {"theano.tensor.nnet.conv2d"}
# What functions and methods return, where they don't return a tensor variable.
RESULTS: dict[str, str] = {
    f"{_METHOD}.__divmod__": "tuple[TensorVariable, TensorVariable]",
    f"{_METHOD}.__rdivmod__": "tuple[TensorVariable, TensorVariable]",
    "theano.base.flags.TheanoConfigParser.change_flags": "_Flags",
    "theano.base.flags.change_flags.__enter__": "change_flags",
    "theano.map": "tuple[Any, OrderedUpdates]",
    "theano.random.shared_streams.RandomStreams.__getitem__": "Any",
    "theano.random.shared_streams.RandomStreams.updates": "list[tuple[Any, Any]]",
    f"{_METHOD}.__iter__": "Iterator[TensorVariable]",
    f"{_METHOD}.nonzero": "Any",
    "theano.base.progress.compiling": "_ty.ContextManager[None]",
    "theano.base.progress.steps": "TensorVariable",
    "theano.tensor.nonzero": "Any",
    "theano.tensor.max_and_argmax": "tuple[TensorVariable, TensorVariable]",
    "theano.tensor.unravel_index": "Any",
    "theano.tensor.topk_and_argtopk": "list[TensorVariable]",
    "theano.tensor.linalg.nlinalg.slogdet": "list[TensorVariable]",
    "theano.tensor.linalg.nlinalg.eigh": "list[TensorVariable]",
    "theano.tensor.linalg.nlinalg.eig": "list[TensorVariable]",
    "theano.tensor.linalg.nlinalg.qr": "Any",
    "theano.tensor.linalg.nlinalg.svd": "Any",
    "theano.tensor.elemwise.elemwise": "Any",
    "theano.tensor.elemwise.broadcast_static": "Any",
    "theano.tensor.signal.pool.out_length": "Any",
    **{
        f"theano.tensor.nnet.convolution.functions.get_conv_{name}_1axis": "Any"
        for name in ("gradinputs_shape", "gradweights_shape", "shape")
    },
    "theano.legacy.nnet.conv.get_conv_shape_1axis": "Any",
    "theano.random.philox.sample_size": "Any",
    **{f"theano.tensor.{name}": "list[TensorVariable]" for name in _SEVERAL},
    **{f"theano.sparse.{name}": "SparseVariable" for name in _SPARSE.split()},
    **{f"theano.sparse.{name}": "TensorVariable" for name in "csm_data csm_indices csm_indptr csm_shape".split()},
    **{f"{_SPARSE_METHOD}.{name}": "SparseVariable" for name in "T astype real transpose zeros_like".split()},
    **{f"{_SPARSE_METHOD}.{name}": "SparseVariable" for name in ("__neg__", "__truediv__")},
    **{f"{_SPARSE_METHOD}.{name}": "TensorVariable" for name in "data indices indptr shape size toarray".split()},
}
_WRT = "consider_constant: Any = None, disconnected_inputs: str = 'raise'"
_GRAD = (
    f"{_WRT}, add_names: bool = True, known_grads: Any = None, return_disconnected: str = 'zero', "
    "null_gradients: str = 'raise'"
)
_SHARED = "name: str | None = None, strict: bool = False, allow_downcast: bool | None = None, **kwargs: Any"
_OF_SCAN = (
    "non_sequences: Any = None, n_steps: Any = None, truncate_gradient: int = -1, go_backwards: bool = False, "
    "mode: Any = None, name: str | None = None, profile: Any = False, allow_gc: bool | None = None, "
    "strict: bool = False"
)
_BACKWARDS = "go_backwards: bool = False, "
# Ops of one result.
OPS = {
    *(f"theano.tensor.{name}" for name in ("alloc", "join_", "shape", "specify_shape", "advanced_subtensor1")),
    *(f"theano.tensor.{name}" for name in ("advanced_inc_subtensor1", "advanced_set_subtensor1")),
    *(f"theano.tensor.linalg.nlinalg.{name}" for name in ("det", "extract_diag", "matrix_inverse", "pinv")),
    *(f"theano.tensor.linalg.slinalg.{name}" for name in ("cholesky", "expm", "solve", "solve_lower_triangular")),
    *(f"theano.tensor.linalg.slinalg.{name}" for name in ("solve_upper_triangular", "solve_symmetric")),
    *(f"theano.tensor.nnet.{name}" for name in ("logsoftmax_op", "softmax_op", "softmax_with_bias")),
    *(f"theano.tensor.nnet.{name}" for name in ("crossentropy_categorical_1hot",)),
}
_ANY = "(self, *args: Any, **kwargs: Any) -> Any:"
# Signatures; several are overloads.
PARAMETERS: dict[str, tuple[str, ...]] = {
    f"{_METHOD}.__getitem__": ("(self, key: Any) -> TensorVariable:",),
    "theano.tensor.stack": (
        "(tensors: Sequence[Any], axis: int = 0) -> TensorVariable:",
        "(*tensors: TensorLike, axis: int = 0) -> TensorVariable:",
    ),
    # Users' operations name the arguments as they like, take as many as they have, and annotate them as they know them.
    **{f"theano.graph.op.PureOp.{name}": (_ANY,) for name in (
        "L_op", "R_op", "connection_pattern", "do_constant_folding", "grad", "infer_shape", "perform", "prepare_node",
    )},
    "theano.graph.op.PureOp.make_node": ("(self, *args: Any, **kwargs: Any) -> Apply:",),
    "theano.scalar.user.ScalarOp.impl": (_ANY,),
    "theano.scalar.user.ScalarOp.output_types": (_ANY,),
    "theano.shared": (
        f"(value: complex | np.ndarray | np.generic | list[Any], {_SHARED}) -> TensorSharedVariable:",
        f"(value: Any, {_SHARED}) -> Any:",
    ),
    # One initial value is of one output; else the step decides whether there are several.
    "theano.scan": (
        f"(fn: Callable[..., Any], sequences: Any = None, *, outputs_info: TensorVariable, {_OF_SCAN}, "
        "return_list: _ty.Literal[False] = False) -> tuple[TensorVariable, OrderedUpdates]:",
        f"(fn: Callable[..., Any], sequences: Any = None, outputs_info: Any = None, {_OF_SCAN}, "
        "return_list: bool = False) -> tuple[Any, OrderedUpdates]:",
    ),
    **{
        f"theano.{name}": tuple(
            f"(fn: Callable[..., Any], sequences: Any, outputs_info: {info}, non_sequences: Any = None, "
            f"{more}mode: Any = None, name: str | None = None) -> tuple[{result}, OrderedUpdates]:"
            for info, result in (("TensorVariable", "TensorVariable"), ("Any", "Any"))
        )
        for name, more in (("reduce", _BACKWARDS), ("foldl", ""), ("foldr", ""))
    },
    "theano.base.flags.change_flags.__call__": ("(self, function: _F) -> _F:",),
    "theano.grad": (
        f"(cost: Any, wrt: list[Any], {_GRAD}) -> list[TensorVariable]:",
        f"(cost: Any, wrt: tuple[Any, ...], {_GRAD}) -> tuple[TensorVariable, ...]:",
        f"(cost: Any, wrt: Sequence[Any], {_GRAD}) -> Any:",
        f"(cost: Any, wrt: Any, {_GRAD}) -> TensorVariable:",
    ),
    **{
        f"theano.tensor.{name}": (
            f"({cost}: Any, wrt: list[Any], {_WRT}) -> list[TensorVariable]:",
            f"({cost}: Any, wrt: tuple[Any, ...], {_WRT}) -> tuple[TensorVariable, ...]:",
            f"({cost}: Any, wrt: Sequence[Any], {_WRT}) -> Any:",
            f"({cost}: Any, wrt: Any, {_WRT}) -> TensorVariable:",
        )
        for name, cost in (("jacobian", "expression"), ("hessian", "cost"))
    },
}
# Bases of classes: constants and shared variables are tensor variables to a checker, as whoever writes
# `def f(x: TensorVariable)` means them.
BASES = {
    "theano.tensor.variable.TensorConstant": "TensorVariable, Constant",
    "theano.compile.shared_variables.tensors.TensorSharedVariable": "TensorVariable, SharedVariable",
    "theano.compile.shared_variables.tensors.ScalarSharedVariable": "TensorVariable, SharedVariable",
}
# Members besides those that a class has of its own.
ADDED = {
    _METHOD: (
        "def eval(self, inputs_to_values: Mapping[Any, Any] | None = None) -> Any: ...",
        # Samples have these. A class of samples would forbid `noise = streams.normal((3,)); noise = 2 * noise`.
        "rng: SharedVariable",
        "rstate: SharedVariable",
        "update: tuple[SharedVariable, TensorVariable]",
    ),
    "theano.tensor.type.TensorType": ("def __call__(self, name: str | None = None) -> TensorVariable: ...",),
}
# A call of an op of so many arguments: the class that all ops have takes any.
_RESULT = "-> TensorVariable: ...  # type: ignore[override]"
# What stands at the end of a stub.
WHOLE: dict[str, str] = {
    "theano.base.flags": """
_F = _ty.TypeVar("_F", bound=Callable[..., Any])
_Flags = change_flags
""",
    "theano.tensor.variable": f"""
TensorLike: _ty.TypeAlias = Variable | _np.ndarray | _np.generic | complex | list[Any] | tuple[Any, ...]
AxesLike: _ty.TypeAlias = int | _np.integer[Any] | _np.ndarray | Sequence[int | _np.integer[Any]] | Variable | None
DtypeLike: _ty.TypeAlias = str | type[Any] | _np.dtype[Any] | None
ShapeLike: _ty.TypeAlias = (
    int | _np.integer[Any] | _np.ndarray | Variable | Sequence[int | _np.integer[Any] | _np.ndarray | Variable] | None
)

from theano.tensor.elemwise import Elemwise
class Unary(Elemwise):
    def __call__(self, x: TensorLike, *, name: str | None = None, dtype: Any = None) {_RESULT}
class Binary(Elemwise):
    def __call__(self, x: TensorLike, y: TensorLike, *, name: str | None = None) {_RESULT}
class Ternary(Elemwise):
    def __call__(self, x: TensorLike, y: TensorLike, z: TensorLike, *, name: str | None = None) {_RESULT}
class Nary(Elemwise):
    def __call__(self, *xs: TensorLike, name: str | None = None) {_RESULT}
""",
}
