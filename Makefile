# Two commands do everything on a fresh Debian machine, as root or with sudo:
#   make demo    stores, terminals, a POS file and headquarters, running and watchable
#   make test    installs what the tests need, then runs every check and every test

SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
# ARGS: for the demonstration, e.g. make demo ARGS="--speed 360"
ARGS ?=
ARCHES ?= x86_64 aarch64 armv7
# how many tests run side by side
WORKERS ?= 2

# a process that may not keep what it compiled compiles all of Daka at every start; tests start hundreds
unexport PYTHONDONTWRITEBYTECODE

help: ## show the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

demo: $(VENV)/.demo-ready ## run two stores and headquarters; prints the address to open
	@$(BIN)/daka-hq demo $(ARGS)

test: $(VENV)/.test-ready packages-test tests/node/node_modules check ## install what the tests need and run them all
	$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

fresh-machine: ## both commands of the README on a Debian made for it (root, debootstrap); writes docs/fresh-machine.md
	$(PYTHON) -m bench.fresh_machine

check: $(VENV)/.test-ready ## the quick half, about a minute: format, lint, types, layers; no test runs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

audit: $(VENV)/.test-ready ## licences and known flaws of what is shipped with; writes docs/dependencies.md
	$(BIN)/python -m pip install --quiet --editable '.[audit]'
	$(BIN)/python -m bench.audit --record docs/dependencies.md

fix: $(VENV)/.test-ready ## repair what can be repaired by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bundle: $(VENV)/.demo-ready ## build what a box needs without internet, for each architecture: dist/daka-box-*.tar.gz
	@for arch in $(ARCHES); do config/bundle/build.sh $(BIN)/python dist $$arch || exit 1; done

clean: ## remove the environment and the demonstration's data
	rm -rf $(VENV) var build dist *.egg-info

packages-test: ## install Mosquitto, PostgreSQL, Chromium, Java for Spark, strace, curl and CJK fonts from Debian
	@missing=""; \
	command -v mosquitto /usr/sbin/mosquitto >/dev/null || missing="$$missing mosquitto"; \
	ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || missing="$$missing postgresql"; \
	command -v chromium >/dev/null || missing="$$missing chromium"; \
	ls /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc >/dev/null 2>&1 || missing="$$missing fonts-noto-cjk"; \
	command -v strace >/dev/null || missing="$$missing strace"; \
	command -v curl >/dev/null || missing="$$missing curl"; \
	command -v systemd-analyze >/dev/null || missing="$$missing systemd"; \
	command -v java >/dev/null || missing="$$missing default-jre-headless"; \
	command -v node >/dev/null || missing="$$missing nodejs"; \
	command -v npm >/dev/null || missing="$$missing npm"; \
	ls /usr/lib/*/libatomic.so.1 >/dev/null 2>&1 || missing="$$missing libatomic1"; \
	$(call install-debian,$$missing)

tests/node/node_modules: tests/node/package.json  # a second reader of our simulated terminal
	npm install --silent --no-package-lock --no-audit --no-fund --ignore-scripts --prefix tests/node
	@touch $@

$(VENV)/bin/python:
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { $(call install-debian,python3-venv); }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo-ready: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[agent,hq,demo]'
	@touch $@

$(VENV)/.test-ready: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[agent,hq,demo,scale,dev]'
	@touch $@ $(VENV)/.demo-ready

define install-debian
if [ -n "$(strip $(1))" ]; then \
	  echo "installing from Debian:" $(1); \
	  $(SUDO) apt-get update -qq && \
	  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(1); \
	fi
endef

.PHONY: help demo test fresh-machine check audit fix bundle clean packages-test
