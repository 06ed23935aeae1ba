#!/usr/bin/env bash
# Which versions of libtorch the program works with: for each folder of an installed torch, whether its libtorch
# loads, whether trainings of three models and the features of images give the same digits as $LIBTORCH's, and with
# --tests whether the tests of Torch, Reference and GenerationMetrics pass. Needs `make build`, for --tests
# `make test` too.
#
# usage: scripts/check_torch_versions.sh [--tests] FOLDER...     (FOLDER: …/site-packages/torch)
set -euo pipefail
cd "$(dirname "$0")/.."
bench=$PWD/.build/release/bench
: "${LIBTORCH:?must point at libtorch 2.11}"
tests=
[ "${1:-}" != --tests ] || { tests=1; shift; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The numbers of a libtorch, one per line.
numbers() {
  local out="$work/$2"
  LIBTORCH="$1" "$bench" disentangle --preset smoke --model beta-vae,factor-vae,multi-beta-vae-diag --steps 40 \
    --metrics mig,dci --out "$out" --quiet --threads 2 >/dev/null
  python3 - "$out" <<'PY'
import json, pathlib, sys
for path in sorted(pathlib.Path(sys.argv[1]).rglob("result.json")):
    result = json.loads(path.read_text())
    print(path.parts[-4], json.dumps([result["metrics"], result.get("curves")], sort_keys=True))
PY
  LIBTORCH="$1" "$bench" fid Tests/GenerationMetricsTests/Golden/images Tests/DatasetsTests/Golden/images \
    --weights random:1 --metrics fid --on-error skip --json --quiet |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["metrics"])'
}

numbers "$LIBTORCH" reference >"$work/reference.txt"
for folder in "$@"; do
  version=$(LIBTORCH="$folder" "$bench" doctor | awk '$2 == "libtorch"')
  case "$version" in
    ok*) ;;
    *) echo "$folder: refused: $version"; continue ;;
  esac
  name=$(echo "$version" | awk '{ print $3 }')
  if numbers "$folder" "$name" >"$work/$name.txt" && cmp -s "$work/reference.txt" "$work/$name.txt"; then
    echo "$name: the same digits in $(wc -c <"$work/$name.txt") bytes of results"
  else
    echo "$name: other digits"
    diff "$work/reference.txt" "$work/$name.txt" | cut -c1-200 | head -n 6 || true
  fi
  [ -z "$tests" ] || LIBTORCH="$folder" swift test -c release --disable-testable-imports --disable-xctest --skip-build \
    --filter 'TorchTests|ReferenceTests|GenerationMetricsTests' 2>&1 | grep -E 'Test run with|recorded an issue|✘' | tail -n 20 || true
done
