"""Flags: typed values read from ``THEANO_FLAGS`` and ``.theanorc``, settable and checked at run time.

Reading a flag is a plain attribute access: values lie in the instance dictionary of their section,
checks happen only when a flag is set.
"""

from __future__ import annotations

import configparser as _ini
import functools
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from theano.base.notebook_form import notebook_form
from theano.base.record import Record, replace
from theano.base.user_warnings import warn_user

# From which ratio of `difflib` on a name is taken for a misspelling of another.
ALIKE = 0.7

F = TypeVar("F", bound=Callable[..., Any])

def closest(name: str, names: Iterable[str]) -> str | None:
    """That of `names` which `name` looks like a misspelling of.

    >>> closest("floatx", ["device", "floatX"]), closest("flaot_x", ["floatX"]), closest("tensor", ["floatX"])
    ('floatX', 'floatX', None)
    """

    def plain(text: str) -> str:
        return text.lower().replace("_", "").replace(".", "")

    by_letters: dict[str, str] = {}
    for other in names:
        by_letters.setdefault(plain(other), other)
    found = get_close_matches(plain(name), by_letters, n=1, cutoff=ALIKE)
    return by_letters[found[0]] if found else None


def _perhaps(name: str, names: Iterable[str]) -> str:
    found = closest(name, names)
    return "" if found is None else f"; did you mean {found!r}?"


class ConfigParam(Record):
    """Description of one flag.

    Parameters
    ----------
    default
        Value (or a function without arguments giving it) when nobody set the flag.
    filter
        Turns a text or a value into what the flag is set to; raises ValueError. Without it, values stay as they are.
    allow_override
        Whether the flag can be set after the import of the package.
    choices
        The values documented for the flag; informative unless `filter` insists on them.
    """

    default: Any
    filter: Callable[[Any], Any] | None = None
    allow_override: bool = True
    choices: tuple[str, ...] = ()
    doc: str = ""


def _parse_bool(value: Any) -> bool:
    if str(value) in ("True", "true", "1"):
        return True
    if str(value) in ("False", "false", "0"):
        return False
    raise ValueError("expected True or False")


def _int_parser(least: int | None) -> Callable[[Any], int]:
    wanted = "expected an integer" if least is None else f"expected an integer of at least {least}"

    def parse(value: Any) -> int:
        try:
            number = int(value)
        except (ValueError, OverflowError):
            raise ValueError(wanted) from None
        if (isinstance(value, float) and value != number) or (least is not None and number < least):
            raise ValueError(wanted)
        return number

    return parse


def _choice_parser(choices: tuple[str, ...]) -> Callable[[Any], str]:
    """A parser for `choices`; one that ends in ``*`` stands for every text that starts so."""
    starts = tuple(choice[:-1] for choice in choices if choice.endswith("*"))

    def parse(value: Any) -> str:
        text = "None" if value is None else value
        if isinstance(text, bool):
            text = str(text)
        if not isinstance(text, str) or not (text in choices or (starts and text.startswith(starts))):
            raise ValueError(f"valid options are {', '.join(choices)}")
        return text

    return parse


def EnumStr(default: str, *options: str, allow_override: bool = True, doc: str = "") -> ConfigParam:
    """A flag that is one of `default` and `options`."""
    choices = (default, *(o for o in options if o != default))
    return ConfigParam(default, _choice_parser(choices), allow_override, choices, doc)


def TypedParam(
    default: Any, mytype: Callable[[Any], Any], is_valid: Callable[[Any], bool] | None = None,
    allow_override: bool = True, choices: tuple[str, ...] = (), doc: str = "",
) -> ConfigParam:  # fmt: skip
    """A flag whose values are converted by `mytype`.

    Parameters
    ----------
    default
        Its value if nobody sets it, or a function without arguments that gives it.
    mytype
        Makes a value of a text.
    is_valid
        A function that tells whether a value is one; all are if it is not given.
    allow_override
        Whether it can be set after the import of the package.
    choices
        Values with a meaning of their own.

    Examples
    --------
    >>> from theano.configparser import TypedParam
    >>> TypedParam(1, int, lambda n: n > 0).filter("3")
    3
    """
    if is_valid is None:
        return ConfigParam(default, mytype, allow_override, choices, doc)

    def checked(value: Any) -> Any:
        found = mytype(value)
        if not is_valid(found):
            raise ValueError(f"{value!r} is no value of this flag")
        return found

    return ConfigParam(default, checked, allow_override, choices, doc)


def BoolParam(
    default: bool | Callable[[], bool], is_valid: Callable[[Any], bool] | None = None, allow_override: bool = True,
    doc: str = "",
) -> ConfigParam:  # fmt: skip
    """A flag that is True (also written ``true``, ``1``) or False (``false``, ``0``); see `TypedParam`."""
    return TypedParam(default, _parse_bool, is_valid, allow_override, ("True", "False"), doc)


def IntParam(
    default: int, is_valid: Callable[[Any], bool] | None = None, allow_override: bool = True, doc: str = "",
    least: int | None = None,
) -> ConfigParam:  # fmt: skip
    """A flag that is an integer, not below `least` if that is given; see `TypedParam`."""
    return TypedParam(default, _int_parser(least), is_valid, allow_override, doc=doc)


def FloatParam(
    default: float, is_valid: Callable[[Any], bool] | None = None, allow_override: bool = True, doc: str = ""
) -> ConfigParam:
    """A flag that is a float; see `TypedParam`."""
    return TypedParam(default, float, is_valid, allow_override, doc=doc)


def StrParam(
    default: str | Callable[[], str], is_valid: Callable[[Any], bool] | None = None, allow_override: bool = True,
    choices: tuple[str, ...] = (), doc: str = "",
) -> ConfigParam:  # fmt: skip
    """A flag that is any text; `choices` are those with a meaning of their own. See `TypedParam`."""
    return TypedParam(default, str, is_valid, allow_override, choices, doc)


class ConfigSection:
    """A group of flags such as ``config.traceback``; also the base of the whole configuration."""

    _prefix: str
    _params: dict[str, ConfigParam]

    def __init__(self, prefix: str = "") -> None:
        self.__dict__["_prefix"] = prefix
        self.__dict__["_params"] = {}

    def __getattr__(self, name: str) -> Any:  # only reached when there is no such flag
        section, leaf = self._section_of(name)
        if section is not self:
            return getattr(section, leaf)
        prefix = self.__dict__.get("_prefix", "")  # not there yet in a copy that is being made
        names = self.__dict__.get("_params", {})
        raise AttributeError(f"there is no configuration variable {prefix + name!r}{_perhaps(name, names)}")

    def _section_of(self, name: str) -> tuple[ConfigSection, str]:
        """Section and flag of a name like ``gcc__cxxflags``: what later versions of Theano called ``gcc.cxxflags``."""
        first, dots, rest = name.partition("__")
        section = self.__dict__.get(first) if dots else None
        return section._section_of(rest) if isinstance(section, ConfigSection) else (self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        param = self._params.get(name)
        if param is None:
            section, leaf = self._section_of(name)
            if section is self:
                self._set_unknown(name, value)
            else:
                setattr(section, leaf, value)
            return
        checked = parse_flag(self._prefix + name, param, value)
        if not param.allow_override and checked != self.__dict__[name]:
            raise RuntimeError(
                f"the configuration variable {self._prefix + name!r} cannot change once theano is imported; "
                f"set it in THEANO_FLAGS"
            )
        self.__dict__[name] = checked

    def _set_unknown(self, name: str, value: Any) -> None:
        if isinstance(self.__dict__.get(name), ConfigSection):
            raise AttributeError(f"{self._prefix + name!r} is a section of flags, not a flag")
        warn_user(
            f"there is no configuration variable {self._prefix + name!r}: setting it has no effect"
            f"{_perhaps(name, self._params)}"
        )
        self.__dict__[name] = value


def parse_flag(name: str, param: ConfigParam, value: Any) -> Any:
    """`value` as flag `name` stores it; ValueError if it is none of the flag's values."""
    try:
        return value if param.filter is None else param.filter(value)
    except (ValueError, TypeError, OverflowError) as error:
        raise ValueError(f'Invalid value ("{value}") for configuration variable "{name}": {error}') from None


class TheanoConfigParser(ConfigSection):
    """All flags, as attributes.

    Examples
    --------
    >>> import theano
    >>> theano.config.floatX
    'float64'
    >>> with theano.config.change_flags(floatX="float32"):
    ...     theano.config.floatX
    'float32'
    """

    def __init__(self, given: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self.__dict__["_given"] = {_dotted(name): value for name, value in (given or {}).items()}

    def add(self, name: str, param: ConfigParam) -> None:
        """Add flag `name` (dotted for one in a section), with the user's value if one was given."""
        section, leaf = self._locate(name, create=True)
        if leaf in section._params:
            raise AttributeError(f"the configuration variable {name!r} exists already")
        if name in self._given:
            try:
                value = parse_flag(name, param, self._given[name])
            except ValueError as error:
                raise ValueError(f"{error}{_given_where(name)}") from None
        else:
            value = param.default() if callable(param.default) else param.default
        section._params[leaf] = param
        section.__dict__[leaf] = value

    def _locate(self, name: str, create: bool = False) -> tuple[ConfigSection, str]:
        section: ConfigSection = self
        *parents, leaf = _dotted(name).split(".")
        for parent in parents:
            if create and parent not in section.__dict__:
                section.__dict__[parent] = ConfigSection(f"{section._prefix}{parent}.")
            section = section.__dict__[parent]
        return section, leaf

    def has_flag(self, name: str) -> bool:
        """Whether there is a flag with this dotted name."""
        try:
            section, leaf = self._locate(name)
        except KeyError:
            return False
        return leaf in section._params

    def get_flag(self, name: str) -> Any:
        """The value of the flag with this dotted name."""
        section, leaf = self._locate(name)
        return section.__dict__[leaf]

    def set_flag(self, name: str, value: Any) -> None:
        """Set the flag with this dotted name."""
        section, leaf = self._locate(name)
        setattr(section, leaf, value)

    def flags(self) -> Iterator[tuple[str, ConfigParam, Any]]:
        """Dotted name, description and value of each flag."""
        sections: list[ConfigSection] = [self]
        while sections:
            section = sections.pop(0)
            for leaf, param in section._params.items():
                yield section._prefix + leaf, param, section.__dict__[leaf]
            sections.extend(s for s in section.__dict__.values() if isinstance(s, ConfigSection))

    def changed(self) -> Iterator[tuple[str, Any]]:
        """Name and value of each flag that is not as it would be if nobody had set it, wherever it was set."""
        for name, param, value in self.flags():
            if value != (param.default() if callable(param.default) else param.default):
                yield name, value

    def give(self, given: Mapping[str, str]) -> None:
        """Set flags that the user gives once they are made; one that is added later gets its value then."""
        self._given.update({_dotted(name): value for name, value in given.items()})
        for name, value in given.items():
            if self.has_flag(name):
                self.set_flag(name, value)
        self.warn_of_misspelt()

    def warn_of_misspelt(self) -> None:
        """Warn of flags of the user that look like misspelt ones; others may be added later, by `AddConfigVar`."""
        names = [name for name, _, _ in self.flags()]
        for given in self._given:
            if not self.has_flag(given):
                found = closest(given, names)
                if found is not None:
                    warn_user(f"there is no configuration variable {given!r}, it is ignored; did you mean {found!r}?")

    def __reduce__(self) -> Any:
        """There is one configuration in a process: who has it in a pickle finds that of the process that reads it."""
        return (_default_config, ()) if self is _default_config() else super().__reduce__()

    def change_flags(self, *args: Any, **kwargs: Any) -> change_flags:
        """The context manager `change_flags`, for this configuration."""
        return change_flags(*args, **kwargs, _config=self)

    def __str__(self) -> str:
        lines = []
        for name, param, value in self.flags():
            choices = f" ({', '.join(param.choices)})" if param.choices else ""
            lines.append(f"{name}{choices}\n    Doc:   {param.doc or '-'}\n    Value: {value}\n")
        return "\n".join(lines)

    _repr_html_ = notebook_form


class change_flags:
    """Change flags for the length of a ``with`` block or of a function.

    Parameters
    ----------
    args
        A dict (or pairs) of dotted names and values; needed for flags in sections.
    **kwargs
        Flags without a section.

    Examples
    --------
    >>> import theano
    >>> from theano.configparser import change_flags
    >>> with change_flags({"traceback.limit": 2}, floatX="float32"):
    ...     theano.config.traceback.limit
    2
    >>> @change_flags(compute_test_value="off")
    ... def build(): ...
    """

    def __init__(self, args: Any = (), *, _config: TheanoConfigParser | None = None, **kwargs: Any) -> None:
        self._config = _config if _config is not None else _default_config()
        self._values: dict[str, Any] = {**dict(args), **kwargs}
        for name in self._values:
            if not self._config.has_flag(name):  # an AssertionError in Theano, too
                names = [known for known, _, _ in self._config.flags()]
                raise AssertionError(f"there is no configuration variable {name!r}{_perhaps(name, names)}")
        self._saved: list[dict[str, Any]] = []

    def __enter__(self) -> change_flags:
        self._saved.append({name: self._config.get_flag(name) for name in self._values})
        try:
            for name, value in self._values.items():
                self._config.set_flag(name, value)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exc_info: Any) -> None:
        if self._saved:  # leaving twice does no harm
            for name, value in self._saved.pop().items():
                self._config.set_flag(name, value)

    def __call__(self, function: F) -> F:
        @functools.wraps(function)
        def with_flags(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)

        return with_flags  # type: ignore[return-value]


_configs: list[TheanoConfigParser] = []  # the one of configdefaults, which puts itself here


def _default_config() -> TheanoConfigParser:
    return _configs[0]


def AddConfigVar(
    name: str, doc: str, configparam: ConfigParam, root: Any = None, in_c_key: bool = True
) -> None:
    """Add a flag of one's own to ``theano.config`` (`in_c_key` is accepted for old programs)."""
    target = root if root is not None else _default_config()
    target.add(name, replace(configparam, doc=doc))


class ConfigVar:
    """One flag of a configuration, with its name: what older programs find in ``configparser._config_var_list``.

    ``__get__`` and ``__set__`` read and set the flag, whatever owner they are given.

    Examples
    --------
    >>> import theano
    >>> {v.fullname: v for v in theano.configparser._config_var_list}["floatX"].__get__(None, None)
    'float64'
    """

    def __init__(self, config: TheanoConfigParser, fullname: str, param: ConfigParam) -> None:
        self._config = config
        self.fullname = fullname
        self.doc = param.doc
        self.default = param.default
        self.allow_override = param.allow_override

    def __get__(self, owner: Any, kind: Any = None) -> Any:
        return self._config.get_flag(self.fullname)

    def __set__(self, owner: Any, value: Any) -> None:
        self._config.set_flag(self.fullname, value)


def __getattr__(name: str) -> Any:
    if name == "_config_var_list":
        config = _default_config()
        return [ConfigVar(config, flag, param) for flag, param, _ in config.flags()]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _dotted(name: str) -> str:
    return name.replace("__", ".")


def parse_config_string(config_string: str, issue_warnings: bool = True) -> dict[str, str]:
    """The flags of a text like ``floatX=float32,traceback.limit=3``; the last one wins.

    Parts that are not of this form have no effect, which is warned of with `issue_warnings`.

    Examples
    --------
    >>> parse_config_string("floatX=float32,mode=FAST_RUN")
    {'floatX': 'float32', 'mode': 'FAST_RUN'}
    """
    found: dict[str, str] = {}
    for item in config_string.split(","):
        key, equals, value = item.strip().partition("=")
        if equals and key == key.strip() and value == value.strip():
            found.pop(key, None)
            found[key] = value
        elif item.strip() and issue_warnings:
            warn_user(f"{item.strip()!r} in THEANO_FLAGS is ignored: write name=value, without spaces around =")
    return found


def config_files_from_theanorc() -> list[Path]:
    """The ``.theanorc`` files to read: those of ``THEANORC``, else ``~/.theanorc``; later ones win."""
    paths = os.environ.get("THEANORC", "~/.theanorc").split(os.pathsep)
    return [Path(os.path.expanduser(os.path.expandvars(path))) for path in paths if path]  # "~" stays: there is no home


def read_theanorc(paths: list[Path]) -> dict[str, str]:
    """The flags of INI files, section ``[global]`` holding those without a dot.

    Raises
    ------
    ValueError
        A file is not in UTF-8, or no INI file.
    """
    parser = _ini.RawConfigParser()
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # names keep their case
    for path in paths:
        try:
            parser.read(str(path), encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise ValueError(f"{path} is not in UTF-8 ({error}): save it in this encoding, or remove it") from None
        except _ini.MissingSectionHeaderError as error:
            raise ValueError(
                f"{path}, line {error.lineno}: {error.line.strip()!r} is in no section: write [global] in the line "
                "above the first flag (flags with a dot, as cache.dir, are dir in a section [cache])"
            ) from None
        except _ini.DuplicateOptionError as error:
            raise ValueError(
                f"{path}, line {error.lineno}: {error.option} is set in a line above, too: keep one of both"
            ) from None
        except _ini.DuplicateSectionError as error:
            raise ValueError(
                f"{path}, line {error.lineno}: there is a section [{error.section}] above: put its flags together"
            ) from None
        except _ini.Error as error:
            said = " ".join(error.message.split())
            raise ValueError(f"{path} can't be read ({said}): a line is name = value") from None
    return {
        key if section == "global" else f"{section}.{key}": value
        for section in parser.sections()
        for key, value in parser.items(section)
    }


def _given_where(name: str) -> str:
    """Where the user gave a flag the value that it has: the text of an error."""
    flags = parse_config_string(os.environ.get("THEANO_FLAGS", ""), issue_warnings=False)
    if name in map(_dotted, flags):
        return ", given in THEANO_FLAGS"
    for path in reversed(config_files_from_theanorc()):
        flags = {_dotted(key): value for key, value in read_theanorc([path]).items()}
        if name in flags:
            plain = not set("\"'#;") & set(flags[name])
            hint = "" if plain else ": write it without quotes, and comments in lines of their own"
            return f", given in {path}{hint}"
    return ""


def flags_of_user() -> dict[str, str]:
    """What the user set, in ``.theanorc`` files and, winning over them, in ``THEANO_FLAGS``."""
    given = parse_config_string(os.environ.get("THEANO_FLAGS", ""))
    return {**read_theanorc(config_files_from_theanorc()), **given}
