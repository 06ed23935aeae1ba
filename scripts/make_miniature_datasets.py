"""Writes Tests/DatasetsTests/Golden/miniatures: every dataset in its official file layout, small.

Every folder is what `--data-dir` expects, so `bench … --data-dir Tests/DatasetsTests/Golden/miniatures`
runs on them. Pixels are a function of the factors that the tests compute again (see `pattern`).
Needs numpy, h5py (3.16 with HDF5 2.0 for `newer.h5`), scipy, lmdb and Pillow. Usage: make_miniature_datasets.py [NAME…]"""
import gzip
import hashlib
import io
import itertools
import json
import pathlib
import sys
import tarfile
import zipfile

import numpy as np
from PIL import Image

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
    # As h5py writes with the newest format: a libhdf5 before 2 does not know its layout messages.
    with h5py.File(folder / "newer.h5", "w", libver="latest") as file:
        file.create_dataset("images", data=images, chunks=(1, 2, 2, 3), compression="gzip")
        file["labels"] = labels
    # dSprites' miniature in the layout of its official HDF5 file.
    with np.load(root / "dsprites/dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz") as stored, \
            h5py.File(folder / "dsprites.h5", "w") as file:
        file.create_dataset("imgs", data=stored["imgs"], chunks=(16, 64, 64), compression="gzip")
        file["latents/classes"] = stored["latents_classes"]


def gzipped(data):
    return gzip.compress(data, 9, mtime=0)


def cars3d():
    """Two elevations, three azimuths, three cars; list.txt names them in an order that is not sorted."""
    import scipy.io
    sizes = [2, 3, 3]
    folder = declare("cars3d", sizes)
    order = ["car_010_mesh", "car_002_mesh", "car_007_mesh"]
    files = {"data/cars/list.txt": "".join(name + "\n" for name in order).encode()}
    for car, name in enumerate(order):
        im = np.zeros((128, 128, 3, 3, 2), np.uint8)
        for elevation in range(2):
            for azimuth in range(3):
                im[:, :, :, azimuth, elevation] = pattern((elevation, azimuth, car), 128, 128, 3)
        buffer = io.BytesIO()
        scipy.io.savemat(buffer, {"mask": np.ones((4, 4)), "im": im}, do_compression=True)
        # The first 116 bytes are a free text with the time of writing.
        data = bytearray(buffer.getvalue())
        data[:116] = b"MATLAB 5.0 MAT-file, miniature".ljust(116)
        files[f"data/cars/{name}.mat"] = bytes(data)
    files["data/sprites/readme.txt"] = b"not cars"
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name in sorted(files):
            info = tarfile.TarInfo(name)
            info.size = len(files[name])
            tar.addfile(info, io.BytesIO(files[name]))
    (folder / "nips2015-analogy-data.tar.gz").write_bytes(gzipped(buffer.getvalue()))
    # What Pillow makes of the views, in the order of the factors.
    views = [Image.fromarray(pattern(f, 128, 128, 3)) for f in grid(sizes)]
    for view in views:
        view.thumbnail((64, 64), Image.LANCZOS)
    np.savez_compressed(root.parent / "cars3d_views.npz", images=np.stack([np.asarray(v) for v in views]))


def norb_matrix(array):
    magic = {np.dtype(np.uint8): 0x1E3D4C55, np.dtype(np.int32): 0x1E3D4C54}[array.dtype]
    sizes = list(array.shape) + [1] * (3 - array.ndim)
    return np.array([magic, array.ndim] + sizes, "<u4").tobytes() + array.tobytes()


def smallnorb():
    """One category, five toys (0 to 3 in the testing part, 4 in the training part), and few views."""
    sizes = [1, 5, 2, 2, 1]
    folder = declare("smallnorb", sizes)
    views = {}
    rng = np.random.default_rng(0)
    for part, toys in [("5x46789x9x18x6x2x96x96-training", [4]), ("5x01235x9x18x6x2x96x96-testing", [0, 1, 2, 3])]:
        rows = [f for f in grid(sizes) if f[1] in toys]
        rng.shuffle(rows)
        left = [pattern(f, 96, 96, 1)[..., 0] for f in rows]
        dat = np.stack([np.stack([image, 255 - image]) for image in left])
        cat = np.array([f[0] for f in rows], np.int32)
        info = np.array([[f[1], f[2], 2 * f[3], f[4]] for f in rows], np.int32)
        for kind, array in [("dat", dat), ("cat", cat), ("info", info)]:
            (folder / f"smallnorb-{part}-{kind}.mat.gz").write_bytes(gzipped(norb_matrix(array)))
        for f, image in zip(rows, left):
            views[tuple(int(v) for v in f)] = np.asarray(Image.fromarray(image).resize((64, 64), Image.LANCZOS))
    np.savez_compressed(root.parent / "smallnorb_views.npz", images=np.stack([views[f] for f in grid(sizes)]))


def smooth(seed, height, width):
    """A picture that compresses well and looks like nothing."""
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 256, (5, 4, 3), dtype=np.uint8))
    return small.resize((width, height), Image.BICUBIC)


def celeba():
    """Seven faces in the official zip; the lists have carriage returns, as the official ones do."""
    folder = root / "celeba"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "miniature.json").write_text(json.dumps({"image_count": 7}) + "\n")
    names = [f"{number:06d}.jpg" for number in range(1, 8)]
    attributes = np.where(np.random.default_rng(1).integers(0, 2, (9, 40)), 1, -1)
    header = " ".join(f"Attribute_{number}" for number in range(40))
    rows = [f"{i + 1:06d}.jpg " + " ".join(f"{v:2d}" for v in row) for i, row in enumerate(attributes)]
    # Two rows more than there are pictures, and a first line that promises more still.
    (folder / "list_attr_celeba.txt").write_bytes("\r\n".join(["202599", header] + rows + [""]).encode())
    parts = [f"{name} {split}" for name, split in zip(names, [0, 0, 0, 0, 1, 2, 2])]
    (folder / "list_eval_partition.txt").write_bytes("\r\n".join(parts + [""]).encode())
    golden = {"attributes": attributes[:7] == 1}
    with zipfile.ZipFile(folder / "img_align_celeba.zip", "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo("img_align_celeba/"), b"")
        for number, name in reversed(list(enumerate(names))):
            buffer = io.BytesIO()
            smooth(number, 218, 178).save(buffer, "JPEG", quality=85)
            archive.writestr(zipfile.ZipInfo(f"img_align_celeba/{name}"), buffer.getvalue())
            picture = Image.open(buffer).convert("RGB")
            resized = {
                "tv": crop(resize(picture, 64), 64),
                "d2c": picture.crop((25, 57, 153, 185)).resize((64, 64), Image.BILINEAR),
                "nash": crop(resize(picture, 96), 64),
                "c148": crop(picture, 148).resize((64, 64), Image.BILINEAR),
                "c140": crop(picture, 140).resize((64, 64), Image.BILINEAR),
            }
            for key, value in resized.items():
                golden[f"{key}_{number}"] = np.asarray(value)
    np.savez_compressed(root.parent / "celeba_crops.npz", **golden)


def resize(picture, side):
    """torchvision's Resize of the shorter side, on a PIL picture."""
    width, height = picture.size
    size = (side, int(side * height / width)) if width <= height else (int(side * width / height), side)
    return picture.resize(size, Image.BILINEAR)


def crop(picture, side):
    """torchvision's CenterCrop."""
    width, height = picture.size
    left, top = int(round((width - side) / 2)), int(round((height - side) / 2))
    return picture.crop((left, top, left + side, top + side))


def pictures():
    """Small faces for CelebA-HQ and FFHQ, and an LSUN database."""
    for name, folder, files in [
            ("celebahq", "images", ["0.jpg", "10.jpg", "2.jpg"]),
            ("ffhq", "images1024x1024", ["00000/00000.png", "00000/00999.png", "01000/01000.png"]),
            ("ffhq-128", "thumbnails128x128", ["00000/00000.png", "00000/00001.png"])]:
        target = root / name
        for number, file in enumerate(files):
            path = target / folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            smooth(20 + number, 40, 40).save(path)
        (target / "miniature.json").write_text(json.dumps({"image_count": len(files)}) + "\n")
    attributes = "\n".join(["30000", "Bald Young"] + [f"{n}.jpg  {v}" for n, v in [(0, "1 -1"), (2, "-1 1"), (10, "1 1")]])
    (root / "celebahq/CelebAMask-HQ-attribute-anno.txt").write_text(attributes + "\n")

    import lmdb
    target = root / "lsun-bedroom"
    target.mkdir(parents=True, exist_ok=True)
    (target / "miniature.json").write_text(json.dumps({"image_count": 40}) + "\n")
    database = lmdb.open(str(target / "bedroom_train_lmdb"), map_size=1 << 20)
    with database.begin(write=True) as transaction:
        for number in range(40):
            buffer = io.BytesIO()
            smooth(100 + number, 12, 16 if number else 200).save(buffer, "JPEG", quality=60 if number else 98)
            transaction.put(hashlib.sha1(str(number).encode()).hexdigest().encode(), buffer.getvalue())
    database.close()
    (target / "bedroom_train_lmdb/lock.mdb").unlink()


makers = {
    "shapes3d": shapes3d, "cars3d": cars3d, "smallnorb": smallnorb, "dsprites": dsprites, "mpi3d": mpi3d,
    "celeba": celeba, "pictures": pictures, "hdf5": hdf5}
for name in sys.argv[1:] or makers:
    makers[name]()
