# The commands of the house. `make help` lists them. Needed beforehand: Go, git, make; what else there is gets installed
# or built on first use and kept outside of the tree, in $BOTCLUSTER_CACHE (default /var/cache/botcluster).

SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-builtin-rules --no-print-directory
.DEFAULT_GOAL := help

# IMG is the operator's image, for docker-build and install-manifest.
IMG ?= botcluster-operator:latest
# LABEL is a Ginkgo label filter, for test-e2e.
LABEL ?=
# BENCH is a regular expression on the names of benchmarks, for bench.
BENCH ?= .
# REPORTS is a folder for the JSON reports of specs; empty leaves none.
REPORTS ?=
export REPORTS

tool := hack/tools/tool.sh
specs := hack/specs.sh
build_flags := -trimpath -ldflags "-s -w"

##@ Use

.PHONY: help
help: ## Show this list.
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-zA-Z0-9_-]+:.*## / { printf "  %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## Set everything up, apply config/samples/demo.yaml and print a URL that answers (root).
	@hack/demo.sh up

.PHONY: demo-down
demo-down: ## Remove all that the demo made, and only that (root).
	@hack/demo.sh down

##@ Build

.PHONY: build
build: ## Build the operator: bin/manager.
	CGO_ENABLED=0 go build $(build_flags) -o bin/manager ./cmd/manager

.PHONY: docker-build
docker-build: ## Build the operator's image: IMG=name:tag.
	docker build --tag $(IMG) .

.PHONY: install-manifest
install-manifest: ## Write all that a cluster needs into one file: dist/install.yaml, with IMG=name:tag.
	@hack/install-manifest.sh $(IMG)

##@ Change

.PHONY: generate
generate: manifests ## Write everything that is generated from Go: deep copies, CRDs, the operator's role.
	$$($(tool) controller-gen) object paths=./api/...

.PHONY: manifests
manifests: ## Write config/crd and config/rbac/role.yaml only.
	$$($(tool) controller-gen) crd paths=./api/... output:crd:dir=config/crd
	$$($(tool) controller-gen) rbac:roleName=botcluster-operator paths=./controllers/... output:rbac:dir=config/rbac

.PHONY: verify
verify: ## Generate again and fail when that changes something; check go.mod files and kustomizations.
	@hack/verify.sh

.PHONY: lint
lint: ## Run gofmt, go vet, golangci-lint and shellcheck over all modules and scripts.
	@hack/lint.sh

##@ Test

.PHONY: test
test: ## Run all stages below, each with its name and duration; ends with "N passed, N failed" (root).
	@hack/tools/system.sh
	@hack/test.sh

.PHONY: test-unit
test-unit: ## Pure specs, the walls, and whatever runs on fakes. No root, no daemon.
	@packages=$$(go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.Dir}}{{end}}' ./... \
		| grep -Ev '/test/(contract|sim|integration|e2e)(/|$$)'); \
	$(specs) --timeout=10m $$packages

.PHONY: test-modules
test-modules: ## The specs of cmd/caddy, cmd/controlplane, hack/tools and test/alerts, which are modules of their own.
	@hack/test-modules.sh

.PHONY: test-contract
test-contract: ## One table per provider interface, on the fake and on the real system (root).
	@$(specs) --timeout=30m ./test/contract/...

.PHONY: test-sim
test-sim: ## The reconcilers on the fake world and a real API server, with seeded faults.
	@RACE=no $(specs) --procs=2 --timeout=40m ./test/sim/...

.PHONY: test-integration
test-integration: ## A real API server with the shipped CRDs and rights.
	@$(specs) --timeout=20m ./test/integration/...

.PHONY: test-e2e
test-e2e: ## Real Incus, real Caddy, real API server: LABEL=<ginkgo label filter> chooses (root).
	@$(specs) --timeout=60m --label-filter='$(LABEL)' ./test/e2e/...

.PHONY: bench
bench: ## Measure against the budgets, one JSON line per figure: BENCH=<regular expression> chooses.
	@go run ./test/bench -run '$(BENCH)'
