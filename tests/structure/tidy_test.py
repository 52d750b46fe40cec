#!/usr/bin/env python3
"""clang-tidy over the sources, by .clang-tidy. A file that was found clean is not read again until it,
a header of the repository that it includes, its compile command or the checks change."""
import functools
import hashlib
import json
import os
import pathlib
import re
import subprocess
import unittest
from concurrent.futures import ThreadPoolExecutor

import repository

CLANG_TIDY = "clang-tidy-19"
INCLUDE = re.compile(rb'^\s*#\s*include\s+["<]([^">]+)[">]', re.MULTILINE)
CLEAN = repository.BUILD / "tidy_clean"
# g++ knows warnings that clang doesn't.
IGNORED = "-Wno-unknown-warning-option"


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


def sources():
    commands = json.loads((repository.BUILD / "compile_commands.json").read_text(encoding="utf-8"))
    for command in commands:
        path = pathlib.Path(command["file"])
        inside = path.is_relative_to(repository.SOURCE) and not path.is_relative_to(repository.BUILD)
        if inside and path.relative_to(repository.SOURCE).parts[0] in repository.LAYERS:
            yield path, command["command"]


def key(path, command, checks):
    digest = hashlib.sha256(checks + command.encode())
    for one in included(path):
        digest.update(str(one).encode() + b"\0" + content(one) + b"\0")
    return digest.hexdigest()


def complaints(path):
    done = subprocess.run(
        [CLANG_TIDY, "--quiet", "-p", repository.BUILD, f"--extra-arg={IGNORED}", path],
        capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode != 0 else ""


class Tidy(unittest.TestCase):
    def test_sources(self):
        version = subprocess.run([CLANG_TIDY, "--version"], capture_output=True, check=True).stdout
        checks = (repository.SOURCE / ".clang-tidy").read_bytes() + version
        CLEAN.mkdir(exist_ok=True)
        keys = {path: key(path, command, checks) for path, command in sources()}
        self.assertGreater(len(keys), 100)
        stale = [path for path in keys if not (CLEAN / keys[path]).exists()]
        found = []
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for path, text in zip(stale, pool.map(complaints, stale)):
                if text:
                    found.append(text)
                else:
                    (CLEAN / keys[path]).touch()
        for old in CLEAN.iterdir():
            if old.name not in keys.values():
                old.unlink()
        if found:
            self.fail(f"clang-tidy on {len(found)} of {len(stale)} files:\n" + "\n".join(found))


if __name__ == "__main__":
    unittest.main()
