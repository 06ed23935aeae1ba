"""Makes small copies of what people bring, as docs/bring-your-own.md lists them.

Usage: make_bring_your_own.py FOLDER. Needs nothing but Python, so that CI can run it anywhere: arrays and pictures are
written here, JPEGs are taken from the miniature of CelebA. Contents are random; layouts and names are those of the
real files."""
import csv
import pathlib
import pickle
import random
import struct
import sys
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


codes()
statistics()
folders()
