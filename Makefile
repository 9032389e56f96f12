# 两条命令：make run（启动）、make test（测试）。make check 是提交前的全部检查。
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: run test check install install-dev format clean

run: install
	$(BIN)/python -m review serve --demo

test: install-dev
	$(BIN)/python -m pytest

check: install-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m review rules lint
	$(BIN)/python -m review rules test
	$(BIN)/python -m pytest

format: install-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

install: $(STAMP)
install-dev: $(STAMP)-dev

$(STAMP): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[ocr]'
	touch $@

$(STAMP)-dev: $(STAMP)
	$(BIN)/python -m pip install --quiet --editable '.[ocr,postgresql,dev]'
	touch $@

clean:
	rm -rf $(VENV) var .pytest_cache .mypy_cache .ruff_cache
