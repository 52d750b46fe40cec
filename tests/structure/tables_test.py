#!/usr/bin/env python3
"""Rows of the .def tables: numbers are for ever, and each row is met by some test.

Numbers stand in tests/frozen/*.txt. A new row is appended there by this test, which then fails once;
a row that has gone, or that has another number or name, is refused.
"""
import re
import unittest

import repository
from repository import files, read

# Table: the file, and the pattern of a row: number, enumerator, spelling.
ROW = re.compile(r'^X\((\d+), (\w+), "([^"]+)"', re.MULTILINE)
TABLES = {
    "diagnostics": "base/diagnostics.def",
    "opcodes": "bytecode/opcodes.def",
    "record_kinds": "bytecode/record_kinds.def",
    "builtins": "bytecode/builtins.def",
}

# Rows that were taken out of a table: their numbers and names are not given again.
RETIRED = {
    "diagnostics": {"1012 NotSupportedYet not-supported-yet"},
    "opcodes": set(),
    "record_kinds": set(),
    "builtins": set(),
}

# Rows that no test meets, each with its reason. This list may only shrink.
UNTESTED = {
    "diagnostics": {},
    "opcodes": {},
    "record_kinds": {},
    "builtins": {},
}


def rows(table):
    return [(int(number), name, spelling)
            for number, name, spelling in ROW.findall(read(TABLES[table]))]


def tests_texts():
    """What tests say, file by file: programs, expected output, and the tests' own code."""
    return [read(path) for path in files(".cpp", ".h", ".py", ".wf", ".txt", ".tree", under="tests")
            if path.parts[1] not in ("structure", "frozen", "editors")]


def enumerators(texts, enum):
    """Names that stand behind a `::` in files that speak of the enumeration (some give it an alias)."""
    return {name for text in texts if enum in text for name in re.findall(r"::(\w+)", text)}


class Tables(unittest.TestCase):
    def test_numbers_are_for_ever(self):
        for table in TABLES:
            with self.subTest(table):
                path = repository.SOURCE / "tests" / "frozen" / f"{table}.txt"
                known = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
                now = [f"{number} {name} {spelling}" for number, name, spelling in rows(table)]
                self.assertEqual(len({line.split()[0] for line in now}), len(now), "a number twice")
                retired = RETIRED[table]
                gone = [line for line in known if line not in now and line not in retired]
                self.assertEqual(gone, [], "rows that were there before; a row is never changed")
                taken = {word for line in retired for word in line.split()}
                again = [line for line in now if taken & set(line.split())]
                self.assertEqual(again, [], "a number or a name of a row that was taken out")
                new = [line for line in now if line not in known]
                if new:
                    path.write_text("\n".join(known + new) + "\n", encoding="utf-8")
                    self.fail(f"{len(new)} new rows were appended to {path.name}: commit it")

    def test_every_row_is_met_by_a_test(self):
        texts = tests_texts()
        words = {word for text in texts for word in re.findall(r"[\w-]+", text)}
        # A test compiles the programs of explain.def: each bad one must give just its diagnostic.
        explained = set(re.findall(r"^X\((\w+),", read("base/explain.def"), re.MULTILINE))
        diagnostics = enumerators(texts, "DiagnosticCode") | explained
        opcodes = enumerators(texts, "Opcode")
        builtins = enumerators(texts, "BuiltinFunction")
        kinds = enumerators(texts, "RecordKind")
        met = {
            "diagnostics": lambda name, spelling: spelling in words or name in diagnostics,
            "opcodes": lambda name, spelling: name in opcodes,
            "record_kinds": lambda name, spelling: name in kinds or f"{name}Body" in words,
            "builtins": lambda name, spelling: name in builtins,
        }
        for table in TABLES:
            with self.subTest(table):
                names = {name for _, name, _ in rows(table)}
                missed = {name for _, name, spelling in rows(table) if not met[table](name, spelling)}
                exempt = UNTESTED[table]
                self.assertEqual(sorted(missed - set(exempt)), [], "no test meets these rows")
                self.assertEqual(sorted(set(exempt) - (missed & names)), [],
                                 "these are met now: take them off the list")


if __name__ == "__main__":
    unittest.main()
