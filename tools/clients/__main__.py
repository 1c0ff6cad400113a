"""``python -m tools.clients``: old libraries on this package, and whether their tests do as is known."""

from __future__ import annotations

import argparse
import fnmatch
import sys

from tools.clients.outcomes import Known, Outcomes, jobs, known, suite
from tools.clients.report import record
from tools.clients.table import CLIENTS, Client
from tools.clients.workplace import Workplace


def main() -> int:
    """Run what is asked for; the number of clients with surprises."""
    parser = argparse.ArgumentParser(prog="python -m tools.clients", description=__doc__)
    parser.add_argument("clients", nargs="*", default=["*"], help="patterns of their names (keras-2.3.1, pymc3-*)")
    parser.add_argument("--record", action="store_true", help="write the outcomes into docs/clients.md")
    parser.add_argument("--jobs-only", action="store_true", help="not the clients' own tests")
    parser.add_argument("--resume", action="store_true", help="their own tests: only modules not run at this commit")
    parser.add_argument("--last", action="store_true", help="compare the outcomes of the last run, run nothing")
    parser.add_argument("--at-once", type=int, default=1, metavar="N", help="modules of their own tests (default: 1)")
    given = parser.parse_args()
    chosen = [c for c in CLIENTS if any(fnmatch.fnmatch(c.key, pattern.lower()) for pattern in given.clients)]
    if not chosen:
        parser.error(f"no client is called {' or '.join(given.clients)}: there are {', '.join(c.key for c in CLIENTS)}")
    return sum([_try(client, given) for client in chosen])


def _try(client: Client, given: argparse.Namespace) -> bool:
    place = Workplace(client)
    if not given.last:
        print(f"{client.key}: preparing", flush=True)
        place.prepare()
    ours = jobs(place, given.last) if client.jobs else None
    surprises = _tell(client, "our tests of it", ours, []) if ours else []
    theirs = suite(place, given.resume, given.last, given.at_once) if client.suite and not given.jobs_only else None
    if theirs:
        surprises += _tell(client, "its own tests", theirs, known(client.key))
    if given.record:
        record(place, ours, theirs)
    return bool(surprises)


def _tell(client: Client, what: str, outcomes: Outcomes, expected: list[Known]) -> list[str]:
    print(f"{client.key}: {what}: {len(outcomes.passed)} passed, {len(outcomes.failed)} failed, "
          f"{len(outcomes.skipped)} skipped")  # fmt: skip
    for reason, number in outcomes.reasons(expected).most_common():
        print(f"    {number} fail: {reason}")
    surprises = outcomes.surprises(expected)
    for line in surprises:
        print(f"    NOT AS KNOWN: {line}")
    return surprises


if __name__ == "__main__":
    sys.exit(min(main(), 1))
