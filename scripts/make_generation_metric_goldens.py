"""Makes Tests/GenerationMetricsTests/Golden/expected.json and the arrays beside it.

usage: python scripts/make_generation_metric_goldens.py --references FOLDER [--check]

FOLDER has checkouts of the programs in golden_references.py that are not packages. The pictures of
the cases with networks are those in the files; their weights come from a recipe, so no published
weights are needed. With --check nothing is written: see golden_files.py. Networks take minutes.

    pip install numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1 torch==2.15.0 torchvision==0.29.2 \\
        pillow==13.0.0 pytorch-fid==0.3.0 torch-fidelity==0.4.0 clean-fid==0.1.35 prdc==0.2 mpmath six
"""

import hashlib
import warnings

import mpmath
import numpy as np
import scipy.linalg
import torch
from cleanfid.fid import frechet_distance, kernel_distance
from prdc import compute_prdc
from pytorch_fid.fid_score import calculate_frechet_distance
from torch_fidelity import defaults, metric_fid, metric_isc, metric_kid, metric_prc

import golden_files
import golden_networks
import golden_recipe
from golden_files import Case
from golden_references import Anything, References, described, replaced, silence

FOLDER = golden_files.TESTS / "GenerationMetricsTests/Golden"
warnings.simplefilter("ignore")


# Fréchet distance


def linear(random, count, width):
    """Gaussian features with a random covariance."""
    mixing = random.standard_normal((width, width)) / np.sqrt(width)
    return random.standard_normal((count, width)) @ mixing


def statistics(features):
    return features.mean(0), np.cov(features, rowvar=False)


def exact_distance(x, y, divisor_offset=1):
    """The Fréchet distance of two samples; the trace term is a nuclear norm, so nothing is singular."""
    x, y = x.astype(float), y.astype(float)
    left = (x - x.mean(0)) / np.sqrt(len(x) - divisor_offset)
    right = (y - y.mean(0)) / np.sqrt(len(y) - divisor_offset)
    cross = np.linalg.svd(left @ right.T, compute_uv=False).sum()
    shift = ((x.mean(0) - y.mean(0)) ** 2).sum()
    return shift + (left**2).sum() + (right**2).sum() - 2 * cross


class Statistics:
    """What StyleGAN3's formula reads."""

    def __init__(self, mean, covariance):
        self.get_mean_cov = lambda: (mean, covariance)


def stylegan3(function, reference, generated, **settings):
    """A metric of StyleGAN3 on statistics that are already there."""
    metrics = Anything("metric_utils")
    metrics.compute_feature_stats_for_dataset = lambda **_: reference
    metrics.compute_feature_stats_for_generator = lambda **_: generated
    file = {"compute_fid": "frechet_inception_distance", "compute_is": "inception_score"}[function]
    module = references.load("stylegan3", f"metrics/{file}.py", stubs=("metrics", "metrics.metric_utils"),
                             package="metrics")
    options = Anything()
    options.rank = 0
    with replaced(module, metric_utils=metrics):
        return getattr(module, function)(options, **settings)


def collected(features, **kind):
    """StyleGAN3's own accumulation."""
    module = references.load("stylegan3", "metrics/metric_utils.py", stubs=("dnnlib",), package="metrics")
    result = module.FeatureStats(**kind)
    result.append(features)
    return result


def of_statistics(first, second):
    """Every program's distance from means and covariances."""
    keys = ("mu", "sigma")
    return {
        "pytorch_fid": calculate_frechet_distance(*first, *second),
        "clean_fid": frechet_distance(*first, *second),
        "torch_fidelity": metric_fid.fid_statistics_to_metric(
            dict(zip(keys, first)), dict(zip(keys, second)), False)["frechet_inception_distance"],
        "stylegan3_formula": stylegan3(
            "compute_fid", Statistics(*second), Statistics(*first), max_real=None, num_gen=None)}


def spread(expected, truth):
    """How far the programs are from the truth."""
    return max(abs(value - truth) for key, value in expected.items() if "biased" not in key)


def features_case(name, x, y, seed=None, analytic=None, notes=None, params=None):
    x, y = x.astype(np.float32), y.astype(np.float32)
    double = [statistics(part.astype(float)) for part in (x, y)]
    expected = of_statistics(*double)
    if params is None:
        single = [(part.mean(0), np.cov(part, rowvar=False)) for part in (x, y)]
        others = of_statistics(*single)
        expected["clean_fid_float32_means"] = others["clean_fid"]
        expected["torch_fidelity_float32_means"] = others["torch_fidelity"]
    truth = exact_distance(x, y)
    scatter = spread(expected, truth)
    expected["stylegan3_biased_cov_truth"] = exact_distance(x, y, 0)
    expected["stylegan3_biased_cov"] = stylegan3(
        "compute_fid", collected(y, capture_mean_cov=True), collected(x, capture_mean_cov=True),
        max_real=None, num_gen=None)
    expected["truth"] = truth
    if analytic is not None:
        expected["analytic"] = analytic(*double)
        scatter = max(scatter, abs(expected["analytic"] - truth))
    traces = sum(np.trace(covariance) for _, covariance in double)
    return Case(
        f"fid_{name}", "fid_from_features",
        (params or {}) | {"mean": "double", "covariance": "unbiased (N-1); stylegan3_* keys use N"}
        | ({} if seed is None else {"input_seed": seed}),
        expected,
        {"abs": 1e-6 * traces, "compare_to": "truth", "reference_spread": scatter,
         "why": "`truth` = nuclear norm of the centred cross-Gram in double; the references' "
         "sqrtm/eigvals of the (possibly singular) product scatter by reference_spread"},
        {"impl": "pytorch-fid calculate_frechet_distance; clean-fid; torch-fidelity; StyleGAN3 "
         f"FeatureStats + formula (scipy {scipy.__version__})", "key": "pytorch-fid"},
        {} if params else {"x": x, "y": y}, notes=notes,
        # Square roots of singular products lose half of the digits, differently with every BLAS.
        limits={"truth": 1e-10 * (1 + traces), "stylegan3_biased_cov_truth": 1e-10 * (1 + traces)})


def symmetric_distance(first, second):
    """From statistics, in double precision, by a symmetric square root."""
    (mean1, sigma1), (mean2, sigma2) = first, second
    values, vectors = np.linalg.eigh(sigma1)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    inner = np.linalg.eigvalsh(root @ sigma2 @ root)
    shift = ((mean1 - mean2) ** 2).sum()
    return shift + np.trace(sigma1) + np.trace(sigma2) - 2 * np.sqrt(np.maximum(inner, 0)).sum()


def precise_distance(first, second):
    """The same with 60 digits."""
    with mpmath.workdps(60):
        left, right = (mpmath.matrix(covariance.tolist()) for _, covariance in (first, second))
        values, vectors = mpmath.eigsy(left)
        root = vectors * mpmath.diag([mpmath.sqrt(max(value, 0)) for value in values]) * vectors.T
        inner = mpmath.eigsy(root * right * root, eigvals_only=True)
        cross = sum(mpmath.sqrt(max(value, 0)) for value in inner)
        shift = sum((mpmath.mpf(float(a)) - mpmath.mpf(float(b))) ** 2 for a, b in zip(first[0], second[0]))
        traces = sum(left[i, i] + right[i, i] for i in range(left.rows))
        return float(shift + traces - 2 * cross)


def statistics_case(name, first, second, seed=None, analytic=None, notes=None):
    expected = of_statistics(first, second)
    if analytic is None:
        truth = precise_distance(first, second)
        own = {"truth": truth, "truth_double": symmetric_distance(first, second)}
    else:
        truth = analytic
        own = {"truth": symmetric_distance(first, second), "analytic": analytic}
    scatter = spread(expected | own, truth) if analytic is not None else spread(expected, truth)
    traces = np.trace(first[1]) + np.trace(second[1])
    arrays = dict(zip(("mu1", "sigma1", "mu2", "sigma2"), (*first, *second)))
    return Case(
        f"fid_{name}", "fid_from_statistics", {} if seed is None else {"input_seed": seed},
        expected | own,
        {"abs": 1e-7 * traces, "compare_to": "analytic" if analytic is not None else "truth",
         "reference_spread": scatter,
         "why": "closed form, or 60-digit arithmetic for the ill-conditioned case"},
        {"impl": "pytorch-fid, clean-fid, torch-fidelity on given mu/sigma", "key": "pytorch-fid"},
        arrays, notes=notes)


def frechet_cases(seed=1011):
    random = np.random.default_rng(seed)
    yield features_case(
        "well_conditioned", linear(random, 600, 24), 1.2 * linear(random, 500, 24) + 0.1, seed)
    yield features_case(
        "rank_deficient", linear(random, 20, 32), 1.1 * linear(random, 25, 32) + 0.2, seed,
        notes="N < D for both sets: singular covariances")
    yield features_case(
        "rank_deficient_one_side", linear(random, 400, 32), 0.9 * linear(random, 12, 32) + 0.1, seed,
        notes="only the second set is rank deficient")
    x = linear(random, 300, 16)
    yield features_case(
        "identical", x, x, seed, lambda *_: 0.0, "identical sets: exactly 0 in theory; references "
        "return +-1e-7-ish noise, possibly negative")
    # Multiples of powers of two, so that the shifted set is exact in single precision.
    x = np.round(64 * linear(random, 256, 12)) / 64
    shift = random.integers(-8, 9, 12) / 8
    yield features_case(
        "mean_shift", x, x + shift, seed, lambda *_: (shift**2).sum(),
        "second set = first + constant vector: FID = |delta|^2 exactly")
    yield features_case(
        "scaled", x, 0.5 * x, seed,
        lambda first, _: 0.25 * ((first[0] ** 2).sum() + np.trace(first[1])),
        "second set = 0.5 * first: FID = (1-c)^2 (|mu|^2 + tr S)")
    yield features_case(
        "sparse_relu", np.maximum(0.3 * linear(random, 200, 64) - 0.2, 0),
        np.maximum(0.35 * linear(random, 180, 64) - 0.15, 0), seed,
        notes="non-negative sparse features with some (nearly) dead columns, as Inception pool3")
    x, y = linear(random, 150, 20), linear(random, 140, 20) + 0.1
    x[:, [3, 11]] = y[:, [3, 11]] = [0, 2.5]
    yield features_case("constant_columns", x, y, seed,
                        notes="two constant columns: zero rows/columns in both covariances")
    yield from closed_cases(random, seed)
    yield recipe_case()
    x, y = linear(random, 1, 4).astype(np.float32), linear(random, 50, 4).astype(np.float32)
    try:
        with np.errstate(all="ignore"):
            raised = of_statistics(statistics(x.astype(float)), statistics(y.astype(float)))
    except Exception as error:  # which one is the value
        raised = f"raises {type(error).__name__}"
    yield Case(
        "fid_single_sample", "fid_edge", {"input_seed": seed}, {"pytorch_fid": raised},
        {"why": "np.cov of one sample divides by zero"}, {"impl": "pytorch-fid", "key": "pytorch-fid"},
        {"x": x, "y": y},
        notes="an implementation should refuse N < 2 with a clear error instead of NaN")


def closed_cases(random, seed):
    first, second = random.uniform(0.1, 4, 10), random.uniform(0.1, 4, 10)
    mean1, mean2 = random.standard_normal(10), random.standard_normal(10)
    shift = ((mean1 - mean2) ** 2).sum()
    value = shift + ((np.sqrt(first) - np.sqrt(second)) ** 2).sum()
    yield statistics_case(
        "closed_diagonal", (mean1, np.diag(first)), (mean2, np.diag(second)), seed, value)
    basis = np.linalg.qr(random.standard_normal((10, 10)))[0]
    turned = [(basis * values) @ basis.T for values in (first, second)]
    yield statistics_case(
        "closed_commuting", (mean1, turned[0]), (mean2, turned[1]), seed, value, "shared eigenvectors")
    left, right = np.array([[2, 0.7], [0.7, 1]]), np.array([[1, -0.3], [-0.3, 0.5]])
    product = left @ right
    root = np.sqrt(np.trace(product) + 2 * np.sqrt(np.linalg.det(product)))
    yield statistics_case(
        "closed_2x2", (np.zeros(2), left), (np.array([0.5, -1.0]), right), None,
        1.25 + np.trace(left) + np.trace(right) - 2 * root,
        "non-commuting; tr sqrt(P) = sqrt(tr P + 2 sqrt(det P)) for 2x2")
    yield statistics_case(
        "zero_covariance", (mean1, np.diag(first)), (mean2, np.zeros((10, 10))), seed,
        shift + first.sum(), "second covariance is zero")
    spectrum = np.logspace(-10, 2, 10)
    other = np.linalg.qr(random.standard_normal((10, 10)))[0]
    turned = [basis @ np.diag(spectrum) @ basis.T, other @ np.diag(spectrum[::-1]) @ other.T]
    turned = [(matrix + matrix.T) / 2 for matrix in turned]
    yield statistics_case(
        "ill_conditioned", (mean1, turned[0]), (mean1, turned[1]), seed,
        notes="condition number 1e12, different eigenvectors")


def recipe_features(count, seed, width=2048):
    """Features that another language can make again: mixed words of a counter, see `uniform`."""

    def uniform(tag, size):
        # splitmix64's finaliser of (i + seed·1000003 + tag)·golden ratio; the top 24 bits.
        with np.errstate(over="ignore"):
            word = np.arange(size, dtype=np.uint64) + np.uint64(seed * 1_000_003 + tag)
            word = golden_recipe.finalised(word * np.uint64(0x9E3779B97F4A7C15))
        return (word >> np.uint64(40)).astype(float) / 2**24 - 0.5

    first = uniform(1, count * 16).reshape(count, 16)
    second = uniform(2, 16 * width).reshape(16, width)
    noise = uniform(3, count * width).reshape(count, width)
    mixed = np.zeros((count, width))
    for index in range(16):  # in this order in every language
        mixed += first[:, [index]] * second[index]
    return np.maximum(1.5 * mixed + 0.4 * noise + 0.2, 0).astype(np.float32)


def recipe_case():
    x, y = recipe_features(300, 11), recipe_features(260, 12)
    return features_case(
        "recipe_2048", x, y,
        notes="regenerate the features from the recipe; N < D = 2048, rank-deficient at production width",
        params={
            "recipe": "feature recipe of PROTOCOLS", "n1": 300, "n2": 260, "dims": 2048, "seed1": 11,
            "seed2": 12, "x_first4": x[0, :4], "x_sum": x.astype(float).sum(),
            "y_sum": y.astype(float).sum(), "sha256_x": hashlib.sha256(x.tobytes()).hexdigest(),
            "sha256_y": hashlib.sha256(y.tobytes()).hexdigest()})


# Kernel distance


def kernel_case(name, x, y, subset_count, size, input_seed, seed=2020):
    random = np.random.RandomState(seed)
    drawn = [(random.choice(len(x), size, replace=False), random.choice(len(y), size, replace=False))
             for _ in range(subset_count)]
    settings = dict(defaults.DEFAULTS, verbose=False, kid_subsets=subset_count, kid_subset_size=size,
                    rng_seed=seed)
    key = "kernel_inception_distance"
    double = [torch.from_numpy(part).double() for part in (x, y)]
    values = metric_kid.kid_features_to_metric(*double, **settings)
    single = metric_kid.kid_features_to_metric(*map(torch.from_numpy, (x, y)), **settings)
    per_subset = [
        metric_kid.kernel_mmd(double[0].numpy()[first], double[1].numpy()[second], **settings)
        for first, second in drawn]
    gan = references.load("mmd-gan", "gan/compute_scores.py", "gan", ("tensorflow",))
    smaller = min(len(x), len(y))
    kernels = [part[:smaller].numpy() for part in double]
    unbiased = gan.polynomial_mmd(*kernels, ret_var=False)
    kernel = gan.polynomial_kernel
    matrices = (kernel(kernels[0], degree=3, coef0=1), kernel(*kernels, degree=3, coef0=1),
                kernel(kernels[1], degree=3, coef0=1))
    biased = gan._mmd2_and_variance(*matrices, mmd_est="biased", ret_var=False)
    np.random.seed(0)
    clean = kernel_distance(x, y, num_subsets=subset_count, max_subset_size=size)
    return Case(
        f"kid_{name}", "kid",
        {"kernel": "(x.y / D + 1)^3",
         "estimator": "unbiased (diagonals removed; cross term divided by m^2)",
         "subsets": subset_count, "subset_size": size, "subset_seed": seed, "clean_fid_seed": 0,
         "input_seed": input_seed,
         "subset_rng": "numpy RandomState(subset_seed), per subset choice(n1, m, replace=False) then "
         "choice(n2, m, replace=False); the indices are in the npz",
         "scale": "raw (papers print x1000 or x100)"},
        {"kid_mean": values[f"{key}_mean"], "kid_std": values[f"{key}_std"],
         "kid_per_subset": per_subset, "kid_mean_float32_reference": single[f"{key}_mean"],
         "kid_std_float32_reference": single[f"{key}_std"], "mmd2_unbiased_first_m": unbiased,
         "mmd2_biased_first_m": biased, "first_m": smaller, "clean_fid_other_random_subsets": clean},
        {"rel": 1e-6, "abs": 1e-9, "float32_abs": 2e-5,
         "why": "double kernel sums; a float32 implementation loses digits to cancellation (see "
         "kid_mean_float32_reference)"},
        {"impl": "torch-fidelity metric_kid (features cast to float64; also as float32), MMD-GAN "
         "polynomial_mmd, clean-fid kernel_distance", "key": "torch-fidelity"},
        {"x": x, "y": y, "subset1": np.array([first for first, _ in drawn], np.int32),
         "subset2": np.array([second for _, second in drawn], np.int32)},
        notes="std is numpy std ddof 0 over subsets; clean_fid_other_random_subsets uses its own random "
        "subsets (global numpy seed 0) and is only statistically comparable",
        limits={f"kid_{part}_float32_reference": 2e-5 for part in ("mean", "std")}
        | {"clean_fid_other_random_subsets": 2e-5})


def kernel_cases(seed=1012):
    random = np.random.default_rng(seed)

    def features(count, width, shift=0.3):
        return np.maximum(0.5 * random.standard_normal((count, width)) + shift, 0).astype(np.float32)

    yield kernel_case("basic", features(300, 32), features(260, 32, 0.45), 20, 100, seed)
    yield kernel_case("same_distribution", features(250, 48), features(250, 48), 20, 100, seed)
    yield kernel_case("default_size", features(1100, 8), features(1050, 8, 0.4), 5, 1000, seed)


# Neighbours


def distances(first, second):
    """Euclidean distances without the cancelling expansion."""
    return np.sqrt(((first[:, None].astype(float) - second[None]) ** 2).sum(-1))


def neighbour_values(radii_real, radii_fake, cross, k, inside):
    """Precision, recall, density and coverage from distances [real, fake]."""
    in_real, in_fake = inside(cross, radii_real[:, None]), inside(cross, radii_fake[None])
    return {"precision": in_real.any(0).mean(), "recall": in_fake.any(1).mean(),
            "density": in_real.sum() / (k * cross.shape[1]),
            "coverage": inside(cross.min(1), radii_real).mean()}


def neighbour_case(name, real, fake, k, input_seed):
    radii = [np.sort(distances(part, part), 1)[:, k] for part in (real, fake)]
    cross = distances(real, fake)
    expected = {
        "exact_strict": neighbour_values(*radii, cross, k, np.less),
        "exact_inclusive": neighbour_values(*radii, cross, k, np.less_equal)}
    gaps = np.concatenate([
        (np.abs(cross - radii[0][:, None]) / radii[0][:, None]).ravel(),
        (np.abs(cross - radii[1][None]) / radii[1][None]).ravel()])
    ties, margin = int((gaps == 0).sum()), float(gaps[gaps > 0].min())
    if ties == 0:
        agree(expected["exact_strict"], real, fake, k)
    if name == "overlap" and k == 3:
        expected |= {"real_radii_double": radii[0], "fake_radii_double": radii[1]}
    return Case(
        f"prdc_{name}_k{k}", "precision_recall",
        {"k": k, "self_excluded": "the k-th neighbour excludes the point itself (k+1 smallest incl. "
         "self, duplicates count)", "input_seed": input_seed},
        expected,
        {"abs": 0.0, "smallest_relative_margin": margin, "exact_ties": ties,
         "why": "counts; when an exact tie or a margin below float32 resolution exists, reference "
         "implementations disagree among themselves: compare with exact_strict / exact_inclusive for "
         "the chosen convention"},
        {"impl": "prdc (strict <), Kynkaanniemi (<= on squared float32 distances; TF ops shimmed by "
         "numpy), youngjung (strict <, float64), torch-fidelity 0.4 (<=, torch.cdist float32)",
         "key": "prdc"}, {"real": real, "fake": fake})


def agree(exact, real, fake, k):
    """Fails unless every program gives the exact counts where nothing is tied."""
    with silence():
        strict = compute_prdc(real, fake, k)
        pair = metric_prc.calculate_precision_recall_full(
            torch.from_numpy(fake), torch.from_numpy(real), k)
        official = kynkaat().knn_precision_recall_features(real, fake, [k])
    for key in exact:
        assert abs(strict[key] - exact[key]) < 1e-12, (key, strict[key], exact[key])
    for found in (pair, (official["precision"][0], official["recall"][0])):
        assert np.allclose(found, (exact["precision"], exact["recall"]), atol=1e-6), (found, exact)


class Arrays:
    """The TensorFlow operations of Kynkäänniemi's distances, in numpy and single precision."""

    square, reshape, maximum = np.square, np.reshape, np.maximum

    @staticmethod
    def variable_scope(_):
        return silence()

    @staticmethod
    def reduce_sum(values, axis):
        return values.sum(axis)

    @staticmethod
    def matmul(first, second, _, is_transposed):
        return first @ (second.T if is_transposed else second)


def kynkaat():
    module = references.load("kynkaat", "precision_recall.py", stubs=("tensorflow",))
    module.tf = Arrays

    class Distances:
        def __init__(self, *_):
            pass

        def pairwise_distances(self, first, second):
            return module.batch_pairwise_distances(first, second)

    module.DistanceBlock = Distances
    return module


def neighbour_cases(seed=1013):
    random, single = np.random.default_rng(seed), np.float32
    normal = random.standard_normal
    pairs = {"overlap": (normal((200, 8)), normal((180, 8)) + 0.3)}
    pairs["disjoint"] = (normal((60, 5)), normal((50, 5)) + 50)
    real = normal((160, 6))
    real[80:] += 4
    pairs["mode_drop"] = (real, normal((150, 6)))
    pairs["ties_grid"] = (random.integers(0, 4, (90, 3)), random.integers(0, 5, (80, 3)))
    real = normal((70, 10))
    pairs["identical"] = (real, real)
    pairs["outlier"] = (np.vstack([normal((100, 4)), np.full((1, 4), 30)]), normal((90, 4)) + 8)
    for name, (real, fake) in pairs.items():
        for k in (3, 5):
            yield neighbour_case(name, real.astype(single), fake.astype(single), k, seed)
    real, fake = normal((80, 6)).astype(single), (normal((40, 6)) + 0.5).astype(single)
    other = references.load("youngjung", "improved_precision_recall.py")
    official = kynkaat()
    with silence():
        estimator = official.ManifoldEstimator(
            official.DistanceBlock(), real, 80, 80, [3], clamp_to_percentile=50)
        _, scores = estimator.evaluate(fake, return_realism=True)
        radii = other.distances2radii(other.compute_pairwise_distances(real), 3)
    yield Case(
        "realism", "realism",
        {"k": 3, "official": "max_i R_i^2 / (d_i^2 + 1e-5), only hyperspheres with R at or below the "
         "median", "youngjung": "max_i R_i / (d_i + 1e-6), no clamp", "input_seed": seed},
        {"realism_official": scores[:40], "realism_youngjung": [
            other.realism(other.Manifold(real, radii), row[None]) for row in fake]},
        {"rel": 0.001, "why": "float32 squared distances by the |u|^2-2uv+|v|^2 expansion"},
        {"impl": "kynkaat precision_recall.py; youngjung", "key": "kynkaat"},
        {"real": real, "fake": fake})


# Inception score


def inception_score_cases(seed=1014):
    random = np.random.default_rng(seed)
    for name, scale, count, width, splits in (
            ("basic", 2, 500, 20, 10), ("ragged", 1, 257, 10, 10), ("confident", 30, 300, 12, 5)):
        logits = (scale * random.standard_normal((count, width))).astype(np.float32)
        tensor, key = torch.from_numpy(logits), "inception_score"
        plain = metric_isc.isc_features_to_metric(tensor, splits, False)
        shuffled = metric_isc.isc_features_to_metric(tensor, splits, True, 2020)
        shares = torch.softmax(tensor.double(), 1).numpy()
        generated = Anything()
        generated.get_all = lambda: shares
        mean, deviation = stylegan3("compute_is", None, generated, num_gen=count, num_splits=splits)
        parts = [
            metric_isc.isc_features_to_metric(
                tensor[i * count // splits : (i + 1) * count // splits], 1, False)[f"{key}_mean"]
            for i in range(splits)]
        yield Case(
            f"is_{name}", "inception_score",
            {"splits": splits, "shuffle_seed": 2020, "log": "natural", "input_seed": seed},
            {"mean_no_shuffle": plain[f"{key}_mean"], "std_no_shuffle": plain[f"{key}_std"],
             "mean_shuffle2020": shuffled[f"{key}_mean"], "std_shuffle2020": shuffled[f"{key}_std"],
             "stylegan3_formula_mean": mean, "stylegan3_formula_std": deviation,
             "per_split_no_shuffle": parts},
            {"rel": 1e-9, "why": "double log-softmax"},
            {"impl": "torch-fidelity metric_isc; StyleGAN3 inception_score formula",
             "key": "torch-fidelity"},
            {"logits": logits,
             "permutation2020": np.random.RandomState(2020).permutation(count).astype(np.int32)},
            notes="split i covers [i*N//splits, (i+1)*N//splits); std ddof 0. With saturated softmax "
            "the StyleGAN3/ADM form gives 0*log 0 = NaN, torch-fidelity's log_softmax form does not")


options = golden_files.arguments(__doc__, references={"required": True})
references = References(options.references)


def main():
    cases = [*frechet_cases(), *kernel_cases(), *neighbour_cases(), *inception_score_cases()]
    cases += golden_networks.cases(FOLDER, references)
    head = {
        "schema": 1,
        "float_encoding": 'JSON numbers; non-finite values are the strings "NaN", "Infinity", '
        '"-Infinity"',
        "layout": "arrays are row-major; z/latents are [samples, dims]; y/factors are [samples, factors]",
        "versions": golden_files.versions("numpy", "scipy", "sklearn", "torch", "torchvision", "PIL")
        | golden_files.package_versions("pytorch-fid", "torch-fidelity", "clean-fid", "prdc"),
        "references": described("kynkaat", "youngjung", "stylegan3", "mmd-gan")}
    golden_files.finish(options, FOLDER, "expected.json", head, cases, with_shapes=True)


main()
