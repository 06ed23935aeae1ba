#!/usr/bin/env bash
# Runs the folder that `make dist` makes in a clean root: a minimal Debian with the C++ runtime and
# libtorch, and nothing else of this machine. Needs root, debootstrap and a Debian mirror.
# (scripts/check_wheel.sh, which CI runs, does the same with the wheel made of the folder.)
#
# usage: scripts/check_dist.sh [FOLDER]     (default: dist/bench)
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(realpath "${1:-dist/bench}")
: "${LIBTORCH:?must point at libtorch 2.11}"
if ((EUID != 0)) || ! command -v debootstrap >/dev/null; then
  echo "check_dist: skipped, needs root and debootstrap"
  exit 0
fi

root=$(mktemp -d)
trap 'umount "$root/libtorch" "$root/proc" 2>/dev/null || true; rm -rf --one-file-system "$root"' EXIT
debootstrap --variant=minbase --include=libstdc++6 bookworm "$root" >/dev/null
mkdir -p "$root/libtorch" "$root/opt/bench"
cp -r "$folder/." "$root/opt/bench/"
# The whole installation: libtorch finds CUDA libraries beside its own folder.
mount --bind "$(dirname "$LIBTORCH")" "$root/libtorch"
mount -t proc proc "$root/proc"

inside() { chroot "$root" /usr/bin/env -i PATH=/usr/bin:/bin HOME=/root LIBTORCH="/libtorch/$(basename "$LIBTORCH")" "$@"; }
bench() { inside /opt/bench/bin/bench "$@"; }

bench --version
bench doctor || true
bench disentangle --dataset scenes3d --preset quick --model beta-vae --steps 20 --metrics mig,dci,sap \
  --out /root/runs --quiet
bench compare baselines >/dev/null
bench compare /root/runs >/dev/null
test -s "$root/root/runs/scenes3d/beta-vae/quick:steps=20/seed-0/result.json"
echo "check_dist: trains, measures and compares in a clean root"
