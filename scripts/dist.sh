#!/usr/bin/env bash
# One folder that runs on other x86-64 Linux machines: the program with the Swift runtime inside, the shim
# that loads libtorch, the shared libraries they need, and the baselines. Not inside: glibc and the C++
# runtime, which every system has, and libtorch. What `make build` compiled is linked anew: a matter of
# seconds, and what leaves the machine is what was tested on it.
#
# usage: scripts/dist.sh [FOLDER]     (default: dist/bench)
#   TORCHES='PATH…'   folders of other versions of torch (…/site-packages/torch): a shim is compiled for each
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-dist/bench}
build=.build/release
limit=$((112 << 20))
# Red Hat Enterprise Linux 9, Debian 12, Ubuntu 22.04 and later.
newest=(GLIBC_2.34 GLIBCXX_3.4.29 CXXABI_1.3.13)
die() { echo "dist: $*" >&2; exit 2; }
command -v patchelf >/dev/null || die "patchelf is needed; as root, run: apt-get install patchelf"
[ -d "$build/CTorchShim.build" ] || die "there is no $build/CTorchShim.build; run make build first"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rm -rf "$folder"
libraries="$folder/lib/bench"
share="$folder/share/bench"
mkdir -p "$folder/bin" "$libraries" "$share/licenses"

for source in scripts/dist/*.c; do
  cc -O2 -c "$source" -o "$work/$(basename "$source" .c).o"
done
python3 scripts/dist/link.py "$folder/bin/bench" "$work"/*.o
# The package manager gives every shared library a dependency on the Swift runtime; this is plain C++.
c++ -shared -o "$libraries/libCTorchShim.so" "$build"/CTorchShim.build/*.o \
  -L"$LIBTORCH/lib" -ltorch_cpu -lc10 -ldl
for torch in ${TORCHES:-}; do
  version=$(sed -n 's/^#define TORCH_VERSION_\(MAJOR\|MINOR\) \([0-9]*\)$/\2/p' \
    "$torch"/include/torch/{csrc/api/include/torch,headeronly}/version.h 2>/dev/null | head -n 2 | paste -sd .)
  [ -n "$version" ] || die "$torch has no headers that say its version"
  c++ -std=c++20 -O2 -fPIC -shared -ISources/C/CTorchShim/include -ISources/C/CTorch/include \
    -isystem "$torch/include" -isystem "$torch/include/torch/csrc/api/include" Sources/C/CTorchShim/*.cpp \
    -o "$libraries/libCTorchShim-$version.so" -L"$torch/lib" -ltorch_cpu -lc10 -ldl
done
strip "$folder/bin/bench" "$libraries"/libCTorchShim*.so

# What every system has: glibc, the C++ runtime.
system='^(ld-linux.*|lib(c|m|dl|rt|pthread|resolv|stdc\+\+|gcc_s))\.so'
# Loaded by name when needed, not linked.
openblas=$(ldconfig -p | awk '$1 == "libopenblas.so.0" && !found++ { print $NF }')
[ -n "$openblas" ] || die "there is no libopenblas.so.0; as root, run: apt-get install libopenblas-dev"
{
  echo "$openblas"
  ldd "$folder/bin/bench" "$openblas" | awk '$2 == "=>" { print $3 }'
} | sort -u | while read -r library; do
  [[ $(basename "$library") =~ $system ]] && continue
  cp -L "$library" "$libraries/"
  package=$(dpkg -S "$(realpath "$library")" 2>/dev/null | cut -d: -f1 | head -n 1 || true)
  [[ -n $package ]] && cp -L "/usr/share/doc/$package/copyright" "$share/licenses/$package"
done
chmod 644 "$libraries"/*
# Each finds the others, whatever loads it.
for library in "$libraries"/*; do patchelf --set-rpath '$ORIGIN' "$library"; done

cp LICENSE "$share/licenses/bench"
cp "$(dirname "$(realpath "$(command -v swift)")")/../share/swift/LICENSE.txt" "$share/licenses/swift"
for checkout in .build/checkouts/*; do
  cp "$checkout"/LICENSE* "$share/licenses/$(basename "$checkout")"
done
cp README.md scripts/check_cuda.{sh,py} "$share/"
cp -r baselines docs "$share/"
git describe --always --dirty --abbrev=40 '--exclude=*' >"$share/COMMIT"

# Versions of functions that the oldest of those systems lack would keep the program from starting there.
for version in "${newest[@]}"; do
  family=${version%_*}
  found=$(objdump -T "$folder"/bin/* "$libraries"/* | grep -oP "\b${family}_[0-9.]+\b" | sort -uV | tail -n 1)
  [ "$(printf '%s\n' "$found" "$version" | sort -V | tail -n 1)" = "$version" ] || {
    objdump -T "$folder"/bin/* "$libraries"/* | grep "$found" | sort -u >&2
    die "needs $found, and is to need no more than $version; see scripts/dist/OlderSystems.c"
  }
done
size=$(du -sb "$folder" | cut -f1)
echo "dist: $folder, $((size >> 20)) MiB of $((limit >> 20)); needs ${newest[0]} and ${newest[1]}," \
  "and for tensors libtorch 2.11"
((size <= limit))
