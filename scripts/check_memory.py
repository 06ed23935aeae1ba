"""Watches the memory of a training: it must not grow with the number of steps.

usage: python scripts/check_memory.py [--bench .build/release/bench] [--model beta-vae] [--steps 10000]
           [--batch-size 16] [--threads 2]

Trains on rendered scenes in a folder that is removed afterwards, reads the process's resident memory
five times a second and the step from the training's log. Prints the memory over the steps; exit code 1
if the last tenth of the steps takes 3 % more than the steps from a tenth to a fifth. Linux only.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--bench", default=".build/release/bench")
parser.add_argument("--model", default="beta-vae")
parser.add_argument("--steps", type=int, default=10000)
parser.add_argument("--batch-size", type=int, default=16)
parser.add_argument("--threads", type=int, default=2)
options = parser.parse_args()


def resident(process):
    """Resident memory in MB; none once the process has ended."""
    for line in pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return None


def step(log):
    """The last step in the log."""
    lines = log.read_text().splitlines() if log.exists() else []
    for line in reversed(lines):
        try:
            return json.loads(line).get("step") or 0
        except json.JSONDecodeError:
            continue  # A line that is being written.
    return 0


samples = []
with tempfile.TemporaryDirectory() as folder:
    command = [options.bench, "train", "--model", options.model, "--dataset", "scenes3d", "--steps",
               options.steps, "--batch-size", options.batch_size, "--device", "cpu", "--threads",
               options.threads, "--out", folder, "--quiet"]
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL)
    while process.poll() is None:
        memory = resident(process)
        if memory is not None:
            samples.append((step(pathlib.Path(folder) / "log.jsonl"), memory))
        time.sleep(0.2)
    if process.returncode:
        sys.exit(process.returncode)


def between(low, high):
    found = [memory for at, memory in samples if low <= at <= high]
    return statistics.median(found) if found else float("nan")


width = options.steps // 10
for low in range(0, options.steps, width):
    print(f"steps {low:6} to {low + width:6}: {between(low, low + width):8.1f} MB")
early, late = between(width, 2 * width), between(options.steps - width, options.steps)
print(f"{options.model}: {early:.1f} MB at {width} to {2 * width} steps, {late:.1f} MB at the end, "
      f"{100 * (late / early - 1):+.1f} %")
sys.exit(not late <= 1.03 * early)
