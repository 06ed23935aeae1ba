#!/usr/bin/env bash
# Builds the image of Containerfile and scores codes in it, where a builder works; elsewhere says so.
set -euo pipefail
cd "$(dirname "$0")/.."
for builder in podman docker ""; do
  [ -n "$builder" ] || { echo "check_container: skipped, neither podman nor docker can build here"; exit; }
  "$builder" info >/dev/null 2>&1 && break
done
"$builder" build -q -f Containerfile -t bench-check .
trap '"$builder" rmi -f bench-check >/dev/null' EXIT
work=$(mktemp -d)
"$builder" run --rm --entrypoint python -v "$work:/data" bench-check -c 'import numpy as np
rows = np.random.default_rng(0).integers(0, 5, (3000, 3))
np.savez("codes.npz", codes=rows + 0.1, factors=rows)'
"$builder" run --rm -v "$work:/data" bench-check score codes.npz --metrics mig
