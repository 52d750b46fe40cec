"""Another program for runs in flight, with the real binary: adopting, migrating, what keeps a run where it is, kills in
the middle, and what would have gone otherwise."""

import http.server
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import threading
import time
import unittest

import canary
from hook import HOOK

WEFT = os.environ["WEFT_BIN"]
EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"
VERIFIER = EXAMPLES.parent / "tools" / "verify_bundle.py"

BEFORE = HOOK + """\

workflow order(name: Text) -> Text
  within 10d
{
  signal go: Text

  step charge = notify.webhook("charge", name)
    compensate notify.webhook("refund", charge.id)
  step word = wait go within 5d else {
    fail "nobody came"
  }
  step notify.webhook("ship", "as before: ${word}")
    compensate none "what is sent is sent"
  return "shipped ${word}"
}
"""

# What comes after the place where runs wait is otherwise, and so is how the charge is undone.
FIXED = (BEFORE.replace("as before", "as mended").replace('"refund", charge.id', '"refund", "all of ${charge.id}"')
         .replace("within 5d", "within 6d"))

# The charge is a bill now, by another event: the log's call is none of this program.
RENEWED = HOOK + """\

workflow order(name: Text) -> Text
  within 10d
{
  signal go: Text

  step bill = notify.webhook("bill", "for ${name}")
    compensate notify.webhook("void", bill.id)
  step word = wait go within 5d else {
    fail "nobody came"
  }
  if word == "no" {
    fail "not wanted"
  }
  step notify.webhook("ship", "renewed: ${word}")
    compensate none "what is sent is sent"
  return "renewed ${word}"
}
"""
MIGRATE = """
migrate order from "{hash}" {{
  step bill = old.charge
}}
"""


class Server:
    """Notes the events that it is told."""

    def __init__(self):
        self.events = []
        self.lock = threading.Lock()
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with server.lock:
                    server.events.append((body.get("type", ""), json.dumps(body)))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def names(self):
        return [name for name, _ in self.events]


class Case(canary.Case):
    def setUp(self):
        super().setUp()
        self.server = Server()
        self.addCleanup(self.server.http.shutdown)
        port = self.server.http.server_port
        self.write("weft.toml",
                   f'[workers."notify.webhook"]\nurl = "http://127.0.0.1:{port}/"\nsecret = "env:WEFT_HOOK"\n')
        self.write("before.wf", BEFORE)
        self.write("fixed.wf", FIXED)
        self.write("renewed.wf", RENEWED)

    def write(self, name, text):
        (self.folder / name).write_text(text)

    def start(self, *words):
        return subprocess.Popen([WEFT, *words], cwd=self.folder, text=True, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)

    def weft(self, *words, code=0):
        process = self.start(*words)
        output, errors = process.communicate(timeout=100)
        self.assertEqual(process.returncode, code, f"{words}\n{output}\n{errors}")
        return output + errors

    def json(self, *words, code=0):
        process = self.start(*words, "--json")
        output, errors = process.communicate(timeout=100)
        self.assertEqual(process.returncode, code, f"{words}\n{output}\n{errors}")
        return json.loads(output)

    def left_waiting(self, *words):
        """The run that this command begins, once it waits for its signal, with no engine."""
        known = {run["run"] for run in self.runs()}
        process = self.start(*words, "--quiet")
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            new = [run for run in self.runs() if run["run"] not in known and run["status"] == "waiting"]
            if new:
                process.send_signal(signal.SIGTERM)
                process.communicate(timeout=40)
                return new[0]["run"]
            time.sleep(0.05)
        process.kill()
        self.fail(f"no run waits: {process.communicate()}")

    def waiting_run(self, name="Ann"):
        """A run of the program before."""
        return self.left_waiting("run", "before.wf", f"name={name}")

    def runs(self):
        if not (self.folder / "weft.store").exists():
            return []
        return self.json("runs")["runs"]

    def hash(self):
        return self.json("compat", "before.wf", "before.wf")["old"]

    def with_block(self, digits=12):
        self.write("renewed.wf", RENEWED + MIGRATE.format(hash=self.hash()[:digits]))

    def sound(self):
        self.weft("audit", "verify", "--level", "3")
        for run in self.json("replay", "--all")["runs"]:
            self.assertTrue(run["identical"], run)

    def proves_itself(self, run, executed=True):
        """Its bundle holds for both verifiers, with the images of both programs."""
        self.weft("audit", "export", run, "-o", "moved.bundle")
        done = subprocess.run([sys.executable, "-B", str(VERIFIER), "moved.bundle"], cwd=self.folder, text=True,
                              capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        found = self.json("audit", "verify", "moved.bundle")
        self.assertEqual((found["findings"], found["runs"][0]["executed"]), ([], executed))

    def finish(self, run, word):
        self.weft("signal", run, "go", word)
        self.weft("resume", run, "--quiet", code=0 if word != "no" else 10)


class Adopt(Case):
    def test_a_fix_behind_the_place_where_a_run_waits_reaches_it(self):
        run = self.waiting_run()
        looked = self.json("compat", "before.wf", "fixed.wf", "--runs", "weft.store")
        self.assertEqual([one["way"] for one in looked["runs"]], ["adopt"])
        moved = self.json("migrate", "fixed.wf", "--all", "--reason", "the wording")
        self.assertEqual(moved["runs"][0]["way"], "adopt")
        self.sound()
        self.finish(run, "now")
        self.assertEqual(self.server.names(), ["charge", "ship"])
        self.assertIn("as mended: now", self.server.events[1][1])
        self.sound()
        self.proves_itself(run)
        log = self.weft("log", run)
        self.assertIn("adopted by", log)
        self.assertIn("the wording", log)
        self.assertIn("fixed.wf:", log)
        self.assertIn("before.wf:", log)

    def test_a_second_adoption_and_the_same_program_again(self):
        run = self.waiting_run()
        self.weft("migrate", "fixed.wf", run, "--reason", "first")
        self.assertEqual(self.json("migrate", "fixed.wf", run, "--reason", "again")["runs"][0]["way"], "same")
        self.write("third.wf", FIXED.replace("as mended", "as mended twice"))
        self.assertEqual(self.json("migrate", "third.wf", run, "--reason", "second")["runs"][0]["way"], "adopt")
        self.sound()
        self.finish(run, "now")
        self.assertIn("mended twice", self.server.events[1][1])
        self.sound()

    def test_under_a_running_engine(self):
        run = self.waiting_run()
        engine = self.start("resume", run, "--quiet")
        self.addCleanup(engine.communicate)
        self.addCleanup(engine.kill)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and not self.json("show", run).get("live"):
            time.sleep(0.05)
        self.assertEqual(self.json("migrate", "fixed.wf", run, "--reason", "hot")["runs"][0]["way"], "adopt")
        self.weft("signal", run, "go", "now")
        self.assertEqual(engine.wait(timeout=30), 0)
        self.assertIn("as mended: now", self.server.events[1][1])
        self.sound()

    def test_what_the_run_did_otherwise_keeps_it(self):
        run = self.waiting_run()
        refused = self.json("migrate", "renewed.wf", run, "--reason", "r", code=8)["runs"][0]
        self.assertEqual(refused["way"], "none")
        self.assertEqual(refused["difference"]["class"], "flow")
        self.assertIn("order.bill", refused["difference"]["what"])
        self.assertIn("migrate order from", refused["reasons"][0])
        self.sound()
        self.finish(run, "now")
        self.assertIn("as before: now", self.server.events[1][1])

    def test_it_needs_a_reason_and_runs(self):
        run = self.waiting_run()
        self.assertIn("reason", self.weft("migrate", "fixed.wf", run, code=2))
        self.assertIn("--all", self.weft("migrate", "fixed.wf", "--reason", "r", code=2))
        self.assertNotIn("adopted", self.weft("log", run))


class Migrate(Case):
    def test_a_run_takes_over_what_was_done(self):
        run = self.waiting_run()
        self.with_block()
        looked = self.json("migrate", "renewed.wf", run, "--look")["runs"][0]
        self.assertEqual((looked["way"], looked["taken"]), ("migrate", ["order.bill"]))
        self.assertNotIn("seq", looked)
        moved = self.json("migrate", "renewed.wf", run, "--reason", "bills")["runs"][0]
        self.assertEqual(moved["way"], "migrate")
        self.sound()
        self.finish(run, "now")
        self.assertEqual(self.server.names(), ["charge", "ship"])
        self.assertIn("renewed: now", self.server.events[1][1])
        self.assertEqual(self.json("show", run)["result"], "renewed now")
        self.sound()
        self.proves_itself(run)
        log = self.weft("log", run)
        self.assertIn("migrated by", log)
        self.assertIn("taken over from record", log)

    def test_what_was_taken_over_is_undone_as_the_new_program_says(self):
        run = self.waiting_run()
        self.with_block()
        self.weft("migrate", "renewed.wf", run, "--reason", "bills")
        self.finish(run, "no")
        self.assertEqual(self.server.names(), ["charge", "void"])
        self.sound()

    def test_a_signal_that_came_before_is_told_again(self):
        run = self.waiting_run()
        self.weft("signal", run, "go", "early")
        # It waits for an engine; whoever moves the run takes it in first.
        self.with_block()
        self.weft("migrate", "renewed.wf", run, "--reason", "bills")
        self.weft("resume", run, "--quiet")
        self.assertEqual(self.server.names()[0], "charge")
        self.assertEqual(self.server.names().count("ship"), 1)
        self.sound()

    def test_a_block_for_another_program_is_none(self):
        run = self.waiting_run()
        self.write("renewed.wf", RENEWED + MIGRATE.format(hash="0123456789ab"))
        self.assertEqual(self.json("migrate", "renewed.wf", run, "--reason", "r", code=8)["runs"][0]["way"], "none")
        self.assertNotIn("migrated", self.weft("log", run))

    def test_what_has_no_place_keeps_the_run(self):
        run = self.waiting_run()
        block = MIGRATE.format(hash=self.hash()[:12]).replace("  step bill = old.charge\n", "")
        self.write("renewed.wf", RENEWED + block)
        refused = self.json("migrate", "renewed.wf", run, "--reason", "r", code=8)["runs"][0]
        self.assertIn("order.charge", refused["reasons"][0])
        self.assertIn("order.bill", refused["reasons"][0])
        self.sound()

    def test_killed_in_the_middle_a_run_has_one_of_both(self):
        seed = int(os.environ.get("WEFT_SEED", "7"))
        draw = random.Random(seed)
        self.with_block()
        outcomes = set()
        for round_number in range(6):
            run = self.waiting_run(f"N{round_number}")
            process = self.start("migrate", "renewed.wf", run, "--reason", "bills")
            time.sleep(draw.uniform(0.0, 0.06))
            process.kill()
            process.communicate()
            log = self.weft("log", run)
            moved = "migrated by" in log
            outcomes.add(moved)
            before = len(self.server.events)
            self.finish(run, "now")
            told = self.server.events[before:]
            self.assertEqual([name for name, _ in told], ["ship"], f"seed {seed}, round {round_number}")
            self.assertIn("renewed: now" if moved else "as before: now", told[0][1])
        self.sound()

    def test_the_example_names_its_program_before(self):
        for name in ["before.wf", "building_permit.wf"]:
            self.write(name, (EXAMPLES / "building_permit" / name).read_text())
        found = self.json("compat", "before.wf", "building_permit.wf")
        named = re.search(r'from "([0-9a-f]+)"', (self.folder / "building_permit.wf").read_text())
        self.assertTrue(found["old"].startswith(named.group(1)), found["old"])
        self.weft("check", "before.wf")
        self.weft("test", "before.wf")


# A person decides about a text between two effects.
REVIEWED = HOOK + """\

workflow order(name: Text) -> Text
  within 10d
{
  signal go: Text

  let note = "pay ${name}"
  step seen = review note by "clerk" within 1d
    overdue reject
  step notify.webhook("pay", seen.value)
    compensate none "what is paid is paid"
  step word = wait go within 5d else {
    fail "nobody came"
  }
  return "${seen.by} ${word}"
}
"""


class Decisions(Case):
    """A decision covers what its reviewer saw."""

    def decided(self):
        """A run that waits behind a decision of cleo's."""
        self.write("before.wf", REVIEWED)
        process = self.start("run", "before.wf", "name=Ann", "--quiet")
        try:
            task = self.eventually(lambda: self.json("review", "list")["tasks"] if self.runs() else [])[0]["task"]
            self.weft("review", "approve", task, "--as", "cleo", "--role", "clerk")
            self.eventually(lambda: self.server.names() == ["pay"])
            return self.runs()[0]["run"]
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=40)

    def eventually(self, ask):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if found := ask():
                return found
            time.sleep(0.05)
        return self.fail("it never came")

    def moved(self, program, code=0):
        run = self.decided()
        block = f'\nmigrate order from "{self.hash()[:12]}" {{\n}}\n'
        self.write("new.wf", program + block)
        return run, self.json("migrate", "new.wf", run, "--look", code=code)["runs"][0]

    def test_the_same_values_under_another_program(self):
        run, looked = self.moved(REVIEWED.replace("  let note", "  emit asked(name)\n  let note"))
        self.assertEqual((looked["way"], looked["taken"]), ("migrate", ["order.webhook"]), looked)
        self.weft("migrate", "new.wf", run, "--reason", "r")
        self.sound()

    def test_other_values_nobody_has_decided_about(self):
        _, looked = self.moved(REVIEWED.replace('"pay ${name}"', '"pay twice ${name}"'), code=8)
        # What was paid stands behind the review, which nobody has answered now.
        self.assertEqual(looked["way"], "none", looked)
        self.assertIn("order.webhook", " ".join(looked["reasons"]))

    def test_a_value_that_was_added_nobody_saw(self):
        _, looked = self.moved(REVIEWED.replace("review note by", "review note, name by").replace(
            "seen.value)", "seen.value.note)"), code=8)
        self.assertEqual(looked["way"], "none", looked)


class Compat(Case):
    def test_classes_and_places(self):
        found = self.json("compat", "before.wf", "fixed.wf")
        classes = {(one["name"], one["class"]) for one in found["findings"]}
        self.assertIn(("compensation-changed-in-flight", "adopts"), classes)
        self.assertIn(("breaking-in-flight", "migrates"), classes)
        for one in found["findings"]:
            self.assertRegex(one["old_place"] + one["new_place"], r"\.wf:\d+")

    def test_what_breaks_has_an_exit_code(self):
        self.write("broken.wf", BEFORE.replace("name: Text)", "name: Text, copies: Int)")
                   .replace('"charge", name', '"charge", "${name}${copies}"'))
        found = self.json("compat", "before.wf", "broken.wf", code=1)
        self.assertIn("breaking-input", [one["name"] for one in found["findings"]])
        self.assertEqual(self.json("compat", "before.wf", "before.wf")["findings"], [])

    def test_what_functions_and_limits_are_made_of_counts(self):
        program = (
            "worker a.get(q: Text) -> Int\n  effect  read\n  timeout 5s\n  limit   2 at once\n\n"
            "const least: Int = 3\n\nfn enough(n: Int) -> Bool = n > 7\n\n"
            "fn twice(n: Int) -> Text = \"${n * 2}\"\n\n"
            "workflow w(n: Int) -> Text\n  within 1h\n{\n  step one = a.get(twice(n))\n"
            "  gate fine {\n    require one >= least\n    otherwise fail \"few\"\n  }\n"
            "  if enough(one) {\n    return \"enough\"\n  }\n  return \"more\"\n}\n")
        self.write("first.wf", program)
        for old, new, name, kind in (
                ("n > 7", "n > 8", "flow-changed", "adopts"),
                ("n * 2", "n * 3", "breaking-in-flight", "migrates"),
                ("Int = 3", "Int = 4", "gate-changed", "adopts"),
                ("2 at once", "4 at once", "limits-changed", "safe")):
            with self.subTest(new):
                self.write("second.wf", program.replace(old, new))
                found = self.json("compat", "first.wf", "second.wf")["findings"]
                self.assertEqual([(one["name"], one["class"]) for one in found], [(name, kind)])

    def test_a_renamed_step_is_told_about_was(self):
        self.write("renamed.wf", BEFORE.replace("step charge", "step paid").replace("charge.id", "paid.id"))
        text = self.weft("compat", "before.wf", "renamed.wf")
        self.assertIn("paid was charge", text)
        self.write("known.wf", BEFORE.replace("step charge", "step paid was charge").replace("charge.id", "paid.id"))
        self.assertNotIn("not there any more", self.weft("compat", "before.wf", "known.wf"))


PACKS = """\
use std.pack

record Brief {
  title: Text
  summary: Text
}

record Answer {
  question: Text
  answer: Text
}

workflow packs(title: Text) -> Text
  within 1d
{
  step t = pack.build(Brief(title, summary: "s"), [Answer(question: "q", answer: "a")])
    compensate pack.delete(t)
  return t.manifest.title
}
"""


class Looking(Case):
    def test_a_run_as_it_was(self):
        run = self.waiting_run()
        records = self.json("show", run)["records"]
        self.finish(run, "now")
        then = self.json("show", run, "--at", str(records - 1))
        self.assertEqual(then["status"], "waiting")
        self.assertEqual([wait["signals"] for wait in then["waits"] if wait["kind"] == "signal"], [["go"]])
        names = {value["name"]: value["value"] for value in then["values"]}
        self.assertEqual(names["name"], "Ann")
        self.assertIn("charge", names)
        self.assertNotIn("word", names)
        self.assertIn("Ann", self.weft("show", run, "--at", str(records - 1)))
        self.assertEqual(self.json("show", run, "--at", "100000")["status"], "completed")
        self.assertEqual(self.json("replay", run, "--to", "3")["records"], 4)

    def test_two_runs_and_why(self):
        first = self.waiting_run()
        why = self.weft("why", first)
        self.assertIn("signal", why)
        self.assertIn("order.charge", why)
        self.finish(first, "now")
        second = self.waiting_run()
        self.finish(second, "later")
        found = self.weft("diff", first, second, code=1)
        self.assertIn("later", found)
        same = self.json("diff", first, first)
        self.assertEqual((same["same"], same["diff"], same["changes"]), (True, "", []))


    def test_two_runs_that_did_the_same(self):
        """Files have drawn ids; what they hold is what counts."""
        (self.folder / "packs.wf").write_text(PACKS)
        runs = [self.json("run", "packs.wf", "title=T", "--no-verify")["run"] for _ in range(2)]
        self.assertEqual(self.json("diff", *runs)["diff"], "")
        other = self.json("run", "packs.wf", "title=U", "--no-verify")["run"]
        self.assertFalse(self.json("diff", runs[0], other, code=1)["same"])


class Otherwise(Case):
    def test_what_would_have_gone_otherwise(self):
        first = self.waiting_run("Ann")
        self.finish(first, "now")
        second = self.waiting_run("Ben")
        found = self.json("replay", "--all", "--with", "fixed.wf", code=1)
        by_run = {one["run"]: one for one in found["runs"]}
        self.assertFalse(by_run[first]["same"])
        self.assertEqual(by_run[first]["difference"]["class"], "arguments")
        self.assertTrue(by_run[second]["same"])
        self.assertEqual(found["classes"], {"arguments": 1, "same": 1})
        self.assertTrue(self.json("replay", first, "--with", "before.wf")["runs"][0]["same"])
        # Of what was erased nobody can say; that is no difference.
        self.weft("audit", "erase", first, "--reason", "asked")
        left = self.json("replay", "--all", "--with", "fixed.wf")
        self.assertEqual(left["classes"], {"erased": 1, "same": 1})
        self.assertIn("was erased", self.weft("replay", "--all", "--with", "fixed.wf"))
        # A run whose workflow the program does not have is told of, as when it is named.
        (self.folder / "other.wf").write_text("workflow other() -> Int within 1h {\n  return 1\n}\n")
        alone = self.json("replay", second, "--with", "other.wf", code=1)["runs"][0]
        found = self.json("replay", "--all", "--with", "other.wf", code=1)
        self.assertEqual(found["classes"], {"erased": 1, "input": 1})
        self.assertIn(alone, found["runs"])
        self.assertEqual(self.json("replay", "--all", "--workflow", "other", "--with", "other.wf")["classes"], {})


if __name__ == "__main__":
    unittest.main()
