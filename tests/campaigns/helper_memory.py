#!/usr/bin/python3
"""Fails the n-th allocation, or all from the n-th on, of `weft-helper` while it reads a document of each kind. Each
round must end in time and with the whole document, as undisturbed, or with the failure that the engine makes a failed
attempt of; never with a part of it, and never with another judgement of the document ("empty", "encrypted"). Some of
the rounds go through `weft run`, whose step must then fail with that error, with an audit without findings.

    WEFT_BIN=build/test/weft WEFT_HELPER=build/test/weft-helper \\
        WEFT_FAILING_CALLS=build/test/tests/libweft_failing_calls.so \\
        tests/campaigns/helper_memory.py [--rounds N] [--seed N] [--kinds html,md,docx,txt,pdf] [--through N]

N rounds are spread over documents and drawn by the seed; `--rounds 0` takes every allocation. `--through`: so many more
by way of `weft run`. Exits with 1 when a round differs.
"""

import argparse
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time

WEFT = str(pathlib.Path(os.environ["WEFT_BIN"]).resolve())
HELPER = str(pathlib.Path(os.environ["WEFT_HELPER"]).resolve())
LIBRARY = str(pathlib.Path(os.environ["WEFT_FAILING_CALLS"]).resolve())
CORPUS = pathlib.Path(__file__).resolve().parents[2] / "examples" / "document_qa"
DOCUMENTS = {"html": "corpus/visits-and-events.html", "md": "corpus/volunteers.md",
             "docx": "corpus/donors-and-privacy.docx", "txt": "corpus-src/donors-and-privacy.txt",
             "pdf": "corpus/loans-and-reading-room.pdf"}
PROGRAM = """\
use std.docs

workflow main(file: File) -> Untrusted<Int>
  within 1h
{
  step read = docs.parse(file)
  return length(read.text)
}
"""
# The one thing that the helper says of a document when memory ends.
NO_MEMORY = "takes more memory to read than is allowed"


def failing(fault, log):
    return {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "LD_PRELOAD": LIBRARY, "WEFT_FAIL": fault,
            "WEFT_FAIL_IN": "weft-helper", "WEFT_FAIL_LOG": str(log)}


class Reading:
    """A document, and what the helper says of it undisturbed."""

    def __init__(self, kind, where):
        self.kind = kind
        self.path = CORPUS / DOCUMENTS[kind]
        self.log = where / "fault.log"
        done, _, self.count = self.read("memory,0")
        if done.returncode != 0 or "document" not in json.loads(done.stdout):
            raise SystemExit(f"{self.path} is not read without faults: {done.stdout[:300]} {done.stderr[:300]}")
        self.calm = done.stdout

    def read(self, fault):
        """How the helper ended, whether it met the fault, and how many allocations there were."""
        self.log.unlink(missing_ok=True)
        document = os.memfd_create("document")
        try:
            os.write(document, self.path.read_bytes())
            request = {"fd": document, "name": self.path.name, "media": ""}
            done = subprocess.run([HELPER, "docs"], input=json.dumps(request), text=True, capture_output=True,
                                  pass_fds=[document], timeout=60, check=False, env=failing(fault, self.log))
        finally:
            os.close(document)
        said = self.log.read_text(encoding="utf-8") if self.log.exists() else ""
        counts = [int(count) for count in re.findall(r"count memory (\d+)", said)]
        return done, "hit " in said, counts[-1] if counts else 0

    def wrong(self, fault):
        """Whether the fault was met, and what is wrong with the end."""
        try:
            done, hit, _ = self.read(fault)
        except subprocess.TimeoutExpired:
            return True, "does not end"
        if not hit:
            return False, None
        if done.returncode != 0:
            # The request itself did not come through, or the process began without memory.
            known = done.returncode in (1, 2, 127) or "weft-helper" in done.stderr
            return True, None if known else f"ends with {done.returncode}: {done.stderr[-300:]}"
        if done.stdout == self.calm:
            return True, None
        try:
            reply = json.loads(done.stdout)
        except ValueError:
            return True, f"an answer that is none: {done.stdout[-200:]}"
        error = reply.get("error", {})
        if error.get("name") == "Broken" and error.get("message") == NO_MEMORY:
            return True, None
        return True, f"another answer: {json.dumps(reply)[:400]}"


def through(reading, fault, where):
    """The same by way of `weft run`."""
    folder = pathlib.Path(tempfile.mkdtemp(dir=where))
    (folder / "main.wf").write_text(PROGRAM, encoding="utf-8")
    log = folder / "fault.log"
    words = " ".join(f"{name}='{value}'" for name, value in failing(fault, log).items())
    wrapper = folder / "weft-helper"
    wrapper.write_text(f"#!/bin/sh\nexec env {words} '{HELPER}' \"$@\"\n", encoding="utf-8")
    wrapper.chmod(0o755)

    def weft(*arguments):
        return subprocess.run([WEFT, *arguments], cwd=folder, text=True, capture_output=True, timeout=120, check=False,
                              env={**os.environ, "WEFT_HELPER": str(wrapper), "TMPDIR": str(folder)})

    done = weft("run", "main.wf", "main", f"file={reading.path}", "--json")
    hit = log.exists() and "hit " in log.read_text(encoding="utf-8")
    if not hit:
        return False, None
    length = len(json.loads(reading.calm)["document"]["text"])
    if done.returncode == 0 and json.loads(done.stdout).get("result") not in (length, str(length)):
        return True, f"another answer: {done.stdout[-300:]}"
    if done.returncode not in (0, 10) or "internal error" in done.stderr:
        return True, f"exit {done.returncode}: {done.stdout[-300:]}{done.stderr[-300:]}"
    if done.returncode == 10 and reading.path.name not in done.stdout + done.stderr:
        return True, f"no reason: {done.stdout[-300:]}{done.stderr[-300:]}"
    audit = weft("audit", "verify", "--level", "3")
    return True, None if audit.returncode == 0 else "audit: " + audit.stdout + audit.stderr


def campaign(arguments, where):
    began = time.monotonic()
    readings = [Reading(kind, where) for kind in arguments.kinds.split(",")]
    chosen = random.Random(arguments.seed)
    rounds = [(one, f"memory,{n},{how}") for one in readings for n in range(1, one.count + 1)
              for how in ("ENOMEM", "ENOMEM,ever")] if arguments.rounds == 0 else []
    while len(rounds) < arguments.rounds:
        one = readings[len(rounds) % len(readings)]
        rounds.append((one, f"memory,{chosen.randint(1, one.count)},{chosen.choice(['ENOMEM', 'ENOMEM,ever'])}"))
    hits = bad = 0
    for one, fault in rounds:
        hit, problem = one.wrong(fault)
        hits += hit
        if problem:
            bad += 1
            print(f"{one.kind} {fault}: {problem}", flush=True)
            if bad >= arguments.most:
                break
    engine_hits = 0
    for n in range(arguments.through):
        one = readings[n % len(readings)]
        fault = f"memory,{chosen.randint(1, one.count)},ENOMEM"
        hit, problem = through(one, fault, where)
        engine_hits += hit
        if problem:
            bad += 1
            print(f"{one.kind} {fault} by way of weft: {problem}", flush=True)
    print(f"helper_memory: {hits} faults of seed {arguments.seed} among "
          f"{', '.join(f'{one.count} {one.kind}' for one in readings)} allocations, {engine_hits} by way of weft, "
          f"{bad} differ, {time.monotonic() - began:.1f} s")
    # Faults that are never met would prove nothing.
    return 1 if bad or not hits or (arguments.through and not engine_hits) else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", default=",".join(DOCUMENTS))
    parser.add_argument("--through", type=int, default=5)
    parser.add_argument("--most", type=int, default=20)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="weft-helper-memory-") as where:
        return campaign(arguments, pathlib.Path(where))


if __name__ == "__main__":
    sys.exit(main())
