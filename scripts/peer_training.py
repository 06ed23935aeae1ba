"""The median seconds of a training step in PyTorch, eager or compiled; run by compare_training.py.

usage: python scripts/peer_training.py MODEL THREADS STEPS [compile]

The networks, losses and optimisers of bench's models, written as anyone would write them: contiguous
tensors, torch.optim.Adam with its defaults, float32, batches of 64 random images of 64×64×3.
"""

import math
import statistics
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

BATCH, LATENTS = 64, 10


class Encoder(nn.Module):
    def __init__(self, heads):
        super().__init__()
        self.convolutions = nn.ModuleList([
            nn.Conv2d(3, 32, 4, 2, 1), nn.Conv2d(32, 32, 4, 2, 1),
            nn.Conv2d(32, 64, 2, 2), nn.Conv2d(64, 64, 2, 2)])
        self.dense = nn.Linear(1024, 256)
        self.heads = nn.ModuleList([nn.Linear(256, LATENTS) for _ in range(heads)])

    def forward(self, x, film=None):
        for index, layer in enumerate(self.convolutions):
            x = F.relu(modulated(layer(x), film, index))
        x = F.relu(modulated(self.dense(x.flatten(1)), film, 4))
        return [modulated(head(x), film, 5) for head in self.heads]


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.dense = nn.ModuleList([nn.Linear(LATENTS, 256), nn.Linear(256, 1024)])
        self.convolutions = nn.ModuleList([
            nn.ConvTranspose2d(i, o, 4, 2, 1) for i, o in [(64, 64), (64, 32), (32, 32), (32, 3)]])

    def forward(self, z, film=None):
        for index, layer in enumerate(self.dense):
            z = F.relu(modulated(layer(z), film, index))
        z = z.view(-1, 64, 4, 4)
        for index, layer in enumerate(self.convolutions[:-1]):
            z = F.relu(modulated(layer(z), film, index + 2))
        return self.convolutions[-1](z)


class FiLM(nn.Module):
    def __init__(self, widths):
        super().__init__()
        self.widths = widths
        self.projection = nn.Linear(128, 2 * sum(widths))

    def forward(self, condition):
        parts = self.projection(condition).split([w for width in self.widths for w in (width, width)], 1)
        return [(1 + scale, shift) for scale, shift in zip(parts[::2], parts[1::2])]


def modulated(x, film, index):
    if film is None:
        return x
    scale, shift = film[index]
    shape = scale.shape + (1,) * (x.dim() - 2)
    return x * scale.view(shape) + shift.view(shape)


def rate(mean, log_variance):
    return (0.5 * (mean ** 2 + log_variance.exp() - log_variance - 1).sum(1)).mean()


class BetaVAE(nn.Module):
    """β-VAE with disentanglement_lib's nets; the base of the other two baselines."""

    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = Encoder(2), Decoder()

    def groups(self):
        return [torch.optim.Adam(self.parameters(), lr=1e-4)]

    def terms(self, images):
        mean, log_variance = self.encoder(images)
        z = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        logits = self.decoder(z)
        loss = F.binary_cross_entropy_with_logits(logits, images, reduction="sum") / BATCH
        return loss, mean, log_variance, z

    def step(self, images, optimizers):
        loss, mean, log_variance, _ = self.terms(images)
        loss = loss + 4 * rate(mean, log_variance)
        optimizers[0].zero_grad()
        loss.backward()
        optimizers[0].step()


class BetaTCVAE(BetaVAE):
    def step(self, images, optimizers):
        loss, mean, log_variance, z = self.terms(images)
        density = -0.5 * ((z[:, None] - mean[None]) ** 2 * torch.exp(-log_variance[None])
                          + log_variance[None] + math.log(2 * math.pi))
        correlation = (torch.logsumexp(density.sum(2), 1) - torch.logsumexp(density, 1).sum(1)).mean()
        loss = loss + rate(mean, log_variance) + 5 * correlation
        optimizers[0].zero_grad()
        loss.backward()
        optimizers[0].step()


class FactorVAE(BetaVAE):
    def __init__(self):
        super().__init__()
        widths = [LATENTS] + [1000] * 6
        layers = [layer for i, o in zip(widths, widths[1:]) for layer in (nn.Linear(i, o), nn.LeakyReLU(0.2))]
        self.discriminator = nn.Sequential(*layers, nn.Linear(1000, 2))
        self.zeros = torch.zeros(BATCH, dtype=torch.long)
        self.ones = torch.ones(BATCH, dtype=torch.long)

    def groups(self):
        own = list(self.encoder.parameters()) + list(self.decoder.parameters())
        return [torch.optim.Adam(own, lr=1e-4),
                torch.optim.Adam(self.discriminator.parameters(), lr=1e-4, betas=(0.5, 0.9))]

    def step(self, images, optimizers):
        loss, mean, log_variance, z = self.terms(images)
        estimate = self.discriminator(z)
        loss = loss + rate(mean, log_variance) + 30 * (estimate[:, 0] - estimate[:, 1]).mean()
        optimizers[0].zero_grad()
        loss.backward()
        draws = z.detach()
        shuffled = torch.stack([draws[torch.randperm(BATCH), i] for i in range(LATENTS)], 1)
        discrimination = 0.5 * (F.cross_entropy(self.discriminator(draws), self.zeros)
                                + F.cross_entropy(self.discriminator(shuffled), self.ones))
        optimizers[1].zero_grad()
        discrimination.backward()
        optimizers[1].step()
        optimizers[0].step()


class Monotone(nn.Module):
    """A learned increasing function of log-odds: 32 units of tanh, and a slope unless bounded."""

    def __init__(self, offset, bounded):
        super().__init__()
        self.offset = nn.Parameter(torch.full((1,), float(offset)))
        self.slope = None if bounded else nn.Parameter(torch.zeros(1))
        self.weights = nn.Parameter(torch.full((1, 32), -4.0))
        self.steepness = nn.Parameter(torch.zeros(32))
        self.positions = nn.Parameter(torch.linspace(-6, 6, 32))

    def forward(self, log_odds):
        column = log_odds[:, None]
        units = torch.tanh(column * F.softplus(self.steepness) + self.positions)
        result = self.offset + F.linear(units, F.softplus(self.weights))
        return result if self.slope is None else result + column * self.slope.exp()


class MultiBetaVAE(nn.Module):
    """Stage 1 of the Denoising Multi-β VAE with bench's parametrisation, one σ for all latents."""

    FREQUENCIES = torch.exp(torch.linspace(0, math.log(30), 32))

    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = Encoder(1), Decoder()
        self.encoder_film = FiLM([32, 32, 64, 64, 256, LATENTS])
        self.decoder_film = FiLM([256, 1024, 64, 32, 32])
        self.noise, self.deviation = Monotone(0, False), Monotone(2, True)
        self.embedding = nn.Sequential(nn.Linear(128, 128), nn.SiLU(), nn.Linear(128, 128), nn.SiLU())

    def groups(self):
        self.averages = [parameter.detach().clone() for parameter in self.parameters()]
        return [torch.optim.Adam(self.parameters(), lr=1e-4)]

    def sinusoids(self, values):
        angles = values[:, None] * self.FREQUENCIES
        return torch.cat([angles.sin(), angles.cos()], 1)

    def step(self, images, optimizers):
        x = images * 2 - 1
        t = 1e-4 + (1 - 2e-4) * ((torch.rand(()) + torch.arange(BATCH) / BATCH) % 1)
        log_odds = torch.logit(t.double()).float()
        gamma = self.noise(log_odds)
        bounded = gamma.detach().mean(1).clamp(-15, 15)
        condition = self.embedding(torch.cat([self.sinusoids(t), self.sinusoids(bounded / 8 + 0.5)], 1))
        mean = self.encoder(x, self.encoder_film(condition))[0]
        log_variance = -F.softplus(-gamma)
        z = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        decoded = self.decoder(z, self.decoder_film(condition))
        error = ((decoded - x) ** 2).flatten(1).mean(1)
        log_deviation = math.log(2 / 255 / math.sqrt(12)) * torch.sigmoid(-self.deviation(log_odds)[:, 0])
        reconstruction = error * torch.exp(-2 * log_deviation) / 2 + log_deviation + 0.5 * math.log(2 * math.pi)
        divergence = 0.5 * (mean ** 2 + log_variance.exp() - 1 - log_variance).mean(1)
        loss = ((1 - t) * reconstruction + t * divergence).mean()
        optimizers[0].zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.parameters(), 1)
        optimizers[0].step()
        torch._foreach_lerp_(self.averages, [p.detach() for p in self.parameters()], 0.001)


class Denoiser(nn.Module):
    """Stage 2 with bench's defaults: targets by a frozen stage 1, four noisy states per image."""

    WIDTH, LAYERS, NOISES, INTERVAL = 512, 10, 4, 1e-3

    def __init__(self):
        super().__init__()
        widths = [LATENTS] + [self.WIDTH + LATENTS] * (self.LAYERS - 1)
        self.layers = nn.ModuleList([
            nn.Linear(width, 2 * LATENTS if index == self.LAYERS - 1 else self.WIDTH)
            for index, width in enumerate(widths)])
        self.scales = nn.ModuleList([nn.Linear(128, self.WIDTH) for _ in range(self.LAYERS - 1)])
        self.norms = nn.ModuleList([nn.LayerNorm(self.WIDTH) for _ in range(self.LAYERS - 1)])
        self.embedding = nn.Sequential(nn.Linear(128, 128), nn.SiLU(), nn.Linear(128, 128), nn.SiLU())

    def groups(self):
        # Set here, behind the module's back: the frozen stage has no part in training.
        object.__setattr__(self, "stage", MultiBetaVAE().requires_grad_(False))
        self.averages = [parameter.detach().clone() for parameter in self.parameters()]
        return [torch.optim.AdamW(self.parameters(), lr=1e-4, weight_decay=0.01)]

    def condition(self, module, t, gamma):
        sinusoids = self.stage.sinusoids
        return module.embedding(torch.cat([sinusoids(t), sinusoids(gamma.clamp(-15, 15) / 8 + 0.5)], 1))

    def heads(self, states, t, gamma):
        condition = self.condition(self, t, gamma)
        x = states
        for index, norm in enumerate(self.norms):
            x = self.layers[index](x if index == 0 else torch.cat([x, states], 1))
            x = F.silu(norm(x * (1 + self.scales[index](condition))))
        return self.layers[-1](torch.cat([x, states], 1)).chunk(2, 1)

    def step(self, images, optimizers):
        t = self.INTERVAL + (1 - self.INTERVAL) * ((torch.rand(()) + torch.arange(BATCH) / BATCH) % 1)
        with torch.no_grad():
            both = torch.cat([t, t - self.INTERVAL]).clamp(1e-4, 1 - 1e-4)
            gamma = self.stage.noise(torch.logit(both.double()).float())[:, 0]
            film = self.stage.encoder_film(self.condition(self.stage, both, gamma))
            before, after = self.stage.encoder(torch.cat([images, images]) * 2 - 1, film)[0].chunk(2)
            sigma = torch.exp(-0.5 * F.softplus(-gamma[:BATCH]))
            target = (after - before) / self.INTERVAL
        times, gammas, sigma, before, target = (
            value.repeat_interleave(self.NOISES, 0) for value in (t, gamma[:BATCH], sigma, before, target))
        noise = torch.randn_like(before)
        predicted_noise, displacement = self.heads(before + sigma[:, None] * noise, times, gammas)
        loss = ((predicted_noise - noise) ** 2 + (displacement - target) ** 2).mean()
        optimizers[0].zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.parameters(), 1)
        optimizers[0].step()
        torch._foreach_lerp_(self.averages, [p.detach() for p in self.parameters()], 0.001)


MODELS = {"beta-vae": BetaVAE, "factor-vae": FactorVAE, "beta-tcvae": BetaTCVAE,
          "multi-beta-vae": MultiBetaVAE, "denoiser": Denoiser}


def main(name, threads, steps, mode="eager"):
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    model = MODELS[name]()
    optimizers = model.groups()
    images = torch.rand(BATCH, 3, 64, 64)
    step = torch.compile(model.step) if mode == "compile" else model.step
    seconds = []
    for _ in range(steps + 3):
        start = time.perf_counter()
        step(images, optimizers)
        seconds.append(time.perf_counter() - start)
    print(statistics.median(seconds[3:]))


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])
