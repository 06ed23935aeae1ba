"""Writes Tests/DatasetsTests/Golden/images/{orientation,cmyk,ycck}.jpg and orientation.npz with Pillow.

The npz holds what Pillow makes of them: exif_transpose for each of the eight orientations, and
convert("RGB") of the two four-channel files. Usage: make_image_goldens.py"""
import io
import pathlib
import numpy as np
from PIL import Image, ImageOps

folder = pathlib.Path(__file__).parent.parent / "Tests/DatasetsTests/Golden/images"
rng = np.random.default_rng(0)
blocks = rng.integers(0, 256, (5, 9, 3), dtype=np.uint8)
picture = Image.fromarray(blocks)
# A little-endian EXIF block with the orientation tag alone, for the test to patch.
tag_entry = bytes([0x12, 1, 3, 0, 1, 0, 0, 0])
exif = b"Exif\0\0II*\0\x08\0\0\0\1\0" + tag_entry + b"\6\0\0\0" + b"\0\0\0\0"
picture.save(folder / "orientation.jpg", quality=95, subsampling=0, exif=exif)
data = (folder / "orientation.jpg").read_bytes()
tag = data.index(tag_entry)
expected = {}
for value in range(1, 9):
    turned = bytearray(data)
    turned[tag + 8] = value
    expected[str(value)] = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(bytes(turned)))))
smooth = np.stack(np.meshgrid(np.linspace(0, 255, 24), np.linspace(0, 255, 16)), -1)
cmyk = np.concatenate([smooth, 255 - smooth[..., :1], smooth[..., ::-1][..., :1] / 2], -1).astype(np.uint8)
Image.fromarray(cmyk, "CMYK").save(folder / "cmyk.jpg", quality=95)
# An Adobe marker with transform 2 makes the same data YCCK; one with 0 keeps it CMYK.
data = (folder / "cmyk.jpg").read_bytes()
adobe = data.find(b"Adobe")
for name, transform in [("cmyk", 0), ("ycck", 2)]:
    changed = bytearray(data)
    changed[adobe + 11] = transform
    (folder / f"{name}.jpg").write_bytes(changed)
    expected[name] = np.asarray(Image.open(folder / f"{name}.jpg").convert("RGB"))
np.savez_compressed(folder / "orientation.npz", **expected)
