"""Makes the golden files of DINOv2 and CLIP with their authors' and the metrics' own code.

usage: python scripts/make_transformer_goldens.py --references FOLDER [--check] [--out FOLDER]

FOLDER has checkouts of dinov2, dgm-eval, edm2 and cmmd-pytorch at the commits of golden_references.py. The
networks' weights come from a recipe (golden_recipe.py), so no published weights are needed.

dinov2.npz, clip.npz: two pictures; what each protocol makes of them before the network (`PROTOCOL.pixels`, every
ninth row and column, and `PROTOCOL.sha256` of all of it) and behind it (`PROTOCOL.features`); and, in the first
protocol, what goes into the first block and comes out of every block (`class`, the first token, and `mean`, that of
all tokens; 0 is what goes in). `large.features` is of a network of ViT-L's width with two blocks.

naming_*: the parameters of tiny networks under the names of several publishers, written by their own libraries.

    pip install numpy==2.4.6 torch==2.11.0 torchvision==0.26.0 pillow==13.0.0 timm==1.0.31 \\
        open_clip_torch==3.3.0 transformers==5.24.0 torch-fidelity==0.4.0 clean-fid==0.1.35 safetensors==0.8.0
"""

import hashlib
import importlib
import pathlib
import shutil
import sys
import tempfile
import types
import warnings

import numpy as np
import open_clip
import PIL.Image
import timm
import torch
import torch.hub
import transformers
from safetensors.torch import save_file
from torch_fidelity.feature_extractor_clip import FeatureExtractorCLIP, VisionTransformer
from torch_fidelity.feature_extractor_dinov2 import FeatureExtractorDinoV2

import golden_files
from golden_recipe import weights
from golden_references import References, replaced, silence

FOLDER = golden_files.TESTS / "GenerationMetricsTests/Golden"
options = golden_files.arguments(__doc__, references={"required": True})
references = References(options.references)
target = options.out or FOLDER
warnings.simplefilter("ignore")


def pictures():
    """Two pictures with edges that bicubic filters overshoot at: one to enlarge, one to shrink."""
    random, result = np.random.default_rng(5), []
    for height, width in ((61, 48), (250, 237)):
        rows, columns = np.mgrid[:height, :width]
        picture = np.empty((height, width, 3))
        for channel in range(3):
            a, b, phase = random.uniform(0.02, 0.15, 3) * (1, 1, 40)
            picture[..., channel] = 128 + 110 * np.sin(a * rows + b * columns + phase)
        for _ in range(12):
            top, left = random.integers(0, height - 8), random.integers(0, width - 8)
            size, colour = random.integers(5, 40), random.integers(0, 2, 3) * 255
            picture[top:top + size, left:left + size] = colour
        result.append(picture.astype(np.uint8))
    return result


IMAGES = pictures()


def channels_first(image):
    """[height, width, 3] to [1, 3, height, width]."""
    return torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1)[None]


class Watched:
    """A network that keeps what it was given."""

    def __init__(self, network):
        self.network, self.inputs = network, []

    def __call__(self, x):
        self.inputs.append(x.detach().clone())
        with torch.no_grad():
            return self.network(x)

    def to(self, *_):
        return self

    eval = requires_grad_ = to


def protocol(name, run, watched, arrays):
    """Runs both pictures; keeps what went into the network and what came out."""
    watched.inputs.clear()
    features = torch.cat([run(image).reshape(1, -1) for image in IMAGES]).numpy()
    planes = torch.cat(watched.inputs).numpy().astype(np.float32)
    arrays[f"{name}.pixels"] = planes[:, :, ::9, ::9].copy()
    arrays[f"{name}.sha256"] = np.array(
        [hashlib.sha256(part.tobytes()).hexdigest() for part in planes])
    arrays[f"{name}.features"] = features
    return torch.from_numpy(planes)


def stages(blocks, run):
    """The first token and the mean of all tokens before and after every block."""
    outputs = []
    hooks = [block.register_forward_hook(lambda _, inputs, output: outputs.append((inputs[0], output)))
             for block in blocks]
    with torch.no_grad():
        run()
    for hook in hooks:
        hook.remove()
    tokens = [outputs[0][0]] + [output for _, output in outputs]
    return (torch.stack([part[:, 0] for part in tokens]).numpy(),
            torch.stack([part.mean(1) for part in tokens]).numpy())


# DINOv2


def hub_backbone(**shape):
    """A network of the hub with the recipe's weights; ViT-S/14 without `shape`."""
    sys.path.insert(0, str(references.path("dinov2")))
    from dinov2.hub import backbones
    from dinov2.models.vision_transformer import DinoVisionTransformer

    network = DinoVisionTransformer(patch_size=14, init_values=1.0, block_chunks=0, interpolate_offset=0.1,
                                    **shape) if shape else backbones.dinov2_vits14(pretrained=False)
    network.load_state_dict(weights(network, 3))
    return network.eval()


def dinov2_arrays():
    network = hub_backbone()
    watched = Watched(network)
    arrays = {f"image{index}": image for index, image in enumerate(IMAGES)}
    with replaced(torch.hub, load=lambda *_, **__: watched, set_dir=lambda *_: None):
        module = dgm_encoder()
        for name, clean in (("dgm", False), ("dgm-clean", True)):
            encoder = module.DINOv2Encoder.__new__(module.DINOv2Encoder)
            torch.nn.Module.__init__(encoder)
            encoder.setup("vits14", clean_resize=clean)
            planes = protocol(
                name, lambda image: watched(encoder.transform(PIL.Image.fromarray(image))[None].float()),
                watched, arrays)
            if name == "dgm":
                arrays["class"], arrays["mean"] = stages(network.blocks, lambda: network(planes))
                first = planes
        metrics = references.load("edm2", "calculate_metrics.py", stubs=(
            "click", "tqdm", "dnnlib", "torch_utils", "training", "generate_images", "scipy", "scipy.linalg"))
        misc = types.SimpleNamespace(
            const_like=lambda like, value: torch.as_tensor(value, dtype=like.dtype, device=like.device))
        with replaced(metrics, misc=misc):
            detector = metrics.DINOv2Detector(resize_mode="torch")
            protocol("edm2", lambda image: detector(channels_first(image)), watched, arrays)
            slow = metrics.DINOv2Detector(resize_mode="pil")
            watched.inputs.clear()
            same = torch.cat([slow(channels_first(image)) for image in IMAGES]).numpy()
        print("edm2 pil against dgm:", np.abs(same - arrays["dgm.features"]).max())
        extractor = FeatureExtractorDinoV2.__new__(FeatureExtractorDinoV2)
        torch.nn.Module.__init__(extractor)
        extractor.feature_extractor_internal_dtype = torch.float32
        extractor.features_list, extractor.model = ["dinov2"], watched
        protocol("torch-fidelity", lambda image: extractor(channels_first(image))[0], watched, arrays)
    compare_with_timm(network, first, arrays["dgm.features"])
    large = hub_backbone(img_size=518, embed_dim=1024, depth=2, num_heads=16)
    with torch.no_grad():
        arrays["large.features"] = large(first).numpy()
    return arrays


def dgm_encoder():
    """dgm-eval's encoder of DINOv2, without the packages that its other encoders need."""
    root = references.path("dgm-eval")
    for name, path in (("dgm_eval", "dgm_eval"), ("dgm_eval.models", "dgm_eval/models")):
        package = types.ModuleType(name)
        package.__path__ = [str(root / path)]
        sys.modules[name] = package
    return importlib.import_module("dgm_eval.models.dinov2")


def compare_with_timm(network, planes, features):
    """timm's network with positions as the hub resamples them: another implementation of the blocks."""
    peer = timm.create_model("vit_small_patch14_dinov2", img_size=224, num_classes=0, global_pool="token").eval()
    state = dict(network.state_dict())
    state.pop("mask_token")
    with torch.no_grad():
        state["pos_embed"] = network.interpolate_pos_encoding(torch.zeros(1, 257, 384), 224, 224)
        peer.load_state_dict(state)
        difference = np.abs(peer(planes).numpy() - features).max()
    print("timm against the hub:", difference, "of", np.abs(features).max())


# CLIP


def clip_arrays():
    network = open_clip.create_model("ViT-B-32-quickgelu", pretrained=None).visual.eval()
    network.load_state_dict(weights(network, 3, "visual."))
    watched = Watched(network)
    arrays = {}
    clip = types.ModuleType("clip")
    clip.load = lambda *_, **__: (types.SimpleNamespace(encode_image=watched, eval=lambda: None), None)
    sys.modules["clip"] = clip
    from cleanfid import clip_features

    extractor = clip_features.CLIP_fx(device="cpu")
    planes = protocol(
        "clean-fid-clip", lambda image: extractor(
            channels_first(clip_features.img_preprocess_clip(image)).float()), watched, arrays)
    arrays["class"], arrays["mean"] = stages(network.transformer.resblocks, lambda: network(planes))
    with torch.no_grad():
        arrays["unprojected"] = network.ln_post(torch.from_numpy(arrays["class"][-1])).numpy()
    stub = types.SimpleNamespace(
        feature_extractor_internal_dtype=torch.float32, resolution=224, features_list=["clip"],
        model=types.SimpleNamespace(visual=watched))
    protocol("torch-fidelity", lambda image: FeatureExtractorCLIP.forward(stub, channels_first(image))[0],
             watched, arrays)
    cmmd_arrays(arrays)
    return arrays


def tower(width, blocks, heads, patch, side, output):
    """OpenAI's visual tower as torch-fidelity has it, with the recipe's weights."""
    network = VisionTransformer(side, patch, width, blocks, heads, output).eval()
    network.load_state_dict(weights(network, 3, "visual."))
    return network


def transformers_tower(network, width, blocks, heads, patch, side, output):
    """The same in transformers."""
    peer = transformers.CLIPVisionModelWithProjection(transformers.CLIPVisionConfig(
        hidden_size=width, intermediate_size=4 * width, num_hidden_layers=blocks, num_attention_heads=heads,
        image_size=side, patch_size=patch, projection_dim=output, hidden_act="quick_gelu")).eval()
    old, new = network.state_dict(), {}
    vision = "vision_model."
    new[vision + "embeddings.class_embedding"] = old["class_embedding"]
    new[vision + "embeddings.patch_embedding.weight"] = old["conv1.weight"]
    new[vision + "embeddings.position_embedding.weight"] = old["positional_embedding"]
    new["visual_projection.weight"] = old["proj"].T.contiguous()
    for kind in ("weight", "bias"):
        new[f"{vision}pre_layrnorm.{kind}"] = old[f"ln_pre.{kind}"]
        new[f"{vision}post_layernorm.{kind}"] = old[f"ln_post.{kind}"]
        for block in range(blocks):
            theirs, layer = f"transformer.resblocks.{block}.", f"{vision}encoder.layers.{block}."
            parts = old[f"{theirs}attn.in_proj_{kind}"].chunk(3)
            for name, part in zip("qkv", parts):
                new[f"{layer}self_attn.{name}_proj.{kind}"] = part.contiguous()
            for name, known in (("self_attn.out_proj", "attn.out_proj"), ("layer_norm1", "ln_1"),
                                ("layer_norm2", "ln_2"), ("mlp.fc1", "mlp.c_fc"), ("mlp.fc2", "mlp.c_proj")):
                new[f"{layer}{name}.{kind}"] = old[f"{theirs}{known}.{kind}"]
    peer.load_state_dict(new, strict=True)
    return peer


def cmmd_arrays(arrays):
    """CMMD's embedding of a network of ViT-L/14@336's width with two blocks."""
    shape = dict(width=1024, blocks=2, heads=16, patch=14, side=336, output=768)
    network = tower(**shape)
    peer = transformers_tower(network, **shape)
    processor = transformers.CLIPImageProcessor(
        size={"shortest_edge": 336}, crop_size={"height": 336, "width": 336})
    with replaced(transformers.CLIPImageProcessor, from_pretrained=lambda *_: processor), \
            replaced(transformers.CLIPVisionModelWithProjection, from_pretrained=lambda *_: peer):
        embedding = references.load("cmmd", "embedding.py").ClipEmbeddingModel()
    reading = references.load("cmmd", "io_util.py", stubs=("tqdm",))
    watched, inner = Watched(None), peer.forward

    def forward(pixel_values, **named):
        watched.inputs.append(pixel_values.clone())
        return inner(pixel_values=pixel_values, **named)

    peer.forward = forward
    crop = reading.CMMDDataset._center_crop_and_resize

    def run(image):
        pixels = np.asarray(crop(None, PIL.Image.fromarray(image), 336)).astype(np.float32)
        return embedding.embed(pixels[None] / 255.0)

    planes = protocol("cmmd", run, watched, arrays)
    with torch.no_grad():
        other = network(planes)
        other /= other.norm(dim=-1, keepdim=True)
    print("torch-fidelity's tower against transformers':", (other - torch.from_numpy(arrays["cmmd.features"])).abs().max())


# Names


def naming_files():
    """Tiny networks in the files of several publishers."""
    hub = hub_backbone(img_size=70, embed_dim=16, depth=2, num_heads=2)
    state = {name: value for name, value in hub.state_dict().items()}
    torch.save(state, target / "naming_dinov2_hub.pth")
    peer = transformers.Dinov2Model(transformers.Dinov2Config(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=2, image_size=70, patch_size=14)).eval()
    new = {
        "embeddings.cls_token": state["cls_token"], "embeddings.mask_token": state["mask_token"],
        "embeddings.position_embeddings": state["pos_embed"],
        "embeddings.patch_embeddings.projection.weight": state["patch_embed.proj.weight"],
        "embeddings.patch_embeddings.projection.bias": state["patch_embed.proj.bias"]}
    for kind in ("weight", "bias"):
        new[f"layernorm.{kind}"] = state[f"norm.{kind}"]
        for block in range(2):
            layer, theirs = f"encoder.layer.{block}.", f"blocks.{block}."
            for name, part in zip("qkv", state[f"{theirs}attn.qkv.{kind}"].chunk(3)):
                new[f"{layer}attention.{name}_proj.{kind}"] = part.contiguous()
            for name, known in (("attention.o_proj", "attn.proj"), ("norm1", "norm1"), ("norm2", "norm2"),
                                ("mlp.fc1", "mlp.fc1"), ("mlp.fc2", "mlp.fc2")):
                new[f"{layer}{name}.{kind}"] = state[f"{theirs}{known}.{kind}"]
            for place in (1, 2):
                new[f"{layer}layer_scale{place}.lambda1"] = state[f"{theirs}ls{place}.gamma"]
    peer.load_state_dict(new, strict=True)
    picture = torch.rand(1, 3, 70, 70, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        print("transformers' DINOv2 against the hub:", (peer(picture).pooler_output - hub(picture)).abs().max())
    save_pretrained(peer, "naming_dinov2_transformers.safetensors")
    state["register_tokens"] = torch.zeros(1, 4, 16)
    save_file({name: value.half() for name, value in state.items()}, target / "naming_dinov2_registers.safetensors")

    shape = dict(width=16, blocks=2, heads=2, patch=8, side=32, output=8)
    network = tower(**shape)
    save_pretrained(transformers_tower(network, **shape), "naming_clip_transformers.safetensors")
    named = {f"visual.{name}": value.contiguous() for name, value in network.state_dict().items()}
    save_file(named, target / "naming_clip_openai.safetensors")
    save_file({name: value.contiguous() for name, value in network.state_dict().items()},
              target / "naming_clip_tower.safetensors")
    blocks = timm.models.vision_transformer.checkpoint_filter_fn(named, timm.create_model(
        "vit_base_patch32_clip_quickgelu_224", img_size=32, patch_size=8, embed_dim=16, depth=2, num_heads=2,
        num_classes=8))
    save_file({name: value.contiguous() for name, value in blocks.items()},
              target / "naming_clip_timm.safetensors")
    script_archive(network)


class Whole(torch.nn.Module):
    """CLIP's outer module, with something of the text's."""

    def __init__(self, visual):
        super().__init__()
        self.visual = visual
        self.logit_scale = torch.nn.Parameter(torch.tensor(1.5))

    def forward(self, images):
        return self.visual(images) * self.logit_scale


def script_archive(network):
    """A TorchScript archive such as OpenAI's, in half precision."""
    network = Whole(network).eval()
    script = torch.jit.trace(network, torch.zeros(1, 3, 32, 32))
    script.half().save(target / "naming_clip_script.pt")


def save_pretrained(network, name):
    """What transformers writes, whose names differ from those in memory."""
    with tempfile.TemporaryDirectory() as folder, silence():
        network.save_pretrained(folder)
        shutil.copy(pathlib.Path(folder) / "model.safetensors", target / name)


def main():
    torch.set_num_threads(1)
    for name, make in (("dinov2.npz", dinov2_arrays), ("clip.npz", clip_arrays)):
        arrays = make()
        if not options.check:
            np.savez_compressed(target / name, **arrays)
            continue
        stored = np.load(FOLDER / name)
        for key, value in arrays.items():
            if value.dtype.kind == "U":
                print(name, key, "equal" if (value == stored[key]).all() else "different")
                continue
            difference = np.abs(value.astype(float) - stored[key]).max() / np.abs(stored[key].astype(float)).max()
            print(name, key, difference)
            if difference > 2e-5:
                sys.exit(f"{name}: {key} has changed")
    if not options.check:
        naming_files()


main()
