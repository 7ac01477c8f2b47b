# Everything is installed into .venv from the pinned versions in requirements/.
# `make` alone lists what there is.

PYTHON ?= python3
BIN := .venv/bin
SETUP := .venv/.compiled
COMPILED := $(wildcard $(shell sed -n '/^modules = \[/,/^\]/s/^ *"\(.*\)",$$/\1/p' pyproject.toml))
BENCH := .venv/.bench
SOURCES := core adapters pierhead tests features benchmarks hatch_build.py

.DEFAULT_GOAL := help
.PHONY: help setup demo serve servers test lab check lint types kill-all chaos bench bench-placement bench-control-plane bench-quantum bench-quality lock clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

setup: $(SETUP) ## install everything into .venv

.venv/.installed: requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Pierhead needs Python 3.11 or newer; run make PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "Setting up .venv (two minutes, once)"
	@$(PYTHON) -m venv .venv \
		|| { echo "python3 cannot make virtual environments; on Debian, install python3-venv" >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/dev.txt
	@touch $@

$(SETUP): .venv/.installed pyproject.toml hatch_build.py $(COMPILED)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@ls *.so > /dev/null 2>&1 \
		|| echo "Nothing was compiled, for want of a C compiler or Python's headers: placements will be slower" >&2
	@touch $@

demo: $(SETUP) ## the documented workflow with real traffic
	@$(BIN)/python -m pierhead.demo

serve: $(SETUP) ## the all-in-one daemon, to keep
	@$(BIN)/pierhead serve

servers: $(SETUP) ## install the servers that the tests start (as root on Debian)
	@$(BIN)/python -m tests.servers --install

test: $(SETUP) servers lint types ## run every test
	@$(BIN)/pytest -n 2 --dist worksteal
	@$(BIN)/behave -D deployment=memory --format progress
	@$(BIN)/behave -D deployment=daemon --format progress
	@$(BIN)/behave -D deployment=split-postgresql --format progress
	@$(BIN)/behave -D deployment=split-mariadb --format progress
	@$(MAKE) --no-print-directory lab

lab: $(SETUP) servers ## the tests inside Neutron and on real networks, in namespaces of their own (as root)
	@if [ "$$(id -u)" != 0 ]; then \
		echo "Not run, for want of root: the tests inside Neutron and on real networks (sudo make lab)"; \
	else \
		$(BIN)/python -m tests.lab $(ARGS); \
	fi

check: $(SETUP) lint types ## the fast subset, in under a minute
	@$(BIN)/pytest -n 2 --dist worksteal -m 'not slow' -q

lint: $(SETUP) ## style and import rules
	@$(BIN)/ruff format --check --quiet $(SOURCES)
	@$(BIN)/ruff check --quiet $(SOURCES)
	@$(BIN)/lint-imports --no-cache > /dev/null || $(BIN)/lint-imports --no-cache

types: $(SETUP) ## mypy --strict
	@$(BIN)/mypy

kill-all: $(SETUP) servers ## kill every role at every point of every operation (long)
	@PIERHEAD_ALL_FAULTS=1 $(BIN)/pytest -n 2 --dist worksteal tests/split/kill

chaos: $(SETUP) servers ## kill, pause and cut off everything for a while (ARGS="--minutes 10")
	@$(BIN)/python -m tests.chaos $(ARGS)

bench: $(SETUP) ## print measurements
	@$(BIN)/python -m benchmarks

bench-placement: $(SETUP) servers ## the scheduler's speed, in memory and on PostgreSQL
	@$(BIN)/python -m benchmarks.placement $(ARGS)

bench-control-plane: $(SETUP) servers ## three processes with RabbitMQ and PostgreSQL
	@$(BIN)/python -m benchmarks.control_plane $(ARGS)

bench-quantum: $(SETUP) servers ## from a request to the first byte inside Neutron (as root)
	@$(BIN)/python -m benchmarks.quantum $(ARGS)

bench-quality: $(BENCH) ## how full a fleet gets, against other policies and bounds
	@$(BIN)/python -m benchmarks.quality $(ARGS)

$(BENCH): $(SETUP) requirements/bench.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/bench.txt
	@touch $@

lock: $(SETUP) ## pin the newest versions that pyproject.toml allows
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip compile --quiet --universal --upgrade --extra dev --generate-hashes \
		--no-emit-index-url --no-header --output-file requirements/dev.txt pyproject.toml
	@$(BIN)/uv pip compile --quiet --universal --upgrade --extra bench --constraint requirements/dev.txt \
		--generate-hashes --no-emit-index-url --no-header \
		--output-file requirements/bench.txt pyproject.toml
	@$(BIN)/uv pip compile --quiet --universal --upgrade --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header \
		--output-file tests/lab/requirements.txt tests/lab/requirements.in

clean: ## remove what was installed and cached
	@find . -maxdepth 1 -name '*.so' -delete; find core adapters -name '*.so' -delete
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
