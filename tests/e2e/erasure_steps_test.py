"""What is forgotten is nowhere: in a folder where a run has left something in every place there is, an erasure and a
sweep of retention are killed at each call that changes a file, or that call fails, and the next owner finishes what was
ordered. Then every byte of the folder is searched."""

import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import time
import unittest

from cli_test import Case

WEFT = os.environ["WEFT_BIN"]
READER = pathlib.Path(__file__).resolve().parents[2] / "tools" / "read_log.py"

CANARY = "canaryword5b1e97"
PROGRAM = """\
use std.calendar
use std.docs
use std.rag

workflow reads(name: Text, letter: File) -> Int
  within 1h
  subject name
  RETAIN
{
  step document = docs.parse(letter)
  step index = rag.index([document])
    compensate rag.drop(index)
  step found = rag.search(index, name, top: 3)
  step now = calendar.local(this_run.started_at, "Europe/Zurich")
    cache 20h by name
  emit heard("${name} ${now.date}")
  gate enough {
    require count(found) > 1_000

    otherwise accept "that ${name} was found"
  }
  return count(found)
}
"""
# Calls that change a file, or make it durable.
# WEFT_TAMPER_ALL=1 kills at each of them, else at some.
ALL = os.environ.get("WEFT_TAMPER_ALL") == "1"
CALLS = ("pwrite64", "fdatasync", "unlink", "ftruncate")
KILLS, FAILS = "signal=KILL", "error=EIO"


class Steps(Case):
    WORDS = ("audit", "erase", "--subject", CANARY, "--reason", "asked by letter 12")

    def program(self, retain="retain 30d"):
        (self.folder / "reads.wf").write_text(PROGRAM.replace("RETAIN", retain))
        (self.folder / "tmp").mkdir(exist_ok=True)
        letter = "\n\n".join(f"Part {i}. The {CANARY} is told here, among other words." for i in range(40))
        (self.folder / "letter.txt").write_text(letter)
        done = self.run_in(self.folder, "run", "reads.wf", f"name={CANARY}", "letter=letter.txt", "--no-verify",
                           "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        run = json.loads(done.stdout)["run"]
        # It was there, and what is outside of the store's reach goes with whoever has it.
        self.assertGreater(self.run_in(self.folder, "log", run, "--payloads").stdout.count(CANARY), 3)
        (self.folder / "letter.txt").unlink()
        return run

    def run_in(self, folder, *words, before=()):
        environment = dict(os.environ, TMPDIR=str(folder / "tmp"))
        return subprocess.run([*before, WEFT, *words], cwd=folder, text=True, capture_output=True, timeout=60,
                              env=environment)

    def copy(self):
        folder = self.folder / "copy"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.folder, folder, ignore=shutil.ignore_patterns("copy", "*.sock", "*.ballast", "trace"))
        return folder

    def calls(self, words):
        """How often each call changes a file of the store, in an undisturbed erasure."""
        folder = self.copy()
        done = self.run_in(folder, *words, before=self.traced(folder))
        self.assertEqual(done.returncode, 0, done.stderr)
        trace = (self.folder / "trace").read_text(errors="replace")
        return {call: sum(f" {call}(" in line for line in trace.splitlines()) for call in CALLS}

    def traced(self, folder, *more):
        paths = [word for name in ("", "-wal", ".keys") for word in ("-P", str(folder / f"weft.store{name}"))]
        for path in (folder / "weft.store.files").rglob("*"):
            paths += ["-P", str(path)]
        return ["strace", "-f", "-qq", "-o", str(self.folder / "trace"), *paths, "-e", "trace=" + ",".join(CALLS),
                *more]

    def nowhere(self, folder, *needles):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_relative_to(folder / "copy"):
                content = path.read_bytes()
                for needle in needles:
                    self.assertNotIn(needle, content, f"{needle[:20]!r} in {path.relative_to(folder)}")

    def boxes(self, folder):
        """Starts of all that is sealed under the run's key, and the key itself as it is wrapped."""
        database = sqlite3.connect(f"file:{folder}/weft.store?immutable=1", uri=True)
        slot = database.execute("SELECT slot FROM run ORDER BY no LIMIT 1").fetchone()[0]
        system = {leaf for (leaf,) in database.execute(
            "SELECT leaf FROM log WHERE substr(rec, 17, 16) = zeroblob(16)")}
        out = [bytes(box[:48]) for leaf, box in database.execute("SELECT leaf, box FROM payload") if leaf not in system]
        database.close()
        keys = (folder / "weft.store.keys").read_bytes()
        out.append(keys[8192 + 128 * slot + 8:8192 + 128 * slot + 80])
        return out + [path.read_bytes()[:48] for path in (folder / "weft.store.files").rglob("*") if path.is_file()]

    def sound(self, folder, run, boxes):
        """After the next opening it is gone altogether, and all else holds."""
        self.nowhere(folder, CANARY.encode(), *boxes)
        said = self.run_in(folder, "audit", "verify", "--level", "3")
        self.assertEqual(said.returncode, 0, said.stdout + said.stderr)
        self.assertNotIn(CANARY, self.run_in(folder, "log", run, "--payloads").stdout)
        read = subprocess.run([sys.executable, "-B", READER, folder / "weft.store"], text=True, capture_output=True)
        self.assertEqual(read.returncode, 0, read.stderr)

    def each_fault(self, fault, words, run, boxes, every):
        """Met by the fault at each such call in turn: (was it ordered, was it done at the next opening)."""
        seen = set()
        for call, count in self.calls(words).items():
            for number in range(1, count + 1, every):
                folder = self.copy()
                inject = f"inject={call}:{fault}:when={number}"
                met = self.run_in(folder, *words, before=self.traced(folder, "-e", inject))
                kinds = self.kinds(folder)
                ordered = any(kind in kinds for kind in ("erase", "retained"))
                if fault == FAILS:
                    with self.subTest(f"{call} {number} fails"):
                        self.told(met, folder, boxes if words == self.WORDS else ())
                # Any opening finishes it, also one that only looks.
                shown = self.run_in(folder, "show", run, "--json")
                self.assertEqual(shown.returncode, 0, f"{call} {number}: {shown.stderr}")
                erased = "erased" in self.kinds(folder)
                seen.add((ordered, erased))
                with self.subTest(f"{call} {number}"):
                    self.assertGreaterEqual(erased, ordered)
                    if erased:
                        self.sound(folder, run, boxes)
                    else:
                        self.assertIn(CANARY, self.run_in(folder, "log", run, "--payloads").stdout)
        return seen

    def told(self, met, folder, boxes):
        """Whoever asked knows whether it is done: with exit 0 it is so by then, else something is said."""
        if met.returncode == 0:
            self.nowhere(folder, *boxes)
        else:
            self.assertRegex(met.stderr, "(?i)(disk I/O|input/output) error")

    def kinds(self, folder):
        read = subprocess.run([sys.executable, "-B", READER, folder / "weft.store", "--list"], text=True,
                              capture_output=True)
        # A log that stands in the WAL alone is read by the next owner.
        return {line.split()[3] for line in read.stdout.splitlines() if len(line.split()) > 3}

    def test_an_erasure(self):
        run = self.program()
        boxes = self.boxes(self.folder)
        self.assertGreater(len(boxes), 8)
        for fault in (KILLS, FAILS):
            seen = self.each_fault(fault, self.WORDS, run, boxes, 1 if ALL else 5)
            self.assertIn((False, False), seen, f"{fault}: none before the order")
            self.assertTrue(any(erased for _, erased in seen), f"{fault}: none came to its end")

        # Undisturbed, with a copy of the store from before, and one from after.
        before = self.folder.parent / (self.folder.name + "-before")
        shutil.copytree(self.folder, before, ignore=shutil.ignore_patterns("copy", "*.sock", "*.ballast", "trace"))
        self.addCleanup(shutil.rmtree, before)
        shutil.rmtree(self.folder / "copy")
        done = self.run_in(self.folder, *self.WORDS, "--receipt", "receipt")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(run, (self.folder / "receipt").read_text())
        for words in (("audit", "export", run, "-o", "after.bundle"), ("audit", "checkpoint"), ("runs",),
                      ("timeline", run), ("cost", run), ("audit", "keys", "--all")):
            said = self.run_in(self.folder, *words)
            self.assertNotIn(CANARY, said.stdout + said.stderr, words)
        self.serve_a_while()
        self.sound(self.folder, run, boxes)
        # Beside the key file of now the copy from before says nothing; nor does it to who has no key file.
        shutil.copy(self.folder / "weft.store.keys", before / "weft.store.keys")
        for lose in (False, True):
            if lose:
                (before / "weft.store.keys").unlink()
            for words in (("log", run, "--payloads"), ("show", run), ("show", run, "--at", "2")):
                said = self.run_in(before, *words)
                self.assertNotIn(CANARY, said.stdout + said.stderr)
        self.nowhere(before, CANARY.encode())

    def serve_a_while(self):
        (self.folder / "other.wf").write_text("workflow other() -> Int\n  within 1h\n{\n  return 1\n}\n")
        with open(self.folder / "serve.log", "wb") as log:
            server = subprocess.Popen([WEFT, "serve", "other.wf"], cwd=self.folder, stdout=log, stderr=log)
        time.sleep(0.5)
        server.terminate()
        self.assertEqual(server.wait(40), 0, (self.folder / "serve.log").read_text())

    def test_retention(self):
        run = self.program("retain 1s")
        boxes = self.boxes(self.folder)
        (self.folder / "other.wf").write_text("workflow other() -> Int\n  within 1h\n{\n  return 1\n}\n")
        time.sleep(1.1)
        # The sweep is at the engine's end.
        for fault in (KILLS, FAILS):
            seen = self.each_fault(fault, ("run", "other.wf", "--no-verify"), run, boxes, 1 if ALL else 9)
            self.assertTrue(any(erased for _, erased in seen), f"{fault}: {seen}")


if __name__ == "__main__":
    unittest.main()
