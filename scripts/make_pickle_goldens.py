"""Writes Tests/GenerationMetricsTests/Golden/statistics_*.pkl: statistics as EDM2 pickles them, by numpy.

usage: make_pickle_goldens.py [--check]

The same numbers by pickle protocols 4 and 5, and once with the module names of numpy 1; and a pickle that asks for
something else. Needs numpy 2; with --check, nothing is written and what is there is compared, byte for byte."""
import pathlib
import pickle
import sys

import numpy as np

FOLDER = pathlib.Path(__file__).parent.parent / "Tests/GenerationMetricsTests/Golden"


class Forbidden:
    def __reduce__(self):
        return print, ("this must not run",)


def statistics(width, seed):
    random = np.random.default_rng(seed)
    rows = random.normal(size=(3 * width, width))
    return {"mu": rows.mean(0), "sigma": np.cov(rows, rowvar=False)}


def files():
    values = {"fid": statistics(6, 1), "fd_dinov2": statistics(4, 2)}
    four = pickle.dumps(values, protocol=4)
    yield "statistics_4.pkl", four
    yield "statistics_5.pkl", pickle.dumps(values, protocol=5)
    # numpy 1 called the module otherwise. One name is a letter shorter, so its length changes too, and the frame's.
    new, old = b"\x8c\x16numpy._core.multiarray", b"\x8c\x15numpy.core.multiarray"
    size = int.from_bytes(four[3:11], "little") - four.count(new)
    yield "statistics_numpy1.pkl", four[:3] + size.to_bytes(8, "little") + four[11:].replace(new, old)
    yield "statistics_forbidden.pkl", pickle.dumps({"fid": {"mu": Forbidden()}}, protocol=4)


def main():
    for name, data in files():
        path = FOLDER / name
        if "--check" not in sys.argv:
            path.write_bytes(data)
        elif path.read_bytes() != data:
            sys.exit(f"make_pickle_goldens: {path} is not what this script makes")
    for name in ("statistics_4.pkl", "statistics_5.pkl", "statistics_numpy1.pkl"):
        value = pickle.loads((FOLDER / name).read_bytes())["fid"]
        print(name, value["mu"][0], value["sigma"][0, 1])


main()
