"""What compilations tell on stderr."""

import re
import sys

import pytest
from theano.configdefaults import FLAGS

import theano
import theano.tensor as T
from theano import progress


def compiled(**kwargs):
    x = T.dvector("x")
    return theano.function([x], T.tanh(x * 2 + 1), **kwargs)


def line_of(function):
    return function.__code__.co_firstlineno + 2


@pytest.fixture
def said(capsys):
    return lambda: capsys.readouterr().err.splitlines()


def test_nothing_is_said_of_a_short_compilation(said):
    with theano.change_flags(compile_notice=FLAGS["compile_notice"].default + 100):  # the machine may be busy
        compiled()
    assert said() == []


def test_the_sign_of_life_comes_after_two_seconds_by_default():
    assert FLAGS["compile_notice"].default == 2
    assert FLAGS["verbose_compile"].default is False


def test_verbose_shows_the_stages_in_order_with_their_times(said):
    with theano.change_flags(verbose_compile=True):
        compiled(name="mine")
    lines = said()
    stages = [re.fullmatch(r"theano:   (\S.*\S) +\d+\.\d{3} s", line).group(1).rstrip() for line in lines[:-1]]
    assert stages[:3] == ["copying the graph", "rewriting: merge", "rewriting: canonicalize"]
    assert stages.index("rewriting: end") < stages.index("lowering: operations") < stages.index("lowering: kernels")
    end = rf"theano: compiling the function 'mine' of 5 nodes \({re.escape(__file__)}, line {line_of(compiled)}\): .* s"
    assert re.fullmatch(end, lines[-1])


def test_what_is_compiled_is_said_before_the_library_that_compiles_is_called(said, tmp_path):
    with theano.change_flags(verbose_compile=True, **{"cache.dir": str(tmp_path)}):
        compiled()
    assert [line for line in said() if re.match(r"theano:   LLVM, [\d,]+ lines", line)]


def test_one_sign_of_life_after_a_while(said):
    with theano.change_flags(compile_notice=1e-9):
        compiled()
    (line,) = said()
    assert "compiling a function" in line and f"({__file__}, line {line_of(compiled)}) takes long: 0 s so far" in line
    assert "verbose_compile" in line


@pytest.mark.parametrize("flags", [{"compile_notice": 0}, {"compile_notice": 1e9}])
def test_no_sign_of_life_where_none_is_wanted(flags, said):
    with theano.change_flags(**flags):
        compiled()
    assert said() == []


def test_what_llvm_will_take_counts_already(said):
    """It can't be asked how far it is."""
    with theano.change_flags(compile_notice=5.0), progress.compiling(None, lambda: None):
        progress.llvm_begins(1000, 1)
        assert said() == []
        progress.llvm_begins(10_000_000, 1)
        progress.llvm_begins(10_000_000, 1)
    (line,) = said()
    assert line.startswith("theano: compiling a function takes long: 0 s so far, now LLVM, 10,000,000 lines")


def test_a_compilation_within_another_is_a_part_of_it(said):
    with theano.change_flags(compile_notice=1e-9), progress.compiling("outer", lambda: None):
        compiled()
        compiled()
    assert len(said()) == 1


def test_nothing_is_said_outside_of_compilations(said):
    with theano.change_flags(compile_notice=1e-9):
        progress.stage("lowering")
        progress.still_here()
        progress.llvm_begins(10**9, 1)
    assert said() == []


@pytest.mark.parametrize("closed", [False, True])
def test_a_program_without_stderr_compiles(closed, monkeypatch, tmp_path):
    file = None
    if closed:
        file = open(tmp_path / "err", "w")
        file.close()
    monkeypatch.setattr(sys, "stderr", file)
    with theano.change_flags(verbose_compile=True):
        f = compiled()
    assert f([0]).shape == (1,)


def test_a_compilation_that_fails_leaves_nothing_behind(said):
    x, y = T.dvectors("x", "y")
    with pytest.raises(theano.compile.UnusedInputError):
        theano.function([x, y], x * 2)
    with theano.change_flags(compile_notice=1e-9):
        compiled()
    assert len(said()) == 1
