"""The code of each loop at every stage: loop program, C, LLVM IR, assembly."""

from __future__ import annotations

import re
from typing import Any

from theano.compile.inspect import ccode, executor_of, loop_program
from theano.runtime.jit import assembly

_ASSEMBLY_LABEL = re.compile(r'^"?([A-Za-z_][\w.]*)"?:', re.MULTILINE)
# Directives of the assembler that tell a reader nothing.
_NOISE = re.compile(r"^\s*\.(cfi_|p2align|size|type|section|globl|hidden|file|text|intel|att)|^\.Lfunc_|^\s*#")


def code_data(f: Any) -> dict[str, dict[str, str]]:
    """By the name of a kernel its texts at the stages; "main" is the program that calls them."""
    found: dict[str, dict[str, str]] = {}
    for name, text in _programs(loop_program(f)).items():
        found.setdefault(name, {})["program"] = text
    for name, text in _c_functions(ccode(f)).items():
        if name in found:
            found[name]["c"] = text
    module = executor_of(f).module()
    for function in module.functions:
        if function.name in found:
            found[function.name]["llvm"] = function.text()
    for name, text in _assembly(assembly(module)).items():
        if name in found:
            found[name]["assembly"] = text
    return found


def _programs(text: str) -> dict[str, str]:
    """The functions of a loop program."""
    found = {}
    for part in re.split(r"\n(?=(?:ranged )?kernel |main\n)", text):
        head = re.match(r"(?:ranged )?kernel (\w+)|(main)", part)
        if head:
            found[head[1] or head[2]] = part.rstrip("\n")
    return found


def _c_functions(text: str) -> dict[str, str]:
    found = {}
    for match in re.finditer(r"^(?:static )?\w[\w *]*?\b(\w+)\([^;{]*\)\s*\{.*?^\}", text, re.MULTILINE | re.DOTALL):
        found["main" if match[1] == "theano_function" else match[1]] = match[0]
    return found


def _assembly(text: str) -> dict[str, str]:
    found = {}
    labels = list(_ASSEMBLY_LABEL.finditer(text))
    for k, label in enumerate(labels):
        end = labels[k + 1].start() if k + 1 < len(labels) else len(text)
        lines = [line for line in text[label.start() : end].splitlines() if not _NOISE.match(line)]
        found[label[1]] = "\n".join(lines)
    return found
