#!/usr/bin/env bash
# The first hour with a graphics processor: checks and measures everything that `--device cuda` does, unattended.
# Runs in the repository after `make build`, and in the folder of `make dist`, which holds it as
# share/bench/check_cuda.sh; needs libtorch 2.11 with CUDA in $LIBTORCH and Python 3.
#
# usage: scripts/check_cuda.sh [--minutes N] [--out FOLDER] [--device cuda:0] [--pretend]     (--help says more)
set -euo pipefail
exec python3 "$(dirname "$0")/check_cuda.py" "$@"
