# `make` alone lists the targets. Each sets up .venv by itself when it is missing or stale.
PYTHON ?= python3
BIN := .venv/bin
LOCK := autograder/requirements.lock
# JupyterLab asks for a word of consent before it runs as root, as in a container.
ROOT_FLAG := $(if $(filter 0,$(shell id -u)),--allow-root)
# Settings of nbgrader, and in labconfig/ what JupyterLab leaves out: a sidebar for authors, a question about news.
export JUPYTER_CONFIG_PATH := $(CURDIR)/autograder
export PATH := $(CURDIR)/$(BIN):$(PATH)

help:  ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | awk -F'\t' '{printf "make %-10s %s\n", $$1, $$2}'

# --- the learner ---------------------------------------------------------------------------------

lab: $(BIN)/.ready  ## open the week in JupyterLab
	jupyter lab $(ROOT_FLAG) $(LAB_FLAGS) --ServerApp.root_dir=notebooks notebooks/week1/00_set_prediction.ipynb

progress: $(BIN)/.ready  ## show how far you are
	@cd notebooks/week1 && python -c "from detrlab import progress; progress()"

# --- the instructor ------------------------------------------------------------------------------

demo: $(BIN)/.ready  ## build the release, grade a demo class with nbgrader, write feedback and a CSV
	@python -m autograder demo

grade: $(BIN)/.ready  ## grade what lies in DIR, one folder or zip for each student
	@test -n "$(DIR)" || { echo "Say which folder: make grade DIR=INBOX"; exit 1; }
	@python -m autograder grade "$(DIR)"

formgrader: $(BIN)/.ready  ## grade written answers in JupyterLab (DETR_COURSE=FOLDER: another course)
	jupyter lab $(ROOT_FLAG) $(LAB_FLAGS) $(if $(DETR_COURSE),--ServerApp.root_dir="$(abspath $(DETR_COURSE))")

bundle: $(BIN)/.ready  ## zip what students get, into dist/
	@python -m autograder bundle

# --- the author ----------------------------------------------------------------------------------

notebooks: $(BIN)/.ready  ## build notebooks/ and data/checks from solutions/
	@python -m autograder fixtures
	@python -m autograder notebooks

fixtures: $(BIN)/.ready  ## compute only the numbers that the visible checks compare with
	@python -m autograder fixtures

solutions: $(BIN)/.ready  ## execute the solutions into notebooks with outputs
	@python -m autograder solutions

check: $(BIN)/.ready  ## lint, types and the fast tests: two minutes
	ruff check --quiet . && ruff format --quiet --check . && mypy
	pytest -q -n 2 --dist loadgroup -m "not slow and not audit"

test: $(BIN)/.ready  ## check, then nbgrader end to end, attacks, executed notebooks, the lab
	ruff check --quiet . && ruff format --quiet --check . && mypy
	pytest -q -n 2 --dist loadgroup -m "not audit"

audit: $(BIN)/.ready  ## what takes long by nature: many seeds, thousands of spoilt replies
	pytest -q -n 2 --dist loadgroup -m audit

reference: $(BIN)/.ready  ## the numbers of transformers' DETR that the solutions are compared with
	@pip install --quiet --disable-pip-version-check -c $(LOCK) --target build/transformers transformers
	@PYTHONPATH=build/transformers python -m autograder.tests.reference.make_numbers

bench: $(BIN)/.ready  ## time the training recipe beside the plain one: half an hour
	@python -m autograder bench

lock: $(BIN)/.ready  ## write the versions installed now to the lock file
	pip freeze --exclude-editable > $(LOCK)

clean:  ## remove .venv, caches and the demo class (not your course)
	rm -rf .venv dist autograder/course/demo build *.egg-info .pytest_cache .ruff_cache .mypy_cache

# The lock says which versions; pyproject.toml says which packages and which ranges would do.
$(BIN)/.ready: pyproject.toml $(LOCK)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; say which: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Setting up .venv: a few minutes, once"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c $(LOCK) -e '.[dev]'
	@touch $@

.PHONY: help lab progress demo grade formgrader bundle notebooks fixtures solutions check test audit reference bench lock clean
.DEFAULT_GOAL := help
