#!/usr/bin/env bash
# Starts Herald on http://localhost:8000. Installs and builds what is missing first.
# Settings come from the environment, then from .env, or from .env.example while there is no .env.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

if ! command -v node >/dev/null || ! node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)'; then
  echo "Herald needs Node.js 20.19 or newer (https://nodejs.org); found: $(node --version 2>/dev/null || echo none)" >&2
  exit 1
fi
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  npm ci
fi
if [ ! -e dist/main.js ] || [ -n "$(find src page scripts/build-page.ts tsconfig.json tsconfig.build.json package-lock.json -newer dist/main.js -print -quit)" ]; then
  # Not incrementally: dist/main.js has to become newer than what it was built from.
  rm -rf dist
  npm run --silent build
fi
env_file=.env
[ -e "$env_file" ] || env_file=.env.example
exec node --env-file="$env_file" dist/main.js
