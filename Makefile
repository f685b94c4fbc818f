# `make` lists the targets. The first use of one that needs .venv makes it.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# The Python that makes .venv (make PYTHON=python3.12 …), where the book is built, and the
# seconds that a chapter may take.
PYTHON ?= python3
OUT ?= _build
LIMIT ?= 300
COHORT ?=
VENV_PYTHON := .venv/bin/python
READY := .venv/.ready

# What is given on the command line is a value, never make's or the shell's to expand: it goes to the
# recipes, as it stands, through the environment.
ASKED := $(filter-out file,$(origin PYTHON))
GIVEN := PYTHON OUT LIMIT COHORT SCHEDULER PART PYTHONS SHORT UPGRADE MODULES MOST
$(foreach name,$(GIVEN),$(eval override $(name) := $$(value $(name))))
export $(GIVEN)
# A Dask cluster for the searches: make predictions SCHEDULER=tcp://host:8786
ON := --jobs 2 $${SCHEDULER:+--scheduler "$$SCHEDULER"}

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: book
book: $(READY) ## run what changed and render the book: _build/html/index.html (OUT=folder LIMIT=seconds)
	@exec $(VENV_PYTHON) tools/build/build_book.py --out "$$OUT" --limit "$$LIMIT"

.PHONY: report
report: $(READY) ## a report on your own patients: make report COHORT=file OUT=folder
	@[ -n "$$COHORT" ] || { echo "make: name the file: make report COHORT=mine.csv OUT=mine" >&2; exit 1; }
	@exec $(VENV_PYTHON) -m analysis_lib chapter your-cohort -p cohort="$$COHORT" --out "$$OUT" --html

.PHONY: test
test: $(READY) ## run the tests
	@$(VENV_PYTHON) -m pytest -n 2 --dist worksteal -q -m "not long"

.PHONY: test-long
test-long: $(READY) ## run the tests that take many seconds each
	@$(VENV_PYTHON) -m pytest -n 2 --dist worksteal -q -m long

.PHONY: lint
lint: $(READY) ## check style, types and the order of the rooms
	@$(VENV_PYTHON) -m ruff check .
	@$(VENV_PYTHON) -m ruff format --check .
	@$(VENV_PYTHON) -m ruff check --select NPY,S,TID251 --ignore S101,S311 book/*.ipynb
	@$(VENV_PYTHON) -m mypy
	@.venv/bin/lint-imports --no-logo --no-cache

.PHONY: sync
sync: $(READY) ## write each book/*.ipynb anew from its book/*.md
	@$(VENV_PYTHON) tools/build/pairs.py

.PHONY: serve
serve: book ## build the book and serve it at 127.0.0.1:8000
	@$(VENV_PYTHON) -m http.server 8000 --bind 127.0.0.1 --directory "$$OUT/html"

.PHONY: pdf
pdf: book ## print the book as one PDF with Chromium, and link it: _build/html/book.pdf
	@exec $(VENV_PYTHON) tools/build/pdf.py --html "$$OUT/html"

.PHONY: crate
crate: book ## pack book, data and simulated cohorts as an RO-Crate: _build/crate.zip
	@$(VENV_PYTHON) tools/build/crate.py --html "$$OUT/html" --out "$$OUT/crate.zip"

.PHONY: reruns
reruns: book ## rerun the chapters with each parameter changed, and your-cohort on other patients
	@$(VENV_PYTHON) tools/checks/reruns.py --book "$$OUT" --out "$$OUT/reruns"

.PHONY: lab
lab: $(READY) ## open the chapters in JupyterLab, fetched for the occasion: .venv stays as it is
	@.venv/bin/uv run --no-project --with jupyterlab==4.6.6 jupyter lab book

.PHONY: setup
setup: $(READY) ## only make .venv

UV_COMPILE := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 \
  --generate-hashes --no-emit-index-url --custom-compile-command "make lock"

.PHONY: lock
lock: $(READY) ## lock the dependencies of pyproject.toml again (UPGRADE=--upgrade for newer ones)
	@$(UV_COMPILE) $$UPGRADE --all-extras -o requirements.lock pyproject.toml
	@$(UV_COMPILE) $$UPGRADE --group bootstrap -o tools/setup/bootstrap.lock
	@$(UV_COMPILE) $$UPGRADE --group bench -c requirements.lock -o tools/setup/bench.lock
	@$(VENV_PYTHON) tools/setup/environment_yml.py

.PHONY: clean
clean: ## remove what was built
	@rm -rf _build

.PHONY: distclean
distclean: clean ## remove .venv too
	@rm -rf .venv

# Set up again if a lock has changed, or if .venv's Python is gone or not the one that PYTHON= asks for.
# set_up.py leaves the stamp last, so an interrupted set-up runs again.
VERSION := -c 'import sys; print("version =", sys.version.split()[0])'
.PHONY: always
$(READY): requirements.lock tools/setup/bootstrap.lock tools/setup/set_up.py always
	@version=$$($(if $(ASKED),"$$PYTHON",$(VENV_PYTHON)) $(VERSION) 2>/dev/null); \
	if [ -z "$(filter-out always,$?)" ] && [ -n "$$version" ] && grep -qsx "$$version" .venv/pyvenv.cfg \
	  && [ "$$($(VENV_PYTHON) $(VERSION) 2>/dev/null)" = "$$version" ]; then exit; fi; \
	"$$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "make: '$$PYTHON' is not Python 3.11 or newer; name one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }; \
	exec "$$PYTHON" tools/setup/set_up.py

.PHONY: ensemble
ensemble: $(READY) ## search the simulated cohorts anew, in data/ensemble
	@$(VENV_PYTHON) -m analysis_lib reconstruct --cohorts 1000 --seed 2026 $(ON) --out data/ensemble/cohorts.parquet

.PHONY: predictions
predictions: $(READY) ## withhold each survival number in turn and search anew, in data/predictions
	@$(VENV_PYTHON) tools/data/remake.py predictions $(ON)

.PHONY: witnesses
witnesses: $(READY) ## push cohorts towards the extremes of what no number prints, in data/witnesses
	@$(VENV_PYTHON) tools/data/remake.py witnesses $(ON)

.PHONY: assumptions
assumptions: $(READY) ## search under each other assumption, in data/assumptions
	@$(VENV_PYTHON) -m analysis_lib.reconstruction.studies.alternative_assumptions

.PHONY: verify
verify: $(READY) ## recompute every target for every simulated cohort, under other assumptions too
	@$(VENV_PYTHON) -m analysis_lib verify --jobs 2 data/ensemble/cohorts.parquet
	@for file in data/assumptions/*.parquet data/witnesses/cohorts.parquet; do $(VENV_PYTHON) -m analysis_lib verify --jobs 2 "$$file" || exit; done

.PHONY: truth
truth: $(READY) ## reconstruct public studies whose patients are known, in data/truth
	@$(VENV_PYTHON) -m analysis_lib.reconstruction.studies.known_patients_run $(ON)
	@$(VENV_PYTHON) -m analysis_lib.reconstruction.studies.known_extremes $(ON)

.PHONY: benchmark
benchmark: $(READY) ## see which seeded errors the audit and other tools find, in data/benchmark: some minutes
	@$(VENV_PYTHON) tools/data/remake.py benchmark $(ON)

.PHONY: reproduce
reproduce: $(READY) ## build the book twice from nothing and compare to the byte (PYTHONS="python3.12 …" for verdicts too)
	@$(VENV_PYTHON) tools/checks/reproducible_build.py $${PYTHONS:+--python $$PYTHONS}

.PHONY: trust
trust: book ## make all trials of the book's own trustworthiness, an hour or two (SHORT=1: a few of each)
	@$(VENV_PYTHON) tools/checks/run_all.py $${SHORT:+--short} $${PYTHONS:+--python $$PYTHONS}

.PHONY: licences
licences: $(READY) ## list the licences of what is installed, in data/trust
	@$(VENV_PYTHON) tools/checks/licences.py

.PHONY: mutants
mutants: $(READY) ## change the library's code in turn and see which tests fail, in data/trust (MODULES="printed/number …" MOST=50)
	@$(VENV_PYTHON) tools/checks/mutation.py $${MODULES:+--modules $$MODULES} $${MOST:+--most $$MOST}

.PHONY: bench
bench: $(READY) ## time fits, search, book and large cohorts, in data/bench: some minutes (PART=fits|size|search|book)
	@$(VENV_PYTHON) tools/setup/overlay.py tools/setup/bench.lock python tools/bench/run.py $$PART
