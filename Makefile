SHELL := /bin/sh
PYTHON := .venv/bin/python
UV := UV_SYSTEM_CERTS=1 .venv/bin/uv
INDEX := --default-index https://pypi.org/simple
EXPORT := $(UV) export --quiet --frozen --no-emit-workspace --all-groups --no-header --no-annotate
SOURCES := chassis/src directory/src gateway/src $(wildcard services/*/src) deploy/local/src
GENERATED := proto/src gateway/src/gateway/wire
VENDORED := --exclude-path proto/google --exclude-path proto/buf
FINGERPRINT = find $(GENERATED) -type f ! -name '*.pyc' -exec cksum {} + | LC_ALL=C sort -k 3
MAKEFLAGS += --no-print-directory

.DEFAULT_GOAL := help

##@ Use it
.PHONY: run
run: .environment ## Start everything on this machine; Ctrl-C stops it (JOURNEYMAN_PORT=8080)
	@$(PYTHON) -m local_stack run

.PHONY: demo
demo: .environment ## A working week of a field team; DATA=<folder> takes real files
	@$(PYTHON) -m demo_week $(if $(DATA),--data $(DATA))

##@ Work on it
.PHONY: test
test: .environment ## The whole suite on embedded servers of its own
	@$(PYTHON) -m pytest -n 2 --max-worker-restart=0

.PHONY: soak
soak: .environment ## A thousand random faults, and plans of money against a model (half an hour); JOURNEYMAN_FAULTS_SEED=1
	@$(PYTHON) -m pytest tests/faults services/marketing-resources -m soak -s

.PHONY: bench
bench: .environment ## What a request costs, beside a Flask monolith doing the same (three minutes)
	@$(PYTHON) -m tests.load

.PHONY: check
check: .environment .style .types .contracts .imports .generated .docs .locks ## All static checks

.PHONY: fmt
fmt: .environment ## Format code and contracts
	@$(PYTHON) -m ruff check --fix --quiet . || true
	@$(PYTHON) -m ruff format .
	@.venv/bin/buf format --write $(VENDORED)

.PHONY: proto
proto: .environment ## Write the Python of the contracts
	@sh proto/generate.sh

.PHONY: docs
docs: .environment ## Write the pages of docs/ that are made from code, contracts and tests
	@$(PYTHON) -m docs.generator

.PHONY: lock
lock: .environment ## Lock the dependencies again after a change of pyproject.toml
	@$(UV) lock $(INDEX)
	@$(EXPORT) --output-file requirements.lock
	@sh deploy/local/bootstrap.sh

.PHONY: clean
clean: ## Remove the environment, caches and this checkout's local state
	@if [ -x $(PYTHON) ]; then $(PYTHON) -m local_stack clean; fi
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help
help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: .environment
.environment:
	@sh deploy/local/bootstrap.sh

.PHONY: .style
.style:
	@echo "style"
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .

.PHONY: .types
.types:
	@echo "types"
	@.venv/bin/mypy --strict $(SOURCES)

# Against the last release; before the first one against the last commit that has contracts.
.PHONY: .contracts
.contracts:
	@echo "contracts"
	@.venv/bin/buf lint
	@.venv/bin/buf format --diff --exit-code $(VENDORED)
	@against=$$(git describe --tags --abbrev=0 2>/dev/null || echo HEAD); \
	if git cat-file -e "$$against:buf.yaml" 2>/dev/null; then \
	  .venv/bin/buf breaking --against ".git#ref=$$against"; \
	fi

.PHONY: .imports
.imports:
	@echo "imports"
	@.venv/bin/lint-imports

.PHONY: .generated
.generated:
	@echo "generated code"
	@before=$$($(FINGERPRINT)); sh proto/generate.sh; \
	test "$$before" = "$$($(FINGERPRINT))" || { echo "generated code was not current; commit it: $(GENERATED)"; exit 1; }

.PHONY: .docs
.docs:
	@echo "generated pages"
	@$(PYTHON) -m docs.generator --check

.PHONY: .locks
.locks:
	@echo "locks"
	@$(UV) lock --check --quiet $(INDEX) || { echo "uv.lock is not current: make lock"; exit 1; }
	@$(EXPORT) | cmp -s - requirements.lock || { echo "requirements.lock is not current: make lock"; exit 1; }
	@! grep -Eo 'https?://[^/"]+' uv.lock requirements.lock \
	  | grep -Ev ':https://(pypi\.org|files\.pythonhosted\.org)$$'
