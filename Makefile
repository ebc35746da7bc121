# Everything below sets itself up: `make run` on a machine with Python 3.11, git and make needs nothing else.
# What is installed where: .venv, with the versions of requirements.lock. ARGS="..." is handed on by run, test and bench.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
QUARTER := 2023Q3
AIRFLOW_EXTRAS := airflow,postgres
EXTRAS := $(AIRFLOW_EXTRAS),dev
INPUTS := pyproject.toml requirements.lock scripts/uv

# Without bytecode every start would compile every module anew.
unexport PYTHONDONTWRITEBYTECODE

# Tests and benchmarks read the publishers' own files where they lie beside the checkout.
ifndef FLEETSTATS_ORIGINALS
ifneq ($(wildcard ../shared/data/.),)
test bench siblings: export FLEETSTATS_ORIGINALS := $(abspath ../shared/data)
endif
endif

.PHONY: help run report airflow test test-quick test-distributed faults faults-quick siblings lint types format words check bench lock install wheel clean

help: ## print this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1|\2/p' Makefile | while IFS='|' read -r name text; do printf '  make %-16s %s\n' "$$name" "$$text"; done

run: .venv/.core ## build the warehouse from all filings and publish it (the main job)
	@$(BIN)/fleetstats run $(ARGS)

report: .venv/.core ## build the page of a quarter, from a warehouse built first (QUARTER=2023Q3)
	@$(BIN)/fleetstats run
	@$(BIN)/fleetstats report --quarter $(QUARTER) $(ARGS)

airflow: .venv/.airflow ## start a local Airflow with the DAGs of dags/; Ctrl-C ends it
	@exec $(BIN)/python -m scripts.airflow $(ARGS)

# Two processes, a module's tests in one of them; the long modules, which come first, begin first.
test: .venv/.dev ## run the tests
	@$(BIN)/pytest -n 2 --dist loadscope --no-loadscope-reorder $(ARGS)

test-quick: .venv/.dev ## run the unit tests: no warehouse is built, no server and no browser started
	@$(BIN)/pytest -n 2 tests/unit $(ARGS)

test-distributed: .venv/.dev ## kill a Celery worker in the middle of the nightly run (needs redis-server and PostgreSQL)
	@$(BIN)/python -m tests.distributed.run $(ARGS)

faults: .venv/.dev ## break things on purpose and count what happens: up to three hours (ARGS="--seed 7 --only bits")
	@$(BIN)/python -m tests.faults.run $(ARGS)

siblings: .venv/.dev ## try every file in 29 other forms, and count what becomes of them (long; ARGS="--add-only" ends before the builds)
	@$(BIN)/python -m tests.siblings.run --originals $(FLEETSTATS_ORIGINALS) $(ARGS)

faults-quick: .venv/.dev ## a sample of each kind of fault, in two minutes
	@$(BIN)/python -m tests.faults.run --quick $(ARGS)

lint: .venv/.dev ## look for mistakes, the format of the code, and imports that go up (ruff, import-linter)
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/lint-imports --no-cache

types: .venv/.dev ## check the types (mypy, strict)
	@$(BIN)/mypy

format: .venv/.dev ## format the code and fix what can be fixed by itself
	@$(BIN)/ruff check --fix-only --quiet
	@$(BIN)/ruff format

words: .venv/.dev ## bring the catalogues of src/fleetstats/locale up to date with the code (ARGS=ja: begin one)
	@$(BIN)/python -m scripts.catalogues $(ARGS)

check: lint types test ## lint, types and test

bench: .venv/.dev ## measure the speed (prints figures, asserts nothing)
	@$(BIN)/python benchmarks/run.py $(ARGS)

lock: ## resolve pyproject.toml into requirements.lock again (ARGS=--upgrade: to the newest)
	scripts/uv pip compile --quiet --universal --all-extras --no-emit-index-url --no-annotate pyproject.toml -o requirements.lock $(ARGS)

install: .venv/.core ## set up .venv with what `make run` needs

wheel: .venv/.core ## build the source archive and the wheel into dist/
	@scripts/uv build --quiet --out-dir dist
	@ls dist/*

clean: ## remove .venv and what tools left; never filings, warehouse or ledgers
	rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# install WHAT: with bytecode for the packages and for our own code, which is used where it lies.
define install
@echo 'fleetstats: installing the versions of requirements.lock into .venv' >&2
@scripts/uv pip install --quiet --compile-bytecode --constraint requirements.lock --editable '$(1)'
@$(BIN)/python -m compileall -q src
endef

.venv/.core: $(INPUTS)
	$(call install,.)
	@touch $@

.venv/.airflow: $(INPUTS)
	$(call install,.[$(AIRFLOW_EXTRAS)])
	@touch .venv/.core $@

.venv/.dev: $(INPUTS)
	$(call install,.[$(EXTRAS)])
	@touch .venv/.core .venv/.airflow $@
