# `make demo` and `make test` do all their own set-up; what is set up already is left alone.
SHELL := /bin/bash
.DEFAULT_GOAL := help
NODE_BIN = $(shell scripts/node.sh)
export PATH := $(NODE_BIN):$(PATH)

.PHONY: help demo test build lint format schema bench clean worker

help:
	@echo "make demo    the whole story on an embedded model, about ten minutes"
	@echo "make test    lint, format, types, dependency rules and all tests"
	@echo "make build   after it, node bin/hyde.js runs"
	@echo "make bench   benchmarks, ratios measured side by side"
	@echo "make lint · make format · make schema · make clean"

demo: build
	@node bin/hyde.js demo $(ARGS)

build: dist/.built

node_modules/.installed: package.json package-lock.json
	@echo "set-up: npm packages (about 70 MB, once)"
	@npm ci --silent --no-audit --no-fund && touch $@

SOURCES := $(shell find src -type f) vite.config.ts tsconfig.json
dist/.built: node_modules/.installed $(SOURCES)
	@echo "build"
	@npm run --silent build && touch $@

lint: build
	@npm run --silent lint

format: node_modules/.installed
	@npx biome check --write .

schema: build
	@node scripts/schema.mjs

worker: build
	@node scripts/worker.mjs

test: build
	@node scripts/test.mjs

bench: build
	@node bench/run.mjs $(ARGS)

clean:
	rm -rf dist node_modules .toolchain coverage
