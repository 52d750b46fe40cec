#!/usr/bin/env python3
"""The extension for Visual Studio Code: its grammar by VS Code's own tokenizer over every .wf file and by
assertions in tests/editors/scopes, its snippets by Weft, its package by vsce."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "structure"))

import repository  # noqa: E402
import weft_text  # noqa: E402

EXTENSION = repository.SOURCE / "editors" / "vscode"
MODULES = EXTENSION / "node_modules"
GRAMMAR = EXTENSION / "syntaxes" / "weft.tmLanguage.json"
WEFT = os.environ.get("WEFT_BIN", "weft")

# What kinds of weft_text.marks() have to look like, and must not.
WANTED = {
    "comment": r"comment\.",
    "text": r"string\.",
    "reserved": r"keyword\.|constant\.language|storage\.type",
    "declaration": r"storage\.(type|modifier)|keyword\.other",
    "name": r"variable\.|entity\.|support\.",
}
UNWANTED = {
    "text": r"keyword\.|comment\.",
    "reserved": r"comment\.|variable\.",
    "name": r"keyword\.control|keyword\.other|comment\.",
}


def run(*words, text=None, cwd=None):
    return subprocess.run([str(word) for word in words], input=text, capture_output=True, text=True,
                          cwd=cwd, timeout=120, check=False)


def utf16(line, column):
    """VS Code counts columns in UTF-16."""
    return len(line[:column].encode("utf-16-le")) // 2


class Extension(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        if not (MODULES / "vscode-textmate").exists():
            (self.fail if "WEFT_NO_SKIPS" in os.environ else self.skipTest)(
                "`scripts/setup test` installs the modules of editors/vscode")

    def tokens(self, texts):
        done = run("node", HERE / "tokens.mjs", GRAMMAR, MODULES, text=json.dumps(texts))
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_every_file_is_coloured_as_it_is_read(self):
        texts = {str(path): weft_text.source_text(path) for path, _ in weft_text.source_files()}
        sound = {str(path) for path, sound in weft_text.source_files() if sound}
        self.assertGreater(len(sound), 10)
        wrong, seen = [], set()
        for name, lines in self.tokens(texts).items():
            if name not in sound:
                continue
            text = texts[name].split("\n")
            for line in weft_text.top_lines(texts[name]):
                if lines[line]["depth"] != 1:
                    wrong.append(f"{name}:{line + 1}: something is still open")
            for line, column, length, kind in weft_text.marks(texts[name]):
                at = utf16(text[line], column)
                scopes = next(" ".join(scopes) for begin, end, scopes in lines[line]["tokens"]
                              if begin <= at < end)
                seen.add(kind)
                bad = UNWANTED.get(kind)
                inner = scopes.split("meta.template.expression.weft")[-1]
                if not re.search(WANTED[kind], scopes) or bad and re.search(bad, inner):
                    word = text[line][column:column + length]
                    wrong.append(f"{name}:{line + 1}:{column + 1}: {kind} `{word}` is {scopes or 'bare'}")
        self.assertEqual(seen, set(WANTED))
        self.assertEqual(wrong[:40], [])

    def test_scopes_that_were_asserted(self):
        files = sorted(str(path) for path in (HERE / "scopes").glob("*.wf"))
        done = run("node", MODULES / "vscode-tmgrammar-test" / "dist" / "unit.js", "--config",
                   EXTENSION / "package.json", "-g", GRAMMAR, *files)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_snippets_are_weft(self):
        """Each snippet, as it stands before its first field is filled in, is a program without mistakes
        of syntax, in canonical layout but for empty blocks."""
        snippets = json.loads((EXTENSION / "snippets" / "weft.json").read_text(encoding="utf-8"))
        for name, snippet in snippets.items():
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                path = pathlib.Path(folder, "snippet.wf")
                path.write_text(self.expand(snippet["body"]), encoding="utf-8")
                done = run(WEFT, "fmt", "--check", path)
                self.assertEqual(done.returncode, 0, path.read_text() + done.stdout + done.stderr)

    def expand(self, body):
        text = "\n".join(body).replace("\\$", "\0")
        values = {}
        for number, value in re.findall(r"\$\{(\d):([^}]*)\}", text):
            values.setdefault(number, value)
        for number, choices in re.findall(r"\$\{(\d)\|([^|]*)\|\}", text):
            values.setdefault(number, choices.split(",")[0])
        text = re.sub(r"\$\{(\d)(?::[^}]*|\|[^}]*)?\}", lambda match: values[match.group(1)], text)
        text = re.sub(r"\$\d", "done", text).replace("\0", "$")
        if re.match(r"(workflow|worker|record|prompt|test) ", text):
            return text + "\n"
        inner = "".join(f"  {line}\n" for line in text.split("\n"))
        return f"workflow w()\n  within 1d\n{{\n{inner}}}\n"

    def test_it_is_packaged(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "weft.vsix")
            done = run("npm", "run", "--silent", "package", "--", "--out", path, cwd=EXTENSION)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            with zipfile.ZipFile(path) as package:
                names = {name for name in package.namelist() if name.startswith("extension/")}
                grammar = package.read("extension/syntaxes/weft.tmLanguage.json")
            self.assertEqual(grammar, GRAMMAR.read_bytes())
            self.assertEqual({name.lower() for name in names},
                             {"extension/package.json", "extension/readme.md",
                              "extension/language-configuration.json",
                              "extension/syntaxes/weft.tmlanguage.json",
                              "extension/snippets/weft.json"})


if __name__ == "__main__":
    unittest.main()
