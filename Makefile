# Everything happens in .venv: `make demo` and `make test` install what they need first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PLUGINS := $(wildcard plugins/*)
STAMP := $(VENV)/.installed

.PHONY: install demo test lint docs bench science science-full mutants recipes release-check clean

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt $(PLUGINS:%=%/pyproject.toml)
	@$(PYTHON) -c 'import sys; sys.exit("MDPZoo needs Python 3.11 or newer; set PYTHON=python3.11") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q -c constraints.txt torch  # first: what comes later would take a larger build
	$(BIN)/pip install -q -c constraints.txt hatchling editables
	$(BIN)/pip install -q -c constraints.txt --no-build-isolation -e ".[dev]" $(PLUGINS:%=-e "%[dev]")
	@touch $@

demo: install
	$(BIN)/python docs/demo.py

test: install
	$(BIN)/python -m pytest -q -n 2 --dist loadfile

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python benchmarks/write_results.py --check

docs: install
	$(BIN)/python docs/site/assemble.py build/docs/source
	$(BIN)/sphinx-build -q -W --keep-going -c docs/site build/docs/source build/docs/html
	@echo "build/docs/html/index.html"

bench: install
	$(BIN)/python benchmarks/speed.py

science: install  # tables of benchmarks/RESULTS.md that need nothing, in under an hour; started again, it goes on
	$(BIN)/python benchmarks/regenerate.py --jobs 2 $(ARGUMENTS)

science-full: install  # all tables, where MDPZOO_DATA and peers are there; hours
	$(BIN)/python benchmarks/regenerate.py --full --jobs 2 $(ARGUMENTS)

mutants: install
	$(BIN)/python benchmarks/mutants.py $(ARGUMENTS)

recipes: install  # those for other libraries, each in an environment of its own; started again, it goes on
	$(BIN)/python docs/run_recipes.py $(ARGUMENTS)

release-check:  # builds from what is committed; takes about 20 minutes
	PYTHON=$(PYTHON) .ci/release-check

clean:
	rm -rf $(VENV) demo build
