"""The command line against the real binary ($WEFT_BIN): exit codes, JSON, hostile input, two at once."""

import json
import os
import pathlib
import re
import signal
import sqlite3
import subprocess
import time
import unittest

import canary
import sarif_shape

WEFT = os.environ["WEFT_BIN"]
SOURCE = pathlib.Path(__file__).resolve().parents[2]

HELLO = """\
/// Says hello.
workflow hello(name: Text, times: Int = 2) -> Text
  within 1h
{
  emit greeted(name)
  if times > 5 {
    fail "too many"
  }
  return "hello ${name}"
}
"""

REVIEW = """\
record Note {
  text:  Text
  score: Int
}

workflow approve_note(text: Text) -> Note
  within 2d
{
  let n = Note(text: text, score: 3)
  gate quality {
    require n.score >= 5

    otherwise review n by "editor" within 24h
    otherwise fail "nobody wanted it"
  }
  return n
}
"""

EXACT = """\
record Numbers {
  small: Decimal
  large: Decimal
  tenth: Decimal
}

workflow exact(small: Decimal, large: Decimal, tenth: Decimal) -> Numbers
  within 1h
{
  return Numbers(small: small, large: large, tenth: tenth)
}

workflow looked_at(small: Decimal, large: Decimal, tenth: Decimal) -> Numbers
  within 2d
{
  let n = Numbers(small: small, large: large, tenth: tenth)
  gate quality {
    require n.tenth >= 5

    otherwise review n by "editor" within 24h
    otherwise fail "nobody wanted it"
  }
  return n
}
"""

FILES = """\
workflow take(files: List<File>, one: File) -> List<File>
  within 1h
{
  return files
}
"""


class Case(canary.Case):
    def setUp(self):
        super().setUp()
        for name, text in [("hello", HELLO), ("review", REVIEW), ("files", FILES)]:
            (self.folder / f"{name}.wf").write_text(text)

    def weft(self, *words, code=0, stdin="", environment=None):
        done = subprocess.run([WEFT, *words], cwd=self.folder, input=stdin, text=True,
                              capture_output=True, timeout=60, env=environment)
        self.assertEqual(done.returncode, code, f"{words}\n{done.stdout}\n{done.stderr}")
        if code not in (0, 1, 6, 10, 11):
            self.assertRegex(done.stderr, r"(?m)^weft: \S")
            self.assertNotIn("terminate called", done.stderr)
        self.assertNotIn("\x1b", done.stdout + done.stderr, "colour in a pipe")
        return done

    def json(self, *words, code=0):
        return json.loads(self.weft(*words, "--json", code=code).stdout)

    def start(self, *words):
        """A weft that stays: its process is ended with the test."""
        process = subprocess.Popen([WEFT, *words], cwd=self.folder, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)

        def stop():
            if process.poll() is None:
                process.kill()
            process.communicate()

        self.addCleanup(stop)
        return process

    def open_task(self):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if (self.folder / "weft.store").exists():
                tasks = self.json("review", "list")["tasks"]
                if tasks:
                    return tasks[0]["task"]
            time.sleep(0.1)
        self.fail("no task was opened")


class Sources(Case):
    def test_check(self):
        self.assertIn("no mistakes", self.weft("check", "hello.wf").stdout)
        (self.folder / "bad.wf").write_text("workflow w() -> Text within 1h {\n  return nme\n}\n")
        self.assertIn("unknown-name", self.weft("check", "bad.wf", code=1).stdout)
        found = json.loads(self.weft("check", "bad.wf", "--format", "json", code=1).stdout)
        self.assertEqual([d["name"] for d in found], ["unknown-name"])
        self.weft("run", "bad.wf", code=1)
        self.weft("check", "absent.wf", code=3)
        self.weft("check", ".", code=2)

    def test_check_fix(self):
        wrong = ("use std.rag\n\nworkflow w(a: Bool, b: Bool) -> Bool within 1h {\n"
                 "  let x = a && b  // weft:allow unused-input, \"was so once\"\n"
                 "  return x || a;\n}\n")
        right = ("workflow w(a: Bool, b: Bool) -> Bool within 1h {\n"
                 "  let x = a and b\n  return x or a\n}\n")
        file = self.folder / "wrong.wf"
        file.write_text(wrong)
        file.chmod(0o640)
        shown = self.weft("check", "--fix", "wrong.wf").stdout
        self.assertEqual(file.read_text(), right)
        self.assertEqual(file.stat().st_mode & 0o777, 0o640)
        self.assertIn("fixed wrong.wf:4:13: write `and`\n", shown)
        self.assertEqual(shown.count("fixed "), 5)
        again = self.weft("check", "--fix", "wrong.wf").stdout
        self.assertNotIn("fixed", again)
        self.assertEqual(file.read_text(), right)

    def test_check_fix_leaves_what_is_not_sure(self):
        unsure = "workflow w(name: Text) -> Text within 1h {\n  return nme\n}\n"
        (self.folder / "unsure.wf").write_text(unsure)
        self.weft("check", "--fix", "unsure.wf", code=1)
        self.assertEqual((self.folder / "unsure.wf").read_text(), unsure)

    def sarif(self, text, code=1):
        (self.folder / "bad file.wf").write_text(text)
        log = json.loads(self.weft("check", "--format", "sarif", "bad file.wf", "hello.wf",
                                   code=code).stdout)
        sarif_shape.check_log(self, log)
        return log

    def test_sarif_has_the_shape_of_the_standard(self):
        # Messages with related places, notes, fixes and several files.
        (self.folder / "lib").mkdir()
        (self.folder / "lib" / "typ\u00e9s.wf").write_text("type Name = Text where length in 9..3\n")
        self.sarif('use "./lib/typ\u00e9s.wf"\nuse std.llm\n\nworkflow w(a: Int, a: Int) within 1h {\n'
                   "  let b = a && true\n  emit x(bb)\n}\n")

    def test_sarif_fingerprints_do_not_depend_on_the_place_of_the_package(self):
        bad = "workflow w(name: Text) -> Text within 1h {\n  return nme\n}\n"
        (self.folder / "sub").mkdir()
        for path in ("one.wf", "sub/one.wf"):
            (self.folder / path).write_text(bad)
        prints = []
        for path in ("one.wf", "sub/../one.wf", str(self.folder / "one.wf"), "sub/one.wf"):
            log = json.loads(self.weft("check", "--format", "sarif", path, code=1).stdout)
            prints.append([r["partialFingerprints"] for r in log["runs"][0]["results"]])
        self.assertEqual(prints[0], prints[1])
        self.assertEqual(prints[0], prints[2])
        self.assertNotEqual(prints[0], prints[3])

    def test_check_sarif(self):
        bad = "workflow w(name: Text) -> Text within 1h {\n  return nme\n}\n"
        log = self.sarif(bad)
        self.assertEqual(log["version"], "2.1.0")
        self.assertEqual(set(log), {"$schema", "version", "runs"})
        (run,) = log["runs"]
        rules = run["tool"]["driver"]["rules"]
        self.assertEqual(len({rule["id"] for rule in rules}), len(rules))
        (result,) = run["results"]
        self.assertEqual(rules[result["ruleIndex"]]["id"], result["ruleId"])
        self.assertEqual(result["level"], "error")
        place = result["locations"][0]["physicalLocation"]
        self.assertEqual(place["artifactLocation"]["uri"], "bad%20file.wf")
        self.assertEqual(place["region"], {"startLine": 2, "startColumn": 10,
                                           "endLine": 2, "endColumn": 13})
        (change,) = result["fixes"][0]["artifactChanges"]
        self.assertEqual(change["replacements"][0]["insertedContent"]["text"], "name")
        # A line more above does not make it another finding; another mistake is another.
        prints = [r["partialFingerprints"] for r in self.sarif("// why\n" + bad)["runs"][0]["results"]]
        self.assertEqual(prints, [result["partialFingerprints"]])
        other = self.sarif(bad.replace("nme", "nmae"))["runs"][0]["results"][0]
        self.assertNotEqual(other["partialFingerprints"], result["partialFingerprints"])
        self.assertEqual(self.sarif("workflow w() -> Int within 1h {\n  return 1\n}\n",
                                    code=0)["runs"][0]["results"], [])

    def test_check_bounds(self):
        self.assertIn("worst case", self.weft("check", "--bounds", "hello.wf").stdout)
        (bounds,) = self.json("check", "--bounds", "hello.wf")["bounds"]
        self.assertEqual(bounds["workflow"], "hello")
        self.assertIn("number", bounds["worst"]["attempts"])
        self.weft("check", "--bounds", "--format", "sarif", "hello.wf", code=2)

    def test_fmt(self):
        ugly = "workflow  x( a :Int)->Int within 1h{\n return   a\n}\n"
        (self.folder / "ugly.wf").write_text(ugly)
        self.weft("fmt", "--check", "ugly.wf", code=1)
        self.assertIn("\n-workflow  x(", self.weft("fmt", "--diff", "ugly.wf").stdout)
        self.assertEqual((self.folder / "ugly.wf").read_text(), ugly)
        piped = self.weft("fmt", "-", stdin=ugly).stdout
        self.weft("fmt", "ugly.wf")
        self.assertEqual((self.folder / "ugly.wf").read_text(), piped)
        self.weft("fmt", "--check", "ugly.wf")
        self.weft("fmt", "absent.wf", code=3)

    def test_dump_explain_schema(self):
        self.assertIn("module", self.weft("dump", "hello.wf", "--tree").stdout)
        self.assertIn("workflow hello", self.weft("dump", "hello.wf", "--ir").stdout)
        self.assertIn("semantics", self.weft("dump", "hello.wf", "--bytecode").stdout)
        self.weft("dump", "hello.wf", code=2)
        self.assertIn("WF1001", self.weft("explain", "unknown-name").stdout)
        self.assertEqual(self.json("explain", "WF1001")["name"], "unknown-name")
        self.assertGreater(len(self.json("explain")), 20)
        self.weft("explain", "no-such-thing", code=3)
        self.assertIn("score", self.weft("schema", "review.wf", "Note").stdout)
        schema = json.loads(self.weft("schema", "hello.wf", "--input", "hello").stdout)
        self.assertEqual(schema["required"], ["name"])
        self.weft("schema", "hello.wf", "Nothing", code=3)
        self.weft("schema", "hello.wf", code=2)


class Usage(Case):
    def test_command_lines_that_make_no_sense(self):
        self.weft(code=2)
        self.weft("frobnicate", code=2)
        self.weft("run", code=2)
        self.weft("run", "hello.wf", "--colour", code=2)
        self.weft("kill", "00", code=2)
        self.weft("replay", code=2)
        self.weft("--help")
        self.weft("run", "--help")
        self.assertIn("weft", self.json("version"))

    def test_inputs_that_do_not_fit(self):
        self.weft("run", "hello.wf", code=2)
        self.assertIn("name, times", self.weft("run", "hello.wf", "nme=x", code=2).stderr)
        self.weft("run", "hello.wf", "name=x", "times=many", code=2)
        self.weft("run", "hello.wf", "name=x", "times=1.5", code=2)
        self.weft("run", "hello.wf", "other", "name=x", code=3)
        self.weft("run", "absent.wf", code=3)
        self.weft("run", ".", code=2)
        (self.folder / "broken.json").write_text("{name:")
        (self.folder / "list.json").write_text("[1]")
        self.weft("run", "hello.wf", "--input", "broken.json", code=2)
        self.weft("run", "hello.wf", "--input", "list.json", code=2)
        self.weft("run", "hello.wf", "--input", "absent.json", code=3)
        self.weft("run", "hello.wf", "--input", ".", code=2)
        self.weft("run", "files.wf", "files=hello.wf", "one=absent.txt", code=3)
        self.weft("run", "files.wf", "files=hello.wf", "one=.", code=2)

    def test_no_store_and_no_run(self):
        self.weft("runs", code=3)
        self.assertFalse((self.folder / "weft.store").exists(), "looking made a store")
        self.weft("run", "hello.wf", "name=x")
        self.weft("show", "ffffffffffffffff", code=3)
        self.weft("show", "not-a-run", code=2)
        self.weft("show", "", code=2)
        self.weft("log", "ffffffffffffffff", code=3)
        self.weft("review", "approve", "nonsense", code=2)
        self.weft("cancel", self.json("runs")["runs"][0]["run"], code=8)


class Runs(Case):
    def test_a_run_and_what_looks_at_it(self):
        done = self.weft("run", "hello.wf", "name=Bob")
        self.assertIn('"hello Bob"', done.stdout)
        self.assertRegex(done.stdout, r"the audit verified \d+ records")
        self.assertEqual(done.stderr, "")
        run = self.json("runs")["runs"][0]["run"]
        self.assertEqual(self.json("show", run[:8])["result"], "hello Bob")
        entries = self.json("log", run, "--payloads")["entries"]
        self.assertEqual([e["seq"] for e in entries], list(range(len(entries))))
        self.assertEqual((entries[0]["kind"], entries[-1]["kind"]), ("begin", "end"))
        self.assertEqual(self.json("log", run, "--from", "2")["entries"], [
            {k: v for k, v in e.items() if k != "payload"} for e in entries[2:]])
        self.assertTrue(self.json("replay", run)["identical"])
        self.assertTrue(self.json("replay", "--all")["runs"][0]["identical"])
        for level in "123":
            self.assertTrue(self.json("audit", "verify", "--level", level)["ok"])
        self.assertEqual(self.json("cost", run)["total"], "0.00")
        self.assertEqual(self.json("timeline", run)["run"], run)
        self.assertIn("<svg", self.weft("timeline", run, "--format", "svg").stdout)
        self.weft("timeline", run, "--format", "html", "-o", "t.html")
        self.assertIn("</html>", (self.folder / "t.html").read_text())
        self.assertIn("path", self.json("store"))

    def test_json_and_quiet(self):
        done = self.weft("run", "hello.wf", "name=Bob", "--json")
        self.assertEqual(json.loads(done.stdout)["status"], "completed")
        self.assertTrue(json.loads(done.stdout)["audit"]["ok"])
        self.assertIn("hello", done.stderr)
        self.assertEqual(self.weft("run", "hello.wf", "name=x", "--json", "-q").stderr, "")

    def test_a_run_that_fails(self):
        done = self.weft("run", "hello.wf", "name=Bob", "times=9", code=10)
        self.assertIn("too many", done.stdout)
        self.assertEqual(self.json("runs", "--status", "failed")["runs"][0]["status"], "failed")

    def test_runs_of_a_kind(self):
        for times in ("9", "1", "1"):
            self.weft("run", "hello.wf", "name=Bob", f"times={times}", "--no-verify", code=10 if times == "9" else 0)
        self.weft("run", "files.wf", "files=hello.wf", "one=hello.wf", "--no-verify", "--out", "out")
        # The one that failed is behind the newest: it is found all the same.
        failed = self.json("runs", "--status", "failed", "--limit", "1")["runs"]
        self.assertEqual([run["workflow"] for run in failed], ["hello"])
        self.assertEqual(len(self.json("runs", "--limit", "2")["runs"]), 2)
        self.assertEqual(len(self.json("runs", "--workflow", "hello", "--limit", "2")["runs"]), 2)
        self.assertEqual(len(self.json("runs", "--workflow", "hello")["runs"]), 3)
        self.assertEqual(self.json("runs", "--status", "held")["runs"], [])
        self.assertIn("compensated", self.weft("runs", "--status", "done", code=2).stderr)

    def test_input_file(self):
        (self.folder / "in.json").write_text('{"name": "Ann", "times": 9}')
        self.weft("run", "hello.wf", "--input", "in.json", code=10)
        done = self.weft("run", "hello.wf", "hello", "--input", "in.json", "times=1")
        self.assertIn("hello Ann", done.stdout)

    def test_money_as_programs_write_it(self):
        (self.folder / "money.wf").write_text(
            "workflow pay(amount: Money<EUR>, more: List<Money> where length in 0..3, tip: Money?) -> Text\n"
            "  within 1h\n{\n  return \"${amount + 1.00 EUR}, ${count(more)}, ${tip != none}\"\n}\n")
        words = ("run", "money.wf", "--no-verify", "more=[]")
        for text, shown in (("2.50 EUR", "3.50 EUR"), ("2.50EUR", "3.50 EUR"), ("1_000 EUR", "1001.00 EUR"),
                            ("-0.5 EUR", "0.50 EUR"), ('{"amount": "7", "currency": "EUR"}', "8.00 EUR")):
            self.assertIn(f'"{shown}, 0, false"', self.weft(*words, f"amount={text}").stdout)
        both = ("amount=1 EUR", "more=1.00 CHF,2 USD", "tip=0.10 EUR")
        self.assertIn('"2.00 EUR, 2, true"', self.weft("run", "money.wf", "--no-verify", *both).stdout)
        for text in ("2.50 USD", "2.50 eur", "2.5.0 EUR", ". EUR", "2. EUR", "EUR", "2.50", "two EUR", "2.50 EUROS"):
            self.weft(*words, f"amount={text}", code=2)

    def test_cases_with_fields_and_without(self):
        for cases in ("  Small\n  Big(by: Int)\n", "  Big(by: Int)\n  Small\n"):
            (self.folder / "size.wf").write_text(
                f"enum Size {{\n{cases}}}\n\nworkflow measure(size: Size, other: Size?) -> Text\n  within 1h\n{{\n"
                "  return match size {\n    Small => \"small\"\n    Big(by) => \"big by ${by} ${other != none}\"\n"
                "  }\n}\n", encoding="utf-8")
            self.assertIn('"small"', self.weft("run", "size.wf", "size=Small").stdout)
            self.assertIn('"big by 3 false"', self.weft("run", "size.wf", 'size={"case": "Big", "by": 3}').stdout)
            self.assertIn('"big by 4 true"', self.weft("run", "size.wf", 'size={"case": "Big", "by": 4}',
                                                       "other=Small").stdout)
            self.assertIn("did you mean `Small`?", self.weft("run", "size.wf", "size=Smal", code=2).stderr)

    def test_numbers_keep_every_digit(self):
        (self.folder / "exact.wf").write_text(EXACT)
        text = ('{"small": 0.1234567890123456789012345678901234, '
                '"large": 1234567890123456789012345678901234, "tenth": 0.1}')
        digits = re.findall(r"\d[\d.]+", text)
        (self.folder / "in.json").write_text(text)
        shown = self.weft("run", "exact.wf", "exact", "--input", "in.json").stdout
        shown += self.weft("run", "exact.wf", "exact", "--input", "in.json", "--json", "-q").stdout
        run = self.json("runs")["runs"][0]["run"]
        for text in (shown, self.weft("show", run).stdout, self.weft("show", run, "--json").stdout):
            for number in digits:
                self.assertRegex(text, rf"[^\d.]{re.escape(number)}\b")
        # The same at the terminal, and where the numbers are looked at by people.
        self.assertIn(digits[0], self.weft("run", "exact.wf", "exact", *(
            f"{name}={number}" for name, number in zip(("small", "large", "tenth"), digits))).stdout)
        self.weft("run", "exact.wf", "looked_at", "--input", "in.json", "--no-wait", code=11)
        task = self.json("review", "list")["tasks"][0]["task"]
        self.assertIn(digits[0], self.weft("review", "show", task).stdout)

    def test_files_come_back_as_they_went(self):
        folder = self.folder / "in"
        folder.mkdir()
        big = os.urandom(1_300_000)  # more than one part either way
        (folder / "b.bin").write_bytes(big)
        (folder / "a, comma.txt").write_text("a")
        (folder / ".hidden").write_text("no")
        (folder / "sub").mkdir()
        result = self.json("run", "files.wf", "files=in", "one=in/a, comma.txt", "--out", "got")
        self.assertEqual([pathlib.Path(f).name for f in result["files"]],
                         ["a, comma.txt", "b.bin"])
        self.assertEqual((self.folder / "got" / "b.bin").read_bytes(), big)
        (folder / "in.json").write_text('{"files": ["b.bin"], "one": {"path": "b.bin"}}')
        result = self.json("run", "files.wf", "--input", "in/in.json")
        self.assertEqual(pathlib.Path(result["files"][0]).read_bytes(), big)

    def test_no_colour_even_if_forced(self):
        environment = dict(os.environ, TERM="xterm-256color")
        self.weft("run", "hello.wf", "name=x", environment=environment)


class People(Case):
    def test_review_without_engine(self):
        done = self.weft("run", "review.wf", "text=a note", "--no-wait", code=11)
        task = re.search(r"weft review approve (\S+) ", done.stdout).group(1)
        self.assertEqual(self.json("review", "list")["tasks"][0]["task"], task)
        self.assertEqual(self.json("review", "show", task)["values"][0]["value"]["score"], 3)
        self.weft("review", "approve", task, "--role", "stranger", code=8)
        (self.folder / "n.json").write_text('{"text": "better", "score": 7}')
        self.weft("review", "revise", task, code=2)
        self.weft("review", "revise", task, "--set", "n=absent.json", code=3)
        self.weft("review", "revise", task, "--set", "m=n.json", code=2)
        said = self.weft("review", "revise", task, "--set", "n=n.json", "--reason", "typo").stdout
        self.assertIn("weft resume", said)
        self.weft("review", "approve", task, code=8)
        run = task.split(":")[0]
        self.weft("resume", code=0)
        self.assertEqual(self.json("show", run)["result"], {"text": "better", "score": 7})

    def test_edit(self):
        self.weft("run", "review.wf", "text=a note", "--no-wait", code=11)
        task = self.open_task()
        environment = dict(os.environ, EDITOR="sed -i s/3/8/", VISUAL="")
        self.weft("review", "revise", task, "--edit", "n", environment=environment)
        self.assertEqual(self.json("show", task.split(":")[0])["result"]["score"], 8)

    def test_reject_cancel_kill(self):
        for _ in range(3):
            self.weft("run", "review.wf", "text=x", "--no-wait", code=11)
        rejected, cancelled, killed = (t["task"] for t in self.json("review", "list")["tasks"])
        self.weft("review", "reject", rejected, "--reason", "no")
        self.assertEqual(self.json("show", rejected.split(":")[0])["status"], "failed")
        run = cancelled.split(":")[0]
        self.assertEqual(self.json("cancel", run, "--reason", "why not")["status"], "cancelled")
        self.weft("cancel", run, code=8)
        run = killed.split(":")[0]
        self.assertEqual(self.json("kill", run, "--reason", "enough")["status"], "killed")
        self.weft("resume", run, code=10)

    def test_decision_through_the_owner(self):
        owner = self.start("run", "review.wf", "text=a note")
        task = self.open_task()
        self.assertTrue(self.json("store")["served"])
        # A second run goes through the owner of the store.
        second = self.weft("run", "hello.wf", "name=second")
        self.assertIn("hello second", second.stdout)
        self.weft("review", "approve", task, "--reason", "fine", "--as", "ann")
        out, err = owner.communicate(timeout=30)
        self.assertEqual(owner.returncode, 0, out + err)
        self.assertIn("approved by ann", out)

    def test_interrupt_and_resume(self):
        owner = self.start("run", "review.wf", "text=a note")
        task = self.open_task()
        owner.send_signal(signal.SIGINT)
        out, err = owner.communicate(timeout=40)
        self.assertEqual(owner.returncode, 130, out + err)
        self.assertIn("weft resume", err)
        resumed = self.start("resume", task.split(":")[0])
        self.assertEqual(self.open_task(), task)
        self.weft("review", "approve", task)
        out, err = resumed.communicate(timeout=30)
        self.assertEqual(resumed.returncode, 0, out + err)

    def test_client_takes_over_when_the_owner_is_killed(self):
        owner = self.start("run", "review.wf", "text=first")
        self.open_task()
        client = self.start("run", "review.wf", "text=second")
        deadline = time.monotonic() + 20
        while len(tasks := self.json("review", "list")["tasks"]) < 2:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)
        owner.kill()
        owner.wait()
        self.weft("review", "approve", tasks[1]["task"])
        out, err = client.communicate(timeout=40)
        self.assertEqual(client.returncode, 0, out + err)
        self.assertIn("second", out)


class Stores(Case):
    def test_busy(self):
        import fcntl
        self.weft("run", "hello.wf", "name=x")
        # A lock holder without a socket, as a short command is one.
        with open(self.folder / "weft.store.lock", "r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            began = time.monotonic()
            done = self.weft("runs", code=4)
            self.assertIn("busy", done.stderr)
            self.assertGreater(time.monotonic() - began, 8)
        self.weft("runs")

    def test_newer_store(self):
        self.weft("run", "hello.wf", "name=x")
        with sqlite3.connect(self.folder / "weft.store") as base:
            version = base.execute("PRAGMA user_version").fetchone()[0]
            base.execute(f"PRAGMA user_version = {version + 1}")
        base.close()
        self.weft("runs", code=7)

    def test_a_store_that_was_overwritten(self):
        self.weft("run", "hello.wf", "name=x")
        (self.folder / "weft.store").write_bytes(b"this is no store" * 1000)
        self.weft("runs", code=6)

    def test_a_file_that_never_was_a_store(self):
        (self.folder / "weft.store").write_bytes(b"notes of mine\n" * 300)
        refused = self.weft("runs", code=6)
        self.assertIn("is not a store", refused.stderr)
        self.weft("run", "hello.wf", "name=x", code=6)
        self.assertEqual((self.folder / "weft.store").read_bytes(), b"notes of mine\n" * 300)

    def test_other_store_and_config(self):
        (self.folder / "weft.toml").write_text('[store]\npath = "other.store"\n')
        self.weft("run", "hello.wf", "name=x")
        self.assertTrue((self.folder / "other.store").exists())
        self.weft("run", "hello.wf", "name=x", "--store", "third.store")
        self.assertEqual(len(self.json("runs", "--store", "third.store")["runs"]), 1)
        (self.folder / "weft.toml").write_text("[store\n")
        self.weft("runs", code=2)


class Documentation(canary.Case):
    def test_exit_codes_are_those_of_the_table(self):
        header = (SOURCE / "cli" / "exit_codes.h").read_text()
        page = (SOURCE / "docs" / "exit-codes.md").read_text()
        in_code = sorted(int(n) for n in re.findall(r"constexpr int k\w+ = (\d+);", header))
        in_page = [int(n) for n in re.findall(r"(?m)^\| (\d+) \|", page)]
        self.assertEqual(in_code, in_page)
        self.assertEqual(in_code, [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 130])

    def test_every_command_is_described(self):
        done = subprocess.run([WEFT, "--help"], capture_output=True, text=True, check=True)
        names = re.findall(r"(?m)^  ([a-z]+) {2,}", done.stdout)
        page = (SOURCE / "docs" / "commands.md").read_text()
        self.assertGreater(len(names), 15)
        for name in names:
            self.assertRegex(page, rf"`(weft )?{name}\b", name)


if __name__ == "__main__":
    unittest.main()
