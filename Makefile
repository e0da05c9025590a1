# Every target works on a fresh clone: it sets up first what it needs.
SHELL := /bin/bash
TSX := node --import tsx

.DEFAULT_GOAL := help
.PHONY: help node-packages setup upgrade-image up lab lab-down env test bench bench-life bench-growth bench-move faults soak check cache-export

help: ## What there is to do
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Installs when the lock file is not the one that was installed last; its time says nothing after a checkout.
node-packages:
	@cmp -s package-lock.json node_modules/.installed-lock.json || { \
	  npm ci --no-audit --no-fund >&2 && cp package-lock.json node_modules/.installed-lock.json; }

setup: node-packages ## Engine, toolchain, plugins and images (first run: half an hour and more)
	@$(TSX) lab/setup/main.ts setup

upgrade-image: node-packages ## Set-up with the earlier Kubernetes too, for an upgrade on the lab (a quarter of an hour more, once)
	@$(TSX) lab/setup/main.ts upgrade-image

up: setup lab ## Everything from nothing: set-up, lab, `pulumi up`, summary
	@$(TSX) lab/setup/up.ts

lab: setup ## Start the lab: network, registry, BMCs, virtual hosts
	@$(TSX) lab/control/main.ts up

lab-down: node-packages ## Remove the lab: containers, networks, volumes, loop devices, processes
	@$(TSX) lab/control/main.ts down

env: node-packages ## Print exports for a shell, to be evaluated
	@$(TSX) lab/setup/main.ts env

check: node-packages ## Lint, types and unit tests
	npm run --silent lint
	npm run --silent typecheck
	npm run --silent test:unit

test: setup ## Every test, the whole life on the lab included; PARTS="unit engine" runs some
	@$(TSX) lab/setup/test.ts $(PARTS)

bench: setup ## `pulumi up` beside a plain shell runbook, step by step; RUNS=3 repeats
	@$(TSX) bench/main.ts run $(RUNS)

bench-life: setup ## Preview, refresh, scaling, upgrade and destroy on the lab: time and API requests of each
	@$(TSX) bench/main.ts life

bench-growth: setup ## Preview, refresh and a change with many hosts, without the lab; HOSTS="10 100" chooses
	@$(TSX) bench/main.ts growth $(HOSTS)

bench-move: setup ## The pivot beside bare `clusterctl move`, without a lab; HOSTS="3 10" RUNS=3 choose
	@$(TSX) bench/main.ts move $(HOSTS) $(if $(RUNS),--runs $(RUNS))

faults: setup ## A bring-up that meets broken hosts and gets over them; a pivot killed after every single write
	@$(TSX) lab/setup/test.ts faults sweep

soak: setup ## Runs stopped everywhere, completed and destroyed (hours); STEPS="1 5 8" CASES="dead-target" MATRIX=whole choose
	@$(TSX) lab/setup/test.ts soak

cache-export: node-packages ## Write what was built to DIR=...; TOOLCHAIN_CACHE=... seeds from it
	@$(TSX) lab/setup/main.ts cache-export "$(DIR)"
