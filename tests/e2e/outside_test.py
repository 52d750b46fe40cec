"""What comes to a run from outside, with the real binary: one process runs, another one sends."""

import datetime
import signal
import sqlite3
import time
import unittest

from cli_test import Case



class Repeats(Case):
    """A client that lost the answer sends the same request again."""

    def waiting(self):
        run = self.json("run", "review.wf", "text=a", "--no-wait", "--no-verify", code=11)["run"]
        return run, self.json("review", "list")["tasks"][0]["task"]

    def test_a_decision(self):
        run, task = self.waiting()
        words = ("review", "approve", task, "--reason", "fine", "--as", "ann", "--request-id", "r-1")
        first = self.json(*words)
        again = self.json(*words)
        self.assertEqual(again["seq"], first["seq"])
        self.assertEqual([first["repeat"], again["repeat"]], [False, True])
        # Without the id it is another request, which comes too late.
        self.weft("review", "approve", task, code=8)
        self.weft("cancel", run, "--request-id", "r-1", code=8)
        decisions = [e for e in self.json("log", run)["entries"] if e["kind"] == "decision"]
        self.assertEqual([d["seq"] for d in decisions], [first["seq"]])
        self.assertTrue(self.json("audit", "verify")["ok"])

    def test_a_cancel_while_another_process_runs(self):
        self.start("run", "review.wf", "text=a")
        task = self.open_task()
        words = ("cancel", task.split(":")[0], "--reason", "no", "--request-id", "r-2")
        first = self.json(*words)
        self.assertEqual(first["status"], "cancelled")
        again = self.json(*words)
        self.assertEqual((again["seq"], again["status"]), (first["seq"], "cancelled"))
        self.assertTrue(again["repeat"])

    def test_rows_are_taken_in_the_commit_that_writes_them(self):
        _, task = self.waiting()
        self.weft("review", "approve", task, "--request-id", "r-3")
        database = sqlite3.connect(self.folder / "weft.store")
        rows = database.execute("SELECT box, seq FROM inbox ORDER BY id").fetchall()
        database.close()
        # That of the start became the run's first record, that of the decision a later one.
        self.assertEqual([box for box, _ in rows], [None, None])
        self.assertEqual(rows[0][1], 0)
        self.assertGreater(rows[1][1], 0)


class Operators(Case):
    def test_hold_and_release(self):
        run = self.json("run", "review.wf", "text=a", "--no-wait", "--no-verify", code=11)["run"]
        task = self.json("review", "list")["tasks"][0]["task"]
        self.weft("hold", run, code=2)
        held = self.json("hold", run, "--reason", "the customer called", "--as", "op")
        self.assertEqual(held["status"], "held")
        self.weft("hold", run, "--reason", "again", code=8)
        self.weft("review", "approve", task, "--reason", "fine")
        self.assertEqual(self.json("show", run)["status"], "held")
        self.weft("release", run, "--reason", "sorted out")
        self.assertEqual(self.json("show", run)["status"], "completed")
        self.weft("release", run, code=8)
        texts = [e["text"] for e in self.json("log", run)["entries"]]
        self.assertIn("held by op: the customer called", texts)
        self.assertTrue(any(t.endswith(": sorted out") for t in texts))
        self.assertTrue(self.json("audit", "verify")["ok"])

    def test_a_resume_says_who_and_why(self):
        run = self.json("run", "review.wf", "text=a", "--no-wait", "--no-verify", code=11)["run"]
        self.weft("hold", run, "--reason", "the customer called")
        self.weft("resume", run, "--as", "op", "--reason", "sorted out", "--no-wait", "--no-verify", code=11)
        self.assertIn("released by op: sorted out", [e["text"] for e in self.json("log", run)["entries"]])

    def test_kill_needs_a_reason(self):
        run = self.json("run", "review.wf", "text=a", "--no-wait", "--no-verify", code=11)["run"]
        self.weft("kill", run, code=2)
        self.assertEqual(self.json("kill", run, "--reason", "no more")["status"], "killed")
        self.assertIn("no more", self.json("log", run)["entries"][-2]["text"])

    def test_settle_refuses_what_is_not_in_doubt(self):
        run = self.json("run", "review.wf", "text=a", "--no-wait", "--no-verify", code=11)["run"]
        self.weft("settle", run, "approve_note.x", "not-done", "--reason", "asked them", code=8)
        self.weft("settle", run, "x", "perhaps", "--reason", "asked them", code=2)
        self.weft("settle", run, "x", "done", "{", "--reason", "asked them", code=2)


SHOP = """\
record Payment {
  amount: Int where it in 1..1_000
  by:     Text
}

workflow shop(due: Time) -> Text
  within 2d
{
  signal paid was payment: Payment
  signal note: Text

  step first = wait paid within 1d
  step answer = wait within 1d {
    on note (text) {
      "note ${text}"
    }
    on paid (again) {
      "paid again by ${again.by}"
    }
  }
  step none_came = wait note within 1s else {
    "silence"
  }
  sleep until due
  return "${first.amount}, ${answer}, ${none_came}"
}
"""

APPROVALS = """\
record Note {
  text:  Text
  score: Int
}

workflow publish(text: Text) -> Text
  within 5d
{
  let n = Note(text: text, score: 3)
  step seen = review n by "clerk" within 1d
    needing 2 approvals
    except this_run.starter
  step form = review seen.value by "owner" within 1s
    asking Note
    overdue by "director" within 1d
  return "${seen.value.text} by ${seen.by}; ${form.value.score} by ${form.by}"
}
"""

LOCKED = """\
workflow locked(id: Text) -> Text
  within 1d
{
  signal go: Int
  lock id, "stock" within 30s
  step n = wait go within 1h
  return "done ${n}"
}

workflow hasty(id: Text) -> Text
  within 1d
{
  lock id within 500ms else {
    return "busy"
  }
  return "free"
}
"""


class Outside(Case):
    def setUp(self):
        super().setUp()
        for name, text in [("shop", SHOP), ("publish", APPROVALS), ("locked", LOCKED)]:
            (self.folder / f"{name}.wf").write_text(text)

    def ends(self, process, code=0):
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, code, out + err)
        return out

    def run_of(self, workflow, count=1):
        """The id of the newest run, once there are so many and it waits."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if (self.folder / "weft.store").exists():
                runs = self.json("runs")["runs"]
                if len(runs) >= count and runs[0]["status"] == "waiting":
                    self.assertEqual(runs[0]["workflow"], workflow)
                    return runs[0]["run"]
            time.sleep(0.05)
        self.fail("no run waits")

    def texts(self, run):
        return [e["text"] for e in self.json("log", run)["entries"]]


class Signals(Outside):
    def test_one_process_runs_another_one_sends(self):
        due = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=4)
        word = due.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        process = self.start("run", "shop.wf", f"due={word}")
        run = self.run_of("shop")
        self.weft("signal", run, "payd", "1", code=3)
        self.weft("signal", run, "paid", '{"amount": 0, "by": "ann"}', code=2)
        self.weft("signal", run, "paid", "much", code=2)
        # Early ones are kept; a key counts once; the former name is known.
        early = self.json("signal", run, "note", "hello")
        first = self.json("signal", run, "payment", '{"amount": 5, "by": "ann"}', "--key", "inv-1")
        again = self.json("signal", run, "paid", '{"amount": 5, "by": "ann"}', "--key", "inv-1")
        self.assertEqual((again["seq"], again["repeat"]), (first["seq"], True))
        late = self.json("signal", run, "paid", '{"amount": 7, "by": "bob"}', "--key", "inv-2")
        out = self.ends(process)
        self.assertGreaterEqual(time.time(), due.timestamp())
        self.assertIn("5, note hello, silence", out)
        self.assertIn(f"unread     signal paid of record {late['seq']}", out)
        shown = self.json("show", run)
        self.assertEqual([u["seq"] for u in shown["unread"]], [late["seq"]])
        texts = self.texts(run)
        self.assertIn(f"takes the signal note of record {early['seq']}", texts)
        self.weft("signal", run, "note", "x", code=8)
        self.assertTrue(self.json("replay", run)["identical"])
        self.assertTrue(self.json("audit", "verify")["ok"])

    def test_without_an_engine_it_is_kept_for_the_next(self):
        word = "2026-01-01T00:00:00Z"
        run = self.json("run", "shop.wf", f"due={word}", "--no-wait", "--no-verify", code=11)["run"]
        sent = self.json("signal", run, "paid", '{"amount": 5, "by": "ann"}', "--key", "inv-1")
        self.assertIsNone(sent["seq"])
        again = self.json("signal", run, "paid", '{"amount": 6, "by": "ann"}', "--key", "inv-1")
        self.assertTrue(again["repeat"])
        self.weft("signal", run, "note", "hi")
        self.assertTrue(self.json("audit", "verify")["ok"])
        done = self.json("resume", run)
        self.assertEqual(done["result"], "5, note hi, silence")
        taken = self.json("signal", run, "paid", '{"amount": 5, "by": "ann"}', "--key", "inv-1")
        self.assertIsInstance(taken["seq"], int)

    def test_a_killed_owner_loses_none(self):
        word = "2026-01-01T00:00:00Z"
        process = self.start("run", "shop.wf", f"due={word}")
        run = self.run_of("shop")
        self.json("signal", run, "note", "kept", "--key", "1")
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.json("signal", run, "paid", '{"amount": 5, "by": "ann"}')
        self.assertEqual(self.json("resume", run)["result"], "5, note kept, silence")

    def test_in_time_or_not_at_all(self):
        (self.folder / "late.wf").write_text(
            "workflow late() -> Int\n  within 1h\n{\n  signal s: Int\n"
            "  step n = wait s within 100ms\n  return n\n}\n")
        failed = self.json("run", "late.wf", code=10)
        self.assertEqual(failed["error"]["name"], "Timeout")
        self.assertEqual(failed["error"]["step"], "late.n")


class Approvals(Outside):
    def test_two_approvals_a_revision_an_escalation_and_a_form(self):
        process = self.start("run", "publish.wf", "text=draft", "--actor", "sam")
        task = self.open_task()
        run = self.run_of("publish")
        self.weft("review", "approve", task, "--as", "sam", code=8)
        self.weft("review", "approve", task, "--as", "ann")
        self.weft("review", "approve", task, "--as", "ann", code=8)
        self.assertIn("approvals  1 of 2", self.weft("review", "show", task).stdout)
        (self.folder / "n.json").write_text('{"text": "better", "score": 4}')
        self.weft("review", "revise", task, "--set", "n=n.json", "--as", "bob")
        self.assertIn("approvals  0 of 2", self.weft("review", "show", task).stdout)
        self.weft("review", "approve", task, "--as", "ann")
        self.weft("review", "approve", task, "--as", "bob")
        deadline = time.monotonic() + 20
        while True:
            tasks = self.json("review", "list")["tasks"]
            if tasks and tasks[0]["roles"] == ["director"]:
                break
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)
        task = tasks[0]["task"]
        self.assertIn("asks for   Note", self.weft("review", "show", task).stdout)
        self.weft("review", "approve", task, "--role", "owner", code=8)
        self.weft("review", "approve", task, code=2)
        (self.folder / "bad.json").write_text('{"text": "x"}')
        self.weft("review", "approve", task, "--form", "bad.json", code=2)
        self.weft("review", "approve", task, "--form", "n.json", "--as", "dee")
        self.assertIn("better by ann, bob; 4 by dee", self.ends(process))
        self.assertTrue(self.json("replay", run)["identical"])

    def test_a_rejection_is_the_error_rejected(self):
        run = self.json("run", "publish.wf", "text=a", "--no-wait", "--no-verify", "--actor", "sam",
                        code=11)["run"]
        task = self.json("review", "list")["tasks"][0]["task"]
        self.weft("review", "reject", task, "--as", "ann", "--reason", "poor")
        error = self.json("show", run)["error"]
        self.assertEqual(error["name"], "Rejected")
        self.assertEqual(error["message"], "rejected by ann: poor")


    def test_a_rejection_may_be_taken(self):
        (self.folder / "expense.wf").write_text(
            "workflow expense(text: Text) -> Text\n  within 2d\n{\n"
            "  step d {\n    step seen = review text by \"manager\" within 1d\n"
            "    \"published by ${seen.by}\"\n  }\n    on Rejected (e) {\n"
            "      \"discarded, ${e.message}\"\n    }\n  return d\n}\n")
        for decision, result in [("approve", "published by ann"),
                                 ("reject", "discarded, rejected by ann: why")]:
            run = self.json("run", "expense.wf", "text=a", "--no-wait", "--no-verify", code=11)["run"]
            task = self.json("review", "list")["tasks"][0]["task"]
            self.weft("review", decision, task, "--as", "ann", "--reason", "why")
            self.assertEqual(self.json("show", run)["result"], result)

    def test_a_cancel_closes_what_waits(self):
        run = self.json("run", "publish.wf", "text=a", "--no-wait", "--no-verify", code=11)["run"]
        self.assertEqual(self.json("cancel", run, "--reason", "no")["status"], "cancelled")
        self.assertEqual(self.json("review", "list")["tasks"], [])


class Locks(Outside):
    def test_a_second_run_waits_for_the_first(self):
        first = self.start("run", "locked.wf", "locked", "id=a")
        one = self.run_of("locked")
        # The others go through the first one's process.
        self.assertEqual(self.json("run", "locked.wf", "hasty", "id=a")["result"], "busy")
        self.assertEqual(self.json("run", "locked.wf", "hasty", "id=b")["result"], "free")
        second = self.start("run", "locked.wf", "locked", "id=b")
        two = self.run_of("locked", 4)
        lock = [w for w in self.json("show", two)["waits"] if w["kind"] == "lock"]
        self.assertEqual([w["holders"] for w in lock], [[one]])
        self.assertEqual(lock[0]["keys"], ["b", "stock"])
        self.weft("signal", one, "go", "1")
        self.assertIn("done 1", self.ends(first))
        self.weft("signal", two, "go", "2")
        self.assertIn("done 2", self.ends(second))
        texts = self.texts(two)
        self.assertLess(texts.index("asks for the lock on b, stock"), texts.index("has the lock"))
        self.assertIn("gives the lock back", texts)
        self.assertTrue(self.json("replay", two)["identical"])
        self.assertTrue(self.json("audit", "verify")["ok"])

    def test_a_lock_outlives_its_owner(self):
        run = self.json("run", "locked.wf", "locked", "id=a", "--no-wait", "--no-verify",
                        code=11)["run"]
        self.assertEqual(self.json("run", "locked.wf", "hasty", "id=a")["result"], "busy")
        self.weft("kill", run, "--reason", "no more")
        self.assertEqual(self.json("run", "locked.wf", "hasty", "id=a")["result"], "free")


if __name__ == "__main__":
    unittest.main()
