"""What the campaigns play: small programs, a store in a folder of its own, and how a run that something went wrong
with is taken to its end and compared with one that nothing went wrong with.
"""

import json
import os
import pathlib
import re
import subprocess

WEFT = str(pathlib.Path(os.environ["WEFT_BIN"]).resolve())
# What an exit may be when a call fails: done, no such store, busy, the environment, damage, ended otherwise, rests.
CODES = {0, 3, 4, 5, 6, 10, 11}

UNCLEAR = ("terminate called", "internal error", "std::", "bad_alloc", "basic_string", "Aborted", "what():")

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
    "boundary": """\
use std.notify

error Sold {
  seats: Int
}

workflow main(left: Int where it in 0..9 = 0) -> Text
  within 1h
{
  step way {
    emit asked(left)
    sleep 5ms
    if left == 0 {
      fail Sold(seats: 4)
    }
    "seated"
  }
    on Sold (e) {
      step told = notify.webhook("sold", "of ${e.seats} seats none is left")
      emit sold(e.seats)
      "sold: ${told.channel}"
    }
  return way
}
""",
    "reading": """\
use std.docs

workflow main(file: File) -> Untrusted<Text>
  within 1h
{
  emit begins("reading")
  step read = docs.parse(file)
  emit ends("reading")
  return "${read.name} ${length(read.text)}"
}
""",
}
# More than a box holds: the body goes to a sealed file.
INPUTS = {"large": ["text=" + "x" * 100_000], "reading": ["file=note.md"]}
FILES = {"reading": {"note.md": "# A title\n\nOne paragraph.\n\nAnother.\n"}}


def message_of(done, codes):
    """What is wrong with how a command ended; None when nothing is."""
    if done.returncode not in codes:
        return f"exit {done.returncode}: {done.stderr[-400:]}"
    if any(word in done.stderr for word in UNCLEAR):
        return "unclear: " + done.stderr[-400:]
    if done.returncode in (0, 10, 11):
        return None
    lines = [line for line in done.stderr.splitlines() if line.startswith("weft: ")]
    if not lines or len(lines[-1]) < 20:
        return f"exit {done.returncode} without a reason: {done.stderr[-400:]}"
    return None


class Round:
    def __init__(self, name, folder):
        self.name = name
        self.folder = folder
        for file, text in {"main.wf": PROGRAMS[name], **FILES.get(name, {})}.items():
            (folder / file).write_text(text, encoding="utf-8")

    def weft(self, *words, wrapped=()):
        done = subprocess.run([*wrapped, WEFT, *words], cwd=self.folder, text=True, capture_output=True, timeout=60,
                              check=False, env={**os.environ, "TMPDIR": str(self.folder)})
        return done

    @staticmethod
    def run_words(name):
        return ["run", "main.wf", "main", *INPUTS.get(name, []), "--json"]

    def run(self, wrapped=()):
        return self.weft(*self.run_words(self.name), wrapped=wrapped)

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
        own = {"main.wf", *FILES.get(self.name, {})}
        return sorted(str(path) for path in self.folder.rglob("*") if path.name not in own)

    def go_on(self, may_fail=False):
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
            if done.returncode not in ((0, 10) if may_fail else (0,)):
                return f"goes on with {done.returncode}: {done.stdout[-300:]}{done.stderr[-300:]}"
        return "does not end"
