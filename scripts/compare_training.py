"""Training speed beside PyTorch eager: the same network, loss, optimiser and batch, in turn.

Needs a Python with torch 2.11 and a built bench:
    python scripts/compare_training.py [--threads 2] [--rounds 7] [--bench .build/release/bench]
Each round runs one process of either side, the order alternating; the figure is the median over
rounds of the ratio of their median step times."""
import argparse, json, os, statistics, subprocess, sys

parser = argparse.ArgumentParser()
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
            h = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
            for layer in self.expand:
                h = F.relu(layer(h))
            h = h.view(-1, 64, 4, 4)
            for layer in self.transposed[:-1]:
                h = F.relu(layer(h))
            return self.transposed[-1](h), mean, log_variance

    model = BetaVAE()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)
    images = torch.rand(64, 3, 64, 64)
    seconds = []
    for _ in range(arguments.steps + 3):
        start = time.perf_counter()
        logits, mean, log_variance = model(images)
        loss = F.binary_cross_entropy_with_logits(logits, images, reduction="sum") / 64
        loss = loss + 4 * (0.5 * (mean ** 2 + log_variance.exp() - log_variance - 1).sum(1)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        seconds.append(time.perf_counter() - start)
    print(statistics.median(seconds[3:]))


def run(command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


if arguments.peer:
    peer()
    sys.exit()
own = [arguments.bench, "perf", "--only", "train:beta-vae", "--json", "--quiet", "--device", "cpu",
       "--threads", str(arguments.threads), "--repeats", str(arguments.steps),
       "--precision", arguments.precision]
other = [sys.executable, os.path.abspath(__file__), "--peer", "--threads", str(arguments.threads),
         "--steps", str(arguments.steps)]
ratios = []
for round_number in range(arguments.rounds):
    times = {}
    for side in (("own", "peer") if round_number % 2 == 0 else ("peer", "own")):
        if side == "own":
            times[side] = json.loads(run(own))["paths"][0]["median_seconds"]
        else:
            times[side] = float(run(other))
    ratios.append(times["peer"] / times["own"])
    print(f"round {round_number + 1}: bench {64 / times['own']:.0f} images/s, "
          f"PyTorch {64 / times['peer']:.0f} images/s, ratio {ratios[-1]:.2f}", flush=True)
print(f"median ratio {statistics.median(ratios):.2f} over {arguments.rounds} rounds")
