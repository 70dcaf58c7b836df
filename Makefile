# Every target runs alone and installs what it needs. CI calls the same targets, nothing else.
PYTHON ?= python3
DATA ?= $(if $(CANDLES),.data/replay,.data)
BIN := .venv/bin
STARTED := $(shell date +%s)
STATE := .venv/.state
MEMBERS := core operator botrunner dashboard exchange
SOURCES := $(MEMBERS:%=%/src) hack
UV := $(BIN)/uv pip install --quiet --python $(BIN)/python
.DEFAULT_GOAL := help
.PHONY: help setup run up status down clean-all test test-cluster conformance bench-exchange bench-runner bench-dashboard bench-operator test-operator-faults soak fuzz-exchange chaos check static fmt lock clean lint types imports deps dead locks unit

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-20s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(STATE)/run ## start everything on this machine and trade on paper (CANDLES=file.csv, DATA=folder)
	@exec $(BIN)/python -m hack.standalone up --data $(DATA) --since $(STARTED) $(if $(CANDLES),--candles "$(CANDLES)") $(if $(PORT_BASE),--port-base $(PORT_BASE))

up: $(STATE)/run ## make a Kubernetes cluster on this machine with everything on it, and trade on paper
	@exec $(BIN)/python -m hack.cluster up --since $(STARTED)

status: $(STATE)/run ## show that cluster: engine, node, release, pods
	@$(BIN)/python -m hack.cluster status

down: $(STATE)/run ## remove that cluster, and stop a docker engine that make up started; images and caches stay
	@$(BIN)/python -m hack.cluster down

clean-all: $(STATE)/run ## make down, and remove its images and caches
	@$(BIN)/python -m hack.cluster clean-all

test: static ## every test that needs no cluster, with real processes, Postgres and a browser
	@$(BIN)/python -m pytest tests -q -n 2 --dist loadfile

test-cluster: $(STATE)/dev ## every test that needs a cluster, on the one of make up
	@$(BIN)/python -m hack.cluster up --no-example --since $(STARTED)
	@$(BIN)/python -m pytest tests/cluster tests/e2e -m "not standalone" --platform cluster -q

conformance: $(STATE)/dev ## other people's Binance clients, unmodified, against our exchange (CLIENTS=name,name or all)
	@$(BIN)/python -m tests.conformance $(if $(CLIENTS),--clients $(CLIENTS))

bench-exchange: $(STATE)/dev ## speed and size of the exchange against their bars, within three minutes
	@$(BIN)/python -m hack.bench exchange

bench-runner: $(STATE)/dev ## size and speed of the runner beside freqtrade and backtesting.py, within ten minutes
	@$(BIN)/python -m hack.bench runner $(if $(KBOTS_CANDLES),--candles "$(KBOTS_CANDLES)")

bench-dashboard: $(STATE)/dev ## what the dashboard's probe answers in while people sign in, within a minute
	@$(BIN)/python -m hack.bench dashboard

bench-operator: $(STATE)/dev ## the operator with many bots (BOTS=1000) on the cluster of make up, within ten minutes
	@$(BIN)/python -m hack.cluster up --no-example --since $(STARTED)
	@$(BIN)/python -m hack.bench operator $(if $(BOTS),--bots $(BOTS))

test-operator-faults: $(STATE)/dev ## the operator behind an API server that fails, and killed at each of its writes (SEED=n repeats a run)
	@$(BIN)/python -m hack.cluster up --no-example --since $(STARTED)
	@seed=$(or $(SEED),$(STARTED)); echo "operator faults: SEED=$$seed"; \
	FAULTS=whole SEED=$$seed $(BIN)/python -m pytest tests/cluster/operator/test_faults.py tests/cluster/operator/test_kills.py --platform cluster -q

soak: $(STATE)/dev ## one bot, a strategy of every type, a day of the market (SPEED=600, HOURS=24)
	@$(BIN)/python -m hack.bench soak $(if $(SPEED),--speed $(SPEED)) $(if $(HOURS),--hours $(HOURS))

fuzz-exchange: $(STATE)/dev ## random requests against the exchange (FUZZ_SECONDS=120; SEED=n repeats a run)
	@seed=$(or $(SEED),$(STARTED)); seconds=$(or $(FUZZ_SECONDS),120); echo "fuzz: SEED=$$seed, $$seconds seconds"; \
	FUZZ_SECONDS=$$seconds SEED=$$seed $(BIN)/python -m pytest tests/fuzz -q --timeout $$((seconds + 300))

chaos: $(STATE)/dev ## runners die at 10,000 points of a model and by 300 real kill -9; the books agree (RUNS=10000; SEED=n repeats a run)
	@exec $(BIN)/python -m tests.chaos $(if $(RUNS),--runs $(RUNS)) $(if $(SEED),--seed $(SEED))

check: static unit ## what needs no database and no browser, within a minute

static: $(STATE)/dev ## formatting, lint, types, import contracts, dependencies, dead code, lock files
	@$(MAKE) --no-print-directory -j2 -Otarget types lint imports deps dead locks

fmt: $(STATE)/dev ## format the code and repair what lint can repair
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

lock: $(STATE)/tools ## pin every dependency anew, with hashes
	@$(BIN)/python -m hack.lock_files write
	@$(BIN)/python -m tests.conformance lock

setup: $(STATE)/dev ## make the Python environment for development, with the git hooks
	@! git rev-parse --git-dir >/dev/null 2>&1 || $(BIN)/prek install --quiet

clean: ## remove the environment and caches; DATA stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

lint: $(STATE)/dev
	@$(BIN)/ruff check --quiet . && $(BIN)/ruff format --check --quiet . && echo "lint: ok"

types: $(STATE)/dev
	@$(BIN)/mypy $(SOURCES)

imports: $(STATE)/dev
	@linter=$$($(BIN)/python -m hack.environments import-linter) && \
	PYTHONPATH=$$(echo $(MEMBERS:%=%/src) | tr ' ' :) $$linter/lint-imports >$(STATE)/imports.log 2>&1 && echo "imports: ok" || { cat $(STATE)/imports.log; exit 1; }

deps: $(STATE)/dev
	@for member in $(MEMBERS); do (cd $$member && ../$(BIN)/deptry src >../$(STATE)/deptry.log 2>&1) || { cat $(STATE)/deptry.log; exit 1; }; done; echo "deps: ok"

dead: $(STATE)/dev
	@$(BIN)/vulture && echo "dead code: none"

locks: $(STATE)/tools
	@$(BIN)/python -m hack.lock_files check

unit: $(STATE)/dev
	@$(BIN)/python -m pytest tests/unit tests/architecture -q -n 2 --dist loadfile

# Stamp files, so that nothing is installed twice. They lie in the environment and vanish with it.
$(STATE)/venv:
	@PYTHON="$(PYTHON)" hack/make_venv.sh && mkdir -p $(STATE) && touch $@

$(STATE)/tools: requirements/build.txt | $(STATE)/venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/build.txt && touch $@

$(STATE)/run: requirements/run.txt $(MEMBERS:%=%/pyproject.toml) $(STATE)/tools
	@$(UV) --compile-bytecode --require-hashes -r requirements/run.txt
	@$(UV) --no-deps --no-build-isolation $(MEMBERS:%=-e ./%)
	@$(BIN)/python -m compileall -q $(SOURCES) && touch $@ # a process that compiles as it starts is slow, and holds more memory for good

$(STATE)/dev: requirements/dev.txt $(STATE)/run
	@$(UV) --require-hashes -r requirements/dev.txt && touch $@
