#!/usr/bin/env python3
"""Every Weft snippet of the pages is what `weft check` and `weft fmt` take (snippets.py says which is what)."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor

from repository import read
from snippets import snippets

WEFT = os.environ.get("WEFT_BIN", "weft")
PAGES = ("README.md", "docs/language.md")


def weft(*words, folder):
    return subprocess.run([WEFT, *words], cwd=folder, capture_output=True, text=True, timeout=50,
                          check=False)


def messages(folder, name):
    """And whether the program was taken."""
    done = weft("check", "--format", "json", name, folder=folder)
    return json.loads(done.stdout), done.returncode == 0


def complaints(snippet):
    """What is wrong with it, as texts."""
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "page.wf").write_text(snippet.program, encoding="utf-8")
        found, taken = messages(folder, "page.wf")
        if snippet.bad:
            names = [message["name"] for message in found]
            return [] if names == [snippet.bad] else [f"gives {names}, not just {snippet.bad}"]
        out = []
        for message in found:
            line = message["span"]["line"]
            counts = snippet.first <= line <= snippet.last and not snippet.is_prelude
            if snippet.is_library and message["name"] == "unused-declaration":
                counts = False
            if counts or message["severity"] == "error":
                out.append(f"line {line - snippet.first + 1}: {message['message']}")
        if out or not taken:
            shown = weft("check", "page.wf", folder=folder).stdout.splitlines()
            return out or [line for line in shown if line.startswith("weft:")] or shown
        laid_out = weft("fmt", "--diff", "page.wf", folder=folder)
        if laid_out.stdout.strip():
            out.append(f"is not laid out:\n{laid_out.stdout}")
        if snippet.has_tests:
            tested = weft("test", "page.wf", folder=folder)
            if tested.returncode != 0:
                out.append(f"its tests fail:\n{tested.stdout}")
        return out


class Language(unittest.TestCase):
    def test_every_snippet_is_right(self):
        count = 0
        for page in PAGES:
            found = snippets(read(page))
            self.assertTrue(found, page)
            count += len(found)
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                for snippet, wrong in zip(found, pool.map(complaints, found)):
                    with self.subTest(place=f"{page}:{snippet.line}"):
                        self.assertFalse(wrong, "\n".join(wrong))
        self.assertGreater(count, 25)

    def test_a_wrong_snippet_is_found(self):
        prelude = ("```wf prelude p\nworkflow flow(id: Text) -> Text\n  within 1h\n{\n"
                   "  // here\n  return id\n}\n```\n")

        def wrong(text):
            return complaints(snippets(prelude + text)[-1])

        self.assertEqual(wrong("```wf in p\nemit seen(id)\n```\n"), [])
        self.assertRegex(wrong("```wf in p\nemit seen(idd)\n```\n")[0], "line 1: .*idd")
        self.assertRegex(wrong("```wf in p\nlet unread = 3\n```\n")[0], "line 1: .*unread")
        self.assertRegex(wrong("```wf in p\nemit   seen(id)\n```\n")[0], "is not laid out")
        self.assertEqual(wrong("```wf bad unknown-name in p\nemit seen(idd)\n```\n"), [])
        self.assertEqual(len(wrong("```wf bad unknown-name in p\nemit seen(id)\n```\n")), 1)
        with self.assertRaisesRegex(ValueError, "line 10: no such kind"):
            snippets(prelude + "```wf on p\nemit seen(id)\n```\n")


if __name__ == "__main__":
    unittest.main()
