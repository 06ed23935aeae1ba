"""Writes Tests/DatasetsTests/Golden/miniatures: every dataset in its official file layout, small.

Every folder is what `--data-dir` expects, so `bench … --data-dir Tests/DatasetsTests/Golden/miniatures`
runs on them. Pixels are a function of the factors that the tests compute again (see `pattern`).
Needs numpy, h5py, scipy and Pillow. Usage: make_miniature_datasets.py [NAME…]"""
import itertools
import json
import pathlib
import sys

import numpy as np

root = pathlib.Path(__file__).parent.parent / "Tests/DatasetsTests/Golden/miniatures"


def pattern(factors, height, width, channels):
    """Blocks of 8×8 pixels: block (r, c), channel k has Σ_f (7+13f)·factor_f + 31r + 17c + 53k mod 256."""
    base = sum((7 + 13 * f) * value for f, value in enumerate(factors))
    rows = np.arange(height)[:, None, None] // 8 * 31
    columns = np.arange(width)[None, :, None] // 8 * 17
    return ((base + rows + columns + 53 * np.arange(channels)) % 256).astype(np.uint8)


def grid(sizes):
    return list(itertools.product(*[range(size) for size in sizes]))


def declare(name, sizes):
    folder = root / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "miniature.json").write_text(json.dumps({"factor_sizes": sizes}) + "\n")
    return folder


def shapes3d():
    import h5py
    sizes = [2, 3, 2, 2, 4, 3]
    folder = declare("shapes3d", sizes)
    factors = grid(sizes)
    images = np.stack([pattern(f, 64, 64, 3) for f in factors])
    # The values of the official labels: hues in tenths, scale 0.75…1.25, orientation −30…30.
    values = [np.arange(10) / 10] * 3 + [np.linspace(0.75, 1.25, 8), np.arange(4), np.linspace(-30, 30, 15)]
    labels = np.array([[values[k][v] for k, v in enumerate(f)] for f in factors], np.float64)
    with h5py.File(folder / "3dshapes.h5", "w") as file:
        file.create_dataset("images", data=images, chunks=(50, 32, 64, 2), compression="gzip", compression_opts=9)
        file.create_dataset("labels", data=labels, compression="gzip")


def dsprites():
    sizes = [3, 2, 4, 3, 2]
    folder = declare("dsprites", sizes)
    factors = grid(sizes)
    images = np.stack([pattern(f, 64, 64, 1)[..., 0] & 1 for f in factors])
    classes = np.array([(0,) + f for f in factors], np.int64)
    np.savez_compressed(
        folder / "dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz",
        metadata=np.array({"title": "dSprites dataset"}, dtype=object), imgs=images,
        latents_classes=classes, latents_values=classes.astype(np.float64))


def mpi3d():
    # One version stored and one deflated: both are read, in different ways.
    for name, file, sizes, save in [
            ("mpi3d-toy", "mpi3d_toy.npz", [2, 2, 2, 1, 1, 3, 2], np.savez_compressed),
            ("mpi3d-complex", "real3d_complicated_shapes_ordered.npz", [1, 1, 2, 1, 1, 2, 2], np.savez)]:
        folder = declare(name, sizes)
        save(folder / file, images=np.stack([pattern(f, 64, 64, 3) for f in grid(sizes)]))


def hdf5():
    """Files of the Shapes3D layout, factors a and b of two values, each wrong in its own way."""
    import h5py
    folder = root.parent / "hdf5"
    folder.mkdir(exist_ok=True)
    images = np.ones((4, 2, 2, 3), np.uint8)
    labels = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float64)
    for name, arrays in {
        "other": {"images": images, "notes": np.zeros(3)},
        "swapped_labels": {"images": images, "labels": labels[:, ::-1].copy()},
        "float_images": {"images": images.astype(np.float32), "labels": labels},
        "missing_value": {"images": images, "labels": labels * [1, 0]},
    }.items():
        with h5py.File(folder / f"{name}.h5", "w") as file:
            for key, value in arrays.items():
                file[key] = value


makers = {"shapes3d": shapes3d, "dsprites": dsprites, "mpi3d": mpi3d, "hdf5": hdf5}
for name in sys.argv[1:] or makers:
    makers[name]()
