#!/usr/bin/env bash
# Trains, samples and extracts features with two processes over MPI as with one, and compares; kills one
# of two.
# About half a minute, and the time to install Open MPI where it is missing.
#   scripts/check_mpi.sh
# BENCH is the program, .build/release/bench by default. Skips with one line where it cannot run.
set -euo pipefail
cd "$(dirname "$0")/.."
bench=$(realpath "${BENCH:-.build/release/bench}")

skip() {
  echo "check_mpi: skipped: $*"
  exit
}
die() {
  echo "check_mpi: $*" >&2
  exit 1
}
if ! command -v mpirun >/dev/null; then
  [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null ||
    skip "there is no mpirun, and this user cannot install openmpi-bin"
  echo "check_mpi: installing the Debian package openmpi-bin"
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
    --no-install-recommends openmpi-bin openssh-client; } >/dev/null 2>&1 || skip "apt-get install failed"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mpirun=(mpirun --oversubscribe)
[ "$(id -u)" -ne 0 ] || mpirun+=(--allow-run-as-root)

# train PROCESSES FOLDER ARGUMENTS…: with one or two processes of one thread each.
train() {
  local processes=$1 folder=$2
  shift 2
  local command=("$bench" train --threads 1 --batch-size 16 --quiet --out "$work/$folder" "$@")
  [ "$processes" -eq 1 ] || command=("${mpirun[@]}" -np "$processes" "${command[@]}")
  "${command[@]}" 2>>"$work/errors" || { cat "$work/errors" >&2; die "training of $folder failed"; }
}

# compare TOLERANCE ONE TWO: every number of every line of two logs, relative to the larger one.
compare() {
  python3 - "$@" "$work" <<'PY'
import json, sys
tolerance, folder = float(sys.argv[1]), sys.argv[4]
one, two = ([json.loads(line) for line in open(f"{folder}/{name}/log.jsonl")] for name in sys.argv[2:4])
numbers = lambda line: {("step", "step"): line["step"]} | {
    (kind, name): value for kind in ("terms", "monitor") for name, value in line.get(kind, {}).items()}
one, two = [numbers(line) for line in one], [numbers(line) for line in two]
steps = [line["step", "step"] for line in two if ("terms", "loss") in line]
if len(steps) != len(set(steps)) or [line.keys() for line in one] != [line.keys() for line in two]:
    sys.exit(f"check_mpi: {sys.argv[3]}/log.jsonl has other lines than that of one process, or some twice: {steps}")
# Numbers near 0 are differences of numbers near 1.
worst = max(
    (abs(a[key] - b[key]) / max(abs(a[key]), abs(b[key]), 1e-2), key)
    for a, b in zip(one, two) for key in a if key[0] != "monitor" or key[1] != "active_units")
print(f"check_mpi: {sys.argv[3]}: largest difference {worst[0]:.1e} ({worst[1][1]}), {len(steps)} logged steps")
sys.exit(0 if worst[0] <= tolerance else f"check_mpi: more than {tolerance}")
PY
}

# Single precision adds in another order; after a few steps that is some 1e-6 of the losses.
for model in beta-vae annealed-vae; do
  train 1 "one-$model" --model "$model" --steps 10 >/dev/null
  train 2 "two-$model" --model "$model" --steps 10 --json >"$work/report"
  compare 1e-4 "one-$model" "two-$model"
done
python3 - "$work" <<'PY'
import json, sys
report = json.load(open(f"{sys.argv[1]}/report"))  # one object: the other process is silent
state = json.load(open(f"{sys.argv[1]}/two-annealed-vae/checkpoint/state.json"))["state"]
if (report["processes"], state["processCount"]) != (2, 2):
    sys.exit("check_mpi: the record does not say that two processes trained")
PY

# Both stages; the second one's targets are small differences of the first one's outputs.
train 1 one --model multi-beta-vae --stage all --steps 6 --gradient-accumulation 2 >/dev/null
train 2 two --model multi-beta-vae --stage all --steps 6 --gradient-accumulation 2 >/dev/null
compare 1e-4 one two
compare 1e-2 one/denoiser two/denoiser

# Samples and features are shared out, and are those of one process to the bit.
alone=("$bench") pair=("${mpirun[@]}" -np 2 "$bench")
sample=(sample --threads 1 --quiet --checkpoint "$work/one" --count 600 --sampling-steps 4 --images --json)
"${alone[@]}" "${sample[@]}" --out "$work/samples-one" >/dev/null
"${pair[@]}" "${sample[@]}" --out "$work/samples-two" >"$work/report"
diff -rq "$work/samples-one" "$work/samples-two" || die "two processes draw other samples than one"
rm "$work/samples-one/images/000599.png"
printf 'no picture' >"$work/samples-one/images/000300.png"
scores=(fid --threads 1 --quiet --features builtin --on-error skip --json "$work/samples-one/images"
  "$work/samples-two/images")
"${alone[@]}" "${scores[@]}" >"$work/scores-one"
"${pair[@]}" "${scores[@]}" >"$work/scores-two"
python3 - "$work" <<'PY'
import json, sys
one, two = (json.load(open(f"{sys.argv[1]}/scores-{name}")) for name in ("one", "two"))
if (json.load(open(f"{sys.argv[1]}/report"))["processes"], two["processes"]) != (2, 2):
    sys.exit("check_mpi: two processes did not share the samples or the features")
if one["metrics"] != two["metrics"] or one["unreadable"] != two["unreadable"] or not one["unreadable"]:
    sys.exit(f"check_mpi: two processes score otherwise than one: {one}\n{two}")
print("check_mpi: 600 samples and the scores of two folders: the same with two processes as with one")
PY

# One of two is killed: the other ends too, and the same command continues to the very numbers of two
# processes that nobody killed. (Those of one process would differ: 40 steps amplify the last bits.)
train 2 whole --model beta-vae --steps 40 >/dev/null
for victim in 0 1; do
  rm -rf "$work/killed"
  command=("$bench" train --threads 1 --batch-size 16 --quiet --out "$work/killed" --model beta-vae
    --steps 40 --checkpoint-every 5)
  "${mpirun[@]}" -np 2 "${command[@]}" >/dev/null 2>&1 &
  launcher=$!
  until [ -e "$work/killed/checkpoint/state.json" ]; do
    kill -0 "$launcher" 2>/dev/null || die "the training to be killed ended by itself"
    sleep 0.05
  done
  for process in $(pgrep -P "$launcher"); do
    ! grep -qz "^OMPI_COMM_WORLD_RANK=$victim$" "/proc/$process/environ" || kill -9 "$process"
  done
  began=$SECONDS code=0
  wait "$launcher" || code=$?
  [ "$code" -ne 0 ] || die "mpirun ends with 0 although process $victim was killed"
  [ $((SECONDS - began)) -le 30 ] || die "the other process lived on for $((SECONDS - began)) s"
  echo "check_mpi: process $victim killed: ended with $code after $((SECONDS - began)) s"
done
train 2 killed --model beta-vae --steps 40 --checkpoint-every 5 >/dev/null
compare 0 whole killed

# An error of one process ends both; what cannot be shared is refused.
arguments=("$bench" train --steps 100000 --quiet --threads 1 --out "$work/failed" --model)
code=0
timeout 60 "${mpirun[@]}" -np 1 "${arguments[@]}" beta-vae : -np 1 "${arguments[@]}" beta-vae \
  --dataset dsprites --data-dir "$work/nothing" 2>"$work/errors" || code=$?
[ "$code" -eq 2 ] && grep -q "process 1 of 2: Dataset 'dsprites'" "$work/errors" ||
  { cat "$work/errors" >&2; die "an error of one process ends with $code"; }
code=0
timeout 60 "${mpirun[@]}" -np 2 "${arguments[@]}" beta-tcvae 2>"$work/errors" || code=$?
[ "$code" -eq 2 ] && [ "$(grep -c "'beta-tcvae' is not data-parallel" "$work/errors")" -eq 1 ] ||
  { cat "$work/errors" >&2; die "a model that is not data-parallel ends with $code"; }
code=0
timeout 60 "${mpirun[@]}" -np 2 "${arguments[@]}" beta-vae --device cuda:0 2>"$work/errors" || code=$?
[ "$code" -eq 2 ] && grep -q "take one graphics processor each" "$work/errors" ||
  { cat "$work/errors" >&2; die "--device cuda:0 ends with $code"; }
if ! [ -e /dev/nvidiactl ]; then
  # Each process asks for its own, and says so.
  code=0
  timeout 60 "${mpirun[@]}" -np 2 "${arguments[@]}" beta-vae --device cuda 2>"$work/errors" || code=$?
  [ "$code" -eq 2 ] && grep -q "device 'cuda:[01]' cannot be used" "$work/errors" ||
    { cat "$work/errors" >&2; die "--device cuda ends with $code"; }
fi
echo "check_mpi: errors of one and of all processes: passed in $SECONDS s"
