"""What Theano has and this package has not, yet: ONE table of names whose import works and whose use raises.

Programs import more than they use: one that chooses between a convolution and a product at run time imports both.
So each name of the table can be imported. It is a class that nothing is an instance of, as ``isinstance(op, ConvOp)``
asks; classes of users may derive from it. Calling it, or asking for an attribute, is a `NotImplementedError` that says
what is missing. The modules of the table come into being when they are first imported.

What asks whether a GPU is there gets the answer of a machine without one (`ANSWERS`). What computes on one, and is
called by programs as a function, computes on the CPU (`COMPUTED`).
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from theano.base.other_words import no_attribute
from theano.base.user_warnings import warn_user

ANY = "*"

_GPUS = "GPUs"
_GPU_PACKAGES = ("theano.gpuarray", "theano.sandbox.cuda", "theano.sandbox.gpuarray")
_GPU_MODULES = (
    "basic_ops blas blocksparse comp ctc cudnn_defs cula dnn dnn_opt elemwise extra_ops fft fftconv fftlib "
    "kernel_codegen linalg multinomial neighbours nerv nnet nvcc_compiler opt opt_util optdb pool reduction "
    "rng_curand rng_mrg sort subtensor tests type var"
)

# module -> (what is missing, names). A module that is not there at all comes with its names; `ANY` stands for every
# name and every module inside.
ABSENT: dict[str, tuple[str, str]] = {
    **dict.fromkeys(_GPU_PACKAGES, (_GPUS, ANY)),
    **{f"{package}.{module}": (_GPUS, ANY) for package in _GPU_PACKAGES for module in _GPU_MODULES.split()},
    # What the original puts in place of operations so that it has C code: here they stay what they are.
    "theano.sparse.opt": (
        "operations that stand for others of sparse matrices in C code",
        "AddSD_ccode MulSDCSC MulSDCSR MulSVCSR SamplingDotCSR StructuredAddSVCSR StructuredDotCSC StructuredDotCSR "
        "UsmmCscDense mul_s_d_csc mul_s_d_csr mul_s_v_csr sampling_dot_csr sd_csc sd_csr structured_add_s_v_csr "
        "usmm_csc_dense",
    ),
}


def use(device: str, force: bool = False, *args: Any, **kwargs: Any) -> None:
    """Run functions on a GPU: there is none, so a warning, or RuntimeError where it must be."""
    if force:
        raise RuntimeError(f"{device} can't be used: this package has no GPUs yet, functions run on the CPU")
    if device != "cpu":
        warn_user(f"device={device} is not supported: functions run on the CPU")


def not_available(*args: Any, **kwargs: Any) -> bool:
    """Whether cuDNN can be used: no."""
    return False


not_available.msg = "this package has no GPUs yet"  # type: ignore[attr-defined]

# What can be known without the thing.
ANSWERS: dict[str, Any] = {
    **{
        f"{package}.{name}": answer
        for package in _GPU_PACKAGES
        for name, answer in {
            "cuda_available": False,
            "cuda_enabled": False,
            "cuda_initialization_error_message": "this package has no GPUs yet",
            "pygpu_activated": False,
            "pygpu": None,
            "use": use,
            "dnn.dnn_available": not_available,
            "dnn.dnn_present": not_available,
        }.items()
    },
}

_CPU = "theano.legacy.compat.gpu_names"
_SAME_TENSOR = "as_cuda_ndarray_variable as_gpuarray_variable gpu_contiguous gpu_from_host host_from_gpu"

# What computes on the CPU: name -> "module:name".
COMPUTED: dict[str, str] = {
    **{
        f"{package}.{module}{name}": f"{_CPU}:same_tensor"
        for package in _GPU_PACKAGES
        for module in ("", "basic_ops.")
        for name in _SAME_TENSOR.split()
    },
    **{
        f"{package}.{name}": place
        for package in _GPU_PACKAGES
        for name, place in {
            "dnn.GpuDnnConv": f"{_CPU}:GpuDnnConv",
            "dnn.GpuDnnConvDesc": f"{_CPU}:GpuDnnConvDesc",
            "dnn.GpuDnnConvGradI": f"{_CPU}:GpuDnnConvGradI",
            "dnn.GpuDnnConvGradW": f"{_CPU}:GpuDnnConvGradW",
            "dnn.dnn_batch_normalization_test": "theano.tensor.nnet.bn:batch_normalization_test",
            "dnn.dnn_batch_normalization_train": "theano.tensor.nnet.bn:batch_normalization_train",
            "dnn.dnn_conv": f"{_CPU}:dnn_conv",
            "dnn.dnn_conv3d": f"{_CPU}:dnn_conv",
            "dnn.dnn_gradinput": f"{_CPU}:dnn_gradinput",
            "dnn.dnn_gradweight": f"{_CPU}:dnn_gradweight",
            "dnn.dnn_pool": f"{_CPU}:dnn_pool",
            "basic_ops.GpuAllocEmpty": f"{_CPU}:alloc_empty_of",
            "basic_ops.gpu_alloc_empty": f"{_CPU}:alloc_empty_of",
            "basic_ops.infer_context_name": f"{_CPU}:infer_context_name",
            "rng_curand.CURAND_RandomStreams": "theano.random.mrg:MRG_RandomStreams",
            "shared_constructor": f"{_CPU}:float32_shared",
            "float32_shared_constructor": f"{_CPU}:float32_shared",
            "var.float32_shared_constructor": f"{_CPU}:float32_shared",
        }.items()
    },
    "theano.sandbox.cuda.basic_ops.gpu_alloc_empty": f"{_CPU}:alloc_empty",
}


def _what(module: str) -> tuple[str, str] | None:
    """The row of the table that tells of a module."""
    if module in ABSENT:
        return ABSENT[module]
    parent = module
    while "." in parent:
        parent = parent.rpartition(".")[0]
        if ABSENT.get(parent, ("", ""))[1] == ANY:
            return ABSENT[parent]
    return None


def _absence(module: str, name: str) -> str:
    """Why there is no such name in a module: the text of an error."""
    what = (_what(f"{module}.{name}") or _what(module) or ("",))[0]
    return f"{module}.{name} is not there yet: this package has no {what} (see docs/deviations.md)"


def _is_absent(module: str, name: str) -> bool:
    """Whether a name belongs to what is not there yet."""
    row = _what(module)
    if name.startswith("_"):
        return False
    return _what(f"{module}.{name}") is not None or (row is not None and (row[1] == ANY or name in row[1].split()))


class NotThereYet(NotImplementedError, AttributeError):
    """Raised when something is used that Theano has and this package has not, yet."""


class _Absent(type):
    """The class of the names of the table: of classes that have no instances."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        raise NotThereYet(cls._message)

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"type object {cls.__name__!r} has no attribute {name!r}")
        raise NotThereYet(cls._message)

    _message: str


_made: dict[str, Any] = {}


def stand_in(module: str, name: str) -> Any:
    """What ``module.name`` of the table is: a value of `ANSWERS`, what `COMPUTED` names, a module, or a class that
    can't be used.

    AttributeError for other names: this is the end of a module's ``__getattr__``.
    """
    full = f"{module}.{name}"
    if full in ANSWERS:
        return ANSWERS[full]
    if full in COMPUTED:
        place, _, attribute = COMPUTED[full].partition(":")
        return getattr(importlib.import_module(place), attribute)
    if full in ABSENT and name not in ABSENT.get(module, ("", ""))[1].split():
        return importlib.import_module(full)
    if not _is_absent(module, name):
        raise no_attribute(module, name)
    if full not in _made:
        namespace = {"__module__": module, "__doc__": _absence(module, name), "_message": _absence(module, name)}
        _made[full] = _Absent(name, (), namespace)
    return _made[full]


class NamedModule(ModuleType):
    """A module that is pickled as its name, for functions that are sent to other processes with what they mention.

    cloudpickle does so with modules, but not with those of a class of their own.

    Examples
    --------
    >>> import pickle, theano.gof
    >>> pickle.loads(pickle.dumps(theano.gof)) is theano.gof
    True
    """

    def __reduce__(self) -> tuple[Any, ...]:
        return importlib.import_module, (self.__name__,)


class AbsentModule(NamedModule):
    """A module of the table."""

    def __getattr__(self, name: str) -> Any:
        return self._names() if name == "__all__" else stand_in(self.__name__, name)

    def __dir__(self) -> list[str]:
        return sorted([*super().__dir__(), *self._names()])

    def _names(self) -> list[str]:
        row = _what(self.__name__)
        return [] if row is None else row[1].replace(ANY, "").split()


class Finder:
    """Finds the modules of the table; the last in ``sys.meta_path``, so that modules that are there come first."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if not name.startswith("theano.") or _what(name) is None:
            return None
        return ModuleSpec(name, Finder(), is_package=True)  # type: ignore[arg-type]

    @staticmethod
    def create_module(spec: ModuleSpec) -> ModuleType:
        row = _what(spec.name)
        return AbsentModule(spec.name, None if row is None else f"Not there yet: this package has no {row[0]}.")

    @staticmethod
    def exec_module(module: ModuleType) -> None:
        """Nothing to run."""


def install() -> None:
    """Let the modules of the table be found."""
    sys.meta_path.append(Finder)
