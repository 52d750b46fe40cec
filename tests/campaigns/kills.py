#!/usr/bin/python3
"""Kills the main job at random points, and often its resume too, with a real SMTP server and a real webhook
receiver on loopback; then lets it go on and counts. Each round must end with one run, completed, one mail, one
hook, the pack of an undisturbed run byte for byte, and an audit without findings.

    WEFT_BIN=build/test/weft tests/campaigns/kills.py [ROUNDS] [SEED]

Needs Debian's python3-aiosmtpd. Exits with 1 when a round differs; the store of such a round is kept.
"""

import http.server
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

from aiosmtpd.controller import Controller

WEFT = str(pathlib.Path(os.environ["WEFT_BIN"]).resolve())
EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "examples" / "document_qa"
RUN = ["run", "document_qa.wf", "files=corpus", 'to=["a@example.org"]', "--no-verify"]


class Servers:
    """Counts what arrives."""

    def __init__(self):
        self.mails = []
        self.hooks = []
        self.smtp = Controller(self, hostname="127.0.0.1", port=0)
        # Port 0 can't be asked of this class: take a free one first.
        with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as probe:
            self.smtp.port = probe.server_port
        self.smtp.start()
        servers = self

        class Receiver(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                servers.hooks.append(self.headers["webhook-id"])
                self.send_response(200)
                self.end_headers()

            def log_message(self, *arguments):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    async def handle_DATA(self, server, session, envelope):
        self.mails.append(envelope.content)
        return "250 OK"


class Campaign:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.servers = Servers()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="weft-kills-"))
        self.example = self.folder / "example"
        # What earlier runs of the example left is not ours.
        left = shutil.ignore_patterns("outbox", "weft.store*", "document_qa-*")
        shutil.copytree(EXAMPLE, self.example, ignore=left)
        config = self.example / "weft.toml"
        text = config.read_text()
        for section, lines in (
            ('[workers."notify.email"]', [f'smtp = "smtp://127.0.0.1:{self.servers.smtp.port}"',
                                          'from = "a@example.org"', 'tls = "none"']),
            ('[workers."notify.webhook"]', [f'url = "http://127.0.0.1:{self.servers.http.server_port}/"',
                                            'secret = "env:WEFT_HOOK"']),
        ):
            text = text.replace(section, "\n".join([section, *lines]))
        config.write_text(text)
        os.environ["WEFT_HOOK"] = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
        self.kills = 0

    def weft(self, *arguments):
        return subprocess.run([WEFT, *arguments], cwd=self.example, capture_output=True, text=True, timeout=180)

    def clear(self):
        for path in self.example.glob("weft.store*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        self.servers.mails.clear()
        self.servers.hooks.clear()

    def state(self):
        runs = json.loads(self.weft("runs", "--json").stdout)["runs"]
        status = json.loads(self.weft("show", runs[0]["run"], "--json").stdout)
        pack = (status.get("result") or {}).get("pdf", {}).get("sha256")
        audited = self.weft("audit", "verify", "--json").returncode == 0
        return (len(runs), status["status"], pack, len(self.servers.mails), len(self.servers.hooks), audited)

    def kill_after(self, arguments, seconds):
        process = subprocess.Popen([WEFT, *arguments], cwd=self.example, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.kills += 1

    def round(self, length):
        self.clear()
        while True:
            self.kill_after(RUN, self.random.uniform(0.05, length))
            listed = self.weft("runs", "--json")
            if listed.returncode == 0 and json.loads(listed.stdout)["runs"]:
                break
        if self.random.random() < 0.5:
            self.kill_after(["resume"], self.random.uniform(0.01, length / 2))
        self.weft("resume")
        return self.state()


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 62
    campaign = Campaign(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    campaign.clear()
    begun = time.monotonic()
    campaign.weft(*RUN)
    length = time.monotonic() - begun
    wanted = campaign.state()
    print(f"undisturbed: {length:.1f} s, {wanted}", flush=True)
    bad = 0
    for number in range(rounds):
        found = campaign.round(length)
        if found != wanted:
            bad += 1
            kept = campaign.folder / f"round-{number}"
            shutil.copytree(campaign.example, kept, ignore=shutil.ignore_patterns("*.sock"))
            print(f"round {number}: {found}; kept in {kept}", flush=True)
    print(f"{rounds} rounds, {campaign.kills} kills, {bad} rounds differ")
    return 1 if bad or wanted[1:] != ("completed", wanted[2], 1, 1, True) else 0


if __name__ == "__main__":
    sys.exit(main())
