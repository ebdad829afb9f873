# The targets are the whole manual: run test check train bench fuzz clean.
# On first use, each one installs what it needs in .venv and node_modules, and again when
# the requirements change. The targets share what they have installed.

VENV := .venv
BIN := $(VENV)/bin
# The first suitable Python; `make PYTHON=python3.12 run` chooses another.
PYTHON ?= $(shell sh tools/find-python.sh)
# requirements.txt pins the versions; pyproject.toml lists the packages for each purpose.
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.txt
SAY = @echo "facetraits setup:"
DATA ?= $(if $(wildcard ../shared/data),../shared/data,data)

.DEFAULT_GOAL := help
.PHONY: help run test check train bench fuzz clean

help: ## show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

run: $(VENV)/.run node_modules/.run ## start the server at http://127.0.0.1:5000
	$(BIN)/python app.py

test: $(VENV)/.dev node_modules/.dev ## run every test, including browser tests
	sh tools/ensure-chromium.sh $(BIN)/python
	sh tools/ensure-redis.sh
	sh tools/ensure-mosquitto.sh
	sh tools/ensure-proxies.sh
	PATH="$(CURDIR)/$(BIN):$$PATH" npm test
	$(BIN)/python -m pytest

check: $(VENV)/.dev node_modules/.dev ## run ruff, mypy, import-linter, and the JavaScript checks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --platform win32
	$(BIN)/mypy --platform darwin
	$(BIN)/lint-imports
	PATH="$(CURDIR)/$(BIN):$$PATH" npm run check

train: $(VENV)/.train ## train and evaluate all nets with DATA=folder; write cards and plots
	$(BIN)/python -m facetraits train all --data "$(DATA)" --resume

bench: $(VENV)/.dev node_modules/.dev ## print the benchmark tables; DATA=folder adds accuracies
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m bench --data "$(DATA)"

fuzz: $(VENV)/.dev ## send mutated input to a real server; SEED=number repeats a run
	$(BIN)/python -m bench.fuzz $(if $(SEED),--seed $(SEED))

clean: ## delete everything that was installed
	rm -rf $(VENV) node_modules .pytest_cache .mypy_cache .ruff_cache .import_linter_cache

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "facetraits needs Python 3.11, 3.12, or 3.13 with venv. Install one, or choose one with make PYTHON=..."; exit 1; }
	$(SAY) "creating a virtual environment in $(VENV) (a few seconds)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml requirements.txt | $(VENV)/bin/python
	$(SAY) "installing the server's packages (downloads about 160 MB, one to three minutes)"
	@$(INSTALL) -e ".[redis,gevent,video,mqtt]"
	@touch $@

$(VENV)/.train: $(VENV)/.run
	$(SAY) "installing TensorFlow and other training packages (downloads about 600 MB, two to ten minutes)"
	@$(INSTALL) -e ".[train]"
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.train
	$(SAY) "installing the packages for checks and tests (downloads about 100 MB, one to three minutes)"
	@$(INSTALL) -c requirements-dev.txt -e ".[all,dev]"
	@touch $@

# npm ci starts with an empty folder, which also deletes the stamp files.
node_modules/.run: package.json package-lock.json | $(VENV)/.run
	$(SAY) "installing the browser libraries, and Node from PyPI (60 MB) if it is missing (up to a minute)"
	@sh tools/ensure-npm.sh $(BIN)/python
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --omit=dev --no-audit --no-fund --loglevel=error
	@touch $@

node_modules/.dev: package.json package-lock.json | $(VENV)/.run
	$(SAY) "installing the JavaScript checks (up to a minute)"
	@sh tools/ensure-npm.sh $(BIN)/python
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --no-audit --no-fund --loglevel=error
	@touch node_modules/.run $@
