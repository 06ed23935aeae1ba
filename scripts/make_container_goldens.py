"""Makes the small weight files and NumPy archives that the readers are tested on.

usage: python scripts/make_container_goldens.py [--check]

Tests/GenerationMetricsTests/Golden: state_legacy.pth, state_zip.pth, state.safetensors (the same four
tensors), strided_legacy.pth, strided_zip.pth (transposed, half, bfloat16, double and a view).
Tests/DatasetsTests/Golden/npz: stats_stored.npz, stats_deflate.npz, stats_fortran_f4.npz, images_u8.npz.
With --check the files are compared with what is made, byte by byte but for the legacy .pth, in which
torch writes memory addresses as names.

    pip install numpy==2.4.6 torch==2.15.0
"""

import collections
import json
import pathlib
import struct
import sys
import tempfile

import numpy as np
import torch

import golden_files

WEIGHTS = golden_files.TESTS / "GenerationMetricsTests/Golden"
ARCHIVES = golden_files.TESTS / "DatasetsTests/Golden/npz"


def safetensors(state):
    kinds, start, header = {torch.float32: "F32", torch.int64: "I64"}, 0, {}
    for name, tensor in state.items():
        end = start + tensor.numel() * tensor.element_size()
        header[name] = {"dtype": kinds[tensor.dtype], "shape": list(tensor.shape),
                        "data_offsets": [start, end]}
        start = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    body = b"".join(tensor.numpy().tobytes() for tensor in state.values())
    return struct.pack("<Q", len(text)) + text + body


def make(folder, seed=25):
    """Writes every file to `folder`."""
    random = np.random.default_rng(seed)
    single = np.float32
    state = collections.OrderedDict()
    state["Conv2d_1a_3x3.conv.weight"] = torch.from_numpy(
        random.standard_normal((4, 3, 3, 3)).astype(single))
    state["Conv2d_1a_3x3.bn.running_var"] = torch.from_numpy(random.random(4).astype(single))
    state["Conv2d_1a_3x3.bn.num_batches_tracked"] = torch.tensor(7)
    state["fc.weight"] = torch.from_numpy(random.standard_normal((5, 6)).astype(single))
    torch.save(state, folder / "state_legacy.pth", _use_new_zipfile_serialization=False)
    torch.save(dict(state), folder / "state_zip.pth")
    (folder / "state.safetensors").write_bytes(safetensors(state))

    # Stored [height, width, input, output], seen as [output, input, height, width].
    strided = collections.OrderedDict()
    strided["conv"] = torch.arange(24.0).reshape(2, 2, 3, 2).permute(3, 2, 0, 1)
    strided["half"] = torch.tensor([1.5, -2.0], dtype=torch.float16)
    strided["bf"] = torch.tensor([1.5, -2.0], dtype=torch.bfloat16)
    strided["double"] = torch.tensor([[0.25]], dtype=torch.float64)
    strided["view"] = torch.arange(10.0)[3:7]
    torch.save(strided, folder / "strided_legacy.pth", _use_new_zipfile_serialization=False)
    torch.save({"epoch": 3, "state_dict": strided, "lr": 0.5}, folder / "strided_zip.pth")

    mean, covariance = random.standard_normal(5), random.standard_normal((5, 5))
    images = random.integers(0, 256, (3, 4, 5, 3)).astype(np.uint8)
    labels = random.integers(0, 9, 3)
    np.savez(folder / "stats_stored.npz", mu=mean, sigma=covariance)
    np.savez_compressed(folder / "stats_deflate.npz", mu=mean, sigma=covariance)
    np.savez(folder / "stats_fortran_f4.npz", mu=mean.astype(single),
             sigma=np.asfortranarray(covariance.astype(single)))
    np.savez_compressed(folder / "images_u8.npz", arr_0=images, labels=labels)


def equal(first, second):
    """Whether two checkpoints hold the same tensors in the same layout."""
    pair = [torch.load(path, weights_only=True) for path in (first, second)]
    return list(pair[0]) == list(pair[1]) and all(
        torch.equal(a, b) and a.dtype == b.dtype and a.stride() == b.stride()
        for a, b in zip(*(state.values() for state in pair)))


def main():
    options = golden_files.arguments(__doc__)
    with tempfile.TemporaryDirectory() as name:
        scratch, good = pathlib.Path(name), True
        make(scratch)
        for path in sorted(scratch.iterdir()):
            folder = options.out or (ARCHIVES if path.suffix == ".npz" else WEIGHTS)
            data, target = path.read_bytes(), folder / path.name
            if not options.check:
                target.write_bytes(data)
                continue
            stored = target.read_bytes()
            same = equal(path, target) if "legacy" in path.name else data == stored
            print(f"{path.name}: {'the same' if same else 'ANOTHER'}, {len(stored)} bytes")
            good = good and same
    sys.exit(0 if good else 1)


main()
