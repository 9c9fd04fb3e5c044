# What one types. All of it can be interrupted and repeated, and works offline after the first time.
SHELL := /bin/sh
PORT ?= 8000
SERVE ?= yes
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13 python3.14; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && exit; \
	done; echo python3)

.PHONY: demo demo-reset test test-long check clean help

demo:
	@exec $(PYTHON) tools/bootstrap.py demo --port "$(PORT)" --serve "$(SERVE)"

demo-reset:
	@exec $(PYTHON) tools/bootstrap.py demo --reset --port "$(PORT)" --serve "$(SERVE)"

test:
	@exec $(PYTHON) tools/bootstrap.py test

test-long:
	@exec $(PYTHON) tools/bootstrap.py test --long

check:
	@exec $(PYTHON) tools/bootstrap.py check

clean:
	@exec $(PYTHON) tools/bootstrap.py clean

help:
	@echo "make demo         prepare everything, then serve the demo city on http://localhost:8000"
	@echo "                  PORT=9000 for another port, SERVE=no to prepare only"
	@echo "make demo-reset   the same, from a new city: what was in the embedded database is lost"
	@echo "make test         set up what is missing, then check the code and run every test"
	@echo "make test-long    the slow proofs"
	@echo "make check        ruff, mypy and the import contract only"
	@echo "make clean        remove what was built and installed; the city's data stays"
	@echo "SHIYU_HOME says where data lives (.shiyu here by default)."
