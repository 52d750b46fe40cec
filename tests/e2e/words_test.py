"""Words of a command line that say nothing, or no number: they are refused, and stand for nothing else."""

import pathlib
import subprocess
import sys
import unittest

import cli_test

VERIFIER = pathlib.Path(__file__).resolve().parents[2] / "tools" / "verify_bundle.py"

REST = """\
workflow rest() -> Text
  within 1h
{
  signal said: Text
  step text = wait said within 1m else {
    fail "nothing was said"
  }
  return "[${text}]"
}
"""


class Words(cli_test.Case):
    def setUp(self):
        super().setUp()
        self.run_id = self.json("run", "hello.wf", "name=one", "--no-verify")["run"]

    def refused(self, *words):
        done = self.weft(*words, code=2)
        self.assertEqual(done.stdout, "", words)
        return done.stderr

    def verifier(self, *words, code):
        done = subprocess.run([sys.executable, "-B", str(VERIFIER), *words], cwd=self.folder, text=True,
                              capture_output=True, timeout=60, check=False)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertNotIn("Traceback", done.stderr)
        return done.stderr

    def test_what_is_empty_weakens_no_audit(self):
        made = self.json("audit", "export", self.run_id, "-o", "b.bundle")
        (self.folder / "empty").write_text("\n")
        for words in (("",), ("", "--level", "1"), ("b.bundle", "--key", ""), ("--witness", ""),
                      ("b.bundle", "--witness", ""), ("b.bundle", "--key", "empty"), ("--key", "abc"),
                      ("--key", made["key"])):
            self.refused("audit", "verify", *words)
        # Nor does one that is not there.
        self.weft("audit", "verify", "b.bundle", "--witness", "absent", code=3)
        self.weft("audit", "verify", "b.bundle", "--key", made["key"])
        self.verifier("b.bundle", "--key", made["key"], code=0)
        for words in (("b.bundle", "--key", ""), ("b.bundle", "--witness", ""), ("",), ("absent",), (".",),
                      ("b.bundle", "--witness", "absent")):
            self.assertRegex(self.verifier(*words, code=2), r"error: \S", words)
        self.verifier("hello.wf", code=1)

    def test_what_is_empty_is_no_run_and_no_file(self):
        for words in (("audit", "keys", ""), ("resume", ""), ("runs", "--status", ""),
                      ("timeline", self.run_id, "-o", ""),
                      ("audit", "export", self.run_id, "-o", ""), ("audit", "export", self.run_id, "--witness", ""),
                      ("audit", "erase", "--after", "2000-01-01", "--before", "", "--reason", "old"),
                      ("audit", "erase", self.run_id, "--reason", "old", "--receipt", ""), ("runs", "--store", ""),
                      ("run", "hello.wf", "name=x", "--request-id", "")):
            self.assertIn("empty", self.refused(*words))
        self.assertEqual(len(self.json("runs")["runs"]), 1)
        self.assertIn("one", self.weft("log", self.run_id, "--payloads").stdout)

    def test_an_empty_text_has_its_quotes(self):
        (self.folder / "rest.wf").write_text(REST)
        waiting = self.start("run", "rest.wf", "--no-verify")
        run = waiting.stdout.readline().split()[1]
        self.refused("signal", run, "said", "")
        self.weft("signal", run, "said", '""')
        self.assertIn("[]", waiting.communicate(timeout=30)[0])
        self.assertEqual(self.json("run", "hello.wf", "name=", "--no-verify")["result"], "hello ")

    def test_a_file_without_end_is_refused(self):
        self.weft("audit", "export", self.run_id, "-o", "b.bundle")
        for words in (("--witness", "/dev/full"), ("--witness", "/dev/zero"), ("--witness", "."),
                      ("b.bundle", "--witness", "/dev/zero"), ("/dev/zero",)):
            self.refused("audit", "verify", *words)
        # What ends may come by a pipe.
        done = subprocess.run(["bash", "-c", '"$0" audit verify <(cat b.bundle)', cli_test.WEFT], cwd=self.folder,
                              text=True, capture_output=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main()
