"""Makes Tests/DisentanglementTests/Golden/further.json and the arrays beside it.

usage: python scripts/make_further_goldens.py --references FOLDER [--check]

Minimality and sufficiency, the explicitness of loss curves, whole DCI-ES with scikit-learn's forests, and
flatness, by the programs of their authors: FOLDER holds checkouts of DCI-ES and dependent_disentanglement
(golden_references.py); disent comes from pip. With --check nothing is written: see golden_files.py.

    pip install numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1 torch==2.11.0
    pip install --no-deps disent==0.8.0
"""

import importlib.util
import pathlib
import sys
import types

import disent
import numpy as np
import torch
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

import golden_files
import golden_references
from golden_files import Case

FOLDER = golden_files.TESTS / "DisentanglementTests/Golden"
DEPTHS = [1, 2, 3, 4, 8, 10, 12, 14, 16, 18, 20, 32]


def labelled(random, count, sizes, latents, noise):
    factors = np.stack([random.integers(0, size, count) for size in sizes], axis=1)
    mixing = random.standard_normal((len(sizes), latents)) * (random.random((len(sizes), latents)) < 0.6)
    codes = (factors / np.array(sizes)) @ mixing + noise * random.standard_normal((count, latents))
    return codes, factors


def information_case(name, random, *shape):
    codes, factors = labelled(random, *shape)
    program = references.load("min-suf", "src/metrics/min_suf.py")
    minimality, sufficiency = program.estimate_min_suf(factors, codes)
    return Case(
        f"min_suf_{name}", "minimality", {}, {"minimality": minimality, "sufficiency": sufficiency},
        {"abs": 1e-9, "why": "double precision on both sides"},
        golden_references.described("min-suf"), {"codes": codes, "factors": factors})


def curve_case(random):
    program = references.load("dci-es", "metrics/explitcitness.py")
    curves = [np.sort(random.random(12))[::-1], random.random(12), np.full(12, 0.4),
              np.linspace(1, 0, 12), np.array([0.1] + [0.7] * 11)]
    guesses = [0.5, 1.0, 2 / 3, 1.0, 0.75]
    expected = []
    for curve, guess in zip(curves, guesses):
        metric = program.Explitcitness()
        metric.add_curve(DEPTHS, curve, guess, name="curve")
        with golden_references.silence():
            expected.append(metric.get_explitcitness()["curve"])
    return Case(
        "explicitness_curves", "dci-es",
        {"capacities": DEPTHS, "losses": curves, "guesses": guesses}, {"explicitness": expected},
        {"abs": 1e-12, "why": "double precision on both sides"},
        golden_references.described("dci-es"))


def forest_case(name, random, values):
    codes, factors = labelled(random, 900, [4, 3, 5], 5, 0.12)
    codes = codes.astype(np.float32)
    if values:
        factors = factors + 0.3 * random.standard_normal(factors.shape)
    train, test = slice(0, 600), slice(600, 900)
    program = references.load("dci-es", "metrics/explitcitness.py")
    dci = references.load("dci-es", "metrics/dci.py")
    found = []
    for seed in range(8):
        scores, importances = [], []
        for depth in DEPTHS:
            model = RandomForestRegressor if values else RandomForestClassifier
            fits = [model(n_estimators=100, max_depth=depth, random_state=seed, n_jobs=-1).fit(
                codes[train], factors[train, factor]) for factor in range(3)]
            scores.append([fit.score(codes[test], factors[test, factor])
                           for factor, fit in enumerate(fits)])
            importances.append(np.stack([np.abs(fit.feature_importances_) for fit in fits], axis=1))
        scores = np.array(scores)
        best = np.argmax(scores.mean(axis=1))
        explicitness = []
        for factor in range(3):
            metric = program.Explitcitness()
            guess = 1.0 if values else 1 - 1 / len(np.unique(factors[train, factor]))
            metric.add_curve(DEPTHS, 1 - scores[:, factor], guess, name="curve")
            with golden_references.silence():
                explicitness.append(metric.get_explitcitness()["curve"])
        found.append([np.mean(explicitness), dci.disentanglement(importances[best]),
                      dci.completeness(importances[best]), scores.mean(axis=1)[best]])
    names = ["explicitness", "disentanglement", "completeness", "informativeness_test"]
    mean, spread = np.mean(found, axis=0), np.std(found, axis=0)
    return Case(
        f"dci_es_{name}", "dci-es", {}, dict(zip(names, mean)),
        {"abs": 0.02, "why": "mean over eight seeds, whose deviations are "
         + ", ".join(f"{value:.4f}" for value in spread)},
        golden_references.described("dci-es") | {"impl": "scikit-learn's forests"},
        {"codes": codes[train], "factors": factors[train], "test_codes": codes[test],
         "test_factors": factors[test]})


def flatness_program():
    """disent's `_flatness.py`, with stubs for what it imports but these functions do not use."""
    for name, members in [("disent.dataset", {"DisentDataset": object}),
                          ("disent.metrics", {}),
                          ("disent.metrics.utils", {"make_metric": lambda *_, **__: lambda f: f})]:
        sys.modules[name] = types.ModuleType(name)
        vars(sys.modules[name]).update(members)
    path = pathlib.Path(disent.__file__).parent / "metrics/_flatness.py"
    spec = importlib.util.spec_from_file_location("flatness", path)
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    return program


class GridOfCodes:
    """What `metric_flatness` asks of a dataset whose observations are codes of every state."""

    def __init__(self, codes, sizes, starts):
        self.codes, self.factor_sizes, self.starts = torch.from_numpy(codes), sizes, starts
        self.num_factors, self.gt_data = len(sizes), self
        self.drawn = [0] * len(sizes)

    def sample_random_factor_traversal(self, f_idx):
        states = np.repeat(self.starts[f_idx][self.drawn[f_idx]][None], self.factor_sizes[f_idx], 0)
        states[:, f_idx] = np.arange(self.factor_sizes[f_idx])
        self.drawn[f_idx] += 1
        return states

    def dataset_sample_batch(self, count, mode):
        return self.codes[:count]

    def dataset_batch_from_factors(self, factors, mode):
        return self.codes[np.ravel_multi_index(np.array(factors).T, self.factor_sizes)]


def flatness_case(name, random, sizes, latents, encode):
    states = np.stack(np.unravel_index(np.arange(np.prod(sizes)), sizes), axis=1)
    codes = encode(states / np.array(sizes), random).astype(np.float64)
    starts = np.stack([np.stack([random.integers(0, size, 6) for size in sizes], axis=1)
                       for _ in sizes])
    scores = flatness_program().metric_flatness(
        GridOfCodes(codes, sizes, starts), lambda batch: batch, repeats=6)
    return Case(
        f"flatness_{name}", "flatness", {"sizes": sizes},
        {"value": scores["flatness.ave_flatness"], "flatness_l1": scores["flatness.ave_flatness_l1"],
         "flatness_l2": scores["flatness.ave_flatness_l2"]},
        {"abs": 1e-9, "why": "double precision on both sides"},
        {"impl": "disent 0.8.0 metric_flatness, states given"}, {"codes": codes, "starts": starts})


def main():
    random = np.random.default_rng(11)
    cases = [
        information_case("few", random, 400, [3, 4], 3, 0.05),
        information_case("noisy", random, 1500, [2, 6, 5, 3], 8, 0.6),
        curve_case(random), forest_case("classes", random, False),
        forest_case("values", random, True),
        flatness_case("axes", random, [3, 4, 5], 4, lambda x, r: np.hstack([x, 0 * x[:, :1]])),
        flatness_case("cycle", random, [8, 3], 3, lambda x, r: np.stack(
            [np.sin(2 * np.pi * x[:, 0]), np.cos(2 * np.pi * x[:, 0]), x[:, 1] ** 2], axis=1)),
        flatness_case("noise", random, [4, 1, 6], 5, lambda x, r: r.standard_normal((len(x), 5)))]
    head = {"schema": 1, "versions": golden_files.versions("numpy", "scipy", "sklearn", "torch")
            | golden_files.package_versions("disent")}
    golden_files.finish(options, FOLDER, "further.json", head, cases)


options = golden_files.arguments(
    __doc__, references={"required": True, "help": "the folder of the checkouts"})
references = golden_references.References(options.references)
main()
