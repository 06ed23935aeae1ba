"""Writes the values that the baselines' losses are tested against: plain loops over the papers' and
disentanglement_lib's formulas in double precision, written apart from the Swift code.

Needs numpy:  python scripts/make_loss_goldens.py > Tests/ReferenceTests/Golden/losses.json"""
import json
import math

import numpy

random = numpy.random.default_rng(20250706)
B, D, N = 8, 4, 1000


def rounded(array):
    # Multiples of 2^-12 are exact in single precision.
    return numpy.round(array * 4096) / 4096


mean = rounded(random.normal(0, 1.2, (B, D)))
log_variance = rounded(random.normal(-1, 0.8, (B, D)))
noise = random.normal(size=(B, D))
latents = rounded(mean + numpy.exp(log_variance / 2) * noise)
prior = rounded(random.normal(size=(B, D)))
image_logits = rounded(random.normal(0, 2, (B, 12)))
images = numpy.round(random.uniform(size=(B, 12)) * 255) / 255
draw_logits = rounded(random.normal(0, 3, (B, 2)))
shuffled_logits = rounded(random.normal(0, 3, (B, 2)))
draw_logits[0] = [20, -20]  # beyond the clipping of probabilities
shuffled_logits[1] = [25, -5]


def kl(b):
    return sum(0.5 * (mean[b, l] ** 2 + math.exp(log_variance[b, l]) - log_variance[b, l] - 1) for l in range(D))


rate = sum(kl(b) for b in range(B)) / B


def reconstruction():
    total = 0.0
    for b in range(B):
        for p in range(images.shape[1]):
            x, y = image_logits[b, p], images[b, p]
            total += -y * math.log(1 / (1 + math.exp(-x))) - (1 - y) * math.log(1 - 1 / (1 + math.exp(-x)))
    return total / B


def log_density(i, j, l):
    return -0.5 * ((latents[i, l] - mean[j, l]) ** 2 / math.exp(log_variance[j, l]) + log_variance[j, l]
                   + math.log(2 * math.pi))


def total_correlation(weights):
    total = 0.0
    for i in range(B):
        joint = math.log(sum(weights[i][j] * math.exp(sum(log_density(i, j, l) for l in range(D))) for j in range(B)))
        product = sum(math.log(sum(weights[i][j] * math.exp(log_density(i, j, l)) for j in range(B)))
                      for l in range(D))
        total += joint - product
    return total / B


ones = [[1.0] * B for _ in range(B)]
weighted = [[1.0 / (B * N)] * B for _ in range(B)]
M = B - 1
stratified = [[1.0 / N if i == j else (N - M) / (N * M) if j == (i + 1) % B else 1.0 / M for j in range(B)]
              for i in range(B)]
flat = numpy.full(B * B, 1.0 / M)
flat[::M + 1] = 1.0 / N
flat[1::M + 1] = (N - M) / (N * M)
published = flat.reshape(B, B)
published[M - 1, 0] = (N - M) / (N * M)
tc = {"dlib": total_correlation(ones), "mws": total_correlation(weighted), "mss": total_correlation(stratified),
      "mss-as-published": total_correlation(published)}


def covariance():
    result = [[0.0] * D for _ in range(D)]
    for i in range(D):
        for j in range(D):
            result[i][j] = (sum(mean[b, i] * mean[b, j] for b in range(B)) / B
                            - sum(mean[:, i]) / B * sum(mean[:, j]) / B)
    return result


def dip(kind, od, d):
    c = covariance()
    if kind == "ii":
        for i in range(D):
            c[i][i] += sum(math.exp(v) for v in log_variance[:, i]) / B
    return (od * sum(c[i][j] ** 2 for i in range(D) for j in range(D) if i != j)
            + d * sum((c[i][i] - 1) ** 2 for i in range(D)))


def squared_distance(a, b):
    return sum((a[l] - b[l]) ** 2 for l in range(D))


def mmd_imq():
    def k(a, b):
        return sum(s * 2 * D / (s * 2 * D + squared_distance(a, b)) for s in (0.1, 0.2, 0.5, 1, 2, 5, 10))
    own = sum(k(x[i], x[j]) for x in (latents, prior) for i in range(B) for j in range(B) if i != j) / (B * (B - 1))
    return own - 2 * sum(k(latents[i], prior[j]) for i in range(B) for j in range(B)) / (B * B)


def mmd_rbf():
    def k(a, b):
        return math.exp(-(squared_distance(a, b) / D) / D)
    return (sum(k(x[i], x[j]) for x in (latents, prior) for i in range(B) for j in range(B))
            - 2 * sum(k(latents[i], prior[j]) for i in range(B) for j in range(B))) / (B * B)


def softmax(row, index):
    p = math.exp(row[index]) / (math.exp(row[0]) + math.exp(row[1]))
    return min(max(p, 1e-6), 1 - 1e-6)


discriminator_loss = -(0.5 * sum(math.log(softmax(r, 0)) for r in draw_logits) / B
                       + 0.5 * sum(math.log(softmax(r, 1)) for r in shuffled_logits) / B)


class Controller:
    """The published update rules, kept in their own words."""

    def __init__(self, law):
        self.law, self.i, self.w = law, 0.0, 1.0

    def __call__(self, target, value, kp=0.01, ki=-0.001):
        e = target - value
        i = self.i + ki * e
        if self.law == "disentangling":
            p, low, high, frozen = kp / (1 + math.exp(e)) + 1, 1, math.inf, self.w < 1
        elif self.law == "linear":
            p, low, high, frozen = -kp * e + 0.9, 0.9, math.inf, self.w < 0.9
        else:
            frozen = self.law == "generation" and (self.w < 0 or self.w > 1)
            p, low, high = kp / (1 + math.exp(e)), 0, 1
        if frozen:
            i = self.i
        self.i, self.w = i, p + i
        return min(max(self.w, low), high)


rates = [float(v) for v in rounded(numpy.concatenate([random.uniform(0, 40, 12), [300, 0, 500, 90, 2, 1, 0.5, 0.25]]))]
targets = [10.0, 10.0, 10.5, 11.0] * 5
controllers = {}
for law in ("disentangling", "linear", "generation", "generation-as-published"):
    controller = Controller(law)
    # Large gains, so that limits and freezing are reached.
    controllers[law] = [controller(t, v, kp=0.4, ki=-0.01) for t, v in zip(targets, rates)]


def annealed(step, steps, gamma, c_max):
    return gamma * abs(rate - min(c_max, c_max * step / steps))


betas = rounded(numpy.exp(random.uniform(math.log(0.01), math.log(10), B)))
json.dump({
    "inputs": {
        "mean": mean.tolist(), "log_variance": log_variance.tolist(), "latents": latents.tolist(),
        "prior": prior.tolist(), "image_logits": image_logits.tolist(), "images": images.tolist(),
        "draw_logits": draw_logits.tolist(), "shuffled_logits": shuffled_logits.tolist(),
        "observation_count": N, "rates": rates, "targets": targets, "betas": betas.tolist(),
    },
    "reconstruction": reconstruction(), "kl": rate,
    "beta_vae": {"4": 4 * rate},
    "annealed_vae": [{"step": s, "value": annealed(s, 100_000, 1000, 25)} for s in (0, 4000, 50_000, 250_000)],
    "total_correlation": tc,
    "beta_tcvae": {name: rate + 5 * value for name, value in tc.items()},
    "dip_vae_i": rate + dip("i", 5, 50), "dip_vae_ii": rate + dip("ii", 5, 5),
    "info_vae": {"imq": 0.7 * rate + 9.3 * mmd_imq(), "rbf": 0.7 * rate + 9.3 * mmd_rbf()},
    "mmd": {"imq": mmd_imq(), "rbf": mmd_rbf()},
    "factor_vae": {"tc": float(numpy.mean(draw_logits[:, 0] - draw_logits[:, 1])),
                   "discriminator": discriminator_loss},
    "control_vae": controllers,
    "mr_vae": sum(betas[b] * kl(b) for b in range(B)) / B,
}, __import__("sys").stdout, indent=1)
print()
