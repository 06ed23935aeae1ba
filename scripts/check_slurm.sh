#!/usr/bin/env bash
# Runs a study as a Slurm job array on this machine: slurmctld and slurmd on loopback, one node. About
# a quarter of a minute, and the time to install Debian's packages where they are missing.
#   scripts/check_slurm.sh
# BENCH is the program, .build/release/bench by default. Skips with one line where it cannot run.
set -euo pipefail
cd "$(dirname "$0")/.."
bench=$(realpath "${BENCH:-.build/release/bench}")
packages=(slurmctld slurmd slurm-client munge)

skip() {
  echo "check_slurm: skipped: $*"
  exit
}
[ "$(id -u)" -eq 0 ] || skip "slurmd starts jobs as root only"
for program in munged slurmctld slurmd sbatch sinfo; do
  command -v "$program" >/dev/null && continue
  command -v apt-get >/dev/null || skip "there is no $program, and no apt-get to install ${packages[*]}"
  echo "check_slurm: installing Debian packages: ${packages[*]}"
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
    --no-install-recommends "${packages[@]}"; } >/dev/null 2>&1 || skip "apt-get install failed"
  break
done

work=$(mktemp -d)
node=$(hostname -s)
export SLURM_CONF="$work/slurm.conf"
daemons=()
stop() {
  local code=$?
  [ "$code" -eq 0 ] || tail -n 20 "$work"/*.log >&2
  # The controller writes its state when it ends, so it goes first and is waited for.
  for ((i = ${#daemons[@]} - 1; i >= 0; i--)); do
    kill "${daemons[i]}" 2>/dev/null || true
    wait "${daemons[i]}" 2>/dev/null || true
  done
  rm -rf "$work"
}
trap stop EXIT

# Tries a command for 30 seconds.
await() {
  local what=$1
  shift
  for _ in $(seq 150); do
    "$@" >/dev/null 2>&1 && return
    sleep 0.2
  done
  echo "check_slurm: $what" >&2
  exit 1
}
is_idle() { [ "$(sinfo --noheader --format=%t)" = idle ]; }

mkdir -p "$work/munge" "$work/state" "$work/spool" "$work/study"
chmod 755 "$work"
chmod 700 "$work/munge"
head -c 128 /dev/urandom >"$work/munge/key"
chmod 400 "$work/munge/key"
cat >"$SLURM_CONF" <<CONF
ClusterName=check
SlurmctldHost=$node(127.0.0.1)
SlurmctldPort=27817
SlurmdPort=27818
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge.socket
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
ProctrackType=proctrack/pgid
TaskPlugin=task/none
MpiDefault=none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
NodeName=$node NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
munged --force --foreground --key-file="$work/munge/key" --socket="$work/munge.socket" \
  --pid-file="$work/munge/pid" --log-file="$work/munge/log" --seed-file="$work/munge/seed" \
  >"$work/munged.log" 2>&1 &
daemons+=($!)
await "munged does not start" test -S "$work/munge.socket"
slurmctld -D >"$work/slurmctld.log" 2>&1 &
daemons+=($!)
slurmd -D >"$work/slurmd.log" 2>&1 &
daemons+=($!)
await "the node does not become idle" is_idle

# Six runs; one fails the first time and is the only one of the second array.
cat >"$work/study/study.yaml" <<'STUDY'
schema: 1
datasets: [d]
models: [a, b]
seeds: 0-2
command:
  - sh
  - -c
  - |
    echo run >> {folder}/started
    [ {model}{seed} != b1 ] || [ -e again ] || exit 3
    echo '{"schema": 1, "dataset": {"name": "{dataset}"}, "model": "{model}", "preset": "quick",
    "seed": {seed}, "metrics": {"mig": {"value": 0.{seed}}}}' > {folder}/result.json
slurm: {time: "00:05:00"}
STUDY
cd "$work/study"
"$bench" sweep study.yaml --slurm job.sh
cat job.sh
timeout 60 sbatch --wait job.sh || true
"$bench" sweep study.yaml --status
[ "$(find runs -name result.json | wc -l)" -eq 5 ]
touch again
"$bench" sweep study.yaml --slurm job.sh
timeout 60 sbatch --wait job.sh
"$bench" sweep study.yaml --status
[ "$(cat runs/d/*/quick/seed-*/started | wc -l)" -eq 7 ]
"$bench" sweep study.yaml --slurm - 2>&1 | grep "nothing to submit"
echo "check_slurm: six runs, one of them in the second attempt: passed"

# A job that nears its time limit is told so, and so is its run, which then writes a checkpoint.
cat >long.yaml <<'STUDY'
schema: 1
datasets: [d]
models: [long]
seeds: [0]
command: [sh, -c, "trap 'touch {folder}/told; exit 130' TERM; sleep 90 & wait"]
slurm: {time: "00:01:00", signal: "B:TERM@55"}
STUDY
"$bench" sweep long.yaml --slurm long.sh
began=$SECONDS
timeout 100 sbatch --wait long.sh || true
[ -e runs/d/long/quick/seed-0/told ]
echo "check_slurm: a run was told of the end of its time after $((SECONDS - began)) s: passed"
