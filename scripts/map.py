#!/usr/bin/env python3
"""Prints the house: modules, their folders and sizes, and who refers to whom.

    scripts/map.py                        modules from top to bottom, folders below each
    scripts/map.py Reference              one module with the arrows between its folders, and the cycles among them
    scripts/map.py --edges Reference      every name behind every arrow, with both files

A module's line says what it imports. An arrow between folders counts the places where a file of one names what
only the other declares: a type, a global function, or a member of an extension whose name is declared once in
all modules. Names that several folders declare are left out, so that an arrow is never a guess."""
import argparse
import collections
import pathlib
import re
import sys

# The modules from top to bottom; those of one line do not import each other.
LAYERS = [
    ["BenchCLI"],
    ["Experiments"],
    ["Reference"],
    ["GenerationMetrics", "Disentanglement", "Results"],
    ["Plotting"],
    ["Datasets"],
    ["Torch", "LinearAlgebra", "MessagePassing"],
    ["BenchSupport"],
]
DEFAULT_ROOT = pathlib.Path(__file__).resolve().parent.parent / "Sources"

MODIFIERS = (r"(?:(?:public|package|internal|final|indirect|nonisolated|static|mutating|@\w+(?:\([^)]*\))?)"
             r"(?:\([^)]*\))?\s+)*")
TYPE = re.compile(rf"^{MODIFIERS}(?:struct|class|enum|actor|protocol|typealias)\s+(\w+)", re.M)
FUNCTION = re.compile(rf"^{MODIFIERS}func\s+(\w+)", re.M)
EXTENSION = re.compile(rf"^{MODIFIERS}extension\s+(\w+)[^\n]*\{{\n(.*?)^\}}", re.M | re.S)
MEMBER = re.compile(rf"^  {MODIFIERS}(?:let|var|func)\s+(\w+)", re.M)
ANY_NAME = re.compile(r"\b(?:let|var|func|case|struct|class|enum|actor|protocol|typealias)\s+(\w+)")
IMPORT = re.compile(r"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:public |package |internal |private )?import (?:\w+ )?(\w+)",
                    re.M)
COMMENT = re.compile(r"//[^\n]*|\"(?:\\.|[^\"\\\n])*\"")
WORD = re.compile(r"(\.?)\b([A-Za-z_]\w*)\b(\(?)")

Edge = collections.namedtuple("Edge", "file name owner source target")


def read_modules(root=DEFAULT_ROOT):
    """Every Swift module below a folder: its name to its files, each with its text."""
    modules = {}
    for folder in sorted(root.iterdir()):
        files = sorted(folder.rglob("*.swift"))
        if files:
            modules[folder.name] = {file.relative_to(folder): file.read_text() for file in files}
    return modules


def place(file):
    """The folder of a module that a file lies in."""
    return file.parts[0] if len(file.parts) > 1 else "."


def lines(texts):
    return sum(text.count("\n") for text in texts)


def imports(files):
    return {name for text in files.values() for name in IMPORT.findall(text)}


def layer(module):
    """The number of a module's layer, from the top; None if it has none."""
    return next((number for number, names in enumerate(LAYERS) if module in names), None)


def name_counts(modules):
    """How often each name is declared in all modules, at any depth."""
    return collections.Counter(
        name for files in modules.values() for text in files.values() for name in ANY_NAME.findall(COMMENT.sub("", text)))


def declarations(texts, counts):
    """What each file declares for others: (types, functions, members of extensions), each name to its files."""
    types, functions, members = (collections.defaultdict(set) for _ in range(3))
    for file, text in texts.items():
        for name in TYPE.findall(text):
            types[name].add(file)
        for name in FUNCTION.findall(text):
            functions[name].add(file)
        for _, body in EXTENSION.findall(text):
            for name in MEMBER.findall(body):
                members[name].add(file)
    members = {name: files for name, files in members.items() if counts[name] == 1}
    return types, functions, members


def edges(module, modules, counts):
    """Every place where a file names something that another folder of its module declares.

    `counts` are those of `name_counts(modules)`."""
    files = modules[module]
    texts = {file: COMMENT.sub("", text) for file, text in files.items()}
    types, functions, members = declarations(texts, counts)
    found = []
    for file, text in texts.items():
        own = set(ANY_NAME.findall(text))
        for dot, name, bracket in WORD.findall(text):
            if dot:
                owners = members.get(name, ())
            elif name in types:
                owners = types[name]
            else:
                owners = functions.get(name, ()) if bracket and name not in own else ()
            folders = {place(owner) for owner in owners}
            if len(folders) == 1 and place(file) not in folders:
                found.append(Edge(file, name, min(owners), place(file), folders.pop()))
    return found


def cycles(found):
    """Groups of folders that reach one another."""
    reach = collections.defaultdict(set)
    for edge in found:
        reach[edge.source].add(edge.target)
    nodes = sorted(set(reach) | {edge.target for edge in found})
    for _ in nodes:
        for node in nodes:
            for other in list(reach[node]):
                reach[node] |= reach[other]
    groups = {tuple(n for n in nodes if n in reach[m] and m in reach[n]) for m in nodes if m in reach[m]}
    return sorted(group for group in groups if len(group) > 1)


def show(module, modules, counts, detailed):
    files = modules[module]
    needs = sorted(imports(files) & set(modules) - {module})
    print(f"{module:20} {len(files):4} files {lines(files.values()):6} lines"
          + (f"   → {', '.join(needs)}" if needs else ""))
    folders = collections.defaultdict(list)
    for file, text in files.items():
        folders[place(file)].append(text)
    found = edges(module, modules, counts)
    arrows = collections.Counter((edge.source, edge.target) for edge in found)
    if len(folders) > 1:
        for folder, texts in sorted(folders.items()):
            to = sorted(((n, b) for (a, b), n in arrows.items() if a == folder), reverse=True)
            text = ", ".join(f"{b} {n}" for n, b in to) if detailed else ""
            print(f"  {folder:18} {len(texts):4}       {lines(texts):6}" + (f"         → {text}" if text else ""))
    for group in cycles(found):
        print(f"  cycle: {' ↔ '.join(group)}")


def show_edges(module, modules, counts):
    arrow = None
    found = collections.Counter(edges(module, modules, counts))
    for edge, count in sorted(found.items(), key=lambda item: item[0][3:] + item[0][:3]):
        if arrow != edge[3:]:
            arrow = edge[3:]
            print(f"{edge.source} → {edge.target}")
        print(f"  {edge.file.name:44} {edge.name} ({edge.owner.name}) {count}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="*", metavar="MODULE")
    parser.add_argument("--edges", action="store_true", help="every name behind every arrow")
    options = parser.parse_args()
    modules = read_modules()
    counts = name_counts(modules)
    for name in options.modules:
        if name not in modules:
            sys.exit(f"map: there is no module '{name}'; there are {', '.join(sorted(modules))}")
    ordered = sorted(modules, key=lambda name: (len(LAYERS) if layer(name) is None else layer(name), name))
    for name in ordered:
        if options.modules and name not in options.modules:
            continue
        if options.edges:
            show_edges(name, modules, counts)
        else:
            show(name, modules, counts, detailed=bool(options.modules))


if __name__ == "__main__":
    main()
