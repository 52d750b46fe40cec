"""The files of the repository, for the tests of its shape."""
import os
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = pathlib.Path(os.environ.get("WEFT_SOURCE_DIR", HERE.parent.parent))
BUILD = pathlib.Path(os.environ.get("WEFT_BUILD_DIR", SOURCE / "build" / "test"))

LAYERS = ("base", "value", "grammar", "bytecode", "compiler", "vm", "testing", "store", "engine", "stdlib",
          "helper", "api", "cli")
SKIPPED = {".git", "build", "node_modules", "__pycache__"}


def files(*suffixes, under="."):
    """Paths relative to the repository, in order."""
    found = []
    for folder, folders, names in os.walk(SOURCE / under):
        folders[:] = sorted(name for name in folders if name not in SKIPPED)
        found += [pathlib.Path(folder, name).relative_to(SOURCE)
                  for name in sorted(names) if name.endswith(suffixes)]
    return found


def cpp_files():
    return files(".cpp", ".h")


def read(path):
    return (SOURCE / path).read_text(encoding="utf-8")
