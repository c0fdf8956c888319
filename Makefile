# Commands for a checkout. `make run` needs Python 3.11 or newer and make.

SHELL := bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
# Tests start hundreds of Python processes. Without bytecode each would compile the code again.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Options for the command of a target: make run ARGS="--ticker-port 9000", make test ARGS="-k cursor".
ARGS ?=
WEB_TESTS = $(wildcard web/test/*.test.js)

.PHONY: help install run test test-deep test-fallback coverage check web web-check web-test journey clients hosts browsers faults bench soak lock clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(VENV)/.runtime ## install Flashwire into .venv

run: $(VENV)/.runtime ## run the whole service: ticker on port 8000, desk on port 8001
	@exec $(BIN)/flashwire run $(ARGS)

test: $(VENV)/.tests web/node_modules/.stamp web-test ## install everything, a browser too, and run the tests
	@bash tests/run.sh $(BIN)/python -- $(ARGS)

test-deep: $(VENV)/.tests web/node_modules/.stamp ## run the further cases of long tests, 10 minutes
	@DEEP=only bash tests/run.sh $(BIN)/python -- $(ARGS)

test-fallback: $(VENV)/.tests ## run the tests that start a node with FLASHWIRE_TRANSPORT=asyncio
	FLASHWIRE_TRANSPORT=asyncio $(BIN)/python -m pytest tests/ticker/net tests/ticker/node tests/ticker/http \
	  -m "not slow and not alone" -n 4 --dist loadfile --no-loadscope-reorder $(ARGS)

coverage: $(VENV)/.tests web/node_modules/.stamp ## run all Python tests and report the branches that they miss
	@$(BIN)/coverage erase; status=0; DEEP=1 bash tests/run.sh $(BIN)/coverage run -- $(ARGS) || status=$$?; \
	echo "Branch coverage; files with full coverage are left out:"; \
	$(BIN)/coverage combine --quiet && $(BIN)/coverage report; exit $$status

check: $(VENV)/.dev web-check web-test ## check style, types and import rules, Python and JavaScript
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

web: web/node_modules/.stamp ## build web/dist; commit it with its sources
	npm --prefix web run --silent build

web-check: web/node_modules/.stamp
	npm --prefix web run --silent check
	npm --prefix web run --silent current

# These tests need no npm package. Without Node.js on the machine, the one of Playwright runs them.
web-test: $(VENV)/.dev
	@node=$$(bash tests/setup.sh node) && "$$node" --test --test-reporter=spec $(WEB_TESTS)

journey: $(VENV)/.tests web/node_modules/.stamp ## run the tests in a real browser
	$(BIN)/python -m pytest -m browser $(ARGS)

clients: $(VENV)/.tests ## run clients of other projects against a node; installs them into build/clients
	@bash tests/clients/install.sh $(BIN)/python
	$(BIN)/python -m pytest tests/clients -m slow $(ARGS)

hosts: $(VENV)/.tests web/node_modules/.stamp build/hosts/.stamp ## run the widget's tests in pages of React, Vue, Svelte, Lit, in WordPress and behind Varnish
	@bash tests/setup.sh sites
	$(BIN)/python -m pytest tests/browser/hosts --ignore tests/browser/hosts/test_browsers.py $(if $(SHORT),-m slow) $(ARGS)

browsers: $(VENV)/.tests ## run the widget's tests in Firefox and WebKitGTK; SHORT=1 the first of each
	@bash tests/setup.sh browsers
	$(BIN)/python -m pytest tests/browser/hosts/test_browsers.py $(if $(SHORT),-k restart) $(ARGS)

faults: $(VENV)/.tests ## run the slow tests: faults, attacks, long runs
	SIMULATION_SECONDS=$(if $(SHORT),0,120) $(BIN)/python -m pytest tests/acceptance tests/simulation $(if $(SHORT),,tests/bench tests/browser tests/deploy tests/docs tests/flashwire tests/publisher tests/ticker) --ignore tests/browser/hosts -m slow $(ARGS)

bench: $(VENV)/.runtime ## measure this machine into docs/performance, 30 minutes; ARGS="--quick" 3 minutes, ARGS="--all" 75 minutes
	$(BIN)/python -m bench $(ARGS)

soak: $(VENV)/.runtime ## run the 30-minute soak test; fails if memory grows; MINUTES=n, or SHORT=1
	SOAK_MINUTES=$(MINUTES) $(BIN)/python -m bench soak $(if $(SHORT),--quick) $(ARGS)

lock: $(VENV)/.place ## update both lock files; UPGRADE=1 takes newer versions
	$(PIP) install uv
	$(BIN)/uv $(COMPILE) --group dev --all-extras pyproject.toml --output-file tests/requirements.lock
	$(BIN)/uv $(COMPILE) --group build --extra postgresql --extra oidc --constraint tests/requirements.lock pyproject.toml --output-file requirements.lock

COMPILE = pip compile --quiet --universal --python-version 3.11 --generate-hashes $(if $(UPGRADE),--upgrade) \
  --no-emit-index-url --no-emit-find-links --annotation-style line --custom-compile-command "make lock"

clean: ## remove what the other targets made, except data/
	rm -rf $(VENV) build dist web/node_modules .coverage* .*_cache .hypothesis
	find flashwire ticker publisher bench tests -name __pycache__ -prune -exec rm -rf {} +

# A virtual environment contains its path. In a moved or copied checkout it is made again.
ifneq ($(CURDIR),$(shell cat $(VENV)/.place 2>/dev/null))
.PHONY: $(VENV)/.place
endif
$(VENV)/.place:
	@python=$$(bash tests/setup.sh python) && echo "Making $(VENV) with $$($$python --version) ..." && \
	"$$python" -m venv --clear $(VENV) && echo "$(CURDIR)" > $@

$(VENV)/.runtime: $(VENV)/.place requirements.lock pyproject.toml
	@echo "Installing the packages of Flashwire, checked by hash ..."
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime tests/requirements.lock
	@echo "Installing the packages of tests and checks, checked by hash ..."
	@$(PIP) install --require-hashes -r tests/requirements.lock
	@touch $@

$(VENV)/.tests: $(VENV)/.dev tests/setup.sh
	@bash tests/setup.sh programs
	@touch $@

# The frameworks and the theme of the tests in tests/browser/hosts; nothing of them is committed.
build/hosts/.stamp: tests/browser/hosts/frameworks/package.json
	@bash tests/setup.sh npm
	@echo "Installing the frameworks of the tests into build/hosts ..."
	@mkdir -p build/hosts && cp $< build/hosts/
	@npm --prefix build/hosts install --no-package-lock --no-audit --no-fund --no-progress --loglevel error
	@bash tests/setup.sh theme build/hosts
	@touch $@

# Not `npm ci`: it fails if a mirror lacks packages of other platforms. The lock file is still checked.
web/node_modules/.stamp: web/package.json web/package-lock.json
	@bash tests/setup.sh npm
	@echo "Installing the packages of the JavaScript checks ..."
	@npm --prefix web install --no-save --no-progress --loglevel error
	@touch $@
