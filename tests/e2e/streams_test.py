"""Standard streams that take nothing, or are not there: a command does what it has to do all the same."""

import functools
import os
import resource
import signal
import subprocess
import time
import unittest

import cli_test

FLOW = """\
workflow main(n: Int where it in 1..9 = 3) -> Int
  within 1h
{
  emit one(n)
  sleep 50ms
  let unused = n
  emit two(n + 1)
  return n
}
"""


class Streams(cli_test.Case):
    def setUp(self):
        super().setUp()
        (self.folder / "main.wf").write_text(FLOW, encoding="utf-8")

    def into(self, words, out, err):
        """The exit code with these in the place of standard output and error; what came to a pipe."""
        with open(os.devnull if out is None else out, "wb") as output, \
                open(os.devnull if err is None else err, "wb") as errors:
            done = subprocess.run([cli_test.WEFT, *words], cwd=self.folder, text=True, timeout=60, check=False,
                                  stdout=output if out else subprocess.PIPE, stderr=errors if err else subprocess.PIPE)
        return done.returncode, done.stdout, done.stderr

    def assert_all_is_done(self):
        listed = self.json("runs")["runs"]
        self.assertEqual([run["status"] for run in listed], ["completed"])
        self.assertIn("verifies", self.weft("audit", "verify", "--level", "3").stdout)
        (self.folder / "weft.store").unlink()
        (self.folder / "weft.store.keys").unlink()

    def test_what_could_not_be_printed_is_told(self):
        code, _, said = self.into(["run", "main.wf"], "/dev/full", None)
        self.assertEqual(code, 5)
        self.assertIn("weft: standard output could not be written: No space left on device", said)
        self.assertEqual(self.into(["runs", "--json"], "/dev/full", None)[0], 5)
        self.assertEqual(self.into(["log", "nothing"], "/dev/full", None)[0], 2)
        self.assertEqual(self.into(["--help"], "/dev/full", None)[0], 5)
        self.assert_all_is_done()

    def test_errors_that_nobody_takes_end_nothing(self):
        self.assertEqual(self.into(["run", "main.wf"], None, "/dev/full")[0], 0)
        self.assertEqual(self.into(["log", "nothing"], None, "/dev/full")[0], 2)
        self.assertEqual(self.into(["log", "nothing"], "/dev/full", "/dev/full")[0], 2)
        self.assert_all_is_done()

    def gone(self, words, *streams):
        """The exit code, and what came to standard error, with readers of these streams that leave at once."""
        reading, writing = os.pipe()
        os.close(reading)
        out = {name: writing if name in streams else subprocess.PIPE for name in ("stdout", "stderr")}
        try:
            # Its default disposition back: SIGPIPE ends who does not care.
            done = subprocess.run([cli_test.WEFT, *words], cwd=self.folder, text=True, timeout=60, check=False,
                                  restore_signals=True, **out)
        finally:
            os.close(writing)
        return done.returncode, done.stderr

    def test_a_reader_that_left_ends_nothing(self):
        code, said = self.gone(["run", "main.wf"], "stdout")
        self.assertEqual(code, 5)
        self.assertIn("weft: standard output could not be written: Broken pipe", said)
        (run,) = self.json("runs")["runs"]
        for words in (["log", run["run"]], ["runs", "--json"], ["--help"]):
            self.assertEqual(self.gone(words, "stdout")[0], 5, words)
        self.assertEqual(self.gone(["log", "nothing"], "stderr")[0], 2)
        self.assertEqual(self.gone(["log", "nothing"], "stdout", "stderr")[0], 2)
        self.assert_all_is_done()
        self.assertEqual(self.gone(["run", "main.wf"], "stderr")[0], 0)
        self.assert_all_is_done()
        self.assertEqual(self.gone(["run", "main.wf"], "stdout", "stderr")[0], 5)
        self.assert_all_is_done()

    # They end as others expect of them when nobody reads them any more.
    def test_what_is_started_has_its_signals_as_usual(self):
        (self.folder / "notes").write_text(
            "#!/bin/sh\ngrep -E 'SigIgn' /proc/self/status >\"$FOUND\"\nexit 1\n", encoding="utf-8")
        (self.folder / "notes").chmod(0o755)
        self.json("run", "review.wf", "text=a", "--no-wait", "--no-verify", code=11)
        (task,) = self.json("review", "list")["tasks"]
        environment = dict(os.environ, VISUAL=str(self.folder / "notes"), FOUND=str(self.folder / "found"))
        self.weft("review", "revise", task["task"], "--edit", "n", code=8, environment=environment)
        ignored = int((self.folder / "found").read_text(encoding="utf-8").split()[1], 16)
        for number in (signal.SIGPIPE, signal.SIGXFSZ):
            self.assertFalse(ignored >> (number - 1) & 1, number)

    def test_tests_that_nobody_watches_end(self):
        (self.folder / "main.wf").write_text(
            FLOW + 'test "it runs" {\n  run main(1)\n  expect output == 1\n}\n', encoding="utf-8")
        self.assertEqual(self.gone(["test", "--watch"], "stdout")[0], 5)

    def test_closed_streams_end_nothing(self):
        for closed in (">&-", "2>&-", ">&- 2>&- <&-"):
            with self.subTest(closed):
                done = subprocess.run(["/bin/sh", "-c", f'exec "$0" run main.wf {closed}', cli_test.WEFT],
                                      cwd=self.folder, timeout=60, check=False, capture_output=True)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assert_all_is_done()

    def test_a_limit_of_the_size_of_files_is_like_a_full_disk(self):
        for most in (1000, 40_000):
            with self.subTest(most):
                done = subprocess.run(
                    [cli_test.WEFT, "run", "main.wf"], cwd=self.folder, text=True, timeout=60, check=False,
                    capture_output=True,
                    preexec_fn=functools.partial(resource.setrlimit, resource.RLIMIT_FSIZE, (most, most)))
                self.assertEqual(done.returncode, 5, done.stderr)
                self.assertRegex(done.stderr, r"(?m)^weft: \S")
        self.weft("run", "main.wf")
        self.assert_all_is_done()

    # What is printed would come to it.
    def test_no_file_of_a_store_gets_the_number_of_a_stream(self):
        self.weft("run", "main.wf", "--quiet")
        server = subprocess.Popen(["/bin/sh", "-c", 'exec "$0" serve >&- 2>&- <&-', cli_test.WEFT], cwd=self.folder)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        deadline = time.monotonic() + 20
        while not (self.folder / "weft.store.sock").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        held = [os.readlink(f"/proc/{server.pid}/fd/{stream}") for stream in range(3)]
        self.assertEqual(held, ["/dev/null"] * 3)
        server.send_signal(signal.SIGTERM)
        self.assertEqual(server.wait(30), 0)


if __name__ == "__main__":
    unittest.main()
