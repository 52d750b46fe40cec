"""What a person sees: the live display on a real pseudo-terminal, read back by a terminal emulator (pyte)."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
import unittest

import canary

sys.path.append("/usr/lib/python3/dist-packages")  # of Debian's own Python, where another runs this

import pyte  # noqa: E402

WEFT = os.environ["WEFT_BIN"]
LONG = "a_step_with_an_extremely_long_name_which_nobody_would_ever_write_but_somebody_did"

PROGRAM = f"""\
use std.notify

workflow show() -> Text
  within 3d
{{
  step {LONG} = notify.webhook("größe", "日本語のテキスト")
    compensate none "x"
  step all = each item in ["eins", "zwei", "fünf"], 3 at once {{
    sleep 1s
    item
  }}
  step checked = review all by "editor-in-chief of the 日本語 department" within 24h
    overdue reject
    on Rejected {{
      return "nobody saw it"
    }}
  return "seen by ${{checked.by}}"
}}

workflow quick() -> Text
  within 1h
{{
  step said = notify.webhook("größe", "日本語のテキスト")
    compensate none "x"
  sleep 300ms
  return "done"
}}

schedule often runs quick() every 1s
"""


class Screen:
    """A terminal of some size, with a program in it."""

    def __init__(self, words, folder, columns=80, rows=24, **environment):
        self.screen = pyte.HistoryScreen(columns, rows, history=5000)
        self.stream = pyte.ByteStream(self.screen)
        self.bytes = b""
        self.rows = rows
        self.child, self.terminal = pty.fork()
        if self.child == 0:
            os.chdir(folder)
            clean = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
            os.execvpe(WEFT, [WEFT, *words], {**clean, "TERM": "xterm-256color", **environment})
        self.resize(columns)
        self.ended = False

    def resize(self, columns):
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", self.rows, columns, 0, 0))
        self.screen.resize(self.rows, columns)

    def read(self, seconds):
        """What the program writes in this time, or until it ends."""
        end = time.monotonic() + seconds
        while not self.ended and time.monotonic() < end:
            if not select.select([self.terminal], [], [], 0.05)[0]:
                continue
            try:
                data = os.read(self.terminal, 65536)
            except OSError:
                data = b""
            self.ended = not data
            self.bytes += data
            canary.Heard.note("screen", data)
            self.stream.feed(data)

    def until(self, text, seconds=20):
        end = time.monotonic() + seconds
        while text not in "\n".join(self.lines()):
            if self.ended or time.monotonic() > end:
                raise AssertionError(f"{text!r} did not come:\n" + "\n".join(self.lines()))
            self.read(0.1)

    def lines(self):
        """All rows, those that have scrolled away first."""
        history = ["".join(row[i].data for i in range(self.screen.columns)).rstrip()
                   for row in self.screen.history.top]
        shown = [row.rstrip() for row in self.screen.display]
        while shown and not shown[-1]:
            shown.pop()
        return history + shown

    def stop(self):
        if not self.ended:
            os.kill(self.child, signal.SIGTERM)
        return self.code()

    def code(self):
        """Of a program that ends by itself."""
        self.read(40)
        _, status = os.waitpid(self.child, 0)
        os.close(self.terminal)
        return os.waitstatus_to_exitcode(status)


class Display(canary.Case):
    def setUp(self):
        super().setUp()
        (self.folder / "show.wf").write_text(PROGRAM, encoding="utf-8")

    def screen(self, *words, **options):
        return Screen(words, self.folder, **options)

    def test_a_run_at_80_columns(self):
        screen = self.screen("run", "show.wf", "show")
        screen.until("waits for \"editor-in-chief")
        before = screen.lines()
        # Nothing changes while it waits, so nothing is drawn anew: a line can be marked and copied.
        size = len(screen.bytes)
        screen.read(1.0)
        self.assertEqual(len(screen.bytes), size)
        code = screen.stop()
        self.assertEqual(code, 130)
        text = "\n".join(before)
        # Rows are broken at blanks and set in under their beginning.
        self.assertIn(f"✓ {LONG[:70]}", text)
        for line in before:
            self.assertNotRegex(line, r"^[a-z]+ed\b.*task [0-9a-f]{8}$")
        command = [line for line in before if "weft review approve" in line]
        self.assertEqual(len(command), 1, text)
        self.assertRegex(command[0], r'^  weft review approve [0-9a-f]{8}:\d+ --reason "…"')
        self.assertNotIn("waits 1 s (sleep)", text)
        self.assertIn("is kept; `weft resume", "\n".join(screen.lines()))

    def test_what_comes_next_is_said_not_the_last_bound(self):
        screen = self.screen("run", "show.wf", "quick")
        screen.until("waits for the time, until")
        line = next(line for line in screen.lines() if "waits for the time" in line)
        shown = time.mktime(time.strptime(line[-19:], "%Y-%m-%d %H:%M:%S"))
        self.assertLess(abs(shown - time.time()), 60, line)
        screen.until("✓ completed")
        self.assertEqual(screen.code(), 0)
        self.assertNotIn("waits for the time", "\n".join(screen.lines()))

    def test_no_row_is_wider_than_the_terminal(self):
        for columns in (40, 80, 120):
            screen = self.screen("run", "show.wf", "show", "--no-wait", columns=columns)
            screen.read(20)
            self.assertEqual(screen.stop(), 11)
            plain = re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", screen.bytes).decode().replace("\r", "")
            for line in plain.split("\n"):
                wide = any(word in line for word in ("weft review", "run ", "file ", "result "))
                if not wide:
                    self.assertLessEqual(len(line), columns, line)

    def test_resized_while_it_works(self):
        screen = self.screen("run", "show.wf", "show", columns=120)
        screen.until("waits for the time")
        screen.resize(60)
        screen.until("waits for \"editor-in-chief")
        screen.resize(100)
        screen.read(0.5)
        lines = screen.lines()
        self.assertEqual(sum("weft review approve" in line for line in lines), 1, "\n".join(lines))
        self.assertTrue(any(line.startswith("✓") for line in lines))
        screen.stop()

    def test_without_colour(self):
        screen = self.screen("run", "show.wf", "quick", NO_COLOR="1")
        screen.read(20)
        self.assertEqual(screen.stop(), 0)
        self.assertNotRegex(screen.bytes, rb"\x1b\[[0-9;]*m")
        self.assertIn("✓ completed", "\n".join(screen.lines()))

    def test_a_dumb_terminal_gets_plain_lines(self):
        screen = self.screen("run", "show.wf", "quick", TERM="dumb")
        screen.read(20)
        self.assertEqual(screen.stop(), 0)
        self.assertNotIn(b"\x1b", screen.bytes)
        self.assertRegex("\n".join(screen.lines()), r"\d\d:\d\d:\d\d  ✓ said  done")

    def test_a_pipe_gets_plain_lines(self):
        done = subprocess.run([WEFT, "run", "show.wf", "quick"], cwd=self.folder, capture_output=True, timeout=30)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn(b"\x1b", done.stdout + done.stderr)
        self.assertNotIn(b"\r", done.stdout)

    def test_a_server_says_how_things_stand(self):
        screen = self.screen("serve", "show.wf")
        screen.until("under way; show.often in")
        screen.until("completed in")
        self.assertEqual(screen.stop(), 0)
        lines = screen.lines()
        text = "\n".join(lines)
        self.assertRegex(lines[0], r"^\d\d:\d\d:\d\d  serves weft\.store, 0 runs taken up$")
        self.assertRegex(text, r"\d\d:\d\d:\d\d  ◷ show\.often  started run [0-9a-f]{8}")
        self.assertRegex(text, r"\d\d:\d\d:\d\d  [0-9a-f]{8}  quick  ✓ completed in")
        # The line below them is gone.
        self.assertNotIn("under way;", text)
        self.assertIn("stops: what is under way may end first", lines[-1])


if __name__ == "__main__":
    unittest.main()
