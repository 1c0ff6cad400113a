"""Parameters of ops that are one of some named constants, in Python and in C code."""

from __future__ import annotations

import re
from typing import Any

from theano.graph.type import Type

__all__ = ["CEnumType", "EnumList", "EnumType"]

_NAME = re.compile(r"[A-Z][A-Z0-9_]*")


class EnumType(Type, dict[str, Any]):
    """The type of a parameter that is one of some constants.

    The constants are attributes in Python and macros in C code.

    Parameters
    ----------
    **kwargs
        Names (capital letters, digits, underscores) and numbers; a pair ``("alias", number)`` gives a constant a second
        name. `ctype` is the C type of the parameter (default ``"double"``), `cname` a name for this type.

    Raises
    ------
    TypeError
        A value is no number.
    ValueError
        A name is not written in capital letters, or an alias is there twice.

    Examples
    --------
    >>> from theano.gof import EnumType
    >>> colours = EnumType(RED=("red", 1), BLUE=2.5, ctype="double")
    >>> colours.RED, colours.fromalias("red"), colours.filter("BLUE")
    (1, 1, 2.5)
    """

    __props__ = None

    def __init__(self, **kwargs: Any) -> None:
        ctype = kwargs.pop("ctype", "double")
        cname = kwargs.pop("cname", None)
        aliases: dict[str, str] = {}
        constants: dict[str, Any] = {}
        for name, value in kwargs.items():
            if isinstance(value, tuple | list):
                alias, value = value if isinstance(value[0], str) else reversed(value)
                if alias in aliases or alias in kwargs:
                    raise ValueError(f"{type(self).__name__}: {alias!r} is there twice")
                aliases[alias] = name
            if not _NAME.fullmatch(name):
                raise ValueError(
                    f"{type(self).__name__}: a constant is named by capital letters, digits and underscores: {name!r}"
                )
            if isinstance(value, bool):
                value = int(value)
            if not isinstance(value, int | float):
                raise TypeError(f"{type(self).__name__}: constant {name} is no number: {value!r}")
            constants[name] = value
        dict.__init__(self, constants)
        object.__setattr__(self, "ctype", ctype)
        object.__setattr__(self, "cname", cname)
        object.__setattr__(self, "aliases", aliases)

    def __getattr__(self, key: str) -> Any:
        if key in self:
            return self[key]
        raise AttributeError(key)

    def __setattr__(self, key: str, value: Any) -> None:
        raise NotImplementedError(f"the constants of an {type(self).__name__} stay as they are")

    def __setitem__(self, key: str, value: Any) -> None:
        raise NotImplementedError(f"the constants of an {type(self).__name__} stay as they are")

    def __delitem__(self, key: str) -> None:
        raise NotImplementedError(f"the constants of an {type(self).__name__} stay as they are")

    def _identity(self) -> Any:
        return type(self), self.ctype, tuple(sorted(self.items())), tuple(sorted(self.aliases.items()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EnumType) and self._identity() == other._identity()

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(self._identity())

    def __reduce__(self) -> Any:
        named = {constant: alias for alias, constant in self.aliases.items()}
        values = {name: (named[name], value) if name in named else value for name, value in self.items()}
        return _remade, (type(self), values, self.ctype, self.cname)

    def __repr__(self) -> str:
        names = {constant: alias for alias, constant in self.aliases.items()}
        shown = ", ".join(f"{k}{f' ({names[k]!r})' if k in names else ''}:{v}" for k, v in sorted(self.items()))
        return f"{self.cname or type(self).__name__}<{self.ctype}>({shown})"

    __str__ = __repr__

    def fromalias(self, alias: str) -> Any:
        """The constant that has a name or an alias."""
        return self[self.aliases.get(alias, alias)]

    def has_alias(self, alias: str) -> bool:
        """Whether a constant has this alias."""
        return alias in self.aliases

    def get_aliases(self) -> tuple[str, ...]:
        """All aliases, sorted."""
        return tuple(sorted(self.aliases))

    def filter(self, data: Any, strict: bool = False, allow_downcast: bool | None = None) -> Any:
        if isinstance(data, str) and not strict:
            if data not in self and data not in self.aliases:
                raise TypeError(f"{self!r} has no constant {data!r}")
            return self.fromalias(data)
        if isinstance(data, bool) and not strict:
            data = int(data)
        if data not in self.values():
            raise TypeError(f"{data!r} is no constant of {self!r}")
        return data

    def values_eq(self, a: Any, b: Any) -> bool:
        return bool(a == b)

    values_eq_approx = values_eq

    # -- C code --------------------------------------------------------------------------------------------
    def c_support_code(self) -> str:
        """The constants as macros."""
        return "".join(f"#undef {k}\n#define {k} {v!r}\n" for k, v in sorted(self.items()))

    def c_to_string(self) -> str:
        """A C function that tells a constant's name: ``theano_enum_to_string_<cname>(value, text)``."""
        cases = "".join(
            f'if (value == ({self.ctype})({k})) {{ strcpy(out, "{k}"); return 0; }}\n' for k in sorted(self)
        )
        return f"""
#include <string.h>
static int theano_enum_to_string_{self.cname or "enum"}({self.ctype} value, char *out) {{
{cases}PyErr_SetString(PyExc_ValueError, "unknown enum value");
return -1;
}}
"""

    def c_declare(self, name: str, sub: dict[str, str], check_input: bool = True) -> str:
        return f"{self.ctype} {name};"

    def c_init(self, name: str, sub: dict[str, str]) -> str:
        return f"{name} = 0;"

    def c_extract(self, name: str, sub: dict[str, str], check_input: bool = True) -> str:
        real = any(word in self.ctype for word in ("float", "double"))
        convert = "PyFloat_AsDouble" if real else "PyLong_AsLongLong"
        return f"{name} = ({self.ctype}){convert}(py_{name}); if (PyErr_Occurred()) {sub['fail']}"

    def c_cleanup(self, name: str, sub: dict[str, str]) -> str:
        return ""


def _remade(cls: Any, values: dict[str, Any], ctype: str, cname: str | None) -> EnumType:
    if issubclass(cls, EnumList):
        ordered = sorted(values, key=lambda name: values[name][1] if isinstance(values[name], tuple) else values[name])
        listed = [(n, values[n][0]) if isinstance(values[n], tuple) else n for n in ordered]
        return cls(*listed, ctype=ctype, cname=cname)
    return cls(**values, ctype=ctype, cname=cname)


class EnumList(EnumType):
    """Constants that are numbered from 0, in the order given.

    Parameters
    ----------
    *args
        Names, or pairs ``("NAME", "alias")``.
    **kwargs
        `ctype` (default ``"int"``) and `cname`, see `EnumType`.

    Examples
    --------
    >>> from theano.gof import EnumList
    >>> modes = EnumList("VALID", ("FULL", "full"))
    >>> modes.FULL, modes.filter("full")
    (1, 1)
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        values: dict[str, Any] = {}
        for number, entry in enumerate(args):
            name, alias = entry if isinstance(entry, tuple | list) else (entry, None)
            if not isinstance(name, str):
                raise TypeError(f"{type(self).__name__}: a constant is a name, or a pair of name and alias: {entry!r}")
            if name in values:
                raise ValueError(f"{type(self).__name__}: {name!r} is there twice")
            values[name] = number if alias is None else (alias, number)
        super().__init__(**values, ctype=kwargs.pop("ctype", "int"), cname=kwargs.pop("cname", None), **kwargs)


class CEnumType(EnumList):
    """Constants that C headers define: numbers from 0 in Python, the values of the headers in C code.

    The op or a type must name the headers (`c_headers`). Parameters are those of `EnumList`.

    Examples
    --------
    >>> from theano.gof import CEnumType
    >>> CEnumType("RAND_MAX", ("EOF", "end")).filter("end")
    1
    """

    def c_support_code(self) -> str:
        """Nothing: headers define the constants."""
        return ""

    def c_extract(self, name: str, sub: dict[str, str], check_input: bool = True) -> str:
        cases = "".join(f"case {v}: {name} = ({self.ctype})({k}); break;\n" for k, v in sorted(self.items()))
        return f"""switch (PyLong_AsLong(py_{name})) {{
            {cases}default: PyErr_SetString(PyExc_ValueError, "no such constant"); {sub["fail"]}
        }}"""
