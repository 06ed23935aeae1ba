"""Times DINOv2 ViT-S/14 and CLIP ViT-B/32 on the processor beside PyTorch in eager mode.

usage: python scripts/peers_transformers.py [--bench .build/release/bench] [--threads 2] [--rounds 7]

bench's networks are the paths dinov2-s:network and clip-b32:network of `bench perf`, on eight random images; the
peers run the same shapes with random weights: DINOv2 as timm has it (one fused attention; the hub's code runs the same
operators) and CLIP as open_clip has it. Both sides measure themselves, after one run that is not counted, and take
turns; the table gives medians over rounds of each side's median, and the median ratio with its range.

    pip install torch==2.11.0 timm==1.0.31 open_clip_torch==3.3.0
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

COUNT, REPEATS = 8, 7
parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--bench", default=".build/release/bench")
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--rounds", type=int, default=7)
parser.add_argument("--peer", help=argparse.SUPPRESS)
options = parser.parse_args()
for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = str(options.threads)


def peer(name):
    """The peer's median seconds for a batch."""
    import torch

    torch.set_num_threads(options.threads)
    if name == "dinov2-s":
        import timm

        network = timm.create_model("vit_small_patch14_dinov2", img_size=224, num_classes=0)
    else:
        import open_clip

        network = open_clip.create_model("ViT-B-32-quickgelu", pretrained=None).visual
    network.eval()
    images, seconds = torch.rand(COUNT, 3, 224, 224), []
    with torch.no_grad():
        for _ in range(REPEATS + 1):
            start = time.perf_counter()
            network(images)
            seconds.append(time.perf_counter() - start)
    return statistics.median(seconds[1:])


def ours(name):
    command = [options.bench, "perf", "--json", "--quiet", "--device", "cpu", "--repeats", str(REPEATS),
               "--threads", str(options.threads), "--only", f"{name}:network"]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    return json.loads(output)["paths"][0]["median_seconds"]


def theirs(name):
    command = [sys.executable, __file__, "--threads", str(options.threads), "--peer", name]
    return float(subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout)


def main():
    if options.peer:
        print(peer(options.peer))
        return
    print(f"{'network':10} {'bench':>10} {'PyTorch':>10}   ratio (range)")
    for name in ("dinov2-s", "clip-b32"):
        pairs = [(ours(name), theirs(name)) for _ in range(options.rounds)]
        ratios = sorted(their / our for our, their in pairs)
        medians = [COUNT / statistics.median(column) for column in zip(*pairs)]
        print(f"{name:10} {medians[0]:6.1f} i/s {medians[1]:6.1f} i/s   {statistics.median(ratios):.2f} "
              f"({ratios[0]:.2f} to {ratios[-1]:.2f})")


main()
