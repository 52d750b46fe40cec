"""The rows of runs against their log: who can write to the store's tables is found out, table by table."""

import shutil
import sqlite3
import unittest

from evidence_test import EvidenceCase


class RunRows(EvidenceCase):
    def tampered(self, *statements):
        """What `audit verify` finds in a copy of the store that the statements have changed."""
        copy = self.folder / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        for name in ("weft.store", "weft.store.keys", "weft.store.ack", "weft.store.ballast"):
            shutil.copy2(self.folder / name, copy / name)
        database = sqlite3.connect(copy / "weft.store")
        for statement in statements:
            database.execute(statement)
        database.commit()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()
        code = 6 if statements else 0
        said = self.json("audit", "verify", "--level", "2", "--store", str(copy / "weft.store"), code=code)
        return sorted({finding["table"] + ": " + finding["what"] for finding in said["findings"]})

    def test_each_column_is_held_against_the_log(self):
        (self.folder / "parent.wf").write_text((self.folder / "parent.wf").read_text().replace(
            "workflow parent(word: Text) -> Text\n  within 1h\n",
            "workflow parent(word: Text) -> Text\n  within 1h\n  key word\n"))
        self.run_flow("parent.wf", "parent", "word=x")
        self.assertEqual(self.tampered(), [])
        first = "WHERE no = 1"
        for statement, said in (
                (f"UPDATE run SET status = 7 {first}", "run: its row says that it ended otherwise than its log"),
                (f"UPDATE run SET begun = begun - 5 {first}", "run: its row says that it began at another time"),
                (f"UPDATE run SET ended = ended + 5 {first}", "run: its row says that it ended at another time"),
                (f"UPDATE run SET start_tag = NULL {first}", "run: its row has another start key than its log"),
                (f"UPDATE run SET start_tag = zeroblob(16) {first}", "run: its row has another start key than its log"),
                ("UPDATE run SET parent = NULL", "run: its row names another run that began it than its log"),
                ("DELETE FROM program", "program: it is missing, and a run belongs to it")):
            with self.subTest(statement):
                self.assertEqual(self.tampered(statement), [said])

    def test_what_was_erased_is_not_said_to_be_executed(self):
        self.run_flow("parent.wf", "child", "word=x")
        gone = self.run_flow("parent.wf", "child", "word=y")
        self.assertIn("2, each executed again", self.weft("audit", "verify").stdout)
        self.weft("audit", "erase", gone, "--reason", "asked for")
        self.assertIn("2, 1 executed again", self.weft("audit", "verify").stdout)


if __name__ == "__main__":
    unittest.main()
