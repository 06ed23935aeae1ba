"""Times bench's disentanglement metrics beside the reference implementations' own library calls.

usage: python scripts/peers_disentanglement.py [--bench .build/release/bench] [--threads 2]
           [--runs 5] [--curve] [--out docs/performance/disentanglement.json]

Needs numpy, scipy and scikit-learn. Both sides get the same arrays; runs alternate, so that a busy
machine slows both, and the table gives the median of the per-run ratios. The peers' times are of
the calls alone, in a warm interpreter; bench's are the seconds it reports per metric, in a fresh
process each run. The peers follow disentanglement_lib's metrics step by step.
--curve adds bench's cost over the number of samples, latents and factors, and its peak memory.
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
import warnings

arguments = argparse.ArgumentParser()
arguments.add_argument("--bench", default=".build/release/bench")
arguments.add_argument("--threads", type=int, default=2)
arguments.add_argument("--runs", type=int, default=5)
arguments.add_argument("--curve", action="store_true")
arguments.add_argument("--out")
options = arguments.parse_args()
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = str(options.threads)

import numpy as np  # noqa: E402  (the thread count must be set before)
from sklearn.feature_selection import mutual_info_classif  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.metrics import mutual_info_score, roc_auc_score  # noqa: E402
from sklearn.svm import LinearSVC  # noqa: E402

warnings.filterwarnings("ignore")
SIZES = [10, 10, 10, 8, 4, 15]


def sample(count, latents=10, seed=0, sizes=SIZES):
    """Codes that mix six factors, and the factors."""
    random = np.random.default_rng(seed)
    factors = np.stack([random.integers(0, size, count) for size in sizes], 1)
    return encode(factors, latents, random, sizes), factors


def encode(factors, latents, random, sizes=SIZES):
    scaled = 2 * factors / (np.array(sizes) - 1) - 1
    weights = random.standard_normal((len(sizes), latents)) * 0.35
    diagonal = np.arange(min(len(sizes), latents))
    weights[diagonal, diagonal] += 1
    noise = 0.3 * random.standard_normal((len(factors), latents))
    return (scaled @ weights + noise).astype(np.float32)


def top_two_gap(matrix):
    ordered = np.sort(matrix, 0)
    return ordered[-1] - ordered[-2]


def information(codes, factors):
    bins = [np.digitize(z, np.histogram(z, 20)[1][:-1]) for z in codes.T]
    return np.array([[mutual_info_score(y, b) for y in factors.T] for b in bins])


def mig(codes, factors, *_):
    entropy = [mutual_info_score(y, y) for y in factors.T]
    return float(np.mean(top_two_gap(information(codes, factors)) / entropy))


def sap(codes, factors, test_codes, test_factors):
    scores = np.zeros((codes.shape[1], factors.shape[1]))
    for j in range(codes.shape[1]):
        for k in range(factors.shape[1]):
            machine = LinearSVC(C=0.01, class_weight="balanced")
            machine.fit(codes[:, [j]], factors[:, k])
            scores[j, k] = np.mean(machine.predict(test_codes[:, [j]]) == test_factors[:, k])
    return float(np.mean(top_two_gap(scores)))


def explicitness(codes, factors, test_codes, test_factors):
    mean, deviation = codes.mean(0), codes.std(0)
    codes, test_codes = (codes - mean) / deviation, (test_codes - mean) / deviation
    areas = []
    for k in range(factors.shape[1]):
        model = LogisticRegression().fit(codes, factors[:, k])
        one_hot = np.eye(factors[:, k].max() + 1)
        areas.append(
            (
                roc_auc_score(one_hot[factors[:, k]], model.predict_proba(codes)),
                roc_auc_score(one_hot[test_factors[:, k]], model.predict_proba(test_codes)),
            )
        )
    return float(np.mean(areas, 0)[1])


def irs(codes, factors, *_):
    deviations = np.max(np.abs(codes - codes.mean(0)), 0)
    sums = np.zeros((codes.shape[1], factors.shape[1]))
    for k in range(factors.shape[1]):
        binned = np.digitize(factors[:, k], np.histogram(factors[:, k], 20)[1][:-1])
        values = np.unique(binned)
        for value in values:
            group = codes[binned == value]
            sums[:, k] += np.percentile(np.abs(group - group.mean(0)), 99, axis=0)
        sums[:, k] /= len(values)
    return float(np.average((1 - sums / deviations[:, None]).max(1), weights=deviations))


def neighbour_information(codes, factors, *_):
    return float(
        np.mean(
            [
                mutual_info_classif(codes[:, [j]], factors[:, k], n_neighbors=10, random_state=0)
                for j in range(codes.shape[1])
                for k in range(factors.shape[1])
            ]
        )
    )


def factorvae(grid, *_):
    random = np.random.RandomState(0)
    strides = np.cumprod([1] + SIZES[::-1])[::-1][1:]

    def factors(count):
        return np.stack([random.randint(size, size=count) for size in SIZES], 1)

    variances = np.var(grid[factors(10000) @ strides], axis=0, ddof=1)
    active = np.sqrt(variances) >= 0.05

    def votes(count):
        table = np.zeros((len(SIZES), grid.shape[1]), int)
        for _ in range(count):
            fixed = random.randint(len(SIZES))
            drawn = factors(64)
            drawn[:, fixed] = drawn[0, fixed]
            local = np.var(grid[drawn @ strides], axis=0, ddof=1)
            table[fixed, np.argmin(local[active] / variances[active])] += 1
        return table

    train = votes(10000)
    classifier, columns = train.argmax(0), np.arange(grid.shape[1])
    evaluation = votes(5000)
    return float(evaluation[classifier, columns].sum() / evaluation.sum())


def run_bench(path, metrics):
    """Values and seconds of some metrics of one file, and bench's peak memory in MB."""
    command = [options.bench, "score", path, "--json", "--quiet", "--metrics", ",".join(metrics)]
    output = subprocess.run(
        command + ["--threads", str(options.threads)], check=True, capture_output=True
    ).stdout
    result = json.loads(output)
    return result["metrics"], result["seconds"], result["provenance"]["peak_memory_bytes"] / 2**20


def compare(folder):
    codes, factors = sample(15000)
    train, test = slice(0, 10000), slice(10000, 15000)
    arrays = (codes[train], factors[train], codes[test], factors[test])
    split = os.path.join(folder, "split.npz")
    names = ("codes", "factors", "test_codes", "test_factors")
    np.savez(split, **dict(zip(names, arrays)))
    states = np.indices(SIZES).reshape(len(SIZES), -1).T
    grid_codes = encode(states, 10, np.random.default_rng(1))
    grid = os.path.join(folder, "grid.npz")
    np.savez(grid, codes=grid_codes, factors=states)
    small = "10,000 train, 5,000 test, 10 latents, 6 factors"
    cases = [
        ("MIG", "mig", "value", mig, arrays, split, small),
        ("SAP", "sap", "value", sap, arrays, split, small),
        (
            "FactorVAE score", "factorvae", "value", factorvae, (grid_codes,), grid,
            "15,000 votes of 64, grid of 480,000 codes, 10 latents",
        ),
        ("explicitness", "explicitness", "test", explicitness, arrays, split, small),
        ("IRS", "irs", "value", irs, arrays, split, small),
        (
            "InfoMEC's information (peer) against all of InfoMEC", "infomec", None,
            neighbour_information, arrays, split, small,
        ),
    ]
    rows = []
    for title, metric, field, peer, inputs, path, workload in cases:
        peer_times, bench_times = [], []
        peer(*inputs)
        for _ in range(options.runs):
            start = time.perf_counter()
            expected = peer(*inputs)
            peer_times.append(time.perf_counter() - start)
            found, seconds, _ = run_bench(path, [metric])
            bench_times.append(seconds[metric])
        ratios = [p / b for p, b in zip(peer_times, bench_times)]
        row = {
            "metric": title,
            "workload": workload,
            "peer_seconds": statistics.median(peer_times),
            "bench_seconds": statistics.median(bench_times),
            "ratio": statistics.median(ratios),
            "ratio_range": [min(ratios), max(ratios)],
            "peer_value": expected if field else None,
            "bench_value": found[metric][field] if field else None,
        }
        rows.append(row)
        print(json.dumps(row), flush=True)
    return rows


CURVE_METRICS = [
    "mig", "sap", "factorvae", "modularity", "irs", "infomec", "explicitness", "med",
    "unsupervised",
]


def curve(folder):
    """bench's seconds over samples, latents and factors, and its peak memory."""
    shapes = [(count, 10, 6) for count in (5000, 10000, 20000, 50000, 100000)]
    shapes += [(10000, latents, 6) for latents in (5, 20, 40, 64)]
    shapes += [(10000, 10, factors) for factors in (2, 4)]
    shapes += [(100000, 64, 6)]
    rows = []
    for count, latents, factor_count in shapes:
        codes, factors = sample(count, latents, sizes=SIZES[:factor_count])
        path = os.path.join(folder, "curve.npz")
        np.savez(path, codes=codes, factors=factors)
        _, seconds, memory = run_bench(path, CURVE_METRICS)
        row = {
            "samples": count, "latents": latents, "factors": factor_count,
            "seconds": seconds, "peak_memory_mb": round(memory),
        }
        rows.append(row)
        print(json.dumps(row), flush=True)
    return rows


with tempfile.TemporaryDirectory() as folder:
    results = {"threads": options.threads, "runs": options.runs, "comparison": compare(folder)}
    if options.curve:
        results["curve"] = curve(folder)
    if options.out:
        with open(options.out, "w") as file:
            json.dump(results, file, indent=1)
