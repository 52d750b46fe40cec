#!/usr/bin/env python3
"""Measures weft-helper's reading of PDF and HTML against manuals that exist as plain text as well.

WEFT_HELPER=build/weft-helper python3 tests/e2e/docs_manuals_test.py

The manuals are Debian's packages developers-reference, debian-policy, maint-guide and
debian-reference-en; each that isn't installed is skipped, or fails under scripts/test. Of the text
edition's words and five-word runs, so many must stand in what was read. Words parted by a hyphen at a
line's end are joined before. The text edition of debian-reference-en wraps the cells of its tables, so
that a line of it holds parts of several: those drawn with | and + are read cell by cell, as a person
reads them. The others are counted as they stand.
"""
import collections
import gzip
import json
import os
import pathlib
import re
import subprocess
import tempfile
import time
import unittest

import canary

HELPER = os.environ.get("WEFT_HELPER", "weft-helper")
WORDS_MIN = 0.98
RUNS_MIN = 0.90
LONGEST_SECONDS = 3.0
NO_SKIPS = "WEFT_NO_SKIPS" in os.environ
SHARE = pathlib.Path("/usr/share")
MANUALS = {
    "developers-reference": ("developers-reference/developers-reference.pdf",
                             "developers-reference/developers-reference.txt.gz",
                             "developers-reference/best-pkging-practices.html"),
    "debian-policy": ("doc/debian-policy/policy.pdf.gz", "doc/debian-policy/policy.txt.gz",
                      "doc/debian-policy/policy.html/ch-source.html"),
    "maint-guide": ("doc/maint-guide/maint-guide.en.pdf", "doc/maint-guide/maint-guide.en.txt.gz",
                    "doc/maint-guide/html/dother.en.html"),
    "debian-reference-en": ("debian-reference/debian-reference.en.pdf",
                            "debian-reference/debian-reference.en.txt.gz",
                            "debian-reference/ch01.en.html"),
}
WRAPS_CELLS = {"debian-reference-en"}
RULE = re.compile(r"^\s*[|+][-+]+[|+]\s*$")


def content(path):
    data = (SHARE / path).read_bytes()
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


def read_cells(table):
    """The lines of one drawn table as rows of whole cells."""
    left = len(table[0]) - len(table[0].lstrip())
    right = max(len(line.rstrip()) for line in table) - 1
    inner = {i for line in table if RULE.match(line) for i, c in enumerate(line)
             if c == "+" and left < i < right}
    cuts = [left, *sorted(inner), right]
    rows, cells = [], [[] for _ in cuts[1:]]
    for line in [*table, "+-+"]:
        if RULE.match(line):
            rows.append(" ".join(" ".join(cell) for cell in cells))
            cells = [[] for _ in cells]
        else:
            line = line.ljust(right + 1)
            for cell, start, end in zip(cells, cuts, cuts[1:]):
                cell.append(line[start + 1:end].strip())
    return rows


def read_tables(text):
    out, table = [], []
    for line in [*text.split("\n"), ""]:
        if line.strip()[:1] in ("|", "+") and line.rstrip()[-1] in "|+":
            table.append(line)
            continue
        if table:
            out += read_cells(table)
            table = []
        out.append(line)
    return "\n".join(out)


def words(text):
    text = re.sub("(\\w)[-\u2010\u00ad]\n\\s*(?=[a-z])", r"\1", text)
    return re.findall(r"[^\W_]+", text.lower())


def recall(expected, got, length):
    runs = lambda w: collections.Counter(zip(*(w[i:] for i in range(length))))
    wanted, found = runs(expected), runs(got)
    return (wanted & found).total() / wanted.total()


def parse(data, name):
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        request = json.dumps({"fd": file.fileno(), "name": name, "media": ""})
        start = time.monotonic()
        done = subprocess.run([HELPER, "docs"], input=request.encode(), capture_output=True,
                              pass_fds=[file.fileno()], check=True)
        seconds = time.monotonic() - start
    return json.loads(done.stdout)["document"], seconds


class Manuals(canary.Case):
    def needs(self, name, path):
        if not (SHARE / path).exists():
            (self.fail if NO_SKIPS else self.skipTest)(f"{name} is not installed")

    def each(self, kind):
        """The manuals that are here, each in a test of its own."""
        for name, paths in MANUALS.items():
            with self.subTest(name):
                self.needs(name, paths[kind])
                yield name, paths

    def test_pdf_against_its_text_edition(self):
        for name, (pdf, text, _) in self.each(0):
            document, seconds = parse(content(pdf), "manual.pdf")
            edition = content(text).decode()
            expected = words(read_tables(edition) if name in WRAPS_CELLS else edition)
            got = words(document["text"])
            by_word, by_run = recall(expected, got, 1), recall(expected, got, 5)
            print(f"{name}: {document['pages']} pages in {seconds:.2f} s, words {by_word:.4f}, "
                  f"five-word runs {by_run:.4f}")
            self.assertGreaterEqual(by_word, WORDS_MIN)
            self.assertGreaterEqual(by_run, RUNS_MIN)
            headings = [b for b in document["blocks"] if b["kind"] == "Heading"]
            self.assertGreater(len(headings), document["pages"] / 2)

    def test_longest_pdf_is_read_in_time(self):
        pdf = MANUALS["debian-reference-en"][0]
        self.needs("debian-reference-en", pdf)
        if os.getloadavg()[0] > os.cpu_count():
            self.skipTest("the machine is busy with something else")
        best = min(parse(content(pdf), "manual.pdf")[1] for _ in range(3))
        print(f"debian-reference-en: best of 3 is {best:.2f} s")
        self.assertLess(best, LONGEST_SECONDS)

    def test_html_has_headings_and_sections(self):
        for name, (_, _, page) in self.each(2):
            document, _ = parse(content(page), page.rsplit("/", 1)[1])
            kinds = collections.Counter(block["kind"] for block in document["blocks"])
            print(f"{name}: {page.rsplit('/', 1)[1]} has {dict(kinds)}")
            self.assertGreater(kinds["Heading"], 3)
            self.assertGreater(kinds["Paragraph"], 10)
            self.assertTrue(document["title"])
            self.assertTrue(any(" > " in block["section"] for block in document["blocks"]))

    def test_every_block_is_a_range_of_the_text(self):
        for name, paths in self.each(0):
            document, _ = parse(content(paths[0]), "manual.pdf")
            text = document["text"].encode()
            ranges = [text[b["start"]:b["end"]] for b in document["blocks"]]
            self.assertEqual(b"\n\n".join(ranges), text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
