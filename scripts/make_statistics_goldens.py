"""Writes the values that the statistics of Sources/Results/Statistics are tested against.

Needs scipy and statsmodels:  python scripts/make_statistics_goldens.py > Tests/ResultsTests/Golden/statistics.json"""
import json, sys, warnings
import numpy, scipy, statsmodels
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestIndPower
from statsmodels.stats.weightstats import ttost_ind

warnings.simplefilter("ignore")
generator = numpy.random.default_rng(20260131)


def group(count, mean=0.0, spread=1.0):
    return [round(value, 12) for value in generator.normal(mean, spread, count)]


pairs = [(group(3, 0.2, 0.05), group(3, 0.25, 0.02)), (group(10), group(10, 0.8)), (group(2, 5), group(17, 5, 3)),
         (group(6, 1000, 1e-3), group(5, 1000.001, 1e-3)), (group(5, 1e-6, 1e-8), group(5, 1.1e-6, 1e-7)),
         (group(50), group(50, 3))]
welch = []
for first, second in pairs:
    result = stats.ttest_ind(first, second, equal_var=False)
    interval = result.confidence_interval(0.95)
    margin = float(numpy.std(second, ddof=1))
    welch.append({"first": first, "second": second, "statistic": result.statistic, "p": result.pvalue, "df": result.df,
                  "low": interval.low, "high": interval.high, "margin": margin,
                  "equivalence_p": ttost_ind(first, second, -margin, margin, usevar="unequal")[0]})

permutation = []
for first, second in [pairs[0], (group(5), group(6, 1)), ([1, 2, 2, 3], [2, 3, 3, 4, 2]), (group(8), group(8, 0.7))]:
    result = stats.permutation_test((first, second), lambda a, b: abs(numpy.mean(a) - numpy.mean(b)), alternative="greater",
                                    n_resamples=numpy.inf, vectorized=False)
    permutation.append({"first": first, "second": second, "p": result.pvalue})

wilcoxon = []
for differences in [group(3, 0.5), group(8, 0.5), group(20, 0.3), group(45, 0.2)]:
    result = stats.wilcoxon(differences, method="exact")
    wilcoxon.append({"differences": differences, "statistic": result.statistic, "p": result.pvalue})
for differences in [[1, 1, -2, 3, 3], [0.5, 0.5, -0.5, 1, 2, 2, -3, 4], [0, 1, -1, 2, 0, 3, 3, 5, 0]]:
    kept = [d for d in differences if d != 0]
    result = stats.wilcoxon(kept, method=stats.PermutationMethod(n_resamples=numpy.inf))
    wilcoxon.append({"differences": differences, "statistic": result.statistic, "p": result.pvalue})

holm = []
for p in [[0.01, 0.04, 0.03, 0.005], [0.5, 0.5], [0.2], sorted(generator.uniform(0, 1, 12).tolist()), [0.01, 0.01, 0.01, 0.9]]:
    holm.append({"p": p, "adjusted": multipletests(p, method="holm")[1].tolist()})

bootstrap = []
for first, second in pairs[:3] + [(list(numpy.round(generator.exponential(1, 12), 6)), group(9))]:
    resamples = 200_000
    one = stats.bootstrap((first,), numpy.mean, n_resamples=resamples, rng=1).confidence_interval
    both = stats.bootstrap((first, second), lambda a, b, axis=-1: numpy.mean(a, axis=axis) - numpy.mean(b, axis=axis),
                           n_resamples=resamples, rng=2).confidence_interval
    bootstrap.append({"first": first, "second": second, "mean": [one.low, one.high], "difference": [both.low, both.high]})

ranks = []
for rows, columns in [(3, 4), (10, 5), (6, 3)]:
    scores = numpy.round(generator.uniform(0, 1, (rows, columns)) + numpy.linspace(0, 0.5, columns), 1 if rows == 6 else 4)
    result = stats.friedmanchisquare(*scores.T)
    f = (rows - 1) * result.statistic / (rows * (columns - 1) - result.statistic)
    q = stats.studentized_range.ppf(0.95, columns, numpy.inf)
    ranks.append({"scores": scores.tolist(), "mean_ranks": stats.rankdata(-scores, axis=1).mean(axis=0).tolist(),
                  "statistic": result.statistic, "p": result.pvalue,
                  "iman_davenport_p": stats.f.sf(f, columns - 1, (columns - 1) * (rows - 1)),
                  "critical_difference": q / numpy.sqrt(2) * numpy.sqrt(columns * (columns + 1) / (6 * rows))})

power = []
for effect, count in [(0.2, 3), (0.5, 10), (1.0, 17), (2.0, 3), (3.0, 2), (0.05, 400), (5.0, 4)]:
    solver = TTestIndPower()
    needed = solver.solve_power(effect_size=effect, alpha=0.05, power=0.8) if effect < 2.5 else None
    power.append({"effect": effect, "count": count, "power": float(solver.power(effect, count, 0.05)),
                  "needed": None if needed is None else int(numpy.ceil(needed))})

distributions = {
    "normal_cdf": [[z, stats.norm.cdf(z)] for z in (-8.0, -1.96, 0.0, 0.3, 3.0)],
    "normal_quantile": [[p, stats.norm.ppf(p)] for p in (1e-12, 0.025, 0.5, 0.9, 0.999999)],
    "t_two_sided": [[t, df, 2 * stats.t.sf(abs(t), df)] for t in (0.0, 0.1, 2.0, 30.0) for df in (1.0, 2.7, 30.0, 1e4)],
    "t_quantile": [[p, df, stats.t.ppf(p, df)] for p in (0.6, 0.975, 0.9999) for df in (1.0, 2.7, 30.0, 1e4)],
    "f_upper": [[f, a, b, stats.f.sf(f, a, b)] for f in (0.1, 1.0, 5.0) for a, b in ((1, 4), (3, 12), (20, 200))],
    "chi_squared_upper": [[x, df, stats.chi2.sf(x, df)] for x in (0.01, 1.0, 9.0, 60.0) for df in (1, 4, 19)],
    "normal_range_quantile": [[p, k, stats.studentized_range.ppf(p, k, numpy.inf)] for p in (0.9, 0.95) for k in (2, 5, 10)],
}
versions = {"scipy": scipy.__version__, "statsmodels": statsmodels.__version__, "numpy": numpy.__version__}
json.dump({"versions": versions, "welch": welch, "permutation": permutation, "wilcoxon": wilcoxon, "holm": holm,
           "bootstrap": bootstrap, "ranks": ranks, "power": power, "distributions": distributions},
          sys.stdout, indent=1, default=float)
print()
