"""Type checkers and editors read the stubs (`src/theano-stubs`): what they say of users' programs."""

from __future__ import annotations

import importlib
import os
import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from theano.legacy.names.late_names import LAZY
from theano.legacy.names.places import ALIASES, ON_DEMAND
from tools.public_names import MODULES as PUBLIC_MODULES
from tools.public_names import all_public
from tools.public_names import public as public_of

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the package and its stubs stand as a checker puts them together."""
    folder = tmp_path_factory.mktemp("installed")
    for file in (ROOT / "src" / "theano").rglob("*"):
        there = folder / file.relative_to(ROOT / "src")
        if file.is_dir():
            there.mkdir(parents=True, exist_ok=True)
        elif file.suffix == ".py":
            there.parent.mkdir(parents=True, exist_ok=True)
            there.symlink_to(file)
    for file in (ROOT / "src" / "theano-stubs").rglob("*.pyi"):
        there = folder / "theano" / file.relative_to(ROOT / "src" / "theano-stubs")
        there.parent.mkdir(parents=True, exist_ok=True)
        there.symlink_to(file)
    return folder


def mypy(installed: Path, *files: Path) -> list[str]:
    """The errors that mypy finds."""
    options = ["--strict", "--follow-imports=silent", "--config-file=", "--ignore-missing-imports"]
    cache = f"--cache-dir={installed / 'cache'}"
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, cache, *map(str, files)],
        env={**ENVIRONMENT, "MYPYPATH": str(installed)}, cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert not done.stderr, done.stderr
    ours = tuple(os.path.relpath(file, ROOT) for file in files) + tuple(map(str, files))
    return [line for line in done.stdout.splitlines() if ": error:" in line and line.startswith(ours)]


def pyright(installed: Path, *files: Path) -> list[str]:
    """The errors that pyright finds."""
    beside = str(Path(sys.executable).parent)
    found = shutil.which("pyright", path=beside) or shutil.which("pyright")
    if found is None:
        pytest.skip("pyright is not installed")
    # it puts a package and its stubs together itself
    settings = installed.parent / "pyrightconfig.json"
    settings.write_text(f'{{"extraPaths": ["{ROOT}/src", "{ROOT}/examples"]}}')
    command = [found, "--project", str(settings), "--pythonpath", sys.executable, *map(str, files)]
    done = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True)
    if not re.search(r"files analyzed|\d+ errors?,", done.stdout):
        pytest.skip(f"pyright doesn't run here: {done.stderr[-200:]}")
    # scikit-learn has no stubs; what pyright concludes about it from its code is not so
    return [line for line in done.stdout.splitlines() if " error:" in line and 'class "tuple[Unknown' not in line]


CHECKERS = [mypy, pyright]


def test_up_to_date() -> None:
    """The stubs are those of this package."""
    done = subprocess.run(
        [sys.executable, "-m", "tools.stubs", "--check"],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout == "up to date\n", f"run python -m tools.stubs: {done.stdout}{done.stderr}"


def test_stubs_themselves(tmp_path: Path) -> None:
    """They contradict neither each other nor the modules that have none."""
    command = [sys.executable, "-m", "mypy", "--follow-imports=silent", f"--cache-dir={tmp_path}", "src/theano-stubs"]
    done = subprocess.run(command, env=ENVIRONMENT, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.startswith("Success"), done.stdout + done.stderr


def test_program_runs() -> None:
    runpy.run_path(str(HERE / "program.py"))


@pytest.mark.parametrize("checker", CHECKERS)
def test_every_name(checker, installed: Path, tmp_path: Path) -> None:
    """What the package has, it has for checkers, and what can be called, they let one call."""
    # to checkers `theano.scan` is the function: who wants what the module has imports from it
    modules = [name for name in PUBLIC_MODULES if name != "theano.scan"]
    public = {name: thing for name, thing in all_public().items() if not name.startswith("theano.scan.")}
    things = {f"{name}.{key}": thing for name in modules for key, thing in public_of(name)} | public
    late = {m: {key for keys in places.values() for key in keys.split()} for m, places in LAZY.items()}
    for name in (*modules, "theano.tensor.signal", "theano.tensor.inplace"):
        module = importlib.import_module(name)
        listed = () if name in ALIASES else getattr(module, "__all__", ())  # (an old module lists all that it finds)
        for key in late.get(name, set()) | {*listed}:
            if key[0] not in "_*":
                things[f"{name}.{key}"] = getattr(module, key)
    assert len(things) > 1300
    lines = [f"import {name}" for name in modules]
    lines += ["import theano.tensor as T", "from collections.abc import Callable", "from typing import Any"]
    lines += ["def called(function: Callable[..., Any]) -> None: ..."]
    lines += [f"{'called' if callable(thing) else 'print'}({name})" for name, thing in sorted(things.items())]
    lines += ["print(theano.__version__, T.signal.pool.pool_2d, T.inplace.exp_inplace)"]
    file = tmp_path / "every_name.py"
    file.write_text("\n".join(lines))
    assert checker(installed, file) == []


@pytest.mark.parametrize("checker", CHECKERS)
def test_every_module(checker, installed: Path, tmp_path: Path) -> None:
    """So do modules that are elsewhere now, and what comes with the package."""
    modules = {*ALIASES, *ON_DEMAND, "theano.d3viz", "theano.misc.pkl_utils", "theano.tests.unittest_tools"}
    file = tmp_path / "every_module.py"
    file.write_text("\n".join(f"import {name} as m{k}\nprint(m{k}.__name__)" for k, name in enumerate(sorted(modules))))
    assert checker(installed, file) == []


@pytest.mark.parametrize("checker", CHECKERS)
def test_types(checker, installed: Path) -> None:
    """Every `assert_type` of the program holds."""
    assert checker(installed, HERE / "program.py") == []


@pytest.mark.parametrize("checker", CHECKERS)
def test_mistakes(checker, installed: Path) -> None:
    """Learners' mistakes are found, and nothing else."""
    lines = (HERE / "mistakes.py").read_text().splitlines()
    wrong = {n for n, line in enumerate(lines, 1) if line.endswith("# wrong")}
    found = {int(re.search(r"mistakes\.py:(\d+)", e)[1]) for e in checker(installed, HERE / "mistakes.py")}  # type: ignore[index]
    assert found == wrong


@pytest.mark.parametrize("checker", CHECKERS)
def test_examples(checker, installed: Path) -> None:
    """No false error."""
    assert len(EXAMPLES) >= 10
    assert checker(installed, *EXAMPLES) == []


def code_of(document: str) -> Iterator[str]:
    """The programs of a document, and what is typed in its sessions."""
    for kind, code in re.findall(r"^```(python|pycon)[^\n]*\n(.*?)^```", document, re.S | re.M):
        yield code if kind == "python" else "\n".join(line[4:] for line in re.findall(r"^(?:>>>|\.\.\.).*", code, re.M))


@pytest.mark.parametrize("checker", CHECKERS)
def test_documents(checker, installed: Path, tmp_path: Path) -> None:
    """Nor in what beginners read."""
    files = []
    for document in (ROOT / "README.md", *sorted((ROOT / "docs" / "tutorial").glob("*.md"))):
        file = tmp_path / f"{document.stem.replace('-', '_')}_code.py"
        file.write_text("\n".join(code_of(document.read_text())))
        files.append(file)
    errors = checker(installed, *files)
    # Functions of documents have no annotations, pages may use what a page before them defined, and what a loop
    # assigned is used after it.
    true = r"no-untyped|untyped-call|name-defined|UndefinedVariable|Unbound"
    assert [e for e in errors if not re.search(true, e)] == []


def test_completion(installed: Path) -> None:
    """Editors that use jedi complete names of modules, of variables and of old modules."""
    jedi = pytest.importorskip("jedi")
    start = "import numpy as np\nimport theano, theano.tensor as T\nx = T.dmatrix('x')\n"
    start += "w = theano.shared(np.zeros(3))\n"
    project = jedi.Project(installed, sys_path=[str(installed), *sys.path])
    lacking = {}
    for text, wanted in {
        "T.ex": {"exp", "exp2", "expm1", "expand_dims"},
        "x.dimsh": {"dimshuffle"},
        "x.sum(0).arg": {"argmax", "argmin", "argsort"},
        "T.exp(x).me": {"mean"},
        "theano.fun": {"function", "function_dump"},
        "w.get_": {"get_value"},
        "w.su": {"sum"},
        "(w + 1).su": {"sum"},
        "theano.shared(0.0).get_": {"get_value"},
        "f = theano.function([x], x, profile=True)\ntheano.explain(f).sa": {"save"},
        "f = theano.function([x], x, profile=True)\nf.profile.su": {"summary"},
        "theano.config.float": {"floatX"},
        "theano.config.traceback.li": {"limit"},
        "r, u = theano.scan(lambda a: a, [x])\nr.su": {"sum"},
        "r, u = theano.scan(lambda a: a, [x])\nu.it": {"items"},
        "r, u = theano.scan(lambda a, s: a + s, [x], x[0])\nr.su": {"sum"},
        "T.inplace.exp_": {"exp_inplace"},
        "T.signal.pool.pool_": {"pool_2d", "pool_3d"},
        "T.nnet.soft": {"softmax", "softplus"},
        "from theano.tensor.shared_randomstreams import Rand": {"RandomStreams"},
        "import theano.sparse as S\ns = S.csr_matrix('s')\ns.toa": {"toarray"},
        "import theano.sparse as S\ns = S.csr_matrix('s')\nS.sqrt(s.T / 2).indi": {"indices"},
    }.items():
        script = jedi.Script(start + text, project=project)
        lacking[text] = wanted - {c.name for c in script.complete()}
    assert {text: names for text, names in lacking.items() if names} == {}
