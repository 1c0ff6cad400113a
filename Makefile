# make demo         in a fresh clone: set up .venv and run the XNOR example
# make test         linters, type checker, layer contract, all tests (they build the documentation, too)
# make lint         linters, type checker, layer contract
# make bench        benchmarks of this package; make bench-peers: against others (installs them);
#                   BENCH="--quick 'sum-*'" are arguments of both
# make bench-original  .venv-original with Theano 1.0.5, which --peers theano-1.0.5 wants (docs/performance.md)
# make mutants      small mistakes planted in the compiler: which do the tests find? (docs/mutants.md)
#                   MUTANTS="-n 50 'lower/*'" are its arguments
# make test-clients libraries that were written for Theano, each in an environment of its own (docs/clients.md);
#                   CLIENTS="keras-2.3.1 --record" are its arguments
# make test-windows the tests by Python for Windows under Wine, where that is installed (docs/support.md);
#                   WINDOWS="--resume tests/native" are its arguments
# make explain-pages  explanations of five programs as pages in build/explain, and pictures of them for the documentation
# make stubs        src/theano-stubs anew, for type checkers and editors (docs/types.md)
# make notebooks    the notebooks of the documentation, run anew and kept with what they show
# make release-check  both packages built, looked into, installed in clean environments (CONTRIBUTING.md)
# make docs         the documentation as HTML, warnings are errors
# make help         these lines
#
# PYTHON=python3.12 chooses the interpreter of .venv.

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
# What could be compared with; each is skipped where it cannot be installed.
PEERS := numexpr jax torch pytensor

ORIGINAL_PYTHON ?= python3.10

# What old libraries depend on has wheels for these; the last releases of some have none for later ones.
CLIENTS_PYTHON ?= $(shell for p in python3.11 python3.12; do $$p -c '' 2>/dev/null && echo $$p && break; done)

.PHONY: help demo test test-clients test-windows lint bench bench-peers bench-original mutants explain-pages stubs notebooks release-check docs clean

help:
	@sed -n '/^#/!q; s/^# \{0,1\}//p' Makefile

demo: .venv/.installed-plot
	$(BIN)/python examples/xnor.py

test: lint
	$(BIN)/python -m pytest -n 2 tests

lint: .venv/.installed-test
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/.installed-bench
	$(BIN)/python -m benchmarks $(BENCH)

# An environment of its own: tests must not come to depend on others, nor on the versions they ask for.
bench-peers: .venv-bench/.installed
	.venv-bench/bin/python -m benchmarks --peers $(BENCH)

.venv-bench/.installed: pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed"; exit 1; }
	test -x .venv-bench/bin/python || $(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install -q --upgrade pip
	.venv-bench/bin/python -m pip install -q -e ".[bench]"
	for peer in $(PEERS); do .venv-bench/bin/python -m pip install -q $$peer || echo "$$peer: skipped"; done
	touch $@

# Python 3.10 is the first one that understands the benchmarks, and the last one that NumPy 1.21 has wheels for.
bench-original: .venv-original/.installed

.venv-original/.installed: benchmarks/original.txt
	$(ORIGINAL_PYTHON) -m venv --clear .venv-original
	.venv-original/bin/python -m pip install -q wheel==0.43.0 setuptools==59.8.0
	.venv-original/bin/python -m pip install -q -r benchmarks/original.txt
	touch $@

test-clients:
	@test -n "$(CLIENTS_PYTHON)" || { echo "Python 3.11 or 3.12 is needed for the clients"; exit 1; }
	$(CLIENTS_PYTHON) -m tools.clients $(CLIENTS)

test-windows: $(BIN)/python
	$(BIN)/python -m tools.on_windows $(WINDOWS)

mutants: .venv/.installed-test
	$(BIN)/python -m tools.mutants $(MUTANTS)

release-check: $(BIN)/python
	$(BIN)/python -m tools.release_check $(RELEASE)

explain-pages: .venv/.installed-test
	$(BIN)/python -m tools.explain_pages build/explain

stubs: .venv/.installed-test
	$(BIN)/python -m tools.stubs

notebooks: .venv/.installed-test
	$(BIN)/python -m tools.notebooks

docs: .venv/.installed-docs
	$(BIN)/python -m sphinx -W --keep-going -b html docs build/docs

clean:
	rm -rf build dist .venv/.installed-*

# One stamp for each set of extras: repeated runs start at once.
.venv/.installed-%: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install -q -e ".[$*]"
	touch $@

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --upgrade pip
