"""Erasure with the real binary: canaries in every place where a run keeps something, and a search through every byte
that is left. A run is read before, so that the test knows the canaries were there."""

import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
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
        import time
        time.sleep(1.2)
        self.run_flow("hello.wf", "name=other")
        self.assertNotIn("gone-soon", self.weft("log", run, "--payloads").stdout)
        self.nowhere(b"gone-soon")
        self.verify()


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
