"""Times `bench fid` beside pytorch-fid, prdc and torch-fidelity, and compares the values.

usage: python scripts/peers_generation.py GROUP... [--bench .build/release/bench] [--threads 2]
           [--runs 3] [--pictures DIR --weights FILE.pth] [--count 128] [--batch 32]
           [--json FILE]

groups: fid     Fréchet distance of 10,000 x 2048 features: means, covariances, distance
        prdc    precision, recall, density, coverage of 10,000 x 2048 features, k = 5
        kid     kernel distance of 10,000 x 2048 features, 100 subsets of 1,000
        large   precision, recall, density, coverage of 50,000 x 2048 (bench alone)
        images  Inception features of the first COUNT pictures of DIR, decoding included

Each side runs in a process of its own and measures itself: reading the features or loading the
network is not counted, on either side. The sides take turns; the table gives medians, and the median
of the ratios with their range. Peak memory is that of the whole process. Needs numpy; the peers need
scipy, scikit-learn, torch, torchvision, pillow, prdc, pytorch-fid, torch-fidelity. FILE.pth are
Inception weights in pytorch-fid's layout.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
arguments.add_argument("groups", nargs="+")
arguments.add_argument("--bench", default=".build/release/bench")
arguments.add_argument("--threads", type=int, default=2)
arguments.add_argument("--runs", type=int, default=3)
arguments.add_argument("--pictures", type=pathlib.Path)
arguments.add_argument("--weights", type=pathlib.Path)
arguments.add_argument("--count", type=int, default=128)
arguments.add_argument("--batch", type=int, default=32)
arguments.add_argument("--json", type=pathlib.Path, help="also write the figures to this file")
arguments.add_argument("--peer", nargs=3, help=argparse.SUPPRESS)
options = arguments.parse_args()
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = str(options.threads)
# As bench does: with libgomp's own 300,000 spins a busy machine slows the peers far more than bench.
os.environ["GOMP_SPINCOUNT"] = "3000"

import numpy as np  # noqa: E402  (the thread count must be set before)


def features(count, seed, shift):
    """Features like Inception's: mixed from few directions, noisy, cut at zero."""
    mixing = np.random.default_rng(99).standard_normal((64, 2048)).astype(np.float32) * 0.05
    random = np.random.default_rng(seed)
    values = np.empty((count, 2048), np.float32)
    for start in range(0, count, 5000):
        rows = values[start : start + 5000]
        rows[:] = random.standard_normal((len(rows), 64), np.float32) @ mixing
        rows += 0.25 * random.standard_normal((len(rows), 2048), np.float32) + (0.3 + shift)
    return np.maximum(values, 0, out=values)


# The peers, each in its own process.


def peer_fid(first, second):
    from pytorch_fid.fid_score import calculate_frechet_distance

    def moments(values):
        values = values.astype(np.float64)
        return values.mean(0), np.cov(values, rowvar=False)

    return lambda: {"fid": calculate_frechet_distance(*moments(first), *moments(second))}


def peer_prdc(first, second):
    from prdc import compute_prdc

    return lambda: compute_prdc(first, second, 5)


def peer_kid(first, second):
    import torch
    import torch_fidelity.defaults
    import torch_fidelity.metric_kid as metric

    torch.set_num_threads(options.threads)
    settings = dict(torch_fidelity.defaults.DEFAULTS, verbose=False)
    sides = torch.from_numpy(first), torch.from_numpy(second)
    key = "kernel_inception_distance_mean"
    return lambda: {"kid": metric.kid_features_to_metric(*sides, **settings)[key]}


def peer_images(folder, weights):
    import pytorch_fid.fid_score
    import pytorch_fid.inception
    import torch

    torch.set_num_threads(options.threads)
    state = torch.load(weights)
    pytorch_fid.inception.load_state_dict_from_url = lambda *_, **__: state
    network = pytorch_fid.inception.InceptionV3([3]).eval()
    files = sorted(pathlib.Path(folder).iterdir())

    def run():
        found = pytorch_fid.fid_score.get_activations(
            files, network, options.batch, 2048, "cpu", options.threads)
        return {"mean": float(found.mean())}

    return run


def run_peer(name, first, second):
    if name == "images":
        work = peer_images(first, second)
    else:
        sides = np.load(first)["features"], np.load(second)["features"]
        work = {"fid": peer_fid, "prdc": peer_prdc, "kid": peer_kid}[name](*sides)
    start = time.perf_counter()
    values = work()
    seconds = time.perf_counter() - start
    print("RESULT " + json.dumps({"seconds": seconds, "values": {k: float(v) for k, v in values.items()}}))


# Both sides in turn.


def measured(command):
    """Standard output, seconds and peak memory in MB of a process."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    output, errors = process.stdout.read(), process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(map(str, command))}:\n{errors}")
    return output, time.perf_counter() - start, usage.ru_maxrss / 1024


def peer(name, first, second):
    own = [sys.executable, __file__, name, "--threads", str(options.threads), "--batch",
           str(options.batch), "--peer", name, str(first), str(second)]
    output, wall, memory = measured(own)
    result = json.loads(output.split("RESULT ")[-1])
    return result["seconds"], wall, memory, result["values"]


def bench(part, *words):
    command = [options.bench, "fid", *map(str, words), "--json", "--quiet", "--threads",
               str(options.threads)]
    output, wall, memory = measured(command)
    result = json.loads(output)
    values = {key: value["value"] for key, value in result.get("metrics", {}).items()}
    return result["seconds"][part], wall, memory, values


records = []


def report(name, rounds):
    """One line per side, and the ratios of their times."""
    title = f"{name}: {options.runs} rounds, {options.threads} threads"
    record = {"what": name}
    print(f"\n{title}")
    for side, index in (("peer", 0), ("bench", 1)):
        columns = list(zip(*(pair[index] for pair in rounds)))
        seconds, wall, memory = (statistics.median(column) for column in columns[:3])
        print(f"  {side:6} {seconds:9.3f} s  whole process {wall:8.2f} s  peak {memory:7.0f} MB")
        print(f"         {columns[3][0]}")
        record |= {f"{side}_seconds": seconds, f"{side}_memory_mb": round(memory),
                   f"{side}_values": columns[3][0]}
    ratios = [first[0] / second[0] for first, second in rounds]
    print(f"  ratio  {statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})")
    records.append(record | {"ratio": statistics.median(ratios), "ratio_range": [min(ratios), max(ratios)]})


def compare(name, words, part="metrics", sides=None):
    rounds = []
    for number in range(options.runs):
        if number % 2 == 0:
            rounds.append((peer(name, *sides), bench(part, *words)))
        else:
            own = bench(part, *words)
            rounds.append((peer(name, *sides), own))
    report(name, rounds)


def save(folder, count):
    paths = []
    for seed, shift in ((0, 0), (1, 0.02)):
        path = folder / f"{count}-{seed}.npz"
        np.savez(path, features=features(count, seed, shift))
        paths.append(path)
    return paths


def main(folder):
    small = save(folder, 10_000) if set(options.groups) & {"fid", "prdc", "kid"} else []
    for group in options.groups:
        if group == "fid":
            compare("fid", (*small, "--metrics", "fid"), sides=small)
        elif group == "prdc":
            metrics = "precision,recall,density,coverage"
            compare("prdc", (*small, "--metrics", metrics, "--k", 5), sides=small)
        elif group == "kid":
            compare("kid", (*small, "--metrics", "kid"), sides=small)
        elif group == "large":
            sides = save(folder, 50_000)
            metrics = "precision,recall,density,coverage"
            seconds, wall, memory, values = bench("metrics", *sides, "--metrics", metrics, "--k", 5)
            print(f"\nlarge: {seconds:.1f} s, whole process {wall:.1f} s, peak {memory:.0f} MB")
            print(f"  {values}")
            records.append({"what": "large", "bench_seconds": seconds, "bench_memory_mb": round(memory),
                            "bench_values": values})
        elif group == "images":
            pictures = folder / "pictures"
            pictures.mkdir()
            files = sorted(p for p in options.pictures.rglob("*") if p.suffix in (".jpg", ".png"))
            for index, path in enumerate(files[: options.count]):
                shutil.copy(path, pictures / f"{index:05d}{path.suffix}")
            words = (pictures, "--save-features", folder / "images.npz", "--weights",
                     options.weights, "--batch-size", options.batch)
            compare("images", words, "features", (pictures, options.weights))
        else:
            sys.exit(f"there is no group '{group}'")


if options.peer:
    run_peer(*options.peer)
else:
    with tempfile.TemporaryDirectory(prefix="bench-peers-") as scratch:
        main(pathlib.Path(scratch))
    if options.json:
        options.json.write_text(json.dumps(records, indent=1))
