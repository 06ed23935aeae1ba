"""Golden values of the regression estimators of DCI, from scikit-learn.

make_dci_tad_goldens.py adds these cases to its own. The aggregation is that of qedr's
lib/eval/regression.py with the 1e-12 of InfoDiffusion's metric_utils.py, written out here.
"""

import numpy as np
import sklearn
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import Lasso

TINY = 1e-12
DEPTHS = [12, 10, 3, 3, 3]


def concentrations(importances):
    shares = importances + TINY
    shares = shares / shares.sum(0)
    count = importances.shape[0]
    return 1 + (shares * np.log(shares + TINY)).sum(0) / np.log(count + TINY)


def score(arrays, model):
    z_train, y_train = arrays["z_train"].astype(float), arrays["y_train"].astype(float)
    z_test, y_test = arrays["z_test"].astype(float), arrays["y_test"].astype(float)
    mean, deviation = z_train.mean(0), z_train.std(0)
    deviation[deviation == 0] = 1
    z_train, z_test = (z_train - mean) / deviation, (z_test - mean) / deviation
    mean, deviation = y_train.mean(0), y_train.std(0)
    y_train, y_test = (y_train - mean) / deviation, (y_test - mean) / deviation
    columns, train, test = [], [], []
    for factor in range(y_train.shape[1]):
        fitted = model(factor).fit(z_train, y_train[:, factor])
        columns.append(np.abs(getattr(fitted, "coef_", getattr(fitted, "feature_importances_", None))))
        for rows, truth, errors in ((z_train, y_train, train), (z_test, y_test, test)):
            residual = fitted.predict(rows) - truth[:, factor]
            errors.append(float(np.sqrt((residual**2).mean()) / truth[:, factor].std()))
    importance = np.stack(columns, 1)
    shares = importance.sum(1) / importance.sum()
    return dict(
        importance=importance.tolist(),
        disentanglement=float((concentrations(importance.T) * shares).sum()),
        completeness=float(concentrations(importance).mean()),
        error_train=float(np.mean(train)),
        error_test=float(np.mean(test)),
    )


def cases(arrays_of):
    """The fields of every case; `arrays_of` gives the arrays of a golden file's case."""
    for name in ("axis", "mixed", "noise"):
        inputs = f"dci_gbt_{name}.npz"
        arrays = arrays_of(f"dci_gbt_{name}")
        reference = {"impl": f"scikit-learn {sklearn.__version__}, scripts/make_dci_regression_goldens.py"}
        lasso = score(arrays, lambda _: Lasso(alpha=0.02, tol=1e-12, max_iter=1_000_000))
        yield dict(
            id=f"dci_lasso_{name}", metric="dci_lasso", params={"alpha": 0.02}, expected=lasso,
            tolerance={"abs": 1e-6, "why": "both solve a convex problem; stopping rules differ"},
            reference=reference, inputs=inputs)
        runs = [
            score(arrays, lambda k: RandomForestRegressor(
                n_estimators=10, max_depth=DEPTHS[min(k, 4)], random_state=seed * 100 + k))
            for seed in range(20)
        ]
        expected, tolerance = {}, {}
        for field in ("disentanglement", "completeness", "error_train", "error_test"):
            values = [run[field] for run in runs]
            expected[field] = {"mean": float(np.mean(values)), "std": float(np.std(values))}
            tolerance[field] = round(5 * float(np.std(values)) * np.sqrt(1 / 20 + 1 / 10), 6)
        yield dict(
            id=f"dci_forest_regressor_{name}", metric="dci_forest_regressor",
            params={"n_estimators": 10, "max_depth": DEPTHS, "seeds": 20}, expected=expected,
            tolerance={"abs": tolerance,
                       "why": "compare means over ten seeds: five standard errors of the difference"},
            reference=reference, inputs=inputs)
