#!/usr/bin/python3
"""Fails the n-th allocation, the n-th call on a file and the n-th thing that an engine asks of the system, once or for
ever, in `weft run`, in `weft resume` after a kill and in `weft audit verify`; then goes on without faults. Each round
must have a documented exit code with a message that says what is wrong, and end with one run, its events and messages
as in an undisturbed run, and an audit of level 3 without findings.

    WEFT_BIN=build/test/weft WEFT_FAILING_CALLS=build/test/tests/libweft_failing_calls.so \\
        tests/campaigns/failures.py [--rounds N] [--seed N] [--only PROGRAM] [--phase run|resume|verify] [--kind KIND]

N rounds are spread over programs, phases, kinds of calls and errors, and drawn by the seed; `--rounds 0` takes every
call. `TMPDIR=/dev/shm` makes it several times as quick. Exits with 1 when a round differs; its folder is kept.
"""

import argparse
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

from programs import PROGRAMS, WEFT, Round, message_of

LIBRARY = str(pathlib.Path(os.environ["WEFT_FAILING_CALLS"]).resolve())
HOW = {
    "new": ["ENOMEM", "ENOMEM,ever"],
    "memory": ["ENOMEM", "ENOMEM,ever"],
    "file": ["EIO", "ENOSPC", "EINTR", "EMFILE", "short", "short,ever", "EIO,ever", "ENOSPC,ever", "kill"],
    "system": ["EAGAIN", "EMFILE", "EAGAIN,ever"],
}
# Done, no such store, busy, the environment, ended otherwise, rests for a person. Damage is none of them.
CODES = {0, 3, 4, 5, 10, 11}


class Failing(Round):
    """A round whose next command meets faults."""

    def fail(self, fault, *words):
        """The command's end, and what was hit of what there was."""
        log = self.folder / "fault.log"
        log.unlink(missing_ok=True)
        environment = {**os.environ, "TMPDIR": str(self.folder), "LD_PRELOAD": LIBRARY, "WEFT_FAIL": fault,
                       "WEFT_FAIL_LOG": str(log), "WEFT_FAIL_BELOW": str(self.folder)}
        done = subprocess.run([WEFT, *words], cwd=self.folder, text=True, capture_output=True, timeout=120, check=False,
                              env=environment)
        said = log.read_text(encoding="utf-8") if log.exists() else ""
        log.unlink(missing_ok=True)
        return done, "hit " in said, {kind: int(count) for kind, count in re.findall(r"count (\w+) (\d+)", said)}


class Phase:
    """A command, and the folder as it finds it."""

    def __init__(self, program, name, where):
        self.program = program
        self.name = name
        self.folder = where / f"{program}-{name}"
        self.folder.mkdir()
        self.words = {"run": Round.run_words(program), "resume": ["resume"],
                      "verify": ["audit", "verify", "--level", "3"]}[name]
        one = Failing(program, self.folder)
        _, _, counts = self.fresh(where, "count").fail("new,0", *Round.run_words(program))
        if name == "resume":
            one.fail(f"file,{counts['file'] * 2 // 3},kill", *Round.run_words(program))
        if name == "verify":
            one.run()
        counting = self.fresh(where, "count")
        self.calm, _, self.counts = counting.fail("new,0", *self.words)
        counting.go_on()
        self.seen = counting.seen()
        shutil.rmtree(counting.folder)

    def fresh(self, where, name):
        folder = where / f"{self.program}-{self.name}-{name}"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.folder, folder, ignore=shutil.ignore_patterns("*.sock"))
        return Failing(self.program, folder)

    def play(self, where, fault):
        """Whether it was hit, what is wrong, and where."""
        one = self.fresh(where, "round")
        done, hit, _ = one.fail(fault, *self.words)
        problem = None
        if hit:
            ended = done.returncode in (10, 11)
            problem = None if ",kill" in fault else message_of(done, CODES)
            problem = problem or one.go_on(may_fail=ended or fault.endswith("ever"))
            if problem is None and not fits(one.seen(), self.seen, ended or fault.endswith("ever")):
                problem = f"another outcome: {one.seen()} for {self.seen}"
        return hit, problem, one.folder


def fits(seen, calm, may_fail):
    """The same; or, when the world stayed broken until the run gave up, nothing that a calm run does not do."""
    if seen == calm:
        return True
    return may_fail and all(seen[1].count(message) <= calm[1].count(message) for message in seen[1])


def draw(phases, rounds, chosen, kinds):
    """Faults of a phase, evenly spread; of all of them when there is no number of rounds."""
    ways = [(phase, kind, how) for phase in phases for kind in kinds for how in HOW[kind]]
    if rounds == 0:
        return [(phase, f"{kind},{n},{how}") for phase, kind, how in ways for n in range(1, phase.counts[kind] + 1)]
    out = []
    while len(out) < rounds:
        chosen.shuffle(ways)
        for phase, kind, how in ways:
            if phase.counts[kind]:
                out.append((phase, f"{kind},{chosen.randint(1, phase.counts[kind])},{how}"))
    return out[:rounds]


def campaign(arguments, where):
    began = time.monotonic()
    phases = []
    for program in [arguments.only] if arguments.only else arguments.programs.split(","):
        for name in [arguments.phase] if arguments.phase else ("run", "resume", "verify"):
            phase = Phase(program, name, where)
            if phase.calm.returncode != 0:
                print(f"{program} {name} without faults: {phase.calm.returncode} {phase.calm.stderr}")
                return 1
            phases.append(phase)
    kinds = [arguments.kind] if arguments.kind else list(HOW)
    hits = bad = 0
    reached = dict.fromkeys(kinds, 0)
    for phase, fault in draw(phases, arguments.rounds, random.Random(arguments.seed), kinds):
        hit, problem, folder = phase.play(where, fault)
        hits += hit
        reached[fault.split(",", maxsplit=1)[0]] += hit
        if problem:
            bad += 1
            kept = pathlib.Path(tempfile.mkdtemp(prefix="weft-failures-")) / "round"
            shutil.copytree(folder, kept, ignore=shutil.ignore_patterns("*.sock"))
            print(f"{phase.program} {phase.name} {fault}: {problem}\n  kept: {kept}", flush=True)
            if bad >= arguments.most:
                break
    print(f"failures: {hits} faults of seed {arguments.seed} ({', '.join(f'{n} {k}' for k, n in reached.items())}), "
          f"{bad} differ, {time.monotonic() - began:.1f} s")
    # Faults that are never met would prove nothing.
    return 1 if bad or not all(reached.values()) else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only")
    parser.add_argument("--programs", default=",".join(PROGRAMS))
    parser.add_argument("--phase")
    parser.add_argument("--kind")
    parser.add_argument("--most", type=int, default=20)
    arguments = parser.parse_args()
    where = pathlib.Path(tempfile.mkdtemp(prefix="weft-failures-work-"))
    try:
        return campaign(arguments, where)
    finally:
        shutil.rmtree(where, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
