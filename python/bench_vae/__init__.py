"""Scores of learned representations and of generated images, equal to the reference implementations'.

    import bench_vae
    bench_vae.score(codes, factors)["metrics"]["mig"]["value"]
    bench_vae.fid(real_features, generated_features)["metrics"]["fid"]["value"]

Every function runs the program `bench`, which is installed with this package, and returns what the same
command prints with `--json`, to the last digit. Arguments that are not named here are the command's options:
`seed=3` is `--seed 3`, `ci=True` is `--ci`, a list is joined by commas (see `bench score --help`).
"""

import os
import pathlib
import tempfile
import warnings
from typing import Any, Dict, Mapping, Optional, Sequence, Tuple, Union

import numpy as np

from ._program import BenchError, program, run

__all__ = ["BenchError", "compare", "encode", "fid", "program", "run", "score"]

Array = Any
"""What numpy makes an array of: an array, nested lists, a tensor on the CPU, a data frame's values."""
Path = Union[str, "os.PathLike[str]"]
Side = Union[Path, Array, Mapping[str, Array], Tuple[Array, Array]]
Names = Union[str, Sequence[str]]
Result = Dict[str, Any]


def score(codes: Array, factors: Optional[Array] = None, attributes: Optional[Array] = None,
          metrics: Optional[Names] = None, *, test_codes: Optional[Array] = None,
          test_factors: Optional[Array] = None, factor_names: Optional[Sequence[str]] = None,
          attribute_names: Optional[Sequence[str]] = None, factor_sizes: Optional[Sequence[int]] = None,
          settings: Optional[Mapping[str, float]] = None, **options: Any) -> Result:
    """Disentanglement metrics of codes: `bench score`.

    Args:
        codes: float [samples, latents], or [samples, units, size] for codes made of vectors.
        factors: class indices [samples, factors].
        attributes: 0 or 1 [samples, attributes].
        metrics: names such as ["mig", "dci"], or "all"; by default all that the inputs allow.
        test_codes, test_factors: a test sample of the same widths; without one, rows are drawn.
        factor_names, attribute_names: one name per column.
        factor_sizes: the number of values of each factor.
        settings: numbers of a metric's protocol, such as {"mig.num_bins": 10}.
        **options: of the command, such as seed=0, ci=True, train=5000, align=["pca"], rotations=199.

    Returns:
        {"metrics": {"mig": {"value": …, …}, …}, …}. A metric that was named and has no value has None
        there, with a "reason", which is warned of.

    Raises:
        BenchError: the inputs cannot be scored; its text says what is wrong with them.
    """
    given = {
        "codes": codes, "factors": factors, "attributes": attributes, "test_codes": test_codes,
        "test_factors": test_factors, "factor_names": factor_names, "attribute_names": attribute_names,
        "factor_sizes": factor_sizes,
    }
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        path = _save(folder, "codes", {name: array for name, array in given.items() if array is not None})
        return _warned(run("score", path, metrics=metrics, _settings=settings or {}, **options))


def fid(a: Side, b: Side, metrics: Optional[Names] = None, **options: Any) -> Result:
    """FID, KID, precision, recall and more of generated images against real ones: `bench fid`.

    Each side is one of: a path (a folder of images, or a file that the command reads); features, float
    [images, width]; images, uint8 [images, height, width, 3 or 1]; statistics, (mu [width], sigma
    [width, width]); or a mapping of arrays that an .npz file would hold ("features" with "logits", "mu"
    with "sigma"). Images and folders need libtorch (`pip install bench-vae[torch]`) and, but for
    `features="builtin"`, the network's weights (`bench weights fetch inception`).

    Args:
        a: the reference (real) set.
        b: the generated set.
        metrics: names such as ["fid", "kid"]; by default all that both sides allow.
        **options: of the command, such as protocol="clean-fid", features="builtin", k=5, seed=0.

    Returns:
        {"metrics": {"fid": {"value": …, …}, …}, "protocol": {…}, …}.

    Raises:
        BenchError: the sides cannot be compared; its text says why.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        sides = [_side(folder, name, side) for name, side in (("a", a), ("b", b))]
        return _warned(run("fid", *sides, metrics=metrics, **options))


def encode(checkpoint: Path, **options: Any) -> Dict[str, np.ndarray]:
    """Codes of a trained model, with their factors: `bench encode`. Needs libtorch.

    Args:
        checkpoint: the folder of a run that `bench train` or `bench disentangle` left.
        **options: of the command, such as dataset="shapes3d", count=10000, spectrum=True.

    Returns:
        Arrays by name: "codes" float [samples, latents], "factors" int [samples, factors], and more;
        `score(**{name: arrays[name] for name in ("codes", "factors")})` takes them.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        path = pathlib.Path(folder, "codes.npz")
        run("encode", checkpoint=checkpoint, out=path, **options)
        with np.load(path, allow_pickle=False) as archive:
            return dict(archive)


def compare(*paths: Path, **options: Any) -> Result:
    """Runs beside published numbers, with verdicts: `bench compare`.

    Args:
        *paths: run folders, result files, published tables ("baselines" are those of the package).
        **options: of the command, such as against="baselines/reference", metric=["mig"], versus="beta-vae".

    Returns:
        {"tables": […], "failures": […], …}; failures are limits that do not hold and models that became
        worse, for which the command would end with 1.
    """
    return run("compare", *paths, **options)


def _save(folder: str, name: str, arrays: Mapping[str, Array]) -> pathlib.Path:
    made = {key: np.asarray(array) for key, array in arrays.items()}
    for key, array in made.items():
        if array.dtype.kind == "b":
            made[key] = array.astype(np.uint8)
        elif array.dtype.kind not in "iufU":
            raise TypeError(f"{key} is an array of {array.dtype}; it must hold numbers or texts")
    path = pathlib.Path(folder, f"{name}.npz")
    np.savez(path, **made)
    return path


def _side(folder: str, name: str, side: Side) -> Path:
    if isinstance(side, (str, os.PathLike)):
        return side
    if isinstance(side, tuple):
        mu, sigma = side
        side = {"mu": mu, "sigma": sigma}
    if isinstance(side, Mapping):
        return _save(folder, name, side)
    array = np.asarray(side)
    if array.ndim == 2:
        return _save(folder, name, {"features": array})
    if array.ndim == 4 and array.dtype == np.uint8:
        return _save(folder, name, {"arr_0": array})
    raise TypeError(f"{name} is {array.dtype} {list(array.shape)}; features are [images, width], images are "
                    "uint8 [images, height, width, channels]")


def _warned(result: Result) -> Result:
    for name, metric in result["metrics"].items():
        if metric.get("value", 0) is None:
            warnings.warn(f"{name} has no value: {metric.get('reason')}", stacklevel=3)
    return result
