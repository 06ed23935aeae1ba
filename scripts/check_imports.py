"""Fails if a module refers to what it must not.

- A file imports a module that its target does not declare in Package.swift: this compiles, but the target is then
  not rebuilt when the module changes.
- A module imports one that is not below it in the layers that map.py states.
- Folders of a module refer to one another in a circle.

`--self-test` plants the last two among the files and fails if they are not found."""
import json
import pathlib
import subprocess
import sys

import map as house

TOOLCHAIN = {"Foundation", "FoundationEssentials", "FoundationNetworking", "FoundationXML", "Testing", "Synchronization",
             "Glibc", "Dispatch", "PackageDescription"}


def undeclared():
    """Imports that Package.swift does not declare, tests included."""
    described = json.loads(subprocess.check_output(["swift", "package", "describe", "--type", "json"]))
    for target in described["targets"]:
        allowed = TOOLCHAIN | {target["name"]} | set(target.get("target_dependencies", []))
        allowed |= set(target.get("product_dependencies", []))
        for source in target["sources"]:
            path = pathlib.Path(target["path"]) / source
            if path.suffix != ".swift":
                continue
            for name in sorted(house.imports({path: path.read_text()}) - allowed):
                yield f"{path}: imports {name}, which {target['name']} does not depend on in Package.swift"


def upward(modules):
    """Imports of a module that is not in a lower layer."""
    for module, files in modules.items():
        layer = house.layer(module)
        if layer is None:
            yield f"Sources/{module}: has no place in LAYERS of scripts/map.py"
            continue
        for file, text in files.items():
            for name in sorted(house.imports({file: text}) & set(modules) - {module}):
                other = house.layer(name)
                if other is not None and other <= layer:
                    yield f"Sources/{module}/{file}: imports {name}, which is not below {module} (scripts/map.py)"


def circles(modules, names):
    """Circles of folders of the named modules, with what closes them."""
    counts = house.name_counts(modules)
    for module in names:
        found = house.edges(module, modules, counts)
        for group in house.cycles(found):
            arrows = {(edge.source, edge.target): edge for edge in found if {edge.source, edge.target} <= set(group)}
            yield "\n".join(
                [f"Sources/{module}: folders refer to one another in a circle: {' ↔ '.join(group)}"]
                + [f"  {source} → {target}, for instance {edge.file} names {edge.name} of {edge.owner}"
                   for (source, target), edge in sorted(arrows.items())])


def self_test(modules):
    """Each fault, planted, is found, and only there."""
    def planted(module, file, text):
        return modules | {module: modules[module] | {pathlib.Path(file): text}}

    upside_down = planted("BenchSupport", "Planted.swift", "internal import Results\n")
    turning = planted("Results", "Records/Planted.swift", "let planted: StudyReport? = nil\n")
    member = planted("Disentanglement", "Definition/Planted.swift", "let planted = [MetricDefinition.dcimig]\n")
    comment = planted("Results", "Records/Planted.swift", "// StudyReport\nlet planted = \"StudyReport\"\n")
    cases = [
        ("an import upwards", list(upward(upside_down)), ["BenchSupport/Planted.swift: imports Results"]),
        ("a circle through a type", list(circles(turning, ["Results"])), ["Records ↔ "]),
        ("a circle through an extension's member", list(circles(member, ["Disentanglement"])), ["Definition ↔ Metrics"]),
        ("a name in a comment or a text", list(circles(comment, ["Results"])), []),
    ]
    for name, found, expected in cases:
        if len(found) != len(expected) or not all(part in text for part, text in zip(expected, found)):
            yield f"check_imports: {name}: found {found or 'nothing'}, expected {expected or 'nothing'}"


def main():
    modules = house.read_modules()
    if sys.argv[1:] == ["--self-test"]:
        faults = list(self_test(modules))
    else:
        faults = [*undeclared(), *upward(modules), *circles(modules, sorted(modules))]
    for fault in faults:
        print(fault)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
