"""Measures how far one set of codes, and one pair of image sets, score apart under the protocols in use.

usage: why_numbers_differ.py [--bench .build/release/bench] [--codes FILE | --skip-codes] [--images FOLDER] [--features FILE FILE]

Codes: those of a β-VAE that is trained on the built-in scenes by the quick preset, with seed 0. FOLDER holds
photographs, one folder per class as in TensorFlow's flower_photos: their features come from Inception with
random weights, so that these distances are no FIDs, but what protocols do to them is the same. Each FILE is a .npy
of Inception features of photographs. Prints the tables of docs/why-numbers-differ.md as markdown; needs numpy."""
import argparse
import json
import pathlib
import subprocess
import tempfile

import numpy as np

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--bench", default=".build/release/bench")
parser.add_argument("--codes", type=pathlib.Path, help="codes of an earlier call, instead of training")
parser.add_argument("--skip-codes", action="store_true")
parser.add_argument("--images", type=pathlib.Path)
parser.add_argument("--features", type=pathlib.Path, nargs=2)
options = parser.parse_args()
work = pathlib.Path(tempfile.mkdtemp(prefix="bench-differ-"))


def bench(*words):
    run = subprocess.run([options.bench, *map(str, words), "--quiet", "--json"], capture_output=True, text=True)
    if run.returncode:
        raise SystemExit(f"{words}: {run.stderr}")
    return json.loads(run.stdout) if run.stdout.strip() else {}


def table(header, rows):
    print("\n| " + " | ".join(header) + " |\n|" + "---|" * len(header))
    for row in rows:
        print("| " + " | ".join(cell if isinstance(cell, str) else f"{cell:.4f}" for cell in row) + " |")
    print(flush=True)


def codes():
    path = options.codes or work / "codes.npz"
    if not options.codes:
        bench("train", "--dataset", "scenes3d", "--model", "beta-vae", "--preset", "quick", "--out", work / "run")
        bench("encode", "--checkpoint", work / "run", "--out", path)

    def score(metric, *words, field="value"):
        return bench("score", path, "--metrics", metric, *words)["metrics"][metric][field]

    names = {"dci": "boosted trees (disentanglement_lib)", "dci:random-forest": "random forests (Tripod)",
             "dci:lasso": "lasso (Eastwood and Williams)", "dci:forest-regressor": "forest regressors (the same)"}
    found = {metric: bench("score", path, "--metrics", metric)["metrics"][metric] for metric in names}
    informativeness = {"dci": "informativeness_test", "dci:random-forest": "informativeness_test"}
    table(["DCI with", "disentanglement", "completeness", "informativeness, or error"],
          [[name, found[metric]["disentanglement"], found[metric]["completeness"],
            found[metric][informativeness.get(metric, "error_test")]] for metric, name in names.items()])
    table(["MIG", "value"],
          [["20 bins, over the factor's entropy (disentanglement_lib)", score("mig")]]
          + [[f"{bins} bins", score("mig", "--set", f"mig.num_bins={bins}")] for bins in (10, 50, 100)]
          + [["10 bins, over the latent's entropy (a review's code)", score("mig:review")]])
    table(["other", "value"],
          [["SAP, accuracy of a linear classifier", score("sap")], ["SAP, squared correlation", score("sap:continuous")],
           ["modularity, 20 bins", score("modularity")], ["modularity, 10 bins on scaled codes", score("modularity:review")],
           ["IRS, 0.99 quantile (the code)", score("irs")], ["IRS, largest deviation (the paper)", score("irs:paper")]])
    arrays = dict(np.load(path))
    rows = []
    for train in (500, 2000, 10000):
        np.savez(work / "fewer.npz", codes=arrays["codes"][:train], factors=arrays["factors"][:train],
                 test_codes=arrays["test_codes"], test_factors=arrays["test_factors"])
        found = bench("score", work / "fewer.npz", "--metrics", "dci")["metrics"]["dci"]
        rows.append([f"{train} rows", found["disentanglement"], found["completeness"], found["informativeness_test"]])
    table(["DCI, boosted trees, trained on", "disentanglement", "completeness", "informativeness"], rows)


def features():
    sets = [np.load(path) for path in options.features]
    features = np.concatenate(sets)
    real, generated = features[0::2], features[1::2]

    def fid(a, b, *metrics):
        for name, rows in (("a", a), ("b", b)):
            np.savez(work / f"{name}.npz", features=rows)
        found = bench("fid", work / "a.npz", work / "b.npz", "--metrics", ",".join(metrics))
        return [found["metrics"][metric]["value"] for metric in metrics]

    whole = fid(real, generated, "fid", "fid:stylegan", "fid:infinity")
    rows = [["covariance over N − 1 (pytorch-fid, clean-fid)", whole[0]], ["covariance over N (StyleGAN)", whole[1]],
            ["extrapolated to infinitely many images", whole[2]]]
    # Every second and fourth: the files are in the order of the classes.
    rows += [[f"{len(generated[::step])} generated images", fid(real, generated[::step], "fid")[0]] for step in (2, 4)]
    rows += [["the two sets exchanged", fid(generated, real, "fid")[0]]]
    table([f"FID of {len(real)} photographs against {len(generated)} others of the same kind", "value"], rows)


def images():
    files = sorted(path for path in options.images.glob("*/*.jpg"))[::6][:400]
    sides = [work / "real", work / "generated"]
    for index, side in enumerate(sides):
        side.mkdir()
        for path in files[index::2]:
            (side / f"{path.parent.name}-{path.name}").symlink_to(path.resolve())
    rows = []
    base = None
    for protocol in ("pytorch-fid", "tf1", "clean-fid", "clean-fid-pytorch"):
        value = bench("fid", *sides, "--protocol", protocol, "--weights", "random:1", "--metrics",
                      "fid")["metrics"]["fid"]["value"]
        base = base or value
        rows.append([protocol, value, f"{100 * (value / base - 1):+.1f} %"])
    table(["protocol (random weights: no FID)", "distance", ""], rows)


if not options.skip_codes:
    codes()
if options.features:
    features()
if options.images:
    images()
