#!/usr/bin/env python3
"""The host program of examples/embedding: its worker is called, its run completes, its log is read.

Then that of transfers, killed again and again: accounts and log say the same.

embedding_test.py HELLO TRANSFER WEFT
"""
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM, TRANSFER, WEFT = ([pathlib.Path(name).resolve() for name in sys.argv[1:4]] + [None] * 3)[:3]
del sys.argv[1:4]
ROUNDS = 12
SAID = re.compile(r"till (\d+), safe (\d+), (\d+) moves of (\d+) runs, (\d+) in all")


def run(folder):
    return subprocess.run([PROGRAM], cwd=folder, capture_output=True, text=True, timeout=50, check=False)


class Embedding(unittest.TestCase):
    def test_a_host_runs_a_workflow_and_reads_its_log(self):
        with tempfile.TemporaryDirectory() as folder:
            done = run(folder)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            said = dict(line.split(": ", 1) for line in done.stdout.splitlines() if ": " in line)
            self.assertIn('the worker is called with {"name":"reader"}', done.stdout.replace(": ", ":"))
            self.assertEqual(said["result"], '"Hello from the host"')
            kinds = [entry["kind"] for entry in json.loads(said["log"])["entries"]]
            self.assertEqual(kinds, ["begin", "timer-set", "call", "start", "outcome", "end"])
            self.assertTrue((pathlib.Path(folder) / "hello.store").is_file())

    def test_a_second_run_uses_the_same_store(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual([run(folder).returncode for _ in range(2)], [0, 0])


class Transfers(unittest.TestCase):
    """What a worker writes into the store, and the record that it did, are one commit."""

    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="weft-transfer-")
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)

    def transfer(self, count):
        return subprocess.Popen([TRANSFER, "t.store", str(count)], cwd=self.folder, text=True, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)

    def ended(self, count):
        process = self.transfer(count)
        output, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, output + errors)
        return [int(number) for number in SAID.search(output).groups()]

    def weft(self, *words):
        done = subprocess.run([WEFT, *words, "--store", "t.store"], cwd=self.folder, capture_output=True, text=True,
                              timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def test_each_is_done_once(self):
        self.assertEqual(self.ended(5), [999985, 15, 5, 5, 15])
        self.weft("audit", "verify", "--level", "3")

    def test_killed_at_any_moment_none_is_lost_or_done_twice(self):
        seed = int(os.environ.get("WEFT_SEED", "11"))
        draw = random.Random(seed)
        whole = time.monotonic()
        begun = self.ended(40)[2]
        whole = time.monotonic() - whole
        for _ in range(ROUNDS):
            process = self.transfer(40)
            time.sleep(draw.uniform(0.2, 1.0) * whole)
            process.send_signal(signal.SIGKILL)
            output, _ = process.communicate(timeout=60)
            begun += output.count("begun ")
        till, safe, moves, runs, amount = self.ended(1)
        begun += 1
        # One more may have begun, killed before it was told.
        self.assertIn(runs - begun, range(ROUNDS + 1), f"seed {seed}")
        self.assertEqual((till, safe, moves, amount), (1_000_000 - 3 * runs, 3 * runs, runs, 3 * runs), f"seed {seed}")
        listed = json.loads(self.weft("runs", "--json", "--limit", "10000"))["runs"]
        self.assertEqual([run["status"] for run in listed], ["completed"] * runs, f"seed {seed}")
        self.weft("audit", "verify", "--level", "3")


if __name__ == "__main__":
    unittest.main()
