# make install | demo | test | check | bench | lock | clean
PORT ?= 8000
PY := .venv/bin/python
STAMP := .venv/.installed
WORKERS ?= 3

.PHONY: install demo test check bench lock translations clean

install:
	@sh .ci/install "$(PYTHON)"

demo: install
	@$(PY) manage.py serve --demo --port $(PORT)

test: install
	@$(PY) -m pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

check: install
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@DEBUG=on .venv/bin/mypy
	@.venv/bin/djlint --quiet --lint templates
	@DEBUG=on $(PY) manage.py makemigrations --check --dry-run
	@$(PY) .ci/translations.py

bench: install
	@set -e; for file in tests/performance/bench_*.py; do \
		name=$$(basename $$file .py); echo "== $$name"; $(PY) -m tests.performance.$$name; done

# The same versions on every machine; no index address in the files.
UV := $(firstword $(wildcard .venv/bin/uv) uv)
COMPILE := $(UV) pip compile pyproject.toml --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --python-version 3.11 --universal
lock:
	@command -v $(UV) >/dev/null || { echo "make lock needs uv: .venv/bin/python -m pip install uv" >&2; exit 1; }
	@$(COMPILE) --quiet -o requirements.txt
	@$(COMPILE) --quiet --extra dev -c requirements.txt -o requirements-dev.txt

# After texts have changed: collect them into locale/, translate, and run it again to compile.
translations: install
	@$(PY) .ci/translations.py --write

clean:
	rm -rf .data staticfiles .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find . -name __pycache__ -type d -not -path "./.venv/*" -prune -exec rm -rf {} +
