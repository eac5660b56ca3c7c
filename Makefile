# The two commands of the README. Both make .venv and install into it what they need.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test test-all test-changed lint format docs clean

# Trains a small Progressive GAN on the embedded images, exports it, checks the export and draws from it.
demo: $(STAMP)
	$(BIN)/keras-gans demo --out demo --overwrite

# Lint, then every property once.
test: lint
	$(BIN)/python -m pytest -n 2 --dist worksteal

# The full matrices and the mutations as well.
test-all: lint
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "full or not full"

# The tests that mirror what differs from the main branch: of origin where there is one.
test-changed: lint
	$(BIN)/python tests/changed.py

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The site of docs/ in site/; after the first time without a network.
docs: $(VENV)/.docs
	NO_MKDOCS_2_WARNING=1 TF_CPP_MIN_LOG_LEVEL=3 $(BIN)/mkdocs build --quiet

$(VENV)/.docs: $(STAMP)
	$(BIN)/python -m pip install --quiet -e ".[docs]"
	touch $@

$(STAMP): pyproject.toml setup.py
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -e ".[test,tensorboard,video]"
	touch $(STAMP)

clean:
	rm -rf $(VENV) demo runs site
