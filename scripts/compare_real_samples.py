"""Reads real files of every format with bench and with the usual Python libraries, and compares.

usage: python scripts/compare_real_samples.py FOLDER [--bench .build/release/bench] [--limit 400]

FOLDER is searched through: pictures, zip and tar archives and LMDB databases of pictures, .npy, .npz,
HDF5, MATLAB and small NORB files, each wherever it lies. For every file or array a line says what was
compared, how large it is and how much differs; what bench refuses is listed with bench's sentence. At
the end: how many agree, how many are refused, and whether anything differs. Files whose name begins
with BROKEN must be refused. Needs numpy, Pillow, h5py, scipy and lmdb. Pictures in archives are
compared up to --limit per archive (evenly spread). Exit code 1 if anything differs."""
import argparse
import gzip
import io
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile
import zipfile

import h5py
import numpy as np
import scipy.io
from PIL import Image

arguments = argparse.ArgumentParser()
arguments.add_argument("folder", type=pathlib.Path)
arguments.add_argument("--bench", default=".build/release/bench")
arguments.add_argument("--limit", type=int, default=400)
options = arguments.parse_args()

totals = {"equal": 0, "close": 0, "DIFFERENT": 0, "refused": 0, "not compared": 0}
scratch = tempfile.TemporaryDirectory()
JPEG_LEVELS = 2  # another libjpeg may round one or two levels otherwise


def report(outcome, what, words):
    totals[outcome] += 1
    print(f"{outcome:12} {what}: {words}", flush=True)


def bench(path, array=None):
    """Arrays by name, or the sentence with which bench refuses the file."""
    out = f"{scratch.name}/out.npz"
    command = [options.bench, "datasets", "read", str(path), "--out", out, "--quiet"]
    run = subprocess.run(command + (["--array", array] if array else []), capture_output=True, text=True)
    if run.returncode == 0:
        return dict(np.load(out)), None
    if run.returncode != 2 or run.stderr.count("\n") != 1:
        report("DIFFERENT", path, f"exit code {run.returncode}: {run.stderr[:300]!r}")
        return None, ""
    return None, run.stderr.strip().removeprefix("bench: ")


def compare(what, found, expected, tolerance=0):
    expected = np.asarray(expected)
    if found.shape != expected.shape:
        report("DIFFERENT", what, f"shape {found.shape}, expected {expected.shape}")
        return
    size = f"{'×'.join(map(str, found.shape))} {found.dtype}"
    if found.size == 0 or np.array_equal(found, expected, equal_nan=expected.dtype.kind == "f"):
        report("equal", what, size)
        return
    difference = np.abs(found.astype(float) - expected.astype(float))
    words = f"{size}, largest difference {difference.max():g}, mean {difference.mean():.2g}"
    words += f", {np.mean(difference > 0):.2%} of the numbers differ"
    report("close" if difference.max() <= tolerance else "DIFFERENT", what, words)


def is_jpeg(data):
    return data[:2] == b"\xff\xd8"


def compare_picture(what, found, data):
    with Image.open(io.BytesIO(data)) as image:
        compare(what, found, np.asarray(image.convert("RGB")), JPEG_LEVELS if is_jpeg(data) else 0)


def picture(path):
    data = path.read_bytes()
    arrays, refusal = bench(path)
    if refusal is not None:
        refused(path, refusal)
        return
    compare_picture(path, arrays["pixels"], data)


def refused(what, sentence):
    if sentence:
        report("refused", what, sentence)


def pictures(path, members):
    """An archive: bench's pictures beside Pillow's of (name, bytes)."""
    arrays, refusal = bench(path)
    if refusal is not None:
        refused(path, refusal)
        return
    members = [(name, data) for name, data in members if name in arrays]
    if len(members) != len(arrays):
        report("DIFFERENT", path, f"{len(arrays)} pictures, expected {len(members)}")
    step = max(1, len(members) // options.limit)
    for name, data in members[::step]:
        compare_picture(f"{path}:{name}", arrays[name], data)


def hdf5(path):
    try:
        file = h5py.File(path, "r")
    except OSError:
        arrays, refusal = bench(path, "any")
        refused(path, refusal) if refusal else report("DIFFERENT", path, "h5py cannot open it")
        return
    names = []
    with file:
        file.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
        if not names:
            _, refusal = bench(path, "any")
            refused(path, f"(no arrays) {refusal}")
        for name in names[: options.limit]:
            what = f"{path}:{name}"
            arrays, refusal = bench(path, name)
            if refusal is not None:
                refused(what, refusal)
                continue
            try:
                expected = file[name][()]
            except (OSError, TypeError) as error:
                report("not compared", what, f"h5py: {error}")
                continue
            found = arrays[name]
            if expected.dtype == np.uint64:
                expected = np.minimum(expected, np.iinfo(np.int64).max)  # bench reads int64
            compare(what, found, expected)


def npz(path):
    arrays, refusal = bench(path)
    if refusal is not None:
        refused(path, refusal)
        return
    expected = np.load(path)
    if path.suffix == ".npy":
        expected = {"array": expected}
    for name in arrays:
        compare(f"{path}:{name}", arrays[name], expected[name])


def norb(path):
    data = (gzip.open if path.suffix == ".gz" else open)(path, "rb").read()
    kind = {0x1E3D4C55: np.uint8, 0x1E3D4C54: np.int32}[int.from_bytes(data[:4], "little")]
    rank = int.from_bytes(data[4:8], "little")
    sizes = np.frombuffer(data[8 : 8 + 4 * max(3, rank)], "<i4")
    values = np.frombuffer(data[8 + 4 * max(3, rank) :], kind).reshape(sizes[:rank])
    arrays, refusal = bench(path)
    refused(path, refusal) if refusal else compare(path, arrays["matrix"], values)


def mat(path):
    start = path.read_bytes()[:4]
    if start[1:] == b"\x4c\x3d\x1e" or path.suffix == ".gz":
        norb(path)
        return
    for name, expected in scipy.io.loadmat(path).items():
        if name.startswith("__"):
            continue
        arrays, refusal = bench(path, name)
        if refusal is not None:
            refused(f"{path}:{name}", refusal)
        else:
            compare(f"{path}:{name}", arrays[name].T, expected)


def lmdb_pictures(path):
    import lmdb

    with lmdb.open(str(path), readonly=True, lock=False, subdir=path.is_dir()) as database:
        with database.begin() as transaction:
            members = [(key.decode(), bytes(value)) for key, value in transaction.cursor()]
    pictures(path / "data.mdb" if path.is_dir() else path, members)


def visit(path):
    name = path.name.lower()
    if path.name.startswith("BROKEN"):
        _, refusal = bench(path)
        report("refused", path, refusal) if refusal else report("DIFFERENT", path, "it was read")
    elif name.endswith((".png", ".jpg", ".jpeg")):
        picture(path)
    elif name.endswith((".h5", ".hdf5")) or h5py.is_hdf5(path):
        hdf5(path)
    elif name.endswith((".npz", ".npy")):
        npz(path)
    elif name.endswith((".mat", ".mat.gz")):
        mat(path)
    elif name == "data.mdb":
        lmdb_pictures(path.parent)
    elif name.endswith(".zip"):
        with zipfile.ZipFile(path) as archive:
            if any(member.endswith(".npy") for member in archive.namelist()):
                npz(path)
            else:
                pictures(path, [(member, archive.read(member)) for member in archive.namelist()])
    elif name.endswith(".tar"):
        with tarfile.open(path) as archive:
            files = [member for member in archive if member.isfile()]
            pictures(path, [(member.name, archive.extractfile(member).read()) for member in files])


for folder, folders, files in os.walk(options.folder):
    folders.sort()
    for name in sorted(files):
        visit(pathlib.Path(folder) / name)
print(", ".join(f"{count} {outcome}" for outcome, count in totals.items()))
sys.exit(1 if totals["DIFFERENT"] else 0)
