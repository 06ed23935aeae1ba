"""Times bench's reading and preparing of pictures beside numpy and Pillow.

usage: python scripts/peers_pictures.py [--bench .build/release/bench] [--rounds 5] [--threads 2]
           [--count 400] [--side 256] [--json FILE]

Writes COUNT smooth pictures with noise as an .npz batch, as lossless WebP, as WebP of quality 90 and as PNG, and
takes turns with bench (`bench perf --dataset`): reading them (`read`: RGB pixels) and making Inception's input
of them (`prepare`: Pillow's bicubic resize of each channel in floating point, clipped and scaled, which is
clean-fid's preparation). The peer reads the .npz with numpy and goes through PIL.Image, as evaluation scripts
do; both sides use the same number of threads. Ratios are medians over rounds. Needs numpy and Pillow."""
import argparse
import concurrent.futures
import json
import pathlib
import statistics
import subprocess
import tempfile
import time

import numpy as np
from PIL import Image

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--bench", default=".build/release/bench")
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--count", type=int, default=400)
parser.add_argument("--side", type=int, default=256)
parser.add_argument("--json", type=pathlib.Path)
options = parser.parse_args()
FORMATS = {"webp": ("WEBP", {"quality": 90}), "webp-lossless": ("WEBP", {"lossless": True}), "png": ("PNG", {})}


def pictures():
    random = np.random.default_rng(0)
    coarse = random.integers(0, 256, (options.count, 8, 8, 3), dtype=np.uint8)
    made = np.stack([
        np.asarray(Image.fromarray(small).resize((options.side, options.side), Image.BICUBIC)) for small in coarse])
    noise = random.integers(-8, 9, made.shape, dtype=np.int16)
    return np.clip(made + noise, 0, 255).astype(np.uint8)


def write(folder, batch):
    np.savez(folder / "batch.npz", arr_0=batch)
    sources = {"npz": folder / "batch.npz"}
    for name, (kind, settings) in FORMATS.items():
        (folder / name).mkdir()
        for index, pixels in enumerate(batch):
            Image.fromarray(pixels).save(folder / name / f"{index:06}.{kind.lower()}", kind, **settings)
        sources[name] = folder / name
    return sources


def prepared(image):
    planes = [
        np.asarray(Image.fromarray(np.asarray(image)[..., c].astype(np.float32), mode="F").resize(
            (299, 299), Image.BICUBIC)) for c in range(3)]
    return (np.clip(np.stack(planes), 0, 255) - 128) / 128


def peer(source, task, pool):
    """Seconds for all pictures."""
    start = time.perf_counter()
    if source.suffix == ".npz":
        batch = np.load(source)["arr_0"]
        images = [lambda pixels=pixels: Image.fromarray(pixels).convert("RGB") for pixels in batch]
    else:
        images = [lambda path=path: Image.open(path).convert("RGB") for path in sorted(source.iterdir())]
    work = (lambda image: np.asarray(image())) if task == "read" else (lambda image: prepared(image()))
    for _ in pool.map(work, images):
        pass
    return time.perf_counter() - start


def ours(source, task, folder):
    name = f"{source}@64"
    only = f"data:read:{name}" if task == "read" else f"data:prepare:clean-fid:{name}"
    command = [options.bench, "perf", "--dataset", name, "--only", only, "--repeats", "1", "--json", "--quiet",
               "--threads", str(options.threads), "--data-dir", str(folder / "data")]
    result = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    path = next(path for path in result["paths"] if path["name"] == only)
    return path["median_seconds"] * options.count / path["items"]


records = []
with tempfile.TemporaryDirectory() as scratch, concurrent.futures.ThreadPoolExecutor(options.threads) as pool:
    folder = pathlib.Path(scratch)
    sources = write(folder, pictures())
    for name, source in sources.items():
        for task in ["read", "prepare"]:
            theirs, mine = [], []
            for _ in range(options.rounds):
                theirs.append(peer(source, task, pool))
                mine.append(ours(source, task, folder))
            ratios = [peer_time / our_time for peer_time, our_time in zip(theirs, mine)]
            record = {
                "what": f"{task} {name}", "peer_seconds": statistics.median(theirs),
                "bench_seconds": statistics.median(mine), "ratio": statistics.median(ratios),
                "ratio_range": [min(ratios), max(ratios)],
            }
            records.append(record)
            print(f"{record['what']}: bench {options.count / record['bench_seconds']:,.0f} pictures/s, peer "
                  f"{options.count / record['peer_seconds']:,.0f}, ratio {record['ratio']:.2f} "
                  f"({min(ratios):.2f} to {max(ratios):.2f})", flush=True)
if options.json:
    options.json.write_text(json.dumps(records, indent=2))
