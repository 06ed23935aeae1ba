"""Makes Tests/DisentanglementTests/Golden/expected_dci_tad.json and the arrays beside it.

usage: python scripts/make_dci_tad_goldens.py --references FOLDER [--check]

FOLDER has checkouts of the programs in golden_references.py. The cases of the regression estimators
come from make_dci_regression_goldens.py. With --check nothing is written: see golden_files.py.

    pip install numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1 torch==2.15.0 pandas tqdm
"""

import contextlib
import json
import types
import warnings

import numpy as np
import sklearn
import torch
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.model_selection import KFold
from sklearn.preprocessing import StandardScaler

import golden_files
import make_dci_regression_goldens
from golden_files import Case
from golden_inputs import axis_codes, factors, mixed_codes, rotated_codes, split
from golden_references import Anything, References, described, replaced, silence

SEEDS = range(10)
# Its tensors are small: threads would only wait for each other.
torch.set_num_threads(1)
warnings.simplefilter("ignore")


# DCI


def dlib_dci():
    return references.load("dlib", "disentanglement_lib/evaluation/metrics/dci.py")


def pinned(model, seed):
    """An `ensemble` module whose classifier has a seed."""
    name = model.__name__
    return types.SimpleNamespace(**{name: lambda **settings: model(random_state=seed, **settings)})


def boosting_case(name, codes, values, train_count, input_seed):
    dci, arrays, runs = dlib_dci(), split(codes, values, train_count), []
    inputs = [arrays[key].T for key in ("z_train", "y_train", "z_test", "y_test")]
    for seed in SEEDS:
        with replaced(dci, ensemble=pinned(GradientBoostingClassifier, seed)):
            importance, train, test = dci.compute_importance_gbt(*inputs)
        runs.append({
            "disentanglement": dci.disentanglement(importance),
            "completeness": dci.completeness(importance),
            "informativeness_train": train, "informativeness_test": test, "importance": importance})
    importances = np.stack([run.pop("importance") for run in runs])
    expected = {"random_state_0": runs[0], "importance_random_state_0": importances[0],
                "importance_mean": importances.mean(0), "importance_std": importances.std(0)}
    tolerance = {}
    for field in runs[0]:
        numbers = np.array([run[field] for run in runs])
        spread = numbers.std(ddof=1)
        expected[field] = {"mean": numbers.mean(), "std": spread, "min": numbers.min(),
                           "max": numbers.max(), "values": numbers}
        tolerance[field] = round(float(max(0.01, 4 * spread, np.ptp(numbers))), 4)
    return Case(
        f"dci_gbt_{name}", "dci",
        {"model": "sklearn GradientBoostingClassifier defaults: log_loss, learning_rate 0.1, 100 "
         "stages, max_depth 3, min_samples_split 2, min_samples_leaf 1, subsample 1, all features "
         "per split", "seeds": list(SEEDS), "eps": 1e-11, "input_seed": input_seed},
        expected,
        {"abs": tolerance,
         "why": "compare with the MEAN over random_state 0..9; only tie-breaking between equally good "
         "splits is random. Bound = max(0.01, 4 sigma over seeds, range over seeds)"},
        {"impl": "disentanglement_lib dci.compute_importance_gbt + disentanglement/completeness "
         "(random_state pinned by wrapping the constructor)", "key": "dlib"}, arrays,
        limits={"random_state_0": 1e-9} | {
            f"importance_{part}": 1e-9 for part in ("random_state_0", "mean", "std")})


def aggregation_case(name, importance, input_seed=None):
    dci = dlib_dci()
    return Case(
        f"dci_agg_{name}", "dci_aggregate",
        {"eps": 1e-11, "entropy_base": "number of factors (D) / number of codes (C)"}
        | ({} if input_seed is None else {"input_seed": input_seed}),
        {"disentanglement": dci.disentanglement(importance),
         "completeness": dci.completeness(importance),
         "disentanglement_per_code": dci.disentanglement_per_code(importance),
         "completeness_per_factor": dci.completeness_per_factor(importance)},
        {"abs": 1e-9, "why": "closed form in double precision"},
        {"impl": "disentanglement_lib dci.disentanglement / completeness", "key": "dlib"},
        {"importance": importance},
        notes="importance is [codes, factors]; scipy.stats.entropy normalises each column after "
        "adding 1e-11")


def internals_case(codes, values, input_seed):
    """What five stages of boosting look like inside."""
    model = GradientBoostingClassifier(n_estimators=5, random_state=0).fit(codes, values[:, 0])
    importances = np.stack([
        GradientBoostingClassifier(n_estimators=5, random_state=seed).fit(codes, values[:, 0])
        .feature_importances_ for seed in SEEDS])
    trees = []
    for stage in range(2):
        for label in range(3):
            tree = model.estimators_[stage, label].tree_
            trees.append({
                "stage": stage, "cls": label, "feature": tree.feature, "threshold": tree.threshold,
                "left": tree.children_left, "right": tree.children_right,
                "value": tree.value[:, 0, 0], "n": tree.n_node_samples, "impurity": tree.impurity})
    return Case(
        "dci_gbt_internals", "gbt_debug",
        {"n_estimators": 5, "others": "sklearn defaults", "random_state": 0, "input_seed": input_seed},
        {"init_raw": model._raw_predict_init(codes)[0], "trees": trees,
         "raw_after_5": model.decision_function(codes[:10]),
         "proba_after_5": model.predict_proba(codes[:10]), "train_score": model.train_score_,
         "importance": model.feature_importances_},
        {"abs": 1e-9, "importance_abs": float(np.ptp(importances, 0).max()),
         "why": "raw scores of training points are deterministic; in small nodes several features "
         "split the samples identically, so trees and importances depend on random_state"},
        {"impl": f"scikit-learn {sklearn.__version__}", "key": "sklearn"},
        {"z": codes, "y": values.astype(np.int32)},
        notes="leaf `value` is the Newton step (learning rate not included); thresholds are midpoints "
        "of float32 neighbours computed in double as a/2+b/2; X is cast to float32; go left if x <= "
        "threshold; children -1 = leaf, feature -2 = leaf")


def forest_case(codes, values, input_seed):
    dci = references.load("tripod", "disentangle/metrics/dci.py", stubs=("ipdb", "jax", "jax.numpy"))
    runs = []
    for seed in SEEDS:
        with replaced(dci, ensemble=pinned(RandomForestClassifier, seed)), silence():
            runs.append(dci.compute_dci(values, codes))
    expected, tolerance = {}, {}
    for field in ("D", "C", "I"):
        numbers = np.array([run[field] for run in runs])
        expected[field] = {"mean": numbers.mean(), "std": numbers.std(ddof=1), "values": numbers}
        tolerance[field] = round(float(5 * numbers.std(ddof=1)), 4)
    return Case(
        "dci_rf_tripod", "dci_random_forest",
        {"model": "RandomForestClassifier(n_estimators=100, criterion='entropy', max_depth=10, "
         "max_features='sqrt')", "latents": "standardised",
         "split": "train_test_split(test_size=0.1, random_state=42)", "seeds": list(SEEDS),
         "input_seed": input_seed},
        expected, {"abs": tolerance, "why": "bootstrap randomness; compare means, 5 sigma over seeds"},
        {"impl": "tripod disentangle/metrics/dci.py", "key": "tripod"},
        {"z": codes, "y": values.astype(np.int32)})


def dci_cases(seed=1002):
    random = np.random.default_rng(seed)
    values = factors(random, [5, 4, 3], 900)
    yield boosting_case("axis", axis_codes(random, values, [5, 4, 3], 6), values, 600, seed)
    values = factors(random, [5, 4, 3], 900)
    yield boosting_case("rotated", rotated_codes(random, values, [5, 4, 3], 6), values, 600, seed)
    values = factors(random, [6, 5, 4, 2], 800)
    yield boosting_case("mixed", mixed_codes(random, values, [6, 5, 4, 2], 8), values, 500, seed)
    values = factors(random, [4, 3], 700)
    codes = random.standard_normal((700, 4)).astype(np.float32)
    yield boosting_case("noise", codes, values, 400, seed)
    values = factors(random, [4, 3], 500)
    codes = axis_codes(random, values, [4, 3], 6)
    codes[:, 4], codes[:, 5] = 0.5, 0
    yield boosting_case("constant_dims", codes, values, 300, seed)
    yield aggregation_case("identity", np.eye(4))
    yield aggregation_case("uniform", np.full((5, 3), 0.2))
    yield aggregation_case("zeros", np.zeros((4, 3)))
    yield aggregation_case(
        "one_zero_row", np.array([[1, 0, 0], [0, 0, 0], [0, 0.5, 0.5], [0, 0.5, 0.5]]))
    yield aggregation_case("random", random.random((10, 6)), seed)
    yield aggregation_case("single_code", random.random((1, 4)), seed)
    yield aggregation_case("single_factor", random.random((6, 1)), seed)
    values = factors(random, [3], 80)
    yield internals_case(axis_codes(random, values, [3], 3, 0.35), values, seed)
    values = factors(random, [5, 4, 3], 500)
    yield forest_case(mixed_codes(random, values, [5, 4, 3], 6), values, seed)


# Total AUROC difference


def attributes(random, codes, kinds, count=40, is_last_opposite=True):
    """Binary attributes that depend on the codes in the ways `kinds` names, in turn."""
    sample_count, width = codes.shape
    deviation, result = codes.std(0), np.zeros((sample_count, count), int)
    for index in range(count):
        kind = kinds[index % len(kinds)]
        if kind == "latent":
            latent, quantile = random.integers(width), random.uniform(0.2, 0.8)
            sign, noise = random.choice([-1, 1]), random.choice([0.05, 0.3, 0.8])
            signal = noise * deviation[latent] * random.standard_normal(sample_count)
            signal += sign * codes[:, latent]
            result[:, index] = signal > np.quantile(signal, quantile)
        elif kind == "two latents":
            first, second = random.integers(width), random.integers(width)
            signal = codes[:, first] / deviation[first] + codes[:, second] / deviation[second]
            signal = signal + 0.2 * random.standard_normal(sample_count)
            result[:, index] = signal > np.median(signal)
        elif kind == "copy":
            result[:, index] = result[:, index - 1] ^ (random.random(sample_count) < 0.04)
        elif kind == "rare":
            latent = random.integers(width)
            result[:, index] = codes[:, latent] > np.quantile(codes[:, latent], 0.985)
        else:
            result[:, index] = random.random(sample_count) < random.uniform(0.1, 0.9)
    if is_last_opposite:
        result[:, -1] = 1 - result[:, 0]
    return result


VARIANTS = {
    "nashae": "101 thresholds t*(max-min)+min, t = 0..1 step 0.01; right Riemann sum over "
    "column-sorted (fpr, tpr); latents with max-min <= 0.2 get 0.5",
    "disdiff": "as nashae with step 0.1 (11 thresholds)",
    "infodiffusion": "exact AUROC: max(sklearn roc_auc_score(y, z), roc_auc_score(y, -z)), no range "
    "filter"}
TOLERANCE = {
    "abs": 2e-5, "tad": 1e-4,
    "why": "float32 tensors in the reference; sums of up to 101 terms. auroc entries 2e-5; tad 1e-4 "
    "(sum of <= 40 differences)"}


@contextlib.contextmanager
def without_cuda():
    """`.cuda()` stays on the CPU."""
    with replaced(torch.Tensor, cuda=lambda tensor, *_, **__: tensor):
        yield


def notebook(areas, values):
    """NashAE's celeba_eval.ipynb from the matrix of areas on: the cells that compute, run as they are."""
    cells = json.loads((references.path("nashae") / "celeba_eval.ipynb").read_text())["cells"]
    names = {"torch": torch, "plt": Anything(), "tags": [str(index) for index in range(40)],
             "au_result": areas, "targ": values}
    wanted = ("Compute the Mutual Information", "norm_diffs = torch.zeros(40)", "ent_red_thresh = 0.2",
              "aurs_diffs_filt = aurs_diffs[filt]")
    texts = ["".join(cell["source"]) for cell in cells]
    with silence():
        for mark in wanted:
            exec(next(text for text in texts if mark in text), names)
    return names


class Model:
    """What the programs ask of a trained model: codes of the data they are given."""

    device = "cpu"

    def __init__(self, codes):
        self.z, self.z_dim, self.latent_dim = codes, codes.shape[1], codes.shape[1]
        self.cond_stage_model = self

    def __call__(self, _):
        return self.z


def grid_values(key, codes, values):
    """NashAE's or DisDiff's areas with NashAE's score."""
    # NashAE's file and its architectures import each other; the metric needs only the former.
    module = references.load(key, "ae_utils_exp.py", stubs=("architectures",))
    data = [[(codes, values)]] if key == "nashae" else [codes, values]
    with silence(), without_cuda():
        areas, _, _ = module.aurocs_search(*data, Model(codes))
    names = notebook(areas, values)
    expected = {
        "tad": names["aurs_diffs_filt"].sum().item(), "attributes_captured": len(names["aurs_diffs_filt"]),
        "auroc": areas, "max_auroc": names["max_aur"], "best_latent": names["argmax_aur"],
        "auroc_difference": names["aurs_diffs"], "entropy_reduction": names["ent_red_prop"]}
    if key == "nashae":
        expected["attribute_entropy_nats"] = names["mi_mat"].diag()
    expected["selected"] = names["filt"]
    return {name: value.tolist() if torch.is_tensor(value) else value for name, value in expected.items()}


def metric(key):
    """InfoDiffusion's class, of the main or the dev branch."""
    file = "eval_disentanglement.py" if key == "infodiffusion" else "metric_utils.py"
    module = references.load(key, file, stubs=("utils", "seaborn", "matplotlib", "matplotlib.pyplot"))
    return module.TADMetric


def exact_values(key, codes, values):
    count = values.shape[1]
    with silence():
        score, areas, captured = metric(key)(count, [str(index) for index in range(count)]).evaluate(
            codes, values)
    return {"tad": score, "attributes_captured": captured, "auroc": areas}


def tad_case(name, codes, values, input_seed):
    codes = codes.astype(np.float32)
    pair = torch.from_numpy(codes), torch.from_numpy(values.astype(np.int32))
    expected = {key: grid_values(key, *pair) for key in ("nashae", "disdiff")}
    expected["infodiffusion"] = exact_values("infodiffusion", codes, values)
    dev = exact_values("infodiffusion-dev", codes, values)
    dev.pop("auroc")
    return Case(
        f"tad_{name}", "tad",
        {"auroc_threshold": 0.75, "entropy_reduction_threshold": 0.2, "variants": VARIANTS,
         "input_seed": input_seed},
        expected | {"infodiffusion_dev": dev}, TOLERANCE,
        {"impl": "NashAE ae_utils_exp.aurocs_search + celeba_eval.ipynb cells; DisDiff ae_utils_exp + "
         "eval_celeba_func.py; InfoDiffusion eval_disentanglement.TADMetric (main) and "
         "metric_utils.TADMetric (dev)", "key": "nashae"},
        {"z": codes, "y": values.astype(np.uint8)},
        notes="TAD = sum over selected attributes of (best AUROC - second best AUROC) over latents; "
        "selected = best AUROC >= 0.75 and max_{j != i} MI(i,j)/H(i) <= 0.2",
        limits={f"{key}.tad": 1e-4 for key in (*VARIANTS, "infodiffusion_dev")} | {
            f"{key}.{field}": 2e-5 for key in VARIANTS
            for field in ("auroc", "max_auroc", "auroc_difference", "entropy_reduction",
                          "attribute_entropy_nats")})


def constant_case(codes, values, input_seed):
    codes = codes.astype(np.float32)
    try:
        exact_values("infodiffusion-dev", codes, values)
        raised = None
    except Exception as error:  # which one is the value
        raised = type(error).__name__
    return Case(
        "tad_constant_attribute", "tad",
        {"variant": "infodiffusion", "auroc_threshold": 0.75, "entropy_reduction_threshold": 0.2,
         "input_seed": input_seed},
        {"infodiffusion": exact_values("infodiffusion", codes, values),
         "infodiffusion_dev_raises": raised}, TOLERANCE,
        {"impl": "InfoDiffusion TADMetric", "key": "infodiffusion"},
        {"z": codes, "y": values.astype(np.uint8)},
        notes="attributes 2 (all 0) and 4 (all 1) are constant: sklearn gives NaN AUROC, H = 0, both "
        "filters fail -> not selected",
        limits={"infodiffusion.tad": 1e-4, "infodiffusion.auroc": 2e-5})


def fold_case(codes, values, input_seed):
    """The main loop of InfoDiffusion's eval_disentanglement.py."""
    codes, folds, scores = codes.astype(np.float32), np.zeros(len(codes), np.int8), []
    for fold, (train, test) in enumerate(KFold(5, shuffle=True, random_state=0).split(codes)):
        folds[test] = fold
        standardised = StandardScaler().fit(codes[train]).transform(codes[train])
        scores.append(exact_values("infodiffusion", standardised, values[train]))
    tad = [score["tad"] for score in scores]
    captured = [score["attributes_captured"] for score in scores]
    return Case(
        "tad_infodiffusion_5fold", "tad_kfold",
        {"folds": "KFold(n_splits=5, shuffle=True, random_state=0); test fold index per sample in "
         "`fold`; metric computed on the other four folds", "std": "numpy std, ddof 0",
         "fold_seed": 0, "input_seed": input_seed},
        {"tad_per_fold": tad, "attributes_per_fold": captured, "tad_mean": np.mean(tad),
         "tad_std": np.std(tad), "attributes_mean": np.mean(captured),
         "attributes_std": np.std(captured)},
        {"abs": 1e-4, "why": "as tad"},
        {"impl": "InfoDiffusion eval_disentanglement.py main loop (KFold + StandardScaler + TADMetric)",
         "key": "infodiffusion"},
        {"z": codes, "y": values.astype(np.uint8), "fold": folds})


def tad_cases(seed=1006):
    random = np.random.default_rng(seed)
    every = ("latent", "two latents", "copy", "rare", "chance")
    codes = 1 / (1 + np.exp(-2 * random.standard_normal((1000, 12))))
    yield tad_case("sigmoid", codes, attributes(random, codes, every), seed)
    codes = random.standard_normal((600, 8))
    yield tad_case(
        "gaussian", codes, attributes(random, codes, ("latent", "latent", "chance")), seed)
    codes = np.round(2 * random.standard_normal((500, 6))) / 2
    yield tad_case(
        "quantised", codes, attributes(random, codes, ("latent", "copy", "two latents")), seed)
    codes = random.standard_normal((400, 5)) * [1, 0.02, 0.5, 0.01, 1e-4]
    yield tad_case("narrow", codes, attributes(random, codes, ("latent", "chance")), seed)
    codes = random.standard_normal((300, 5))
    values = attributes(random, codes, ("latent",), 8, is_last_opposite=False)
    values[:, 2], values[:, 4] = 0, 1
    yield constant_case(codes, values, seed)
    codes = random.standard_normal((1000, 8)) * random.uniform(0.1, 3, 8)
    values = attributes(
        random, codes, ("latent", "two latents", "copy", "chance"), is_last_opposite=False)
    yield fold_case(codes, values, seed)


options = golden_files.arguments(__doc__, references={"required": True})
references = References(options.references)


def main():
    folder = golden_files.TESTS / "DisentanglementTests/Golden"
    cases = [*dci_cases(), *tad_cases()]
    arrays = {case.id: case.arrays for case in cases}
    for fields in make_dci_regression_goldens.cases(lambda name: arrays[name]):
        cases.append(Case(**fields))
    head = {
        "schema": 1, "set": "dev",
        "float_encoding": 'JSON numbers; non-finite values are the strings "NaN", "Infinity", '
        '"-Infinity"',
        "layout": "arrays are row-major; z/latents are [samples, dims]; y/factors are [samples, factors]",
        "versions": golden_files.versions("numpy", "scipy", "sklearn", "torch"),
        "references": described(
            "dlib", "nashae", "infodiffusion", "infodiffusion-dev", "disdiff", "tripod")}
    golden_files.finish(
        options, folder, "expected_dci_tad.json", head, cases, with_shapes=True, is_compact=True)


main()
