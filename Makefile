PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SERVE ?= 1
SEED ?= 2026
TRANSFERS ?= 20000
OUT ?= out
SIZES ?= 10000,100000
NEO4J_PORT ?= 7687
PROCESSES ?= 2
PYTEST := $(BIN)/pytest --numprocesses=$(PROCESSES) --dist=loadfile
DEMO := LOANTRAIL_STORE=duckdb:///$(OUT)/loantrail.duckdb LOANTRAIL_CASEBOOK=sqlite:///$(OUT)/casebook.sqlite \
	LOANTRAIL_QUARANTINE=$(OUT)/quarantine LOANTRAIL_TIMEZONE=Asia/Shanghai $(BIN)/loantrail

.DEFAULT_GOAL := help

help: ## show this list
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-14s %s\n", $$1, $$2}'

$(VENV)/installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	touch $@

$(VENV)/installed-dev: requirements-dev.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	touch $@ $(VENV)/installed

CANVAS := ui/components/graph_canvas

$(CANVAS)/dist/built: $(CANVAS)/package-lock.json $(CANVAS)/node.lock $(CANVAS)/build.py $(wildcard $(CANVAS)/source/*.js) | $(VENV)/installed
	$(BIN)/python $(CANVAS)/build.py $(CANVAS_BUILD)

canvas: $(CANVAS)/dist/built ## bundle the graph canvas for the browser (Node from the system or from PyPI)

demo: CANVAS_BUILD := --if-possible
demo: $(VENV)/installed $(CANVAS)/dist/built ## write the demonstration bank, load, sweep, export, serve (SERVE=0: stop before serving)
	mkdir -p $(OUT)
	$(DEMO) demo $(OUT)/bank --seed $(SEED) --transfers $(TRANSFERS)
	$(DEMO) load $(OUT)/bank
	$(DEMO) sweep --param hidden_group_exposure.net_capital=48000000000 --json $(OUT)/findings.json
	$(DEMO) export csv $(OUT)/alerts.csv
	@if [ "$(SERVE)" != 0 ]; then $(DEMO) serve; fi

test: $(VENV)/installed-dev $(CANVAS)/dist/built ## the whole suite, in PROCESSES processes of which each starts its own servers
	$(PYTEST)

check: $(VENV)/installed-dev ## format, lint, types, import arrows, known vulnerabilities of dependencies
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/dependency_audit.py

nightly: $(VENV)/installed-dev $(CANVAS)/dist/built ## the heavy profiles
	LOANTRAIL_NIGHTLY=1 $(PYTEST)

bench: $(VENV)/installed-dev ## measure beside the peers, write docs/performance.* (SIZES=10000,100000 PARTS=…)
	$(BIN)/python -m bench $(SIZES) $(PARTS)

bench-full: $(VENV)/installed-dev ## the same at every size up to 10,000,000 transfers
	$(BIN)/python -m bench 10000,100000,1000000,10000000

bench-reading: $(VENV)/installed-dev ## how fast files are read, format by format, and with how much memory
	$(BIN)/python -m bench.reading

bench-spine: $(VENV)/installed-dev ## time the spine phase by phase on 100,000 transfers
	$(BIN)/python -m bench.spine

screenshots: $(VENV)/installed-dev ## pictures of the desk's main screens, from the demonstration bank
	@test -f $(OUT)/casebook.sqlite || $(MAKE) demo SERVE=0
	$(BIN)/python -m tools.screenshots

format: $(VENV)/installed-dev ## format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/installed-dev ## rewrite what is generated from the code
	$(BIN)/python -m detectors.documentation
	$(BIN)/python -m detectors.regulatory_numbers
	$(BIN)/python -m graph.documentation

new-detector: $(VENV)/installed-dev ## write the two files of a new detector (NAME=…)
	@$(BIN)/python -m detectors.skeleton "$(NAME)"

neo4j: ## a real Neo4j on bolt://127.0.0.1:7687 (data in .neo4j/, password in LOANTRAIL_NEO4J_PASSWORD)
	tools/neo4j/serve .neo4j $(NEO4J_PORT)

lock: $(VENV)/installed-dev ## pin the dependencies again, with hashes and without addresses
	$(BIN)/uv pip compile pyproject.toml --extra neo4j --extra postgres --extra desk --extra install \
		--generate-hashes --no-header --no-annotate --quiet --output-file requirements.lock
	$(BIN)/uv pip compile pyproject.toml --all-extras \
		--generate-hashes --no-header --no-annotate --quiet --output-file requirements-dev.lock

.PHONY: help canvas demo test check nightly bench bench-full bench-reading bench-spine screenshots format docs new-detector neo4j lock
