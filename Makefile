.PHONY: run-install run-server run-test run-test-dynamodb-local run-format run-linter create-tables

NODE_MODULES := node_modules/.package-lock.json
# When the linter last began a run that passed.
LINTED := node_modules/.cache/linted
# One thing that is newer, if there is any; of what was deleted, that is the folder.
CHANGED = find . $(NODE_MODULES) $(patsubst %,-path ./% -prune -o,node_modules dist data coverage .git) -newer $(LINTED) -print -quit

$(NODE_MODULES): package-lock.json
	npm ci
	@touch $@

run-install: $(NODE_MODULES) ## install the dependencies

run-server: ## start the server on http://localhost:8000
	./start-server.sh

run-test: run-install ## lint, check types and layers (what passed and has not changed since, not again), run all tests
	@test -e $(LINTED) && test -z "$$($(CHANGED))" || $(MAKE) --no-print-directory run-linter
	npm test --silent

run-test-dynamodb-local: run-install ## run the store contract on the endpoint in DYNAMODB_LOCAL_URL too
	@test -n "$$DYNAMODB_LOCAL_URL" || { echo "Set DYNAMODB_LOCAL_URL, for example http://localhost:8001"; exit 1; }
	npm test --silent -- test/contract

run-format: run-install ## format the code
	npm run --silent format

run-linter: run-install ## check format, types, lint rules, layers and dead code
	@mkdir -p $(dir $(LINTED)) && touch $(LINTED).begun
	npm run --silent lint
	@mv $(LINTED).begun $(LINTED)

create-tables: run-install ## make the DynamoDB tables, where they do not exist yet
	npm run --silent create-tables
