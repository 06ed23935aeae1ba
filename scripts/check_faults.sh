#!/usr/bin/env bash
# Breaks training runs from outside and expects a sentence, the right exit code, and a run that goes on
# afterwards to the very numbers of an undisturbed one. The full disk needs root and is skipped without.
set -euo pipefail
set -m  # jobs of their own: without, a shell's background processes ignore SIGINT
cd "$(dirname "$0")/.."
bench=${BENCH:-.build/release/bench}
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; umount "$work/small" 2>/dev/null || true; rm -rf "$work"' EXIT

train=("$bench" train --dataset scenes3d --model beta-vae --checkpoint-every 10 --threads 1 --seed 3
  --quiet)
run() { "${train[@]}" --steps 60 --out "$1" >/dev/null; }
fail() { echo "check_faults: $1" >&2; exit 1; }
same() { # the losses of two finished runs
  [[ -s $1/log.jsonl && -s $2/log.jsonl ]] || fail "$3: a log is missing"
  diff <(losses "$1") <(losses "$2") >/dev/null || fail "$3: the resumed run has other losses"
}
losses() { sed 's/"images_per_second":[^,]*,//' "$1/log.jsonl"; }
expect() { # CODE TEXT COMMAND...
  local code=$1 text=$2 status=0
  shift 2
  "$@" >"$work/output" 2>&1 || status=$?
  ((status == code)) || fail "exit code $status instead of $code: $(cat "$work/output")"
  grep -qi -- "$text" "$work/output" || fail "no '$text' in: $(cat "$work/output")"
}
started() { # waits until the run in FOLDER has logged or saved something
  for _ in $(seq 300); do
    [[ -e $1/checkpoint/state.json ]] && return
    sleep 0.1
  done
  fail "no checkpoint appeared in $1"
}

run "$work/plain"

for signal in INT TERM KILL; do
  folder=$work/$signal
  "${train[@]}" --steps 60 --out "$folder" >/dev/null 2>&1 &
  process=$!
  started "$folder"
  kill -s "$signal" "$process"
  status=0
  wait "$process" 2>/dev/null || status=$?
  expected=130
  [[ $signal == KILL ]] && expected=137
  ((status == expected)) || fail "SIG$signal: exit code $status"
  run "$folder"
  same "$work/plain" "$folder" "SIG$signal"
  echo "check_faults: SIG$signal leaves a run that resumes to the same losses"
done

"${train[@]}" --steps 2000 --out "$work/twice" >/dev/null 2>&1 &
process=$!
started "$work/twice"
expect 2 "in use by process" "${train[@]}" --steps 2000 --out "$work/twice"
kill -INT "$process"
wait "$process" 2>/dev/null || true
echo "check_faults: a second process on the same run is refused"

if ((EUID == 0)); then
  mkdir "$work/small"
  mount -t tmpfs -o size=2m tmpfs "$work/small"
  expect 2 "space" run "$work/small/run"
  mount -o remount,size=200m "$work/small"
  run "$work/small/run"
  same "$work/plain" "$work/small/run" "full disk"
  echo "check_faults: a full disk is named, and the run goes on when there is room"
else
  echo "check_faults: full disk skipped, needs root"
fi

if command -v faketime >/dev/null; then
  expect 0 "" faketime -f '@2001-09-09 01:46:40 x-3' "${train[@]}" --steps 60 --out "$work/clock"
  same "$work/plain" "$work/clock" "clock"
  echo "check_faults: a clock that runs backwards changes nothing"
else
  echo "check_faults: clock skipped, needs faketime"
fi
