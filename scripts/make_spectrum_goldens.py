"""Makes Tests/DisentanglementTests/Golden/expected_spectrum.json and the arrays beside it.

usage: python scripts/make_spectrum_goldens.py [--check]

Axes of a spectrum of codes: joint diagonalisation over the points of a model's axis, written here in plain
numpy and apart from the Swift code, after Cardoso & Souloumiac, *Jacobi Angles for Simultaneous
Diagonalization*, SIAM J. Matrix Anal. Appl. 17(1) 1996. With --check nothing is written: see golden_files.py.

    pip install numpy==2.4.6
"""

import numpy as np

import golden_files
from golden_files import Case

FOLDER = golden_files.TESTS / "DisentanglementTests/Golden"
THRESHOLD = 0.01


def diagonalizer(matrices):
    """The orthogonal matrix, axes in its columns, that minimises the squares off all diagonals."""
    matrices = [matrix.copy() for matrix in matrices]
    order = len(matrices[0])
    result = np.eye(order)
    for _ in range(500):
        largest = 0.0
        for p in range(order):
            for q in range(p + 1, order):
                along = np.array([m[p, p] - m[q, q] for m in matrices])
                across = np.array([m[p, q] + m[q, p] for m in matrices])
                difference, mixed = along @ along - across @ across, 2 * (along @ across)
                angle = np.arctan2(mixed, difference + np.hypot(difference, mixed)) / 2
                if abs(np.sin(angle)) <= 1e-10:
                    continue
                largest = max(largest, abs(np.sin(angle)))
                turn = np.eye(order)
                turn[p, p] = turn[q, q] = np.cos(angle)
                turn[q, p], turn[p, q] = np.sin(angle), -np.sin(angle)
                matrices = [turn.T @ m @ turn for m in matrices]
                result = result @ turn
        if largest == 0:
            break
    return result, matrices


def axes(codes):
    """The mean of the first point's codes, and the axes, strongest survivor first."""
    count = codes.shape[1]
    mean = codes[0].mean(0)
    centred = codes[0] - mean
    values, vectors = np.linalg.eigh(centred.T @ centred / count)
    active = values > THRESHOLD
    whitening = (vectors[:, active] / np.sqrt(values[active])).T
    white = centred @ whitening.T
    kept = []
    for other in codes[1:]:
        correlation = white.T @ (other - other.mean(0)) / count
        kept.append(correlation @ correlation.T)
    turn, diagonal = diagonalizer(kept)
    strength = sum(np.diag(matrix) for matrix in diagonal)
    result = (turn.T @ whitening)[np.argsort(-strength)]
    return mean, np.array([axis if axis[np.abs(axis).argmax()] > 0 else -axis for axis in result])


def rule(codes):
    """The point with the most eigenvalues above the threshold, then the largest spread of their logs."""
    found = []
    for point in codes:
        values = np.linalg.eigvalsh(np.cov(point.T))
        logs = np.log(values[values > THRESHOLD])
        found.append((len(logs), logs.std() if len(logs) else 0.0))
    return max(range(len(found)), key=lambda index: found[index])


def faded(random, count, latents, points, noise, whitens=False):
    """Independent uniform sources of equal variance, lost at different places of the axis, then mixed by one
    orthogonal matrix per point: principal axes of the first point say nothing of the sources."""
    sources = random.uniform(-np.sqrt(3), np.sqrt(3), (count, latents))
    if whitens:  # to the last digit: without noise the axes are then exact
        sources -= sources.mean(0)
        sources = sources @ np.linalg.inv(np.linalg.cholesky(sources.T @ sources / count)).T
    gains = np.exp(-np.arange(points)[:, None] * (0.2 + 0.25 * np.arange(latents))[None])
    mixing = [np.linalg.qr(random.standard_normal((latents, latents)))[0] for _ in range(points)]
    codes = np.stack([(sources * gain) @ mix for gain, mix in zip(gains, mixing)])
    return codes + noise * np.random.default_rng(2).standard_normal(codes.shape), sources


def spectrum_case(name, seed, count, latents, points, noise, dead=0, whitens=False):
    codes, sources = faded(np.random.default_rng(seed), count, latents, points, noise, whitens)
    if dead:
        codes[:, :, -dead:] = 0.02 * np.random.default_rng(seed + 1).standard_normal(codes[:, :, -dead:].shape)
    mean, found = axes(codes)
    return Case(
        id=name, metric="spectrum",
        params={"input_seed": seed, "samples": count, "latents": latents, "points": points, "noise": noise},
        expected={"mean": mean, "axes": found, "rule": rule(codes)},
        tolerance={"abs": 1e-7, "reason": "the angle at which both stop turning is 1e-10; axes amplify it"},
        reference={"program": "this script"}, arrays={"codes": codes, "sources": sources})


def main():
    options = golden_files.arguments(__doc__)
    cases = [
        spectrum_case("spectrum_exact", 0, 400, 6, 5, 0.0, whitens=True),
        spectrum_case("spectrum_noisy", 0, 400, 6, 5, 0.05, whitens=True),
        spectrum_case("spectrum_long", 1, 300, 4, 12, 0.02),
        spectrum_case("spectrum_dead", 2, 300, 5, 4, 0.03, dead=2),
    ]
    golden_files.finish(
        options, FOLDER, "expected_spectrum.json", {"versions": golden_files.versions("numpy")}, cases)


if __name__ == "__main__":
    main()
