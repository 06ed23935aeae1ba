"""Makes Tests/GenerationMetricsTests/Golden/distances.json and the arrays beside it.

usage: python scripts/make_distance_goldens.py --references FOLDER [--check]

Distances on features, metrics of three sets and ADM's evaluator, each by the published program of
golden_references.py that defines it, run in double precision; features are inputs, no network runs.
With --check nothing is written: see golden_files.py.

    pip install numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1 torch==2.11.0 torch-fidelity==0.4.0
"""

import sys
import types
import warnings

import numpy as np
import torch
from sklearn.decomposition import PCA
from torch_fidelity import defaults, metric_kid

import golden_files
from golden_files import Case
from golden_references import Anything, References, described, replaced, silence

FOLDER = golden_files.TESTS / "GenerationMetricsTests/Golden"
warnings.simplefilter("ignore")


def features(random, count, width, shift=0.0, scale=1.0):
    """Like those of a network: mixed from few directions, noisy, cut at zero."""
    mixing = np.random.default_rng(99).standard_normal((8, width))
    signal = 0.2 * random.standard_normal((count, 8)) @ mixing
    values = scale * (signal + 0.3 * random.standard_normal((count, width))) + 0.3 + shift
    return np.maximum(values, 0).astype(np.float32)


def unit(values):
    """Rows of length 1, in single precision."""
    values = values.astype(float)
    return (values / np.linalg.norm(values, axis=1, keepdims=True)).astype(np.float32)


# Distances on features


def mind(x, y, count):
    """torch-fidelity's value, and its formula in double precision on the same draws."""
    module = references.load("torch-fidelity-dev", "torch_fidelity/metric_mind.py",
                             stubs=("torch_fidelity.utils",))
    # The package's helpers do not know the number yet.
    defaults.DEFAULTS.setdefault("mind_num_projections", count)
    settings = {"mind_num_projections": count, "rng_seed": 2020, "cuda": False, "verbose": False}
    program = module.mind_features_to_metric(torch.tensor(x), torch.tensor(y), **settings)
    generator = torch.Generator().manual_seed(2020)
    least = min(len(x), len(y))
    sides = []
    for side in (x, y):
        if len(side) > least:
            side = side[torch.randperm(len(side), generator=generator)[:least].numpy()]
        sides.append(side.astype(float))
    directions = torch.randn(count, x.shape[1], generator=generator).numpy().astype(float)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    first, second = (np.sort(side @ directions.T, axis=0) for side in sides)
    value = 3 * x.shape[1] * ((first - second) ** 2).mean()
    return {"mind": value, "mind_torch_fidelity": program["monge_inception_distance"]}


def kid_rbf(x, y, count, size):
    settings = dict(defaults.DEFAULTS, kid_kernel="rbf", kid_subsets=count, kid_subset_size=size,
                    verbose=False)
    found = metric_kid.kid_features_to_metric(
        torch.tensor(x).double(), torch.tensor(y).double(), **settings)
    return {"kid_rbf": found["kernel_inception_distance_mean"],
            "kid_rbf_std": found["kernel_inception_distance_std"]}


def distances_case(name, x, y, directions=1000, subsets=7, size=40):
    cmmd = references.load("cmmd", "distance.py")
    sliced = references.load("dgm-eval", "dgm_eval/metrics/sw.py")
    vendi = references.load("dgm-eval", "dgm_eval/metrics/vendi.py", stubs=("tqdm",))
    double = [side.astype(float) for side in (x, y)]
    expected = mind(x, y, directions) | kid_rbf(x, y, subsets, size) | {
        "cmmd": cmmd.mmd(unit(x).astype(float), unit(y).astype(float)).item(),
        "asw": sliced.sw_approx(*double),
        "vendi": vendi.compute_vendi_score(double[1]),
        "vendi_reference": vendi.compute_vendi_score(double[0])}
    return Case(
        f"distances_{name}", "distances",
        {"directions": directions, "subsets": subsets, "subset_size": size}, expected,
        {"rel": 1e-6, "per_key": {"mind_torch_fidelity": {"rel": 2e-5}},
         "why": "all in double precision but torch-fidelity's own value of MIND"},
        {"impl": "torch-fidelity metric_mind (its draws; formula in double too), metric_kid (rbf); "
         "cmmd-pytorch distance.mmd on rows of length 1; dgm-eval sw_approx, compute_vendi_score"},
        {"x": x, "y": y}, limits={"mind_torch_fidelity~": 2e-5})


def draws_case():
    """torch's own draws, which MIND replays."""
    generator = torch.Generator().manual_seed(2020)
    order = torch.randperm(37, generator=generator)
    normals = torch.randn(5, 7, generator=generator)
    return Case(
        "torch_draws", "draws", {"seed": 2020, "permutation": 37, "normals": 35},
        {"permutation": order.numpy(), "normals": normals.numpy().ravel().astype(float)},
        {"abs": 1e-6, "why": "logarithm and cosine round in another way"},
        {"impl": f"torch {torch.__version__} randperm, randn on the CPU"})


# Three sets


def shuffled(order):
    """fld's `shuffle` with orders that are given instead of drawn."""
    def shuffle(values, size=None):
        places = order(len(values))
        return values[places[:size if size else len(places)]]
    return shuffle


def order(count):
    """A fixed permutation that another language can make: steps of a size without common divisor."""
    step = next(step for step in range(count // 3 + 1, count + 1) if np.gcd(step, count) == 1)
    return (np.arange(count) * step) % count


def likelihoods(train, test, generated):
    stubs = ("matplotlib", "matplotlib.pyplot", "seaborn")
    names = ("fld", "fld.utils", "fld.metrics", "fld.metrics.Metric", "fld.MoG")
    mixture = references.load("fld", "fld/MoG.py", stubs=stubs + ("tqdm", "fld", "fld.utils"))
    base = references.load("fld", "fld/metrics/Metric.py")
    utils = types.ModuleType("fld.utils")
    utils.shuffle = shuffled(order)
    modules = dict(zip(names, (Anything(names[0]), utils, Anything(names[2]), base, mixture)))
    with replaced_modules(modules), replaced(
            mixture, shuffle=utils.shuffle, tqdm=lambda values, **_: values):
        program = references.load("fld", "fld/metrics/FLD.py", stubs=stubs)
        torch.set_default_dtype(torch.float64)
        sides = [torch.tensor(side).double() for side in (train, test, generated)]
        with replaced(mixture, compute_dists=exact_squares):
            found = {"fld": program.FLD("test").compute_metric(*sides),
                     "fld_gap": program.FLD("gap").compute_metric(*sides)}
        torch.set_default_dtype(torch.float32)
    return found


def exact_squares(x, y):
    """Squared distances without the cancellation of a matrix product."""
    return (torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist") ** 2).detach()


class replaced_modules:
    """Modules under names for a while."""

    def __init__(self, modules):
        self.modules = modules

    def __enter__(self):
        self.before = {name: sys.modules.get(name) for name in self.modules}
        sys.modules.update(self.modules)

    def __exit__(self, *_):
        for name, module in self.before.items():
            if module is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = module


def three_case(name, train, test, generated, cells):
    authentic = references.load("dgm-eval", "dgm_eval/metrics/authpct.py")
    copying = references.load("dgm-eval", "dgm_eval/metrics/ct.py")
    double = [side.astype(float) for side in (train, test, generated)]
    reduced = double
    if train.shape[1] > 64:
        components = PCA(n_components=64, svd_solver="full").fit(double[0])
        reduced = [components.transform(side) for side in double]
    ranked = copying.Zu
    # NumPy takes no array of one number for a number any more.
    with silence(), replaced(copying, Zu=lambda *sides: float(np.squeeze(ranked(*sides)))):
        statistic = copying.C_T(
            reduced[1], cells[1], reduced[2], cells[2], reduced[0], cells[0], 20 / len(generated))
    expected = {"authenticity": authentic.compute_authpct(train, generated), "ct": statistic}
    expected |= likelihoods(train, test, generated)
    return Case(
        f"heldout_{name}", "held-out", {}, expected,
        {"rel": 1e-6, "why": "counts and ranks; a fit in double precision"},
        {"impl": "dgm-eval compute_authpct, C_T on given cells; fld FLD (test, gap) in double precision "
         "with given orders in place of its draws"},
        {"train": train, "test": test, "generated": generated, "train_cells": cells[0],
         "test_cells": cells[1], "generated_cells": cells[2]},
        limits={"fld~": 1e-7, "fld_gap~": 1e-7})


# ADM's evaluator


class Session:
    """Runs what the evaluator asks TensorFlow for: softmax of logits that stand for activations."""

    def run(self, _, feed_dict):
        values = np.asarray(next(iter(feed_dict.values())), float)
        values = np.exp(values - values.max(1, keepdims=True))
        return values / values.sum(1, keepdims=True)


class Distances:
    """The evaluator's distance block, in double precision."""

    def pairwise_distances(self, first, second):
        return ((first[:, None, :].astype(float) - second[None, :, :]) ** 2).sum(-1)

    def less_thans(self, first, first_radii, second, second_radii):
        distances = self.pairwise_distances(first, second)
        inside = (distances[..., None] <= second_radii).any(1)
        return inside, (distances[..., None] <= first_radii[:, None]).any(0)


def adm_case(name, random):
    stubs = ("tensorflow", "tensorflow.compat", "tensorflow.compat.v1", "requests", "tqdm", "tqdm.auto")
    program = references.load("guided-diffusion", "evaluations/evaluator.py", stubs=stubs)
    reference, sample = features(random, 90, 12), features(random, 70, 12, shift=0.1)
    spatial = [features(random, count, 10, shift) for count, shift in ((90, 0), (70, 0.1))]
    logits = (2 * random.standard_normal((70, 15))).astype(np.float32)
    evaluator = program.Evaluator.__new__(program.Evaluator)
    evaluator.sess, evaluator.softmax, evaluator.softmax_input = Session(), None, "input"
    evaluator.softmax_batch_size = 512
    estimator = program.ManifoldEstimator.__new__(program.ManifoldEstimator)
    estimator.distance_block = Distances()
    estimator.row_batch_size = estimator.col_batch_size = 10000
    estimator.nhood_sizes, estimator.num_nhoods, estimator.clamp_to_percentile = (3,), 1, None
    evaluator.manifold_estimator = estimator

    def statistics(values):
        return evaluator.compute_statistics(values.astype(float))

    precision, recall = evaluator.compute_prec_recall(reference, sample)
    chunk = 30
    expected = {
        "fid": statistics(sample).frechet_distance(statistics(reference)),
        "sfid": statistics(spatial[1]).frechet_distance(statistics(spatial[0])),
        "is": evaluator.compute_inception_score(logits, split_size=chunk),
        "precision": precision, "recall": recall}
    return Case(
        f"adm_{name}", "adm", {"chunk": chunk, "k": 3}, expected,
        {"rel": 1e-6, "why": "double precision; the evaluator itself compares distances in half precision"},
        {"impl": "guided-diffusion evaluations/evaluator.py, TensorFlow's products and softmax by NumPy"},
        {"reference": reference, "sample": sample, "reference_spatial": spatial[0],
         "sample_spatial": spatial[1], "logits": logits}, limits={"fid~": 1e-8, "sfid~": 1e-8})


def cells_of(random, counts, cell_count):
    return [random.permutation(np.arange(count) % cell_count) for count in counts]


def main():
    random = np.random.default_rng(11)
    cases = [
        draws_case(),
        distances_case("basic", features(random, 90, 24), features(random, 90, 24, 0.15)),
        distances_case("uneven", features(random, 75, 20), features(random, 60, 20, 0.0, 1.3)),
        distances_case("wide", features(random, 44, 70), features(random, 50, 70, 0.05), 33, 5, 30),
        adm_case("evaluator", random)]
    train, test = features(random, 130, 12), features(random, 70, 12)
    counts = (130, 70, 95)
    copies = features(random, 95, 12, 0.05)
    copies[:40] = train[:40] + 0.01 * random.standard_normal((40, 12)).astype(np.float32)
    cases.append(three_case("copies", train, test, copies, cells_of(random, counts, 3)))
    train, test, made = (features(random, count, 70, shift) for count, shift in zip(counts, (0, 0, 0.1)))
    cases.append(three_case("wide", train, test, made, cells_of(random, counts, 2)))
    head = {
        "schema": 1,
        "versions": golden_files.versions("numpy", "scipy", "sklearn", "torch")
        | golden_files.package_versions("torch-fidelity"),
        "references": described("torch-fidelity-dev", "dgm-eval", "cmmd", "fld",
                                "guided-diffusion")}
    golden_files.finish(options, FOLDER, "distances.json", head, cases)


options = golden_files.arguments(
    __doc__, references={"required": True, "help": "folder with the checkouts"})
references = References(options.references)
main()
