"""Writes Tests/DatasetsTests/Golden/npz/every_type.npz and object.npz with NumPy.

Every numeric array holds the numbers 0, 1, … in C order (bool: their parity), whatever its type,
byte order and memory order, so the tests need no second file with expected values."""
import pathlib
import numpy as np

folder = pathlib.Path(__file__).parent.parent / "Tests/DatasetsTests/Golden/npz"
arrays = {}
for code in ["b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"]:
    values = np.arange(24).reshape(2, 3, 4)
    values = values % 2 if code == "b1" else values
    arrays[f"little_{code}"] = values.astype("<" + code)
    arrays[f"big_{code}"] = values.astype(">" + code)
    arrays[f"fortran_{code}"] = np.asfortranarray(values.astype(">" + code))
arrays["scalar"] = np.float64(0)
arrays["empty"] = np.zeros((0, 7), np.float32)
arrays["text"] = np.array(["floor hue", "größe", ""])
arrays["big_text"] = arrays["text"].astype(">U9")
arrays["bytes"] = np.array([b"floor hue", b"size", b""])
np.savez_compressed(folder / "every_type.npz", **arrays)
np.savez(folder / "object.npz", codes=np.zeros((2, 2)), metadata=np.array({"a": 1}, dtype=object))
