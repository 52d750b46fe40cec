"""What was written once opens for ever: the stores of tests/frozen/stores prove themselves, their runs replay, and what
waits in them goes on under this engine; both verifiers take the logs beside them. tests/support/make_store.py makes
stores, for a new format or kind of record."""

import collections
import json
import pathlib
import re
import sqlite3
import subprocess
import sys
import tarfile
import unittest

from cli_test import Case

SOURCE = pathlib.Path(__file__).resolve().parents[2]
STORES = sorted((SOURCE / "tests" / "frozen" / "stores").glob("*.tar.gz"))

# Kinds of the system's chain that no frozen store has, and why.
NOT_HERE = {
    "imported": "nothing writes it yet",
    "schema": "nothing writes it yet",
    "dedupe-rotated": "nothing writes it yet",
    "breaker": "a worker must fail for minutes: tests/unit/api",
    "clock-step": "the machine's clock must leap: tests/unit/api",
    "accepted": "the machine's clock must leap: tests/unit/api",
    "key-revoked": "a key must be lost: tests/unit/engine/approver_keys_test.cpp",
}


def kinds_of_chain(chain):
    rows = (SOURCE / "bytecode" / "record_kinds.def").read_text(encoding="utf-8")
    found = re.findall(rf'^X\((\d+), \w+, "([a-z-]+)", \w+, {chain},', rows, re.MULTILINE)
    return {int(number): name for number, name in found}


class FrozenStores(Case):
    def unpack(self, store):
        with tarfile.open(store) as packed:
            for member in packed.getmembers():
                path = pathlib.Path(self.folder, pathlib.PurePath(member.name).name)
                path.write_bytes(packed.extractfile(member).read())
                path.chmod(0o600)

    def kinds(self):
        """How many records of each kind its log has; the kind is the third byte (docs/log-format.md)."""
        with sqlite3.connect(pathlib.Path(self.folder) / "weft.store") as database:
            return collections.Counter(record[2] for record, in database.execute("SELECT rec FROM log"))

    def test_each_verifies_and_goes_on(self):
        self.assertTrue(STORES)
        for store in STORES:
            with self.subTest(store=store.name):
                self.unpack(store)
                self.weft("audit", "verify", "--level", "3")
                runs = self.json("runs", "--limit", "1000")["runs"]
                for run in runs:
                    if run["status"] == "erased" or run.get("workflow") in (None, "brief", "short"):
                        continue  # some of these are erased
                    self.weft("replay", run["run"])
                waiting = [run["run"] for run in runs if run["status"] == "waiting" and run["workflow"] == "wait_for"]
                self.assertGreaterEqual(len(waiting), 2)
                for run in waiting:
                    self.weft("signal", run, "go", '"later"')
                    self.weft("resume", run)
                    self.assertIn("later", json.dumps(self.json("show", run)["result"]))
                self.weft("audit", "verify", "--level", "3")

    def test_both_verifiers_take_each_log(self):
        logs = sorted((SOURCE / "tests" / "frozen" / "logs").glob("*.bundle"))
        self.assertGreaterEqual(len(logs), 20)
        for log in logs:
            with self.subTest(log=log.name):
                self.weft("audit", "verify", str(log))
                words = [sys.executable, str(SOURCE / "tools" / "verify_bundle.py"), str(log)]
                self.assertEqual(subprocess.run(words, capture_output=True, check=False).returncode, 0)

    def test_together_they_have_every_kind(self):
        held = set()
        for store in STORES:
            self.unpack(store)
            held.update(self.kinds())
        system = kinds_of_chain("System")
        missing = {name for number, name in system.items() if number not in held}
        self.assertEqual(missing, set(NOT_HERE))
        # Of a run's chain those that need a command: the bundles of tests/frozen/logs have the others.
        names = {name for number, name in kinds_of_chain("Run").items() if number in held}
        self.assertGreaterEqual(names, {"adopted", "migrated", "operator", "held-by-operator", "released"})


if __name__ == "__main__":
    unittest.main()
