"""A reader made from docs/log-format.md alone reads what the engine writes: every record of a store and of bundles,
each field by the page's tables, each payload by its row there."""

import json
import pathlib
import sys
import unittest

from erasure_test import FLOW, PEOPLE, ErasureCase

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests" / "support"))

import page_reader  # noqa: E402

FROZEN = sorted((SOURCE / "tests" / "frozen" / "bundles").glob("*.bundle"))

# Waits, timers, signals, a lock, a failure with fields, a gate that is retried, branches.
MORE = """\
error Gone {
  what: Text
}

workflow more(name: Text) -> Text
  within 1d
{
  signal go: Text

  lock name within 1h else {
    fail "busy"
  }
  step all = each x in [1, 2, 3], 2 at once {
    emit seen(x)
    x
  }
  gate enough {
    require length(name) > 2
    otherwise accept "it will do"
  }
  sleep 10ms
  step word = wait go within 1h else {
    fail "nobody came"
  }
  if word == "no" {
    fail Gone(what: word)
  }
  return word
}
"""


class Page(ErasureCase):
    def setUp(self):
        super().setUp()
        self.page = page_reader.Page()

    def read(self, records):
        return [(one["kind"], said) for _, one, said in page_reader.read(self.page, records)]

    def bundle(self, run, *words):
        self.weft("audit", "export", run, "-o", "read.bundle", *words)
        return self.read(page_reader.bundle(self.page, (self.folder / "read.bundle").read_bytes()))

    def test_frozen_bundles(self):
        self.assertEqual(len(FROZEN), 3)
        for path in FROZEN:
            self.assertGreater(len(self.read(page_reader.bundle(self.page, path.read_bytes()))), 8)
        for path in (SOURCE / "tests" / "frozen" / "logs").glob("*.bundle"):
            self.assertGreater(len(self.read(page_reader.bundle(self.page, path.read_bytes()))), 2)

    def test_what_the_engine_writes(self):
        for name, text in (("told", FLOW), ("people", PEOPLE), ("more", MORE)):
            (self.folder / f"{name}.wf").write_text(text)
        (self.folder / "letter.txt").write_text("words")
        told = self.run_flow("told.wf", "name=ann", "letter=letter.txt", "long=x", "--no-wait", code=11)
        task = self.json("review", "list")["tasks"][0]["task"]
        self.weft("hold", told, "--reason", "wait", "--as", "op")
        self.weft("release", told, "--reason", "go on")
        self.weft("review", "approve", task, "--reason", "right")
        several = self.run_flow("people.wf", "several", "names=ann,bob")
        runs = [told, several]
        for word in ("yes", "no"):
            run = self.run_flow("more.wf", f"name={word}", "--no-wait", code=11)
            self.weft("signal", run, "go", json.dumps(word))
            self.weft("resume", run, code=0 if word == "yes" else 10)
            runs.append(run)
        kinds = {}
        for run in runs:
            for kind, said in self.bundle(run):
                kinds.setdefault(kind, []).append(said)
            self.assertEqual({said for _, said in self.bundle(run, "--no-payloads")}, {None})
        for kind in ("begin", "call", "start", "outcome", "gate", "review-open", "decision", "held-by-operator",
                     "released", "event", "end", "timer-set", "timer-fired", "signal", "signal-taken", "lock-ask",
                     "lock-got", "fork", "join", "sub-start", "sub-ended", "opened", "exported"):
            self.assertIn(kind, kinds | dict(self.store()), kind)
        self.assertTrue(any("Gone" in repr(said) for said in kinds["end"]))
        self.weft("audit", "hold", told, "--reason", "a claim")
        self.weft("audit", "release", told, "--reason", "settled")
        self.weft("audit", "erase", told, "--reason", "asked")
        after = [kind for kind, _ in self.store()]
        for kind in ("actor", "attested", "erase", "erased", "legal-hold", "closed"):
            self.assertIn(kind, after)
        # As many as the store counts.
        self.assertEqual(len(after), self.json("audit", "verify")["records"])

    def store(self):
        return self.read(page_reader.store(self.folder / "weft.store"))

    def test_what_is_not_on_the_page_is_told(self):
        self.run_flow("hello.wf", "name=ann")
        del self.page.codes["status", "end"][4]
        with self.assertRaisesRegex(page_reader.Wrong, "`status` of end has the code 4"):
            self.store()
        page = page_reader.Page()
        page.payloads["end"] = "record: result Text"
        self.page = page
        with self.assertRaisesRegex(page_reader.Wrong, "the payload of end"):
            self.bundle(self.json("runs")["runs"][0]["run"])


if __name__ == "__main__":
    unittest.main()
