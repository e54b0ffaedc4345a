# Everything a newcomer needs: `make run` and `make test`. Both prepare their own environment.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: run down test check browser bench clean format

run: $(VENV)/.runtime
	@exec $(BIN)/python manage.py up $(UP)

down: $(VENV)/.runtime
	@$(BIN)/python manage.py down

test: $(VENV)/.development
	@$(BIN)/python -m pytest -n 2 --dist loadscope $(PYTEST)

check: $(VENV)/.development
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh docs/check.sh

browser:
	apt-get update -qq && apt-get install -y -qq chromium

bench: $(VENV)/.development
	@$(BIN)/python manage.py bench $(BENCH)

format: $(VENV)/.development
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache

$(VENV)/bin/python:
	@echo "Making the environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

# uv is ten times faster where it is installed; plain pip does the same everywhere else.
define install
	@echo "Installing $(1) ..."
	@if command -v uv >/dev/null 2>&1; then uv pip install -q --python $(BIN)/python -r $(1); \
	else $(BIN)/python -m pip install -q -r $(1); fi
	@touch $@
endef

$(VENV)/.runtime: requirements.txt | $(VENV)/bin/python
	$(call install,requirements.txt)

$(VENV)/.development: requirements-dev.txt requirements.txt | $(VENV)/bin/python
	$(call install,requirements-dev.txt)
	@touch $(VENV)/.runtime
