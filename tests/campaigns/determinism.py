#!/usr/bin/python3
"""The same programs, facts and random bytes give the same logs, byte for byte, wherever they run: under other locales,
time zones, working directories, masks, environments, layouts of memory, and in programs built otherwise.

    WEFT_SIMULATION=build/test/tests/weft_simulation tests/campaigns/determinism.py [--only TEXT] [OTHER_BUILD...]

OTHER_BUILD is a `weft_simulation` that another compiler or other options have made (scripts/matrix makes some, and
calls this). With `--programs N` the `weft_differential` beside each plays so many generated programs as well: all of
their texts, images, facts and records are compared. Exits with 1 when anything differs.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

BINARY = pathlib.Path(os.environ["WEFT_SIMULATION"]).resolve()
ENVIRONMENTS = {
    "C": {"LC_ALL": "C"},
    "UTF-8": {"LC_ALL": "C.UTF-8", "TZ": "UTC"},
    "German, a zone of half an hour": {"LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8", "TZ": "Asia/Kathmandu"},
    "Turkish, behind UTC": {"LC_ALL": "tr_TR.UTF-8", "LANGUAGE": "tr", "TZ": "Pacific/Apia"},
    "a zone by rule, memory filled": {"TZ": "ABC-13:45DEF,M3.2.0,M11.1.0", "MALLOC_PERTURB_": "165"},
    "a large environment": {"FILLER": "x" * 100_000, "MALLOC_ARENA_MAX": "1", "MALLOC_PERTURB_": "90"},
}


def said(words, environment=None, umask=0o022, cwd=None, before=()):
    """The lines that a program prints."""
    words = [*before, *words]
    scratch = os.environ.get("TMPDIR") or ("/dev/shm" if os.path.isdir("/dev/shm") else "/tmp")
    done = subprocess.run(words, cwd=cwd, umask=umask, text=True, capture_output=True, timeout=3600, check=False,
                          env={"PATH": os.environ["PATH"], "TMPDIR": scratch, **(environment or {})})
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(words)}: {done.returncode}\n{done.stderr[-2000:]}")
    return done.stdout.splitlines()


def logs(binary, arguments, **way):
    """The hashes of all logs, a case or a hundred programs a line."""
    out = said([str(binary), "logs", *(["--only", arguments.only] if arguments.only else [])], **way)
    if arguments.programs:
        other = binary.with_name("weft_differential")
        out += said([str(other), "--seed", str(arguments.seed), "--count", str(arguments.programs), "--digest"], **way)
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="")
    parser.add_argument("--programs", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("builds", nargs="*")
    arguments = parser.parse_args()
    first = logs(BINARY, arguments)
    if not first or any(line.startswith(" ") for line in first):
        print("determinism: there are no logs")
        return 1
    ways = {name: {"environment": environment} for name, environment in ENVIRONMENTS.items()}
    ways["an open mask"] = {"umask": 0}
    ways["a closed mask, another folder"] = {"umask": 0o077, "cwd": tempfile.gettempdir()}
    if shutil.which("setarch"):
        ways["addresses that are always the same"] = {"before": ("setarch", "-R")}
    builds = {build: pathlib.Path(build).resolve() for build in arguments.builds}
    ways.update({build: {} for build in builds})
    bad = 0
    for name, way in ways.items():
        lines = logs(builds.get(name, BINARY), arguments, **way)
        different = [line for line, other in zip(first, lines) if line != other]
        if len(lines) != len(first) or different:
            bad += 1
            print(f"{name}: {len(lines)} lines for {len(first)}, {len(different)} differ: {different[:3]}")
    programs = f" and those of {arguments.programs} generated programs" if arguments.programs else ""
    cases = sum(" up to seed " not in line for line in first)
    print(f"determinism: {2 * cases} logs{programs} in {len(ways)} other ways, {bad} ways differ")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
