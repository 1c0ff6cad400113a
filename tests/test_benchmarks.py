"""Every row of the benchmarks builds and gives NumPy's numbers, at tiny sizes; nothing is timed."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

import benchmarks
from benchmarks import __main__ as command
from benchmarks import contenders, figure, layers, report
from benchmarks.child import settle
from benchmarks.contenders import CONTENDERS, ORIGINAL, environment
from benchmarks.runner import QUICK, Row, Runner, _Child
from benchmarks.timing import Stopwatch, check, largest_difference, once
from benchmarks.workload import Case, Target, Workload
from benchmarks.workloads import WORKLOADS

# Others are there only where someone installed them. What is measured only where it is asked for is a row beside it in
# another size: the tiny sizes are the same.
PAIRS = [
    (name, contender)
    for name, workload in WORKLOADS.items()
    for contender in ("theano", "numpy")
    if contender in workload.setups and not workload.asked
]


@pytest.mark.parametrize(("name", "contender"), PAIRS)
def test_answers(name: str, contender: str) -> None:
    workload = WORKLOADS[name]
    case, reference = workload.case(contender, workload.tiny)
    _, result = once(case, "wall")
    assert reference is not None
    assert check(case, result, reference, workload.rtol) == ""


def test_every_row_knows_ours_and_names_contenders() -> None:
    for workload in WORKLOADS.values():
        assert "theano" in workload.contenders
        assert set(workload.contenders) <= set(CONTENDERS)


def test_a_wrong_answer_is_found() -> None:
    case, right = Case(lambda: 1.0), Case(lambda: 1.5)
    assert "wrong answer" in check(case, 1.0, right, 1e-9)
    assert largest_difference([[1.0, 2.0]], [[1.0]]) == float("inf")
    assert largest_difference([float("nan")], [1.0]) == float("inf")


def test_stopwatch() -> None:
    calls = []
    watch = Stopwatch(Case(calls.append, (1,), sync=lambda _: None), batch=1e-4)
    assert watch.number > 1
    assert 0 < watch.batch() < 1e-2
    assert len(calls) > watch.number


def test_environment_has_threads_caches_and_no_old_kernels(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    env = environment("theano", tmp_path, 1)
    assert "OPENBLAS_CORETYPE" not in env
    assert env["OMP_NUM_THREADS"] == "1"
    assert str(tmp_path) in env["THEANO_FLAGS"]


def test_avx2_is_for_all(tmp_path) -> None:
    """NumPy tells in a process of its own which code it has that it uses."""
    env = environment("numpy", tmp_path, 1, avx2=True)
    code = "import numpy as np; print(np.show_config(mode='dicts')['SIMD Extensions'].get('found', []))"
    command = [sys.executable, "-W", "error", "-c", code]
    found = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout
    assert "AVX512" not in found and "X86_V4" not in found
    assert "isa=avx2" in environment("theano", tmp_path, 1, avx2=True)["THEANO_FLAGS"]
    assert "NPY_DISABLE_CPU_FEATURES" not in environment("numpy", tmp_path, 1)


def test_theano_1_0_5_links_openblas_and_has_as_many_threads(tmp_path) -> None:
    def flags(threads: int, avx2: bool = False) -> str:
        return environment(ORIGINAL, tmp_path, threads, avx2)["THEANO_FLAGS"]

    assert flags(1) == f"base_compiledir={tmp_path},blas.ldflags=-lopenblas,openmp=False"
    assert "openmp=True" in flags(2) and "march=haswell" in flags(1, avx2=True)
    assert "PYTHONPATH" not in environment(ORIGINAL, tmp_path, 1)  # it would find ours


def test_theano_1_0_5_says_why_it_is_not_there(tmp_path, monkeypatch, capsys) -> None:
    original = CONTENDERS[ORIGINAL]
    assert replace(original, python=str(tmp_path / "python")).missing == f"no {tmp_path / 'python'}"
    assert "No package metadata" in replace(original, python=sys.executable, distribution="no-such").missing
    monkeypatch.setattr(contenders, "_openblas", lambda: "libopenblas.so")
    monkeypatch.setattr(contenders.Original, "_say", lambda self, program: "")
    assert "OpenBLAS" in original.missing
    assert command._contenders([ORIGINAL]) == ["theano", "numpy"]
    assert "theano-1.0.5: OpenBLAS is not there to be linked with, left out" in capsys.readouterr().err


def test_python_3_10_understands_what_theano_1_0_5_runs() -> None:
    folder = Path(benchmarks.__file__).parent
    for file in (*folder.glob("*.py"), *folder.glob("workloads/*.py")):
        ast.parse(file.read_text(encoding="utf-8"), feature_version=(3, 10))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["conv-3x3-14-weights", "conv-1d-inputs"])
def test_theano_1_0_5_convolves_by_products_of_openblas(name: str, tmp_path) -> None:
    """Not by loops in Python: it says which operations it has compiled."""
    original = CONTENDERS[ORIGINAL]
    if original.missing:
        pytest.skip(original.missing)
    code = f"""
from benchmarks.timing import check, once
from benchmarks.workloads import WORKLOADS
workload = WORKLOADS["{name}"]
case, reference = workload.case("{ORIGINAL}", workload.tiny)
assert not check(case, once(case, "wall")[1], reference, workload.rtol)
print({{type(node.op).__name__ for node in case.fn.maker.fgraph.toposort()}})
"""
    env = environment(ORIGINAL, tmp_path, 1)
    done = subprocess.run([original.python, "-c", code], env=env, cwd=contenders.ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "CorrMM" in done.stdout and "AbstractConv" not in done.stdout


def test_nothing_is_measured_while_a_thread_works() -> None:
    until = time.monotonic() + 1.0

    def work() -> None:
        while time.monotonic() < until:
            sum(range(1000))

    thread, calls = threading.Thread(target=work), []
    thread.start()
    settle(lambda: calls.append(0))
    assert time.monotonic() >= until and len(calls) > 1
    thread.join()


def test_a_tree_measures_itself(tmp_path) -> None:
    """Not what is installed: two trees are compared by running each in its own folder."""
    code, root = "import theano; print(theano.__file__)", Path(benchmarks.__file__).resolve().parents[1]
    env = environment("theano", tmp_path, 1)
    shown = subprocess.run([sys.executable, "-c", code], env=env, cwd=tmp_path, capture_output=True, text=True).stdout
    assert Path(shown.strip()).is_relative_to(root / "src")
    assert "PYTHONPATH" not in environment("numpy", tmp_path, 1)


def test_report(tmp_path) -> None:
    row = Row(Workload("w", "a row", Target(0.5)), {"theano": 1e-6, "numpy": 4e-6}, {"jax": "died"})
    assert report.ratio(row) == (0.25, "numpy")
    assert report.verdict(row) == "hit"
    names = ["theano", "numpy"]
    assert "0.25 (NumPy)" in report.as_text([row], names)
    page = tmp_path / "page.md"
    page.write_text("before\n" + "\nold\n".join(report.MARKS) + "\nafter\n")
    report.write_between_marks(page, report.as_markdown([row], names, "P, 1 core; Linux."))
    text = page.read_text()
    assert text.startswith("before") and text.endswith("after\n") and "old" not in text
    assert "| a row | 1.00 µs | 4.00 µs | 0.25 (NumPy) | ≤ 0.5 | hit |" in text
    report.write_between_marks(page, "Another processor, 2 cores; new\n")
    assert page.read_text() == text.replace(report.MARKS[1], "Another processor, 2 cores; new\n\n" + report.MARKS[1])


def test_layers_have_tables_of_their_own(tmp_path, monkeypatch) -> None:
    def run(avx2: bool, *names: str) -> dict:
        facts = {"processor": "P", "system": "Linux", "python": "3", "versions": {"theano": "1", "torch": "2"}}
        rows = []
        for name in names:
            numpy = {"numpy": 1e-3} if "lenet-2" in name else {}
            row = Row(WORKLOADS[name], {"theano": 2e-3, "torch": 2.5e-3, **numpy})
            rows += report.as_json([row], [], 1)["rows"]
        return {"machine": facts, "threads": 1, "avx2": avx2, "rows": rows}

    first = run(False, "conv-3x3-56-forward", "conv-lenet-1-weights", "batch32-3x3-56-forward", "adam")
    second = run(False, "conv-lenet-2-forward", "layer-1x1-28-inputs")
    third = run(True, "conv-lenet-1-weights")
    text = layers.tables([first, second, third])
    plain, narrow = text.split("P, all held to AVX2, 1 core; ")
    assert plain.startswith("P, 1 core; Linux; Python 3; ours 1, torch 2.") and "adam" not in text
    assert "| 3x3, 64 channels of 56x56, batch 8 | 2 / 2.5 = 0.80 ! | – | – |" in plain
    assert "| LeNet's second layer, batch 128 | 2 / 1 = 2.00 (NumPy) ! | – | – |" in plain
    assert "| 3x3, 64 channels of 56x56 | above | above | 0.80 ! / – / – |" in plain
    assert "usual batches 1.09, without Winograd's layers 1.26; more layers 0.80," in plain
    assert "| LeNet's first layer, batch 128 | – | 2 / 2.5 = 0.80 | – |" in narrow and "images" not in narrow
    for row in first["rows"]:
        row["best"][ORIGINAL] = 8e-3
    beside = layers.tables([first, second])
    assert "| inputs | ours / Theano 1.0.5 |" in beside and "Theano 1.0.5" not in text
    assert "| 3x3, 64 channels of 56x56, batch 8 | 2 / 2.5 = 0.80 ! | – | – | 0.25 / – / – |" in beside
    page = tmp_path / "page.md"
    page.write_text("\n".join(report.MARKS))
    monkeypatch.setattr(layers, "PAGE", page)
    files = [tmp_path / f"{k}.json" for k in range(3)]
    for file, kept in zip(files, (first | {"rows": first["rows"][:3]}, second, third), strict=True):
        file.write_text(json.dumps(kept))
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--tables", *map(str, files)])
    assert command.main() == 0  # and no other page is touched
    assert page.read_text().count("LeNet's first layer") == 2


def test_runs_are_told_apart_by_what_they_were_measured_on() -> None:
    def run(threads: int, avx2: bool, ours: float, *peers: str) -> dict:
        facts = {"processor": "P", "system": "Linux", "python": "3", "versions": dict.fromkeys(["theano", *peers], "1")}
        row = Row(WORKLOADS["adam"], {"theano": ours, **dict.fromkeys(peers, 2e-3)})
        return report.as_json([row], [], threads, avx2) | {"machine": facts}

    runs = [run(1, False, 1e-3, "torch"), run(1, True, 4e-3), run(1, False, 3e-3, "jax"), run(2, False, 5e-3)]
    text = report.tables_of(runs)
    first, narrow, two = re.split(r"\n\n(?=P)", text)
    assert first.startswith("P, 1 core; Linux; Python 3; ours 1, JAX 1, torch 1.") and "3.00 ms" in first
    assert narrow.startswith("P, all held to AVX2, 1 core; ") and "4.00 ms" in narrow and "1.00 ms" not in text
    assert two.startswith("P, 2 cores; ") and "5.00 ms" in two


def test_units() -> None:
    shown = [report.show_seconds(x) for x in (5.84e-8, 1.2345e-6, 0.0998, 0.09999, 12.0)]
    assert shown == ["58.4 ns", "1.23 µs", "99.8 ms", "100 ms", "12.0 s"]


@pytest.mark.slow
def test_children_answer(tmp_path) -> None:
    runner = Runner(QUICK, 1, tmp_path)
    for name in ("scalar", "import"):
        row = runner.run(WORKLOADS[name], ["theano", "numpy"])
        assert not row.errors
        assert set(row.best) == {"theano", "numpy"}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc is Linux's")
def test_who_is_not_asked_stands_still(tmp_path) -> None:
    def stands() -> bool:
        end = time.monotonic() + 30
        while (state := Path(f"/proc/{child._process.pid}/stat").read_text().rsplit(") ", 1)[1][0]) != "T":
            assert state in "RSD" and time.monotonic() < end
        return True

    child = _Child("scalar", "numpy", 1, 0.001, tmp_path, avx2=False)
    try:
        assert child.read() == {"ready": True} and stands()
        assert child.ask()["seconds"] > 0 and stands()
    finally:
        child.end()
    assert child._process.returncode == 0


def test_the_picture_shows_the_figures_of_the_page() -> None:
    image = pytest.importorskip("PIL.Image")
    with image.open(figure.PICTURE) as picture:
        kept = picture.text[figure.KEY]
    found = figure.read(figure.ROOT / "docs" / "performance.md")
    assert kept == figure.as_text(found), "python -m benchmarks --figure"
    assert found.seconds["gemm-f32"].keys() >= {"theano", "numpy", "jax"}


def test_a_page_without_a_row_of_the_picture(tmp_path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"{report.MARKS[0]}\n\nA, 1 core; Linux.\n\n| per call | ours |\n|---|---|\n\n{report.MARKS[1]}\n")
    with pytest.raises(ValueError, match="no figures of ours for mlp-64"):
        figure.read(page)
