"""Ops whose C code lies in files of its own."""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Sequence
from typing import Any, ClassVar

from theano.base.digest import blake2b
from theano.graph.errors import MethodNotDefined
from theano.graph.op import Op

__all__ = ["COp", "ExternalCOp", "OpenMPOp"]

_SECTION = re.compile(r"^#section ([a-zA-Z0-9_]+)[ \t]*$", re.MULTILINE)


def _one(section: str) -> Any:
    """The method that gives a section's code, with the macros of the node around it where it is for one node."""

    def code_of(self: ExternalCOp, *args: Any) -> str:
        if section not in self.code_sections:
            raise MethodNotDefined(f"c_{section}")
        code: str = self.code_sections[section]
        if len(args) < 2:
            return code
        define, undefine = self.get_c_macros(args[0], args[1])
        extra: tuple[str, str] = self.get_sub_macros(args[2]) if len(args) > 2 else ("", "")
        return "\n".join(["", define, extra[0], code, extra[1], undefine])

    return code_of


class ExternalCOp(Op):
    """Base of ops whose C code is read from files.

    A file has sections, each begun by a line ``#section name``: `support_code`, `support_code_apply`,
    `support_code_struct`, `init_code`, `init_code_apply`, `init_code_struct`, `cleanup_code_struct`, `code`,
    `code_cleanup`. Macros in them: ``APPLY_SPECIFIC(name)`` (a name of this node's own), ``DTYPE_INPUT_0``,
    ``TYPENUM_INPUT_0``, ``ITEMSIZE_INPUT_0``, the same of outputs, ``PARAMS_TYPE``, and in `code` and the struct
    sections ``FAIL`` and ``PARAMS``, in `code` ``INPUT_0`` and ``OUTPUT_0``.

    Parameters
    ----------
    func_files : str or list of str
        Files, relative to that of the class.
    func_name : str, optional
        A function of them, in place of a section `code`: it takes the inputs, pointers to the outputs, and a pointer to
        the parameters where the op has some; what it returns is 0, or an exception is set.

    Raises
    ------
    ValueError
        There is an unknown section, none at all, or both `code` and `func_name`.

    Examples
    --------
    >>> import os, tempfile
    >>> from theano.gof import COp
    >>> path = os.path.join(tempfile.mkdtemp(), "same.c")
    >>> with open(path, "w", encoding="utf-8") as file:
    ...     _ = file.write("#section code\\nOUTPUT_0 = INPUT_0;\\n")
    >>> COp(path).func_files == [path]
    True
    """

    SECTIONS: ClassVar[frozenset[str]] = frozenset(
        "init_code init_code_apply init_code_struct support_code support_code_apply support_code_struct "
        "cleanup_code_struct code code_cleanup".split()
    )

    def __init__(self, func_files: str | Sequence[str], func_name: str | None = None) -> None:
        files = [func_files] if isinstance(func_files, str) else list(func_files)
        self.func_files = [self.get_path(f) for f in files]
        self.func_name = func_name
        self.load_c_code(self.func_files)
        if self.func_name is not None and "code" in self.code_sections:
            raise ValueError("Cannot have an 'op_code' section and specify the func_name")
        if self.func_name is None and "code" not in self.code_sections:
            raise ValueError("There must be a section 'code' in the files, or a func_name")

    @classmethod
    def get_path(cls, f: str) -> str:
        """A file's path: relative to the file of the class."""
        if os.path.isabs(f):
            return f
        return os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(inspect.getfile(cls))), f))

    def load_c_code(self, func_files: Sequence[str]) -> None:
        """Read the sections of files; those of one name are joined."""
        self.code_sections: dict[str, str] = {}
        for path in func_files:
            with open(path, encoding="utf-8") as file:
                pieces = _SECTION.split(file.read())
            if len(pieces) == 1:
                raise ValueError(f"No valid section marker was found in file {path}")
            if pieces[0].strip():
                raise ValueError(f"Stray code before first section statement (in file {path}): {pieces[0]}")
            for section, code in zip(pieces[1::2], pieces[2::2], strict=True):
                if section not in self.SECTIONS:
                    raise ValueError(f"Unknown section type (in file {path}): {section}")
                self.code_sections[section] = self.code_sections.get(section, "") + code

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if k != "code_sections"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.load_c_code(self.func_files)

    def c_code_cache_version(self) -> tuple[int, ...]:
        digests = (blake2b(self.code_sections[k].encode(), digest_size=8) for k in sorted(self.code_sections))
        return tuple(int.from_bytes(d.digest(), "big") for d in digests)

    def c_init_code(self) -> list[str]:
        """The section `init_code`."""
        if "init_code" not in self.code_sections:
            raise MethodNotDefined("c_init_code")
        return [self.code_sections["init_code"]]

    c_support_code = _one("support_code")
    c_support_code_apply = _one("support_code_apply")
    c_support_code_struct = _one("support_code_struct")
    c_init_code_apply = _one("init_code_apply")
    c_cleanup_code_struct = _one("cleanup_code_struct")

    def c_init_code_struct(self, node: Any, name: str, sub: dict[str, str]) -> str:
        """The section `init_code_struct`."""
        return str(_one("init_code_struct")(self, node, name, sub))

    def get_c_macros(self, node: Any, name: str, check_input: bool | None = None) -> tuple[str, str]:
        """The macros of a node: what defines them, what takes them away."""
        lines = [f"#define APPLY_SPECIFIC(str) str##_{name}"]
        for side, variables in (("INPUT", node.inputs), ("OUTPUT", node.outputs)):
            for k, v in enumerate(variables):
                specs = getattr(v.type, "dtype_specs", None)
                if specs is not None:
                    lines.append(f"#define DTYPE_{side}_{k} {specs()[1]}")
                    lines.append(f"#define TYPENUM_{side}_{k} {specs()[2]}")
                    lines.append(f"#define ITEMSIZE_{side}_{k} {v.type.numpy_dtype.itemsize}")
        params = getattr(self, "params_type", None)
        if params is not None:
            lines.append(f"#define PARAMS_TYPE {getattr(params, 'name', None) or getattr(params, 'ctype', 'PyObject')}")
        return _defined(lines)

    def get_sub_macros(self, sub: dict[str, str]) -> tuple[str, str]:
        """The macros ``FAIL`` and ``PARAMS``."""
        lines = ["#define FAIL " + sub["fail"].replace("\n", " ")]
        if "params" in sub:
            lines.append(f"#define PARAMS {sub['params']}")
        return _defined(lines)

    def get_io_macros(self, inputs: Sequence[str], outputs: Sequence[str]) -> tuple[str, str]:
        """The macros that name inputs and outputs."""
        lines = [f"#define INPUT_{k} {n}" for k, n in enumerate(inputs)]
        return _defined(lines + [f"#define OUTPUT_{k} {n}" for k, n in enumerate(outputs)])

    def format_c_function_args(self, inp: Sequence[str], out: Sequence[str]) -> str:
        """The arguments of `func_name`."""
        return ", ".join([*inp, *(f"&{n}" for n in out)])

    def c_code(self, node: Any, name: str, inp: Sequence[str], out: Sequence[str], sub: dict[str, str]) -> str:
        """A call of `func_name`, or the section `code`."""
        macros = [self.get_c_macros(node, name, check_input=False), self.get_sub_macros(sub)]
        if self.func_name is None:
            macros.append(self.get_io_macros(inp, out))
            body = self.code_sections["code"]
        else:
            params = f", {sub['params']}" if "params" in sub else ""
            body = f"{{ if ({self.func_name}({self.format_c_function_args(inp, out)}{params}) != 0) FAIL }}"
        return "\n".join(["", *(m[0] for m in macros), body, *(m[1] for m in reversed(macros))])

    def c_code_cleanup(self, node: Any, name: str, inputs: Sequence[str], outputs: Sequence[str], sub: Any) -> str:
        """The section `code_cleanup`."""
        if "code_cleanup" not in self.code_sections:
            raise MethodNotDefined("c_code_cleanup")
        macros = [self.get_c_macros(node, name), self.get_sub_macros(sub), self.get_io_macros(inputs, outputs)]
        body = self.code_sections["code_cleanup"]
        return "\n".join(["", *(m[0] for m in macros), body, *(m[1] for m in reversed(macros))])


COp = ExternalCOp


def _defined(lines: Sequence[str]) -> tuple[str, str]:
    names = [line.split()[1].partition("(")[0] for line in lines]
    return "\n".join(lines), "\n".join(f"#undef {name}" for name in names)


class OpenMPOp(Op):
    """Base of ops whose C code has OpenMP's directives; `openmp` says whether the compiler is told to follow them.

    Parameters
    ----------
    openmp : bool, optional
        Default: the flag `openmp`.

    Examples
    --------
    >>> from theano.gof.op import OpenMPOp
    >>> OpenMPOp(openmp=True).c_compile_args(), OpenMPOp(openmp=False).c_compile_args()
    (['-fopenmp'], [])
    """

    def __init__(self, openmp: bool | None = None) -> None:
        self.openmp = openmp
        self.update_self_openmp()

    def update_self_openmp(self) -> None:
        """Set `openmp` from the flag where it has not been said."""
        if self.openmp is None:
            from theano.base.flag_table import config

            self.openmp = bool(config.openmp)

    def c_compile_args(self) -> list[str]:
        return ["-fopenmp"] if self.openmp else []

    def c_headers(self) -> list[str]:
        return ["<omp.h>"] if self.openmp else []
