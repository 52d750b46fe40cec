"""Erasure with the real binary: canaries in every place where a run keeps something, and a search through every byte
that is left. A run is read before, so that the test knows the canaries were there."""

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
from hook import HOOK

SOURCE = pathlib.Path(__file__).resolve().parents[2]
READER = SOURCE / "tools" / "read_log.py"

FLOW = HOOK + """
workflow told(name: Text, letter: File, long: Text) -> Text
  within 2d
  subject name
{
  emit said("${name} ${long}")
  let n = "shown to ${name}"
  step hook = notify.webhook("told", "for ${name}, ${long}, ${letter.name}")
    compensate none "told is told"
  gate quality {
    require length(hook.id) > 1000

    otherwise review n by "editor" within 24h
    otherwise fail "nobody wanted it"
  }
  fail "not for ${name}"
}
"""

PEOPLE = """\
workflow one(name: Text) -> Text
  within 1h
  subject name
{
  return "about ${name}"
}

workflow several(names: List<Text> where length in 1..5) -> Int
  within 1h
{
  step all = each name in names {
    step told = run one(name)
  }
  return count(all)
}
"""


class ErasureCase(Case):
    def every_byte(self, *but):
        """name, content of all files that a store consists of."""
        for path in sorted(self.folder.rglob("*")):
            if path.is_file() and "weft.store" in str(path) and path.name not in but:
                yield path.relative_to(self.folder), path.read_bytes()

    def nowhere(self, *needles):
        for name, content in self.every_byte():
            for needle in needles:
                self.assertNotIn(needle, content, f"{needle[:40]!r} in {name}")

    def boxes(self):
        """Starts of all sealed payloads and files, and the wrapped keys: what erasure must remove, sealed or not."""
        database = sqlite3.connect(f"file:{self.folder}/weft.store?immutable=1", uri=True)
        out = {}
        for run, leaf, box in database.execute(
                "SELECT (SELECT run FROM seg WHERE leaf <= payload.leaf ORDER BY leaf DESC LIMIT 1), leaf, box "
                "FROM payload"):
            out.setdefault(run, []).append(bytes(box[:48]))
        slots = dict(database.execute("SELECT no, slot FROM run"))
        ids = {bytes(run).hex(): no for no, run in database.execute("SELECT no, id FROM run")}
        database.close()
        keys = (self.folder / "weft.store.keys").read_bytes()
        for no, slot in slots.items():
            out.setdefault(no, []).append(keys[8192 + 128 * slot + 8:8192 + 128 * slot + 80])
        return {run: out.get(no, []) for run, no in ids.items()}

    def run_flow(self, *words, code=0):
        return self.json("run", *words, "--no-verify", code=code)["run"]

    def verify(self):
        answer = self.json("audit", "verify", "--level", "3")
        self.assertEqual(answer["findings"], [])
        done = subprocess.run([sys.executable, "-B", str(READER), "weft.store"], cwd=self.folder, text=True,
                              capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return answer


class Canaries(ErasureCase):
    CANARY = "canary-5b1e97"

    def setUp(self):
        super().setUp()
        (self.folder / "told.wf").write_text(FLOW)
        # Bodies in the row, in a file of their own, and a file of several chunks.
        self.long = self.CANARY + "x" * 70_000 + self.CANARY
        (self.folder / "letter.txt").write_text((self.CANARY + "\n") * 20_000)
        (self.folder / "long.json").write_text(json.dumps({"long": self.long}))
        self.run_id = self.begin()

    def begin(self):
        run = self.run_flow("told.wf", f"name={self.CANARY}", "letter=letter.txt", "--input", "long.json", "--no-wait",
                            code=11)
        task = self.json("review", "list")["tasks"][0]["task"]
        self.weft("hold", run, "--reason", f"{self.CANARY} called", "--as", f"op {self.CANARY[:3]}")
        self.weft("release", run, "--reason", f"{self.CANARY} called again")
        self.weft("review", "approve", task, "--reason", f"{self.CANARY} is right")
        self.assertEqual(self.json("show", run)["status"], "failed")
        return run

    def test_nothing_is_left(self):
        other = self.run_flow("hello.wf", "name=somebody")
        # It was there: readable with the key, sealed without.
        log = self.weft("log", self.run_id, "--payloads").stdout
        self.assertGreater(log.count(self.CANARY), 5)
        needle = self.CANARY.encode()
        self.nowhere(needle)
        before = self.boxes()
        self.assertGreater(len(before[self.run_id]), 8)
        backup = self.folder.parent / (self.folder.name + "-backup")
        shutil.copytree(self.folder, backup)
        self.addCleanup(shutil.rmtree, backup)
        files = [name for name, _ in self.every_byte() if "weft.store.files" in str(name)]
        self.assertGreaterEqual(len(files), 2)

        answer = self.json("audit", "erase", "--subject", self.CANARY, "--reason", "asked by letter 12", "--receipt",
                           "receipt")
        self.assertEqual((answer["erased"], answer["runs"]), (True, [self.run_id]))
        self.nowhere(needle, *before[self.run_id])
        self.assertEqual([name for name, _ in self.every_byte() if "weft.store.files" in str(name)], [])
        self.assertIn("/erasure\norder ", (self.folder / "receipt").read_text())
        self.assertIn(self.run_id, (self.folder / "receipt").read_text())

        # What is left still verifies, and the other run is untouched.
        self.assertGreater(self.verify()["erased"], 5)
        self.assertTrue(self.json("replay", other)["identical"])
        self.assertIn("somebody", self.weft("log", other, "--payloads").stdout)
        self.assertNotIn(self.CANARY, self.weft("log", self.run_id, "--payloads").stdout)
        self.assertNotIn(self.CANARY, self.weft("show", self.run_id).stdout)
        self.weft("audit", "export", self.run_id, "-o", "erased.bundle")
        self.assertNotIn(needle, (self.folder / "erased.bundle").read_bytes())
        checked = self.json("audit", "verify", "erased.bundle")
        self.assertEqual((checked["ok"], checked["runs"][0]["payloads"]), (True, 0))

        # A copy made before is of no use without the key that was destroyed.
        for name in ("weft.store", "weft.store.files"):
            path = self.folder / name
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
            copied = backup / name
            shutil.copytree(copied, path) if copied.is_dir() else shutil.copy(copied, path)
        shown = subprocess.run([os.environ["WEFT_BIN"], "log", self.run_id, "--payloads"], cwd=self.folder, text=True,
                               capture_output=True)
        self.assertNotIn(self.CANARY, shown.stdout + shown.stderr)

    def test_a_dry_run_changes_nothing(self):
        answer = self.json("audit", "erase", self.run_id, "--dry-run")
        self.assertEqual((answer["erased"], answer["runs"]), (False, [self.run_id]))
        self.assertIn(self.CANARY, self.weft("log", self.run_id, "--payloads").stdout)


class Which(ErasureCase):
    def setUp(self):
        super().setUp()
        (self.folder / "people.wf").write_text(PEOPLE)

    def test_others_stay(self):
        """One of many people: her run goes, and what it flowed into; the runs about others stay."""
        several = self.run_flow("people.wf", "several", "names=ann,bob")
        alone = self.run_flow("people.wf", "one", "name=ann")
        runs = {r["run"]: r for r in self.json("runs")["runs"]}
        children = [run for run, row in runs.items() if row.get("parent") == several]
        answer = self.json("audit", "erase", "--subject", "ann", "--reason", "asked")
        self.assertEqual(len(answer["runs"]), 3)
        self.assertIn(several, answer["runs"])
        self.assertIn(alone, answer["runs"])
        (bob,) = set(children) - set(answer["runs"])
        self.assertEqual(answer["apart"], [bob])
        self.assertIn("bob", self.weft("log", bob, "--payloads").stdout)
        self.verify()

    def test_nobody_says_which_workflow_it_was(self):
        """Which of several a run was stood in its data."""
        (self.folder / "two.wf").write_text("workflow alpha(a: Int) -> Int within 1h {\n  return a\n}\n\n"
                                            "workflow beta(a: Int) -> Int within 1h {\n  return a\n}\n")
        run = self.run_flow("two.wf", "beta", "a=1")
        self.weft("audit", "erase", run, "--reason", "asked")
        (row,) = [one for one in self.json("runs")["runs"] if one["run"] == run]
        self.assertTrue(row["erased"])
        self.assertNotIn("workflow", row)
        for words in (("runs",), ("timeline", run), ("show", run), ("why", run)):
            self.assertNotIn("alpha", self.weft(*words).stdout)
        self.assertIn("(erased)", self.weft("runs").stdout)
        self.assertEqual(self.json("runs", "--workflow", "alpha")["runs"], [])

    def test_runs_that_go_on(self):
        run = self.run_flow("review.wf", "text=a", "--no-wait", code=11)
        self.weft("audit", "erase", run, "--reason", "asked", code=8)
        answer = self.json("audit", "erase", run, "--reason", "asked", "--when-ended")
        self.assertEqual((answer["erased"], answer["waits"], answer["live"]), (False, True, [run]))
        self.weft("cancel", run, "--reason", "not needed")
        self.assertIn("not needed", self.weft("log", run, "--payloads").stdout)
        # The next engine that is more than a look does it.
        self.run_flow("hello.wf", "name=other")
        self.assertNotIn("not needed", self.weft("log", run, "--payloads").stdout)
        self.assertGreater(self.verify()["erased"], 0)

    def test_kill(self):
        run = self.run_flow("review.wf", "text=a", "--no-wait", code=11)
        answer = self.json("audit", "erase", run, "--reason", "asked", "--kill", "--as", "op")
        self.assertEqual(answer["runs"], [run])
        self.assertEqual(self.json("show", run)["status"], "killed")
        self.verify()

    def test_by_time(self):
        old = self.run_flow("hello.wf", "name=old")
        self.weft("audit", "erase", "--before", "2d", "--reason", "old")
        self.assertIn("old", self.weft("log", old, "--payloads").stdout)
        answer = self.json("audit", "erase", "--after", "2000-01-01", "--before", "0d", "--reason", "old")
        self.assertEqual(answer["runs"], [old])
        self.weft("audit", "erase", "--before", "yesterday", "--reason", "r", code=2)
        self.weft("audit", "erase", "--reason", "r", code=2)
        self.weft("audit", "erase", old, "--subject", "x", "--reason", "r", code=2)

    def test_a_legal_hold(self):
        run = self.run_flow("hello.wf", "name=held")
        self.weft("audit", "hold", run, "--reason", "a claim")
        self.weft("audit", "erase", run, "--reason", "asked", code=8)
        self.weft("audit", "hold", run, "--reason", "again", code=8)
        self.weft("audit", "release", run, "--reason", "settled")
        self.assertEqual(self.json("audit", "erase", run, "--reason", "asked")["runs"], [run])

    def test_a_run_that_was_erased_can_not_be_held(self):
        run = self.run_flow("hello.wf", "name=gone")
        self.weft("audit", "erase", run, "--reason", "asked")
        refused = self.weft("audit", "hold", run, "--reason", "a claim", code=8)
        self.assertIn("erased", refused.stderr)
        self.assertNotIn("legal_hold", {key for key, value in self.json("show", run).items() if value})

    def both(self, *words, code):
        """A dry run says and ends as the order does, and changes nothing."""
        size = self.json("audit", "checkpoint")["size"]
        dry = self.weft("audit", "erase", *words, "--dry-run", code=code)
        answer = self.json("audit", "erase", *words, "--dry-run", code=code)
        self.assertEqual(self.json("audit", "checkpoint")["size"], size)
        real = self.weft("audit", "erase", *words, "--reason", "asked", code=code)
        self.assertEqual(dry.stderr, real.stderr)
        self.assertEqual("refused" in answer, code != 0)
        if code != 0:
            self.assertEqual(self.json("audit", "checkpoint")["size"], size)
        return dry.stdout, answer, real.stdout

    def test_a_dry_run_is_refused_as_the_order_is(self):
        one, held = (self.run_flow("hello.wf", f"name={name}") for name in ("one", "held"))
        self.weft("audit", "hold", held, "--reason", "a claim")
        said, answer, _ = self.both("--before", "0d", code=8)
        self.assertIn(f"{held}  under a legal hold", said)
        self.assertEqual((answer["held"], answer["refused"]["kind"]), ([held], "refused"))
        self.weft("audit", "release", held, "--reason", "settled")
        live = self.run_flow("review.wf", "text=a", "--no-wait", code=11)
        said, answer, _ = self.both(live, code=8)
        self.assertIn(f"{live}  has not ended", said)
        self.assertIn("--when-ended", answer["refused"]["hint"])
        self.weft("audit", "hold", live, "--reason", "a claim")
        self.both(live, "--kill", code=8)
        said, answer, _ = self.both(live, "--when-ended", code=0)
        self.assertIn(f"{live}  would be erased when it has ended", said)
        self.assertTrue(answer["waits"])
        said, answer, _ = self.both(one, code=0)
        self.assertEqual(answer["runs"], [one])
        said, _, done = self.both(one, code=0)
        self.assertEqual((said, done), ("nothing is there to erase\n", "nothing was there to erase\n"))

    def test_times_that_are_none(self):
        run = self.run_flow("hello.wf", "name=kept")
        for time in ("-5d", "+5d", "5", "d", "2026-13-01", "2026-01-32", "2026-01-31T25:00", "2026-01-31T10:60",
                     "2026-01-31T10:00:60", "2026-01-31x10:00", "2026-01-31T1000:", "2026--1-01", "-026-01-01"):
            for option in ("--before", "--after"):
                self.weft("audit", "erase", f"{option}={time}", "--reason", "old", code=2)
        self.weft("audit", "erase", "--before", "2020-01-31T23:59:59Z", "--reason", "old")
        self.assertIn("kept", self.weft("log", run, "--payloads").stdout)

    def test_a_legal_hold_of_a_run_that_goes_on(self):
        """What is refused has not killed it first; what was to wait for its end waits for its release."""
        run = self.run_flow("review.wf", "text=a", "--no-wait", code=11)
        self.weft("audit", "hold", run, "--reason", "a claim")
        refused = self.weft("audit", "erase", run, "--reason", "asked", "--kill", code=8)
        self.assertIn("under a legal hold", refused.stderr)
        self.assertEqual(self.json("show", run)["status"], "waiting")
        self.weft("audit", "erase", run, "--reason", "asked", "--when-ended")
        self.weft("cancel", run, "--reason", "not needed")
        self.run_flow("hello.wf", "name=other")
        self.assertIn("not needed", self.weft("log", run, "--payloads").stdout)
        self.weft("audit", "release", run, "--reason", "settled")
        self.run_flow("hello.wf", "name=another")
        self.assertNotIn("not needed", self.weft("log", run, "--payloads").stdout)
        self.verify()

    def test_retention(self):
        (self.folder / "short.wf").write_text(
            "workflow short(name: Text) -> Text\n  within 1h\n  retain 1s\n{\n  return \"hello ${name}\"\n}\n")
        run = self.run_flow("short.wf", "name=gone-soon")
        time.sleep(1.2)
        self.run_flow("hello.wf", "name=other")
        self.assertNotIn("gone-soon", self.weft("log", run, "--payloads").stdout)
        self.nowhere(b"gone-soon")
        self.verify()


class Receipts(ErasureCase):
    def setUp(self):
        super().setUp()
        self.run_id = self.run_flow("hello.wf", "name=canary-7")

    def erase(self, receipt, *words, code):
        return self.weft("audit", "erase", self.run_id, "--reason", "asked", "--receipt", receipt, *words, code=code)

    def test_nothing_is_erased_where_the_receipt_can_not_be(self):
        (self.folder / "folder").mkdir()
        for place, code in (("absent/receipt", 5), ("folder", 2), ("hello.wf/receipt", 5)):
            for words in ((), ("--dry-run",)):
                self.assertIn(place.split("/")[0], self.erase(place, *words, code=code).stderr)
        self.assertIn("canary-7", self.weft("log", self.run_id, "--payloads").stdout)
        self.weft("audit", "receipt", self.run_id, code=8)
        self.erase("receipt", "--dry-run", code=0)
        self.assertEqual([path.name for path in self.folder.glob("receipt*")], [])

    def test_a_receipt_that_could_not_be_written_is_printed(self):
        done = self.erase("/dev/full", code=5)
        self.assertIn("/dev/full cannot be written", done.stderr)
        self.assertIn("the run was erased", done.stderr)
        self.assertIn(f"weft audit receipt {self.run_id[:8]}", done.stderr)
        self.assertNotIn("canary-7", self.weft("log", self.run_id, "--payloads").stdout)
        self.assertIn(f"{self.run_id}  erased", done.stdout)
        again = self.weft("audit", "receipt", self.run_id).stdout
        self.assertIn("/erasure\norder ", again)
        self.assertTrue(done.stdout.endswith(again))

    def test_it_is_given_again(self):
        other = self.run_flow("hello.wf", "name=other")
        self.erase("first", code=0)
        self.weft("audit", "erase", other, "--reason", "asked", "--receipt", "second")
        for run, name in ((self.run_id, "first"), (other, "second")):
            written = (self.folder / name).read_text()
            self.assertEqual(self.weft("audit", "receipt", run[:12]).stdout, written)
            answer = self.json("audit", "receipt", run)
            self.assertEqual((answer["run"], answer["receipt"]), (run, written))
            self.weft("audit", "receipt", run, "-o", "again")
            self.assertEqual((self.folder / "again").read_text(), written)
        self.weft("audit", "receipt", "0" * 32, code=3)

    def test_what_retention_has_erased_has_one(self):
        (self.folder / "short.wf").write_text(
            "workflow short(name: Text) -> Text\n  within 1h\n  retain 1s\n{\n  return \"hello ${name}\"\n}\n")
        run = self.run_flow("short.wf", "name=gone-soon")
        time.sleep(1.2)
        self.run_flow("hello.wf", "name=other")
        self.assertIn(run, self.weft("audit", "receipt", run).stdout)

    def test_those_that_wait_have_none_yet(self):
        run = self.run_flow("review.wf", "text=a", "--no-wait", code=11)
        done = self.weft("audit", "erase", run, "--reason", "asked", "--when-ended", "--receipt", "receipt")
        self.assertIn("weft audit receipt", done.stderr)
        self.assertFalse((self.folder / "receipt").exists())


class Effects(ErasureCase):
    def test_keys(self):
        (self.folder / "pay.wf").write_text(
            HOOK + "workflow pay(order: Text) -> Text\n  within 1h\n{\n"
            "  step paid = notify.webhook(\"pay\", order)\n"
            "    key order\n    compensate none \"paid is paid\"\n  return paid.id\n}\n")
        first = self.run_flow("pay.wf", "order=o-1")
        second = self.run_flow("pay.wf", "order=o-1")
        answer = self.json("audit", "keys")
        self.assertEqual((answer["suppressed"], answer["doubts"]), (1, 0))
        by_run = {key["run"]: key for key in answer["keys"]}
        self.assertEqual((by_run[first]["state"], by_run[first]["use"], by_run[first]["attempts"]), ("done", "done", 1))
        self.assertEqual((by_run[second]["state"], by_run[second]["attempts"]), ("suppressed", 0))
        self.assertIn("1 duplicates suppressed", self.weft("audit", "keys").stdout)
        self.assertEqual(len(self.json("audit", "keys", first)["keys"]), 1)


if __name__ == "__main__":
    unittest.main()
