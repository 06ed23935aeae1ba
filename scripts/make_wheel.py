"""Packs the folder that `make dist` makes, with the Python package in python/, as a wheel.

usage: make_wheel.py FOLDER OUT     (FOLDER: dist/bench, OUT: a folder)

The program becomes a script of the environment, its libraries and baselines become data of it: installed, they
lie in bin, lib/bench and share/bench as in FOLDER. The wheel of a commit is the same, byte for byte, whenever it
is made. Prints the wheel's path."""
import base64
import hashlib
import pathlib
import re
import sys
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
NAME = "bench_vae"
TAG = "py3-none-manylinux_2_34_x86_64"
LIMIT = 80 << 20
METADATA = """\
Metadata-Version: 2.4
Name: bench-vae
Version: {version}
Summary: Scores of learned representations and of generated images, equal to the reference implementations'
License-Expression: Apache-2.0
{licenses}
Classifier: Development Status :: 4 - Beta
Classifier: Intended Audience :: Science/Research
Classifier: Operating System :: POSIX :: Linux
Classifier: Programming Language :: Python :: 3
Classifier: Topic :: Scientific/Engineering :: Artificial Intelligence
Classifier: Typing :: Typed
Keywords: disentanglement,VAE,DCI,MIG,FID,KID,metrics
Requires-Python: >=3.9
Requires-Dist: numpy>=1.21
Requires-Dist: torch==2.11.*; extra == "torch"
Provides-Extra: torch
Description-Content-Type: text/markdown

"""
WHEEL = f"""\
Wheel-Version: 1.0
Generator: bench ({pathlib.Path(__file__).name})
Root-Is-Purelib: false
Tag: {TAG}
"""


def version():
    text = (ROOT / "Sources/Results/Records/Provenance.swift").read_text()
    return re.search(r'benchVersion = "([^"]+)"', text)[1]


def members(folder, stem):
    """What the wheel holds but for its metadata: (name in the wheel, file)."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if not path.is_file():
            continue
        if name.parts[0] == "bin":
            yield f"{stem}.data/scripts/{path.name}", path
        elif name.parts[:3] == ("share", "bench", "licenses"):
            yield f"{stem}.dist-info/licenses/{path.name}", path
        elif name.parts[:3] not in [("share", "bench", "docs"), ("share", "bench", "README.md")]:
            yield f"{stem}.data/data/{name}", path
    package = ROOT / "python" / NAME
    for path in sorted(package.iterdir()):
        if path.suffix == ".py" or path.name == "py.typed":
            yield f"{NAME}/{path.name}", path


def main():
    folder, out = map(pathlib.Path, sys.argv[1:])
    stem = f"{NAME}-{version()}"
    contents = [(name, path.read_bytes(), path.stat().st_mode & 0o111) for name, path in members(folder, stem)]
    prefix = f"{stem}.dist-info/"
    licenses = sorted(name[len(f"{prefix}licenses/"):] for name, _, _ in contents if name.startswith(prefix))
    metadata = METADATA.format(
        version=version(), licenses="\n".join(f"License-File: {name}" for name in licenses))
    contents += [
        (f"{prefix}METADATA", metadata.encode() + (folder / "share/bench/README.md").read_bytes(), 0),
        (f"{prefix}WHEEL", WHEEL.encode(), 0),
    ]
    record = f"{prefix}RECORD"
    lines = [
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b'=').decode()},{len(data)}"
        for name, data, _ in contents
    ]
    contents.append((record, "".join(f"{line}\n" for line in [*lines, f"{record},,"]).encode(), 0))
    out.mkdir(parents=True, exist_ok=True)
    wheel = out / f"{stem}-{TAG}.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data, executable in contents:
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (0o100755 if executable else 0o100644) << 16
            archive.writestr(info, data)
    size = wheel.stat().st_size
    if size > LIMIT:
        sys.exit(f"make_wheel: {wheel} has {size >> 20} MiB; the limit is {LIMIT >> 20}")
    print(wheel)


main()
