#!/usr/bin/env bash
# The wheel as its users meet it. Its tag is what auditwheel finds; in a fresh virtual environment the
# Python package equals the program (python/tests); and in clean roots, minimal Debian systems of two
# ages with Python and nothing else of ours, it installs, scores and, beside libtorch, trains.
# The roots need root, debootstrap and a Debian mirror, and are skipped without.
#
# usage: scripts/check_wheel.sh [WHEEL]     (default: the one in dist/)
#   TORCH=registry   installs the extra [torch] from the package registry (some 3 GB a root) instead of
#                    putting $LIBTORCH where that would lie
set -euo pipefail
cd "$(dirname "$0")/.."
shopt -s nullglob
found=(dist/bench_vae-*.whl)
wheel=$(realpath "${1:-${found[0]:-dist/bench_vae.whl}}")
[ -f "$wheel" ] || { echo "check_wheel: there is no $wheel; run make wheel first" >&2; exit 2; }
: "${LIBTORCH:?must point at libtorch 2.11}"
unset PYTHONPATH
work=$(mktemp -d)
roots=()
clean() {
  for root in "${roots[@]}"; do
    for point in "$root"/venv/lib/python3*/site-packages/{torch,nvidia} "$root/proc"; do
      # Also where something still runs there: what is mounted must not be removed with the rest.
      if mountpoint -q "$point"; then umount -l "$point" || return; fi
    done
  done
  rm -rf --one-file-system "$work"
}
trap clean EXIT

echo "-- the tag"
python3 -m venv "$work/tools"
"$work/tools/bin/pip" install -q "auditwheel==6.*"
"$work/tools/bin/auditwheel" show --json "$wheel" >"$work/audit.json"
python3 - "$work/audit.json" "$wheel" <<'PY'
import json, sys
audit, wheel = json.load(open(sys.argv[1])), sys.argv[2]
tag = wheel[:-len(".whl")].rsplit("-", 1)[1]
# libtorch comes with the extra [torch]; the one library that needs it is loaded only where it is.
outside = set(audit["external_libs"]) - {"libtorch_cpu.so", "libc10.so"}
if audit["sym_tag"] != tag or outside:
    sys.exit(f"check_wheel: auditwheel says {audit['sym_tag']}, the name says {tag}; not inside: {outside or 'nothing'}")
print(f"{tag}, as auditwheel says")
PY

echo "-- the Python package in a fresh environment"
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q "$wheel" pytest tensorboard "huggingface_hub>=1.5" pyyaml
packages=$("$work/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
ln -s "$LIBTORCH" "$packages/torch"
[ -d "$LIBTORCH/../nvidia" ] && ln -s "$(realpath "$LIBTORCH/../nvidia")" "$packages/nvidia"
env -u LIBTORCH "$work/venv/bin/python" -m pytest -q -p no:cacheprovider python/tests

if ((EUID != 0)) || ! command -v debootstrap >/dev/null; then
  echo "check_wheel: clean roots are skipped, they need root and debootstrap"
  exit 0
fi

# Scores, and with libtorch trains, in the root; prints what took how long.
cat >"$work/use.sh" <<'EOF'
set -euo pipefail
export PATH=/venv/bin:$PATH
python3 -m venv /venv
start=$(date +%s%N)
pip install -q --no-index --find-links /wheels bench-vae
python3 -c 'import numpy as np
rows = np.random.default_rng(0).integers(0, 5, (5000, 4))
np.savez("/codes.npz", codes=rows + 0.1, factors=rows)'
bench score /codes.npz --metrics mig --json | tee /score.json >/dev/null
echo "from pip install to the first score: $((($(date +%s%N) - start) / 1000000)) ms"
bench doctor
python3 -c 'import bench_vae, json, numpy as np
codes = np.load("/codes.npz")
found = bench_vae.score(codes["codes"], codes["factors"], metrics="mig")
assert found["metrics"] == json.load(open("/score.json"))["metrics"], found'
{ bench fid /codes.npz /codes.npz || true; } 2>&1 | grep -q features  # no such file: a sentence, no crash
bench compare baselines/published >/dev/null
EOF
cat >"$work/train.sh" <<'EOF'
set -euo pipefail
export PATH=/venv/bin:$PATH
bench disentangle --preset smoke --model beta-vae --metrics mig --out /runs --quiet
bench compare /runs >/dev/null
EOF

mkdir "$work/wheels"
cp "$wheel" "$work/wheels/"
for suite in bookworm trixie; do
  echo "-- a clean root of $suite"
  root="$work/$suite"
  roots+=("$root")
  debootstrap --variant=minbase --include=python3-venv "$suite" "$root" >"$work/debootstrap.log" ||
    { tail -n 20 "$work/debootstrap.log" >&2; exit 2; }
  version=$(chroot "$root" python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  pip download -q -d "$work/wheels" --only-binary=:all: --python-version "$version" \
    --platform manylinux_2_28_x86_64 --platform manylinux_2_27_x86_64 --platform manylinux2014_x86_64 numpy
  cp -r "$work/wheels" "$work/use.sh" "$work/train.sh" "$root/"
  mount -t proc proc "$root/proc"
  inside() { chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/bin:/bin "$@"; }
  inside bash /use.sh
  packages="$root/venv/lib/python$version/site-packages"
  if [ "${TORCH:-}" = registry ]; then
    cp /etc/resolv.conf "$root/etc/"
    cp --parents /etc/ssl/certs/ca-certificates.crt "$root/"
    chroot "$root" /venv/bin/pip install -q --find-links /wheels "bench-vae[torch]"
  else
    mkdir "$packages/torch" "$packages/nvidia"
    mount --bind "$LIBTORCH" "$packages/torch"
    [ -d "$LIBTORCH/../nvidia" ] && mount --bind "$LIBTORCH/../nvidia" "$packages/nvidia"
  fi
  inside bash /train.sh
  echo "check_wheel: installs, scores and trains in $suite"
done
