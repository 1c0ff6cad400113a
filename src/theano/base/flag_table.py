"""The flags of Theano 1.0 and our own, in two tables; ``theano.config`` is made here."""

from __future__ import annotations

import functools
import math
import os
import sys

from theano.base import flags
from theano.base.flags import (
    BoolParam,
    ConfigParam,
    EnumStr,
    FloatParam,
    IntParam,
    StrParam,
    TheanoConfigParser,
    flags_of_user,
    warn_user,
)

# What the user has set, as texts.
_GIVEN = flags_of_user()


def _cache_dir() -> str:
    """``theano-jit`` in the folder that the user names for compiled code, else where this platform keeps caches."""
    named = _GIVEN.get("compiledir") or _GIVEN.get("base_compiledir")
    if named:
        return os.path.join(os.path.expanduser(named), "theano-jit")
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA", "~/AppData/Local")
    elif sys.platform == "darwin":
        base = "~/Library/Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return os.path.join(os.path.expanduser(base), "theano-jit")


def _base_compiledir() -> str:
    return os.path.expanduser(_GIVEN.get("base_compiledir") or "~/.theano")


# More threads than that share no loop: each has a stack, and a loop has not so many parts.
MOST_THREADS = 256


def threads_wanted() -> int:
    """``OMP_NUM_THREADS`` if it is set to a number, else the cores that this process may use; not too many."""
    wanted = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    if wanted.isdecimal() and int(wanted):
        return min(int(wanted), MOST_THREADS)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, _quota(), MOST_THREADS)


@functools.cache
def _quota(root: str = "/") -> int:
    """How many processors' time the process and its cgroups get, rounded up, where Linux limits it."""
    least = MOST_THREADS
    for line in _read(root, "proc/self/cgroup").splitlines():
        number, controllers, path = [*line.split(":", 2), "", ""][:3]
        if number != "0" and "cpu" not in controllers.split(","):
            continue
        parts = [part for part in path.split("/") if part]
        for k in range(len(parts) + 1):  # the limits of all that it is in hold
            folder = "/".join(["sys/fs/cgroup", *([] if number == "0" else ["cpu"]), *parts[:k]])
            if number == "0":
                quota, period = [*_read(root, f"{folder}/cpu.max").split(), "", ""][:2]
            else:
                quota, period = (_read(root, f"{folder}/cpu.cfs_{name}_us").strip() for name in ("quota", "period"))
            if quota.isdecimal() and period.isdecimal() and int(period):
                least = min(least, max(-(-int(quota) // int(period)), 1))
    return least


def _read(root: str, path: str) -> str:
    try:
        with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _find_cxx() -> str:
    """Path of g++, or an empty text. (`shutil.which` would cost the import of `shutil`.)"""
    name = "g++.exe" if sys.platform == "win32" else "g++"
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        path = os.path.join(folder, name)
        if os.access(path, os.X_OK):
            return path
    return ""


# Flags with an effect.
FLAGS: dict[str, ConfigParam] = {
    "floatX": EnumStr("float64", "float32", "float16", doc="dtype of constructors without a dtype prefix"),
    "device": EnumStr("cpu", "opencl*", "cuda*", "gpu*", allow_override=False, doc="where functions run"),
    "cast_policy": EnumStr("custom", "numpy+floatX", doc="how Python numbers take their dtype"),
    "mode": StrParam(
        "Mode",
        choices=("DebugMode", "FAST_RUN", "NanGuardMode", "FAST_COMPILE", "DEBUG_MODE"),
        doc="mode of functions compiled without one",
    ),
    "linker": EnumStr(
        "cvm",
        "c|py",
        "py",
        "c",
        "c|py_nogc",
        "vm",
        "vm_nogc",
        "cvm_nogc",
        doc="kept for modes that name a linker",
    ),
    "optimizer": EnumStr(
        "o4",
        "o3",
        "o2",
        "o1",
        "unsafe",
        "fast_run",
        "fast_compile",
        "merge",
        "None",
        doc="how much a graph is rewritten",
    ),
    "optimizer_including": StrParam("", allow_override=False, doc="tags of rewrites to add, colon-separated"),
    "optimizer_excluding": StrParam("", allow_override=False, doc="tags of rewrites to leave out, colon-separated"),
    "optimizer_requiring": StrParam("", allow_override=False, doc="tags that rewrites must have, colon-separated"),
    "on_unused_input": EnumStr(
        "raise", "warn", "ignore", doc="what to do with an input that no output needs"
    ),
    "on_opt_error": EnumStr("warn", "raise", "pdb", "ignore", doc="what to do when a rewrite fails"),
    "allow_gc": BoolParam(True, doc="give workspace back after a call"),
    "profile": BoolParam(False, doc="collect times of functions"),
    "quick_start": BoolParam(
        True, doc="compile a new function quickly, and well once it has computed for some milliseconds"
    ),
    "openmp": BoolParam(lambda: threads_wanted() > 1, doc="let several threads share large loops"),
    "openmp_elemwise_minsize": IntParam(
        200000,
        doc="elements of a cheap loop from which on threads share it; proportionally fewer of an expensive one",
        least=0,
    ),
    "exception_verbosity": EnumStr("low", "high", doc="how much an error says"),
    "traceback.limit": IntParam(8, doc="frames of the user kept for each node"),
    "traceback.package_frames": BoolParam(
        False, doc="in notebooks, and in IPython after %load_ext theano: show the frames of the package in errors, too"
    ),
    "compute_test_value": EnumStr(
        "off", "ignore", "warn", "raise", "pdb", doc="compute with test values while a graph is built"
    ),
    "warn_float64": EnumStr(
        "ignore", "warn", "raise", "pdb", doc="what to do when a float64 variable is made"
    ),
    "int_division": EnumStr("int", "raise", "floatX", doc="meaning of the old operator / on integers"),
    "DebugMode.patience": IntParam(10, doc="times a rewritten graph is tried", least=1),
    "DebugMode.check_c": BoolParam(True, doc="compare with the native result"),
    "DebugMode.check_py": BoolParam(True, doc="compare with the result of perform"),
    "DebugMode.check_finite": BoolParam(True, doc="complain about values that are not finite"),
    "NanGuardMode.nan_is_error": BoolParam(True, doc="nan is an error"),
    "NanGuardMode.inf_is_error": BoolParam(True, doc="inf is an error"),
    "NanGuardMode.big_is_error": BoolParam(True, doc="values above 1e10 are an error"),
    "NanGuardMode.action": EnumStr("raise", "warn", "pdb", doc="what to do on such a value"),
    "tensor.cmp_sloppy": IntParam(0, allow_override=False, doc="tolerance of comparisons: 0, 1 or 2"),
    "print_test_value": BoolParam(False, doc="show test values in repr"),
    # Our own.
    "verify_programs": BoolParam(False, doc="check every loop program against the rules of its language"),
    "verbose_compile": BoolParam(False, doc="tell on stderr what a compilation does, and the time of each stage"),
    "compile_notice": FloatParam(
        2.0, doc="seconds of compiling after which one line on stderr says that it goes on; 0: never"
    ),
    "isa": EnumStr("auto", "baseline", "avx2", "avx512", doc="instruction set of native code"),
    "cache.enabled": BoolParam(True, doc="keep compiled programs on disk"),
    "cache.dir": StrParam(_cache_dir, doc="where they are kept"),
    "base_compiledir": StrParam(
        _base_compiledir, allow_override=False, doc="where they are kept if `cache.dir` is not set, in theano-jit"
    ),
    "compiledir": StrParam(
        lambda: os.path.join(_base_compiledir(), "compiledir"), allow_override=False,
        doc="the same, and wins over `base_compiledir`",
    ),  # fmt: skip
    "cxx": StrParam(_find_cxx, doc="the compiler of operations that have C code of their own"),
    "gcc.cxxflags": StrParam("", doc="arguments for it"),
    "cache.max_mb": IntParam(512, doc="size at which the oldest ones are removed", least=0),
}

# Other flags of Theano 1.0, accepted and validated, so that old programs and .theanorc files work. Most concern what we
# do not have (GPUs, locks of a cache, old bugs) and are without effect: docs/configuration.md says which.
ACCEPTED: dict[str, ConfigParam] = {
    "DebugMode.check_preallocated_output": StrParam(""),
    "DebugMode.check_preallocated_output_ndim": IntParam(4),
    "DebugMode.check_strides": IntParam(0),
    "DebugMode.warn_input_not_reused": BoolParam(True),
    "assert_no_cpu_op": EnumStr("ignore", "warn", "raise", "pdb"),
    "blas.check_openmp": BoolParam(True),
    "blas.ldflags": StrParam(""),
    "cache_optimizations": BoolParam(False),
    "check_input": BoolParam(True),
    "check_stack_trace": EnumStr("off", "log", "warn", "raise"),
    "cmodule.age_thresh_use": IntParam(2073600, allow_override=False),
    "cmodule.compilation_warning": BoolParam(False),
    "cmodule.debug": BoolParam(False),
    "cmodule.preload_cache": BoolParam(False, allow_override=False),
    "cmodule.remove_gxx_opt": BoolParam(False),
    "cmodule.warn_no_version": BoolParam(False),
    "compile.timeout": IntParam(120, allow_override=False),
    "compile.wait": IntParam(5, allow_override=False),
    "compiledir_format": StrParam(
        "compiledir_%(short_platform)s-%(processor)s-%(python_version)s-%(python_bitwidth)s", allow_override=False
    ),
    "compute_test_value_opt": EnumStr("off", "ignore", "warn", "raise", "pdb"),
    "contexts": StrParam(""),
    "conv.assert_shape": BoolParam(False),
    "conv.winograd": EnumStr("auto", "off"),
    "ctc.root": StrParam("", allow_override=False),
    "cuda.include_path": StrParam(""),
    "cuda.root": StrParam(""),
    "cycle_detection": EnumStr("regular", "fast"),
    "deterministic": EnumStr("default", "more"),
    "dnn.base_path": StrParam(""),
    "dnn.bin_path": StrParam(""),
    "dnn.conv.algo_bwd": StrParam("", allow_override=False),
    "dnn.conv.algo_bwd_data": EnumStr(
        "none",
        "deterministic",
        "fft",
        "fft_tiling",
        "winograd",
        "winograd_non_fused",
        "guess_once",
        "guess_on_shape_change",
        "time_once",
        "time_on_shape_change",
    ),
    "dnn.conv.algo_bwd_filter": EnumStr(
        "none",
        "deterministic",
        "fft",
        "small",
        "winograd_non_fused",
        "fft_tiling",
        "guess_once",
        "guess_on_shape_change",
        "time_once",
        "time_on_shape_change",
    ),
    "dnn.conv.algo_fwd": EnumStr(
        "small",
        "none",
        "large",
        "fft",
        "fft_tiling",
        "winograd",
        "winograd_non_fused",
        "guess_once",
        "guess_on_shape_change",
        "time_once",
        "time_on_shape_change",
    ),
    "dnn.conv.precision": EnumStr("as_input_f32", "as_input", "float16", "float32", "float64"),
    "dnn.conv.workmem": StrParam("", allow_override=False),
    "dnn.conv.workmem_bwd": StrParam("", allow_override=False),
    "dnn.enabled": EnumStr("auto", "True", "False", "no_check"),
    "dnn.include_path": StrParam(""),
    "dnn.library_path": StrParam(""),
    "experimental.local_alloc_elemwise": BoolParam(True),
    "experimental.local_alloc_elemwise_assert": BoolParam(True),
    "experimental.unpickle_gpu_on_cpu": BoolParam(False),
    "force_device": BoolParam(False, allow_override=False),
    "gpu.local_elemwise_fusion": BoolParam(True),
    "gpuarray.cache_path": StrParam("", allow_override=False),
    "gpuarray.preallocate": FloatParam(0, allow_override=False),
    "gpuarray.sched": EnumStr("default", "multi", "single"),
    "gpuarray.single_stream": BoolParam(True),
    "gpuarray.sync": StrParam("False", allow_override=False),
    "gpuelemwise.sync": BoolParam(True),
    "init_gpu_device": StrParam("", allow_override=False),
    "lib.amdlibm": BoolParam(False),
    "magma.enabled": BoolParam(False),
    "magma.include_path": StrParam(""),
    "magma.library_path": StrParam(""),
    "metaopt.optimizer_excluding": StrParam(""),
    "metaopt.optimizer_including": StrParam(""),
    "metaopt.verbose": IntParam(0),
    "nocleanup": BoolParam(False),
    "numpy.seterr_all": EnumStr("ignore", "warn", "raise", "call", "print", "log", "None", allow_override=False),
    "numpy.seterr_divide": EnumStr("None", "ignore", "warn", "raise", "call", "print", "log", allow_override=False),
    "numpy.seterr_invalid": EnumStr("None", "ignore", "warn", "raise", "call", "print", "log", allow_override=False),
    "numpy.seterr_over": EnumStr("None", "ignore", "warn", "raise", "call", "print", "log", allow_override=False),
    "numpy.seterr_under": EnumStr("None", "ignore", "warn", "raise", "call", "print", "log", allow_override=False),
    "on_shape_error": EnumStr("warn", "raise"),
    "optdb.max_use_ratio": FloatParam(8),
    "optdb.position_cutoff": FloatParam(math.inf),
    "optimizer_verbose": BoolParam(False),
    "pickle_test_value": BoolParam(True),
    "print_active_device": BoolParam(True, allow_override=False),
    "print_global_stats": BoolParam(False),
    "profile_memory": BoolParam(False),
    "profile_optimizer": BoolParam(False),
    "profiling.debugprint": BoolParam(False),
    "profiling.destination": StrParam("stderr"),
    "profiling.ignore_first_call": BoolParam(False),
    "profiling.min_memory_size": IntParam(1024),
    "profiling.min_peak_memory": BoolParam(False),
    "profiling.n_apply": IntParam(20),
    "profiling.n_ops": IntParam(20),
    "profiling.output_line_width": IntParam(512),
    "profiling.time_thunks": BoolParam(True),
    "reoptimize_unpickled_function": BoolParam(False),
    "scan.allow_gc": BoolParam(False),
    "scan.allow_output_prealloc": BoolParam(True),
    "scan.debug": BoolParam(False),
    "tensor.insert_inplace_optimizer_validate_nb": IntParam(-1),
    "tensor.local_elemwise_fusion": BoolParam(True),
    "traceback.compile_limit": IntParam(0),
    "unpickle_function": BoolParam(True),
    "unittests.rseed": StrParam("666"),
    "vm.lazy": StrParam("None"),
    "warn.argmax_pushdown_bug": BoolParam(False),
    "warn.gpu_set_subtensor1": BoolParam(False),
    "warn.gpusum_01_011_0111_bug": BoolParam(False),
    "warn.identify_1pexp_bug": BoolParam(False),
    "warn.ignore_bug_before": EnumStr(
        "0.9",
        "None",
        "all",
        "0.3",
        "0.4",
        "0.4.1",
        "0.5",
        "0.6",
        "0.7",
        "0.8",
        "0.8.1",
        "0.8.2",
        "0.10",
        "1.0",
        "1.0.1",
        "1.0.2",
        "1.0.3",
        "1.0.4",
        "1.0.5",
        allow_override=False,
    ),
    "warn.inc_set_subtensor1": BoolParam(False),
    "warn.inc_subtensor1_opt": BoolParam(True),
    "warn.reduce_join": BoolParam(False),
    "warn.round": BoolParam(False),
    "warn.signal_conv2d_interface": BoolParam(False),
    "warn.subtensor_merge_bug": BoolParam(False),
    "warn.sum_div_dimshuffle_bug": BoolParam(False),
    "warn.sum_sum_bug": BoolParam(False),
    "warn.vm_gc_bug": BoolParam(False),
}


def _make_config() -> TheanoConfigParser:
    made = TheanoConfigParser(_GIVEN)
    for name, param in (FLAGS | ACCEPTED).items():
        made.add(name, param)
    made.warn_of_misspelt()
    if made.device != "cpu":
        warn_user(f"device={made.device} is not supported: functions run on the CPU")
        made.__dict__["device"] = "cpu"
    return made


config = _make_config()
flags._configs.append(config)
