"""A disk that fills while a run works and is freed later: the run ends as it would have, or ends with a clear reason.

Needs the right to mount a small file system (root); skips itself without.
"""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

import canary

WEFT = os.environ["WEFT_BIN"]
EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "examples" / "document_qa"
MIB = 1 << 20


def mounted(folder, mebibytes):
    return subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", folder],
                          capture_output=True, check=False).returncode == 0


class FullDisk(canary.Case):
    def prepare(self):
        self.disk = self.folder
        if not mounted(self.disk, 160):
            self.skipTest("no right to mount a small file system")
        self.addCleanup(subprocess.run, ["umount", "-l", self.disk], check=False)

    def setUp(self):
        super().setUp()
        self.example = self.disk / "example"
        left = shutil.ignore_patterns("outbox", "weft.store*", "document_qa-*")
        shutil.copytree(EXAMPLE, self.example, ignore=left)

    def weft(self, *arguments):
        done = subprocess.run([WEFT, *arguments], cwd=self.example, capture_output=True, text=True, timeout=120)
        self.assertNotIn("terminate called", done.stderr)
        return done

    def json(self, *arguments):
        done = self.weft(*arguments, "--json")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def fill(self):
        """To the last byte."""
        filler = self.disk / "filler"
        with filler.open("ab", buffering=0) as out:
            try:
                while True:
                    out.write(b"\0" * MIB)
            except OSError:
                pass
        return filler

    def run_disturbed(self, delay):
        """The disk stays full until the user was told so or the program ended, but for 1.5 to 10 seconds."""
        with tempfile.NamedTemporaryFile("w+", prefix="weft-said-") as said:
            process = subprocess.Popen([WEFT, "run", "document_qa.wf", "files=corpus", "to=[]", "--out", "/tmp"],
                                       cwd=self.example, stdout=said, stderr=said,
                                       env={**os.environ, "TMPDIR": "/tmp"})
            self.disturb(process, delay, pathlib.Path(said.name))
            code = process.wait(timeout=120)
            text = pathlib.Path(said.name).read_text(encoding="utf-8")
        self.assertNotIn("terminate called", text)
        return code, text

    def disturb(self, process, delay, said):
        store = self.example / "weft.store.sock"
        end = time.monotonic() + 30
        while not store.exists() and time.monotonic() < end and process.poll() is None:
            time.sleep(0.01)
        time.sleep(delay)
        filler = self.fill()
        time.sleep(1.5)
        end = time.monotonic() + 8.5
        while time.monotonic() < end and process.poll() is None:
            if "nearly full" in said.read_text(encoding="utf-8"):
                break
            time.sleep(0.05)
        filler.unlink()

    def test_the_disk_fills_while_a_run_works(self):
        ends, told = set(), set()
        for delay in (0.0, 0.4, 0.9, 1.5):
            with self.subTest(delay=delay):
                code, said = self.run_disturbed(delay)
                # 5: the engine ended since it could not write; 10: the run failed; both say why.
                self.assertIn(code, (0, 5, 10), said)
                told.add("nearly full" in said)
                runs = self.json("runs")["runs"]
                if code == 5:
                    self.assertRegex(said, r"(?i)full|space")
                    if runs:
                        resumed = self.weft("resume", runs[0]["run"])
                        self.assertIn(resumed.returncode, (0, 10), resumed.stdout + resumed.stderr)
                        code = resumed.returncode
                for run in self.json("runs")["runs"][:1]:
                    status = self.json("show", run["run"])
                    ends.add(status["status"])
                    if code == 0:
                        self.assertEqual(status["status"], "completed", status)
                        outbox = self.example / "outbox"
                        self.assertEqual(sorted(p.suffix for p in outbox.iterdir() if p.suffix in (".eml", ".json")),
                                         [".eml", ".json"])
                    else:
                        self.assertRegex(json.dumps(status["error"]), r"(?i)full|space|disk|written|write")
                audit = self.weft("audit", "verify")
                self.assertEqual(audit.returncode, 0, audit.stdout + audit.stderr)
                shutil.rmtree(self.example / "outbox", ignore_errors=True)
        self.assertIn("completed", ends)
        self.assertIn(True, told, "nobody was told why nothing went on")


if __name__ == "__main__":
    unittest.main()
