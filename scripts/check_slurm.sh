#!/bin/sh
# Runs a study as a Slurm job array on this machine: slurmctld and slurmd on loopback, one node.
# Needs root and Debian's packages slurmctld, slurmd, slurm-client and munge.
#   scripts/check_slurm.sh [path of bench]
set -eu
bench=$(realpath "${1:-.build/release/bench}")
work=$(mktemp -d)
node=$(hostname -s)
export SLURM_CONF="$work/slurm.conf"
pids=""
stop() {
  for pid in $pids; do kill "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap stop EXIT

mkdir -p "$work/munge" "$work/state" "$work/spool" "$work/study"
chmod 755 "$work"
chmod 700 "$work/munge"
dd if=/dev/urandom of="$work/munge/key" bs=128 count=1 2>/dev/null
chmod 400 "$work/munge/key"
cat > "$SLURM_CONF" <<CONF
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
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
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
  --pid-file="$work/munge/pid" --log-file="$work/munge/log" --seed-file="$work/munge/seed" &
pids="$pids $!"
while [ ! -S "$work/munge.socket" ]; do sleep 0.1; done
slurmctld -D & pids="$pids $!"
slurmd -D & pids="$pids $!"
for _ in $(seq 100); do
  sinfo --noheader --format=%t 2>/dev/null | grep -q idle && break
  sleep 0.2
done
sinfo

cat > "$work/study/study.yaml" <<'STUDY'
schema: 1
datasets: [d]
models: [a, b]
seeds: 0-2
command:
  - sh
  - -c
  - |
    echo '{"schema": 1, "dataset": {"name": "{dataset}"}, "model": "{model}", "preset": "quick",
    "seed": {seed}, "metrics": {"mig": {"value": 0.{seed}}}}' > {folder}/result.json
slurm: {time: "00:05:00"}
STUDY
cd "$work/study"
"$bench" sweep study.yaml --slurm job.sh
cat job.sh
sbatch --wait job.sh
"$bench" sweep study.yaml --status
[ "$(find runs -name result.json | wc -l)" -eq 6 ]
"$bench" sweep study.yaml --slurm - 2>&1 | grep -q "nothing to submit"
echo "six runs through Slurm: passed"
