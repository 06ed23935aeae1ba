"""Makes Tests/DatasetsTests/Golden/decode.npz, resize_47x61.npz and resize_320x240.npz.

usage: python scripts/make_decoding_goldens.py [--check]

What Pillow, torch, torchvision, clean-fid and torch-fidelity make of the pictures in Golden/images and
of the array `src` in the resize files; those pictures are the input, they are not made again. Arrays
hold every `stride`-th row and column. With --check nothing is written: every array is compared.

    pip install numpy==2.4.6 torch==2.15.0 torchvision==0.29.2 pillow==13.0.0 clean-fid==0.1.35 \\
        torch-fidelity==0.4.0
"""

import sys

import numpy as np
import torch
from cleanfid.resize import build_resizer
from PIL import Image
from torch_fidelity.interpolate_compat_tensorflow import interpolate_bilinear_2d_like_tensorflow1x
from torchvision import transforms

import golden_files

FOLDER = golden_files.TESTS / "DatasetsTests/Golden"
FILES = ["rgb8.png", "gray8.png", "palette.png", "rgba8.png", "bilevel.png", "gray16.png",
         "q95_420.jpg", "q75_444.jpg", "q60_422.jpg", "progressive.jpg", "gray.jpg"]
# JPEG decoders may round differently; single precision may sum in another order.
LIMITS = {"jpg": 2, "cleanfid_clean": 1e-3, "cleanfid_legacy": 2e-3, "tf1_bilinear": 2e-3}


def decoded():
    return {
        name.replace(".", "_"): np.asarray(Image.open(FOLDER / "images" / name).convert("RGB"))
        for name in FILES}


def tensorflow(tensor, side):
    """TensorFlow 1's bilinear resize, as torch-fidelity has it."""
    return interpolate_bilinear_2d_like_tensorflow1x(tensor, size=(side, side), align_corners=False)


def resized(source, names):
    """The arrays of a resize file."""
    picture = Image.fromarray(source)
    tensor = torch.from_numpy(source).permute(2, 0, 1)[None].float()

    def pixels(batch):
        return batch[0].permute(1, 2, 0).numpy()

    def cropped(side):
        steps = [transforms.Resize(side), transforms.CenterCrop(64)]
        return np.asarray(transforms.Compose(steps)(picture))

    made = {
        "cleanfid_clean_299": (4, lambda: build_resizer("clean")(source)),
        "cleanfid_legacy_pytorch_299": (4, lambda: build_resizer("legacy_pytorch")(source)),
        "tf1_bilinear_299": (4, lambda: pixels(tensorflow(tensor, 299))),
        "tf1_bilinear_224": (4, lambda: pixels(tensorflow(tensor, 224))),
        "torchvision_resize96_crop64": (4, lambda: cropped(96)),
        "torchvision_resize64_crop64": (1, lambda: cropped(64)),
        "nearest_torch_224": (
            4, lambda: pixels(torch.nn.functional.interpolate(tensor, size=(224, 224)))),
    }
    for name in ("bicubic", "bilinear", "lanczos", "box"):
        kind = getattr(Image.Resampling, name.upper())
        made[f"pil_uint8_{name}_64"] = (
            1, lambda kind=kind: np.asarray(picture.resize((64, 64), kind)))
    result = {"src": source}
    for name in names:
        step, function = made[name]
        result[name] = np.ascontiguousarray(function()[::step, ::step])
    return result


def main():
    options = golden_files.arguments(__doc__)
    files, good = {"decode.npz": decoded()}, True
    for name in ("resize_47x61.npz", "resize_320x240.npz"):
        stored = np.load(FOLDER / name)
        files[name] = resized(stored["src"], [key for key in stored.files if key != "src"])
    for name, arrays in files.items():
        if not options.check:
            np.savez_compressed((options.out or FOLDER) / name, **arrays)
            continue
        stored, worst = np.load(FOLDER / name), (0.0, "")
        good = good and set(stored.files) == set(arrays)
        for key in stored.files:
            difference = float(np.abs(arrays[key].astype(float) - stored[key].astype(float)).max())
            worst = max(worst, (difference, key))
            if not difference <= next((value for part, value in LIMITS.items() if part in key), 0):
                print(f"  {name} {key} is off by {difference:.3g}")
                good = False
        print(f"{name}: {len(arrays)} arrays, largest difference {worst[0]:.3g} {worst[1]}")
    sys.exit(0 if good else 1)


main()
