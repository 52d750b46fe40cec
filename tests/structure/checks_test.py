#!/usr/bin/env python3
"""The catalogue of checks (docs/checks.md) against the table, the texts, the mutants and the code that reports.

What the programs give is held elsewhere: those of explain.def and the goldens by weft_compiler_tests, the mutants by
that and by weft_api_tests. Here each row has to have them.
"""
import re
import unittest

from repository import files, read

ROW = re.compile(r'^X\((\d+), (\w+), "([^"]+)", (Error|Warning|Hint), ', re.MULTILINE)
EXPLAINED = re.compile(r'^X\((\w+), "[^\n]*",\nR"wf\((.*?)\)wf",\nR"wf\((.*?)\)wf",\n', re.MULTILINE | re.DOTALL)
LISTED = re.compile(r"^\| `([\w-]+)`(?: \\\*)? \| (WF\d{4}|-) \| (.+) \|$", re.MULTILINE)
MUTANT = re.compile(r"^== ([\w-]+) in (\w+)$", re.MULTILINE)

# Rows that no mutant can show, and the test that meets them.
WITHOUT_MUTANT = {
    "internal-error": ("tests/unit/compiler/certificate_test.cpp", "DiagnosticCode::InternalError"),
    "program-too-large": ("tests/unit/compiler/check_test.cpp", "program-too-large"),
}
# Names of the catalogue that are no message.
NO_MESSAGE = {"dead-clause": "tests/run/constructs_test.cpp"}
AGAINST = "`weft check --against`, `weft compat`"


class Checks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.table = {name: (f"WF{int(code):04}", enumerator)
                     for code, enumerator, name, _ in ROW.findall(read("base/diagnostics.def"))}
        cls.page = {name: (code, told_by) for name, code, told_by in LISTED.findall(read("docs/checks.md"))}
        cls.explained = {name: (bad, good) for name, bad, good in EXPLAINED.findall(read("base/explain.def"))}
        cls.mutants = {name for name, _ in MUTANT.findall(read("tests/golden/mutants/mutants.txt"))}
        cls.sources = {path: read(path) for path in files(".cpp", ".h")
                       if path.parts[0] in ("grammar", "compiler", "testing", "api")}

    def test_the_page_names_each_row_once_with_its_code(self):
        listed = LISTED.findall(read("docs/checks.md"))
        self.assertEqual(len(listed), len(self.page), "a check twice")
        self.assertEqual(sorted(set(self.table) - set(self.page)), [], "not on docs/checks.md")
        self.assertEqual(set(self.page) - set(self.table), set(NO_MESSAGE))
        self.assertEqual({name: self.page[name][0] for name in self.table},
                         {name: code for name, (code, _) in self.table.items()})

    def test_what_is_no_message_names_the_test_that_holds_it(self):
        for name, path in NO_MESSAGE.items():
            self.assertIn(path, self.page[name][1])
            self.assertTrue(read(path))

    def test_each_row_is_reported_somewhere(self):
        enumerators = {enumerator for text in self.sources.values()
                       for enumerator in re.findall(r"DiagnosticCode::(\w+)", text)}
        compared = {name for path, text in self.sources.items() if "compat" in path.parts
                    for name in re.findall(r'"([a-z-]+)"', text)}
        silent = [name for name, (_, enumerator) in self.table.items()
                  if enumerator not in enumerators and name not in compared]
        self.assertEqual(silent, [], "nothing reports these")

    def test_what_compares_versions_is_said_so(self):
        found_in = read("base/diagnostic.cpp")
        versions = found_in[found_in.index("FoundIn found_in("):found_in.index("return FoundIn::Versions")]
        versions = versions[versions.index("return FoundIn::Tests"):]
        names = {name for name, (_, enumerator) in self.table.items() if f"::{enumerator}:" in versions}
        self.assertEqual(names, {name for name, (_, told_by) in self.page.items() if told_by == AGAINST})

    def test_each_row_has_a_text_with_a_wrong_and_a_right_program(self):
        for name, (_, enumerator) in self.table.items():
            if name in WITHOUT_MUTANT:
                continue
            with self.subTest(name):
                bad, good = self.explained.get(enumerator, ("", ""))
                self.assertTrue(bad.strip() and good.strip(), "no row of explain.def, or one without programs")
                self.assertNotEqual(bad, good)

    def test_each_row_has_a_mutant(self):
        for name in self.table:
            with self.subTest(name):
                if name in WITHOUT_MUTANT:
                    path, word = WITHOUT_MUTANT[name]
                    self.assertIn(word, read(path))
                    self.assertNotIn(name, self.mutants, "it has one now: take it off the list")
                else:
                    self.assertIn(name, self.mutants)
        self.assertEqual(self.mutants - set(self.table), set(), "mutants of checks that there are not")


if __name__ == "__main__":
    unittest.main()
