"""Makes Tests/DatasetsTests/Golden/pictures: small WebP, TIFF, BMP, PNM and GIF files, and pixels.npz.

usage: python scripts/make_picture_goldens.py [--check]

pixels.npz holds what Pillow makes of each file by convert("RGB"), under its name with '_' for '.'; files
that are refused (animated, several pages) are not in it. What Pillow cannot write is put together here
byte by byte, or by tifffile. With --check nothing is written: the pixels of the files that are there are
compared (encoders may change, decoders may not).

    pip install numpy==2.4.6 pillow==13.0.0 tifffile==2026.3.3
"""

import io
import struct
import sys

import numpy as np
import tifffile
from PIL import Image

import golden_files

FOLDER = golden_files.TESTS / "DatasetsTests/Golden/pictures"
WIDTH, HEIGHT = 19, 13
REFUSED = ["animated.webp", "animated.gif", "pages.tiff"]


def source():
    """A smooth picture with a few edges, RGB."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    planes = [x * 255 // (WIDTH - 1), y * 255 // (HEIGHT - 1), (x * y * 7) % 256]
    pixels = np.stack(planes, -1).astype(np.uint8)
    pixels[3:6, 4:9] = (250, 10, 128)
    return pixels


def saved(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def tiff(array, **options):
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, array, metadata=None, **options)
    return buffer.getvalue()


def bitmap(bits, rows, palette=b"", masks=b"", height=HEIGHT):
    """A Windows bitmap of given rows, bottom row first unless the height is negative."""
    rows = [row + bytes(-len(row) % 4) for row in rows]
    data = b"".join(rows)
    offset = 14 + 40 + len(masks) + len(palette)
    header = struct.pack("<IiiHHIIiiII", 40, WIDTH, height, 1, bits, 3 if masks else 0, len(data), 0, 0,
                         len(palette) // 4, 0)
    return b"BM" + struct.pack("<IHHI", offset + len(data), 0, 0, offset) + header + masks + palette + data


def bitmaps(rgb):
    flipped = rgb[::-1]
    index = (rgb.sum(-1) // 48).astype(np.uint8) % 16
    packed = [bytes(np.packbits(np.unpackbits(row[:, None], axis=1)[:, 4:].ravel())) for row in index[::-1]]
    palette = bytes(value for i in range(16) for value in (i * 16, 255 - i * 10, (i * 37) % 256, 0))
    red, green, blue = (flipped[..., c].astype(np.uint16) for c in range(3))
    five = red >> 3 << 10 | green >> 3 << 5 | blue >> 3
    six = red >> 3 << 11 | green >> 2 << 5 | blue >> 3
    four = np.dstack([rgb[..., ::-1], np.full((HEIGHT, WIDTH), 77, np.uint8)])
    grey = Image.fromarray(rgb).convert("L")
    return {
        "rgb24.bmp": saved(Image.fromarray(rgb), "BMP"),
        "grey.bmp": saved(grey, "BMP"),
        "bilevel.bmp": saved(grey.convert("1"), "BMP"),
        "palette4.bmp": bitmap(4, packed, palette),
        "rgb555.bmp": bitmap(16, [row.astype("<u2").tobytes() for row in five]),
        "rgb565.bmp": bitmap(16, [row.astype("<u2").tobytes() for row in six],
                             masks=struct.pack("<III", 0xF800, 0x7E0, 0x1F)),
        "top_down32.bmp": bitmap(32, [row.tobytes() for row in four], height=-HEIGHT),
        "masks32.bmp": bitmap(32, [row.tobytes() for row in four[::-1]],
                              masks=struct.pack("<III", 0xFF0000, 0xFF00, 0xFF)),
    }


def netpbm(rgb):
    grey = np.asarray(Image.fromarray(rgb).convert("L"))
    bits = (grey > 127).astype(np.uint8)
    deep = rgb.astype(">u2") * 200

    def text(values):
        return ("\n".join(" ".join(map(str, row)) for row in values.reshape(HEIGHT, -1)) + "\n").encode()

    size = f"{WIDTH} {HEIGHT}\n".encode()
    packed = b"".join(np.packbits(row).tobytes() for row in bits)
    return {
        "plain.pbm": b"P1\n# a comment\n" + size + text(bits).replace(b" ", b""),
        "plain.pgm": b"P2 # a comment\n" + size + b"100\n" + text(grey.astype(int) * 100 // 255),
        "plain.ppm": b"P3\n" + size + b"255\n" + text(rgb),
        "bits.pbm": b"P4\n" + size + packed,
        "grey.pgm": b"P5\n" + size + b"255\n" + grey.tobytes(),
        "grey100.pgm": b"P5\n" + size + b"100\n" + (grey.astype(int) * 100 // 255).astype(np.uint8).tobytes(),
        "grey16.pgm": b"P5\n" + size + b"65535\n" + grey.astype(">u2").tobytes(),
        "grey12.pgm": b"P5\n" + size + b"4095\n" + (grey.astype(">u2") // 2).tobytes(),
        "rgb.ppm": b"P6\n" + size + b"255\n" + rgb.tobytes(),
        "rgb16.ppm": b"P6\n" + size + b"65535\n" + deep.tobytes(),
    }


def tiffs(rgb):
    image = Image.fromarray(rgb)
    grey = image.convert("L")
    alpha = np.dstack([rgb, rgb[..., 0]])
    wide = np.asarray(image.resize((40, 36), Image.Resampling.BICUBIC))
    return {
        "plain.tiff": saved(image, "TIFF"),
        "lzw.tif": saved(image, "TIFF", compression="tiff_lzw", tiffinfo={317: 2, 278: 4}),
        "deflate.tiff": saved(image, "TIFF", compression="tiff_adobe_deflate"),
        "packbits.tiff": saved(grey, "TIFF", compression="packbits"),
        "bilevel.tiff": saved(grey.convert("1"), "TIFF", compression="group4"),
        "palette.tiff": saved(image.quantize(32), "TIFF"),
        "rgba.tiff": saved(Image.fromarray(alpha), "TIFF"),
        "cmyk.tiff": saved(image.convert("CMYK"), "TIFF"),
        "jpeg.tiff": saved(image, "TIFF", compression="jpeg", quality=95),
        "turned.tiff": saved(image, "TIFF", tiffinfo={274: 6}),
        "grey16.tiff": tiff(np.asarray(grey).astype(np.uint16) * 3, photometric="minisblack"),
        "rgb16.tiff": tiff(rgb.astype(np.uint16) * 257, photometric="rgb", byteorder=">"),
        "white.tiff": tiff(np.asarray(grey), photometric="miniswhite"),
        "tiles.tiff": tiff(wide, photometric="rgb", tile=(16, 16)),
        "planes.tiff": tiff(np.moveaxis(rgb, -1, 0), photometric="rgb", planarconfig="separate"),
        "pages.tiff": saved(image, "TIFF", save_all=True, append_images=[grey]),
    }


def files():
    rgb = source()
    image = Image.fromarray(rgb)
    alpha = Image.fromarray(np.dstack([rgb, rgb[::-1, :, 0]]))
    palette = image.quantize(50)
    return {
        "lossless.webp": saved(image, "WEBP", lossless=True),
        "alpha.webp": saved(alpha, "WEBP", lossless=True, exact=True),
        "lossy.webp": saved(image, "WEBP", quality=80),
        "lossy_alpha.webp": saved(alpha, "WEBP", quality=80),
        "animated.webp": saved(image, "WEBP", save_all=True, append_images=[image.rotate(90)]),
        "palette.gif": saved(palette, "GIF", interlace=0),
        "interlaced.gif": saved(palette, "GIF", interlace=1),
        "grey.gif": saved(image.convert("L"), "GIF"),
        "transparent.gif": saved(palette, "GIF", transparency=3),
        "noise.gif": saved(Image.fromarray(
            np.random.default_rng(1).integers(0, 256, (80, 90), dtype=np.uint8)), "GIF"),
        "animated.gif": saved(palette, "GIF", save_all=True, append_images=[palette.rotate(90)]),
        **tiffs(rgb), **bitmaps(rgb), **netpbm(rgb),
    }


def decoded():
    names = sorted(path.name for path in FOLDER.iterdir() if path.suffix != ".npz")
    return {
        name.replace(".", "_"): np.asarray(Image.open(FOLDER / name).convert("RGB"))
        for name in names if name not in REFUSED}


if sys.argv[1:] == ["--check"]:
    held = np.load(FOLDER / "pixels.npz")
    made = decoded()
    wrong = [name for name in made if not np.array_equal(made[name], held[name])]
    print("differ: " + ", ".join(wrong) if wrong else f"{len(made)} pictures are the same")
    sys.exit(1 if wrong or set(made) != set(held.files) else 0)
FOLDER.mkdir(exist_ok=True)
for name, data in files().items():
    (FOLDER / name).write_bytes(data)
np.savez_compressed(FOLDER / "pixels.npz", **decoded())
