"""`weft check --against OLD`: what runs and callers of another version may not survive, in every format."""
import json
import os
import subprocess
import unittest

import canary
import sarif_shape

WEFT = os.environ["WEFT_BIN"]

BEFORE = """\
worker crm.read(id: Text) -> Text
  effect  read
  timeout 5s

worker shop.pay(order: Text) -> Text
  effect  idempotent for 24h
  timeout 5s
  retry   3 times

worker shop.refund(charge: Text)
  effect  idempotent for 24h
  timeout 5s
  retry   9 times

workflow order(id: Text) -> Text
  within 10d
{
  signal go: Text

  step name = crm.read(id)
  step charge = shop.pay(name)
    compensate shop.refund(charge)
  step word = wait go within 5d else {
    fail "nobody came"
  }
  return "${charge} ${word}"
}
"""
RENAMED = (BEFORE.replace("step charge", "step paid").replace("(charge)\n  step", "(paid)\n  step")
           .replace("${charge}", "${paid}"))


class Against(canary.Case):
    def setUp(self):
        super().setUp()
        self.write("before.wf", BEFORE)

    def write(self, name, text):
        (self.folder / name).write_text(text)

    def weft(self, *words, code=0):
        done = subprocess.run([WEFT, *words], cwd=self.folder, text=True, capture_output=True, timeout=60, check=False)
        self.assertEqual(done.returncode, code, f"{words}\n{done.stdout}\n{done.stderr}")
        return done.stdout + done.stderr

    def found(self, text, code=1):
        self.write("now.wf", text)
        self.weft("check", "now.wf")  # what is wrong is so against the other version alone
        return json.loads(self.weft("check", "--json", "now.wf", "--against", "before.wf", code=code))

    def test_the_same_program_is_silent(self):
        self.assertEqual(self.found(BEFORE, code=0), [])
        self.assertEqual(self.found(BEFORE.replace("5d", "6d"), code=0), [])

    def test_a_renamed_step_is_one_message_with_a_fix_that_cures_it(self):
        found = self.found(RENAMED)
        self.assertEqual([(one["code"], one["name"], one["severity"]) for one in found],
                         [("WF7003", "breaking-in-flight", "error")])
        self.assertEqual(found[0]["span"]["line"], 21)
        self.assertIn("paid was charge", json.dumps(found[0]["notes"]))
        self.assertEqual(self.found(RENAMED.replace("step paid", "step paid was charge"), code=0), [])

    def test_a_migrate_block_takes_care_of_what_it_names(self):
        hashed = json.loads(self.weft("compat", "--json", "before.wf", "before.wf"))["old"]
        other = RENAMED.replace("shop.pay(name)", "shop.pay(\"for ${name}\")")
        self.assertTrue(self.found(other))
        migrate = f'\nmigrate order from "{hashed}" {{\n  step paid = old.charge\n}}\n'
        self.assertEqual(self.found(other + migrate, code=0), [])

    def test_a_warning_is_silenced_with_a_reason(self):
        other = BEFORE.replace("compensate shop.refund(charge)", 'compensate none "it may stand"')
        other = other.replace("worker shop.refund(charge: Text)\n  effect  idempotent for 24h\n  timeout 5s\n"
                              "  retry   9 times\n\n", "")
        self.assertEqual([one["name"] for one in self.found(other, code=0)], ["compensation-changed-in-flight"])
        silenced = other.replace("step charge = shop.pay(name)",
                                 'step charge = shop.pay(name)  // weft:allow compensation-changed-in-flight, "asked"')
        self.assertEqual(self.found(silenced, code=0), [])
        # Without the other version nobody knows whether it silences something; with it, that is told.
        self.write("before.wf", silenced)
        self.assertEqual([one["name"] for one in self.found(silenced, code=0)], ["unused-suppression"])

    def test_compat_has_the_same_codes(self):
        self.write("now.wf", RENAMED.replace("id: Text) -> Text\n  within", "id: Text, colour: Text) -> Text\n  within")
                   .replace('return "', 'return "${colour} '))
        checked = json.loads(self.weft("check", "--json", "now.wf", "--against", "before.wf", code=1))
        compared = json.loads(self.weft("compat", "--json", "before.wf", "now.wf", code=1))["findings"]
        self.assertEqual(sorted(one["code"] for one in checked), ["WF7002", "WF7003"])
        self.assertEqual(sorted(one["code"] for one in compared if "code" in one), ["WF7002", "WF7003"])
        text = self.weft("compat", "before.wf", "now.wf", code=1)
        self.assertIn("[WF7002 breaking-input]", text)

    def test_sarif_is_of_the_standard(self):
        self.write("now.wf", RENAMED)
        log = json.loads(self.weft("check", "--format", "sarif", "now.wf", "--against", "before.wf", code=1))
        sarif_shape.check_log(self, log)
        self.assertEqual([one["ruleId"] for one in log["runs"][0]["results"]], ["WF7003"])

    def test_what_it_refuses(self):
        self.write("broken.wf", BEFORE.replace("crm.read(id)", "crm.raed(id)"))
        self.assertIn("has errors", self.weft("check", "before.wf", "--against", "broken.wf", code=2))
        self.weft("check", "before.wf", "broken.wf", "--against", "before.wf", code=2)
        # A program with errors of its own tells these.
        found = json.loads(self.weft("check", "--json", "broken.wf", "--against", "before.wf", code=1))
        self.assertEqual([one["name"] for one in found], ["unknown-name"])
        self.assertIn("WF7003", self.weft("explain", "breaking-in-flight"))


if __name__ == "__main__":
    unittest.main()
