# `make demo` and `make test` do all their own set-up; what is set up already is left alone.
SHELL := /bin/bash
.DEFAULT_GOAL := help
# Node 22.19 or newer, first in the path of a recipe; fetched from the npm registry where the machine's is older.
N = set -e; node_bin="$$(scripts/node.sh)"; export PATH="$$node_bin:$$PATH";

.PHONY: help demo test test-cluster build lint format schema bench bench-scale bench-statistics bench-mining reproduce-mini clean

help:
	@echo "make demo    the whole story on an embedded model, about ten minutes"
	@echo "make test    lint, format, types, dependency rules and all tests"
	@echo "make test-cluster        real fine-tunes on Slurm and Ray that the tests start, some minutes"
	@echo "make build   after it, node bin/hyde.js runs"
	@echo "make bench   benchmarks, ratios measured side by side (ARGS=name for one)"
	@echo "make bench-scale         launchers against bare loops over the same schedulers, some minutes"
	@echo "make bench-statistics    error rates, power and stopping times by simulation, some minutes"
	@echo "make bench-mining        planted triggers in training data and behind an API, some minutes (ARGS=weights: from weights, about 20)"
	@echo "make reproduce-mini      every experiment of the paper in miniature, resumable (ARGS=name for one); writes docs/reproduction.md"
	@echo "make lint · make format · make schema · make clean"

# ARGS="--seed 1" and the like are handed on.
demo: build
	@$(N) node bin/hyde.js demo $(ARGS)

build: dist/.built

node_modules/.installed: package.json package-lock.json
	@$(N) echo "set-up: npm packages (about 70 MB to fetch, 220 MB on disk, once)"; npm ci --silent --no-audit --no-fund
	@touch $@

SOURCES := $(shell find src -type f) vite.config.ts vite.cli.config.ts tsconfig.json
dist/.built: node_modules/.installed $(SOURCES)
	@$(N) echo "build"; rm -rf dist; npm run --silent build
	@touch $@

lint: build
	@$(N) npm run --silent lint

format: node_modules/.installed
	@$(N) npx biome check --write .

schema: build
	@$(N) node scripts/schema.mjs

test: build
	@$(N) node scripts/test.mjs

# Real fine-tunes on a real Slurm and Ray that the tests start, some minutes; skipped where they cannot be installed.
test-cluster: build
	@$(N) node scripts/test-cluster.mjs $(ARGS)

bench: build
	@$(N) node bench/run.mjs $(ARGS)

# Jobs of 0 s through each launcher against a bare loop; ARGS="local 200" for one launcher and so many jobs.
bench-scale: build
	@$(N) node scripts/test-cluster.mjs --bench $(ARGS)

# Writes its tables into docs/statistics.md; ARGS=--quick for seconds, and without writing.
bench-statistics: build
	@$(N) node bench/statistics.mjs $(ARGS)

# Writes its tables into docs/mining.md; ARGS=--quick for a minute, and without writing. ARGS=weights: from the weights of organisms
# that are trained on the spot. ARGS=search: simulated searches and audits. ARGS=black-box: whole audits of scripted models.
# ARGS=weights-null: whole audits of models that are tuned on harmless rows, some minutes each; weights-planted: on planted ones. ARGS=packs: triggers among other words in trained models.
bench-mining: build
	@$(N) $(if $(filter weights weights-null weights-planted search black-box packs,$(ARGS)),node bench/mining/$(firstword $(ARGS)).mjs $(wordlist 2,9,$(ARGS)),node bench/mining.mjs $(ARGS))

# Resumable; ARGS="posthoc-hhh" for one of the recipes, ARGS=--page to write the page from what is recorded.
reproduce-mini: build
	@$(N) node scripts/reproduction/run.mjs $(ARGS)

clean:
	rm -rf dist node_modules .toolchain coverage
