# `make demo` and `make test` need Python 3.11 or later (with its venv module), git and make; they set up the rest.
# PYTHON chooses an interpreter: `make test PYTHON=python3.13` works in .venv-3.13 and leaves .venv alone.

.DEFAULT_GOAL := help
.SUFFIXES:

NEW_ENOUGH := import sys, ensurepip; sys.exit(sys.version_info < (3, 11))
DEFAULT_PYTHON := $(shell for p in python3 python3.13 python3.12 python3.11 python3.14; do \
	$$p -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$p && break; done)
ifeq ($(origin PYTHON),undefined)
PYTHON := $(DEFAULT_PYTHON)
VENV := .venv
else
VENV := .venv-$(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
endif

RUN := $(VENV)/bin/python
INSTALL := $(RUN) -m pip install -qq --disable-pip-version-check
VSPEC_CORPUS ?= ../shared/data
# More tests, or fewer: `make test ARGS="tests/unit -k chunks"`.
ARGS ?=
JOBS ?= auto

.PHONY: help demo test lint corpus editor clients docs wheel clean

help:
	@echo 'make demo     map a made-up recording, read it through the map, draw it'
	@echo 'make test     all tests'
	@echo 'make lint     ruff, mypy, import contracts, size limits'
	@echo 'make corpus   every real file in VSPEC_CORPUS (now $(VSPEC_CORPUS)) against its independent reader'
	@echo 'make editor   the YAML language server that the tests of the card schema drive (needs Node.js and npm)'
	@echo 'make clients  what the JavaScript client is tested with (needs Node.js and npm)'
	@echo 'make docs     the generated pages of docs/, and the number of formats in README.md'
	@echo 'make wheel    build the wheel into dist/'
	@echo 'make clean    remove what these made'

demo: $(VENV)/.ready-demo
	@$(RUN) docs/demo.py out/demo

test: $(VENV)/.ready-dev
	@VSPEC_CORPUS='$(VSPEC_CORPUS)' $(RUN) -m pytest -q -n $(JOBS) --timeout 300 $(ARGS)

lint: $(VENV)/.ready-dev
	@echo 'ruff'; $(RUN) -m ruff check --quiet --output-format concise . && $(RUN) -m ruff format --check --quiet .
	@echo 'mypy'; $(RUN) -m mypy --no-error-summary
	@echo 'import contracts, size limits, names'; $(RUN) -m pytest -q --no-header tests/house/test_import_contracts.py \
	  tests/house/test_size_limits.py tests/house/test_no_format_names.py

corpus: $(VENV)/.ready-dev
	@mkdir -p out
	@$(RUN) -m tests.corpus '$(VSPEC_CORPUS)' --json out/corpus.json --baseline tests/corpus/numbers.json $(ARGS)

editor: tests/editor/node_modules/.package-lock.json

# Without the server, `make test` skips tests/editor. npm writes that file last.
tests/editor/node_modules/.package-lock.json: tests/editor/package.json tests/editor/package-lock.json
	@command -v npm >/dev/null || { echo 'no npm: install Node.js 20 or later, with npm'; exit 1; }
	@cd tests/editor && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

# Without it, `make test` skips the tests of the JavaScript client.
clients: clients/js/node_modules/.package-lock.json

clients/js/node_modules/.package-lock.json: clients/js/package.json clients/js/package-lock.json
	@command -v npm >/dev/null || { echo 'no npm: install Node.js 20 or later, with npm'; exit 1; }
	@cd clients/js && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

docs: $(VENV)/.ready-dev
	@$(RUN) docs/generate.py

wheel: $(VENV)/.ready-dev
	@rm -rf dist
	@mkdir -p out && { $(RUN) -m build --wheel --outdir dist . >out/build.log 2>&1 || { cat out/build.log; exit 1; }; }
	@ls dist/*.whl

clean:
	@rm -rf .venv .venv-* out build dist tests/editor/node_modules clients/js/node_modules
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@$(or $(PYTHON),python3) -c '$(NEW_ENOUGH)' 2>/dev/null || { \
	  echo 'vspec needs Python 3.11 or later with its venv module (Debian, Ubuntu: apt install python3-venv);'; \
	  echo 'name another one with: make $(MAKECMDGOALS) PYTHON=python3.12'; exit 1; }
	@echo 'creating $(VENV)'
	@$(PYTHON) -m venv $(VENV)

# What is installed follows pyproject.toml: a changed dependency makes the environment stale.
$(VENV)/.ready-%: pyproject.toml | $(VENV)/bin/python
	@echo 'installing vspec and its $* dependencies into $(VENV) (the first time takes a minute or two)'
	@$(INSTALL) -e '.[$*]'
	@mkdir -p out
	@touch $@
