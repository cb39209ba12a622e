# Two commands set everything up: `make build`, then `make test`. Plain `make` lists the rest.

PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
LETTERS ?= letters
OUT ?= public
PORT ?= 8000
ARGS ?=

VENV := .venv
RUN := $(VENV)/bin/python
RUNTIME := $(VENV)/.runtime-installed
CLUSTER := $(VENV)/.cluster-installed
DEV := $(VENV)/.dev-installed
BROWSER := $(VENV)/.browser-installed
NODE := node_modules/.installed
NODE_DEV := node_modules/.dev-installed
NPM := npm install --ignore-scripts --no-audit --no-fund --no-package-lock --loglevel=error
SIDE_BY_SIDE := --numprocesses 2 --dist loadfile
PIP := $(RUN) -m pip install -qq --disable-pip-version-check --require-hashes

.DEFAULT_GOAL := help
.PHONY: help install install-cluster build serve pages-preview watch check test test-full lint typecheck corpus bench-search bench bench-watch scale screenshots audit fuzz mutate approve clean

help: ## List these commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-18s %s\n", $$1, $$2 }'

install: $(RUNTIME) $(NODE) ## Install what building needs

install-cluster: $(CLUSTER) $(NODE) ## Install what building in pieces and uploading need

build: $(RUNTIME) $(NODE) ## Install what is missing, build letters/ into public/
	@$(RUN) -m site_builder build --letters "$(LETTERS)" --out "$(OUT)" $(ARGS)
	@echo "Look at it: make serve, then open http://127.0.0.1:$(PORT)/"

serve: $(RUNTIME) ## Serve public/ on this machine
	@$(RUN) -m site_builder serve --out "$(OUT)" --port $(PORT) $(ARGS)

pages-preview: OUT = out/preview
pages-preview: $(RUNTIME) $(NODE) ## Build as for a project page of GitHub Pages, serve it the way Pages does
	@$(RUN) -m site_builder build --letters "$(LETTERS)" --out "$(OUT)" --base-url http://127.0.0.1:$(PORT)/repo $(ARGS)
	@$(RUN) -m site_builder serve --out "$(OUT)" --port $(PORT) --base /repo/ --max-age 600

watch: $(RUNTIME) $(NODE) ## Build, serve, and build again on every change
	@$(RUN) -m site_builder watch --letters "$(LETTERS)" --out "$(OUT)" --port $(PORT) $(ARGS)

check: $(RUNTIME) ## Report problems and coverage of letters/, write nothing
	@$(RUN) -m site_builder check --letters "$(LETTERS)" $(ARGS)

test: $(DEV) $(NODE_DEV) $(BROWSER) ## Install what the tests need, run them
	@$(RUN) -m pytest $(SIDE_BY_SIDE) $(ARGS)

test-full: $(DEV) $(NODE_DEV) $(BROWSER) ## The tests with their full counts, for a night
	@FULL=1 $(RUN) -m pytest $(SIDE_BY_SIDE) --timeout=3600 $(ARGS)

lint: $(DEV) ## Check style and format
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .

typecheck: $(DEV) ## Check types
	@$(RUN) -m mypy

corpus: OUT = out/corpus
corpus: $(DEV) ## Write N invented letters (SEED=1) into OUT
	@$(RUN) -m tests.corpus $(or $(N),1000) $(OUT) --seed $(or $(SEED),1)

bench-search: $(DEV) $(NODE) $(BROWSER) ## Measure searching: SIZES="1000 10000", into docs/benchmarks-search.md
	@$(RUN) -m tests.bench_search $(SIZES) $(ARGS)

bench: $(DEV) $(NODE) ## Measure what a build costs beside other generators: ARGS="1000 --runs 1", into docs/benchmarks.md
	@$(RUN) -m tests.bench $(ARGS)

bench-watch: $(DEV) $(BROWSER) ## Measure how long whoever edits waits for the open page, into docs/benchmarks-watch.md
	@$(RUN) -m tests.bench_watch $(ARGS)

scale: $(DEV) $(NODE) $(BROWSER) ## Measure what a million letters would take, into docs/scale.md: ARGS="20000" for fewer
	@$(RUN) -m tests.scale $(ARGS)

screenshots: $(DEV) $(NODE) $(BROWSER) ## Pictures of every template into screenshots/, light and dark, phone and desk
	@$(RUN) -m tests.every_template

audit: $(DEV) $(NODE) $(BROWSER) ## Let the Nu Html Checker and Lighthouse judge the pages
	@$(RUN) -m tests.audit

fuzz: $(DEV) ## Feed damaged letters to the reading for SECONDS (300)
	@$(RUN) -m tests.fuzz $(or $(SECONDS),300) $(ARGS)

mutate: $(DEV) ## Change the code of MODULES in small ways and see whether the tests notice
	@$(RUN) -m tests.mutate $(or $(MODULES),parse cut text render staged delimited publish cache shelf) $(ARGS)

approve: $(DEV) ## Write the expected outputs of the tests anew; read the diff
	@$(RUN) -m tests.approve $(ARGS)

clean: ## Remove what was built, keep what was installed
	@find public -mindepth 1 ! -name .nojekyll -delete
	@rm -rf .stage-* .previous-* .aside-* .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis out test-results

$(RUN):
	@test -n "$(PYTHON)" || { echo "error: Python 3.11 or newer is missing: install it (Debian: apt-get install python3 python3-venv)" >&2; exit 3; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "error: Python cannot make a virtual environment: install its venv module (Debian: apt-get install python3-venv)" >&2; exit 3; }

$(RUNTIME): requirements.lock | $(RUN)
	@echo "Installing the Python packages"
	@$(PIP) -r requirements.lock
	@touch $@

$(CLUSTER): requirements-cluster.lock $(RUNTIME)
	@echo "Installing the Python packages for a cluster"
	@$(PIP) -r requirements-cluster.lock
	@touch $@

$(DEV): requirements-dev.lock $(RUNTIME)
	@echo "Installing the Python packages for the tests"
	@$(PIP) -r requirements-dev.lock
	@touch $@

$(BROWSER): $(DEV)
	@$(RUN) -m tests.browser && touch $@ || true

$(NODE): package.json
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null && command -v npm >/dev/null || \
		{ echo "error: Node 20 or newer with npm is missing: install it (https://nodejs.org, or Debian: apt-get install nodejs npm) and run make again" >&2; exit 3; }
	@echo "Installing the npm packages"
	@$(NPM) --omit=dev
	@touch $@

$(NODE_DEV): package.json | $(NODE)
	@echo "Installing the npm packages for the tests"
	@$(NPM)
	@touch $@
