"""Words of a command line that say nothing, or no number: they are refused, and stand for nothing else."""

import pathlib
import subprocess
import sys
import unittest

import cli_test

VERIFIER = pathlib.Path(__file__).resolve().parents[2] / "tools" / "verify_bundle.py"

AMOUNT = """\
workflow amount(d: Decimal, list: List<Decimal> = []) -> Decimal
  within 1h
{
  emit seen(list)
  return d
}
"""

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

    def test_numbers_of_records(self):
        for word in ("-1", "x", "", "1.5", "1x", "99999999999999999999999"):
            for words in (("show", self.run_id, f"--at={word}"), ("log", self.run_id, f"--from={word}"),
                          ("replay", self.run_id, f"--to={word}"), ("audit", "proof", self.run_id, word)):
                # An option with nothing behind its sign takes the next word, of which there is none.
                said = self.refused(*words)
                self.assertLess(len(said), 200, words)
                if word:
                    self.assertIn(f"`{word}` is no number of a record", said)
        self.weft("show", self.run_id, "--at", "0")
        self.weft("audit", "proof", self.run_id, "0")

    def test_a_fork_says_from_where(self):
        begun = self.weft("fork", self.run_id, "--from", "0", "--look", code=8).stderr
        self.assertIn("record 0 is its beginning", begun)
        last = len(self.json("log", self.run_id)["entries"]) - 1
        self.assertIn(f"a record from 1 to {last}", begun)
        absent = self.weft("fork", self.run_id, "--from", "99", "--look", code=3).stderr
        self.assertIn(f"a record from 1 to {last}", absent)
        self.weft("fork", self.run_id, "--from", str(last), "--look")

    def test_a_file_without_end_is_refused(self):
        self.weft("audit", "export", self.run_id, "-o", "b.bundle")
        for words in (("--witness", "/dev/full"), ("--witness", "/dev/zero"), ("--witness", "."),
                      ("b.bundle", "--witness", "/dev/zero"), ("/dev/zero",)):
            self.refused("audit", "verify", *words)
        for command in ("check", "run", "plan"):
            self.refused(command, "/dev/zero")
        self.refused("run", "hello.wf", "--input", "/dev/zero")
        # What ends may come by a pipe.
        done = subprocess.run(["bash", "-c", '"$0" audit verify <(cat b.bundle)', cli_test.WEFT], cwd=self.folder,
                              text=True, capture_output=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_number_is_the_same_by_word_and_by_file(self):
        (self.folder / "amount.wf").write_text(AMOUNT)
        for number, code in (("1e309", 0), ("-1e-400", 0), ("1e4932", 0), ("1e5000", 2), ("1e", 2)):
            (self.folder / "in.json").write_text(f'{{"d": {number}}}')
            by_file = self.weft("run", "amount.wf", "--input", "in.json", "--no-verify", "--json", code=code).stdout
            by_word = self.weft("run", "amount.wf", f"d={number}", "--no-verify", "--json", code=code).stdout
            if code == 0:
                self.assertEqual(self.result_text(by_word), self.result_text(by_file))
        self.weft("run", "amount.wf", "d=1", "list=[1e309, 2]", "--no-verify")

    @staticmethod
    def result_text(answer):
        return next(line for line in answer.splitlines() if '"result"' in line)


if __name__ == "__main__":
    unittest.main()
