# flask-mailbox: every target works on a bare machine with Python 3.11 or newer, pip and make.
PYTHON ?= python3
VENV   ?= .venv
BIN     = $(VENV)/bin
# One more than the two cores that the suite is meant for: many tests wait for servers.
WORKERS ?= 3

.DEFAULT_GOAL := help
.PHONY: help demo test check docs bench soak servers clean

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.demo  ## start the example app with a mail server of its own
	@$(BIN)/python -m example_app

test: $(VENV)/.dev servers check  ## install everything, check the code and run the whole suite
	$(BIN)/pytest -n $(WORKERS) --dist loadgroup

check: $(VENV)/.dev  ## ruff, mypy strict and import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(VENV)/.dev  ## build the documentation into docs/_build/html
	$(BIN)/sphinx-build -W --keep-going -b html docs docs/_build/html

bench: $(VENV)/.dev servers  ## measure speed against other libraries
	$(BIN)/pip install --quiet --editable '.[bench]'
	$(BIN)/python -m benchmarks

soak: $(VENV)/.dev servers  ## run the load tests with their full figures
	$(BIN)/pytest -m soak --timeout 3600

servers:
	@sh tools/install-servers

clean:
	rm -rf $(VENV) build dist docs/_build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache

$(VENV)/bin/pip:
	@sh tools/make-venv "$(PYTHON)" "$(VENV)"

$(VENV)/.demo: $(VENV)/bin/pip pyproject.toml
	$(BIN)/pip install --quiet --editable '.[demo]'
	@touch $@

$(VENV)/.dev: $(VENV)/bin/pip pyproject.toml
	$(BIN)/pip install --quiet --editable '.[dev]'
	@touch $@ $(VENV)/.demo
