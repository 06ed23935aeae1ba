"""What the generators of golden files share: the form of a case, writing, and the check.

A generator makes a list of `Case`. `finish` writes them in the form the Swift tests read, or, with
--check, compares them with the files in the repository, prints the largest difference of every case
and fails where one is beyond the tolerance recorded in the file.
"""

import argparse
import dataclasses
import importlib
import importlib.metadata
import json
import pathlib
import platform
import sys
import zlib

import numpy as np

TESTS = pathlib.Path(__file__).parent.parent / "Tests"
# The same numbers from another processor's BLAS or another order of sums.
ROUNDING = 1e-12


@dataclasses.dataclass
class Case:
    """One metric on one input, with what a reference implementation makes of it."""

    id: str
    metric: str
    params: dict
    expected: dict
    tolerance: dict
    reference: dict
    # The arrays of the file `<id>.npz`; none if the case reads another case's file, or none.
    arrays: dict = dataclasses.field(default_factory=dict)
    inputs: str | None = None
    notes: str | None = None
    # How far another machine may be from a field, where that is not `tolerance["abs"]`; `field~` is
    # relative to the field's largest magnitude, `array name` to the array's.
    limits: dict = dataclasses.field(default_factory=dict)

    def json(self, with_shapes):
        fields = {"id": self.id, "metric": self.metric, "params": self.params}
        fields |= {"expected": self.expected, "tolerance": self.tolerance}
        fields["reference"] = self.reference
        if self.arrays or self.inputs:
            fields["inputs"] = self.inputs or f"{self.id}.npz"
        if with_shapes and self.arrays:
            fields["arrays"] = {
                name: {"shape": list(array.shape), "dtype": str(array.dtype)}
                for name, array in self.arrays.items()}
        if self.notes:
            fields["notes"] = self.notes
        return plain(fields)


def plain(value):
    """A value as JSON can hold it; numbers that are not finite become texts."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return "NaN" if np.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def versions(*names):
    """The versions of Python and of the named packages."""
    result = {"python": platform.python_version()}
    for name in names:
        module = importlib.import_module(name)
        result[{"PIL": "pillow"}.get(name, name)] = module.__version__
        if name == "PIL":
            from PIL import features

            result["libjpeg_turbo"] = features.version("libjpeg_turbo")
            result["zlib"] = zlib.ZLIB_VERSION
    return result


def package_versions(*names):
    """The versions of packages that do not tell theirs."""
    return {name: importlib.metadata.version(name) for name in names}


def arguments(description, **options):
    """The command line: --check, --out, and whatever `options` adds."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--check", action="store_true",
                        help="compare with the files instead of writing them")
    parser.add_argument("--out", type=pathlib.Path, help="write to this folder instead")
    for name, settings in options.items():
        parser.add_argument(f"--{name}", **settings)
    return parser.parse_args()


# Comparison


def differences(found, stored, path=""):
    """Every leaf: (path, largest absolute difference, largest stored magnitude); infinite if unlike."""
    if isinstance(stored, dict) and isinstance(found, dict):
        for key in sorted(stored.keys() | found.keys()):
            if key not in stored or key not in found:
                yield f"{path}.{key}", np.inf, 0.0
            else:
                yield from differences(found[key], stored[key], f"{path}.{key}")
    elif isinstance(stored, list) and isinstance(found, list) and len(stored) == len(found):
        for index, (left, right) in enumerate(zip(found, stored)):
            inner = path if isinstance(right, (int, float, str, list)) else f"{path}[{index}]"
            yield from differences(left, right, inner)
    elif all(isinstance(value, (int, float)) for value in (found, stored)):
        yield path, abs(found - stored), abs(stored)
    else:
        yield path, 0.0 if found == stored else np.inf, 0.0


def largest(found, stored):
    """The largest difference per field, with the field's largest magnitude."""
    result = {}
    for path, difference, magnitude in differences(found, stored):
        field = path.lstrip(".")
        old = result.get(field, (0.0, 0.0))
        result[field] = (max(old[0], difference), max(old[1], magnitude))
    return result


def limit(case, tolerance, field, magnitude):
    """How far `field` may be from the stored value: its own limit, or the case's tolerance."""
    for name, value in case.limits.items():
        whole = name.rstrip("~")
        if field == whole or field.startswith(f"{whole}."):
            return value * magnitude if name.endswith("~") else value
    name = field.split(".")[0]
    absolute = tolerance.get("abs", 0)
    if isinstance(absolute, dict):
        absolute = absolute.get(name, 0)
    absolute = tolerance.get("per_key", {}).get(name, {}).get("abs", absolute)
    return max(absolute, tolerance.get("rel", 0) * magnitude, ROUNDING * max(magnitude, 1))


def check_case(case, stored, folder, with_shapes):
    """Prints one line; returns whether the case agrees, and its largest difference."""
    faults, worst = [], (0.0, "")
    found = case.json(with_shapes)
    for part in ("metric", "params", "reference", "inputs", "arrays", "notes"):
        unlike = [path for path, difference, magnitude in
                  differences(found.get(part), stored.get(part))
                  if difference > 1e-9 * max(magnitude, 1)]
        faults += [f"{part}{path} is another" for path in unlike]
    for field, (difference, magnitude) in largest(found["expected"], stored["expected"]).items():
        worst = max(worst, (difference, field))
        allowed = limit(case, stored["tolerance"], field, magnitude)
        if not difference <= allowed:
            faults.append(f"{field} is off by {difference:.3g}, allowed {allowed:.3g}")
    path = folder / f"{case.id}.npz"
    for name, (difference, magnitude, allowed) in compare_arrays(case, path).items():
        worst = max(worst, (difference, f"array {name}"))
        if not difference <= allowed:
            faults.append(f"array {name} is off by {difference:.3g}, allowed {allowed:.3g}")
    print(f"{case.id}: largest difference {worst[0]:.3g}" + f" ({worst[1]})" * (worst[0] > 0))
    for fault in faults:
        print(f"  {fault}")
    return not faults, worst[0]


def compare_arrays(case, path):
    """Per array: largest difference, largest magnitude, what is allowed."""
    if not case.arrays:
        return {}
    stored = np.load(path)
    result = {}
    for name in sorted(set(stored.files) | set(case.arrays)):
        if name not in stored.files or name not in case.arrays:
            result[name] = (np.inf, 0.0, 0.0)
            continue
        found, wanted = case.arrays[name], stored[name]
        if found.shape != wanted.shape or found.dtype != wanted.dtype:
            result[name] = (np.inf, 0.0, 0.0)
            continue
        difference = float(np.abs(found.astype(float) - wanted.astype(float)).max(initial=0))
        magnitude = float(np.abs(wanted.astype(float)).max(initial=0))
        # Inputs are remade bit for bit but for what a BLAS rounds; outputs have limits of their own.
        allowed = case.limits.get(f"array {name}", ROUNDING if wanted.dtype == float else 1e-6)
        exact = not np.issubdtype(wanted.dtype, np.floating)
        result[name] = (difference, magnitude, 0.0 if exact else allowed * max(magnitude, 1))
    return result


# Writing


def document(head, cases, is_compact):
    """The text of a golden file: indented, or with one case a line."""
    if not is_compact:
        return json.dumps(plain(head) | {"cases": cases}, indent=1) + "\n"
    lines = [f" {json.dumps(key)}: {json.dumps(plain(value))},\n" for key, value in head.items()]
    body = ",\n".join("  " + json.dumps(case) for case in cases)
    return "{\n" + "".join(lines) + ' "cases": [\n' + body + "\n ]\n}\n"


def write_arrays(case, folder):
    """Writes the case's arrays, unless the file holds the same."""
    path = folder / f"{case.id}.npz"
    if not case.arrays:
        return
    if path.exists():
        parts = compare_arrays(case, path).values()
        if all(difference == 0 for difference, _, _ in parts):
            return
    np.savez_compressed(path, **case.arrays)


def finish(options, folder, name, head, cases, with_shapes=False, is_compact=False):
    """Checks or writes `folder/name` and the arrays beside it; exits with 1 if the check fails."""
    if options.check:
        stored = {case["id"]: case for case in json.loads((folder / name).read_text())["cases"]}
        good, worst = True, 0.0
        for case in cases:
            if case.id not in stored:
                print(f"{case.id}: the file has no such case")
                good = False
                continue
            fits, difference = check_case(case, stored.pop(case.id), folder, with_shapes)
            good, worst = good and fits, max(worst, difference)
        for identifier in stored:
            print(f"{identifier}: the file has this case, the generator has not")
            good = False
        print(f"{name}: {len(cases)} cases, largest difference {worst:.3g}")
        sys.exit(0 if good else 1)
    target = options.out or folder
    target.mkdir(parents=True, exist_ok=True)
    for case in cases:
        write_arrays(case, target)
    text = document(head, [case.json(with_shapes) for case in cases], is_compact)
    (target / name).write_text(text)
