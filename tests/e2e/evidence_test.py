"""Evidence with the real binary and the independent verifier: bundles, proofs, witnesses, signed decisions."""

import base64
import functools
import json
import os
import pathlib
import random
import subprocess
import sys
import unittest

import canary
from cli_test import Case, WEFT

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests" / "support"))

import bundles  # noqa: E402

VERIFIER = SOURCE / "tools" / "verify_bundle.py"
FROZEN = sorted((SOURCE / "tests" / "frozen" / "bundles").glob("*.bundle"))
# The suite's flips are drawn by this seed; WEFT_TAMPER_ALL=1 tries every bit of every bundle.
SEED = int(os.environ.get("WEFT_TAMPER_SEED", "20260117"))
ALL = os.environ.get("WEFT_TAMPER_ALL") == "1"

PARENT = """\
workflow child(word: Text) -> Text
  within 1h
{
  emit said(word)
  return "${word}!"
}

workflow parent(word: Text) -> Text
  within 1h
{
  step a = run child(word)
  step b = run child("second ${word}")
  return "${a} ${b}"
}
"""


class EvidenceCase(Case):
    def setUp(self):
        super().setUp()
        (self.folder / "parent.wf").write_text(PARENT)

    def run_flow(self, *words, code=0):
        return self.json("run", *words, "--no-verify", code=code)["run"]

    def python(self, *words, code=0):
        done = subprocess.run([sys.executable, "-B", str(VERIFIER), *words], cwd=self.folder, text=True,
                              capture_output=True, timeout=60)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def both(self, bundle, *words, good=True):
        """Both verifiers must say the same; what they say is given back."""
        code = 0 if good else 6
        ours = self.weft("audit", "verify", bundle, *words, code=code).stdout
        return ours, self.python(bundle, *words, code=0 if good else 1)


class Bundles(EvidenceCase):
    def test_a_bundle_proves_itself(self):
        self.run_flow("hello.wf", "name=one")
        run = self.run_flow("hello.wf", "name=two")
        made = self.json("audit", "export", run, "-o", "b.bundle")
        self.both("b.bundle")
        self.both("b.bundle", "--key", made["key"])
        checked = self.json("audit", "verify", "b.bundle", "--key", made["key"])
        self.assertTrue(checked["ok"] and checked["trusted"])
        (found,) = checked["runs"]
        self.assertEqual((found["run"], found["status"], found["executed"]), (run, "completed", True))
        self.assertGreater(found["payloads"], 0)
        self.assertEqual(found["left_out"], 0)
        # Handing out is an act of its own.
        kinds = [line.split()[3] for line in self.log_lines()]
        self.assertEqual(kinds.count("exported"), 1)

    def log_lines(self):
        reader = SOURCE / "tools" / "read_log.py"
        return subprocess.run([sys.executable, "-B", str(reader), "weft.store", "--list"], cwd=self.folder,
                              text=True, capture_output=True, check=True).stdout.splitlines()[:-1]

    def test_the_key_of_another_store_is_refused(self):
        run = self.run_flow("hello.wf", "name=one")
        self.weft("audit", "export", run, "-o", "b.bundle")
        other = bundles.vkey().decode()
        self.both("b.bundle", "--key", other, good=False)

    def test_sub_runs_go_along(self):
        run = self.run_flow("parent.wf", "parent", "word=hi")
        self.assertEqual(self.json("audit", "export", run, "-o", "b.bundle")["runs"], 3)
        self.both("b.bundle")
        self.assertEqual([r["executed"] for r in self.json("audit", "verify", "b.bundle")["runs"]], [True] * 3)

    def test_without_payloads(self):
        run = self.run_flow("hello.wf", "name=canary-7c1")
        self.weft("audit", "export", run, "-o", "b.bundle", "--no-payloads")
        self.assertNotIn(b"canary-7c1", (self.folder / "b.bundle").read_bytes())
        self.both("b.bundle")
        (found,) = self.json("audit", "verify", "b.bundle")["runs"]
        self.assertEqual((found["payloads"], found["executed"]), (0, False))

    def test_a_run_that_goes_on(self):
        run = self.run_flow("review.wf", "text=a", "--no-wait", code=11)
        self.weft("audit", "export", run, "-o", "b.bundle")
        self.both("b.bundle")

    def test_no_bundle(self):
        (self.folder / "b.bundle").write_text("nothing")
        self.weft("audit", "verify", "b.bundle", code=6)
        self.weft("audit", "verify", "absent", code=3)
        self.weft("audit", "export", "ffff", code=3)


class Witnesses(EvidenceCase):
    def test_a_store_put_back_is_found(self):
        self.run_flow("hello.wf", "name=one")
        self.weft("audit", "verify", "--witness", "seen")
        saved = {p.name: p.read_bytes() for p in self.folder.iterdir() if p.name.startswith("weft.store")}
        run = self.run_flow("hello.wf", "name=two")
        answer = self.json("audit", "verify", "--witness", "seen")
        self.assertEqual((answer["ok"], answer["witnessed"]), (True, 1))
        self.weft("audit", "export", run, "-o", "b.bundle", "--witness", "seen")
        self.both("b.bundle", "--witness", "seen")
        # All of it, keys too, from an older copy: the store alone can't know.
        for name, content in saved.items():
            (self.folder / name).write_bytes(content)
        self.assertTrue(self.json("audit", "verify")["ok"])
        answer = self.json("audit", "verify", "--witness", "seen", code=6)
        self.assertIn("shorter than what was witnessed", json.dumps(answer["findings"]))

    def test_what_a_short_command_wrote_is_not_taken_back(self):
        """Put back alone, an older database is refused, whichever command wrote the last record."""
        run = self.run_flow("hello.wf", "name=one")
        store = self.folder / "weft.store"
        (self.folder / "weft.toml").write_text('[store]\nwitness = "wit"\n')
        words = (("audit", "hold", run, "--reason", "court"), ("audit", "release", run, "--reason", "over"),
                 ("audit", "export", run, "-o", "a.bundle"), ("audit", "erase", run, "--reason", "asked"))
        for command in words:
            with self.subTest(" ".join(command)):
                before = store.read_bytes()
                self.weft(*command)
                after = store.read_bytes()
                self.assertNotEqual(before, after)
                store.write_bytes(before)
                for look in (("audit", "verify"), ("runs",)):
                    refused = self.weft(*look, code=6)
                    self.assertRegex(refused.stderr, "older copy|shorter|rolled back")
                store.write_bytes(after)
                said = self.weft("audit", "checkpoint", "--json")
                size = json.loads(said.stdout)["size"]
                self.assertIn(f"\n{size}\n", (self.folder / "wit").read_text())
        # One that only looks adds nothing to the witness file.
        notes = (self.folder / "wit").read_bytes()
        self.weft("runs")
        self.assertEqual((self.folder / "wit").read_bytes(), notes)

    def test_a_fork_is_found(self):
        self.run_flow("hello.wf", "name=one")
        self.run_flow("hello.wf", "name=two")
        saved = {p.name: p.read_bytes() for p in self.folder.iterdir() if p.name.startswith("weft.store")}
        self.run_flow("hello.wf", "name=three")
        self.weft("audit", "verify", "--witness", "seen")
        for name, content in saved.items():
            (self.folder / name).write_bytes(content)
        for name in ("four", "five", "six"):
            run = self.run_flow("hello.wf", f"name={name}")
        answer = self.json("audit", "verify", "--witness", "seen", code=6)
        self.assertIn("the log was changed", json.dumps(answer["findings"]))
        self.weft("audit", "export", run, "-o", "b.bundle", "--witness", "seen", code=6)
        self.weft("audit", "export", run, "-o", "b.bundle")
        self.both("b.bundle", "--witness", "seen", good=False)

    def test_the_engine_keeps_one(self):
        (self.folder / "weft.toml").write_text('[store]\nwitness = "kept"\n')
        self.run_flow("hello.wf", "name=one")
        self.run_flow("hello.wf", "name=two")
        self.assertGreaterEqual((self.folder / "kept").read_text().count("\u2014 weft.store/"), 2)
        answer = self.json("audit", "verify", "--witness", "kept")
        self.assertGreaterEqual(answer["witnessed"], 2)

    def test_half_a_checkpoint_in_a_witness_file_is_no_tampering(self):
        (self.folder / "weft.toml").write_text('[store]\nwitness = "kept"\n')
        self.run_flow("hello.wf", "name=one")
        kept = self.folder / "kept"
        whole = kept.read_bytes()
        for left in (whole[:150], whole + whole[:30], whole + whole[:-20]):
            # A writer that died, or found no room for the rest.
            kept.write_bytes(left)
            self.run_flow("hello.wf", "name=two")
            self.assertGreaterEqual(self.json("audit", "verify", "--witness", "kept")["witnessed"], 1)

    def test_nor_is_half_a_checkpoint_that_a_killed_audit_left(self):
        self.run_flow("hello.wf", "name=one")
        seen = self.folder / "seen"
        for count in range(1, 4):
            self.weft("audit", "verify", "--witness", "seen")
            notes = seen.read_bytes()
            seen.write_bytes(notes + notes[:40 * count])
            self.assertEqual(self.json("audit", "verify", "--witness", "seen")["witnessed"], 2 * count - 1)
            notes = seen.read_bytes()
            self.assertEqual(notes.count(b"\n\n"), 2 * count, notes)

    def test_a_witness_file_that_has_no_room_stays_as_it_was(self):
        self.run_flow("hello.wf", "name=one")
        self.weft("audit", "verify", "--witness", "seen")
        before = (self.folder / "seen").read_bytes()
        # A limit of the size of files cuts the write short, then refuses it, as a full disk does.
        words = f"trap '' XFSZ; ulimit -f 1024; exec {os.environ['WEFT_BIN']} audit verify --witness seen"
        filler = b"\n" * ((1 << 20) - len(before) - 20)
        (self.folder / "seen").write_bytes(filler + before)
        done = subprocess.run(["bash", "-c", words], cwd=self.folder, capture_output=True, text=True, timeout=60,
                              check=False)
        self.assertEqual(done.returncode, 5, done.stdout + done.stderr)
        self.assertIn("seen can't be written", done.stderr)
        self.assertEqual((self.folder / "seen").read_bytes(), filler + before)
        self.assertEqual(self.json("audit", "verify", "--witness", "seen")["witnessed"], 1)

    def test_a_proof_of_one_record(self):
        run = self.run_flow("hello.wf", "name=one")
        answer = self.json("audit", "proof", run, "0")
        head, _, note = answer["proof"].partition("\n\n")
        lines = head.split("\n")
        self.assertEqual(lines[0], "c2sp.org/tlog-proof@v1")
        index, hashes = int(lines[1].split()[1]), [base64.b64decode(line) for line in lines[2:]]
        public = bundles.verifier.unbase(answer["key"].split("+", 2)[2].encode(), 33)[1:]
        origin = answer["key"].split("+")[0].encode()
        size, root = bundles.verifier.open_checkpoint(origin, public, note.encode())
        # RFC 9162, 2.1.3.2.
        fn, sn, node = index, size - 1, bundles.verifier.sha(b"\0", base64.b64decode(answer["record"]))
        for part in hashes:
            if fn & 1 or fn == sn:
                node = bundles.verifier.sha(b"\1", part, node)
                while not fn & 1 and fn:
                    fn, sn = fn >> 1, sn >> 1
            else:
                node = bundles.verifier.sha(b"\1", node, part)
            fn, sn = fn >> 1, sn >> 1
        self.assertEqual((sn, node), (0, root))
        self.weft("audit", "proof", run, "999", code=2)


class SignedDecisions(EvidenceCase):
    def setUp(self):
        super().setUp()
        line = self.weft("review", "key", "ann.pem", "--as", "ann").stdout
        self.assertEqual((self.folder / "ann.pem").stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.weft("review", "key", "ann.pem", "--as", "ann").stdout, line)
        (self.folder / "weft.toml").write_text(line)
        self.run_id = self.run_flow("review.wf", "text=a", "--no-wait", code=11)
        self.task = self.json("review", "list")["tasks"][0]["task"]

    def approve(self, *words, code=0):
        return self.weft("review", "approve", self.task, "--as", "ann", *words, code=code)

    def test_a_signature_pins_the_log(self):
        self.approve("--reason", "fine\nreally", "--sign-with", "ann.pem")
        self.assertEqual(self.json("show", self.run_id)["status"], "completed")
        self.assertTrue(self.json("audit", "verify")["ok"])
        self.assertTrue(self.json("replay", self.run_id)["identical"])
        self.weft("audit", "export", self.run_id, "-o", "b.bundle")
        ours, theirs = self.both("b.bundle")
        self.assertIn("signed       record", ours)
        self.assertIn("1 decisions are signed", theirs)
        (decision,) = self.json("audit", "verify", "b.bundle")["decisions"]
        self.assertEqual(decision["by"], "ann")
        # With the store's own key everything can be made anew, but not this.
        forged = bundles.forge((self.folder / "b.bundle").read_bytes())
        (self.folder / "forged.bundle").write_bytes(forged)
        ours, theirs = self.both("forged.bundle", good=False)
        self.assertIn("another decision was signed", ours)
        self.assertIn("another decision was signed", theirs)

    def test_a_revoked_key_signs_no_more(self):
        """What it has signed before holds, in the store and in both verifiers; weft.toml has no say in it."""
        other = self.run_flow("review.wf", "text=b", "--no-wait", code=11)
        self.approve("--sign-with", "ann.pem")
        self.weft("review", "revoke", "ann", code=2)
        told = self.weft("review", "revoke", "ann", "--reason", "the laptop is gone").stdout
        self.assertIn("holds", told)
        self.assertTrue(self.json("review", "revoke", "ann", "--reason", "again")["repeat"])
        task = next(t["task"] for t in self.json("review", "list")["tasks"] if t["run"] == other)
        refused = self.weft("review", "approve", task, "--as", "ann", "--sign-with", "ann.pem", code=8)
        self.assertIn("revoked", refused.stderr)
        self.assertEqual(self.json("audit", "verify", "--level", "3")["findings"], [])
        self.weft("audit", "export", self.run_id, "-o", "b.bundle")
        ours, theirs = self.both("b.bundle")
        self.assertIn("1 decisions are signed", theirs)
        # Another key of the same person is another one.
        (self.folder / "weft.toml").write_text(self.weft("review", "key", "new.pem", "--as", "ann").stdout)
        self.weft("review", "approve", task, "--as", "ann", "--sign-with", "new.pem")
        self.assertEqual(self.json("audit", "verify", "--level", "3")["findings"], [])

    def test_a_fork_asks_again(self):
        """A signed decision counts for its run; one without a key is told again."""
        self.approve("--sign-with", "ann.pem")
        (self.folder / "weft.toml").write_text("")
        other = self.run_flow("review.wf", "text=a", "--no-wait", code=11)
        task = next(t["task"] for t in self.json("review", "list")["tasks"] if t["run"] == other)
        self.weft("review", "approve", task, "--as", "bob")
        for run, code, kept in ((self.run_id, 11, 0), (other, 0, 1)):
            end = [e["seq"] for e in self.json("log", run)["entries"] if e["kind"] == "end"][0]
            fork = self.json("fork", run, "--from", str(end), "--reason", "once more", "--no-wait", code=code)["run"]
            kinds = [e["kind"] for e in self.json("log", fork)["entries"]]
            self.assertEqual(kinds.count("decision"), kept, kinds)
        self.assertEqual(self.json("audit", "verify", "--level", "3")["findings"], [])

    def test_who_has_a_key_must_sign(self):
        self.approve(code=8)
        self.weft("review", "key", "eve.pem")
        self.approve("--sign-with", "eve.pem", code=8)
        self.weft("review", "approve", self.task, "--as", "eve", "--sign-with", "eve.pem", code=8)
        (self.folder / "no.pem").write_text("nothing")
        self.approve("--sign-with", "no.pem", code=2)
        self.approve("--sign-with", "absent.pem", code=3)
        self.assertEqual(len(self.json("review", "list")["tasks"]), 1)

    def test_a_signature_counts_for_its_task_alone(self):
        """A replayed approval: what was signed for one run, sent for another."""
        other = self.run_flow("review.wf", "text=b", "--no-wait", code=11)
        tasks = {t["run"]: t["task"] for t in self.json("review", "list")["tasks"]}
        self.approve("--sign-with", "ann.pem")
        self.weft("audit", "export", self.run_id, "-o", "b.bundle")
        note = self.decision_note((self.folder / "b.bundle").read_bytes())
        self.start("resume", other)
        answer = self.request("decide", task=tasks[other], decision="approve", signed=note, **{"as": "ann"})
        self.assertEqual(answer["error"]["kind"], "refused")
        answer = self.request("decide", task=tasks[other], decision="reject", signed=note, **{"as": "ann"})
        self.assertEqual(answer["error"]["kind"], "refused")

    def decision_note(self, data):
        recs = next(content for name, _, content in bundles.sections(data) if name == b"recs")
        (entry,) = [one for one in bundles.entries(recs) if one.kind == 16]
        return entry.tail[entry.tail.index(b"weft decision 1\n"):].decode()

    def request(self, method, **params):
        import socket
        import time
        deadline = time.monotonic() + 20
        path = self.folder / "weft.store.sock"
        while not path.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        with socket.socket(socket.AF_UNIX) as peer:
            peer.connect(os.path.relpath(path))
            peer.sendall(json.dumps({"id": 1, "method": method, "params": params}).encode() + b"\n")
            answer = b""
            while not answer.endswith(b"\n"):
                answer += peer.recv(65536)
            for line in answer.splitlines():
                if b'"id":1' in line.replace(b" ", b""):
                    return json.loads(line)
        self.fail(answer)


class Verifier(canary.Case):
    def test_it_knows_every_kind(self):
        """As the reader of logs does, which a unit test holds against the codec."""
        sys.path.insert(0, str(SOURCE / "tools"))
        import read_log
        found = {}
        for kind, (side, layout) in bundles.verifier.KINDS.items():
            widths = [int(t) if t.isdigit() else int(t[1:]) if t[0] == "z" else {"m": 2, "w": 2, "e": 4}.get(t[0], 1)
                      for t in layout]
            found[kind] = side.upper(), sum(widths)
        self.assertEqual(found, {kind: (side, size) for kind, (_, side, size) in read_log.KINDS.items()})

    def test_it_is_small(self):
        self.assertLess(len(VERIFIER.read_text().splitlines()), 250)

    def test_signatures(self):
        """RFC 8032, 7.1, and that a changed bit anywhere is seen."""
        seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
        self.assertEqual(bundles.public_key(seed).hex(),
                         "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
        self.assertEqual(bundles.sign(b"", seed).hex(),
                         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9"
                         "b46bd25bf5f0595bbe24655141438e7a100b")
        note = bundles.note(b"n", b"text\n", seed)
        public = bundles.public_key(seed)
        self.assertEqual(bundles.verifier.open_note(b"n", public, note), b"text\n")
        for bit in range(0, 8 * len(note), 7):
            mutant = bytearray(note)
            mutant[bit // 8] ^= 1 << bit % 8
            with self.assertRaises(ValueError):
                bundles.verifier.open_note(b"n", public, bytes(mutant))


class Tampering(EvidenceCase):
    """Both verifiers refuse every change of three bundles that are kept for it."""

    def setUp(self):
        super().setUp()
        self.assertEqual(len(FROZEN), 3)
        # One signature is looked at thousands of times.
        checked = bundles.verifier.check_signed
        bundles.verifier.check_signed = functools.cache(checked)
        self.addCleanup(setattr, bundles.verifier, "check_signed", checked)

    def ours(self, data):
        (self.folder / "m.bundle").write_bytes(data)
        done = subprocess.run([WEFT, "audit", "verify", "m.bundle", "--json", "--level", "2"], cwd=self.folder,
                              capture_output=True, timeout=60)
        self.assertIn(done.returncode, (0, 6))
        return done.returncode == 0

    def test_as_they_are(self):
        for path in FROZEN:
            self.assertEqual(bundles.accepts(path.read_bytes()), "", path.name)
            self.assertTrue(self.ours(path.read_bytes()), path.name)

    def test_single_bits(self):
        """The whole of it, in C++: weft_engine_tests, Tamper.*. Here a part, in Python, with the seed told."""
        draw = random.Random(SEED)
        for path in FROZEN:
            data = path.read_bytes()
            source_at = [(at, at + len(content)) for name, at, content in bundles.sections(data) if name == b"prog"]
            seal_at = next(at - 12 for name, at, _ in bundles.sections(data) if name == b"seal")
            bits = range(8 * len(data)) if ALL else draw.sample(range(8 * len(data)), 1500)
            for bit in bits:
                mutant = bytearray(data)
                mutant[bit // 8] ^= 1 << bit % 8
                found = bundles.accepts(bytes(mutant))
                self.assertNotEqual(found, "", f"{path.name}, bit {bit}, seed {SEED}")
                # Not by the seal alone: only the program's source has nothing else that covers it.
                covered = bit // 8 >= seal_at or any(a <= bit // 8 < b for a, b in source_at)
                if not covered and "sealed as" in found:
                    self.assertIn(bit // 8, self.states(data), f"{path.name}, bit {bit}")

    @staticmethod
    @functools.cache
    def states(data):
        """Offsets of the bytes that say whether a payload is here: erased or left out is the seal's to tell."""
        at = next(at for name, at, _ in bundles.sections(data) if name == b"recs")
        out = set()
        for one in bundles.entries(next(content for name, _, content in bundles.sections(data) if name == b"recs")):
            out.add(at + 10 + len(one.record))
            at += 10 + len(one.record) + len(one.tail)
        return frozenset(out)

    def test_cut_grown_and_reordered(self):
        draw = random.Random(SEED)
        for path in FROZEN:
            data = path.read_bytes()
            parts = [(name, content) for name, _, content in bundles.sections(data)]
            mutants = [data[:size] for size in draw.sample(range(len(data)), 60)]
            mutants += [data[:at - 12] for _, at, _ in bundles.sections(data)]
            mutants += [data + b"\0", b"\0" + data, data + data, b""]
            for i in range(len(parts) - 1):
                swapped = parts[:i] + [parts[i + 1], parts[i]] + parts[i + 2:]
                mutants += [bundles.join(swapped), bundles.join(parts[:i] + parts[i + 1:]),
                            bundles.join(parts[:i + 1] + parts[i:])]
            for mutant in mutants:
                if mutant != data:
                    self.assertNotEqual(bundles.accepts(mutant), "")
                    self.assertFalse(self.ours(mutant))

    def test_records_moved(self):
        """Reordered, spliced, left out, twice; and all proofs as they were."""
        spliced = bundles.entries(dict((n, c) for n, _, c in bundles.sections(FROZEN[1].read_bytes()))[b"recs"])
        for path in FROZEN:
            data = path.read_bytes()
            parts = [(name, content) for name, _, content in bundles.sections(data)]
            found = bundles.entries(dict(parts)[b"recs"])
            for i in range(len(found) - 1):
                for changed in (found[:i] + [found[i + 1], found[i]] + found[i + 2:], found[:i] + found[i + 1:],
                                found[:i + 1] + found[i:], found[:i] + [spliced[i % len(spliced)]] + found[i + 1:]):
                    recs = bundles.write_entries(changed)
                    mutant = bundles.join([(n, recs if n == b"recs" else c) for n, c in parts])
                    if mutant == data:
                        continue
                    self.assertNotEqual(bundles.accepts(mutant), "", f"{path.name}: {i}")
                    self.assertFalse(self.ours(mutant), f"{path.name}: {i}")


class Forgeries(Tampering):
    """What an operator with the signing key could write: chain, tree and signatures fit, the protocol does not."""

    test_as_they_are = test_single_bits = test_cut_grown_and_reordered = test_records_moved = None

    def agree(self, data, good):
        theirs = bundles.accepts(data)
        self.assertEqual(theirs == "", good, theirs)
        self.assertEqual(self.ours(data), good, theirs)

    def bundle(self, name):
        return next(path for path in FROZEN if path.stem == name).read_bytes()

    def test_signed_again_it_still_holds(self):
        self.agree(bundles.forge(self.bundle("calls")), True)
        self.agree(bundles.forge(self.bundle("subs")), True)
        # All but what a person has signed.
        self.agree(bundles.forge(self.bundle("signed")), False)

    def drop(self, kind, count=1):
        def change(found):
            chosen = [one for one in found if one.kind == kind][:count]
            self.assertEqual(len(chosen), count)
            return [one for one in found if one not in chosen]
        return change

    def twice(self, kind):
        def change(found):
            i = next(i for i, one in enumerate(found) if one.kind == kind)
            return found[:i + 1] + [found[i].copy()] + found[i + 1:]
        return change

    def patch(self, kind, offset, value):
        def change(found):
            one = next(one for one in found if one.kind == kind)
            one.record[offset:offset + len(value)] = value
            return found
        return change

    def test_calls(self):
        data = self.bundle("calls")
        for change in (self.drop(4), self.drop(5), self.drop(6), self.twice(4), self.twice(5), self.twice(6),
                       self.twice(1), self.twice(2), self.twice(10), self.drop(9),
                       self.patch(6, 128, b"\x09\0"), self.patch(4, 144, b"\xff\xff"),
                       self.patch(6, 130, b"\x07"), self.patch(5, 132, b"\1"), self.patch(5, 40, bytes(8)),
                       self.patch(2, 2, b"\x7f"), self.patch(2, 3, b"\x10"), self.patch(2, 6, b"\1"),
                       self.patch(1, 120, b"\0" * 32), self.patch(1, 152, b"\0" * 32)):
            self.agree(bundles.forge(data, change), False)

    def payload_put_in(self, kind):
        def change(found):
            one = next(one for one in found if one.kind == kind)
            opened = bytes(16) + (1).to_bytes(8, "little") + b"\0"
            one.tail = b"\1" + opened
            one.record[3] |= 2
            one.record[88:120] = bundles.verifier.sha(b"\2", opened)
            return found
        return change

    def test_a_payload_nested_thousands_deep(self):
        payload = b"\x0c\5\0\0\0" + b"\x0b\1\0\0\0" * 5000 + b"\0" * 5

        def deep(found):
            one = next(one for one in found if one.kind == 16)
            opened = bytes(16) + len(payload).to_bytes(8, "little") + payload
            one.tail = b"\1" + opened
            one.record[88:120] = bundles.verifier.sha(b"\2", opened)
            return found

        (self.folder / "m.bundle").write_bytes(bundles.forge(self.bundle("signed"), deep))
        _, theirs = self.both("m.bundle", good=False)
        self.assertIn("the bundle does not hold", theirs)
        self.assertNotIn("Traceback", theirs)

    def test_fields_that_hang_together(self):
        """Where a run comes from, under which semantics it began, in what form an attempt was sent, and a payload
        where a kind has none: nothing that is executed would tell of them."""
        data = self.bundle("calls")
        for change in (self.patch(1, 221, b"\1"), self.patch(1, 237, b"\1"), self.patch(1, 245, b"\1"),
                       self.patch(1, 216, b"\2"), self.patch(1, 216, b"\0"), self.patch(5, 130, b"\0"),
                       self.patch(5, 130, b"\2"), self.patch(6, 131, b"\0\1"), self.patch(6, 131, b"\1\x0c"),
                       self.payload_put_in(5), self.payload_put_in(64)):
            self.agree(bundles.forge(data, change), False)

    def test_a_sub_run_kept_back(self):
        data = self.bundle("subs")
        child = next(bytes(one.record[120:136]) for one in self.records(data) if one.kind == 30)

        def kept_back(found):
            return [one for one in found if one.run != child and one.kind not in (2, 31)]

        self.agree(bundles.forge(data, kept_back), False)

    def records(self, data):
        return bundles.entries(dict((name, content) for name, _, content in bundles.sections(data))[b"recs"])

    def test_a_transaction(self):
        """A class of effects like any other."""
        self.agree(bundles.forge(self.bundle("calls"), self.patch(4, 144, b"\3")), True)

    def test_sub_runs(self):
        data = self.bundle("subs")
        for change in (self.drop(30), self.twice(31), self.patch(31, 128, b"\5"), self.patch(30, 120, b"\1" * 16),
                       self.patch(31, 120, b"\x77")):
            self.agree(bundles.forge(data, change), False)

    def test_a_witnessed_fork(self):
        data = self.bundle("calls")
        witness = bundles.sections(bundles.forge(data))[1][2]
        forked = bundles.forge(data, self.patch(1, 40, (1).to_bytes(8, "little")))
        self.agree(forked, True)
        self.assertNotEqual(bundles.accepts(forked, b"", witness), "")
        (self.folder / "seen").write_bytes(witness)
        (self.folder / "m.bundle").write_bytes(forked)
        self.weft("audit", "verify", "m.bundle", "--witness", "seen", code=6)
        for kept in (b"\n\n" + witness, witness + b"\n\n", witness + b"\n" + witness):
            self.assertEqual(bundles.accepts(bundles.forge(data), b"", kept), "")
            (self.folder / "seen").write_bytes(kept)
            (self.folder / "m.bundle").write_bytes(bundles.forge(data))
            self.weft("audit", "verify", "m.bundle", "--witness", "seen")
        # A file that is none tells nothing, and is no reason to believe.
        for broken in (b"seen\n", witness.replace(b"\n", b"\r\n"), witness + b"more\n"):
            self.assertIn("malformed", bundles.accepts(bundles.forge(data), b"", broken))
            (self.folder / "seen").write_bytes(broken)
            (self.folder / "m.bundle").write_bytes(bundles.forge(data))
            self.weft("audit", "verify", "m.bundle", "--witness", "seen", code=6)
        # A stale checkpoint: the tree of fewer records.
        found = bundles.entries(dict((n, c) for n, _, c in bundles.sections(bundles.forge(data)))[b"recs"])
        stale = bundles.checkpoint([one.hash() for one in found[:-1]])
        parts = [(n, stale if n == b"note" else c) for n, _, c in bundles.sections(bundles.forge(data)) if n != b"seal"]
        self.agree(bundles.seal(bundles.join(parts)), False)


if __name__ == "__main__":
    unittest.main()
