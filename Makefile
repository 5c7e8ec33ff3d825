# `build/` is a package here, so nothing may make or clean a file of that name.
.PHONY: check fix test build benchmark lock lowest wheel
PYTHON ?= .venv/bin/python
SOURCES = build repair artifacts benchmarks docs tests packaging eval_*.py

# There is a process of tests on each processor: threads of NumPy's would only wait there.
check:
	$(PYTHON) -m ruff format --check $(SOURCES)
	$(PYTHON) -m ruff check $(SOURCES)
	$(PYTHON) -m mypy
	OPENBLAS_NUM_THREADS=1 $(PYTHON) -m pytest --numprocesses=auto --dist=loadfile

fix:
	$(PYTHON) -m ruff format $(SOURCES)
	$(PYTHON) -m ruff check --fix $(SOURCES)

test:
	$(PYTHON) -m pytest

build:
	$(PYTHON) -m build

benchmark:
	$(PYTHON) -m benchmarks.quality faces --bench $(BENCH)

# One file to install; its top-level package is `badnet_repair` alone.
wheel:
	rm -rf .cache/wheel && mkdir -p .cache/wheel
	$(PYTHON) -m pip wheel --no-deps --wheel-dir dist ./packaging

# What development and CI install; needs pip-tools.
lock:
	pip-compile --upgrade --allow-unsafe --extra=dev --generate-hashes \
	  --no-emit-find-links --no-emit-index-url \
	  --output-file=requirements-dev.lock --strip-extras setup.cfg

# The lowest versions that setup.cfg allows (the lock holds the highest); needs uv.
lowest:
	uv venv --python 3.11 .venv-lowest
	uv pip install --python .venv-lowest/bin/python --resolution lowest-direct \
	  -r setup.cfg --extra dev
	.venv-lowest/bin/python -m pytest
