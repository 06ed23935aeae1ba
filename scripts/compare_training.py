"""Training speed beside PyTorch eager: the same network, loss, optimiser and batch, in turn.

Needs a Python with torch 2.11 and a built bench:
    python scripts/compare_training.py [--model beta-vae|factor-vae|beta-tcvae] [--rounds 7]
    python scripts/compare_training.py --models     # all of bench's models beside its beta-vae; no torch
Each round runs one process of either side, the order alternating; the figure is the median over
rounds of the ratio of their median step times."""
import argparse, json, math, os, statistics, subprocess, sys

parser = argparse.ArgumentParser()
parser.add_argument("--model", default="beta-vae", choices=["beta-vae", "factor-vae", "beta-tcvae"])
parser.add_argument("--models", action="store_true")
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--rounds", type=int, default=7)
parser.add_argument("--steps", type=int, default=15)
parser.add_argument("--precision", default="float32")
parser.add_argument("--bench", default=".build/release/bench")
parser.add_argument("--peer", action="store_true", help=argparse.SUPPRESS)
arguments = parser.parse_args()


def peer():
    import time
    import torch
    from torch import nn
    from torch.nn import functional as F
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)

    class BetaVAE(nn.Module):
        def __init__(self):
            super().__init__()
            self.convolutions = nn.ModuleList([
                nn.Conv2d(3, 32, 4, 2, 1), nn.Conv2d(32, 32, 4, 2, 1),
                nn.Conv2d(32, 64, 2, 2), nn.Conv2d(64, 64, 2, 2)])
            self.dense = nn.Linear(1024, 256)
            self.mean, self.log_variance = nn.Linear(256, 10), nn.Linear(256, 10)
            self.expand = nn.ModuleList([nn.Linear(10, 256), nn.Linear(256, 1024)])
            self.transposed = nn.ModuleList([
                nn.ConvTranspose2d(i, o, 4, 2, 1) for i, o in [(64, 64), (64, 32), (32, 32), (32, 3)]])

        def forward(self, x):
            h = x
            for layer in self.convolutions:
                h = F.relu(layer(h))
            h = F.relu(self.dense(h.flatten(1)))
            mean, log_variance = self.mean(h), self.log_variance(h)
            z = h = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
            for layer in self.expand:
                h = F.relu(layer(h))
            h = h.view(-1, 64, 4, 4)
            for layer in self.transposed[:-1]:
                h = F.relu(layer(h))
            return self.transposed[-1](h), mean, log_variance, z

    def shuffled(z):
        return torch.stack([z[torch.randperm(len(z)), i] for i in range(z.shape[1])], 1)

    def total_correlation(z, mean, log_variance):
        density = -0.5 * ((z[:, None] - mean[None]) ** 2 * torch.exp(-log_variance[None])
                          + log_variance[None] + math.log(2 * math.pi))
        return (torch.logsumexp(density.sum(2), 1) - torch.logsumexp(density, 1).sum(1)).mean()

    model = BetaVAE()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)
    if arguments.model == "factor-vae":
        widths = [10] + [1000] * 6
        layers = [layer for i, o in zip(widths, widths[1:]) for layer in (nn.Linear(i, o), nn.LeakyReLU(0.2))]
        discriminator = nn.Sequential(*layers, nn.Linear(1000, 2))
        discriminator_optimizer = torch.optim.Adam(discriminator.parameters(), lr=1e-4, betas=(0.5, 0.9))
        zeros, ones = torch.zeros(64, dtype=torch.long), torch.ones(64, dtype=torch.long)
    images = torch.rand(64, 3, 64, 64)
    seconds = []
    for _ in range(arguments.steps + 3):
        start = time.perf_counter()
        logits, mean, log_variance, z = model(images)
        loss = F.binary_cross_entropy_with_logits(logits, images, reduction="sum") / 64
        rate = (0.5 * (mean ** 2 + log_variance.exp() - log_variance - 1).sum(1)).mean()
        if arguments.model == "beta-vae":
            loss = loss + 4 * rate
        elif arguments.model == "beta-tcvae":
            loss = loss + rate + 5 * total_correlation(z, mean, log_variance)
        else:
            estimate = discriminator(z)
            loss = loss + rate + 30 * (estimate[:, 0] - estimate[:, 1]).mean()
        optimizer.zero_grad()
        loss.backward()
        if arguments.model == "factor-vae":
            draws = z.detach()
            discrimination = 0.5 * (F.cross_entropy(discriminator(draws), zeros)
                                    + F.cross_entropy(discriminator(shuffled(draws)), ones))
            discriminator_optimizer.zero_grad()
            discrimination.backward()
            discriminator_optimizer.step()
        optimizer.step()
        seconds.append(time.perf_counter() - start)
    print(statistics.median(seconds[3:]))


def run(command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


if arguments.peer:
    peer()
    sys.exit()


def own(model):
    command = [arguments.bench, "perf", "--only", f"train:{model}", "--json", "--quiet", "--device", "cpu",
               "--threads", str(arguments.threads), "--repeats", str(arguments.steps),
               "--precision", arguments.precision]
    return {path["name"][len("train:"):]: path["median_seconds"] for path in json.loads(run(command))["paths"]}


if arguments.models:
    rounds = []
    for _ in range(arguments.rounds):
        times = own("")
        rounds.append({name: seconds / times["beta-vae"] for name, seconds in times.items()})
    for name in rounds[0]:
        values = sorted(times[name] for times in rounds)
        print(f"{name:24} {statistics.median(values):.2f} times beta-vae's step  ({values[0]:.2f} to {values[-1]:.2f})")
    sys.exit()
other = [sys.executable, os.path.abspath(__file__), "--peer", "--model", arguments.model,
         "--threads", str(arguments.threads), "--steps", str(arguments.steps)]
ratios = []
for round_number in range(arguments.rounds):
    times = {}
    for side in (("own", "peer") if round_number % 2 == 0 else ("peer", "own")):
        times[side] = own(arguments.model)[arguments.model] if side == "own" else float(run(other))
    ratios.append(times["peer"] / times["own"])
    print(f"round {round_number + 1}: bench {64 / times['own']:.0f} images/s, "
          f"PyTorch {64 / times['peer']:.0f} images/s, ratio {ratios[-1]:.2f}", flush=True)
print(f"{arguments.model}: median ratio {statistics.median(ratios):.2f} over {arguments.rounds} rounds")
