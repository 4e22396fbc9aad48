# The commands of the project: each works on a fresh clone, making .venv first if there is none.
.DEFAULT_GOAL := help
.PHONY: help demo play test nightly lint bench .venv

# The first of these that is 3.11 or newer and can make environments; `make PYTHON=/path/to/python` chooses another.
PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3; do \
	$$name -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)

help:  ## list these targets
	@awk -F ':.*## ' '/^[a-z.]+:.*## / { printf "%-7s %s\n", $$1, $$2 }' Makefile

demo: .venv/installed  ## learn, play and compare in a few minutes (ARGS='--help' lists the options)
	.venv/bin/yomi demo $(ARGS)

play: .venv/installed  ## play against the engine in the terminal (ARGS='--help' lists the options)
	.venv/bin/yomi play $(ARGS)

# The whole suite comes last, so that the summary line that ends the output is the one that counts every test.
test: lint  ## lint, then the three lanes of tests: JIT off, bounds checks, everything compiled
	NUMBA_DISABLE_JIT=1 .venv/bin/pytest -n 2 -W error -m 'interpreted and not long'
	NUMBA_BOUNDSCHECK=1 .venv/bin/pytest -n 2 -m 'interpreted and not long'
	.venv/bin/pytest -n 2

nightly: .venv/installed  ## the long tests on all cores: 100,000 random games, exact counts (ARGS='-k random_games')
	.venv/bin/pytest -n logical --dist worksteal -v -m long $(ARGS)

lint: .venv/installed  ## style and types
	.venv/bin/ruff check
	.venv/bin/mypy

bench: .venv/installed  ## run every benchmark in turn
	@set -e; for file in $(sort $(wildcard benchmarks/bench_*.py)); do echo "== $$file"; .venv/bin/python $$file; done

.venv: .venv/installed  ## make the environment, or bring it up to date with pyproject.toml

# `unfinished` lies in the folder while pip works and becomes the stamp `installed` at the end. A folder that still has
# it was interrupted, at an unknown place: it is made anew, because pip takes half-written packages for whole ones.
.venv/installed: pyproject.toml
	@[ ! -e .venv/unfinished ] && .venv/bin/python -m pip --version >/dev/null 2>&1 || rm -rf .venv
	@[ -d .venv ] || [ -n "$(PYTHON)" ] || { echo "yomi needs Python 3.11 or newer with venv and pip: none found" >&2; exit 1; }
	@mkdir -p .venv && touch .venv/unfinished
	@[ -d .venv/bin ] || $(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --editable '.[dev]'
	@mv .venv/unfinished $@
