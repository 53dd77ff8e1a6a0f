PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SERVE ?= 1
NEO4J_PORT ?= 7687

.DEFAULT_GOAL := help

help: ## show this list
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-14s %s\n", $$1, $$2}'

$(VENV)/installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --no-build-isolation --no-deps -e .
	touch $@

$(VENV)/installed-dev: requirements-dev.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --require-hashes -r requirements-dev.lock
	$(BIN)/pip install --quiet --no-build-isolation --no-deps -e .
	touch $@ $(VENV)/installed

check: $(VENV)/installed-dev ## format, lint, types, import arrows
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: $(VENV)/installed-dev ## the whole suite
	$(BIN)/pytest

neo4j: ## a real Neo4j on bolt://127.0.0.1:7687 (data in .neo4j/, password in LOANTRAIL_NEO4J_PASSWORD)
	tools/neo4j/serve .neo4j $(NEO4J_PORT)

format: $(VENV)/installed-dev ## format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: help check test neo4j format
