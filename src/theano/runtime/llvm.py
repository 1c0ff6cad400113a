"""The compiler: LLVM IR to object code or assembly, by the library inside llvmlite.

``import llvmlite.binding`` costs 28 ms, 20 of them for Python modules that compiling does not need. So the few
functions of the library that are used here are declared here, for the versions of llvmlite in which they have been
compared; with any other version, `llvmlite.binding` declares them. Callers are `theano.runtime.gate.inside`.
"""

from __future__ import annotations

import ctypes
import functools
import os
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import llvmlite
from llvmlite.utils import get_library_name

from theano.runtime.ability import NoCompiler

__all__ = ["describe_host", "emit", "load", "version"]

# First and last minor version of llvmlite 0.* whose library has the functions below as declared below.
_COMPARED = (46, 50)

_POINTER, _TEXT, _INT, _SIZE = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_size_t
_OUT = ctypes.POINTER(ctypes.c_char_p)  # where the library puts a text of its own
# LOAD_LIBRARY_SEARCH_DEFAULT_DIRS and …_DLL_LOAD_DIR, as `ctypes.CDLL` has it
_WITH_ITS_FOLDER = 0x1000 | 0x100
# name without its prefix: result, *arguments
_SIGNATURES: dict[str, tuple[Any, ...]] = {
    "GetVersionInfo": (ctypes.c_uint,),
    "DisposeString": (None, _TEXT),
    "GetProcessTriple": (None, _OUT),
    "GetHostCPUName": (None, _OUT),
    "GetHostCPUFeatures": (_INT, _OUT),
    "InitializeNativeTarget": (None,),
    "InitializeNativeAsmPrinter": (None,),
    "InitializeNativeAsmParser": (None,),
    "GetTargetFromTriple": (_POINTER, _TEXT, _OUT),
    "CreateTargetMachine": (
        _POINTER, _POINTER, _TEXT, _TEXT, _TEXT, _INT, _TEXT, _TEXT, _INT, _INT, _TEXT,
    ),
    "DisposeTargetMachine": (None, _POINTER),
    "CreateTargetMachineData": (_POINTER, _POINTER),
    "CopyStringRepOfTargetData": (None, _POINTER, _OUT),
    "DisposeTargetData": (None, _POINTER),
    "ContextCreate": (_POINTER,),
    "ContextDispose": (None, _POINTER),
    "ParseAssembly": (_POINTER, _POINTER, _TEXT, _OUT),
    "DisposeModule": (None, _POINTER),
    "SetTarget": (None, _POINTER, _TEXT),
    "SetDataLayout": (None, _POINTER, _TEXT),
    "CreatePipelineTuningOptions": (_POINTER,),
    "DisposePipelineTuningOptions": (None, _POINTER),
    "CreatePassBuilder": (_POINTER, _POINTER, _POINTER),
    "DisposePassBuilder": (None, _POINTER),
    "CreateNewModulePassManager": (_POINTER,),
    "DisposeNewModulePassManger": (None, _POINTER),
    "module_AddSROAPass": (None, _POINTER),
    "RunNewModulePassManager": (None, _POINTER, _POINTER, _POINTER),
    "TargetMachineEmitToMemory": (_POINTER, _POINTER, _POINTER, _INT, _OUT),
    "GetBufferStart": (_POINTER, _POINTER),
    "GetBufferSize": (_SIZE, _POINTER),
    "DisposeMemoryBuffer": (None, _POINTER),
}  # fmt: skip

# Others run while these do. The rest holds the GIL: who gives it away may wait 5 ms for it.
_LONG = {"CreateTargetMachine", "ParseAssembly", "RunNewModulePassManager", "TargetMachineEmitToMemory"}


class _Library:
    """The functions of `_SIGNATURES`, as attributes."""

    def __init__(self, declared: bool) -> None:
        self._found = _declared() if declared else _declared_by_llvmlite()
        self.InitializeNativeTarget()
        self.InitializeNativeAsmPrinter()
        self.InitializeNativeAsmParser()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return self._found[name]

    def text(self, name: str, *arguments: Any) -> str:
        """What the function `name` writes to its last argument."""
        out = ctypes.c_char_p()
        self._found[name](*arguments, ctypes.byref(out))
        return self.take(out)

    def take(self, out: ctypes.c_char_p) -> str:
        """A text that the library made; its memory is given back."""
        if out.value is None:
            return ""
        text = out.value.decode(errors="replace")
        self.DisposeString(out)
        return text


def _declared() -> dict[str, Callable[..., Any]]:
    path = os.fspath(Path(llvmlite.__file__).parent / "binding" / get_library_name())
    _open(path)
    library, quickly = ctypes.CDLL(path), ctypes.PyDLL(path)
    found: dict[str, Callable[..., Any]] = {}
    for name, (result, *arguments) in _SIGNATURES.items():
        # an object of our own: what llvmlite declares stays as it is
        function = (library if name in _LONG else quickly)[f"LLVMPY_{name}"]
        function.restype, function.argtypes = result, arguments
        found[name] = function
    return found


def _open(path: str) -> None:
    """Load a library while other threads go on: what `ctypes.CDLL` does holds the GIL."""
    if sys.platform == "win32":
        load = ctypes.CDLL("kernel32").LoadLibraryExW
        load.restype, load.argtypes = _POINTER, (ctypes.c_wchar_p, _POINTER, _INT)
        load(path, None, _WITH_ITS_FOLDER)
    else:
        dlopen = ctypes.CDLL(None)["dlopen"]
        dlopen.restype, dlopen.argtypes = _POINTER, (_TEXT, _INT)
        dlopen(os.fsencode(path), os.RTLD_NOW)  # it stays; and if it can't be loaded, `CDLL` will tell


def _declared_by_llvmlite() -> dict[str, Callable[..., Any]]:
    from llvmlite.binding import ffi

    return {name: getattr(ffi.lib, f"LLVMPY_{name}") for name in _SIGNATURES}


def _compared(release: str) -> bool:
    major, minor, *_ = [*release.split("."), ""]
    return major == "0" and minor.isdigit() and _COMPARED[0] <= int(minor) <= _COMPARED[1]


_loading = threading.Lock()


@functools.cache
def _loaded() -> _Library:
    return _Library(_compared(llvmlite.__version__))


def _library() -> _Library:
    with _loading:
        try:
            return _loaded()
        except (OSError, AttributeError) as error:  # damaged, for another system, too large for a memory limit
            raise NoCompiler(f"the compiler in llvmlite cannot be loaded ({error})") from error


def load() -> None:
    """Load the library, unless it is there: a module is compiled sooner then."""
    _library()


def version() -> str:
    """Versions of llvmlite and of the LLVM in it."""
    number, parts = _library().GetVersionInfo(), []
    while number:
        parts.append(str(number & 0xFF))
        number >>= 8
    return f"llvmlite {llvmlite.__version__} LLVM {'.'.join(reversed(parts))}"


def describe_host() -> tuple[str, str, str]:
    """Triple, name of the processor and its features, as LLVM says them."""
    library = _library()
    features = library.text("GetHostCPUFeatures").split(",")
    ordered = ",".join(sorted(filter(None, features), key=lambda feature: feature[1:]))
    return library.text("GetProcessTriple"), library.text("GetHostCPUName"), ordered


_PASSES = {"sroa": "module_AddSROAPass"}


def emit(
    text: str, level: int, triple: str, cpu: str, features: str, assembly: bool = False, passes: Sequence[str] = ()
) -> bytes:
    """Object code of a module, or its assembly.

    Parameters
    ----------
    text : LLVM IR without triple and data layout.
    level : code generation level, 0 to 2; at 0 masked vectors abort the process (LLVM 22).
    triple, cpu, features : of the target, in LLVM's words.
    assembly : whether to give text for people.
    passes : of `_PASSES`, run first.

    Raises
    ------
    RuntimeError
        The text is no valid IR, or the target is unknown.
    """
    library = _library()
    machine = _machine(library, level, triple, cpu, features)
    context = library.ContextCreate()
    try:
        module = _checked(library, "ParseAssembly", context, text.encode())
        try:
            _name_target(library, module, machine, triple)
            if passes:
                _run(library, module, machine, passes)
            buffer = _checked(library, "TargetMachineEmitToMemory", machine, module, int(not assembly))
            try:
                return ctypes.string_at(library.GetBufferStart(buffer), library.GetBufferSize(buffer))
            finally:
                library.DisposeMemoryBuffer(buffer)
        finally:
            library.DisposeModule(module)
    finally:
        library.ContextDispose(context)
        library.DisposeTargetMachine(machine)


def _checked(library: _Library, name: str, *arguments: Any) -> Any:
    """Call a function that reports what is wrong through its last argument."""
    out = ctypes.c_char_p()
    result = getattr(library, name)(*arguments, ctypes.byref(out))
    message = library.take(out)
    if not result or message:
        raise RuntimeError(f"LLVM: {message or name + ' failed'}")
    return result


def _machine(library: _Library, level: int, triple: str, cpu: str, features: str) -> Any:
    target = _checked(library, "GetTargetFromTriple", triple.encode())
    # JITLink puts all sections of an object side by side, so the small model is always in range.
    machine = library.CreateTargetMachine(
        target, triple.encode(), cpu.encode(), features.encode(), level, b"pic", b"small", 0, 1, b""
    )
    if not machine:
        raise RuntimeError(f"LLVM: no machine for {triple} {cpu}")
    return machine


def _name_target(library: _Library, module: Any, machine: Any, triple: str) -> None:
    data = library.CreateTargetMachineData(machine)
    library.SetTarget(module, triple.encode())
    library.SetDataLayout(module, library.text("CopyStringRepOfTargetData", data).encode())
    library.DisposeTargetData(data)


def _run(library: _Library, module: Any, machine: Any, passes: Sequence[str]) -> None:
    tuning = library.CreatePipelineTuningOptions()
    builder = library.CreatePassBuilder(machine, tuning)
    manager = library.CreateNewModulePassManager()
    for name in passes:
        getattr(library, _PASSES[name])(manager)
    library.RunNewModulePassManager(manager, module, builder)
    library.DisposeNewModulePassManger(manager)
    library.DisposePassBuilder(builder)
    library.DisposePipelineTuningOptions(tuning)
