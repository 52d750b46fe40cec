#!/usr/bin/python3
"""Fails every system call on a store's files, one at a time, and kills the process at each of them; then goes on
without faults. Each round must end with one run, completed, its events and messages as in an undisturbed run, an
audit of level 3 without findings, and before that a documented exit code with a message of one or two lines.

    WEFT_BIN=build/test/weft tests/campaigns/syscalls.py [--every N] [--only PROGRAM]

`--every 7` takes each seventh round. Needs strace. Exits with 1 when a round differs; its folder is kept.
"""

import argparse
import pathlib
import shutil
import sys
import tempfile

from programs import CODES, PROGRAMS, Round, message_of

CALLS = ["openat", "pwrite64", "pread64", "fdatasync", "fsync", "ftruncate", "rename", "link", "unlink", "mkdir",
         "fallocate"]
ERRORS = ["EIO", "ENOSPC"]


def is_short(done):
    """What is wrong is said once, behind what the command had told of its run."""
    lines = done.stderr.splitlines()
    said = [at for at, line in enumerate(lines) if line.startswith("weft: ")]
    return not said or len(lines) - said[0] <= 3


def fault(name, expected, paths, call, what, number, keep):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="weft-syscalls-"))
    one = Round(name, folder)
    # The same names as in the undisturbed run, in this folder.
    wrapped = ["strace", "-f", "-qq", "-o", str(folder / "trace")]
    for path in paths:
        wrapped += ["-P", str(folder / path)]
    wrapped += ["-e", f"trace={call}", "-e", f"inject={call}:{what}:when={number}"]
    done = one.run(wrapped)
    trace = (folder / "trace").read_text(encoding="utf-8", errors="replace")
    hit = "(INJECTED)" in trace or "killed by SIGKILL" in trace
    problem = None
    if hit:
        killed = "SIGKILL" in what
        if not killed:
            problem = message_of(done, CODES)
            if problem is None and not is_short(done):
                problem = "message: " + done.stderr[-400:]
        problem = problem or one.go_on()
        if problem is None and one.seen() != expected:
            problem = f"another outcome: {one.seen()} for {expected}"
    if problem is None or not keep:
        shutil.rmtree(folder, ignore_errors=True)
    return hit, problem, folder


def campaign(every, only):
    rounds = hits = 0
    bad = []
    for name in PROGRAMS:
        if only and name != only:
            continue
        folder = pathlib.Path(tempfile.mkdtemp(prefix="weft-syscalls-"))
        calm = Round(name, folder)
        done = calm.run()
        if done.returncode != 0:
            print(f"{name} does not run: {done.stderr}")
            return 1
        expected = calm.seen()
        paths = {str(pathlib.Path(path).relative_to(folder)) for path in calm.files()}
        paths |= {"weft.store" + end for end in ("", "-wal", ".keys", ".ack", ".lock", ".ballast", ".files")}
        shutil.rmtree(folder)
        for call in CALLS:
            for what in [f"error={error}" for error in ERRORS] + ["signal=SIGKILL"]:
                number = 0
                while True:
                    number += 1
                    rounds += 1
                    if (rounds - 1) % every:
                        if number > 400:
                            break
                        continue
                    hit, problem, kept = fault(name, expected, sorted(paths), call, what, number, keep=True)
                    if not hit:
                        break
                    hits += 1
                    if problem:
                        bad.append(name)
                        print(f"{name}: {call} {number} {what}: {problem}\n  kept: {kept}", flush=True)
                        if len(bad) >= 20:
                            return 1
        print(f"{name}: {hits} faults so far, {len(bad)} differ", flush=True)
    print(f"syscalls: {hits} faults, {len(bad)} differ")
    return 1 if bad else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--only")
    arguments = parser.parse_args()
    sys.exit(campaign(arguments.every, arguments.only))
