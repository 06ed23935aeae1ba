"""Weights that a recipe makes in any language: `RandomWeights` of the Swift sources is the same."""

import math

import numpy as np
import torch

SEED = 1


def finalised(word):
    """splitmix64's finaliser."""
    with np.errstate(over="ignore"):
        word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return word ^ (word >> np.uint64(31))


def recipe(name, shape, linear_gain):
    """A tensor of a state dict: centre + spread·u, u in [-1, 1) from FNV-1a of "seed/name"."""
    if name.endswith("num_batches_tracked"):
        return torch.zeros(shape, dtype=torch.int64)
    start = 0xCBF29CE484222325
    for byte in f"{SEED}/{name}".encode():
        start = (start ^ byte) * 0x100000001B3 % 2**64
    count = math.prod(shape)
    with np.errstate(over="ignore"):
        step = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        word = finalised(np.uint64(start) + step)
    uniform = (word >> np.uint64(40)).astype(float) / 2**23 - 1
    centre, spread = 0.0, 0.1
    if name.endswith("running_var"):
        centre, spread = 1.0, 0.3
    elif len(shape) == 1 and name.endswith((".weight", ".gamma")):
        centre, spread = 1.0, 0.2
    elif name.endswith(("token", "embed", "embedding")):
        spread = 0.5
    elif len(shape) > 1:
        spread = math.sqrt((6 if len(shape) == 4 else linear_gain) / math.prod(shape[1:]))
    return torch.from_numpy((centre + spread * uniform).astype(np.float32).reshape(shape))


def weights(network, linear_gain, prefix=""):
    """A state dict for a network whose parameters the recipe knows by names that begin with `prefix`."""
    shapes = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    return {name: recipe(prefix + name, shape, linear_gain) for name, shape in shapes.items()}
