"""Representations with known structure, from which golden values are made.

Every group of cases draws from one generator, `numpy.random.default_rng(seed)`, in the order of the
file; the seed is each case's `input_seed`. `codes` are [sample, latent] in single precision.
"""

import numpy as np


def factors(random, sizes, count):
    """Independent uniform factors, drawn column by column."""
    return np.stack([random.integers(0, size, count) for size in sizes], 1)


def grid(sizes):
    """Every state once, the last factor fastest."""
    return np.indices(sizes).reshape(len(sizes), -1).T


def scaled(values, sizes):
    """Factors in -1 … 1."""
    return 2 * values / (np.array(sizes) - 1) - 1


def axis_codes(random, values, sizes, width, noise=0.1):
    """Latent k is factor k, scaled by 1 + k/4; the other latents are noise."""
    codes = noise * random.standard_normal((len(values), width))
    codes[:, : len(sizes)] += scaled(values, sizes) * (1 + 0.25 * np.arange(len(sizes)))
    return codes.astype(np.float32)


def mixed_codes(random, values, sizes, width, noise=0.1):
    """Latents are factors plus a random mixture of all of them."""
    mixing = 0.35 * random.standard_normal((len(sizes), width))
    mixing[np.arange(len(sizes)), np.arange(len(sizes))] += 1
    codes = scaled(values, sizes) @ mixing
    return (codes + noise * random.standard_normal((len(values), width))).astype(np.float32)


def rotated_codes(random, values, sizes, width, noise=0.1):
    """The factors in a random orthogonal basis."""
    basis = np.linalg.qr(random.standard_normal((width, width)))[0]
    codes = scaled(values, sizes) @ basis[: len(sizes)]
    return (codes + noise * random.standard_normal((len(values), width))).astype(np.float32)


def split(codes, values, train_count):
    """The arrays of a case with a training and a test sample."""
    values = values.astype(np.int32)
    return {
        "z_train": codes[:train_count], "y_train": values[:train_count],
        "z_test": codes[train_count:], "y_test": values[train_count:]}
