"""Fails if a Swift file imports a module its target does not declare as a dependency.

An undeclared import compiles, but the target is then not rebuilt when the module changes."""
import json, pathlib, re, subprocess, sys

TOOLCHAIN = {"Foundation", "FoundationEssentials", "FoundationNetworking", "FoundationXML", "Testing", "Synchronization",
             "Glibc", "Dispatch", "PackageDescription"}
described = json.loads(subprocess.check_output(["swift", "package", "describe", "--type", "json"]))
failures = 0
for target in described["targets"]:
    allowed = TOOLCHAIN | {target["name"]} | set(target.get("target_dependencies", []))
    allowed |= set(target.get("product_dependencies", []))
    for source in target["sources"]:
        path = pathlib.Path(target["path"]) / source
        if path.suffix != ".swift":
            continue
        for line in path.read_text().splitlines():
            match = re.match(r"\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:internal |public |package |private )?import (?:\w+ )?(\w+)", line)
            if match and match.group(1) not in allowed:
                print(f"{path}: imports {match.group(1)}, which {target['name']} does not depend on in Package.swift")
                failures += 1
sys.exit(1 if failures else 0)
