"""Secrets appear nowhere: not in a store's files, not in what commands print, not in a bundle or an error. Each test
has a secret of its own, and a server that throws back at the engine whatever it is sent."""

import base64
import http.server
import json
import os
import sqlite3
import subprocess
import threading
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


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers with all headers and the body, in the status that the path names."""

    bodies = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Echo.bodies.append(body)
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
