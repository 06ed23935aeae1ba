"""Checks and measures bench on a graphics processor, unattended.

Every step writes its result into FOLDER/check_cuda.json and the page FOLDER/check_cuda.md as soon as it is
done. Started again with the same folder it goes on with what is missing; when the minutes are over it stops and
leaves what there is. The exit code is 1 if something was outside its tolerance or ended with an error.

With --pretend the device is the processor and everything is as small as possible: that the procedure runs, not
what it finds. Needs nothing but bench and the standard library.

What is compared: features, codes and losses with the processor's. Noise is drawn by the device's own generator, so
that losses agree as two seeds do and not to the last digits; features and codes draw nothing."""
import argparse
import array
import hashlib
import json
import os
import pathlib
import random
import shutil
import signal
import struct
import subprocess
import sys
import time
import zipfile

here = pathlib.Path(__file__).resolve().parent


def program():
    """bench of the folder that this lies in, else of the build."""
    for candidate in [here.parent.parent / "bin/bench", here.parent / ".build/release/bench"]:
        if candidate.exists():
            return str(candidate)
    return shutil.which("bench") or sys.exit("check_cuda: there is no bench; run make build first")


parser = argparse.ArgumentParser(
    prog="check_cuda.sh", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--minutes", type=float, default=60, help="time for everything (default: 60)")
parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("check_cuda"), help="folder of the results")
parser.add_argument("--device", default="cuda:0")
parser.add_argument("--pretend", action="store_true", help="on the processor, at tiny sizes")
options = parser.parse_args()
bench = program()
device = "cpu" if options.pretend else options.device
deadline = time.monotonic() + 60 * options.minutes
options.out.mkdir(parents=True, exist_ok=True)
work = options.out / "work"
work.mkdir(exist_ok=True)
record_path = options.out / "check_cuda.json"
small = options.pretend


class OutOfTime(Exception):
    pass


class Failed(Exception):
    pass


def left():
    return deadline - time.monotonic()


def run(*arguments, device=device, timeout=None):
    """Standard output of a command line of bench."""
    if left() < 1:
        raise OutOfTime
    command = [bench, *map(str, arguments), "--device", device, "--quiet"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=min(timeout or left(), left()))
    except subprocess.TimeoutExpired:
        raise OutOfTime
    if done.returncode:
        raise Failed(f"{' '.join(command[1:])}: exit code {done.returncode}: {done.stderr.strip()[-2000:]}")
    return done.stdout


# Files

def write_images(path, count, side):
    """A .npy of noisy pictures that are the same everywhere."""
    drawn = random.Random(0)
    header = repr({"descr": "|u1", "fortran_order": False, "shape": (count, side, side, 3)}).encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    data = b"".join(
        bytes((value // 4 + 24 * ((place // 97 + index) % 8)) for place, value in enumerate(drawn.randbytes(side * side * 3)))
        for index in range(count))
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data)


def numbers(path, name):
    """A float32 or float64 array of a .npz, flat."""
    with zipfile.ZipFile(path) as archive:
        data = archive.read(f"{name}.npy")
    length = struct.unpack("<H", data[8:10])[0]
    kind = "f" if b"f4" in data[10:10 + length] else "d"
    return array.array(kind, data[10 + length:])


def difference(first, second):
    """The largest difference over the largest magnitude."""
    if len(first) != len(second):
        raise Failed(f"{len(first)} numbers beside {len(second)}")
    return max(abs(a - b) for a, b in zip(first, second)) / max(map(abs, second))


def checked(found, tolerance, **more):
    return {"found": found, "tolerance": tolerance, "ok": found <= tolerance, **more}


def log(folder):
    return {line["step"]: line["terms"] for line in map(json.loads, (folder / "log.jsonl").read_text().splitlines())
            if "terms" in line}


def train(folder, model, steps, device=device, *more):
    shutil.rmtree(folder, ignore_errors=True)
    run("train", "--model", model, "--steps", steps, "--out", folder, "--batch-size", 8 if small else 64, *more,
        device=device)
    return folder


# Steps

def machine():
    return {"doctor": run("doctor", "--json") if not small else run("doctor", "--json", device="cpu")}


def features():
    images = work / "images.npy"
    write_images(images, 2 if small else 64, 64 if small else 256)
    found = {}
    for name in ["inception", "vgg16", "dinov2-s", "clip-b32"][:1 if small else None]:
        for place in [device, "cpu"]:
            run("fid", images, "--save-features", work / f"{name}-{place[:4]}.npz", "--features", name, "--weights",
                "random:1", "--no-cache", device=place)
        found[name] = difference(
            numbers(work / f"{name}-{device[:4]}.npz", "features"), numbers(work / f"{name}-cpu.npz", "features"))
    return checked(max(found.values()), 1e-3, networks=found)


def codes():
    found = {}
    for model in ["beta-vae", "multi-beta-vae-diag"]:
        folder = train(work / f"codes-{model}", model, 2 if small else 200, "cpu")
        for place in [device, "cpu"]:
            run("encode", "--checkpoint", folder, "--count", 20 if small else 2000, "--point", 0, "--out",
                work / f"codes-{place[:4]}.npz", device=place)
        found[model] = difference(numbers(work / f"codes-{device[:4]}.npz", "codes"), numbers(work / "codes-cpu.npz", "codes"))
    return checked(max(found.values()), 1e-3, models=found)


def losses():
    steps = 4 if small else 100
    found = {}
    for model in ["beta-vae", "multi-beta-vae-diag"] if small else [
            "beta-vae", "beta-tcvae", "factor-vae", "control-vae", "mr-vae", "multi-beta-vae", "multi-beta-vae-diag-x"]:
        ours, theirs = (log(train(work / f"losses-{model}-{place[:4]}", model, steps, place)) for place in [device, "cpu"])
        found[model] = {
            step: abs(ours[step]["loss"] / theirs[step]["loss"] - 1) for step in sorted({1, steps} & set(ours) & set(theirs))}
    first = max(values[1] for values in found.values())
    return checked(first, 0.02, models=found, last=max(values[steps] for values in found.values()))


def checksums(folder):
    return json.loads((folder / "checkpoint/state.json").read_text())["checksums"]


def resume():
    """A training that was killed, and one that was not."""
    steps = 30 if small else 400
    arguments = ["train", "--model", "beta-vae", "--steps", steps, "--checkpoint-every", steps // 10, "--batch-size",
                 8 if small else 64]
    whole, parts = work / "resume-whole", work / "resume-parts"
    for folder in [whole, parts]:
        shutil.rmtree(folder, ignore_errors=True)
    run(*arguments, "--out", whole)
    process = subprocess.Popen(
        [bench, *map(str, arguments), "--out", str(parts), "--device", device, "--quiet"], stdout=subprocess.DEVNULL)
    while process.poll() is None and not (parts / "checkpoint/state.json").exists() and left() > 0:
        time.sleep(0.01)
    was_killed = process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    run(*arguments, "--out", parts)
    same = checksums(whole) == checksums(parts)
    return {"ok": same and was_killed, "same_bits": same, "was_killed": was_killed}


def speed(precision):
    def measure():
        only = "machine:matmul,train:beta-vae,train:denoiser,inception:network" if small else \
            "machine:matmul,machine:convolution,train:,encode:,decode:,sample:,inception:network,dinov2-s:network,clip-b32:network"
        found = json.loads(run("perf", "--only", only, "--precision", precision, "--repeats", 1 if small else 30, "--json"))
        return {"paths": found["paths"], "matrix_product": found["matrix_product_operations_per_second"]}
    return measure


def large():
    """Time and memory of a step at 256²."""
    images = work / "large.npy"
    write_images(images, 4 if small else 64, 64 if small else 256)
    model = "multi-beta-vae" if small else "multi-beta-vae:architecture=kl-f4"
    return {"probe": json.loads(run(
        "train", "--model", model, "--dataset", f"{images}@{64 if small else 256}", "--batch-size", 2 if small else 12,
        "--stage", "all", "--dry-run", "--json", "--out", work / "large"))}


def pair():
    """Both stages at 64² with the paper's settings, for as long as is left."""
    minutes = max(left() / 60 - 1, 0.1)
    arguments = ["--preset", "smoke"] if small else ["--preset", "paper", "--minutes", f"{minutes:.0f}"]
    result = json.loads(run(
        "generate", "--model", "multi-beta-vae:times=logit", *arguments, "--out", options.out / "runs", "--json"))
    return {"result": result}


STEPS = {
    "machine": machine, "features": features, "codes": codes, "losses": losses, "resume": resume,
    "speed float32": speed("float32"), "speed tf32": speed("tf32"), "speed bfloat16": speed("bfloat16"),
    "256 pixels": large, "both stages": pair,
}


# Results

def page(record):
    lines = ["# bench on a graphics processor", ""]
    if record["pretended"]:
        lines += ["**Pretended**: on the processor, at tiny sizes. It says that the procedure runs, and nothing else.", ""]
    lines += [f"`{record['bench']}`, device `{record['device']}`.", "", "| check | result | found | tolerance |", "| --- | --- | ---: | ---: |"]
    for name, value in record["steps"].items():
        state = value.get("error") or ("ok" if value.get("ok", True) else "FAILED")
        lines.append(f"| {name} | {state.splitlines()[0][:120]} | {value.get('found', '')!s:.9} | {value.get('tolerance', '')} |")
    lines += [f"| {name} | not done | | |" for name in STEPS if name not in record["steps"]]
    speeds = {name: value for name, value in record["steps"].items() if "paths" in value}
    if speeds:
        names = list(dict.fromkeys(path["name"] for value in speeds.values() for path in value["paths"]))
        lines += ["", "Items (images, products) per second, and the share of the matrix product's arithmetic:", "",
                  "| path | " + " | ".join(speeds) + " |", "| --- |" + " ---: |" * len(speeds)]
        for name in names:
            cells = []
            for value in speeds.values():
                path = next((path for path in value["paths"] if path["name"] == name), None)
                share = path and path.get("operations_per_second") and value["matrix_product"]
                cells.append("" if path is None else f"{path['items_per_second']:,.0f}" + (
                    f" ({100 * path['operations_per_second'] / value['matrix_product']:.0f} %)" if share else ""))
            lines.append(f"| `{name}` | " + " | ".join(cells) + " |")
    lines += ["", "Not written: CUDA graphs. Not measured: several graphics processors.", ""]
    return "\n".join(lines)


def save(record):
    for path, text in [(record_path, json.dumps(record, indent=2)), (options.out / "check_cuda.md", page(record))]:
        partial = path.with_suffix(".partial")
        partial.write_text(text)
        os.replace(partial, path)


identity = {
    "bench": subprocess.run([bench, "--version"], capture_output=True, text=True).stdout.strip(), "device": device,
    "pretended": options.pretend,
    "program": hashlib.sha256(pathlib.Path(bench).read_bytes()).hexdigest(),
}
record = {**identity, "steps": {}}
if record_path.exists():
    earlier = json.loads(record_path.read_text())
    if {name: earlier.get(name) for name in identity} == identity:
        record = earlier
    else:
        sys.exit(f"check_cuda: {record_path} is of another program or device; give another --out")
for name, step in STEPS.items():
    if name in record["steps"] and "error" not in record["steps"][name]:
        print(f"{name}: done before", flush=True)
        continue
    start = time.monotonic()
    try:
        value = step()
    except OutOfTime:
        print(f"{name}: the time is over; start again with more --minutes to go on", flush=True)
        break
    except (Failed, OSError, KeyError, ValueError) as error:
        value = {"ok": False, "error": str(error) or repr(error)}
    value["seconds"] = time.monotonic() - start
    record["steps"][name] = value
    save(record)
    print(f"{name}: {'ok' if value.get('ok', True) else 'FAILED ' + value.get('error', '')} "
          f"({value['seconds']:.0f} s)", flush=True)
save(record)
print(f"{options.out / 'check_cuda.md'}")
sys.exit(1 if any(not value.get("ok", True) for value in record["steps"].values()) else 0)
