# The verbs are the whole manual: run test check train bench fuzz clean.
# Each sets up what it needs on first use, in .venv and node_modules, and again when the
# files that say what is needed change. What one verb installed serves the others, too.

VENV := .venv
BIN := $(VENV)/bin
# The first Python that fits; `make PYTHON=python3.12 run` chooses another.
PYTHON ?= $(shell sh tools/find-python.sh)
# requirements.txt says which versions, pyproject.toml which packages for what.
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.txt
SAY = @echo "facetraits set-up:"
DATA ?= $(if $(wildcard ../shared/data),../shared/data,data)

.DEFAULT_GOAL := help
.PHONY: help run test check train bench fuzz clean

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

run: $(VENV)/.run node_modules/.run ## the server at http://127.0.0.1:5000
	$(BIN)/python app.py

test: $(VENV)/.dev node_modules/.dev ## every test, the browser's too
	sh tools/ensure-chromium.sh $(BIN)/python
	sh tools/ensure-redis.sh
	PATH="$(CURDIR)/$(BIN):$$PATH" npm test
	$(BIN)/python -m pytest

check: $(VENV)/.dev node_modules/.dev ## ruff, mypy, import-linter, JavaScript checks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --platform win32
	$(BIN)/mypy --platform darwin
	$(BIN)/lint-imports
	PATH="$(CURDIR)/$(BIN):$$PATH" npm run check

train: $(VENV)/.train ## all nets from DATA=folder: trained, evaluated, cards and plots written
	$(BIN)/python -m facetraits train all --data "$(DATA)" --resume

bench: $(VENV)/.dev node_modules/.dev ## the benchmark tables; DATA=folder adds accuracies beside the peers'
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m bench --data "$(DATA)"

fuzz: $(VENV)/.dev ## mutated input from a random seed against a real server; SEED=number sends the same again
	$(BIN)/python -m bench.fuzz $(if $(SEED),--seed $(SEED))

clean: ## forget the set-up
	rm -rf $(VENV) node_modules .pytest_cache .mypy_cache .ruff_cache .import_linter_cache

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "facetraits needs Python 3.11, 3.12 or 3.13 with venv: install one, or name it with make PYTHON=..."; exit 1; }
	$(SAY) a virtual environment in $(VENV), some seconds
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml requirements.txt | $(VENV)/bin/python
	$(SAY) what serving needs, a download of about 120 MB: one to three minutes
	@$(INSTALL) -e ".[redis,gevent]"
	@touch $@

$(VENV)/.train: $(VENV)/.run
	$(SAY) what training needs, TensorFlow above all, a download of about 600 MB: two to ten minutes
	@$(INSTALL) -e ".[train]"
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.train
	$(SAY) what checks and tests need, a download of about 100 MB: one to three minutes
	@$(INSTALL) -c requirements-dev.txt -e ".[dev]"
	@touch $@

# npm ci begins with an empty folder: what it forgets it forgets with its stamp.
node_modules/.run: package.json package-lock.json | $(VENV)/.run
	$(SAY) "the browser's libraries, and Node from PyPI (60 MB) where there is none: up to a minute"
	@sh tools/ensure-npm.sh $(BIN)/python
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --omit=dev --no-audit --no-fund --loglevel=error
	@touch $@

node_modules/.dev: package.json package-lock.json | $(VENV)/.run
	$(SAY) the checks of the JavaScript: up to a minute
	@sh tools/ensure-npm.sh $(BIN)/python
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --no-audit --no-fund --loglevel=error
	@touch node_modules/.run $@
