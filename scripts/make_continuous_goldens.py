"""Makes Tests/DisentanglementTests/Golden/continuous.json and the arrays beside it.

usage: python scripts/make_continuous_goldens.py [--check]

Metrics of continuous factors: correlations by NumPy and SciPy, assignments by SciPy, regressions by
scikit-learn. With --check nothing is written: see golden_files.py.

    pip install numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1
"""

import warnings

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.stats import spearmanr
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV

import golden_files
from golden_files import Case

FOLDER = golden_files.TESTS / "DisentanglementTests/Golden"
warnings.simplefilter("ignore")


def assignment_case(name, cost):
    rows, columns = linear_sum_assignment(cost)
    return Case(
        f"assignment_{name}", "assignment", {"unique": name != "ties"},
        {"columns": columns, "cost": cost[rows, columns].sum()},
        {"abs": 1e-12, "why": "a sum of a few numbers"},
        {"impl": "scipy.optimize.linear_sum_assignment"}, {"cost": cost})


def correlations(codes, values, rank):
    count = codes.shape[1]
    if rank:
        return np.abs(spearmanr(codes, values)[0][:count, count:])
    return np.abs(np.corrcoef(codes, values, rowvar=False)[:count, count:])


def mean_correlation(codes, values, rank=False, test=None):
    """icebeem's mean_corr_coef, and with a test sample its mean_corr_coef_out_of_sample."""
    assigned = linear_sum_assignment(-correlations(codes, values, rank))
    return correlations(*(test or (codes, values)), rank)[assigned].mean()


def standardised(train, test):
    mean, deviation = train.mean(0), train.std(0)
    return (train - mean) / deviation, (test - mean) / deviation


def determination(codes, values, test_codes, test_values, model):
    x, test_x = standardised(codes, test_codes)
    y, test_y = standardised(values, test_values)
    return [r2_score(test_y[:, factor], model().fit(x, y[:, factor]).predict(test_x))
            for factor in range(y.shape[1])]


def kernel():
    grid = {"alpha": [1, 0.1, 1e-2, 1e-3], "gamma": np.logspace(-2, 2, 5)}
    return GridSearchCV(KernelRidge(kernel="rbf", gamma=0.1), grid, cv=3)


def codes_case(name, random, latents, factors, train, test, mix):
    values = random.uniform(-1, 1, (train + test, factors))
    codes = mix(values, random) + 0.1 * random.standard_normal((train + test, latents))
    codes = codes.astype(np.float32).astype(float)
    parts = codes[:train], values[:train], codes[train:], values[train:]
    expected = {
        "mcc": mean_correlation(*parts[:2]),
        "mcc:spearman": mean_correlation(*parts[:2], rank=True),
        "mcc:out-of-sample": mean_correlation(*parts[:2], test=parts[2:]),
        "r2:linear": determination(*parts, LinearRegression),
        "r2:kernel": determination(*parts, kernel)}
    return Case(
        f"continuous_{name}", "continuous", {}, expected,
        {"abs": 1e-8, "why": "double precision on both sides; a kernel's system has a condition below 1e6"},
        {"impl": "numpy.corrcoef, scipy.stats.spearmanr, linear_sum_assignment; LinearRegression; "
         "GridSearchCV of KernelRidge(rbf), alpha 1 to 1e-3, gamma 1e-2 to 1e2, cv 3"},
        {"codes": parts[0], "values": parts[1], "test_codes": parts[2], "test_values": parts[3]})


def main():
    random = np.random.default_rng(5)
    mixing = random.standard_normal((3, 4))
    cases = [
        assignment_case("square", random.standard_normal((7, 7))),
        assignment_case("wide", random.uniform(-3, 1, (4, 9))),
        assignment_case("one", random.standard_normal((1, 5))),
        assignment_case("ties", random.integers(0, 3, (6, 8)).astype(float)),
        codes_case("axes", random, 5, 3, 90, 60, lambda values, random: np.hstack(
            [values[:, ::-1], random.standard_normal((len(values), 2))])),
        codes_case("mixed", random, 4, 3, 75, 50, lambda values, _: values @ mixing),
        codes_case("curved", random, 3, 3, 80, 40, lambda values, _: np.sin(2 * values) ** 3)]
    head = {"schema": 1, "versions": golden_files.versions("numpy", "scipy", "sklearn")}
    golden_files.finish(options, FOLDER, "continuous.json", head, cases)


options = golden_files.arguments(__doc__)
main()
