"""Fails if one of bench's paths has become slow beside plain work measured in the same run.

usage: python scripts/check_speed.py [--bench .build/release/bench] [--threads 2] [--rounds 4] [--record]

scripts/speed_limits.json lists paths of `bench perf`, each with another path as its yardstick (a
convolution of libtorch, a product of OpenBLAS, a sort) and the largest allowed ratio of their times.
Absolute speed cancels; what another program takes from a round is in both. A ratio is the smallest
of up to ROUNDS rounds, as disturbances only ever make one larger; rounds end as soon as all paths are
within their limits. --record measures all rounds and writes 1.35 times the smallest ratios as limits: a
path that takes 1.5 times as long is found. Exit code 1 if a path is too slow. No other program needed.
"""

import argparse
import json
import pathlib
import subprocess
import sys

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--bench", default=".build/release/bench")
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--rounds", type=int, default=4)
parser.add_argument("--record", action="store_true")
options = parser.parse_args()
HEADROOM = 1.35
path = pathlib.Path(__file__).with_name("speed_limits.json")
limits = json.loads(path.read_text())


def measured():
    """Fastest repetition of every path that the limits name."""
    names = sorted({limit[key] for limit in limits for key in ("path", "yardstick")})
    command = [options.bench, "perf", "--json", "--quiet", "--device", "cpu", "--repeats", "3",
               "--threads", str(options.threads), "--only", ",".join(names)]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    return {record["name"]: min(record["seconds"]) for record in json.loads(output)["paths"]}


best = {}
for number in range(options.rounds):
    seconds = measured()
    for limit in limits:
        ratio = seconds[limit["path"]] / seconds[limit["yardstick"]]
        best[limit["path"]] = min(ratio, best.get(limit["path"], ratio))
    if not options.record and all(best[limit["path"]] <= limit["limit"] for limit in limits):
        break
for limit in limits:
    ratio = best[limit["path"]]
    if options.record:
        limit["limit"] = float(f"{HEADROOM * ratio:.3g}")
    outcome = "ok  " if ratio <= limit["limit"] else "SLOW"
    print(f"{outcome} {limit['path']:28} {ratio:9.3f} times {limit['yardstick']:20} limit {limit['limit']}")
if options.record:
    lines = ",\n".join(f"  {json.dumps(limit)}" for limit in limits)
    path.write_text(f"[\n{lines}\n]\n")
slow = [limit["path"] for limit in limits if best[limit["path"]] > limit["limit"]]
print(f"{len(limits)} paths, {number + 1} rounds, {len(slow)} too slow")
sys.exit(bool(slow))
