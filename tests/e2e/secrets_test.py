"""Secrets appear nowhere: not in a store's files, not in what commands print, not in a bundle or an error. Each test
has a secret of its own, and a server that throws back at the engine whatever it is sent."""

import base64
import http.server
import json
import os
import sqlite3
import subprocess
import threading
import time
import unittest

import canary
from erasure_test import HOOK, ErasureCase

FLOW = HOOK + """\
workflow tell(word: Text) -> Text
  within 1m
{
  step told = notify.webhook("word", word)
    compensate none "told is told"
  return told.channel
}
"""


LABELLED = """\
record Receipt {
  id: Text
  channel: Text
  accepted: Int
}

worker notify.webhook(event: Text, body: Secret<Text>) -> Receipt
  effect   idempotent for 1d
  timeout  5s

workflow inner(token: Secret<Text>) -> Secret<Text>
  within 1m
{
  return token
}

workflow outer(token: Secret<Text>) -> Secret<Text>
  within 2m
{
  step told = notify.webhook("word", token)
    compensate none "told is told"
  step back = run inner(token)
  return back
}
"""


SIZED = """\
record Receipt {
  id: Text
  channel: Text
  accepted: Int
}

record Pair {
  a: Secret<Text>
  b: Text
}

worker notify.webhook(event: Text, body: List<Secret<Text>>) -> Receipt
  effect   idempotent for 1d
  timeout  5s

workflow sized(words: List<Secret<Text>> where length in 1..9, pair: Pair) -> Text
  within 1d
{
  signal go: Text

  step more = wait go within 5h else {
    fail "nobody came"
  }
  step told = notify.webhook(more, concat(words, [pair.a]))
    compensate none "told is told"
  return told.channel
}
"""

LATER = """\
record Receipt {
  id: Text
  channel: Text
  accepted: Int
}

worker notify.webhook(event: Text, body: List<Secret<Text>>) -> Receipt
  effect   idempotent for 1d
  timeout  5s

workflow later(token: Secret<Text>) -> Text
  within 1d
{
  signal go: Secret<Text>

  step more = wait go within 5h else {
    fail "nobody came"
  }
  step told = notify.webhook("word", ["Bearer ${token}", more])
    compensate none "told is told"
  return told.channel
}
"""


# What comes from people: a settlement, a form, a signal, each with a part that is secret.
PEOPLE = """\
record Receipt {
  id: Secret<Text>
  channel: Text
  accepted: Int
}

record Login {
  name: Text
  word: Secret<Text>
}

enum Way {
  Open
  Key(word: Secret<Text>)
}

worker notify.webhook(event: Text, body: List<Secret<Text>>) -> Receipt
  effect   once
  timeout  5s

workflow asks(ways: Map<Text, Way>, extra: Map<Text, Secret<Text>>) -> Text
  within 1d
{
  signal go: Login

  step doubtful = notify.webhook("doubtful", [])
    compensate none "told is told"
  step shown = review doubtful.channel by "boss" within 1d
    asking Login
    overdue reject
  step more = wait go within 5h else {
    fail "nobody came"
  }
  step told = notify.webhook("told", concat([doubtful.id, shown.value.word, more.word], values(extra)))
    compensate none "told is told"
  return told.channel
}
"""


DETACHED = """\
record Receipt {
  id: Text
  channel: Text
  accepted: Int
}

worker notify.webhook(event: Text, body: Secret<Text>) -> Receipt
  effect   idempotent for 1d
  timeout  5s

workflow inner(token: Secret<Text>) -> Text
  within 1d
{
  signal go: Text

  step word = wait go within 5h else {
    fail "nobody came"
  }
  step told = notify.webhook(word, token)
    compensate none "told is told"
  return told.channel
}

workflow outer(token: Secret<Text>) -> Text
  within 1d
{
  step one = run detached inner(token)
  step two = run detached inner("Bearer ${token}")
  return "begun"
}
"""


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers with all headers and the body, in the status that the path names."""

    bodies = []
    delay = 0

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Echo.bodies.append(body)
        time.sleep(Echo.delay)
        answer = str(self.headers).encode() + body
        self.send_response(int(self.path.strip("/")))
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("X-Echo", self.headers.get("Authorization", "none"))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *arguments):
        pass


class Secrets(ErasureCase):
    def setUp(self):
        super().setUp()
        Echo.bodies.clear()
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.shutdown)
        self.port = server.server_port
        (self.folder / "tell.wf").write_text(FLOW)

    def configure(self, status, settings):
        (self.folder / "weft.toml").write_text(
            f'[workers."notify.webhook"]\nurl = "http://127.0.0.1:{self.port}/{status}"\n{settings}\n')

    def outputs(self, run, environment):
        """Everything that commands say of a run."""
        for words in (("show", run), ("show", run, "--at", "2"), ("show", run, "--at", "9"), ("log", run, "--payloads"),
                      ("log", run, "--trace"), ("timeline", run), ("runs",), ("cost", run),
                      ("audit", "keys", "--all"), ("audit", "export", run, "-o", "b.bundle"), ("store",),
                      ("runs", "--json"), ("log", run, "--payloads", "--json"), ("show", run, "--json"),
                      ("timeline", run, "--format", "svg"), ("replay", run), ("audit", "verify", "--json")):
            done = self.weft(*words, environment=environment)
            yield done.stdout + done.stderr

    def said_of_the_program(self, file):
        """What commands say of a program, whatever secrets are at hand."""
        for words in (("check", file, "--format", "json"), ("check", file, "--format", "sarif"), ("plan", file),
                      ("dump", file, "--ir"), ("fmt", file, "--check"), ("completion", "bash"),
                      ("explain", "secret-in-log"), ("test", file, "--junit", "tests.xml")):
            done = subprocess.run([os.environ["WEFT_BIN"], *words], cwd=self.folder, text=True, capture_output=True)
            yield done.stdout + done.stderr

    def search(self, secret, status, settings, environment, code):
        self.configure(status, settings)
        done = self.weft("run", "tell.wf", "word=hello", "--no-verify", "--json", code=code, environment=environment)
        texts = [done.stdout + done.stderr, *self.outputs(json.loads(done.stdout)["run"], environment)]
        for text in texts:
            self.assertNotIn(secret, text)
        for path in self.folder.rglob("*"):
            if path.is_file() and path.name != "secret.txt":
                self.assertNotIn(secret.encode(), path.read_bytes(), path)

    def test_in_the_environment(self):
        secret = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
        environment = dict(os.environ, WEFT_HOOK="whsec_" + secret)
        for status, code in ((200, 0), (400, 10), (500, 10)):
            with self.subTest(status):
                self.search(secret, status, 'secret = "env:WEFT_HOOK"', environment, code)

    def test_a_labelled_value(self):
        """It is given to whoever is declared to take it, and shown to nobody else; sealed, it is in no file."""
        secret = "canary-9f21c4"
        (self.folder / "outer.wf").write_text(LABELLED)
        environment = dict(os.environ, WEFT_HOOK="whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
        self.configure(200, 'secret = "env:WEFT_HOOK"')
        done = self.weft("run", "outer.wf", "outer", f"token={secret}", "--no-verify", "--json",
                         environment=environment)
        run = json.loads(done.stdout)["run"]
        self.assertIn("[secret]", self.weft("log", run, "--payloads").stdout)
        child = next(r["run"] for r in self.json("runs")["runs"] if r.get("parent") == run)
        for text in (done.stdout + done.stderr, *self.outputs(run, None), *self.outputs(child, None)):
            self.assertNotIn(secret, text)
        for path in self.folder.rglob("*"):
            if path.is_file():
                self.assertNotIn(secret.encode(), path.read_bytes(), path)
        self.assertTrue(self.json("audit", "verify", "b.bundle")["ok"])
        self.assertTrue(self.json("audit", "verify")["ok"])
        # Who is declared to take it has got it, and with the run's end it is gone, sealed or not.
        self.assertIn(secret.encode(), Echo.bodies[0])
        self.assertEqual(self.deposits(), 0)
        for text in self.said_of_the_program("outer.wf"):
            self.assertNotIn(secret, text)

    def deposits(self):
        database = sqlite3.connect(f"file:{self.folder}/weft.store?immutable=1", uri=True)
        (count,) = database.execute("SELECT count(*) FROM secret").fetchone()
        database.close()
        return count

    def test_a_deposit_lasts_as_long_as_its_run(self):
        """What a run was given is sealed while it waits, read when it goes on under another owner, and then gone."""
        secret = "canary-31d07b"
        (self.folder / "later.wf").write_text(LATER)
        self.configure(200, 'secret = "env:WEFT_HOOK"')
        run = self.json("run", "later.wf", f"token={secret}", "--no-wait", "--no-verify", code=11)["run"]
        self.assertEqual(self.deposits(), 1)
        self.weft("signal", run, "go", "more-" + secret)
        self.weft("resume", run)
        (body,) = Echo.bodies
        self.assertIn(b"Bearer canary-31d07b", body)
        self.assertIn(b"more-canary-31d07b", body)
        self.assertEqual(self.deposits(), 0)
        self.assertTrue(self.json("replay", run)["identical"])
        self.assertTrue(self.json("audit", "verify", "--level", "3")["ok"])
        # A step that is made once more, in another run, has nothing to give any more.
        for text in self.outputs(run, None):
            self.assertNotIn(secret, text)
        for path in self.folder.rglob("*"):
            if path.is_file():
                self.assertNotIn(secret.encode(), path.read_bytes(), path)

    def test_a_damaged_deposit_is_the_affair_of_its_run_alone(self):
        (self.folder / "later.wf").write_text(LATER)
        self.configure(200, 'secret = "env:WEFT_HOOK"')
        begin = ("run", "later.wf", "token=canary-5e0d77", "--no-wait", "--no-verify")
        runs = [self.json(*begin, code=11)["run"] for _ in range(2)]
        with sqlite3.connect(self.folder / "weft.store") as database:
            (box,) = database.execute("SELECT box FROM secret WHERE run = ?", (bytes.fromhex(runs[0]),)).fetchone()
            database.execute("UPDATE secret SET box = ? WHERE box = ?", (box[:-1] + bytes([box[-1] ^ 1]), box))
        database.close()
        for run in runs:
            self.weft("signal", run, "go", "more")
        self.weft("resume", code=10)
        failed, whole = (self.json("show", run) for run in runs)
        self.assertEqual((failed["status"], whole["status"]), ("failed", "completed"))
        self.assertIn("the row of a secret is damaged", failed["error"]["message"])
        self.assertEqual(len(Echo.bodies), 1)

    def test_a_named_secret(self):
        """The log holds its name; the value is read when the attempt leaves."""
        secret = "canary-88c2fe"
        (self.folder / "later.wf").write_text(LATER)
        self.configure(200, 'secret = "env:WEFT_HOOK"\n\n[secrets]\nshop = "env:WEFT_SHOP"')
        (self.folder / "in.json").write_text('{"token": {"secret": "shop"}}')
        words = ("run", "later.wf", "--input", "in.json", "--no-wait", "--no-verify")
        # Nobody has to have it before.
        run = self.json(*words, code=11)["run"]
        self.assertEqual(self.deposits(), 0)
        environment = dict(os.environ, WEFT_SHOP=secret)
        self.weft("signal", run, "go", "more")
        done = self.weft("resume", run, environment=environment)
        self.assertIn(b"Bearer canary-88c2fe", Echo.bodies[0])
        for text in (done.stdout + done.stderr, *self.outputs(run, environment)):
            self.assertNotIn(secret, text)
        for path in self.folder.rglob("*"):
            if path.is_file():
                self.assertNotIn(secret.encode(), path.read_bytes(), path)
        # Where it can't be read the attempt fails, and says which secret it is.
        run = self.json(*words, code=11)["run"]
        self.weft("signal", run, "go", "more")
        self.assertIn("the secret `shop` can't be read", self.weft("resume", run, code=10).stdout
                      + self.weft("log", run).stdout)
        (self.folder / "in.json").write_text('{"token": {"secret": "other"}}')
        self.assertIn("names no secret `other`", self.weft(*words, code=2).stderr)

    def test_in_a_list_or_a_record_of_a_certain_size(self):
        """A refinement of what a secret stands in does not make it payload."""
        secret = "canary-77aa01"
        (self.folder / "sized.wf").write_text(SIZED)
        self.configure(200, 'secret = "env:WEFT_HOOK"\n\n[secrets]\nshop = "env:WEFT_SHOP"')
        given = {"words": [secret, {"secret": "shop"}], "pair": {"a": secret + "-pair", "b": "open"}}
        (self.folder / "in.json").write_text(json.dumps(given))
        run = self.json("run", "sized.wf", "--input", "in.json", "--no-wait", "--no-verify", code=11)["run"]
        self.assertEqual(self.deposits(), 2)
        environment = dict(os.environ, WEFT_SHOP=secret + "-shop")
        self.weft("signal", run, "go", "more")
        self.weft("resume", run, environment=environment)
        (body,) = Echo.bodies
        for word in (secret, secret + "-shop", secret + "-pair"):
            self.assertIn(word.encode(), body)
        self.assertEqual(self.deposits(), 0)
        for text in self.outputs(run, environment):
            self.assertNotIn(secret, text)
        self.assertTrue(self.json("audit", "verify", "--level", "3")["ok"])

    def test_what_people_give(self):
        """A settlement, a form, a signal, and what stands in maps and cases: handles like any input."""
        secret = "canary-5d1c3e"
        (self.folder / "asks.wf").write_text(PEOPLE)
        self.configure(200, 'secret = "env:WEFT_HOOK"\n\n[secrets]\nshop = "env:WEFT_SHOP"')
        (self.folder / "in.json").write_text(json.dumps(
            {"ways": {"a": {"case": "Key", "word": secret + "-case"}}, "extra": {"b": secret + "-map"}}))
        Echo.delay = 2
        process = self.start("run", "asks.wf", "--input", "in.json", "--no-verify")
        end = time.monotonic() + 20
        while not Echo.bodies and time.monotonic() < end:
            time.sleep(0.05)
        process.kill()
        process.wait()
        Echo.delay = 0
        run = self.json("runs")["runs"][0]["run"]
        self.weft("resume", run, "--no-wait", code=11)
        self.assertEqual(self.deposits(), 2)
        receipt = {"id": secret + "-settled", "channel": "y", "accepted": 1}
        self.weft("settle", run, "asks.doubtful", "done", json.dumps(receipt), "--reason", "they have it")
        self.assertEqual(self.deposits(), 3)
        self.weft("resume", run, "--no-wait", code=11)
        task = self.json("review", "list")["tasks"][0]["task"]
        (self.folder / "form.json").write_text(json.dumps({"name": "n", "word": {"secret": "none"}}))
        self.assertIn("names no secret `none`",
                      self.weft("review", "approve", task, "--form", "form.json", "--reason", "r", code=2).stderr)
        (self.folder / "form.json").write_text(json.dumps({"name": "n", "word": secret + "-form"}))
        self.weft("review", "approve", task, "--form", "form.json", "--reason", "r")
        (self.folder / "form.json").unlink()
        (self.folder / "in.json").unlink()
        self.weft("resume", run, "--no-wait", code=11)
        self.assertEqual(self.deposits(), 4)
        self.weft("signal", run, "go", '{"name": "n", "word": {"secret": "shop"}}')
        self.weft("resume", run, environment=dict(os.environ, WEFT_SHOP=secret + "-named"))
        for part in ("settled", "form", "named", "map"):
            self.assertIn(f"{secret}-{part}".encode(), Echo.bodies[-1], part)
        self.assertEqual(self.deposits(), 0)
        self.assertTrue(self.json("replay", run)["identical"])
        self.assertTrue(self.json("audit", "verify", "--level", "3")["ok"])
        for text in self.outputs(run, None):
            self.assertNotIn(secret, text)
        for name, content in self.every_byte():
            self.assertNotIn(secret.encode(), content, name)

    def test_a_detached_run_keeps_what_it_was_given(self):
        """The run that began it has ended, and its deposit is gone with it."""
        secret = "canary-41d9e0"
        (self.folder / "detached.wf").write_text(DETACHED)
        self.configure(200, 'secret = "env:WEFT_HOOK"')
        outer = self.json("run", "detached.wf", "outer", f"token={secret}", "--no-verify")["run"]
        self.assertEqual(self.deposits(), 2)
        for run in [r["run"] for r in self.json("runs")["runs"] if r.get("parent") == outer]:
            self.weft("signal", run, "go", "now")
            self.weft("resume", run)
        self.assertEqual(sorted(secret.encode() in body for body in Echo.bodies), [True, True])
        self.assertEqual(sum(b"Bearer canary-41d9e0" in body for body in Echo.bodies), 1)
        self.assertEqual(self.deposits(), 0)
        self.assertTrue(self.json("audit", "verify", "--level", "3")["ok"])
        for name, content in self.every_byte():
            self.assertNotIn(secret.encode(), content, name)

    def test_a_command_that_keeps_secrets(self):
        """It is asked when the attempt leaves, each time; what it says besides is not told."""
        secret = "canary-77ab01"
        (self.folder / "later.wf").write_text(LATER)
        keeper = self.folder / "keeper"
        keeper.write_text(f"#!/bin/sh\necho '{secret} on stderr' >&2\n[ \"$2\" = bad ] && exit 3\n"
                          f"echo \"{secret}-$2\"\n")
        keeper.chmod(0o700)
        (self.folder / "in.json").write_text('{"token": {"secret": "shop"}}')
        words = ("run", "later.wf", "--input", "in.json", "--no-wait", "--no-verify")
        for name, code in (("good", 0), ("bad", 10)):
            self.configure(200, f'secret = "env:WEFT_HOOK"\n\n[secrets]\nshop = "command:./keeper show {name}"')
            run = self.json(*words, code=11)["run"]
            self.weft("signal", run, "go", "more")
            said = self.weft("resume", run, code=code)
            said = said.stdout + said.stderr + self.weft("log", run).stdout
            self.assertNotIn(secret, said)
            self.assertEqual("the secret `shop` can't be read" in said, code != 0)
        (body,) = Echo.bodies
        self.assertIn(f"Bearer {secret}-good".encode(), body)
        keeper.unlink()
        for name, content in self.every_byte():
            self.assertNotIn(secret.encode(), content, name)
        for source in ("command:", "command:keeper show", "http://x", "env:", "file:"):
            self.configure(200, f'secret = "env:WEFT_HOOK"\n\n[secrets]\nshop = "{source}"')
            self.assertIn("the secret shop: ", self.weft(*words, code=2).stderr)

    def test_nobody_writes_a_handle(self):
        """A text from outside is never taken for one: neither as it is nor escaped."""
        (self.folder / "later.wf").write_text(LATER)
        self.configure(200, 'secret = "env:WEFT_HOOK"\n\n[secrets]\nshop = "env:WEFT_HOOK"')
        self.weft("run", "later.wf", "token=\ufdd0shop\ufdd1", "--no-verify", code=2)
        (self.folder / "in.json").write_text('{"token": "\\ufdd0shop\\ufdd1"}')
        self.weft("run", "later.wf", "--input", "in.json", "--no-verify", code=2)

    def test_in_a_file(self):
        secret = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU="
        (self.folder / "secret.txt").write_text("whsec_" + secret + "\n")
        self.search(secret, 200, 'secret = "file:secret.txt"', None, 0)

    def test_the_search_of_every_test_finds_what_it_looks_for(self):
        for number, form in enumerate(canary.FORMS):
            path = self.folder / f"leak-{number}"
            path.write_bytes(b"before" + form + b"behind")
            self.assertIn(path.name, [str(name) for name, _ in canary.leaks(self.folder)])
            path.unlink()
        for shift in range(3):
            (self.folder / "leak").write_bytes(base64.b64encode(b"x" * shift + canary.BYTES + b"yyyy"))
            self.assertEqual([str(name) for name, _ in canary.leaks(self.folder)][:1], ["leak"])
        (self.folder / "leak").unlink()
        for form in canary.FORMS:
            # Said to whoever asks, and to whoever reads line by line.
            subprocess.run(["cat"], input=b"before" + form, capture_output=True, check=True)
            self.assertNotEqual(canary.blurted(), [], form)
        said = subprocess.Popen(["echo", canary.SECRET], stdout=subprocess.PIPE, text=True)
        list(said.stdout)
        said.stdout.close()
        said.wait()
        self.assertNotEqual(canary.blurted(), [])

    def test_the_wrapping_key(self):
        """Named in weft.toml, it is in no file of the store."""
        key = "5c" * 32
        environment = dict(os.environ, WEFT_KEY=key)
        (self.folder / "weft.toml").write_text('[store]\nkeys = "env:WEFT_KEY"\n')
        done = self.weft("run", "hello.wf", "name=a", "--no-verify", environment=environment)
        self.assertNotIn(key, done.stdout + done.stderr)
        for name, content in self.every_byte():
            self.assertNotIn(bytes.fromhex(key), content, name)
            self.assertNotIn(key.encode(), content, name)
        self.weft("runs", environment={k: v for k, v in environment.items() if k != "WEFT_KEY"}, code=5)


if __name__ == "__main__":
    unittest.main()
