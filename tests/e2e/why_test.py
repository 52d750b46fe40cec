"""`weft why` and `weft show --at`, with the real binary: for each state that a run can be in what it waits for, since
when, what comes next and when, who can act and by which command; how it was at a record; two runs beside each other."""

import http.server
import json
import re
import subprocess
import threading
import unittest

from hook import HOOK
from serve_test import WEFT, Server

# The same receiver for all; what the word before the colon of an event says is how it behaves.
PROGRAM = HOOK.replace("retry    30 times, backoff 50ms to 100ms", "retry    2 times, backoff 10ms to 20ms") + """
workflow naps(name: Text) -> Text within 10d {
  sleep 2d
  return name
}

workflow waits(name: Text) -> Text within 10d {
  signal go: Text
  signal stop
  step word = wait within 2d {
    on go (text) {
      text
    }
    on stop {
      "stopped"
    }
  } else {
    "nobody"
  }
  return word
}

workflow asks(name: Text) -> Text within 10d {
  step seen = review name by "clerk" within 1d
    needing 2 approvals
    overdue by "boss" within 1d
    overdue reject
  return seen.by
}

workflow slow(name: Text) -> Text within 10d {
  step post = notify.webhook("slow", name)
    timeout 60s
    compensate none "it may stand"
  return post.id
}

workflow tries(name: Text) -> Text within 10d {
  step post = notify.webhook("away", name)
    retry 3 times, backoff 1h to 2h
    compensate none "it may stand"
  return post.id
}

workflow parks(name: Text) -> Text within 10d {
  step post = notify.webhook("away", name)
    retry 1 time, backoff 10ms to 20ms, then hold
    compensate none "it may stand"
  return post.id
}

workflow locks(name: Text) -> Text within 10d {
  signal go: Text
  lock name within 2d
  step word = wait go within 2d
  return word
}

workflow parent(name: Text) -> Text within 20d {
  step word = run naps(name)
  return word
}

workflow stuck(name: Text) -> Text within 10d {
  step made = notify.webhook("done", name)
    compensate notify.webhook("no", made.id)
  step post = notify.webhook("no", name)
    compensate none "it may stand"
  return post.id
}

workflow undone(name: Text) -> Text within 10d {
  step made = notify.webhook("done", name)
    compensate notify.webhook("undo", made.id)
  step post = notify.webhook("no", name)
    compensate none "it may stand"
  return post.id
}

workflow traps(name: Text) -> Int within 10d {
  return 1 div length(name)
}

workflow pairs(name: Text) -> Text within 10d {
  signal go: Text
  step made = notify.webhook("done", name)
    compensate notify.webhook("undo", made.id)
  step both = each item in [name, "second"], 2 at once {
    step post = notify.webhook("done", item)
      compensate notify.webhook("undo", post.id)
    post.id
  }
  step word = wait go within 2d
  return "${word} ${join(both, ",")}"
}
"""

DOUBT = (HOOK.replace("idempotent for 1d", "once").replace("  retry    30 times, backoff 50ms to 100ms\n", "") + """
workflow doubt(name: Text) -> Text within 10d {
  step post = notify.webhook("cut", name)
    compensate none "it may stand"
  return post.id
}
""")


class Receiver:
    """Behaves as the event's name says."""

    def __init__(self):
        self.free = threading.Event()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["type"]
                if event == "slow":
                    receiver.free.wait(60)
                if event == "cut":
                    self.close_connection = True
                    return
                self.send_response({"away": 503, "no": 400}.get(event, 200))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()


class Why(Server):
    def setUp(self):
        super().setUp()
        self.receiver = Receiver()
        self.addCleanup(self.receiver.http.shutdown)
        self.addCleanup(self.receiver.free.set)
        (self.folder / "weft.toml").write_text(
            f'[workers."notify.webhook"]\nurl = "http://127.0.0.1:{self.receiver.http.server_port}/"\n'
            'secret = "env:WEFT_HOOK"\n')
        (self.folder / "all.wf").write_text(PROGRAM)
        (self.folder / "doubt.wf").write_text(DOUBT)

    def begin(self, workflow, status, name="Ann", file="all.wf"):
        """The id of a new run, once it has that status; who began it goes away."""
        known = {run["run"] for run in self.runs()}
        client = subprocess.Popen([WEFT, "run", file, workflow, f"name={name}", "--no-verify", "--quiet"],
                                  cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(lambda: (client.kill(), client.wait()))

        def found():
            return [run for run in self.runs() if run["run"] not in known and run["workflow"] == workflow
                    and run["status"] == status]

        self.until(lambda: found(), f"no run of {workflow} is {status}")
        client.kill()
        client.wait()
        return found()[0]["run"]

    def runs(self):
        return self.json("runs")["runs"]

    def why(self, run):
        text = self.weft("why", run).stdout
        self.assertNotIn("\x1b", text)
        return text

    def says(self, run, *parts):
        text = self.why(run)
        for part in parts:
            self.assertRegex(text, part)
        return text

    def test_each_thing_that_a_run_waits_for(self):
        self.serve("all.wf", "doubt.wf")
        naps = self.begin("naps", "waiting")
        short = naps[:8]
        self.says(naps, r"‖ waiting", r"begun +\d{4}-", r'input +\{"name":"Ann"\}',
                  r"waits for the time \(all\.wf:\d+\)", r"since \d{4}-\d\d-\d\d ",
                  r"goes on by itself at \d{4}-.*, in 1 d 23 h", r"nobody need do anything",
                  r"the time of the run is over at \d{4}-.*; then it fails with Timeout")
        waits = self.begin("waits", "waiting")
        self.says(waits, r"waits for the signal go or stop \(all\.wf:\d+\)", r"the wait is over at ",
                  rf"weft signal {waits[:8]} go VALUE +\(VALUE is a Text\)", rf"weft signal {waits[:8]} stop\n")
        asks = self.begin("asks", "waiting")
        task = self.json("review", "list")["tasks"][0]["task"]
        self.weft("review", "approve", task, "--as", "ann", "--role", "clerk")
        self.says(asks, r'waits for "clerk": name', r"2 approvals are needed, so far by ann",
                  r'"boss" is asked at .*, when nobody has decided', rf"weft review approve {task} --reason",
                  rf"weft review reject {task}")
        slow = self.begin("slow", "running")
        self.until(lambda: self.kinds(slow) == ["attempt"], "the attempt does not leave")
        self.says(slow, r"notify\.webhook is at work on slow\.post, attempt 1 of 3", r"since ", r"it is stopped at ")
        tries = self.begin("tries", "running")
        self.until(lambda: "backoff" in str(self.json("why", tries)["waits"]), "the attempt does not fail")
        self.says(tries, r"attempt 1 of 4 of tries\.post failed \(\w+: .*503", r"it is tried again at .*, in ",
                  r"nobody need do anything")
        parks = self.begin("parks", "held")
        self.says(parks, r"held at parks\.post: its attempts are used up \(.*503", r"an operator mends what is wrong",
                  rf"weft resume {parks[:8]}")
        one = self.begin("locks", "waiting", "k")
        two = self.begin("locks", "waiting", "k")
        self.says(two, rf"waits for the lock on k, which run {one[:8]} has", rf"weft why {one[:8]}")
        parent = self.begin("parent", "waiting")
        child = [wait["run"] for wait in self.json("why", parent)["waits"] if wait["kind"] == "run"][0]
        self.says(parent, rf"parent\.word waits for run {child[:8]} of naps", r"  waits for the time")
        self.says(child, rf"origin +begun by run {parent[:8]} in its record \d+")
        stuck = self.begin("stuck", "stuck")
        self.says(stuck, r"stuck: what stuck\.made did could not be undone \(.*400",
                  rf"weft settle {stuck[:8]} stuck\.made undone\|left --reason", rf"weft resume {stuck[:8]}",
                  r"it fails: Rejected")
        doubt = self.begin("doubt", "held", file="doubt.wf")
        said = self.json("why", doubt)["waits"][0]
        self.assertEqual((said["kind"], said["step"], said["type"]), ("settle", "doubt.post", "Receipt"))
        self.says(doubt, r"in doubt: did doubt\.post have its effect\? \(", rf"by the key {said['key']}",
                  rf"weft settle {doubt[:8]} doubt\.post done VALUE --reason", r"VALUE is the Receipt")
        # A release is no word on a doubt, and who tries is told what is.
        refused = self.weft("release", doubt, "--reason", "r", code=8).stderr
        self.assertIn("doubt.post had its effect", refused)
        self.assertIn("weft settle", refused)
        # Who acts is told what the run waits for then.
        self.assertIn("did doubt.post have its effect", self.weft("cancel", doubt, "--reason", "no more").stdout)
        self.weft("settle", doubt, "doubt.post", "not-done", "--reason", "the receiver says so", "--as", "ann")
        self.says(doubt, r"✗ cancelled", r"cancelled by \w+: no more")
        self.weft("hold", naps, "--reason", "we ask first", "--as", "olga")
        self.says(naps, r"held by olga: we ask first", r"an operator lets it go on", rf"weft resume {short}")
        for wait in self.json("why", naps)["waits"]:
            self.assertGreater(wait.get("since", 1), 0)
        self.assertNotIn("no engine drives it", self.why(naps))

    def kinds(self, run):
        return [wait["kind"] for wait in self.json("why", run)["waits"] if wait["kind"] != "timer"]

    def test_how_runs_ended(self):
        server = self.serve("all.wf")
        undone = self.begin("undone", "compensated")
        text = self.says(undone, r"✗ compensated", r"error +Rejected: ", r"in step undone\.post, after 1 attempt\b",
                         r"undone: undone\.made\n")
        self.assertNotIn("the time of the run", text)
        traps = self.begin("traps", "failed", "")
        self.says(traps, r"Trap: division by zero", r"what led there")
        naps = self.begin("naps", "waiting")
        self.weft("cancel", naps, "--reason", "not wanted", "--as", "eve")
        self.says(naps, r"✗ cancelled", r"cancelled by eve: not wanted  \(record \d+, \d{4}-")
        self.assertNotIn("after 0 attempts", self.why(naps))
        waits = self.begin("waits", "waiting")
        self.weft("kill", waits, "--reason", "a mistake", "--as", "eve")
        self.says(waits, r"✗ killed", r"killed by eve: a mistake")
        self.weft("audit", "erase", naps, "--reason", "asked")
        self.says(naps, r"data +erased", r"cancelled by somebody")
        asks = self.begin("asks", "waiting")
        slow = self.begin("slow", "running")
        server.kill()
        server.wait()
        self.receiver.free.set()  # a child of the dead engine may end
        # With nobody to drive it a time that comes changes nothing, and that is said.
        self.says(asks, r"no engine drives it now", rf"weft resume {asks[:8]}", r"weft serve")
        self.says(slow, r"notify\.webhook was at work on slow\.post when the engine ended")

    def test_how_it_was(self):
        self.serve("all.wf")
        run = self.begin("pairs", "waiting")
        entries = self.json("log", run)["entries"]
        starts = [entry["seq"] for entry in entries if entry["kind"] == "start"]
        then = self.json("show", run, "--at", str(starts[2]))
        self.assertEqual((then["at"], then["status"]), (starts[2], "running"))
        self.assertEqual([(wait["kind"], wait["step"]) for wait in then["waits"] if wait["kind"] != "timer"],
                         [("attempt", "pairs.both.post")] * 2)
        self.assertEqual([timer["purpose"] for timer in then["waits"] if timer["kind"] == "timer"], ["deadline"])
        self.assertEqual([branch["rest"] for branch in then["branches"]], ["branches", "call", "call"])
        self.assertEqual([branch.get("step") for branch in then["branches"]],
                         ["pairs.both", "pairs.both.post", "pairs.both.post"])
        for branch in then["branches"]:
            self.assertRegex(branch["frames"][0]["place"], r"all\.wf:\d+")
        self.assertEqual([entry["step"] for entry in then["undo"]], ["pairs.made"])
        now = self.json("show", run, "--at", str(len(entries) - 1))
        self.assertEqual([entry["step"] for entry in now["undo"]], ["pairs.both.post", "pairs.both.post", "pairs.made"])
        text = self.weft("show", run, "--at", str(starts[2])).stdout
        self.assertRegex(text, rf"as it was  after record {starts[2]}, \d{{4}}-")
        self.assertRegex(text, r"notify\.webhook is at work on pairs\.both\.post, attempt 1 of 3")
        self.assertRegex(text, r"branch 1 +call +pairs\.both\.post")
        self.assertRegex(text, r"undoes +record \d+ +pairs\.made")
        # What nobody can act on any more has no commands, and a record that there can't be is no record.
        self.assertNotIn("weft ", text)
        for number in ("-1", "x", "1.5"):
            self.weft("show", run, "--at", number, code=2)
            self.weft("replay", run, "--to", number, code=2)
        self.assertEqual(self.json("show", run, "--at", "99999")["at"], len(entries) - 1)
        self.assertEqual(self.ask("status", run=run, at=-3)["error"]["kind"], "usage")

    def test_what_others_wrote_is_one_line(self):
        """A reason or a name forges no record of what people read, and moves no cursor."""
        (self.folder / "asks.wf").write_text("workflow ask(a: Text) -> Text within 1d {\n"
                                             '  step r = review a by "boss" within 2h\n  return r.by\n}\n')
        run = json.loads(self.weft("run", "asks.wf", "a=b", "--no-wait", "--json", code=11).stdout)["run"]
        forged = "6  2026-11-27 05:31:14  fact     decision      ask.r  approved by cfo"
        for reason in (f"look\n{forged}", f"look\r{forged}", f"\x1b[2K\x1b[1A{forged}", f"\u2028{forged}",
                       f"\u202e{forged}"):
            self.weft("hold", run, "--as", "root", "--reason", reason)
            for words in (("log", run), ("log", run, "--payloads"), ("why", run), ("show", run), ("timeline", run)):
                said = self.weft(*words).stdout
                self.assertFalse([line for line in said.splitlines() if line.strip().startswith(forged)], said)
                self.assertNotRegex(said, "[\x00-\x09\x0b-\x1f\x7f\x80-\x9f\u2028-\u202e]")
            # As data it is what was written.
            entries = json.loads(self.weft("log", run, "--payloads", "--json").stdout)["entries"]
            self.assertIn(["root", reason], [entry.get("payload") for entry in entries])
            self.weft("release", run)
        refused = self.weft("hold", run, "--as", "cfo\nboss", "--reason", "look", code=2)
        self.assertIn("one line", refused.stderr)

    def test_an_id_that_was_given_before(self):
        """The same again is answered by the first; something else under its id is refused."""
        (self.folder / "asks.wf").write_text("workflow ask(a: Text) -> Text within 1d {\n"
                                             '  step r = review a by "boss" within 2h needing 2 approvals\n'
                                             "  return r.by\n}\n\nworkflow other() -> Int within 1d {\n"
                                             "  return 1\n}\n")
        start = ("run", "asks.wf", "ask", "a=b", "--no-wait", "--json", "--request-id", "start")
        run = json.loads(self.weft(*start, code=11).stdout)["run"]
        self.assertEqual(json.loads(self.weft(*start, code=11).stdout)["run"], run)
        self.weft("run", "asks.wf", "other", "--request-id", "start", code=8)
        task = f"{run}:2"
        approve = ("review", "approve", task, "--role", "boss", "--request-id", "one")
        first = self.weft(*approve, "--as", "ann", "--reason", "fine").stdout
        self.assertEqual(self.weft(*approve, "--as", "ann", "--reason", "fine").stdout, first)
        for words in ((*approve, "--as", "bob", "--reason", "fine"), (*approve, "--as", "ann", "--reason", "well"),
                      ("review", "reject", task, "--role", "boss", "--request-id", "one", "--as", "ann", "--reason",
                       "fine")):
            refused = self.weft(*words, code=8).stderr
            self.assertIn("approve by ann", refused)
        hold = ("hold", run, "--as", "kim", "--request-id", "two")
        self.weft(*hold, "--reason", "a question")
        self.weft(*hold, "--reason", "a question")
        self.assertIn("by kim", self.weft(*hold, "--reason", "no question", code=8).stderr)
        self.weft("release", run, "--as", "kim", "--request-id", "two", "--reason", "a question", code=8)

    def test_two_runs(self):
        server = self.serve("all.wf")
        one = self.begin("pairs", "waiting")
        self.weft("signal", one, "go", "now")
        two = self.begin("pairs", "waiting", "Bob")
        self.weft("signal", two, "go", "later")
        self.until(lambda: {run["status"] for run in self.runs()} == {"completed"}, "they don't end")
        found = self.json("diff", one, two, code=1)
        self.assertEqual((found["same"], found["same_program"]), (False, True))
        self.assertEqual([run["status"] for run in found["runs"]], ["completed", "completed"])
        told = [change["what"] for change in found["changes"]]
        self.assertIn('begin {"name":"Ann"}', told)
        self.assertIn('begin {"name":"Bob"}', told)
        ends = [change for change in found["changes"] if change["what"].startswith("end ")]
        self.assertEqual([change["side"] for change in ends], [0, 1])
        for change in found["changes"]:
            kinds = self.json("log", found["runs"][change["side"]]["run"], "--from", str(change["seq"]))["entries"]
            self.assertEqual(kinds[0]["seq"], change["seq"])
        text = self.weft("diff", one, two, code=1).stdout
        self.assertRegex(text, rf"--- {one[:8]} pairs, completed\n\+\+\+ {two[:8]} pairs, completed\n")
        # A fork that gives the same is the same: that its values were taken over is no difference.
        fork = self.json("fork", one, "--from", "pairs.both", "--reason", "again", "--no-wait", "--no-verify", code=11)
        self.weft("signal", fork["run"], "go", "now")
        self.until(lambda: self.json("show", fork["run"])["status"] == "completed", "the fork does not end")
        self.assertRegex(self.weft("show", fork["run"]).stdout, rf"origin +forked from run {one[:8]} before its record")
        told = [change["what"] for change in self.json("diff", one, fork["run"], code=1)["changes"]]
        self.assertEqual([what for what in told if "pairs.made" in what], [])
        # Restarts of the engine are no difference either.
        self.stop(server)
        same = self.json("diff", one, one)
        self.assertEqual((same["same"], same["changes"], same["diff"]), (True, [], ""))
        self.assertEqual(re.findall(r"resumed", self.weft("diff", one, two, code=1).stdout), [])


if __name__ == "__main__":
    unittest.main()
