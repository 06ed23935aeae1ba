"""Checks that the README of every Tests/*/Golden folder says where each of its files comes from.

A file is accounted for if a case of a .json there names it as its input, or if the README names it in
backquotes: a path, a pattern (`state_*.pth`, `images/{a,b}.png`) or a folder (`mat/`). Scripts that a
README names must exist.
"""

import fnmatch
import itertools
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).parent.parent


def expanded(pattern):
    """The patterns that {a,b} stands for."""
    parts = [part[1:-1].split(",") if part.startswith("{") else [part]
             for part in re.findall(r"\{[^}]*\}|[^{]+", pattern)]
    return ["".join(choice) for choice in itertools.product(*parts)]


def faults(folder):
    readme = folder / "README.md"
    if not readme.exists():
        yield f"{folder.relative_to(ROOT)}: there is no README.md that says what made the files"
        return
    words = [pattern for word in re.findall(r"`([^`\n]+)`", readme.read_text())
             for pattern in expanded(word)]
    inputs = set()
    for path in folder.glob("*.json"):
        content = json.loads(path.read_text())
        inputs |= {case.get("inputs") for case in content.get("cases", [])}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        known = name in inputs or name == "README.md" or any(
            fnmatch.fnmatch(name, word) or (word.endswith("/") and name.startswith(word)) for word in words)
        if path.is_file() and not known:
            yield f"{path.relative_to(ROOT)}: README.md does not say what made this file"
    for word in words:
        script = word.split()[0]
        if script.startswith("scripts/") and not (ROOT / script).exists():
            yield f"{readme.relative_to(ROOT)}: there is no {script}"


def main():
    found = [fault for folder in sorted(ROOT.glob("Tests/*/Golden")) for fault in faults(folder)]
    print("\n".join(found), end="\n" * bool(found))
    sys.exit(1 if found else 0)


main()
