"""Makes Tests/DisentanglementTests/Golden/expected.json and the arrays beside it.

usage: python scripts/make_disentanglement_goldens.py --references FOLDER [--check]

FOLDER has checkouts of the programs in golden_references.py. Values are what the programs' own
functions give; where a value is ours (an optimum instead of where a solver stopped, say) the field's
name says so. With --check nothing is written: see golden_files.py.

    pip install numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1 pyitlib==0.3.1 six absl-py
"""

import types
import warnings

import numpy as np
import sklearn
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, train_test_split
from sklearn.multiclass import OneVsRestClassifier
from sklearn.svm import LinearSVC

import golden_files
from golden_disentanglement import Grid, factor_vae_values
from golden_files import Case
from golden_inputs import axis_codes, factors, grid, mixed_codes, rotated_codes, scaled, split
from golden_references import References, described, gin, replaced, silence

METRICS = "disentanglement_lib/evaluation/metrics"
BITS = "double-precision plug-in MI; only summation order may differ once the integer bins agree exactly"
# What the review's program imports for its figures.
UNUSED = ("matplotlib", "matplotlib.pyplot", "dateutil", "dateutil.relativedelta")
SKLEARN = f"scikit-learn {sklearn.__version__}"
warnings.simplefilter("ignore")


def dlib(references, name):
    return references.load("dlib", f"{METRICS}/{name}.py")


def bind(bins=20):
    """disentanglement_lib's settings for discretising."""
    gin.bindings["discretizer"] = {
        "num_bins": bins, "discretizer_fn": dlib(all_references, "utils")._histogram_discretize}


def information(codes, values):
    """Bins, mutual information [latent, factor] and factor entropies in disentanglement_lib."""
    utils = dlib(all_references, "utils")
    bins = utils.make_discretizer(codes.T)
    return bins, utils.discrete_mutual_info(bins, values.T), utils.discrete_entropy(values.T)


# MIG


def mig_values(codes, values):
    _, matrix, entropy = information(codes, values)
    ordered = np.sort(matrix, axis=0)[::-1]
    return {
        "discrete_mig": dlib(all_references, "mig")._compute_mig(codes.T, values.T)["discrete_mig"],
        "mig_per_factor": (ordered[0] - ordered[1]) / entropy,
        "mutual_information": matrix, "factor_entropy": entropy}


def mig_case(name, codes, values, seed, **more):
    codes, values = codes.astype(codes.dtype), values.astype(np.int32)
    bins, _, _ = information(codes, values)
    return Case(
        name, "mig",
        {"num_bins": 20, "discretizer": "histogram", "log": "natural",
         "mi": "plug-in (sklearn mutual_info_score)", "normaliser": "entropy of factor, nats"}
        | ({} if seed is None else {"input_seed": seed}),
        mig_values(codes, values) | more, {"abs": 1e-9, "why": BITS},
        {"impl": "disentanglement_lib mig._compute_mig", "key": "dlib"},
        {"z": codes, "y": values, "expected_bins": bins.T.astype(np.int8)})


def double_edges(codes):
    """Bins of numpy 1, which made the edges in double precision and rounded them once."""
    bins = np.empty(codes.shape, int)
    for latent in range(codes.shape[1]):
        column = codes[:, latent]
        edges = np.linspace(float(column.min()), float(column.max()), 21).astype(np.float32)
        bins[:, latent] = np.digitize(column, edges[:-1])
    return bins


def mig_cases(seed=1001):
    random, single = np.random.default_rng(seed), np.float32
    order, sizes = random.permutation(4), [4, 5, 3, 6]
    values = grid(sizes)
    codes = np.full((len(values), 6), 0.25)
    codes[:, :4] = values[:, order] * (0.5 + np.arange(4)) - 1
    codes[:, 5] = 3
    yield mig_case("mig_axis_exact", codes.astype(single), values, seed, analytic_mig=1.0)
    # The last latent tells factor 3 again: its gap is zero.
    codes[:, 5] -= values[:, 3]
    yield mig_case("mig_duplicate_latent", codes.astype(single), values, seed, analytic_mig=0.75)

    values = factors(random, [10, 10], 1500)
    cosine, sine = np.cos(np.pi / 4), np.sin(np.pi / 4)
    codes = scaled(values, [10, 10]) @ np.array([[cosine, -sine], [sine, cosine]])
    codes = np.hstack([codes, 0.3 * random.standard_normal((1500, 1))])
    codes += 0.001 * random.standard_normal((1500, 3))
    yield mig_case("mig_rotated", codes.astype(single), values, seed)

    values = factors(random, [10, 4, 15], 2000)
    yield mig_case("mig_noise", random.standard_normal((2000, 5)).astype(single), values, seed)
    sizes = [10, 10, 10, 8, 4, 15]
    values = factors(random, sizes, 2000)
    yield mig_case("mig_shapes3d", mixed_codes(random, values, sizes, 10), values, seed)
    sizes = [6, 6, 2, 3, 3, 40, 40]
    values = factors(random, sizes, 1500)
    yield mig_case("mig_mpi3d", rotated_codes(random, values, sizes, 8), values, seed)
    yield from edge_cases()

    values = factors(random, [4, 1, 3], 300)
    values[:, 1] = 2
    codes = np.column_stack([
        values[:, 0] + 0.1 * random.standard_normal(300), np.full(300, 1.5),
        random.standard_normal(300)])
    yield mig_case("mig_single_class_factor", codes.astype(single), values, seed)
    yield component_case(random, seed)


def edge_cases():
    """Codes on the edges of the bins, and one ulp below them."""
    low, high = np.float32(-3.1), np.float32(7.7)
    edges = np.histogram(np.array([low, high]), 20)[1]
    below = np.nextafter(edges, np.float32(-np.inf))
    below[0] = low
    row = np.arange(441)
    values = np.column_stack([row % 21 // 3, row % 5, row * 20 // 441])
    spike = np.where(row % 7 == 0, np.float32(1e-30), np.float32(0))
    columns = [edges[row % 21], below[row % 21], np.linspace(low, high, 441, dtype=np.float32), spike]
    codes = np.column_stack(columns).astype(np.float32)
    matrix = dlib(all_references, "utils").discrete_mutual_info(double_edges(codes).T, values.T)
    ordered = np.sort(matrix, axis=0)[::-1]
    entropy = dlib(all_references, "utils").discrete_entropy(values.T)
    bins = information(codes, values)[0].T
    yield mig_case(
        "mig_float32_edges", codes, values, None,
        numpy1_discrete_mig=np.mean((ordered[0] - ordered[1]) / entropy),
        numpy1_bins_changed=int((double_edges(codes) != bins).sum()))
    columns[2] = np.linspace(float(low), float(high), 441)
    yield mig_case(
        "mig_float64_edges", np.column_stack([c.astype(float) for c in columns]), values, None)


def component_case(random, seed):
    """DisDiff's protocol: the first principal component of each unit, fitted on all codes."""
    sizes = [6, 5, 4]
    values = factors(random, sizes, 800)
    units = np.zeros((800, 4, 6))
    for unit in range(4):
        direction = random.standard_normal(6)
        units[:, unit] = scaled(values, sizes)[:, unit % 3, None] * direction
        units[:, unit] += 0.2 * random.standard_normal((800, 6)) + 1.3 * unit
    units = units.astype(np.float32)
    codes = np.column_stack(
        [PCA(n_components=1).fit_transform(units[:, unit])[:, 0] for unit in range(4)])
    sums = np.abs(codes.astype(float)).sum(0)
    return Case(
        "mig_disdiff_pca", "mig_pca",
        {"num_bins": 20, "input_seed": seed,
         "pca": "sklearn PCA(n_components=1) per latent unit on ALL codes, mean-centred"},
        mig_values(codes, values) | {"pca_abs_projection_sum": sums},
        {"abs": 0.005, "projection_rel": 1e-4,
         "why": "the sign of a principal component is arbitrary and mirrors the histogram; samples "
         "within rounding of a bin edge can move"},
        {"impl": "DisDiff evaluate.eval_func (PCA part re-run with sklearn) + disentanglement_lib mig",
         "key": "disdiff"},
        {"v": units, "y": values.astype(np.int32)},
        limits={"pca_abs_projection_sum~": 1e-4})


# SAP


def sap_cases(seed=1003):
    random = np.random.default_rng(seed)
    values = factors(random, [5, 4, 2], 750)
    yield from sap_case("axis", axis_codes(random, values, [5, 4, 2], 5), values, 500, seed)
    values = factors(random, [6, 3, 2], 900)
    yield from sap_case("mixed", mixed_codes(random, values, [6, 3, 2], 4), values, 600, seed)
    values = factors(random, [4, 2], 600)
    codes = random.standard_normal((600, 3)).astype(np.float32)
    yield from sap_case("noise", codes, values, 400, seed)
    values = factors(random, [3, 2], 500)
    codes = axis_codes(random, values, [3, 2], 3)
    codes[:, 2] = 0.75
    yield from sap_case("constant_dim", codes, values, 300, seed)


def sap_matrix(arrays, **settings):
    """Test accuracies with other settings of the solver than the program's."""
    matrix = np.zeros((arrays["z_train"].shape[1], arrays["y_train"].shape[1]))
    for latent, factor in np.ndindex(matrix.shape):
        model = LinearSVC(C=0.01, class_weight="balanced", **settings)
        model.fit(arrays["z_train"][:, [latent]], arrays["y_train"][:, factor])
        found = model.predict(arrays["z_test"][:, [latent]])
        matrix[latent, factor] = (found == arrays["y_test"][:, factor]).mean()
    return matrix


def sap_case(name, codes, values, train_count, seed):
    sap, arrays = dlib(all_references, "sap_score"), split(codes, values, train_count)
    inputs = [arrays[key].T for key in ("z_train", "y_train", "z_test", "y_test")]
    matrix = sap.compute_score_matrix(*inputs, continuous_factors=False)
    optimum = sap_matrix(arrays, tol=1e-10, max_iter=1_000_000)
    gap = sap.compute_avg_diff_top_two
    first = LinearSVC(C=0.01, class_weight="balanced").fit(codes[:train_count, :1], values[:train_count, 0])
    dual = [
        gap(sap_matrix(arrays, dual=True, random_state=seed, max_iter=10_000)) for seed in range(5)]
    test_count = len(codes) - train_count
    yield Case(
        f"sap_discrete_{name}", "sap",
        {"continuous_factors": False, "input_seed": seed,
         "classifier": "LinearSVC(C=0.01, class_weight='balanced'), squared hinge, L2, bias "
         "regularised, one-vs-rest, per single latent"},
        {"SAP_score": gap(matrix), "score_matrix": matrix, "SAP_exact_optimum": gap(optimum),
         "score_matrix_exact_optimum": optimum, "SAP_dual_true_seeds": dual,
         "coef_latent0_factor0": first.coef_.ravel(), "intercept_latent0_factor0": first.intercept_},
        {"abs": round(2.5 / test_count, 6),
         "why": "test accuracy is a multiple of 1/n_test; liblinear stops at tol 1e-4, so single "
         "borderline test points may flip. coef/intercept rel 2e-2"},
        {"impl": f"disentanglement_lib sap_score ({SKLEARN} LinearSVC, dual='auto' -> primal)",
         "key": "dlib"}, arrays, limits={"coef_latent0_factor0~": 0.02, "intercept_latent0_factor0~": 0.02})
    matrix = sap.compute_score_matrix(*inputs, continuous_factors=True)
    yield Case(
        f"sap_continuous_{name}", "sap",
        {"continuous_factors": True, "input_seed": seed,
         "score": "squared Pearson correlation, ddof 1, 0 if var(latent) <= 1e-12"},
        {"SAP_score": gap(matrix), "score_matrix": matrix},
        {"abs": 1e-6, "why": "float32 latents, double accumulation in numpy.cov"},
        {"impl": "disentanglement_lib sap_score", "key": "dlib"},
        {name: arrays[name] for name in ("z_train", "y_train")})


# FactorVAE and β-VAE


def factor_vae_cases(random, input_seed):
    single = np.float32
    pruned = lambda sizes: axis_codes(random, grid(sizes), sizes, 6, 0.05)
    settings = [
        ("axis", [5, 4, 3], 64, 600, 1000, 0.05, 0, lambda s: axis_codes(random, grid(s), s, 5, 0.05)),
        ("mixed", [5, 4, 3], 32, 600, 1000, 0.05, 0, lambda s: mixed_codes(random, grid(s), s, 6, 0.05)),
        ("pruned", [4, 3, 2], 16, 400, 500, 0.05, 3, pruned),
        ("noise", [4, 3], 16, 400, 500, 0.0, 1,
         lambda s: random.standard_normal((np.prod(s), 4)).astype(single)),
    ]
    for name, sizes, batch, train, variance, threshold, seed, codes in settings:
        codebook = codes(sizes)
        if name == "pruned":
            codebook[:, 1] *= 0.01
            codebook[:, 5] = 0.3
        params = {
            "batch_size": batch, "num_train": train, "num_eval": train // 2,
            "num_variance_estimate": variance, "prune_threshold": threshold, "factor_sizes": sizes,
            "seed": seed, "input_seed": input_seed,
            "rng": "numpy RandomState(seed); the drawn state indices are recorded in the npz so no "
            "RNG is needed"}
        values, arrays = factor_vae_values(
            dlib(all_references, "factor_vae"), codebook, sizes, seed, params)
        yield Case(
            f"factorvae_{name}", "factor_vae_score", params, values,
            {"abs": 1e-9, "rel_variance": 1e-5,
             "why": "votes are integer counts; float32 variances accumulated by numpy pairwise "
             "summation can differ in the last bits, which matters only for exact ties"},
            {"impl": "disentanglement_lib factor_vae.compute_factor_vae", "key": "dlib"}, arrays,
            limits={"global_variances~": 1e-5})


def beta_vae_cases(random, input_seed):
    module = dlib(all_references, "beta_vae")
    settings = [
        ("axis", [5, 4, 3], 64, 500, 250, 0, lambda s: axis_codes(random, grid(s), s, 5, 0.05)),
        ("mixed", [4, 4, 3], 16, 500, 250, 0, lambda s: mixed_codes(random, grid(s), s, 6, 0.05)),
        ("noise", [4, 3], 16, 300, 200, 2,
         lambda s: random.standard_normal((np.prod(s), 4)).astype(np.float32)),
    ]
    for name, sizes, batch, train, evaluation, seed, codes in settings:
        codebook, data, parts = codes(sizes), Grid(sizes), []
        inner = module._generate_training_batch
        with replaced(module, _generate_training_batch=lambda *v: parts.append(inner(*v)) or parts[-1]):
            scores = module.compute_beta_vae_sklearn(
                data, lambda states: codebook[states], np.random.RandomState(seed),
                batch_size=batch, num_train=train, num_eval=evaluation)
        (points, labels), (other_points, other_labels) = parts

        def accuracies(model):
            model.fit(points, labels)
            return {"train_accuracy": model.score(points, labels),
                    "eval_accuracy": model.score(other_points, other_labels)}

        converged = LogisticRegression(tol=1e-10, max_iter=100_000)
        one_rest = LogisticRegression(solver="liblinear")
        one_rest = one_rest if len(sizes) == 2 else OneVsRestClassifier(one_rest)
        values = scores | {
            "converged": accuracies(converged)
            | {"coef": converged.coef_, "intercept": converged.intercept_},
            "liblinear_ovr": accuracies(one_rest), "features_train_first5": points[:5],
            "n_iter": LogisticRegression().fit(points, labels).n_iter_}
        first, second = np.array(data.drawn[0::2]), np.array(data.drawn[1::2])
        arrays = {"codebook": codebook}
        for part, rows, kept in (("train", slice(train), labels), ("eval", slice(train, None), other_labels)):
            arrays |= {f"{part}_factor": kept.astype(np.int16), f"{part}_indices1": first[rows],
                       f"{part}_indices2": second[rows]}
        yield Case(
            f"betavae_{name}", "beta_vae_score",
            {"batch_size": batch, "num_train": train, "num_eval": evaluation, "factor_sizes": sizes,
             "seed": seed, "input_seed": input_seed, "feature": "mean over batch of |z1 - z2|",
             "classifier": "LogisticRegression defaults: L2, C=1, multinomial, lbfgs, max_iter 100, "
             "unpenalised intercept, features NOT standardised"},
            values,
            {"abs": 2.5 / evaluation, "coef_rel_converged": 0.001,
             "why": "convex problem; borderline samples may flip between lbfgs at tol 1e-4 and the "
             "exact optimum"},
            {"impl": f"disentanglement_lib beta_vae.compute_beta_vae_sklearn ({SKLEARN})",
             "key": "dlib"}, arrays,
            limits={"converged.coef~": 1e-3, "converged.intercept~": 1e-3, "n_iter": 5})


def intervention_cases(seed=1004):
    random = np.random.default_rng(seed)
    yield from factor_vae_cases(random, seed)
    yield from beta_vae_cases(random, seed)


# Metrics of one sample


def modularity_case(name, codes, values, seed):
    _, matrix, _ = information(codes, values)
    score = dlib(all_references, "modularity_explicitness").modularity(matrix)
    return Case(
        f"modularity_{name}", "modularity", {"num_bins": 20, "input_seed": seed},
        {"modularity_score": score, "mutual_information": matrix}, {"abs": 1e-9, "why": "as MIG"},
        {"impl": "disentanglement_lib modularity_explicitness.modularity", "key": "dlib"},
        {"z": codes, "y": values})


def explicitness_case(name, arrays, seed):
    utils = dlib(all_references, "utils")
    module = dlib(all_references, "modularity_explicitness")
    train, mean, deviation = utils.normalize_data(arrays["z_train"].T)
    test, _, _ = utils.normalize_data(arrays["z_test"].T, mean, deviation)
    scores = np.array([
        module.explicitness_per_factor(train, arrays["y_train"][:, k], test, arrays["y_test"][:, k])
        for k in range(arrays["y_train"].shape[1])])
    return Case(
        f"explicitness_{name}", "explicitness",
        {"classifier": "LogisticRegression defaults on standardised latents (train mean/std, ddof 0)",
         "score": "roc_auc_score macro over one-vs-rest classes of predict_proba",
         "input_seed": seed},
        {"explicitness_score_train": scores[:, 0].mean(),
         "explicitness_score_test": scores[:, 1].mean(),
         "per_factor_train": scores[:, 0], "per_factor_test": scores[:, 1]},
        {"abs": 0.001, "why": "AUC of probabilities from an optimiser stopped at tol 1e-4"},
        {"impl": "disentanglement_lib modularity_explicitness.explicitness_per_factor", "key": "dlib"},
        arrays)


def irs_cases(name, codes, values, seed):
    irs, utils = dlib(all_references, "irs"), dlib(all_references, "utils")
    active = irs._drop_constant_dims(codes.T).T
    for label, quantile in (("q99", 0.99), ("q100", 1.0)):
        scores = irs.scalable_disentanglement_score(
            utils.make_discretizer(values.T).T, active, quantile)
        yield Case(
            f"irs_{name}_{label}", "irs",
            {"diff_quantile": quantile, "factor_bins": 20, "input_seed": seed},
            {"IRS": scores["avg_score"], "disentanglement_scores": scores["disentanglement_scores"],
             "parents": scores["parents"], "irs_matrix": scores["IRS_matrix"],
             "max_deviations": scores["max_deviations"],
             "active_dims": np.flatnonzero(codes.var(0) > 0)},
            {"abs": 2e-5,
             "why": "float32 latents; numpy percentile (linear interpolation) and means in float32"},
            {"impl": "disentanglement_lib irs.scalable_disentanglement_score", "key": "dlib"},
            {"z": codes, "y": values})


def unsupervised_case(name, codes, seed):
    module = dlib(all_references, "unsupervised_metrics")
    # The function draws its sample from a data set: ours gives the whole sample once.
    data = types.SimpleNamespace(sample=lambda *_: (np.zeros((len(codes), 1)), codes))
    scores = module.unsupervised_metrics(
        data, lambda drawn: drawn, None, num_train=len(codes), batch_size=len(codes))
    return Case(
        f"unsupervised_{name}", "unsupervised", {"num_bins": 20, "input_seed": seed}, scores,
        {"abs": 1e-6, "why": "double linear algebra on a covariance of float32 data"},
        {"impl": "disentanglement_lib unsupervised_metrics", "key": "dlib"}, {"z": codes})


def infomec(key, values, codes, is_discrete):
    """compute_infomec with calls that current scikit-learn and numpy refuse wrapped."""
    module = all_references.load(key, "disentangle/metrics/infomec.py", stubs=("ipdb",))
    selection, linear = module.feature_selection, module.linear_model

    def information(*inputs, **settings):
        return float(selection.mutual_info_classif(*inputs, **settings)[0])

    def regression(penalty, multi_class, dual, n_jobs, **settings):
        assert (penalty, multi_class, dual) == (None, "multinomial", False)
        return linear.LogisticRegression(C=np.inf, **settings)

    with silence(), replaced(
            module, feature_selection=types.SimpleNamespace(mutual_info_classif=information),
            linear_model=types.SimpleNamespace(LogisticRegression=regression)):
        return module.compute_infomec(values, codes, is_discrete)


ACTIVE = {
    ("tripod", False): "IQR > max IQR / 10", ("latent_quantization", False): "range > max range / 20",
    ("tripod", True): "IQR > 0.1", ("latent_quantization", True): "range > 0"}


def infomec_cases(name, codes, values, seed):
    keys = {"tripod": "tripod", "lq": "latent_quantization"}
    for short, key in keys.items():
        runs = []
        for dither in range(3):
            np.random.seed(dither)
            runs.append(infomec(key, values, codes, False))
        spread = [[run[field] for field in ("infom", "infoc", "infoe")] for run in runs]
        yield Case(
            f"infomec_continuous_{short}_{name}", "infomec",
            {"discrete_latents": False,
             "nmi": "sklearn mutual_info_classif (Ross kNN), n_neighbors=10, latents standardised, "
             "divided by plug-in source entropy (nats)",
             "infoe": "LogisticRegression without penalty, class_weight balanced, max_iter 100, log "
             "loss; null model on zeros",
             "active": ACTIVE[key, False], "input_seed": seed, "dithering_seeds": [0, 1, 2]},
            {field: runs[0][field] for field in ("infom", "infoc", "infoe", "nmi", "active_latents")}
            | {"spread": spread},
            {"abs": 0.002,
             "why": "1e-10 dithering noise in the kNN estimator; the unpenalised logistic regression "
             "is stopped at 100 iterations (separable data diverge)"},
            {"impl": f"kylehkhsu/{key} infomec.compute_infomec", "key": key},
            {"z": codes, "y": values})
    quantised = (np.clip(np.round(3 * codes), -4, 4) / 4).astype(np.float32)
    for short, key in keys.items():
        values_found = infomec(key, values, quantised, True)
        yield Case(
            f"infomec_discrete_{short}_{name}", "infomec",
            {"discrete_latents": True,
             "nmi": "plug-in MI of label-encoded latents / plug-in source entropy",
             "active": ACTIVE[key, True], "input_seed": seed},
            {field: values_found[field] for field in ("infom", "infoc", "infoe", "nmi", "active_latents")},
            {"abs": {"infom": 1e-9, "infoc": 1e-9, "nmi": 1e-9, "infoe": 0.005},
             "why": "plug-in parts exact; InfoE depends on the optimiser"},
            {"impl": f"{short} infomec.compute_infomec", "key": key}, {"z": quantised, "y": values})


def review_case(name, codes, values, seed):
    scores = {}
    for metric in ("mig", "mig_sup", "dcimig", "jemmig", "modularity"):
        module = all_references.load("ubisoft", f"src/metrics/{metric}.py", "src", UNUSED)
        scores[metric] = getattr(module, metric)(values, codes, continuous_factors=False, nb_bins=10)
    return Case(
        f"review_{name}", "review_metrics",
        {"nb_bins": 10, "continuous_factors": False, "input_seed": seed,
         "codes": "minmax scaled to [0,1], digitize against linspace(0,1,11)[:-1]",
         "log": "base 2 (pyitlib)"},
        scores, {"abs": 1e-9, "per_key": {"jemmig": {"abs": 1e-9}}, "why": "plug-in estimators"},
        {"impl": "ubisoft-laforge-disentanglement-metrics + pyitlib 0.3.1", "key": "ubisoft"},
        {"z": codes, "y": values})


def med_case(name, arrays, seed):
    med = all_references.load("disdiff", "evaluation/metrics/med.py")
    inputs = [arrays[key].T for key in ("z_train", "y_train", "z_test", "y_test")]
    exact = ("disentanglement", "completeness", "top2_disentanglement", "top2_completeness")
    tolerance = dict.fromkeys(exact, 1e-9) | {"informativeness_train": 0.01, "informativeness_test": 0.01}
    return Case(
        f"med_{name}", "med", {"num_bins": 20, "topk": 2, "input_seed": seed},
        med._compute_med(*inputs, 2),
        {"abs": tolerance, "why": "MI part exact; logistic regression part by accuracy"},
        {"impl": "DisDiff evaluation/metrics/med.py", "key": "disdiff"}, arrays)


def sample_cases(seed=1005):
    random = np.random.default_rng(seed)
    for name, sizes, count, train, width in (
            ("axis", [6, 5, 4], 1050, 700, 6), ("mixed", [10, 4, 3], 1050, 700, 5),
            ("constant_dim", [4, 3], 600, 400, 4)):
        values = factors(random, sizes, count)
        codes = (mixed_codes if name == "mixed" else axis_codes)(random, values, sizes, width)
        if name == "constant_dim":
            codes[:, 3] = 2
        arrays = split(codes, values, train)
        codes, values = arrays["z_train"], arrays["y_train"]
        yield modularity_case(name, codes, values, seed)
        if name != "constant_dim":
            # A constant latent standardises to NaN, which the program's classifier refuses.
            yield explicitness_case(name, arrays, seed)
        yield from irs_cases(name, codes, values, seed)
        if name != "constant_dim":
            yield unsupervised_case(name, codes, seed)
            yield from infomec_cases(name, codes, values, seed)
        yield review_case(name, codes, values, seed)
        yield med_case(name, arrays, seed)


# numpy's legacy generator


def random_case(seed):
    def fresh():
        return np.random.RandomState(seed)

    mixed, folds = fresh(), np.empty(17, int)
    for fold, (_, rows) in enumerate(KFold(5, shuffle=True, random_state=seed).split(np.zeros(17))):
        folds[rows] = fold
    scalar = fresh()
    return Case(
        f"rng_randomstate_{seed}", "numpy_randomstate",
        {"seed": seed, "generator": "MT19937 init_genrand(seed) as in numpy.random.RandomState"},
        {"raw_uint32": fresh().randint(0, 2**32, 10, np.uint32),
         "randint_scalar_6": [scalar.randint(6) for _ in range(20)],
         "randint_10_size16": fresh().randint(10, size=16),
         "randint_15_size16": fresh().randint(15, size=16),
         "randint_183_size16": fresh().randint(183, size=16),
         "mixed": {"scalar": mixed.randint(6), "batch": mixed.randint(10, size=12),
                   "next_scalar": mixed.randint(183)},
         "random_sample": fresh().random_sample(8), "randn": fresh().randn(8),
         "permutation_20": fresh().permutation(20),
         "choice_50_10_no_replace": fresh().choice(50, 10, replace=False),
         "kfold5_n17_fold_of_sample": folds,
         "train_test_split_n20_01": train_test_split(np.arange(20), test_size=0.1, random_state=seed)[1]},
        {"abs": 0, "float_abs": 1e-15, "why": "bit-exact generator"},
        {"impl": f"numpy {np.__version__} legacy RandomState, {SKLEARN} KFold", "key": "numpy"})


options = golden_files.arguments(__doc__, references={"required": True})
all_references = References(options.references)


def main():
    bind()
    cases = [*mig_cases(), *sap_cases(), *intervention_cases(), *sample_cases()]
    cases += [random_case(seed) for seed in (0, 30, 2020)]
    head = {
        "versions": golden_files.versions("numpy", "scipy", "sklearn"),
        "references": described(
            "dlib", "disdiff", "tripod", "latent_quantization", "ubisoft")}
    golden_files.finish(
        options, golden_files.TESTS / "DisentanglementTests/Golden", "expected.json", head, cases)


main()
