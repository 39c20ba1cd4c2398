#!/usr/bin/env bash
# Makes what is published: the compiled program as a package, and its bill of materials (CycloneDX), in ./release.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
npm ci
# What was compiled of files that are gone would be published, too.
rm -rf release dist
npm run --silent build
mkdir release
npm pack --pack-destination release
npm sbom --sbom-format cyclonedx --omit dev > release/sbom.cdx.json
echo "release/ holds the package and its bill of materials"
