"""The main job on real documents with the real program: the pack, kills at any point, the gate's ladder, damage.

WEFT_KILLS says how often the run is killed (a few here; the campaign of docs/testing.md uses 100).
"""

import contextlib
import json
import os
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import time
import unittest

import canary

WEFT = os.environ["WEFT_BIN"]
EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "examples" / "document_qa"
KILLS = int(os.environ.get("WEFT_KILLS", "6"))


def weft(*arguments, cwd, check=True, timeout=120):
    done = subprocess.run([WEFT, *map(str, arguments)], cwd=cwd, capture_output=True, text=True,
                          timeout=timeout)
    if check and done.returncode != 0:
        command = " ".join(map(str, arguments))
        raise AssertionError(f"weft {command}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def weft_json(*arguments, cwd):
    return json.loads(weft(*arguments, "--json", cwd=cwd).stdout)


class Case(canary.Case):
    def setUp(self):
        super().setUp()
        self.example = self.folder / "example"
        # What earlier runs of the example left is not ours.
        left = shutil.ignore_patterns("outbox", "weft.store*", "document_qa-*")
        shutil.copytree(EXAMPLE, self.example, ignore=left)

    def run_id(self):
        return weft_json("runs", cwd=self.example)["runs"][0]["run"]

    def pack_hashes(self):
        """Digests of the pack's two files, as its manifest and the result name them."""
        status = weft_json("show", self.run_id(), cwd=self.example)
        self.assertEqual(status["status"], "completed", status)
        return status["result"]["pdf"]["sha256"], status["result"]["html"]["sha256"]

    def deliveries(self):
        outbox = self.example / "outbox"
        return sorted(p.suffix for p in outbox.iterdir() if p.suffix in (".eml", ".json"))

    def undisturbed(self):
        weft("run", "document_qa.wf", "files=corpus", "to=[]", "--out", self.folder / "out", cwd=self.example)


class MainJob(Case):
    def test_a_pack_is_made_and_every_quote_stands_in_its_source(self):
        self.undisturbed()
        run = self.run_id()
        out = self.folder / "out"
        pdfs = list(out.rglob("*.pdf"))
        self.assertTrue(pdfs and pdfs[0].read_bytes().startswith(b"%PDF"))
        entries = weft_json("log", run, "--payloads", cwd=self.example)["entries"]

        def results(step):
            return [e["payload"][0] for e in entries
                    if e["kind"] == "outcome" and e.get("step", "").endswith(step)]

        answers = results("answers.generate")
        documents = results("documents.parse")
        texts = {document[1]: document[5] for document in documents}
        self.assertGreaterEqual(len(answers), 8)
        for question, answer, citations in answers:
            self.assertTrue(question and answer and citations)
            for _, document, page, _, quote, start, end in citations:
                stored = texts[document].encode()
                self.assertEqual(stored[start:end].decode(), quote)
                self.assertGreaterEqual(page, 1)
        self.assertEqual(self.deliveries(), [".eml", ".json"])
        self.assertTrue(weft_json("audit", "verify", cwd=self.example)["ok"])
        self.assertTrue(weft_json("replay", run, cwd=self.example)["identical"])

    def test_a_killed_run_goes_on_and_nothing_is_sent_twice(self):
        self.undisturbed()
        wanted = self.pack_hashes()
        begun = weft_json("show", self.run_id(), cwd=self.example)
        length = max(0.5, (begun["ended"] - begun["begun"]) / 1000)
        rng = random.Random(20260131)
        for round_number in range(KILLS):
            with self.subTest(round=round_number):
                for path in list(self.example.glob("weft.store*")) + [self.example / "outbox"]:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
                command = [WEFT, "run", "document_qa.wf", "files=corpus", "to=[]", "--no-verify"]
                while True:
                    process = subprocess.Popen(command, cwd=self.example, stdout=subprocess.DEVNULL,
                                               stderr=subprocess.DEVNULL)
                    time.sleep(rng.uniform(0.02, length))
                    process.send_signal(signal.SIGKILL)
                    process.wait()
                    if not (self.example / "weft.store").exists():
                        continue
                    rows = weft("runs", "--json", cwd=self.example, check=False)
                    if rows.returncode == 0 and json.loads(rows.stdout)["runs"]:
                        break
                weft("resume", cwd=self.example)
                self.assertEqual(len(weft_json("runs", cwd=self.example)["runs"]), 1)
                self.assertEqual(self.pack_hashes(), wanted)
                self.assertEqual(self.deliveries(), [".eml", ".json"])
                self.assertTrue(weft_json("audit", "verify", cwd=self.example)["ok"])


class Ladder(Case):
    def setUp(self):
        super().setUp()
        program = self.example / "document_qa.wf"
        text = program.read_text()
        strict = 'require brief.title == "a title that no engine gives"\n    require coverage'
        program.write_text(text.replace("require coverage", strict, 1))

    def tasks(self):
        return weft_json("review", "list", cwd=self.example)["tasks"]

    def test_retries_then_editor_rejects_then_senior_editor_approves(self):
        process = subprocess.Popen([WEFT, "run", "document_qa.wf", "files=corpus", "to=[]"], cwd=self.example,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.addCleanup(process.kill)
        task = self.wait_for_task(["editor"])
        wrong = weft("review", "approve", task, "--role", "intern", "--reason", "no", cwd=self.example, check=False)
        self.assertEqual(wrong.returncode, 8, wrong.stderr)
        weft("review", "reject", task, "--reason", "too thin", cwd=self.example)
        second = self.wait_for_task(["senior editor"])
        weft("review", "approve", second, "--reason", "good enough for a draft", "--as", "reviewer-1", cwd=self.example)
        output, _ = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0, output)
        entries = weft_json("log", self.run_id(), cwd=self.example)["entries"]
        gates = [e["text"] for e in entries if e["kind"] == "gate"]
        self.assertEqual(len(gates), 3)
        decisions = [e["text"] for e in entries if e["kind"] == "decision"]
        self.assertRegex(decisions[0], r'rejected by .* as "editor": too thin')
        self.assertRegex(decisions[1], r'approved by reviewer-1 as "senior editor": good enough')
        self.assertEqual(self.deliveries(), [".eml", ".json"])

    def wait_for_task(self, roles):
        for _ in range(300):
            for task in self.tasks() if (self.example / "weft.store").exists() else []:
                if task["roles"] == roles:
                    return task["task"]
            time.sleep(0.2)
        raise AssertionError(f"no task for {roles}")


class Damage(Case):
    def test_one_changed_byte_is_found_and_named(self):
        self.undisturbed()
        run = self.run_id()
        store = self.example / "weft.store"
        pristine = store.read_bytes()
        columns = (("log", "leaf", "rec"), ("payload", "leaf", "box"), ("program", "hash", "ir"),
                   ("image", "hash", "code"), ("checkpoint", "size", "note"))
        for table, key, column in columns:
            with self.subTest(table=table), contextlib.closing(sqlite3.connect(store)) as database:
                last = f"SELECT {key}, {column} FROM {table} ORDER BY {key} DESC LIMIT 1"
                row, value = database.execute(last).fetchone()
                text = isinstance(value, str)
                changed = bytearray(value.encode() if text else value)
                changed[len(changed) // 2] ^= 1
                database.execute(f"UPDATE {table} SET {column} = ? WHERE {key} = ?",
                                 (changed.decode(errors="replace") if text else bytes(changed), row))
                database.commit()
                database.close()
                found = weft("audit", "verify", cwd=self.example, check=False)
                self.assertEqual(found.returncode, 6, found.stdout + found.stderr)
                self.assertRegex(found.stdout + found.stderr, r"(?i)leaf|row|program|image|checkpoint|record")
                store.write_bytes(pristine)
        self.assertTrue(weft_json("audit", "verify", cwd=self.example)["ok"])
        self.assertIn(run[:8], weft("runs", cwd=self.example).stdout)


if __name__ == "__main__":
    unittest.main()
