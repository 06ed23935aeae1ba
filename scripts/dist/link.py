"""Links the program as `swift build` did, but for other machines.

usage: link.py OUTPUT OBJECT...

The command is the package manager's own, read from its build plan, with three changes: the Swift runtime is
linked statically, the given objects stand ahead of it, and libraries are looked for where they are installed."""
import json
import pathlib
import re
import subprocess
import sys

PLAN = pathlib.Path(".build/release.yaml")
# Installed, and as a wheel holds them before it is installed.
SEARCH_PATHS = ["$ORIGIN/../lib/bench", "$ORIGIN/../data/lib/bench"]
# What the static Foundation consists of; modules compiled for the shared one name the first two alone.
FOUNDATION = ["-lCoreFoundation", "-l_FoundationCollections", "-l_FoundationCShims", "-l_FoundationICU"]


def planned():
    """The words of the command that links the program."""
    for found in re.findall(r"^ *args: (\[.*\"-emit-executable\".*\])$", PLAN.read_text(), re.MULTILINE):
        words = json.loads(found)
        if words[words.index("-o") + 1].endswith("/bench"):
            return words
    sys.exit(f"link: {PLAN} has no command that links bench; run make build first")


def main():
    output, objects = sys.argv[1], sys.argv[2:]
    words = planned()
    words[words.index("-o") + 1] = output
    path = next(index for index, word in enumerate(words) if word.startswith("-rpath="))
    # The old kind of search path also counts for the libraries' own dependencies.
    options = ["--disable-new-dtags", *(f"-rpath={path}" for path in SEARCH_PATHS)]
    words[path - 1:path + 1] = [word for option in options for word in ("-Xlinker", option)]
    words[1:1] = ["-static-stdlib", *objects]
    words += FOUNDATION
    subprocess.run(words, check=True)


main()
