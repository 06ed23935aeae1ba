"""Makes golden files for the generation metrics with the peers' own code.

usage: python scripts/make_generation_goldens.py stages FOLDED PICTURE... --out FILE.npz [--stages N]
       python scripts/make_generation_goldens.py reconstruction VGG.pth LPIPS.pth --out FILE.npz

stages: FOLDED holds the first convolutions of the Inception network of 2015 as
weights_NAME.dat and bias_NAME.dat (float32, batch normalisation folded in, output × height × width ×
input). They are put into pytorch-fid's own modules; the file gets the weights, the pictures, and the
mean over pixels of what every stage gives.

reconstruction: two pairs of pictures with their LPIPS by the authors' package (VGG.pth: VGG-16 as
torchvision names it; LPIPS.pth: the linear layers of version 0.1) and scikit-image's PSNR and SSIM.

Needs numpy, Pillow, torch, torchvision, pytorch-fid, lpips, scikit-image.
"""

import argparse
import pathlib

import numpy as np
import torch
from PIL import Image

arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
arguments.add_argument("what", choices=["stages", "reconstruction"])
arguments.add_argument("inputs", nargs="+", type=pathlib.Path)
arguments.add_argument("--out", required=True)
arguments.add_argument("--stages", type=int, default=11)
options = arguments.parse_args()

STEM = ["Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "Conv2d_3b_1x1", "Conv2d_4a_3x3"]
BLOCK_A = {
    "conv": "branch1x1", "tower_conv": "branch5x5_1", "tower_conv_1": "branch5x5_2",
    "tower_1_conv": "branch3x3dbl_1", "tower_1_conv_1": "branch3x3dbl_2",
    "tower_1_conv_2": "branch3x3dbl_3", "tower_2_conv": "branch_pool",
}
BLOCK_B = {
    "conv": "branch3x3", "tower_conv": "branch3x3dbl_1", "tower_conv_1": "branch3x3dbl_2",
    "tower_conv_2": "branch3x3dbl_3",
}


def folded_names():
    """The files' names, by pytorch-fid's."""
    names = {key: "conv" if i == 0 else f"conv_{i}" for i, key in enumerate(STEM)}
    for file, block in (("mixed", "Mixed_5b"), ("mixed_1", "Mixed_5c"), ("mixed_2", "Mixed_5d")):
        names |= {f"{block}.{branch}": f"{file}_{part}" for part, branch in BLOCK_A.items()}
    return names | {f"Mixed_6a.{branch}": f"mixed_3_{part}" for part, branch in BLOCK_B.items()}


def stages():
    import pytorch_fid.inception as peer

    peer.load_state_dict_from_url = lambda *_, **__: peer._inception_v3(
        num_classes=1008, aux_logits=False, weights=None).state_dict()
    network = peer.fid_inception_v3().eval()
    folder, pictures = options.inputs[0], options.inputs[1:]
    modules, result = dict(network.named_modules()), {}
    order = [*STEM[:3], "MaxPool_1", *STEM[3:], "MaxPool_2", "Mixed_5b", "Mixed_5c", "Mixed_5d",
             "Mixed_6a"][: options.stages]
    for key, file in folded_names().items():
        if key.split(".")[0] not in order:
            continue
        unit = modules[key]
        outputs, inputs, height, width = unit.conv.weight.shape
        weight = np.fromfile(folder / f"weights_{file}.dat", "<f4")
        weight = weight.reshape(outputs, height, width, inputs).transpose(0, 3, 1, 2).copy()
        bias = np.fromfile(folder / f"bias_{file}.dat", "<f4")
        unit.conv.weight.data = torch.from_numpy(weight)
        unit.bn.weight.data.fill_(1)
        unit.bn.bias.data = torch.from_numpy(bias)
        unit.bn.running_mean.fill_(0)
        unit.bn.running_var.fill_(1 - unit.bn.eps)
        result[f"{key}.weight"], result[f"{key}.bias"] = weight, bias
    with torch.no_grad():
        for index, path in enumerate(pictures):
            pixels = np.asarray(Image.open(path).convert("RGB"))
            result[f"picture{index}"] = pixels
            maps = torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float() / 255
            maps = 2 * torch.nn.functional.interpolate(
                maps, size=(299, 299), mode="bilinear", align_corners=False) - 1
            for name in order:
                isPool = name.startswith("MaxPool")
                maps = torch.nn.functional.max_pool2d(maps, 3, 2) if isPool else modules[name](maps)
                result[f"{name}.mean{index}"] = maps.mean((2, 3))[0].numpy()
    np.savez_compressed(options.out, **result)


def reconstruction():
    import lpips
    import torchvision
    from skimage.metrics import peak_signal_noise_ratio, structural_similarity

    create = torchvision.models.vgg16
    torchvision.models.vgg16 = lambda *_, **__: create(weights=None)
    measure = lpips.LPIPS(net="vgg", version="0.1", model_path=str(options.inputs[1])).eval()
    backbone = create(weights=None)
    backbone.load_state_dict(torch.load(options.inputs[0]))
    slices = [measure.net.slice1, measure.net.slice2, measure.net.slice3, measure.net.slice4,
              measure.net.slice5]
    for part in slices:
        for name, layer in part.named_children():
            layer.load_state_dict(backbone.features[int(name)].state_dict())
    random = np.random.default_rng(0)
    y, x = np.mgrid[0:48, 0:64]
    wave = 128 + 80 * np.sin(x / 5)[..., None] * np.cos(y[..., None] / 7 + np.arange(3))
    result = {}
    for index, (noise, shift) in enumerate(((4, 0), (40, 20))):
        first = np.clip(wave + random.normal(0, 9, wave.shape), 0, 255).astype(np.uint8)
        second = first + random.normal(0, noise, wave.shape) + shift
        second = np.clip(second, 0, 255).astype(np.uint8)
        planes = [
            torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 127.5 - 1
            for picture in (first, second)
        ]
        with torch.no_grad():
            distance = measure(*planes).item()
        similarity = structural_similarity(
            first, second, gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
            data_range=255, channel_axis=2)
        result |= {
            f"first{index}": first, f"second{index}": second,
            f"values{index}": np.array(
                [distance, peak_signal_noise_ratio(first, second, data_range=255), similarity]),
        }
        print(index, result[f"values{index}"])
    np.savez_compressed(options.out, **result)


stages() if options.what == "stages" else reconstruction()
