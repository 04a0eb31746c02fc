# The commands of the portal; README.md tells what each does.
SHELL := /bin/bash
PY := .venv/bin/python
.DEFAULT_GOAL := help
.PHONY: help setup run test bench proofs messages

help:
	@echo "make setup | run (PORT=8001, DEMO=city) | test | bench | proofs (ONLY=name) | messages"

setup:
	@bash scripts/setup.sh

run: setup
	@exec $(PY) scripts/run.py

test:
	@bash scripts/setup.sh test
	@exec $(PY) scripts/test.py

bench:
	@bash scripts/setup.sh test
	@test -d var/bench/packages/pandas || $(PY) -m pip install -qq --disable-pip-version-check --target var/bench/packages -r requirements-bench.txt
	@exec $(PY) -m bench

proofs: setup
	@exec $(PY) -m proofs

messages: setup
	@$(PY) scripts/translate.py --check && $(PY) scripts/compile_messages.py
