#!/usr/bin/env python3
"""Compares DCI and TAD with the scikit-learn code they reproduce: same inputs, same run, interleaved.

usage: python3 scripts/peers_dci.py [--bench .build/release/bench] [--threads 2] [GROUP ...]

Groups: dci    boosted trees on Shapes3D-like factors, 10,000 train / 5,000 test, 10 latents
        tad    exact AUROC of 32 latents and 40 attributes, 8,000 samples
        agree  disentanglement, completeness and informativeness on several codes, over seeds
        curve  our own cost against samples, latents and classes
Without a group: dci and tad. Needs numpy, scipy and scikit-learn; one JSON line per result. Our
times are those of the whole `bench score` process, reading the file included; scikit-learn's are
those of its calls alone.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import tempfile
import time
import warnings

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
parser.add_argument("groups", nargs="*", metavar="GROUP")
parser.add_argument("--bench", default=".build/release/bench")
parser.add_argument("--threads", type=int, default=2)
arguments = parser.parse_args()
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = str(arguments.threads)

import numpy as np  # noqa: E402
import sklearn  # noqa: E402
from scipy.stats import entropy  # noqa: E402
from sklearn.ensemble import GradientBoostingClassifier  # noqa: E402
from sklearn.metrics import roc_auc_score  # noqa: E402

warnings.filterwarnings("ignore")
folder = tempfile.TemporaryDirectory()
SHAPES3D = [10, 10, 10, 8, 4, 15]
CARS3D = [4, 24, 183]


def codes(count, latents=10, sizes=SHAPES3D, seed=0, noise=0.3, decimals=None):
    """Latents that mix the factors, as encoders do: mostly one factor each, and noise."""
    random = np.random.default_rng(seed)
    factors = np.stack([random.integers(0, size, count) for size in sizes], 1)
    scaled = 2 * factors / (np.array(sizes) - 1) - 1
    mixing = random.standard_normal((len(sizes), latents)) * 0.35
    shared = np.arange(min(len(sizes), latents))
    mixing[shared, shared] += 1
    z = scaled @ mixing + noise * random.standard_normal((count, latents))
    return (z if decimals is None else z.round(decimals)).astype(np.float32), factors


def ours(name, metric, arrays, seed=0):
    """Scores with `bench score`: the metric's result, wall and CPU seconds."""
    path = os.path.join(folder.name, f"{name}.npz")
    if not os.path.exists(path):
        np.savez(path, **arrays)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    output = subprocess.run(
        [arguments.bench, "score", path, "--metrics", metric, "--json", "--quiet",
         "--threads", str(arguments.threads), "--seed", str(seed)],
        check=True, capture_output=True, text=True).stdout
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return json.loads(output)["metrics"][metric], wall, cpu


def timed(function):
    wall, cpu = time.perf_counter(), time.process_time()
    result = function()
    return result, time.perf_counter() - wall, time.process_time() - cpu


def report(**fields):
    load = round(os.getloadavg()[0], 2)
    print(json.dumps(dict(fields, threads=arguments.threads, load=load)), flush=True)


def split(z, y, train_count):
    return dict(codes=z[:train_count], factors=y[:train_count],
                test_codes=z[train_count:], test_factors=y[train_count:])


def fitted_factor(arrays, factor, seed=0):
    model = GradientBoostingClassifier(random_state=seed)
    model.fit(arrays["codes"], arrays["factors"][:, factor])
    train = (model.predict(arrays["codes"]) == arrays["factors"][:, factor]).mean()
    test = (model.predict(arrays["test_codes"]) == arrays["test_factors"][:, factor]).mean()
    return model.feature_importances_, train, test


def scores(fits):
    importance = np.abs(np.stack([fit[0] for fit in fits], 1))
    rows = 1 - entropy(importance.T + 1e-11, base=importance.shape[1])
    columns = 1 - entropy(importance + 1e-11, base=importance.shape[0])
    return dict(
        disentanglement=float((rows * importance.sum(1)).sum() / importance.sum()),
        completeness=float((columns * importance.sum(0)).sum() / importance.sum()),
        informativeness_train=float(np.mean([fit[1] for fit in fits])),
        informativeness_test=float(np.mean([fit[2] for fit in fits])))


def dci():
    arrays = split(*codes(15_000), 10_000)
    walls, cpus, fits, peer_wall, peer_cpu = [], [], [], 0.0, 0.0
    # Ours before, between and after the peer's factors, so that both see the same machine.
    for factor in range(len(SHAPES3D)):
        result, wall, cpu = ours("dci", "dci", arrays)
        walls.append(wall)
        cpus.append(cpu)
        fit, wall, cpu = timed(lambda: fitted_factor(arrays, factor))
        fits.append(fit)
        peer_wall += wall
        peer_cpu += cpu
    result, wall, cpu = ours("dci", "dci", arrays)
    walls.append(wall)
    cpus.append(cpu)
    peer = scores(fits)
    report(workload="dci", peer=f"scikit-learn {sklearn.__version__}",
           peer_wall=peer_wall, peer_cpu=peer_cpu, ours_wall=walls, ours_cpu=cpus,
           wall_ratio=peer_wall / statistics.median(walls),
           cpu_ratio=peer_cpu / statistics.median(cpus),
           peer_scores=peer, our_scores={field: result[field] for field in peer})


def tad():
    random = np.random.default_rng(0)
    z = random.standard_normal((8_000, 32)).astype(np.float32)
    y = z[:, random.integers(0, 32, 40)] + 0.5 * random.standard_normal((8_000, 40))
    y = (y > random.uniform(-1, 1, 40)).astype(int)
    arrays = dict(codes=z, attributes=y)
    walls, cpus, ratios, peers = [], [], [], []
    for _ in range(5):
        result, wall, cpu = ours("tad", "tad", arrays)
        areas, peer_wall, _ = timed(lambda: np.array([
            [max(roc_auc_score(y[:, i], z[:, j]), roc_auc_score(y[:, i], -z[:, j]))
             for j in range(32)] for i in range(40)]))
        walls.append(wall)
        cpus.append(cpu)
        peers.append(peer_wall)
        ratios.append(peer_wall / wall)
    report(workload="tad", peer=f"scikit-learn {sklearn.__version__}, areas only",
           peer_wall=peers, ours_wall=walls, ours_cpu=cpus, wall_ratio=statistics.median(ratios),
           largest_difference=float(np.abs(areas - np.array(result["auroc"])).max()))


def agree():
    cases = {
        "mixed, 2,000 samples": split(*codes(3_000, seed=1, sizes=[6, 5, 4, 3]), 2_000),
        "weak, 1,500 samples": split(*codes(2_000, seed=2, sizes=[5, 4], noise=2.0), 1_500),
        "rounded to 0.1": split(*codes(2_000, seed=3, sizes=[6, 4, 3], decimals=1), 1_500),
        "rounded to 1": split(*codes(2_000, seed=4, sizes=[6, 4, 3], decimals=0), 1_500),
        "two classes": split(*codes(2_000, seed=5, sizes=[2, 2, 2]), 1_500),
        "3 latents": split(*codes(1_500, seed=6, sizes=[4, 3], latents=3), 1_000),
        "40 latents": split(*codes(900, seed=7, sizes=[5, 3], latents=40), 600),
        "60 classes": split(*codes(1_800, seed=8, sizes=[60, 3], latents=5), 1_200),
    }
    seeds = range(5)
    for number, (name, arrays) in enumerate(cases.items()):
        factors = range(arrays["factors"].shape[1])
        peer = [scores([fitted_factor(arrays, k, seed) for k in factors]) for seed in seeds]
        mine = [ours(f"agree{number}", "dci", arrays, seed)[0] for seed in seeds]
        for field in peer[0]:
            first = [run[field] for run in peer]
            second = [run[field] for run in mine]
            report(workload="agree", codes=name, score=field,
                   peer_mean=float(np.mean(first)), our_mean=float(np.mean(second)),
                   peer_deviation=float(np.std(first)), our_deviation=float(np.std(second)))


def curve():
    for count in (1_250, 2_500, 5_000, 10_000, 20_000, 40_000):
        z, y = codes(count * 3 // 2)
        result = ours(f"n{count}", "dci", split(z, y, count))
        report(workload="dci", samples=count, latents=10, classes=57, wall=result[1], cpu=result[2])
    for latents in (5, 10, 20, 40, 64):
        result = ours(f"d{latents}", "dci", split(*codes(7_500, latents), 5_000))
        report(workload="dci", samples=5_000, latents=latents, classes=57,
               wall=result[1], cpu=result[2])
    result = ours("cars", "dci", split(*codes(15_000, 10, CARS3D), 10_000))
    report(workload="dci", samples=10_000, latents=10, classes=sum(CARS3D),
           wall=result[1], cpu=result[2])
    random = np.random.default_rng(0)
    for count in (10_000, 20_000, 40_000, 80_000, 160_000):
        y = random.integers(0, 2, (count, 40))
        z = random.standard_normal((count, 32)).astype(np.float32)
        result = ours(f"t{count}", "tad", dict(codes=z, attributes=y))
        report(workload="tad", samples=count, latents=32, attributes=40,
               wall=result[1], cpu=result[2])
    for latents in (16, 64, 192):
        y = random.integers(0, 2, (20_000, 40))
        z = random.standard_normal((20_000, latents)).astype(np.float32)
        result = ours(f"l{latents}", "tad", dict(codes=z, attributes=y))
        report(workload="tad", samples=20_000, latents=latents, attributes=40,
               wall=result[1], cpu=result[2])


groups = dict(dci=dci, tad=tad, agree=agree, curve=curve)
for group in arguments.groups or ["dci", "tad"]:
    groups[group]()
