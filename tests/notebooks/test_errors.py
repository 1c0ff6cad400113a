"""Errors in notebooks, and in IPython after ``%load_ext theano``."""

from __future__ import annotations

import re
import subprocess
import sys
import types

import pytest

import theano
from theano.show.notebooks import errors

PROGRAM = """\
import theano, theano.tensor as T
f = theano.function([T.dvector("x"), T.dvector("y")], theano.tensor.constant(1.0))
"""
FAILING = "x, y = T.dvectors('x', 'y')\ntheano.function([x, y], x + y)([1, 2], [1, 2, 3])"


class Shell:
    """As much of IPython's shell as the extension uses."""

    def __init__(self):
        self.custom_exceptions, self.CustomTB, self.files = (), None, []

    def set_custom_exc(self, classes, handler):
        self.custom_exceptions = classes
        self.CustomTB = lambda *args, **kwargs: handler(self, *args, **kwargs)

    def showtraceback(self, exc_tuple, tb_offset=None, running_compiled_code=False):
        error, tb = exc_tuple[1], exc_tuple[2]
        assert error.__traceback__ is tb
        self.files = []
        while error is not None:
            tb = error.__traceback__
            while tb is not None:
                self.files.append(tb.tb_frame.f_code.co_filename)
                tb = tb.tb_next
            error = error.__cause__

    def run(self, program):
        """Run a program, and show its exception as IPython does."""
        try:
            exec(compile(program, "<cell>", "exec"), {})
        except self.custom_exceptions as error:
            before = error.__traceback__
            self.CustomTB(type(error), error, before)
            assert error.__traceback__ is before
        return self.files


def own(files):
    return [file for file in files if theano.graph.origin.is_own_file(file)]


@pytest.fixture
def shell():
    made = Shell()
    theano.load_ipython_extension(made)
    yield made
    theano.unload_ipython_extension(made)


def test_frames_of_the_package_are_left_out(shell):
    files = shell.run(PROGRAM)
    assert files[-1] == "<cell>"
    assert not own(files)
    assert sys.last_traceback.tb_next.tb_next is not None  # what %tb shows


def test_a_flag_shows_them(shell):
    with theano.change_flags({"traceback.package_frames": True}):
        assert own(shell.run(PROGRAM))


def test_frames_of_the_user_between_ours_stay(shell):
    program = PROGRAM.splitlines()[0] + "\ndef step(x):\n    return x.foo\ntheano.scan(step, sequences=T.dvector())\n"
    files = shell.run(program)
    assert files[-2:] == ["<cell>", "<cell>"]
    assert not own(files)


def test_causes_lose_them_too(shell):
    lines = PROGRAM.splitlines()
    program = f"{lines[0]}\ntry:\n    {lines[1]}\nexcept Exception as error:\n    raise ValueError from error\n"
    files = shell.run(program)
    assert files.count("<cell>") == 2
    assert not own(files)


def test_who_showed_errors_before_still_does(shell):
    theano.unload_ipython_extension(shell)
    seen = []
    shell.set_custom_exc((ZeroDivisionError,), lambda shell, kind, value, tb, tb_offset=None: seen.append(kind))
    before = shell.CustomTB
    theano.load_ipython_extension(shell)
    theano.load_ipython_extension(shell)  # a second time changes nothing
    shell.run("1 / 0")
    assert seen == [ZeroDivisionError]
    theano.unload_ipython_extension(shell)
    assert shell.CustomTB is before
    assert shell.custom_exceptions == (ZeroDivisionError,)


def test_who_has_taken_over_since_stays(shell):
    shell.set_custom_exc((KeyError,), lambda *args, **kwargs: None)
    theano.unload_ipython_extension(shell)
    assert shell.custom_exceptions == (KeyError,)


def test_loops_of_causes_end():
    a, b = ValueError(), KeyError()
    a.__cause__, b.__cause__ = b, a
    assert list(errors._chain(a)) == [a, b]


def test_what_runs_the_program_is_not_among_the_users_frames():
    names = {"__name__": "__main__"}
    exec("import theano.tensor as T\ndef made():\n    return T.dvector() + 1\nx = made()", names)
    assert [frame[1:] for frame in theano.graph.origin_of(names["x"])] == [(4, "<module>"), (3, "made")]


SESSION = r"""
import sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance(colors="NoColor")
for cell in ["%load_ext theano", PROGRAM, "%tb", FAILING, "%unload_ext theano", PROGRAM]:
    print("====", flush=True)
    result = shell.run_cell(cell)
"""


def test_in_ipython():
    pytest.importorskip("IPython")
    code = f"PROGRAM, FAILING = {PROGRAM!r}, {FAILING!r}\n{SESSION}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    _, loaded, short, tb, failed, _, long = done.stdout.split("====\n")
    assert not loaded.strip()
    assert "UnusedInputError" in short and "f = theano.function(" in short and "theano/compile/" not in short
    assert "theano/compile/" in tb
    assert "interactiveshell.py" not in failed and "in <module>" in failed
    assert "theano/compile/" in long


def test_in_a_notebook(tmp_path):
    """`import theano` is enough, in a kernel; other errors look as before, and a flag shows all frames."""
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    cells = [
        "1 / 0", PROGRAM, "1 / 0", FAILING, "theano.config.traceback.package_frames = True\n" + PROGRAM,
        "theano.config.traceback.package_frames = False\n%unload_ext theano\n" + PROGRAM,
    ]  # fmt: skip
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in cells])
    nbclient.NotebookClient(
        notebook, timeout=120, kernel_name="python3", allow_errors=True, resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    shown = [re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(cell.outputs[-1].traceback)) for cell in notebook.cells]
    before, short, other, failed, flagged, unloaded = shown
    assert other.replace("In[3]", "In[1]") == before
    assert "UnusedInputError" in short and "f = theano.function(" in short and "theano/compile/" not in short
    assert "ValueError" in failed and "theano/compile/" not in failed
    assert "theano/compile/" in flagged and "theano/compile/" in unloaded


def test_only_kernels_of_notebooks_are_asked(monkeypatch):
    assert theano.base.notebook_form.notebook_shell() is None
    shell = Shell()
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))
    assert theano.base.notebook_form.notebook_shell() is None  # a terminal
    shell.kernel = object()
    assert theano.base.notebook_form.notebook_shell() is shell
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace())  # while it is being imported
    assert theano.base.notebook_form.notebook_shell() is None
