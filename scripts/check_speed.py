"""Fails if one of bench's paths has become slow beside plain work measured in the same run.

usage: python scripts/check_speed.py [--bench .build/release/bench] [--threads 2] [--rounds 6] [--record]

scripts/speed_limits.json lists paths of `bench perf`, each with another path as its yardstick (a
convolution of libtorch, a product of OpenBLAS, a sort) and, by kind of processor, the largest allowed
ratio of their times: ratios are another matter on another kind. A ratio is the smallest of up to ROUNDS
rounds, as disturbances only ever make one larger; rounds end as soon as all paths are within their limits.
Exit code 1 if a path is too slow. Skips with one line, exit code 0, on a kind of processor without
limits and where other work takes more than a tenth of the processors. --record measures all rounds and
writes 1.35 times the smallest ratios as this kind's limits: a path that takes 1.5 times as long is found.
No other program needed.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import time

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--bench", default=".build/release/bench")
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--rounds", type=int, default=6)
parser.add_argument("--record", action="store_true")
options = parser.parse_args()
HEADROOM = 1.35
BUSY = 0.1
path = pathlib.Path(__file__).with_name("speed_limits.json")
limits = json.loads(path.read_text())


def processor():
    """The kind of this machine's processor, for instance AuthenticAMD 25 17."""
    text = pathlib.Path("/proc/cpuinfo").read_text()
    fields = (re.search(rf"^{name}\s*: (.*)$", text, re.M) for name in ("vendor_id", "cpu family", "model"))
    return " ".join(field[1] if field else "unknown" for field in fields)


def skip(reason):
    print(f"check_speed: skipped: {reason}")
    sys.exit()


def ticks():
    """Ticks of all processors since the start: in all, idle, and taken by the machine's host."""
    user, nice, system, idle, waiting, interrupts, soft, stolen = map(
        int, pathlib.Path("/proc/stat").read_text().split("\n")[0].split()[1:9])
    return user + nice + system + idle + waiting + interrupts + soft + stolen, idle + waiting, stolen


def check_is_idle():
    """Skips if others work on this machine now."""
    before = ticks()
    time.sleep(3)
    after = ticks()
    busy = 1 - (after[1] - before[1]) / max(1, after[0] - before[0])
    if busy > BUSY:
        skip(f"other work takes {busy:.0%} of the processors")


def measured():
    """Fastest repetition of every path that the limits name."""
    names = sorted({limit[key] for limit in limits for key in ("path", "yardstick")})
    command = [options.bench, "perf", "--json", "--quiet", "--device", "cpu", "--repeats", "3",
               "--threads", str(options.threads), "--only", ",".join(names)]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    return {record["name"]: min(record["seconds"]) for record in json.loads(output)["paths"]}


kind = processor()
if not options.record and not all(kind in limit["limits"] for limit in limits):
    skip(f"no limits are known for processors of the kind {kind}; --record on an idle machine makes them")
check_is_idle()
start = ticks()
best = {}
for number in range(options.rounds):
    seconds = measured()
    for limit in limits:
        ratio = seconds[limit["path"]] / seconds[limit["yardstick"]]
        best[limit["path"]] = min(ratio, best.get(limit["path"], ratio))
    if not options.record and all(best[limit["path"]] <= limit["limits"][kind] for limit in limits):
        break
for limit in limits:
    ratio = best[limit["path"]]
    if options.record:
        limit["limits"][kind] = float(f"{HEADROOM * ratio:.3g}")
    allowed = limit["limits"][kind]
    outcome = "ok  " if ratio <= allowed else "SLOW"
    print(f"{outcome} {limit['path']:28} {ratio:9.3f} times {limit['yardstick']:20} limit {allowed}")
if options.record:
    lines = ",\n".join(f"  {json.dumps(limit)}" for limit in limits)
    path.write_text(f"[\n{lines}\n]\n")
slow = [limit["path"] for limit in limits if best[limit["path"]] > limit["limits"][kind]]
print(f"{len(limits)} paths, {number + 1} rounds, {len(slow)} too slow")
if slow:
    # What others took only ever makes a path look slow.
    end = ticks()
    stolen = (end[2] - start[2]) / max(1, end[0] - start[0])
    if stolen > BUSY:
        skip(f"the host took {stolen:.0%} of the processors meanwhile")
    check_is_idle()
sys.exit(bool(slow))
