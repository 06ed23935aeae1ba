#!/usr/bin/env python3
"""Prints the house: modules, their folders and sizes, and who refers to whom.

    scripts/map.py              modules from top to bottom, folders below each
    scripts/map.py Reference    one module with the arrows between its folders, and the cycles among them

A module's line says what it imports. An arrow between folders counts the places where a file of one names a
type (or a global function) that only the other declares; names that several folders declare are left out."""
import collections
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent / "Sources"
DECLARATION = re.compile(
    r"^(?:(?:public|package|internal|final|indirect|nonisolated|@\w+(?:\([^)]*\))?)\s+)*"
    r"(?:struct|class|enum|actor|protocol|typealias|func)\s+(\w+)", re.M)
IMPORT = re.compile(r"^(?:@\w+\s+)*(?:public |package |internal )?import (\w+)", re.M)
COMMENT = re.compile(r"//[^\n]*|\"(?:\\.|[^\"\\\n])*\"")


def read_modules():
    modules = {}
    for folder in sorted(ROOT.iterdir()):
        files = sorted(folder.rglob("*.swift"))
        if files:
            modules[folder.name] = {
                file: file.read_text() for file in files}
    return modules


def place(module, file):
    parts = file.relative_to(ROOT / module).parts[:-1]
    return parts[0] if parts else "."


def lines(texts):
    return sum(text.count("\n") for text in texts)


def imports(files, modules):
    found = {name for text in files.values() for name in IMPORT.findall(text)}
    return sorted(found & set(modules))


def order(modules):
    """The modules, every one before what it imports; those that no order fits come last, and are named."""
    needs = {name: set(imports(files, modules)) - {name} for name, files in modules.items()}
    placed = []
    while needs:
        free = [name for name in needs if not any(name in other for key, other in needs.items() if key != name)]
        if not free:
            return placed, sorted(needs)
        # The one that imports most is nearest to the top.
        top = max(sorted(free), key=lambda name: len(needs[name]))
        placed.append(top)
        del needs[top]
    return placed, []


def arrows(module, files):
    owners = collections.defaultdict(set)
    for file, text in files.items():
        for name in DECLARATION.findall(COMMENT.sub("", text)):
            owners[name].add(place(module, file))
    counts = collections.Counter()
    for file, text in files.items():
        here = place(module, file)
        for word in re.findall(r"\b\w+\b", COMMENT.sub("", text)):
            if word in owners and len(owners[word]) == 1:
                (there,) = owners[word]
                if there != here:
                    counts[here, there] += 1
    return counts


def cycles(counts):
    """Groups of folders that reach one another."""
    nodes = sorted({node for pair in counts for node in pair})
    reach = {node: {b for a, b in counts if a == node} for node in nodes}
    for _ in nodes:
        for node in nodes:
            for other in list(reach[node]):
                reach[node] |= reach[other]
    groups = {tuple(sorted({n for n in reach[m] if m in reach[n]})) for m in nodes if m in reach[m]}
    return sorted(group for group in groups if len(group) > 1)


def show(module, files, modules, detailed):
    needs = imports(files, modules)
    print(f"{module:20} {len(files):4} files {lines(files.values()):6} lines"
          + (f"   → {', '.join(needs)}" if needs else ""))
    folders = collections.defaultdict(list)
    for file, text in files.items():
        folders[place(module, file)].append(text)
    counts = arrows(module, files)
    if len(folders) > 1:
        for folder, texts in sorted(folders.items()):
            to = sorted(((n, b) for (a, b), n in counts.items() if a == folder), reverse=True)
            text = ", ".join(f"{b} {n}" for n, b in to) if detailed else ""
            print(f"  {folder:18} {len(texts):4}       {lines(texts):6}" + (f"         → {text}" if text else ""))
    found = cycles(counts)
    for group in found:
        print(f"  cycle: {' ↔ '.join(group)}")
    return found


def main():
    modules = read_modules()
    wanted = sys.argv[1:]
    for name in wanted:
        if name not in modules:
            sys.exit(f"map: there is no module '{name}'; there are {', '.join(sorted(modules))}")
    placed, circular = order(modules)
    for name in placed + circular:
        if not wanted or name in wanted:
            show(name, modules[name], modules, detailed=bool(wanted))
    if circular:
        sys.exit(f"map: a cycle of modules: {', '.join(circular)}")


main()
