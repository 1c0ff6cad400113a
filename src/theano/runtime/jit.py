"""IR to machine code in this process, through the object cache.

Objects, just made or the cache's, are loaded by `theano.runtime.image`, so that LLVM itself is not loaded
before something must be compiled; what that loader does not know is linked by the one `LLJIT` of the process.
Settings of code generation are those of `Options`, written down, not those of the JIT.
"""

from __future__ import annotations

import ctypes
import functools
import itertools
import struct
import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from theano.base.flag_table import config
from theano.base.progress import llvm_begins, stage
from theano.runtime import cache, fork
from theano.runtime.abi import ABI_VERSION
from theano.runtime.gate import inside
from theano.runtime.host import begin_compiler, compiler, host
from theano.runtime.image import Image, load_image
from theano.runtime.module import Module
from theano.runtime.target import Isa, select_isa
from theano.runtime.units import Unit, units
from theano.runtime.workers import Started, compilers

__all__ = [
    "DEFAULT", "Begun", "CodeObject", "Options", "assembly", "begin_module", "compile_module", "isa", "kept_module",
    "probed",
]  # fmt: skip


class Options(NamedTuple):
    """How a module is compiled.

    Parameters
    ----------
    level : code generation level, 0 to 2, of what is not `abi.QUICKLY` (0 aborts on masked vectors in LLVM 22).
    passes : LLVM passes run before it (see `theano.runtime.llvm`). Our printers have vectorised, hoisted and inlined
        already: by default none.
    """

    level: int = 1
    passes: tuple[str, ...] = ()


DEFAULT = Options()


class CodeObject:
    """Loaded machine code; it is released with the last reference to this object.

    Attributes
    ----------
    address : int
        Address of `@entry` (of the first of `exports`).
    symbols : dict
        Addresses of all exported functions.
    from_cache : bool
    """

    __slots__ = ("address", "symbols", "from_cache", "_loaded")

    def __init__(self, loaded: Image | _Linked, exports: tuple[str, ...], from_cache: bool) -> None:
        self._loaded = loaded
        self.symbols: dict[str, int] = loaded.symbols
        self.address = self.symbols[exports[0]]
        self.from_cache = from_cache

    def __del__(self, _finalizing: Callable[[], bool] = sys.is_finalizing) -> None:
        # Defaults, because the globals of a module are None by the time its last objects go.
        if _finalizing():
            # other threads may still be inside, and finalizers may still call: leave the code
            self._loaded.keep()


class _Linked:
    """Code that LLVM has linked; the counterpart of `Image`."""

    __slots__ = ("symbols", "_tracker")

    def __init__(self, tracker: Any, exports: tuple[str, ...]) -> None:
        self._tracker = tracker
        self.symbols: dict[str, int] = {name: tracker[name] for name in exports}

    def keep(self) -> None:
        self._tracker.detach()
        self._tracker = None

    def __del__(self) -> None:
        if self._tracker is not None:
            _release(self._tracker)


# Held around all that has to do with the one `LLJIT`, and around fork.
_lock = threading.RLock()
fork.hold("jit", _lock.acquire, _lock.release)
_numbers = itertools.count()
_dead: deque[Any] = deque()
_engine: Any = None


def _release(tracker: Any) -> None:
    """Unload a library now, or when the lock is next free: a collection may run while this thread holds it."""
    _dead.append(tracker)
    if _lock.acquire(blocking=False):
        try:
            _unload_dead()
        finally:
            _lock.release()


def _unload_dead() -> None:
    while _dead:
        _dead.popleft().close()


def isa() -> Isa:
    """The instruction set that code is compiled for now (flag `isa`).

    >>> isa().vector_bytes in (8, 16, 32, 64)
    True
    """
    return select_isa(config.isa)


class _Wanted:
    """A module that is looked up in the cache, or compiled and kept there."""

    def __init__(
        self, module: Module | Callable[[], Module], options: Options, exports: tuple[str, ...], use_cache: bool,
        known_as: str,
    ) -> None:  # fmt: skip
        self.options, self.exports, self.target = options, exports, isa()
        self._store = cache.default_cache() if use_cache else None
        self._module = module if known_as or isinstance(module, Module) else module()
        if self._store is not None:
            known_as = known_as or self.module().text()
        self._key = "" if self._store is None else _key(known_as, options, self.target)

    def kept(self) -> CodeObject | None:
        return None if self._store is None else _kept(self._store, self._key, self.exports)

    def module(self) -> Module:
        if isinstance(self._module, Module):
            return self._module
        begin_compiler()
        return self._module()

    def made(self, objects: list[bytes]) -> CodeObject:
        """Load and keep what it has been compiled to."""
        code = CodeObject(_loaded(objects, self.exports), self.exports, False)
        self.keep(objects)
        return code

    def keep(self, objects: list[bytes]) -> list[bytes]:
        """Put the objects into the cache, once."""
        store, self._store = self._store, None
        if store is not None:
            store.store(self._key, _packed(objects))
        return objects


def compile_module(
    module: Module | Callable[[], Module],
    options: Options = DEFAULT,
    exports: tuple[str, ...] = ("entry",),
    use_cache: bool = True,
    known_as: str = "",
) -> CodeObject:
    """Compile LLVM IR, or load what was compiled from the same module before.

    Parameters
    ----------
    module : LLVM IR without triple and data layout; symbols it declares are looked up in the process. Or a function
        that gives it.
    known_as : what the module follows from. It is looked up in its place then, and the function called only if nothing
        is found.
    options : Options
    exports : names of the functions whose addresses are wanted.
    use_cache : False to neither look for nor keep the object on disk.

    Raises
    ------
    RuntimeError
        It is no valid IR, or it names a symbol that the process doesn't have.
    """
    wanted = _Wanted(module, options, exports, use_cache, known_as)
    kept = wanted.kept()
    if kept is not None:
        return kept
    made = wanted.module()
    llvm_begins(made.lines, options.level)
    objects = _objects(made, options, wanted.target, threads=compilers())
    stage("loading")
    return wanted.made(objects)


class Begun(NamedTuple):
    """What `begin_module` has begun with.

    Parameters
    ----------
    code : the loaded module; waits for it.
    objects : what is being compiled; None if the cache had it.
    """

    code: Callable[[], CodeObject]
    objects: Started[list[bytes]] | None


def begin_module(
    module: Callable[[], Module], options: Options, exports: tuple[str, ...], known_as: str, after: Begun | None = None
) -> Begun:
    """Begin with what `compile_module` does.

    Another thread compiles meanwhile, if there may be one. If another module is to be made before, it makes the module,
    too, and puts the objects into the cache, whether somebody comes for them or not.
    """
    wanted = _Wanted(module, options, exports, True, known_as)
    found = wanted.kept()
    if found is not None:
        return Begun(lambda: found, None)
    if after is None:
        made = wanted.module()
        objects = Started(lambda: _objects(made, options, wanted.target))
    else:
        objects = Started(lambda: wanted.keep(_objects(wanted.module(), options, wanted.target)), after.objects)
    return Begun(lambda: wanted.made(objects.result()), objects)


def kept_module(
    known_as: str, options: Options = DEFAULT, exports: tuple[str, ...] = ("entry",)
) -> CodeObject | None:
    """What `compile_module` would find in the cache, or None; `known_as` may be the text."""
    store = cache.default_cache()
    return None if store is None else _kept(store, _key(known_as, options, isa()), exports)


def _kept(store: cache.ObjectCache, key: str, exports: tuple[str, ...]) -> CodeObject | None:
    kept = store.load(key)
    return None if kept is None else CodeObject(_loaded(_unpacked(kept), exports), exports, True)


def _loaded(objects: list[bytes], exports: tuple[str, ...]) -> Image | _Linked:
    image = load_image(objects, exports)
    if image is not None:
        return image
    with _lock:
        _unload_dead()
        return _link(objects, exports)


def assembly(module: Module, options: Options = DEFAULT) -> str:
    """The assembly that `compile_module` would load for a module, for people to read."""
    return "".join(part.decode() for part in _objects(module, options, isa(), assembly=True))


def _key(text: str, options: Options, target: Isa) -> str:
    settings = (str(ABI_VERSION), host().llvm, target.triple, target.cpu, target.features, repr(options))
    return cache.key_of((text, *settings))


def _objects(module: Module, options: Options, target: Isa, assembly: bool = False, threads: int = 1) -> list[bytes]:
    """The objects that a module is compiled to, or their assembly."""
    module = probed(module, target.triple)
    parts = units(module, threads) if options.level else [Unit(module.text(), True)]
    emit = functools.partial(_emitted, options=options, target=target, assembly=assembly)
    # each thread has one, the largest is for this one; what is quick goes to the thread with the smallest
    shares = [[part] for part in parts[:threads]]
    shares[-1] += parts[threads:]
    others = [Started(functools.partial(emit, share)) for share in shares[1:]]
    return [*emit(shares[0]), *(code for other in others for code in other.result())]


def _emitted(parts: list[Unit], options: Options, target: Isa, assembly: bool) -> list[bytes]:
    objects = []
    for unit in parts:
        level, passes = (0, ()) if unit.is_quick else (options.level, options.passes)
        with inside():
            llvm = compiler()
            objects.append(llvm.emit(unit.text, level, target.triple, target.cpu, target.features, assembly, passes))
    return objects


def probed(module: Module, triple: str) -> Module:
    """A module whose functions touch each page of their stack frames in order (on Windows all do).

    Who has too little stack then meets the page that the system keeps free below it, and not the memory beyond.
    """
    return module if "-windows-" in triple else module.with_attribute('"probe-stack"="inline-asm"')


_LENGTH = struct.Struct("<Q")


def _packed(objects: list[bytes]) -> bytes:
    """Objects as the cache keeps them, each after its length."""
    return b"".join(part for code in objects for part in (_LENGTH.pack(len(code)), code))


def _unpacked(kept: bytes) -> list[bytes]:
    objects, at = [], 0
    while at < len(kept):
        start = at + _LENGTH.size
        at = start + _LENGTH.unpack_from(kept, at)[0]
        objects.append(kept[start:at])
    return objects


def _link(objects: list[bytes], exports: tuple[str, ...]) -> _Linked:
    import llvmlite.binding as llvm

    global _engine
    if _engine is None:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        target = isa()
        machine = llvm.Target.from_triple(target.triple).create_target_machine(
            cpu=target.cpu, features=target.features, opt=1, reloc="pic", codemodel="small", jit=True
        )
        # COFF is the one format whose JITLink support is incomplete.
        _engine = llvm.create_lljit_compiler(machine, use_jit_link=sys.platform != "win32")
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(_engine))  # never disposed of, not at exit either: see `CodeObject`
    builder = llvm.JITLibraryBuilder().add_current_process()
    for code in objects:
        builder.add_object_img(code)
    for name in exports:
        builder.export_symbol(name)
    return _Linked(builder.link(_engine, f"theano{next(_numbers)}"), exports)
