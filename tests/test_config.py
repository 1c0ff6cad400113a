"""Flags: parsing, validation, files, changing them for a while."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from theano.configdefaults import ACCEPTED, FLAGS
from theano.configparser import (
    AddConfigVar,
    BoolParam,
    EnumStr,
    IntParam,
    TheanoConfigParser,
    change_flags,
    closest,
    flags_of_user,
    parse_config_string,
    read_theanorc,
)

import theano
import theano.tensor as T
from tests.names_left_out import table

config = theano.config


def run(code: str, **environment: str) -> str:
    env = {**os.environ, "THEANORC": os.devnull, **environment}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else done.stderr.strip().splitlines()[-1]


SHOW = "from theano.configdefaults import config; print(config.floatX, config.traceback.limit)"


def test_every_flag_has_its_default_and_keeps_it():
    for name, param in (FLAGS | ACCEPTED).items():
        default = param.default() if callable(param.default) else param.default
        assert param.filter(default) == default, name
        assert config.has_flag(name)


def test_flags_of_theano_are_there():
    names = {row["flag"] for row in table("theano_flags")}
    assert len(names) > 100 and names <= set(FLAGS | ACCEPTED)


@pytest.mark.parametrize(
    ("name", "good", "stored", "bad"),
    [
        ("floatX", "float32", "float32", "float128"),
        ("allow_gc", "0", False, "yes"),
        ("allow_gc", True, True, 2),
        ("traceback.limit", "3", 3, "three"),
        ("traceback.limit", 3, 3, 3.5),
        ("optimizer", None, "None", "o5"),
        ("cast_policy", "numpy+floatX", "numpy+floatX", "numpy"),
        ("isa", "avx2", "avx2", "sse"),
        ("cache.max_mb", "0", 0, -5),
        ("DebugMode.patience", 1, 1, "0"),
        ("openmp_elemwise_minsize", 0, 0, "1e3"),
        ("optdb.max_use_ratio", 5, 5.0, "x"),
        ("NanGuardMode.action", "warn", "warn", 1),
    ],
)
def test_setting(name, good, stored, bad):
    with change_flags({name: config.get_flag(name)}):
        config.set_flag(name, good)
        assert config.get_flag(name) == stored and type(config.get_flag(name)) is type(stored)
        with pytest.raises(ValueError, match=r'Invalid value \(".*"\) for configuration variable'):
            config.set_flag(name, bad)
        assert config.get_flag(name) == stored


def test_unknown_and_fixed_flags():
    with pytest.raises(AttributeError, match="'flaotX'"):
        config.flaotX  # noqa: B018
    with pytest.raises(AttributeError, match="'traceback.depth'"):
        config.traceback.depth  # noqa: B018
    with pytest.warns(UserWarning, match="no effect"):
        config.flaotX = "float32"
    del config.__dict__["flaotX"]
    with pytest.raises(RuntimeError, match="THEANO_FLAGS"):
        config.device = "cuda0"
    config.device = "cpu"
    for wrong in ("floatx", "flaotX", "float_x"):
        with pytest.raises(AttributeError, match="did you mean 'floatX'"):
            getattr(config, wrong)
    with pytest.raises(AttributeError, match="'traceback.limt'; did you mean 'limit'"):
        config.traceback.limt  # noqa: B018
    with pytest.raises(AssertionError, match="did you mean 'floatX'"):
        change_flags(floatx="float32")
    with pytest.raises(AttributeError, match="section"):
        config.traceback = 3


def test_change_flags():
    assert config.floatX == "float64"
    with change_flags({"traceback.limit": 2}, floatX="float32") as manager:
        assert (config.floatX, config.traceback.limit) == ("float32", 2)
        with manager:  # may be entered again
            config.floatX = "float16"
        assert config.floatX == "float32"
    assert (config.floatX, config.traceback.limit) == ("float64", 8)

    @config.change_flags(floatX="float16")
    def inside(a, b=1):
        """Documented."""
        return config.floatX, a, b

    assert inside(3, b=4) == ("float16", 3, 4) and inside.__doc__ == "Documented."
    with pytest.raises(AssertionError, match="no configuration variable"):
        change_flags(flaotX="float32")
    with pytest.raises(ValueError, match="Invalid value"), change_flags(floatX="float32", mode=None, isa="x"):
        pass
    assert config.floatX == "float64"
    with pytest.raises(ZeroDivisionError), change_flags(floatX="float32"):
        1 / 0  # noqa: B018
    assert config.floatX == "float64"

    manager = change_flags(floatX="float32")
    for _ in range(2):  # as often as one likes, and left once too often
        assert manager.__enter__() is manager and config.floatX == "float32"
        manager.__exit__(None, None, None)
        assert config.floatX == "float64"
        manager.__exit__(None, None, None)
        assert config.floatX == "float64"


def test_flag_texts():
    assert parse_config_string("floatX=float32,traceback.limit=3,floatX=float16") == {
        "traceback.limit": "3",
        "floatX": "float16",
    }
    assert parse_config_string("floatX =float32,mode= FAST_RUN,,junk", issue_warnings=False) == {}
    assert parse_config_string("a=b=c") == {"a": "b=c"}


def test_a_file_that_is_not_in_utf8_is_named(tmp_path):
    good, bad = tmp_path / "good", tmp_path / "of a German"
    good.write_text("[global]\nfloatX = float32\n")
    bad.write_bytes("[global]\nbase_compiledir = C:\\Users\\J\u00f6rg\n".encode("latin-1"))
    with pytest.raises(ValueError, match="of a German is not in UTF-8 .*: save it in this encoding"):
        read_theanorc([good, bad])
    assert run("import theano", THEANORC=str(bad)).startswith(f"ValueError: {bad} is not in UTF-8")


def test_files(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text("[global]\nfloatX = float32\nmode=FAST_RUN\n[DebugMode]\npatience = 3\n")
    second.write_text("[global]\nfloatX=float16\n")
    flags = read_theanorc([first, second, tmp_path / "missing"])
    assert flags == {"floatX": "float16", "mode": "FAST_RUN", "DebugMode.patience": "3"}


def test_flags_of_theano_move_the_cache(tmp_path):
    show = "from theano.configdefaults import config; print(config.cache.dir, config.compiledir)"
    a, b, c = (str(tmp_path / name) for name in "abc")
    kept = os.path.join(a, "theano-jit")
    assert run(show, THEANO_FLAGS=f"base_compiledir={a}") == f"{kept} {os.path.join(a, 'compiledir')}"
    assert run(show, THEANO_FLAGS=f"base_compiledir={b},compiledir={a}") == f"{kept} {a}"
    assert run(show, THEANO_FLAGS=f"base_compiledir={b},cache.dir={c}") == f"{c} {os.path.join(b, 'compiledir')}"
    program = "import theano; x = theano.tensor.dvector(); theano.function([x], x + 1)"
    assert run(program, THEANO_FLAGS=f"base_compiledir={a}") == ""
    assert any(name.endswith(".obj") for _, _, names in os.walk(kept) for name in names)


def test_the_page_tells_which_flags_do_nothing():
    page = (Path(__file__).parents[1] / "docs" / "configuration.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([A-Za-z_.]+…?)`", page))
    for name in ACCEPTED:
        assert name in named or any(n.endswith("…") and name.startswith(n[:-1]) for n in named), name


def test_environment(tmp_path):
    rc = tmp_path / "rc"
    rc.write_text("[global]\nfloatX=float16\n[traceback]\nlimit=5\n")
    assert run(SHOW, THEANO_FLAGS="") == "float64 8"
    assert run(SHOW, THEANO_FLAGS="floatX=float32", THEANORC=str(rc)) == "float32 5"
    assert run(SHOW, THEANO_FLAGS="no.such=1,floatX=float32") == "float32 8"
    assert run(SHOW, THEANO_FLAGS="floatX=float31").startswith('ValueError: Invalid value ("float31")')
    assert run(SHOW, THEANO_FLAGS="device=tpu").startswith('ValueError: Invalid value ("tpu")')


def warnings_of_import(tmp_path: Path, flags: str) -> list[str]:
    """What the import says, with its place, and what ``config.floatX`` and ``config.device`` are."""
    program = tmp_path / "program.py"
    program.write_text("x = 1\nimport theano\nprint(theano.config.floatX, theano.config.device)\n")
    env = {**os.environ, "THEANORC": str(tmp_path / "rc"), "THEANO_FLAGS": flags}
    done = subprocess.run([sys.executable, program], env=env, capture_output=True, text=True)
    said = [line.removeprefix(f"{program}:2: UserWarning: ") for line in done.stderr.splitlines() if "Warning" in line]
    return [*said, done.stdout.strip()]


@pytest.mark.parametrize("device", ["gpu", "cuda0"])
def test_a_device_that_is_not_there_warns_once(tmp_path, device):
    said = f"device={device} is not supported: functions run on the CPU"
    assert warnings_of_import(tmp_path, f"device={device},floatX=float32") == [said, "float32 cpu"]


def test_flags_that_are_ignored_warn(tmp_path):
    said = warnings_of_import(tmp_path, "floatx=float32,floatX = float16,Traceback.limt=3,junk,lib.cnmem=.8,a.b=3")
    unknown, spaces = "there is no configuration variable", "write name=value, without spaces around ="
    assert said == [
        f"'floatX = float16' in THEANO_FLAGS is ignored: {spaces}",
        f"'junk' in THEANO_FLAGS is ignored: {spaces}",
        f"{unknown} 'floatx', it is ignored; did you mean 'floatX'?",
        f"{unknown} 'Traceback.limt', it is ignored; did you mean 'traceback.limit'?",
        "float64 cpu",
    ]
    assert warnings_of_import(tmp_path, "lib.cnmem=0.8,nvcc.fastmath=True,gcc__cxxflags=-O3,") == ["float64 cpu"]


def test_misspelt_flags_in_a_file_warn(tmp_path):
    (tmp_path / "rc").write_text("[global]\nFloatX=float32\n[debugmode]\npatience=3\n")
    said = warnings_of_import(tmp_path, "")
    assert ["did you mean 'floatX'" in said[0], "did you mean 'DebugMode.patience'" in said[1]] == [True, True]
    assert said[2:] == ["float64 cpu"]


def test_misspelt_flags_are_known_again():
    """Each flag with two neighbours exchanged, a letter less, or in capitals is told from the others."""
    names = [name for name, _, _ in config.flags()]
    for name in names[::3]:
        for wrong in (name.upper(), name[:2] + name[3:], name[0] + name[2] + name[1] + name[3:]):
            found = closest(wrong, names) if len(wrong) > 3 else name
            assert found is not None and (found == name or closest(name, [found]) == found)
    unlike = ("lib.cnmem", "nvcc.fastmath", "mine", "x", "allow_input_downcast")
    assert [closest(name, names) for name in unlike] == [None] * len(unlike)


def test_names_of_later_versions():
    with change_flags(gcc__cxxflags="-O3", traceback__limit=2):
        assert config.gcc__cxxflags == config.gcc.cxxflags == "-O3" and config.traceback.limit == 2
        config.gcc__cxxflags = "-O1"
        assert config.gcc.cxxflags == "-O1"
    assert config.gcc__cxxflags == "" and not hasattr(config, "gcc__no_such") and not hasattr(config, "no__such")
    assert TheanoConfigParser({"a__b": "1"})._given == {"a.b": "1"}


def test_the_list_of_flags():
    """As PyMC3 sets flags for a while."""
    flags = {flag.fullname: flag for flag in theano.configparser._config_var_list}
    assert set(flags) == set(FLAGS | ACCEPTED)
    old = flags["floatX"].__get__(True, None)
    flags["floatX"].__set__(None, "float16")
    assert (old, config.floatX) == ("float64", "float16")
    flags["floatX"].__set__(None, old)
    with pytest.raises(ValueError, match="Invalid value"):
        flags["floatX"].__set__(None, "float17")


def test_flags_with_an_effect_are_read():
    source = "".join(path.read_text() for path in Path(theano.__file__).parent.rglob("*.py"))
    for name in FLAGS:
        last = name.rpartition(".")[2]
        read = rf"(config|flags|made)(\.\w+)*\.{last}\b|config, [\"']{last}[\"']|_GIVEN.get\(\"{last}\"\)"
        assert re.search(read, source), name


def test_warn_float64():
    x, i = T.fvector("x"), T.ivector("i")
    with change_flags(warn_float64="raise"):
        assert (x * 2 + x.mean()).dtype == "float32"
        for made in (T.dscalar, lambda: x + i, lambda: x.astype("float64")):
            with pytest.raises(TypeError, match="warn_float64"):
                made()
        for value in (np.float64(0.1), np.ones(3), [0.5, 0.25]):  # what upcasts most programs
            with pytest.raises(TypeError, match="warn_float64"):
                x * value
    with change_flags(warn_float64="warn"), pytest.warns(UserWarning, match="float64 is made"):
        x + i


def test_int_division():
    i, x = T.iscalar("i"), T.fscalar("x")
    assert T.div_proxy(i, 2).eval({i: 5}) == 2
    with change_flags(int_division="floatX", floatX="float32"):
        half = T.div_proxy(i, T.constant(2))
        assert half.dtype == "float32" and half.eval({i: 5}) == 2.5
    with change_flags(int_division="raise"):
        assert T.div_proxy(x, 2).eval({x: 5}) == 2.5
        with pytest.raises(TypeError, match="int_division"):
            T.div_proxy(i, 2)


def test_print_test_value():
    x = T.dvector("x")
    x.tag.test_value = [1.0, 2.0]
    assert repr(x) == "x"
    with change_flags(print_test_value=True):
        assert repr(x) == "x\n[1.0, 2.0]" and repr(T.dscalar("y")) == "y"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('floatX = "float32"', ': write it without quotes, and comments in lines of their own'),
        ("floatX = float32  # half the memory", ": write it without quotes, and comments in lines of their own"),
        ("floatX = float31", ""),
    ],
)
def test_a_value_that_a_flag_cannot_have_is_said_where(tmp_path, monkeypatch, line, said):
    rc, other = tmp_path / "rc", tmp_path / "other"
    rc.write_text(f"[global]\n{line}\n")
    other.write_text("[global]\nmode = FAST_RUN\n")
    monkeypatch.setenv("THEANORC", f"{rc}{os.pathsep}{other}")
    monkeypatch.setenv("THEANO_FLAGS", "mode=FAST_RUN")
    param = FLAGS["floatX"]
    with pytest.raises(ValueError, match="Invalid value .*") as caught:
        TheanoConfigParser(flags_of_user()).add("floatX", param)
    assert str(caught.value).endswith(f"float16, given in {rc}{said}")
    monkeypatch.setenv("THEANO_FLAGS", "floatX=float30")
    with pytest.raises(ValueError, match="given in THEANO_FLAGS$"):
        TheanoConfigParser(flags_of_user()).add("floatX", param)


def test_own_flags():
    own = TheanoConfigParser({"mine.depth": "7"})
    AddConfigVar("mine.depth", "how deep", IntParam(3), own)
    AddConfigVar("loud", "", BoolParam(False), own)
    AddConfigVar("color", "", EnumStr("red", "green"), own)
    assert (own.mine.depth, own.loud, own.color) == (7, False, "red")
    with pytest.raises(AttributeError, match="exists already"):
        AddConfigVar("loud", "", BoolParam(True), own)
    assert "mine.depth" in str(own) and "how deep" in str(own) and "Value: 7" in str(own)


def test_copies_and_odd_values() -> None:
    import copy
    import pickle

    assert pickle.loads(pickle.dumps(config)) is config  # what holds it can be kept, as models of PyMC3
    assert copy.deepcopy(config).floatX == copy.copy(config).floatX == config.floatX
    with pytest.raises(ValueError, match="Invalid value"):
        config.set_flag("cache.max_mb", float("inf"))
    with pytest.raises(AssertionError, match="there is no configuration variable 'nonsense'"):
        config.change_flags(nonsense=1)


@pytest.mark.parametrize(
    "text, said",
    [
        ("floatX = float32\n", r"line 1: 'floatX = float32' is in no section: write \[global\] in the line above"),
        ("[global]\nfloatX\n", r"can't be read \(Source contains parsing errors: '.*: a line is name = value"),
        ("[global]\nfloatX = a\nfloatX = b\n", r"line 3: floatX is set in a line above, too: keep one of both"),
        ("[cache]\n[global]\n[cache]\n", r"line 3: there is a section \[cache\] above"),
    ],
)
def test_a_file_that_is_no_list_of_flags(tmp_path, text, said) -> None:
    file = tmp_path / "rc"
    file.write_text(text)
    with pytest.raises(ValueError, match=said) as caught:
        read_theanorc([file])
    assert str(file) in str(caught.value) and "\n" not in str(caught.value)
