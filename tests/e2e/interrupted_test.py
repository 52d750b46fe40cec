"""What must be whole or not at all: moving a run to another program, erasing one, and a server, each killed at moments
that are spread over its work, and each on a disk that is full."""

import json
import os
import signal
import subprocess
import time
import unittest

import canary
from change_test import Case as ChangeCase
from erasure_test import ErasureCase
from fork_test import ForkCase
from full_disk_test import mounted

WEFT = os.environ["WEFT_BIN"]
MIB = 1 << 20
MOMENTS = 8

SECRET = "canary-77aa01"

PLAIN = """\
workflow told(name: Text) -> Text
  within 2d
  subject name
{
  emit said("about ${name}")
  return name
}
"""

WAITS = """\
workflow waits(name: Text) -> Text
  within 20d
{
  signal go: Text

  step word = wait go within 5d else {
    fail "nobody came"
  }
  return "${name} ${word}"
}
"""

OFTEN = """\
workflow tick() -> Int
  within 1h
{
  return 1
}

schedule often runs tick() every 1s
"""


def moment_of(number, whole):
    """From soon to twice the time that it took undisturbed: a busy machine may be slower now."""
    return 2 * whole * (number + 1) / MOMENTS


def killed_after(words, folder, seconds):
    process = subprocess.Popen([WEFT, *words], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(seconds)
    process.kill()
    process.wait()


class Killed(ErasureCase):
    def test_an_erasure(self):
        """Killed at any moment, the run is there whole, or the next opening has finished what was begun."""
        (self.folder / "plain.wf").write_text(PLAIN)
        self.run_flow("plain.wf", "name=first")
        begun = time.monotonic()
        self.weft("audit", "erase", "--subject", "first", "--reason", "to see how long it takes")
        whole = time.monotonic() - begun
        seen = set()
        for moment in range(MOMENTS):
            name = f"{SECRET}-{moment}"
            run = self.run_flow("plain.wf", f"name={name}")
            boxes = self.boxes()[run]
            killed_after(("audit", "erase", run, "--reason", "asked"), self.folder, moment_of(moment, whole))
            log = self.weft("log", run, "--payloads").stdout
            is_erased = name not in log
            seen.add(is_erased)
            self.assertEqual(self.json("show", run).get("erased", False), is_erased, f"moment {moment}")
            if is_erased:
                self.nowhere(name.encode(), *boxes)
            else:
                self.assertTrue(self.json("replay", run)["identical"])
        self.verify()
        self.assertIn(True, seen, "no erasure came to its end")


class KilledMoves(ChangeCase):
    def test_a_move(self):
        self.write("waits.wf", WAITS)
        self.write("mended.wf", WAITS.replace('"${name} ${word}"', '"mended ${name} ${word}"'))
        begun = time.monotonic()
        self.weft("migrate", "mended.wf", self.waits("first"), "--reason", "to see how long it takes")
        whole = time.monotonic() - begun
        for moment in range(MOMENTS):
            run = self.waits(f"n{moment}")
            killed_after(("migrate", "mended.wf", run, "--reason", "r"), self.folder, moment_of(moment, whole))
            moved = "adopted by" in self.weft("log", run)
            self.finish(run, "now")
            result = self.json("show", run)["result"]
            self.assertEqual(result, f"mended n{moment} now" if moved else f"n{moment} now")
        self.sound()

    def waits(self, name):
        process = self.start("run", "waits.wf", f"name={name}", "--no-wait", "--no-verify", "--json")
        return json.loads(process.communicate(timeout=60)[0])["run"]


class KilledForks(ForkCase):
    def test_a_fork(self):
        """Killed at any moment there is no new run, or one that has taken over all that was done before the step."""
        origin = self.completed()
        before = self.server.names()
        begun = time.monotonic()
        self.fork(origin, "--from", "order.webhook", "--quiet")
        whole = time.monotonic() - begun
        known = {run["run"] for run in self.runs()}
        made = 0
        for moment in range(MOMENTS):
            killed_after(("fork", origin, "--from", "order.webhook", "--reason", "r", "--no-verify"), self.folder,
                         moment_of(moment, whole))
            new = [run["run"] for run in self.runs() if run["run"] not in known]
            self.assertLessEqual(len(new), 1, f"moment {moment}")
            known.update(new)
            made += len(new)
            for run in new:
                self.weft("resume", run, "--quiet")
                self.assertEqual(self.json("show", run)["result"], "shipped now", f"moment {moment}")
        self.assertGreater(made, 0, "no fork was made")
        # What the origin did before the step nobody did again; a hook of the same key may be told twice.
        after = self.server.names()[len(before):]
        self.assertEqual(set(after), {"ship"}, after)
        self.sound()


class Full(canary.Case):
    def prepare(self):
        if not mounted(self.folder, 120):
            self.skipTest("no right to mount a small file system")
        self.addCleanup(subprocess.run, ["umount", "-l", self.folder], check=False)

    def weft(self, *words, codes=(0,)):
        done = subprocess.run([WEFT, *words], cwd=self.folder, capture_output=True, text=True, timeout=60,
                              env={**os.environ, "TMPDIR": "/tmp"})
        self.assertNotIn("terminate called", done.stderr)
        self.assertIn(done.returncode, codes, f"{words}\n{done.stdout}\n{done.stderr}")
        return done

    def json(self, *words, codes=(0,)):
        return json.loads(self.weft(*words, "--json", codes=codes).stdout)

    def fill(self):
        """To the last byte."""
        with (self.folder / "filler").open("ab", buffering=0) as out:
            try:
                while out.write(b"\0" * MIB):
                    pass
            except OSError:
                pass

    def free(self):
        (self.folder / "filler").unlink()

    def test_a_move(self):
        (self.folder / "waits.wf").write_text(WAITS)
        (self.folder / "mended.wf").write_text(WAITS.replace('"${name} ${word}"', '"mended ${name} ${word}"'))
        run = self.json("run", "waits.wf", "name=a", "--no-wait", "--no-verify", codes=(11,))["run"]
        self.fill()
        refused = self.weft("migrate", "mended.wf", run, "--reason", "r", codes=(5,))
        self.assertRegex(refused.stderr, "(?i)full|space")
        self.free()
        self.assertNotIn("adopted", self.weft("log", run).stdout)
        self.weft("migrate", "mended.wf", run, "--reason", "r")
        self.weft("signal", run, "go", "now")
        self.assertEqual(self.json("resume", run, "--no-verify")["result"], "mended a now")
        self.weft("audit", "verify", "--level", "3")

    def test_a_fork(self):
        """Nothing of a new run stays where there was no room for it."""
        (self.folder / "plain.wf").write_text(PLAIN.replace("emit said(", "step said = pause()\n  emit told(").replace(
            "workflow told", "worker pause() -> Text\n  effect read\n  timeout 5s\n\nworkflow told"))
        origin = self.json("run", "plain.wf", "name=a", "--no-verify", codes=(10,))["run"]
        self.fill()
        refused = self.weft("fork", origin, "--from", "told.said", "--reason", "r", "--no-verify", codes=(5,))
        self.assertRegex(refused.stderr, "(?i)full|space")
        self.free()
        self.assertEqual([run["run"] for run in self.json("runs")["runs"]], [origin])
        self.weft("fork", origin, "--from", "told.said", "--reason", "r", "--no-verify", codes=(10,))
        self.assertEqual(len(self.json("runs")["runs"]), 2)
        self.weft("audit", "verify", "--level", "3")

    def test_an_erasure(self):
        """It makes room, so it may well succeed; what it says it did, it did."""
        (self.folder / "plain.wf").write_text(PLAIN)
        run = self.json("run", "plain.wf", f"name={SECRET}", "--no-verify")["run"]
        self.fill()
        code = self.weft("audit", "erase", run, "--reason", "asked", codes=(0, 5)).returncode
        self.free()
        if code == 5:
            self.weft("audit", "erase", run, "--reason", "asked", codes=(0, 8))
        self.assertNotIn(SECRET, self.weft("log", run, "--payloads").stdout)
        for path in self.folder.rglob("weft.store*"):
            if path.is_file():
                self.assertNotIn(SECRET.encode(), path.read_bytes(), path)
        self.weft("audit", "verify", "--level", "3")

    def test_a_server(self):
        """It says why nothing begins, and goes on when there is room."""
        (self.folder / "often.wf").write_text(OFTEN)
        server = subprocess.Popen([WEFT, "serve", "often.wf", "--json"], cwd=self.folder, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(lambda: (server.kill(), server.communicate()))
        self.until(lambda: len(self.runs()) > 0)
        self.fill()
        time.sleep(2.5)
        self.assertIsNone(server.poll(), "the server is gone")
        before = len(self.runs())
        self.free()
        self.until(lambda: len(self.runs()) > before)
        server.send_signal(signal.SIGTERM)
        output, errors = server.communicate(timeout=60)
        self.assertEqual(server.returncode, 0, output + errors)
        self.weft("audit", "verify", "--level", "3")

    def runs(self):
        if not (self.folder / "weft.store").exists():
            return []
        return [run for run in self.json("runs")["runs"] if run["status"] == "completed"]

    def until(self, holds):
        end = time.monotonic() + 30
        while time.monotonic() < end:
            if holds():
                return
            time.sleep(0.1)
        self.fail("it did not come to that")


if __name__ == "__main__":
    unittest.main()
