"""The store's protocol through the socket of a living owner: more than a line, long work, clients that are wrong."""

import json
import os
import subprocess
import unittest

import socket_case

WEFT = os.environ["WEFT_BIN"]

PROGRAM = """\
workflow sleeper(days: Int) -> Int
  within 30d
{
  sleep 20d
  return days
}

workflow echo(values: List<Int>) -> List<Int>
  within 1h
{
  return values
}
"""


class Owner(socket_case.SocketCase):
    """A process that owns the store for as long as a test runs."""

    def setUp(self):
        super().setUp()
        (self.folder / "p.wf").write_text(PROGRAM, encoding="utf-8")
        self.owner = subprocess.Popen([WEFT, "run", "p.wf", "sleeper", "days=1"], cwd=self.folder,
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(self.stop)
        self.wait_for(self.owner)

    def stop(self):
        self.owner.kill()
        self.owner.wait()

    def weft(self, *arguments):
        done = subprocess.run([WEFT, *arguments], cwd=self.folder, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIsNone(self.owner.poll(), "the owner ended")
        return done.stdout


class Protocol(Owner):
    def test_input_and_result_of_more_than_a_line(self):
        values = list(range(10**9, 10**9 + 150_000))
        (self.folder / "in.json").write_text(json.dumps({"values": values}), encoding="utf-8")
        self.assertGreater((self.folder / "in.json").stat().st_size, 1 << 20)
        out = json.loads(self.weft("run", "p.wf", "echo", "--input", "in.json", "--json"))
        self.assertEqual(out["status"], "completed")
        self.assertEqual(out["result"], values)

    def test_requests_are_answered_in_their_order(self):
        lines = self.connect()
        requests = [{"id": "v", "method": "verify", "params": {"level": 3}},
                    {"id": 2, "method": "hello"}, {"id": 3, "method": "runs"}]
        lines.write(b"".join(json.dumps(request).encode() + b"\n" for request in requests))
        lines.flush()
        answers = [self.answer(lines) for _ in requests]
        self.assertEqual([answer["id"] for answer in answers], ["v", 2, 3])
        self.assertTrue(answers[0]["result"]["ok"], answers[0])

    def test_parameters_after_the_line(self):
        lines = self.connect()
        runs = self.call(lines, {"id": 1, "method": "runs"})["result"]["runs"]
        params = json.dumps({"run": runs[0]["run"], "padding": "x" * (2 << 20)}).encode()
        lines.write(json.dumps({"id": 2, "method": "status", "bytes": len(params)}).encode() + b"\n" + params[:1000])
        lines.flush()
        other = self.connect()  # a slow client keeps nobody waiting
        self.assertEqual(self.call(other, {"id": 1, "method": "hello"})["result"]["protocol"], 1)
        lines.write(params[1000:] + b'{"id": 3, "method": "hello"}\n')
        lines.flush()
        self.assertEqual(self.answer(lines)["result"]["workflow"], "sleeper")
        self.assertEqual(self.answer(lines)["id"], 3)

    def test_a_log_read_in_pieces_is_the_log(self):
        lines = self.connect()
        run = self.call(lines, {"id": 1, "method": "runs"})["result"]["runs"][0]["run"]
        whole = self.call(lines, {"id": 2, "method": "log", "params": {"run": run}})["result"]
        self.assertGreater(len(whole["entries"]), 2)
        pieces, at = [], 0
        while True:
            asked = {"run": run, "from": at, "limit": 1}
            part = self.call(lines, {"id": 3, "method": "log", "params": asked})["result"]
            if not part["entries"]:
                break
            self.assertEqual(len(part["entries"]), 1)
            pieces += part["entries"]
            at = part["next"]
        self.assertEqual(pieces, whole["entries"])
        # One that has gone on is of no use for an earlier record.
        first = self.call(lines, {"id": 4, "method": "log", "params": {"run": run, "from": 0, "limit": 1}})["result"]
        self.assertEqual(first["entries"], whole["entries"][:1])

    def test_what_is_no_request(self):
        for text, what in [(b"nonsense\n", "JSON object"), (b"[]\n", "JSON object"), (b'{"id": 7}\n', "method"),
                           (b'{"id": 7, "method": "dance"}\n', "no request `dance`"),
                           (b'{"id": 7, "method": "runs", "params": []}\n', "not a JSON object"),
                           (b'{"id": 7, "method": "runs", "bytes": 999999999999}\n', "256 MiB")]:
            with self.subTest(text=text):
                lines = self.connect()
                lines.write(text)
                lines.flush()
                answer = self.answer(lines)
                self.assertEqual(answer["error"]["kind"], "usage")
                self.assertIn(what, answer["error"]["message"])
        lines = self.connect()
        try:
            lines.write(b"x" * (3 << 20))  # a line without an end
            lines.flush()
            self.assertEqual(lines.readline(), b"")
        except (BrokenPipeError, ConnectionResetError):
            pass
        self.assertEqual(self.call(self.connect(), {"id": 1, "method": "hello"})["id"], 1)


if __name__ == "__main__":
    unittest.main()
