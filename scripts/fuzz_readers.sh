#!/usr/bin/env bash
# Fuzzes every reader with libFuzzer and AddressSanitizer, from the tests' own files as seeds.
#
# usage: scripts/fuzz_readers.sh [SECONDS_PER_FORMAT] [FORMAT…]
#
# Builds the package in Fuzzing/ (its own build folder, without libtorch) and runs one format after the
# other: h5 png jpg webp tiff bmp ppm gif npz npy mat tar zip mdb pth safetensors. Checksums of tar headers and ZIP members are
# made right again in every input. Inputs that crash, hang or take too much memory are left in
# .build/fuzzing/FORMAT; the last line of every format says how many inputs were tried.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds="${1:-60}"
shift || true
formats=("$@")
[ ${#formats[@]} -gt 0 ] || formats=(h5 png jpg webp tiff bmp ppm gif npz npy mat tar zip mdb pth safetensors)
build=.build/fuzzing
golden=Tests/DatasetsTests/Golden
weights=Tests/GenerationMetricsTests/Golden

env -u LIBTORCH swift build -c release --sanitize=address --sanitize=fuzzer \
  --package-path Fuzzing --scratch-path "$build/build" --product FuzzReaders
fuzzer="$PWD/$build/build/release/FuzzReaders"

seeds() {
  case "$1" in
  h5) cp "$golden"/hdf5/*.h5 "$2" ;;
  png | jpg) cp "$golden"/images/*."$1" "$2" ;;
  webp | bmp | gif) cp "$golden"/pictures/*."$1" "$2" ;;
  tiff) cp "$golden"/pictures/*.tif* "$2" ;;
  ppm) cp "$golden"/pictures/*.p[bgp]m "$2" ;;
  npz) cp "$golden"/npz/*.npz "$golden"/miniatures/dsprites/*.npz "$2" ;;
  npy) (cd "$2" && unzip -qo "$OLDPWD/$golden/npz/every_type.npz") ;;
  mat)
    cp "$golden"/mat/*.mat "$2"
    for file in "$golden"/miniatures/smallnorb/*-{cat,info}.mat.gz; do
      gunzip -c "$file" >"$2/$(basename "$file" .gz)"
    done
    ;;
  tar) cp "$golden"/tar/*.tar "$2" ;;
  zip) cp "$golden"/miniatures/celeba/*.zip "$2" ;;
  mdb) cp "$golden"/miniatures/lsun-bedroom/bedroom_train_lmdb/data.mdb "$2" ;;
  pth) cp "$weights"/{state,strided}_*.pth "$weights"/lpips-vgg-v0.1.pth "$2" ;;
  safetensors) cp "$weights"/*.safetensors "$2" ;;
  *) printf 'fuzz_readers: no format %s\n' "$1" >&2 && exit 64 ;;
  esac
}

status=0
for format in "${formats[@]}"; do
  folder="$PWD/$build/$format"
  mkdir -p "$folder/seeds" "$folder/found"
  seeds "$format" "$folder/seeds"
  BENCH_FUZZ_FORMAT="$format" ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 "$fuzzer" \
    -max_total_time="$seconds" -timeout=30 -rss_limit_mb=4096 -max_len=70000 \
    -artifact_prefix="$folder/" "$folder/found" "$folder/seeds" >"$folder/log.txt" 2>&1 || status=1
  printf '%s: %s\n' "$format" "$(grep -E '^Done|SUMMARY' "$folder/log.txt" | tail -1)"
done
exit $status
