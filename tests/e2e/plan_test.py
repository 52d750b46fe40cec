"""`weft plan` over every example: text and Mermaid as goldens, Mermaid read by the real parser, and pictures in which
no frame cuts another and every line fits its frame. Update goldens with WEFT_UPDATE_GOLDENS=1."""

import os
import pathlib
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree

import canary

WEFT = os.environ["WEFT_BIN"]
HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
GOLDENS = ROOT / "tests" / "golden" / "plan"
SVG = "{http://www.w3.org/2000/svg}"
WORDS_OF_THE_LANGUAGE = ["idempotent", "compensat", "saga", "payload", "worker", "irreversible"]


def examples():
    return sorted(folder.name for folder in (ROOT / "examples").iterdir()
                  if (folder / f"{folder.name}.wf").exists())


def plan(name, *words):
    done = subprocess.run([WEFT, "plan", f"{name}.wf", *words], cwd=ROOT / "examples" / name, text=True,
                          capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def frame(element):
    x, y, width, height = (int(element.get(part)) for part in ("x", "y", "width", "height"))
    return x, y, x + width, y + height


def holds(outer, inner):
    return outer[0] <= inner[0] and outer[1] <= inner[1] and outer[2] >= inner[2] and outer[3] >= inner[3]


def apart(one, other):
    return one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


class Plans(canary.Case):
    def each(self, test):
        for name in examples():
            with self.subTest(example=name):
                test(name)

    def golden(self, name, text):
        path = GOLDENS / name
        if os.environ.get("WEFT_UPDATE_GOLDENS"):
            GOLDENS.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        self.assertEqual(path.read_text(encoding="utf-8"), text)

    def test_texts(self):
        self.each(lambda name: self.golden(f"{name}.txt", plan(name)))

    def test_texts_are_for_people(self):
        def test(name):
            # The title is the author's word.
            text = plan(name).lower().replace(name.replace("_", " "), "")
            for word in WORDS_OF_THE_LANGUAGE:
                self.assertNotIn(word, text)

        self.each(test)

    def test_mermaid(self):
        self.each(lambda name: self.golden(f"{name}.mmd", plan(name, "--format", "mermaid")))

    def test_mermaid_reads_it(self):
        if not (HERE / "node_modules" / "mermaid").exists():
            (self.fail if "WEFT_NO_SKIPS" in os.environ else self.skipTest)(
                "`scripts/setup test` installs the modules of tests/e2e")
        with tempfile.TemporaryDirectory(prefix="weft-plan-") as folder:
            files = []
            for name in examples():
                path = pathlib.Path(folder) / f"{name}.mmd"
                path.write_text(plan(name, "--format", "mermaid"), encoding="utf-8")
                files.append(str(path))
            done = subprocess.run(["node", "mermaid_parse.mjs", *files], cwd=HERE, text=True, capture_output=True,
                                  timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(done.stdout.count("flowchart"), len(files))

    def test_pictures_are_in_order(self):
        def test(name):
            picture = xml.etree.ElementTree.fromstring(plan(name, "--format", "svg"))
            page, *frames = [frame(rect) for rect in picture.iter(f"{SVG}rect")]
            for i, one in enumerate(frames):
                self.assertTrue(holds(page, one), one)
                for other in frames[i + 1:]:
                    self.assertTrue(apart(one, other) or holds(one, other) or holds(other, one), (one, other))
            for line in picture.iter(f"{SVG}text"):
                x, y, text = int(line.get("x")), int(line.get("y")), line.text or ""
                self.assertLessEqual(x + 7 * len(text), page[2], text)
                inside = [one for one in frames if one[0] < x < one[2] and one[1] < y < one[3]]
                if inside:
                    innermost = min(inside, key=lambda one: one[2] - one[0])
                    self.assertLessEqual(x + 7 * len(text), innermost[2] + 1, text)

        self.each(test)

    def test_one_workflow_a_file_and_mistakes(self):
        one = plan("claim_settlement", "injuries")
        self.assertTrue(one.startswith("Injuries\n"))
        self.assertNotIn("Claim settlement", one)
        with tempfile.TemporaryDirectory(prefix="weft-plan-") as folder:
            out = pathlib.Path(folder) / "flow.svg"
            self.assertIn("wrote", plan("order_saga", "--format", "svg", "-o", str(out)))
            self.assertTrue(out.read_text(encoding="utf-8").startswith("<svg "))
            for words, code, said in [(["order_saga.wf", "nothing"], 3, "it has order_saga"), (["no.wf"], 3, "no.wf")]:
                done = subprocess.run([WEFT, "plan", *words], cwd=ROOT / "examples" / "order_saga", text=True,
                                      capture_output=True, timeout=60)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn(said, done.stderr)


if __name__ == "__main__":
    unittest.main()
