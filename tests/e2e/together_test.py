"""Clients of a server that are programs: they begin runs of what is served, and are told when those have ended."""

import json
import os
import subprocess
import time
import unittest

import socket_case

WEFT = os.environ["WEFT_BIN"]

PROGRAM = """\
workflow nap(time: Duration) -> Text
  within 1d
{
  sleep time
  return "slept"
}

workflow fails() -> Text
  within 1d
{
  fail "it never works"
}

workflow ask(count: Int) -> Text
  within 1d
{
  gate asked {
    require count < 3
    otherwise review count by "clerk" within 1h
    otherwise fail "nobody said yes"
  }
  return "yes"
}
"""


class Clients(socket_case.SocketCase):
    def setUp(self):
        super().setUp()
        (self.folder / "naps.wf").write_text(PROGRAM, encoding="utf-8")
        (self.folder / "more.wf").write_text(PROGRAM.replace("ask", "beg"), encoding="utf-8")
        with open(self.folder / "serve.log", "ab") as log:
            self.server = subprocess.Popen([WEFT, "serve", "naps.wf", "more.wf"], cwd=self.folder, stdout=log,
                                           stderr=log)
        self.addCleanup(lambda: (self.server.kill(), self.server.wait()))
        self.wait_for(self.server, self.folder / "serve.log")

    def send(self, lines, method, **params):
        lines.write(json.dumps({"id": method, "method": method, "params": params}).encode() + b"\n")
        lines.flush()

    def read(self, lines):
        answer = self.answer(lines)
        return answer.get("result") or answer["error"]

    def ask(self, lines, method, **params):
        self.send(lines, method, **params)
        return self.read(lines)

    def test_many_clients_begin_and_wait(self):
        clients = [self.connect() for _ in range(32)]
        for lines in clients:
            self.send(lines, "start", program="naps", workflow="nap", input={"time": "PT0.3S"})
        runs = [self.read(lines)["run"] for lines in clients]
        self.assertEqual(len(set(runs)), 32)
        begun = time.monotonic()
        for lines, run in zip(clients, runs):
            self.send(lines, "wait", run=run)
        for lines, run in zip(clients, runs):
            status = self.read(lines)
            self.assertEqual((status["run"], status["status"], status["result"]), (run, "completed", "slept"))
        self.assertLess(time.monotonic() - begun, 20)

    def test_waiting_ends_with_its_time_and_with_the_client(self):
        lines = self.connect()
        run = self.ask(lines, "start", program="naps", workflow="nap", input={"time": "PT2H"})["run"]
        begun = time.monotonic()
        status = self.ask(lines, "wait", run=run, most=1500)
        self.assertEqual(status["status"], "waiting")
        self.assertGreaterEqual(time.monotonic() - begun, 1.4)
        # It is told meanwhile that it is not forgotten.
        self.send(lines, "wait", run=run, most=3000)
        self.assertEqual(json.loads(lines.readline()), {"busy": True})
        self.assertEqual(self.read(lines)["status"], "waiting")
        # One that goes away leaves nothing to be done.
        gone = self.connect()
        self.send(gone, "wait", run=run)
        gone.close()
        spent = self.spent()
        time.sleep(1)
        self.assertLess(self.spent() - spent, 0.5, "the server is busy with a client that has gone")
        self.assertEqual(self.ask(lines, "cancel", run=run, reason="enough")["run"], run)
        self.assertEqual(self.ask(lines, "wait", run=run)["status"], "cancelled")

    def spent(self):
        fields = (self.path.parent / f"/proc/{self.server.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def test_what_can_go_on_only_by_a_person_is_waited_for_and_what_failed_is_told(self):
        lines = self.connect()
        asks = self.ask(lines, "start", workflow="ask", input={"count": 5})["run"]
        self.assertEqual(self.ask(lines, "wait", run=asks, most=300)["status"], "waiting")
        fails = self.ask(lines, "start", program="more", workflow="fails")["run"]
        self.assertEqual(self.ask(lines, "wait", run=fails)["error"]["message"], "it never works")

    def test_which_program(self):
        lines = self.connect()
        self.assertEqual(self.ask(lines, "start", workflow="nap")["kind"], "usage")
        self.assertEqual(self.ask(lines, "start", workflow="none")["kind"], "not-found")
        self.assertEqual(self.ask(lines, "start", program="other", workflow="nap")["kind"], "not-found")
        self.assertIn("run", self.ask(lines, "start", workflow="beg", input={"count": 1}))

    def test_changes_are_waited_for(self):
        lines, other = self.connect(), self.connect()
        at = self.ask(lines, "changes")["next"]
        self.send(lines, "changes", **{"from": at, "most": 20000})
        run = self.ask(other, "start", program="naps", workflow="nap", input={"time": "PT0.2S"})["run"]
        seen, begun = [], time.monotonic()
        while "completed" not in seen:
            changes = self.read(lines)
            seen += [change["status"] for change in changes["changes"] if change["run"] == run]
            self.send(lines, "changes", **{"from": changes["next"], "most": 20000})
            self.assertLess(time.monotonic() - begun, 20)

    def test_a_start_that_comes_again_is_the_first(self):
        lines, other = self.connect(), self.connect()
        for client in (lines, other):
            self.send(client, "start", program="naps", workflow="nap", input={"time": "PT9S"}, request="once")
        first, second = self.read(lines), self.read(other)
        self.assertEqual(first["run"], second["run"])
        self.assertEqual([first.get("repeat"), second.get("repeat")].count(True), 1)


if __name__ == "__main__":
    unittest.main()
