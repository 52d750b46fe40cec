#!/usr/bin/env python3
"""clang-tidy over the sources, by .clang-tidy, a few files at a time. A group that was found clean is not
read again until a file of it, a header of the repository that it includes, its flags or the checks change."""
import functools
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import unittest
from concurrent.futures import ThreadPoolExecutor

import repository

CLANG_TIDY = "clang-tidy-19"
INCLUDE = re.compile(rb'^\s*#\s*include\s+["<]([^">]+)[">]', re.MULTILINE)
CLEAN = repository.BUILD / "tidy_clean"
GROUP = 8


@functools.cache
def content(path):
    return path.read_bytes()


@functools.cache
def included(path):
    """The repository's files that this one includes, at any depth, itself first."""
    found = [path]
    for at in found:
        for name in INCLUDE.findall(content(at)):
            for folder in (repository.SOURCE, repository.SOURCE / "include", at.parent):
                other = folder / name.decode()
                if other.is_file() and other not in found:
                    found.append(other)
                    break
    return tuple(found)


def flags_of(command):
    words = shlex.split(command["command"])
    return tuple(word for i, word in enumerate(words)
                 if word.startswith(("-I", "-D", "-isystem", "-std=")) or words[i - 1] == "-isystem")


def sources_of(command):
    """The sources that a command compiles: its file, or all that a file of the build reads as one."""
    path = pathlib.Path(command["file"])
    if path.parent.name == "Unity":
        paths = [pathlib.Path(name.decode()) for name in INCLUDE.findall(path.read_bytes())]
    else:
        paths = [path]
    return [one for one in paths if one.is_relative_to(repository.SOURCE) and not one.is_relative_to(repository.BUILD)]


def groups():
    """Sources of one library, a few at a time: the headers that they share are then read once."""
    libraries = {}
    commands = json.loads((repository.BUILD / "compile_commands.json").read_text(encoding="utf-8"))
    for command in commands:
        for path in sources_of(command):
            layer = path.relative_to(repository.SOURCE).parts[0]
            if layer in repository.LAYERS:
                libraries.setdefault((layer, flags_of(command)), set()).add(path)
    for (layer, flags), paths in sorted(libraries.items()):
        members = sorted(paths)
        for i in range(0, len(members), GROUP):
            yield Group(layer, tuple(members[i:i + GROUP]), flags)


class Group:
    def __init__(self, layer, paths, flags):
        self.layer, self.paths, self.flags = layer, paths, flags

    def key(self, checks):
        digest = hashlib.sha256(checks + " ".join(self.flags).encode())
        for one in sorted({one for path in self.paths for one in included(path)}):
            digest.update(str(one).encode() + b"\0" + content(one) + b"\0")
        return digest.hexdigest()

    def complaints(self):
        text = "".join(f'#include "{path}"\n' for path in self.paths)
        together = CLEAN / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.cpp"
        together.write_text(text, encoding="utf-8")
        done = subprocess.run([CLANG_TIDY, "--quiet", f"--config-file={repository.SOURCE / '.clang-tidy'}",
                               together, "--", "-w", *self.flags],
                              cwd=repository.SOURCE, capture_output=True, text=True, check=False)
        together.unlink()
        # Names that two files have each for itself clash when the files are read as one.
        if "[clang-diagnostic-error]" in done.stdout and len(self.paths) > 1:
            half = len(self.paths) // 2
            return "\n".join(filter(None, (Group(self.layer, part, self.flags).complaints()
                                           for part in (self.paths[:half], self.paths[half:]))))
        return done.stdout.strip() if done.returncode != 0 else ""


class Tidy(unittest.TestCase):
    def test_sources(self):
        version = subprocess.run([CLANG_TIDY, "--version"], capture_output=True, check=True).stdout
        checks = (repository.SOURCE / ".clang-tidy").read_bytes() + version
        CLEAN.mkdir(exist_ok=True)
        keys = {group: group.key(checks) for group in groups()}
        self.assertGreater(sum(len(group.paths) for group in keys), 100)
        for old in CLEAN.iterdir():
            if old.name not in keys.values():
                old.unlink()
        stale = [group for group in keys if not (CLEAN / keys[group]).exists()]
        found = []
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for group, text in zip(stale, pool.map(Group.complaints, stale)):
                if text:
                    found.append(text)
                else:
                    (CLEAN / keys[group]).touch()
        if found:
            self.fail("clang-tidy finds:\n" + "\n".join(found))


if __name__ == "__main__":
    unittest.main()
