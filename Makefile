# Each target makes its own .venv; nothing is installed outside it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/.installed-run
DEV_STAMP := $(VENV)/.installed-dev
MUTANTS_STAMP := $(VENV)/.installed-mutants
# How many changes of the source `make mutants` tries, and which sample of them.
MUTANTS ?= 200
SEED ?= 1

# How many hostile texts, kills under load and simulated seeds `make soak` tries.
SOAK ?= 200000
KILLS ?= 200
SEEDS ?= 10000

.PHONY: help demo test lint soak oracles bench mutants clean

help:
	@echo "make demo      run a trading day over real sockets and draw it (about a minute the first time)"
	@echo "make test      lint, types and all tests"
	@echo "make soak      try 200,000 hostile texts wherever people give one, logs damaged at every byte, 200 kills and 10,000 simulated seeds"
	@echo "make oracles   hold long runs of the laboratory against what is known (some minutes)"
	@echo "make lint      ruff and mypy alone"
	@echo "make bench     measure the engine beside its yardsticks"
	@echo "make mutants   change the source in 200 places, one at a time, and see that tests fail"
	@echo "make clean     remove .venv, caches and runs"

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv $(VENV)

$(RUN_STAMP): pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[plots,web]'
	touch $@

$(DEV_STAMP): pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@ $(RUN_STAMP)

$(MUTANTS_STAMP): pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[mutants]'
	touch $@ $(DEV_STAMP) $(RUN_STAMP)

demo: $(RUN_STAMP)
	$(BIN)/carbonx demo

lint: $(DEV_STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: lint
	$(BIN)/pytest -q

soak: $(DEV_STAMP)
	CARBONX_TEXTS=$(SOAK) $(BIN)/pytest tests/fuzz tests/engine/log -q --timeout 0
	CARBONX_KILLS=$(KILLS) $(BIN)/pytest tests/gateway/server/test_crash.py -q --timeout 0
	$(BIN)/carbonx simulate --seeds $(SEEDS)

oracles: $(DEV_STAMP)
	$(BIN)/python -m tests.oracles

bench: $(DEV_STAMP)
	$(BIN)/pytest benchmarks -q --benchmark-enable --benchmark-disable-gc
	$(BIN)/carbonx bench

mutants: $(MUTANTS_STAMP)
	$(BIN)/python -m tests.mutation.run --mutants $(MUTANTS) --seed $(SEED)

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .benchmarks runs
