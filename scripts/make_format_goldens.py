"""Writes Tests/DatasetsTests/Golden/mat and Golden/tar with scipy and Python's tarfile."""
import io
import pathlib
import struct
import tarfile

import numpy as np
import scipy.io

root = pathlib.Path(__file__).parent.parent / "Tests/DatasetsTests/Golden"

folder = root / "mat"
folder.mkdir(exist_ok=True)
arrays = {
    "mask": np.ones((2, 2)), "text": "words", "cell": np.array([1, "a"], dtype=object),
    "complex": np.array([1 + 2j]), "structure": {"a": 1},
    "im": np.arange(60, dtype=np.uint8).reshape((5, 4, 3), order="F"), "numbers": np.array([0.5, -2.0])}
for name, compressed in [("plain", False), ("compressed", True)]:
    scipy.io.savemat(folder / f"{name}.mat", arrays, do_compression=compressed)


def element(kind, data):
    return struct.pack(">II", kind, len(data)) + data + b"\0" * (-len(data) % 8)


def matrix(array_class, kind, name, shape, data):
    """A numeric array of a big-endian file, which scipy does not write."""
    body = element(6, struct.pack(">II", array_class, 0))
    body += element(5, b"".join(struct.pack(">i", size) for size in shape))
    body += element(1, name.encode()) + element(kind, data)
    return element(14, body)


header = b"MATLAB 5.0 MAT-file, big-endian".ljust(124) + struct.pack(">H", 0x0100) + b"MI"
(folder / "big.mat").write_bytes(
    header + matrix(9, 2, "im", (5, 4, 3), bytes(range(60)))
    + matrix(6, 9, "numbers", (1, 2), np.array([0.5, -2.0], ">f8").tobytes()))

folder = root / "tar"
folder.mkdir(exist_ok=True)
long_name = "folder/" * 12 + "name.txt"
for name, dialect in [("ustar", tarfile.USTAR_FORMAT), ("gnu", tarfile.GNU_FORMAT), ("pax", tarfile.PAX_FORMAT)]:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=dialect) as archive:
        for file, data in [("a.txt", b"first"), ("b.txt", b"x" * 1500), (long_name, b"deep")]:
            info = tarfile.TarInfo(file)
            info.size = len(data)
            if dialect == tarfile.PAX_FORMAT:
                info.pax_headers = {"comment": "grüße"}
            archive.addfile(info, io.BytesIO(data))
        link = tarfile.TarInfo("link")
        link.type = tarfile.SYMTYPE
        link.linkname = "../../etc/passwd"
        archive.addfile(link)
    (folder / f"{name}.tar").write_bytes(buffer.getvalue())
import gzip
(folder / "gnu.tar.gz").write_bytes(gzip.compress((folder / "gnu.tar").read_bytes(), 9, mtime=0))
