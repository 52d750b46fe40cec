#!/usr/bin/env python3
"""Every example is a right program in the canonical layout, has tests of its own, and says what it shows."""
import os
import subprocess
import unittest

from repository import SOURCE, read

WEFT = os.environ.get("WEFT_BIN", "weft")
# The main job has a page of its own kind, with a corpus and a configuration.
LONG = "document_qa"


def weft(*words, folder):
    return subprocess.run([WEFT, *words], cwd=folder, capture_output=True, text=True, timeout=50,
                          check=False)


def examples():
    return sorted(folder.name for folder in (SOURCE / "examples").iterdir()
                  if (folder / f"{folder.name}.wf").exists())


class Examples(unittest.TestCase):
    def each(self, test):
        for name in examples():
            with self.subTest(example=name):
                test(name, SOURCE / "examples" / name)

    def test_there_are_many(self):
        self.assertGreaterEqual(len(examples()), 15)

    def test_they_have_no_mistake_and_no_warning(self):
        def test(name, folder):
            done = weft("check", f"{name}.wf", folder=folder)
            # Schedules are listed before the last line.
            last = done.stdout.splitlines()[-1:]
            self.assertEqual((done.returncode, last, done.stderr),
                             (0, [f"{name}.wf: no mistakes found"], ""), done.stdout)

        self.each(test)

    def test_they_are_laid_out(self):
        def test(name, folder):
            done = weft("fmt", "--diff", f"{name}.wf", folder=folder)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

        self.each(test)

    def test_they_have_tests(self):
        def test(name, folder):
            program = (folder / f"{name}.wf").read_text(encoding="utf-8")
            self.assertIn("\ntest \"", program)
            self.assertTrue(program.startswith("//! "))

        self.each(test)

    def test_they_say_what_they_show(self):
        overview = read("examples/README.md")

        def test(name, folder):
            self.assertIn(f"({name}/README.md)", overview)
            page = (folder / "README.md").read_text(encoding="utf-8")
            if name != LONG:
                self.assertIn(f"    weft check {name}.wf\n    weft test {name}.wf\n", page)
                self.assertLessEqual(len(page.splitlines()), 16)

        self.each(test)


if __name__ == "__main__":
    unittest.main()
