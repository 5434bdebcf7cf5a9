# Legato: `make` lists the verbs. Each does its own set-up.
.DEFAULT_GOAL := help
.PHONY: help setup demo day test unit unit313 thorough integration browser long check format lint types contracts bench helm build clean

BIN := .venv/bin
WORKERS ?= 2
# Tests on services mostly wait for them.
WAITING ?= 3
PYTHON ?= python3
NEWER := .venv-3.13
PYTHON313 ?= 3.13
UV := $(shell command -v uv)
READY := .venv/.ready
CODE := $(wildcard src tests benchmarks examples scripts)

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## make .venv with Legato, its local services and its tools

$(READY): pyproject.toml uv.lock
	@echo 'setting up .venv ...' >&2
ifdef UV
	@uv sync --quiet --frozen --inexact --all-extras
else
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "`$(PYTHON)` is too old: Legato needs 3.11 or newer, set PYTHON=")'
	@test -x $(BIN)/pip || $(PYTHON) -m venv .venv || { echo 'no venv module: install it, on Debian by `apt-get install python3-venv`'; exit 1; }
	@$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	@$(BIN)/python -m pip install --quiet --editable '.[local,parquet]' --group dev
endif
	@touch $@

demo: setup ## open a shop, the desk and its mails, to try by hand (ARGS=--no-browser, KAFKA=real)
	@$(BIN)/legato local --shop examples/shop $(if $(KAFKA),--kafka $(KAFKA)) $(ARGS)

day: setup ## play a simulated day, kill a worker, count (ARGS="--events N ...", KAFKA=real)
	@$(BIN)/legato demo $(if $(KAFKA),--kafka $(KAFKA)) $(ARGS)

test: unit integration browser ## run all tests

unit: setup ## run the tests that need no service (ARGS to pytest)
	@$(BIN)/pytest -n $(WORKERS) -m 'not integration' $(ARGS)

thorough: setup ## run the properties on twice as many examples (ARGS to pytest)
	@THOROUGH=1 $(BIN)/pytest -n $(WORKERS) tests/property tests/replay $(ARGS)

integration: setup ## run the tests on a real Kafka and a real Redis (ARGS to pytest)
	@$(BIN)/pytest -n $(WAITING) --dist worksteal -m 'integration and not long' --ignore=tests/browser $(ARGS)

# In one process, since all of it stands on one desk, which takes both cores.
browser: setup ## drive the desk in Chromium (ARGS to pytest)
	@$(BIN)/pytest -m 'integration and not long' tests/browser $(ARGS)

long: setup ## run the integration tests that take most of a minute each (ARGS to pytest)
	@$(BIN)/pytest -n $(WORKERS) -m 'integration and long' $(ARGS)

unit313: ## run the tests that need no service on Python 3.13, as the image has it (needs uv)
	@UV_PROJECT_ENVIRONMENT=$(NEWER) uv sync --quiet --frozen --all-extras --python $(PYTHON313)
	@PYTHONMALLOC=mimalloc MIMALLOC_ALLOW_LARGE_OS_PAGES=1 \
		$(NEWER)/bin/pytest -n $(WORKERS) -m 'not integration' $(ARGS)

check: format-check lint types contracts unit ## all that must hold before a commit

.PHONY: format-check
format-check: setup
	@$(BIN)/ruff format --check --quiet --diff $(CODE)

lint: setup ## look for faults of style
	@$(BIN)/ruff check --quiet $(CODE)

types: setup ## check the types of src and tests
	@$(BIN)/mypy

contracts: setup ## check that imports go one way
	@$(BIN)/lint-imports

format: setup ## format the code and mend what can be mended
	@$(BIN)/ruff format --quiet $(CODE)
	@$(BIN)/ruff check --quiet --fix $(CODE)

bench: setup ## measure Legato and its peers (ARGS="--help")
	@$(BIN)/python -m benchmarks $(ARGS)

faults: setup ## break things under a busy line (ARGS="--list", or names of rows)
	@set -f; $(BIN)/python -m tests.faults $(ARGS)

helm: setup ## build Helm into the user's cache, once, for the tests of the chart (needs Go)
	@$(BIN)/python -m tests.contract.helm

build: setup ## build the wheel and the source distribution into dist/
ifdef UV
	@uv build --quiet
else
	@$(BIN)/python -m pip install --quiet build && $(BIN)/python -m build
endif

clean: ## remove what was built, .venv included
	rm -rf .venv $(NEWER) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
