#!/usr/bin/env bash
# Pictures of a report in headless Chromium: a desktop in dark and light, and a phone.
#   scripts/screenshot_report.sh report.html [folder]
# Needs chromium. Names that cannot be resolved make sure that the page needs no network.
set -euo pipefail
page=$(realpath "${1:?scripts/screenshot_report.sh report.html [folder]}")
out=${2:-.}
browser=$(command -v chromium || command -v google-chrome || command -v chrome) ||
  { echo "screenshot_report: there is no chromium; apt-get install chromium" >&2; exit 2; }
mkdir -p "$out"
# A name, the size of the window, and further options.
shoot() {
  local name=$1 size=$2
  shift 2
  "$browser" --headless --no-sandbox --disable-gpu --hide-scrollbars --virtual-time-budget=5000 \
    --host-resolver-rules='MAP * ~NOTFOUND' --user-data-dir="$profile" --window-size="$size" \
    --screenshot="$out/$name.png" "$@" "file://$page" >/dev/null 2>&1
  echo "$out/$name.png"
}
profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT
shoot desktop-light 1280,2400
shoot desktop-dark 1280,2400 --force-dark-mode --blink-settings=preferredColorScheme=0
shoot phone 500,2400
