# Every target sets up its own virtual environment first; `make demo` works on a fresh machine.
BIN := .venv/bin

.PHONY: demo test check format lint types bench simulate storm docs nightly clean

demo: .venv/ready       ## pretrained against random frozen weights, with a report, in about 3 minutes
	$(BIN)/frostformer demo

test: .venv/ready       ## all tests, without network and GPU
	$(BIN)/pytest

check: lint types test  ## what CI runs

lint: .venv/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-cache

types: .venv/ready
	$(BIN)/mypy

format: .venv/ready     ## rewrite the source in the project's format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/ready      ## measures speed; only on a machine that does nothing else
	$(BIN)/python -m benchmarks --out results/bench

simulate: .venv/ready   ## how often a verdict errs, on simulated data and in forty whole verdicts on equal arms: an hour
	$(BIN)/python -m benchmarks.simulate results/verdicts/simulations
	$(BIN)/python -m benchmarks.null_studies results/verdicts/null_studies.json

storm: .venv/ready      ## kills, full disks, second writers, damaged files: 500 tries in half an hour; goes on where it stopped
	$(BIN)/python -m storm --out results/storm $(STORM)

docs: .docs/ready       ## the documentation site, in site/
	.docs/bin/zensical build --strict

.docs/ready: pyproject.toml  # an environment of its own: the generator reads the source and needs none of its libraries
	python3 -m venv .docs
	.docs/bin/python -m pip install --quiet "mkdocstrings-python>=2.0" "zensical>=0.0.73"
	touch $@

nightly:                ## what is too slow for `check`, about an hour; STAGES="oldest bench" runs only those
	bash nightly/run.sh $(STAGES)

.venv/ready: setup.sh constraints.txt pyproject.toml
	sh setup.sh
	touch $@

clean:
	rm -rf .venv .docs site .cache runs .mypy_cache .pytest_cache .ruff_cache .hypothesis
