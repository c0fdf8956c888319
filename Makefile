# Everything a person does with a checkout. Python 3.11 or newer and make are all that `make run` needs.

SHELL := bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
# Tests start hundreds of Python processes: without bytecode each would compile the code again.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# More for the command that a target ends in: make run ARGS="--ticker-port 9000", make test ARGS="-k cursor".
ARGS ?=
WEB_TESTS = $(wildcard web/test/*.test.js)

.PHONY: help install run test coverage check web web-check web-test journey faults bench soak lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(VENV)/.runtime ## set up .venv with .venv/bin/flashwire, and nothing else

run: $(VENV)/.runtime ## run the whole service on this machine: ticker on port 8000, desk on port 8001
	@exec $(BIN)/flashwire run $(ARGS)

test: $(VENV)/.tests web-test ## set everything up, browser included, and pass all tests
	@bash tests/run.sh $(BIN)/python -- $(ARGS)

coverage: $(VENV)/.tests ## all Python tests again, and what they leave out of the code, branch by branch
	@$(BIN)/coverage erase; status=0; bash tests/run.sh $(BIN)/coverage run -- $(ARGS) || status=$$?; \
	echo "Branch coverage, files that are not wholly covered:"; \
	$(BIN)/coverage combine --quiet && $(BIN)/coverage report; exit $$status

check: $(VENV)/.dev web-check web-test ## style, types and the order of the rooms, Python and browser
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

web: web/node_modules/.stamp ## build web/dist, the widget as pages load it; commit it with its sources
	npm --prefix web run --silent build

web-check: web/node_modules/.stamp
	npm --prefix web run --silent check
	npm --prefix web run --silent current

# The browser code's tests need no package: on a machine without Node.js, Playwright's own runs them.
web-test: $(VENV)/.dev
	@node=$$(bash tests/setup.sh node) && "$$node" --test --test-reporter=spec $(WEB_TESTS)

journey: $(VENV)/.tests ## the promises of the README, in a real browser
	$(BIN)/python -m pytest -m browser $(ARGS)

faults: $(VENV)/.tests ## the long forms of what must hold when something breaks; the short ones are in `make test`
	$(BIN)/python -m pytest tests/acceptance $(if $(SHORT),,tests/bench tests/browser tests/deploy tests/flashwire tests/publisher tests/ticker) -m slow $(ARGS)

bench: $(VENV)/.runtime ## measure this machine beside other servers, into docs/performance: half an hour; ARGS="--quick" tries it out, ARGS="--all" takes 75 minutes
	$(BIN)/python -m bench $(ARGS)

soak: $(VENV)/.runtime ## half an hour of coming and going, that must end with the memory it had; MINUTES=n, or SHORT=1
	SOAK_MINUTES=$(MINUTES) $(BIN)/python -m bench soak $(if $(SHORT),--quick) $(ARGS)

lock: $(VENV)/.place ## write both lock files again; UPGRADE=1 takes newer versions too
	$(PIP) install uv
	$(BIN)/uv $(COMPILE) --group dev pyproject.toml --output-file tests/requirements.lock
	$(BIN)/uv $(COMPILE) --group build --constraint tests/requirements.lock pyproject.toml --output-file requirements.lock

COMPILE = pip compile --quiet --universal --python-version 3.11 --generate-hashes $(if $(UPGRADE),--upgrade) \
  --no-emit-index-url --no-emit-find-links --annotation-style line --custom-compile-command "make lock"

clean: ## remove what the other targets made; data/ stays
	rm -rf $(VENV) build dist web/node_modules .coverage* .*_cache .hypothesis
	find flashwire ticker publisher bench tests -name __pycache__ -prune -exec rm -rf {} +

# A virtual environment holds its own path: in a moved or copied checkout it is made again.
ifneq ($(CURDIR),$(shell cat $(VENV)/.place 2>/dev/null))
.PHONY: $(VENV)/.place
endif
$(VENV)/.place:
	@python=$$(bash tests/setup.sh python) && echo "Making $(VENV) with $$($$python --version) ..." && \
	"$$python" -m venv --clear $(VENV) && echo "$(CURDIR)" > $@

$(VENV)/.runtime: $(VENV)/.place requirements.lock pyproject.toml
	@echo "Installing what Flashwire needs, hashes checked ..."
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime tests/requirements.lock
	@echo "Installing what tests and checks need, hashes checked ..."
	@$(PIP) install --require-hashes -r tests/requirements.lock
	@touch $@

$(VENV)/.tests: $(VENV)/.dev tests/setup.sh
	@bash tests/setup.sh programs
	@touch $@

# Not `npm ci`: it fails where a mirror lacks packages of other platforms. What the lock file names is checked by it.
web/node_modules/.stamp: web/package.json web/package-lock.json
	@bash tests/setup.sh npm
	@echo "Installing what the browser code's checks need ..."
	@npm --prefix web install --no-save --no-progress --loglevel error
	@touch $@
