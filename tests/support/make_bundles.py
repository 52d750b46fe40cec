#!/usr/bin/env python3
"""Makes the three bundles of tests/frozen/bundles anew, with the real binary ($WEFT_BIN): a call that is retried, a
sub-run, a signed decision. Only for a new format: the ones that are there must hold for ever.

    make_bundles.py FOLDER
"""
import http.server
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading

CALLS = """\
record Receipt {
  id: Text
  channel: Text
  accepted: Int
}

worker notify.webhook(event: Text, body: Text) -> Receipt
  effect   idempotent for 1d
  timeout  5s
  retry    3 times, backoff 50ms to 100ms

workflow tell(word: Text) -> Text
  within 1m
{
  step told = notify.webhook("word", word)
    compensate none "told is told"
  return told.channel
}
"""

SUBS = """\
workflow child(word: Text) -> Text
  within 1h
{
  return "${word}!"
}

workflow parent(word: Text) -> Text
  within 1h
{
  step a = run child(word)
  return a
}
"""

SIGNED = """\
workflow approve(text: Text) -> Text
  within 2d
{
  let n = length(text)
  gate quality {
    require n > 1000

    otherwise review n by "editor" within 24h
    otherwise fail "nobody wanted it"
  }
  return text
}
"""


class SickOnce(http.server.BaseHTTPRequestHandler):
    asked = 0

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        SickOnce.asked += 1
        self.send_response(500 if SickOnce.asked == 1 else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


def main(folder):
    out = pathlib.Path(folder).resolve()
    out.mkdir(parents=True, exist_ok=True)
    binary = str(pathlib.Path(os.environ["WEFT_BIN"]).resolve())
    server = http.server.HTTPServer(("127.0.0.1", 0), SickOnce)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = dict(os.environ, WEFT_HOOK="whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
    with tempfile.TemporaryDirectory() as work:
        def weft(*words, codes=(0,)):
            done = subprocess.run([binary, *words], cwd=work, text=True, capture_output=True,
                                  env=environment)
            if done.returncode not in codes:
                sys.exit(f"{words}\n{done.stdout}{done.stderr}")
            return done.stdout

        for name, text in (("calls", CALLS), ("subs", SUBS), ("signed", SIGNED)):
            pathlib.Path(work, f"{name}.wf").write_text(text)
        approvers = weft("review", "key", "ann.pem", "--as", "ann")
        pathlib.Path(work, "weft.toml").write_text(
            f'[workers."notify.webhook"]\nurl = "http://127.0.0.1:{server.server_port}/"\n'
            f'secret = "env:WEFT_HOOK"\n\n{approvers}')
        runs = {"calls": ("calls.wf", "word=hello"), "subs": ("subs.wf", "parent", "word=hi"),
                "signed": ("signed.wf", "text=a", "--no-wait")}
        for name, words in runs.items():
            run = json.loads(weft("run", *words, "--no-verify", "--json", codes=(0, 11)))["run"]
            if name == "signed":
                task = json.loads(weft("review", "list", "--json"))["tasks"][0]["task"]
                weft("review", "approve", task, "--as", "ann", "--reason", "fine", "--sign-with", "ann.pem")
            weft("audit", "export", run, "-o", str(out / f"{name}.bundle"))
            weft("audit", "verify", str(out / f"{name}.bundle"))


if __name__ == "__main__":
    main(sys.argv[1])
