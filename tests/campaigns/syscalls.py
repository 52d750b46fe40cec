#!/usr/bin/python3
"""Fails every system call on a store's files, one at a time, and kills the process at each of them; then goes on
without faults. Each round must end with one run, completed, its events and messages as in an undisturbed run, an
audit of level 3 without findings, and before that a documented exit code with a message of one or two lines.

    WEFT_BIN=build/test/weft tests/campaigns/syscalls.py [--every N] [--only PROGRAM]

`--every 7` takes each seventh round. Needs strace. Exits with 1 when a round differs; its folder is kept.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

WEFT = str(pathlib.Path(os.environ["WEFT_BIN"]).resolve())
CALLS = ["openat", "pwrite64", "pread64", "fdatasync", "fsync", "ftruncate", "rename", "link", "unlink", "mkdir",
         "fallocate"]
ERRORS = ["EIO", "ENOSPC"]
# What an exit may be when a call fails: done, no such store, busy, the environment, damage, ended otherwise, rests.
CODES = {0, 3, 4, 5, 6, 10, 11}

PROGRAMS = {
    "events": """\
workflow main(n: Int where it in 1..9 = 3) -> Int
  within 1h
{
  emit one(n)
  emit two(n + 1)
  return n
}
""",
    "timers": """\
workflow main() -> Text
  within 1h
{
  emit rests("sleep")
  sleep 30ms
  emit woke("sleep")
  sleep 20ms
  return "slept"
}
""",
    "parallel": """\
workflow main() -> Int
  within 1h
{
  parallel {
    step left {
      emit left(1)
      sleep 10ms
      emit left(2)
    }
    step right {
      sleep 5ms
      emit right(1)
    }
  }
  return 3
}
""",
    "hook": """\
use std.notify

workflow main(text: Text = "hello") -> Text
  within 1h
{
  step first = notify.webhook("said", text)
  step second = notify.webhook("said", "${text} again")
  return "${first.channel} ${second.channel}"
}
""",
    "mail": """\
use std.notify

workflow main() -> Int
  within 1h
{
  step sent = notify.email(["a@example.org"], "It is done", "All of it.")
  return sent.accepted
}
""",
    "loops": """\
workflow main(words: List<Text> where length in 1..9 = ["a", "b", "c"]) -> Int
  within 1h
{
  step said = each word in words, 1 at once {
    emit word(word)
    sleep 5ms
    length(word)
  }
  return count(said)
}
""",
    "subs": """\
workflow child(name: Text) -> Text
  within 1h
{
  emit child(name)
  sleep 5ms
  return "child ${name}"
}

workflow main() -> Text
  within 1h
{
  step a = run child("a")
  step b = run child("b")
  return "${a}, ${b}"
}
""",
    "large": """\
workflow main(text: Text) -> Int
  within 1h
{
  emit large(text)
  emit large(text)
  return length(text)
}
""",
}
# More than a box holds: the body goes to a sealed file.
INPUTS = {"large": ["text=" + "x" * 100_000]}


class Round:
    def __init__(self, name, folder):
        self.name = name
        self.folder = folder
        (folder / "main.wf").write_text(PROGRAMS[name], encoding="utf-8")

    def weft(self, *words, wrapped=()):
        done = subprocess.run([*wrapped, WEFT, *words], cwd=self.folder, text=True, capture_output=True, timeout=60,
                              check=False, env={**os.environ, "TMPDIR": str(self.folder)})
        return done

    def run(self, wrapped=()):
        return self.weft("run", "main.wf", "main", *INPUTS.get(self.name, []), "--json", wrapped=wrapped)

    def runs(self):
        done = self.weft("runs", "--json")
        return json.loads(done.stdout)["runs"] if done.returncode == 0 else []

    def seen(self):
        """What a run shows the world: workflows, statuses, results, events."""
        out = []
        for run in sorted(self.runs(), key=lambda run: run["begun"]):
            log = json.loads(self.weft("log", run["run"], "--json").stdout)
            # Records that a resume adds are no part of it.
            entries = [entry["kind"] + ": " + entry.get("text", "") for entry in log["entries"]
                       if entry["kind"] in ("event", "end", "sub-start")]
            out.append((run["workflow"], run["status"], sorted(re.sub(r"\b[0-9a-f]{8,}\b", "ID", e) for e in entries)))
        messages = []
        for path in sorted(self.folder.rglob("*")):
            if path.suffix in (".eml", ".json"):
                text = path.read_text(encoding="utf-8")
                messages.append(re.sub(r'(?mi)^ *"?(message-id|date|webhook-id|webhook-timestamp)"?:.*$', "", text))
        return sorted(out), sorted(messages)

    def files(self):
        return sorted(str(path) for path in self.folder.rglob("*") if path.name != "main.wf")

    def go_on(self):
        """Until the run has ended; None, or what is wrong."""
        for _ in range(3):
            runs = self.runs()
            if not runs:
                done = self.run()
            elif any(run["status"] not in ("completed", "failed") for run in runs):
                done = self.weft("resume")
            else:
                audit = self.weft("audit", "verify", "--level", "3")
                return None if audit.returncode == 0 else "audit: " + audit.stdout + audit.stderr
            if done.returncode not in (0,):
                return f"goes on with {done.returncode}: {done.stdout[-300:]}{done.stderr[-300:]}"
        return "does not end"


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
        if not killed and done.returncode not in CODES:
            problem = f"exit {done.returncode}: {done.stderr[-400:]}"
        if not killed and ("internal error" in done.stderr or len(done.stderr.splitlines()) > 12):
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
