"""Makes small copies of what people bring, as docs/bring-your-own.md lists them.

Usage: make_bring_your_own.py FOLDER [PART…]. Needs nothing but Python, so that CI can run it anywhere: arrays and pictures are
written here, JPEGs are taken from the miniature of CelebA. Contents are random; layouts and names are those of the
real files."""
import csv
import pathlib
import pickle
import random
import struct
import sys
import tarfile
import zipfile
import zlib

root = pathlib.Path(sys.argv[1])
root.mkdir(parents=True, exist_ok=True)
miniatures = pathlib.Path(__file__).resolve().parent.parent / "Tests/DatasetsTests/Golden/miniatures"
draw = random.Random(0)


def flat(values):
    return [x for value in values for x in flat(value)] if isinstance(values, list) else [values]


def npy(values, code="d"):
    """An array of NumPy's; code is struct's: d, f, q or B."""
    shape, inner = [], values
    while isinstance(inner, list):
        shape.append(len(inner))
        inner = inner[0]
    kind = {"d": "<f8", "f": "<f4", "q": "<i8", "B": "|u1"}[code]
    sizes = "".join(f"{size}, " for size in shape)
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': ({sizes}), }}"
    header += " " * (63 - (10 + len(header)) % 64) + "\n"
    items = flat(values)
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + struct.pack(f"<{len(items)}{code}", *items)


def save(name, values, code="d"):
    (root / name).write_bytes(npy(values, code))


def savez(name, **arrays):
    with zipfile.ZipFile(root / name, "w") as archive:
        for key, (values, code) in arrays.items():
            archive.writestr(f"{key}.npy", npy(values, code))


def png(path, side, seed):
    """A picture of smooth colours."""
    shades = random.Random(seed)
    corners = [[shades.randrange(256) for _ in range(3)] for _ in range(4)]
    rows = b""
    for y in range(side):
        rows += b"\0"
        for x in range(side):
            u, v = x / side, y / side
            rows += bytes(int((a * (1 - u) + b * u) * (1 - v) + (c * (1 - u) + d * u) * v) for a, b, c, d in zip(*corners))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
                     + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def codes():
    """400 codes of six latents, and factors of a shape (text), a size and a colour that is always the same."""
    factors = [[draw.randrange(3), draw.randrange(4)] for _ in range(400)]
    z = [[(row[k] if k < 2 else 0) + draw.gauss(0, 0.1) for k in range(6)] for row in factors]
    save("codes.npy", z, "f")
    save("y.npy", factors, "q")
    savez("codes.npz", codes=(z, "f"), factors=(factors, "q"))
    savez("theirs.npz", representations=(z, "f"), ys=(factors, "q"))
    savez("two.npz", z=(z, "f"), mean=(z, "f"), y=(factors, "q"))
    savez("split.npz", mus_train=(z[:300], "f"), ys_train=(factors[:300], "q"), mus_test=(z[300:], "f"),
          ys_test=(factors[300:], "q"))
    save("attributes.npy", [[draw.choice([-1, -1, 1]) for _ in range(5)] for _ in range(400)], "q")
    (root / "codes.csv").write_text("".join(",".join(map(str, row)) + "\n" for row in z))
    with open(root / "labels.csv", "w", newline="", encoding="utf-8-sig") as file:
        table = csv.writer(file)
        table.writerow(["", "shape", "size", "colour"])
        for row, (a, b) in enumerate(factors):
            table.writerow([row, ["square", "ellipse", "heart"][a], 10 * b, "white"])
    (root / "results.pkl").write_bytes(pickle.dumps({"representations": z, "ys": factors}))


def statistics():
    mean = [draw.gauss(0, 1) for _ in range(8)]
    covariance = [[2.0 if a == b else 0.5 for b in range(8)] for a in range(8)]
    savez("stats.npz", mu=(mean, "d"), sigma=(covariance, "d"))
    savez("stats2.npz", mean=([[x + 0.1 for x in mean]], "d"), cov=(covariance, "d"))
    save("features.npy", [[[[draw.gauss(0, 1)]] for _ in range(8)] for _ in range(300)], "f")


def folders():
    for number in range(24):
        png(root / f"real/inner/{number:03d}.png", 32, number)
        png(root / f"generated/inner/{number:03d}.png", 32, 100 + number)


def write(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)


def celeba():
    """The miniature of seven faces in every layout that copies have: layouts/NAME/celeba is a data folder's."""
    archive = zipfile.ZipFile(miniatures / "celeba/img_align_celeba.zip")
    faces = {pathlib.Path(name).name: archive.read(name) for name in archive.namelist() if name.endswith(".jpg")}
    text = (miniatures / "celeba/list_attr_celeba.txt").read_bytes().decode()
    partition = (miniatures / "celeba/list_eval_partition.txt").read_bytes().decode()
    rows = [line.split() for line in text.splitlines()]
    table = "\n".join(",".join(row) for row in [["image_id"] + rows[1]] + rows[2:]) + "\n"
    splits = "image_id,partition\n" + "".join(",".join(line.split()) + "\n" for line in partition.splitlines())
    zipped = (miniatures / "celeba/img_align_celeba.zip").read_bytes()
    layouts = {
        "kaggle": {"img_align_celeba/img_align_celeba": faces, "list_attr_celeba.csv": table,
                   "list_eval_partition.csv": splits},
        "kaggle_marked": {"archive/img_align_celeba/img_align_celeba": faces,
                          "archive/list_attr_celeba.csv": "\ufeff" + table.replace("\n", "\r\n"),
                          "archive/list_eval_partition.csv": "\ufeff" + splits},
        "torchvision": {"celeba/img_align_celeba": faces, "celeba/list_attr_celeba.txt": text,
                        "celeba/list_eval_partition.txt": partition},
        "official_folders": {"Img/img_align_celeba.zip": zipped, "Anno/list_attr_celeba.txt": text,
                             "Eval/list_eval_partition.txt": partition},
        "mixture": {"img_align_celeba.zip": zipped, "list_attr_celeba.csv": table.replace("-1", "0")},
        "no_attributes": {"img_align_celeba": faces},
    }
    for name, parts in layouts.items():
        folder = root / "layouts" / name / "celeba"
        write(folder / "miniature.json", '{"image_count": 7}\n')
        for path, contents in parts.items():
            for face, data in contents.items() if isinstance(contents, dict) else [("", contents)]:
                write(folder / path / face, data)
    folder = root / "layouts/png/celeba"
    write(folder / "miniature.json", '{"image_count": 7}\n')
    write(folder / "list_attr_celeba.txt", text)
    for number, name in enumerate(faces):
        png(folder / "img_align_celeba_png" / name.replace(".jpg", ".png"), 218, number)


def faces():
    """Copies of FFHQ and CelebA-HQ, three pictures each, and of LSUN."""
    def stylegan(path, side):
        with zipfile.ZipFile(path, "w") as archive:
            for number in range(3):
                png(root / "face.png", side, number)
                archive.write(root / "face.png", f"00000/img{number:08d}.png")
            archive.writestr("dataset.json", '{"labels": null}')
    for layout, files in {
        "ffhq_folder": ("ffhq", ["ffhq256/00000.png", "ffhq256/00001.png", "ffhq256/00010.png"]),
        "ffhq_nested": ("ffhq", ["images256x256/00000/00000.png", "images256x256/00000/00001.png", "images256x256/69000/69001.png"]),
        "ffhq_thumbnails": ("ffhq", ["thumbnails128x128/00000/00000.png", "thumbnails128x128/00000/00001.png", "thumbnails128x128/69000/69001.png"]),
        "hq_folder": ("celebahq", ["celeba_hq_256/00000.png", "celeba_hq_256/00002.png", "celeba_hq_256/00010.png"]),
        "hq_mask": ("celebahq", [f"CelebAMask-HQ/CelebA-HQ-img/{n}.png" for n in (0, 10, 2)]),
        "lsun_folder": ("lsun-bedroom", ["bedroom_train/a/b/1.png", "bedroom_train/a/c/2.png", "bedroom_train/d/3.png"]),
    }.items():
        dataset, names = files
        folder = root / "layouts" / layout / dataset
        write(folder / "miniature.json", '{"image_count": 3}\n')
        for number, name in enumerate(names):
            png(folder / name, 32, number)
    # Numbered as CelebA is, which is not how CelebAMask-HQ's list numbers faces.
    for number, name in enumerate(["015248", "031796", "042373"]):
        png(root / f"layouts/hq_other/celebahq/celeba_hq/train/female/{name}.png", 32, number)
    write(root / "layouts/hq_other/celebahq/miniature.json", '{"image_count": 3}\n')
    listed = (miniatures / "celebahq/CelebAMask-HQ-attribute-anno.txt").read_bytes()
    for layout in ["hq_mask", "hq_other"]:
        write(root / "layouts" / layout / "celebahq/CelebAMask-HQ/CelebAMask-HQ-attribute-anno.txt", listed)
    for layout, dataset, name in [("ffhq_zip", "ffhq", "ffhq-256x256.zip"), ("lsun_zip", "lsun-bedroom", "lsunbedroom.zip")]:
        folder = root / "layouts" / layout / dataset
        write(folder / "miniature.json", '{"image_count": 3}\n')
        stylegan(folder / name, 32)
    # Copies on their way into the data folder.
    write(root / "data/ffhq/miniature.json", '{"image_count": 3}\n')
    write(root / "data/celeba/miniature.json", '{"image_count": 7}\n')
    stylegan(root / "faces32.zip", 32)


def cars():
    """Cars3D as disentanglement_lib unpacks it."""
    folder = root / "layouts/cars_folder/cars3d"
    write(folder / "miniature.json", (miniatures / "cars3d/miniature.json").read_bytes())
    with tarfile.open(miniatures / "cars3d/nips2015-analogy-data.tar.gz") as archive:
        for member in archive.getmembers():
            if "cars/" in member.name and member.isfile():
                write(folder / "cars" / pathlib.Path(member.name).name, archive.extractfile(member).read())


def parquet():
    """Pictures and labels as Hugging Face's datasets have them; the one part that needs a package."""
    import pyarrow
    import pyarrow.parquet
    pictures = []
    for number in range(400):
        png(root / "picture.png", 16, number)
        pictures.append({"bytes": (root / "picture.png").read_bytes(), "path": f"{number}.png"})
    labels = [draw.randrange(3) for _ in range(400)]
    pyarrow.parquet.write_table(pyarrow.table({"image": pictures, "label": labels}), root / "train.parquet")


def gif(frame_count):
    """A picture of 2×2 pixels in two colours, one or several times."""
    frame = b"," + struct.pack("<HHHHB", 0, 0, 2, 2, 0) + bytes([2, 3, 0x44, 0x02, 0x05, 0])
    return (b"GIF89a" + struct.pack("<HHBBB", 2, 2, 0x80, 0, 0) + bytes([255, 0, 0, 0, 0, 255])
            + frame * frame_count + b";")


def samples():
    """The same kind of pictures in archives and arrays, and in several formats."""
    names = sorted((root / "generated/inner").iterdir())
    with zipfile.ZipFile(root / "faces.zip", "w") as archive:
        archive.writestr("dataset.json", '{"labels": null}')
        for number, path in enumerate(names):
            archive.write(path, f"00000/img{number:08d}.png")
    with tarfile.open(root / "faces.tar.gz", "w:gz") as archive:
        archive.add(root / "generated", "faces")
    images = [[[[draw.randrange(256) for _ in range(3)] for _ in range(32)] for _ in range(32)] for _ in range(24)]
    savez("batch.npz", arr_0=(images, "B"), arr_1=([0] * 24, "q"))
    planes = [[[[pixel[c] for pixel in row] for row in image] for c in range(3)] for image in images]
    save("planar.npy", planes, "B")
    floats = [[[[x / 127.5 - 1 for x in pixel] for pixel in row] for row in image] for image in images]
    savez("floats.npz", samples=(floats, "f"))

    def moments(width):
        return [0.0] * width, [[float(a == b) for b in range(width)] for a in range(width)]
    (mean, covariance), (spatial, spatial_covariance) = moments(448), moments(6)
    savez("adm.npz", arr_0=(images, "B"), mu=(mean, "d"), sigma=(covariance, "d"), mu_s=(spatial, "d"),
          sigma_s=(spatial_covariance, "d"))
    mixed = root / "mixed"
    mixed.mkdir(exist_ok=True)
    for number, path in enumerate(names[:6]):
        (mixed / f"{number}.jpg").write_bytes(path.read_bytes())
    (mixed / "grey.pgm").write_bytes(b"P5 2 2 255\n" + bytes([0, 80, 160, 240]))
    (mixed / "one.gif").write_bytes(gif(1))
    (mixed / "several.gif").write_bytes(gif(2))
    (mixed / "._one.gif").write_bytes(b"left by macOS")


makers = {"codes": codes, "statistics": statistics, "folders": folders, "samples": samples, "celeba": celeba, "faces": faces, "cars": cars}
for name in sys.argv[2:] or makers:
    (makers | {"parquet": parquet})[name]()
