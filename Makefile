# The commands of the project. Each makes what it needs and is quiet when nothing is to do.

PORT ?= 8000
ARGS ?=
PYTHON ?=

PY := .venv/bin/python
RUNTIME := .venv/.installed-runtime
TESTING := .venv/.installed-testing
PIP := $(PY) -m pip --disable-pip-version-check --quiet --quiet
# A new machine, or a Python that was upgraded away: begin again.
AGAIN := $(if $(wildcard $(PY)),,again)

.PHONY: help setup test-setup run test check bench clean again
.DEFAULT_GOAL := help

help:
	@echo "make setup            create .venv and install the runtime packages"
	@echo "make run [PORT=8000]  the demo program on this machine only, with sign-ins printed"
	@echo "make test [ARGS=…]    the whole test suite, or what ARGS name, e.g. ARGS='tests/tracks -n0'"
	@echo "make check            lint, format, missing migrations, production settings"
	@echo "make bench [ARGS=…]   ratios of speed, measured on a database of its own"
	@echo "make clean            remove .venv and caches; var/ (database and keys) stays"

setup: $(RUNTIME)
	@:

test-setup: $(TESTING)
	@:

$(RUNTIME): requirements.txt $(AGAIN)
	@if ! $(PY) -m pip --version >/dev/null 2>&1; then \
	    for python in $(if $(PYTHON),"$(PYTHON)",python3.11 python3) ""; do \
	        "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; \
	    done; \
	    if [ -z "$$python" ]; then \
	        echo "Python 3.11 or later is needed: install it, or name it with 'make setup PYTHON=/path/to/python'." >&2; \
	        exit 1; \
	    fi; \
	    echo "Creating .venv with $$("$$python" --version)"; \
	    "$$python" -m venv --clear .venv || { \
	        rm -rf .venv; \
	        echo "Python cannot make a virtual environment; on Debian and Ubuntu: apt-get install python3-venv" >&2; \
	        exit 1; \
	    }; \
	fi
	@echo "Installing the runtime packages (about half a minute)"
	@$(PIP) install -r requirements.txt || { \
	    echo "The packages could not be installed; see above. Is there a connection to the package index?" >&2; exit 1; }
	@touch $@

$(TESTING): tests/requirements.txt $(RUNTIME)
	@echo "Installing the test packages (about half a minute)"
	@$(PIP) install -r tests/requirements.txt || { \
	    echo "The packages could not be installed; see above. Is there a connection to the package index?" >&2; exit 1; }
	@touch $@

run: $(RUNTIME)
	@exec env DEMO=1 $(PY) manage.py run_demo --port "$(PORT)"

test: $(TESTING)
	@$(PY) -m pytest $(ARGS)

# The deployment checks run with an environment such as production has, and with nothing of this machine's.
check: $(TESTING)
	@$(PY) -m ruff check --quiet .
	@$(PY) -m ruff format --check --quiet . || { $(PY) -m ruff format --check . ; exit 1; }
	@unset DATABASE_URL DATABASE_OWNER_URL REDIS_URL SECRET_KEY_FILE DIVERSION_KEYS DJANGO_SETTINGS_MODULE; \
	DIVERSION_VAR=$$(mktemp -d) && DIVERSION_KEYS=$$(mktemp -d) || exit 1; \
	trap 'rm -rf "$$DIVERSION_VAR" "$$DIVERSION_KEYS"' EXIT; \
	SECRET_KEY=$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(64))'); \
	DEMO=0 ALLOWED_HOSTS=diversion.example; \
	export DIVERSION_VAR DIVERSION_KEYS SECRET_KEY DEMO ALLOWED_HOSTS; \
	$(PY) manage.py keys create >/dev/null && \
	$(PY) manage.py makemigrations --check --dry-run && \
	$(PY) manage.py check --deploy --fail-level WARNING

bench: $(RUNTIME)
	@env DEMO=1 $(PY) manage.py bench $(ARGS)

clean:
	@rm -rf .venv .pytest_cache .ruff_cache .hypothesis .coverage .coverage.* htmlcov
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
