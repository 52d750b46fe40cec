"""Composite steps, each, parallel and repeat against the real binary ($WEFT_BIN): with its own timers, killed
in the middle, resumed, replayed and audited."""

import json
import os
import signal
import subprocess
import time
import unittest

import canary

WEFT = os.environ["WEFT_BIN"]

PROGRAM = """\
error Odd { reason: Text }

workflow blocks(xs: List<Int> where length in 0..9, nap: Duration) -> List<Text>
  within 1h
{
  step won = parallel first ok {
    step quick {
      sleep 20ms
      "quick"
    }
    step slow {
      sleep 30m
      "slow"
    }
  }
  step both = parallel {
    step sum = each x in xs, 2 at once, collecting errors up to 3 {
      sleep nap
      if x % 2 == 1 {
        fail Odd(reason: "${x} is odd")
      }
      x
    }
    let kept = values(sum)
    step note = if count(kept) > 1 {
      "some"
    } else {
      "few"
    }
    "${note}: ${count(errors(sum))} odd"
  }
  step grown = repeat n = 1, up to 4 times {
    sleep 10ms
    if n > 3 {
      done n
    }
    next n * 2
  } else {
    0
  }
  step late {
    sleep nap * 1_000_000
    "in time"
  }
    within 50ms
    on Timeout {
      "late"
    }
  step again {
    emit pass(grown)
    fail Odd(reason: "again")
  }
    retry 2 times on Odd, backoff 5ms to 10ms
    on Odd (e) {
      e.message
    }
  return [won, both, "${grown}", late, again]
}
"""
RESULT = ["quick", "some: 2 odd", "4", "late", "again"]


class Blocks(canary.Case):
    def setUp(self):
        super().setUp()
        (self.folder / "blocks.wf").write_text(PROGRAM)

    def weft(self, *words):
        done = subprocess.run([WEFT, *words, "--json"], cwd=self.folder, text=True,
                              capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, f"{words}\n{done.stdout}\n{done.stderr}")
        return json.loads(done.stdout)

    def audit(self, run):
        self.assertTrue(self.weft("replay", run)["identical"])
        for level in "123":
            self.assertTrue(self.weft("audit", "verify", "--level", level)["ok"])

    def test_a_run_is_what_its_log_says(self):
        run = self.weft("run", "blocks.wf", "xs=[1, 2, 3, 4]", "nap=PT0.01S")["run"]
        self.assertEqual(self.weft("show", run)["result"], RESULT)
        entries = self.weft("log", run)["entries"]
        kinds = [entry["kind"] for entry in entries]
        self.assertEqual((kinds.count("fork"), kinds.count("join")), (3, 3))
        passes = [entry["generation"] for entry in entries if entry["kind"] == "event"
                  if "generation" in entry]
        self.assertEqual(kinds.count("event"), 3, passes)
        waits = {entry["step"] for entry in entries if entry["kind"] == "timer-set"
                 if entry.get("step")}
        self.assertIn("blocks.late", waits)
        self.assertIn("blocks.again", waits)
        self.audit(run)

    def test_a_killed_run_goes_on_where_it_was(self):
        owner = subprocess.Popen([WEFT, "run", "blocks.wf", "xs=[1, 2, 3, 4]", "nap=PT0.4S"],
                                 cwd=self.folder, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        self.addCleanup(owner.wait)
        time.sleep(0.7)
        owner.send_signal(signal.SIGKILL)
        owner.wait()
        run = self.weft("runs")["runs"][0]["run"]
        self.weft("resume", run)
        self.assertEqual(self.weft("show", run)["result"], RESULT)
        self.audit(run)


if __name__ == "__main__":
    unittest.main()
