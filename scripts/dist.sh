#!/usr/bin/env bash
# One folder that runs on other x86-64 Linux machines with libtorch 2.11: the program with the Swift
# runtime inside, the shim that loads libtorch, and the shared libraries they need. Not inside: glibc,
# the C++ runtime, libtorch, and OpenBLAS, in whose place libtorch's MKL serves.
#
# usage: scripts/dist.sh [FOLDER]     (default: dist/bench)
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-dist/bench}
scratch=.build-dist
limit=$((64 << 20))

export BENCH_DIST=1
options=(
  -c release --static-swift-stdlib --scratch-path "$scratch" -Xlinker --gc-sections
  # The old kind of search path also counts for the libraries' own dependencies.
  -Xlinker --disable-new-dtags -Xlinker -rpath -Xlinker '$ORIGIN/../lib'
)
swift build "${options[@]}" --product bench
swift build "${options[@]}" --product CTorchShim

rm -rf "$folder"
mkdir -p "$folder/bin" "$folder/lib" "$folder/licenses"
cp "$scratch/release/bench" "$folder/bin/"
# The package manager gives every shared library a dependency on the Swift runtime; this is plain C++.
c++ -shared -o "$folder/bin/libCTorchShim.so" "$scratch"/release/CTorchShim.build/*.o \
  -L"$LIBTORCH/lib" -ltorch_cpu -lc10 -ldl
strip "$folder/bin/bench" "$folder/bin/libCTorchShim.so"
# What every system that runs libtorch has: glibc, the C++ runtime.
system='^(ld-linux.*|lib(c|m|dl|rt|pthread|resolv|stdc\+\+|gcc_s))\.so'
ldd "$folder/bin/bench" | awk '$2 == "=>" { print $3 }' | while read -r library; do
  [[ $(basename "$library") =~ $system ]] && continue
  cp -L "$library" "$folder/lib/"
  package=$(dpkg -S "$(realpath "$library")" 2>/dev/null | cut -d: -f1 | head -n 1 || true)
  [[ -n $package ]] && cp -L "/usr/share/doc/$package/copyright" "$folder/licenses/$package"
done
cp LICENSE README.md "$folder/"
cp -r baselines docs "$folder/"
git describe --always --dirty --abbrev=40 '--exclude=*' >"$folder/COMMIT"

size=$(du -sb "$folder" | cut -f1)
echo "dist: $folder, $((size >> 20)) MiB of $((limit >> 20)); needs glibc $(
  objdump -T "$folder"/bin/* "$folder"/lib/* | grep -oP 'GLIBC_\K2[0-9.]+' | sort -V | tail -n 1
) or later and LIBTORCH pointing at libtorch 2.11"
((size <= limit))
