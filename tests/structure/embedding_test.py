#!/usr/bin/env python3
"""The host program of examples/embedding: its worker is called, its run completes, its log is read.

embedding_test.py PROGRAM
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve() if len(sys.argv) > 1 else None


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


if __name__ == "__main__":
    unittest.main()
