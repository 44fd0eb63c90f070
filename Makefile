# `make help` says what there is. Every target does its own set-up.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

BIN := .venv/bin
# Any Python 3.11 or 3.12; PYTHON=/path/to/python3.12 chooses another one.
ifndef PYTHON
PYTHON := $(firstword $(foreach name,python3.12 python3.11 python3 python,$(shell \
	$(name) -c 'import sys; (3, 11) <= sys.version_info[:2] < (3, 13) and print("$(name)")' 2>/dev/null)))
endif
BROKER = $(or $(PYTHON),python3) deploy/kafka/broker.py
WITH_BROKER = $(BROKER) run --

# What the 100 % branch gate covers: the code that decides (asking a model is no part of it).
CORE := features/*,rules/*,risk/score/*,risk/decide.py,risk/decision.py,risk/ledger.py
CORE := $(CORE),risk/asking.py,risk/counsel.py,risk/settled.py,risk/question.py,risk/arrival.py,risk/labels.py
CORE := $(CORE),risk/challenger.py,risk/gatherer.py,risk/intake.py,risk/stopwatch.py,risk/pipeline.py,risk/reader.py,risk/worker/lanes.py

# The tests that hold the gate: measuring doubles their time, so only they are measured.
DECIDING := tests/features tests/rules $(filter-out tests/risk/test_desk.py,$(wildcard tests/risk/test_*.py))

.PHONY: help demo test lint unit broker-tests check-kills check-history check-engines check-world fmt bench kafka-start kafka-stop lock clean

help: ## this list
	@echo "riskstream: every payment in, one explained decision out."
	@echo
	@grep -hE '^[a-zA-Z%-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([^:]+):.*## (.*)/  make \1|\2/' \
		| sed 's/%/NAME/' | column -t -s '|'
	@echo
	@echo "Needs Python 3.11 or 3.12, and for a broker Java 17 with Maven, or Docker."
	@echo "A broker of your own: KAFKA_BOOTSTRAP=host:port make demo"

demo: .venv/ready ## simulated payments through a real Kafka, watched live for a minute
	@$(WITH_BROKER) $(BIN)/risk demo

test: lint unit broker-tests ## what has to pass: lint, unit tests, tests on a real Kafka

lint: .venv/ready ## format, style, types, layers, dependencies
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	cd deploy/kafka && ../../$(BIN)/mypy --config-file ../../pyproject.toml *.py
	$(BIN)/lint-imports
	$(BIN)/deptry .

unit: .venv/ready ## tests without a broker, and the branch coverage of what decides
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not kafka" --cov --cov-report= $(DECIDING)
	$(BIN)/coverage report --include='$(CORE)' --omit='features/llm/*' --fail-under=100 --show-missing --skip-covered
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not kafka" $(addprefix --ignore=,$(DECIDING))

broker-tests: .venv/ready ## tests on a real Kafka, started for them
	$(WITH_BROKER) $(BIN)/python -m pytest -n 4 --dist worksteal -m kafka

check-kills: .venv/ready ## 20,000 payments, two workers, 10 x kill -9, on both hosts (minutes)
	RISK_TEST_KILLS=10 RISK_TEST_PAYMENTS=20000 $(WITH_BROKER) $(BIN)/python -m pytest -m kafka -k kill_9

check-history: .venv/ready ## 50,000 payments: worker, replay, backtest and verify agree (minutes)
	RISK_TEST_PAYMENTS=50000 $(WITH_BROKER) $(BIN)/python -m pytest -m kafka tests/kafka/test_replay_stream.py \
		-k "what_the_worker_decided or flips_nothing"

check-engines: .venv/ready ## 200,000 random decisions: all evaluators give the same (half a minute)
	PYTHONPATH=.:tests $(BIN)/python tests/rules/fuzz_engines.py --decisions 200000

check-world: .venv/ready ## whether the simulated world is as hard as it should be, seeds 101-105 (minutes)
	PYTHONPATH=.:tests/world $(BIN)/python tests/world/check_world.py

fmt: .venv/ready ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix-only --quiet .

bench: $(patsubst tests/benchmarks/bench_%.py,bench-%,$(wildcard tests/benchmarks/bench_*.py)) ## all benchmarks

bench-%: tests/benchmarks/bench_%.py .venv/bench ## one benchmark: a table, and .bench/NAME.json
	@mkdir -p .bench
	$(WITH_BROKER) $(BIN)/python $<

kafka-start: ## a broker that goes on, with its data kept in .kafka; prints host:port
	@$(BROKER) start

kafka-stop: ## stop it
	@$(BROKER) stop

# Only to compare with; without their dependencies, since rule-engine's and faust's disagree.
COMPARED := rule-engine xgboost-cpu zen-engine
LOCK := .venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock"

lock: ## resolve the lock files anew from pyproject.toml: all, and what the image needs
	$(PYTHON) -m venv .venv-lock && .venv-lock/bin/pip install --quiet uv
	$(LOCK) --group dev --output-file requirements.lock pyproject.toml
	$(LOCK) --constraint requirements.lock --output-file deploy/requirements.lock pyproject.toml
	printf '%s\n' $(COMPARED) | $(LOCK) --no-deps --output-file deploy/bench.lock -
	echo "durable-rules==2.0.28" | $(LOCK) --output-file deploy/durable.lock -
	rm -rf .venv-lock

clean: kafka-stop ## remove everything that was made here, the broker's data too
	rm -rf .venv .venv-lock .kafka .bench .demo .riskstream .coverage build dist
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache deploy/kafka/.mypy_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# What benchmarks compare with, and nothing else needs.
.venv/bench: .venv/ready deploy/bench.lock
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes --requirement deploy/bench.lock
	@touch $@

# The environment: made anew when the lock file changes, else nothing is asked and nothing fetched.
.venv/ready: requirements.lock
	@if [ -z "$(PYTHON)" ]; then \
		echo "Python 3.11 or 3.12 is missing (found: $$(python3 --version 2>&1 || true))." >&2; \
		echo "riskstream runs on these two; install one, or name it: make PYTHON=/path/to/python3.12 ..." >&2; \
		echo "  Debian, Ubuntu: apt-get install python3.11 python3.11-venv     macOS: brew install python@3.12" >&2; \
		exit 1; fi
	@echo "Setting up .venv with $$($(PYTHON) --version), once ..." >&2
	@rm -rf .venv
	@$(PYTHON) -m venv .venv || { \
		echo "$(PYTHON) has no venv module. Debian, Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement deploy/durable.lock 2>/dev/null \
		|| echo "durable-rules was not built (it needs a C compiler): its tests are skipped." >&2
	@touch $@
