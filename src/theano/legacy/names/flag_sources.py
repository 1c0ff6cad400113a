"""Where flags come from, under the names of ``theano.configparser`` and ``theano.configdefaults``."""

from __future__ import annotations

import configparser
import hashlib
import os
import struct
import warnings
from typing import Any

from theano.base.flag_table import config
from theano.base.flags import config_files_from_theanorc, parse_config_string, read_theanorc

__all__ = [
    "THEANO_FLAGS", "THEANO_FLAGS_DICT", "TheanoConfigWarning", "config_files", "count", "cpuCount",
    "fetch_val_for_key", "floatX_convert", "get_config_hash", "get_home_dir", "good_seed_param", "local_bitwidth",
    "python_int_bitwidth", "split_version", "theano_cfg", "theano_raw_cfg",
]  # fmt: skip

THEANO_FLAGS = os.getenv("THEANO_FLAGS", "")
THEANO_FLAGS_DICT = parse_config_string(THEANO_FLAGS, issue_warnings=False)  # they were, at import
config_files = config_files_from_theanorc()


def _files(kind: type[configparser.RawConfigParser]) -> configparser.RawConfigParser:
    found = kind()
    found.read(config_files, encoding="utf-8-sig")
    return found


theano_cfg = _files(configparser.ConfigParser)
theano_raw_cfg = _files(configparser.RawConfigParser)


class TheanoConfigWarning(Warning):
    """A warning about flags."""

    @classmethod
    def warn(cls, message: str, stacklevel: int = 0) -> None:
        """Warn at the caller's line, or `stacklevel` calls above."""
        warnings.warn(message, cls, stacklevel=stacklevel + 2)


def fetch_val_for_key(key: str, delete_key: bool = False) -> str:
    """What the user set a flag to: in ``THEANO_FLAGS``, or else in ``.theanorc`` files.

    Parameters
    ----------
    key
        Name of the flag.
    delete_key
        Forget what ``THEANO_FLAGS`` says, so that what nobody asked for is left.

    Raises
    ------
    KeyError
        The user did not set it.
    """
    if key in THEANO_FLAGS_DICT:
        return THEANO_FLAGS_DICT.pop(key) if delete_key else THEANO_FLAGS_DICT[key]
    return read_theanorc(config_files)[key]


def get_config_hash() -> str:
    """A digest of all flags: other flags, another digest.

    >>> from theano.configparser import get_config_hash
    >>> before = get_config_hash()
    >>> with theano.change_flags(floatX="float32"):
    ...     get_config_hash() == before
    False
    """
    text = "\n".join(f"{name}={value}" for name, _, value in sorted(config.flags(), key=lambda flag: flag[0]))
    return hashlib.sha256(text.encode()).hexdigest()


def floatX_convert(s: Any) -> str:
    """The dtype that a width in bits stands for.

    Raises
    ------
    ValueError
        Neither a width nor a dtype of floats.

    Examples
    --------
    >>> from theano.configdefaults import floatX_convert
    >>> floatX_convert("32"), floatX_convert("float64")
    ('float32', 'float64')
    """
    found = f"float{s}" if str(s).isdigit() else str(s)
    if found not in ("float16", "float32", "float64"):
        raise ValueError(f"floatX must be float16, float32 or float64, not {s!r}")
    return found


def good_seed_param(seed: Any) -> bool:
    """Whether ``unittests.rseed`` may be set to this: a whole number, or ``random``.

    >>> from theano.configdefaults import good_seed_param
    >>> good_seed_param("random"), good_seed_param("7"), good_seed_param("many")
    (True, True, False)
    """
    try:
        return seed == "random" or int(seed) is not None
    except (TypeError, ValueError):
        return False


def get_home_dir() -> str:
    """The folder of the user."""
    return os.path.expanduser("~")


def local_bitwidth() -> int:
    """Bits of an address: 64, or 32."""
    return 8 * struct.calcsize("P")


def python_int_bitwidth() -> int:
    """Bits of the ``long`` of C."""
    return 8 * struct.calcsize("l")


def cpuCount() -> int:
    """Number of processors, -1 if it is not known."""
    return os.cpu_count() or -1


count = cpuCount()


def split_version(version: str) -> tuple[int, ...]:
    """The numbers of a version.

    >>> from theano.configdefaults import split_version
    >>> split_version("1.0.5")
    (1, 0, 5)
    """
    return tuple(map(int, version.split(".")))
