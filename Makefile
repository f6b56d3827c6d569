# make demo and make test do all the set-up themselves: Python 3.11+, a C++ compiler and CMake are all they need.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
JOBS ?= 2

.NOTPARALLEL:
.PHONY: help demo test check lint format docs clean

help:
	@echo "make demo    compile a small detector to C++, build it, run it, compare it with the truth"
	@echo "make test    run the tests"
	@echo "make check   everything that a change must pass: lint, types, generated docs, tests"
	@echo "make format  format the code and mend what ruff can mend"
	@echo "make docs    write docs/reference again from the code"

# Each stamp stands for the virtual environment with one set of extras installed.
$(VENV)/.base: pyproject.toml
	@echo "Installing into $(VENV) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.test: pyproject.toml
	@echo "Installing into $(VENV) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	@touch $@ $(VENV)/.base

$(VENV)/.dev: pyproject.toml
	@echo "Installing into $(VENV) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@ $(VENV)/.test $(VENV)/.base

demo: $(VENV)/.base
	$(BIN)/python examples/shapes/demo.py

test: $(VENV)/.test
	$(BIN)/python -m pytest -n $(JOBS)

lint: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright --pythonpath $(BIN)/python

check: lint test

format: $(VENV)/.dev
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: $(VENV)/.dev
	$(BIN)/python -m arhat.frontend.generate
	$(BIN)/python tools/gen_docs

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .ruff_cache .hypothesis
