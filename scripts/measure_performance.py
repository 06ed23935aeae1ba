"""Runs bench and its reference implementations in turn, and writes the table of docs/performance.md.

usage: python scripts/measure_performance.py [PART...] [--bench .build/release/bench] [--threads 2]
           [--rounds 5] [--weights FILE.pth --pictures DIR] [--docs docs/performance.md]

parts: training         four models beside PyTorch eager (compare_training.py)
       generation       FID, KID, precision and recall beside pytorch-fid, torch-fidelity and prdc, and
                        with --weights and --pictures Inception features (peers_generation.py)
       disentanglement  the metrics beside scikit-learn and numpy (peers_disentanglement.py)
       pictures         reading and preparing .npz batches, WebP and PNG beside numpy and Pillow (peers_pictures.py)
Default: all. Rows of parts that are not run stay as they are in the table. Needs a Python with the peers
of those scripts. The table stands between two comments in the file; nothing else is touched.
"""

import argparse
import json
import pathlib
import platform
import subprocess
import sys
import tempfile

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("parts", nargs="*", metavar="PART")
parser.add_argument("--bench", default=".build/release/bench")
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--weights", type=pathlib.Path)
parser.add_argument("--pictures", type=pathlib.Path)
parser.add_argument("--docs", type=pathlib.Path, default=pathlib.Path("docs/performance.md"))
options = parser.parse_args()
BEGIN, END = "<!-- table of measure_performance.py: begin -->", "<!-- end -->"
HEADER = ["| part | what | peer, s | bench, s | ratio (range) | peak memory, peer / bench |",
          "| --- | --- | ---: | ---: | ---: | ---: |"]


def script(name, output, *words):
    """Runs one of the scripts beside this one; the figures it writes."""
    command = [sys.executable, str(pathlib.Path(__file__).with_name(name)), *map(str, words),
               "--bench", options.bench, "--threads", str(options.threads)]
    subprocess.run(command, check=True)
    return json.loads(output.read_text())


def training(output):
    return script("compare_training.py", output, "--rounds", options.rounds, "--json", output)


def generation(output):
    words = ["fid", "prdc", "kid"]
    if options.weights and options.pictures:
        words += ["images", "--weights", options.weights, "--pictures", options.pictures]
    return script("peers_generation.py", output, *words, "--runs", options.rounds, "--json", output)


def disentanglement(output):
    result = script("peers_disentanglement.py", output, "--runs", options.rounds, "--out", output)
    return [{"what": row["metric"], **row} for row in result["comparison"]]


def pictures(output):
    return script("peers_pictures.py", output, "--rounds", options.rounds, "--json", output)


PARTS = {"training": training, "generation": generation, "disentanglement": disentanglement,
         "pictures": pictures}


def row(part, record):
    low, high = record["ratio_range"]
    memory = ""
    if "peer_memory_mb" in record:
        memory = f"{record['peer_memory_mb']:,} / {record['bench_memory_mb']:,} MB"
    return (f"| {part} | {record['what']} | {record['peer_seconds']:.3g} | {record['bench_seconds']:.3g} | "
            f"{record['ratio']:.2f} ({low:.2f}–{high:.2f}) | {memory} |")


def cpu():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def main():
    chosen = options.parts or list(PARTS)
    for part in chosen:
        if part not in PARTS:
            sys.exit(f"there is no part '{part}'; known are {', '.join(PARTS)}")
    text = options.docs.read_text()
    if BEGIN not in text or END not in text.split(BEGIN, 1)[1]:
        sys.exit(f"{options.docs}: the comments '{BEGIN}' and '{END}' are missing")
    before, rest = text.split(BEGIN, 1)
    old, after = rest.split(END, 1)
    rows = {part: [line for line in old.splitlines() if line.startswith(f"| {part} |")] for part in PARTS}
    with tempfile.TemporaryDirectory() as folder:
        for part in chosen:
            records = PARTS[part](pathlib.Path(folder) / f"{part}.json")
            rows[part] = [row(part, record) for record in records]
    lines = HEADER + [line for part in PARTS for line in rows[part]]
    note = f"Last run: {', '.join(chosen)}; {options.rounds} rounds, {options.threads} threads, {cpu()}."
    options.docs.write_text(f"{before}{BEGIN}\n" + "\n".join(lines) + f"\n\n{note}\n{END}{after}")


main()
