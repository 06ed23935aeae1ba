"""The package equals the program, and fails as it does. Run in an environment that the wheel is installed in."""
import json
import pathlib
import subprocess
import sys

import numpy as np
import pytest

import bench_vae

GOLDEN = pathlib.Path(__file__).resolve().parents[2] / "Tests"
NAMES = {"z": "codes", "z_train": "codes", "v": "codes", "y": "factors", "y_train": "factors",
         "z_test": "test_codes", "y_test": "test_factors"}


def command(*words):
    """What the program itself prints with --json."""
    run = subprocess.run([bench_vae.program(), *map(str, words), "--json", "--quiet"], capture_output=True, text=True)
    assert run.returncode in (0, 1, 2), run.stderr
    return json.loads(run.stdout)


def timeless(result):
    """A result without what differs from run to run."""
    return {name: value for name, value in result.items() if name not in ("seconds", "provenance")}


def cases():
    for path in sorted((GOLDEN / "DisentanglementTests/Golden").glob("*.npz")):
        with np.load(path) as archive:
            if {"z", "z_train", "v"} & set(archive.files):
                yield pytest.param(path, id=path.stem)


def arrays(path):
    names = dict(NAMES, **({"y": "attributes"} if path.stem.startswith("tad") else {}))
    with np.load(path) as archive:
        return {names[name]: archive[name] for name in archive.files if name in names}


@pytest.mark.parametrize("path", list(cases()))
@pytest.mark.filterwarnings("ignore:.*has no value")
def test_scores_equal_the_command(path, tmp_path):
    given = arrays(path)
    np.savez(tmp_path / "codes.npz", **given)
    options = ["--set", "factorvae.num_train=300", "--set", "betavae.num_train=300"]
    try:
        found = bench_vae.score(**given, quiet=True, settings={
            "factorvae.num_train": 300, "betavae.num_train": 300})
    except bench_vae.BenchError as error:
        with pytest.raises(AssertionError, match="^bench: .*" + str(error)[-60:].replace("(", ".").replace(")", ".")):
            command("score", tmp_path / "codes.npz", *options)
    else:
        assert timeless(found) == timeless(command("score", tmp_path / "codes.npz", *options))
        assert found["metrics"]


def test_every_metric_equals_the_command(tmp_path):
    random = np.random.default_rng(0)
    factors = random.integers(0, 4, (600, 3))
    codes = np.concatenate([factors + random.normal(0, 0.3, factors.shape), random.normal(size=(600, 2))], axis=1)
    attributes = (factors > 1).astype(int)
    np.savez(tmp_path / "codes.npz", codes=codes, factors=factors, attributes=attributes)
    found = bench_vae.score(codes, factors, attributes, metrics="all", align=["pca", "rotation"], ci=True,
                            ci_resamples=3, seed=7, quiet=True)
    assert timeless(found) == timeless(command(
        "score", tmp_path / "codes.npz", "--metrics", "all", "--align", "pca,rotation", "--ci", "--ci-resamples", 3,
        "--seed", 7))
    assert len(found["metrics"]) >= 20


def test_a_golden_value():
    expected = json.loads((GOLDEN / "DisentanglementTests/Golden/expected.json").read_text())
    case = next(case for case in expected["cases"] if case["id"] == "mig_shapes3d")
    given = arrays(GOLDEN / "DisentanglementTests/Golden" / case["inputs"])
    assert bench_vae.score(**given, metrics=["mig"])["metrics"]["mig"]["value"] == pytest.approx(
        case["expected"]["discrete_mig"], abs=1e-9)


@pytest.mark.parametrize("name", ["fid_well_conditioned", "fid_closed_diagonal", "kid_basic", "prdc_overlap_k5"])
@pytest.mark.filterwarnings("ignore:.*has no value")
def test_fid_equals_the_command(name, tmp_path):
    with np.load(GOLDEN / f"GenerationMetricsTests/Golden/{name}.npz") as archive:
        given = dict(archive)
    if "mu1" in given:
        sides = [(given[f"mu{i}"], given[f"sigma{i}"]) for i in (1, 2)]
        for side, path in zip(sides, "ab"):
            np.savez(tmp_path / f"{path}.npz", mu=side[0], sigma=side[1])
    else:
        sides = [given[key] for key in (("x", "y") if "x" in given else ("real", "fake"))]
        for side, path in zip(sides, "ab"):
            np.savez(tmp_path / f"{path}.npz", features=side)
    found = bench_vae.fid(*sides, quiet=True)
    assert found["metrics"] == command("fid", tmp_path / "a.npz", tmp_path / "b.npz")["metrics"]
    assert found["metrics"]
    assert bench_vae.fid(tmp_path / "a.npz", tmp_path / "b.npz")["metrics"] == found["metrics"]


def test_compare_finds_the_baselines(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = bench_vae.compare("baselines/published")
    assert found == command("compare", "baselines/published")
    assert len(found["tables"]) > 10


def test_errors_are_the_program_s_sentences(tmp_path):
    with pytest.raises(bench_vae.BenchError, match="factors") as error:
        bench_vae.score(np.zeros((10, 2)), np.zeros((9, 3), int))
    assert error.value.code == 2 and "\n" not in str(error.value)
    with pytest.raises(bench_vae.BenchError, match="nonsense") as error:
        bench_vae.score(np.zeros((10, 2)), np.zeros((10, 3), int), metrics=["nonsense"])
    assert error.value.code == 64
    with pytest.raises(bench_vae.BenchError, match="no such file|does not exist|cannot"):
        bench_vae.fid(tmp_path / "missing.npz", np.zeros((5, 3)))
    with pytest.raises(TypeError, match="codes is an array of object"):
        bench_vae.score([[None, 1]], [[0]])
    with pytest.raises(TypeError, match="float64 .3, 4, 5."):
        bench_vae.fid(np.zeros((3, 4, 5)), np.zeros((5, 3)))


def test_a_named_metric_without_a_value_is_warned_of():
    random = np.random.default_rng(0)
    with pytest.warns(UserWarning, match="tad has no value: .*attributes"):
        found = bench_vae.score(random.normal(size=(300, 3)), random.integers(0, 3, (300, 2)), metrics=["mig", "tad"])
    assert found["metrics"]["tad"]["value"] is None
    assert found["metrics"]["mig"]["value"] is not None


def test_notes_reach_python_s_standard_error(capsys):
    random = np.random.default_rng(0)
    bench_vae.fid(random.normal(size=(30, 4)), random.normal(size=(30, 4)))
    assert "without kid" in capsys.readouterr().err


def test_the_module_is_the_program():
    run = subprocess.run([sys.executable, "-m", "bench_vae", "--version"], capture_output=True, text=True)
    assert run.stdout == subprocess.run(
        [bench_vae.program(), "--version"], capture_output=True, text=True).stdout != ""


needs_libtorch = pytest.mark.skipif(
    "libtorch" in command("doctor")["missing"], reason="libtorch is not in this environment")


@needs_libtorch
def test_encode_gives_what_score_takes(tmp_path):
    bench_vae.run("train", dataset="scenes3d", model="beta-vae", preset="smoke", steps=5, out=tmp_path / "run", quiet=True)
    arrays = bench_vae.encode(tmp_path / "run", count=600, quiet=True)
    assert arrays["codes"].shape[0] == arrays["factors"].shape[0]
    assert bench_vae.score(arrays["codes"], arrays["factors"], metrics=["mig"])["metrics"]["mig"]["value"] >= 0


def test_images_are_arrays(tmp_path):
    random = np.random.default_rng(0)
    sides = [random.integers(0, high, (40, 16, 16, 3), dtype=np.uint8) for high in (255, 200)]
    for side, name in zip(sides, "ab"):
        np.savez(tmp_path / f"{name}.npz", arr_0=side)
    found = bench_vae.fid(*sides, features="builtin", quiet=True)
    assert found["metrics"] == command("fid", tmp_path / "a.npz", tmp_path / "b.npz", "--features", "builtin")["metrics"]
    assert any(metric["value"] > 0 for metric in found["metrics"].values())
