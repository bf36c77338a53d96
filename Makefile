# `make help` lists what there is. Everything is installed into .venv; nothing needs activating.

PYTHON ?= python3
VENV ?= .venv
DEMO ?= demo
BIN := $(VENV)/bin
# A file's tests stay together, since they share servers and results. One process keeps 0.8 of two cores
# busy. Four at most, since each starts servers and browsers of its own.
PYTEST := $(BIN)/python -m pytest --numprocesses logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder
INSTALL := $(BIN)/python -m pip install --quiet

.DEFAULT_GOAL := help
.PHONY: help demo test test-fast lint format wheel bench clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.installed ## find the planted duplicates in example images, and name the page to open
	$(BIN)/python examples/make_examples.py $(DEMO)/photos
	$(BIN)/fastdup-nb run $(DEMO)/photos --work_dir $(DEMO)/results
	$(BIN)/fastdup-nb duplicates $(DEMO)/results
	@echo
	@echo "Open this page in a browser: file://$(abspath $(DEMO))/results/duplicates.html"

test: $(VENV)/.tested lint wheel ## install what the tests need, then run all checks and tests
	scripts/install_test_tools $(VENV)
	scripts/check_front_end
	$(PYTEST)

test-fast: $(VENV)/.tested ## run the fast tests only
	$(PYTEST) -m "not slow and not browser and not notebook"

lint: $(VENV)/.tested ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.tested ## put the code into the house format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

wheel: $(VENV)/.installed ## build the wheel and check what it holds
	rm -rf dist
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .
	$(BIN)/python scripts/check_wheel.py dist/*.whl

bench: $(VENV)/.tested ## compare with the original, and measure memory (long; see benchmarks/README.md)
	$(BIN)/python -m benchmarks.compare_original
	$(BIN)/python -m benchmarks.memory

clean: ## remove what these commands made
	rm -rf $(VENV) $(DEMO) dist build .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.created:
	scripts/create_venv $(PYTHON) $(VENV)
	@touch $@

$(VENV)/.installed: $(VENV)/.created pyproject.toml
	$(INSTALL) --editable .
	@touch $@

$(VENV)/.tested: $(VENV)/.installed
	$(INSTALL) --editable ".[test,dev]"
	@touch $@
