"""Where flags come from: in a process of its own, with flags from a file and from the environment."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import theano
from theano import configdefaults, configparser


def test_what_the_user_set(tmp_path):
    (tmp_path / "rc").write_text("[global]\nfloatX = float32\nmode = FAST_RUN\n[DebugMode]\npatience = 3\n")
    code = """
import theano
from theano.configparser import (THEANO_FLAGS, THEANO_FLAGS_DICT, config, config_files, fetch_val_for_key, theano_cfg,
                                 theano_raw_cfg)
print(THEANO_FLAGS, THEANO_FLAGS_DICT["mode"], [p.name for p in config_files], config is theano.config)
print(fetch_val_for_key("mode"), fetch_val_for_key("floatX"), fetch_val_for_key("DebugMode.patience"))
print(fetch_val_for_key("mode", delete_key=True), fetch_val_for_key("mode"))
print(theano_cfg.get("global", "floatX"), theano_raw_cfg.get("DebugMode", "patience"))
try: fetch_val_for_key("device")
except KeyError as error: print(error)
"""
    environment = {**os.environ, "THEANO_FLAGS": "mode=FAST_COMPILE", "THEANORC": str(tmp_path / "rc")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.splitlines() == [
        "mode=FAST_COMPILE FAST_COMPILE ['rc'] True",
        "FAST_COMPILE float32 3",
        "FAST_COMPILE FAST_RUN",
        "float32 3",
        "'device'",
    ]


def test_flags_of_ones_own():
    param = configparser.TypedParam(2, int, lambda n: n > 0, allow_override=False)
    assert param.default == 2 and not param.allow_override and param.filter("3") == 3
    with pytest.raises(ValueError, match="is no value of this flag"):
        param.filter("-1")
    own = configparser.TheanoConfigParser({"depth": "4"})
    for make, default, right, wrong in (
        (configparser.IntParam, 3, "4", "-4"), (configparser.FloatParam, 0.5, "1.5", "-1.5"),
        (configparser.StrParam, "ab", "b", ""), (configparser.BoolParam, True, "1", "0"),
    ):  # fmt: skip
        made = make(default, lambda value: value not in (False, "") and value > type(value)(0), False)
        assert made.filter(right) == type(default)(right) and not made.allow_override
        with pytest.raises(ValueError, match="is no value of this flag"):
            made.filter(wrong)
    depth = configparser.IntParam(3, lambda n: n > 0, False)
    configparser.AddConfigVar("depth", "how deep", depth, own, in_c_key=False)
    configparser.AddConfigVar("width", "", configparser.ConfigParam(2, lambda value: 2 * int(value)), own)
    configparser.AddConfigVar("other", "", configparser.ConfigParam(None), own)
    own.width, own.other = "3", "kept"
    assert (own.depth, own.width, own.other) == (4, 6, "kept")
    with pytest.raises(RuntimeError, match="cannot change"):
        own.depth = 5
    with pytest.warns(UserWarning, match="'odd' in THEANO_FLAGS is ignored"):
        assert configparser.parse_config_string("odd,a=1") == {"a": "1"}
    assert configparser.parse_config_string("odd,a=1", issue_warnings=False) == {"a": "1"}
    before = configparser.get_config_hash()
    with theano.change_flags(floatX="float32"):
        assert configparser.get_config_hash() != before
    assert configparser.get_config_hash() == before and len(before) == 64
    with pytest.warns(configparser.TheanoConfigWarning, match="odd") as said:
        configparser.TheanoConfigWarning.warn("odd")
    assert said[0].filename == __file__


def test_defaults():
    assert [configdefaults.floatX_convert(s) for s in ("16", 32, "float64")] == ["float16", "float32", "float64"]
    with pytest.raises(ValueError, match="floatX must be"):
        configdefaults.floatX_convert("8")
    assert configdefaults.good_seed_param(3) and not configdefaults.good_seed_param(None)
    assert configdefaults.get_home_dir() == os.path.expanduser("~")
    assert configdefaults.local_bitwidth() in (32, 64) and configdefaults.python_int_bitwidth() in (32, 64)
    assert configdefaults.cpuCount() == configdefaults.count == os.cpu_count()
    assert configdefaults.split_version("0.9.10") == (0, 9, 10)
