"""Forks and the instruction trace, with the real binary: what a new run takes over from another's log, what can't be
forked and why, and that both runs prove themselves."""

import json
import subprocess
import sys
import unittest

from change_test import VERIFIER, Case
from hook import HOOK

# Three effects in a row, and a person between the second and the third.
SHOP = HOOK + """\

workflow order(name: Text) -> Text
  within 10d
{
  signal go: Text

  step charge = notify.webhook("charge", name)
    compensate notify.webhook("refund", charge.id)
  step pack = notify.webhook("pack", "box for ${name}")
    compensate none "a box may stand"
  step word = wait go within 5d else {
    fail "nobody came"
  }
  step notify.webhook("ship", "as before: ${word}")
    compensate none "what is sent is sent"
  return "shipped ${word}"
}
"""
MENDED = SHOP.replace("as before", "as mended").replace("box for", "large box for")
WITHOUT_PACKING = SHOP.replace("""\
  step pack = notify.webhook("pack", "box for ${name}")
    compensate none "a box may stand"
""", "")
ASKED_FIRST = SHOP.replace("  step charge =", """\
  step asked = notify.webhook("ask", name)
    compensate none "what is asked is asked"
  step charge =""")

REFUSED = SHOP.replace('  return "shipped', '  if word == "no" {\n    fail "not wanted"\n  }\n  return "shipped')

REVIEWED = HOOK + """\

workflow order(name: Text) -> Text
  within 10d
{
  step charge = notify.webhook("charge", name)
    compensate none "c"
  step seen = review charge by "clerk" within 1d
    overdue reject
  step notify.webhook("ship", seen.by)
    compensate none "s"
  return seen.by
}
"""

# A block that leaves no record of its own.
BLOCK = HOOK + """\

workflow order(name: Text) -> Text
  within 10d
{
  step charge = notify.webhook("charge", name)
    compensate none "c"
  step got = repeat count = 0, up to 3 times {
    step look = notify.webhook("look", "${count}")
      compensate none "l"
    if count >= 1 {
      done look.id
    }
    next count + 1
  } else {
    fail "never"
  }
  return got
}
"""


class ForkCase(Case):
    def setUp(self):
        super().setUp()
        self.write("before.wf", SHOP)

    def completed(self, name="Ann", word="now"):
        run = self.waiting_run(name)
        self.finish(run, word)
        return run

    def fork(self, *words, code=0):
        return self.json("fork", *words, "--reason", "mended", "--no-verify", code=code)

    def fork_that_waits(self, *words):
        return self.left_waiting("fork", *words, "--reason", "mended")


class Fork(ForkCase):
    def test_what_was_done_before_the_step_is_taken_over(self):
        origin = self.completed()
        self.write("mended.wf", MENDED)
        looked = self.json("fork", origin, "--from", "pack", "--with", "mended.wf", "--look")
        self.assertEqual((looked["taken"], looked["dropped"]), (["order.charge"], []))
        self.assertEqual(len(self.runs()), 1)
        fork = self.fork_that_waits(origin, "--from", "order.pack", "--with", "mended.wf", "--as", "olga")
        self.assertEqual(self.server.names(), ["charge", "pack", "ship", "pack"])
        self.assertIn("large box for Ann", self.server.events[3][1])
        self.finish(fork, "again")
        self.assertEqual(self.server.names(), ["charge", "pack", "ship", "pack", "ship"])
        self.assertIn("as mended: again", self.server.events[4][1])
        log = self.weft("log", fork)
        self.assertIn(f"taken over from run {origin[:8]}", log)
        self.assertIn("olga", log)
        self.assertIn("mended", log)
        self.sound()
        for run in (origin, fork):
            self.weft("audit", "export", run, "-o", "one.bundle")
            done = subprocess.run([sys.executable, "-B", str(VERIFIER), "one.bundle"], cwd=self.folder, text=True,
                                  capture_output=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(self.json("audit", "verify", "one.bundle")["findings"], [])

    def test_signals_before_the_step_are_told_again(self):
        origin = self.completed(word="now")
        ship = [entry["seq"] for entry in self.json("log", origin)["entries"] if entry["kind"] == "call"][2]
        forked = self.fork(origin, "--from", str(ship))
        self.assertEqual((forked["status"], forked["result"]), ("completed", "shipped now"))
        self.assertEqual(self.server.names(), ["charge", "pack", "ship", "ship"])
        self.sound()

    def test_it_undoes_nothing_of_the_other_run(self):
        origin = self.completed()
        self.write("refused.wf", REFUSED)
        fork = self.fork_that_waits(origin, "--from", "order.pack", "--with", "refused.wf")
        self.finish(fork, "no")
        self.assertNotIn("refund", self.server.names())
        self.assertEqual(self.json("show", fork)["error"]["message"], "not wanted")
        self.sound()

    def test_a_request_that_comes_twice_forks_once(self):
        origin = self.completed()
        ship = [entry["seq"] for entry in self.json("log", origin)["entries"] if entry["kind"] == "call"][2]
        words = (origin, "--from", str(ship), "--request-id", "r1")
        first = self.fork(*words)
        second = self.fork(*words)
        self.assertEqual(first["run"], second["run"])
        self.assertEqual(len(self.runs()), 2)
        self.assertEqual(self.server.names().count("ship"), 2)

    def test_a_killed_run_can_be_forked(self):
        origin = self.waiting_run()
        refused = self.weft("fork", origin, "--from", "order.word", "--reason", "r", code=8)
        self.assertIn("has not ended", refused)
        self.assertIn("weft kill", refused)
        self.weft("kill", origin, "--reason", "begun wrongly")
        fork = self.fork_that_waits(origin, "--from", "order.word")
        self.finish(fork, "now")
        self.assertEqual(self.server.names(), ["charge", "pack", "ship"])
        self.sound()

    def test_a_step_that_is_gone_is_left_out(self):
        origin = self.completed()
        self.write("less.wf", WITHOUT_PACKING)
        looked = self.json("fork", origin, "--from", "order.word", "--with", "less.wf", "--look")
        self.assertEqual((looked["taken"], looked["dropped"]), (["order.charge"], ["order.pack"]))

    def test_a_block_is_what_is_in_it(self):
        self.write("block.wf", BLOCK)
        self.weft("run", "block.wf", "name=Ann", "--no-verify")
        run = self.runs()[0]["run"]
        looked = self.json("fork", run, "--from", "order.got", "--look")
        self.assertEqual(looked["taken"], ["order.charge"])
        self.assertEqual(looked["at"], self.json("fork", run, "--from", "order.got.look", "--look")["at"])
        self.weft("fork", run, "--from", "order.go", "--look", code=3)
        self.fork(run, "--from", "order.got")
        self.assertEqual(self.server.names(), ["charge", "look", "look", "look", "look"])
        self.assertIn(f"forked from run {run[:8]} before its record", self.weft("log", self.runs()[0]["run"]))

    def test_erasing_the_origin_erases_the_fork(self):
        origin = self.completed()
        fork = self.fork_that_waits(origin, "--from", "order.word")
        self.finish(fork, "now")
        erased = self.json("audit", "erase", origin, "--reason", "asked", "--dry-run")
        self.assertIn(fork, erased["runs"])


class Refused(ForkCase):
    def test_what_was_undone_is_not_taken_over(self):
        self.write("before.wf", REFUSED)
        origin = self.waiting_run()
        self.finish(origin, "no")
        self.assertIn("refund", self.server.names())
        refused = self.weft("fork", origin, "--from", "order.word", "--reason", "r", code=8)
        self.assertIn("`order.charge` did was undone", refused)
        self.fork_that_waits(origin, "--from", "order.charge")

    def test_what_would_be_done_twice(self):
        origin = self.completed()
        self.write("asked.wf", ASKED_FIRST)
        refused = self.weft("fork", origin, "--from", "order.word", "--with", "asked.wf", "--reason", "r", code=8)
        self.assertIn("done twice", refused)
        self.assertEqual(len(self.runs()), 1)
        self.assertEqual(self.server.names(), ["charge", "pack", "ship"])
        self.sound()

    def test_no_such_step_and_no_reason(self):
        origin = self.completed()
        unknown = self.weft("fork", origin, "--from", "order.nothing", "--reason", "r", code=3)
        self.assertIn("order.charge", unknown)
        self.weft("fork", origin, "--from", "999", "--reason", "r", code=3)
        self.assertIn("reason", self.weft("fork", origin, "--from", "order.pack", code=2))

    def test_an_erased_run(self):
        origin = self.completed()
        self.weft("audit", "erase", origin, "--reason", "asked")
        self.assertIn("erased", self.weft("fork", origin, "--from", "order.pack", "--reason", "r", code=8))

    def test_nobody_decides_about_other_values(self):
        """A decision is told again where the same was shown, else it is asked for anew."""
        self.write("before.wf", REVIEWED)
        process = self.start("run", "before.wf", "name=Ann", "--no-wait", "--no-verify", "--json")
        origin = json.loads(process.communicate(timeout=60)[0])["run"]
        task = self.json("review", "list")["tasks"][0]["task"]
        self.weft("review", "approve", task, "--as", "cleo", "--role", "clerk")
        self.weft("resume", origin, "--quiet")
        entries = self.json("log", origin)["entries"]
        ship = [entry["seq"] for entry in entries if entry["kind"] == "call"][1]
        self.assertEqual(self.fork(origin, "--from", str(ship))["result"], "cleo")
        self.write("other.wf", REVIEWED.replace('"charge", name', '"charge", "for ${name}"')
                   .replace("review charge", "review charge.id"))
        again = self.fork(origin, "--from", str(ship), "--with", "other.wf", "--no-wait", code=11)
        self.assertEqual(again["status"], "waiting")
        self.assertEqual(self.server.names(), ["charge", "ship", "ship"])
        self.sound()


class Trace(ForkCase):
    def test_each_instruction_with_its_values(self):
        run = self.completed()
        found = self.json("log", run, "--trace")
        steps = found["steps"]
        self.assertTrue(all(step["function"] and "instruction" in step for step in steps))
        self.assertTrue(any(step.get("place", "").startswith("before.wf:") for step in steps))
        given = [step.get("gives") for step in steps]
        self.assertIn("shipped now", given)
        self.assertIn("box for Ann", given)
        self.assertTrue(any(read["name"] == "name" and read["value"] == "Ann"
                            for step in steps for read in step.get("reads", [])))
        # What the world answered is told where it was asked.
        calls = [step for step in steps if step["instruction"].startswith("call_step")]
        self.assertEqual(len(calls), 3)
        self.assertTrue(all(step["gives"][1] == "http" for step in calls), calls)
        seqs = [step["seq"] for step in steps]
        self.assertEqual(seqs, sorted(seqs))
        records = self.json("show", run)["records"]
        self.assertLessEqual(max(seqs), records)
        text = self.weft("log", run, "--trace")
        self.assertIn("call_step", text)
        self.assertIn("name=", text)
        later = self.json("log", run, "--trace", "--from", str(records - 2))["steps"]
        # What was asked before is told where it was answered.
        self.assertEqual(sum(step.get("answered", False) for step in later), 1)
        self.assertEqual([step for step in later if not step.get("answered")],
                         [step for step in steps if step["seq"] >= records - 2])


if __name__ == "__main__":
    unittest.main()
