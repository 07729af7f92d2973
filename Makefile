# Everything runs from a virtual environment in .venv, made with plain `python3 -m venv` on first use and refreshed only when
# pyproject.toml or constraints.txt change. `make help` lists the targets.

# The first Python from 3.11 to 3.13 (what the course is tested with), else the first that is new enough.
PYTHON ?= $(shell for range in 'v < (3, 14)' 'True'; do \
	for python in python3 python3.13 python3.12 python3.11 python; do \
	"$$python" -c "import sys; v = sys.version_info; sys.exit(not (v >= (3, 11) and $$range))" 2>/dev/null && { echo "$$python"; exit; }; \
	done; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install --constraint constraints.txt
# Pictures and text are exact whatever the learner's own progress and settings are.
CLEAN := env K8SLAB_PROGRESS=$(CURDIR)/build/progress.json MPLCONFIGDIR=$(CURDIR)/build/matplotlib MPLBACKEND=agg

.DEFAULT_GOAL := help
.PHONY: help lab test lint notebooks bench tour clean

help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 20

lab: .venv/lab.stamp ## Open the course in JupyterLab (ARGS="--no-browser --port 8890" are handed to Jupyter)
	@$(BIN)/python -m k8slab lab $(ARGS)

test: .venv/test.stamp ## Run everything that must hold: lint, types, tests, notebooks
	$(MAKE) --no-print-directory lint
	$(CLEAN) $(BIN)/python -m pytest -n 2 --ignore=tests/browser
	$(CLEAN) $(BIN)/python -m pytest -n 2 --dist loadfile --nbval --nbval-current-env --nbval-cell-timeout=60 notebooks/*.ipynb

lint: .venv/test.stamp ## Style, format, types and the import contract
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --config tests/importlinter.ini

notebooks: .venv/test.stamp ## Build both editions of every chapter from notebooks/source, and run them (ARGS="15" for one)
	$(CLEAN) $(BIN)/python -m k8slab.course.build $(ARGS)

bench: .venv/test.stamp ## Print the speed of the lab, one row a figure
	$(BIN)/python -m benchmarks

tour: .venv/test.stamp ## Walk through the course in a real browser; pictures go to build/tour
	$(CLEAN) $(BIN)/python -m pytest tests/browser -v $(ARGS)

clean: ## Remove the virtual environment and everything that was built
	rm -rf .venv build k8slab.egg-info

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "k8slab needs Python 3.11 or newer: install it, or say make PYTHON=/path/to/python3.12"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/lab.stamp: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Installing the course into .venv (once; about a minute) ..."
	@$(PIP) --editable .
	@touch $@

.venv/test.stamp: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Installing the course and its test tools into .venv (once; about a minute) ..."
	@$(PIP) --editable '.[test]'
	@touch $@ .venv/lab.stamp
