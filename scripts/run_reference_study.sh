#!/usr/bin/env bash
# Runs what is missing of the reference study, writes its results to baselines/reference and shows the
# tables of docs/study.md. Interrupted, it goes on where it stopped when started again.
set -euo pipefail
cd "$(dirname "$0")/.."
bench="${BENCH:-.build/release/bench}"
[ -x "$bench" ] || { echo "run_reference_study: there is no $bench; run make build first" >&2; exit 2; }
"$bench" sweep scripts/reference_study.yaml --workers 2
"$bench" compare runs/reference/scenes3d --against baselines/reference --update
"$bench" disentangle --dataset scenes3d --model all --seeds 0,1,2 --preset quick --out runs/reference \
  --metrics all --threads 1
