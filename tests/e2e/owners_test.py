"""Who owns a store may be killed at any time, and so may each command that a person gives: the next one takes over what
was parked, the command is sent again with its id, and a real mail receiver gets each mail once."""

import http.server
import json
import os
import signal
import subprocess
import threading
import time
import unittest

from aiosmtpd.controller import Controller

from hook import HOOK
from serve_test import Server

WEFT = os.environ["WEFT_BIN"]
MOMENTS = 3
NAPS = 12

PARKED = """\
use std.notify

workflow parked(name: Text, time: Duration) -> Text
  within 1d
{
  sleep time
  step notify.email(["a@example.org"], "woke ${name}")
  return name
}
"""

JOB = """\
use std.notify

workflow job(name: Text) -> Int
  within 10d
{
  signal go: Text

  step word = wait go within 5d else {
    fail "nobody came"
  }
  gate told {
    require length(word) > 1000

    otherwise review word by "boss" within 1d
    otherwise fail "nobody wanted it"
  }
  step sent = notify.email(["a@example.org"], "for ${name}", word)
  return sent.accepted
}
"""

ONCE = HOOK.replace("idempotent for 1d", "once").replace("  retry    30 times, backoff 50ms to 100ms\n", "") + """
workflow doubtful(name: Text) -> Text
  within 10d
{
  step told = notify.webhook("told", name)
    compensate none "told is told"
  return told.id
}
"""


class Mails:
    """A mail server that counts, by subject."""

    def __init__(self):
        self.subjects = []
        self.smtp = Controller(self, hostname="127.0.0.1", port=0)
        # Port 0 can't be asked of this class: take a free one first.
        with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as probe:
            self.port = self.smtp.port = probe.server_port
        self.smtp.start()

    async def handle_DATA(self, server, session, envelope):
        text = envelope.content.decode("utf-8", "replace")
        self.subjects += [line[9:].strip() for line in text.splitlines() if line.startswith("Subject: ")]
        return "250 OK"


class Owners(Server):
    def setUp(self):
        super().setUp()
        self.mails = Mails()
        self.addCleanup(self.mails.smtp.stop)
        (self.folder / "weft.toml").write_text(
            f'[workers."notify.email"]\nsmtp = "smtp://127.0.0.1:{self.mails.port}"\nfrom = "w@example.org"\n'
            'tls = "none"\n')

    def status(self, run):
        return self.json("show", run)["status"]

    def test_another_server_takes_over_what_was_parked(self):
        (self.folder / "parked.wf").write_text(PARKED)
        first = self.serve("parked.wf")
        names = [f"n{i}" for i in range(NAPS)]
        clients = []
        for name in names:
            client = subprocess.Popen([WEFT, "run", "parked.wf", f"name={name}", "time=PT4S", "--no-verify"],
                                      cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.addCleanup(lambda client=client: (client.kill(), client.wait()))
            clients.append(client)
        self.until(lambda: len(self.runs("parked")) == NAPS, "the runs don't begin")
        # Who began them goes away; the server has them.
        for client in clients:
            client.kill()
            client.wait()
        runs = [run["run"] for run in self.runs("parked")]
        refused = self.weft("serve", "parked.wf", code=4).stderr
        self.assertIn("commands reach it", refused)
        first.send_signal(signal.SIGKILL)
        first.wait()
        # Two at once: one of them owns the store, the other one says so.
        both = [subprocess.Popen([WEFT, "serve", "parked.wf"], cwd=self.folder, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.PIPE, text=True) for _ in range(2)]
        for server in both:
            self.addCleanup(lambda server=server: (server.kill(), server.communicate()))
        self.until(lambda: any(server.poll() is not None for server in both), "both servers stay")
        loser = next(server for server in both if server.poll() is not None)
        self.assertEqual(loser.returncode, 4, loser.stderr.read())
        winner = both[1 - both.index(loser)]
        self.until(lambda: all(self.status(run) == "completed" for run in runs[-2:]), "the runs don't wake")
        self.until(lambda: all(self.status(run) == "completed" for run in runs), "some runs don't wake")
        winner.terminate()
        self.assertEqual(winner.wait(40), 0)
        self.assertEqual(sorted(self.mails.subjects), sorted(f"woke {name}" for name in names))
        self.sound()

    def killed(self, seconds, *words):
        process = subprocess.Popen([WEFT, *words], cwd=self.folder, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        time.sleep(seconds)
        process.kill()
        process.wait()

    def twice(self, seconds, *words, codes=(0, 10, 11)):
        """Killed on its way, and sent again under the same id: it is done once."""
        words = (*words, "--request-id", f"{words[0]}-{words[1]}-{seconds}")
        self.killed(seconds, *words)
        done = subprocess.run([WEFT, *words, "--json"], cwd=self.folder, text=True, capture_output=True, timeout=60)
        self.assertIn(done.returncode, codes, f"{words}\n{done.stdout}\n{done.stderr}")

    def moments(self):
        """While a command that looks takes about its time."""
        (self.folder / "nothing.wf").write_text("workflow nothing() -> Int\n  within 1h\n{\n  return 1\n}\n")
        self.weft("run", "nothing.wf", "--no-verify")
        begun = time.monotonic()
        self.weft("runs")
        whole = 2.5 * (time.monotonic() - begun)
        return [whole * (i + 1) / MOMENTS for i in range(MOMENTS)]

    def begin(self, name):
        return self.json("run", "job.wf", f"name={name}", "--no-wait", "--no-verify", code=11)["run"]

    def test_commands_killed_on_their_way(self):
        (self.folder / "job.wf").write_text(JOB)
        (self.folder / "later.wf").write_text(JOB.replace('"for ${name}"', '"for ${name}!"'))
        for number, seconds in enumerate(self.moments()):
            run = self.begin(f"n{number}")
            with self.subTest(f"killed after {seconds:.3f} s"):
                self.twice(seconds, "signal", run, "go", '"now"')
                self.weft("resume", run, "--no-wait", code=11)
                self.twice(seconds, "hold", run, "--reason", "a question")
                self.twice(seconds, "release", run, "--reason", "answered")
                self.killed(seconds, "migrate", "later.wf", run, "--reason", "the wording")
                moved = json.loads(subprocess.run(
                    [WEFT, "migrate", "later.wf", run, "--reason", "the wording", "--json"], cwd=self.folder, text=True,
                    capture_output=True, check=True).stdout)["runs"][0]["way"]
                self.assertIn(moved, ("adopt", "same"))
                task = next(t["task"] for t in self.json("review", "list")["tasks"] if t["task"].startswith(run[:8]))
                self.twice(seconds, "review", "approve", task, "--reason", "fine")
                for _ in range(3):
                    self.killed(seconds, "resume", run)
                self.until(lambda: self.finished(run), "the run does not end")
                self.assertEqual(self.mails.subjects.count(f"for n{number}!"), 1, self.mails.subjects)
                kinds = [entry["kind"] for entry in self.json("log", run)["entries"]]
                for kind in ("decision", "held-by-operator", "released", "adopted", "signal"):
                    self.assertEqual(kinds.count(kind), 1, kinds)
                self.killed(seconds, "audit", "erase", run, "--reason", "asked")
                self.weft("audit", "erase", run, "--reason", "asked")
                self.assertNotIn(f"n{number}", self.weft("log", run, "--payloads").stdout)
        # Who is cancelled is told nothing.
        for number, seconds in enumerate(self.moments()):
            run = self.begin(f"c{number}")
            self.weft("signal", run, "go", '"now"')
            self.weft("resume", run, "--no-wait", code=11)
            self.twice(seconds, "cancel", run, "--reason", "not wanted")
            self.until(lambda: self.finished(run) == "cancelled", "the run is not cancelled")
        self.assertEqual([subject for subject in self.mails.subjects if subject.startswith("for c")], [])
        self.sound()

    def finished(self, run):
        subprocess.run([WEFT, "resume", run, "--no-wait"], cwd=self.folder, capture_output=True, timeout=60)
        status = self.status(run)
        return status if status in ("completed", "cancelled", "failed") else None

    def test_a_settlement_killed_on_its_way(self):
        """The hook is sent, the engine is killed before the answer: a person says what became of it, once."""
        (self.folder / "once.wf").write_text(ONCE)
        told = []

        class Slow(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                told.append(self.headers["webhook-id"])
                time.sleep(3)

            def log_message(self, *arguments):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.shutdown)
        with (self.folder / "weft.toml").open("a") as config:
            config.write(f'[workers."notify.webhook"]\nurl = "http://127.0.0.1:{server.server_port}/"\n'
                         'secret = "env:WEFT_HOOK"\n')
        for number, seconds in enumerate(self.moments()):
            before = len(told)
            process = subprocess.Popen([WEFT, "run", "once.wf", f"name=n{number}", "--no-verify"], cwd=self.folder,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.until(lambda: len(told) > before, "the hook does not leave")
            process.kill()
            process.wait()
            run = self.json("runs")["runs"][0]["run"]
            subprocess.run([WEFT, "resume", run, "--no-wait"], cwd=self.folder, capture_output=True, timeout=60)
            value = json.dumps({"id": "x", "channel": "y", "accepted": 1})
            self.twice(seconds, "settle", run, "doubtful.told", "done", value, "--reason", "they have it")
            self.until(lambda: self.finished(run) == "completed", "the run does not go on")
            kinds = [entry["kind"] for entry in self.json("log", run)["entries"]]
            self.assertEqual(kinds.count("settled"), 1, kinds)
            self.assertEqual(len(told), before + 1)
        self.sound()


if __name__ == "__main__":
    unittest.main()
