# Every target works on a fresh machine with Python (>= 3.11) and make: `setup` builds .venv from the
# hashed lock whenever the lock or the project file has changed.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.PHONY: setup up test lint format bench soak load lock clean

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Plant Twin needs Python 3.11 or later, got %d.%d" % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(STAMP)

up: setup
	$(BIN)/twin up

# Two processes for two cores; what judges times runs after them, alone.
test: setup
	tests/install_browser.sh
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not alone"
	$(BIN)/python -m pytest -m alone tests/e2e

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup
	$(BIN)/twin bench

# Do screens that run for months grow? MINUTES=20 by default; figures, no verdict.
MINUTES := 20
soak: setup
	tests/install_browser.sh
	$(BIN)/python tests/benchmarks/soak.py $(MINUTES)

# How one web process carries many live readers of a plant of 1,000 machines.
READERS := 200
load: setup
	tests/install_browser.sh
	$(BIN)/python tests/benchmarks/load.py $(READERS)

# uv is only needed to write the lock, never to use it.
lock: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9'
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 --extra dev pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
