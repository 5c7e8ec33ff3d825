# `build/` is a package here, so nothing may make or clean a file of that name.
.PHONY: check fix test build benchmark
PYTHON ?= .venv/bin/python
SOURCES = build repair artifacts benchmarks docs tests eval_*.py

check:
	$(PYTHON) -m ruff format --check $(SOURCES)
	$(PYTHON) -m ruff check $(SOURCES)
	$(PYTHON) -m mypy
	$(PYTHON) -m pytest

fix:
	$(PYTHON) -m ruff format $(SOURCES)
	$(PYTHON) -m ruff check --fix $(SOURCES)

test:
	$(PYTHON) -m pytest

build:
	$(PYTHON) -m build

benchmark:
	$(PYTHON) -m benchmarks.bench_repair --bench $(BENCH)
