"""Command line: ``python -m benchmarks [names…]``."""

from __future__ import annotations

import argparse
import dataclasses
import fnmatch
import json
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import figure, layers, profile
from benchmarks.contenders import ALWAYS, CONTENDERS, ORIGINAL, PEERS, ROOT
from benchmarks.report import as_json, as_text, tables_of, write_between_marks
from benchmarks.runner import FULL, QUICK, Row, Runner
from benchmarks.workloads import WORKLOADS

PAGE = ROOT / "docs" / "performance.md"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure ours and peers, side by side."
    )
    parser.add_argument("names", nargs="*", help="rows, also patterns like 'sum-*' (default: those without *)")
    parser.add_argument(
        "--peers",
        nargs="*",
        choices=PEERS,
        metavar="PEER",
        help=f"of {', '.join(PEERS)}; none named: all installed ones; without it: NumPy",
    )
    parser.add_argument(
        "--original",
        metavar="PYTHON",
        default=CONTENDERS[ORIGINAL].python,
        help=f"interpreter that has {CONTENDERS[ORIGINAL].label} (default: of .venv-original)",
    )
    parser.add_argument("--threads", type=int, choices=(1, 2), default=1, help="cores each one may use")
    parser.add_argument("--avx2", action="store_true", help="nobody uses vectors of more than 32 bytes")
    parser.add_argument("--quick", action="store_true", help="short: to see that everything runs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to FILE")
    parser.add_argument("--markdown", action="store_true", help="as --tables, of this run")
    parser.add_argument(
        "--tables",
        nargs="+",
        type=Path,
        metavar="FILE",
        help=f"write what runs kept by --json into {PAGE.name} and {layers.PAGE.name}",
    )
    parser.add_argument(
        "--figure", action="store_true", help=f"draw {figure.PICTURE.name} from {PAGE.name}, measure nothing"
    )
    parser.add_argument("--list", action="store_true", help="print the names of the rows")
    parser.add_argument("--profile", metavar="NAME", help="print times of the stages of compiling")
    return parser.parse_args()


def _chosen(patterns: list[str]) -> list[str]:
    if not patterns:
        return [name for name, workload in WORKLOADS.items() if not workload.asked]
    found = [name for name in WORKLOADS if any(fnmatch.fnmatch(name, p) for p in patterns)]
    lost = [p for p in patterns if not fnmatch.filter(WORKLOADS, p)]
    if lost:
        raise SystemExit(f"no such row: {', '.join(lost)}; rows are: {', '.join(WORKLOADS)}")
    return found


def _contenders(asked: list[str] | None) -> list[str]:
    if asked is None:
        return list(ALWAYS)
    wanted = asked or [name for name in PEERS if not CONTENDERS[name].optional]
    missing = {name: CONTENDERS[name].missing for name in wanted}
    for name, reason in missing.items():
        if reason:
            print(f"{name}: {reason}, left out", file=sys.stderr)
    return [name for name in CONTENDERS if name in ALWAYS or missing.get(name) == ""]


def _write(tables: str) -> None:
    write_between_marks(PAGE, tables)
    figure.draw(figure.read(PAGE), figure.PICTURE)


def _write_all(runs: list[dict[str, Any]]) -> None:
    """Layers that convolve have a page of their own."""
    if of_layers := layers.tables(runs):
        write_between_marks(layers.PAGE, of_layers)
    others = [run | {"rows": [row for row in run["rows"] if not layers.is_layer(row["name"])]} for run in runs]
    if others := [run for run in others if run["rows"]]:
        _write(tables_of(others))


def main() -> int:
    """Run what the command line asks for; 1 if ours failed or gave a wrong answer somewhere."""
    args = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # children are told, who stand still while they wait
    if args.list:
        print("\n".join(f"{name:24} {w.title}{' *' * w.asked}" for name, w in WORKLOADS.items()))
        return 0
    if args.profile:
        return profile.run(args.profile)
    if args.figure:
        figure.draw(figure.read(PAGE), figure.PICTURE)
        return 0
    if args.tables:
        _write_all([json.loads(file.read_text()) for file in args.tables])
        return 0
    CONTENDERS[ORIGINAL] = dataclasses.replace(CONTENDERS[ORIGINAL], python=args.original)
    contenders = _contenders(args.peers)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="theano-bench-", ignore_cleanup_errors=True) as caches:
        runner = Runner(QUICK if args.quick else FULL, args.threads, Path(caches), args.avx2)
        for name in _chosen(args.names):
            print(f"{name} …", file=sys.stderr, flush=True)
            rows.append(runner.run(WORKLOADS[name], contenders))
            print(as_text(rows[-1:], contenders).split("\n", 1)[1], file=sys.stderr, flush=True)
    print(as_text(rows, contenders))
    if args.json:
        args.json.write_text(json.dumps(as_json(rows, contenders, args.threads, args.avx2), indent=1) + "\n")
    if args.markdown:
        _write_all([as_json(rows, contenders, args.threads, args.avx2)])
    return int(any("theano" in row.errors for row in rows))


if __name__ == "__main__":
    sys.exit(main())
