#!/usr/bin/python3
"""The same programs, facts and random bytes give the same logs, byte for byte, wherever they run: under other locales,
time zones, working directories, masks, environments, layouts of memory, and in programs built otherwise.

    WEFT_SIMULATION=build/test/tests/weft_simulation tests/campaigns/determinism.py [--only TEXT] [OTHER_BUILD...]

OTHER_BUILD is a `weft_simulation` that another compiler or other options have made. Exits with 1 when a log differs.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

BINARY = str(pathlib.Path(os.environ["WEFT_SIMULATION"]).resolve())
ENVIRONMENTS = {
    "C": {"LC_ALL": "C"},
    "UTF-8": {"LC_ALL": "C.UTF-8", "TZ": "UTC"},
    "German, a zone of half an hour": {"LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8", "TZ": "Asia/Kathmandu"},
    "Turkish, behind UTC": {"LC_ALL": "tr_TR.UTF-8", "LANGUAGE": "tr", "TZ": "Pacific/Apia"},
    "a zone by rule, memory filled": {"TZ": "ABC-13:45DEF,M3.2.0,M11.1.0", "MALLOC_PERTURB_": "165"},
    "a large environment": {"FILLER": "x" * 100_000, "MALLOC_ARENA_MAX": "1", "MALLOC_PERTURB_": "90"},
}


def logs(binary, only, environment=None, umask=0o022, cwd=None, before=()):
    """The lines of `weft_simulation logs`."""
    words = [*before, binary, "logs", *(["--only", only] if only else [])]
    scratch = os.environ.get("TMPDIR") or ("/dev/shm" if os.path.isdir("/dev/shm") else "/tmp")
    done = subprocess.run(words, cwd=cwd, umask=umask, text=True, capture_output=True, timeout=600, check=False,
                          env={"PATH": os.environ["PATH"], "TMPDIR": scratch, **(environment or {})})
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(words)}: {done.returncode}\n{done.stderr[-2000:]}")
    return done.stdout.splitlines()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="")
    parser.add_argument("builds", nargs="*")
    arguments = parser.parse_args()
    first = logs(BINARY, arguments.only)
    if not first or any(line.startswith(" ") for line in first):
        print("determinism: there are no logs")
        return 1
    ways = {name: {"environment": environment} for name, environment in ENVIRONMENTS.items()}
    ways["an open mask"] = {"umask": 0}
    ways["a closed mask, another folder"] = {"umask": 0o077, "cwd": tempfile.gettempdir()}
    if shutil.which("setarch"):
        ways["addresses that are always the same"] = {"before": ("setarch", "-R")}
    for build in arguments.builds:
        ways[build] = {"binary": str(pathlib.Path(build).resolve())}
    bad = 0
    for name, way in ways.items():
        lines = logs(**{"binary": BINARY, "only": arguments.only, **way})
        different = [line for line, other in zip(first, lines) if line != other]
        if len(lines) != len(first) or different:
            bad += 1
            print(f"{name}: {len(lines)} logs for {len(first)}, {len(different)} differ: {different[:3]}")
    print(f"determinism: {2 * len(first)} logs in {len(ways)} other ways, {bad} ways differ")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
