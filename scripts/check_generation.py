"""Checks `bench fid` against reference values, case by case, through the command line alone.

usage: python scripts/check_generation.py GOLDEN [--features DIR] [--bench .build/release/bench]
           [--threads 2] [--only PREFIX]

GOLDEN holds expected.json (cases with inputs, expected values and tolerances) and one .npz per
case. DIR holds real Inception features (flowers2019_part*.npy, flowers2019.names.txt) and
golden.json with pytorch-fid's and prdc's values between subsets of them. Needs numpy.
Exit code 1 if a value is outside its tolerance.
"""

import argparse
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import zlib

import numpy as np

arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
arguments.add_argument("golden", type=pathlib.Path)
arguments.add_argument("--features", type=pathlib.Path)
arguments.add_argument("--bench", default=".build/release/bench")
arguments.add_argument("--threads", type=int, default=2)
arguments.add_argument("--only", default="")
options = arguments.parse_args()
folder = pathlib.Path(tempfile.mkdtemp(prefix="bench-check-"))
failures = 0


def bench(*words):
    """The JSON that `bench fid` prints, or its exit code and message."""
    command = [options.bench, "fid", *map(str, words), "--json", "--quiet"]
    run = subprocess.run(
        [*command, "--threads", str(options.threads)], capture_output=True, text=True
    )
    if run.returncode:
        return {"exit": run.returncode, "message": run.stderr.strip()}
    return json.loads(run.stdout) if run.stdout.strip() else {}


def check(case, what, found, expected, tolerance):
    """Prints one comparison; `tolerance` is absolute."""
    global failures
    isClose = isinstance(found, (int, float)) and abs(found - expected) <= tolerance
    failures += not isClose
    difference = abs(found - expected) if isinstance(found, (int, float)) else found
    print(
        f"{'ok  ' if isClose else 'FAIL'} {case:32} {what:26} {expected:<24.15g} "
        f"difference {difference:.2e} of {tolerance:.1e}"
        if isinstance(difference, float)
        else f"FAIL {case} {what}: {found}"
    )


def features(name, values, **others):
    path = folder / f"{name}.npz"
    np.savez(path, features=values, **others)
    return path


def statistics(name, mu, sigma):
    path = folder / f"{name}.npz"
    np.savez(path, mu=mu, sigma=sigma)
    return path


def value(result, metric, field="value"):
    return result.get("metrics", {}).get(metric, {}).get(field, result)


def checkFID(case, archive):
    name, expected = case["id"], case["expected"]
    if "mu1" in archive:
        sides = [statistics(f"{name}-{i}", archive[f"mu{i}"], archive[f"sigma{i}"]) for i in (1, 2)]
    else:
        sides = [features(f"{name}-{key}", archive[key]) for key in "xy"]
    result = bench(*sides, "--metrics", "fid")
    if "truth" not in expected:
        global failures
        isRefused = result.get("exit") == 2 and result["message"].count("\n") == 0
        failures += not isRefused
        print(f"{'ok  ' if isRefused else 'FAIL'} {name:32} refused: {result}")
        return
    tolerance = case["tolerance"]["abs"]
    check(name, "truth", value(result, "fid"), expected["truth"], tolerance)
    check(name, "pytorch-fid", value(result, "fid"), expected["pytorch_fid"], tolerance)
    if "mu1" in archive:
        return
    biased = value(bench(*sides, "--metrics", "fid:stylegan"), "fid:stylegan")
    check(name, "stylegan", biased, expected["stylegan3_biased_cov_truth"], tolerance)
    checkForms(name, archive, value(result, "fid"), tolerance)


def checkForms(name, archive, reference, tolerance):
    """The same set in other forms: statistics made by numpy or by bench on either side, .npy files,
    double precision, the sides exchanged, another number of threads."""
    x, y = archive["x"], archive["y"]
    own = [features(f"{name}-own-{i}", values) for i, values in enumerate((x, y))]
    numpy = [
        statistics(f"{name}-numpy-{i}", v.astype(float).mean(0), np.cov(v.astype(float), rowvar=False))
        for i, v in enumerate((x, y))
    ]
    saved = [folder / f"{name}-saved-{i}.npz" for i in (0, 1)]
    for source, target in zip(own, saved):
        bench(source, "--save-stats", target)
    arrays = [folder / f"{name}-{i}.npy" for i in (0, 1)]
    for path, values in zip(arrays, (x, y)):
        np.save(path, values)
    double = [features(f"{name}-f8-{i}", v.astype(float)) for i, v in enumerate((x, y))]
    forms = {
        "numpy's statistics": numpy, "statistics on the left": (numpy[0], own[1]),
        "statistics on the right": (own[0], numpy[1]), "saved statistics": saved, ".npy": arrays,
        "double": double, "exchanged": own[::-1], "one thread": (*own, "--threads", 1),
    }
    for form, sides in forms.items():
        found = value(bench(*sides, "--metrics", "fid"), "fid")
        isSame = form in (".npy", "double", "one thread")
        check(name, form, found, reference, 1e-9 * (1 + abs(reference)) if isSame else tolerance)
    half = [features(f"{name}-f2-{i}", v.astype(np.float16)) for i, v in enumerate((x, y))]
    single = [features(f"{name}-f2f4-{i}", v.astype(np.float16).astype(np.float32)) for i, v in enumerate((x, y))]
    results = [value(bench(*sides, "--metrics", "fid"), "fid") for sides in (half, single)]
    check(name, "half precision", *results, 1e-12 * (1 + abs(reference)))


def recipe(count, width, seed):
    """The documented deterministic features at production width."""

    def uniform(tag, number):
        with np.errstate(over="ignore"):
            word = np.arange(number, dtype=np.uint64) + np.uint64(seed * 1_000_003 + tag)
            word *= np.uint64(0x9E3779B97F4A7C15)
            word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            word ^= word >> np.uint64(31)
        return (word >> np.uint64(40)).astype(np.float64) / 2.0**24 - 0.5

    a, b = uniform(1, count * 16).reshape(count, 16), uniform(2, 16 * width).reshape(16, width)
    noise = uniform(3, count * width).reshape(count, width)
    return np.maximum(1.5 * a @ b + 0.4 * noise + 0.2, 0).astype(np.float32)


def checkRecipe(case):
    params = case["params"]
    x = recipe(params["n1"], params["dims"], params["seed1"])
    y = recipe(params["n2"], params["dims"], params["seed2"])
    result = bench(features("x", x), features("y", y), "--metrics", "fid")
    check(case["id"], "truth", value(result, "fid"), case["expected"]["truth"], 1e-6)
    sides = [
        statistics(f"recipe-{i}", v.astype(float).mean(0), np.cov(v.astype(float), rowvar=False))
        for i, v in enumerate((x, y))
    ]
    tolerance = case["tolerance"]["abs"]
    found = value(bench(*sides, "--metrics", "fid"), "fid")
    check(case["id"], "from statistics", found, case["expected"]["truth"], tolerance)


def checkKID(case, archive):
    params, expected, limit = case["params"], case["expected"], case["tolerance"]
    result = bench(
        *(features(f"{case['id']}-{key}", archive[key]) for key in "xy"), "--metrics", "kid",
        "--kid-subsets", params["subsets"], "--kid-subset-size", params["subset_size"],
    )
    for field, key in (("value", "kid_mean"), ("std", "kid_std")):
        tolerance = limit["rel"] * abs(expected[key]) + limit["abs"]
        check(case["id"], key, value(result, "kid", field), expected[key], tolerance)
    first = [features(f"{case['id']}-first-{key}", archive[key][: expected["first_m"]]) for key in "xy"]
    reference = expected["mmd2_unbiased_first_m"]
    found = value(bench(*first, "--metrics", "kid:all"), "kid:all")
    check(case["id"], "all of the first", found, reference, limit["rel"] * abs(reference) + limit["abs"])


def checkNeighbours(case, archive):
    sides = [features(f"{case['id']}-{key}", archive[key]) for key in ("real", "fake")]
    for inside in ("strict", "inclusive"):
        result = bench(
            *sides, "--metrics", "precision,recall,density,coverage", "--k", case["params"]["k"],
            "--inside", inside,
        )
        for metric, expected in case["expected"][f"exact_{inside}"].items():
            check(case["id"], f"{metric} {inside}", value(result, metric), expected, 1e-14)


def checkInceptionScore(case, archive):
    logits = archive["logits"]
    path = features(case["id"], np.zeros((len(logits), 2), np.float32), logits=logits)
    splits = case["params"]["splits"]
    result = bench(path, path, "--metrics", "is,is:in-order", "--is-splits", splits)
    for metric, suffix in (("is", "shuffle2020"), ("is:in-order", "no_shuffle")):
        for field, key in (("value", f"mean_{suffix}"), ("std", f"std_{suffix}")):
            expected = case["expected"][key]
            found = value(result, metric, field)
            check(case["id"], key, found, expected, case["tolerance"]["rel"] * abs(expected))


def checkRealism(case, archive):
    sides = [features(f"realism-{key}", archive[key]) for key in ("real", "fake")]
    for metric, key in (("realism", "realism_official"), ("realism:youngjung", "realism_youngjung")):
        expected = np.array(case["expected"][key])
        found = value(bench(*sides, "--metrics", metric, "--k", 3), metric, "scores")
        difference = np.abs(found / expected - 1).max() if isinstance(found, list) else found
        check("realism", f"{key}, each", difference, 0, case["tolerance"]["rel"])


def png(image):
    """An RGB picture as the bytes of a PNG file."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    height, width, _ = image.shape
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = b"".join(b"\0" + row.tobytes() for row in image)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def pictures(name, images):
    path = folder / name
    path.mkdir()
    for index, image in enumerate(images):
        (path / f"{index:04d}.png").write_bytes(png(image))
    return path


def checkNetwork(case, archive, references, *extra):
    """Features that the command saves, against those of the references' networks."""
    images = [archive[f"image{i}"] for i in range(8) if f"image{i}" in archive]
    source = pictures(case["id"], images)
    for key, array, words in references:
        path = folder / f"{case['id']}-{key}.npz"
        bench(source, "--save-features", path, "--weights", "random:1", *words, *extra)
        if not path.exists():
            check(case["id"], key, "nothing was saved", 0, 0)
            continue
        found = np.load(path)[array]
        expected = archive[key]
        tolerance = case["tolerance"]["rel_to_max"] * np.abs(expected).max()
        check(case["id"], key, float(np.abs(found - expected).max()), 0, float(tolerance))


def checkInception(case, archive):
    names = {"pytorch_fid": "pytorch-fid", "torch_fidelity": "tf1", "clean_fid_clean": "clean-fid",
             "clean_fid_pytorch_inception": "clean-fid-pytorch"}
    references = []
    for prefix, protocol in names.items():
        for dims in ("64", "192", "768", "2048"):
            if f"{prefix}_{dims}" in archive:
                words = ("--protocol", protocol, "--dims", dims)
                references.append((f"{prefix}_{dims}", "features", words))
    references.append(("torch_fidelity_logits_unbiased", "logits", ("--protocol", "tf1")))
    checkNetwork(case, archive, references)


def checkEndToEnd(case, archive):
    expected, limit = case["expected"], case["tolerance"]["rel"]
    real, fake = (pictures(f"end-{key}", archive[key]) for key in "ba")
    words = ("--weights", "random:1", "--metrics", "fid")
    for dims in (64, 192, 2048):
        reference = expected[f"pytorch_fid_dims{dims}"]
        found = value(bench(real, fake, *words, "--dims", dims), "fid")
        check("end_to_end", f"pytorch-fid {dims}", found, reference, limit * reference)
    result = bench(
        real, fake, "--weights", "random:1", "--protocol", "tf1", "--inside", "inclusive",
        "--metrics", "fid,kid:generated-first,is:in-order", "--kid-subsets", 10, "--kid-subset-size", 40,
        "--is-splits", 5,
    )
    for metric, field, key in (
        ("fid", "value", "torch_fidelity_fid"), ("kid:generated-first", "value", "torch_fidelity_kid_mean_10x40"),
        ("kid:generated-first", "std", "torch_fidelity_kid_std_10x40"),
    ):
        check("end_to_end", key, value(result, metric, field), expected[key], limit * expected[key])
    key = "torch_fidelity_is_mean_5splits_noshuffle_set_a"
    check("end_to_end", key, value(result, "is:in-order"), expected[key], 2e-5)
    # torch-fidelity calls its first input generated; ours is the real set.
    result = bench(
        real, fake, "--weights", "random:1", "--protocol", "tf1", "--inside", "inclusive",
        "--metrics", "precision,recall",
    )
    for metric in ("precision", "recall"):
        key = f"torch_fidelity_{metric}_k3"
        check("end_to_end", key, value(result, metric), expected[key], 0.03)


def exact(*paths):
    """The Fréchet distance of fewer images than features: no covariance, no root of a singular matrix."""
    sets = [np.load(path)["features"].astype(float) for path in paths]
    means = [values.mean(0) for values in sets]
    x, y = ((values - mean) / np.sqrt(len(values) - 1) for values, mean in zip(sets, means))
    root = np.linalg.svd(x @ y.T, compute_uv=False).sum()
    return float(((means[0] - means[1]) ** 2).sum() + (x**2).sum() + (y**2).sum() - 2 * root)


def checkRealFeatures(source):
    """Real Inception features, split by flower, against pytorch-fid and prdc."""
    table = np.concatenate([np.load(source / f"flowers2019_part{i}.npy") for i in (0, 1)])
    names = (source / "flowers2019.names.txt").read_text().split("\n")
    golden = json.loads((source / "golden.json").read_text())

    def subset(name):
        if name in ("even", "odd"):
            rows = np.arange(len(table))[(0 if name == "even" else 1) :: 2]
        else:
            rows = [i for i, text in enumerate(names) if text.startswith(f"{name}/")]
        return features(name, table[rows])

    for pair, expected in golden["fid"].items():
        first, second = pair.split(" ")[-1 if "even" in pair else 0].split("|")
        paths = subset(first), subset(second)
        found = value(bench(*paths, "--metrics", "fid"), "fid")
        check("real features", f"fid {pair}, exact", found, exact(*paths),
              1e-9 * (expected["tr1"] + expected["tr2"]))
        # Both references take roots of eigenvalues that rounding moves away from zero.
        for name in ("symmetric_eigh", "pytorch_fid"):
            check("real features", f"against {name}", found, expected[name], 1e-6 * expected[name])
    for pair, expected in golden["kid_poly3_full_unbiased"].items():
        first, second = pair.split("|")
        result = bench(subset(first), subset(second), "--metrics", "kid:all")
        check("real features", f"kid {pair}", value(result, "kid:all"), expected, 1e-6)
    for pair, counts in golden["prdc_k"].items():
        first, second = pair.split("|")
        for k, expected in counts.items():
            result = bench(
                subset(first), subset(second), "--k", k, "--metrics", ",".join(expected)
            )
            for metric, reference in expected.items():
                found = value(result, metric)
                check("real features", f"{metric} {pair} k={k}", found, reference, 1e-12)


for case in json.loads((options.golden / "expected.json").read_text())["cases"]:
    name = case["id"]
    if not name.startswith(options.only):
        continue
    path = options.golden / f"{name}.npz"
    archive = dict(np.load(path)) if path.exists() else {}
    if name == "fid_recipe_2048":
        checkRecipe(case)
    elif name.startswith("fid_"):
        checkFID(case, archive)
    elif name.startswith("kid_"):
        checkKID(case, archive)
    elif name.startswith("prdc_"):
        checkNeighbours(case, archive)
    elif name.startswith("is_"):
        checkInceptionScore(case, archive)
    elif name == "realism":
        checkRealism(case, archive)
    elif name == "inception_recipe":
        checkInception(case, archive)
    elif name == "vgg16_recipe":
        networks = {"torch_fidelity_fc2_relu": "vgg16", "youngjung_fc2": "vgg16-fc2"}
        checkNetwork(
            case, archive, [(key, "features", ("--network", name)) for key, name in networks.items()]
        )
    elif name == "end_to_end":
        checkEndToEnd(case, archive)
if options.features:
    checkRealFeatures(options.features)
print(f"{failures} outside their tolerance")
sys.exit(failures > 0)
