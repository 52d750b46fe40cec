"""Runs among runs, with the real binary: limits and breakers against a sick server, keys, sub-runs under
SIGKILL, hooks, modules, schedules."""

import http.server
import json
import os
import subprocess
import threading
import time
import unittest

import canary
from hook import HOOK

WEFT = os.environ["WEFT_BIN"]

BREAKER = HOOK + """\
  breaker  opens after 3 failures in 1m, for 1s
  limit    2 at once

workflow tell(words: List<Text> where length in 1..20) -> Int
  within 10m
{
  step told = each word in words, 20 at once {
    step notify.webhook("word", word)
      compensate none "it was said"
  }
  return count(told)
}
"""

KEYS = HOOK + """\

workflow pay(order: Text, text: Text = "x") -> Receipt
  within 10m
{
  step paid = notify.webhook("pay", text)
    key order
    compensate none "paid is paid"
  return paid
}

workflow once(order: Text) -> Text
  within 10m
  key order
{
  return "done ${order}"
}
"""

TYPES = """\
record Order {
  id: Text
  lines: List<Text> where length in 1..9
}

fn title(order: Order) -> Text = "${order.id} with ${count(order.lines)} lines"

workflow pack(order: Order) -> Text
  within 1h
{
  emit packed(order.id)
  sleep 300ms
  emit sent(order.id)
  return title(order)
}
"""

MAIN = """\
use "./shared/orders.wf"

workflow ship(id: Text) -> Text
  within 1h
{
  before step (s) {
    emit begins(s.name)
  }
  let order = orders.Order(id: id, lines: ["a", "b"])
  step packed = run orders.pack(order)
  step other = run detached orders.pack(order)
  finally {
    emit over(packed ?? "nothing")
  }
  return "${packed}, and ${length(other)}"
}

schedule nightly runs ship("night") at "06:00" in "Europe/Zurich" overlap skip, catch up 2d
"""


class Server:
    """A webhook receiver that is sick as long as it is told to be."""

    def __init__(self):
        self.status = 200
        self.asked = []  # (time, id)
        self.now = 0
        self.most = 0
        self.lock = threading.Lock()
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                with server.lock:
                    server.asked.append((time.monotonic(), self.headers["webhook-id"]))
                    server.now += 1
                    server.most = max(server.most, server.now)
                time.sleep(0.02)
                with server.lock:
                    server.now -= 1
                self.send_response(server.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()


class Case(canary.Case):
    def setUp(self):
        super().setUp()

    def with_server(self):
        server = Server()
        self.addCleanup(server.http.shutdown)
        port = server.http.server_port
        (self.folder / "weft.toml").write_text(
            f'[workers."notify.webhook"]\nurl = "http://127.0.0.1:{port}/"\nsecret = "env:WEFT_HOOK"\n')
        return server

    def weft(self, *words, code=0):
        done = subprocess.run([WEFT, *words], cwd=self.folder, text=True, capture_output=True,
                              timeout=100)
        self.assertEqual(done.returncode, code, f"{words}\n{done.stdout}\n{done.stderr}")
        return done

    def json(self, *words, code=0):
        return json.loads(self.weft(*words, "--json", code=code).stdout)

    def sound(self):
        self.weft("audit", "verify", "--level", "3")


class Pacing(Case):
    def test_a_breaker_opens_and_lets_go_again(self):
        server = self.with_server()
        (self.folder / "tell.wf").write_text(BREAKER)
        server.status = 503
        words = ",".join(f"w{i}" for i in range(12))
        process = subprocess.Popen([WEFT, "run", "tell.wf", f"words={words}", "--json"],
                                   cwd=self.folder, text=True, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        deadline = time.monotonic() + 30
        while len(server.asked) < 3 and time.monotonic() < deadline:
            time.sleep(0.02)
        # Open: at most the two that were under way and the canaries of each second come through.
        time.sleep(2.5)
        self.assertLessEqual(len(server.asked), 3 + 2 + 3 * 3)
        server.status = 200
        output, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, errors)
        self.assertEqual(json.loads(output)["result"], 12)
        self.assertLessEqual(server.most, 2)
        self.sound()


class Keys(Case):
    def test_a_key_holds_over_runs(self):
        server = self.with_server()
        (self.folder / "pay.wf").write_text(KEYS)
        first = self.json("run", "pay.wf", "pay", "order=A")["result"]
        second = self.json("run", "pay.wf", "pay", "order=A")["result"]
        self.assertEqual(first, second)
        self.assertEqual(len(server.asked), 1)
        other = self.weft("run", "pay.wf", "pay", "order=A", "text=y", code=10)
        self.assertIn("other arguments", other.stdout + other.stderr)
        self.assertEqual(len(server.asked), 1)
        self.sound()

    def test_a_start_key_gives_the_run_that_has_it(self):
        (self.folder / "pay.wf").write_text(KEYS)
        first = self.json("run", "pay.wf", "once", "order=A")
        second = self.json("run", "pay.wf", "once", "order=A")
        self.assertEqual(first["run"], second["run"])
        third = self.json("run", "pay.wf", "once", "order=B")
        self.assertNotEqual(first["run"], third["run"])


class Modules(Case):
    def setUp(self):
        super().setUp()
        (self.folder / "shared").mkdir()
        (self.folder / "shared" / "orders.wf").write_text(TYPES)
        (self.folder / "main.wf").write_text(MAIN)

    def test_a_schedule_is_listed(self):
        checked = self.weft("check", "main.wf").stdout
        self.assertIn("schedule nightly runs ship, at 06:00 in Europe/Zurich, overlap skip", checked)
        self.assertIn("schedule nightly", self.weft("dump", "main.wf", "--ir").stdout)

    def test_modules_that_import_each_other_are_refused(self):
        (self.folder / "shared" / "orders.wf").write_text('use "../main.wf"\n' + TYPES)
        self.assertIn("dependency-cycle", self.weft("check", "main.wf", code=1).stdout)

    def test_a_sub_run_of_another_module(self):
        done = self.json("run", "main.wf", "ship", "id=7")
        self.assertEqual(done["result"], "7 with 2 lines, and 32")
        runs = self.json("runs")["runs"]
        self.assertEqual(sorted(run["workflow"] for run in runs),
                         ["orders.pack", "orders.pack", "ship"])
        log = self.weft("log", done["run"]).stdout
        self.assertIn("begins orders.pack as run", log)
        self.assertIn("orders.pack is completed after", log)
        self.assertIn("detached", log)
        self.weft("resume")
        self.assertEqual({run["status"] for run in self.json("runs")["runs"]}, {"completed"})
        self.sound()

    def test_killed_at_any_moment_it_goes_on(self):
        ended = 0
        for round_ in range(8):
            process = subprocess.Popen([WEFT, "run", "main.wf", "ship", f"id={round_}"],
                                       cwd=self.folder, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
            time.sleep(0.03 + 0.07 * round_)
            process.kill()
            process.wait()
            if not (self.folder / "weft.store").exists():
                continue
            self.weft("resume")
            ended += 1
        runs = self.json("runs")["runs"]
        self.assertGreater(ended, 0)
        self.assertEqual({run["status"] for run in runs}, {"completed"})
        parents = [run["run"] for run in runs if run["workflow"] == "ship"]
        for parent in parents:
            self.assertEqual(sum(run.get("parent") == parent for run in runs), 2)
        self.sound()


if __name__ == "__main__":
    unittest.main()
