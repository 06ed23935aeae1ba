"""Training speed beside PyTorch eager: the same network, loss, optimiser and batch, in turn.

Needs a Python with torch 2.11 and a built bench:
    python scripts/compare_training.py [--model beta-vae,…,multi-beta-vae,denoiser] [--rounds 7]
    python scripts/compare_training.py --compile    # beside torch.compile, which needs a C++ compiler
    python scripts/compare_training.py --models     # all of bench's models beside its beta-vae; no torch
    python scripts/compare_training.py --spins      # bench's short spins beside libgomp's own; no torch
Each round runs one process of either side, the order alternating; the figure is the median over
rounds of the ratio of their median step times. The peer's steps are those of peer_training.py.
Both sides wait with bench's 3,000 spins: with libgomp's own 300,000 a busy machine slows the peer far more."""
import argparse, json, os, pathlib, statistics, subprocess, sys

parser = argparse.ArgumentParser()
parser.add_argument("--model", default="beta-vae,factor-vae,beta-tcvae,multi-beta-vae,denoiser")
parser.add_argument("--compile", action="store_true")
parser.add_argument("--models", action="store_true")
parser.add_argument("--spins", action="store_true")
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--rounds", type=int, default=7)
parser.add_argument("--steps", type=int, default=15)
parser.add_argument("--precision", default="float32")
parser.add_argument("--bench", default=".build/release/bench")
parser.add_argument("--json", help="also write the figures to this file")
arguments = parser.parse_args()


def run(command, **environment):
    return subprocess.run(command, check=True, capture_output=True, text=True,
                          env={**os.environ, **environment}).stdout


def own(model, **environment):
    """Seconds of bench's training step by model."""
    command = [arguments.bench, "perf", "--only", f"train:{model}", "--json", "--quiet", "--device", "cpu",
               "--threads", str(arguments.threads), "--repeats", str(arguments.steps),
               "--precision", arguments.precision]
    return {path["name"][len("train:"):]: path["median_seconds"]
            for path in json.loads(run(command, **environment))["paths"]}


def peer(model):
    script = pathlib.Path(__file__).with_name("peer_training.py")
    mode = "compile" if arguments.compile else "eager"
    return float(run([sys.executable, script, model, str(arguments.threads), str(arguments.steps), mode],
                     GOMP_SPINCOUNT="3000"))


def alternate(name, first, second, labels):
    """Ratios of the second side's time to the first's, the sides taking turns."""
    times = []
    for number in range(arguments.rounds):
        sides = {}
        for side in ((0, 1) if number % 2 == 0 else (1, 0)):
            sides[side] = (first, second)[side]()
        times.append((sides[0], sides[1]))
        print(f"{name} round {number + 1}: {labels[0]} {64 / sides[0]:.0f} images/s, {labels[1]} "
              f"{64 / sides[1]:.0f} images/s, ratio {sides[1] / sides[0]:.2f}", flush=True)
    ratios = sorted(second / first for first, second in times)
    print(f"{name}: median ratio {statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}) "
          f"over {arguments.rounds} rounds", flush=True)
    return {"what": name, "bench_seconds": statistics.median(first for first, _ in times),
            "peer_seconds": statistics.median(second for _, second in times),
            "ratio": statistics.median(ratios), "ratio_range": [ratios[0], ratios[-1]]}


def compare_models():
    rounds = []
    for _ in range(arguments.rounds):
        times = own("")
        rounds.append({name: seconds / times["beta-vae"] for name, seconds in times.items()})
    for name in rounds[0]:
        values = sorted(times[name] for times in rounds)
        print(f"{name:24} {statistics.median(values):.2f} times beta-vae's step  ({values[0]:.2f} to {values[-1]:.2f})")


if arguments.models:
    compare_models()
    sys.exit()
if arguments.spins:
    # bench sets 3,000; without it and without OMP_WAIT_POLICY, libgomp takes 300,000.
    records = [alternate(f"{name}, spins", lambda: own(name)[name],
                         lambda: own(name, GOMP_SPINCOUNT="300000")[name], ("3,000", "300,000"))
               for name in arguments.model.split(",")]
else:
    other = "torch.compile" if arguments.compile else "PyTorch"
    records = [alternate(name, lambda: own(name)[name], lambda: peer(name), ("bench", other))
               for name in arguments.model.split(",")]
if arguments.json:
    pathlib.Path(arguments.json).write_text(json.dumps(records, indent=1))
