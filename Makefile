.PHONY: run-install run-server run-test run-test-dynamodb-local run-format run-linter create-tables

NODE_MODULES := node_modules/.package-lock.json

$(NODE_MODULES): package-lock.json
	npm ci
	@touch $@

run-install: $(NODE_MODULES) ## install the dependencies

run-server: ## start the server on http://localhost:8000
	./start-server.sh

run-test: run-linter ## lint, check types and layers, run all tests
	npm test --silent

run-test-dynamodb-local: run-install ## run the store contract on the endpoint in DYNAMODB_LOCAL_URL too
	@test -n "$$DYNAMODB_LOCAL_URL" || { echo "Set DYNAMODB_LOCAL_URL, for example http://localhost:8001"; exit 1; }
	npm test --silent -- test/contract

run-format: run-install ## format the code
	npm run --silent format

run-linter: run-install ## check format, types, lint rules, layers and dead code
	npm run --silent lint

create-tables: run-install ## make the DynamoDB tables, where they do not exist yet
	npm run --silent create-tables
