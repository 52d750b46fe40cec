"""`weft eval` against the real binary: scores, baselines, requirements, budgets, exit codes, reports."""

import json
import os
import pathlib
import shutil
import subprocess
import unittest
import xml.etree.ElementTree as xml

import canary

WEFT = os.environ["WEFT_BIN"]
SOURCE = pathlib.Path(__file__).resolve().parents[2]

PROGRAM = """\
use std.llm

type Even = Int where it % 2 == 0

record Question {
  text:  Text where length in 3..200
  words: List<Text> where length in 1..5
  pair:  Even?
}

record Reply {
  text: Text where length in 1..400
}

prompt reply_to(question: Text) -> Reply {
  user "Answer: ${question}"
}

workflow answer(question: Text) -> Untrusted<Text>
  within 1h
  costing at most 0.05 USD
{
  step reply = llm.generate(reply_to(question))
  return reply.text
}

eval answers on "questions.jsonl" of Question {
  mock llm.generate returns Reply(text: MOCK)
  run answer(case.text)
  score hits  = share(case.words, word => mentions(output, word))
  score both  = (hits + 1.0) / 2
  score short = length(output) <= 40
  require hits      >= 0.50
  require completed == cases
  baseline "answers.json", 0.1
  costing at most 0.02 USD
}
"""

CASES = [{"text": "What makes tides?", "words": ["moon"]},
         {"text": "Who was first there?", "words": ["moon", "Armstrong"]}]


class Evals(canary.Case):
    def setUp(self):
        super().setUp()
        self.write()
        self.cases(*CASES)

    def write(self, mock='"the moon does"', program=PROGRAM):
        (self.folder / "answer.wf").write_text(program.replace("MOCK", mock), encoding="utf-8")

    def cases(self, *rows):
        text = "".join(json.dumps(row) + "\n\n" for row in rows)
        (self.folder / "questions.jsonl").write_text(text, encoding="utf-8")

    def weft(self, *words, code=0):
        done = subprocess.run([WEFT, *words], cwd=self.folder, capture_output=True, text=True,
                              timeout=60, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def failed(self):
        done = self.weft("eval", "--json", code=1)
        (found,) = json.loads(done.stdout)[0]["evals"]
        return [(check["kind"], check["message"]) for check in found["checks"] if not check["holds"]]

    def test_a_baseline_is_asked_for_written_and_held(self):
        done = self.weft("eval", "answer.wf", code=1)
        self.assertIn("there is no baseline answers.json yet: `weft eval --update` writes it", done.stdout)
        self.assertIn("1 failed", done.stdout)
        self.assertIn("wrote answers.json", self.weft("eval", "answer.wf", "--update").stdout)
        baseline = json.loads((self.folder / "answers.json").read_text(encoding="utf-8"))
        self.assertEqual(baseline["scores"]["hits"], {"average": 0.75, "cases": [1, 0.5]})
        self.assertEqual(baseline["scores"]["both"]["average"], 0.875)
        done = self.weft("eval", "answer.wf")
        self.assertIn("score    hits   0.75  baseline 0.75", done.stdout)
        self.assertIn("holds    require hits      >= 0.50: 0.75 >= 0.5", done.stdout)
        self.assertIn("2 cases of questions.jsonl, spent 0.02 USD", done.stdout)
        written = (self.folder / "answers.json").read_bytes()
        self.weft("eval", "--update")
        self.assertEqual((self.folder / "answers.json").read_bytes(), written, "the same every time")

    def test_a_score_that_fell_names_the_cases(self):
        self.weft("eval", "--update")
        self.write('"Armstrong did"')
        done = self.weft("eval", code=1)
        self.assertIn("hits fell from 0.75 to 0.25", done.stdout)
        self.assertIn("worse on line 1\n", done.stdout)
        self.assertIn(("requirement", "the requirement does not hold"), self.failed())
        self.write('"the moon, so it is said, and nothing else besides"')
        self.assertEqual(self.failed(), [("baseline", "short fell from 1 to 0")])
        self.weft("eval", "--update")
        self.weft("eval")

    def test_a_fall_within_the_tolerance_is_borne(self):
        self.weft("eval", "--update")
        text = (self.folder / "answers.json").read_text(encoding="utf-8")
        (self.folder / "answers.json").write_text(text.replace('"average": 0.75', '"average": 0.85'),
                                                  encoding="utf-8")
        self.weft("eval")
        (self.folder / "answers.json").write_text(text.replace('"average": 0.75', '"average": 0.851'),
                                                  encoding="utf-8")
        self.assertEqual(self.failed(), [("baseline", "hits fell from 0.851 to 0.75")])

    def test_other_cases_and_new_scores_are_told(self):
        self.weft("eval", "--update")
        self.cases(CASES[0])
        self.assertIn("the cases are not those that answers.json was made from", self.weft("eval").stdout)
        self.write(program=PROGRAM.replace("score short", "score brief"))
        self.assertEqual(self.failed(), [("baseline", "the baseline answers.json knows no score brief: "
                                          "`weft eval --update` adds it")])
        (self.folder / "answers.json").write_text("{}", encoding="utf-8")
        self.assertEqual(self.failed(), [("baseline", "the baseline answers.json can't be read: "
                                          "it has no object `scores`")])

    def test_a_budget_that_is_passed(self):
        self.weft("eval", "--update")
        self.write(program=PROGRAM.replace("0.02 USD", "0.015 USD"))
        self.assertEqual(self.failed(), [("budget", "the runs cost more than the budget")])

    def test_a_run_without_output_counts_nothing(self):
        self.write(program=PROGRAM.replace('returns Reply(text: MOCK)', 'fails llm.NoCapability'))
        done = self.weft("eval", "--update", code=1)
        self.assertIn("note: lines 1, 3: hits counts 0: the run has no output, it ended with NoCapability",
                      done.stdout)
        self.assertEqual(self.failed()[-2:], [("requirement", "the requirement does not hold")] * 2)

    def test_cases_that_do_not_fit_run_nothing(self):
        self.cases({"text": "What?", "words": []}, {"text": "What now?", "word": ["x"]}, 7)
        found = self.failed()
        self.assertEqual([kind for kind, _ in found], ["cases"] * 3)
        self.assertIn("line 1 of questions.jsonl is no Question, at .words", found[0][1])
        self.assertIn("word", found[1][1])
        self.cases({**CASES[0], "pair": 3})
        self.assertIn("at .pair: does not meet the condition", self.failed()[0][1])
        self.cases()
        self.assertEqual(self.failed(), [("cases", "questions.jsonl holds no case")])
        (self.folder / "questions.jsonl").unlink()
        done = self.weft("eval", code=3)
        self.assertIn("weft: there is no file questions.jsonl", done.stderr)

    def test_an_effect_that_leaves_must_be_mocked(self):
        self.write(program="""\
use std.notify

workflow greet(name: Text) -> Text
  within 1h
{
  step notify.email(["ann@example.org"], subject: name)
  return name
}

eval greetings on "names.jsonl" {
  run greet(case.name)
  score same = output == case.name
}
""")
        (self.folder / "names.jsonl").write_text('{"name": "Ann"}\n', encoding="utf-8")
        (kind, message), = self.failed()
        self.assertEqual(kind, "run")
        self.assertIn("test-hits-real-worker: `greet.email` calls the worker `notify.email`", message)
        self.assertEqual({path.name for path in self.folder.iterdir()},
                         {"answer.wf", "names.jsonl", "questions.jsonl"}, "nothing was sent")

    def test_what_reads_is_asked_for_real_and_offline(self):
        program = PROGRAM.replace("  mock llm.generate returns Reply(text: MOCK)\n", "")
        self.write(program=program.replace("require hits      >= 0.50", "require hits      >= 0.00"))
        self.weft("eval", "--update")
        first = json.loads(self.weft("eval", "--json").stdout)[0]["evals"][0]
        self.assertEqual([one["status"] for one in first["cases"]], ["completed"] * 2)
        self.assertEqual(first["spent"], "0")
        self.assertEqual(json.loads(self.weft("eval", "--json").stdout)[0]["evals"][0], first)

    def test_reports(self):
        self.weft("eval", "--update")
        self.write('"Armstrong did"')
        self.weft("eval", "--junit", "out.xml", code=1)
        suite = xml.parse(self.folder / "out.xml").getroot().find("testsuite")
        self.assertEqual((suite.get("tests"), suite.get("failures"), suite.get("errors")), ("6", "3", "0"))
        failures = {case.get("name"): case.find("failure") for case in suite}
        self.assertIn("left:  0.25", failures["require hits      >= 0.50"].text)
        self.assertIsNone(failures["costing at most 0.02 USD"])
        self.weft("eval", "--filter", "nothing", code=3)
        self.write(program="workflow x")
        self.assertIn("1 file with errors", self.weft("eval", code=1).stdout)
        self.write(program="const a: Int = 1\n")
        self.assertIn("there are no evals here", self.weft("eval", code=3).stderr)

    def test_the_example(self):
        shutil.copytree(SOURCE / "examples" / "document_qa", self.folder / "qa",
                        ignore=shutil.ignore_patterns("corpus-src"))
        before = {path.name for path in (self.folder / "qa").iterdir()}
        done = self.weft("eval", "qa/document_qa.wf")
        self.assertIn("ok     packs: 2 cases of qa/cases.jsonl, nothing spent", done.stdout)
        self.assertEqual({path.name for path in (self.folder / "qa").iterdir()}, before)


if __name__ == "__main__":
    unittest.main()
