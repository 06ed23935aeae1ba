#!/usr/bin/env python3
"""Measures what docs/scaling.md shows: steps of one and of two processes, and MPI's own cost.

    scripts/measure_scaling.py [--repeats 5] [--bench .build/release/bench]

Needs mpirun and, for MPI's latency and bandwidth, mpicc (libopenmpi-dev). The repeats of all settings
take turns, so that other work on the machine meets all of them alike; medians and ranges are printed. Two
processes that train apart, one model each, show what the machine has left when both its cores are used."""
import argparse, json, os, statistics, subprocess, sys, tempfile

ALLREDUCE = r"""
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
// Seconds of an in-place sum of `count` floats, the median of 21 rounds of `times` calls.
static int order(const void *a, const void *b) {
  return (*(double *)a > *(double *)b) - (*(double *)a < *(double *)b);
}
int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  int rank;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  for (int i = 1; i < argc; i++) {
    int count = atoi(argv[i]), times = count < 10000 ? 200 : 5;
    float *values = calloc(count, sizeof *values);
    double seconds[21];
    for (int round = -3; round < 21; round++) {
      MPI_Barrier(MPI_COMM_WORLD);
      double start = MPI_Wtime();
      for (int j = 0; j < times; j++)
        MPI_Allreduce(MPI_IN_PLACE, values, count, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
      if (round >= 0) seconds[round] = (MPI_Wtime() - start) / times;
    }
    qsort(seconds, 21, sizeof *seconds, order);
    if (!rank) printf("%d %.3e %.3e %.3e\n", count, seconds[10], seconds[0], seconds[20]);
    free(values);
  }
  return MPI_Finalize();
}
"""
SETTINGS = [  # processes, threads of each, images of each, whether they train together
    (1, 1, 64, True), (1, 2, 64, True), (2, 1, 32, True), (1, 1, 128, True), (1, 2, 128, True),
    (2, 1, 64, True), (2, 1, 64, False)]


def mpirun(processes):
    command = ["mpirun", "--oversubscribe", "-np", str(processes)]
    return command + (["--allow-run-as-root"] if os.getuid() == 0 else [])


def step_seconds(bench, model, steps, processes, threads, images, are_joint, folder):
    """Seconds per step between the log's lines at the first and the last step."""
    def command(path, batch):
        return [bench, "train", "--model", model, "--steps", str(steps), "--batch-size", str(batch),
                "--threads", str(threads), "--quiet", "--out", path]

    def seconds(path, batch):
        lines = [line for line in map(json.loads, open(f"{path}/log.jsonl")) if "terms" in line]
        ends = [line["step"] * batch / line["images_per_second"] for line in (lines[0], lines[-1])]
        return (ends[1] - ends[0]) / (lines[-1]["step"] - lines[0]["step"])

    if are_joint:
        batch = images * processes
        subprocess.run((mpirun(processes) if processes > 1 else []) + command(folder, batch), check=True,
                       stdout=subprocess.DEVNULL)
        return seconds(folder, batch)
    folders = [f"{folder}-{index}" for index in range(processes)]
    started = [subprocess.Popen(command(path, images), stdout=subprocess.DEVNULL) for path in folders]
    if any([process.wait() for process in started]):
        sys.exit("measure_scaling: a training failed")
    return statistics.mean(seconds(path, images) for path in folders)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--repeats", type=int, default=5)
    options.add_argument("--bench", default=".build/release/bench")
    options = options.parse_args()
    with tempfile.TemporaryDirectory() as work:
        for model, steps in (("beta-vae", 30), ("multi-beta-vae", 15)):
            seconds = {setting: [] for setting in SETTINGS}
            for repeat in range(options.repeats):
                for setting in SETTINGS:
                    folder = f"{work}/{model}-{'-'.join(map(str, setting))}-{repeat}"
                    seconds[setting].append(step_seconds(options.bench, model, steps, *setting, folder))
            for (processes, threads, images, are_joint), values in seconds.items():
                median = statistics.median(values)
                print(f"{model}: {processes} process(es) of {threads} thread(s), {images} images each"
                      f"{'' if are_joint else ', apart'}: {1000 * median:.0f} ms "
                      f"({1000 * min(values):.0f} to {1000 * max(values):.0f}), "
                      f"{processes * images / median:.0f} images/s", flush=True)
        open(f"{work}/allreduce.c", "w").write(ALLREDUCE)
        subprocess.run(["mpicc", "-O2", "-o", f"{work}/allreduce", f"{work}/allreduce.c"], check=True)
        counts = ["1", "1024", "131072", "1048576", "4194304", "16777216"]
        for line in subprocess.run(mpirun(2) + [f"{work}/allreduce", *counts], check=True, text=True,
                                   stdout=subprocess.PIPE).stdout.splitlines():
            count, *times = line.split()
            megabytes = int(count) * 4 / 1e6
            median, least, most = (float(text) * 1e6 for text in times)
            print(f"allreduce of {megabytes:g} MB, 2 processes: {median:.1f} us ({least:.1f} to {most:.1f}), "
                  f"{megabytes / median * 1e3:.2f} GB/s")


if __name__ == "__main__":
    sys.exit(main())
