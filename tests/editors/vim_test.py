#!/usr/bin/env python3
"""Vim, without a screen, over every .wf file: it tells comments, texts and words apart, and indents what
`weft fmt` has laid out exactly as it stands."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "structure"))

import repository  # noqa: E402
import weft_text  # noqa: E402

WEFT = os.environ.get("WEFT_BIN", "weft")
WANTED = {
    "comment": r"wf(Doc)?Comment|wfAllow",
    "text": r"wf(Block|Raw)?Text|wfEscape",
    "reserved": r"wf(Statement|Clause|Operator|Constant|Directive|Contextual)",
    "declaration": r"wfDeclaration",
    "name": r"wf(Field|Call|Builtin|Type|Declared\w+|Definition|StepName|Hole|RawHole)|",
}


def vim(files):
    """{name: what vim_groups.vim says}, of {name: (path, positions)}."""
    with tempfile.TemporaryDirectory() as folder:
        job, out = pathlib.Path(folder, "job"), pathlib.Path(folder, "out")
        job.write_text(json.dumps({
            "vim": str(repository.SOURCE / "editors" / "vim"), "out": str(out),
            "files": {name: {"path": str(path), "at": at} for name, (path, at) in files.items()}}))
        done = subprocess.run(["vim", "-u", "NONE", "-es", "-S", HERE / "vim_groups.vim"],
                              env={**os.environ, "WEFT_VIM_JOB": str(job), "TERM": "dumb"}, timeout=100,
                              capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        if not out.exists():
            raise AssertionError(done.stdout + done.stderr)
        return json.loads(out.read_text(encoding="utf-8"))


class Vim(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        if not shutil.which("vim"):
            (self.fail if "WEFT_NO_SKIPS" in os.environ else self.skipTest)("vim is not installed")

    def test_every_file_is_coloured_as_it_is_read(self):
        texts = {str(path): weft_text.source_text(path)
                 for path, sound in weft_text.source_files() if sound}
        self.assertGreater(len(texts), 10)
        marks = {name: weft_text.marks(text) for name, text in texts.items()}
        files = {}
        for name, text in texts.items():
            lines = text.split("\n")
            at = [[line + 1, len(lines[line][:column].encode()) + 1] for line, column, *_ in marks[name]]
            files[name] = (repository.SOURCE / name, at)
        wrong, seen = [], set()
        for name, found in vim(files).items():
            lines = texts[name].split("\n")
            for (line, column, length, kind), group in zip(marks[name], found["groups"], strict=True):
                seen.add(kind)
                if not re.fullmatch(WANTED[kind], group):
                    word = lines[line][column:column + length]
                    wrong.append(f"{name}:{line + 1}:{column + 1}: {kind} `{word}` is {group or 'bare'}")
        self.assertEqual(seen, set(WANTED))
        self.assertEqual(wrong[:40], [])

    def test_words_that_are_free_as_names(self):
        text = ("record R {\n  a: List<Text> where length in 1..2\n}\n"
                "worker a.b(to: Text) -> R\n  effect idempotent for 24h, irreversible\n"
                "workflow w(to: Int, b: Text where length in 1..2)\n  within 1d\n{\n"
                "  step x = a.b(to, order)\n    retry 2 times, backoff 1s to 2s then hold\n  return order\n}\n")
        wanted = [(2, "where", "Where"), (4, "to", "Field"), (5, "effect", "Lead"),
                  (5, "idempotent", "Contextual"), (5, "irreversible", "Contextual"),
                  (6, "where", "Where"), (9, "to,", ""), (9, "order", ""), (10, "times", "Contextual"),
                  (10, "to", "Contextual"), (10, "hold", "Contextual"), (11, "order", "Value")]
        lines = text.split("\n")
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "free.wf")
            path.write_text(text, encoding="utf-8")
            at = [[line, re.search(r"\b" + word, lines[line - 1]).start() + 1] for line, word, _ in wanted]
            groups = vim({"free": (path, at)})["free"]["groups"]
        self.assertEqual([group.removeprefix("wf") for group in groups], [group for *_, group in wanted])

    def test_what_is_laid_out_keeps_its_indentation(self):
        with tempfile.TemporaryDirectory() as folder:
            texts, files = {}, {}
            for path, sound in weft_text.source_files():
                if not sound or path.parts[:2] == ("tests", "editors"):
                    continue
                copy = pathlib.Path(folder, str(path).replace("/", "-"))
                copy.write_text(weft_text.source_text(path), encoding="utf-8")
                done = subprocess.run([WEFT, "fmt", copy], capture_output=True, text=True, check=False)
                if done.returncode == 0:
                    texts[copy.name] = copy.read_text(encoding="utf-8")
                    files[copy.name] = (copy, [])
            self.assertGreater(len(files), 10)
            for name, found in vim(files).items():
                wanted, got = texts[name].split("\n"), found["indented"].split("\n")
                with self.subTest(name):
                    other = [f"{number}: {line!r} not {should!r}" for number, (line, should)
                             in enumerate(zip(got, wanted, strict=True), 1) if line != should]
                    self.assertEqual(other[:20], [])

    def test_what_is_not_laid_out_is_indented_alike(self):
        """Blanks at the begin of lines taken away, Vim puts them back; texts stay as they are."""
        text = repository.read("tests/golden/format/everything.wf")
        lines = text.split("\n")
        inside, flat = False, []
        for line in lines:
            flat.append(line if inside else line.lstrip())
            inside ^= line.count('"""') % 2 == 1
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "flat.wf")
            path.write_text("\n".join(flat), encoding="utf-8")
            got = vim({"flat": (path, [])})["flat"]["indented"].split("\n")
        other = [f"{number}: {line!r} not {should!r}"
                 for number, (line, should) in enumerate(zip(got, lines), 1) if line != should]
        self.assertEqual(other[:20], [])


if __name__ == "__main__":
    unittest.main()
