"""The tools behind ``make test-clients`` and the speed of clients: outcomes, what is known of them, the tables."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from tools.clients import outcomes, report
from tools.clients.outcomes import Known, Outcomes
from tools.clients.speed import __main__ as speed
from tools.clients.table import CLIENTS
from tools.clients.workplace import ROOT, Workplace

REPORT = """<testsuites><testsuite name="0123abcd 89ef">
<testcase classname="tests.a" name="passes"/>
<testcase classname="tests.a" name="fails[1]"><failure/></testcase>
<testcase classname="tests.a" name="skips"><skipped/></testcase>
<testcase classname="" name="tests.b"><error/></testcase>
<testcase classname="tests.a" name="ends badly"/>
<testcase classname="tests.a" name="ends badly"><error/></testcase>
</testsuite></testsuites>"""


@pytest.fixture
def found(tmp_path):
    path = tmp_path / "outcomes.xml"
    path.write_text(REPORT)
    return outcomes.read(path)


def test_outcomes(found):
    assert found == Outcomes(["tests.a::passes"], ["tests.a::fails[1]", "tests.b", "tests.a::ends badly"],
                             ["tests.a::skips"], made=Counter({"0123abcd 89ef": 1}))  # fmt: skip
    assert found.commits() == {"0123abcd": 1}


def test_a_run_that_did_not_end(tmp_path):
    missing = outcomes.read(tmp_path / "nothing.xml")
    assert missing.surprises([]) == [missing.ended] and "not been run to their end" in missing.ended


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A client whose modules pass as soon as they are run, but for one that never ends; and what was run."""
    place = Workplace(replace(CLIENTS[0], suite=("tests", "more/test_c.py"), without=("tests/old",)))
    place.folder, place.state, run = tmp_path, lambda: "one env", []
    for name in "tests/test_a tests/b_test tests/endless_test tests/old/test_o more/test_c".split():
        file = tmp_path / "sources" / "client-1" / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()

    def pytest_(place, folder, arguments, variables, report):
        assert variables == {"CLIENT_TESTS": "b_test conftest endless_test test_a test_c"}
        run.append(arguments[-1])
        report.parent.mkdir(exist_ok=True)
        report.with_suffix(".txt").touch()
        if "endless" not in arguments[-1]:
            case = f'<testcase classname="{arguments[-1]}" name="passes"/>'
            report.write_text(f'<testsuites><testsuite name="{place.state()}">{case}</testsuite></testsuites>')
        return outcomes.read(report)

    monkeypatch.setattr(outcomes, "_pytest", pytest_)
    return place, run


def test_a_suite_goes_on_where_it_was_stopped(place):
    place, run = place
    found = outcomes.suite(place, last=True)
    assert not run and not found.passed and found.ended.startswith("4 of 4 modules are not run to their end: more/")
    found = outcomes.suite(place)
    assert run == ["more/test_c.py", "tests/b_test.py", "tests/endless_test.py", "tests/test_a.py"]
    assert len(found.passed) == 3 and found.ended.endswith(": tests/endless_test.py") and found.commits() == {"one": 3}
    assert found.surprises([Known(("never run",), "age")]) == [found.ended]
    run.clear()
    outcomes.suite(place, resume=True)
    assert run == ["tests/endless_test.py"]
    run.clear()
    (place.folder / "suite" / "tests.test_a.py.xml").unlink()  # as if it had been stopped there
    place.state = lambda: "two env"
    assert outcomes.suite(place, resume=True).commits() == {"two": 3} and len(run) == 4
    assert outcomes.suite(place, last=True).commits() == {"two": 3} and len(run) == 4


def test_surprises(found):
    known = [Known(("tests.a::fails[*]", "tests.b"), "age"), Known(("tests.a::ends badly",), "load", True)]
    assert found.surprises(known) == [] and found.reasons(known) == {"age": 2, "load": 1}
    assert found.surprises(known[:1]) == ["tests.a::ends badly fails"] and found.reasons(known[:1])["not known"] == 1
    gone = [*known, Known(("tests.a::passes",), "mended"), Known(("tests.a::skips",), "now and then", True)]
    assert found.surprises(gone) == ["tests.a::passes: no longer fails (mended)"]


def test_tables():
    client = CLIENTS[0]
    row = {"with": "Python 3.11.7", "jobs": [2, 2], "suite": [5, 7, 1], "reasons": {"age": 2}}
    row["modules"] = {"": 4, "0123abcd": 2, "4567": 1}
    text = report.tables({client.key: row})
    name = client.distribution.replace("==", " ")
    assert f"| {name} | 2 of 2 | 5 of 7 | 1 | 2 at 0123abcd, 1 at 4567, of 4 | Python 3.11.7 |" in text
    assert f"| {client.key} | 2 | age |" in text
    assert "| 1 of 1 | – | – | – |" in report.tables({client.key: {"with": "", "jobs": [1, 1]}})


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.key)
def test_what_the_table_names_is_there(client):
    assert client.key == client.key.lower() and client.distribution.count("==") == 1
    # some have tests of their own and no job of ours
    assert (ROOT / "tests" / "clients" / client.jobs).is_file() if client.jobs else client.suite
    assert all(row.tests and row.reason for row in outcomes.known(client.key))


def test_files_belong_to_clients():
    keys = {client.key for client in CLIENTS}
    folder = ROOT / "tools" / "clients"
    assert {path.stem for path in (folder / "requirements").iterdir()} <= keys | {"common"}
    assert {path.stem for path in (folder / "known").iterdir()} <= keys
    assert report.BEGIN in report._DOCUMENT.read_text(encoding="utf-8")


@pytest.fixture
def contenders(tmp_path, monkeypatch):
    """Two that run one program, whose first step is 1 dearer in the first one."""
    (tmp_path / "inside").mkdir()
    program = """
import os
from measured import measure

cost = 3.0 + ("theano" in os.environ["THEANO_FLAGS"])
measure({"lenet": lambda: lambda pictures, kinds: cost + pictures.shape[0] + len(kinds)})
"""
    for name in ("keras", "torch"):
        (tmp_path / "inside" / f"in_{name}.py").write_text(program)
    python, path = Path(sys.executable), (Path(speed.__file__).parent / "inside",)
    monkeypatch.setattr(speed, "HERE", tmp_path)
    flags = {"here": "", "Theano 1.0.5": "theano={cache}", "torch": ""}
    return [speed.Contender(name, python, path, text) for name, text in flags.items()]


def test_steps_are_measured_side_by_side(contenders):
    found = speed.measured(contenders, "keras", "lenet", 2)
    assert {name: len(runs) for name, runs in found.items()} == {"here": 2, "Theano 1.0.5": 2, "torch": 2}
    assert found["here"][0]["costs"] == [131.0] * 10 and 0 <= found["here"][0]["least"] <= found["here"][0]["median"]
    assert "are 1.0e+00 from the original's" in speed.apart(found)
    (steps,), (first,) = zip(speed.rows("a network", found), strict=True)
    assert steps.startswith("a network | ") and steps.count("|") == 5 and first.count("|") == 5
    del found["Theano 1.0.5"]
    assert speed.rows("a network", found)[0].split(" | ")[2::2] == ["–", "–"] and "not there" in speed.apart(found)


def test_a_network_that_fails_says_so(contenders, tmp_path):
    with pytest.raises(SystemExit, match="(?s)here, keras, lstm:.*KeyError: 'lstm'"):
        contenders[0].run("keras", "lstm", tmp_path)
