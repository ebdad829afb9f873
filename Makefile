# The verbs are the whole manual: run test check train bench fuzz clean.
# Everything is set up on first use, in .venv and node_modules, and again when a
# requirements file or package-lock.json changes.

VENV := .venv
BIN := $(VENV)/bin
# The first Python that fits; `make PYTHON=python3.12 run` chooses another.
PYTHON ?= $(shell sh tools/find-python.sh)
DATA ?= $(if $(wildcard ../shared/data),../shared/data,data)

.DEFAULT_GOAL := help
.PHONY: help run test check train bench fuzz clean

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

run: $(VENV)/.run node_modules/.ready ## the server at http://127.0.0.1:5000
	$(BIN)/python app.py

test: $(VENV)/.dev node_modules/.ready ## every test, the browser's too
	sh tools/ensure-chromium.sh $(BIN)/python
	sh tools/ensure-redis.sh
	PATH="$(CURDIR)/$(BIN):$$PATH" npm test
	$(BIN)/python -m pytest

check: $(VENV)/.dev node_modules/.ready ## ruff, mypy, import-linter, JavaScript checks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	PATH="$(CURDIR)/$(BIN):$$PATH" npm run check

train: $(VENV)/.run ## all nets from DATA=folder: trained, evaluated, cards and plots written
	$(BIN)/python -m facetraits train all --data "$(DATA)" --resume

bench: $(VENV)/.dev node_modules/.ready ## the benchmark tables; DATA=folder adds accuracies beside the peers'
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m bench --data "$(DATA)"

fuzz: $(VENV)/.dev ## mutated input from a random seed against a real server; SEED=number sends the same again
	$(BIN)/python -m bench.fuzz $(if $(SEED),--seed $(SEED))

clean: ## forget the set-up
	rm -rf $(VENV) node_modules .pytest_cache .mypy_cache .ruff_cache .import_linter_cache

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "facetraits needs Python 3.11, 3.12 or 3.13 with venv: install one, or name it with make PYTHON=..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

node_modules/.ready: package.json package-lock.json | $(VENV)/.run
	sh tools/ensure-npm.sh $(BIN)/python
	PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --no-audit --no-fund
	touch $@
