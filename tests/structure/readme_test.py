#!/usr/bin/env python3
"""The README is true: its program runs and leaves the log shown, its host program is the example's."""
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from repository import read

WEFT = os.environ.get("WEFT_BIN", "weft")


def blocks(language):
    fences = re.findall(r"^```(\w*)\n(.*?)^```$", read("README.md"), re.DOTALL | re.MULTILINE)
    return [text for name, text in fences if name == language]


def without_time(log):
    """Time, duration and who started the run are different each time."""
    log = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "TIME", log)
    log = re.sub(r"done in \d+ m?s", "done", re.sub(r"begun by \S+", "begun", log))
    return [line.split() for line in log.splitlines()]


class Readme(unittest.TestCase):
    def test_the_program_leaves_the_log(self):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "remind.wf").write_text(blocks("wf")[0], encoding="utf-8")

            def weft(*words):
                done = subprocess.run([WEFT, *words], cwd=folder, capture_output=True, text=True,
                                      timeout=50, check=False)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                return done.stdout

            weft("check", "remind.wf")
            weft("run", "--no-verify", "remind.wf", 'to=["ann@example.org"]',
                 'amount={"amount": "12.50", "currency": "EUR"}')
            run = json.loads(weft("runs", "--json"))["runs"][0]["run"]
            self.assertEqual(without_time(weft("log", run)), without_time(blocks("")[0]))

    def test_the_host_program_is_the_examples(self):
        main = {line.strip() for line in read("examples/embedding/main.cpp").splitlines()}
        for line in blocks("cpp")[0].splitlines():
            self.assertIn(line.strip(), main)

    def test_it_stays_short(self):
        self.assertLessEqual(len(read("README.md").splitlines()), 120)
        self.assertLessEqual(len(read("CONTRIBUTING.md").splitlines()), 250)
        self.assertLessEqual(len(read("ARCHITECTURE.md").splitlines()), 400)


if __name__ == "__main__":
    unittest.main()
