"""Commands: ``python -m theano explain script.py:function``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from theano.explanation import command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; what the process ends with."""
    parser = argparse.ArgumentParser(prog="python -m theano")
    commands = parser.add_subparsers(dest="command", required=True)
    explain = commands.add_parser("explain", help="what became of a function, as a page")
    command.add_options(explain)
    explain.set_defaults(run=command.run)
    options = parser.parse_args(arguments)
    return int(options.run(options))


if __name__ == "__main__":
    sys.exit(main())
