"""How each primitive is spelled in C: literals, operators, and helpers where C leaves something open."""

from __future__ import annotations

import math
import re

from theano.loops import expr as ex
from theano.loops.expr import Expr

TYPE = {
    "bool": "bool", "f16": "_Float16", "f32": "float", "f64": "double", "c64": "float _Complex",
    "c128": "double _Complex", "ptr": "char *",
    **{t: f"int{t[1:]}_t" for t in ex.SIGNED}, **{t: f"uint{t[1:]}_t" for t in ex.UNSIGNED},
}  # fmt: skip
MEMORY = {**TYPE, "bool": "uint8_t"}  # any byte but 0 is true
INFIX = {
    "add": "+", "sub": "-", "mul": "*", "div": "/", "idiv": "/", "irem": "%", "and": "&", "or": "|",
    "xor": "^", "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=",
}  # fmt: skip
BOOL_INFIX = {**INFIX, "and": "&&", "or": "||", "xor": "!="}
MATH = {
    "abs": "fabs", "sqrt": "sqrt", "floor": "floor", "ceil": "ceil", "trunc": "trunc", "rint": "rint",
    "copysign": "copysign", "frem": "fmod", "fma": "fma",
}  # fmt: skip
# Integer operations where C has undefined overflow, promotion or signs: body over a, b; U is the unsigned
# type, S the signed one, T the type itself. Arithmetic modulo 2**64 is right for every narrower type, too.
HELPERS = {
    "add": "(T)((uint64_t)a + (uint64_t)b)",
    "sub": "(T)((uint64_t)a - (uint64_t)b)",
    "mul": "(T)((uint64_t)a * (uint64_t)b)",
    "neg": "(T)(0 - (uint64_t)a)",
    "abs": "a < 0 ? (T)(0 - (uint64_t)a) : a",
    "not": "(T)~a",
    "shl": "(T)((uint64_t)a << b)",
    "lshr": "(T)((U)a >> b)",
    "ashr": "(T)((S)a >> b)",
}
# Longer decimals are written in hexadecimal.
DECIMAL = 8
# [-] [(type)] name or number [index without operators]
_SIMPLE = re.compile(r"-?(\(\w+\))?[\w.]+(p[+-]\w+|e[+-]\w+)?(\[\w+\])?")


def literal(node: Expr) -> str:
    """A constant; floats are exact (hexadecimal where decimals would be long)."""
    value, type_ = node.value, node.type
    if type_ == "bool":
        return "true" if value else "false"
    if type_ in ex.FLOATS:
        return float_literal(float(value), type_)
    assert isinstance(value, int)
    bits = 8 * ex.ITEMSIZE[type_]
    if type_ in ex.UNSIGNED:
        return f"UINT64_C({value})" if type_ == "u64" else f"{value}u"
    return f"INT{bits}_MIN" if value == -(1 << (bits - 1)) else str(value)


def float_literal(value: float, type_: str) -> str:
    if math.isnan(value):
        return "-NAN" if math.copysign(1.0, value) < 0 else "NAN"
    if math.isinf(value):
        return "INFINITY" if value > 0 else "-INFINITY"
    text = repr(value)
    if len(text) > DECIMAL:
        text = re.sub(r"\.?0*p", "p", value.hex())
    return text + ("f" if type_ == "f32" else "")


def tight(text: str) -> str:
    """An operand: in parentheses unless it is a name, number or element, a cast of one, or one call."""
    if _SIMPLE.fullmatch(text) or _one_call(text):
        return text
    return f"({text})"


def _one_call(text: str) -> bool:
    start = re.match(r"\w+\(", text)
    if start is None:
        return False
    depth = 0
    for k, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if char == ")" and not depth:
            return k == len(text) - 1
    return False


def operation(node: Expr, args: list[str], helpers: set[str], fma: bool, plain: bool) -> str:
    """An operation on C operands; the helpers it needs are added to `helpers`.

    `plain` is for lengths and addresses, which do not overflow: they are written with operators.
    """
    op, type_ = node.op, node.args[0].type
    if op in ("select", "rare"):
        return " ".join((tight(args[0]), "?", tight(args[1]), ":", tight(args[2])))
    if op in ("cast", "bitcast"):
        return _conversion(node, type_, args[0], helpers)
    if type_ in ex.FLOATS:
        if op == "neg":
            return f"-({args[0]})" if args[0].startswith("-") else f"-{tight(args[0])}"
        if op == "scale":
            helpers.add(f"scale_{type_}")
            return f"scale_{type_}({', '.join(args)})"
        if op == "half":
            return f"(float)(_Float16){tight(args[0])}"
        if op == "fma" and not fma:
            return f"{tight(args[0])} * {tight(args[1])} + {tight(args[2])}"
        if op in MATH:
            return f"{MATH[op]}{'f' if type_ == 'f32' else ''}({', '.join(args)})"
    elif type_ == "bool":
        if op == "not":
            return f"!{tight(args[0])}"
        return f"{tight(args[0])} {BOOL_INFIX[op]} {tight(args[1])}"
    elif op in HELPERS and not (plain and type_ == "i64" and op in INFIX):
        helpers.add(f"{op}_{type_}")
        return f"{op}_{type_}({', '.join(args)})"
    return f"{tight(args[0])} {INFIX[op]} {tight(args[1])}"


def _conversion(node: Expr, source: str, arg: str, helpers: set[str]) -> str:
    target = node.type
    if node.op == "bitcast":
        helper = f"bits_{target}_{source}"
    elif source in ex.FLOATS and target in ex.INTS:
        helper = f"to_{target}"
    else:
        return f"({TYPE[target]}){tight(arg)}"
    helpers.add(helper)
    return f"{helper}({arg})"


def helper_text(helper: str) -> str:
    """The definition of a helper function."""
    kind, _, type_ = helper.partition("_")
    if kind == "bits":
        target, source = (TYPE[t] for t in type_.split("_"))
        return (
            f"static inline {target} {helper}({source} a) "
            f"{{ {target} r; memcpy(&r, &a, sizeof r); return r; }}"
        )
    name = TYPE[type_]
    if kind == "scale":
        end, magic = "f" if type_ == "f32" else "", float_literal(ex.MAGIC[type_], type_)
        return (
            f"static inline {name} {helper}({name} a, {name} t) "
            f"{{ return t == t ? ldexp{end}(a, (int)(t - {magic})) : t; }}"
        )
    if kind == "to":
        low, high = _range(type_)
        return f"static inline {name} {helper}(double a) {{ return {low} && a < {high} ? ({name})a : 0; }}"
    bits = 8 * ex.ITEMSIZE[type_]
    body = re.sub(r"\(U\)", f"(uint{bits}_t)", re.sub(r"\(S\)", f"(int{bits}_t)", HELPERS[kind]))
    second = "" if kind in ("neg", "abs", "not") else f", {name} b"
    return f"static inline {name} {helper}({name} a{second}) {{ return {body.replace('(T)', f'({name})')}; }}"


def _range(type_: str) -> tuple[str, str]:
    """When a double `a` truncates to an integer type: a test from below, the (excluded) upper bound."""
    bits = 8 * ex.ITEMSIZE[type_]
    if type_ in ex.UNSIGNED:
        return "a > -1.0", f"0x1p{bits}"
    # below 64 bits also what lies less than one under the minimum truncates to it
    low = f"a > -0x1p{bits - 1} - 1.0" if bits < 64 else "a >= -0x1p63"
    return low, f"0x1p{bits - 1}"
