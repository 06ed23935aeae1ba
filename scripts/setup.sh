#!/usr/bin/env bash
# Installs what bench needs, once per machine, and says so before it does.
# Prints nothing but one line when everything is already in place.
set -euo pipefail

torch_version=2.11.0
cache="${BENCH_CACHE:-$HOME/.cache/bench}"
target="$cache/libtorch/$torch_version"

# name version sha256 — wheels for one fixed platform, so that the checksum is one fixed value
wheels=(
  "torch 2.11.0 7aa2f9bbc6d4595ba72138026b2074be1233186150e9292865e04b7a63b8c67a"
  "nvidia-cuda-runtime 13.0.96 7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548"
  "nvidia-cuda-cupti 13.0.85 4eb01c08e859bf924d222250d2e8f8b8ff6d3db4721288cf35d14252a4d933c8"
)
packages=(pkg-config libhdf5-dev libpng-dev libjpeg-dev libwebp-dev libtiff-dev zlib1g-dev libopenblas-dev
  libssl-dev libcurl4-openssl-dev)

say() { printf 'setup: %s\n' "$*"; }
die() { printf 'setup: %s\n' "$*" >&2; exit 2; }

install_packages() {
  command -v dpkg-query >/dev/null || {
    say "not a Debian system; make sure the equivalents of these are installed: ${packages[*]}"
    return 0
  }
  local missing=() package
  for package in "${packages[@]}"; do
    dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q '^install ok installed$' ||
      missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "installing Debian packages: ${missing[*]}"
  local root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null && sudo -n true 2>/dev/null ||
      die "these Debian packages are missing and this user cannot install them; as root, run: apt-get install ${missing[*]}"
    root=(sudo -n)
  fi
  "${root[@]}" apt-get update -qq || die "apt-get update failed; check the network and run make again"
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    "${missing[@]}" >/dev/null || die "apt-get install failed for: ${missing[*]}"
}

install_libtorch() {
  [ -z "${LIBTORCH:-}" ] || {
    [ -f "$LIBTORCH/lib/libtorch_cpu.so" ] && [ -d "$LIBTORCH/include/ATen" ] ||
      die "LIBTORCH=$LIBTORCH has no lib/libtorch_cpu.so and include/ATen; point it at a torch $torch_version folder or unset it"
    return 0
  }
  [ ! -f "$target/complete" ] || return 0
  command -v python3 >/dev/null && python3 -m pip --version >/dev/null 2>&1 ||
    die "python3 with pip is needed once, to download libtorch $torch_version; install python3-pip, or set LIBTORCH to an unpacked torch $torch_version"
  mkdir -p "$cache/libtorch"
  # One machine-wide copy: a second make waits for the first instead of downloading again.
  exec 9>"$cache/libtorch/.lock"
  flock 9
  [ ! -f "$target/complete" ] || return 0
  local free_kib
  free_kib=$(df -Pk "$cache" | awk 'NR==2 {print $4}')
  [ "$free_kib" -gt 2000000 ] || die "libtorch needs 2 GB of free disk under $cache, found $((free_kib / 1024)) MB"
  say "downloading libtorch $torch_version (550 MB, once per machine) into $target"
  local work entry name version sum file
  work=$(mktemp -d "$cache/libtorch/.download-XXXXXX")
  trap 'rm -rf "$work"' EXIT
  for entry in "${wheels[@]}"; do
    read -r name version sum <<<"$entry"
    python3 -m pip download -q --no-deps --only-binary=:all: --python-version 3.11 \
      --implementation cp --platform manylinux_2_28_x86_64 --platform manylinux_2_25_x86_64 \
      --platform manylinux2014_x86_64 --platform manylinux_2_17_x86_64 \
      -d "$work" "$name==$version" || die "download of $name $version failed; check the network and run make again"
    file=$(ls "$work/${name//-/_}-$version"-*.whl)
    echo "$sum  $file" | sha256sum --quiet -c - || die "$name $version has another checksum than the pinned one; nothing was installed"
  done
  mkdir "$work/tree"
  python3 - "$work" <<'PY'
import glob, sys, zipfile
work = sys.argv[1]
# The Python extension and the CUDA kernels are of no use without the rest of a CUDA installation;
# for CUDA, LIBTORCH points at a full `pip install torch` instead.
skip = ("libtorch_python.so", "libtorch_cuda.so", "libtorch_cuda_linalg.so", "libtorch_nvshmem.so")
for wheel in glob.glob(work + "/*.whl"):
    with zipfile.ZipFile(wheel) as archive:
        for entry in archive.infolist():
            name = entry.filename
            if name.startswith(("torch/include/", "torch/lib/", "nvidia/")) and not name.endswith(skip):
                archive.extract(entry, work + "/tree")
PY
  touch "$work/tree/complete"
  rm -rf "$target"
  mv "$work/tree" "$target"
  rm -rf "$work"
  trap - EXIT
  say "libtorch $torch_version is ready"
}

command -v swift >/dev/null || die "Swift 6.3 is needed; see https://www.swift.org/install"
install_packages
install_libtorch
