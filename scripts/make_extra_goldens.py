"""Makes Tests/DisentanglementTests/Golden/extra.json and the arrays beside it.

usage: python scripts/make_extra_goldens.py --references FOLDER [--check]

FactorVAE votes with exact ties and with a constant latent, UDR, and the factor draws of
`generate_batch_factor_code`: cases that no published file has, run through disentanglement_lib
(a checkout in FOLDER, see golden_references.py). With --check nothing is written: see golden_files.py.

    pip install numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1 six absl-py
"""

import types
import warnings

import numpy as np
import scipy.stats
import sklearn
from sklearn.linear_model import Lasso

import golden_files
from golden_disentanglement import Grid, factor_vae_values
from golden_files import Case
from golden_inputs import grid
from golden_references import References, described, replaced

METRICS = "disentanglement_lib/evaluation/metrics"
SIZES = [5, 4, 3]
warnings.simplefilter("ignore")


def votes_case(name, codebook, threshold, seed, input_seed=None):
    params = {"batch_size": 64, "num_train": 400, "num_eval": 200, "num_variance_estimate": 1000,
              "prune_threshold": threshold, "factor_sizes": SIZES, "seed": seed}
    values, arrays = factor_vae_values(
        references.load("dlib", f"{METRICS}/factor_vae.py"), codebook, SIZES, seed, params)
    fields = ("train_accuracy", "eval_accuracy", "global_variances", "votes_train", "votes_eval")
    return Case(
        f"factorvae_{name}", "factor_vae_score",
        params | ({} if input_seed is None else {"input_seed": input_seed}),
        {field: values[field] for field in fields}, {"abs": 1e-9, "why": "integer votes"},
        {"impl": "disentanglement_lib factor_vae.compute_factor_vae", "key": "dlib"},
        {"codebook": arrays["codebook"]}, limits={"global_variances~": 1e-5})


def ties():
    """Latents that are the same factor thrice, at three scales, in arithmetic that rounds alike."""
    states = (grid(SIZES) / (np.array(SIZES) - 1)).astype(np.float32)
    single = np.float32
    return np.column_stack([
        single(0.1) + single(0.7) * states, single(-0.37) + single(1.3) * states,
        single(0.9) * states[:, ::-1]])


def udr_case(random, input_seed):
    """Three models of four sources: permuted, squashed, and rotated with a cube beside."""
    source = random.standard_normal((400, 4))
    basis = np.linalg.qr(random.standard_normal((4, 4)))[0]
    models = [
        np.column_stack([source[:, 2], -2 * source[:, 0], 0.5 * source[:, 3], source[:, 1],
                         0.01 * random.standard_normal(400)]),
        np.column_stack([np.tanh(source), 0.02 * random.standard_normal(400)]),
        np.column_stack([source @ basis, source[:, 0] ** 3])]
    kl = [[1.0, 2.0, 0.5, 1.0, 0.001], [0.8, 1.2, 0.6, 0.9, 0.005], [1.0, 1.0, 1.0, 1.0, 0.5]]
    udr = references.load("dlib", "disentanglement_lib/evaluation/udr/metrics/udr.py")
    data = types.SimpleNamespace(sample_observations=lambda *_: None)
    functions = [lambda _, z=z, k=k: (z, np.array(k)) for z, k in zip(models, kl)]
    # The program stops scikit-learn's Lasso at 1e-4; the optimum is what can be compared.
    precise = types.SimpleNamespace(
        Lasso=lambda **settings: Lasso(tol=1e-10, max_iter=1_000_000, **settings))
    expected = {}
    for matrix in ("lasso", "spearman"):
        with replaced(udr, linear_model=precise):
            scores = udr.compute_udr_sklearn(
                data, functions, None, batch_size=400, num_data_points=400, correlation_matrix=matrix)
        pairs = np.array(scores["pairwise_disentanglement_scores"])[:, :, 0]
        expected[matrix] = {"pairs": pairs, "models": scores["model_scores"]}
    return Case(
        "udr", "udr", {"kl": kl, "threshold": 0.01, "alpha": 0.1, "input_seed": input_seed}, expected,
        {"abs": 1e-6, "why": "coordinate descent to 1e-10 on both sides"},
        {"impl": f"disentanglement_lib udr.compute_udr_sklearn with scikit-learn "
         f"{sklearn.__version__} Lasso, scipy {scipy.__version__} spearmanr", "key": "dlib"},
        {f"model{index}": model for index, model in enumerate(models)})


def sampling_case(seed=7):
    utils = references.load("dlib", f"{METRICS}/utils.py")
    random, data = np.random.RandomState(seed), Grid(SIZES)
    data.sample = lambda count, random: (
        data.sample_factors(count, random), np.zeros((count, 1)))
    parts = [
        utils.generate_batch_factor_code(data, lambda drawn: drawn, count, random, 16)[1].T
        for count in (40, 20)]
    return Case(
        "batches_of_16", "sampling",
        {"seed": seed, "train": 40, "test": 20, "factor_sizes": SIZES},
        {"factors": np.concatenate(parts)}, {"abs": 0, "why": "bit-exact generator"},
        {"impl": "disentanglement_lib utils.generate_batch_factor_code", "key": "dlib"})


options = golden_files.arguments(__doc__, references={"required": True})
references = References(options.references)


def main(input_seed=5):
    random, codebook = np.random.default_rng(input_seed), ties()
    constant = np.column_stack([
        grid(SIZES) / (np.array(SIZES) - 1), np.full(60, 0.3), random.standard_normal(60)])
    cases = [
        votes_case("ties_float32", codebook, 0.05, 0),
        votes_case("ties_float64", codebook.astype(float), 0.05, 4),
        votes_case("unpruned_constant", constant.astype(np.float32).astype(float), 0.0, 2, input_seed),
        udr_case(random, input_seed), sampling_case()]
    head = {"versions": golden_files.versions("numpy", "scipy", "sklearn"), "references": described("dlib")}
    golden_files.finish(
        options, golden_files.TESTS / "DisentanglementTests/Golden", "extra.json", head, cases)


main()
