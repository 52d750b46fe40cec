"""`weft test` and `weft crashtest` against the real binary: results, exit codes, JSON, JUnit, watching."""

import json
import os
import pathlib
import subprocess
import threading
import time
import unittest
import xml.etree.ElementTree as xml

import canary

WEFT = os.environ["WEFT_BIN"]
SOURCE = pathlib.Path(__file__).resolve().parents[2]

PROGRAM = """\
worker crm.read(id: Text) -> Text
  effect read
  timeout 5s
  retry 2 times, backoff 1s to 10s

workflow greeting(id: Text) -> Text
  within 1h
{
  step name = crm.read(id)
  if length(name) > 5 {
    return "${name}!"
  }
  return "hello ${name}"
}

test "it greets" {
  mock crm.read returns "Ada"
  run greeting("7")
  expect output == "hello Ada"
}
"""

FAILING = """
test "it greets & \\"shouts\\"" {
  mock crm.read returns "Ada"
  run greeting("7")
  expect output == "HELLO <Ada>"
}
"""


class Tests(canary.Case):
    def setUp(self):
        super().setUp()

    def write(self, text, name="greeting.wf"):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def weft(self, *words, code=0):
        done = subprocess.run([WEFT, *words], cwd=self.folder, capture_output=True, text=True,
                              timeout=60, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def test_the_example_passes_its_own_test(self):
        path = SOURCE / "examples" / "document_qa" / "document_qa.wf"
        done = self.weft("test", str(path))
        self.assertIn("ok     a weak pack goes to an editor, and is sent once approved", done.stdout)
        self.assertIn("3 passed", done.stdout)
        self.assertFalse(list(self.folder.iterdir()), "a test leaves nothing behind")

    def test_all_examples_pass_theirs(self):
        self.weft("test", str(SOURCE / "examples"))

    def test_the_example_bears_a_crash_after_each_fact(self):
        done = self.weft("crashtest", str(SOURCE / "examples"))
        self.assertGreaterEqual(int(done.stdout.split(" passed")[0].split()[-1]), 56)

    def test_a_failure_shows_its_line_and_both_sides(self):
        self.write(PROGRAM + FAILING)
        done = self.weft("test", code=1)
        self.assertIn("ok     it greets\n", done.stdout)
        self.assertIn('failed it greets & "shouts"', done.stdout)
        self.assertIn('greeting.wf:25:3: the expectation does not hold\n'
                      '        expect output == "HELLO <Ada>"\n'
                      '        left:  "hello Ada"\n'
                      '        right: "HELLO <Ada>"\n', done.stdout)
        self.assertIn("1 passed, 1 failed", done.stdout)

    def test_folders_are_searched_and_titles_filtered(self):
        self.write(PROGRAM, "a/one.wf")
        self.write(PROGRAM + FAILING, "b/two.wf")
        self.write("what is this", ".hidden/three.wf")
        self.weft("test", code=1)
        self.assertIn("1 passed", self.weft("test", "a").stdout)
        self.assertIn("1 failed", self.weft("test", "--filter", "shouts", code=1).stdout)
        self.assertIn("no test has", self.weft("test", "--filter", "nothing", code=3).stderr)
        self.weft("test", "nowhere", code=3)
        self.write("fn one() -> Int = 1\n", "c/four.wf")
        self.assertIn("there are no tests", self.weft("test", "c", code=3).stderr)

    def test_a_file_with_errors_counts(self):
        self.write(PROGRAM.replace("crm.read returns", "crm.raed returns"))
        done = self.weft("test", code=1)
        self.assertIn("did you mean `crm.read`?", done.stdout)
        self.assertIn("1 file with errors", done.stdout)

    def test_an_unmocked_worker_is_not_reached(self):
        self.write(PROGRAM.replace('  mock crm.read returns "Ada"\n', ""))
        self.assertIn("test-hits-real-worker", self.weft("test", code=1).stdout)

    def test_json(self):
        self.write(PROGRAM + FAILING)
        files = json.loads(self.weft("test", "--json", "--coverage", code=1).stdout)
        tests = files[0]["tests"]
        self.assertEqual([test["passed"] for test in tests], [True, False])
        self.assertEqual(tests[1]["failures"][0]["left"], '"hello Ada"')
        self.assertEqual(tests[1]["failures"][0]["line"], 25)
        self.assertEqual(files[0]["coverage"]["untested"][0]["kind"], "branch")
        self.assertEqual(files[0]["coverage"]["parts"], 2)

    def test_coverage(self):
        self.write(PROGRAM)
        out = self.weft("test", "--coverage").stdout
        self.assertIn("1 of 2 branches, rungs and compensations reached", out)
        self.assertIn("`if length(name) > 5` is never true", out)

    def test_junit(self):
        self.write(PROGRAM + FAILING)
        self.write("workflow", "broken.wf")
        self.weft("test", "--junit", "out.xml", code=1)
        suites = xml.parse(self.folder / "out.xml").getroot()
        self.assertEqual((suites.tag, suites.get("tests"), suites.get("failures"), suites.get("errors")),
                         ("testsuites", "3", "1", "1"))
        cases = {case.get("name"): case for case in suites.iter("testcase")}
        self.assertEqual(set(cases), {"it greets", 'it greets & "shouts"', "compiles"})
        failure = cases['it greets & "shouts"'].find("failure")
        self.assertIn('right: "HELLO <Ada>"', failure.text)
        self.assertIsNotNone(cases["compiles"].find("error"))

    def test_a_verdict_has_the_rung_that_let_it_pass(self):
        """Behind a review nobody looks at the requirements again before the next rung."""
        path = self.write('''\
workflow flow(n: Int) -> Int within 1d {
  gate g {
    require n > 3
    otherwise review n by "boss" within 100s
    otherwise accept "fine"
  }
  return g.rung
}

test "silence" {
  run flow(1)
  expect output == 1
}

test "rejected" {
  decide g as "ann" in "boss" after 1s: reject "no"
  run flow(1)
  expect output == 1
}

test "approved" {
  decide g as "ann" in "boss" after 1s: approve "yes"
  run flow(1)
  expect output == 0
}

test "passed" {
  run flow(4)
  expect output == -1
}
''')
        self.assertIn("4 passed", self.weft("test", path.name).stdout)

    def test_watching_runs_again_on_a_change(self):
        path = self.write(PROGRAM)
        with subprocess.Popen([WEFT, "test", "--watch", path.name], cwd=self.folder, text=True,
                              stdout=subprocess.PIPE, env={**os.environ, "NO_COLOR": "1"}) as child:
            lines = []
            reader = threading.Thread(target=lambda: lines.extend(iter(child.stdout.readline, "")))
            reader.start()

            def wait_for(word):
                end = time.monotonic() + 30
                while not any(word in line for line in lines):
                    self.assertLess(time.monotonic(), end, lines)
                    # Written again and again: the first may come before the folder is watched.
                    path.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
                    time.sleep(0.2)

            try:
                wait_for("1 passed")
                path.write_text(PROGRAM + FAILING, encoding="utf-8")
                wait_for("1 failed")
            finally:
                child.terminate()
                reader.join()


if __name__ == "__main__":
    unittest.main()
