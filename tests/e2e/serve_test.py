"""A server that owns a store: schedules under SIGKILL, starts that come again, a clean end, other commands beside it,
a verification that nobody waits for, and journals that go when their effect is settled."""

import http.server
import json
import os
import signal
import socket
import subprocess
import threading
import time
import unittest

import canary

WEFT = os.environ["WEFT_BIN"]

PROGRAM = """\
use std.notify

workflow tick(name: Text) -> Text
  within 1h
{
  step notify.webhook("tick", name)
    compensate none "it was said"
  return name
}

workflow nap(time: Duration) -> Text
  within 1d
{
  sleep time
  return "slept"
}

workflow many(lines: List<Text> where length in 0..3_000) -> Int
  within 1h
{
  step all = each line in lines, 16 at once {
    emit said(line)
    line
  }
  return count(all)
}
"""
EACH_SECOND = PROGRAM + """
schedule often runs tick("t") every 1s overlap allow, catch up 1h
"""
QUEUED = PROGRAM + """
schedule naps runs nap(1500ms) every 1s overlap queue, catch up 1h
"""


class Server(canary.Case):
    def setUp(self):
        super().setUp()
        (self.folder / "shop.wf").write_text(PROGRAM, encoding="utf-8")

    def weft(self, *words, code=0):
        done = subprocess.run([WEFT, *words], cwd=self.folder, text=True, capture_output=True, timeout=60)
        self.assertEqual(done.returncode, code, f"{words}\n{done.stdout}\n{done.stderr}")
        return done

    def json(self, *words, code=0):
        return json.loads(self.weft(*words, "--json", code=code).stdout)

    def serve(self, *words):
        with open(self.folder / "serve.log", "ab") as log:
            server = subprocess.Popen([WEFT, "serve", *words], cwd=self.folder, stdout=log, stderr=log)
        self.addCleanup(lambda: (server.kill(), server.wait()))
        self.until(lambda: self.answers() or server.poll() is not None, "the server does not serve")
        self.assertIsNone(server.poll(), self.log())
        return server

    def log(self):
        return (self.folder / "serve.log").read_text(encoding="utf-8")

    def answers(self):
        try:
            self.ask("hello")
            return True
        except OSError:
            return False

    def ask(self, method, **params):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(20)
            client.connect(str(self.folder / "weft.store.sock"))
            lines = client.makefile("rwb")
            lines.write(json.dumps({"id": 1, "method": method, "params": params}).encode() + b"\n")
            lines.flush()
            while True:
                line = lines.readline()
                if not line:
                    raise ConnectionError("the server went away")
                answer = json.loads(line)
                if "busy" not in answer:
                    return answer

    def until(self, true, message, seconds=20):
        end = time.monotonic() + seconds
        while not true():
            self.assertLess(time.monotonic(), end, message)
            time.sleep(0.02)

    def stop(self, server, number=signal.SIGTERM):
        server.send_signal(number)
        self.assertEqual(server.wait(timeout=40), 0, self.log())

    def sound(self):
        self.weft("audit", "verify", "--level", "3")

    def runs(self, workflow):
        return [run for run in self.json("runs", "--limit", "10000")["runs"] if run["workflow"] == workflow]


class SlowReceiver:
    """Answers each hook after a while, and counts them."""

    def __init__(self, seconds):
        self.ids = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                receiver.ids.append(self.headers["webhook-id"])
                time.sleep(seconds)
                self.send_response(204)
                self.end_headers()

            def log_message(self, *arguments):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()


class Serving(Server):
    def test_told_to_end_it_sees_what_is_under_way_to_its_end(self):
        receiver = SlowReceiver(1.5)
        self.addCleanup(receiver.http.shutdown)
        (self.folder / "weft.toml").write_text(
            f'[workers."notify.webhook"]\nurl = "http://127.0.0.1:{receiver.http.server_port}/"\n'
            'secret = "env:WEFT_HOOK"\n', encoding="utf-8")
        server = self.serve()
        client = subprocess.Popen([WEFT, "run", "shop.wf", "tick", "name=a", "-q"], cwd=self.folder,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.until(lambda: receiver.ids, "the hook does not leave")
        client.kill()
        client.wait()
        self.stop(server)
        log = self.json("log", self.runs("tick")[0]["run"])["entries"]
        self.assertTrue(any(entry["kind"] == "outcome" for entry in log), log)
        self.weft("serve", "--once")
        self.assertEqual(self.runs("tick")[0]["status"], "completed")
        self.assertEqual(len(receiver.ids), 1)
        self.sound()

    def test_other_commands_go_through_it_and_it_ends_in_order(self):
        server = self.serve("shop.wf")
        done = self.json("run", "shop.wf", "nap", "time=PT0.05S", "--no-verify")
        self.assertEqual(done["result"], "slept")
        self.assertIn("commands reach it", self.weft("serve", "shop.wf", code=4).stderr)
        waiting = subprocess.Popen([WEFT, "run", "shop.wf", "nap", "time=PT2S", "--json", "--no-verify"],
                                   cwd=self.folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.until(lambda: len(self.runs("nap")) == 2, "the second run does not begin")
        # The client takes the run up when the server goes.
        self.stop(server)
        output, errors = waiting.communicate(timeout=30)
        self.assertEqual(waiting.returncode, 0, errors)
        self.assertEqual(json.loads(output)["result"], "slept")
        self.assertIn("stops: what is under way", self.log())
        self.assertNotIn("killed", self.log())
        self.sound()

    def test_it_takes_up_what_was_left(self):
        killed = subprocess.Popen([WEFT, "run", "shop.wf", "nap", "time=PT0.5S"], cwd=self.folder,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.until(lambda: self.answers() and self.runs("nap"), "the run does not begin")
        killed.kill()
        killed.wait()
        server = self.serve()
        self.until(lambda: self.runs("nap")[0]["status"] == "completed", "the run is not taken up")
        self.stop(server, signal.SIGINT)
        self.assertIn("1 run taken up", self.log())

    def test_once_does_what_is_due_and_leaves(self):
        self.weft("schedules", code=3)
        (self.folder / "shop.wf").write_text(EACH_SECOND, encoding="utf-8")
        self.weft("serve", "shop.wf", "--once")
        self.assertEqual(self.runs("tick"), [])
        self.assertIn("no schedule is served", self.weft("schedules").stdout)
        time.sleep(2.1)
        said = self.weft("serve", "shop.wf", "--once").stdout
        self.assertIn("shop.often  started", said)
        runs = self.runs("tick")
        self.assertGreaterEqual(len(runs), 2)
        self.assertEqual({run["status"] for run in runs}, {"completed"})
        lines = self.weft("serve", "shop.wf", "--once", "--json").stdout.splitlines()
        self.assertEqual(json.loads(lines[0])["schedules"][0]["schedule"], "shop.often")
        self.sound()

    def test_a_program_with_mistakes_or_an_unknown_zone_is_refused(self):
        (self.folder / "bad.wf").write_text("workflow x(\n", encoding="utf-8")
        self.weft("serve", "bad.wf", code=1)
        (self.folder / "bad.wf").write_text(
            PROGRAM + '\nschedule n runs nap(1s) at "06:00" in "Europe/Zurih"\n', encoding="utf-8")
        self.assertIn("knows no time zone `Europe/Zurih`", self.weft("serve", "bad.wf", code=3).stderr)


class Schedules(Server):
    def test_each_time_once_over_kills(self):
        (self.folder / "shop.wf").write_text(EACH_SECOND, encoding="utf-8")
        self.weft("serve", "shop.wf", "--once")
        first = self.schedule_state("next") // 1000
        for round_ in range(6):
            server = self.serve("shop.wf")
            time.sleep(0.3 + 0.31 * round_)
            server.kill()
            server.wait()
        server = self.serve("shop.wf")
        self.until(lambda: self.ask("schedules")["result"]["schedules"][0]["last"] // 1000 >= first + 9,
                   "the schedule does not go on")
        last = self.ask("schedules")["result"]["schedules"][0]["last"] // 1000
        self.stop(server)
        # One mail in the outbox for each second, and one run.
        runs = self.runs("tick")
        count = last - first + 1
        self.assertIn(len(runs), (count, count + 1))
        self.weft("serve", "--once")
        self.assertEqual({run["status"] for run in self.runs("tick")}, {"completed"})
        self.assertEqual(len(list((self.folder / "outbox").glob("*.json"))), len(runs))
        self.sound()

    def schedule_state(self, name):
        lines = self.weft("serve", "shop.wf", "--once", "--json").stdout.splitlines()
        return json.loads(lines[0])["schedules"][0][name]

    def test_a_queue_survives_a_kill(self):
        (self.folder / "shop.wf").write_text(QUEUED, encoding="utf-8")
        server = self.serve("shop.wf")
        self.until(lambda: "queued" in self.ask("schedules")["result"]["schedules"][0], "nothing is queued")
        server.kill()
        server.wait()
        server = self.serve("shop.wf")
        listed = self.weft("schedules").stdout
        self.assertRegex(listed, r"shop\.naps +nap +next .* last .* as [0-9a-f]{8}")
        self.until(lambda: len(self.runs("nap")) >= 3, "the queue does not go on")
        self.stop(server)
        runs = sorted(self.runs("nap"), key=lambda run: run["begun"])
        for before, after in zip(runs, runs[1:]):
            self.assertLessEqual(before["ended"], after["begun"])
        self.sound()


class Starts(Server):
    def test_a_start_that_comes_again_gives_the_same_run_also_after_a_kill(self):
        for round_ in range(6):
            server = self.serve()
            client = subprocess.Popen(
                [WEFT, "run", "shop.wf", "tick", f"name=n{round_}", "--request-id", f"r{round_}"],
                cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(0.02 * round_)
            client.kill()
            client.wait()
            server.kill()
            server.wait()
            done = self.json("run", "shop.wf", "tick", f"name=n{round_}", "--request-id", f"r{round_}",
                             "--no-verify")
            self.assertEqual(done["result"], f"n{round_}")
            again = self.json("run", "shop.wf", "tick", f"name=n{round_}", "--request-id", f"r{round_}",
                              "--no-verify")
            self.assertEqual(again["run"], done["run"])
        self.assertEqual(len(self.runs("tick")), 6)
        self.assertEqual(len(list((self.folder / "outbox").glob("*.json"))), 6)
        self.sound()


class Verifying(Server):
    def test_runs_go_on_while_a_large_store_is_verified(self):
        lines = json.dumps({"lines": [f"line {i}" for i in range(3000)]})
        (self.folder / "in.json").write_text(lines, encoding="utf-8")
        server = self.serve()
        for _ in range(4):
            self.weft("run", "shop.wf", "many", "--input", "in.json", "--no-verify", "-q")
        answer = []
        began = time.monotonic()

        def verify():
            answer.append(self.ask("verify", level=3))
            answer.append(time.monotonic() - began)

        thread = threading.Thread(target=verify)
        thread.start()
        slowest = 0.0
        asked = 0
        while thread.is_alive():
            asked_at = time.monotonic()
            self.ask("hello")
            slowest = max(slowest, time.monotonic() - asked_at)
            asked += 1
        thread.join()
        self.assertTrue(answer[0]["result"]["ok"], answer[0])
        self.assertGreater(answer[0]["result"]["records"], 12_000)
        self.assertGreater(asked, 3)
        # No other request waits for more than a part of it.
        self.assertLess(slowest, max(0.5, answer[1] / 3), f"{slowest} of {answer[1]}")
        self.stop(server)


class Journals(Server):
    def journals(self):
        return list((self.folder / "weft.store.state" / "notify").glob("*.journal"))

    def test_they_go_when_the_effect_is_settled(self):
        self.weft("run", "shop.wf", "tick", "name=a")
        self.assertEqual(len(list((self.folder / "outbox").glob("*.json"))), 1)
        self.assertEqual(self.journals(), [])

    def test_what_a_kill_leaves_is_swept_by_the_next_server(self):
        for round_ in range(8):
            client = subprocess.Popen([WEFT, "run", "shop.wf", "tick", f"name=n{round_}", "-q"], cwd=self.folder,
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.until(lambda: self.answers() or client.poll() is not None, "no run")
            time.sleep(0.004 * round_)
            client.kill()
            client.wait()
        # One that nobody has closed: its run is long ended.
        folder = self.folder / "weft.store.state" / "notify"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ("0" * 32 + ".journal")).write_text('{"event":"intent"}\n{"event":"receipt","receipt":{}}\n')
        doubtful = folder / ("1" * 32 + ".journal")
        doubtful.write_text('{"event":"intent"}\n')
        self.weft("serve", "--once")
        self.assertEqual({run["status"] for run in self.runs("tick")}, {"completed"})
        self.weft("serve", "--once")
        self.assertEqual(self.journals(), [doubtful])
        self.assertEqual(len(list((self.folder / "outbox").glob("*.json"))), len(self.runs("tick")))
        self.sound()


if __name__ == "__main__":
    unittest.main()
