#!/usr/bin/env bash
# The suite as its own user: a small study must stay within baselines/thresholds.yaml of its committed
# reference, and the same study with a planted regression must not. About three minutes on two cores.
#   scripts/check_study.sh             check
#   scripts/check_study.sh --update    write baselines/reference/scenes3d-smoke.json anew
# BENCH is the program, .build/release/bench by default. BENCH_STUDY_OUT keeps the runs in that folder.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
bench=$(realpath "${BENCH:-.build/release/bench}")
if [ -n "${BENCH_STUDY_OUT:-}" ]; then
  mkdir -p "$BENCH_STUDY_OUT"
  work=$(realpath "$BENCH_STUDY_OUT")
else
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
fi
reference="$root/baselines/reference/scenes3d-smoke.json"
cd "$work"

# Compares the runs of a folder with the reference and expects an exit code.
expect() {
  local code=0
  "$bench" compare "$2" --against "$reference" --thresholds "$root/baselines/thresholds.yaml" \
    --preset smoke >"$2.txt" || code=$?
  if [ "$code" -ne "$1" ]; then
    cat "$2.txt"
    echo "check_study: bench compare $2 ended with $code instead of $1" >&2
    exit 1
  fi
}

"$bench" sweep "$root/scripts/smoke_study.yaml"
if [ "${1:-}" = --update ]; then
  "$bench" compare runs --against "$root/baselines/reference" --update --preset smoke >/dev/null
  exit
fi
expect 0 runs
echo "check_study: the study is within its thresholds"

# The regression: β-TCVAE rewards total correlation instead of penalising it (KL - TC, not KL + 5 TC).
# The runs are then filed as if that were what beta-tcvae does.
sed 's/^models: .*/models: ["beta-tcvae:beta=0"]/; s/^out: .*/out: broken/' \
  "$root/scripts/smoke_study.yaml" >broken.yaml
"$bench" sweep broken.yaml
rm -rf planted
cp -r runs planted
for seed in 0 1; do
  run=scenes3d/beta-tcvae/smoke/seed-$seed/result.json
  sed 's/"beta-tcvae:beta=0"/"beta-tcvae"/' "broken/${run/beta-tcvae/beta-tcvae:beta=0}" \
    >"planted/$run"
done
expect 1 planted
grep '^FAIL' planted.txt
if grep '^FAIL' planted.txt | grep -v ' scenes3d/beta-tcvae/smoke '; then
  echo "check_study: a model that was not touched fails" >&2
  exit 1
fi
echo "check_study: the planted regression is found"
