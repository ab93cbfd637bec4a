# Every target; `make` alone lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PYTHON := .venv/bin/python
SPEED ?= 1

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

.PHONY: run
run: environment ## set up what is missing, then serve the screens on http://127.0.0.1:8050/
	@exec $(PYTHON) app.py run

.PHONY: live
live: environment ## the same with today simulated faster or slower; SPEED=60 for an hour a minute
	@exec $(PYTHON) app.py run --play --speed $(SPEED)

.PHONY: test
test: environment-dev ## run every test (unit, integration, browser)
	$(PYTHON) -m pytest --numprocesses auto --no-loadscope-reorder

.PHONY: lint
lint: environment-dev ## lint, formatting, types, import rule
	$(PYTHON) -m ruff check
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m mypy
	.venv/bin/lint-imports

.PHONY: check
check: lint ## the same and the unit tests
	$(PYTHON) -m pytest --numprocesses auto tests/unit

.PHONY: pins
pins: environment-dev ## check that the pinned packages suit the oldest and the newest Python
	@scripts/check-pins.sh

.PHONY: format
format: environment-dev ## put the code in its form
	$(PYTHON) -m ruff check --fix
	$(PYTHON) -m ruff format

.PHONY: bench
bench: environment-dev ## run the benchmarks on 10 million incidents; BENCH_ROWS=200000 for a quick look
	$(PYTHON) -m bench

.PHONY: docs
docs: environment ## write the generated pages again
	$(PYTHON) app.py docs

.PHONY: stop
stop: ## stop the private database cluster
	$(PYTHON) app.py db stop

.PHONY: environment
environment: ## system packages and .venv for running
	@scripts/setup-system.sh
	@scripts/setup-venv.sh

.PHONY: environment-dev
environment-dev: ## system packages and .venv for tests and checks
	@scripts/setup-system.sh --tests
	@scripts/setup-venv.sh --dev
