#!/usr/bin/env bash
# Runs every command line in the tables of docs/bring-your-own.md on small copies of what they speak of. A line stands
# in backticks and begins with 'bench '; one whose row ends in '(refused)' must end with exit code 2 and one sentence
# beside notes.
set -euo pipefail
cd "$(dirname "$0")/.."
bench=$PWD/${BENCH:-.build/release/bench}
page=$PWD/docs/bring-your-own.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 scripts/make_bring_your_own.py "$work"
cd "$work"
export BENCH_DATA=$work/data BENCH_CACHE=$work/cache
# Blocks of Python run where their package is installed.
python3 - "$page" <<'PY'
import re
import sys
for number, block in enumerate(re.findall(r"```python\n(.*?)```", open(sys.argv[1]).read(), re.S)):
    open(f"block{number}.py", "w").write(block)
PY
for block in block*.py; do
  package=$(sed -n 's/^# needs //p' "$block")
  if python3 -c "import $package, numpy" 2>/dev/null; then
    python3 "$OLDPWD/scripts/make_bring_your_own.py" . parquet
    python3 "$block"
    "$bench" score codes.npy --factors labels.npy --metrics mig --quiet >/dev/null
    "$bench" datasets info ./pictures@32 --quiet >/dev/null
    echo "check_bring_your_own: the lines of Python that need $package did what they should"
  else
    echo "check_bring_your_own: the lines of Python that need $package are skipped, it is not installed"
  fi
done
count=0
while IFS=$'\t' read -r expected line; do
  status=0
  bash -c "set -euo pipefail; bench() { '$bench' \"\$@\"; }; $line" >output 2>errors </dev/null || status=$?
  if ((status != expected)); then
    echo "check_bring_your_own: exit code $status instead of $expected: $line" >&2
    cat output errors >&2
    exit 1
  fi
  if ((expected == 2)) && (($(grep -c '^bench: ' errors) != 1)); then
    echo "check_bring_your_own: not one sentence: $line" >&2
    cat errors >&2
    exit 1
  fi
  ((count += 1))
done < <(python3 - "$page" <<'PY'
import re
import sys
for row in (row for row in open(sys.argv[1]) if row.startswith("|")):
    for line in re.findall(r"`(bench [^`]*)`", row):
        print(2 if row.rstrip().rstrip("|").rstrip().endswith("(refused)") else 0, line, sep="\t")
PY
)
((count > 10)) || { echo "check_bring_your_own: only $count lines were found" >&2; exit 1; }
echo "check_bring_your_own: $count command lines of docs/bring-your-own.md did what they should"
