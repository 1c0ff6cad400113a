# Made by `python -m tools.stubs`.
import typing as _ty
from collections.abc import Callable as _Callable, Iterator as _Iterator, Mapping as _Mapping, Sequence as _Sequence

import numpy as _np

from theano.base.record import Record as Record
from theano.base.record import Record as _Record

ALIKE: float
def AddConfigVar(name: str, doc: str, configparam: _ty.Any, root: _ty.Any = None, in_c_key: bool = True) -> None: ...
def BoolParam(default: bool | _Callable[[], bool], is_valid: _Callable[[_ty.Any], bool] | None = None, allow_override: bool = True, doc: str = '') -> _ty.Any: ...
class ConfigParam(_Record):
    default: _ty.Any
    filter: _Callable[[_ty.Any], _ty.Any] | None = ...
    allow_override: bool = ...
    choices: tuple[str, ...] = ...
    doc: str = ...
    def __init__(self, default: _ty.Any, filter: _ty.Any = None, allow_override: _ty.Any = True, choices: _ty.Any = ..., doc: _ty.Any = '') -> None: ...
class ConfigSection:
    def __init__(self, prefix: str = '') -> None: ...
class ConfigVar:
    fullname: _ty.Any
    doc: _ty.Any
    default: _ty.Any
    allow_override: _ty.Any
    def __get__(self, owner: _ty.Any, kind: _ty.Any = None) -> _ty.Any: ...
    def __init__(self, config: _ty.Any, fullname: str, param: _ty.Any) -> None: ...
    def __set__(self, owner: _ty.Any, value: _ty.Any) -> None: ...
def EnumStr(default: str, *options: str, allow_override: bool = True, doc: str = '') -> _ty.Any: ...
def FloatParam(default: float, is_valid: _Callable[[_ty.Any], bool] | None = None, allow_override: bool = True, doc: str = '') -> _ty.Any: ...
def IntParam(default: int, is_valid: _Callable[[_ty.Any], bool] | None = None, allow_override: bool = True, doc: str = '', least: int | None = None) -> _ty.Any: ...
def StrParam(default: str | _Callable[[], str], is_valid: _Callable[[_ty.Any], bool] | None = None, allow_override: bool = True, choices: tuple[str, ...] = ..., doc: str = '') -> _ty.Any: ...
class TheanoConfigParser(ConfigSection):
    class _DebugMode(ConfigSection):
        check_c: bool
        check_finite: bool
        check_preallocated_output: str
        check_preallocated_output_ndim: int
        check_py: bool
        check_strides: int
        patience: int
        warn_input_not_reused: bool
    DebugMode: _DebugMode
    class _NanGuardMode(ConfigSection):
        action: str
        big_is_error: bool
        inf_is_error: bool
        nan_is_error: bool
    NanGuardMode: _NanGuardMode
    allow_gc: bool
    assert_no_cpu_op: str
    base_compiledir: str
    class _blas(ConfigSection):
        check_openmp: bool
        ldflags: str
    blas: _blas
    class _cache(ConfigSection):
        dir: str
        enabled: bool
        max_mb: int
    cache: _cache
    cache_optimizations: bool
    cast_policy: str
    check_input: bool
    check_stack_trace: str
    class _cmodule(ConfigSection):
        age_thresh_use: int
        compilation_warning: bool
        debug: bool
        preload_cache: bool
        remove_gxx_opt: bool
        warn_no_version: bool
    cmodule: _cmodule
    class _compile(ConfigSection):
        timeout: int
        wait: int
    compile: _compile
    compile_notice: float
    compiledir: str
    compiledir_format: str
    compute_test_value: str
    compute_test_value_opt: str
    contexts: str
    class _conv(ConfigSection):
        assert_shape: bool
        winograd: str
    conv: _conv
    class _ctc(ConfigSection):
        root: str
    ctc: _ctc
    class _cuda(ConfigSection):
        include_path: str
        root: str
    cuda: _cuda
    cxx: str
    cycle_detection: str
    deterministic: str
    device: str
    class _dnn(ConfigSection):
        base_path: str
        bin_path: str
        class _conv(ConfigSection):
            algo_bwd: str
            algo_bwd_data: str
            algo_bwd_filter: str
            algo_fwd: str
            precision: str
            workmem: str
            workmem_bwd: str
        conv: _conv
        enabled: _ty.Any
        include_path: str
        library_path: str
    dnn: _dnn
    exception_verbosity: str
    class _experimental(ConfigSection):
        local_alloc_elemwise: bool
        local_alloc_elemwise_assert: bool
        unpickle_gpu_on_cpu: bool
    experimental: _experimental
    floatX: str
    force_device: bool
    class _gcc(ConfigSection):
        cxxflags: str
    gcc: _gcc
    class _gpu(ConfigSection):
        local_elemwise_fusion: bool
    gpu: _gpu
    class _gpuarray(ConfigSection):
        cache_path: str
        preallocate: int
        sched: str
        single_stream: bool
        sync: str
    gpuarray: _gpuarray
    class _gpuelemwise(ConfigSection):
        sync: bool
    gpuelemwise: _gpuelemwise
    init_gpu_device: str
    int_division: str
    isa: str
    class _lib(ConfigSection):
        amdlibm: bool
    lib: _lib
    linker: str
    class _magma(ConfigSection):
        enabled: bool
        include_path: str
        library_path: str
    magma: _magma
    class _metaopt(ConfigSection):
        optimizer_excluding: str
        optimizer_including: str
        verbose: int
    metaopt: _metaopt
    mode: str
    nocleanup: bool
    class _numpy(ConfigSection):
        seterr_all: _ty.Any
        seterr_divide: _ty.Any
        seterr_invalid: _ty.Any
        seterr_over: _ty.Any
        seterr_under: _ty.Any
    numpy: _numpy
    on_opt_error: str
    on_shape_error: str
    on_unused_input: str
    openmp: bool
    openmp_elemwise_minsize: int
    class _optdb(ConfigSection):
        max_use_ratio: int
        position_cutoff: float
    optdb: _optdb
    optimizer: _ty.Any
    optimizer_excluding: str
    optimizer_including: str
    optimizer_requiring: str
    optimizer_verbose: bool
    pickle_test_value: bool
    print_active_device: bool
    print_global_stats: bool
    print_test_value: bool
    profile: bool
    profile_memory: bool
    profile_optimizer: bool
    class _profiling(ConfigSection):
        debugprint: bool
        destination: str
        ignore_first_call: bool
        min_memory_size: int
        min_peak_memory: bool
        n_apply: int
        n_ops: int
        output_line_width: int
        time_thunks: bool
    profiling: _profiling
    quick_start: bool
    reoptimize_unpickled_function: bool
    class _scan(ConfigSection):
        allow_gc: bool
        allow_output_prealloc: bool
        debug: bool
    scan: _scan
    class _tensor(ConfigSection):
        cmp_sloppy: int
        insert_inplace_optimizer_validate_nb: int
        local_elemwise_fusion: bool
    tensor: _tensor
    class _traceback(ConfigSection):
        compile_limit: int
        limit: int
        package_frames: bool
    traceback: _traceback
    class _unittests(ConfigSection):
        rseed: str
    unittests: _unittests
    unpickle_function: bool
    verbose_compile: bool
    verify_programs: bool
    class _vm(ConfigSection):
        lazy: str
    vm: _vm
    class _warn(ConfigSection):
        argmax_pushdown_bug: bool
        gpu_set_subtensor1: bool
        gpusum_01_011_0111_bug: bool
        identify_1pexp_bug: bool
        ignore_bug_before: _ty.Any
        inc_set_subtensor1: bool
        inc_subtensor1_opt: bool
        reduce_join: bool
        round: bool
        signal_conv2d_interface: bool
        subtensor_merge_bug: bool
        sum_div_dimshuffle_bug: bool
        sum_sum_bug: bool
        vm_gc_bug: bool
    warn: _warn
    warn_float64: str
    def __init__(self, given: _Mapping[str, str] | None = None) -> None: ...
    def add(self, name: str, param: _ty.Any) -> None: ...
    def change_flags(self, *args: _ty.Any, **kwargs: _ty.Any) -> _Flags: ...
    def changed(self) -> _Iterator[tuple[str, _ty.Any]]: ...
    def flags(self) -> _ty.Any: ...
    def get_flag(self, name: str) -> _ty.Any: ...
    def give(self, given: _Mapping[str, str]) -> None: ...
    def has_flag(self, name: str) -> bool: ...
    def set_flag(self, name: str, value: _ty.Any) -> None: ...
    def warn_of_misspelt(self) -> None: ...
def TypedParam(default: _ty.Any, mytype: _Callable[[_ty.Any], _ty.Any], is_valid: _Callable[[_ty.Any], bool] | None = None, allow_override: bool = True, choices: tuple[str, ...] = ..., doc: str = '') -> _ty.Any: ...
class change_flags:
    def __call__(self, function: _F) -> _F: ...
    def __enter__(self) -> change_flags: ...
    def __exit__(self, *exc_info: _ty.Any) -> None: ...
    def __init__(self, args: _ty.Any = ..., *, _config: _ty.Any = None, **kwargs: _ty.Any) -> None: ...
def closest(name: str, names: _ty.Any) -> str | None: ...
def config_files_from_theanorc() -> _ty.Any: ...
def flags_of_user() -> dict[str, str]: ...
def parse_config_string(config_string: str, issue_warnings: bool = True) -> dict[str, str]: ...
def parse_flag(name: str, param: _ty.Any, value: _ty.Any) -> _ty.Any: ...
def read_theanorc(paths: _ty.Any) -> dict[str, str]: ...

_F = _ty.TypeVar("_F", bound=_Callable[..., _ty.Any])
_Flags = change_flags
