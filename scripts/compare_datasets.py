"""Times bench's reading of datasets, and its preparing of CelebA pictures beside Pillow's.

usage: python scripts/compare_datasets.py [--faces FOLDER] [--bench .build/release/bench] [--rounds 7]
           [--threads 2] [--scratch FOLDER] [--no-cache]

Two parts. 1: writes a 3dshapes.h5 of the official shape (480,000 images of 64×64×3; patterns instead of
scenes), lets bench make its cache (5.9 GB) under --scratch, and times opening it and shuffled batches
of 64 out of it; --no-cache leaves this out. 2: decode, resize to a shorter side of 64 and centre crop
of the JPEG pictures in --faces (aligned CelebA, 178×218) by bench and by Pillow, taking turns, with 1
thread each and with --threads each; ratios are medians over rounds. Needs numpy, h5py and Pillow."""
import argparse
import concurrent.futures
import json
import pathlib
import statistics
import subprocess
import tempfile
import time

import h5py
import numpy as np
from PIL import Image

arguments = argparse.ArgumentParser()
arguments.add_argument("--faces", type=pathlib.Path)
arguments.add_argument("--bench", default=".build/release/bench")
arguments.add_argument("--rounds", type=int, default=7)
arguments.add_argument("--threads", type=int, default=2)
arguments.add_argument("--scratch")
arguments.add_argument("--no-cache", action="store_true")
options = arguments.parse_args()
SIZES = [10, 10, 10, 8, 4, 15]


def write_shapes3d(path):
    values = [np.arange(10) / 10] * 3
    values += [np.linspace(0.75, 1.25, 8), np.arange(4), np.linspace(-30, 30, 15)]
    states = np.indices(SIZES).reshape(6, -1).T
    labels = np.stack([values[k][states[:, k]] for k in range(6)], 1)
    base = (np.arange(64)[:, None, None] // 8 * 31 + np.arange(64)[None, :, None] // 8 * 17
            + 53 * np.arange(3)).astype(np.uint8)  # fmt: skip
    weights = np.array([7, 20, 33, 46, 59, 72])
    with h5py.File(path, "w") as file:
        images = file.create_dataset(
            "images", (len(states), 64, 64, 3), np.uint8, chunks=(250, 64, 64, 3), compression="gzip",
            compression_opts=1,
        )  # fmt: skip
        for start in range(0, len(states), 10_000):
            offset = (states[start : start + 10_000] @ weights % 256).astype(np.uint8)
            images[start : start + 10_000] = base + offset[:, None, None, None]
        file.create_dataset("labels", data=labels)


def perf(dataset, only, threads, repeats, folder):
    """Seconds and items of bench's paths by name, and its peak memory in MB."""
    command = [options.bench, "perf", "--dataset", str(dataset), "--only", only, "--json", "--quiet"]
    command += ["--threads", str(threads), "--repeats", str(repeats), "--data-dir", str(folder)]
    result = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return {path["name"]: path for path in result["paths"]}, result["peak_memory_bytes"] / 1e6


def cached(folder):
    (folder / "shapes3d").mkdir()
    write_shapes3d(folder / "shapes3d" / "3dshapes.h5")
    start = time.perf_counter()
    paths, _ = perf("shapes3d", "data:open", options.threads, 20, folder)
    print(f"cache of 480,000 images made in {time.perf_counter() - start:.0f} s")
    paths, memory = perf("shapes3d", "data:open", options.threads, 20, folder)
    opening = paths["data:open:shapes3d"]
    print(f"opening it: {1e3 * opening['median_seconds']:.2f} ms, peak memory {memory:.0f} MB")
    paths, memory = perf("shapes3d", "data:batches", options.threads, options.rounds, folder)
    reading = paths["data:batches:shapes3d"]
    rates = sorted(reading["items"] / seconds for seconds in reading["seconds"])
    print(
        f"shuffled batches of 64, {options.threads} threads: {statistics.median(rates):,.0f} images/s "
        f"({rates[0]:,.0f} to {rates[-1]:,.0f})"
    )


def pillow(path):
    with Image.open(path) as image:
        image = image.convert("RGB")
        size = (64, 64 * image.height // image.width)
        image = image.resize(size, Image.BILINEAR)
        top = round((image.height - 64) / 2)
        return np.asarray(image.crop((0, top, 64, top + 64)))


def faces(folder, scratch):
    paths = [str(path) for path in sorted(folder.glob("*.jpg"))]
    batch = [paths[index % len(paths)] for index in range(1000)]
    for threads in sorted({1, options.threads}):
        ratios, ours, theirs = [], [], []
        with concurrent.futures.ThreadPoolExecutor(threads) as pool:
            run = map if threads == 1 else pool.map
            for _ in range(options.rounds):
                start = time.perf_counter()
                for _ in run(pillow, batch):
                    pass
                theirs.append(len(batch) / (time.perf_counter() - start))
                name = f"{folder}/:tv@64"
                path = perf(name, "data:decode", threads, 1, scratch)[0][f"data:decode:{name}"]
                ours.append(path["items"] / path["median_seconds"])
                ratios.append(ours[-1] / theirs[-1])
        print(
            f"CelebA decode, resize, crop, {threads} thread(s): bench {statistics.median(ours):,.0f} "
            f"images/s, Pillow {Image.__version__} {statistics.median(theirs):,.0f}, ratio "
            f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})",
            flush=True,
        )


with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
    if not options.no_cache:
        cached(pathlib.Path(folder))
    if options.faces:
        faces(options.faces, folder)
