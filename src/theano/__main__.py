"""Commands.

    python -m theano                                what programs are compiled with and for
    python -m theano explain script.py:function     what became of a function, as a page
    python -m theano cache clear                    forget all compiled programs
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from theano.runtime.cache import default_cache
from theano.show.explanation import command
from theano.versions import show_versions


def _show(options: argparse.Namespace) -> int:
    show_versions()
    return 0


def _clear(options: argparse.Namespace) -> int:
    cache = default_cache()
    if cache is None:
        print("there is no cache: the flag cache.enabled is false")
        return 1
    count, size = cache.contents()
    print(f"{cache.folder} has {count} programs, {size / 1e6:.1f} MB")
    print(f"{cache.clear()} programs removed")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; what the process ends with."""
    parser = argparse.ArgumentParser(
        prog="python -m theano", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.set_defaults(run=_show)
    commands = parser.add_subparsers(dest="command")
    explain = commands.add_parser("explain", help="what became of a function, as a page")
    command.add_options(explain)
    explain.set_defaults(run=command.run)
    cache = commands.add_parser("cache", help="compiled programs that are kept")
    cache.add_argument("what", choices=["clear"])
    cache.set_defaults(run=_clear)
    options = parser.parse_args(arguments)
    try:
        status = int(options.run(options))
        print(end="", flush=True)
    except BrokenPipeError:  # who reads, such as `head`, has enough: what is left is for nobody
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return status


if __name__ == "__main__":
    sys.exit(main())
