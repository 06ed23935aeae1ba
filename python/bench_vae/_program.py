"""Finds the program and runs it."""

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from typing import Any, Dict, Mapping


class BenchError(Exception):
    """The program refused or failed; the text is its own sentence, `code` its exit code."""

    def __init__(self, text: str, code: int):
        super().__init__(text)
        self.code = code


def program() -> str:
    """The path of the program: `$BENCH_PROGRAM`, else the one that was installed with this package."""
    candidates = [os.environ.get("BENCH_PROGRAM")]
    try:
        files = importlib.metadata.files("bench-vae") or []
        candidates += [str(file.locate()) for file in files if file.parts[-2:] == ("bin", "bench")]
    except importlib.metadata.PackageNotFoundError:
        pass
    candidates += [os.path.join(sysconfig.get_path("scripts"), "bench"), shutil.which("bench")]
    for path in candidates:
        if path and os.access(path, os.X_OK):
            return path
    raise FileNotFoundError("the program 'bench' is not beside this package; pip install --force-reinstall bench-vae")


def run(command: str, *arguments: Any, _settings: Mapping[str, float] = {}, **options: Any) -> Dict[str, Any]:
    """Runs a command of the program and returns what it prints with `--json`.

    Args:
        command: such as "score".
        *arguments: its arguments.
        **options: its options; None leaves one out, True is a flag, a list is joined by commas.

    Raises:
        BenchError: it failed.
    """
    words = [program(), command, *map(os.fspath, arguments), "--json"]
    for name, value in options.items():
        option = "--" + name.replace("_", "-")
        if value is True:
            words.append(option)
        elif value is not None and value is not False:
            several = isinstance(value, (list, tuple))
            words += [option, ",".join(map(str, value)) if several else os.fspath(value) if
                      isinstance(value, os.PathLike) else str(value)]
    for name, value in _settings.items():
        words += ["--set", f"{name}={value}"]
    output, errors, code = _communicate(words)
    # A comparison that fails (1) and metrics without a value (2) still print their results.
    if output.startswith("{") and code in (0, 1, 2):
        return json.loads(output)
    raise BenchError(_sentence(errors) or f"bench {command} ended with {code}", code)


def _communicate(words):
    """Runs a program; its notes and progress are shown as they come, in a notebook as well."""
    lines = []
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.PIPE,
                                   text=True, encoding="utf-8", errors="replace")
        try:
            for line in process.stderr:
                lines.append(line)
                if not line.startswith(("bench: ", "Error: ", "Usage: ", "  See ")):
                    print(line, end="", file=sys.stderr, flush=True)
            process.wait()
        except BaseException:  # also KeyboardInterrupt, which a notebook sends to Python alone
            process.terminate()
            process.wait()
            raise
        output.seek(0)
        return output.read(), lines, process.returncode


def _sentence(lines):
    """What the program said went wrong."""
    for line in lines:
        for start in ("bench: ", "Error: "):
            if line.startswith(start):
                return line[len(start):].strip()
    return "".join(lines).strip()
