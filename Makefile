# Each target works on a fresh clone: it makes .venv and installs what is missing. Needs Python 3.11 or newer.
SHELL := /bin/sh
.DEFAULT_GOAL := help

PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
BIN := .venv/bin
# Test processes; "auto" is one for each core.
WORKERS ?= auto
# Arguments for pytest: make test ARGS="tests/scheduling -k hold"
ARGS ?=

export PORT HOST

# install NAME, FILE: pip, unless FILE is what was installed last time (its checksum is kept in .venv).
define install
	@wanted="$$(cat $(2) | cksum)"; \
	if [ "$$(cat .venv/.$(1) 2>/dev/null)" != "$$wanted" ]; then \
		echo "Installing $(lastword $(2)) …"; \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check -r $(lastword $(2)) \
		&& echo "$$wanted" > .venv/.$(1); \
	fi
endef

.PHONY: help run test bench lint format types messages check clean venv tools

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: venv ## install, migrate, load demo data, start web and worker on http://localhost:8000
	@exec $(BIN)/python -m config.run

test: tools ## the test suite on SQLite, without any service (ARGS=… for pytest)
	@$(BIN)/python -m config.translations
	@$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

bench: tools ## measure slots and pages; prints ratios and growth
	@$(BIN)/python -m tests.bench

lint: tools ## style, formatting, templates, the dependency rule
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/djlint templates --lint --quiet
	@PYTHONPATH=. $(BIN)/lint-imports --no-logo

format: tools ## format the Python code
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

types: tools ## mypy with the Django plugin
	@$(BIN)/mypy

messages: tools ## collect strings into locale/ (needs gettext) and compile
	@$(BIN)/python manage.py makemessages --all --no-obsolete --no-location \
		--ignore=.venv --ignore=var --ignore=tests --ignore=static/vendor
	@$(BIN)/python -m config.translations

check: tools ## Django's own checks and missing migrations
	@$(BIN)/python -m config.translations
	@$(BIN)/python manage.py check
	@$(BIN)/python manage.py makemigrations --check --dry-run

clean: ## remove what can be made again; var/ (data) stays
	rm -rf .venv var/static .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	find locale -name '*.mo' -delete

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, and was not found."; exit 1; }
	@echo "Making .venv with $(PYTHON) …"
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "On Debian and Ubuntu: apt install python3-venv"; exit 1; }

venv: .venv/bin/python
	$(call install,runtime,requirements.txt)

tools: venv
	$(call install,tools,requirements.txt tests/requirements.txt)
