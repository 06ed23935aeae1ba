"""Golden values of the feature networks, with weights that a recipe makes in any language."""

import copy
import hashlib
import pathlib
import tempfile

import cleanfid.inception_pytorch
import numpy as np
import pytorch_fid.fid_score
import pytorch_fid.inception
import torch
import torchvision
from cleanfid.resize import build_resizer
from PIL import Image
from torch_fidelity import defaults, metric_fid, metric_isc, metric_kid, metric_prc
from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
from torch_fidelity.feature_extractor_vgg16 import FeatureExtractorVGG16

from golden_files import Case
from golden_recipe import SEED, weights
from golden_references import replaced, silence

LAYERS = ["64", "192", "768", "2048"]
WHY_FLOAT = "max |a-b| <= 5e-5 * max|b| per layer: float32 convolution order; float32 vs float64 of the " \
    "same network differs by float32_vs_float64_max_abs_2048"


def digest(tensor):
    return hashlib.sha256(tensor.numpy().tobytes()).hexdigest()


def planes(pixels):
    """[height, width, 3] to [1, 3, height, width]."""
    return torch.from_numpy(np.ascontiguousarray(pixels)).permute(2, 0, 1)[None]


class Networks:
    """pytorch-fid's and torch-fidelity's Inception with the recipe's weights."""

    def __init__(self, folder):
        peer = pytorch_fid.inception
        bare = peer._inception_v3(num_classes=1008, aux_logits=False, weights=None)
        # The FID network is the bare one with other blocks: the names and shapes are the same.
        self.state = weights(bare, 3)
        peer.load_state_dict_from_url = lambda *_, **__: self.state
        cleanfid.inception_pytorch.load_state_dict_from_url = lambda *_, **__: self.state
        path = folder / "inception.pth"
        torch.save(self.state, path)
        self.fidelity = FeatureExtractorInceptionV3(
            "inception", [*LAYERS, "logits_unbiased", "logits"], feature_extractor_weights_path=str(path))
        self.fid = peer.InceptionV3([0, 1, 2, 3]).eval()

    def fid_layers(self, pixels):
        """pytorch-fid's four layers, averaged over pixels as it does."""
        with torch.no_grad():
            return [layer.mean((2, 3))[0].numpy() for layer in self.fid(planes(pixels).float() / 255)]

    def prepared(self, images, divisor, offset):
        """The last layer on pictures already at 299 × 299, normalised as (x - offset) / divisor."""
        network = pytorch_fid.inception.InceptionV3(
            [3], resize_input=False, normalize_input=False).eval()
        with torch.no_grad():
            return network((planes(images) - offset) / divisor)[0][0, :, 0, 0].numpy()


def relative(first, second):
    """How far each row is from the other, relative to the other's length."""
    return np.linalg.norm(first - second, axis=1) / np.linalg.norm(second, axis=1)


def inception_case(folder, networks):
    stored = np.load(folder / "inception_recipe.npz")
    arrays = {f"image{index}": stored[f"image{index}"] for index in range(4)}
    images = list(arrays.values())
    layers = [networks.fid_layers(image) for image in images]
    for place, name in enumerate(LAYERS):
        arrays[f"pytorch_fid_{name}"] = np.stack([parts[place] for parts in layers])
    with torch.no_grad():
        outputs = [networks.fidelity(planes(image)) for image in images]
    for place, name in enumerate([*LAYERS, "logits_unbiased", "logits"]):
        arrays[f"torch_fidelity_{name}"] = np.stack([parts[place][0].numpy() for parts in outputs])
    resized = [build_resizer("clean")(image) for image in images]
    arrays["clean_fid_clean_2048"] = np.stack(
        [networks.prepared(image, 128, 128) for image in resized])
    clean = cleanfid.inception_pytorch.InceptionV3(output_blocks=[3], resize_input=False).eval()
    with torch.no_grad():
        arrays["clean_fid_pytorch_inception_2048"] = np.stack(
            [clean(planes(image) / 255)[0][0, :, 0, 0].numpy() for image in resized])
        # Asking for this type when it is made leaves torch-fidelity's network in single precision, and
        # what it returns is rounded: the average over pixels is taken where it is made.
        precise, averages = copy.deepcopy(networks.fidelity).double(), []
        precise.feature_extractor_internal_dtype = torch.float64
        precise.AvgPool.register_forward_hook(
            lambda _, __, output: averages.append(output.flatten().numpy().copy()))
        for image in images:
            precise(planes(image))
        arrays["float64_network_2048"] = np.stack(averages)
    features, others = arrays["pytorch_fid_2048"], arrays["torch_fidelity_2048"]
    names = ("Conv2d_1a_3x3.conv.weight", "Conv2d_1a_3x3.bn.weight", "Conv2d_1a_3x3.bn.running_var",
             "Mixed_6c.branch7x7dbl_4.conv.weight", "Mixed_7c.branch_pool.bn.running_mean", "fc.weight",
             "fc.bias")
    state = networks.state
    expected = {
        "mean_2048": features.mean(1), "std_2048": features.std(1),
        "fraction_zero": (features == 0).mean(1),
        "between_image_relative_std": features.std(0).mean() / features.mean(),
        "correlation_between_images": np.corrcoef(features)[np.triu_indices(4, 1)],
        "max_abs_2048": np.abs(features).max(),
        "float32_vs_float64_max_abs_2048":
            np.abs(others - arrays["float64_network_2048"]).max(),
        "logits_std": arrays["torch_fidelity_logits"].std(1),
        "relative_difference_pytorch_fid_vs_torch_fidelity_2048":
            relative(features, others),
        "relative_difference_clean_vs_torch_fidelity_2048":
            relative(arrays["clean_fid_clean_2048"], others)}
    outputs = [name for name in arrays if not name.startswith("image")]
    return Case(
        "inception_recipe", "inception_features",
        {"seed": SEED, "weights": "recipe of scripts/golden_networks.py, linear gain 3",
         "input_pytorch_fid": "uint8/255, bilinear half-pixel to 299, then 2x-1",
         "input_torch_fidelity": "uint8 -> float, TF1 bilinear to 299, (x-128)/128",
         "input_clean_fid": "PIL bicubic float to 299, (x-128)/128 (torchscript_inception); 2*x/255-1 "
         "(pytorch_inception)",
         "sha256": {name: digest(state[name]) for name in names},
         "first4": {name: state[name].flatten()[:4].tolist() for name in (*names[:2], names[-1])},
         "conv1_abs_sum": state[names[0]].double().abs().sum().item()},
        expected, {"rel_to_max": 5e-5, "why": WHY_FLOAT},
        {"impl": "pytorch-fid InceptionV3; torch-fidelity FeatureExtractorInceptionV3; clean-fid resizers",
         "key": "pytorch-fid"}, arrays,
        notes="npz: image0..3 uint8 [H,W,3]; <impl>_<layer> float32 [4, width]. logits_unbiased = pool3 "
        "@ fc.weight^T, logits adds fc.bias (1008 classes)",
        limits={f"array {name}": 5e-5 for name in outputs}
        | {f"{field}~": 1e-4 for field in expected if "float" not in field and "relative_d" not in field}
        | {"float32_vs_float64_max_abs_2048": 1e-5}
        | {field: 1e-5 for field in expected if field.startswith("relative_difference")})


def folder_case(folder, scratch, networks):
    """Two sets of pictures, from files to distances."""
    stored = np.load(folder / "end_to_end.npz")
    sets, paths = {name: stored[name] for name in "ab"}, []
    for name, pictures in sets.items():
        paths.append(scratch / name)
        paths[-1].mkdir()
        for index, picture in enumerate(pictures):
            Image.fromarray(picture).save(paths[-1] / f"{index:04}.png")
    expected = {}
    for width in (64, 192, 2048):
        with silence():
            expected[f"pytorch_fid_dims{width}"] = pytorch_fid.fid_score.calculate_fid_given_paths(
                [str(path) for path in paths], 50, "cpu", width, 0)
    last, logits = [], None
    for pictures in sets.values():
        batch = torch.from_numpy(pictures).permute(0, 3, 1, 2)
        with torch.no_grad():
            parts = [networks.fidelity(chunk) for chunk in batch.split(40)]
        last.append(torch.cat([part[LAYERS.index("2048")] for part in parts]))
        if logits is None:
            logits = torch.cat([part[len(LAYERS)] for part in parts])
    statistics = [metric_fid.fid_features_to_statistics(features) for features in last]
    settings = dict(defaults.DEFAULTS, verbose=False, kid_subsets=10, kid_subset_size=40, rng_seed=2020)
    kernel = metric_kid.kid_features_to_metric(*last, **settings)
    score = metric_isc.isc_features_to_metric(logits, 5, False)
    precision, recall = metric_prc.calculate_precision_recall_full(*last, 3)
    expected |= {
        "torch_fidelity_fid": metric_fid.fid_statistics_to_metric(
            *statistics, False)["frechet_inception_distance"],
        "torch_fidelity_kid_mean_10x40": kernel["kernel_inception_distance_mean"],
        "torch_fidelity_kid_std_10x40": kernel["kernel_inception_distance_std"],
        "torch_fidelity_is_mean_5splits_noshuffle_set_a": score["inception_score_mean"],
        "torch_fidelity_precision_k3": precision, "torch_fidelity_recall_k3": recall}
    return Case(
        "end_to_end", "fid_from_images",
        {"seed": SEED, "weights": "recipe",
         "files": "write each image as PNG 0000.png ... or feed directly (PNG is lossless)",
         "input1": "a (generated)", "input2": "b (real)", "kid_subsets": 10, "kid_subset_size": 40,
         "kid_seed": 2020},
        expected,
        {"rel": 0.002, "per_key": {
            "torch_fidelity_is_mean_5splits_noshuffle_set_a": {"abs": 2e-5},
            "torch_fidelity_precision_k3": {"abs": 0.03}, "torch_fidelity_recall_k3": {"abs": 0.03}},
         "why": "features agree to ~1e-5 relative; rank-deficient FID of strongly correlated features "
         "amplifies float32 noise; IS of random logits is 1 + 3e-3, so its tolerance is absolute"},
        {"impl": "pytorch-fid CLI path (files, batch 50); torch-fidelity functions", "key": "pytorch-fid"},
        sets)


def vgg_case(folder, scratch, references):
    stored = np.load(folder / "vgg16_recipe.npz")
    arrays = {name: stored[name] for name in ("image0", "image1")}
    network = torchvision.models.vgg16(weights=None)
    state = weights(network, 6)
    network.load_state_dict(state)
    network.eval().requires_grad_(False)
    path = scratch / "vgg16.pth"
    torch.save(state, path)
    extractor = FeatureExtractorVGG16(
        "vgg16", ["fc2", "fc2_relu"], feature_extractor_weights_path=str(path))
    files, outputs = [], []
    for name, picture in arrays.items():
        files.append(str(scratch / f"{name}.png"))
        Image.fromarray(picture).save(files[-1])
        outputs.append(extractor(planes(picture)))
    for place, name in enumerate(("fc2", "fc2_relu")):
        arrays[f"torch_fidelity_{name}"] = np.concatenate([parts[place].numpy() for parts in outputs])
    other = references.load("youngjung", "improved_precision_recall.py")
    plain = lambda files, **settings: loader(files, num_workers=0, **settings)
    loader = other.get_custom_loader
    with silence(), replaced(other, get_custom_loader=plain), \
            replaced(torch.Tensor, cuda=lambda tensor: tensor):
        arrays["youngjung_fc2"] = other.IPR(model=network).extract_features_from_files(files)
    features = arrays["torch_fidelity_fc2"]
    return Case(
        "vgg16_recipe", "vgg16_features",
        {"seed": SEED, "weights": "recipe of scripts/golden_networks.py, linear gain 6 (torchvision keys)",
         "torch_fidelity": "TF1 bilinear to 224, (x - 255 mean)/(255 std)",
         "youngjung": "PIL bilinear antialiased to 224x224, /255, ImageNet mean/std, classifier[:4] = "
         "fc2 BEFORE ReLU (dropout inactive in eval)",
         "sha256": {name: digest(state[name]) for name in ("features.0.weight", "classifier.3.bias")}},
        {"max_abs": np.abs(features).max(), "fraction_negative": (features < 0).mean()},
        {"rel_to_max": 5e-5, "why": "float32 summation order"},
        {"impl": "torch-fidelity FeatureExtractorVGG16; youngjung file path with torchvision vgg16",
         "key": "torch-fidelity"}, arrays,
        limits={f"array {name}": 5e-5 for name in arrays if not name.startswith("image")}
        | {"max_abs~": 1e-4, "fraction_negative": 1e-3})


def cases(folder, references):
    """The three cases; `folder` holds their pictures."""
    with tempfile.TemporaryDirectory() as name:
        scratch = pathlib.Path(name)
        networks = Networks(scratch)
        return [inception_case(folder, networks), folder_case(folder, scratch, networks),
                vgg_case(folder, scratch, references)]
