"""The tool behind ``make test-clients``: outcomes, what is known of them, the tables."""

from __future__ import annotations

import pytest

from tools.clients import outcomes, report
from tools.clients.outcomes import Known, Outcomes
from tools.clients.table import CLIENTS
from tools.clients.workplace import ROOT

REPORT = """<testsuites><testsuite>
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
                             ["tests.a::skips"])  # fmt: skip


def test_a_run_that_did_not_end(tmp_path):
    missing = outcomes.read(tmp_path / "nothing.xml")
    assert missing.surprises([]) == [missing.ended] and "not been run to their end" in missing.ended


def test_surprises(found):
    known = [Known(("tests.a::fails[*]", "tests.b"), "age"), Known(("tests.a::ends badly",), "load", True)]
    assert found.surprises(known) == [] and found.reasons(known) == {"age": 2, "load": 1}
    assert found.surprises(known[:1]) == ["tests.a::ends badly fails"] and found.reasons(known[:1])["not known"] == 1
    gone = [*known, Known(("tests.a::passes",), "mended"), Known(("tests.a::skips",), "now and then", True)]
    assert found.surprises(gone) == ["tests.a::passes: no longer fails (mended)"]


def test_tables():
    client = CLIENTS[0]
    row = {"with": "Python 3.11.7", "jobs": [2, 2], "suite": [5, 7, 1], "reasons": {"age": 2}}
    text = report.tables({client.key: row})
    assert f"| {client.distribution.replace('==', ' ')} | 2 of 2 | 5 of 7 | 1 | Python 3.11.7 |" in text
    assert f"| {client.key} | 2 | age |" in text
    assert "| 1 of 1 | – | – |" in report.tables({client.key: {"with": "", "jobs": [1, 1]}})


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
